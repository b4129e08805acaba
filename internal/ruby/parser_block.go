package ruby

// block parses { } or do end after a call.
func (p *parser) block(c *callNode) node {
	if p.isOp("{") {
		c.block = p.braceBlock()
	} else if p.isKw("do") && p.noDo == 0 {
		c.block = p.doBlock()
	}
	return c
}

func (p *parser) pushScope(block bool) *scope {
	s := &scope{isBlock: block}
	if block {
		s.up = p.scope
		s.inDef = p.scope.inDef
	}
	p.scope = s
	return s
}

func (p *parser) braceBlock() *blockNode {
	b := &blockNode{pos: pos(p.tok.pos)}
	noDo, noLabel, noIn, outer := p.noDo, p.noLabel, p.noIn, p.scope
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	b.scope = p.pushScope(true)
	p.enter(p.tok.pos)
	p.advance()
	p.skipNL()
	if p.isOp("|") || p.isOp("||") {
		b.params = p.blockParams()
	}
	b.body = p.stmts()
	b.numbered = b.scope.numbered
	p.leave()
	p.noDo, p.noLabel, p.noIn, p.scope = noDo, noLabel, noIn, outer
	if !p.isOp("}") {
		if p.tok.kind == tEOF {
			p.fail(int(b.pos), int(b.pos)+1, "close it with }", "block has no end")
		}
		p.unexpected("`}`")
	}
	p.advance()
	return b
}

func (p *parser) doBlock() *blockNode {
	b := &blockNode{pos: pos(p.tok.pos)}
	noDo, noLabel, noIn, outer := p.noDo, p.noLabel, p.noIn, p.scope
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	b.scope = p.pushScope(true)
	p.enter(p.tok.pos)
	p.advance()
	p.skipNL()
	if p.isOp("|") || p.isOp("||") {
		b.params = p.blockParams()
	}
	b.body = p.bodyStmt()
	b.numbered = b.scope.numbered
	p.leave()
	p.noDo, p.noLabel, p.noIn, p.scope = noDo, noLabel, noIn, outer
	p.expectEnd(int(b.pos), "do")
	return b
}

func (p *parser) lambda() node {
	at := p.tok.pos
	b := &blockNode{pos: pos(at), lambda: true}
	noDo, noLabel, noIn, outer := p.noDo, p.noLabel, p.noIn, p.scope
	p.noLabel, p.noIn = 0, 0
	b.scope = p.pushScope(true)
	p.enter(at)
	p.advance()
	if p.isOp("(") || p.isOp("(p") {
		p.advance()
		b.params = p.paramList(func() bool { return p.isOp(")") || p.tok.kind == tNL && p.tok.s == ";" })
		p.blockLocals(")")
		p.expectOp(")")
		b.scope.hasParam = true
	} else if !p.isOp("{") && !p.isKw("do") {
		b.params = p.paramList(func() bool { return p.isOp("{") || p.isKw("do") })
		b.scope.hasParam = true
	}
	p.noDo = 0
	if p.isKw("do") {
		p.advance()
		b.body = p.bodyStmt()
		p.noDo, p.noLabel, p.noIn, p.scope = noDo, noLabel, noIn, outer
		p.expectEnd(at, "do")
	} else {
		p.expectOp("{")
		b.body = p.stmts()
		p.noDo, p.noLabel, p.noIn, p.scope = noDo, noLabel, noIn, outer
		p.expectOp("}")
	}
	b.numbered = b.scope.numbered
	p.leave()
	return &lambdaNode{pos(at), b}
}
