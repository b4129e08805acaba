package query

import (
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
)

func decode(t testing.TB, text string) *event.Event {
	t.Helper()
	b := event.NewBatch()
	e, _, err := b.Decode(b.Copy([]byte(text)))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

func compile(t testing.TB, text string) *Query {
	t.Helper()
	q, list := Compile(diag.NewSource("mongodb_terms", text))
	if list.Err() != nil {
		t.Fatalf("%s: %v", text, list)
	}
	return q
}

// Each block is a query, then events that match (+) and that do not (-). What MongoDB
// answers stands in its manual; where that is silent, in its own tests of query semantics.
const semantics = `
{}
+ {}
+ {"a":1}

{"type":"instruments.suricata.event"}
+ {"type":"instruments.suricata.event"}
+ {"type":["x","instruments.suricata.event"]}
- {"type":"instruments.suricata.event2"}
- {"type":5}
- {}

{"a":5}
+ {"a":5}
+ {"a":5.0}
+ {"a":5e0}
- {"a":"5"}
- {"a":5.000001}
+ {"a":[1,5]}
- {"a":[[5]]}
- {"a":{"b":5}}

{"a":9007199254740993}
+ {"a":9007199254740993}
- {"a":9007199254740992}
- {"a":9007199254740992.0}

{"a":123456789012345678901}
+ {"a":123456789012345678901}
- {"a":123456789012345678902}

{"a":null}
+ {"a":null}
+ {}
- {"a":0}
- {"a":[]}
+ {"a":[1,null]}

{"a.b":null}
+ {}
+ {"a":5}
+ {"a":{}}
+ {"a":{"b":null}}
- {"a":{"b":1}}
+ {"a":[{"b":1},{}]}
- {"a":[{"b":1},{"b":2}]}
- {"a":[1,2]}
- {"a":[]}

{"a":{"$ne":null}}
+ {"a":1}
- {}
- {"a":null}

{"a":{"b":1,"c":2}}
+ {"a":{"b":1,"c":2}}
- {"a":{"c":2,"b":1}}
- {"a":{"b":1,"c":2,"d":3}}
+ {"a":[{"b":1,"c":2}]}

{"a":[1,2]}
+ {"a":[1,2]}
- {"a":[2,1]}
+ {"a":[[1,2],3]}
- {"a":[1,2,3]}

{"a":{}}
+ {"a":{}}
- {"a":{"b":1}}
- {}

{"a":true}
+ {"a":true}
- {"a":1}
- {"a":"true"}

{"a":{"$gt":5}}
+ {"a":6}
+ {"a":5.1}
- {"a":5}
- {"a":"6"}
- {}
+ {"a":[1,7]}
- {"a":null}

{"a":{"$gte":"b"}}
+ {"a":"b"}
+ {"a":"ba"}
- {"a":"a"}
- {"a":7}
- {"a":{}}

{"a":{"$gt":1,"$lt":5}}
+ {"a":3}
- {"a":5}
+ {"a":[0,9]}

{"a":{"$lte":null}}
+ {"a":null}
+ {}
- {"a":0}

{"a":{"$lt":null}}
- {"a":null}
- {}

{"a":{"$lt":true}}
+ {"a":false}
- {"a":true}
- {"a":0}

{"a":{"$gt":[1,2]}}
+ {"a":[1,3]}
+ {"a":[1,2,0]}
- {"a":[1]}
- {"a":[1,2]}
- {"a":5}

{"a":{"$gt":{"b":1}}}
+ {"a":{"b":2}}
+ {"a":{"c":0}}
- {"a":{"b":1}}
- {"a":5}

{"a":{"$ne":5}}
+ {}
+ {"a":6}
- {"a":5}
- {"a":[1,5]}

{"a":{"$in":[1,"x",null]}}
+ {"a":1}
+ {"a":1.0}
+ {"a":"x"}
+ {"a":["q","x"]}
+ {}
- {"a":2}
- {"a":"1"}

{"a":{"$in":[]}}
- {"a":1}
- {}

{"a":{"$in":[[1,2]]}}
+ {"a":[1,2]}
- {"a":1}

{"a":{"$in":[{"$regularExpression":{"pattern":"^x","options":"i"}},7]}}
+ {"a":"Xy"}
+ {"a":7}
- {"a":"yx"}

{"a":{"$nin":[1,2]}}
+ {"a":3}
+ {}
- {"a":2}
- {"a":[5,2]}

{"a":{"$exists":true}}
+ {"a":null}
+ {"a":[]}
- {}

{"a.b":{"$exists":false}}
+ {}
+ {"a":5}
+ {"a":[]}
+ {"a":[1]}
- {"a":{"b":null}}
- {"a":[{},{"b":1}]}

{"a":{"$exists":0}}
+ {}
- {"a":1}

{"a":{"$type":"string"}}
+ {"a":"x"}
+ {"a":[1,"x"]}
- {"a":1}
- {}

{"a":{"$type":["int","array"]}}
+ {"a":1}
+ {"a":[]}
- {"a":1.5}
- {"a":5000000000}

{"a":{"$type":"long"}}
+ {"a":5000000000}
- {"a":5}

{"a":{"$type":"number"}}
+ {"a":1}
+ {"a":1.5}
+ {"a":123456789012345678901}
- {"a":"1"}

{"a":{"$type":10}}
+ {"a":null}
- {}

{"a":{"$type":"bool"}}
+ {"a":false}
- {"a":0}

{"a":{"$regex":"^ET (MALWARE|TROJAN)"}}
+ {"a":"ET TROJAN x"}
+ {"a":["y","ET MALWARE"]}
- {"a":"et trojan"}
- {"a":5}
- {}

{"a":{"$regex":"^e.t$","$options":"is"}}
+ {"a":"E\nT"}
- {"a":"E\nT\n"}

{"a":{"$options":"x","$regex":"a b # note\n[ c]"}}
+ {"a":"abc"}
+ {"a":"ab "}
- {"a":"a bc"}

{"a":{"$regex":"b$","$options":"m"}}
+ {"a":"ab\nc"}
- {"a":"abc"}

{"a":{"$not":{"$gt":5}}}
+ {"a":5}
+ {}
+ {"a":"x"}
- {"a":6}

{"a":{"$not":{"$regex":"^x"}}}
+ {"a":"y"}
+ {}
- {"a":"xy"}

{"a":{"$all":[1,2]}}
+ {"a":[2,3,1]}
- {"a":[1]}
- {"a":1}

{"a":{"$all":[1]}}
+ {"a":1}

{"a":{"$all":[]}}
- {"a":[]}
- {}

{"a":{"$all":[{"$elemMatch":{"b":1}},{"$elemMatch":{"b":2}}]}}
+ {"a":[{"b":2},{"b":1}]}
- {"a":[{"b":1}]}

{"a":{"$elemMatch":{"b":1,"c":2}}}
+ {"a":[{"b":1,"c":2}]}
- {"a":[{"b":1},{"c":2}]}
- {"a":{"b":1,"c":2}}

{"a":{"$elemMatch":{"$gt":1,"$lt":5}}}
+ {"a":[9,3]}
- {"a":[0,9]}
- {"a":3}

{"a":{"$elemMatch":{"$or":[{"b":1},{"c":2}]}}}
+ {"a":[{"c":2}]}
- {"a":[{"c":1}]}

{"a":{"$size":2}}
+ {"a":[1,2]}
- {"a":[1]}
- {"a":2}
- {"a":[[1,2]]}

{"a":{"$mod":[4,1]}}
+ {"a":5}
+ {"a":5.7}
+ {"a":[2,9]}
- {"a":4}
- {"a":"5"}

{"a":{"$mod":[-1,0]}}
+ {"a":-9223372036854775808}

{"a.b.c":1}
+ {"a":{"b":{"c":1}}}
+ {"a":[{"b":{"c":1}}]}
+ {"a":[{"b":[{"c":0},{"c":[1]}]}]}
- {"a":{"b":1}}
- {"a":[[{"b":{"c":1}}]]}

{"a.1":"x"}
+ {"a":["y","x"]}
+ {"a":{"1":"x"}}
+ {"a":[{"1":"x"}]}
- {"a":["x"]}

{"a.0.b":1}
+ {"a":[{"b":1},{"b":2}]}
- {"a":[{"b":2},{"b":1}]}
+ {"a":{"0":{"b":1}}}

{"a.-1":5}
- {"a":[5]}
+ {"a":{"-1":5}}

{"a[0]":1}
+ {"a[0]":1}
- {"a":[1]}

{"$or":[{"a":1},{"b":{"$gt":2}}]}
+ {"a":1}
+ {"b":3}
- {"a":2,"b":2}

{"$nor":[{"a":1},{"b":1}]}
+ {"a":2}
- {"b":1}

{"$and":[{"a":1},{"b":1}],"c":1}
+ {"a":1,"b":1,"c":1}
- {"a":1,"b":1}

{"$and":[{}]}
+ {}

{"$comment":"only alerts","data.alert.severity":{"$lte":2,"$comment":"bad ones"}}
+ {"data":{"alert":{"severity":1}}}
- {"data":{"alert":{"severity":3}}}
- {"data":{}}

{"a":{"$numberLong":"5"}}
+ {"a":5}
- {"a":6}

{"a":{"$gt":{"$numberDouble":"1.5"},"$lt":{"$numberDecimal":"2"}}}
+ {"a":1.7}
- {"a":1.5}
- {"a":2}

{"@timestamp":{"$gt":{"$date":"2021-03-04T14:48:53Z"}}}
+ {"@timestamp":"2021-03-04T14:48:54Z"}
- {"@timestamp":"2021-03-04T14:48:53Z"}

{"@timestamp":{"$lt":{"$date":1614869333000}}}
+ {"@timestamp":"2021-03-04T14:48:52Z"}
- {"@timestamp":"2021-03-04T14:48:53Z"}

{"a":"tab\there"}
+ {"a":"tab\there"}
+ {"a":["tab\there"]}
- {"a":"tabthere"}
`

func TestSemantics(t *testing.T) {
	for block := range strings.SplitSeq(strings.TrimSpace(semantics), "\n\n") {
		lines := strings.Split(block, "\n")
		q := compile(t, lines[0])
		for _, line := range lines[1:] {
			if got, want := q.Match(decode(t, line[2:])), line[0] == '+'; got != want {
				t.Errorf("%s on %s: %v, want %v", lines[0], line[2:], got, want)
			}
		}
	}
}

// A query looks at an event and leaves it as it is.
func TestMatchChangesNothing(t *testing.T) {
	text := `{"@timestamp":"2021-03-04T14:48:52.000Z","@version":"1","a":[{"b":1.50},{"b":[1e3]}],"c":{"d":{"e":"x\u0041"}}}`
	e := decode(t, text)
	before := string(e.AppendJSON(nil))
	for _, q := range []string{`{"a.b":1000}`, `{"c.d.e":"xA"}`, `{"a":{"$elemMatch":{"b":{"$gt":1}}}}`, `{"z.y":1}`} {
		compile(t, q).Match(e)
	}
	if after := string(e.AppendJSON(nil)); len(before) == 0 || strings.ReplaceAll(after, "A", `\u0041`) != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct{ query, place, code, says string }{
		{`{"a": }`, "1:7", "SL7101", "not JSON"},
		{`[1]`, "1:1", "SL7101", "an array"},
		{`{"a": 1, "a": 2}`, "1:10", "SL7102", `"a" stands twice`},
		{`{"a": {"$gte ": 1}}`, "1:8", "SL7103", "did you mean $gte?"},
		{`{"a": {"$greater": 1}}`, "1:8", "SL7103", "$greater"},
		{`{"$norr": []}`, "1:2", "SL7103", "did you mean $nor?"},
		{`{"$gt": 5}`, "1:2", "SL7105", "needs a field"},
		{`{"a": {"$or": []}}`, "1:8", "SL7105", "below a field"},
		{`{"a": {"$gt": 1, "b": 2}}`, "1:18", "SL7105", `"a.b"`},
		{`{"a": {"$options": "i"}}`, "1:8", "SL7105", "without $regex"},
		{`{"$where": "this.a"}`, "1:2", "SL7104", "JavaScript"},
		{`{"$expr": {"$gt": ["$a", "$b"]}}`, "1:2", "SL7104", "$expr"},
		{`{"$jsonSchema": {}}`, "1:2", "SL7104", "$exists and $type"},
		{`{"a": {"$near": 1}}`, "1:8", "SL7104", "geospatial"},
		{`{"a": {"$oid": "5"}}`, "1:7", "SL7104", "$oid"},
		{`{"a": {"$in": 5}}`, "1:15", "SL7106", "needs an array"},
		{`{"$or": []}`, "1:9", "SL7106", "at least one"},
		{`{"$and": [5]}`, "1:11", "SL7106", "needs queries"},
		{`{"a": {"$exists": "yes"}}`, "1:19", "SL7106", "true or false"},
		{`{"a": {"$size": -1}}`, "1:17", "SL7106", "from 0"},
		{`{"a": {"$mod": [0, 1]}}`, "1:17", "SL7106", "divide by 0"},
		{`{"a": {"$not": 5}}`, "1:16", "SL7106", "$ne"},
		{`{"a": {"$regex": "(a"}}`, "1:18", "SL7107", "missing closing )"},
		{`{"a": {"$regex": "(?<!a)b"}}`, "1:18", "SL7107", "lookbehind"},
		{`{"a": {"$regex": "a", "$options": "g"}}`, "1:35", "SL7107", "no option 'g'"},
		{`{"a": {"$type": "sting"}}`, "1:17", "SL7108", `did you mean "string"?`},
	} {
		_, list := Compile(diag.NewSource("mongodb_terms", test.query))
		if len(list) != 1 {
			t.Errorf("%s: %d diagnostics: %v", test.query, len(list), list)
			continue
		}
		d := list[0]
		p := d.At.Position()
		if got := itoa(p.Line) + ":" + itoa(p.Column); got != test.place || d.Code.ID != test.code || !strings.Contains(d.Message+" "+d.Help, test.says) {
			t.Errorf("%s: %s %s %s (%s)\nwant %s %s …%s…", test.query, got, d.Code.ID, d.Message, d.Help, test.place, test.code, test.says)
		}
	}
}

func itoa(n int) string { return string(event.IntValue(int64(n)).AppendJSON(nil)) }

func TestAllMistakesAtOnce(t *testing.T) {
	_, list := Compile(diag.NewSource("q", `{"a":{"$gtt":1},"b":{"$in":3},"$nand":[]}`))
	if len(list) != 3 {
		t.Errorf("%d diagnostics, want 3: %v", len(list), list)
	}
}

func FuzzCompile(f *testing.F) {
	for block := range strings.SplitSeq(strings.TrimSpace(semantics), "\n\n") {
		lines := strings.Split(block, "\n")
		f.Add(lines[0], lines[len(lines)-1][2:])
	}
	f.Fuzz(func(t *testing.T, query, document string) {
		q, list := Compile(diag.NewSource("q", query))
		for _, d := range list {
			_ = d.Error()
		}
		if q == nil {
			if list.Err() == nil {
				t.Fatal("neither a query nor a mistake")
			}
			return
		}
		b := event.NewBatch()
		defer b.Release()
		e, _, err := b.Decode(b.Copy([]byte(document)))
		if err != nil {
			return
		}
		first := q.Match(e)
		if q.Match(e) != first {
			t.Fatal("two answers for one event")
		}
	})
}

const alert = `{"source_instrument":"replay_0@testsensor","type":"instruments.suricata.event","message":"alert","context_uuid":"e41d4fbf-482f-4f74-a4e2-60717b03f623","sensor_event_id":871,"source_sensor":"testsensor","timestamp":1614868533.946555,"uuid":"cc2b3bb1-bd8f-4b9c-a89e-0e06ecb9cab3","data":{"timestamp":"2022-02-16T14:31:23.329233+0000","flow_id":851096500642044,"event_type":"alert","src_ip":"41.108.52.138","dest_port":80,"alert":{"action":"allowed","severity":2}}}`

func BenchmarkThreeTerms(b *testing.B) {
	q := compile(b, `{"type":"instruments.suricata.event","data.event_type":"alert","data.alert.severity":{"$lte":2}}`)
	e := decode(b, alert)
	b.ReportAllocs()
	for b.Loop() {
		if !q.Match(e) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkDecodeThreeTerms(b *testing.B) {
	q := compile(b, `{"type":"instruments.suricata.event","data.event_type":"alert","data.alert.severity":{"$lte":2}}`)
	b.ReportAllocs()
	for b.Loop() {
		batch := event.NewBatch()
		e, _, _ := batch.Decode([]byte(alert))
		if !q.Match(e) {
			b.Fatal("no match")
		}
		batch.Release()
	}
}
