package lscl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// checkFormat formats a text that has no mistakes, and finds whether the result means
// the same, holds the same comments and is stable.
func checkFormat(t *testing.T, text string) {
	t.Helper()
	f, list := Parse(diag.NewSource("x", text), Options{})
	once := Format(f)
	if list.Err() != nil && !f.complete {
		if once != text {
			t.Fatalf("a text with mistakes was changed:\n%s", text)
		}
		return
	}
	g, again := Parse(diag.NewSource("formatted", once), Options{})
	if !g.complete {
		t.Fatalf("the formatted text has mistakes:\n%s\n--- of\n%s\n---\n%s", once, text, again.Text(diag.Plain))
	}
	if a, b := Print(f), Print(g); a != b {
		t.Fatalf("the meaning changed:\n%s\n---\n%s", a, b)
	}
	if len(f.Comments) != len(g.Comments) {
		t.Fatalf("%d comments became %d:\n%s\n---\n%s", len(f.Comments), len(g.Comments), text, once)
	}
	for i := range f.Comments {
		if f.Comments[i].Text != g.Comments[i].Text {
			t.Fatalf("comment %q became %q", f.Comments[i].Text, g.Comments[i].Text)
		}
	}
	if twice := Format(g); twice != once {
		t.Fatalf("formatting again changes the text:\n%s\n---\n%s\n--- of %q", once, twice, text)
	}
}

func TestFormatCorpus(t *testing.T) {
	for _, text := range seeds {
		checkFormat(t, text)
	}
	corpusFiles(t, func(_, _, _, text string) { checkFormat(t, text) })
}

// TestFormatGolden formats testdata/format/*.txtar: a text, the line "-- formatted --",
// and what it shall become.
func TestFormatGolden(t *testing.T) {
	for _, path := range glob(t, "testdata/format/*.txtar") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		in, want, _ := strings.Cut(string(b), "-- formatted --\n")
		f, list := Parse(diag.NewSource(path, in), Options{})
		if len(list) > 0 {
			t.Errorf("%s", list.Text(diag.Plain))
			continue
		}
		if got := Format(f); got != want {
			t.Errorf("%s: got\n%s", path, got)
			if *update {
				os.WriteFile(path, []byte(in+"-- formatted --\n"+got), 0o644)
			}
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return paths
}
