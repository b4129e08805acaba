package ruby

import "slices"

// primaryExpr parses a primary with its calls, indexes and constants.
func (p *parser) primaryExpr() node {
	p.enter(p.tok.pos)
	defer p.leave()
	return p.postfix(p.primary())
}

func (p *parser) primary() node {
	t := p.tok
	at := pos(t.pos)
	switch t.kind {
	case tLit:
		if t.isStr {
			return p.stringLit()
		}
		p.advance()
		return t.n
	case tIvar:
		p.advance()
		return &ivarNode{at, t.s}
	case tGvar:
		p.advance()
		return &gvarNode{at, t.s}
	case tCvar:
		p.advance()
		return &cvarNode{at, t.s}
	case tIdent, tFid:
		return p.identifier()
	case tConst:
		p.advance()
		if p.isOp("(") && !p.tok.spc {
			c := &callNode{pos: at, name: t.s, parens: true}
			p.parenArgs(c)
			return p.block(c)
		}
		if p.tok.spc && p.tok.kind == tLit && p.tok.isStr {
			c := &callNode{pos: at, name: t.s}
			p.commandArgs(c)
			return p.block(c)
		}
		return &constNode{pos: at, name: t.s}
	case tLabel:
		p.fail(t.pos, t.end, "put the pairs in braces or in a call's arguments", "unexpected `%s:`", t.s)
	case tKw:
		return p.keyword()
	case tOp:
		switch t.s {
		case "(p", "(":
			return p.parenExpr()
		case "[p", "[":
			return p.arrayLit()
		case "{":
			return p.hashLit()
		case "->":
			return p.lambda()
		case "::p", "::":
			p.advance()
			if p.tok.kind != tConst {
				p.unexpected("a constant")
			}
			n := &constNode{pos: at, top: true, name: p.tok.s}
			p.advance()
			return n
		case "..p", "...p", "!", "-p", "+p", "~":
			return p.unary()
		}
	}
	p.unexpected("an expression")
	return nil
}

// stringLit joins adjacent string literals.
func (p *parser) stringLit() node {
	s := p.tok.n.(*strNode)
	p.advance()
	joined := false
	for p.tok.kind == tLit && p.tok.isStr && !p.tok.strLbl && !s.shell {
		n := p.tok.n.(*strNode)
		if !joined {
			s, joined = &strNode{s.pos, slices.Clip(s.parts), false}, true
		}
		s.parts = append(s.parts, n.parts...)
		p.advance()
	}
	return s
}

func (p *parser) identifier() node {
	t := p.tok
	at := pos(t.pos)
	if t.kind == tIdent {
		if v := p.scope.find(t.s); v != nil {
			p.advance()
			if p.isOp("(") && !p.tok.spc {
				c := &callNode{pos: at, name: t.s, parens: true}
				p.parenArgs(c)
				return p.block(c)
			}
			return &lvarNode{at, v}
		}
		if n := p.implicitParam(t); n != nil {
			return n
		}
	}
	p.advance()
	c := &callNode{pos: at, name: t.s}
	p.callRest(c)
	if (c.name == "lambda" || c.name == "proc") && c.block != nil && len(c.args) == 0 && c.name == "lambda" {
		c.block.lambda = true
	}
	return c
}

// implicitParam makes _1 .. _9 and it parameters of the block they stand in.
func (p *parser) implicitParam(t token) node {
	n := 0
	switch {
	case len(t.s) == 2 && t.s[0] == '_' && t.s[1] >= '1' && t.s[1] <= '9':
		n = int(t.s[1] - '0')
	case t.s == "it":
		n = 1
	default:
		return nil
	}
	s := p.scope
	if !s.isBlock || s.hasParam {
		return nil
	}
	if t.s == "it" {
		// it(...) and it "..." are calls.
		if c := p.peek(0); c == '(' {
			return nil
		}
		m := p.mark()
		p.advance()
		call := !p.tok.nl && (p.tok.kind == tLit && p.tok.spc || p.isKw("do"))
		p.reset(m)
		if call {
			return nil
		}
	}
	p.advance()
	for i := s.numbered + 1; i <= n; i++ {
		s.declare("_" + string(rune('0'+i)))
	}
	s.numbered = max(s.numbered, n)
	return &lvarNode{pos(t.pos), s.find("_" + string(rune('0'+n)))}
}

// postfix parses .name, ::Name, [..] and blocks that follow an expression.
func (p *parser) postfix(n node) node {
	var cut chain
	for ; ; n = cut.link(n) {
		if p.tok.kind != tOp {
			return n
		}
		at := pos(p.tok.pos)
		switch p.tok.s {
		case ".", "&.":
			safe := p.tok.s == "&."
			p.advance()
			p.skipNL()
			if p.isOp("(") || p.isOp("(p") {
				c := &callNode{pos: at, recv: n, name: "call", safe: safe, parens: true}
				p.parenArgs(c)
				n = p.block(c)
				continue
			}
			if p.tok.kind != tIdent && p.tok.kind != tConst && p.tok.kind != tFid && p.tok.kind != tKw {
				p.unexpected("a method name")
			}
			c := &callNode{pos: pos(p.tok.pos), recv: n, name: p.tok.s, safe: safe}
			p.advance()
			p.callRest(c)
			n = c
		case "::":
			p.advance()
			switch p.tok.kind {
			case tConst:
				t := p.tok
				p.advance()
				if p.isOp("(") && !p.tok.spc {
					c := &callNode{pos: pos(t.pos), recv: n, name: t.s, parens: true}
					p.parenArgs(c)
					n = p.block(c)
				} else {
					n = &constNode{pos: pos(t.pos), scope: n, name: t.s}
				}
			case tIdent, tFid:
				c := &callNode{pos: pos(p.tok.pos), recv: n, name: p.tok.s}
				p.advance()
				p.callRest(c)
				n = c
			default:
				p.unexpected("a name after `::`")
			}
		case "[":
			c := &callNode{pos: at, recv: n, name: "[]"}
			noDo, noLabel, noIn := p.noDo, p.noLabel, p.noIn
			p.noDo, p.noLabel, p.noIn = 0, 0, 0
			p.advance()
			p.skipNL()
			closes := func() bool { return p.isOp("]") }
			if !closes() {
				p.args(c, closes)
			}
			p.skipNL()
			p.noDo, p.noLabel, p.noIn = noDo, noLabel, noIn
			p.expectOp("]")
			n = c
		case "{":
			c, ok := n.(*callNode)
			if !ok || c.block != nil || c.name == "[]" || c.blkArg != nil {
				return n
			}
			return n
		default:
			return n
		}
	}
}

func (p *parser) parenExpr() node {
	at := p.tok.pos
	noDo, noLabel, noIn := p.noDo, p.noLabel, p.noIn
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	p.enter(at)
	p.advance()
	p.skipNL()
	seq := &seqNode{pos: pos(at)}
	var list node = seq
	for !p.isOp(")") {
		if p.tok.kind == tEOF {
			p.fail(at, at+1, "close it with )", "`(` has no `)`")
		}
		from := p.tok.pos
		var n node
		if p.isOp("*p") {
			n = p.targets(nil, from)
			if p.isOp("=") {
				n = p.modifiers(p.multiAssign(n, from), from)
			}
		} else {
			n = p.stmt()
		}
		if p.isOp(",") && len(seq.list) == 0 && p.assignable(n) {
			n = p.targets(n, from)
		}
		seq.list = append(seq.list, n)
		if p.tok.kind != tNL && !p.isOp(")") {
			p.unexpected("`)`")
		}
		p.skipNL()
	}
	p.leave()
	p.noDo, p.noLabel, p.noIn = noDo, noLabel, noIn
	p.advance()
	if len(seq.list) == 1 {
		list = seq.list[0]
		switch x := list.(type) {
		case *litNode:
			// (-2) ** 2: the sign belongs to the number.
			return &seqNode{pos(at), []node{x}}
		case *callNode, *lvarNode:
			// (a) = 1 is no assignment target, but (a), b = … is.
			if p.isOp(",") || p.isOp("=") {
				if p.isOp("=") {
					return &seqNode{pos(at), []node{x}}
				}
				return x
			}
			return &seqNode{pos(at), []node{x}}
		}
		return list
	}
	if len(seq.list) == 0 {
		return &nilNode{pos(at)}
	}
	return list
}

func (p *parser) arrayLit() node {
	a := &arrayNode{pos: pos(p.tok.pos)}
	noDo, noLabel, noIn := p.noDo, p.noLabel, p.noIn
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	open := p.tok.pos
	p.advance()
	p.skipNL()
	c := &callNode{}
	closes := func() bool { return p.isOp("]") }
	if !closes() {
		p.args(c, closes)
	}
	if c.blkArg != nil {
		p.fail(open, p.tok.pos, "", "a block cannot stand in an array")
	}
	a.elems = c.args
	for _, e := range a.elems {
		if h, ok := e.(*hashNode); ok {
			h.braces = true
		}
	}
	p.skipNL()
	p.noDo, p.noLabel, p.noIn = noDo, noLabel, noIn
	if !p.isOp("]") {
		if p.tok.kind == tEOF {
			p.fail(open, open+1, "close it with ]", "`[` has no `]`")
		}
		p.unexpected("`,` or `]`")
	}
	p.advance()
	return a
}

func (p *parser) hashLit() node {
	h := &hashNode{pos: pos(p.tok.pos), braces: true}
	open := p.tok.pos
	noDo, noLabel, noIn := p.noDo, p.noLabel, p.noIn
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	p.advance()
	p.skipNL()
	for !p.isOp("}") {
		t := p.tok
		at := pos(t.pos)
		switch {
		case t.kind == tLabel:
			p.advance()
			if p.isOp(",") || p.isOp("}") || p.tok.kind == tNL {
				h.pairs = append(h.pairs, pairNode{&symNode{at, t.s}, p.shorthand(t)})
				break
			}
			p.skipNL()
			h.pairs = append(h.pairs, pairNode{&symNode{at, t.s}, p.argExpr()})
		case t.kind == tLit && t.strLbl:
			p.advance()
			p.skipNL()
			h.pairs = append(h.pairs, pairNode{&dsymNode{at, t.n.(*strNode).parts}, p.argExpr()})
		case p.isOp("**p") || p.isOp("**"):
			p.advance()
			h.pairs = append(h.pairs, pairNode{nil, p.ternary()})
		default:
			if t.kind == tEOF {
				p.fail(open, open+1, "close it with }", "`{` has no `}`")
			}
			k := p.argExpr()
			p.skipNL()
			if !p.isOp("=>") {
				p.unexpected("`=>`")
			}
			p.advance()
			p.skipNL()
			h.pairs = append(h.pairs, pairNode{k, p.argExpr()})
		}
		p.skipNL()
		if !p.acceptOp(",") {
			break
		}
		p.skipNL()
	}
	p.noDo, p.noLabel, p.noIn = noDo, noLabel, noIn
	if p.tok.kind == tEOF {
		p.fail(open, open+1, "close it with }", "`{` has no `}`")
	}
	p.expectOp("}")
	return h
}
