package ruby

func (p *parser) def() node {
	at := p.tok.pos
	d := &defNode{pos: pos(at)}
	p.enter(at)
	defer p.leave()
	p.fname = true
	p.advance()
	name := p.tok
	if name.kind == tKw && name.s == "self" || (name.kind == tIdent || name.kind == tConst || name.kind == tIvar) && p.peek(0) == '.' {
		switch {
		case name.kind == tIvar:
			d.single = &ivarNode{pos(name.pos), name.s}
		case name.kind == tKw:
			d.single = &selfNode{pos(name.pos)}
		case name.kind == tConst:
			d.single = &constNode{pos: pos(name.pos), name: name.s}
		default:
			v := p.scope.find(name.s)
			if v == nil {
				p.fail(name.pos, name.end, "", "`%s` is no variable", name.s)
			}
			d.single = &lvarNode{pos(name.pos), v}
		}
		p.advance()
		p.fname = true
		p.expectOp(".")
		name = p.tok
		// The name was read as one that follows a dot; a setter's = belongs to it.
		if p.peek(0) == '=' && isPlainName(name.s) {
			if c := p.peek(1); c == '(' || isIdent(c) {
				p.off++
				name.s += "="
			}
		}
	}
	if name.kind != tIdent && name.kind != tConst && name.kind != tFid && name.kind != tKw {
		p.unexpected("a method name")
	}
	d.name = name.s
	outer, noDo, noLabel, noIn := p.scope, p.noDo, p.noLabel, p.noIn
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	p.scope = &scope{inDef: true}
	d.scope = p.scope
	p.tok = token{kind: tIdent, s: name.s, pos: name.pos, end: p.off}
	p.advance()
	if p.isOp("(") || p.isOp("(p") {
		p.advance()
		d.params = p.paramList(func() bool { return p.isOp(")") })
		p.skipNL()
		p.expectOp(")")
	} else if p.tok.kind != tNL && !p.isOp("=") {
		d.params = p.paramList(func() bool { return p.tok.kind == tNL })
	}
	if p.isOp("=") {
		p.advance()
		p.skipNL()
		d.body = p.stmtNoModifier()
		p.scope, p.noDo, p.noLabel, p.noIn = outer, noDo, noLabel, noIn
		return d
	}
	d.body = p.bodyStmt()
	p.scope, p.noDo, p.noLabel, p.noIn = outer, noDo, noLabel, noIn
	p.expectEnd(at, "def")
	return d
}

func (p *parser) stmtNoModifier() node {
	at := p.tok.pos
	n := p.expr(false)
	if p.isKw("rescue") {
		p.advance()
		n = &beginNode{pos: pos(at), body: n, rescues: []rescueNode{{pos: pos(at), body: p.expr(false)}}}
	}
	return n
}

func (p *parser) cpath() *constNode {
	var n *constNode
	if p.acceptOp("::p") || p.acceptOp("::") {
		n = &constNode{pos: pos(p.tok.pos), top: true, name: p.tok.s}
	} else {
		n = &constNode{pos: pos(p.tok.pos), name: p.tok.s}
	}
	if p.tok.kind != tConst {
		p.unexpected("a name that begins with a capital letter")
	}
	p.advance()
	links := 0
	for ; p.acceptOp("::"); p.within(&links) {
		n = &constNode{pos: pos(p.tok.pos), scope: n, name: p.tok.s}
		if p.tok.kind != tConst {
			p.unexpected("a name that begins with a capital letter")
		}
		p.advance()
	}
	return n
}

func (p *parser) class() node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	p.advance()
	if p.acceptOp("<<") {
		obj := p.exprStmt()
		outer := p.scope
		p.scope = &scope{}
		s := &sclassNode{pos(at), obj, p.scope, p.inner()}
		p.scope = outer
		p.expectEnd(at, "class")
		return s
	}
	c := &classNode{pos: pos(at), path: p.cpath()}
	if p.acceptOp("<") {
		c.super = p.expr(false)
	}
	outer := p.scope
	p.scope = &scope{}
	c.scope = p.scope
	c.body = p.bodyStmt()
	p.scope = outer
	p.expectEnd(at, "class")
	return c
}

func (p *parser) module() node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	p.advance()
	c := &classNode{pos: pos(at), path: p.cpath(), module: true}
	outer := p.scope
	p.scope = &scope{}
	c.scope = p.scope
	c.body = p.bodyStmt()
	p.scope = outer
	p.expectEnd(at, "module")
	return c
}
