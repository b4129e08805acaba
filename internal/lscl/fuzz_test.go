package lscl

import (
	"testing"
	"time"

	"sluice/internal/diag"
)

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, escapes bool) {
		if len(text) > 1<<12 {
			return
		}
		start := time.Now()
		file, list := Parse(diag.NewSource("x", text), Options{SupportEscapes: escapes})
		if d := time.Since(start); d > 2*time.Second {
			t.Fatalf("%v for %d bytes", d, len(text))
		}
		for _, d := range list {
			if d.At.Start < 0 || d.At.End < d.At.Start || d.At.Start > len(text) || d.Message == "" {
				t.Fatalf("a mistake without a proper place: %+v", d)
			}
		}
		if file == nil {
			t.Fatal("no tree")
		}
		compareWithPEG(t, text)
	})
}

func FuzzFormat(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 1<<12 {
			checkFormat(t, text)
		}
	})
}
