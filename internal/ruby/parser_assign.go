package ruby

// assignValue parses the right side of an assignment.
func (p *parser) assignValue(stmt bool) node {
	at := p.tok.pos
	var v node
	if stmt && p.isOp("*p") {
		p.advance()
		v = &arrayNode{pos(at), []node{&splatNode{pos(at), p.ternary()}}}
	} else {
		v = p.expr(stmt)
	}
	if stmt && p.isOp(",") {
		arr, ok := v.(*arrayNode)
		if _, isSplat := v.(*arrayNode); !ok || !isSplat || int(arr.pos) != at || len(arr.elems) != 1 {
			arr = &arrayNode{pos(at), []node{v}}
		} else if _, s := arr.elems[0].(*splatNode); !s {
			arr = &arrayNode{pos(at), []node{v}}
		}
		for p.acceptOp(",") {
			p.skipNL()
			if p.isOp("*p") {
				sp := p.tok.pos
				p.advance()
				arr.elems = append(arr.elems, &splatNode{pos(sp), p.ternary()})
			} else {
				arr.elems = append(arr.elems, p.expr(false))
			}
		}
		v = arr
	}
	if p.isKw("rescue") {
		p.advance()
		v = &beginNode{pos: pos(at), body: v, rescues: []rescueNode{{pos: pos(at), body: p.expr(false)}}}
	}
	return v
}

func (p *parser) assignable(n node) bool {
	switch x := n.(type) {
	case *lvarNode, *ivarNode, *gvarNode, *cvarNode, *constNode, *mlhsNode:
		return true
	case *callNode:
		if x.block != nil || x.blkArg != nil {
			return false
		}
		if x.recv == nil {
			return len(x.args) == 0 && !x.parens && isPlainName(x.name)
		}
		return x.name == "[]" || len(x.args) == 0 && !x.parens && isPlainName(x.name)
	}
	return false
}

func isPlainName(s string) bool {
	if s == "" || !isIdent(s[0]) || isDigit(s[0]) {
		return false
	}
	c := s[len(s)-1]
	return c != '?' && c != '!'
}

// target turns an expression into what can be assigned; a new name becomes a local.
func (p *parser) target(n node) node {
	if c, ok := n.(*callNode); ok && c.recv == nil && c.name != "[]" {
		v := p.scope.find(c.name)
		if v == nil {
			v = p.scope.declare(c.name)
		}
		return &lvarNode{c.pos, v}
	}
	return n
}

// mark remembers where the parser is, for the few places that need to look further.
type mark struct {
	lex   lexer
	depth int
	noDo  int
	scope *scope
	vars  int
}

func (p *parser) mark() mark { return mark{p.lexer, p.depth, p.noDo, p.scope, len(p.scope.vars)} }

func (p *parser) reset(m mark) {
	p.lexer, p.depth, p.noDo, p.scope = m.lex, m.depth, m.noDo, m.scope
	p.scope.vars = p.scope.vars[:m.vars]
}

// massignFollows looks whether "a, b, ..." ends in an assignment.
func (p *parser) massignFollows() (ok bool) {
	if p.looking {
		return false // one look ahead inside another would take exponential time
	}
	m := p.mark()
	p.looking = true
	defer func() { p.looking = false }()
	defer p.reset(m)
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(*syntaxError); !is {
				panic(r)
			}
			ok = false
		}
	}()
	for p.acceptOp(",") {
		if p.isOp("=") {
			return true
		}
		p.acceptOp("*p")
		if p.isOp(",") || p.isOp("=") {
			continue
		}
		n := p.primaryExpr()
		if !p.assignable(n) {
			return false
		}
	}
	return p.isOp("=") || p.noIn > 0
}

func (p *parser) splatAssigns() (ok bool) {
	if p.looking {
		return true
	}
	m := p.mark()
	p.looking = true
	defer func() { p.looking = false }()
	defer p.reset(m)
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(*syntaxError); !is {
				panic(r)
			}
			ok = false
		}
	}()
	p.advance()
	if p.isOp(",") || p.isOp("=") {
		return true
	}
	p.primaryExpr()
	if p.isOp(",") {
		p.looking = false
		return p.massignFollows()
	}
	return p.isOp("=")
}

// multiAssign parses the rest of a multiple assignment.
func (p *parser) multiAssign(first node, at int) node {
	left := p.targets(first, at)
	if !p.isOp("=") {
		p.unexpected("`=` after the list of variables")
	}
	p.advance()
	p.skipNL()
	value := p.assignValue(true)
	return &masgnNode{pos(at), left, value}
}

// targets parses "a, *b, (c, d)"; first has been parsed already.
func (p *parser) targets(first node, at int) *mlhsNode {
	m, ok := first.(*mlhsNode)
	if ok && !p.isOp(",") {
		return m
	}
	m = &mlhsNode{pos: pos(at)}
	add := func(n node) {
		if m.hasSplat {
			m.post = append(m.post, n)
		} else {
			m.pre = append(m.pre, n)
		}
	}
	if first != nil {
		add(p.target(first))
		if !p.acceptOp(",") {
			return m
		}
	}
	for {
		switch {
		case p.isOp("=") || p.isKw("in") || p.isOp(")") || p.isOp("|"):
			return m
		case p.isOp("*p") || p.isOp("*"):
			if m.hasSplat {
				p.fail(p.tok.pos, p.tok.end, "", "a list can have one splat only")
			}
			m.hasSplat = true
			p.advance()
			if !p.isOp(",") && !p.isOp("=") && !p.isOp(")") && !p.isKw("in") {
				n := p.primaryExpr()
				if !p.assignable(n) {
					p.badTarget(n)
				}
				m.splat = p.target(n)
			}
		default:
			n := p.primaryExpr()
			if !p.assignable(n) {
				p.badTarget(n)
			}
			add(p.target(n))
		}
		if !p.acceptOp(",") {
			return m
		}
	}
}
