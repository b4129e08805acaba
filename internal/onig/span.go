package onig

import "unicode/utf8"

// span is a pattern that is one set of characters, or one or more of a set: a simple
// loop finds it many times faster than an engine. Most patterns of gsub are of this kind.
type span struct {
	ascii [utf8.RuneSelf]bool
	set   set
	many  bool
}

// newSpan returns the span that a tree stands for, or nil.
func newSpan(n *node) *span {
	s := &span{}
	if n.op == opRepeat && n.min == 1 && n.max < 0 && n.mode != lazy {
		s.many = true
		n = n.subs[0]
	}
	switch n.op {
	case opSet:
		s.set = n.set
	case opRune:
		s.set = set{n.r, n.r}
	default:
		return nil
	}
	for r := range rune(utf8.RuneSelf) {
		s.ascii[r] = s.set.has(r)
	}
	return s
}

func (s set) has(r rune) bool {
	lo, hi := 0, len(s)/2
	for lo < hi {
		mid := (lo + hi) / 2
		switch {
		case r < s[2*mid]:
			hi = mid
		case r > s[2*mid+1]:
			lo = mid + 1
		default:
			return true
		}
	}
	return false
}

// match tells whether the character at i is in the set, and its length.
func (s *span) match(text string, i int) (bool, int) {
	if c := text[i]; c < utf8.RuneSelf {
		return s.ascii[c], 1
	}
	r, n := utf8.DecodeRuneInString(text[i:])
	return s.set.has(r), n
}

// find returns the first place at or behind from, or -1.
func (s *span) find(text string, from int) (begin, end int) {
	for i := from; i < len(text); {
		ok, n := s.match(text, i)
		if !ok {
			i += n
			continue
		}
		for end = i + n; s.many && end < len(text); end += n {
			if ok, n = s.match(text, end); !ok {
				break
			}
		}
		return i, end
	}
	return -1, -1
}
