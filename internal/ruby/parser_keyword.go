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
	p.advance()
	noLabel := p.noLabel
	p.noLabel = 0
	cond := p.exprStmt()
	p.then()
	body := p.inner()
	var els node
	switch {
	case p.isKw("elsif"):
		if t.s == "unless" {
			p.unexpected("`else` or `end`")
		}
		els = p.ifExpr() // consumes the end
		p.noLabel = noLabel
		return &ifNode{pos(t.pos), cond, body, els}
	case p.acceptKw("else"):
		els = p.inner()
	}
	p.noLabel = noLabel
	p.expectEnd(t.pos, t.s)
	if t.s == "unless" {
		body, els = els, body
	}
	return &ifNode{pos(t.pos), cond, body, els}
}

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
	p.scope.captured = true
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
	if p.tok.kind != tNL && !p.tok.nl {
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

func (p *parser) def() node {
	at := p.tok.pos
	d := &defNode{pos: pos(at)}
	p.enter(at)
	defer p.leave()
	p.fname = true
	p.advance()
	name := p.tok
	if name.kind == tKw && name.s == "self" || (name.kind == tIdent || name.kind == tConst) && p.peek(0) == '.' {
		switch {
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
	for p.acceptOp("::") {
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
				k.def = p.ternary()
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
