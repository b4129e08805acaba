package ruby

import (
	"strings"
)

// cond compiles a condition to a Go bool.
func (c *compiler) cond(n node) func(fr *frame) bool {
	if n == nil || !c.enter(n) {
		return func(*frame) bool { return false }
	}
	defer c.leave()
	switch n := n.(type) {
	case *notNode:
		if c.defs["!"] {
			break
		}
		x := c.cond(n.x)
		return func(fr *frame) bool { return !x(fr) }
	case *andNode:
		a, b := c.cond(n.a), c.cond(n.b)
		return func(fr *frame) bool { return a(fr) && b(fr) }
	case *orNode:
		a, b := c.cond(n.a), c.cond(n.b)
		return func(fr *frame) bool { return a(fr) || b(fr) }
	case *callNode:
		if n.name == "nil?" && !c.defs["nil?"] && n.recv != nil && len(n.args) == 0 && n.plain() {
			x := c.operand(n.recv)
			return func(fr *frame) bool { return x.get(fr).isNil() }
		}
	case *seqNode:
		if len(n.list) == 1 {
			return c.cond(n.list[0])
		}
	case *regexNode:
		c.errorf(codeUnsupported, n.at(), "write text =~ /.../", "a bare regular expression as a condition is not supported")
	case *rangeNode:
		if !isLit(n.lo) && !isLit(n.hi) && n.lo != nil && n.hi != nil {
			c.errorf(codeUnsupported, n.at(), "keep the state in a variable", "flip-flop conditions are not supported")
		}
	}
	x := c.operand(n)
	return func(fr *frame) bool { return x.get(fr).truthy() }
}

func isLit(n node) bool {
	switch n.(type) {
	case *litNode, *strNode, *symNode, *nilNode, *trueNode, *falseNode:
		return true
	}
	return false
}

// ifs compiles if; branch compiles its branches.
func (c *compiler) ifs(n *ifNode, branch func(node) code) code {
	cond := c.cond(n.cond)
	then, els := branch(n.then), branch(n.els)
	switch {
	case n.els == nil:
		return func(fr *frame) Value {
			if cond(fr) {
				return then(fr)
			}
			return vNil
		}
	case n.then == nil:
		return func(fr *frame) Value {
			if cond(fr) {
				return vNil
			}
			return els(fr)
		}
	}
	return func(fr *frame) Value {
		if cond(fr) {
			return then(fr)
		}
		return els(fr)
	}
}

func (c *compiler) not(n *notNode) code {
	x := c.expr(n.x)
	if !c.defs["!"] {
		return func(fr *frame) Value { return Bool(!x(fr).truthy()) }
	}
	site := &callSite{name: "!", pos: n.at()}
	return func(fr *frame) Value {
		v := x(fr)
		if _, ok := v.o.(*Object); ok {
			return fr.th.dispatch(site, v, nil, nil, false)
		}
		return Bool(!v.truthy())
	}
}

// plainString returns the text of a string literal without interpolation.
func plainString(n node) (string, bool) {
	s, ok := n.(*strNode)
	if !ok || s.shell {
		return "", false
	}
	var b strings.Builder
	for _, p := range s.parts {
		r, ok := p.(*rawNode)
		if !ok || r.bin {
			return "", false
		}
		b.WriteString(r.s)
	}
	return b.String(), true
}
