package ruby

import (
	"math"
	"strings"
	"unicode/utf8"
)

// charSet is the set language of tr, delete, count and squeeze.
type charSet struct {
	neg  bool
	list []rune
	at   map[rune]int // where each stands first
	low  [utf8.RuneSelf]int16
}

// maxCharSets is how many sets a thread remembers.
const maxCharSets = 64

// charSet returns the set that a text stands for. It does not change any more.
func (th *thread) charSet(spec string) *charSet {
	if c := th.sets[spec]; c != nil {
		return c
	}
	c := th.newCharSet(spec)
	if len(spec) <= 64 {
		if th.sets == nil || len(th.sets) >= maxCharSets {
			th.sets = map[string]*charSet{}
		}
		th.sets[strings.Clone(spec)] = c
	}
	return c
}

func (th *thread) newCharSet(spec string) *charSet {
	c := &charSet{}
	rs := []rune(spec)
	if len(rs) > 1 && rs[0] == '^' {
		c.neg, rs = true, rs[1:]
	}
	for i := 0; i < len(rs); i++ {
		r := rs[i]
		if r == '\\' && i+1 < len(rs) {
			i++
			c.list = append(c.list, rs[i])
			continue
		}
		if i+2 < len(rs) && rs[i+1] == '-' {
			hi := rs[i+2]
			if hi == '\\' && i+3 < len(rs) {
				hi = rs[i+3]
				i++
			}
			if hi < r {
				th.raise(cArgumentError, "invalid range %q in string transliteration", string(r)+"-"+string(hi))
			}
			th.charge(int(hi-r) * 8)
			for x := r; x <= hi; x++ {
				c.list = append(c.list, x)
			}
			i += 2
			continue
		}
		c.list = append(c.list, r)
	}
	c.at = make(map[rune]int, len(c.list))
	for i, r := range c.list {
		if _, ok := c.at[r]; !ok {
			c.at[r] = i
		}
	}
	for r := range c.low {
		c.low[r] = -1
		if i, ok := c.at[rune(r)]; ok {
			c.low[r] = int16(min(i, math.MaxInt16))
		}
	}
	return c
}

// index returns where a character stands in the list, or -1.
func (c *charSet) index(r rune) int {
	if uint32(r) < utf8.RuneSelf && c.low[r] < math.MaxInt16 {
		return int(c.low[r])
	}
	if i, ok := c.at[r]; ok {
		return i
	}
	return -1
}

func (c *charSet) match(r rune) bool { return c.index(r) >= 0 != c.neg }

// charSets are the sets of a call's arguments; a character must be in all of them.
type charSets struct {
	one  *charSet
	more []*charSet
}

func (s *charSets) match(r rune) bool {
	if !s.one.match(r) {
		return false
	}
	for _, c := range s.more {
		if !c.match(r) {
			return false
		}
	}
	return true
}

func (th *thread) charSets(a []Value) charSets {
	if len(a) == 0 {
		th.raiseArity(0, 1, -1)
	}
	s := charSets{one: th.charSet(th.strArg(a[0]))}
	for _, v := range a[1:] {
		s.more = append(s.more, th.charSet(th.strArg(v)))
	}
	return s
}

// runes calls f for each character; a byte that is no UTF-8 counts as itself.
func eachRune(s string, f func(r rune, text string)) {
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			if r, n = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
				r = rune(s[i])
			}
		}
		f(r, s[i:i+n])
		i += n
	}
}

func (th *thread) tr(s, from, to string, squeeze bool) string {
	f, t := th.charSet(from), th.charSet(to)
	if to != "" && to[0] == '^' && len(to) > 1 {
		t = th.charSet(`\` + to)
	}
	b := th.scratch()
	last := rune(-1)
	eachRune(s, func(r rune, text string) {
		i := f.index(r)
		if (i >= 0) == f.neg {
			b = append(b, text...)
			last = -1
			return
		}
		if len(t.list) == 0 {
			return
		}
		if f.neg || i >= len(t.list) {
			i = len(t.list) - 1
		}
		c := t.list[i]
		if squeeze && c == last {
			return
		}
		last = c
		b = utf8.AppendRune(b, c)
	})
	return th.settled(b)
}

func init() {
	def := cString.def
	stringDef("squeeze", 0, -1, func(th *thread, s *String, a []Value) string {
		var in charSets
		if len(a) > 0 {
			in = th.charSets(a)
		}
		var b strings.Builder
		last := ""
		eachRune(s.s, func(r rune, text string) {
			if text != last || len(a) > 0 && !in.match(r) {
				b.WriteString(text)
			}
			last = text
		})
		return b.String()
	})
	stringDef("delete", 1, -1, func(th *thread, s *String, a []Value) string {
		in := th.charSets(a)
		b := th.scratch()
		eachRune(s.s, func(r rune, text string) {
			if !in.match(r) {
				b = append(b, text...)
			}
		})
		return th.settled(b)
	})
	stringDef("tr", 2, 2, func(th *thread, s *String, a []Value) string {
		return th.tr(s.s, th.strArg(a[0]), th.strArg(a[1]), false)
	})
	stringDef("tr_s", 2, 2, func(th *thread, s *String, a []Value) string {
		return th.tr(s.s, th.strArg(a[0]), th.strArg(a[1]), true)
	})
	def("count", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		in := th.charSets(a)
		n := int64(0)
		eachRune(strOf(self).s, func(r rune, text string) {
			if in.match(r) {
				n++
			}
		})
		return Int(n)
	})
}
