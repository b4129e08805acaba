package lscl

import (
	"strings"

	"sluice/internal/diag"
)

// isIf tells whether a conditional starts at i, and not a plugin whose name begins
// with these letters: if{ is a plugin, if5{ is the condition 5.
func (p *parser) isIf(i int) bool { return p.ifAt(i, "if") }

func (p *parser) ifAt(i int, word string) bool {
	if !p.has(i, word) {
		return false
	}
	rest, end := i+len(word), p.name(i)
	next := p.after(end)
	if rest == end {
		return p.at(next) != '{'
	}
	if n := p.bareword(rest); n == end && p.at(next) == '(' {
		return true
	}
	n := p.number(rest)
	if n < end {
		return false
	}
	if n > end || p.at(next) != '{' { // if5.5, if5 == [a]
		return true
	}
	return !p.pairAt(p.after(next + 1))
}

// conditional reads if … else if … else. The if is there.
func (p *parser) conditional() *If {
	start := p.pos
	n := &If{}
	p.pos += len("if")
	n.Branches = append(n.Branches, p.branch(start, "if"))
	for !p.leaving {
		end := p.pos
		p.space()
		else_ := p.pos
		word := p.text[else_:p.name(else_)]
		next := p.after(else_ + len("else"))
		switch {
		case p.ifAt(else_, "elseif") || word == "else" && p.ifAt(next, "if"):
			if p.elseBelongsOutside() {
				p.pos = end
				n.At = p.src.At(start, end)
				return n
			}
			p.pos = next
			if word != "else" {
				p.pos = else_ + len("else")
			} else {
				p.pos = else_ + len("else")
				p.space()
			}
			p.pos += len("if")
			n.Branches = append(n.Branches, p.branch(else_, "else if"))
		case word == "else" && p.at(next) == '{':
			if p.elseBelongsOutside() {
				p.pos = end
				n.At = p.src.At(start, end)
				return n
			}
			p.pos = else_ + len("else")
			p.space()
			n.Else = &Else{}
			n.Else.Block = p.block(else_, "else", branchBlock)
			n.Else.At = p.span(else_)
			n.At = p.span(start)
			p.afterElse(n)
			return n
		case p.oddElse(n, else_, word):
		default:
			p.pos = end
			n.At = p.src.At(start, end)
			return n
		}
	}
	n.At = p.span(start)
	return n
}

// elseBelongsOutside tells whether the else at pos is indented less than the block
// around the conditional, so that it continues an outer conditional.
func (p *parser) elseBelongsOutside() bool {
	if len(p.open) == 0 || !p.firstOnLine(p.pos) {
		return false
	}
	o := p.top()
	return o.kind == branchBlock && p.indent(p.pos) <= p.indent(o.start) && p.lineStart(o.at) != p.lineStart(p.pos) && p.misaligned(o)
}

// misaligned tells whether a block inside o was closed by a brace that looks as if it
// were meant for o. Without that an odd indentation is only odd.
func (p *parser) misaligned(o opening) bool {
	for _, s := range p.suspects {
		if s.at > o.at && p.indent(s.close) < p.indent(s.start) {
			return true
		}
	}
	return false
}

// oddElse handles an else or else if that is written differently behind a branch. It
// returns false when there is none.
func (p *parser) oddElse(n *If, start int, word string) bool {
	lower := strings.ToLower(word)
	end := start + len(word)
	switch lower {
	case "elsif", "elif", "elseif", "else":
	default:
		return false
	}
	if p.at(p.after(end)) == '{' && word != "else" && lower != "else" || p.has(p.after(end), "=>") {
		if lower == "elseif" || lower == "elsif" || lower == "elif" {
			p.report(BadCondition, start, end, "expected a condition after %s, found {", quote(word)).help("write else if [field] … { … }, or else { … }")
			p.pos = end
			p.space()
			br := &Branch{}
			br.Block = p.block(start, "else if", branchBlock)
			br.At = p.span(start)
			n.Branches = append(n.Branches, br)
			return true
		}
		return false
	}
	p.pos = end
	p.space()
	isIf := lower != "else"
	if lower == "else" && len(p.text)-p.pos >= 2 && strings.EqualFold(p.text[p.pos:p.pos+2], "if") && p.name(p.pos) == p.pos+2 {
		isIf = true
		end = p.pos + 2
		p.pos = end
		if p.at(p.after(end)) == '{' {
			p.report(BadCondition, start, end, "expected a condition after else if, found {").help("write else if [field] … { … }, or else { … }")
			p.space()
			br := &Branch{}
			br.Block = p.block(start, "else if", branchBlock)
			br.At = p.span(start)
			n.Branches = append(n.Branches, br)
			return true
		}
	}
	switch {
	case isIf:
		p.report(BadElse, start, end, "%s is not a word of the language", quote(p.text[start:end])).help("write else if")
		n.Branches = append(n.Branches, p.branch(start, "else if"))
	case p.cur() == '{':
		p.report(BadElse, start, end, "%s is written in small letters", quote(word)).help("write else")
		n.Else = &Else{}
		n.Else.Block = p.block(start, "else", branchBlock)
		n.Else.At = p.span(start)
	case p.cur() == '[' || p.cur() == '(' || p.cur() == '!' || isQuote(p.cur()):
		p.report(BadElse, start, end, "else is followed by a condition").help("write else if")
		n.Branches = append(n.Branches, p.branch(start, "else if"))
	default:
		p.report(MissingBrace, p.pos, p.pos+1, "expected { after else, found %s", p.describe(p.pos)).help("write else { … }")
	}
	return true
}

// afterElse reports further branches behind an else.
func (p *parser) afterElse(n *If) {
	end := p.pos
	p.space()
	start := p.pos
	next := p.after(start + len("else"))
	word := p.text[start:p.name(start)]
	if word != "else" || p.at(next) != '{' && !p.ifAt(next, "if") || p.leaving || p.elseBelongsOutside() {
		p.pos = end
		return
	}
	if o := p.top(); o.kind == branchBlock && p.firstOnLine(start) && p.indent(start) <= p.indent(o.start) {
		p.pos = end
		return
	}
	p.report(BadElse, start, start+len("else"), "a second else follows the else").
		related(n.Else.At.Source.At(n.Else.At.Start, n.Else.At.Start+4), "the conditional ends with this else").
		help("else comes last, and once")
	p.pos = next
	if p.cur() != '{' {
		p.pos += len("if")
		p.branch(start, "else if")
		return
	}
	p.block(start, "else", branchBlock)
}

// strayElse handles else, or if without a condition, at the start of a statement.
func (p *parser) strayElse(b *Block, word string) {
	start := p.pos
	p.pos += len(word)
	if word == "if" {
		p.report(BadCondition, start, p.pos, "expected a condition after if, found %s", p.describe(p.after(p.pos))).
			help("write if [field] … { … }")
	} else {
		p.report(BadElse, start, p.pos, "%s without an if before it", word).
			help("a conditional is if … { } else if … { } else { }, with only comments between its parts")
	}
	p.space()
	if word != "if" && p.cur() != '{' {
		if p.isIf(p.pos) {
			p.pos += len("if")
			p.space()
		}
		p.condition()
	}
	p.space()
	if p.cur() == '{' {
		inner := p.block(start, word, branchBlock)
		b.Body = append(b.Body, inner.Body...)
	}
}

// branch reads a condition and its block. start is where the if or else begins.
func (p *parser) branch(start int, what string) *Branch {
	br := &Branch{}
	p.space()
	mistakes := len(p.list)
	br.Condition = p.condition()
	end := p.pos
	p.space()
	if p.cur() != '{' {
		if broken := len(p.list) == mistakes; broken && br.Condition != nil && !p.sameLine(end, p.pos) && (p.statementStart(p.pos) || p.cur() == '}') {
			last := br.Condition.Span().End
			p.report(MissingBrace, last-1, last, "expected { after the condition, found %s on a later line", p.describe(p.pos)).
				help("write %s %s {", what, shorten(br.Condition.Span().Text()))
			br.Block = p.block(start, "the conditional", branchBlock)
			br.At = p.span(start)
			return br
		} else if broken {
			p.brokenCondition()
		}
		p.skipCondition()
	}
	if p.cur() == '{' {
		br.Block = p.block(start, shorten(strings.TrimSpace(p.text[start:min(p.pos, start+200)])), branchBlock)
	} else if len(p.list) == mistakes {
		p.report(MissingBrace, p.pos, p.pos+1, "expected { after the condition, found %s", p.describe(p.pos)).
			help("write %s … { … }", what)
	}
	br.At = p.span(start)
	return br
}

// skipCondition goes to the brace behind a condition that was not understood.
func (p *parser) skipCondition() {
	line := p.lineEnd(p.pos)
	for i := p.pos; i < line; i++ {
		switch c := p.text[i]; {
		case c == '{':
			p.pos = i
			return
		case isQuote(c):
			if end := p.quoted(i); end > i && end <= line {
				i = end - 1
			}
		case c == '/' && i > 0 && p.text[i-1] != '/' && strings.HasSuffix(strings.TrimRight(p.text[p.lineStart(i):i], " \t"), "~"):
			if end := p.quoted(i); end > i && end <= line {
				i = end - 1
			}
		case c == '}':
			p.pos = i
			return
		case c == '#':
			line = i
		}
	}
	p.pos = line
	p.space()
}

// brokenCondition reports what stands behind a complete condition where an operator or
// the brace should be.
func (p *parser) brokenCondition() {
	if p.swallowed() {
		return
	}
	i := p.pos
	stop := p.runEnd(i)
	for _, o := range p.foreignOperators(i) {
		stop = i + len(o)
	}
	p.report(MissingBrace, i, max(stop, i+1), "expected {, and, or, or a comparison, found %s", p.describe(i)).
		help("a condition is followed by { … }; operators are == != < > <= >= =~ !~ in, not in, and, or")
}

func (p *parser) foreignOperators(i int) []string {
	for _, op := range []string{"<>", "&&", "||", "&", "|"} {
		if p.has(i, op) {
			return []string{op}
		}
	}
	return nil
}

// booleanAt tells whether a boolean operator stands at i. Like the others it needs no
// blank behind it.
func (p *parser) booleanAt(i int) bool {
	for op := And; op <= Nand; op++ {
		if p.has(i, op.String()) {
			return true
		}
	}
	return false
}

// condition reads expressions joined by boolean operators. It returns nil when the
// first expression could not be understood, which has been reported.
func (p *parser) condition() Condition {
	first := p.expression()
	if first == nil {
		return nil
	}
	terms, ops := []Condition{first}, []boolOp(nil)
	for {
		end := p.pos
		p.space()
		op, ok := p.boolOp()
		if !ok {
			p.pos = end
			break
		}
		p.space()
		x := p.expression()
		if x == nil {
			break
		}
		terms, ops = append(terms, x), append(ops, op)
	}
	return p.join(terms, ops)
}

type boolOp struct {
	op BoolOp
	at diag.Span
}

// boolOp reads and, or, xor, nand, or what people write instead.
func (p *parser) boolOp() (boolOp, bool) {
	start := p.pos
	for op := And; op <= Nand; op++ {
		if p.has(start, op.String()) {
			p.pos += len(op.String())
			return boolOp{op, p.span(start)}, true
		}
	}
	end := p.name(start)
	word := p.text[start:end]
	for _, o := range p.foreignOperators(start) {
		word, end = o, start+len(o)
	}
	op, known := map[string]BoolOp{"&&": And, "&": And, "AND": And, "And": And, "||": Or, "|": Or, "OR": Or, "Or": Or, "XOR": Xor, "NAND": Nand}[word]
	if !known {
		return boolOp{}, false
	}
	p.report(BadOperator, start, end, "%s is not an operator of the language", word).help("write %s", op)
	p.pos = end
	return boolOp{op, p.span(start)}, true
}

// join groups a chain as Logstash does: and binds tighter than or, but only towards
// its left neighbour, because its shunting-yard algorithm moves at most one waiting
// operator, and only for a strictly higher one.
func (p *parser) join(terms []Condition, ops []boolOp) Condition {
	if len(ops) == 0 {
		return terms[0]
	}
	if len(ops) > 1 {
		for _, o := range ops {
			if o.op == Xor || o.op == Nand {
				p.report(MixedOperators, o.at.Start, o.at.End, "%s cannot be combined with another operator without parentheses", o.op).
					help("write ([a] %s [b]) and …", o.op)
				break
			}
		}
	}
	stack, waiting := []Condition{terms[0]}, []boolOp(nil)
	apply := func() {
		o := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		l, r := stack[len(stack)-2], stack[len(stack)-1]
		stack = append(stack[:len(stack)-2], &Binary{At: p.src.At(l.Span().Start, r.Span().End), Op: o.op, OpAt: o.at, Left: l, Right: r})
	}
	for i, o := range ops {
		if n := len(waiting); n > 0 && waiting[n-1].op == And && o.op == Or {
			apply()
		}
		waiting = append(waiting, o)
		stack = append(stack, terms[i+1])
	}
	for len(waiting) > 0 {
		apply()
	}
	return stack[0]
}
