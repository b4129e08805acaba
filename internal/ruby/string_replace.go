package ruby

import (
	"strings"
	"unicode/utf8"

	"sluice/internal/onig"
)

// expand writes a replacement text with \1, \k<name>, \0, \&, \`, \' and \\.
func (m *MatchData) expand(th *thread, b []byte, repl string) []byte {
	for i := 0; i < len(repl); i++ {
		c := repl[i]
		if c != '\\' || i+1 >= len(repl) {
			b = append(b, c)
			continue
		}
		i++
		group := func(g int) {
			if g < len(m.loc)/2 && m.loc[2*g] >= 0 {
				b = append(b, m.str.s[m.loc[2*g]:m.loc[2*g+1]]...)
			}
		}
		switch c := repl[i]; {
		case isDigit(c):
			// With named groups there are no numbers.
			if c == '0' || len(m.re.re.Names()) == 0 {
				group(int(c - '0'))
			}
		case c == '&':
			group(0)
		case c == '`':
			b = append(b, m.pre()...)
		case c == '\'':
			b = append(b, m.post()...)
		case c == '+': // the last group that took part
			for g := len(m.loc)/2 - 1; g > 0; g-- {
				if m.loc[2*g] >= 0 {
					group(g)
					break
				}
			}
		case c == '\\':
			b = append(b, '\\')
		case c == 'k' && i+1 < len(repl) && repl[i+1] == '<':
			end := strings.IndexByte(repl[i:], '>')
			if end < 0 {
				b = append(b, `\k`...)
				continue
			}
			name := repl[i+2 : i+end]
			v, ok := m.named(th, name)
			if !ok {
				th.raise(cIndexError, "undefined group name reference: %s", name)
			}
			b = append(b, th.toS(v)...)
			i += end
		default:
			b = append(b, '\\')
			b = append(b, c)
		}
	}
	return b
}

// replaceText replaces n times one text by another, or wherever it stands; at is where
// it stands first.
func (th *thread) replaceText(s, pat, repl string, n, at int) string {
	b := th.scratch()
	for ; at >= 0 && n != 0; n-- {
		b = append(append(b, s[:at]...), repl...)
		s = s[at+len(pat):]
		at = strings.Index(s, pat)
	}
	return th.settled(append(b, s...))
}

// replace is sub and gsub; changed is false when nothing matched.
func (th *thread) replace(s *String, a []Value, blk *Proc, all bool) (string, bool) {
	act := th.cur
	re, isRe := a[0].o.(*Regexp)
	pat := ""
	if !isRe {
		pat = th.strArg(a[0])
	}
	var hash *Hash
	repl := ""
	if len(a) > 1 {
		if h, ok := a[1].o.(*Hash); ok {
			hash = h
		} else {
			repl = th.strArg(a[1])
		}
	} else if blk == nil {
		th.raiseArity(1, 2, 2)
	}
	plain := len(a) > 1 && hash == nil && strings.IndexByte(repl, '\\') < 0
	if !isRe && plain && pat != "" {
		// Text for text.
		i := strings.Index(s.s, pat)
		if i < 0 {
			act.match = nil
			return s.s, false
		}
		n := 1
		if all {
			n = -1
			th.charge(strings.Count(s.s, pat) * len(repl))
		}
		return th.replaceText(s.s, pat, repl, n, i), true
	}
	b := th.scratch()
	at, from := 0, 0
	changed := false
	var last *MatchData
	text := s.s
	for at <= len(text) {
		var m *MatchData
		var lo, hi int
		switch {
		case isRe && plain:
			// Nobody sees this match but the last one of them.
			loc := th.runRegexp(re, s, at, false)
			if loc == nil {
				lo = -1
				break
			}
			lo, hi = loc[0], loc[1]
			th.lastPlaces = append(th.lastPlaces[:0], loc...)
		case isRe:
			if m = th.matchAt(re, s, at); m == nil {
				lo = -1
				break
			}
			last = m
			lo, hi = m.loc[0], m.loc[1]
		default:
			i := strings.Index(text[at:], pat)
			if i < 0 {
				lo = -1
				break
			}
			lo, hi = at+i, at+i+len(pat)
			m = th.matchData(th.regexp(onig.Quote(pat), 0), s, []int{lo, hi})
			last = m
		}
		if lo < 0 {
			break
		}
		changed = true
		b = append(b, text[from:lo]...)
		n := len(b)
		switch {
		case hash != nil:
			b = append(b, th.toS(hash.index(th, m.group(th, 0)))...)
		case plain:
			b = append(b, repl...)
		case len(a) > 1:
			b = m.expand(th, b, repl)
		default:
			act.match = m
			b = append(b, th.toS(th.yield1(blk, m.group(th, 0)))...)
		}
		th.charge(len(b) - n + 64)
		th.step()
		from = hi
		at = hi
		if hi == lo {
			if lo >= len(text) {
				break
			}
			size := 1
			if !s.single() {
				_, size = utf8.DecodeRuneInString(text[lo:])
			}
			b = append(b, text[lo:lo+size]...)
			from, at = lo+size, lo+size
		}
		if !all {
			break
		}
	}
	if changed && last == nil {
		last = th.matchData(re, s, th.lastPlaces)
	}
	if act != nil {
		act.match = last
	}
	if !changed {
		th.spare = b
		return text, false
	}
	return th.settled(append(b, text[min(from, len(text)):]...)), true
}

// yieldMatch gives scan's block what was found: the text, or the list of the groups. Two
// groups for two parameters need no list.
func (th *thread) yieldMatch(blk *Proc, m *MatchData) {
	switch {
	case len(m.loc) == 2:
		th.yield1(blk, m.group(th, 0))
	case len(m.loc) == 6 && !blk.lambda && blk.method == nil:
		th.yieldPair(blk, m.group(th, 1), m.group(th, 2))
	default:
		th.yield1(blk, th.array(m.captures(th)))
	}
}

func init() {
	def := cString.def
	sub := func(all, bang bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := strOf(self)
			if bang && s.frozen {
				th.raiseFrozen(self)
			}
			if len(a) == 1 && blk == nil && all {
				return th.enumFor(self, "gsub", a...)
			}
			r, ok := th.replace(s, a, blk, all)
			if bang {
				if !ok {
					return vNil
				}
				th.change(s, r)
				return self
			}
			return th.like(s, r)
		}
	}
	def("sub", 1, 2, sub(false, false))
	def("gsub", 1, 2, sub(true, false))
	def("sub!", 1, 2, sub(false, true))
	def("gsub!", 1, 2, sub(true, true))
	pattern := func(th *thread, v Value) *Regexp {
		if re, ok := v.o.(*Regexp); ok {
			return re
		}
		s, ok := v.o.(*String)
		if !ok {
			th.raise(cTypeError, "wrong argument type %s (expected Regexp)", classOf(v).real().name)
		}
		return th.regexp(s.s, 0)
	}
	def("match", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return regexpMatch(th, pattern(th, a[0]), self, a[1:], blk)
	})
	def("match?", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		at := 0
		if len(a) > 1 {
			at = strOf(self).offset(th.intArg(a[1]))
		}
		return Bool(th.runRegexp(pattern(th, a[0]), strOf(self), at, false) != nil)
	})
	def("=~", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*String); ok {
			th.raise(cTypeError, "type mismatch: String given")
		}
		re, ok := a[0].o.(*Regexp)
		if !ok {
			return th.send(a[0], "=~", self)
		}
		m := th.matchAt(re, strOf(self), 0)
		th.setMatch(m)
		if m == nil {
			return vNil
		}
		return Int(int64(m.charPos(m.loc[0])))
	})
	def("scan", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		act := th.cur
		s := strOf(self)
		re, ok := a[0].o.(*Regexp)
		if !ok {
			re = th.regexp(onig.Quote(th.strArg(a[0])), 0)
		}
		var out []Value
		var last *MatchData
		for at := 0; at <= len(s.s); {
			m := th.matchAt(re, s, at)
			if m == nil {
				break
			}
			last = m
			if blk != nil {
				act.match = m
				th.yieldMatch(blk, m)
			} else {
				th.charge(120)
				th.step()
				item := m.group(th, 0)
				if len(m.loc) > 2 {
					item = th.array(m.captures(th))
				}
				out = th.arena.push(out, item)
			}
			at = m.loc[1]
			if m.loc[1] == m.loc[0] {
				if at >= len(s.s) {
					break
				}
				_, n := utf8.DecodeRuneInString(s.s[at:])
				at += n
			}
		}
		if act != nil {
			act.match = last
		}
		if blk != nil {
			return self
		}
		return th.array(out)
	})
}
