package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

type jsonParser struct {
	th  *thread
	s   string
	pos int
	o   jsonOptions
}

// parseJSON parses a whole JSON text.
func (th *thread) parseJSON(s string, o jsonOptions) Value {
	if o.depth == 0 {
		o.depth = 100
	}
	if o.err == nil {
		o.err = cParserError
	}
	th.charge(len(s))
	th.work(len(s))
	p := &jsonParser{th: th, s: s, o: o}
	p.space()
	if p.pos == len(s) {
		p.fail()
	}
	v := p.value(0)
	p.space()
	if p.pos < len(s) {
		p.fail()
	}
	return v
}

func (p *jsonParser) fail() {
	rest := p.s[p.pos:]
	if len(rest) > 40 {
		rest = rest[:40]
	}
	if rest == "" {
		p.th.raise(p.o.err, "unexpected token at ''")
	}
	p.th.raise(p.o.err, "unexpected token at '%s'", rest)
}

func (p *jsonParser) space() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		case '/':
			rest := p.s[p.pos:]
			switch {
			case strings.HasPrefix(rest, "/*"):
				i := strings.Index(rest, "*/")
				if i < 0 {
					p.fail()
				}
				p.pos += i + 2
			case strings.HasPrefix(rest, "//"):
				i := strings.IndexByte(rest, '\n')
				if i < 0 {
					i = len(rest)
				}
				p.pos += i
			default:
				return
			}
		default:
			return
		}
	}
}

func (p *jsonParser) peek() byte {
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

func (p *jsonParser) value(depth int) Value {
	th := p.th
	th.step()
	if depth > p.o.depth && p.o.depth > 0 || depth > 1000 {
		th.raise(cNestingError, "nesting of %d is too deep", depth)
	}
	switch c := p.peek(); {
	case c == '{':
		p.pos++
		h := th.newHash(4)
		p.space()
		if p.peek() == '}' {
			p.pos++
			return Value{o: h}
		}
		for {
			p.space()
			if p.peek() != '"' {
				p.fail()
			}
			k := p.str()
			p.space()
			if p.peek() != ':' {
				p.fail()
			}
			p.pos++
			p.space()
			v := p.value(depth + 1)
			if p.o.symbolize {
				h.setKey(th, sym(k), v)
			} else {
				h.setKey(th, th.frozenStr(k, encUTF8), v)
			}
			p.space()
			c := p.peek()
			p.pos++
			if c == '}' {
				return Value{o: h}
			}
			if c != ',' {
				p.pos--
				p.fail()
			}
		}
	case c == '[':
		p.pos++
		var items []Value
		p.space()
		if p.peek() == ']' {
			p.pos++
			return th.array(nil)
		}
		for {
			p.space()
			items = th.arena.push(items, p.value(depth+1))
			th.charge(24)
			p.space()
			c := p.peek()
			p.pos++
			if c == ']' {
				return th.array(items)
			}
			if c != ',' {
				p.pos--
				p.fail()
			}
		}
	case c == '"':
		return th.str(p.str())
	case c == '-' || isDigit(c):
		return p.number()
	}
	for _, w := range []struct {
		text string
		v    Value
	}{{"true", vTrue}, {"false", vFalse}, {"null", vNil}} {
		if strings.HasPrefix(p.s[p.pos:], w.text) {
			p.pos += len(w.text)
			return w.v
		}
	}
	if p.o.nan {
		if strings.HasPrefix(p.s[p.pos:], "NaN") {
			p.pos += 3
			return Float(math.NaN())
		}
		if strings.HasPrefix(p.s[p.pos:], "Infinity") {
			p.pos += 8
			return Float(inf)
		}
	}
	p.fail()
	return vNil
}

func (p *jsonParser) number() Value {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
		if p.o.nan && strings.HasPrefix(p.s[p.pos:], "Infinity") {
			p.pos += 8
			return Float(-inf)
		}
	}
	digits := func() int {
		n := 0
		for isDigit(p.peek()) && p.pos < len(p.s) {
			p.pos++
			n++
		}
		return n
	}
	lead := p.peek()
	n := digits()
	if n == 0 || lead == '0' && n > 1 {
		p.pos = start
		p.fail()
	}
	float := false
	if p.peek() == '.' && p.pos+1 < len(p.s) && isDigit(p.s[p.pos+1]) {
		float = true
		p.pos++
		digits()
	} else if p.peek() == '.' {
		p.pos = start
		p.fail()
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		float = true
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if digits() == 0 {
			p.pos = start
			p.fail()
		}
	}
	text := p.s[start:p.pos]
	if float {
		if p.o.decimal {
			return Value{o: &BigDecimal{r: ratOfText(text)}}
		}
		f, _ := strconv.ParseFloat(text, 64)
		return Float(f)
	}
	if len(text) < 18 {
		i, _ := strconv.ParseInt(text, 10, 64)
		return Int(i)
	}
	p.th.work(len(text) * len(text) / 16)
	i, _ := new(big.Int).SetString(text, 10)
	return bigValue(i)
}

func (p *jsonParser) str() string {
	p.pos++
	start := p.pos
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		if c == '"' {
			s := p.s[start:p.pos]
			p.pos++
			return s
		}
		if c == '\\' {
			break
		}
		if c < 0x20 {
			p.fail()
		}
		p.pos++
	}
	b := []byte(p.s[start:p.pos])
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		p.pos++
		switch {
		case c == '"':
			return string(b)
		case c < 0x20:
			p.pos--
			p.fail()
		case c != '\\':
			b = append(b, c)
			continue
		}
		if p.pos >= len(p.s) {
			break
		}
		c = p.s[p.pos]
		p.pos++
		switch c {
		case 'n':
			b = append(b, '\n')
		case 't':
			b = append(b, '\t')
		case 'r':
			b = append(b, '\r')
		case 'b':
			b = append(b, 8)
		case 'f':
			b = append(b, 12)
		case 'u':
			r, ok := p.hex4()
			if !ok {
				p.fail()
			}
			if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.pos:], `\u`) {
				mark := p.pos
				p.pos += 2
				if r2, ok := p.hex4(); ok {
					if x := utf16.DecodeRune(r, r2); x != utf8.RuneError {
						b = utf8.AppendRune(b, x)
						continue
					}
				}
				p.pos = mark
			}
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, c)
		}
	}
	p.pos = start - 1
	p.fail()
	return ""
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.pos+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.pos:p.pos+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.pos += 4
	return rune(n), true
}
