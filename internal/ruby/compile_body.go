package ruby

// blockBody is a compiled block.
type blockBody struct {
	code   code
	nvars  int
	keep   bool
	plain  []int // slots of the parameters when all are required and plain
	simple bool
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

func (c *compiler) block(b *blockNode, name string) func(fr *frame) *Proc {
	bb := &blockBody{src: c.src, at: b.at(), params: b.params}
	kind := bodyBlock
	if b.lambda || name == "lambda" || name == "define_method" || name == "define_singleton_method" {
		kind, bb.lambda = bodyLambda, true
	}
	outerScope, outerBody := c.scope, c.body
	c.scope = b.scope
	c.body = &bodyCtx{kind: kind, up: outerBody, params: b.params}
	jumps := c.jumps
	if b.params == nil || b.params.simple() {
		bb.simple = true
		if b.params != nil {
			for _, r := range b.params.req {
				bb.plain = append(bb.plain, r.(*lvarNode).v.idx)
			}
		}
		for i := 1; i <= b.numbered; i++ {
			bb.plain = append(bb.plain, b.scope.find("_"+string(rune('0'+i))).idx)
		}
		bb.arity = len(bb.plain)
	} else {
		bb.bind = c.binder(b.params)
		bb.arity = b.params.arity(!bb.lambda)
	}
	bb.carries = bb.simple && !bb.lambda && c.carries(b, name)
	bb.code, bb.weight = c.weigh(b.body)
	if c.body.panics {
		bb.code = catching(bb.code)
	}
	bb.rets = c.body.rets
	bb.keep = b.scope.captured
	bb.nvars = len(b.scope.vars)
	c.lastBreaks = c.body.breaks
	c.jumps = jumps
	c.scope, c.body = outerScope, outerBody
	lambda := bb.lambda
	return func(fr *frame) *Proc {
		p := fr.th.arena.procs.take()
		*p = Proc{body: bb, up: fr, self: fr.self, lambda: lambda}
		return p
	}
}

// enter makes the frame of a block call.
func (b *blockBody) enter(th *thread, p *Proc) *frame {
	th.deeperBy(b.weight)
	th.step()
	fr := th.push(b.nvars, b.keep)
	fr.self, fr.up, fr.act, fr.brk, fr.cref = p.self, p.up, p.up.act, p.brk, p.up.cref
	if p.owner != nil {
		fr.cref = p.owner
	}
	return fr
}

// run runs a block's body and leaves its frame.
func (b *blockBody) run(th *thread, fr *frame) Value {
	for {
		src := th.src
		th.src = b.src
		v := b.code(fr)
		th.src = src
		if v.isJump() {
			if fr.jump == jumpRedo {
				th.step()
				continue
			}
			v = fr.jv
		}
		th.depth -= b.weight
		th.pop(b.keep)
		return v
	}
}

// yield1 calls a block with one value, which a block with several parameters takes apart.
func (th *thread) yield1(p *Proc, a Value) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	b := p.body
	if b == nil || !b.simple || p.lambda {
		n := len(th.stack)
		th.stack = append(th.stack, a)
		v := th.callProc(p, th.stack[n:n+1:n+1], nil)
		th.stack = th.stack[:n]
		return v
	}
	fr := b.enter(th, p)
	switch len(b.plain) {
	case 0:
	case 1:
		fr.vars[b.plain[0]] = a
	default:
		if arr, ok := a.o.(*Array); ok {
			items := arr.list(th)
			for i, slot := range b.plain {
				if i < len(items) {
					fr.vars[slot] = items[i]
				}
			}
		} else {
			fr.vars[b.plain[0]] = a
		}
	}
	return b.run(th, fr)
}

// yield2 calls a block with two values.
func (th *thread) yield2(p *Proc, a, x Value) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	b := p.body
	if b == nil || !b.simple || p.lambda {
		n := len(th.stack)
		th.stack = append(th.stack, a, x)
		v := th.callProc(p, th.stack[n:n+2:n+2], nil)
		th.stack = th.stack[:n]
		return v
	}
	fr := b.enter(th, p)
	switch len(b.plain) {
	case 0:
	case 1:
		fr.vars[b.plain[0]] = a
	default:
		fr.vars[b.plain[0]], fr.vars[b.plain[1]] = a, x
	}
	return b.run(th, fr)
}

// yieldPair calls a block with a key and a value, as one list or as two parameters.
func (th *thread) yieldPair(p *Proc, k, v Value) Value {
	if p == nil {
		th.raiseNoBlock()
	}
	b := p.body
	if b != nil && b.simple && len(b.plain) >= 2 {
		fr := b.enter(th, p)
		fr.vars[b.plain[0]], fr.vars[b.plain[1]] = k, v
		return b.run(th, fr)
	}
	if p.lambda && p.body != nil && p.body.arity == 2 || p.lambda && p.method != nil && p.arity == 2 {
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
	fr := b.enter(th, p)
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
	if b.simple {
		n := len(b.plain)
		switch {
		case strict && len(args) != n:
			th.raiseArity(len(args), n, n)
		case len(args) == 1 && n > 1:
			args = th.spread(args)
		}
		for i, slot := range b.plain {
			if i < len(args) {
				fr.vars[slot] = args[i]
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
	if !b.keep {
		m.fp--
	}
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
