package onig

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Flags are the options of a pattern.
type Flags uint8

const (
	IgnoreCase Flags = 1 << iota // i
	Extended                     // x
	DotAll                       // m
	Bytes                        // n, or a text that is no UTF-8: match bytes, not characters
)

// SyntaxError tells why a pattern cannot be compiled.
type SyntaxError struct{ Message, Pattern string }

func (e *SyntaxError) Error() string { return e.Message + ": /" + e.Pattern + "/" }

type kind uint8

const (
	kEmpty kind = iota
	kLit
	kSet
	kAny
	kCat
	kAlt
	kRep
	kGroup // capture
	kLook
	kAtomic
	kAnchor
	kBackref
	kCall
	kKeep
	kAbsent
	kCond
	kLinebreak // \R
	kGrapheme  // \X
	kFail
)

type node struct {
	kind     kind
	lit      rune
	raw      bool // lit is a byte
	fold     bool
	dotAll   bool
	set      *set
	subs     []*node
	min, max int // of kRep; max -1 is no limit
	mode     byte
	n        int // group
	names    []int
	name     string
	behind   bool
	neg      bool
}

type parser struct {
	src    string
	pos    int
	flags  Flags
	groups int
	names  map[string][]int
	order  []string
	named  bool
	depth  int
	size   int
	calls  bool
}

const maxDepth = 250

func (p *parser) fail(format string, args ...any) {
	panic(&SyntaxError{fmt.Sprintf(format, args...), p.src})
}

func (p *parser) more() bool { return p.pos < len(p.src) }

func (p *parser) peek() byte {
	if p.pos < len(p.src) {
		return p.src[p.pos]
	}
	return 0
}

func (p *parser) rune() (rune, bool) {
	if p.flags&Bytes != 0 {
		p.pos++
		return rune(p.src[p.pos-1]), p.src[p.pos-1] >= 0x80
	}
	r, n := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += n
	if r == utf8.RuneError && n == 1 {
		return rune(p.src[p.pos-1]), true
	}
	return r, false
}

// hasNamed finds out whether there are named groups: then plain ones do not capture.
func hasNamed(s string) bool {
	class := 0
	for i := 0; i+3 < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '[':
			class++
		case s[i] == ']' && class > 0:
			class--
		case class == 0 && s[i] == '(' && s[i+1] == '?' && (s[i+2] == '<' && s[i+3] != '=' && s[i+3] != '!' || s[i+2] == '\''):
			return true
		}
	}
	return false
}

func (p *parser) alt() *node {
	if p.depth++; p.depth > maxDepth {
		p.fail("too deep nest level")
	}
	flags := p.flags
	n := p.cat()
	if p.peek() == '|' && p.more() {
		n = &node{kind: kAlt, subs: []*node{n}}
		for p.more() && p.peek() == '|' {
			p.pos++
			n.subs = append(n.subs, p.cat())
		}
	}
	p.flags = flags
	p.depth--
	return n
}

func (p *parser) cat() *node {
	n := &node{kind: kCat}
	for p.more() {
		switch c := p.peek(); {
		case c == '|' || c == ')':
			return n
		case p.flags&Extended != 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'):
			p.pos++
			continue
		case p.flags&Extended != 0 && c == '#':
			for p.more() && p.peek() != '\n' {
				p.pos++
			}
			continue
		}
		a := p.atom()
		if a == nil {
			continue
		}
		if a.kind == kFail+1 {
			// (?i) up to the end of the group: what follows is its body, | included.
			n.subs = append(n.subs, a.subs...)
			return n
		}
		n.subs = append(n.subs, p.quantifiers(a))
		if p.size++; p.size > 100000 {
			p.fail("too big pattern")
		}
	}
	return n
}

func (p *parser) quantifiers(a *node) *node {
	for p.more() {
		if p.flags&Extended != 0 {
			// White space may stand before a quantifier only in theory; nobody does.
		}
		min, max := 0, -1
		interval := false
		start := p.pos
		switch p.peek() {
		case '*':
		case '+':
			min = 1
		case '?':
			max = 1
		case '{':
			var ok bool
			if min, max, ok = p.interval(); !ok {
				return a
			}
			interval = true
			p.pos--
		default:
			return a
		}
		p.pos++
		mode := byte('g')
		switch {
		case p.peek() == '?' && p.more():
			p.pos++
			mode = 'l'
			if interval && min == max && strings.IndexByte(p.src[start:p.pos], ',') < 0 {
				// a{n}? is (?:a{n})? in Ruby.
				a = &node{kind: kRep, subs: []*node{a}, min: min, max: max, mode: 'g'}
				min, max, mode = 0, 1, 'g'
			}
		case p.peek() == '+' && p.more() && !interval:
			p.pos++
			mode = 'p'
		}
		switch a.kind {
		case kAnchor, kLook, kKeep:
			if a.kind == kAnchor && (min > 0 || max != 0) {
				if min == 0 {
					a = &node{kind: kEmpty}
				}
				continue
			}
		}
		a = &node{kind: kRep, subs: []*node{a}, min: min, max: max, mode: mode}
		if p.depth++; p.depth > maxDepth*8 {
			p.fail("too deep nest level")
		}
	}
	return a
}

func (p *parser) interval() (min, max int, ok bool) {
	end := strings.IndexByte(p.src[p.pos:], '}')
	if end < 0 {
		return
	}
	body := p.src[p.pos+1 : p.pos+end]
	lo, hi, comma := strings.Cut(body, ",")
	num := func(s string, def int) (int, bool) {
		if s == "" {
			return def, true
		}
		for i := range len(s) {
			if s[i] < '0' || s[i] > '9' {
				return 0, false
			}
		}
		n, err := strconv.Atoi(s)
		if err != nil || n > 100000 {
			p.fail("too big number for repeat range")
		}
		return n, true
	}
	if body == "" || body == "," {
		return
	}
	if min, ok = num(lo, 0); !ok {
		return
	}
	if !comma {
		if lo == "" {
			return 0, 0, false
		}
		max = min
	} else if max, ok = num(hi, -1); !ok {
		return
	}
	if max >= 0 && min > max {
		min, max = max, min
	}
	p.pos += end + 1
	return min, max, true
}

func (p *parser) atom() *node {
	c := p.peek()
	switch c {
	case '(':
		return p.group()
	case '[':
		p.pos++
		s := p.class()
		return p.setNode(s)
	case '.':
		p.pos++
		return &node{kind: kAny, dotAll: p.flags&DotAll != 0}
	case '^', '$':
		p.pos++
		return &node{kind: kAnchor, mode: c}
	case '*', '+', '?':
		p.fail("target of repeat operator is not specified")
	case '\\':
		return p.escape()
	}
	r, raw := p.rune()
	return p.literal(r, raw)
}

func (p *parser) literal(r rune, raw bool) *node {
	return &node{kind: kLit, lit: r, raw: raw, fold: p.flags&IgnoreCase != 0 && !raw && hasFold(r)}
}

func (p *parser) setNode(s *set) *node {
	if p.flags&IgnoreCase != 0 {
		s = s.folded()
	}
	return &node{kind: kSet, set: s}
}

func (p *parser) group() *node {
	p.pos++
	if p.peek() != '?' || p.pos+1 >= len(p.src) {
		if p.named {
			n := p.alt()
			p.close()
			return n
		}
		p.groups++
		g := &node{kind: kGroup, n: p.groups}
		g.subs = []*node{p.alt()}
		p.close()
		return g
	}
	p.pos++
	c := p.peek()
	p.pos++
	sub := func() *node {
		n := p.alt()
		p.close()
		return n
	}
	switch c {
	case ':':
		return sub()
	case '=', '!':
		return &node{kind: kLook, neg: c == '!', subs: []*node{sub()}}
	case '>':
		return &node{kind: kAtomic, subs: []*node{sub()}}
	case '~':
		return &node{kind: kAbsent, subs: []*node{sub()}}
	case '#':
		i := strings.IndexByte(p.src[p.pos:], ')')
		if i < 0 {
			p.fail("end pattern in group")
		}
		p.pos += i + 1
		return nil
	case '(':
		return p.conditional()
	case '<', '\'':
		if c == '<' && (p.peek() == '=' || p.peek() == '!') {
			neg := p.peek() == '!'
			p.pos++
			return &node{kind: kLook, behind: true, neg: neg, subs: []*node{sub()}}
		}
		name := p.name(c)
		if name == "" {
			p.fail("group name is empty")
		}
		if name[0] >= '0' && name[0] <= '9' || name[0] == '-' {
			p.fail("invalid group name <%s>", name)
		}
		p.groups++
		g := &node{kind: kGroup, n: p.groups}
		if p.names[name] == nil {
			p.order = append(p.order, name)
		}
		p.names[name] = append(p.names[name], g.n)
		g.subs = []*node{sub()}
		return g
	}
	p.pos--
	return p.options()
}

func (p *parser) close() {
	if p.peek() != ')' || !p.more() {
		p.fail("end pattern with unmatched parenthesis")
	}
	p.pos++
}

func (p *parser) name(open byte) string {
	end := byte('>')
	if open == '\'' {
		end = '\''
	}
	i := strings.IndexByte(p.src[p.pos:], end)
	if i < 0 {
		p.fail("invalid group name <>")
	}
	s := p.src[p.pos : p.pos+i]
	p.pos += i + 1
	return s
}

// options parses (?imx-imx) and (?imx-imx:...).
func (p *parser) options() *node {
	flags, on := p.flags, true
	for {
		if !p.more() {
			p.fail("end pattern in group")
		}
		c := p.peek()
		p.pos++
		var f Flags
		switch c {
		case 'i':
			f = IgnoreCase
		case 'm':
			f = DotAll
		case 'x':
			f = Extended
		case 'a', 'u', 'd':
		case '-':
			on = false
			continue
		case ')', ':':
			outer := p.flags
			p.flags = flags
			n := p.alt()
			p.flags = outer
			if c == ':' {
				p.close()
				return n
			}
			// The rest of the group is inside; its end is seen by the caller.
			return &node{kind: kFail + 1, subs: []*node{n}}
		default:
			p.fail("undefined group option")
		}
		if on {
			flags |= f
		} else {
			flags &^= f
		}
	}
}

func (p *parser) conditional() *node {
	i := strings.IndexByte(p.src[p.pos:], ')')
	if i < 0 {
		p.fail("invalid conditional pattern")
	}
	ref := strings.Trim(p.src[p.pos:p.pos+i], "<>'")
	p.pos += i + 1
	n := &node{kind: kCond}
	if k, err := strconv.Atoi(ref); err == nil {
		n.names = []int{k}
	} else {
		n.name = ref
	}
	body := p.alt()
	p.close()
	yes, no := body, &node{kind: kEmpty}
	if body.kind == kAlt {
		if len(body.subs) > 2 {
			p.fail("invalid conditional pattern")
		}
		yes, no = body.subs[0], body.subs[1]
	}
	n.subs = []*node{yes, no}
	return n
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func (p *parser) escape() *node {
	p.pos++
	if !p.more() {
		p.fail("too short escape sequence")
	}
	c := p.peek()
	switch c {
	case 'A', 'z', 'Z', 'b', 'B', 'G':
		p.pos++
		return &node{kind: kAnchor, mode: c}
	case 'K':
		p.pos++
		return &node{kind: kKeep}
	case 'R':
		p.pos++
		return &node{kind: kLinebreak}
	case 'X':
		p.pos++
		return &node{kind: kGrapheme}
	case 'k':
		if p.pos+1 < len(p.src) && (p.src[p.pos+1] == '<' || p.src[p.pos+1] == '\'') {
			p.pos += 2
			name := p.name(p.src[p.pos-1])
			n := &node{kind: kBackref, fold: p.flags&IgnoreCase != 0}
			if k, err := strconv.Atoi(name); err == nil {
				if k < 0 {
					k = p.groups + 1 + k
				}
				n.names = []int{k}
			} else {
				n.name = name
			}
			return n
		}
	case 'g':
		if p.pos+1 < len(p.src) && (p.src[p.pos+1] == '<' || p.src[p.pos+1] == '\'') {
			p.pos += 2
			name := p.name(p.src[p.pos-1])
			p.calls = true
			n := &node{kind: kCall, name: name, n: -1}
			if k, err := strconv.Atoi(name); err == nil {
				if name[0] == '-' {
					k = p.groups + 1 + k
				} else if name[0] == '+' {
					k = p.groups + k
				}
				n.n = k
			}
			return n
		}
	}
	if s := p.classEscape(); s != nil {
		return p.setNode(s)
	}
	if c >= '1' && c <= '9' {
		i := p.pos
		for i < len(p.src) && p.src[i] >= '0' && p.src[i] <= '9' && i-p.pos < 3 {
			i++
		}
		k, _ := strconv.Atoi(p.src[p.pos:i])
		if k <= 9 || k <= p.groups {
			if p.named {
				p.fail("numbered backref/call is not allowed. (use name)")
			}
			p.pos = i
			return &node{kind: kBackref, names: []int{k}, fold: p.flags&IgnoreCase != 0}
		}
	}
	r, raw := p.charEscape()
	return p.literal(r, raw)
}

// charEscape reads an escape that stands for one character; the position is after the
// backslash.
func (p *parser) charEscape() (r rune, raw bool) {
	c := p.peek()
	p.pos++
	switch c {
	case 't':
		return '\t', false
	case 'n':
		return '\n', false
	case 'r':
		return '\r', false
	case 'f':
		return '\f', false
	case 'v':
		return '\v', false
	case 'a':
		return 7, false
	case 'e':
		return 27, false
	case 'x':
		i := p.pos
		if p.peek() == '{' {
			end := strings.IndexByte(p.src[i:], '}')
			if end > 0 {
				if n, err := strconv.ParseUint(p.src[i+1:i+end], 16, 32); err == nil && n <= 0x10ffff {
					p.pos = i + end + 1
					return rune(n), false
				}
			}
			p.fail("invalid hex escape")
		}
		for i < len(p.src) && i < p.pos+2 && isHex(p.src[i]) {
			i++
		}
		if i == p.pos {
			p.fail("invalid hex escape")
		}
		n, _ := strconv.ParseUint(p.src[p.pos:i], 16, 8)
		p.pos = i
		if n < 0x80 {
			return rune(n), false
		}
		if p.flags&Bytes == 0 {
			// Several \x bytes may spell one UTF-8 character.
			buf := []byte{byte(n)}
			at := p.pos
			for len(buf) < 4 && !utf8.Valid(buf) && strings.HasPrefix(p.src[at:], `\x`) && at+4 <= len(p.src) {
				m, err := strconv.ParseUint(p.src[at+2:at+4], 16, 8)
				if err != nil || m&0xc0 != 0x80 {
					break
				}
				buf = append(buf, byte(m))
				at += 4
			}
			if r, size := utf8.DecodeRune(buf); r != utf8.RuneError && size == len(buf) {
				p.pos = at
				return r, false
			}
		}
		return rune(n), true
	case 'u':
		if p.peek() == '{' {
			end := strings.IndexByte(p.src[p.pos:], '}')
			if end > 0 {
				if n, err := strconv.ParseUint(strings.TrimSpace(p.src[p.pos+1:p.pos+end]), 16, 32); err == nil && n <= 0x10ffff {
					p.pos += end + 1
					return rune(n), false
				}
			}
			p.fail("invalid Unicode escape")
		}
		if p.pos+4 <= len(p.src) {
			if n, err := strconv.ParseUint(p.src[p.pos:p.pos+4], 16, 32); err == nil {
				p.pos += 4
				return rune(n), false
			}
		}
		p.fail("invalid Unicode escape")
	case 'c':
		if p.more() {
			r, _ := p.rune()
			return r & 0x1f, false
		}
		p.fail("too short control sequence")
	case '0', '1', '2', '3', '4', '5', '6', '7':
		i := p.pos
		for i < len(p.src) && i < p.pos+2 && p.src[i] >= '0' && p.src[i] <= '7' {
			i++
		}
		n, _ := strconv.ParseUint(p.src[p.pos-1:i], 8, 16)
		p.pos = i
		return rune(n & 0xff), n >= 0x80
	}
	p.pos--
	return p.rune()
}

// classEscape reads \w and its kin; nil when there is none.
func (p *parser) classEscape() *set {
	c := p.peek()
	var s *set
	switch c {
	case 'w', 'W':
		s = setWord
	case 'd', 'D':
		s = setDigit
	case 's', 'S':
		s = setSpace
	case 'h', 'H':
		s = setHex
	case 'p', 'P':
		if p.pos+1 >= len(p.src) || p.src[p.pos+1] != '{' {
			return nil
		}
		end := strings.IndexByte(p.src[p.pos:], '}')
		if end < 0 {
			p.fail("invalid character property name {%s}", p.src[p.pos+2:])
		}
		name := p.src[p.pos+2 : p.pos+end]
		p.pos += end + 1
		neg := c == 'P'
		if strings.HasPrefix(name, "^") {
			neg, name = !neg, name[1:]
		}
		s = property(name)
		if s == nil {
			p.fail("invalid character property name {%s}", name)
		}
		if neg {
			return s.negated()
		}
		return s
	default:
		return nil
	}
	p.pos++
	if c < 'a' {
		return s.negated()
	}
	return s
}

// class reads a character class; the position is after its [.
func (p *parser) class() *set {
	if p.depth++; p.depth > maxDepth {
		p.fail("too deep nest level")
	}
	defer func() { p.depth-- }()
	neg := false
	if p.peek() == '^' && p.more() {
		neg = true
		p.pos++
	}
	cur := &set{}
	var and *set
	first := true
	for {
		if !p.more() {
			p.fail("premature end of char-class")
		}
		c := p.peek()
		if c == ']' && !first {
			p.pos++
			break
		}
		if c == ']' && strings.IndexByte(p.src[p.pos+1:], ']') < 0 {
			p.fail("empty char-class")
		}
		first = false
		switch {
		case c == '[' && strings.HasPrefix(p.src[p.pos:], "[:"):
			if end := strings.Index(p.src[p.pos:], ":]"); end > 0 {
				name := p.src[p.pos+2 : p.pos+end]
				n := strings.HasPrefix(name, "^")
				name = strings.TrimPrefix(name, "^")
				if s := posix(name); s != nil {
					if n {
						s = s.negated()
					}
					cur = cur.union(s)
					p.pos += end + 2
					continue
				}
			}
			p.pos++
			cur = cur.union(p.class())
			continue
		case c == '[':
			p.pos++
			cur = cur.union(p.class())
			continue
		case strings.HasPrefix(p.src[p.pos:], "&&"):
			p.pos += 2
			if and == nil {
				and = cur
			} else {
				and = and.intersect(cur)
			}
			cur = &set{}
			first = true
			if p.peek() == ']' {
				first = false
			}
			continue
		}
		if c == '\\' {
			p.pos++
			if !p.more() {
				p.fail("end pattern at escape")
			}
			if p.peek() == 'b' {
				p.pos++
				cur = p.rangeFrom(cur, 8, false)
				continue
			}
			if p.peek() == 'R' || p.peek() == 'X' {
				p.pos++
				continue
			}
			if s := p.classEscape(); s != nil {
				cur = cur.union(s)
				continue
			}
			r, raw := p.charEscape()
			cur = p.rangeFrom(cur, r, raw)
			continue
		}
		r, raw := p.rune()
		cur = p.rangeFrom(cur, r, raw)
	}
	if and != nil {
		cur = and.intersect(cur)
	}
	if neg {
		// Negation comes after folding: [^a] with i excludes A too.
		if p.flags&IgnoreCase != 0 {
			cur = cur.folded()
		}
		return cur.negated()
	}
	return cur
}

// rangeFrom adds r, or r-x when a range follows.
func (p *parser) rangeFrom(s *set, r rune, raw bool) *set {
	hi := r
	if p.peek() == '-' && p.pos+1 < len(p.src) && p.src[p.pos+1] != ']' && !strings.HasPrefix(p.src[p.pos+1:], "&&") {
		mark := p.pos
		p.pos++
		if p.peek() == '[' {
			p.pos = mark
		} else if p.peek() == '\\' {
			p.pos++
			if p.more() && strings.IndexByte("wWdDsShHpPR", p.peek()) >= 0 {
				p.pos = mark
				p.pos++
				return s.add(r, r).add('-', '-')
			}
			hi, raw = p.charEscape()
		} else {
			hi, raw = p.rune()
		}
		if hi < r {
			p.fail("empty range in char class")
		}
	}
	_ = raw
	return s.add(r, hi)
}
