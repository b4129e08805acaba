package ruby

// operand is an expression as a part of a construct: a variable of the body, which most
// are, is read without calling a closure.
type operand struct {
	code code // nil for a variable
	v    int
}

func (c *compiler) operand(n node) operand {
	if l, ok := n.(*lvarNode); ok && c.hops(l.v) == 0 {
		return operand{v: l.v.idx}
	}
	return operand{code: c.expr(n)}
}

func (o *operand) get(fr *frame) Value {
	if o.code == nil {
		return fr.vars[o.v]
	}
	return o.code(fr)
}
