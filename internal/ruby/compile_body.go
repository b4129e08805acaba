package ruby

// blockBody is a compiled block.
type blockBody struct {
	code   code
	nvars  int
	slots  []slot // of the parameters, unless bind is there
	full   int    // how many values set every variable; -1 when none do
	bind   *binder
	lambda bool
	rets   bool // a lambda out of which an inner block returns
	src    *codeSource
	at     int
	weight int // see weigh
	arity  int
	params *params
	// carries: the second parameter only goes into event.set.
	carries bool
}

// block compiles a block that becomes an object: a proc or a lambda.
func (c *compiler) block(b *blockNode, name string) func(fr *frame) *Proc {
	bb := c.blockBody(b, name)
	return func(fr *frame) *Proc {
		p := fr.th.arena.procs.take()
		*p = Proc{body: bb, up: fr, self: fr.self, lambda: bb.lambda}
		fr.th.keepFrame(fr)
		return p
	}
}

// lend makes the block of a call, which is gone when the call is over.
func (b *blockBody) lend(fr *frame) *Proc {
	p := &fr.lent
	p.body, p.self, p.brk, p.lambda = b, fr.self, nil, false
	return p
}

func (c *compiler) blockBody(b *blockNode, name string) *blockBody {
	bb := &blockBody{src: c.src, at: b.at(), params: b.params}
	kind := bodyBlock
	if b.lambda || name == "lambda" || name == "define_method" || name == "define_singleton_method" {
		kind, bb.lambda = bodyLambda, true
	}
	outerScope, outerBody := c.scope, c.body
	c.scope = b.scope
	c.body = &bodyCtx{kind: kind, up: outerBody, params: b.params}
	jumps := c.jumps
	bb.setParams(c, b)
	bb.carries = bb.bind == nil && !bb.lambda && c.carries(b, name)
	bb.code, bb.weight = c.weigh(b.body)
	if c.body.panics {
		bb.code = catching(bb.code)
	}
	bb.rets = c.body.rets
	bb.nvars = len(b.scope.vars)
	bb.full = bb.fullWith()
	c.lastBreaks = c.body.breaks
	c.jumps = jumps
	c.scope, c.body = outerScope, outerBody
	return bb
}

// setParams finds out how the block takes its arguments.
func (b *blockBody) setParams(c *compiler, n *blockNode) {
	switch {
	case n.params != nil:
		if b.slots = slotsOf(n.params); b.slots == nil {
			b.bind = c.binder(n.params)
		}
		b.arity = n.params.arity(!b.lambda)
	default:
		for i := 1; i <= n.numbered; i++ {
			b.slots = append(b.slots, slot{v: n.scope.find("_" + string(rune('0'+i))).idx})
		}
		b.arity = len(b.slots)
	}
}

// fullWith is for blocks whose parameters are their only variables.
func (b *blockBody) fullWith() int {
	if b.bind != nil || len(b.slots) != b.nvars {
		return -1
	}
	for i := range b.slots {
		if b.slots[i].list != nil || b.slots[i].v != i {
			return -1
		}
	}
	return b.nvars
}

// quick tells whether values can be put into the block's variables at once.
func (p *Proc) quick() bool { return p.body != nil && p.body.bind == nil && !p.lambda }

// enter makes the frame of a block call, which gets n values.
func (b *blockBody) enter(th *thread, p *Proc, n int) *frame {
	th.step()
	return b.frame(th, p, n)
}

func (b *blockBody) frame(th *thread, p *Proc, n int) *frame {
	set := 0
	if b.full == n {
		set = n
	}
	fr := th.push(b.nvars, set, b.weight)
	fr.self, fr.up, fr.act, fr.brk, fr.cref = p.self, p.up, p.up.act, p.brk, p.up.cref
	if p.owner != nil {
		fr.cref = p.owner
	}
	return fr
}

// run runs a block's body and leaves its frame.
func (b *blockBody) run(th *thread, fr *frame) Value {
	src := th.src
	th.src = b.src
	v := b.once(th, fr)
	th.src = src
	th.depth -= b.weight
	th.fp--
	return v
}

// once runs a block's body.
func (b *blockBody) once(th *thread, fr *frame) Value {
	for {
		v := b.code(fr)
		if !v.isJump() {
			return v
		}
		if fr.jump != jumpRedo {
			return fr.jv
		}
		th.step()
	}
}

// yield1 calls a block with one value, which a block with several parameters takes apart.
func (th *thread) yield1(p *Proc, a Value) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	if !p.quick() {
		n := len(th.stack)
		th.stack = append(th.stack, a)
		v := th.callProc(p, th.stack[n:n+1:n+1], nil)
		th.stack = th.stack[:n]
		return v
	}
	fr := p.body.enter(th, p, 1)
	p.body.put1(th, fr, a)
	return p.body.run(th, fr)
}

// yield2 calls a block with two values.
func (th *thread) yield2(p *Proc, a, x Value) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	if !p.quick() {
		n := len(th.stack)
		th.stack = append(th.stack, a, x)
		v := th.callProc(p, th.stack[n:n+2:n+2], nil)
		th.stack = th.stack[:n]
		return v
	}
	fr := p.body.enter(th, p, 2)
	p.body.put2(th, fr, a, x)
	return p.body.run(th, fr)
}

// yieldPair calls a block with a key and a value, as one list or as two parameters.
func (th *thread) yieldPair(p *Proc, k, v Value) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	if p.quick() && len(p.body.slots) >= 2 ||
		p.lambda && (p.body != nil && p.body.arity == 2 || p.method != nil && p.arity == 2) {
		return th.yield2(p, k, v)
	}
	return th.yield1(p, th.pair(k, v))
}

// yieldN calls a block with several values.
func (th *thread) yieldN(p *Proc, args ...Value) Value { return th.callProc(p, args, nil) }

// callProc calls a proc with its own self.
func (th *thread) callProc(p *Proc, args []Value, blk *Proc) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	return th.callProcAs(p, p.self, args, blk, nil)
}

// callProcAs calls a proc with another self, as instance_exec and define_method do.
func (th *thread) callProcAs(p *Proc, self Value, args []Value, blk *Proc, m *Method) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	if p.native != nil {
		return p.native(th, args, blk)
	}
	b := p.body
	fr := b.enter(th, p, 0)
	fr.self = self
	if m != nil {
		if m.owner != nil {
			fr.cref = m.owner
		}
		// What the block sees as its method stays the enclosing one for return, so
		// only blocks given to it change.
		act := *p.up.act
		act.blk, act.meth = blk, m
		fr.act = &act
	}
	strict := p.lambda
	if b.bind == nil {
		n := len(b.slots)
		switch {
		case strict && len(args) != n:
			th.raiseArity(len(args), n, n)
		case len(args) == 1 && n > 1:
			args = th.spread(args)
		}
		for i := range b.slots {
			if i < len(args) {
				b.slots[i].put(th, fr, args[i])
			}
		}
	} else {
		if !strict && len(args) == 1 && b.bind.spreads {
			args = th.spread(args)
		}
		b.bind.bind(fr, args, blk, strict)
	}
	if b.rets && p.lambda || p.lambda && !b.lambda {
		return th.lambdaReturn(b, fr)
	}
	return b.run(th, fr)
}

// lambdaReturn runs a lambda whose return may come out of a block in it.
func (th *thread) lambdaReturn(b *blockBody, fr *frame) (v Value) {
	m := th.mark()
	m.depth -= b.weight
	m.fp--
	act := *fr.act
	fr.act = &act
	defer func() {
		if r := recover(); r != nil {
			if p, ok := r.(*returnPanic); ok && p.act == fr.act {
				th.unwind(m)
				v = p.v
				return
			}
			panic(r)
		}
	}()
	return b.run(th, fr)
}
