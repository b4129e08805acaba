package onig

import "slices"

// leastGuarded is how many alternatives have to begin with the same part for a guard.
const leastGuarded = 3

// guarded puts (?=part) in front of neighbouring alternatives that all begin with the
// same part, so that a text without it is turned away once and not by each of them.
// What matches stays the same. The pattern IPV6 of grok is the reason.
func guarded(ways []*node) []*node {
	var out []*node
	for i := 0; i < len(ways); {
		head, end := ways[i].head(), i+1
		for head != nil && end < len(ways) && head.equal(ways[end].head()) {
			end++
		}
		if end-i < leastGuarded {
			out = append(out, ways[i])
			i++
			continue
		}
		guard := &node{op: opLook, subs: []*node{head}}
		group := &node{op: opAlt, subs: ways[i:end], guarded: true}
		out = append(out, &node{op: opCat, subs: []*node{guard, group}})
		i = end
	}
	return out
}

// head returns the part that every match of n begins with, if it is worth a guard: more
// than one character, and nothing that captures.
func (n *node) head() *node {
	for {
		switch {
		case n.op == opCat:
			n = n.subs[0]
		case n.op == opRepeat && n.min > 0 && n.mode != possessive:
			if _, single := n.subs[0].single(); single {
				return nil
			}
			if n = n.subs[0]; n.op != opCat || n.nullable() || n.stateful() {
				return nil
			}
			return n
		default:
			return nil
		}
	}
}

// stateful tells whether a part captures, or depends on what was captured.
func (n *node) stateful() bool {
	found := false
	n.walk(func(n *node) {
		switch n.op {
		case opCapture, opBackref, opCondition, opKeep:
			found = true
		}
	})
	return found
}

// equal tells whether two parts are written the same.
func (n *node) equal(o *node) bool {
	if n == nil || o == nil {
		return false
	}
	return n.op == o.op && n.r == o.r && n.min == o.min && n.max == o.max && n.mode == o.mode && n.index == o.index &&
		n.behind == o.behind && n.negative == o.negative && slices.Equal(n.set, o.set) && slices.EqualFunc(n.subs, o.subs, (*node).equal)
}
