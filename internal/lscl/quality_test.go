package lscl

import (
	"math/rand"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// TestOneMistakeOneDiagnostic takes one piece of punctuation out of configurations
// that people run, and counts what is said: mostly one thing, near the place.
func TestOneMistakeOneDiagnostic(t *testing.T) {
	var texts []string
	corpusFiles(t, func(_, kind, valid, text string) {
		if kind == "lscl" && valid == "valid" && len(text) < 20000 {
			texts = append(texts, text)
		}
	})
	t.Logf("seed %d", mutationSeed)
	for _, piece := range []string{"{", "}", "[", "]", "\"", "=>"} {
		r := rand.New(rand.NewSource(mutationSeed))
		total, mistakes, one, near := 0, 0, 0, 0
		for range 2000 {
			text := texts[r.Intn(len(texts))]
			i := pick(r, text, piece)
			if i < 0 {
				continue
			}
			broken := text[:i] + text[i+len(piece):]
			src := diag.NewSource("x", broken)
			_, list := Parse(src, Options{})
			if len(list) == 0 {
				continue // it was in a comment or string
			}
			total++
			mistakes += len(list)
			if len(list) == 1 {
				one++
			}
			line := strings.Count(text[:i], "\n") + 1
			for _, d := range list {
				places := []diag.Span{d.At}
				for _, rel := range d.Related {
					places = append(places, rel.At)
				}
				found := false
				for _, at := range places {
					if l := at.Position().Line; l-line <= 2 && line-l <= 2 {
						found = true
					}
				}
				if found {
					near++
					break
				}
			}
		}
		if one*100 < total*85 || near*100 < total*90 {
			t.Errorf("without %s the messages have become worse", piece)
		}
		t.Logf("without one %s: %d texts, %.2f diagnostics on average, exactly one in %d %%, near the place in %d %%",
			piece, total, float64(mistakes)/float64(total), one*100/total, near*100/total)
	}
}

// pick returns a random place of piece in text that is not in a comment, or -1.
func pick(r *rand.Rand, text, piece string) int {
	for range 20 {
		i := r.Intn(len(text))
		n := strings.Index(text[i:], piece)
		if n < 0 {
			continue
		}
		line := text[strings.LastIndexByte(text[:i+n], '\n')+1 : i+n]
		if !strings.Contains(line, "#") {
			return i + n
		}
	}
	return -1
}
