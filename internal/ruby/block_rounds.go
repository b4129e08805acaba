package ruby

// rounds calls one block again and again. The rounds share a frame for as long as no
// closure keeps it. Whoever iterates says end when it is over; what unwinds leaves the
// frame anyway. The frame is on top of those that are there in the first round, so that
// iterations are Go code alone: not a script's each.
type rounds struct {
	th  *thread
	p   *Proc
	fr  *frame // nil before the first round
	src *codeSource
}

func (th *thread) rounds(p *Proc) rounds {
	if p == nil {
		th.raiseNoBlock()
	}
	return rounds{th: th, p: p}
}

// next returns the frame of one more round, which gets n values.
func (r *rounds) next(n int) *frame {
	th, b := r.th, r.p.body
	if r.fr == nil {
		r.fr = b.enter(th, r.p, n)
		r.src, th.src = th.src, b.src
		return r.fr
	}
	th.step()
	if r.fr.kept {
		th.fp--
		th.depth -= b.weight
		r.fr = b.frame(th, r.p, n)
	} else if b.full != n {
		clear(r.fr.vars)
	}
	return r.fr
}

func (r *rounds) end() {
	if r.fr != nil {
		r.th.src = r.src
		r.th.depth -= r.p.body.weight
		r.th.fp--
	}
}

// one is yield1.
func (r *rounds) one(v Value) Value {
	if !r.p.quick() {
		return r.th.yield1(r.p, v)
	}
	fr := r.next(1)
	b := r.p.body
	b.put1(r.th, fr, v)
	return b.once(r.th, fr)
}

// two is yield2.
func (r *rounds) two(v, w Value) Value {
	if !r.p.quick() {
		return r.th.yield2(r.p, v, w)
	}
	fr := r.next(2)
	b := r.p.body
	b.put2(r.th, fr, v, w)
	return b.once(r.th, fr)
}

// pair is yieldPair.
func (r *rounds) pair(k, v Value) Value {
	if !r.p.quick() || len(r.p.body.slots) < 2 {
		return r.th.yieldPair(r.p, k, v)
	}
	return r.two(k, v)
}

// pairAnd calls the block with the list of k and v, and x. |(k, v), x| needs no list.
func (r *rounds) pairAnd(k, v, x Value) Value {
	if !r.p.quick() || len(r.p.body.slots) != 2 || len(r.p.body.slots[0].list) != 2 {
		return r.two(r.th.pair(k, v), x)
	}
	fr := r.next(2)
	b := r.p.body
	list := b.slots[0].list
	fr.vars[list[0]], fr.vars[list[1]] = k, v
	b.slots[1].put(r.th, fr, x)
	return b.once(r.th, fr)
}
