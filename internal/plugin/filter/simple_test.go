package filter

import (
	"testing"
	"time"

	"sluice/internal/event"
)

func TestDrop(t *testing.T) {
	check(t, []sample{
		{"all", `drop { }`, `{"a":1}`, ``},
		{"none", `drop { percentage => 0 }`, `{"a":1}`, `{"a":1}`},
	})
	refused(t, map[string]string{`drop { percentage => "all" }`: "number"})
}

func TestClone(t *testing.T) {
	check(t, []sample{
		{"type", `clone { clones => ["x", "y"] add_field => { "of" => "%{type}" } }`, `{"a":1}`, "{\"a\":1}\n{\"a\":1,\"type\":\"x\",\"of\":\"x\"}\n{\"a\":1,\"type\":\"y\",\"of\":\"y\"}"},
		{"tag", `clone { clones => "x" ecs_compatibility => "v8" }`, `{"tags":"s"}`, "{\"tags\":\"s\"}\n{\"tags\":[\"s\",\"x\"]}"},
		{"deep", `clone { clones => "x" } mutate { replace => { "[p][q]" => "%{type}" } }`, `{"p":{"q":1}}`, "{\"p\":{\"q\":\"%{type}\"}}\n{\"p\":{\"q\":\"x\"},\"type\":\"x\"}"},
	})
	refused(t, map[string]string{`clone { }`: "clones", `clone { clones => "a" ecs_compatibility => "v2" }`: "v8"})
}

func TestSplit(t *testing.T) {
	check(t, []sample{
		{"array", `split { field => "a" add_tag => "%{a}" }`, `{"a":["x",null,"",2],"k":1}`, "{\"a\":\"x\",\"k\":1,\"tags\":[\"x\"]}\n{\"a\":2,\"k\":1,\"tags\":[\"2\"]}"},
		{"text", `split { }`, `{"message":"x\ny"}`, "{\"message\":\"x\"}\n{\"message\":\"y\"}"},
		{"one piece stays", `split { add_tag => "t" }`, `{"message":"x"}`, `{"message":"x"}`},
		{"target", `split { field => "[a][b]" target => "c" terminator => "--" }`, `{"a":{"b":"1--2"}}`, "{\"a\":{\"b\":\"1--2\"},\"c\":\"1\"}\n{\"a\":{\"b\":\"1--2\"},\"c\":\"2\"}"},
		{"wrong kind", `split { }`, `{"message":{"a":1}}`, `{"message":{"a":1},"tags":["_split_type_failure"]}`},
		{"pieces share nothing", `split { field => "a" } mutate { add_field => { "[a][n]" => "%{[a][k]}" } }`, `{"a":[{"k":1},{"k":2}]}`, "{\"a\":{\"k\":1,\"n\":\"1\"}}\n{\"a\":{\"k\":2,\"n\":\"2\"}}"},
	})
}

func TestJSON(t *testing.T) {
	check(t, []sample{
		{"merge", `json { source => "m" remove_field => "m" }`, `{"m":"{\"a\":{\"b\":1.50},\"[x][y]\":2}"}`, `{"a":{"b":1.50},"x":{"y":2}}`},
		{"decimals", `json { source => "m" target => "t" } mutate { replace => { "m" => "%{[t][a]} %{[t][b][0]}" } }`, `{"m":"{\"a\":1.50,\"b\":[-0.0]}"}`, `{"m":"1.50 0.0","t":{"a":1.5,"b":[0.0]}}`},
		{"last document", `json { source => "m" }`, `{"m":"{\"a\":1} {\"b\":2}"}`, `{"m":"{\"a\":1} {\"b\":2}","b":2}`},
		{"empty text", `json { source => "m" target => "t" }`, `{"m":""}`, `{"m":"","t":null}`},
		{"half a surrogate pair", `json { source => "m" }`, `{"m":"{\"a\":\"x\\ud83d\",\"b\":\"\\ud83d\\ude00\",\"c\":\"\\\\ud83d\"}"}`, `{"m":"{\"a\":\"x\\ud83d\",\"b\":\"\\ud83d\\ude00\",\"c\":\"\\\\ud83d\"}","a":"","b":"😀","c":"\\ud83d"}`},
		{"bad", `json { source => "m" tag_on_failure => ["x", "y"] }`, `{"m":"{"}`, `{"m":"{","tags":["x","y"]}`},
		{"skipped", `json { source => "m" skip_on_invalid_json => true add_tag => "t" }`, `{"m":"{"}`, `{"m":"{"}`},
		{"tags that are none", `json { source => "m" }`, `{"m":"{\"a\":1,\"tags\":5,\"z\":1}"}`, `{"m":"{\"a\":1,\"tags\":5,\"z\":1}","a":1,"tags":["_jsonparsefailure"]}`},
		{"bad timestamp", `json { source => "m" }`, `{"m":"{\"@timestamp\":{\"x\":1}}"}`, `{"m":"{\"@timestamp\":{\"x\":1}}","_@timestamp":"{\"x\"=>1}","tags":["_timestampparsefailure"]}`},
	})
}

func TestJSONEncode(t *testing.T) {
	check(t, []sample{
		{"object", `json_encode { source => "a" target => "b" }`, `{"a":{"x":[1, 2.5e10, "é\n"]}}`, `{"a":{"x":[1,2.5e10,"é\n"]},"b":"{\"x\":[1,2.5E10,\"é\\n\"]}"}`},
		{"in place", `json_encode { source => "a" }`, `{"a":"x"}`, `{"a":"\"x\""}`},
	})
}

func TestTruncate(t *testing.T) {
	check(t, []sample{
		{"between characters", `truncate { fields => ["a", "b"] length_bytes => 4 add_tag => "cut" }`, `{"a":"日本","b":"x"}`, `{"a":"日","b":"x","tags":["cut"]}`},
		{"nothing to cut", `truncate { fields => "a" length_bytes => 9 add_tag => "cut" }`, `{"a":"x"}`, `{"a":"x"}`},
		{"everything", `truncate { length_bytes => 1 }`, `{"a":["xx",1],"o":{"p":{"q":"yy"}}}`, `{"a":["x",1],"o":{"p":{"q":"y"}}}`},
	})
}

func TestSyslogPri(t *testing.T) {
	check(t, []sample{
		{"names", `syslog_pri { }`, `{"syslog_pri":"34"}`, `{"syslog_pri":"34","syslog_severity_code":2,"syslog_facility_code":4,"syslog_facility":"security/authorization","syslog_severity":"critical"}`},
		{"missing", `syslog_pri { use_labels => false ecs_compatibility => "v8" }`, `{"a":1}`, `{"a":1,"log":{"syslog":{"severity":{"code":5},"facility":{"code":1}}}}`},
		{"too large", `syslog_pri { }`, `{"syslog_pri":999}`, `{"syslog_pri":999,"syslog_severity_code":7,"syslog_facility_code":124,"tags":["_syslogpriparsefailure"]}`},
	})
}

func TestPrune(t *testing.T) {
	check(t, []sample{
		{"names", `prune { whitelist_names => ["^a", "host"] blacklist_names => ["b$"] }`, `{"a":1,"ab":2,"c":3,"host":"h"}`, `{"a":1,"host":"h"}`},
		{"values", `prune { whitelist_values => { "a" => "^o" } blacklist_values => { "b" => "x" } }`, `{"a":["ok","no"],"b":"x"}`, `{"a":["ok"]}`},
		{"unresolved names by default", `prune { }`, `{"%{x}":1,"y":2}`, `{"y":2}`},
		{"interpolate", `prune { interpolate => true blacklist_names => ["^%{k}$"] }`, `{"k":"a","a":1,"b":2}`, `{"k":"a","b":2}`},
	})
	refused(t, map[string]string{`prune { whitelist_names => ["["] }`: "whitelist_names"})
}

func TestSleep(t *testing.T) {
	filters, err := configure(`sleep { time => "%{t}" every => 2 }`, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	var waited []time.Duration
	filters[0].(*sleep).wait = func(d time.Duration) { waited = append(waited, d) }
	for range 4 {
		through(t, filters, `{"t":1.5}`)
	}
	if len(waited) != 2 || waited[0] != 1500*time.Millisecond {
		t.Errorf("waited %v", waited)
	}
	refused(t, map[string]string{`sleep { }`: "time"})
}

func TestUUID(t *testing.T) {
	filters, err := configure(`uuid { target => "u" }`, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch()
	e := b.New()
	filters[0].Apply(e, nil)
	u := e.Get(event.MustRef("u")).Str()
	if len(u) != 36 || u[14] != '4' {
		t.Errorf("got %q", u)
	}
	filters[0].Apply(e, nil)
	if again := e.Get(event.MustRef("u")).Str(); again != u {
		t.Errorf("%q became %q", u, again)
	}
}
