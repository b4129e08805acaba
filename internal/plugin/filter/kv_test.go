package filter

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"sluice/internal/event"
)

func TestKV(t *testing.T) {
	check(t, []sample{
		{"quotes and brackets", `kv { }`, `{"message":"a=\"x y\" b='p q' c=[1 2] d=(z) e=<w> f={u v}"}`, `{"message":"a=\"x y\" b='p q' c=[1 2] d=(z) e=<w> f={u v}","a":"x y","b":"p q","c":"1 2","d":"z","e":"w","f":"{u"}`},
		{"lenient", `kv { target => "t" }`, `{"message":"a = 1 OUT= b=2"}`, `{"message":"a = 1 OUT= b=2","t":{"a":"1","OUT":"b=2"}}`},
		{"strict", `kv { target => "t" whitespace => "strict" allow_empty_values => true }`, `{"message":"a=1 OUT= b=2"}`, `{"message":"a=1 OUT= b=2","t":{"a":"1","OUT":"","b":"2"}}`},
		{"twice", `kv { target => "t" }`, `{"message":"a=1 a=2 a=3"}`, `{"message":"a=1 a=2 a=3","t":{"a":["1","2","3"]}}`},
		{"escapes", `kv { target => "t" }`, `{"message":"a=\"x\\\"y\" b\\=c=1"}`, `{"message":"a=\"x\\\"y\" b\\=c=1","t":{"a":"x\\\"y","b\\=c":"1"}}`},
		{"keys", `kv { target => "t" trim_key => "-" transform_key => "uppercase" prefix => "%{p}_" include_keys => ["A", "B"] exclude_keys => "B" default_keys => { "d" => "1" } }`,
			`{"message":"-a-=1 b=2 c=3","p":"x"}`, `{"message":"-a-=1 b=2 c=3","p":"x","t":{"x_A":"1","d":"1"}}`},
		{"values", `kv { target => "t" trim_value => "<>" remove_char_value => "," transform_value => "capitalize" include_brackets => false }`, `{"message":"a=<x,y>"}`, `{"message":"a=<x,y>","t":{"a":"Xy"}}`},
		{"patterns", `kv { target => "t" field_split_pattern => "::" value_split_pattern => "->" }`, `{"message":"a->1 2::b->3"}`, `{"message":"a->1 2::b->3","t":{"a":"1 2","b":"3"}}`},
		{"bad key", `kv { }`, `{"message":"a=1 b[=2"}`, `{"message":"a=1 b[=2","a":"1","tags":["_kv_filter_error"]}`},
		{"recursive", `kv { recursive => true }`, `{"message":"a=[b=1 c=(d=2)] e=3"}`, `{"message":"a=[b=1 c=(d=2)] e=3","a":{"b":"1","c":{"d":"2"}},"e":"3"}`},
		{"nothing", `kv { add_tag => "t" }`, `{"message":"none"}`, `{"message":"none"}`},
	})
	refused(t, map[string]string{
		`kv { value_split => "" }`:          "value_split",
		`kv { transform_key => "x" }`:       "lowercase",
		`kv { field_split_pattern => "(" }`: "field_split_pattern",
		`kv { trim_value => "\w-\d[" }`:     "trim_value",
	})
}

// TestPairLoop compares the loop with the regular expression that defines a pair.
func TestPairLoop(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const alphabet = "ab= =\"'()[]<>&;:,\n \xc3\xa9"
	for _, config := range []string{`kv { }`, `kv { whitespace => "strict" }`, `kv { field_split => "&?" }`, `kv { field_split => ";," value_split => ":=" include_brackets => false }`, `kv { field_split => " 
" }`} {
		filters, err := configure(config, testEnv())
		if err != nil {
			t.Fatal(err)
		}
		s := &filters[0].(*kv).scan
		if !s.simple {
			t.Fatalf("%s is not simple", config)
		}
		for range 20000 {
			text := make([]byte, random.IntN(24))
			for i := range text {
				text[i] = alphabet[random.IntN(len(alphabet))]
			}
			comparePairs(t, s, string(text))
		}
	}
}

func comparePairs(t *testing.T, s *pairScanner, text string) {
	t.Helper()
	collect := func(simple bool) string {
		c := *s
		c.simple = simple
		out := ""
		if err := c.each(text, func(key, value string) bool { out += fmt.Sprintf("%q=%q ", key, value); return true }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if fast, slow := collect(true), collect(false); fast != slow {
		t.Fatalf("%q: the loop finds %s, the regular expression %s", text, fast, slow)
	}
}

func FuzzKV(f *testing.F) {
	f.Add(`a="x y" b=[1] c\=d=e`, "=", " ")
	f.Fuzz(func(t *testing.T, text, value, field string) {
		if len(text) > 200 {
			return
		}
		k := &kv{fieldSplit: field, valueSplit: value, whitespace: "lenient", brackets: true}
		env := testEnv()
		if k.valueSplit == "" || k.scan.open(k, env) != nil {
			return
		}
		_ = k.scan.each(text, func(key, value string) bool { return true })
	})
}

func BenchmarkKV(b *testing.B) {
	filters, err := configure(`kv { target => "fw" }`, testEnv())
	if err != nil {
		b.Fatal(err)
	}
	src := []byte(`{"message":"date=2021-03-04 time=14:35:33 devname=\"FGT-EDGE-01\" devid=\"FG100ETK18001234\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" level=\"notice\" vd=\"root\" eventtime=1614868533 srcip=10.20.30.40 srcport=51544 srcintf=\"port3\" dstip=203.0.113.77 dstport=443 policyid=12 service=\"HTTPS\" action=\"close\""}`)
	batch := event.NewBatch()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%100 == 99 {
			batch.Release()
			batch = event.NewBatch()
		}
		e, _, _ := batch.Decode(src)
		filters[0].Apply(e, nil)
	}
}
