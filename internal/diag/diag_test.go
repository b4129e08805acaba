package diag

import (
	"strings"
	"testing"
)

var testCode = Define("SL0000", Error, "a test", "for tests")

func TestPositionInEmbeddedText(t *testing.T) {
	outer := NewSource("pipelines.yml", "- config.string: |\n    input {\n      bad\n    }\n")
	inner := Embed(outer, "input {\n  bad\n}\n", []int{
		strings.Index(outer.Text, "input"), strings.Index(outer.Text, "  bad"), strings.Index(outer.Text, "}")})
	at := inner.At(strings.Index(inner.Text, "bad"), strings.Index(inner.Text, "bad")+3)
	if p := at.Position(); p != (Position{"pipelines.yml", 3, 7}) {
		t.Errorf("position %+v", p)
	}
	got := New(testCode, at, "found bad").WithHelp("write good").Error()
	want := "pipelines.yml:3:7: error SL0000: found bad\n    3 |       bad\n      |       ^^^\n  help: write good"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestControlCharactersAreShown(t *testing.T) {
	s := NewSource("x", "a\x1b[31mb")
	if got := New(testCode, s.At(0, 1), "m").Error(); strings.Contains(got, "\x1b") {
		t.Errorf("an escape sequence got through: %q", got)
	}
}

func TestSpanBeyondTheEnd(t *testing.T) {
	s := NewSource("x", "a\n")
	if got := New(testCode, s.At(99, 120), "m").Error(); !strings.HasPrefix(got, "x:2:1:") {
		t.Errorf("got %q", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"add_field", "remove_field", "rename", "replace", "http_method"}
	for word, want := range map[string]string{"ad_field": "add_field", "renmae": "rename", "zzz": "", "remove": "rename", "htp_method": "http_method"} {
		if word == "remove" {
			want = "remove_field"
		}
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
