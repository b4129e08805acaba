package ruby

import (
	"strings"
	"unicode/utf8"
)

func (c *compiler) rawString(n *rawNode) code {
	s, enc := n.s, encUTF8
	_ = enc
	if n.bin && !utf8.ValidString(s) {
		return func(fr *frame) Value { return fr.th.str(s) }
	}
	return func(fr *frame) Value { return fr.th.str(s) }
}

func (c *compiler) str(n *strNode) code {
	if n.shell {
		c.errorf(codeUnsupported, n.at(), "use a filter or an input that runs programs", "shell commands are not available")
	}
	switch len(n.parts) {
	case 0:
		return func(fr *frame) Value { return fr.th.str("") }
	case 1:
		if r, ok := n.parts[0].(*rawNode); ok {
			return c.rawString(r)
		}
	}
	if s, ok := plainString(n); ok {
		return func(fr *frame) Value { return fr.th.str(s) }
	}
	text := c.text(n.parts)
	return func(fr *frame) Value { return fr.th.str(text(fr)) }
}

// text compiles a literal with interpolation to a Go string.
func (c *compiler) text(parts []node) func(fr *frame) string {
	type part struct {
		s string
		x code
	}
	list := make([]part, len(parts))
	for i, p := range parts {
		if r, ok := p.(*rawNode); ok {
			list[i].s = r.s
		} else {
			list[i].x = c.expr(p)
		}
	}
	return func(fr *frame) string {
		th := fr.th
		var room [64]byte
		buf := room[:0]
		for i := range list {
			if list[i].x == nil {
				buf = append(buf, list[i].s...)
				continue
			}
			v := list[i].x(fr)
			if s, ok := v.o.(*String); ok {
				buf = append(buf, s.s...)
			} else if v.isInt() {
				buf = appendInt(buf, v.int())
			} else {
				buf = append(buf, th.toS(v)...)
			}
		}
		th.charge(len(buf))
		return th.copyText(buf)
	}
}

// constLiteral returns the value of a literal that never changes, so that it can be
// made once: numbers, symbols, nil, booleans, strings and arrays of them.
func constLiteral(n node) (Value, bool) {
	switch n := n.(type) {
	case *litNode:
		return n.v, true
	case *nilNode:
		return vNil, true
	case *trueNode:
		return vTrue, true
	case *falseNode:
		return vFalse, true
	case *symNode:
		return sym(n.name), true
	case *strNode:
		if s, ok := plainString(n); ok {
			return Value{o: &String{s: s, frozen: true}}, true
		}
	case *arrayNode:
		items := make([]Value, len(n.elems))
		for i, e := range n.elems {
			v, ok := constLiteral(e)
			if !ok {
				return vNil, false
			}
			items[i] = v
		}
		return Value{o: &Array{items: items, frozen: true}}, true
	}
	return vNil, false
}

func (c *compiler) array(n *arrayNode) code {
	splat := false
	list := make([]code, len(n.elems))
	isSplat := make([]bool, len(n.elems))
	for i, e := range n.elems {
		if s, ok := e.(*splatNode); ok {
			splat = true
			isSplat[i] = true
			list[i] = c.expr(s.x)
		} else {
			list[i] = c.expr(e)
		}
	}
	if !splat {
		return func(fr *frame) Value {
			items := fr.th.arena.values(len(list))
			for i, f := range list {
				items[i] = f(fr)
			}
			return fr.th.array(items)
		}
	}
	return func(fr *frame) Value {
		var items []Value
		for i, f := range list {
			v := f(fr)
			if isSplat[i] {
				items = append(items, fr.th.splat(v)...)
			} else {
				items = append(items, v)
			}
		}
		fr.th.charge(len(items) * 24)
		return fr.th.array(items)
	}
}

func (c *compiler) hash(n *hashNode) code {
	type pair struct {
		k, v code
		key  Value // a literal string, which is frozen and the same for all
		lit  bool
	}
	list := make([]pair, len(n.pairs))
	for i, p := range n.pairs {
		if p.k != nil {
			list[i].k = c.expr(p.k)
			var s string
			s, list[i].lit = plainString(p.k)
			list[i].key = Value{o: &String{s: s, frozen: true}}
		}
		list[i].v = c.expr(p.v)
	}
	kw := !n.braces
	return func(fr *frame) Value {
		th := fr.th
		h := th.newHash(len(list))
		for i := range list {
			p := &list[i]
			switch {
			case p.k == nil:
				v := p.v(fr)
				if v.isNil() {
					continue
				}
				src := th.toHash(v)
				for _, e := range src.entries(th) {
					if e.live {
						h.set(th, e.k, e.v)
					}
				}
			case p.lit:
				h.setKey(th, p.key, p.v(fr))
			default:
				k := p.k(fr)
				h.set(th, k, p.v(fr))
			}
		}
		h.kw = kw
		return Value{o: h}
	}
}

func (c *compiler) rang(n *rangeNode) code {
	if (n.lo == nil || isNumLit(n.lo)) && (n.hi == nil || isNumLit(n.hi)) {
		lo, _ := constLiteral(orNil(n.lo))
		hi, _ := constLiteral(orNil(n.hi))
		v := Value{o: &Range{lo, hi, n.excl}}
		return constCode(v)
	}
	lo, hi, excl, at := c.expr(n.lo), c.expr(n.hi), n.excl, n.at()
	return func(fr *frame) Value {
		a, b := lo(fr), hi(fr)
		th := fr.th
		th.at = at
		return th.newRange(a, b, excl)
	}
}

func orNil(n node) node {
	if n == nil {
		return &nilNode{}
	}
	return n
}

func isNumLit(n node) bool {
	l, ok := n.(*litNode)
	return ok && (l.v.isInt() || l.v.isFloat())
}

func (c *compiler) regex(n *regexNode) code {
	if len(n.parts) == 0 {
		n.parts = []node{&rawNode{n.pos, "", false}}
	}
	if r, ok := n.parts[0].(*rawNode); ok && len(n.parts) == 1 {
		re, err := compileRegexp(r.s, regexpFlags(n.flags))
		if err != nil {
			c.errorf(codeSyntax, n.at(), "", "regular expression: %s", err)
			return constCode(vNil)
		}
		re.literal = true
		if i := strings.LastIndexAny(n.flags, "nu"); i >= 0 {
			re.kcode = n.flags[i]
		}
		return constCode(Value{o: re})
	}
	type part struct {
		s string
		x code
	}
	list := make([]part, len(n.parts))
	for i, p := range n.parts {
		if r, ok := p.(*rawNode); ok {
			list[i].s = r.s
		} else {
			list[i].x = c.expr(p)
		}
	}
	flags, at := regexpFlags(n.flags), n.at()
	return func(fr *frame) Value {
		th := fr.th
		var buf []byte
		for i := range list {
			if list[i].x == nil {
				buf = append(buf, list[i].s...)
				continue
			}
			v := list[i].x(fr)
			if re, ok := v.o.(*Regexp); ok {
				buf = append(buf, re.toS()...)
			} else {
				buf = append(buf, th.toS(v)...)
			}
		}
		th.at = at
		return Value{o: th.regexp(string(buf), flags)}
	}
}

func (c *compiler) nth(n *nthNode) code {
	i := n.n
	return func(fr *frame) Value {
		m := fr.act.match
		if m == nil {
			return vNil
		}
		th := fr.th
		switch i {
		case -1:
			return Value{o: m}
		case -2:
			return m.group(th, 0)
		case -3:
			return th.str(m.pre())
		case -4:
			return th.str(m.post())
		case -5:
			for g := len(m.loc)/2 - 1; g > 0; g-- {
				if m.loc[2*g] >= 0 {
					return m.group(th, g)
				}
			}
			return vNil
		}
		return m.group(th, i)
	}
}

func (c *compiler) gvar(n *gvarNode) code {
	name := n.name
	switch name {
	case "$!", "$@", "$_", "$0", "$PROGRAM_NAME", "$,", "$/", "$;", "$\\":
	case "$stdout", "$stderr", "$STDOUT":
		return func(fr *frame) Value { return fr.th.inst.stdout }
	default:
		c.script.retains = true
	}
	return func(fr *frame) Value { return fr.th.inst.gvar(fr.th, name) }
}
