package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func decode(t testing.TB, text string) *Event {
	t.Helper()
	b := NewBatch()
	e, _, err := b.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

const stamp = `"@timestamp":"2021-03-04T14:35:33.946Z","@version":"1"`

func TestUntouchedLeavesAsItCame(t *testing.T) {
	for _, text := range []string{
		`{"a":1614868533.946555,"b":1.50,"c":{"x":[1, 2 ,{"y":null}]},` + stamp + `}`,
		`{"s":"\u00e9\n\/","u":"é","big":123456789012345678901234567890,` + stamp + `}`,
		`{"":{},"e":[],"t":true,"f":false,"n":null,"neg":-1.5e-7,` + stamp + `}`,
	} {
		if got := string(decode(t, text).AppendJSON(nil)); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
	}
}

func TestAdmit(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"a":1,"a":2,` + stamp + `}`, `{"a":2,` + stamp + `}`},
		{`{"@timestamp":"2021-03-04T14:35:33+0100"}`, `{"@timestamp":"2021-03-04T13:35:33.000Z","@version":"1"}`},
		{`{"@version":7,"@timestamp":"2021-03-04"}`, `{"@version":7,"@timestamp":"2021-03-04T00:00:00.000Z"}`},
		{`{"tags":5,` + stamp + `}`, `{` + stamp + `,"_tags":[5],"tags":["_tagsparsefailure"]}`},
		{`{"tags":["a","a"],` + stamp + `}`, `{"tags":["a","a"],` + stamp + `}`},
		{`{"@metadata":{"x":1},` + stamp + `}`, `{` + stamp + `}`},
		{`{"a":1e400,"b":{"c":[-1e999]},` + stamp + `}`, `{"a":"Infinity","b":{"c":["-Infinity"]},` + stamp + `}`},
		{`{"a":-0,` + stamp + `}`, `{"a":0,` + stamp + `}`},
	} {
		if got := string(decode(t, c.in).AppendJSON(nil)); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
	e := decode(t, `{"@timestamp":"yesterday"}`)
	if got := e.Get(MustRef("_@timestamp")).Str(); got != "yesterday" || !e.HasTag("_timestampparsefailure") {
		t.Errorf("a bad @timestamp gave %s", e.AppendJSON(nil))
	}
	if now, _ := e.Timestamp(); time.Since(now) > time.Minute {
		t.Errorf("a bad @timestamp was not replaced by now: %v", now)
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{``, `[1]`, `{"a":1,}`, `{'a':1}`, `{a:1}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":+1}`, `{"a":NaN}`,
		`{"a":"\x41"}`, "{\"a\":\"tab\t\"}", `{"a"}`, `{"a":{"b":}}`, `{"a":[1,]}`, `{"a":"`, `{"a":tru}`, `{"a":"\u12g4"}`, `{"a":-}`, `{"a":1e}`,
		strings.Repeat(`{"a":`, MaxDepth+1), `{"a":` + strings.Repeat("[", 100_000)} {
		b := NewBatch()
		_, _, err := b.Decode([]byte(text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40s: got error %v", text, err)
		}
		if len(b.Events) != 0 {
			t.Errorf("%.40s: left an event behind", text)
		}
	}
}

func TestTrailingTextIsLeftAlone(t *testing.T) {
	b := NewBatch()
	text := []byte(` {"a":1} x`)
	if _, n, err := b.Decode(text); err != nil || n != 8 {
		t.Errorf("read %d bytes, error %v", n, err)
	}
}

func TestRefs(t *testing.T) {
	for text, want := range map[string][]string{
		"a": {"a"}, "[a]": {"a"}, "[a][b]": {"a", "b"}, "[a b][ c ]": {"a b", " c "}, "a.b": {"a.b"}, "": {""},
		"[[a][b]]": {"a", "b"}, "[a][-1]": {"a", "-1"}, "@timestamp": {"@timestamp"},
		"[[a]": nil, "[a]]": nil, "[a][]": nil, "a[b]": nil, "[]": nil, "[a]b": nil, "x]": nil, "[x": nil, "[a]b[c]": nil,
	} {
		r, err := ParseRef(text)
		if want == nil {
			if err == nil {
				t.Errorf("%q was accepted", text)
			}
			continue
		}
		var got []string
		for _, s := range r.path {
			got = append(got, s.key)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	if r := MustRef("[@metadata][a]"); !r.meta || len(r.path) != 1 {
		t.Errorf("metadata reference %+v", r)
	}
}

func TestSetAndRemove(t *testing.T) {
	type op func(e *Event) error
	set := func(ref string, v Value) op { return func(e *Event) error { return e.Set(MustRef(ref), v) } }
	remove := func(ref string) op {
		return func(e *Event) error { e.Remove(MustRef(ref)); return nil }
	}
	one := IntValue(1)
	for _, c := range []struct {
		in   string
		op   op
		want string
		err  error
	}{
		{`{}`, set("[a][b]", one), `{"a":{"b":1}}`, nil},
		{`{"a":{"x":2}}`, set("[a][b]", one), `{"a":{"x":2,"b":1}}`, nil},
		{`{"a":[5,6]}`, set("[a][-1]", one), `{"a":[5,1]}`, nil},
		{`{"a":[5]}`, set("[a][3]", one), `{"a":[5,null,null,1]}`, nil},
		{`{"a":[5]}`, set("[a][-2]", one), `{"a":[5]}`, ErrIndex},
		{`{"a":[5]}`, set("[a][x]", one), `{"a":[5]}`, nil},
		{`{"a":"s"}`, set("[a][x]", one), `{"a":"s"}`, ErrUnderScalar},
		{`{"a":null}`, set("[a][x]", one), `{"a":null}`, ErrUnderScalar},
		{`{}`, set("[p][0]", one), `{"p":{"0":1}}`, nil},
		{`{}`, set("@timestamp", one), `{}`, ErrNotTimestamp},
		{`{}`, set("tags", one), `{}`, ErrTags},
		{`{}`, set("[tags][k]", StringValue("v")), `{}`, ErrTags},
		{`{"a":{"b":1,"c":2}}`, remove("[a][b]"), `{"a":{"c":2}}`, nil},
		{`{"a":[1,2,3]}`, remove("[a][-1]"), `{"a":[1,2]}`, nil},
		{`{"a":{"b":1}}`, remove("[a][b]"), `{"a":{}}`, nil},
		{`{"a":1,"b":2}`, remove("a"), `{"b":2}`, nil},
		{`{"a":[{"b":[{"c":1}]}]}`, set("[a][0][b][0][c]", IntValue(7)), `{"a":[{"b":[{"c":7}]}]}`, nil},
	} {
		e := decode(t, c.in)
		err := c.op(e)
		e.Root().Delete("@timestamp")
		e.Root().Delete("@version")
		if got := string(e.AppendJSON(nil)); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: got %s, %v; want %s, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestLargeObjectAgainstModel(t *testing.T) {
	e := decode(t, `{}`)
	model := map[string]int64{"": 0}
	delete(model, "")
	o := &ObjectData{}
	seed := uint64(1)
	for i := range 20_000 {
		seed = seed*6364136223846793005 + 1442695040888963407
		key := fmt.Sprintf("k%d", seed>>33%300)
		switch {
		case seed>>20%3 == 0:
			_, had := model[key]
			if _, ok := o.Delete(key); ok != had {
				t.Fatalf("step %d: Delete(%s) = %v, want %v", i, key, ok, had)
			}
			delete(model, key)
		case seed>>20%97 == 1:
			if n := len(o.Fields()); n != len(model) {
				t.Fatalf("step %d: %d fields, want %d", i, n, len(model))
			}
		default:
			o.Set(key, IntValue(int64(i)))
			model[key] = int64(i)
		}
		if v, ok := o.Get(key); ok != (model[key] != 0 || func() bool { _, ok := model[key]; return ok }()) || v.Int() != model[key] {
			t.Fatalf("step %d: Get(%s) = %v, %v, want %d", i, key, v, ok, model[key])
		}
		if o.Len() != len(model) {
			t.Fatalf("step %d: Len %d, want %d", i, o.Len(), len(model))
		}
	}
	_ = e
}

func TestTemplates(t *testing.T) {
	e := decode(t, `{"a":[1,"x",null,{"b":{"c":2.0}},[7,[8]]],"o":{ "x" : [1.50,"q\"q"] },"f":1614868533.946555,"i":7,"n":null,"s":"%{i}","b":true,`+stamp+`}`)
	for text, want := range map[string]string{
		"%{i}-%{s}": "7-%{i}", "%{nope}": "%{nope}", "%{n}": "%{n}", "%{a}": "1,x,,{b={c=2.0}},7,8",
		"%{o}": `{"x":[1.5,"q\"q"]}`, "%{f}": "1.614868533946555E9", "%{[a][0]}|%{[a][-1]}": "1|7,8",
		"%{+YYYY.MM.dd}": "2021.03.04", "<%{}>": "<1614868533>", "%{+%s}": "1614868533", "%{{yyyy}}": "2021",
		"100% %% %{ %} {a} %{a": "100% %% %{ %} {a} %{a", "%{b}": "true", "": "",
	} {
		got, err := ParseTemplate(text).Expand(e)
		if got != want || err != nil {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
	}
	if _, err := ParseTemplate("%{[a}").Expand(e); err == nil {
		t.Error("a bad reference was accepted")
	}
}

func TestRecords(t *testing.T) {
	e := decode(t, `{"a":{"b":[1,"2020-01-01T00:00:00.000Z"]},"k[0]":{"x]y":1},"@metadata":{"m":{"t":1}},`+stamp+`}`)
	at := time.Date(2020, 2, 3, 4, 5, 6, 7, time.UTC)
	for _, ref := range []string{"[a][t]", "[@metadata][m][t]", "[a][b][1]", "top"} {
		if err := e.Set(MustRef(ref), TimeValue(at)); err != nil {
			t.Fatal(err)
		}
	}
	v, _ := e.Root().Get("k[0]")
	inner := v.Object()
	inner.Set("x]y", TimeValue(at))
	e.Root().Set("k[0]", ObjectValue(inner))
	b := NewBatch()
	got, err := b.DecodeRecord(e.AppendRecord(nil))
	if err != nil {
		t.Fatal(err)
	}
	if !ObjectValue(got.Root()).Equal(ObjectValue(e.Root())) || !ObjectValue(got.Metadata()).Equal(ObjectValue(e.Metadata())) {
		t.Errorf("got  %s %s\nwant %s %s", got.AppendJSON(nil), got.Metadata().AppendJSON(nil), e.AppendJSON(nil), e.Metadata().AppendJSON(nil))
	}
	for n := range e.AppendRecord(nil) {
		if _, err := NewBatch().DecodeRecord(e.AppendRecord(nil)[:n]); !errors.Is(err, ErrRecord) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

// A record keeps what JSON cannot say, and what nobody has touched keeps its text.
func TestRecordsKeepKinds(t *testing.T) {
	e := decode(t, `{"n":1.50,"big":123456789012345678901234567890,"s":"a\u0041\n","o":{"x" : 1.0},`+stamp+`}`)
	e.Root().Set("symbol", SymbolValue("s"))
	e.Root().Set("float", FloatValue(math.Inf(1)))
	e.Root().Set("minus", IntValue(-5))
	e.Root().Set("decimal", DecimalValue("0.10"))
	e.Root().Set("yes", BoolValue(true))
	e.Root().Set("list", ArrayValue(&ArrayData{Items: []Value{{}, NullValue, TimeValue(time.Unix(-7, 9))}}))
	deep := IntValue(1)
	for range 3 * maxRecordDepth {
		o := &ObjectData{}
		o.Set("d", deep)
		deep = ObjectValue(o)
	}
	e.Root().Set("deep", deep)
	e.Remove(MustRef("@timestamp"))
	got, err := NewBatch().DecodeRecord(e.AppendRecord(nil))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := string(got.AppendJSON(nil)), string(e.AppendJSON(nil)); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
	if v := got.Get(MustRef("symbol")); !v.IsSymbol() {
		t.Error("the symbol is none any more")
	}
	if v := got.Get(MustRef("[list][2]")); v.Kind() != Time || v.Time().Nanosecond() != 9 {
		t.Errorf("the time in the list is %v", v)
	}
	if v := got.Get(MustRef("float")); !math.IsInf(v.Float(), 1) {
		t.Errorf("the float is %v", v)
	}
	if got.Get(MustRef("s")).Str() != "aA\n" {
		t.Error("escapes are lost")
	}
}

func TestReleasedMemoryIsReused(t *testing.T) {
	b := NewBatch()
	for range 3 {
		for range 100 {
			src := b.Copy([]byte(`{"a":{"b":"x"},"c":[1,2,3]}`))
			e, _, err := b.Decode(src)
			if err != nil {
				t.Fatal(err)
			}
			e.Open(MustRef("[a][b]"))
		}
		b.Release()
		b = NewBatch()
	}
}

// FuzzDecode compares with encoding/json: the same texts are accepted, with the same
// values, and what goes out means what came in.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":[1,{"b":"\ud83d\ude00"}],"a":null}`, `{"x":1e400}`, `{"a":{"b":{"c":[]}}} x`, `{"tags":1}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := NewBatch()
		e, n, err := b.Decode([]byte(text))
		var want map[string]any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		wantErr := d.Decode(&want)
		if want == nil && wantErr == nil {
			return // null
		}
		if (err == nil) != (wantErr == nil) {
			if strings.Count(text, "[")+strings.Count(text, "{") >= MaxDepth {
				return
			}
			t.Fatalf("%q: %v, encoding/json says %v", text, err, wantErr)
		}
		if err != nil {
			return
		}
		if int64(n) != d.InputOffset() {
			t.Fatalf("%q: read %d bytes, encoding/json %d", text, n, d.InputOffset())
		}
		out := e.AppendJSON(nil)
		var got map[string]any
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q became %q: %v", text, out, err)
		}
		opened := ObjectValue(e.Root()).Detach()
		deep := openDeep(opened).AppendJSON(nil)
		var again map[string]any
		if err := json.Unmarshal(deep, &again); err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%q: lazily %q, deep %q: %v", text, out, deep, err)
		}
		rec := e.AppendRecord(nil)
		back, err := NewBatch().DecodeRecord(rec)
		if err != nil || !bytes.Equal(back.AppendJSON(nil), out) {
			t.Fatalf("%q: the record did not give it back: %v", text, err)
		}
	})
}

// FuzzRecord gives bytes of any kind to the reader of records, and looks at all of what
// comes out.
func FuzzRecord(f *testing.F) {
	b := NewBatch()
	for _, text := range []string{`{"a":{"b":[1,"x"]},"n":1.5,"s":"\u0041","@metadata":{"m":1}}`, `{}`} {
		e, _, err := b.Decode([]byte(text))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.AppendRecord(nil))
		e.Open(MustRef("[a][b]"))
		f.Add(e.AppendRecord(nil))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		e, err := NewBatch().DecodeRecord(record)
		if err != nil {
			if !errors.Is(err, ErrRecord) {
				t.Fatal(err)
			}
			return
		}
		_ = e.AppendJSON(nil)
		for _, fields := range []*ObjectData{e.Root(), e.Metadata()} {
			for _, field := range fields.Fields() {
				_ = openDeep(field.Value).AppendText(nil)
			}
		}
		_, _ = e.Batch().DecodeRecord(e.AppendRecord(nil))
	})
}

func FuzzTemplate(f *testing.F) {
	f.Add("%{a} %{[b][c]} %{+YYYY} %{{yyyy}}")
	f.Fuzz(func(t *testing.T, text string) {
		e := decode(t, `{"a":1,"b":{"c":[1,2]}}`)
		_, _ = ParseTemplate(text).Expand(e)
	})
}
