package onig

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError is a mistake in a pattern. Offset is in bytes.
type SyntaxError struct {
	Pattern string
	Offset  int
	Message string
}

func (e *SyntaxError) Error() string {
	text := fmt.Sprintf("%s, at character %d of /%s/", e.Message, utf8.RuneCountInString(e.Pattern[:e.Offset])+1, e.Pattern)
	if fix := e.Fix(); fix != "" {
		text += "; " + fix
	}
	return text
}

// Flags are the options behind a Ruby pattern.
type Flags uint8

// The options: /i, /x, /m (a dot matches a newline), and /n for texts that are no UTF-8:
// every byte is a character, and only ASCII has letters.
const (
	IgnoreCase Flags = 1 << iota
	Extended
	DotAll
	Bytes
	unicodeWords // (?u)
)

type parser struct {
	src    string
	i      int
	flags  Flags
	named  bool // there are named groups, so plain ones do not capture
	groups int
	names  []string         // in order of appearance
	index  map[string][]int // the groups of a name
	bodies map[int]*node    // of the groups, for \g; 0 is the whole pattern
	self   map[int]bool     // groups that call themselves
	depth  int
	copied int // parts of groups that \g calls
}

// maxDepth is how deep groups may nest.
const maxDepth = 250

func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{p.src, min(at, len(p.src)), fmt.Sprintf(format, args...)}
}

func (p *parser) more() bool { return p.i < len(p.src) }

func (p *parser) peek() byte {
	if p.i < len(p.src) {
		return p.src[p.i]
	}
	return 0
}

func (p *parser) next() rune {
	r, n := utf8.DecodeRuneInString(p.src[p.i:])
	p.i += n
	return r
}

func (p *parser) take(prefix string) bool {
	if strings.HasPrefix(p.src[p.i:], prefix) {
		p.i += len(prefix)
		return true
	}
	return false
}

// hasNames looks ahead for a named group, which changes the meaning of plain groups.
func hasNames(src string) bool {
	class := 0
	for i := 0; i < len(src); i++ {
		switch {
		case src[i] == '\\':
			i++
		case src[i] == '[':
			class++
		case src[i] == ']' && class > 0:
			class--
		case class == 0 && (strings.HasPrefix(src[i:], "(?<") || strings.HasPrefix(src[i:], "(?'")):
			if rest := src[i+3:]; src[i+2] == '\'' || rest != "" && rest[0] != '=' && rest[0] != '!' {
				return true
			}
		}
	}
	return false
}

func parse(src string, flags Flags) (*parser, *node, error) {
	p := &parser{src: src, flags: flags, named: hasNames(src), index: map[string][]int{}, bodies: map[int]*node{}, self: map[int]bool{}}
	n, err := p.alternatives()
	if err != nil {
		return nil, nil, err
	}
	if p.more() {
		return nil, nil, p.fail(p.i, "unmatched close parenthesis")
	}
	p.bodies[0] = &node{op: opCapture, subs: []*node{n}}
	if err := p.resolve(p.bodies[0], nil); err != nil {
		return nil, nil, err
	}
	return p, p.bodies[0].subs[0], nil
}

// alternatives reads up to the end of the group. Options set inside hold up to there.
func (p *parser) alternatives() (*node, error) {
	alts, err := p.branches()
	if err != nil {
		return nil, err
	}
	return alternatives(alts), nil
}

func (p *parser) branches() ([]*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(p.i, "groups are nested too deep")
	}
	before := p.flags
	defer func() { p.flags = before; p.depth-- }()
	var alts []*node
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alts = append(alts, n)
		if !p.take("|") {
			break
		}
	}
	return alts, nil
}

func (p *parser) sequence() (*node, error) {
	seq := &node{op: opCat}
	for p.more() && p.peek() != '|' && p.peek() != ')' {
		if p.flags&Extended != 0 {
			if strings.IndexByte(" \t\n\r\f\v", p.peek()) >= 0 {
				p.i++
				continue
			}
			if p.peek() == '#' {
				for p.more() && p.next() != '\n' {
				}
				continue
			}
		}
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		if n, err = p.repeats(n); err != nil {
			return nil, err
		}
		seq.subs = append(seq.subs, n)
	}
	seq.subs = joined(seq.subs)
	switch len(seq.subs) {
	case 0:
		return &node{op: opEmpty}, nil
	case 1:
		return seq.subs[0], nil
	}
	return seq, nil
}

func (p *parser) repeats(n *node) (*node, error) {
	for p.more() {
		r := &node{op: opRepeat, subs: []*node{n}, max: -1}
		interval := false
		switch p.peek() {
		case '*':
		case '+':
			r.min = 1
		case '?':
			r.max = 1
		case '{':
			var ok bool
			if r.min, r.max, ok = p.interval(); !ok {
				return n, nil
			}
			if r.max >= 0 && r.min > r.max {
				r.min, r.max = r.max, r.min
			}
			if r.min > 100000 || r.max > 100000 {
				return nil, p.fail(p.i, "too big number in a repetition")
			}
			interval = true
		default:
			return n, nil
		}
		if !interval {
			p.i++
		}
		switch {
		case p.peek() == '?' && interval && r.min == r.max: // {n}? is ({n})? in Ruby
		case p.more() && p.peek() == '?':
			p.i++
			r.mode = lazy
		case !interval && p.more() && p.peek() == '+':
			p.i++
			r.mode = possessive
		}
		n = r
	}
	return n, nil
}

// interval reads {n}, {n,}, {,m}, {n,m}; anything else is literal text.
func (p *parser) interval() (least, most int, ok bool) {
	end := strings.IndexByte(p.src[p.i:], '}')
	if end < 0 {
		return 0, 0, false
	}
	lo, hi, comma := strings.Cut(p.src[p.i+1:p.i+end], ",")
	if !comma {
		hi = lo
	}
	if lo == "" && hi == "" {
		return 0, 0, false
	}
	number := func(s string, missing int) (int, bool) {
		if s == "" {
			return missing, true
		}
		n, err := strconv.ParseUint(s, 10, 31)
		return int(n), err == nil
	}
	least, ok1 := number(lo, 0)
	most, ok2 := number(hi, -1)
	if !ok1 || !ok2 {
		return 0, 0, false
	}
	p.i += end + 1
	return least, most, true
}

func (p *parser) rune(r rune) *node {
	if p.flags&IgnoreCase != 0 {
		f := p.folded(set{r, r})
		if f.has('ß') && p.flags&Bytes == 0 {
			return alternatives([]*node{{op: opSet, set: f}, {op: opCat, subs: []*node{folded('s'), folded('s')}}})
		}
		if len(f) > 2 || f[0] != f[1] {
			return &node{op: opSet, set: f, r: f[0]}
		}
	}
	return &node{op: opRune, r: r}
}

// folded adds the other cases of the letters of a set.
func (p *parser) folded(s set) set {
	f := s.folded()
	if p.flags&Bytes != 0 {
		f = append(f.and(set{0, utf8.RuneSelf - 1}), s...).normal()
	}
	return f
}

// posix returns the characters of [[:name:]].
func (p *parser) posix(name string) (set, bool) {
	s, ok := posix(name)
	if p.flags&Bytes != 0 {
		s = s.and(set{0, utf8.RuneSelf - 1})
	}
	return s, ok
}

func folded(r rune) *node { return &node{op: opSet, set: set{r, r}.folded(), r: unicode.ToUpper(r)} }

// joined turns two letters s of any case into what stands for ß, too: the one letter
// whose other case has two that people do use.
func joined(subs []*node) []*node {
	isS := func(n *node) bool { return n.op == opSet && n.r == 'S' }
	for i := 0; i+1 < len(subs); i++ {
		if isS(subs[i]) && isS(subs[i+1]) {
			pair := alternatives([]*node{{op: opCat, subs: []*node{subs[i], subs[i+1]}}, {op: opSet, set: set{'ß', 'ß'}.folded()}})
			subs = append(append(subs[:i:i], pair), subs[i+2:]...)
		}
	}
	return subs
}

func (p *parser) atom() (*node, error) {
	start := p.i
	switch c := p.peek(); c {
	case '(':
		p.i++
		return p.group(start)
	case '[':
		p.i++
		s, err := p.class()
		if err != nil {
			return nil, err
		}
		return &node{op: opSet, set: s}, nil
	case '.':
		p.i++
		if p.flags&DotAll != 0 {
			return &node{op: opSet, set: anyRune}, nil
		}
		return &node{op: opSet, set: newlines.not()}, nil
	case '^':
		p.i++
		return &node{op: opBeginLine}, nil
	case '$':
		p.i++
		return &node{op: opEndLine}, nil
	case '*', '+', '?':
		return nil, p.fail(start, "target of repeat operator is not specified")
	case '\\':
		p.i++
		return p.escape(start)
	}
	return p.rune(p.next()), nil
}

func (p *parser) group(start int) (*node, error) {
	if !p.take("?") {
		if p.named {
			return p.closed(start, opCat)
		}
		return p.capture(start, "")
	}
	switch {
	case p.take("#"):
		end := strings.IndexByte(p.src[p.i:], ')')
		if end < 0 {
			return nil, p.fail(start, "end pattern in group")
		}
		p.i += end + 1
		return nil, nil
	case p.take(":"):
		return p.closed(start, opCat)
	case p.take(">"):
		return p.closed(start, opAtomic)
	case p.take("="), p.take("!"), p.take("<="), p.take("<!"):
		return p.look(start, p.src[p.i-2] == '<', p.src[p.i-1] == '!')
	case p.take("<"), p.take("'"):
		name, err := p.name(p.src[p.i-1])
		if err != nil {
			return nil, err
		}
		if c := name[0]; '0' <= c && c <= '9' || c == '-' {
			return nil, p.fail(start, "invalid group name <%s>", name)
		}
		return p.capture(start, name)
	case p.take("("):
		return p.conditional(start)
	case p.take("~"):
		return p.closed(start, opAbsent)
	}
	return p.options(start)
}

func (p *parser) closed(start int, o op) (*node, error) {
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.fail(start, "end pattern with unmatched parenthesis")
	}
	if o == opCat {
		return n, nil
	}
	return &node{op: o, subs: []*node{n}}, nil
}

func (p *parser) look(start int, behind, negative bool) (*node, error) {
	n, err := p.closed(start, opLook)
	if err != nil {
		return nil, err
	}
	n.behind, n.negative, n.at = behind, negative, start
	return n, nil
}

func (p *parser) capture(start int, name string) (*node, error) {
	p.groups++
	index := p.groups
	if name != "" {
		if p.index[name] == nil {
			p.names = append(p.names, name)
		}
		p.index[name] = append(p.index[name], index)
	}
	n, err := p.closed(start, opCapture)
	if err != nil {
		return nil, err
	}
	n.index = index
	p.bodies[index] = n
	return n, nil
}

func (p *parser) name(open byte) (string, error) {
	closing := byte('>')
	if open != '<' {
		closing = open
	}
	end := strings.IndexByte(p.src[p.i:], closing)
	if end <= 0 || strings.IndexByte(p.src[p.i:p.i+end], ')') >= 0 {
		return "", p.fail(p.i, "group name is empty or has no end")
	}
	name := p.src[p.i : p.i+end]
	p.i += end + 1
	return name, nil
}

func (p *parser) conditional(start int) (*node, error) {
	end := strings.IndexByte(p.src[p.i:], ')')
	if end <= 0 {
		return nil, p.fail(start, "invalid conditional pattern")
	}
	name := strings.Trim(p.src[p.i:p.i+end], "<>'")
	p.i += end + 1
	subs, err := p.branches()
	switch {
	case err != nil:
		return nil, err
	case !p.take(")"):
		return nil, p.fail(start, "end pattern with unmatched parenthesis")
	case len(subs) > 2:
		return nil, p.fail(start, "invalid conditional pattern")
	}
	return &node{op: opCondition, subs: subs, name: name, at: start}, nil
}

// options reads (?imx-imx) and (?imx-imx:…).
func (p *parser) options(start int) (*node, error) {
	flags, on := p.flags, true
	for {
		if !p.more() {
			return nil, p.fail(start, "end pattern in group")
		}
		var f Flags
		switch c := p.next(); c {
		case 'i':
			f = IgnoreCase
		case 'x':
			f = Extended
		case 'm':
			f = DotAll
		case 'u':
			f = unicodeWords
		case 'a', 'd':
			flags &^= unicodeWords
		case '-':
			on = false
		case ')':
			// The options hold for all that is left of the group, alternatives included.
			p.flags = flags
			return p.alternatives()
		case ':':
			before := p.flags
			p.flags = flags
			n, err := p.closed(start, opCat)
			p.flags = before
			return n, err
		default:
			return nil, p.fail(start, "undefined group option")
		}
		if on {
			flags |= f
		} else {
			flags &^= f
		}
	}
}

func (p *parser) words() set {
	if p.flags&unicodeWords != 0 {
		s, _ := posix("word")
		return s
	}
	return words
}

func validRune(r int64) bool { return 0 <= r && r <= unicode.MaxRune && (r < 0xD800 || r > 0xDFFF) }
