package lscl

import (
	"strings"
	"testing"

	"sluice/internal/diag"
)

func TestLint(t *testing.T) {
	for _, c := range []struct{ condition, want string }{
		{`[x] in ["one"]`, `warning SL1401: ["one"] is no list but a field with quotes in its name, so that the condition is never true|write [x] == "one"`},
		{`[x] not in ['one']`, `the condition is always true|write [x] != 'one'`},
		{`"a" in ["message"]`, "never true|write [message] for the field"},
		{`[x] in ["one", "two"]`, ""},
		{`"a" in [tags]`, ""},
		{`[x] in [y]`, ""},
		{`["type"] == "a"`, `["type"] is the field with quotes in its name; no event has it|write [type] for the field`},
		{`["type"]`, "a test of it is never true"},
		{`!["type"]`, "SL1401"},
		{`["a"] =~ /x/`, "it matches nothing"},
		{`[x] == ["one", "two"]`, `warning SL1402: of this list only "one" is compared|write [x] in`},
		{`[x] == "one"`, ""},
		{`[a] and [b] or [c]`, "warning SL1403"},
		{`[a] and [b] and [c] or [d]`, "Logstash reads [a] and (([b] and [c]) or [d])"},
		{`[a] or ([b] and [c] or [d])`, "SL1403"},
		{`([a] and [b]) or [c]`, ""},
		{`[a] and [b] and [c]`, ""},
		{`[a] or ![b] or [c]`, ""},
		{`[a] and [b] or [x] in ["one"]`, "SL1403|SL1401"},
	} {
		for _, text := range []string{"if C { drop { } }", "if [z] { } else if C { }", "if [z] { if C { } }", "if [z] { } else { if C { } }"} {
			f, list := Parse(diag.NewSource("t", "filter { "+strings.Replace(text, "C", c.condition, 1)+" }"), Options{})
			if list.Err() != nil {
				t.Fatal(list)
			}
			got := Lint(f).Text(diag.Plain)
			if c.want == "" && got != "" {
				t.Errorf("%s: %s", c.condition, got)
			}
			for _, w := range strings.Split(c.want, "|") {
				if !strings.Contains(got, w) {
					t.Errorf("%s: no %q in\n%s", c.condition, w, got)
				}
			}
			if n := len(Lint(f)); c.want != "" && n != strings.Count(c.want, "SL14") && strings.Contains(c.want, "SL14") {
				t.Errorf("%s: %d findings\n%s", c.condition, n, got)
			}
		}
	}
}

// Nothing that can be parsed breaks the linter.
func FuzzLint(f *testing.F) {
	f.Add(`filter { if [a] and [b] or ["x"] in ["y"] { drop { } } else if 5 == ["a", 'b'] { } }`)
	f.Fuzz(func(t *testing.T, text string) {
		file, _ := Parse(diag.NewSource("fuzz", text), Options{})
		_ = Lint(file).Text(diag.Plain)
	})
}
