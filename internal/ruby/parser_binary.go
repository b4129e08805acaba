package ruby

func (p *parser) ternary() node {
	at := p.tok.pos
	cond := p.binary(1)
	if !p.isOp("?") {
		return cond
	}
	p.enter(at)
	defer p.leave()
	p.noLabel++
	p.advance()
	p.skipNL()
	then := p.ternaryArm()
	p.noLabel--
	p.skipNL()
	if p.tok.kind == tLit && !p.tok.isStr {
		// "a ? b :c" reads as the symbol :c.
		if s, ok := p.tok.n.(*symNode); ok {
			p.off = p.tok.pos + 1
			p.tok = token{kind: tOp, s: ":", pos: int(s.pos), end: p.off}
		}
	}
	p.expectOp(":")
	p.skipNL()
	els := p.ternaryArm()
	return &ifNode{pos(at), cond, then, els}
}

func (p *parser) ternaryArm() node {
	if p.isKw("not") {
		return p.notExpr(false)
	}
	return p.expr(false)
}

var binaryOps = map[string]int{
	"..": 1, "...": 1, "||": 2, "&&": 3,
	"<=>": 5, "==": 5, "===": 5, "!=": 5, "=~": 5, "!~": 5,
	"<": 6, "<=": 6, ">": 6, ">=": 6,
	"|": 7, "^": 7, "&": 8, "<<": 9, ">>": 9, "+": 10, "-": 10, "*": 11, "/": 11, "%": 11, "**": 13,
}

func (p *parser) binary(min int) node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	left := p.unary()
	var cut chain
	for ; p.tok.kind == tOp; left = cut.link(left) {
		op := p.tok.s
		prec, ok := binaryOps[op]
		if !ok || prec < min {
			break
		}
		opAt := p.tok.pos
		p.advance()
		switch op {
		case "..", "...":
			var hi node
			if p.beginsOperand() {
				hi = p.binary(2)
			}
			left = &rangeNode{pos(at), left, hi, op == "..."}
		case "**":
			p.skipNL()
			r := p.binary(13)
			if l, ok := left.(*litNode); ok && p.src[l.at()] == '-' && left.at() == at {
				// -2 ** 2 is -(2 ** 2).
				left = &callNode{pos: pos(at), recv: &callNode{pos: pos(opAt), recv: &litNode{l.pos, negate(l.v)}, name: "**", args: []node{r}}, name: "-@"}
			} else {
				left = &callNode{pos: pos(opAt), recv: left, name: op, args: []node{r}}
			}
		case "&&":
			p.skipNL()
			left = &andNode{pos(opAt), left, p.operand(prec + 1)}
		case "||":
			p.skipNL()
			left = &orNode{pos(opAt), left, p.operand(prec + 1)}
		case "!=", "!~":
			p.skipNL()
			r := p.binary(prec + 1)
			name := "=="
			if op == "!~" {
				name = "=~"
			}
			left = &notNode{pos(opAt), p.matchCall(opAt, left, name, r)}
		case "=~":
			p.skipNL()
			left = p.matchCall(opAt, left, op, p.binary(prec+1))
		default:
			p.skipNL()
			left = &callNode{pos: pos(opAt), recv: left, name: op, args: []node{p.binary(prec + 1)}}
		}
	}
	return left
}

// operand is the right side of && and ||, where people write x && y = 1, and
// x or return.
func (p *parser) operand(prec int) node {
	if p.isKw("not") {
		return p.notExpr(false)
	}
	n := p.binary(prec)
	if p.tok.kind == tOp && p.assignable(n) {
		switch p.tok.s {
		case "=":
			t := p.target(n)
			p.advance()
			p.skipNL()
			return &asgnNode{pos(n.at()), t, p.assignValue(false)}
		case "+=", "-=", "*=", "/=", "||=", "&&=", "|=", "&=", "<<=":
			op := p.tok.s
			t := p.target(n)
			p.advance()
			p.skipNL()
			return &opAsgnNode{pos(n.at()), t, op[:len(op)-1], p.assignValue(false)}
		}
	}
	return n
}

// matchCall makes the call of =~; named groups of a literal regexp become locals.
func (p *parser) matchCall(at int, left node, name string, right node) node {
	call := &callNode{pos: pos(at), recv: left, name: name, args: []node{right}}
	re, ok := left.(*regexNode)
	if !ok || name != "=~" || len(re.parts) != 1 {
		return call
	}
	raw, ok := re.parts[0].(*rawNode)
	if !ok {
		return call
	}
	seq := &seqNode{pos: pos(at)}
	for _, g := range namedGroups(raw.s) {
		v := p.scope.find(g)
		if v == nil {
			v = p.scope.declare(g)
		}
		get := &callNode{pos: pos(at), recv: &nthNode{pos(at), -1}, name: "[]", args: []node{&symNode{pos(at), g}}, safe: true}
		seq.list = append(seq.list, &asgnNode{pos(at), &lvarNode{pos(at), v}, get})
	}
	if len(seq.list) == 0 {
		return call
	}
	tmp := p.scope.declare("%match")
	seq.list = append([]node{&asgnNode{pos(at), &lvarNode{pos(at), tmp}, call}}, seq.list...)
	seq.list = append(seq.list, &lvarNode{pos(at), tmp})
	return seq
}

// namedGroups lists the names of (?<name> groups in a pattern.
func namedGroups(s string) (names []string) {
	for i := 0; i+3 < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '(' && s[i+1] == '?' && s[i+2] == '<' && s[i+3] != '=' && s[i+3] != '!':
			j := i + 3
			for j < len(s) && s[j] != '>' {
				j++
			}
			if n := s[i+3 : j]; isPlainName(n) && (n[0] == '_' || n[0] >= 'a' && n[0] <= 'z') && !keywords[n] {
				names = append(names, n)
			}
			i = j
		}
	}
	return
}

// beginsOperand tells whether the token can begin the right side of a range.
func (p *parser) beginsOperand() bool {
	switch p.tok.kind {
	case tEOF, tNL:
		return false
	case tOp:
		switch p.tok.s {
		case ")", "]", "}", ",", "=>", "==", "?", ":", "&&", "||", "|":
			return false
		}
	case tKw:
		switch p.tok.s {
		case "then", "end", "do", "if", "unless", "and", "or", "while", "until", "in", "rescue":
			return false
		}
	}
	return true
}

func (p *parser) unary() node {
	at := p.tok.pos
	switch {
	case p.tok.kind == tOp:
		switch p.tok.s {
		case "!":
			p.enter(at)
			defer p.leave()
			p.advance()
			return &notNode{pos(at), p.unary()}
		case "-p":
			p.enter(at)
			defer p.leave()
			p.advance()
			return &callNode{pos: pos(at), recv: p.binary(13), name: "-@"}
		case "+p":
			p.enter(at)
			defer p.leave()
			p.advance()
			if p.tok.kind == tLit && !p.tok.spc && isNumLit(p.tok.n) {
				return p.primaryExpr() // +1.abs is (+1).abs
			}
			return &callNode{pos: pos(at), recv: p.binary(14), name: "+@"}
		case "~":
			p.enter(at)
			defer p.leave()
			p.advance()
			return &callNode{pos: pos(at), recv: p.unary(), name: "~"}
		case "..p", "...p":
			op := p.tok.s
			p.advance()
			return &rangeNode{pos(at), nil, p.binary(2), op == "...p"}
		case "&p", "*p", "**p":
			p.unexpected("an expression")
		}
	case p.isKw("defined?"):
		p.enter(at)
		defer p.leave()
		p.advance()
		if p.isOp("(") || p.isOp("(p") {
			p.advance()
			p.skipNL()
			x := p.exprStmt()
			p.skipNL()
			p.expectOp(")")
			return p.postfix(&definedNode{pos(at), x})
		}
		return &definedNode{pos(at), p.unary()}
	}
	return p.primaryExpr()
}
