package ruby

import (
	"strings"
	"sync"
)

var (
	cStringScanner = defClass("StringScanner", cObject)
	cScannerError  = defClass("StringScanner::Error", cStandardError)
)

// scanner is a StringScanner: a text, where it is in it, and what it matched last.
type scanner struct {
	str   *String
	pos   int // in bytes
	prev  int // where the last match was looked for
	match *MatchData
}

func (s *scanner) dup() any {
	c := *s
	return &c
}

func (s *scanner) rest() string { return s.str.s[min(s.pos, len(s.str.s)):] }

// find looks for a pattern: here, or with until somewhere from here on. It returns the
// text from here to the end of the match.
func (s *scanner) find(th *thread, pattern Value, until bool) (string, bool) {
	th.step()
	s.match = nil
	s.pos = min(s.pos, len(s.str.s))
	s.prev = s.pos
	// The pattern sees what is left, so that \A matches here.
	rest := &String{s: s.rest(), enc: s.str.enc}
	switch p := pattern.o.(type) {
	case *Regexp:
		if until {
			s.match = th.matchAt(p, rest, 0)
		} else {
			s.match = th.matchHere(p, rest, 0)
		}
	default:
		text := th.strArg(pattern)
		i := strings.Index(rest.s, text)
		if i == 0 || i > 0 && until {
			s.match = &MatchData{re: emptyRegexp(), str: *rest, loc: []int{i, i + len(text)}}
		}
	}
	if s.match == nil {
		return "", false
	}
	return rest.s[:s.match.loc[1]], true
}

func init() {
	def := cStringScanner.def
	scan := func(th *thread, v Value) *scanner {
		s, ok := v.o.(*Object).data.(*scanner)
		if !ok {
			th.raise(cArgumentError, "uninitialized StringScanner object")
		}
		return s
	}
	cStringScanner.sdef("must_C_version", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("initialize", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		self.o.(*Object).data = &scanner{str: th.stringArg(a[0])}
		return vNil
	})
	text := func(th *thread, s *scanner, t string) Value { return th.strEnc(t, s.str.enc) }
	// The methods that look for a pattern differ in where they look, whether they go
	// there, and what they return.
	find := func(name string, until, advance, length bool) {
		def(name, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := scan(th, self)
			t, ok := s.find(th, a[0], until)
			if !ok {
				return vNil
			}
			if advance {
				s.pos += len(t)
			}
			if length {
				return Int(int64(len(t)))
			}
			return text(th, s, t)
		})
	}
	find("scan", false, true, false)
	find("scan_until", true, true, false)
	find("skip", false, true, true)
	find("skip_until", true, true, true)
	find("match?", false, false, true)
	find("check", false, false, false)
	find("check_until", true, false, false)
	find("exist?", true, false, true)
	full := func(name string, until bool) {
		def(name, 3, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := scan(th, self)
			t, ok := s.find(th, a[0], until)
			switch {
			case !ok:
				return vNil
			case a[1].truthy():
				s.pos += len(t)
			}
			if a[2].truthy() {
				return text(th, s, t)
			}
			return Int(int64(len(t)))
		})
	}
	full("scan_full", false)
	full("search_full", true)
	taken := func(s *scanner, n int) string {
		rest := s.rest()
		s.prev, s.match = s.pos, nil
		if rest == "" {
			return ""
		}
		if n == 0 {
			n = len((&String{s: rest[:min(len(rest), 4)], enc: s.str.enc}).chars()[0])
		}
		s.match = &MatchData{re: emptyRegexp(), str: String{s: rest, enc: s.str.enc}, loc: []int{0, n}}
		s.pos += n
		return rest[:n]
	}
	get := func(names string, n int) {
		def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := scan(th, self)
			if t := taken(s, n); t != "" {
				return text(th, s, t)
			}
			return vNil
		})
	}
	get("getch", 0)
	get("get_byte getbyte", 1)
	def("peek", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, n := scan(th, self), th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "negative string size (or size too big)")
		}
		return text(th, s, s.rest()[:min(n, len(s.rest()))])
	})
	def("pos pointer", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(scan(th, self).pos)) })
	def("charpos", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := scan(th, self)
		return Int(int64((&String{s: s.str.s[:min(s.pos, len(s.str.s))], enc: s.str.enc}).length()))
	})
	def("pos= pointer=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, n := scan(th, self), th.intArg(a[0])
		if n < 0 {
			n += len(s.str.s)
		}
		if n < 0 || n > len(s.str.s) {
			th.raise(cRangeError, "index out of range")
		}
		s.pos = n
		return a[0]
	})
	def("eos?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(scan(th, self).rest() == "") })
	def("rest?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(scan(th, self).rest() != "") })
	def("rest", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := scan(th, self)
		return text(th, s, s.rest())
	})
	def("rest_size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(len(scan(th, self).rest())))
	})
	def("bol? beginning_of_line?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := scan(th, self)
		return Bool(s.pos == 0 || s.pos <= len(s.str.s) && s.str.s[s.pos-1] == '\n')
	})
	def("reset", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := scan(th, self)
		s.pos, s.match = 0, nil
		return self
	})
	def("terminate clear", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := scan(th, self)
		s.pos, s.match = len(s.str.s), nil
		return self
	})
	def("unscan", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := scan(th, self)
		if s.match == nil {
			th.raise(cScannerError, "unscan failed: previous match record not exist")
		}
		s.pos, s.match = s.prev, nil
		return self
	})
	def("string", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: scan(th, self).str} })
	def("string=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		*scan(th, self) = scanner{str: th.stringArg(a[0])}
		return a[0]
	})
	def("concat <<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.appendTo(scan(th, self).str, th.strArg(a[0]))
		return self
	})
	matchMethods(scan)
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(scan(th, self).inspect(th)) })
}

// matchMethods tell about the last match.
func matchMethods(scan func(th *thread, v Value) *scanner) {
	def := cStringScanner.def
	of := func(names string, f func(th *thread, s *scanner, m *MatchData) Value) {
		def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := scan(th, self)
			if s.match == nil {
				return vNil
			}
			return f(th, s, s.match)
		})
	}
	of("matched", func(th *thread, s *scanner, m *MatchData) Value { return m.group(th, 0) })
	of("matched_size", func(th *thread, s *scanner, m *MatchData) Value { return Int(int64(m.loc[1] - m.loc[0])) })
	of("pre_match", func(th *thread, s *scanner, m *MatchData) Value {
		return th.strEnc(s.str.s[:min(s.prev+m.loc[0], len(s.str.s))], s.str.enc)
	})
	of("post_match", func(th *thread, s *scanner, m *MatchData) Value { return th.strEnc(m.post(), s.str.enc) })
	of("size", func(th *thread, s *scanner, m *MatchData) Value { return Int(int64(len(m.loc) / 2)) })
	of("captures", func(th *thread, s *scanner, m *MatchData) Value { return th.array(m.list(th)[1:]) })
	def("matched?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(scan(th, self).match != nil) })
	def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if m := scan(th, self).match; m != nil {
			return m.get(th, a[0])
		}
		return vNil
	})
	def("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := scan(th, self).match
		if m == nil {
			return vNil
		}
		return th.send(th.array(m.list(th)), "values_at", a...)
	})
	def("named_captures", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := scan(th, self).match
		if m == nil {
			return Value{o: th.newHash(0)}
		}
		return th.send(Value{o: m}, "named_captures")
	})
}

// inspect shows a few bytes before and behind the place.
func (s *scanner) inspect(th *thread) string {
	if s.rest() == "" {
		return "#<StringScanner fin>"
	}
	const around = 5
	before, after := s.str.s[:s.pos], s.rest()
	if len(before) > around {
		before = "..." + before[len(before)-around:]
	}
	if len(after) > around {
		after = after[:around] + "..."
	}
	shown := " @ "
	if before != "" {
		shown = " " + th.inspect(th.str(before)) + " @ "
	}
	return "#<StringScanner " + th.toS(Int(int64(s.pos))) + "/" + th.toS(Int(int64(len(s.str.s)))) + shown + th.inspect(th.str(after)) + ">"
}

// emptyRegexp is that of a match with a text.
var emptyRegexp = sync.OnceValue(func() *Regexp { return mustRegexp("") })
