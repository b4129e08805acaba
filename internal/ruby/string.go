package ruby

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String is Ruby's mutable string. s never changes in place: a change makes a new text,
// and << appends behind it in buf, so that a Go string taken from s stays right.
type String struct {
	s      string
	buf    []byte // memory behind s, when this String has appended to it
	enc    encoding
	frozen bool
	ascii  int8  // 1 when s is ASCII only, -1 when it is not, 0 when unknown
	homes  *home // fields of an event that hold this very String
}

func (*String) class() *Class { return cString }

// single tells whether every character is one byte.
func (s *String) single() bool {
	if s.enc != encUTF8 {
		return s.enc <= encLatin1
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
	for i := 0; i < len(s.s); i++ {
		if s.s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// comparable tells whether two strings of the same bytes are equal in spite of their
// encodings.
func (s *String) comparable(t *String) bool {
	return s.enc == t.enc || s.isASCII() && (s.enc <= encLatin1) == (t.enc <= encLatin1) || s.s == ""
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
	s.s = unsafeString(s.buf)
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

// charIndex is the number of characters before a byte.
func (s *String) charIndex(at int) int {
	if s.single() {
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
			g = th.intArg(a[1])
		}
		from, to = m.loc[2*g], m.loc[2*g+1]
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

// split is String#split.
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
	var out []string
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
		at, from := 0, 0
		for !full() {
			m := th.matchAt(isRe, s, at)
			if m == nil {
				break
			}
			lo, hi := m.loc[0], m.loc[1]
			if hi == lo {
				if lo >= len(text) {
					break
				}
				n := 1
				if !s.single() {
					_, n = utf8.DecodeRuneInString(text[lo:])
				}
				if lo == from {
					if from+n >= len(text) {
						break
					}
					// An empty match splits off one character.
					if lo == 0 && at == 0 {
						at = lo + n
						m2 := th.matchAt(isRe, s, at)
						if m2 == nil {
							break
						}
						continue
					}
					at = lo + n
					continue
				}
				out = append(out, text[from:lo])
				from, at = lo, lo+n
			} else {
				out = append(out, text[from:lo])
				from, at = hi, hi
			}
			for g := 1; g < len(m.loc)/2; g++ {
				if m.loc[2*g] >= 0 {
					out = append(out, text[m.loc[2*g]:m.loc[2*g+1]])
				}
			}
		}
		out = append(out, text[from:])
	case sep == " ":
		i := 0
		for {
			for i < len(text) && isSpaceByte(text[i]) {
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
			for j < len(text) && !isSpaceByte(text[j]) {
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
			if limit != 0 {
				out = append(out, "")
			}
		}
	default:
		n := -1
		if limit > 0 {
			n = limit
		}
		out = strings.SplitN(text, sep, n)
	}
	if limit == 0 {
		for len(out) > 0 && out[len(out)-1] == "" {
			out = out[:len(out)-1]
		}
	}
	th.charge(64 * len(out))
	return out
}

func isSpaceByte(c byte) bool { return c == ' ' || c >= 9 && c <= 13 || c == 0 }

// charSet is the set language of tr, delete, count and squeeze.
type charSet struct {
	neg  bool
	list []rune
	has  map[rune]bool
}

func (th *thread) charSet(spec string) *charSet {
	c := &charSet{}
	rs := []rune(spec)
	if len(rs) > 1 && rs[0] == '^' {
		c.neg, rs = true, rs[1:]
	}
	for i := 0; i < len(rs); i++ {
		r := rs[i]
		if r == '\\' && i+1 < len(rs) {
			i++
			c.list = append(c.list, rs[i])
			continue
		}
		if i+2 < len(rs) && rs[i+1] == '-' {
			hi := rs[i+2]
			if hi == '\\' && i+3 < len(rs) {
				hi = rs[i+3]
				i++
			}
			if hi < r {
				th.raise(cArgumentError, "invalid range %q in string transliteration", string(r)+"-"+string(hi))
			}
			th.charge(int(hi-r) * 8)
			for x := r; x <= hi; x++ {
				c.list = append(c.list, x)
			}
			i += 2
			continue
		}
		c.list = append(c.list, r)
	}
	c.has = make(map[rune]bool, len(c.list))
	for _, r := range c.list {
		c.has[r] = true
	}
	return c
}

func (c *charSet) match(r rune) bool { return c.has[r] != c.neg }

func (th *thread) charSets(a []Value) func(r rune) bool {
	if len(a) == 0 {
		th.raiseArity(0, 1, -1)
	}
	var sets []*charSet
	for _, v := range a {
		sets = append(sets, th.charSet(th.strArg(v)))
	}
	return func(r rune) bool {
		for _, s := range sets {
			if !s.match(r) {
				return false
			}
		}
		return true
	}
}

// runes calls f for each character; a byte that is no UTF-8 counts as itself.
func eachRune(s string, f func(r rune, text string)) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			r = rune(s[i])
		}
		f(r, s[i:i+n])
		i += n
	}
}

func (th *thread) tr(s, from, to string, squeeze bool) string {
	f, t := th.charSet(from), th.charSet(to)
	if to != "" && to[0] == '^' && len(to) > 1 {
		t = th.charSet(`\` + to)
	}
	index := make(map[rune]int, len(f.list))
	for i, r := range f.list {
		if _, ok := index[r]; !ok {
			index[r] = i
		}
	}
	var b strings.Builder
	last := rune(-1)
	eachRune(s, func(r rune, text string) {
		i, ok := index[r]
		if ok == f.neg {
			b.WriteString(text)
			last = -1
			return
		}
		if len(t.list) == 0 {
			return
		}
		if f.neg || i >= len(t.list) {
			i = len(t.list) - 1
		}
		c := t.list[i]
		if squeeze && c == last {
			return
		}
		last = c
		b.WriteRune(c)
	})
	return b.String()
}

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

func inspectString(s *String) string {
	b := make([]byte, 0, len(s.s)+2)
	b = append(b, '"')
	text := s.s
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\t':
				b = append(b, '\\', 't')
			case '\r':
				b = append(b, '\\', 'r')
			case 27:
				b = append(b, '\\', 'e')
			case 7:
				b = append(b, '\\', 'a')
			case 8:
				b = append(b, '\\', 'b')
			case 11:
				b = append(b, '\\', 'v')
			case 12:
				b = append(b, '\\', 'f')
			case '#':
				if i < len(text) && (text[i] == '{' || text[i] == '$' || text[i] == '@') {
					b = append(b, '\\')
				}
				b = append(b, '#')
			default:
				if c < 32 || c == 127 {
					if s.enc == encUTF8 {
						b = append(b, `\u00`...)
					} else {
						b = append(b, `\x`...)
					}
					b = append(b, "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
				} else {
					b = append(b, c)
				}
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if s.enc != encUTF8 || r == utf8.RuneError && n == 1 {
			b = append(b, '\\', 'x', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
			i++
			continue
		}
		if unicode.IsPrint(r) || unicode.In(r, unicode.Co, unicode.Cf, unicode.Zs) {
			b = append(b, text[i:i+n]...)
		} else if r > 0xffff {
			b = append(b, `\u{`...)
			b = append(b, strings.ToUpper(strconv.FormatInt(int64(r), 16))...)
			b = append(b, '}')
		} else {
			h := strings.ToUpper(strconv.FormatInt(int64(r), 16))
			b = append(b, `\u`...)
			b = append(b, strings.Repeat("0", 4-len(h))...)
			b = append(b, h...)
		}
		i += n
	}
	return string(append(b, '"'))
}

func inspectSymbol(name string) string {
	if isSymbolName(name) {
		return ":" + name
	}
	return ":" + inspectString(&String{s: name})
}

func isSymbolName(s string) bool {
	switch s {
	case "[]", "[]=", "<=>", "==", "===", "=~", "!", "!=", "!~", "+", "-", "*", "/", "%", "**", "<", ">", "<=", ">=", "<<", ">>", "&", "|", "^", "~", "+@", "-@", "`":
		return true
	}
	t := strings.TrimLeft(s, "@$")
	if len(s)-len(t) > 2 || t == "" || isDigit(t[0]) {
		return false
	}
	for i := range len(t) {
		if !isIdent(t[i]) {
			return i == len(t)-1 && len(s) == len(t) && (t[i] == '?' || t[i] == '!' || t[i] == '=')
		}
	}
	return true
}

// mapCase applies full Unicode case mapping, as Ruby does.
func mapCase(s *String, how string) string {
	if s.single() {
		b := []byte(s.s)
		for i, c := range b {
			switch {
			case c >= 'a' && c <= 'z' && (how == "up" || how == "swap" || how == "cap" && i == 0):
				b[i] = c - 32
			case c >= 'A' && c <= 'Z' && (how == "down" || how == "swap" || how == "cap" && i > 0):
				b[i] = c + 32
			}
		}
		return string(b)
	}
	var b strings.Builder
	first := true
	eachRune(s.s, func(r rune, text string) {
		h := how
		if how == "cap" {
			h = "down"
			if first {
				h = "title"
			}
		}
		if how == "swap" {
			h = "up"
			if unicode.IsUpper(r) {
				h = "down"
			} else if !unicode.IsLower(r) {
				h = ""
			}
		}
		first = false
		switch {
		case !utf8.ValidString(text) || h == "":
			b.WriteString(text)
		case h == "down" && r == 'İ':
			b.WriteString("i̇")
		case h == "down":
			b.WriteRune(unicode.ToLower(r))
		case r == 'ß' && h == "up":
			b.WriteString("SS")
		case r == 'ß':
			b.WriteString("Ss")
		case r == 'ﬁ' && h == "up":
			b.WriteString("FI")
		case h == "title":
			b.WriteRune(unicode.ToTitle(r))
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
	})
	return b.String()
}

func fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "ß", "ss"))
}

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
		i := -1
		if sep == "" {
			i = strings.Index(rest, "\n\n")
			if i >= 0 {
				i += 2
				for i < len(rest) && rest[i] == '\n' {
					i++
				}
			}
		} else if i = strings.Index(rest, sep); i >= 0 {
			i += len(sep)
		}
		line := rest
		if i >= 0 {
			line, rest = rest[:i], rest[i:]
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
	// pure registers a method that returns a new text, and its ! variant, which returns
	// nil when nothing changed.
	pure := func(name string, min, max int, f func(th *thread, s *String, a []Value) string) {
		def(name, min, max, func(th *thread, self Value, a []Value, blk *Proc) Value {
			s := strOf(self)
			r := f(th, s, a)
			th.charge(len(r))
			return th.like(s, r)
		})
		def(name+"!", min, max, func(th *thread, self Value, a []Value, blk *Proc) Value {
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
	for name, how := range map[string]string{"upcase": "up", "downcase": "down", "capitalize": "cap", "swapcase": "swap"} {
		pure(name, 0, -1, func(th *thread, s *String, a []Value) string { return mapCase(s, how) })
	}
	pure("strip", 0, 0, func(th *thread, s *String, a []Value) string { return rstrip(lstrip(s.s)) })
	pure("lstrip", 0, 0, func(th *thread, s *String, a []Value) string { return lstrip(s.s) })
	pure("rstrip", 0, 0, func(th *thread, s *String, a []Value) string { return rstrip(s.s) })
	pure("chomp", 0, 1, func(th *thread, s *String, a []Value) string {
		if len(a) == 0 {
			return chomp(s.s)
		}
		if a[0].isNil() {
			return s.s
		}
		if t := th.strArg(a[0]); t == "" {
			return strings.TrimRight(s.s, "\r\n")
		} else if t != "\n" {
			return strings.TrimSuffix(s.s, t)
		}
		return chomp(s.s)
	})
	pure("chop", 0, 0, func(th *thread, s *String, a []Value) string {
		if strings.HasSuffix(s.s, "\r\n") {
			return s.s[:len(s.s)-2]
		}
		cs := s.chars()
		if len(cs) == 0 {
			return ""
		}
		return s.s[:len(s.s)-len(cs[len(cs)-1])]
	})
	pure("reverse", 0, 0, func(th *thread, s *String, a []Value) string {
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
	pure("squeeze", 0, -1, func(th *thread, s *String, a []Value) string {
		in := func(rune) bool { return true }
		if len(a) > 0 {
			in = th.charSets(a)
		}
		var b strings.Builder
		last := ""
		eachRune(s.s, func(r rune, text string) {
			if text != last || !in(r) {
				b.WriteString(text)
			}
			last = text
		})
		return b.String()
	})
	pure("delete", 1, -1, func(th *thread, s *String, a []Value) string {
		in := th.charSets(a)
		var b strings.Builder
		eachRune(s.s, func(r rune, text string) {
			if !in(r) {
				b.WriteString(text)
			}
		})
		return b.String()
	})
	pure("tr", 2, 2, func(th *thread, s *String, a []Value) string {
		return th.tr(s.s, th.strArg(a[0]), th.strArg(a[1]), false)
	})
	pure("tr_s", 2, 2, func(th *thread, s *String, a []Value) string {
		return th.tr(s.s, th.strArg(a[0]), th.strArg(a[1]), true)
	})
	pure("delete_prefix", 1, 1, func(th *thread, s *String, a []Value) string { return strings.TrimPrefix(s.s, th.strArg(a[0])) })
	pure("delete_suffix", 1, 1, func(th *thread, s *String, a []Value) string { return strings.TrimSuffix(s.s, th.strArg(a[0])) })
	pure("succ", 0, 0, func(th *thread, s *String, a []Value) string { return succString(s.s) })
	pure("next", 0, 0, func(th *thread, s *String, a []Value) string { return succString(s.s) })

	def("[] slice", 1, 2, stringIndex)
	def("[]=", 2, 3, stringIndexSet)
	def("slice!", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
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
	def("length size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(strOf(self).length())) })
	def("bytesize", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(strOf(self).s))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(strOf(self).s == "") })
	def("to_s to_str", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(inspectString(strOf(self))) })
	def("dump", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(dumpString(strOf(self)))
	})
	def("undump", 0, 0, undump)
	def("to_sym intern", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return sym(strOf(self).s) })
	def("to_i", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		base := 10
		if len(a) > 0 {
			base = th.intArg(a[0])
			if base < 0 || base == 1 || base > 36 {
				th.raise(cArgumentError, "invalid radix %d", base)
			}
		}
		th.work(len(strOf(self).s))
		return leadingInt(strOf(self).s, base)
	})
	def("to_f", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(leadingFloat(strOf(self).s)) })
	def("to_r", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := strings.TrimSpace(strOf(self).s)
		n := 0
		for n < len(t) && n < 100 && (isDigit(t[n]) || strings.IndexByte("+-./", t[n]) >= 0) {
			n++
		}
		for ; n > 0; n-- {
			if strings.Contains(t[:n], "/0") {
				continue
			}
			if r := ratOfText(t[:n]); r.Sign() != 0 || n == 1 {
				return newRational(r)
			}
		}
		return newRational(ratOfText("0"))
	})
	def("to_c", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(leadingFloat(strOf(self).s)) })
	def("to_d", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &BigDecimal{r: ratOfText(formatFloat(leadingFloat(strOf(self).s)))}}
	})
	def("hex", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return leadingInt(strOf(self).s, 16) })
	def("oct", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := strings.TrimLeft(strOf(self).s, " +-")
		if len(t) > 1 && t[0] == '0' && strings.IndexByte("xXbBdD", t[1]) >= 0 {
			return leadingInt(strOf(self).s, 0)
		}
		return leadingInt(strOf(self).s, 8)
	})
	def("ord", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		if s.s == "" {
			th.raise(cArgumentError, "empty string")
		}
		if s.single() {
			return Int(int64(s.s[0]))
		}
		r, n := utf8.DecodeRuneInString(s.s)
		if r == utf8.RuneError && n == 1 {
			th.raise(cArgumentError, "invalid byte sequence in UTF-8")
		}
		return Int(int64(r))
	})
	def("chr", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := th.substr(strOf(self), 0, 1)
		return v
	})
	def("sum", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := int64(0)
		for i := range len(strOf(self).s) {
			n += int64(strOf(self).s[i])
		}
		return Int(n & 0xffff)
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
			th.raise(cArgumentError, "argument must be non-negative")
		}
		s := strOf(self)
		if n > 0 && len(s.s) > 1<<40/n {
			th.raise(cArgumentError, "argument too big")
		}
		th.charge(n * len(s.s))
		return th.like(s, strings.Repeat(s.s, n))
	})
	def("%", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		args := a
		if l, ok := a[0].o.(*Array); ok {
			args = l.list(th)
		}
		return th.str(th.format(strOf(self).s, args))
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
		for _, v := range a {
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
	def("+@", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if strOf(self).frozen {
			return th.like(strOf(self), strOf(self).s)
		}
		return self
	})
	def("-@ dedup", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if strOf(self).frozen {
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
	def("casecmp", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := a[0].o.(*String)
		if !ok {
			th.noConversion(a[0], "String")
		}
		lower := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= 'A' && r <= 'Z' {
					return r + 32
				}
				return r
			}, s)
		}
		return Int(int64(strings.Compare(lower(strOf(self).s), lower(t.s))))
	})
	def("casecmp?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := a[0].o.(*String)
		if !ok {
			return vNil
		}
		return Bool(fold(strOf(self).s) == fold(t.s))
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
	def("count", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		in := th.charSets(a)
		n := int64(0)
		eachRune(strOf(self).s, func(r rune, text string) {
			if in(r) {
				n++
			}
		})
		return Int(n)
	})
	def("split", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		parts := th.split(s, a)
		if blk != nil {
			for _, p := range parts {
				th.yield1(blk, th.like(s, p))
			}
			return self
		}
		items := make([]Value, len(parts))
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
		def(plural, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(f(th, strOf(self), a)) })
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
	def("ljust", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.pad(strOf(self), a, false, true) })
	def("rjust", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.pad(strOf(self), a, true, false) })
	def("center", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.pad(strOf(self), a, true, true) })
	part := func(th *thread, s *String, lo, hi int) Value {
		return th.array([]Value{th.like(s, s.s[:lo]), th.like(s, s.s[lo:hi]), th.like(s, s.s[hi:])})
	}
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
	def("unpack", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array(th.unpack(strOf(self).s, th.strArg(a[0])))
	})
	def("unpack1", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if l := th.unpack(strOf(self).s, th.strArg(a[0])); len(l) > 0 {
			return l[0]
		}
		return vNil
	})
	def("freeze", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		strOf(self).frozen = true
		return self
	})

	sdef := cSymbol.def
	name := func(v Value) string { return v.o.(*Symbol).name }
	sdef("to_s name id2name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(name(self)) })
	sdef("to_sym", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	sdef("to_proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: symbolProc(name(self))} })
	sdef("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(inspectSymbol(name(self))) })
	sdef("== ===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	sdef("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Symbol); !ok {
			return vNil
		}
		return Int(int64(strings.Compare(name(self), name(a[0]))))
	})
	sdef("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.hashOf(self) })
	for _, m := range []string{"length", "size", "empty?", "[]", "=~", "match", "match?", "start_with?", "end_with?", "casecmp", "casecmp?", "encoding"} {
		sdef(m, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			args := slices.Clone(a)
			for i, v := range args {
				if s, ok := v.o.(*Symbol); ok {
					args[i] = th.str(s.name)
				}
			}
			return th.sendBlock(th.str(name(self)), m, args, blk)
		})
	}
	for _, m := range []string{"upcase", "downcase", "capitalize", "swapcase", "succ"} {
		sdef(m, 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return sym(th.toS(th.sendBlock(th.str(name(self)), m, a, blk)))
		})
	}
	cSymbol.include(mComparable)
}
