package lscl

import (
	"fmt"
	"math/rand"
	"sort"
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
		var worst []string
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
			} else {
				worst = append(worst, fmt.Sprintf("%04d %s\n%s", len(list), show(broken, i), list.Text(diag.Plain)))
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
		sort.Strings(worst)
		if testing.Verbose() && len(worst) > 0 {
			for _, w := range worst[len(worst)/2 : min(len(worst)/2+2, len(worst))] {
				t.Log(w)
			}
		}
		t.Logf("without one %s: %d texts, %.2f diagnostics on average, exactly one in %d %%, near the place in %d %%",
			piece, total, float64(mistakes)/float64(total), one*100/total, near*100/total)
	}
}

func show(text string, i int) string {
	return text[max(0, i-150):i] + "<HERE>" + text[i:min(len(text), i+100)]
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
