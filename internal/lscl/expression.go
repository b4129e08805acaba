package lscl

import "strings"

// expression reads one term of a condition. It returns nil when there is none, which
// has been reported.
func (p *parser) expression() Condition {
	start := p.pos
	switch {
	case p.cur() == '(':
		return p.group()
	case p.cur() == '!' && !p.has(start, "!=") && !p.has(start, "!~"):
		return p.negation()
	case p.text[start:p.name(start)] == "not":
		if next := p.after(start + 3); p.at(next) == '[' || p.at(next) == '(' || p.at(next) == '!' {
			p.report(BadNegation, start, start+3, "not stands only in \"not in\"").help("write !%s", shorten(p.text[next:max(next+1, p.selector(next))]))
			p.pos = next
			if x := p.expression(); x != nil {
				return &Not{At: p.span(start), X: x}
			}
			return nil
		}
	}
	left := p.operand()
	if left == nil {
		return nil
	}
	end, mistakes := p.pos, len(p.list)
	p.space()
	if c := p.comparison(left); c != nil {
		return c
	}
	if len(p.list) > mistakes {
		return nil
	}
	p.pos = end
	return &Test{X: left}
}

// group reads ( condition ).
func (p *parser) group() Condition {
	start := p.pos
	p.enter(opening{start, start, "the condition", otherBlock})
	defer p.leave()
	p.pos++
	p.space()
	x := p.condition()
	if x == nil {
		return nil
	}
	p.space()
	if p.cur() != ')' {
		if p.cur() == '{' || p.eof() {
			p.report(UnclosedBrace, start, start+1, "the ( is not closed").help("add ) where the condition in parentheses ends")
		} else {
			p.brokenCondition()
		}
		return nil
	}
	p.pos++
	return &Group{At: p.span(start), X: x}
}

// negation reads !( condition ) or ![field].
func (p *parser) negation() Condition {
	start := p.pos
	p.pos++
	p.space()
	var x Condition
	switch p.cur() {
	case '(':
		x = p.group()
	case '[':
		if end := p.selector(p.pos); end > p.pos {
			x = &Test{X: p.field(end)}
		}
	}
	if x == nil {
		if p.cur() != '(' && len(p.list) == 0 || p.cur() == '"' || isName(p.cur()) || p.cur() == '!' {
			p.report(BadNegation, start, p.pos+1, "expected a field or ( after !, found %s", p.describe(p.pos)).
				help("write ![field] or !( … )")
		}
		return nil
	}
	n := &Not{At: p.span(start), X: x}
	end := p.pos
	p.space()
	if next := p.pos; x.Span().Text()[0] == '[' && p.startsComparison(next) {
		left := x.(*Test).X
		stop := p.pos
		if p.comparison(left) != nil {
			stop = p.pos
		}
		p.report(BadNegation, start, stop, "! binds only to the field behind it, a comparison cannot follow").
			help("write !( %s )", shorten(strings.TrimSpace(p.text[left.Span().Start:stop])))
		return n
	}
	p.pos = end
	return n
}

func (p *parser) startsComparison(i int) bool {
	for _, op := range comparisons {
		if p.has(i, op) {
			return true
		}
	}
	return false
}

var comparisons = []string{"==", "!=", "<=", ">=", "<", ">", "=~", "!~", "not ", "in"}

// comparison reads an operator and its right side. It returns nil when no operator
// follows, or when its right side is missing, which has been reported.
func (p *parser) comparison(left Operand) Condition {
	start := p.pos
	from := left.Span().Start
	switch {
	case p.has(start, "in"):
		if end := p.name(start); end > start+2 && !isDigit(p.at(start+2)) && !p.has(start, "in-") && p.at(p.after(end)) != '(' {
			return nil
		}
		p.pos += len("in")
		return p.in(left, start, false)
	case p.has(start, "not "):
		p.pos += len("not ")
		p.space()
		if !p.has(p.pos, "in") {
			p.report(BadOperator, start, start+3, "not stands only in \"not in\"").help("write not in, !=, or !( … )")
			return nil
		}
		p.pos += len("in")
		return p.in(left, start, true)
	case p.text[start:p.name(start)] == "not":
		p.report(BadOperator, start, start+3, "a blank follows the not of \"not in\"").help("write not in")
		return nil
	case p.has(start, "!in"):
		p.report(BadOperator, start, start+3, "!in is not an operator of the language").help("write not in")
		p.pos += len("!in")
		return p.in(left, start, true)
	case p.has(start, "=~"), p.has(start, "!~"):
		p.pos += 2
		m := &Match{Negated: p.text[start] == '!', OpAt: p.span(start), Left: left}
		p.space()
		switch c := p.cur(); {
		case c == '/' || isQuote(c):
			m.Pattern = p.operand()
		case p.has(p.pos, "%r"):
			p.report(BadOperand, p.pos, p.pos+2, "a pattern stands between slashes, %%r is Ruby").help("write /…/")
			if end := p.skipBalanced(p.pos + 2); p.sameLine(p.pos, end) {
				p.pos = end
			}
		default:
			p.report(BadOperand, p.pos, p.pos+1, "expected a pattern after %s, found %s", m.OpAt.Text(), p.describe(p.pos)).
				help("a pattern is written /…/; a field cannot be one")
			at, end := p.pos, max(p.selector(p.pos), p.runEnd(p.pos))
			if isQuote(p.at(end)) {
				end++
			}
			if end > at {
				m.Pattern = p.str(at, end, end, 0)
			}
		}
		if m.Pattern == nil {
			return nil
		}
		m.At = p.span(from)
		return m
	}
	for op, text := range []string{"==", "!=", "<", ">", "<=", ">="} {
		if !p.has(start, text) || len(text) == 1 && p.at(start+1) == '=' || p.has(start, "<>") {
			continue
		}
		if p.has(start, "===") || p.has(start, "!==") {
			p.report(BadOperator, start, start+3, "%s is not an operator of the language", p.text[start:start+3]).help("write %s", text)
			p.pos++
		}
		p.pos += len(text)
		return p.compare(left, CompareOp(op), start)
	}
	return p.foreignComparison(left)
}

// foreignComparison handles operators of other languages.
func (p *parser) foreignComparison(left Operand) Condition {
	start := p.pos
	for _, o := range []struct {
		text string
		op   CompareOp
	}{{"=>", Ge}, {"=<", Le}, {"<>", Ne}, {"=", Eq}} {
		if !p.has(start, o.text) {
			continue
		}
		p.report(BadOperator, start, start+len(o.text), "%s is not an operator of a condition", o.text).help("write %s", o.op)
		p.pos += len(o.text)
		return p.compare(left, o.op, start)
	}
	if strings.ToLower(p.text[start:p.name(start)]) == "in" {
		p.report(BadOperator, start, start+2, "%s is written in small letters", quote(p.text[start:start+2])).help("write in")
		p.pos += 2
		return p.in(left, start, false)
	}
	return nil
}

func (p *parser) compare(left Operand, op CompareOp, start int) Condition {
	c := &Compare{Op: op, OpAt: p.span(start), Left: left}
	p.space()
	if c.Right = p.operand(); c.Right == nil {
		return nil
	}
	c.At = p.span(left.Span().Start)
	return c
}

func (p *parser) in(left Operand, start int, negated bool) Condition {
	c := &In{Negated: negated, OpAt: p.span(start), Left: left}
	p.space()
	if c.Right = p.operand(); c.Right == nil {
		return nil
	}
	c.At = p.span(left.Span().Start)
	return c
}

// operand reads what stands beside an operator. It returns nil when there is none,
// which has been reported.
func (p *parser) operand() Operand {
	start := p.pos
	c := p.cur()
	switch {
	case isQuote(c):
		end := p.quoted(start)
		if end == start {
			p.openQuote(start)
			if n := strings.IndexByte(p.text[start:p.pos], '{'); n > 0 {
				p.pos = start + n
			}
			return p.str(start, p.pos, p.pos, 0)
		}
		return p.quotedString(start, end)
	case c == '[':
		end := p.selector(start)
		if end == start {
			return p.arrayOperand()
		}
		if p.at(end) == '[' && (isWord(p.at(end+1)) || p.at(end+1) == '@') {
			return p.openField(start, p.runEnd(end+1))
		}
		return p.field(end)
	case c == '/':
		end := p.quoted(start)
		if end == start {
			p.report(UnclosedQuote, start, start+1, "the pattern is not closed").help("close it with /, and write \\/ for a slash inside")
			return nil
		}
		p.pos = end
		return &Regex{At: p.span(start), Content: p.src.At(start+1, end-1), Pattern: p.text[start+1 : end-1]}
	case p.number(start) > start && !p.runsOn(p.number(start), inCondition):
		p.pos = p.number(start)
		return p.num(start, p.pos)
	}
	if end := p.bareword(start); end > start && p.at(p.after(end)) == '(' {
		return p.call(end)
	}
	return p.noOperand()
}

func (p *parser) field(end int) *Selector {
	start := p.pos
	p.pos = end
	text := p.text[start:end]
	return &Selector{At: p.span(start), Text: text, Path: strings.Split(text[1:len(text)-1], "][")}
}

// arrayOperand reads an array in a condition. Where that fails, [ is more likely to be
// the start of a field that is not closed.
func (p *parser) arrayOperand() Operand {
	before, start, inside := *p, p.pos, p.pos+1
	a := p.array()
	if len(p.list) == len(before.list) || !isWord(p.at(inside)) && p.at(inside) != '@' {
		return a
	}
	*p = before
	end := p.runEnd(inside)
	if p.at(end) == ',' { // a list after all
		return p.array()
	}
	return p.openField(start, end)
}

// openField reports a field reference that is not closed at end, and reads it as it
// was meant.
func (p *parser) openField(start, end int) Operand {
	if p.at(end) == '[' {
		p.report(BadFieldReference, start, end, "the field reference %s has no ] before the next [", shorten(p.text[start:end])).
			help("a nested field is written [outer][inner]")
		end = max(p.selector(end), end)
	} else {
		p.report(BadFieldReference, start, end, "the field reference %s is not closed", shorten(p.text[start:end])).
			help("write %s]", shorten(p.text[start:end]))
	}
	if p.at(end) == ']' {
		end++
	}
	p.pos = end
	return &Selector{At: p.span(start), Text: p.text[start:end], Path: []string{p.text[start+1 : end]}}
}

// call reads name( … ); end is behind the name.
func (p *parser) call(end int) Operand {
	start := p.pos
	c := &Call{Name: p.text[start:end], NameAt: p.src.At(start, end)}
	p.pos = end
	p.space()
	open := p.pos
	p.enter(opening{open, start, "the call", otherBlock})
	defer p.leave()
	p.pos++
	for p.space(); p.cur() != ')'; p.space() {
		if len(c.Args) > 0 {
			if p.cur() != ',' {
				p.report(UnclosedBrace, open, open+1, "the ( of %s is not closed", c.Name).help("add )")
				return nil
			}
			p.pos++
			p.space()
		}
		x := p.operand()
		if x == nil {
			return nil
		}
		c.Args = append(c.Args, x)
	}
	p.pos++
	c.At = p.span(start)
	return c
}

// noOperand reports something that is no operand, and reads a text without quotes as
// a string, so that the rest of the condition is still checked.
func (p *parser) noOperand() Operand {
	start := p.pos
	if p.swallowed() {
		return nil
	}
	if n := p.smartQuote(start); n > 0 {
		if s, ok := p.smartString(n).(*String); ok {
			return s
		}
	}
	end := p.runEnd(start)
	for i := start; i < end; i++ {
		if strings.IndexByte("=!<>&|", p.text[i]) >= 0 {
			end = i
		}
	}
	text := p.text[start:end]
	switch {
	case p.cur() == '(':
		p.report(WrongBrackets, start, start+1, "expected a field, string, number or list, found (").
			help("a list is written [\"x\", \"y\"]; parentheses stand only around conditions")
		return nil
	case p.eof() || p.cur() == '{' || p.cur() == ')' || p.cur() == '}' || end == start || p.booleanAt(start) && end-start <= 4:
		p.report(BadCondition, start, max(end, start+1), "expected a field, string or number, found %s", p.describe(start)).
			help("a condition compares or tests fields: [a] == \"x\", [a] in [\"x\", \"y\"], ![a]")
		return nil
	case text == "true" || text == "false":
		p.report(NeedsQuotes, start, end, "%s without quotes cannot be compared", text).
			help("write \"%s\" for the text; test a boolean field with if [field] or if ![field]", text)
	case p.at(end) == '[' && len(text) > 0:
		p.report(BadFieldReference, start, end, "a field reference starts with [").help("write [%s]%s", text, p.text[end:max(p.selector(end), end)])
		p.pos = max(p.selector(end), end)
		return &Selector{At: p.span(start), Text: "[" + text + "]" + p.text[end:p.pos], Path: []string{text}}
	case strings.HasPrefix(text, "%") || strings.HasPrefix(text, "$"):
		p.report(NeedsQuotes, start, end, "%s needs quotes", shorten(text)).help("write \"%s\"; a field is written [name]", shorten(text))
	default:
		p.report(NeedsQuotes, start, end, "%s is neither a field nor a string", quote(text)).
			help("write \"%s\" for the text, [%s] for the field", text, text)
	}
	if isQuote(p.at(end)) { // its opening quote is missing
		end++
	}
	s := p.str(start, end, end, 0)
	s.Quote = '"' // as it was meant
	return s
}
