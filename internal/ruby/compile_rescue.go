package ruby

func (c *compiler) begin(n *beginNode, jumpOK bool) code {
	if len(n.rescues) == 0 && n.ensure == nil {
		return c.comp(n.body, jumpOK)
	}
	if len(n.rescues) > 0 {
		c.rescued++
	}
	// A jump out of the body passes through here either way.
	body := c.rescuedBody(n, jumpOK)
	if len(n.rescues) > 0 {
		c.rescued--
	}
	type clause struct {
		classes []code
		splat   []bool
		set     func(fr *frame, v Value)
		body    code
	}
	var clauses []clause
	hadRetry := c.body.retry
	c.body.retry = true
	retries := c.jumps
	for _, r := range n.rescues {
		var cl clause
		for _, x := range r.classes {
			if s, ok := x.(*splatNode); ok {
				cl.classes, cl.splat = append(cl.classes, c.expr(s.x)), append(cl.splat, true)
			} else {
				cl.classes, cl.splat = append(cl.classes, c.expr(x)), append(cl.splat, false)
			}
		}
		if r.target != nil {
			cl.set = c.target(r.target)
		}
		panics := c.body.panics
		c.body.panics = false
		// retry is caught here, so a jump is always possible in the clause.
		cl.body = c.comp(r.body, true)
		if c.body.panics {
			cl.body = catching(cl.body)
		}
		c.body.panics = c.body.panics || panics
		clauses = append(clauses, cl)
	}
	c.body.retry = hadRetry
	if c.jumps != retries && !jumpOK {
		c.body.panics = true
	}
	els := c.comp(n.els, jumpOK)
	hasEls := n.els != nil
	run := body
	if len(clauses) > 0 {
		run = func(fr *frame) Value {
			th := fr.th
			for {
				v, exc := protect(fr, body)
				if v.isJump() && fr.jump == jumpRaise {
					exc = fr.jv.o.(*Exception)
				}
				if exc == nil {
					if hasEls && !v.isJump() {
						return els(fr)
					}
					return v
				}
				var hit *clause
				for i := range clauses {
					cl := &clauses[i]
					if len(cl.classes) == 0 && exc.class().isA(cStandardError) {
						hit = cl
					}
					for j, k := range cl.classes {
						list := []Value{k(fr)}
						if cl.splat[j] {
							list = th.splat(list[0])
						}
						for _, k := range list {
							if th.rescues(k, exc) {
								hit = cl
							}
						}
					}
					if hit != nil {
						break
					}
				}
				if hit == nil {
					panic(exc)
				}
				if hit.set != nil {
					hit.set(fr, Value{o: exc})
				}
				before := th.inst.lastErr(th, Value{o: exc})
				v = hit.body(fr)
				th.inst.lastErr(th, before)
				if v.isJump() && fr.jump == jumpRetry {
					th.step()
					continue
				}
				return passOn(fr, v, jumpOK)
			}
		}
	}
	if n.ensure == nil {
		return run
	}
	ensure := c.comp(n.ensure, jumpOK)
	return func(fr *frame) (v Value) {
		th := fr.th
		m := th.mark()
		ran := false // an exception in the clause itself must not run it again
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			switch r.(type) {
			case *Exception, *breakPanic, *returnPanic, *throwPanic, *jumpPanic:
			default:
				panic(r)
			}
			if ran {
				panic(r)
			}
			th.unwind(m)
			if e, ok := r.(*Exception); ok {
				defer th.inst.lastErr(th, th.inst.lastErr(th, Value{o: e}))
			}
			if e := ensure(fr); e.isJump() {
				v = e // return in ensure wins
				return
			}
			panic(r)
		}()
		v = run(fr)
		jump, jv := fr.jump, fr.jv
		ran = true
		before := th.lastError
		if v.isJump() && jump == jumpRaise {
			th.lastError = jv
		}
		e := ensure(fr)
		th.lastError = before
		if e.isJump() {
			return e
		}
		fr.jump, fr.jv = jump, jv
		return v
	}
}

// rescuedBody compiles what stands in a begin. With a rescue clause its statements may
// return the exception that they raise.
func (c *compiler) rescuedBody(n *beginNode, jumpOK bool) code {
	if len(n.rescues) == 0 {
		return c.comp(n.body, jumpOK)
	}
	if !jumpOK {
		if call, ok := n.body.(*callNode); ok {
			if f := c.quietCall(call); f != nil {
				return f
			}
		}
		return c.comp(n.body, false)
	}
	b := c.body
	outer := b.rescues
	b.rescues = true
	body := c.comp(n.body, true)
	b.rescues = outer
	return body
}

// rescues tells whether a rescue clause for k takes an exception.
func (th *thread) rescues(k Value, e *Exception) bool {
	c, ok := k.o.(*Class)
	if !ok {
		if th.respondTo(k, "===") {
			return th.caseEq(k, Value{o: e})
		}
		th.raise(cTypeError, "class or module required for rescue clause")
	}
	return e.class().isA(c)
}
