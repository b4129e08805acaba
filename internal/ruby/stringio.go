package ruby

import "strings"

var cStringIO = defClass("StringIO", cObject)

// stringIO is a text with a position in it: a StringIO, a file that has been read, the
// content of a GzipReader.
type stringIO struct {
	str      *String
	pos      int // in bytes; may be behind the end
	line     int64
	path     string // of a file
	noRead   bool   // closed for reading
	noWrite  bool
	append   bool
	unused   string // what follows the compressed text of a GzipReader
	original string // the file name in a GzipReader's header
}

func (s *stringIO) dup() any {
	c := *s
	return &c
}

func (s *stringIO) rest() string { return s.str.s[min(s.pos, len(s.str.s)):] }

// io returns the stream of a value, which is an instance of a class that has one.
func (th *thread) io(v Value) *stringIO {
	o := v.o.(*Object)
	s, ok := o.data.(*stringIO)
	if !ok {
		s = &stringIO{str: &String{}}
		o.data = s
	}
	return s
}

func (th *thread) readable(v Value) *stringIO {
	s := th.io(v)
	if s.noRead {
		th.raise(cIOError, "not opened for reading")
	}
	return s
}

func (th *thread) writable(v Value) *stringIO {
	s := th.io(v)
	if s.noWrite {
		th.raise(cIOError, "not opened for writing")
	}
	return s
}

// write puts a text where the stream is.
func (th *thread) writeIO(s *stringIO, text string) {
	if s.append {
		s.pos = len(s.str.s)
	}
	if s.pos >= len(s.str.s) {
		gap := s.pos - len(s.str.s)
		th.charge(gap)
		th.appendTo(s.str, strings.Repeat("\x00", gap)+text)
	} else {
		th.charge(len(s.str.s))
		th.change(s.str, s.str.s[:s.pos]+text+s.str.s[min(s.pos+len(text), len(s.str.s)):])
	}
	s.pos += len(text)
}

// openMode applies a mode such as "a" or "w+".
func (th *thread) openMode(s *stringIO, mode string) {
	mode, _, _ = strings.Cut(mode, ":")
	both := strings.Contains(mode, "+")
	switch {
	case strings.HasPrefix(mode, "r"):
		s.noWrite = !both
	case strings.HasPrefix(mode, "w"):
		s.noRead = !both
		th.change(s.str, "")
	case strings.HasPrefix(mode, "a"):
		s.noRead = !both
		s.append = true
	default:
		th.raise(cArgumentError, "invalid access mode %s", mode)
	}
}

func init() {
	def := cStringIO.def
	cStringIO.sdef("open", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := classNew(th, self, a, nil)
		if blk != nil {
			return th.yield1(blk, v)
		}
		return v
	})
	def("initialize reopen", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := &stringIO{str: &String{}}
		self.o.(*Object).data = s
		if len(a) > 0 {
			s.str = th.stringArg(a[0])
			s.noWrite = s.str.frozen && !s.str.old
		}
		if len(a) > 1 {
			if m, ok := a[1].o.(*String); ok {
				th.openMode(s, m.s)
			}
		}
		return self
	})
	def("string", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: th.io(self).str} })
	def("string=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		*th.io(self) = stringIO{str: th.stringArg(a[0])}
		return a[0]
	})
	def("write syswrite write_nonblock", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 0
		for _, v := range a {
			t := th.toS(v)
			n += len(t)
			th.writeIO(th.writable(self), t)
		}
		return Int(int64(n))
	})
	def("truncate", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, n := th.writable(self), th.intArg(a[0])
		if n < 0 {
			th.raise(cEINVAL, "Invalid argument - negative length")
		}
		if n <= len(s.str.s) {
			th.change(s.str, s.str.s[:n])
			return Int(0)
		}
		th.charge(n)
		th.appendTo(s.str, strings.Repeat("\x00", n-len(s.str.s)))
		return Int(0)
	})
	def("close_read", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.readable(self).noRead = true
		return vNil
	})
	def("close_write", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.writable(self).noWrite = true
		return vNil
	})
	def("closed_read?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.io(self).noRead) })
	def("closed_write?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.io(self).noWrite) })
	readingMethods(cStringIO)
	positionMethods(cStringIO)
	writingMethods(cStringIO)
}

// writingMethods are those that end in write.
func writingMethods(c *Class) {
	write := func(th *thread, self Value, text string) { th.send(self, "write", th.str(text)) }
	c.def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		write(th, self, th.toS(a[0]))
		return self
	})
	c.def("print", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range a {
			write(th, self, th.toS(v))
		}
		return vNil
	})
	c.def("puts", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		write(th, self, th.putsText(a))
		return vNil
	})
	c.def("printf", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		write(th, self, th.format(th.strArg(a[0]), a[1:]))
		return vNil
	})
	c.def("putc", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if a[0].isInt() {
			write(th, self, string([]byte{byte(a[0].int())}))
		} else if l := th.stringArg(a[0]).chars(); len(l) > 0 {
			write(th, self, l[0])
		}
		return a[0]
	})
}

// positionMethods tell and set where a stream is, and close it.
func positionMethods(c *Class) {
	def := c.def
	def("rewind", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.io(self).pos, th.io(self).line = 0, 0
		return Int(0)
	})
	def("pos tell", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(th.io(self).pos)) })
	def("pos=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cEINVAL, "Invalid argument")
		}
		th.io(self).pos = n
		return a[0]
	})
	def("seek", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, n := th.io(self), th.intArg(a[0])
		if len(a) > 1 {
			switch th.toS(a[1]) {
			case "1", "CUR":
				n += s.pos
			case "2", "END":
				n += len(s.str.s)
			}
		}
		if n < 0 {
			th.raise(cEINVAL, "Invalid argument")
		}
		s.pos = n
		return Int(0)
	})
	def("eof? eof", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.readable(self).rest() == "") })
	def("lineno", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(th.io(self).line) })
	def("lineno=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.io(self).line = int64(th.intArg(a[0]))
		return a[0]
	})
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(th.io(self).str.s))) })
	def("binmode set_encoding set_encoding_by_bom", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("external_encoding", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: encodings[th.io(self).str.enc]}
	})
	def("internal_encoding fileno pid", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	def("fsync", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(0) })
	def("flush", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("sync", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vTrue })
	def("close", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.io(self).noRead, th.io(self).noWrite = true, true
		return vNil
	})
	def("closed?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(th.io(self).noRead && th.io(self).noWrite)
	})
	def("tty? isatty", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vFalse })
	def("sync=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
	c.include(mEnumerable)
}
