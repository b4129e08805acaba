package ruby

// patternTop parses a pattern after in or =>, where brackets and braces may be left out.
func (p *parser) patternTop() node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	if p.tok.kind == tLabel || p.tok.kind == tLit && p.tok.strLbl || p.isOp("**p") {
		return p.patHash(at, nil, func() bool {
			return p.tok.kind == tNL || p.tok.kind == tEOF || p.isKw("then") || p.isKw("if") || p.isKw("unless") || p.isKw("and") || p.isKw("or") || p.isOp(")") || p.isOp("}")
		})
	}
	if !p.isOp("*p") && !p.isOp("*") {
		n := p.pattern()
		if !p.isOp(",") {
			return n
		}
		p.advance()
		return p.patList(at, nil, []node{n}, func() bool {
			return p.tok.kind == tNL || p.tok.kind == tEOF || p.isKw("then") || p.isKw("if") || p.isKw("unless")
		})
	}
	return p.patList(at, nil, nil, func() bool {
		return p.tok.kind == tNL || p.tok.kind == tEOF || p.isKw("then") || p.isKw("if") || p.isKw("unless")
	})
}

func (p *parser) bindName(name string) *local {
	if v := p.scope.find(name); v != nil {
		return v
	}
	return p.scope.declare(name)
}

// pattern parses alternatives and => name.
func (p *parser) pattern() node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	n := p.patPrimary()
	if p.isOp("|") {
		alt := &patAlt{pos(at), []node{n}}
		for p.acceptOp("|") {
			p.skipNL()
			alt.alts = append(alt.alts, p.patPrimary())
		}
		n = alt
	}
	links := 0
	for ; p.isOp("=>"); p.within(&links) {
		p.advance()
		if p.tok.kind != tIdent {
			p.unexpected("a variable")
		}
		n = &patAs{pos(at), n, p.bindName(p.tok.s)}
		p.advance()
	}
	return n
}

// patList parses array patterns: elements with at most one splat, or *, x, *.
func (p *parser) patList(at int, konst node, pre []node, closes func() bool) node {
	a := &patArray{pos: pos(at), konst: konst, pre: pre}
	var second *local
	find := false
	for !closes() {
		if p.isOp("*p") || p.isOp("*") {
			p.advance()
			var v *local
			if p.tok.kind == tIdent {
				v = p.bindName(p.tok.s)
				p.advance()
			}
			if a.hasRest {
				find, second = true, v
			} else {
				a.hasRest, a.rest = true, v
			}
		} else {
			n := p.pattern()
			if a.hasRest {
				a.post = append(a.post, n)
			} else {
				a.pre = append(a.pre, n)
			}
		}
		if !p.acceptOp(",") {
			break
		}
		if closes() && !a.hasRest {
			a.hasRest = true // in [a, ] takes the rest
		}
		p.skipNL()
	}
	if find {
		return &patFind{pos(at), konst, a.rest, second, a.post}
	}
	return a
}

func (p *parser) patHash(at int, konst node, closes func() bool) node {
	h := &patHash{pos: pos(at), konst: konst}
	for !closes() {
		t := p.tok
		switch {
		case t.kind == tLabel || t.kind == tLit && t.strLbl:
			name := t.s
			if t.strLbl {
				name = ""
				if parts := t.n.(*strNode).parts; len(parts) == 1 {
					name = parts[0].(*rawNode).s
				}
			}
			p.advance()
			var pat node
			var v *local
			if p.isOp(",") || closes() || p.tok.kind == tNL {
				v = p.bindName(name)
			} else {
				pat = p.pattern()
			}
			h.keys, h.pats, h.locals = append(h.keys, name), append(h.pats, pat), append(h.locals, v)
		case p.isOp("**p") || p.isOp("**"):
			p.advance()
			if p.acceptKw("nil") {
				h.nilRest = true
			} else {
				h.hasRest = true
				if p.tok.kind == tIdent {
					h.rest = p.bindName(p.tok.s)
					p.advance()
				}
			}
		default:
			p.unexpected("a key")
		}
		if p.tok.kind == tNL && !closes() {
			p.skipNL()
		}
		if !p.acceptOp(",") {
			break
		}
		p.skipNL()
	}
	return h
}

func (p *parser) patPrimary() node {
	t := p.tok
	at := pos(t.pos)
	p.enter(t.pos)
	defer p.leave()
	noIn := p.noIn
	defer func() { p.noIn = noIn }()
	p.noIn = 0
	switch {
	case t.kind == tIdent && p.peek(0) != '(' && p.peek(0) != '.':
		p.advance()
		if t.s == "_" {
			return &patBind{at, nil}
		}
		return &patBind{at, p.bindName(t.s)}
	case p.isOp("[p") || p.isOp("["):
		p.advance()
		p.skipNL()
		n := p.patList(t.pos, nil, nil, func() bool { p.skipNL(); return p.isOp("]") })
		p.skipNL()
		p.expectOp("]")
		return n
	case p.isOp("{"):
		p.advance()
		p.skipNL()
		n := p.patHash(t.pos, nil, func() bool { p.skipNL(); return p.isOp("}") })
		p.skipNL()
		p.expectOp("}")
		return n
	case p.isOp("(p") || p.isOp("("):
		p.advance()
		n := p.pattern()
		p.expectOp(")")
		return n
	case p.isOp("^"):
		p.advance()
		if p.isOp("(") || p.isOp("(p") {
			p.advance()
			n := p.exprStmt()
			p.expectOp(")")
			return &patValue{at, n}
		}
		if p.tok.kind == tIdent {
			v := p.scope.find(p.tok.s)
			if v == nil {
				p.fail(p.tok.pos, p.tok.end, "", "`%s` is no variable", p.tok.s)
			}
			p.advance()
			return &patValue{at, &lvarNode{at, v}}
		}
		return &patValue{at, p.primary()}
	case t.kind == tConst || p.isOp("::p"):
		c := p.cpath()
		switch {
		case p.isOp("(") && !p.tok.spc:
			p.advance()
			p.skipNL()
			n := p.patArgs(t.pos, c, ")")
			p.expectOp(")")
			return n
		case p.isOp("[") && !p.tok.spc:
			p.advance()
			p.skipNL()
			n := p.patArgs(t.pos, c, "]")
			p.expectOp("]")
			return n
		case p.isOp("..") || p.isOp("..."):
			excl := p.isOp("...")
			p.advance()
			var hi node
			if p.beginsOperand() {
				hi = p.binary(8)
			}
			return &patValue{at, &rangeNode{at, c, hi, excl}}
		}
		return &patValue{at, c}
	}
	// A value: a literal or a range of literals. "|" separates alternatives.
	if p.isOp("..p") || p.isOp("...p") {
		excl := p.isOp("...p")
		p.advance()
		return &patValue{at, &rangeNode{at, nil, p.binary(8), excl}}
	}
	lo := p.binary(8)
	if p.isOp("..") || p.isOp("...") {
		excl := p.isOp("...")
		p.advance()
		var hi node
		if p.beginsOperand() {
			hi = p.binary(8)
		}
		return &patValue{at, &rangeNode{at, lo, hi, excl}}
	}
	return &patValue{at, lo}
}

// patArgs parses what stands in Const(...).
func (p *parser) patArgs(at int, konst node, end string) node {
	closes := func() bool { p.skipNL(); return p.isOp(end) }
	if p.tok.kind == tLabel || p.tok.kind == tLit && p.tok.strLbl || p.isOp("**p") {
		return p.patHash(at, konst, closes)
	}
	if closes() {
		return &patArray{pos: pos(at), konst: konst}
	}
	return p.patList(at, konst, nil, closes)
}
