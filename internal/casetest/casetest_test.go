package casetest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/settings"

	_ "sluice/internal/plugin/codec"
	_ "sluice/internal/plugin/filter"
)

// runText runs a .case file given as text.
func runText(t *testing.T, text string) []Result {
	t.Helper()
	event.PoisonReleased(true)
	defer event.PoisonReleased(false)
	f, list := readGolden(diag.NewSource("t.case", text))
	if list.Err() != nil {
		t.Fatal(list)
	}
	s := NewSuite(&Options{Settings: settings.New()})
	defer s.Close()
	results, _ := s.Run(f)
	return results
}

func TestCasesOfOneFileDoNotSeeEachOther(t *testing.T) {
	results := runText(t, `
-- p.conf --
filter { aggregate { task_id => "%{t}" code => "map['n'] ||= 0; map['n'] += 1; event.set('n', map['n'])" } }
-- events one --
{"t": "a"} {"t": "a"}
-- output one --
{"t": "a", "n": 1}
{"t": "a", "n": 2}
-- events two --
{"t": "a"}
-- output two --
{"t": "a", "n": 1}
`)
	for _, r := range results {
		if r.Status != Passed {
			t.Errorf("%s: %s %+v %v", r.Case.Name, r.Status, r.Differences, r.Mistakes)
		}
	}
}

func TestTheClockIsLeftOut(t *testing.T) {
	text := `
now 2026-03-01T00:00:00Z
-- p.conf --
filter { date { match => ["d", "MMM dd HH:mm:ss"] tag_on_failure => [] } clone { clones => ["c"] ecs_compatibility => disabled } }
-- events --
{"d": "%s"}
-- output --
%s
`
	passed := func(date, want string) bool {
		return runText(t, fmt.Sprintf(text, date, want))[0].Status == Passed
	}
	if !passed("none", `{"d": "none"} {"d": "none", "type": "c"}`) {
		t.Error("the time of the run is compared")
	}
	if !passed("Feb 27 14:00:00", `{"d": "Feb 27 14:00:00", "@timestamp": "2026-02-27T14:00:00.000Z"} {"type": "c", "d": "Feb 27 14:00:00", "@timestamp": "2026-02-27T14:00:00.000Z"}`) {
		t.Error("a date without a year does not get that of the case")
	}
	if passed("Feb 27 14:00:00", `{"d": "Feb 27 14:00:00"} {"d": "Feb 27 14:00:00", "type": "c"}`) {
		t.Error("a timestamp that a filter has set is not compared")
	}
}

func TestRefusedEventsAreTold(t *testing.T) {
	r := runText(t, `
-- p.conf --
filter { if [a] > 1 { mutate { add_tag => "x" } } }
-- events --
{"b": 1}
-- output --
{"b": 1}
`)[0]
	if r.Status != Failed || len(r.Refused) != 1 || !strings.Contains(r.Refused[0], "cannot be compared") {
		t.Errorf("%s %q", r.Status, r.Refused)
	}
}

func TestWhatPluginsLogIsTold(t *testing.T) {
	results := runText(t, `
-- p.conf --
filter { ruby { id => "r" code => "event.set('x', event.get('no').size)" } }
-- events --
{"a": 1}
-- output --
{"a": 1}
-- events two --
-- output two --
`)
	if r := results[0]; len(r.Logged) != 1 || !strings.Contains(r.Logged[0], "plugin: r") {
		t.Errorf("%q", r.Logged)
	}
	if r := results[1]; len(r.Logged) != 0 {
		t.Errorf("another case is told %q", r.Logged)
	}
}

func TestMetadataFieldsVariablesAndFiles(t *testing.T) {
	r := runText(t, `
metadata
input in
field type x
field [a][b] [1, 2]
env WORD=hello
set pipeline.ecs_compatibility=disabled
-- p.conf --
input { kafka { id => "in" codec => json tags => ["k"] } stdin { id => "other" } }
filter {
  translate { source => "type" target => "[@metadata][t]" dictionary_path => "/etc/words.yml" }
  mutate { id => "m" add_field => { "w" => "${WORD}" } }
}
output { kafka { } }
-- /etc/words.yml --
x: translated
-- mock m --
mutate { add_field => { "mocked" => "${WORD}" } }
-- input --
{"m": 1}
-- output --
{"@metadata": {"t": "translated"}, "type": "x", "a": {"b": [1, 2]}, "m": 1, "tags": ["k"], "mocked": "hello"}
`)[0]
	if r.Status != Passed {
		t.Errorf("%s %+v %v", r.Status, r.Differences, r.Mistakes)
	}
}

func TestPipelinesInACircleEnd(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pipelines.yml"), `
- pipeline.id: a
  config.string: 'input { stdin { } pipeline { address => "a" } } output { pipeline { send_to => "b" } }'
- pipeline.id: b
  config.string: 'input { pipeline { address => "b" } } output { pipeline { send_to => "a" } }'
`)
	write(t, filepath.Join(dir, "c.case"), "pipelines pipelines.yml\n-- input --\nx\n-- output --\n")
	r := run(t, dir)[0]
	if r.Status != Broken || !strings.Contains(r.Mistakes.Error(), "in a circle") {
		t.Errorf("%s %v", r.Status, r.Mistakes)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir string) []Result {
	t.Helper()
	files, list := Read([]string{dir})
	if list.Err() != nil {
		t.Fatal(list)
	}
	s := NewSuite(&Options{Settings: settings.New()})
	defer s.Close()
	var all []Result
	for _, f := range files {
		results, _ := s.Run(f)
		all = append(all, results...)
	}
	return all
}

// What a case of logstash-filter-verifier without a daemon gives its events with
// add_field are texts.
func TestFieldsOfStandaloneCasesAreTexts(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p.conf"), `filter { mutate { remove_field => ["event"] } }`)
	write(t, filepath.Join(dir, "c.json"), `{"fields": {"n": 1, "t": ["x"], "[a][b]": true}, "testcases": [{"input": ["m"], "expected": [{"message": "m", "n": "1", "t": "x", "a": {"b": "true"}}]}]}`)
	if r := run(t, dir)[0]; r.Status != Passed {
		t.Errorf("%s %+v", r.Status, r.Differences)
	}
}

// Events that come late, from a filter or a codec, count for the case that expects them.
func TestLateEventsOfStandaloneCases(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p.conf"), `filter { mutate { remove_field => ["event"] } }`)
	write(t, filepath.Join(dir, "c.yml"), `
codec: 'multiline { pattern => "^ " what => "previous" }'
ignore: [tags]
testcases:
  - input: [a, " b"]
    expected: [{message: "a\n b"}]
  - input: [c]
    expected: [{message: c}]
`)
	for _, r := range run(t, dir) {
		if r.Status != Passed {
			t.Errorf("%s: %s %+v", r.Case.Name, r.Status, r.Differences)
		}
	}
}

func TestEventsAreAligned(t *testing.T) {
	want := []expectation{}
	got := []outcome{}
	event := func(n int) value {
		return parseEvent(fmt.Appendf(nil, `{"a": %d, "b": %d, "c": %d, "d": %d, "e": %d}`, n, n, n, n, n))
	}
	for _, n := range []int{1, 2, 3, 4} {
		want = append(want, expectation{event: event(n)})
	}
	for _, n := range []int{1, 3, 4} {
		got = append(got, outcome{event: event(n)})
	}
	got[1].event.set("a", textValue("x"))
	all := differences(want, got, true)
	if len(all) != 2 || all[0].Expected != 2 || all[0].Got != 0 || all[1].Expected != 3 || all[1].Got != 2 || len(all[1].Fields) != 1 {
		t.Errorf("%+v", all)
	}
}

func TestNumbersAreCompared(t *testing.T) {
	for _, c := range []struct {
		a, b         string
		exact, equal bool
	}{
		{"1", "1", true, true}, {"1", "1.0", true, false}, {"1", "1.0", false, true}, {"1e3", "1000.0", true, true},
		{"9007199254740993", "9007199254740992", false, false}, {"0.1", "0.10", true, true},
	} {
		if got := equalNumbers(c.a, c.b, c.exact); got != c.equal {
			t.Errorf("%s and %s, exact %v: %v", c.a, c.b, c.exact, got)
		}
	}
}

// A case takes far less than 50 ms, its share of compiling the configuration included.
func TestACaseIsFast(t *testing.T) {
	var text strings.Builder
	text.WriteString("ignore [event][original] message\n-- p.conf --\nfilter { grok { match => { \"message\" => \"%{COMBINEDAPACHELOG}\" } } date { match => [\"[x]\", \"ISO8601\"] } }\n")
	const cases = 200
	for i := range cases {
		fmt.Fprintf(&text, "-- input %d --\n10.0.0.1 - - [01/Mar/2026:00:00:00 +0000] \"GET /%d HTTP/1.1\" 200 17 \"-\" \"curl\"\n-- output %d --\n", i, i, i)
	}
	start := time.Now()
	results := runText(t, text.String())
	if took := time.Since(start) / cases; took > 50*time.Millisecond {
		t.Errorf("a case takes %v", took)
	}
	if len(results) != cases || results[7].Status != Failed {
		t.Errorf("%d cases, %+v", len(results), results[7])
	}
}

func TestJUnitIsXML(t *testing.T) {
	results := runText(t, "-- p.conf --\nfilter { }\n-- events <&\x01 --\n{\"a\": \"<]]>&\"}\n-- output <&\x01 --\n")
	r := &Report{Results: results, Mistakes: diag.List{diag.New(badCase, diag.Span{}, "a & b")}}
	var out bytes.Buffer
	if err := r.JUnit(&out); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
	}
	if err := xml.Unmarshal(out.Bytes(), &back); err != nil || back.Tests != 2 || back.Failures != 1 || back.Errors != 1 {
		t.Errorf("%v %+v\n%s", err, back, out.String())
	}
}
