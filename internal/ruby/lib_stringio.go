package ruby

import "strings"

var cStringIO = defClass("StringIO", cIO)

// stringIO is a text with a position in it.
type stringIO struct {
	str  *String
	pos  int
	line int64
}

func (s *stringIO) rest() string { return s.str.s[min(s.pos, len(s.str.s)):] }

func init() {
	def := cStringIO.def
	io := func(v Value) *stringIO {
		o := v.o.(*Object)
		s, ok := o.data.(*stringIO)
		if !ok {
			s = &stringIO{str: &String{}}
			o.data = s
		}
		return s
	}
	cStringIO.sdef("open", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := classNew(th, self, a, nil)
		if blk != nil {
			return th.yield1(blk, v)
		}
		return v
	})
	def("initialize", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) > 0 {
			s := io(self)
			s.str = th.stringArg(a[0])
			if len(a) > 1 {
				if m, ok := a[1].o.(*String); ok && strings.Contains(m.s, "a") {
					s.pos = len(s.str.s)
				}
			}
		}
		return vNil
	})
	def("string", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: io(self).str} })
	def("read", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := io(self)
		r := s.rest()
		if len(a) > 0 && !a[0].isNil() {
			n := max(th.intArg(a[0]), 0)
			if r == "" && n > 0 {
				return vNil
			}
			r = r[:min(n, len(r))]
		}
		s.pos += len(r)
		return th.str(r)
	})
	gets := func(th *thread, s *stringIO, a []Value) Value {
		l := th.lines(&String{s: s.rest()}, nil)
		if len(l) == 0 {
			return vNil
		}
		s.pos += len(l[0])
		s.line++
		line := l[0]
		if _, o := th.options(a); o != nil {
			if v := o.opt(th, "chomp"); !v.isUndef() && v.truthy() {
				line = chomp(line)
			}
		}
		return th.str(line)
	}
	def("gets", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return gets(th, io(self), a) })
	def("readline", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := gets(th, io(self), a)
		if v.isNil() {
			th.raise(cEOFError, "end of file reached")
		}
		return v
	})
	def("getc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		cs := (&String{s: io(self).rest()}).chars()
		if len(cs) == 0 {
			return vNil
		}
		io(self).pos += len(cs[0])
		return th.str(cs[0])
	})
	def("getbyte", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := io(self).rest()
		if r == "" {
			return vNil
		}
		io(self).pos++
		return Int(int64(r[0]))
	})
	def("each_line each", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_line", a...)
		}
		for _, l := range th.lines(&String{s: io(self).rest()}, a) {
			io(self).line++
			th.yield1(blk, th.str(l))
		}
		io(self).pos = len(io(self).str.s)
		return self
	})
	def("readlines", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.lines(&String{s: io(self).rest()}, a)
		io(self).pos = len(io(self).str.s)
		return th.strings(l)
	})
	write := func(th *thread, s *stringIO, text string) {
		if s.pos >= len(s.str.s) {
			th.appendTo(s.str, strings.Repeat("\x00", s.pos-len(s.str.s))+text)
		} else {
			th.charge(len(s.str.s))
			th.change(s.str, s.str.s[:s.pos]+text+s.str.s[min(s.pos+len(text), len(s.str.s)):])
		}
		s.pos += len(text)
	}
	def("write print", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 0
		for _, v := range a {
			t := th.toS(v)
			n += len(t)
			write(th, io(self), t)
		}
		return Int(int64(n))
	})
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		write(th, io(self), th.toS(a[0]))
		return self
	})
	def("puts", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		write(th, io(self), th.putsText(a))
		return vNil
	})
	def("printf", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		write(th, io(self), th.format(th.strArg(a[0]), a[1:]))
		return vNil
	})
	def("rewind", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		io(self).pos, io(self).line = 0, 0
		return Int(0)
	})
	def("pos tell", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(io(self).pos)) })
	def("pos= seek", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.intArg(a[0])
		if n < 0 || n > 1<<24 {
			th.raise(cEINVAL, "Invalid argument")
		}
		io(self).pos = n
		return a[0]
	})
	def("eof? eof", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(io(self).rest() == "") })
	def("lineno", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(io(self).line) })
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(io(self).str.s))) })
	def("truncate", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.change(io(self).str, io(self).str.s[:min(max(th.intArg(a[0]), 0), len(io(self).str.s))])
		return Int(0)
	})
	def("close close_read close_write binmode set_encoding", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	def("closed?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vFalse })
	cStringIO.include(mEnumerable)
}
