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

func (c *compiler) cases(n *caseNode, branch func(node) code) code {
	type arm struct {
		cond func(fr *frame, v Value) bool
		body code
	}
	subj := c.operand(n.subj)
	hasSubj := n.subj != nil
	var arms []arm
	for _, w := range n.whens {
		first := len(arms)
		for _, x := range w.conds {
			arms = append(arms, arm{cond: c.when(x, hasSubj)})
		}
		body := branch(w.body)
		for i := range arms[first:] {
			arms[first+i].body = body
		}
	}
	els := branch(n.els)
	at := n.at()
	return func(fr *frame) Value {
		v := subj.get(fr)
		fr.th.at = at
		for i := range arms {
			if a := &arms[i]; a.cond(fr, v) {
				return a.body(fr)
			}
		}
		return els(fr)
	}
}

func (c *compiler) when(x node, hasSubj bool) func(fr *frame, v Value) bool {
	if s, ok := x.(*splatNode); ok {
		list := c.expr(s.x)
		return func(fr *frame, v Value) bool {
			for _, p := range fr.th.splat(list(fr)) {
				fr.th.cur = fr.act
				if hasSubj && fr.th.caseEq(p, v) || !hasSubj && p.truthy() {
					return true
				}
			}
			return false
		}
	}
	if !hasSubj {
		return func() func(fr *frame, v Value) bool {
			cond := c.cond(x)
			return func(fr *frame, v Value) bool { return cond(fr) }
		}()
	}
	if s, ok := plainString(x); ok {
		return func(fr *frame, v Value) bool {
			t, ok := v.o.(*String)
			return ok && t.s == s
		}
	}
	if l, ok := x.(*litNode); ok && l.v.isInt() {
		i := l.v
		return func(fr *frame, v Value) bool {
			if v.isInt() {
				return v.n == i.n
			}
			return v.isFloat() && v.float() == float64(i.int())
		}
	}
	if k, ok := c.coreScope(x); ok && k.builtin && !k.ownEqq {
		return c.whenCore(x, k)
	}
	p := c.expr(x)
	return func(fr *frame, v Value) bool {
		k := p(fr)
		fr.th.cur = fr.act
		return fr.th.caseEq(k, v)
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
