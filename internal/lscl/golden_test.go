package lscl

import (
	"flag"
	"os"
	"strings"
	"testing"

	"sluice/internal/diag"
)

var update = flag.Bool("update", false, "write what we get into the golden files")

// TestMistakes reads testdata/mistakes/*.txtar: pairs of a text ("-- name --") and what
// is said about it ("-- says --").
func TestMistakes(t *testing.T) {
	for _, path := range glob(t, "testdata/mistakes/*.txtar") {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(b), "-- ")
		out := parts[0]
		for i := 1; i+1 < len(parts); i += 2 {
			name, text, _ := strings.Cut(parts[i], " --\n")
			_, want, ok := strings.Cut(parts[i+1], "says --\n")
			if !ok {
				t.Fatalf("%s: %s has no answer", path, name)
			}
			_, list := Parse(diag.NewSource("pipeline.conf", text), Options{})
			got := list.Text(diag.Plain)
			if got != want {
				t.Errorf("%s: %s:\n%s\ngot\n%s\nwant\n%s", path, name, text, got, want)
			}
			if strings.Contains(got, "xpected one of") {
				t.Errorf("%s: %s: a list of tokens is no answer", path, name)
			}
			out += "-- " + name + " --\n" + text + "-- says --\n" + got
		}
		if *update {
			os.WriteFile(path, []byte(out), 0o644)
		}
	}
}
