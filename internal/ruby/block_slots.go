package ruby

// slot is where a parameter of a block goes: into a variable, or as a list into several.
type slot struct {
	v    int
	list []int // of (a, b)
}

// slotsOf returns the slots of a block whose parameters are all required ones: plain
// variables, and lists of them. nil for other blocks.
func slotsOf(p *params) []slot {
	if p == nil || len(p.opt) > 0 || p.star || p.comma || len(p.post) > 0 || len(p.kw) > 0 || p.dstar || p.blk != nil || p.nokw {
		return nil
	}
	list := make([]slot, len(p.req)) // not nil
	for i, r := range p.req {
		switch r := r.(type) {
		case *lvarNode:
			list[i].v = r.v.idx
		case *mlhsNode:
			if r.hasSplat {
				return nil
			}
			for _, x := range r.pre {
				l, ok := x.(*lvarNode)
				if !ok {
					return nil
				}
				list[i].list = append(list[i].list, l.v.idx)
			}
		}
	}
	return list
}

func (s *slot) put(th *thread, fr *frame, v Value) {
	if s.list == nil {
		fr.vars[s.v] = v
		return
	}
	list := th.toAry(v)
	for i, slot := range s.list {
		if i < len(list) {
			fr.vars[slot] = list[i]
		}
	}
}

// put1 gives a block one value, which several parameters take apart.
func (b *blockBody) put1(th *thread, fr *frame, v Value) {
	switch {
	case b.full == 1:
		fr.vars[0] = v
	case len(b.slots) == 1:
		b.slots[0].put(th, fr, v)
	case len(b.slots) > 1:
		var items []Value
		switch x := v.o.(type) {
		case *Array:
			items = x.list(th)
		case *Object:
			items = th.spread([]Value{v})
		default:
			b.slots[0].put(th, fr, v)
			return
		}
		for i := range b.slots {
			if i < len(items) {
				b.slots[i].put(th, fr, items[i])
			}
		}
	}
}

// put2 gives a block two values.
func (b *blockBody) put2(th *thread, fr *frame, v, w Value) {
	switch {
	case b.full == 2:
		fr.vars[0], fr.vars[1] = v, w
	case len(b.slots) >= 2:
		b.slots[0].put(th, fr, v)
		b.slots[1].put(th, fr, w)
	case len(b.slots) == 1:
		b.slots[0].put(th, fr, v)
	}
}
