package lscl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
)

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, list := Parse(diag.NewSource("x", text), Options{})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return f
}

func parseCondition(t *testing.T, text string) Condition {
	t.Helper()
	f := parse(t, "filter { if "+text+" { drop { } } }")
	return f.Sections[0].Body[0].(*If).Branches[0].Condition
}

// grouped prints a condition with parentheses around everything.
func grouped(c Condition) string {
	switch c := c.(type) {
	case *Binary:
		return "(" + grouped(c.Left) + " " + c.Op.String() + " " + grouped(c.Right) + ")"
	case *Group:
		return "{" + grouped(c.X) + "}"
	}
	return Print(c)
}

func TestGrouping(t *testing.T) {
	for text, want := range map[string]string{
		"[a] and [b] or [c]":          "(([a] and [b]) or [c])",
		"[a] or [b] and [c]":          "([a] or ([b] and [c]))",
		"[a] and [b] and [c] or [d]":  "([a] and (([b] and [c]) or [d]))", // recorded: false when only d is true
		"[a] or [b] or [c]":           "([a] or ([b] or [c]))",
		"([a] or [b]) and [c]":        "({([a] or [b])} and [c])",
		"[a] xor [b]":                 "([a] xor [b])",
		"![a] and !([b] == 1)":        "(![a] and !([b] == 1))",
		"[a]==1and[b]in[c]":           "([a] == 1 and [b] in [c])",
		"[a] not  in [b]":             "[a] not in [b]",
		"[a] in [ 'x' , \"y\" , zz ]": "[a] in ['x', \"y\", zz]",
	} {
		if got := grouped(parseCondition(t, text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestOneElementListIsAField(t *testing.T) {
	for text, want := range map[string]string{`["x"]`: `"x"`, "[a][b]": "a,b", "[ ]": " ", "[a b.c-d]": "a b.c-d"} {
		sel, ok := parseCondition(t, text+" == 1").(*Compare).Left.(*Selector)
		if !ok || strings.Join(sel.Path, ",") != want {
			t.Errorf("%s: %+v", text, sel)
		}
	}
	if _, ok := parseCondition(t, `[a] in ["x","y"]`).(*In).Right.(*Array); !ok {
		t.Error("two elements are a list")
	}
}

func TestOperands(t *testing.T) {
	l, r, ok := parseCondition(t, `[a] == ["x", "y"]`).(*Compare).Operands()
	if !ok || Print(l) != "[a]" || Print(r) != `"x"` {
		t.Errorf("a list in a comparison stands for its first string: %s %s", Print(l), Print(r))
	}
}

func TestValues(t *testing.T) {
	f := parse(t, `input { http { aa => 007 bb => -5 cc => 1.50 dd => wo_1 "ee" => 'it"s' ff => [1, [xx, "y"], {kk => json { zz => 1 }}] gg => -9223372036854775808 } }`)
	p := f.Sections[0].Body[0].(*Plugin)
	n := p.Attributes[0].Value.(*Number)
	if n.Int != 7 || n.Text != "007" {
		t.Errorf("octal: %+v", n)
	}
	if n := p.Attributes[2].Value.(*Number); !n.IsFloat || n.Float != 1.5 || n.Text != "1.50" {
		t.Errorf("float: %+v", n)
	}
	if a := p.Attributes[4]; a.Name != "ee" || a.Value.(*String).Text != `it"s` || a.Value.(*String).Quote != '\'' {
		t.Errorf("string: %+v", a)
	}
	if got := p.Attributes[5].Span().Text(); got != `ff => [1, [xx, "y"], {kk => json { zz => 1 }}]` {
		t.Errorf("span: %s", got)
	}
	if got := Print(p.Attributes[5]); got != "ff => [\n  1,\n  [\n    xx,\n    \"y\"\n  ],\n  { kk => json { zz => 1 } }\n]" && got != `ff => [1, [xx, "y"], { kk => json { zz => 1 } }]` {
		t.Errorf("print: %s", got)
	}
}

func TestEscapes(t *testing.T) {
	for in, want := range map[string]string{
		`a\tb\n\r\0`: "a\tb\n\r\x00", `\\n`: `\n`, `\x41\u0041\d\/\b\f`: `\x41\u0041\d\/\b\f`, `\'\"`: `'"`, `\é`: `\é`, "\\\n": "\\\n",
	} {
		text := `filter { mutate { add_tag => "` + in + `" add_field => { "` + in + `" => "v" } } }`
		f, list := Parse(diag.NewSource("x", text), Options{SupportEscapes: true})
		if list.Err() != nil {
			t.Fatal(list)
		}
		p := f.Sections[0].Body[0].(*Plugin)
		if got := p.Attributes[0].Value.(*String).Text; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if got := p.Attributes[1].Value.(*Hash).Entries[0].Key.(*String).Text; got != want {
			t.Errorf("key %q: got %q, want %q", in, got, want)
		}
		off, _ := Parse(diag.NewSource("x", text), Options{})
		if got := off.Sections[0].Body[0].(*Plugin).Attributes[0].Value.(*String).Text; got != in {
			t.Errorf("without escapes %q became %q", in, got)
		}
	}
}

func TestTextSourceShowsPlacesInTheConfiguration(t *testing.T) {
	for _, escapes := range []bool{false, true} {
		text := "filter {\n  ruby {\n    code => '\n      bad \\\\ code\n    '\n  }\n}\n"
		f, _ := Parse(diag.NewSource("p.conf", text), Options{SupportEscapes: escapes})
		s := f.Sections[0].Body[0].(*Plugin).Attributes[0].Value.(*String).TextSource()
		i := strings.Index(s.Text, "bad")
		if p := s.At(i, i+3).Position(); p.Line != 4 || p.Column != 7 || p.File != "p.conf" {
			t.Errorf("escapes %v: %+v", escapes, p)
		}
	}
}

func TestMergedOptions(t *testing.T) {
	for text, want := range map[string]string{
		`tt => "x" tt => ["y", "z"] tt => "w"`:                           `tt => ["x", ["y", "z"], "w"]`,
		`tt => ["x"] tt => ["x", "y"]`:                                   `tt => ["x", "x", "y"]`,
		`tt => "x" tt => "x"`:                                            `tt => "x"`,
		`hh => { "a" => 1 } hh => { "b" => 2 }`:                          `hh => { "a" => 1 "b" => 2 }`,
		`hh => { "a" => 1 } hh => { "a" => 2 }`:                          `hh => { "a" => [1, 2] }`,
		`hh => { "a" => [1] } hh => { "a" => [1, 2] }`:                   `hh => { "a" => [1, 1, 2] }`,
		`hh => { "a" => { kk => 1 } } hh => { "a" => { kk => 1 ll=>2 }}`: `hh => { "a" => { kk => 1 ll => 2 } }`,
	} {
		p := parse(t, "filter { mutate { "+text+" } }").Sections[0].Body[0].(*Plugin)
		var got []string
		for _, a := range p.Options() {
			got = append(got, Print(a))
		}
		if flat := strings.Join(strings.Fields(strings.Join(got, " ")), " "); flat != want {
			t.Errorf("%s: got %s, want %s", text, flat, want)
		}
	}
}

func TestParseAllKeepsFilesApart(t *testing.T) {
	c, list := ParseAll([]*diag.Source{
		diag.NewSource("1.conf", "filter { aa { } }\noutput { oo { } }\n"),
		diag.NewSource("2.conf", "filter { bb { } }\n"),
	}, Options{})
	if list.Err() != nil {
		t.Fatal(list)
	}
	if got := c.Sections(Filter); len(got) != 2 || got[1].Body[0].(*Plugin).Name != "bb" {
		t.Errorf("filters: %v", got)
	}
	if len(c.Sections(Output)) != 1 || len(c.Sections(Input)) != 0 {
		t.Error("sections got lost")
	}
	_, list = ParseAll([]*diag.Source{diag.NewSource("1.conf", "filter {\n"), diag.NewSource("2.conf", "}\n")}, Options{})
	if len(list) != 2 {
		t.Errorf("a section may not go on in another file: %v", list)
	}
}

func TestPartialTree(t *testing.T) {
	f, list := Parse(diag.NewSource("x", "input { tcp { port 5044 host => \"a\" } }\nfilter { if [a] == { drop { } } mutate { id => \"m1\" } }\n"), Options{})
	if len(list) != 2 || len(f.Sections) != 2 || len(f.Sections[1].Body) != 2 {
		t.Fatalf("%d sections, %v", len(f.Sections), list)
	}
	if p := f.Sections[0].Body[0].(*Plugin); len(p.Attributes) != 2 || p.Attributes[0].Value.(*Number).Int != 5044 {
		t.Errorf("the option with the mistake got lost: %+v", p)
	}
}

// TestHostileTexts checks that time is linear: each text is up to a few megabytes
// long, and would take minutes in quadratic time.
func TestHostileTexts(t *testing.T) {
	n := 100_000
	for name, text := range map[string]string{
		"nested ifs":         "filter { " + strings.Repeat("if [a] { ", n),
		"nested lists":       "filter { mm { aa => " + strings.Repeat("[", n),
		"nested parentheses": "filter { if " + strings.Repeat("(", n),
		"nested codecs":      "input { " + strings.Repeat("cc { codec => ", n),
		"nested else":        "filter { " + strings.Repeat("if [a] { } else { ", n),
		"quotes":             "filter { mm { aa => " + strings.Repeat("\"\n", n),
		"escaped quotes":     "filter { mm { aa => " + strings.Repeat("\\\"\n", n),
		"closing braces":     strings.Repeat("}\n", n),
		"opening braces":     strings.Repeat("{\n", n),
		"sections":           strings.Repeat("input { ", n),
		"names":              "filter { " + strings.Repeat("name ", n),
		"if numbers":         "filter { " + strings.Repeat("if5 { ", n),
		"fields":             "filter { if " + strings.Repeat("[a", n),
		"comments":           strings.Repeat("# c\n", n) + "filter { mm " + strings.Repeat("# c\n", n) + " { } }",
		"conditions":         "filter { if [a]" + strings.Repeat(" and [a]", n) + " { } }",
		"not":                "filter { if " + strings.Repeat("!", n),
		"bytes":              strings.Repeat("\xff", n),
		"arrows":             "filter { mm { " + strings.Repeat("=>", n),
		"one line":           strings.Repeat("input { } filter { mm { } if [a] { } else { } } ", n),
		"two lines":          "filter { mm { aa => { \n" + strings.Repeat(" } } mm { aa => {", n),
		"blanks":             "filter { mm { aa => bb" + strings.Repeat(" ", n) + "cc" + strings.Repeat(" dd\n", n),
		"open strings":       "filter { mm {" + strings.Repeat(" aa => \"x\n", n),
		"calls":              "filter { if " + strings.Repeat("fn(", n),
	} {
		start := time.Now()
		f, _ := Parse(diag.NewSource(name, text), Options{})
		Format(f)
		t.Logf("%-18s %7d kB %v", name, len(text)/1000, time.Since(start).Round(time.Millisecond))
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: %v for %d bytes", name, d, len(text))
		}
	}
}

// TestGuide parses the whole configurations of the guide, which lie beside the data.
func TestGuide(t *testing.T) {
	for _, name := range []string{"filter.conf", "receiver.conf"} {
		parse(t, guide(t, name))
	}
}

func guide(t testing.TB, name string) string {
	b, err := os.ReadFile(filepath.Join(dataDir(t, ""), "..", "guide", "config", name))
	if err != nil {
		t.Skip(err)
	}
	return string(b)
}

func BenchmarkParseGuide(b *testing.B) {
	text := guide(b, "filter.conf") + guide(b, "receiver.conf")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(diag.NewSource("guide", text), Options{})
	}
}

func BenchmarkParseCorpus(b *testing.B) {
	var texts []string
	size := 0
	corpusFiles(b, func(_, _, valid, text string) {
		if valid == "valid" {
			texts = append(texts, text)
			size += len(text)
		}
	})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			Parse(diag.NewSource("x", text), Options{})
		}
	}
}

func BenchmarkFormatGuide(b *testing.B) {
	f, _ := Parse(diag.NewSource("guide", guide(b, "filter.conf")+guide(b, "receiver.conf")), Options{})
	b.ReportAllocs()
	for b.Loop() {
		Format(f)
	}
}
