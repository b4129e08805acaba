package filter

import (
	"slices"
	"strings"
)

// xpathStep is one step of a location path: an axis, a test of nodes and predicates.
type xpathStep struct {
	axis       string
	test       func(n *xmlNode, c xpathContext) bool
	predicates []xpathExpr
}

func (p *xpathParser) step() xpathStep {
	any := func(*xmlNode, xpathContext) bool { return true }
	switch {
	case p.take("."):
		return xpathStep{axis: "self", test: any}
	case p.take(".."):
		return xpathStep{axis: "parent", test: any}
	}
	s := xpathStep{axis: "child"}
	if p.take("@") {
		s.axis = "attribute"
	} else if strings.HasPrefix(strings.TrimLeft(p.text[p.pos:], " "), "::") {
		s.axis = p.token
		switch s.axis {
		case "child", "attribute", "self", "parent", "descendant", "descendant-or-self", "ancestor", "ancestor-or-self", "following-sibling", "preceding-sibling":
		default:
			p.fail("the axis %s is not supported", s.axis)
		}
		p.scan()
		p.scan()
	}
	s.test = p.nodeTest(s.axis)
	for p.token == "[" {
		s.predicates = append(s.predicates, p.predicate())
	}
	return s
}

func (p *xpathParser) nodeTest(axis string) func(*xmlNode, xpathContext) bool {
	if !p.stepBegins() {
		p.fail("found %q where the name of an element was expected", p.token)
	}
	name := p.token
	p.scan()
	if p.token == "(" {
		p.scan()
		if p.token != ")" { // the target of processing-instruction('x')
			p.scan()
		}
		p.expect(")")
		switch name {
		case "text":
			return func(n *xmlNode, _ xpathContext) bool { return n.kind == xmlText || n.kind == xmlCData }
		case "comment":
			return func(n *xmlNode, _ xpathContext) bool { return n.kind == xmlComment }
		case "processing-instruction":
			return func(n *xmlNode, _ xpathContext) bool { return n.kind == xmlInstruction }
		case "node":
			return func(*xmlNode, xpathContext) bool { return true }
		}
		p.fail("%s() is no test of nodes", name)
	}
	kind := xmlElement
	if axis == "attribute" {
		kind = xmlAttribute
	}
	if name == "*" {
		return func(n *xmlNode, _ xpathContext) bool { return n.kind == kind }
	}
	prefix, local, prefixed := strings.Cut(name, ":")
	if !prefixed {
		prefix, local = "", name
	}
	return func(n *xmlNode, c xpathContext) bool {
		return n.kind == kind && (local == "*" || n.name == local) && (n.space == c.spaces[prefix] && prefixed || n.space == "" && !prefixed)
	}
}

// apply returns the nodes that the step leads to, in the order of the document.
func (s *xpathStep) apply(from []*xmlNode, c xpathContext) []*xmlNode {
	var all []*xmlNode
	for _, n := range from {
		var found []*xmlNode
		walkAxis(n, s.axis, func(m *xmlNode) {
			if s.test(m, c) {
				found = append(found, m)
			}
		})
		for _, predicate := range s.predicates {
			found = choose(found, predicate, c)
		}
		all = append(all, found...)
	}
	return inDocumentOrder(all)
}

func walkAxis(n *xmlNode, axis string, yield func(*xmlNode)) {
	switch axis {
	case "self":
		yield(n)
	case "child":
		for _, c := range n.children {
			yield(c)
		}
	case "attribute":
		for _, a := range n.attrs {
			if !a.isNamespace() {
				yield(a)
			}
		}
	case "parent":
		if n.parent != nil {
			yield(n.parent)
		}
	case "descendant-or-self":
		yield(n)
		walkAxis(n, "descendant", yield)
	case "descendant":
		for _, c := range n.children {
			yield(c)
			walkAxis(c, "descendant", yield)
		}
	case "ancestor-or-self":
		yield(n)
		walkAxis(n, "ancestor", yield)
	case "ancestor":
		for p := n.parent; p != nil; p = p.parent {
			yield(p)
		}
	case "following-sibling", "preceding-sibling":
		if n.parent == nil {
			return
		}
		siblings := n.parent.children
		i := slices.Index(siblings, n)
		if axis == "following-sibling" {
			for _, s := range siblings[i+1:] {
				yield(s)
			}
			return
		}
		for i--; i >= 0; i-- {
			yield(siblings[i])
		}
	}
}

// choose keeps the nodes for which a predicate is true. A number is a position.
func choose(nodes []*xmlNode, predicate xpathExpr, c xpathContext) []*xmlNode {
	var kept []*xmlNode
	for i, n := range nodes {
		v := predicate(xpathContext{n, i + 1, len(nodes), c.spaces})
		if f, ok := v.(float64); ok && f == float64(i+1) || !ok && xpathBool(v) {
			kept = append(kept, n)
		}
	}
	return kept
}

// inDocumentOrder sorts nodes and takes out doubles.
func inDocumentOrder(nodes []*xmlNode) []*xmlNode {
	slices.SortStableFunc(nodes, func(a, b *xmlNode) int { return a.order - b.order })
	return slices.Compact(nodes)
}
