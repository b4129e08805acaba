package ruby

import (
	"unicode/utf8"
)

// String is Ruby's mutable string. s never changes in place: a change makes a new text,
// and << appends behind it in buf, so that a Go string taken from s stays right.
type String struct {
	s      string
	buf    []byte // memory behind s, when this String has appended to it
	enc    encoding
	frozen bool
	old    bool  // see shelter
	ascii  int8  // 1 when s is ASCII only, -1 when it is not, 0 when unknown
	homes  *home // fields of an event that hold this very String
}

func (*String) class() *Class { return cString }

// single tells whether every character is one byte.
func (s *String) single() bool {
	if s.enc != encUTF8 {
		return s.enc <= encWindows1252
	}
	if s.ascii != 0 {
		return s.ascii == 1
	}
	ascii := s.isASCII()
	if !s.frozen {
		// Frozen strings may be shared by workers, so nothing is noted in them.
		s.ascii = -1
		if ascii {
			s.ascii = 1
		}
	}
	return ascii
}

func (s *String) isASCII() bool {
	i := 0
	for ; i+8 <= len(s.s); i += 8 {
		if word8(s.s, i)&highBits != 0 {
			return false
		}
	}
	for ; i < len(s.s); i++ {
		if s.s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// comparable tells whether two strings of the same bytes are equal in spite of their
// encodings.
func (s *String) comparable(t *String) bool {
	return s.enc == t.enc || s.isASCII() && (s.enc <= encWindows1252) == (t.enc <= encWindows1252) || s.s == ""
}

func strOf(v Value) *String { return v.o.(*String) }

// change gives a String a new text.
func (th *thread) change(s *String, text string) {
	if s.frozen {
		th.raiseFrozen(Value{o: s})
	}
	old := s.s
	s.s, s.buf, s.ascii = text, nil, 0
	if s.homes != nil {
		th.writeBack(s, old)
	}
}

// adopt gives an ASCII string the encoding of what is put into it.
func (th *thread) adopt(s *String, v Value) {
	if t, ok := v.o.(*String); ok && t.enc != s.enc && s.isASCII() && !t.isASCII() && !s.frozen {
		s.enc = t.enc
	}
}

func (th *thread) appendTo(s *String, add string) {
	if s.frozen {
		th.raiseFrozen(Value{o: s})
	}
	th.charge(len(add))
	old := s.s
	if s.buf == nil {
		s.buf = make([]byte, len(s.s), max(2*len(s.s)+len(add), 32))
		copy(s.buf, s.s)
	}
	s.buf = append(s.buf, add...)
	s.s = textOf(s.buf)
	if s.ascii == 1 {
		s.ascii = 0
	}
	if s.homes != nil {
		th.writeBack(s, old)
	}
}

// length is the number of characters.
func (s *String) length() int {
	if s.single() {
		return len(s.s)
	}
	if w := s.enc.width(); w > 1 {
		return (len(s.s) + w - 1) / w
	}
	return utf8.RuneCountInString(s.s)
}

// offset returns the byte where character i starts; i is at most the length.
func (s *String) offset(i int) int {
	if s.single() {
		return min(i, len(s.s))
	}
	if w := s.enc.width(); w > 1 {
		return min(i*w, len(s.s))
	}
	at := 0
	for ; i > 0 && at < len(s.s); i-- {
		if s.s[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, n := utf8.DecodeRuneInString(s.s[at:])
		at += n
	}
	return at
}

// checkString raises when a String must not change.
func (th *thread) checkString(v Value) {
	if strOf(v).frozen {
		th.raiseFrozen(v)
	}
}

// charIndex is the number of characters before a byte.
func (s *String) charIndex(at int) int {
	if at == 0 || s.single() {
		return at
	}
	if w := s.enc.width(); w > 1 {
		return at / w
	}
	return utf8.RuneCountInString(s.s[:at])
}

func (s *String) chars() []string {
	var out []string
	for i := 0; i < len(s.s); {
		n := 1
		if !s.single() {
			if w := s.enc.width(); w > 1 {
				n = min(w, len(s.s)-i)
			} else {
				_, n = utf8.DecodeRuneInString(s.s[i:])
			}
		}
		out = append(out, s.s[i:i+n])
		i += n
	}
	return out
}

// like returns a new String with the encoding of s.
func (th *thread) like(s *String, text string) Value { return th.strEnc(text, s.enc) }

func init() {
	def := cString.def
	cString.sdef("new", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, _ = th.options(a)
		if len(a) == 0 {
			return th.str("")
		}
		s := th.stringArg(a[0])
		return th.like(s, s.s)
	})
	cString.sdef("try_convert", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*String); ok {
			return a[0]
		}
		return vNil
	})
	def("length size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(strOf(self).length())) })
	def("bytesize", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(strOf(self).s))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(strOf(self).s == "") })
	def("to_s to_str", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("+@", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if s := strOf(self); s.frozen && !s.old {
			return th.like(strOf(self), strOf(self).s)
		}
		return self
	})
	def("-@ dedup", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if s := strOf(self); s.frozen && !s.old {
			return self
		}
		return Value{o: &String{s: strOf(self).s, enc: strOf(self).enc, frozen: true}}
	})
	def("== ===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n, ok := th.cmp(self, a[0])
		if !ok {
			return vNil
		}
		return Int(int64(n))
	})
	def("upto", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "upto", a...)
		}
		th.upto(strOf(self).s, th.strArg(a[0]), true, len(a) > 1 && a[1].truthy(), func(v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	def("between?", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(th.mustCmp(self, a[0]) >= 0 && th.mustCmp(self, a[1]) <= 0)
	})
	def("freeze", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		strOf(self).frozen, strOf(self).old = true, false
		return self
	})
}
