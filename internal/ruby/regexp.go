package ruby

import (
	"errors"
	"strings"
	"unicode/utf8"

	"sluice/internal/onig"
)

// Regexp is a compiled regular expression.
type Regexp struct {
	src   string
	flags onig.Flags
	re    *onig.Regexp
	bytes *onig.Regexp // for text that is not UTF-8, compiled when first needed
	// literal tells that the pattern stands in the code.
	literal bool
	kcode   byte     // n or u: the option that names the encoding
	enc     encoding // of the text that it was made of, if that says more than the text
}

// The bits of Regexp#options that onig does not know.
const (
	fixedEncoding = 16
	noEncoding    = 32
)

// encoding is US-ASCII unless the source or an option says something else.
func (r *Regexp) encoding() encoding {
	switch ascii := (&String{s: r.src}).isASCII(); {
	case r.enc != encUTF8:
		return r.enc
	case r.kcode == 'u' || !ascii && r.kcode != 'n':
		return encUTF8
	case !ascii || r.kcode == 'n' && strings.Contains(r.src, `\x`):
		return encBinary
	case namesRune(r.src):
		return encUTF8
	}
	return encASCII
}

// namesRune tells whether a pattern has an escape of a character beyond ASCII.
func namesRune(src string) bool {
	for i := 0; i+1 < len(src); i++ {
		if src[i] != '\\' {
			continue
		}
		if i++; src[i] == 'u' {
			return true
		}
	}
	return false
}

func (r *Regexp) options() int64 {
	n := int64(0)
	if r.flags&onig.IgnoreCase != 0 {
		n |= 1
	}
	if r.flags&onig.Extended != 0 {
		n |= 2
	}
	if r.flags&onig.DotAll != 0 {
		n |= 4
	}
	switch {
	case r.kcode == 'n':
		n |= noEncoding
	case r.encoding() != encASCII:
		n |= fixedEncoding
	}
	return n
}

func (*Regexp) class() *Class { return cRegexp }

func regexpFlags(s string) onig.Flags {
	var f onig.Flags
	for i := range len(s) {
		switch s[i] {
		case 'i':
			f |= onig.IgnoreCase
		case 'm':
			f |= onig.DotAll
		case 'x':
			f |= onig.Extended
		}
	}
	return f
}

func compileRegexp(src string, flags onig.Flags) (*Regexp, error) {
	re, err := onig.CompileFlags(src, flags)
	if err != nil {
		return nil, err
	}
	return &Regexp{src: src, flags: flags, re: re}, nil
}

// regexpCacheSize is how many patterns made at run time an instance keeps.
const regexpCacheSize = 256

// regexp compiles a pattern at run time.
func (th *thread) regexp(src string, flags onig.Flags) *Regexp {
	key := regexpKey{src, flags}
	if re := th.inst.regexps.get(key); re != nil {
		return re
	}
	th.charge(len(src) * 50)
	th.work(len(src) * 16)
	src = strings.Clone(src)
	re, err := compileRegexp(src, flags)
	if err != nil {
		th.raiseRegexp(err)
	}
	th.inst.regexps.put(regexpKey{src, flags}, re)
	return re
}

// raiseRegexp raises Ruby's exception for a pattern that cannot be compiled, in Ruby's
// words; err is of package onig.
func (th *thread) raiseRegexp(err error) {
	var syntax *onig.SyntaxError
	if errors.As(err, &syntax) {
		th.raise(cRegexpError, "%s: /%s/", syntax.Message, syntax.Pattern)
	}
	th.raise(cRegexpError, "%s", err)
}

func (r *Regexp) flagString() string {
	s := ""
	if r.flags&onig.DotAll != 0 {
		s += "m"
	}
	if r.flags&onig.IgnoreCase != 0 {
		s += "i"
	}
	if r.flags&onig.Extended != 0 {
		s += "x"
	}
	return s
}

func (r *Regexp) toS() string {
	on := r.flagString()
	off := ""
	for _, c := range "mix" {
		if !strings.ContainsRune(on, c) {
			off += string(c)
		}
	}
	if off != "" {
		off = "-" + off
	}
	return "(?" + on + off + ":" + escapeSlash(r.src) + ")"
}

func escapeSlash(s string) string {
	if strings.IndexByte(s, '/') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			b.WriteString(s[i : i+2])
			i++
			continue
		}
		if s[i] == '/' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// regexpSteps is the budget of one match.
const regexpSteps = 20_000_000

// runRegexp returns the places of a match, which are valid until the next one, or nil.
func (th *thread) runRegexp(r *Regexp, s *String, at int, here bool) []int {
	re := r.re
	if at == 0 && s.enc == encUTF8 && s.ascii != 1 && !utf8.ValidString(s.s) {
		th.raise(cArgumentError, "invalid byte sequence in UTF-8")
	}
	if s.enc != encUTF8 && !s.isASCII() {
		if r.bytes == nil {
			b, err := onig.CompileFlags(r.src, r.flags|onig.Bytes)
			if err != nil {
				th.raiseRegexp(err)
			}
			r = &Regexp{bytes: b}
		}
		re = r.bytes
	}
	th.work(len(s.s) - at)
	th.reSteps = regexpSteps
	var ok bool
	var err error
	if here {
		ok, th.places, err = th.searcher.FindAt(re, th.places, s.s, at, &th.reSteps)
	} else {
		ok, th.places, err = th.searcher.Find(re, th.places, s.s, at, &th.reSteps)
	}
	if err != nil {
		panic(&LimitError{Limit: "regexp", Max: regexpSteps, At: th.place()})
	}
	th.work(int(regexpSteps - th.reSteps))
	if !ok {
		return nil
	}
	return th.places
}

// matchAt looks for a match from a byte offset on.
func (th *thread) matchAt(r *Regexp, s *String, at int) *MatchData {
	loc := th.runRegexp(r, s, at, false)
	if loc == nil {
		return nil
	}
	return th.matchData(r, s, loc)
}

func (th *thread) matchHere(r *Regexp, s *String, at int) *MatchData {
	loc := th.runRegexp(r, s, at, true)
	if loc == nil {
		return nil
	}
	return th.matchData(r, s, loc)
}

// matchData makes a MatchData with a copy of the places.
func (th *thread) matchData(r *Regexp, s *String, loc []int) *MatchData {
	m := th.arena.matches.take()
	*m = MatchData{r, String{s: s.s, enc: s.enc, ascii: s.ascii}, th.arena.ints(loc)}
	return m
}

// setMatch sets $~ of the code that called the running method.
func (th *thread) setMatch(m *MatchData) {
	if th.cur != nil {
		th.cur.match = m
	}
}

// matchText returns the text that a value is matched as.
func (th *thread) matchText(v Value) *String {
	if y, ok := v.o.(*Symbol); ok {
		return &String{s: y.name}
	}
	return th.stringArg(v)
}

// matchTo is re === v for an activation's $~.
func (th *thread) matchTo(act *activation, r *Regexp, v Value) bool {
	var s *String
	switch x := v.o.(type) {
	case *String:
		s = x
	case *Symbol:
		s = &String{s: x.name}
	}
	var m *MatchData
	if s != nil {
		m = th.matchAt(r, s, 0)
	}
	if act != nil {
		act.match = m
	}
	return m != nil
}

// regexpMatch is match of String and Regexp; a holds where to begin.
func regexpMatch(th *thread, re *Regexp, v Value, a []Value, blk *Proc) Value {
	act := th.cur
	if v.isNil() {
		act.match = nil
		return vNil
	}
	s := th.matchText(v)
	at := 0
	if len(a) > 0 {
		at = th.intArg(a[0])
		if at < 0 {
			at += s.length()
		}
		if at < 0 || at > s.length() {
			act.match = nil
			return vNil
		}
		at = s.offset(at)
	}
	m := th.matchAt(re, s, at)
	if act != nil {
		act.match = m
	}
	if m == nil {
		return vNil
	}
	if blk != nil {
		return th.yield1(blk, Value{o: m})
	}
	return Value{o: m}
}

func init() {
	rdef := cRegexp.def
	re := func(v Value) *Regexp { return v.o.(*Regexp) }
	newRe := func(th *thread, self Value, a []Value, blk *Proc) Value {
		if r, ok := a[0].o.(*Regexp); ok {
			return Value{o: r}
		}
		var f onig.Flags
		kcode := byte(0)
		if len(a) > 1 {
			switch x := a[1].o.(type) {
			case *String:
				f = regexpFlags(x.s)
			default:
				if a[1].isInt() {
					n := a[1].int()
					if n&1 != 0 {
						f |= onig.IgnoreCase
					}
					if n&2 != 0 {
						f |= onig.Extended
					}
					if n&4 != 0 {
						f |= onig.DotAll
					}
					switch {
					case n&noEncoding != 0:
						kcode = 'n'
					case n&fixedEncoding != 0:
						kcode = 'u'
					}
				} else if a[1].truthy() {
					f = onig.IgnoreCase
				}
			}
		}
		text := th.stringArg(a[0])
		made := th.regexp(text.s, f)
		if enc := text.ownEncoding(); kcode != 0 || enc != encUTF8 {
			other := *made
			other.kcode, other.enc = kcode, enc
			made = &other
		}
		return Value{o: made}
	}
	cRegexp.sdef("new compile", 1, 3, newRe)
	cRegexp.sdef("escape quote", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(onig.Quote(th.nameArg(a[0])))
	})
	cRegexp.sdef("try_convert", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Regexp); !ok {
			if !th.respondTo(a[0], "to_regexp") {
				return vNil
			}
			return th.send(a[0], "to_regexp")
		}
		return a[0]
	})
	cRegexp.sdef("union", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 1 {
			if l, ok := a[0].o.(*Array); ok {
				a = l.list(th)
			}
		}
		if len(a) == 0 {
			return Value{o: th.regexp("(?!)", 0)}
		}
		var parts []string
		enc := th.unionEncoding(a)
		for _, v := range a {
			if r, ok := v.o.(*Regexp); ok {
				if len(a) == 1 {
					return v
				}
				parts = append(parts, r.toS())
			} else if name, ok := v.o.(*Symbol); ok {
				parts = append(parts, onig.Quote(name.name))
			} else if r, ok := th.convert(v, "to_regexp"); ok {
				parts = append(parts, r.o.(*Regexp).toS())
			} else {
				parts = append(parts, onig.Quote(th.strArg(v)))
			}
		}
		made := th.regexp(strings.Join(parts, "|"), 0)
		if enc != encUTF8 && enc != encASCII {
			other := *made
			other.enc = enc
			made = &other
		}
		return Value{o: made}
	})
	cRegexp.sdef("last_match", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := th.cur.match
		if m == nil {
			return vNil
		}
		if len(a) > 0 {
			return m.get(th, a[0])
		}
		return Value{o: m}
	})
	cRegexp.setConst("IGNORECASE", Int(1))
	cRegexp.setConst("EXTENDED", Int(2))
	cRegexp.setConst("MULTILINE", Int(4))
	cRegexp.setConst("FIXEDENCODING", Int(fixedEncoding))
	cRegexp.setConst("NOENCODING", Int(noEncoding))
	rdef("match", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return regexpMatch(th, re(self), a[0], a[1:], blk)
	})
	rdef("match?", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if a[0].isNil() {
			return vFalse
		}
		s := th.matchText(a[0])
		at := 0
		if len(a) > 1 {
			at = s.offset(th.intArg(a[1]))
		}
		return Bool(th.runRegexp(re(self), s, at, false) != nil)
	})
	rdef("=~", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if a[0].isNil() {
			th.setMatch(nil)
			return vNil
		}
		m := th.matchAt(re(self), th.matchText(a[0]), 0)
		th.setMatch(m)
		if m == nil {
			return vNil
		}
		return Int(int64(m.charPos(m.loc[0])))
	})
	rdef("===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(th.matchTo(th.cur, re(self), a[0]))
	})
	rdef("source", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(re(self).src, re(self).encoding())
	})
	rdef("initialize", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if re(self).literal {
			th.raise(cFrozenError, "can't modify literal regexp")
		}
		th.raise(cTypeError, "already initialized regexp")
		return vNil
	})
	rdef("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(re(self).toS()) })
	rdef("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("/" + escapeSlash(re(self).src) + "/" + re(self).flagString() + strings.Trim(string(re(self).kcode), "u\x00"))
	})
	rdef("options", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(re(self).options())
	})
	rdef("encoding", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: encodings[re(self).encoding()]}
	})
	rdef("fixed_encoding?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(re(self).options()&fixedEncoding != 0)
	})
	rdef("casefold?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(re(self).flags&onig.IgnoreCase != 0)
	})
	rdef("names", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.strings(re(self).re.Names()) })
	rdef("named_captures", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		for _, n := range re(self).re.Names() {
			var l []Value
			for _, i := range re(self).re.Indexes(n) {
				l = append(l, Int(int64(i)))
			}
			h.set(th, th.str(n), th.array(l))
		}
		return Value{o: h}
	})
	rdef("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r, ok := a[0].o.(*Regexp)
		return Bool(ok && r.src == re(self).src && r.flags == re(self).flags)
	})
	rdef("~", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
}
