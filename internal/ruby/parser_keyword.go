package ruby

func (p *parser) keyword() node {
	t := p.tok
	at := pos(t.pos)
	switch t.s {
	case "nil":
		p.advance()
		return &nilNode{at}
	case "true":
		p.advance()
		return &trueNode{at}
	case "false":
		p.advance()
		return &falseNode{at}
	case "self":
		p.advance()
		return &selfNode{at}
	case "__FILE__", "__dir__":
		p.advance()
		return &strNode{pos: at, parts: []node{&rawNode{at, p.source.Name, false}}}
	case "__LINE__":
		p.advance()
		return &litNode{at, Int(int64(p.source.At(t.pos, t.end).Position().Line))}
	case "__method__":
		p.advance()
		return &callNode{pos: at, name: "__method__"}
	case "__ENCODING__":
		p.advance()
		return &constNode{pos: at, scope: &constNode{pos: at, name: "Encoding"}, name: "UTF_8"}
	case "if", "unless":
		return p.ifExpr()
	case "while", "until":
		p.advance()
		p.noDo++
		cond := p.exprStmt()
		p.noDo--
		p.acceptKw("do")
		body := p.inner()
		p.expectEnd(t.pos, t.s)
		return &whileNode{at, cond, body, t.s == "until", false}
	case "for":
		return p.forExpr()
	case "case":
		return p.caseExpr()
	case "begin":
		p.advance()
		noDo, noLabel, noIn := p.noDo, p.noLabel, p.noIn
		p.noDo, p.noLabel, p.noIn = 0, 0, 0
		n := p.bodyStmt()
		p.noDo, p.noLabel, p.noIn = noDo, noLabel, noIn
		p.expectEnd(t.pos, "begin")
		b, ok := n.(*beginNode)
		if !ok {
			b = &beginNode{pos: at, body: n}
		}
		return b
	case "def":
		return p.def()
	case "class":
		return p.class()
	case "module":
		return p.module()
	case "return", "break", "next":
		p.advance()
		var v node
		if p.beginsValue() {
			v = p.values()
		}
		switch t.s {
		case "return":
			return &returnNode{at, v}
		case "break":
			return &breakNode{at, v}
		}
		return &nextNode{at, v}
	case "redo":
		p.advance()
		return &redoNode{at}
	case "retry":
		p.advance()
		return &retryNode{at}
	case "yield":
		p.advance()
		c := &callNode{pos: at}
		if p.isOp("(") && !p.tok.spc {
			p.parenArgs(c)
		} else if p.beginsArg() {
			p.commandArgs(c)
		}
		return &yieldNode{at, c.args}
	case "super":
		p.advance()
		c := &callNode{pos: at}
		has := false
		if p.isOp("(") && !p.tok.spc {
			has = true
			p.parenArgs(c)
		} else if p.beginsArg() {
			has = true
			p.commandArgs(c)
		}
		p.block(c)
		return &superNode{at, c.args, has, c.blkArg, c.block}
	case "not", "defined?":
		return p.notExpr(false)
	case "then", "do":
		p.unexpected("an expression")
	case "alias":
		return p.alias()
	}
	p.unexpected("an expression")
	return nil
}

// inner parses statements in which do and in have their ordinary meaning.
func (p *parser) inner() node {
	noDo, noLabel, noIn := p.noDo, p.noLabel, p.noIn
	p.noDo, p.noLabel, p.noIn = 0, 0, 0
	n := p.stmts()
	p.noDo, p.noLabel, p.noIn = noDo, noLabel, noIn
	return n
}

// beginsValue tells whether a value follows return, break or next.
func (p *parser) beginsValue() bool {
	switch p.tok.kind {
	case tEOF, tNL:
		return false
	case tKw:
		switch p.tok.s {
		case "if", "unless", "while", "until", "end", "and", "or", "rescue", "else", "elsif", "when", "in", "ensure", "then", "do":
			return false
		}
	case tOp:
		switch p.tok.s {
		case "}", ")", "]", ":", ",", "=>", "?", "&&", "||", "=":
			return false
		}
	}
	return !p.tok.nl
}

// values parses "a, *b" after return and its kin.
func (p *parser) values() node {
	c := &callNode{pos: pos(p.tok.pos)}
	p.args(c, func() bool { return false })
	if len(c.args) == 1 {
		if _, splat := c.args[0].(*splatNode); !splat {
			return c.args[0]
		}
	}
	return &arrayNode{c.pos, c.args}
}

func (p *parser) then() {
	p.skipNL()
	if p.acceptKw("then") {
		return
	}
}

func (p *parser) ifExpr() node {
	t := p.tok
	p.enter(t.pos)
	defer p.leave()
	noLabel := p.noLabel
	p.noLabel = 0
	var arms []ifNode
	for len(arms) == 0 || p.isKw("elsif") && t.s == "if" {
		at := pos(p.tok.pos)
		p.advance()
		cond := p.exprStmt()
		p.then()
		arms = append(arms, ifNode{at, cond, p.inner(), nil})
	}
	var els node
	if p.acceptKw("else") {
		els = p.inner()
	}
	p.noLabel = noLabel
	p.expectEnd(t.pos, t.s)
	if t.s == "unless" {
		return &ifNode{pos(t.pos), arms[0].cond, els, arms[0].then}
	}
	return elsifs(arms, els)
}

// elsifs puts the arms of an if into each other. Many are a case without a subject, whose
// arms do not nest.
func elsifs(arms []ifNode, els node) node {
	if len(arms) > maxElsifs {
		c := &caseNode{pos: arms[0].pos, els: els}
		for _, a := range arms {
			c.whens = append(c.whens, whenNode{conds: []node{a.cond}, body: a.then})
		}
		return c
	}
	for i := len(arms) - 1; i >= 0; i-- {
		arms[i].els = els
		els = &arms[i]
	}
	return els
}

const maxElsifs = 30

func (p *parser) forExpr() node {
	at := p.tok.pos
	p.advance()
	p.noIn++
	first := p.tok.pos
	var target node
	if p.isOp("*p") {
		target = p.targets(nil, first)
	} else {
		n := p.primaryExpr()
		if !p.assignable(n) {
			p.badTarget(n)
		}
		target = p.target(n)
		if p.isOp(",") {
			target = p.targets(n, first)
		}
	}
	p.noIn--
	if !p.acceptKw("in") {
		p.unexpected("`in`")
	}
	p.noDo++
	iter := p.exprStmt()
	p.noDo--
	p.acceptKw("do")
	body := p.inner()
	p.expectEnd(at, "for")
	return &forNode{pos(at), target, iter, body}
}

func (p *parser) caseExpr() node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	p.advance()
	var subj node
	noLabel, noIn := p.noLabel, p.noIn
	p.noLabel = 0
	if p.tok.kind != tNL && !p.tok.nl && !p.isKw("when") {
		p.noIn++
		subj = p.exprStmt()
		p.noIn--
	}
	p.skipNL()
	defer func() { p.noLabel, p.noIn = noLabel, noIn }()
	if p.isKw("in") {
		return p.caseIn(at, subj)
	}
	c := &caseNode{pos: pos(at), subj: subj}
	if !p.isKw("when") {
		p.unexpected("`when` or `in`")
	}
	for p.acceptKw("when") {
		var w whenNode
		for {
			p.skipNL()
			sp := p.tok.pos
			if p.acceptOp("*p") {
				w.conds = append(w.conds, &splatNode{pos(sp), p.ternary()})
			} else {
				w.conds = append(w.conds, p.argExpr())
			}
			if !p.acceptOp(",") {
				break
			}
		}
		if !p.isKw("then") && p.tok.kind != tNL && p.tok.kind != tEOF {
			p.unexpected("`then` or a new line")
		}
		p.then()
		w.body = p.inner()
		c.whens = append(c.whens, w)
	}
	if p.acceptKw("else") {
		c.els = p.inner()
	}
	p.expectEnd(at, "case")
	return c
}

func (p *parser) caseIn(at int, subj node) node {
	c := &caseInNode{pos: pos(at), subj: subj}
	for p.isKw("in") {
		in := inNode{pos: pos(p.tok.pos)}
		p.noIn++
		p.advance()
		in.pat = p.patternTop()
		p.noIn--
		if p.isKw("if") || p.isKw("unless") {
			g := p.tok
			p.advance()
			in.guard = p.exprStmt()
			if g.s == "unless" {
				in.guard = &notNode{pos(g.pos), in.guard}
			}
		}
		p.then()
		in.body = p.inner()
		c.ins = append(c.ins, in)
	}
	if p.acceptKw("else") {
		c.hasEls = true
		c.els = p.inner()
	}
	p.expectEnd(at, "case")
	return c
}

// bodyStmt parses statements with rescue, else and ensure, up to the end.
func (p *parser) bodyStmt() node {
	at := p.tok.pos
	b := &beginNode{pos: pos(at)}
	b.body = p.stmts()
	for p.isKw("rescue") {
		r := rescueNode{pos: pos(p.tok.pos)}
		p.advance()
		for !p.tok.nl && p.tok.kind != tNL && !p.isKw("then") && !p.isOp("=>") && p.tok.kind != tEOF {
			sp := p.tok.pos
			if p.acceptOp("*p") {
				r.classes = append(r.classes, &splatNode{pos(sp), p.ternary()})
			} else {
				r.classes = append(r.classes, p.ternary())
			}
			if !p.acceptOp(",") {
				break
			}
			p.skipNL()
		}
		if p.acceptOp("=>") {
			n := p.primaryExpr()
			if !p.assignable(n) {
				p.badTarget(n)
			}
			r.target = p.target(n)
		}
		p.then()
		r.body = p.stmts()
		b.rescues = append(b.rescues, r)
	}
	if p.isKw("else") && len(b.rescues) > 0 {
		p.advance()
		b.els = p.stmts()
	}
	if p.acceptKw("ensure") {
		b.ensure = p.stmts()
	}
	if len(b.rescues) == 0 && b.ensure == nil {
		return b.body
	}
	return b
}
