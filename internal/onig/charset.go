package onig

import (
	"unicode"
	"unicode/utf8"
)

// charset is a set of characters made for fast tests. ascii tells for every byte whether
// it belongs to the set; bytes beyond ASCII belong when all characters beyond do.
type charset struct {
	ascii [256]bool
	high  highPart
	set   set
	// The only byte that is not in the set, when all is but that one; -1 otherwise.
	except int
}

// highPart tells which characters beyond ASCII are in a set.
type highPart uint8

const (
	noneHigh highPart = iota
	someHigh
	allHigh
)

func newCharset(s set) *charset {
	c := &charset{set: s, except: -1}
	switch high := s.and(set{utf8.RuneSelf, unicode.MaxRune}); {
	case len(high) == 0:
	case len(high) == 2 && high[0] == utf8.RuneSelf && high[1] == unicode.MaxRune:
		c.high = allHigh
	default:
		c.high = someHigh
	}
	out := 0
	for b := range 256 {
		if b < utf8.RuneSelf {
			c.ascii[b] = s.has(rune(b))
		} else {
			c.ascii[b] = c.high == allHigh
		}
		if !c.ascii[b] {
			out++
			c.except = b
		}
	}
	if out != 1 || c.high != allHigh {
		c.except = -1
	}
	return c
}

// width returns the length of the character at pos when it is in the set, or 0.
func (c *charset) width(s string, pos int) int {
	if pos >= len(s) {
		return 0
	}
	b := s[pos]
	if b < utf8.RuneSelf {
		if c.ascii[b] {
			return 1
		}
		return 0
	}
	if c.high == noneHigh {
		return 0
	}
	r, n := utf8.DecodeRuneInString(s[pos:])
	if c.high == allHigh || c.set.has(r) {
		return n
	}
	return 0
}

// before tells whether the character that ends at pos is in the set.
func (c *charset) before(s string, pos int) bool {
	if pos <= 0 {
		return false
	}
	b := s[pos-1]
	if b < utf8.RuneSelf {
		return c.ascii[b]
	}
	if c.high != someHigh {
		return c.high == allHigh
	}
	r, _ := utf8.DecodeLastRuneInString(s[:pos])
	return c.set.has(r)
}

// first is what a match may begin with: ASCII characters, any character beyond, the end
// of the text. It may hold too much, never too little.
type first struct {
	ascii [2]uint64
	high  bool
	end   bool
}

var anyFirst = first{[2]uint64{^uint64(0), ^uint64(0)}, true, true}

func (f first) or(g first) first {
	return first{[2]uint64{f.ascii[0] | g.ascii[0], f.ascii[1] | g.ascii[1]}, f.high || g.high, f.end || g.end}
}

func (f first) and(g first) first {
	return first{[2]uint64{f.ascii[0] & g.ascii[0], f.ascii[1] & g.ascii[1]}, f.high && g.high, f.end && g.end}
}

func (f *first) add(b byte) {
	if b >= utf8.RuneSelf {
		f.high = true
		return
	}
	f.ascii[b>>6] |= 1 << (b & 63)
}

func (f first) has(b byte) bool {
	if b >= utf8.RuneSelf {
		return f.high
	}
	return f.ascii[b>>6]&(1<<(b&63)) != 0
}

func (f first) empty() bool { return f == first{} }

func (c *charset) first() first {
	var f first
	for b := range byte(utf8.RuneSelf) {
		if c.ascii[b] {
			f.add(b)
		}
	}
	f.high = c.high != noneHigh
	return f
}
