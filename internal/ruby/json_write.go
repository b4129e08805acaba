package ruby

import (
	"math"
	"strings"
	"unicode/utf8"
)

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
	th.step()
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
	for i := 0; ; i++ {
		end := plainEnd(text, i)
		g.b = append(g.b, text[i:end]...)
		if i = end; i == len(text) {
			break
		}
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
		default: // below a blank
			g.b = append(g.b, `\u00`...)
			g.b = append(g.b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
	}
	g.b = append(g.b, '"')
}

func (th *thread) toJSON(v Value, pretty bool, o *Hash) Value {
	g := &generator{th: th, b: th.scratch(), pretty: pretty, indent: "  "}
	if v := o.opt(th, "indent"); !v.isUndef() && !v.isNil() {
		g.indent = th.toS(v)
	}
	if v := o.opt(th, "allow_nan"); !v.isUndef() {
		g.nan = v.truthy()
	}
	g.value(v)
	return th.str(th.settled(g.b))
}
