package ruby

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// fuzzText runs code on texts, in the field m. What the code sets in the field bad is a
// mistake; exceptions are not.
func fuzzText(f *testing.F, code string, texts ...string) {
	for _, text := range texts {
		f.Add(text)
	}
	limits := Limits{Steps: 200_000, Memory: 4 << 20, Time: time.Second}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 || !utf8.ValidString(text) {
			return
		}
		m, err := json.Marshal(map[string]string{"m": text})
		if err != nil {
			t.Fatal(err)
		}
		if out, _ := run(t, code, string(m), Options{Limits: limits}); strings.Contains(out, `"bad":`) {
			t.Error(out)
		}
	})
}

// FuzzYAML reads YAML, and what is written of it again. A key that is nil is written as
// Psych does, ! ”, which the library reads as an empty text.
func FuzzYAML(f *testing.F) {
	fuzzText(f, `require "yaml"
v = YAML.load(event.get("m"), aliases: true)
again = YAML.load(YAML.dump(v), aliases: true)
event.set("bad", [v.inspect, YAML.dump(v), again.inspect]) if v.inspect != again.inspect && !YAML.dump(v).include?("! ''")`,
		"a: 1\nb: [x, 2.5, true, ~]\nc:\n  d: '01'\n", "- &x {a: b}\n- *x\n- <<: *x\n  c: |\n    text\n     more\n", "--- >-\n folded\n text\n\n end\n...\n",
		"? a\n: - b\n  - \"c\\u00e9\\n\"\n", "%YAML 1.1\n---\n!ruby/sym a: 2001-12-14t21:59:43.10-05:00\n", "a: [b, {c: d}, \"e\" , 'f''g']\n# end\n", "190:20:30", "- \n-\n  - a\n")
}

// FuzzCSV reads CSV, and what is written of it again.
func FuzzCSV(f *testing.F) {
	fuzzText(f, `require "csv"
rows = CSV.parse(event.get("m"))
again = CSV.parse(rows.map { |r| r.to_csv }.join)
event.set("bad", [rows, again]) if rows != again`,
		"a,b\n1,\"x\"\"y\"\n", "a;b\r\n\"\n\",\"\"\r\n", "\n\n,\n", "a,\"b\nc\",\n", "\"a\" ,b", " \"a\"")
}
