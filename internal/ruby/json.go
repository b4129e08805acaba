package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	mJSON         = defModule("JSON")
	cJSONError    = defClass("JSON::JSONError", cStandardError)
	cParserError  = defClass("JSON::ParserError", cJSONError)
	cNestingError = defClass("JSON::NestingError", cParserError)
	cGenError     = defClass("JSON::GeneratorError", cJSONError)
)

type jsonOptions struct {
	symbolize bool
	nan       bool
	depth     int
	decimal   bool
	err       *Class
}

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
		h := newHash(4)
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
				h.setKey(th, Value{o: &String{s: k, frozen: true}}, v)
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
			items = append(items, p.value(depth+1))
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

// generator writes JSON.
type generator struct {
	th     *thread
	b      []byte
	pretty bool
	indent string
	nan    bool
	depth  int
	java   bool // floats as Java prints them
}

func (g *generator) newline() {
	if !g.pretty {
		return
	}
	g.b = append(g.b, '\n')
	for range g.depth {
		g.b = append(g.b, g.indent...)
	}
}

func (g *generator) value(v Value) {
	th := g.th
	n := len(g.b)
	switch x := v.o.(type) {
	case nil:
		g.b = append(g.b, "null"...)
	case *String:
		g.str(x)
	case *Symbol:
		g.str(&String{s: x.name})
	case *tag:
		if x == tagFloat {
			f := v.float()
			if (math.IsNaN(f) || math.IsInf(f, 0)) && !g.nan {
				th.raise(cGenError, "%s not allowed in JSON", formatFloat(f))
			}
		}
		g.b = append(g.b, th.toS(v)...)
	case *BigInt:
		g.b = append(g.b, x.i.String()...)
	case *Array:
		if !th.enterNested(x) || g.depth > 99 && !g.nan {
			th.raise(cNestingError, "nesting of %d is too deep", g.depth+1)
		}
		g.b = append(g.b, '[')
		g.depth++
		for i, e := range x.list(th) {
			if i > 0 {
				g.b = append(g.b, ',')
			}
			g.newline()
			g.value(e)
		}
		g.depth--
		if len(x.items) > 0 {
			g.newline()
		} else if g.pretty {
			g.b = append(g.b, '\n', '\n')
			for range g.depth {
				g.b = append(g.b, g.indent...)
			}
		}
		g.b = append(g.b, ']')
		th.leaveNested()
	case *Hash:
		if !th.enterNested(x) || g.depth > 99 && !g.nan {
			th.raise(cNestingError, "nesting of %d is too deep", g.depth+1)
		}
		g.b = append(g.b, '{')
		g.depth++
		first := true
		for _, e := range x.entries(th) {
			if !e.live {
				continue
			}
			if !first {
				g.b = append(g.b, ',')
			}
			first = false
			g.newline()
			g.str(&String{s: th.toS(e.k)})
			g.b = append(g.b, ':')
			if g.pretty {
				g.b = append(g.b, ' ')
			}
			g.value(e.v)
		}
		g.depth--
		g.newline()
		g.b = append(g.b, '}')
		th.leaveNested()
	case *EventObj:
		g.b = x.ev.AppendJSON(g.b)
	case *BigDecimal:
		if g.java {
			g.b = append(g.b, strings.TrimSuffix(x.plain(), ".0")...)
			break
		}
		g.str(&String{s: x.text()})
	default:
		m := th.inst.find(classOf(v), "to_json")
		if m != nil && m.fn == nil {
			g.b = append(g.b, th.toS(th.invoke(m, v, nil, nil))...)
		} else if _, ok := v.o.(*Object); ok && th.inst.find(classOf(v), "to_h") != nil && classIs(v, cOpenStruct) {
			g.str(&String{s: th.toS(v)})
		} else {
			g.str(&String{s: th.toS(v)})
		}
	}
	th.charge(len(g.b) - n)
	th.steps--
}

func (g *generator) str(s *String) {
	text := s.s
	if !utf8.ValidString(text) {
		if s.enc == encUTF8 || s.enc == encBinary {
			g.th.raise(cGenError, "source sequence is illegal/malformed utf-8")
		}
		text = g.th.transcode(s, nil).o.(*String).s
	} else if s.enc >= encLatin1 {
		text = g.th.transcode(s, nil).o.(*String).s
	}
	g.b = append(g.b, '"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\':
			g.b = append(g.b, '\\', c)
		case '\n':
			g.b = append(g.b, '\\', 'n')
		case '\r':
			g.b = append(g.b, '\\', 'r')
		case '\t':
			g.b = append(g.b, '\\', 't')
		case 8:
			g.b = append(g.b, '\\', 'b')
		case 12:
			g.b = append(g.b, '\\', 'f')
		default:
			if c < 0x20 {
				g.b = append(g.b, `\u00`...)
				g.b = append(g.b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
			} else {
				g.b = append(g.b, c)
			}
		}
	}
	g.b = append(g.b, '"')
}

func (th *thread) toJSON(v Value, pretty bool, o *Hash) Value {
	g := &generator{th: th, pretty: pretty, indent: "  "}
	if v := o.opt(th, "indent"); !v.isUndef() && !v.isNil() {
		g.indent = th.toS(v)
	}
	if v := o.opt(th, "allow_nan"); !v.isUndef() {
		g.nan = v.truthy()
	}
	g.value(v)
	return th.str(string(g.b))
}

func (th *thread) jsonOpts(o *Hash) jsonOptions {
	var j jsonOptions
	on := func(name string) bool {
		v := o.opt(th, name)
		return !v.isUndef() && v.truthy()
	}
	j.symbolize, j.nan = on("symbolize_names"), on("allow_nan")
	if v := o.opt(th, "max_nesting"); v.isInt() {
		j.depth = int(v.int())
		if j.depth == 0 {
			j.depth = -1
		}
	} else if !v.isUndef() && !v.truthy() {
		j.depth = -1
	}
	j.decimal = on("decimal_class")
	return j
}

func init() {
	parse := func(th *thread, self Value, a []Value, blk *Proc) Value {
		pos, o := a[:1], (*Hash)(nil)
		if len(a) > 1 {
			o, _ = a[1].o.(*Hash)
		}
		return th.parseJSON(th.strArg(pos[0]), th.jsonOpts(o))
	}
	mJSON.sdef("parse parse!", 1, 2, parse)
	mJSON.sdef("[]", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*String); ok {
			return parse(th, self, a, nil)
		}
		return th.toJSON(a[0], false, nil)
	})
	mJSON.sdef("load restore", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if a[0].isNil() {
			return vNil
		}
		src := a[0]
		if _, ok := src.o.(*String); !ok && th.respondTo(src, "read") {
			src = th.send(src, "read")
		}
		s := th.strArg(src)
		if s == "" {
			return vNil
		}
		var o *Hash
		for _, x := range a[1:] {
			if h, ok := x.o.(*Hash); ok {
				o = h
			}
		}
		j := th.jsonOpts(o)
		j.nan = true
		return th.parseJSON(s, j)
	})
	mJSON.sdef("load_file", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, o := th.options(a)
		return th.parseJSON(th.readFile(th.strArg(a[0])), th.jsonOpts(o))
	})
	mJSON.sdef("generate dump fast_generate unparse", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var o *Hash
		if len(a) > 1 {
			o, _ = a[len(a)-1].o.(*Hash)
		}
		return th.toJSON(a[0], false, o)
	})
	mJSON.sdef("pretty_generate", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var o *Hash
		if len(a) > 1 {
			o, _ = a[1].o.(*Hash)
		}
		return th.toJSON(a[0], true, o)
	})
	mKernel.def("to_json", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.toJSON(self, false, nil) })
	kernel("JSON", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*String); ok {
			return parse(th, self, a, nil)
		}
		return th.toJSON(a[0], false, nil)
	})
	mLSJson.sdef("dump", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		g := &generator{th: th, nan: true, java: true}
		g.value(a[0])
		return th.str(string(g.b))
	})
	mLSJson.sdef("load", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o := jsonOptions{err: cLSJsonError, depth: 1000}
		if len(a) > 1 {
			if h, ok := a[1].o.(*Hash); ok {
				o.symbolize = th.jsonOpts(h).symbolize
			}
		}
		s := th.strArg(a[0])
		if strings.TrimSpace(s) == "" {
			return vNil
		}
		return th.parseJSON(s, o)
	})
}
