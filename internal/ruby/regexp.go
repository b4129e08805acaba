package ruby

import (
	"errors"
	"slices"
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
}

func (*Regexp) class() *Class { return cRegexp }

// MatchData is what a regular expression found.
type MatchData struct {
	re  *Regexp
	str String
	loc []int
}

func (*MatchData) class() *Class { return cMatchData }

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

func (th *thread) runRegexp(r *Regexp, s *String, at int, here bool) []int {
	re := r.re
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
	find := re.FindWithin
	if here {
		find = re.FindAt
	}
	steps := int64(regexpSteps)
	ok, loc, err := find(nil, s.s, at, &steps)
	if err != nil {
		panic(&LimitError{Limit: "regexp", Max: regexpSteps, At: th.place()})
	}
	th.work(int(regexpSteps - steps))
	if !ok {
		return nil
	}
	return loc
}

// matchAt looks for a match from a byte offset on.
func (th *thread) matchAt(r *Regexp, s *String, at int) *MatchData {
	loc := th.runRegexp(r, s, at, false)
	if loc == nil {
		return nil
	}
	return &MatchData{r, String{s: s.s, enc: s.enc, ascii: s.ascii}, loc}
}

func (th *thread) matchHere(r *Regexp, s *String, at int) *MatchData {
	loc := th.runRegexp(r, s, at, true)
	if loc == nil {
		return nil
	}
	return &MatchData{r, String{s: s.s, enc: s.enc, ascii: s.ascii}, loc}
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

func (m *MatchData) charPos(at int) int { return m.str.charIndex(at) }
func (m *MatchData) pre() string        { return m.str.s[:m.loc[0]] }
func (m *MatchData) post() string       { return m.str.s[m.loc[1]:] }

func (m *MatchData) group(th *thread, i int) Value {
	if i < 0 {
		i += len(m.loc) / 2
	}
	if i < 0 || i >= len(m.loc)/2 || m.loc[2*i] < 0 || m.loc[2*i+1] < 0 {
		return vNil
	}
	return th.strEnc(m.str.s[m.loc[2*i]:m.loc[2*i+1]], m.str.enc)
}

// named returns a group by name: the last one of that name that took part.
func (m *MatchData) named(th *thread, name string) (Value, bool) {
	list := m.re.re.Indexes(name)
	if list == nil {
		return vNil, false
	}
	for i := len(list) - 1; i >= 0; i-- {
		if m.loc[2*list[i]] >= 0 {
			return m.group(th, list[i]), true
		}
	}
	return vNil, true
}

func (m *MatchData) get(th *thread, key Value) Value {
	switch x := key.o.(type) {
	case *Symbol, *String:
		v, ok := m.named(th, th.nameArg(key))
		if !ok {
			th.raise(cIndexError, "undefined group name reference: %s", th.nameArg(key))
		}
		return v
	case *Range:
		return arraySlice(th, th.array(m.list(th)), []Value{{o: x}}, nil)
	}
	return m.group(th, th.intArg(key))
}

func (m *MatchData) list(th *thread) []Value {
	out := make([]Value, len(m.loc)/2)
	for i := range out {
		out[i] = m.group(th, i)
	}
	return out
}

// expand writes a replacement text with \1, \k<name>, \0, \&, \`, \' and \\.
func (m *MatchData) expand(th *thread, b *strings.Builder, repl string) {
	for i := 0; i < len(repl); i++ {
		c := repl[i]
		if c != '\\' || i+1 >= len(repl) {
			b.WriteByte(c)
			continue
		}
		i++
		group := func(g int) {
			if g < len(m.loc)/2 && m.loc[2*g] >= 0 {
				b.WriteString(m.str.s[m.loc[2*g]:m.loc[2*g+1]])
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
			b.WriteString(m.pre())
		case c == '\'':
			b.WriteString(m.post())
		case c == '\\':
			b.WriteByte('\\')
		case c == 'k' && i+1 < len(repl) && repl[i+1] == '<':
			end := strings.IndexByte(repl[i:], '>')
			if end < 0 {
				b.WriteString(`\k`)
				continue
			}
			name := repl[i+2 : i+end]
			v, ok := m.named(th, name)
			if !ok {
				th.raise(cIndexError, "undefined group name reference: %s", name)
			}
			b.WriteString(th.toS(v))
			i += end
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
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
		return strings.Replace(s.s, pat, repl, n), true
	}
	var b strings.Builder
	at, from := 0, 0
	changed := false
	var last *MatchData
	text := s.s
	for at <= len(text) {
		var m *MatchData
		if isRe {
			m = th.matchAt(re, s, at)
		} else if i := strings.Index(text[at:], pat); i >= 0 {
			m = &MatchData{th.regexp(onig.Quote(pat), 0), String{s: text, enc: s.enc}, []int{at + i, at + i + len(pat)}}
		}
		if m == nil {
			break
		}
		changed = true
		last = m
		lo, hi := m.loc[0], m.loc[1]
		b.WriteString(text[from:lo])
		n := b.Len()
		switch {
		case hash != nil:
			b.WriteString(th.toS(hash.index(th, m.group(th, 0))))
		case plain:
			b.WriteString(repl)
		case len(a) > 1:
			m.expand(th, &b, repl)
		default:
			act.match = m
			b.WriteString(th.toS(th.yield1(blk, m.group(th, 0))))
		}
		th.charge(b.Len() - n + 64)
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
			b.WriteString(text[lo : lo+size])
			from, at = lo+size, lo+size
		}
		if !all {
			break
		}
	}
	if act != nil {
		act.match = last
	}
	if !changed {
		return text, false
	}
	if from < len(text) {
		b.WriteString(text[from:])
	}
	return b.String(), true
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
	match := func(th *thread, re *Regexp, v Value, a []Value, blk *Proc) Value {
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
	def("match", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return match(th, pattern(th, a[0]), self, a[1:], blk)
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
			item := m.group(th, 0)
			if len(m.loc) > 2 {
				item = th.array(m.list(th)[1:])
			}
			if blk != nil {
				act.match = m
				th.yield1(blk, item)
			} else {
				th.charge(120)
				th.step()
				out = append(out, item)
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

	rdef := cRegexp.def
	re := func(v Value) *Regexp { return v.o.(*Regexp) }
	newRe := func(th *thread, self Value, a []Value, blk *Proc) Value {
		if r, ok := a[0].o.(*Regexp); ok {
			return Value{o: r}
		}
		var f onig.Flags
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
				} else if a[1].truthy() {
					f = onig.IgnoreCase
				}
			}
		}
		return Value{o: th.regexp(th.strArg(a[0]), f)}
	}
	cRegexp.sdef("new compile", 1, 3, newRe)
	cRegexp.sdef("escape quote", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(onig.Quote(th.nameArg(a[0])))
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
		for _, v := range a {
			if r, ok := v.o.(*Regexp); ok {
				if len(a) == 1 {
					return v
				}
				parts = append(parts, r.toS())
			} else {
				parts = append(parts, onig.Quote(th.nameArg(v)))
			}
		}
		return Value{o: th.regexp(strings.Join(parts, "|"), 0)}
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
	rdef("match", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return match(th, re(self), a[0], a[1:], blk) })
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
	rdef("source", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(re(self).src) })
	rdef("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(re(self).toS()) })
	rdef("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("/" + escapeSlash(re(self).src) + "/" + re(self).flagString())
	})
	rdef("options", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n, f := int64(0), re(self).flags
		if f&onig.IgnoreCase != 0 {
			n |= 1
		}
		if f&onig.Extended != 0 {
			n |= 2
		}
		if f&onig.DotAll != 0 {
			n |= 4
		}
		return Int(n)
	})
	rdef("casefold?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(re(self).flags&onig.IgnoreCase != 0)
	})
	rdef("names", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.strings(re(self).re.Names()) })
	rdef("named_captures", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
		for _, n := range re(self).re.Names() {
			var l []Value
			for _, i := range re(self).re.Indexes(n) {
				l = append(l, Int(int64(i)))
			}
			h.set(th, th.str(n), th.array(l))
		}
		return Value{o: h}
	})
	rdef("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r, ok := a[0].o.(*Regexp)
		return Bool(ok && r.src == re(self).src && r.flags == re(self).flags)
	})
	rdef("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r, ok := a[0].o.(*Regexp)
		return Bool(ok && r.src == re(self).src && r.flags == re(self).flags)
	})
	rdef("~", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })

	mdef := cMatchData.def
	md := func(v Value) *MatchData { return v.o.(*MatchData) }
	mdef("[]", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 2 {
			return arraySlice(th, th.array(md(self).list(th)), a, nil)
		}
		return md(self).get(th, a[0])
	})
	mdef("to_a", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(md(self).list(th)) })
	mdef("captures deconstruct", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(md(self).list(th)[1:]) })
	mdef("names", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.strings(md(self).re.re.Names()) })
	mdef("named_captures", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
		for _, n := range md(self).re.re.Names() {
			v, _ := md(self).named(th, n)
			h.set(th, th.str(n), v)
		}
		return Value{o: h}
	})
	mdef("deconstruct_keys", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
		for _, n := range md(self).re.re.Names() {
			v, _ := md(self).named(th, n)
			h.set(th, sym(n), v)
		}
		return Value{o: h}
	})
	mdef("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		out := make([]Value, len(a))
		for i, k := range a {
			out[i] = md(self).get(th, k)
		}
		return th.array(out)
	})
	mdef("pre_match", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(md(self).pre()) })
	mdef("post_match", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(md(self).post()) })
	mdef("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return md(self).group(th, 0) })
	mdef("string", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(md(self).str.s) })
	mdef("regexp", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: md(self).re} })
	mdef("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(md(self).loc) / 2)) })
	groupIndex := func(th *thread, m *MatchData, v Value) int {
		switch v.o.(type) {
		case *String, *Symbol:
			l := m.re.re.Indexes(th.nameArg(v))
			if l == nil {
				th.raise(cIndexError, "undefined group name reference: %s", th.nameArg(v))
			}
			return l[len(l)-1]
		}
		i := th.intArg(v)
		if i < 0 || i >= len(m.loc)/2 {
			th.raise(cIndexError, "index %d out of matches", i)
		}
		return i
	}
	edge := func(off int) func(th *thread, self Value, a []Value) Value {
		return func(th *thread, self Value, a []Value) Value {
			m := md(self)
			at := m.loc[2*groupIndex(th, m, a[0])+off]
			if at < 0 {
				return vNil
			}
			return Int(int64(m.charPos(at)))
		}
	}
	mdef("begin", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return edge(0)(th, self, a) })
	mdef("end", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return edge(1)(th, self, a) })
	mdef("offset", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array([]Value{edge(0)(th, self, a), edge(1)(th, self, a)})
	})
	mdef("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*MatchData)
		return Bool(ok && o.str.s == md(self).str.s && o.re.src == md(self).re.src && slices.Equal(o.loc, md(self).loc))
	})
	mdef("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := md(self)
		var b strings.Builder
		b.WriteString("#<MatchData " + th.inspect(m.group(th, 0)))
		names := map[int]string{}
		for _, n := range m.re.re.Names() {
			for _, i := range m.re.re.Indexes(n) {
				names[i] = n
			}
		}
		for i := 1; i < len(m.loc)/2; i++ {
			n := names[i]
			if n == "" {
				n = th.toS(Int(int64(i)))
			}
			b.WriteString(" " + n + ":" + th.inspect(m.group(th, i)))
		}
		return th.str(b.String() + ">")
	})
}
