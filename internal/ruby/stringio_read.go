package ruby

import "strings"

// lineRule is how a stream is cut into lines: the arguments of gets.
type lineRule struct {
	sep   string // empty for paragraphs
	whole bool   // no separator: all that is left
	limit int    // in bytes; negative for none
	chomp bool
}

func (th *thread) lineRule(a []Value) lineRule {
	a, o := th.options(a)
	r := lineRule{sep: "\n", limit: -1}
	if v := o.opt(th, "chomp"); !v.isUndef() {
		r.chomp = v.truthy()
	}
	if len(a) == 1 && a[0].isInt() {
		r.limit = th.intArg(a[0])
		return r
	}
	if len(a) > 0 {
		if a[0].isNil() {
			r.whole = true
		} else {
			r.sep = th.strArg(a[0])
		}
	}
	if len(a) > 1 && !a[1].isNil() {
		r.limit = th.intArg(a[1])
	}
	return r
}

// nextLine reads a line; nil at the end.
func (th *thread) nextLine(s *stringIO, r lineRule) Value {
	rest := s.rest()
	if !r.whole && r.sep == "" {
		trimmed := strings.TrimLeft(rest, "\n")
		s.pos += len(rest) - len(trimmed)
		rest = trimmed
	}
	if rest == "" {
		return vNil
	}
	if r.limit == 0 {
		return th.strEnc("", s.str.enc)
	}
	sep, end := r.sep, -1
	if sep == "" {
		sep = "\n\n"
	}
	if !r.whole {
		end = strings.Index(rest, sep)
	}
	line, found := rest, end >= 0
	if found {
		line = rest[:end+len(sep)]
	}
	if r.limit > 0 && r.limit < len(line) {
		line, found = wholeChars(rest, r.limit), false
	}
	s.pos += len(line)
	s.line++
	if r.chomp && found {
		line = strings.TrimSuffix(line, sep)
		if sep == "\n" {
			line = strings.TrimSuffix(line, "\r")
		}
	}
	th.work(len(line))
	return th.strEnc(line, s.str.enc)
}

// wholeChars returns the first n bytes and what belongs to the last character of them.
func wholeChars(s string, n int) string {
	for n < len(s) && s[n]&0xc0 == 0x80 {
		n++
	}
	return s[:n]
}

// readingMethods are those of everything that can be read.
func readingMethods(c *Class) {
	end := func(th *thread, v Value) Value {
		if v.isNil() {
			th.raise(cEOFError, "end of file reached")
		}
		return v
	}
	def := c.def
	def("read", 0, 2, readIO)
	def("sysread readpartial read_nonblock", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, _ = th.options(a)
		return end(th, readIO(th, self, a, nil))
	})
	def("pread", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.readable(self)
		n, at := th.intArg(a[0]), th.intArg(a[1])
		if n < 0 || at < 0 {
			th.raise(cEINVAL, "Invalid argument")
		}
		if at >= len(s.str.s) && n > 0 {
			return end(th, vNil)
		}
		at = min(at, len(s.str.s))
		return th.strEnc(s.str.s[at:min(at+n, len(s.str.s))], encBinary)
	})
	gets := func(th *thread, self Value, a []Value) Value { return th.nextLine(th.readable(self), th.lineRule(a)) }
	def("gets", 0, 3, func(th *thread, self Value, a []Value, blk *Proc) Value { return gets(th, self, a) })
	def("readline", 0, 3, func(th *thread, self Value, a []Value, blk *Proc) Value { return end(th, gets(th, self, a)) })
	def("each_line each", 0, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_line", a...)
		}
		rule := th.lineRule(a)
		if rule.limit == 0 {
			th.raise(cArgumentError, "invalid limit: 0 for each_line")
		}
		for {
			v := th.nextLine(th.readable(self), rule)
			if v.isNil() {
				return self
			}
			th.yield1(blk, v)
		}
	})
	def("readlines", 0, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		rule := th.lineRule(a)
		if rule.limit == 0 {
			th.raise(cArgumentError, "invalid limit: 0 for readlines")
		}
		var out []Value
		for {
			v := th.nextLine(th.readable(self), rule)
			if v.isNil() {
				return th.array(out)
			}
			th.charge(64)
			out = append(out, v)
		}
	})
	getc := func(th *thread, self Value) Value {
		s := th.readable(self)
		rest := s.rest()
		if rest == "" {
			return vNil
		}
		ch := (&String{s: rest[:min(len(rest), 4)], enc: s.str.enc}).chars()[0]
		s.pos += len(ch)
		return th.strEnc(ch, s.str.enc)
	}
	getbyte := func(th *thread, self Value) Value {
		s := th.readable(self)
		r := s.rest()
		if r == "" {
			return vNil
		}
		s.pos++
		return Int(int64(r[0]))
	}
	def("getc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return getc(th, self) })
	def("readchar", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return end(th, getc(th, self)) })
	def("getbyte", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return getbyte(th, self) })
	def("readbyte", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return end(th, getbyte(th, self)) })
	eachOf := func(name string, next func(th *thread, self Value) Value) {
		def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, name)
			}
			for v := next(th, self); !v.isNil(); v = next(th, self) {
				th.yield1(blk, v)
			}
			return self
		})
	}
	eachOf("each_char", getc)
	eachOf("each_byte", getbyte)
	eachOf("each_codepoint", func(th *thread, self Value) Value {
		if v := getc(th, self); !v.isNil() {
			return th.send(v, "ord")
		}
		return vNil
	})
	def("ungetc ungetbyte", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.readable(self)
		text := ""
		switch {
		case a[0].isNil():
			return vNil
		case a[0].isInt():
			text = string([]byte{byte(a[0].int())})
		default:
			text = th.strArg(a[0])
		}
		th.charge(len(s.str.s) + len(text))
		from := max(min(s.pos, len(s.str.s))-len(text), 0)
		th.change(s.str, s.str.s[:from]+text+s.rest())
		s.pos = from
		return vNil
	})
}

// readIO is read([length [, buffer]]).
func readIO(th *thread, self Value, a []Value, _ *Proc) Value {
	s := th.readable(self)
	rest := s.rest()
	v := vNil
	if len(a) == 0 || a[0].isNil() {
		v = th.strEnc(rest, s.str.enc)
		s.pos += len(rest)
	} else {
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "negative length %d given", n)
		}
		if rest != "" || n == 0 {
			rest = rest[:min(n, len(rest))]
			s.pos += len(rest)
			v = th.strEnc(rest, encBinary)
		}
	}
	if len(a) > 1 && !a[1].isNil() {
		buf := th.stringArg(a[1])
		if v.isNil() {
			th.change(buf, "")
			return vNil
		}
		th.change(buf, strOf(v).s)
		return a[1]
	}
	return v
}
