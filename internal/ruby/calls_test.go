package ruby

import (
	"os"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// TestCalls runs the programs of testdata/calls.txt and
// compares what they leave in out with what CRuby 3.1 does.
func TestCalls(t *testing.T) {
	text, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		code, want, ok := strings.Cut(rest, "\n--- ")
		if !ok {
			t.Fatalf("%s: no result", name)
		}
		t.Run(name, func(t *testing.T) {
			script, list := Compile(diag.NewSource("calls.rb", code+"\nevent.set('out', out.inspect)"), Options{})
			if script == nil {
				t.Fatal(list)
			}
			in, err := script.NewInstance(nil)
			if err != nil {
				t.Fatal(err)
			}
			batch := event.NewBatch()
			defer batch.Release()
			ev := batch.New()
			if err := in.Run(ev, nil); err != nil {
				t.Fatal(err)
			}
			if got := ev.Get(event.MustRef("out")).Str(); got != strings.TrimSpace(want) {
				t.Errorf("\ngot  %s\nwant %s", got, want)
			}
		})
	}
}
