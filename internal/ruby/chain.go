package ruby

// maxChain is how many links of a chain such as a.b.c or a + b + c nest in the syntax
// tree.
const maxChain = 100

// chain counts the links that the parser adds to the left side of a construct. A tree
// nests as deep as a chain is long, and so would everything that walks it, up to the
// running code; chain cuts it into parts, which follow each other.
type chain struct {
	links int
	start *partsNode // where the last part begins
}

// link counts one more link, whose node is n, and returns what the next one belongs to.
func (c *chain) link(n node) node {
	if c.links++; c.links%maxChain != 0 {
		return n
	}
	next := &partsNode{pos: pos(n.at())}
	if c.start != nil {
		next.parts, c.start.parts = c.start.parts, nil
	}
	next.parts = append(next.parts, n)
	c.start = next
	return next
}

// parts compiles the place where a part of a chain begins. The innermost receiver is the
// first thing a part needs, so that one field of the thread can hold the value on the
// way from the part before.
func (c *compiler) parts(n *partsNode) code {
	if n.parts == nil {
		return func(fr *frame) Value {
			v := fr.th.held
			fr.th.held = Value{}
			return v
		}
	}
	parts := make([]code, len(n.parts))
	for i, x := range n.parts {
		parts[i] = c.expr(x)
	}
	return func(fr *frame) Value {
		v := parts[0](fr)
		for _, part := range parts[1:] {
			fr.th.held = v
			v = part(fr)
		}
		return v
	}
}
