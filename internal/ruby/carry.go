package ruby

import "sluice/internal/event"

// carried is a field's value on its way from one place of an event to another, through a
// block that only hands it on: it stays what it is, untouched text included. Nothing but
// event.set ever sees one.
type carried struct{ v event.Value }

func (*carried) class() *Class { return cObject }

// cooked makes a Ruby value of what a block carries.
func (th *thread) cooked(v Value) Value {
	if c, ok := v.o.(*carried); ok {
		return th.fromEvent(c.v, nil)
	}
	return v
}

// carries tells whether the block of `each { |k, v| … }` does nothing with v but give it
// to event.set. If so, the calls whose results nobody can see are marked.
func (c *compiler) carries(b *blockNode, name string) bool {
	if name != "each" || c.defs["each"] || c.script.tracks || b.params == nil || !b.params.simple() || len(b.params.req) != 2 {
		return false
	}
	value, ok := b.params.req[1].(*lvarNode)
	if !ok {
		return false
	}
	w := carryWalk{v: value.v}
	if !w.statement(b.body) {
		return false
	}
	for _, n := range w.calls {
		n.void = true
	}
	return true
}

type carryWalk struct {
	v     *local
	calls []*callNode // whose results are thrown away
}

// statement tells whether a statement only carries the value, or leaves it alone.
func (w *carryWalk) statement(n node) bool {
	switch n := n.(type) {
	case nil:
		return true
	case *seqNode:
		for _, x := range n.list {
			if !w.statement(x) {
				return false
			}
		}
		return true
	case *ifNode:
		return w.free(n.cond) && w.statement(n.then) && w.statement(n.els)
	case *nextNode:
		return n.v == nil
	case *callNode:
		recv, ok := n.recv.(*lvarNode)
		if !ok || recv.v == w.v || recv.v.name != "event" || n.block != nil || n.blkArg != nil || n.safe {
			return w.free(n)
		}
		switch {
		case n.name == "set" && len(n.args) == 2 && w.free(n.args[0]):
			w.calls = append(w.calls, n)
			if l, ok := n.args[1].(*lvarNode); ok && l.v == w.v {
				return true
			}
			return w.free(n.args[1])
		case n.name == "remove" && len(n.args) == 1:
			w.calls = append(w.calls, n)
			return w.free(n.args[0])
		}
	}
	return w.free(n)
}

// free tells whether an expression cannot see the value. It knows the simple ones.
func (w *carryWalk) free(n node) bool {
	switch n := n.(type) {
	case nil, *nilNode, *trueNode, *falseNode, *litNode, *rawNode, *symNode:
		return true
	case *lvarNode:
		return n.v != w.v
	case *strNode:
		return w.allFree(n.parts)
	case *arrayNode:
		return w.allFree(n.elems)
	case *notNode:
		return w.free(n.x)
	case *andNode:
		return w.free(n.a) && w.free(n.b)
	case *orNode:
		return w.free(n.a) && w.free(n.b)
	case *callNode:
		return n.recv != nil && n.block == nil && n.blkArg == nil && w.free(n.recv) && w.allFree(n.args)
	}
	return false
}

func (w *carryWalk) allFree(list []node) bool {
	for _, n := range list {
		if !w.free(n) {
			return false
		}
	}
	return true
}
