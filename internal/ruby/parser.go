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

// within counts what comes to stand in something that is read after it, such as the
// statement before a modifier.
func (p *parser) within(links *int) {
	if *links++; *links+p.depth > maxNesting {
		p.depth = maxNesting
		p.enter(p.tok.pos)
	}
}

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
	return p.modifiers(n, at)
}

// modifiers parses the `if …`, `rescue …` and so on behind a statement.
func (p *parser) modifiers(n node, at int) node {
	links := 0
	for ; p.tok.kind == tKw; p.within(&links) {
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
	var cut chain
	for ; p.tok.kind == tKw && (p.tok.s == "and" || p.tok.s == "or"); n = cut.link(n) {
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
