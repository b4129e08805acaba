package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// jsonParser reads JSON into Ruby values. Its functions return false when the text is
// none, and note where. Most such texts stand in a begin with rescue, and a
// panic through all levels would cost more than the rest of the script.
type jsonParser struct {
	th   *thread
	s    string
	pos  int
	o    jsonOptions
	bad  int        // where the text is no JSON any more
	told bool       // bad stays
	deep *Exception // instead of bad: it nests too deep
}

// parseJSON parses a whole JSON text, or raises.
func (th *thread) parseJSON(s string, o jsonOptions) Value {
	v, err := th.readJSON(s, o)
	if err != nil {
		panic(err)
	}
	return v
}

// readJSON parses a whole JSON text, or returns the exception.
func (th *thread) readJSON(s string, o jsonOptions) (Value, *Exception) {
	if o.depth == 0 {
		o.depth = 100
	}
	if o.err == nil {
		o.err = cParserError
	}
	th.charge(len(s))
	th.work(len(s))
	p := jsonParser{th: th, s: s, o: o}
	v, ok := vNil, false
	if p.space() && (p.pos < len(s) || p.unexpected()) {
		if v, ok = p.value(0); ok {
			ok = p.space() && (p.pos == len(s) || p.unexpected())
		}
	}
	if !ok {
		return vNil, p.exception()
	}
	return v, nil
}

// unexpected notes that the text is no JSON from here on.
func (p *jsonParser) unexpected() bool {
	p.bad = p.pos
	return false
}

func (p *jsonParser) exception() *Exception {
	if p.deep != nil {
		return p.deep
	}
	rest := p.s[p.bad:]
	if len(rest) > 40 {
		rest = rest[:40]
	}
	b := append(append(append(p.th.scratch(), "unexpected token at '"...), rest...), '\'')
	return p.th.exception(p.o.err, p.th.settled(b))
}

// space skips white space and comments. Mostly there are none.
func (p *jsonParser) space() bool {
	if p.pos < len(p.s) && !jsonSpace[p.s[p.pos]] {
		return true
	}
	return p.skip()
}

// jsonSpace are the bytes that white space and comments begin with.
var jsonSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true, '/': true}

func (p *jsonParser) skip() bool {
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c > ' ' && c != '/':
			return true
		case c == ' ', c == '\t', c == '\n', c == '\r':
			p.pos++
		case c != '/':
			return true
		default:
			rest := p.s[p.pos:]
			switch {
			case strings.HasPrefix(rest, "/*"):
				i := strings.Index(rest, "*/")
				if i < 0 {
					return p.unexpected()
				}
				p.pos += i + 2
			case strings.HasPrefix(rest, "//"):
				i := strings.IndexByte(rest, '\n')
				if i < 0 {
					i = len(rest)
				}
				p.pos += i
			default:
				return true
			}
		}
	}
	return true
}

func (p *jsonParser) peek() byte {
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

func (p *jsonParser) value(depth int) (Value, bool) {
	th := p.th
	th.step()
	if depth > p.o.depth && p.o.depth > 0 || depth > 1000 {
		p.deep = th.newException(cNestingError, "nesting of %d is too deep", depth)
		return vNil, false
	}
	switch c := p.peek(); c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		start := p.pos
		s, ok := p.str()
		if !ok {
			p.bad = start
			return vNil, false
		}
		return th.str(s), true
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.number()
	case 't':
		return p.word("true", vTrue)
	case 'f':
		return p.word("false", vFalse)
	case 'n':
		return p.word("null", vNil)
	case 'N':
		if p.o.nan {
			return p.word("NaN", Float(math.NaN()))
		}
	case 'I':
		if p.o.nan {
			return p.word("Infinity", Float(inf))
		}
	}
	return vNil, p.unexpected()
}

func (p *jsonParser) word(text string, v Value) (Value, bool) {
	if !strings.HasPrefix(p.s[p.pos:], text) {
		return vNil, p.unexpected()
	}
	p.pos += len(text)
	return v, true
}

// keyBit returns one of 64 bits for a key. Two keys of different bits are different.
func keyBit(s string) uint64 {
	n := len(s)
	if n == 0 {
		return 1
	}
	return 1 << ((uint(n) ^ uint(s[0])*31 ^ uint(s[n-1])*7 ^ uint(s[n/2])*13) & 63)
}

// object reads an object. As in JRuby's parser, what is wrong within one is told from its
// beginning, unless a list in it has told it already.
func (p *jsonParser) object(depth int) (Value, bool) {
	start := p.pos
	v, ok := p.members(depth)
	if !ok && !p.told {
		p.bad = start
	}
	return v, ok
}

func (p *jsonParser) members(depth int) (Value, bool) {
	th := p.th
	h := th.newHash(4)
	p.pos++
	if !p.space() {
		return vNil, false
	}
	if p.peek() == '}' {
		p.pos++
		return Value{o: h}, true
	}
	seen := uint64(0) // the bits of the keys that are there
	for {
		if !p.space() {
			return vNil, false
		}
		if p.peek() != '"' {
			return vNil, p.unexpected()
		}
		name, ok := p.str()
		if !ok || !p.space() {
			return vNil, false
		}
		if p.peek() != ':' {
			return vNil, p.unexpected()
		}
		p.pos++
		if !p.space() {
			return vNil, false
		}
		v, ok := p.value(depth + 1)
		if !ok {
			return vNil, false
		}
		var k Value
		if p.o.symbolize {
			k = sym(name)
		} else {
			k = th.frozenStr(name, encUTF8)
		}
		if bit := keyBit(name); seen&bit == 0 {
			seen |= bit
			h.push(th, k, v)
		} else {
			h.setKey(th, k, v)
		}
		switch more, ok := p.behind('}'); {
		case !ok:
			return vNil, false
		case !more:
			return Value{o: h}, true
		}
	}
}

func (p *jsonParser) array(depth int) (Value, bool) {
	v, ok := p.elements(depth)
	p.told = !ok
	return v, ok
}

func (p *jsonParser) elements(depth int) (Value, bool) {
	th := p.th
	p.pos++
	if !p.space() {
		return vNil, false
	}
	if p.peek() == ']' {
		p.pos++
		return th.array(nil), true
	}
	var items []Value
	for {
		if !p.space() {
			return vNil, false
		}
		v, ok := p.value(depth + 1)
		if !ok {
			return vNil, false
		}
		items = th.arena.push(items, v)
		th.charge(24)
		switch more, ok := p.behind(']'); {
		case !ok:
			return vNil, false
		case !more:
			return th.array(items), true
		}
	}
}

// behind reads what stands behind an item: a comma, or what closes the list.
func (p *jsonParser) behind(closing byte) (more, ok bool) {
	if !p.space() {
		return false, false
	}
	switch p.peek() {
	case closing:
		p.pos++
		return false, true
	case ',':
		p.pos++
		return true, true
	}
	return false, p.unexpected()
}

// digits skips digits, and tells how many there are.
func (p *jsonParser) digits() int {
	start := p.pos
	for p.pos < len(p.s) && isDigit(p.s[p.pos]) {
		p.pos++
	}
	return p.pos - start
}

func (p *jsonParser) number() (Value, bool) {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
		if p.o.nan && strings.HasPrefix(p.s[p.pos:], "Infinity") {
			p.pos += 8
			return Float(-inf), true
		}
	}
	lead := p.peek()
	if n := p.digits(); n == 0 || lead == '0' && n > 1 {
		p.pos = start
		return vNil, p.unexpected()
	}
	float := false
	if p.peek() == '.' {
		p.pos++
		if float = true; p.digits() == 0 {
			p.pos = start
			return vNil, p.unexpected()
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		float = true
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if p.digits() == 0 {
			p.pos = start
			return vNil, p.unexpected()
		}
	}
	return p.numberValue(p.s[start:p.pos], float), true
}

func (p *jsonParser) numberValue(text string, float bool) Value {
	switch {
	case float && p.o.decimal:
		return Value{o: &BigDecimal{r: ratOfText(text)}}
	case float:
		f, ok := plainDecimal(text)
		if !ok {
			f, _ = strconv.ParseFloat(text, 64)
		}
		return Float(f)
	case len(text) < 18:
		if text[0] == '-' {
			n, _ := shortInt(text[1:])
			return Int(-n)
		}
		n, _ := shortInt(text)
		return Int(n)
	}
	p.th.work(len(text) * len(text) / 16)
	i, _ := new(big.Int).SetString(text, 10)
	return bigValue(i)
}
