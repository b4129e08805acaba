package ruby

import (
	"sluice/internal/diag"
)

// maxNesting is how deep constructs may nest; real filters stay below 30.
const maxNesting = 500

// parser is a recursive-descent parser with one token of look-ahead. The lexer calls
// it back for what stands in #{}, and asks it which names are local variables.
type parser struct {
	lexer
	source  *diag.Source
	scope   *scope
	depth   int
	noDo    int  // inside a while condition or a command's arguments, where do is not ours
	noIn    int  // inside for's targets
	looking bool // massignFollows is looking ahead
}

// parse returns the program of a source. names are local variables that exist.
func parse(src *diag.Source, names ...string) (body node, top *scope, err *syntaxError) {
	p := &parser{source: src}
	p.lexer.src = src.Text
	p.lexer.p = p
	p.lexer.tok = token{kind: tNL}
	p.scope = &scope{}
	top = p.scope
	for _, n := range names {
		p.scope.declare(n)
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*syntaxError)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	p.advance()
	body = p.stmts()
	if p.tok.kind != tEOF {
		p.unexpected("")
	}
	return body, top, nil
}

func (p *parser) enter(at int) {
	if p.depth++; p.depth > maxNesting {
		p.fail(at, at+1, "split the code into methods", "code is nested more than %d deep", maxNesting)
	}
}

func (p *parser) leave() { p.depth-- }

func (t *token) describe() string {
	switch t.kind {
	case tEOF:
		return "end of the code"
	case tNL:
		return "end of the line"
	case tLit:
		return "literal"
	}
	s := t.s
	if t.kind == tOp && len(s) > 1 && s[len(s)-1] == 'p' {
		s = s[:len(s)-1]
	}
	return "`" + s + "`"
}

func (p *parser) unexpected(wanted string) {
	help := ""
	if wanted != "" {
		help = "expected " + wanted
	}
	if p.tok.kind == tEOF && help == "" {
		help = "an `end` or a closing bracket is missing"
	}
	p.fail(p.tok.pos, max(p.tok.end, p.tok.pos+1), help, "unexpected %s", p.tok.describe())
}

func (p *parser) isOp(s string) bool { return p.tok.kind == tOp && p.tok.s == s }
func (p *parser) isKw(s string) bool { return p.tok.kind == tKw && p.tok.s == s }

func (p *parser) acceptOp(s string) bool {
	if p.isOp(s) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) acceptKw(s string) bool {
	if p.isKw(s) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expectOp(s string) {
	if !p.acceptOp(s) {
		p.unexpected("`" + s + "`")
	}
}

func (p *parser) expectEnd(open int, what string) {
	if !p.acceptKw("end") {
		if p.tok.kind == tEOF {
			p.fail(open, open+len(what), "close it with `end`", "`%s` has no `end`", what)
		}
		p.unexpected("`end` of the `" + what + "`")
	}
}

func (p *parser) skipNL() {
	for p.tok.kind == tNL {
		p.advance()
	}
}

// stmts parses statements until something that cannot begin one.
func (p *parser) stmts() node {
	seq := &seqNode{pos: pos(p.tok.pos)}
	for {
		p.skipNL()
		switch {
		case p.tok.kind == tEOF:
		case p.tok.kind == tOp && (p.tok.s == "}" || p.tok.s == ")" || p.tok.s == "]"):
		case p.tok.kind == tKw && (p.tok.s == "end" || p.tok.s == "else" || p.tok.s == "elsif" || p.tok.s == "when" || p.tok.s == "in" || p.tok.s == "rescue" || p.tok.s == "ensure"):
		default:
			seq.list = append(seq.list, p.stmt())
			if p.tok.kind == tNL || p.tok.kind == tEOF {
				continue
			}
		}
		break
	}
	if len(seq.list) == 1 {
		return seq.list[0]
	}
	return seq
}

// stmt parses one statement with its modifiers.
func (p *parser) stmt() node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	var n node
	switch {
	case p.isKw("alias"):
		n = p.alias()
	case p.isKw("undef"):
		n = p.undef()
	case p.isKw("BEGIN") || p.isKw("END"):
		p.fail(at, p.tok.end, "write the code at the top level, or in init", "`%s` blocks are not supported", p.tok.s)
	default:
		n = p.exprStmt()
	}
	for p.tok.kind == tKw {
		switch p.tok.s {
		case "if":
			p.advance()
			n = &ifNode{pos(at), p.exprStmt(), n, nil}
		case "unless":
			p.advance()
			n = &ifNode{pos(at), p.exprStmt(), nil, n}
		case "while", "until":
			neg := p.tok.s == "until"
			p.advance()
			cond := p.exprStmt()
			_, do := n.(*beginNode)
			n = &whileNode{pos(at), cond, n, neg, do}
		case "rescue":
			p.advance()
			n = &beginNode{pos: pos(at), body: n, rescues: []rescueNode{{pos: pos(at), body: p.exprStmt()}}}
		default:
			return n
		}
	}
	return n
}

func (p *parser) alias() node {
	at := p.tok.pos
	name := func() string {
		p.fname = true
		p.advance()
		if s, ok := p.tok.n.(*symNode); ok && p.tok.kind == tLit {
			return s.name
		}
		if p.tok.kind == tLit || p.tok.s == "" {
			p.unexpected("a method name")
		}
		return p.tok.s
	}
	to := name()
	from := name()
	p.advance()
	return &aliasNode{pos(at), to, from, to != "" && to[0] == '$'}
}

func (p *parser) undef() node {
	at := p.tok.pos
	p.fname = true
	p.advance()
	name := p.tok.s
	if s, ok := p.tok.n.(*symNode); ok {
		name = s.name
	}
	p.advance()
	return &undefNode{pos(at), []string{name}}
}

// exprStmt parses expressions joined by and, or, not.
func (p *parser) exprStmt() node {
	n := p.notExpr(true)
	for p.tok.kind == tKw && (p.tok.s == "and" || p.tok.s == "or") {
		at, op := p.tok.pos, p.tok.s
		p.advance()
		p.skipNL()
		r := p.notExpr(true)
		if op == "and" {
			n = &andNode{pos(at), n, r}
		} else {
			n = &orNode{pos(at), n, r}
		}
	}
	return n
}

func (p *parser) notExpr(stmt bool) node {
	if p.isKw("not") {
		at := p.tok.pos
		p.enter(at)
		defer p.leave()
		p.advance()
		return &notNode{pos(at), p.notExpr(false)}
	}
	n := p.expr(stmt)
	switch {
	case p.isOp("=>"):
		at := p.tok.pos
		p.advance()
		return &matchNode{pos(at), n, p.patternTop(), false}
	case p.isKw("in") && p.noIn == 0:
		at := p.tok.pos
		p.advance()
		return &matchNode{pos(at), n, p.patternTop(), true}
	}
	return n
}

// expr parses an expression with assignments. At the level of a statement it may be a
// multiple assignment, and the right side of an assignment may be a list.
func (p *parser) expr(stmt bool) node {
	at := p.tok.pos
	p.enter(at)
	defer p.leave()
	if stmt && p.isOp("*p") && p.splatAssigns() {
		return p.multiAssign(nil, at)
	}
	left := p.ternary()
	if stmt && p.isOp(",") && p.assignable(left) && p.massignFollows() {
		return p.multiAssign(left, at)
	}
	if m, ok := left.(*mlhsNode); ok {
		if stmt && p.isOp("=") {
			return p.multiAssign(left, at)
		}
		p.fail(int(m.pos), int(m.pos)+1, "", "list of variables without an assignment")
	}
	if p.tok.kind != tOp {
		return left
	}
	op := p.tok.s
	switch op {
	case "=":
		if !p.assignable(left) {
			p.badTarget(left)
		}
		target := p.target(left)
		p.advance()
		p.skipNL()
		value := p.assignValue(stmt)
		return &asgnNode{pos(at), target, value}
	case "+=", "-=", "*=", "/=", "%=", "**=", "||=", "&&=", "|=", "&=", "^=", "<<=", ">>=":
		if !p.assignable(left) {
			p.badTarget(left)
		}
		target := p.target(left)
		p.advance()
		p.skipNL()
		value := p.assignValue(stmt)
		return &opAsgnNode{pos(at), target, op[:len(op)-1], value}
	}
	return left
}

func (p *parser) badTarget(n node) {
	p.fail(n.at(), p.tok.pos, "a variable, an element or an attribute can be assigned", "this cannot be assigned to")
}

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
	for p.tok.kind == tOp {
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
