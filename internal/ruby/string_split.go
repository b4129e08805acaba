package ruby

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// split is String#split. What it returns is valid until the next call.
func (th *thread) split(s *String, a []Value) []string {
	limit := 0
	if len(a) > 1 {
		limit = th.intArg(a[1])
	}
	if s.s == "" {
		return nil
	}
	if limit == 1 {
		return []string{s.s}
	}
	out := th.parts[:0]
	full := func() bool { return limit > 0 && len(out) == limit-1 }
	text := s.s
	sep, isRe := " ", (*Regexp)(nil)
	if len(a) > 0 {
		switch x := a[0].o.(type) {
		case nil:
		case *Regexp:
			isRe = x
		default:
			sep = th.strArg(a[0])
		}
	}
	switch {
	case isRe != nil:
		out = th.splitRegexp(out, s, isRe, limit)
	case sep == " ":
		i := 0
		for {
			for i < len(text) && text[i] != 0 && isSpaceByte(text[i]) {
				i++
			}
			if i == len(text) {
				if limit != 0 {
					out = append(out, "")
				}
				break
			}
			if full() {
				out = append(out, text[i:])
				break
			}
			j := i
			for j < len(text) && (text[j] == 0 || !isSpaceByte(text[j])) {
				j++
			}
			out = append(out, text[i:j])
			if j == len(text) {
				break
			}
			i = j
		}
	case sep == "":
		cs := s.chars()
		if limit > 0 && len(cs) > limit {
			out = append(append(out, cs[:limit-1]...), strings.Join(cs[limit-1:], ""))
		} else {
			out = cs
			if limit < 0 || limit > len(cs) {
				out = append(out, "")
			}
		}
	default:
		n := -1
		if limit > 0 {
			n = limit
		}
		for n != 1 {
			i := strings.Index(text, sep)
			if i < 0 {
				break
			}
			out = append(out, text[:i])
			text = text[i+len(sep):]
			n--
		}
		out = append(out, text)
	}
	if limit == 0 {
		for len(out) > 0 && out[len(out)-1] == "" {
			out = out[:len(out)-1]
		}
	}
	th.charge(64 * len(out))
	if cap(out) <= maxParts {
		th.parts = out
	}
	return out
}

// maxParts is how many parts of a split text a thread keeps room for.
const maxParts = 1024

// splitRegexp appends the parts between matches: it cuts where a pattern matches; what its groups hold becomes parts too. An
// empty match cuts behind the next character.
func (th *thread) splitRegexp(out []string, s *String, re *Regexp, limit int) []string {
	text := s.s
	from, at, cuts := 0, 0, 1
	lastEmpty := false
	width := func(i int) int {
		if s.single() || i >= len(text) {
			return 1
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		return n
	}
	for at <= len(text) {
		m := th.matchAt(re, s, at)
		if m == nil {
			break
		}
		lo, hi := m.loc[0], m.loc[1]
		switch {
		case at == lo && lo == hi && !lastEmpty:
			at += width(at)
			lastEmpty = true
			continue
		case at == lo && lo == hi:
			out = append(out, text[from:min(from+width(from), len(text))])
			from = at
		default:
			out = append(out, text[from:lo])
			from, at = hi, hi
		}
		lastEmpty = false
		for g := 1; g < len(m.loc)/2; g++ {
			if m.loc[2*g] >= 0 {
				out = append(out, text[m.loc[2*g]:m.loc[2*g+1]])
			}
		}
		th.charge(64)
		if cuts++; limit > 0 && cuts >= limit {
			break
		}
	}
	if limit != 0 || from < len(text) {
		out = append(out, text[min(from, len(text)):])
	}
	return out
}

func isSpaceByte(c byte) bool { return c == ' ' || c >= 9 && c <= 13 || c == 0 }

func (th *thread) lines(s *String, a []Value) []string {
	a, opts := th.options(a)
	chompIt := opts.opt(th, "chomp").truthy() && !opts.opt(th, "chomp").isUndef()
	sep := "\n"
	if len(a) > 0 {
		if a[0].isNil() {
			return []string{s.s}
		}
		sep = th.strArg(a[0])
	}
	var out []string
	for rest := s.s; rest != ""; {
		i, skip := -1, 0
		if sep == "" {
			i = strings.Index(rest, "\n\n")
			if i >= 0 {
				i += 2
				for skip = i; skip < len(rest) && rest[skip] == '\n'; {
					skip++
				}
			}
		} else if i = strings.Index(rest, sep); i >= 0 {
			i += len(sep)
		}
		line := rest
		if i >= 0 {
			line, rest = rest[:i], rest[max(i, skip):]
		} else {
			rest = ""
		}
		if chompIt {
			if sep == "\n" {
				line = chomp(line)
			} else {
				line = strings.TrimSuffix(line, sep)
			}
		}
		out = append(out, line)
	}
	th.charge(64 * len(out))
	return out
}

func init() {
	def := cString.def
	def("split", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		parts := th.split(s, a)
		if blk != nil {
			for _, p := range slices.Clone(parts) {
				th.yield1(blk, th.like(s, p))
			}
			return self
		}
		items := th.arena.values(len(parts))
		for i, p := range parts {
			items[i] = th.like(s, p)
		}
		return th.array(items)
	})
	each := func(name string, f func(th *thread, s *String, a []Value) []Value) {
		def("each_"+name, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, "each_"+name, a...)
			}
			for _, v := range f(th, strOf(self), a) {
				th.yield1(blk, v)
			}
			return self
		})
		plural := map[string]string{"char": "chars", "byte": "bytes", "line": "lines", "codepoint": "codepoints", "grapheme_cluster": "grapheme_clusters"}[name]
		def(plural, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			items := f(th, strOf(self), a)
			if blk == nil {
				return th.array(items)
			}
			for _, v := range items {
				th.yield1(blk, v)
			}
			return self
		})
	}
	strs := func(f func(th *thread, s *String, a []Value) []string) func(th *thread, s *String, a []Value) []Value {
		return func(th *thread, s *String, a []Value) []Value {
			l := f(th, s, a)
			th.charge(88 * len(l))
			out := make([]Value, len(l))
			for i, p := range l {
				out[i] = th.like(s, p)
			}
			return out
		}
	}
	each("char", strs(func(th *thread, s *String, a []Value) []string { return s.chars() }))
	each("line", strs(func(th *thread, s *String, a []Value) []string { return th.lines(s, a) }))
	each("grapheme_cluster", strs(func(th *thread, s *String, a []Value) (out []string) {
		for rest := s.s; rest != ""; {
			n := graphemeSize(rest)
			out = append(out, rest[:n])
			rest = rest[n:]
		}
		return
	}))
	each("byte", func(th *thread, s *String, a []Value) []Value {
		th.charge(24 * len(s.s))
		out := make([]Value, len(s.s))
		for i := range len(s.s) {
			out[i] = Int(int64(s.s[i]))
		}
		return out
	})
	each("codepoint", func(th *thread, s *String, a []Value) []Value {
		th.charge(24 * len(s.s))
		var out []Value
		if s.enc != encUTF8 {
			for i := range len(s.s) {
				out = append(out, Int(int64(s.s[i])))
			}
			return out
		}
		eachRune(s.s, func(r rune, text string) {
			if r == utf8.RuneError && len(text) == 1 || len(text) == 1 && text[0] >= 0x80 {
				th.raise(cArgumentError, "invalid byte sequence in UTF-8")
			}
			out = append(out, Int(int64(r)))
		})
		return out
	})
}
