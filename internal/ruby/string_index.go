package ruby

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// substr is s[i, n] in characters.
func (th *thread) substr(s *String, i, n int) (Value, bool) {
	l := s.length()
	if i < 0 {
		i += l
	}
	if i < 0 || i > l || n < 0 {
		return vNil, false
	}
	n = min(n, l-i)
	from := s.offset(i)
	if s.single() {
		return th.like(s, s.s[from:from+n]), true
	}
	rest := String{s: s.s[from:], enc: s.enc, ascii: -1}
	return th.like(s, rest.s[:rest.offset(n)]), true
}

func stringIndex(th *thread, self Value, a []Value, blk *Proc) Value {
	s := strOf(self)
	if len(a) == 2 {
		if re, ok := a[0].o.(*Regexp); ok {
			m := th.matchAt(re, s, 0)
			th.setMatch(m)
			if m == nil {
				return vNil
			}
			return m.get(th, a[1])
		}
		v, _ := th.substr(s, th.intArg(a[0]), th.intArg(a[1]))
		return v
	}
	switch x := a[0].o.(type) {
	case *Range:
		i, n, ok := th.rangeOf(x, s.length())
		if !ok {
			return vNil
		}
		v, _ := th.substr(s, i, n)
		return v
	case *Regexp:
		m := th.matchAt(x, s, 0)
		th.setMatch(m)
		if m == nil {
			return vNil
		}
		return m.group(th, 0)
	case *String:
		if strings.Contains(s.s, x.s) {
			return th.like(s, x.s)
		}
		return vNil
	}
	i, l := th.intArg(a[0]), s.length()
	if i < 0 {
		i += l
	}
	if i < 0 || i >= l {
		return vNil
	}
	v, _ := th.substr(s, i, 1)
	return v
}

// captureArg resolves the number or name of a group that must be there.
func (th *thread) captureArg(m *MatchData, v Value) int {
	switch v.o.(type) {
	case *String, *Symbol:
		list := m.re.re.Indexes(th.nameArg(v))
		if list == nil {
			th.raise(cIndexError, "undefined group name reference: %s", th.nameArg(v))
		}
		return list[len(list)-1]
	}
	g, n := th.intArg(v), len(m.loc)/2
	if g >= n || g < 0 && g+n <= 0 {
		th.raise(cIndexError, "index %d out of regexp", g)
	}
	if g < 0 {
		g += n
	}
	return g
}

func stringIndexSet(th *thread, self Value, a []Value, blk *Proc) Value {
	s := strOf(self)
	val := th.strArg(a[len(a)-1])
	from, to := 0, 0
	switch x := a[0].o.(type) {
	case *String:
		i := strings.Index(s.s, x.s)
		if i < 0 {
			th.raise(cIndexError, "string not matched")
		}
		from, to = i, i+len(x.s)
	case *Regexp:
		m := th.matchAt(x, s, 0)
		if m == nil {
			th.raise(cIndexError, "regexp not matched")
		}
		g := 0
		if len(a) == 3 {
			g = th.captureArg(m, a[1])
		}
		if from, to = m.loc[2*g], m.loc[2*g+1]; from < 0 {
			th.raise(cIndexError, "regexp group %d not matched", g)
		}
	case *Range:
		i, n, ok := th.rangeOf(x, s.length())
		if !ok {
			th.raise(cRangeError, "%s out of range", th.inspect(a[0]))
		}
		from, to = s.offset(i), s.offset(i+n)
	default:
		i, n, l := th.intArg(a[0]), 1, s.length()
		if len(a) == 3 {
			n = th.intArg(a[1])
		}
		if n < 0 {
			th.raise(cIndexError, "negative length %d", n)
		}
		j := i
		if i < 0 {
			i += l
		}
		if i < 0 || i > l {
			th.raise(cIndexError, "index %d out of string", j)
		}
		from, to = s.offset(i), s.offset(min(i+n, l))
	}
	th.charge(len(s.s) + len(val))
	th.adopt(s, a[len(a)-1])
	th.change(s, s.s[:from]+val+s.s[to:])
	return a[len(a)-1]
}

func init() {
	def := cString.def
	part := func(th *thread, s *String, lo, hi int) Value {
		return th.array([]Value{th.like(s, s.s[:lo]), th.like(s, s.s[lo:hi]), th.like(s, s.s[hi:])})
	}
	def("[] slice", 1, 2, stringIndex)
	def("[]=", 2, 3, stringIndexSet)
	def("slice!", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkString(self)
		v := stringIndex(th, self, a, nil)
		if !v.isNil() {
			stringIndexSet(th, self, append(slices.Clone(a), th.str("")), nil)
		}
		return v
	})
	def("byteslice", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		i, n := 0, 1
		if r, ok := a[0].o.(*Range); ok {
			var ok bool
			if i, n, ok = th.rangeOf(r, len(s.s)); !ok {
				return vNil
			}
		} else {
			i = th.intArg(a[0])
			if len(a) > 1 {
				n = th.intArg(a[1])
			}
			if i < 0 {
				i += len(s.s)
			}
			if i < 0 || i > len(s.s) || n < 0 || len(a) == 1 && i == len(s.s) {
				return vNil
			}
		}
		return th.like(s, s.s[i:min(i+n, len(s.s))])
	})
	def("getbyte", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, i := strOf(self).s, th.intArg(a[0])
		if i < 0 {
			i += len(s)
		}
		if i < 0 || i >= len(s) {
			return vNil
		}
		return Int(int64(s[i]))
	})
	def("setbyte", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		b, i := []byte(strOf(self).s), th.intArg(a[0])
		if i < 0 {
			i += len(b)
		}
		if i < 0 || i >= len(b) {
			th.raise(cIndexError, "index %d out of string", i)
		}
		b[i] = byte(th.intArg(a[1]))
		th.change(strOf(self), string(b))
		return a[1]
	})
	def("insert", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, i, t := strOf(self), th.intArg(a[0]), th.strArg(a[1])
		l := s.length()
		j := i
		if i < 0 {
			i += l + 1
		}
		if i < 0 || i > l {
			th.raise(cIndexError, "index %d out of string", j)
		}
		at := s.offset(i)
		th.charge(len(s.s) + len(t))
		th.adopt(s, a[1])
		th.change(s, s.s[:at]+t+s.s[at:])
		return self
	})
	def("start_with?", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			if re, ok := v.o.(*Regexp); ok {
				m := th.matchHere(re, strOf(self), 0)
				th.setMatch(m)
				if m != nil {
					return vTrue
				}
			} else if strings.HasPrefix(strOf(self).s, th.strArg(v)) {
				return vTrue
			}
		}
		return vFalse
	})
	def("end_with?", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			if strings.HasSuffix(strOf(self).s, th.strArg(v)) {
				return vTrue
			}
		}
		return vFalse
	})
	def("include?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(strings.Contains(strOf(self).s, th.strArg(a[0])))
	})
	def("index", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		from := 0
		if len(a) > 1 {
			from = th.intArg(a[1])
			l := s.length()
			if from < 0 {
				from += l
			}
			if from < 0 || from > l {
				return vNil
			}
			from = s.offset(from)
		}
		if re, ok := a[0].o.(*Regexp); ok {
			m := th.matchAt(re, s, from)
			th.setMatch(m)
			if m == nil {
				return vNil
			}
			return Int(int64(s.charIndex(m.loc[0])))
		}
		i := strings.Index(s.s[from:], th.strArg(a[0]))
		if i < 0 {
			return vNil
		}
		return Int(int64(s.charIndex(from + i)))
	})
	def("byteindex", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		from := 0
		if len(a) > 1 {
			from = min(max(th.intArg(a[1]), 0), len(strOf(self).s))
		}
		if i := strings.Index(strOf(self).s[from:], th.strArg(a[0])); i >= 0 {
			return Int(int64(i + from))
		}
		return vNil
	})
	def("rindex", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		end := len(s.s)
		if len(a) > 1 {
			i, l := th.intArg(a[1]), s.length()
			if i < 0 {
				i += l
			}
			if i < 0 {
				return vNil
			}
			end = s.offset(min(i, l))
		}
		if re, ok := a[0].o.(*Regexp); ok {
			for at := end; at >= 0; at-- {
				if at < len(s.s) && !utf8.RuneStart(s.s[at]) && s.enc == encUTF8 {
					continue
				}
				if m := th.matchHere(re, s, at); m != nil {
					th.setMatch(m)
					return Int(int64(s.charIndex(at)))
				}
			}
			th.setMatch(nil)
			return vNil
		}
		t := th.strArg(a[0])
		i := strings.LastIndex(s.s[:min(end+len(t), len(s.s))], t)
		if i < 0 {
			return vNil
		}
		return Int(int64(s.charIndex(i)))
	})
	def("partition", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		if re, ok := a[0].o.(*Regexp); ok {
			m := th.matchAt(re, s, 0)
			th.setMatch(m)
			if m == nil {
				return part(th, s, len(s.s), len(s.s))
			}
			return part(th, s, m.loc[0], m.loc[1])
		}
		t := th.strArg(a[0])
		i := strings.Index(s.s, t)
		if i < 0 {
			return part(th, s, len(s.s), len(s.s))
		}
		return part(th, s, i, i+len(t))
	})
	def("rpartition", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		if re, ok := a[0].o.(*Regexp); ok {
			for at := len(s.s); at >= 0; at-- {
				if m := th.matchHere(re, s, at); m != nil {
					return part(th, s, m.loc[0], m.loc[1])
				}
			}
			return part(th, s, 0, 0)
		}
		t := th.strArg(a[0])
		i := strings.LastIndex(s.s, t)
		if i < 0 {
			return part(th, s, 0, 0)
		}
		return part(th, s, i, i+len(t))
	})
}
