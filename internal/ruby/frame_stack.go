package ruby

// push returns the frame of a body that is called, with n variables. The first set of
// them are the caller's to set; the others are nil. The call has the weight that deeperBy
// counts; whoever leaves the frame takes it back, and fp.
func (th *thread) push(n, set, weight int) *frame {
	if th.depth += weight; th.depth > th.deepest {
		th.tooDeep()
	}
	if th.fp == len(th.frames) || th.frames[th.fp].kept {
		th.newFrame()
	}
	f := th.frames[th.fp]
	th.fp++
	if cap(f.vars) < n {
		f.vars = make([]Value, n)
		return f
	}
	f.vars = f.vars[:n]
	if set < n {
		clear(f.vars[set:])
	}
	return f
}

// frameVars is how many variables a frame has room for to begin with.
const frameVars = 8

// newFrame puts an unused frame where the next call finds it.
func (th *thread) newFrame() {
	var f *frame
	if n := len(th.spareFrames); n > 0 {
		f = th.spareFrames[n-1]
		th.spareFrames = th.spareFrames[:n-1]
	} else {
		f = &frame{vars: make([]Value, frameVars)}
		f.belongTo(th)
	}
	f.slot = th.fp
	if th.fp == len(th.frames) {
		th.frames = append(th.frames, f)
	} else {
		th.frames[th.fp] = f
	}
}

// belongTo sets what stays the same in a frame, however often it is used.
func (f *frame) belongTo(th *thread) {
	f.th = th
	f.lent.up, f.lent.lent = f, true
}

// keepBlock returns a block that may be called after the call that has it: a lent one
// becomes a Proc of its own, and the variables that it sees stay.
func (th *thread) keepBlock(p *Proc) *Proc {
	if p == nil || !p.lent {
		return p
	}
	th.keepFrame(p.up)
	c := th.arena.procs.take()
	*c = *p
	c.lent = false
	return c
}

// keepFrame makes a frame, those around it and the blocks that their methods were given
// outlive their calls.
func (th *thread) keepFrame(f *frame) {
	for ; f != nil && !f.kept; f = f.up {
		f.kept = true
		f.th.keptFrames = append(f.th.keptFrames, f)
		f.act.blk = th.keepBlock(f.act.blk)
	}
}

// reuseFrames takes the kept frames back when nothing of the run lives on.
func (th *thread) reuseFrames() {
	for _, f := range th.keptFrames {
		f.kept = false
		if th.frames[f.slot] != f {
			th.spareFrames = append(th.spareFrames, f)
		}
	}
	th.forgetFrames()
}

// forgetFrames leaves the kept frames to whoever keeps them.
func (th *thread) forgetFrames() {
	clear(th.keptFrames)
	th.keptFrames = th.keptFrames[:0]
}
