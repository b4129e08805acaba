package ruby

import (
	"slices"
	"strings"
)

// succString is String#succ.
func succString(s string) string {
	if s == "" {
		return ""
	}
	b := []byte(s)
	alnum := func(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	last := -1
	for i := len(b) - 1; i >= 0; i-- {
		if alnum(b[i]) {
			last = i
			break
		}
	}
	if last < 0 {
		for i := len(b) - 1; i >= 0; i-- {
			b[i]++
			if b[i] != 0 {
				return string(b)
			}
		}
		return "\x01" + string(b)
	}
	i := last
	for {
		switch c := b[i]; {
		case c == '9':
			b[i] = '0'
		case c == 'z':
			b[i] = 'a'
		case c == 'Z':
			b[i] = 'A'
		default:
			b[i]++
			return string(b)
		}
		j := i - 1
		for j >= 0 && !alnum(b[j]) {
			j--
		}
		if j < 0 || i-j > 1 && j >= 0 && !sameKind(b[j], b[i]) {
			first := map[byte]byte{'0': '1', 'a': 'a', 'A': 'A'}[b[i]]
			return string(slices.Insert(b, i, first))
		}
		i = j
	}
}

func sameKind(a, b byte) bool { return isDigit(a) == isDigit(b) }

// pad is ljust, rjust and center.
func (th *thread) pad(s *String, a []Value, left, right bool) Value {
	w := th.intArg(a[0])
	fill := " "
	if len(a) > 1 {
		fill = th.strArg(a[1])
	}
	if fill == "" {
		th.raise(cArgumentError, "zero width padding")
	}
	n := w - s.length()
	if n <= 0 {
		return th.like(s, s.s)
	}
	th.charge(n * 4)
	fs := (&String{s: fill}).chars()
	mk := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(fs[i%len(fs)])
		}
		return b.String()
	}
	l, r := 0, 0
	switch {
	case left && right:
		l = n / 2
		r = n - l
	case left:
		l = n
	default:
		r = n
	}
	return th.like(s, mk(l)+s.s+mk(r))
}

func lstrip(s string) string { return strings.TrimLeft(s, "\x00\t\n\v\f\r ") }

func rstrip(s string) string { return strings.TrimRight(s, "\x00\t\n\v\f\r ") }

func chomp(s string) string {
	if strings.HasSuffix(s, "\r\n") {
		return s[:len(s)-2]
	}
	if strings.HasSuffix(s, "\n") || strings.HasSuffix(s, "\r") {
		return s[:len(s)-1]
	}
	return s
}

// stringDef registers a String a method that returns a new text, and its ! variant, which returns
// nil when nothing changed.
func stringDef(name string, min, max int, f func(th *thread, s *String, a []Value) string) {
	cString.def(name, min, max, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		r := f(th, s, a)
		th.charge(len(r))
		return th.like(s, r)
	})
	cString.def(name+"!", min, max, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		if s.frozen {
			th.raiseFrozen(self)
		}
		r := f(th, s, a)
		if r == s.s {
			return vNil
		}
		th.charge(len(r))
		th.change(s, r)
		return self
	})
}

func init() {
	def := cString.def
	stringDef("strip", 0, 0, func(th *thread, s *String, a []Value) string { return rstrip(lstrip(s.s)) })
	stringDef("lstrip", 0, 0, func(th *thread, s *String, a []Value) string { return lstrip(s.s) })
	stringDef("rstrip", 0, 0, func(th *thread, s *String, a []Value) string { return rstrip(s.s) })
	stringDef("chomp", 0, 1, func(th *thread, s *String, a []Value) string {
		if len(a) == 0 {
			return chomp(s.s)
		}
		if a[0].isNil() {
			return s.s
		}
		if t := th.strArg(a[0]); t == "" {
			r := s.s
			for strings.HasSuffix(r, "\n") {
				r = strings.TrimSuffix(strings.TrimSuffix(r, "\n"), "\r")
			}
			return r
		} else if t != "\n" {
			return strings.TrimSuffix(s.s, t)
		}
		return chomp(s.s)
	})
	stringDef("chop", 0, 0, func(th *thread, s *String, a []Value) string {
		if strings.HasSuffix(s.s, "\r\n") {
			return s.s[:len(s.s)-2]
		}
		cs := s.chars()
		if len(cs) == 0 {
			return ""
		}
		return s.s[:len(s.s)-len(cs[len(cs)-1])]
	})
	stringDef("reverse", 0, 0, func(th *thread, s *String, a []Value) string {
		cs := s.chars()
		slices.Reverse(cs)
		return strings.Join(cs, "")
	})
	delete(cString.methods, "reverse!")
	def("reverse!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		cs := strOf(self).chars()
		slices.Reverse(cs)
		th.change(strOf(self), strings.Join(cs, ""))
		return self
	})
	stringDef("delete_prefix", 1, 1, func(th *thread, s *String, a []Value) string { return strings.TrimPrefix(s.s, th.strArg(a[0])) })
	stringDef("delete_suffix", 1, 1, func(th *thread, s *String, a []Value) string { return strings.TrimSuffix(s.s, th.strArg(a[0])) })
	def("succ next", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.like(strOf(self), succString(strOf(self).s))
	})
	def("succ! next!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkString(self)
		th.change(strOf(self), succString(strOf(self).s))
		return self
	})
	def("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, t := strOf(self), th.stringArg(a[0])
		enc := th.compatible(s, t)
		th.charge(len(s.s) + len(t.s))
		return th.strEnc(s.s+t.s, enc)
	})
	def("*", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "negative argument")
		}
		s := strOf(self)
		if n > 0 && len(s.s) > 1<<40/n {
			th.raise(cArgumentError, "argument too big")
		}
		th.charge(n * len(s.s))
		return th.like(s, strings.Repeat(s.s, n))
	})
	appendOne := func(th *thread, s *String, v Value) {
		if v.isInt() {
			i := v.int()
			if i < 0 || i > 0x10ffff {
				th.raise(cRangeError, "%d out of char range", i)
			}
			if s.enc != encUTF8 && i < 256 {
				th.appendTo(s, string([]byte{byte(i)}))
			} else {
				th.appendTo(s, string(rune(i)))
			}
			return
		}
		t := th.stringArg(v)
		if s.frozen {
			th.raiseFrozen(Value{o: s})
		}
		s.enc = th.compatible(s, t)
		th.appendTo(s, t.s)
	}
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		appendOne(th, strOf(self), a[0])
		return self
	})
	def("concat append_as_bytes", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkString(self)
		add := slices.Clone(a)
		for i, v := range add {
			if v.o == self.o { // as it was before the first was put behind it
				add[i] = th.like(strOf(self), strOf(self).s)
			}
		}
		for _, v := range add {
			appendOne(th, strOf(self), v)
		}
		return self
	})
	def("prepend", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		p := ""
		for _, v := range a {
			p += th.strArg(v)
		}
		th.charge(len(p) + len(strOf(self).s))
		for _, v := range a {
			th.adopt(strOf(self), v)
		}
		th.change(strOf(self), p+strOf(self).s)
		return self
	})
	def("replace initialize_copy", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := th.stringArg(a[0])
		th.change(strOf(self), t.s)
		strOf(self).enc = t.enc
		return self
	})
	def("clear", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.change(strOf(self), "")
		return self
	})
	def("ljust", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.pad(strOf(self), a, false, true) })
	def("rjust", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.pad(strOf(self), a, true, false) })
	def("center", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.pad(strOf(self), a, true, true) })
}
