package onig

import (
	"slices"
	"strconv"
)

// resolve fills in what backward references and calls below n mean, when all groups are
// known. A call becomes a copy of the group; only a group that calls itself, which path
// tells, stays a call.
func (p *parser) resolve(n *node, path []int) error {
	if n.op == opCapture {
		path = append(path[:len(path):len(path)], n.index)
	}
	for i, s := range n.subs {
		switch s.op {
		case opBackref, opCondition:
			refs, err := p.lookup(s)
			if err != nil {
				return err
			}
			s.refs, s.index = refs, refs[0]
		case opCall:
			body, err := p.called(s, path)
			if err != nil {
				return err
			}
			if s = body; s.op == opCall {
				continue
			}
			n.subs[i] = s
		}
		if err := p.resolve(s, path); err != nil {
			return err
		}
	}
	if n.op == opLook && n.behind {
		for _, way := range n.subs[0].ways() {
			if _, fixed := way.width(); !fixed {
				return p.fail(n.at, "invalid pattern in look-behind: the number of characters must be fixed; write an alternative for each number, (?<=a|bc)")
			}
		}
	}
	return nil
}

// called returns what stands in for a call: a copy of the group, or the call itself.
func (p *parser) called(n *node, path []int) (*node, error) {
	refs, err := p.lookup(n)
	if err != nil {
		return nil, err
	}
	n.index = refs[0]
	body := p.bodies[n.index]
	if slices.Contains(path, n.index) {
		if p.begins(body.subs[0], n.index, map[*node]bool{}) {
			return nil, p.fail(n.at, "never ending recursion: \\g<%s> calls a group that begins with this call", n.name)
		}
		p.self[n.index] = true
		return n, nil
	}
	body.walk(func(*node) { p.copied++ })
	if p.copied > maxProgram {
		return nil, p.fail(n.at, "the pattern is too large with the groups that \\g calls written out; call them less often")
	}
	return body.clone(), nil
}

// begins tells whether a part can get to a call of a group without taking a character.
func (p *parser) begins(n *node, index int, seen map[*node]bool) bool {
	if seen[n] {
		return false
	}
	seen[n] = true
	switch n.op {
	case opCall:
		refs, err := p.lookup(n)
		return err == nil && (refs[0] == index || p.begins(p.bodies[refs[0]].subs[0], index, seen))
	case opCat:
		for _, s := range n.subs {
			if p.begins(s, index, seen) {
				return true
			}
			if !s.nullable() {
				return false
			}
		}
		return false
	}
	for _, s := range n.subs {
		if p.begins(s, index, seen) {
			return true
		}
	}
	return false
}

func (n *node) clone() *node {
	c := *n
	c.subs = make([]*node, len(n.subs))
	for i, s := range n.subs {
		c.subs[i] = s.clone()
	}
	return &c
}

func (p *parser) lookup(n *node) ([]int, error) {
	name := n.name
	if i, err := strconv.Atoi(name); err == nil {
		if i == 0 && n.op == opCall {
			return []int{0}, nil
		}
		if p.named {
			return nil, p.fail(n.at, "numbered backref/call is not allowed. (use name)")
		}
		if i < 1 || i > p.groups {
			return nil, p.fail(n.at, "invalid backref number/name: %s", name)
		}
		return []int{i}, nil
	}
	if refs := p.index[name]; refs != nil {
		return refs, nil
	}
	return nil, p.fail(n.at, "undefined name <%s> reference", name)
}
