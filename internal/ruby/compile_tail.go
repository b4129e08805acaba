package ruby

// A return that is the last thing a method does is its value, and so is next in a block:
// no jump is left where tail compiles the end of a body.
func (c *compiler) tail(n node) code {
	if n == nil || !c.enter(n) {
		return constCode(vNil)
	}
	defer c.leave()
	switch n := n.(type) {
	case *returnNode, *nextNode:
		if v, ok := c.leaves(n); ok {
			return c.expr(v)
		}
	case *ifNode:
		return c.ifs(n, c.tail)
	case *caseNode:
		return c.cases(n, c.tail)
	case *seqNode:
		if len(n.list) > 0 {
			return c.tailSeq(n.list)
		}
	case *beginNode:
		if len(n.rescues) == 0 && n.ensure == nil && n.els == nil {
			return c.tail(n.body)
		}
	}
	return c.construct(n, true)
}

// leaves tells whether a statement leaves the body that is compiled, with what value.
func (c *compiler) leaves(n node) (v node, ok bool) {
	switch n := n.(type) {
	case *returnNode:
		return n.v, c.body.kind == bodyDef || c.body.kind == bodyLambda
	case *nextNode:
		return n.v, c.body.kind == bodyBlock || c.body.kind == bodyLambda
	case *seqNode:
		if len(n.list) == 1 {
			return c.leaves(n.list[0])
		}
	}
	return nil, false
}

// step is a statement, or one that leaves the body on a condition.
type step struct {
	cond func(fr *frame) bool // nil for a statement
	when bool                 // leaves when cond is this
	run  code                 // the statement, or the value
	els  code                 // what runs when the body goes on
}

// tailSeq compiles the statements at the end of a body, with `return a if b` among them.
func (c *compiler) tailSeq(list []node) code {
	last := len(list) - 1
	steps := make([]step, last)
	guards, before := false, c.jumps
	for i, n := range list[:last] {
		steps[i] = c.step(n)
		guards = guards || steps[i].cond != nil
	}
	jumps := c.jumps != before
	end := c.tail(list[last])
	if !guards {
		run := make([]code, last)
		for i := range steps {
			run[i] = steps[i].run
		}
		return inOrder(run, end, jumps)
	}
	return func(fr *frame) Value {
		for i := range steps {
			s := &steps[i]
			if s.cond != nil {
				if s.cond(fr) == s.when {
					return s.run(fr)
				}
				if v := s.els(fr); v.isJump() {
					return v
				}
			} else if v := s.run(fr); v.isJump() {
				return v
			}
		}
		return end(fr)
	}
}

func (c *compiler) step(n node) step {
	if x, ok := n.(*ifNode); ok {
		if v, ok := c.leaves(x.then); ok {
			return step{c.cond(x.cond), true, c.expr(v), c.stmt(x.els)}
		}
		if v, ok := c.leaves(x.els); ok {
			return step{c.cond(x.cond), false, c.expr(v), c.stmt(x.then)}
		}
	}
	return step{run: c.stmt(n)}
}
