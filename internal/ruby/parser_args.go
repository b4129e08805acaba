package ruby

// callRest parses the arguments and block of a call whose name has been read.
func (p *parser) callRest(c *callNode) {
	switch {
	case p.isOp("(") && !p.tok.spc:
		c.parens = true
		p.parenArgs(c)
	case p.beginsArg():
		p.commandArgs(c)
	}
	p.block(c)
}

// beginsArg tells whether the token begins the argument of a call without parentheses.
func (p *parser) beginsArg() bool {
	t := &p.tok
	if t.nl || !t.spc && t.kind != tLit && p.prev.kind != tFid {
		return false
	}
	switch t.kind {
	case tLit:
		return true
	case tIdent, tConst, tFid, tIvar, tGvar, tCvar, tLabel:
		return true
	case tKw:
		switch t.s {
		case "nil", "true", "false", "self", "not", "defined?", "lambda", "proc", "case", "if", "unless", "super", "yield", "__FILE__", "__LINE__", "__method__", "__dir__", "def", "begin", "while":
			return t.s != "if" && t.s != "unless" && t.s != "while"
		}
		return false
	case tOp:
		switch t.s {
		case "[p", "(p", "-p", "*p", "&p", "**p", "::p", "->", "~":
			return true
		case "!":
			return t.spc
		case "..p", "...p":
			return false
		}
	}
	return false
}

func (p *parser) commandArgs(c *callNode) {
	p.noDo++
	p.args(c, func() bool { return false })
	p.noDo--
}

func (p *parser) parenArgs(c *callNode) {
	open := p.tok
	noDo, noLabel, noIn := p.noDo, p.noLabel, p.noIn
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	p.advance()
	p.skipNL()
	closes := func() bool { return p.isOp(")") }
	if !closes() {
		p.args(c, closes)
	}
	p.skipNL()
	p.noDo, p.noLabel, p.noIn = noDo, noLabel, noIn
	if !p.isOp(")") {
		if p.tok.kind == tEOF {
			p.fail(open.pos, open.end, "close it with )", "`(` has no `)`")
		}
		p.unexpected("`,` or `)`")
	}
	p.advance()
}

// args parses call arguments; pairs without braces become one hash at the end.
func (p *parser) args(c *callNode, closes func() bool) {
	var h *hashNode
	pair := func(at int, k, v node) {
		if h == nil {
			h = &hashNode{pos: pos(at)}
			c.args = append(c.args, h)
		}
		h.pairs = append(h.pairs, pairNode{k, v})
	}
	for {
		if closes() {
			return
		}
		t := p.tok
		at := pos(t.pos)
		switch {
		case t.kind == tLabel:
			p.advance()
			k := &symNode{at, t.s}
			if p.isOp(",") || closes() || p.tok.kind == tNL || p.tok.kind == tEOF {
				pair(t.pos, k, p.shorthand(t))
				break
			}
			p.skipNL()
			pair(t.pos, k, p.argExpr())
		case t.kind == tLit && t.strLbl:
			p.advance()
			p.skipNL()
			pair(t.pos, &dsymNode{at, t.n.(*strNode).parts}, p.argExpr())
		case p.isOp("**p") || p.isOp("**"):
			p.advance()
			pair(t.pos, nil, p.ternary())
		case p.isOp("*p") || p.isOp("*"):
			p.advance()
			if p.isOp(",") || closes() {
				v := p.scope.find("*")
				if v == nil {
					p.fail(t.pos, t.end, "", "no anonymous splat parameter here")
				}
				c.args = append(c.args, &splatNode{at, &lvarNode{at, v}})
				break
			}
			c.args = append(c.args, &splatNode{at, p.ternary()})
		case p.isOp("&p") || p.isOp("&"):
			p.advance()
			if closes() {
				v := p.scope.find("&")
				if v == nil {
					p.fail(t.pos, t.end, "", "no anonymous block parameter here")
				}
				c.blkArg = &lvarNode{at, v}
				break
			}
			c.blkArg = p.ternary()
		case p.isOp("...p") && p.scope.find("...") != nil:
			p.advance()
			v := p.scope.find("...")
			c.args = append(c.args, &splatNode{at, &lvarNode{at, v}})
			c.blkArg = &lvarNode{at, p.scope.find("&...")}
		default:
			v := p.argExpr()
			if p.isOp("=>") {
				p.advance()
				p.skipNL()
				pair(t.pos, v, p.argExpr())
				break
			}
			if h != nil {
				// f(a => 1, b) is an error in Ruby too.
				p.fail(t.pos, p.tok.pos, "put it before the pairs", "argument after key-value pairs")
			}
			c.args = append(c.args, v)
		}
		if p.tok.kind == tNL && closes != nil {
			m := p.mark()
			p.skipNL()
			if !closes() && !p.isOp(",") {
				p.reset(m)
				return
			}
			if !p.isOp(",") && !closes() {
				p.reset(m)
			}
		}
		if !p.isOp(",") {
			return
		}
		p.advance()
		p.skipNL()
	}
}

// shorthand is the value of {x:}.
func (p *parser) shorthand(t token) node {
	if v := p.scope.find(t.s); v != nil {
		return &lvarNode{pos(t.pos), v}
	}
	return &callNode{pos: pos(t.pos), name: t.s}
}

func (p *parser) argExpr() node {
	if p.isKw("not") {
		return p.notExpr(false)
	}
	return p.expr(false)
}
