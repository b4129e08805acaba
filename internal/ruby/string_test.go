package ruby

import (
	"strings"
	"testing"
)

func TestIsASCII(t *testing.T) {
	for n := range 20 {
		text := strings.Repeat("a", n)
		if s := (&String{s: text}); !s.isASCII() {
			t.Errorf("%q is ASCII", text)
		}
		for i := range n {
			text := text[:i] + "\x80" + text[i+1:]
			if s := (&String{s: text}); s.isASCII() {
				t.Errorf("%q is not ASCII", text)
			}
		}
	}
}
