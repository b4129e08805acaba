package engine

import (
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/lscl"
)

func TestLint(t *testing.T) {
	const index = `output { elasticsearch { index => "%{[@metadata][beat]}-%{+YYYY}" } }`
	mutate := func(options string) string { return "filter { if [z] { mutate { " + options + " } } }" }
	for _, c := range []struct{ name, text, want string }{
		{"metadata over http", `input { http { } } ` + index, "t:1:55: warning SL1404: no input of this pipeline sets [@metadata][beat], so that %{[@metadata][beat]} stays"},
		{"metadata from beats", `input { http { } beats { } } ` + index, ""},
		{"metadata from another pipeline", `input { pipeline { address => "a" } } ` + index, ""},
		{"metadata that a filter sets", `input { http { } } filter { mutate { add_field => { "[@metadata][beat]" => "x" } } } ` + index, ""},
		{"metadata in a part of a pipeline", index, ""},
		{"metadata of one's own", `input { http { } } output { file { path => "%{[@metadata][mine]}" } }`, ""},
		{"metadata in a hash of an output", `input { http { } } output { http { headers => { "x" => "%{[@metadata][version]}" } } }`, "SL1404"},

		{"two in one text", `input { http { } } output { file { path => "%{[@metadata][beat]}-%{[@metadata][version]}" } }`, "t:1:66: warning SL1404"},

		{"a chain of renames", mutate(`rename => { "a" => "b" "[b]" => "c" }`), "warning SL1405: the result depends on the order in which Logstash goes through rename: "},
		{"a chain written backwards", mutate(`rename => { "c" => "d" "b" => "c" "a" => "b" }`), "rename: a, b, c"},
		{"renames that do not meet", mutate(`rename => { "a" => "b" "c" => "d" }`), ""},
		{"a copy of a copy", mutate(`copy => { "a" => "b" "b" => "c" }`), "SL1405"},
		{"a text with another new field", mutate(`replace => { "a" => "x" "b" => "%{a}" }`), "SL1405"},
		{"a text with another field in brackets", `input { stdin { add_field => { "a" => "x" "b" => "%{[a]}" } } }`, "SL1405"},
		{"a text with its own field", mutate(`replace => { "a" => "%{a}!" "b" => "x" }`), ""},

		{"rename behind add_field", mutate(`add_field => { "a" => "x" } rename => { "a" => "b" }`), "hint SL1406: rename runs before add_field, though it is written behind it, and both work on [a]"},
		{"gsub behind split", mutate(`split => { "a" => "," } gsub => [ "a", "x", "y" ]`), "gsub runs before split"},
		{"gsub of another field", mutate(`split => { "a" => "," } gsub => [ "b", "a", "a" ]`), ""},
		{"as they run", mutate(`rename => { "a" => "b" } convert => { "b" => "integer" } remove_field => [ "b" ]`), ""},

		{"an id is missing", `input { stdin { id => "in" } } output { stdout { } }`, "hint SL1407: the output stdout has no id, though 1 of 2 plugins have one"},
		{"few ids", `input { stdin { id => "in" } } filter { drop { } } output { stdout { } }`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, list := lscl.ParseAll([]*diag.Source{diag.NewSource("t", c.text)}, lscl.Options{})
			if list.Err() != nil {
				t.Fatal(list)
			}
			found := Lint(config)
			got := found.Text(diag.Plain)
			if c.want == "" && got != "" || !strings.Contains(got, c.want) || len(found) > 1 && !strings.HasPrefix(c.name, "two") {
				t.Errorf("no %q in\n%s", c.want, got)
			}
		})
	}
}
