package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// xpath is a compiled XPath 1.0 expression. All of the language is there but variables
// and the axes namespace, following and preceding.
type xpath struct {
	text string
	root xpathExpr
}

// xpathValue is a []*xmlNode in the order of the document, a string, a float64 or a bool.
type xpathValue any

type xpathContext struct {
	node           *xmlNode
	position, size int
	spaces         map[string]string
}

type xpathExpr func(c xpathContext) xpathValue

// eval evaluates the expression for a document. spaces are the prefixes it uses.
func (x *xpath) eval(doc *xmlNode, spaces map[string]string) xpathValue {
	return x.root(xpathContext{doc, 1, 1, spaces})
}

func newXPath(text string) (x *xpath, err error) {
	p := &xpathParser{text: text}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case xpathError:
			x, err = nil, fmt.Errorf("%s, at character %d of %s", string(e), p.at+1, text)
		default:
			panic(e)
		}
	}()
	p.scan()
	root := p.or()
	if p.token != "" {
		p.fail("found %q where the end was expected", p.token)
	}
	return &xpath{text, root}, nil
}

type xpathError string

type xpathParser struct {
	text  string
	pos   int
	at    int // where the token begins
	token string
	depth int
}

func (p *xpathParser) fail(format string, args ...any) {
	panic(xpathError(fmt.Sprintf(format, args...)))
}

// scan reads the next token; "" at the end.
func (p *xpathParser) scan() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
	p.at = p.pos
	rest := p.text[p.pos:]
	if rest == "" {
		p.token = ""
		return
	}
	n := 1
	switch c := rest[0]; {
	case c == '"' || c == '\'':
		end := strings.IndexByte(rest[1:], c)
		if end < 0 {
			p.fail("a quote is not closed")
		}
		n = end + 2
	case c >= '0' && c <= '9' || c == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9':
		for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.') {
			n++
		}
	case isXMLName(rune(c)) || c >= 0x80:
		n = len(rest)
		for i, r := range rest {
			if !isXMLName(r) && r != '-' && r != '.' && !unicode.IsDigit(r) && !(r == ':' && !strings.HasPrefix(rest[i:], "::") && i+1 < len(rest) && (isXMLName(rune(rest[i+1])) || rest[i+1] == '*')) {
				n = i
				break
			}
		}
		if strings.HasSuffix(rest[:n], ":") && strings.HasPrefix(rest[n:], "*") {
			n++
		}
	default:
		for _, two := range []string{"//", "::", "..", "!=", "<=", ">="} {
			if strings.HasPrefix(rest, two) {
				n = 2
			}
		}
	}
	p.token = rest[:n]
	p.pos += n
}

func isXMLName(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func (p *xpathParser) take(token string) bool {
	if p.token != token {
		return false
	}
	p.scan()
	return true
}

func (p *xpathParser) expect(token string) {
	if !p.take(token) {
		p.fail("found %q where %q was expected", p.token, token)
	}
}

func (p *xpathParser) or() xpathExpr {
	if p.depth++; p.depth > 100 {
		p.fail("the expression nests too deep")
	}
	defer func() { p.depth-- }()
	left := p.and()
	for p.take("or") {
		a, b := left, p.and()
		left = func(c xpathContext) xpathValue { return xpathBool(a(c)) || xpathBool(b(c)) }
	}
	return left
}

func (p *xpathParser) and() xpathExpr {
	left := p.compare()
	for p.take("and") {
		a, b := left, p.compare()
		left = func(c xpathContext) xpathValue { return xpathBool(a(c)) && xpathBool(b(c)) }
	}
	return left
}

func (p *xpathParser) compare() xpathExpr {
	left := p.sum()
	for {
		op := p.token
		switch op {
		case "=", "!=", "<", "<=", ">", ">=":
		default:
			return left
		}
		p.scan()
		a, b := left, p.sum()
		left = func(c xpathContext) xpathValue { return xpathCompare(op, a(c), b(c)) }
	}
}

func (p *xpathParser) sum() xpathExpr {
	left := p.product()
	for {
		sign := 1.0
		switch {
		case p.take("+"):
		case p.take("-"):
			sign = -1
		default:
			return left
		}
		a, b := left, p.product()
		left = func(c xpathContext) xpathValue { return xpathNumber(a(c)) + sign*xpathNumber(b(c)) }
	}
}

func (p *xpathParser) product() xpathExpr {
	left := p.unary()
	for {
		op := p.token
		if op != "*" && op != "div" && op != "mod" {
			return left
		}
		p.scan()
		a, b := left, p.unary()
		left = func(c xpathContext) xpathValue { return xpathArithmetic(op, xpathNumber(a(c)), xpathNumber(b(c))) }
	}
}

func (p *xpathParser) unary() xpathExpr {
	if p.take("-") {
		e := p.unary()
		return func(c xpathContext) xpathValue { return -xpathNumber(e(c)) }
	}
	left := p.path()
	for p.take("|") {
		a, b := left, p.path()
		left = func(c xpathContext) xpathValue { return inDocumentOrder(append(xpathNodes(a(c)), xpathNodes(b(c))...)) }
	}
	return left
}

// path reads a location path, or another expression that may be followed by one.
func (p *xpathParser) path() xpathExpr {
	var steps []xpathStep
	start := func(c xpathContext) xpathValue { return []*xmlNode{c.node} }
	switch {
	case p.primary():
		e := p.filter()
		if p.token != "/" && p.token != "//" {
			return e
		}
		start = e
	case p.token == "/" || p.token == "//":
		start = func(c xpathContext) xpathValue {
			n := c.node
			for n.parent != nil {
				n = n.parent
			}
			return []*xmlNode{n}
		}
		if p.take("/") {
			if !p.stepBegins() {
				return start
			}
			steps = append(steps, p.step())
		}
	default:
		steps = append(steps, p.step())
	}
	for {
		switch {
		case p.take("//"):
			steps = append(steps, xpathStep{axis: "descendant-or-self", test: func(*xmlNode, xpathContext) bool { return true }}, p.step())
			continue
		case p.take("/"):
			steps = append(steps, p.step())
			continue
		}
		break
	}
	return func(c xpathContext) xpathValue {
		nodes := xpathNodes(start(c))
		for i := range steps {
			nodes = steps[i].apply(nodes, c)
		}
		return nodes
	}
}

func (p *xpathParser) stepBegins() bool {
	return p.token == "." || p.token == ".." || p.token == "@" || p.token == "*" || p.token != "" && (isXMLName(rune(p.token[0])) || p.token[0] >= 0x80)
}

// primary tells whether the token begins an expression that is no path.
func (p *xpathParser) primary() bool {
	if p.token == "" {
		p.fail("the expression ends too early")
	}
	c := p.token[0]
	if c == '"' || c == '\'' || c == '(' || c >= '0' && c <= '9' || c == '.' && len(p.token) > 1 && p.token != ".." {
		return true
	}
	if !isXMLName(rune(c)) || !strings.HasPrefix(strings.TrimLeft(p.text[p.pos:], " "), "(") {
		return false
	}
	return p.token != "text" && p.token != "node" && p.token != "comment" && p.token != "processing-instruction"
}

// filter reads a primary expression with its predicates.
func (p *xpathParser) filter() xpathExpr {
	token := p.token
	var e xpathExpr
	switch c := token[0]; {
	case c == '(':
		p.scan()
		e = p.or()
		p.expect(")")
	case c == '"' || c == '\'':
		p.scan()
		e = func(xpathContext) xpathValue { return token[1 : len(token)-1] }
	case isXMLName(rune(c)):
		e = p.call()
	default:
		p.scan()
		f, err := strconv.ParseFloat(token, 64)
		if err != nil {
			p.fail("%q is no number", token)
		}
		e = func(xpathContext) xpathValue { return f }
	}
	for p.token == "[" {
		inner, predicate := e, p.predicate()
		e = func(c xpathContext) xpathValue { return choose(xpathNodes(inner(c)), predicate, c) }
	}
	return e
}

func (p *xpathParser) predicate() xpathExpr {
	p.expect("[")
	e := p.or()
	p.expect("]")
	return e
}
