package ruby

func (p *parser) blockParams() *params {
	p.scope.hasParam = true
	if p.acceptOp("||") {
		return &params{}
	}
	p.advance()
	if p.acceptOp("|") {
		return &params{}
	}
	ps := p.paramList(func() bool { return p.isOp("|") || p.tok.kind == tNL && p.tok.s == ";" })
	p.blockLocals("|")
	if !p.isOp("|") {
		p.unexpected("`,` or `|`")
	}
	p.advance()
	return ps
}

// blockLocals parses the "; x, y" of |a; x, y|.
func (p *parser) blockLocals(end string) {
	p.skipNL()
	for p.tok.kind == tIdent {
		p.scope.vars = append(p.scope.vars, &local{p.tok.s, p.scope, len(p.scope.vars)})
		p.advance()
		if !p.acceptOp(",") {
			break
		}
	}
	p.skipNL()
}

// declareParam makes a parameter; it hides an outer variable of the same name.
func (p *parser) declareParam(name string) *local {
	if name != "_" && name[0] != '_' {
		for _, v := range p.scope.vars {
			if v.name == name {
				p.fail(p.tok.pos, p.tok.end, "", "parameter `%s` is there twice", name)
			}
		}
	}
	v := &local{name, p.scope, len(p.scope.vars)}
	p.scope.vars = append(p.scope.vars, v)
	return v
}

func (p *parser) paramList(closes func() bool) *params {
	ps := &params{}
	for !closes() {
		t := p.tok
		at := pos(t.pos)
		switch {
		case p.isOp("*p") || p.isOp("*"):
			if ps.star {
				p.fail(t.pos, t.end, "", "only one splat parameter is possible")
			}
			ps.star = true
			p.advance()
			if p.tok.kind == tIdent {
				ps.rest = p.declareParam(p.tok.s)
				p.advance()
			} else {
				ps.rest = p.declareParam("*")
			}
		case p.isOp("**p") || p.isOp("**"):
			p.advance()
			if p.acceptKw("nil") {
				ps.nokw = true
				break
			}
			ps.dstar = true
			if p.tok.kind == tIdent {
				ps.kwRes = p.declareParam(p.tok.s)
				p.advance()
			} else {
				ps.kwRes = p.declareParam("**")
			}
		case p.isOp("&p") || p.isOp("&"):
			p.advance()
			if p.tok.kind == tIdent {
				ps.blk = p.declareParam(p.tok.s)
				p.advance()
			} else {
				ps.blk = p.declareParam("&")
			}
		case p.isOp("...p") || p.isOp("..."):
			p.advance()
			ps.star, ps.fwd = true, true
			ps.rest, ps.blk = p.declareParam("..."), p.declareParam("&...")
		case p.isOp("(p") || p.isOp("("):
			m := p.paramGroup()
			if ps.star || len(ps.opt) > 0 {
				ps.post = append(ps.post, m)
			} else {
				ps.req = append(ps.req, m)
			}
		case t.kind == tLabel:
			p.advance()
			k := kwParam{name: t.s, v: p.declareParam(t.s)}
			if !p.isOp(",") && !closes() && p.tok.kind != tNL {
				k.def = p.paramDefault()
			}
			ps.kw = append(ps.kw, k)
		case t.kind == tIdent:
			v := p.declareParam(t.s)
			p.advance()
			if p.isOp("=") {
				p.advance()
				ps.opt = append(ps.opt, optParam{v, p.paramDefault()})
				break
			}
			n := &lvarNode{at, v}
			if ps.star || len(ps.opt) > 0 {
				ps.post = append(ps.post, n)
			} else {
				ps.req = append(ps.req, n)
			}
		default:
			p.unexpected("a parameter")
		}
		if p.tok.kind == tNL && !closes() {
			p.skipNL()
		}
		if !p.isOp(",") {
			break
		}
		p.advance()
		p.skipNL()
		if closes() {
			ps.comma = true
		}
	}
	return ps
}

// paramDefault parses a default value; in |a = 1| the bar ends it.
func (p *parser) paramDefault() node {
	if p.scope.isBlock {
		return p.binary(8)
	}
	return p.ternary()
}

// paramGroup parses (a, (b, *c)) in a parameter list.
func (p *parser) paramGroup() *mlhsNode {
	m := &mlhsNode{pos: pos(p.tok.pos)}
	p.enter(p.tok.pos)
	defer p.leave()
	p.advance()
	if p.isOp(")") {
		p.unexpected("a parameter")
	}
	for !p.isOp(")") {
		var n node
		switch {
		case p.isOp("(p") || p.isOp("("):
			n = p.paramGroup()
		case p.isOp("*p") || p.isOp("*"):
			p.advance()
			m.hasSplat = true
			if p.tok.kind == tIdent {
				m.splat = &lvarNode{pos(p.tok.pos), p.declareParam(p.tok.s)}
				p.advance()
			}
		case p.tok.kind == tIdent:
			n = &lvarNode{pos(p.tok.pos), p.declareParam(p.tok.s)}
			p.advance()
		default:
			p.unexpected("a parameter")
		}
		if n != nil {
			if m.hasSplat {
				m.post = append(m.post, n)
			} else {
				m.pre = append(m.pre, n)
			}
		}
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	return m
}
