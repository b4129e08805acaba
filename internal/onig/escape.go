package onig

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// escape reads what follows a backslash outside of a class.
func (p *parser) escape(start int) (*node, error) {
	if !p.more() {
		return nil, p.fail(start, "too short escape sequence")
	}
	if s, ok, err := p.classEscape(); ok || err != nil {
		return &node{op: opSet, set: s}, err
	}
	c := p.peek()
	simple := map[byte]op{'A': opBeginText, 'z': opEndText, 'Z': opEndTextLine, 'b': opWordEdge, 'B': opNotWordEdge, 'G': opSearchStart, 'K': opKeep}
	if o, ok := simple[c]; ok {
		p.i++
		if p.flags&Bytes != 0 && (o == opWordEdge || o == opNotWordEdge) {
			return standing(map[op]string{opWordEdge: asciiEdge, opNotWordEdge: asciiNoEdge}[o]), nil
		}
		return &node{op: o}, nil
	}
	switch {
	case c == 'R', c == 'X':
		p.i++
		return standing(map[byte]string{'R': lineBreak, 'X': grapheme}[c]), nil
	case c == 'k' || c == 'g':
		p.i++
		if open := p.peek(); open == '<' || open == '\'' {
			p.i++
			name, err := p.name(open)
			if err != nil {
				return nil, err
			}
			if i, err := strconv.Atoi(name); err == nil && i < 0 {
				name = strconv.Itoa(p.groups + 1 + i)
			}
			if c == 'k' {
				return p.reference(start, opBackref, name), nil
			}
			return p.reference(start, opCall, name), nil
		}
		return p.rune(rune(c)), nil
	case '1' <= c && c <= '9':
		end := p.i
		for end < len(p.src) && '0' <= p.src[end] && p.src[end] <= '9' {
			end++
		}
		// A number beyond the groups is an octal character, or literal digits.
		if n, _ := strconv.Atoi(p.src[p.i:end]); n <= 9 || n <= strings.Count(p.src, "(") {
			name := p.src[p.i:end]
			p.i = end
			if p.named {
				return nil, p.fail(start, "numbered backref/call is not allowed. (use name)")
			}
			return p.reference(start, opBackref, name), nil
		}
	}
	r, err := p.character(start)
	if err != nil {
		return nil, err
	}
	return p.rune(r), nil
}

func (p *parser) reference(start int, o op, name string) *node {
	return &node{op: o, name: name, at: start, fold: p.flags&IgnoreCase != 0}
}

// What \R and \X stand for: a line break; what a reader takes for one character (letters
// with their marks, flags, families; Unicode's rules in short).
const (
	lineBreak = `(?>\r\n|[\n-\r\u0085\u2028\u2029])`
	grapheme  = `(?>\r\n|[\u{1F1E6}-\u{1F1FF}]{2}|[\u1100-\u115F]*[\uAC00-\uD7A3\u1160-\u11FF]+|(?m:.)(?:[\p{M}\u200D\u{1F3FB}-\u{1F3FF}]|(?<=\u200D)[^\p{M}\p{Cc}])*)`
)

// \b and \B where only ASCII has letters.
const (
	asciiEdge   = `(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))`
	asciiNoEdge = `(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))`
)

func standing(pattern string) *node {
	_, n, err := parse(pattern, 0)
	if err != nil {
		panic(err)
	}
	return n
}

// classEscape reads an escape that stands for a set, in or out of a class.
func (p *parser) classEscape() (set, bool, error) {
	c := p.peek()
	switch c {
	case 'd':
		p.i++
		if p.flags&unicodeWords != 0 {
			s, _ := posix("digit")
			return s, true, nil
		}
		return digits, true, nil
	case 'w':
		p.i++
		return p.words(), true, nil
	case 's':
		p.i++
		return spaces, true, nil
	case 'h':
		p.i++
		return hexDigits, true, nil
	case 'D', 'W', 'S', 'H':
		s := map[byte]set{'D': digits, 'W': p.words(), 'S': spaces, 'H': hexDigits}[c]
		p.i++
		return s.not(), true, nil
	case 'p', 'P':
		if p.i+1 >= len(p.src) || p.src[p.i+1] != '{' {
			return nil, false, nil
		}
		end := strings.IndexByte(p.src[p.i:], '}')
		if end < 0 {
			return nil, false, p.fail(p.i, "invalid character property name")
		}
		name := p.src[p.i+2 : p.i+end]
		negative := c == 'P'
		if strings.HasPrefix(name, "^") {
			negative, name = !negative, name[1:]
		}
		s, ok := property(name)
		if !ok {
			return nil, false, p.fail(p.i, "invalid character property name {%s}", name)
		}
		p.i += end + 1
		if p.flags&IgnoreCase != 0 {
			s = p.folded(s)
		}
		if negative {
			s = s.not()
		}
		return s, true, nil
	}
	return nil, false, nil
}

// character reads an escape that stands for one character.
func (p *parser) character(start int) (rune, error) {
	c := p.next()
	switch c {
	case 'n':
		return '\n', nil
	case 't':
		return '\t', nil
	case 'r':
		return '\r', nil
	case 'f':
		return '\f', nil
	case 'v':
		return '\v', nil
	case 'a':
		return '\a', nil
	case 'e':
		return 0x1b, nil
	case 'x':
		if p.peek() == '{' {
			return p.braced(start)
		}
		r, err := p.hex(start, 1, 2)
		if err == nil && r >= utf8.RuneSelf {
			r = p.bytes(r)
		}
		return r, err
	case 'u':
		if p.peek() == '{' {
			return p.braced(start)
		}
		return p.hex(start, 4, 4)
	case 'c':
		if !p.more() {
			return 0, p.fail(start, "too short control sequence")
		}
		return p.next() & 0x9f, nil
	}
	if '0' <= c && c <= '7' {
		n := c - '0'
		for i := 0; i < 2 && '0' <= p.peek() && p.peek() <= '7'; i++ {
			n = n*8 + p.next() - '0'
		}
		return n & 0xff, nil
	}
	return c, nil
}

// bytes returns the character that a byte beyond ASCII makes together with the bytes
// that follow as \xHH, as in \xEF\xBB\xBF; the byte itself where they make none.
func (p *parser) bytes(first rune) rune {
	text, i := []byte{byte(first)}, p.i
	for len(text) < utf8.UTFMax && strings.HasPrefix(p.src[i:], `\x`) && i+4 <= len(p.src) {
		n, err := strconv.ParseUint(p.src[i+2:i+4], 16, 8)
		if err != nil {
			break
		}
		text, i = append(text, byte(n)), i+4
		if r, size := utf8.DecodeRune(text); size == len(text) && r != utf8.RuneError {
			p.i = i
			return r
		}
	}
	return first
}

func (p *parser) hex(start, least, most int) (rune, error) {
	end := p.i
	for end < len(p.src) && end-p.i < most && strings.IndexByte("0123456789abcdefABCDEF", p.src[end]) >= 0 {
		end++
	}
	if end-p.i < least {
		if least == 1 {
			return 0, p.fail(start, "invalid hex escape")
		}
		return 0, p.fail(start, "invalid Unicode escape")
	}
	n, _ := strconv.ParseInt(p.src[p.i:end], 16, 32)
	p.i = end
	return rune(n), nil
}

func (p *parser) braced(start int) (rune, error) {
	end := strings.IndexByte(p.src[p.i:], '}')
	if end < 0 {
		return 0, p.fail(start, "invalid Unicode escape")
	}
	n, err := strconv.ParseInt(strings.TrimSpace(p.src[p.i+1:p.i+end]), 16, 64)
	if err != nil || !validRune(n) {
		return 0, p.fail(start, "invalid Unicode range")
	}
	p.i += end + 1
	return rune(n), nil
}

// class reads a character class behind its [, up to and with its ].
func (p *parser) class() (set, error) {
	start := p.i - 1
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail(p.i, "classes are nested too deep")
	}
	defer func() { p.depth-- }()
	negative := p.take("^")
	var all, part set
	intersecting := false
	close := func() {
		part = part.normal()
		if p.flags&IgnoreCase != 0 {
			part = p.folded(part)
		}
		if intersecting {
			all = all.and(part)
		} else {
			all = part
		}
		part = nil
	}
	first := true
	for {
		if !p.more() {
			return nil, p.fail(start, "premature end of char-class")
		}
		at := p.i
		switch {
		case p.peek() == ']' && (!first || strings.IndexByte(p.src[p.i+1:], ']') < 0):
			if first {
				return nil, p.fail(start, "empty char-class")
			}
			p.i++
			close()
			if negative {
				all = all.not()
			}
			return all, nil
		case p.take("&&"):
			close()
			intersecting = true
		case p.take("[:"):
			s, ok := p.bracket()
			if !ok {
				p.i = at + 1
				inner, err := p.class()
				if err != nil {
					return nil, err
				}
				s = inner
			}
			part = append(part, s...)
		case p.take("["):
			s, err := p.class()
			if err != nil {
				return nil, err
			}
			part = append(part, s...)
		default:
			s, err := p.item(at)
			if err != nil {
				return nil, err
			}
			part = append(part, s...)
		}
		first = false
	}
}

// bracket reads [:name:] behind its [: .
func (p *parser) bracket() (set, bool) {
	end := strings.Index(p.src[p.i:], ":]")
	if end < 0 {
		return nil, false
	}
	name := p.src[p.i : p.i+end]
	negative := strings.HasPrefix(name, "^")
	s, ok := p.posix(strings.TrimPrefix(name, "^"))
	if !ok {
		return nil, false
	}
	p.i += end + 2
	if negative {
		s = s.not()
	}
	return s, true
}

// item reads one character, range or escape of a class.
func (p *parser) item(at int) (set, error) {
	lo, s, err := p.classCharacter(at)
	if err != nil || s != nil {
		return s, err
	}
	if p.peek() == '-' && p.i+1 < len(p.src) && p.src[p.i+1] != ']' {
		dash := p.i
		p.i++
		if p.peek() == '[' || strings.HasPrefix(p.src[p.i:], "&&") {
			p.i = dash
			return set{lo, lo}, nil
		}
		hi, s, err := p.classCharacter(p.i)
		if err != nil {
			return nil, err
		}
		if s != nil {
			return append(set{lo, lo, '-', '-'}, s...), nil
		}
		if hi < lo {
			return nil, p.fail(at, "empty range in char class")
		}
		return set{lo, hi}, nil
	}
	return set{lo, lo}, nil
}

func (p *parser) classCharacter(at int) (rune, set, error) {
	if p.peek() != '\\' {
		return p.next(), nil, nil
	}
	p.i++
	if !p.more() {
		return 0, nil, p.fail(at, "end pattern at escape")
	}
	s, ok, err := p.classEscape()
	if ok || err != nil {
		return 0, s, err
	}
	if p.peek() == 'R' || p.peek() == 'X' {
		return p.next(), nil, nil
	}
	if p.take("b") {
		return '\b', nil, nil
	}
	r, err := p.character(at)
	return r, nil, err
}
