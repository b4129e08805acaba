package ruby

// jumpTo compiles next, break, return, redo and retry.
func (c *compiler) jumpTo(at int, kind jumpKind, v node, jumpOK bool) code {
	val := c.expr(v)
	b := c.body
	inLoop := b.loops > 0
	switch kind {
	case jumpRetry:
		if !b.retry {
			c.errorf(codeSyntax, at, "", "`retry` stands outside a rescue clause")
		}
	case jumpRedo:
		if !inLoop && b.kind != bodyBlock && b.kind != bodyLambda {
			c.errorf(codeSyntax, at, "", "`redo` stands outside a loop or block")
		}
	case jumpBreak:
		if !inLoop {
			switch b.kind {
			case bodyBlock:
				b.breaks = true
				return func(fr *frame) Value {
					tag := fr.brk
					v := val(fr)
					if tag == nil || tag.dead {
						fr.th.at = at
						fr.th.raise(cLocalJumpError, "break from proc-closure")
					}
					panic(&breakPanic{tag, v})
				}
			case bodyLambda, bodyTop:
				kind = jumpNext
			default:
				c.errorf(codeSyntax, at, "", "`break` stands outside a loop or block")
			}
		}
	case jumpNext:
		if !inLoop && (b.kind == bodyDef || b.kind == bodyClass) {
			c.errorf(codeSyntax, at, "use return", "`next` stands outside a loop or block")
		}
	case jumpReturn:
		switch b.kind {
		case bodyBlock:
			for up := b.up; up != nil; up = up.up {
				up.rets = true
				if up.kind != bodyBlock {
					break
				}
			}
			return func(fr *frame) Value { panic(&returnPanic{fr.act, val(fr)}) }
		case bodyClass:
			c.errorf(codeSyntax, at, "", "`return` stands in a class body")
		}
	}
	if !jumpOK {
		b.panics = true
		return func(fr *frame) Value { panic(&jumpPanic{fr, kind, val(fr)}) }
	}
	c.jumps++
	return func(fr *frame) Value {
		v := val(fr)
		fr.jump, fr.jv = kind, v
		return vJump
	}
}

// catching runs a body in which jumps travel as panics.
func catching(f code) code {
	return func(fr *frame) (v Value) {
		th := fr.th
		m := th.mark()
		defer func() {
			if r := recover(); r != nil {
				if j, ok := r.(*jumpPanic); ok && j.fr == fr {
					th.unwind(m)
					fr.jump, fr.jv = j.kind, j.v
					v = vJump
					return
				}
				panic(r)
			}
		}()
		return f(fr)
	}
}

func (c *compiler) while(n *whileNode, jumpOK bool) code {
	b := c.body
	outer := b.panics
	b.panics = false
	b.loops++
	cond := c.cond(n.cond)
	body := c.stmt(n.body)
	b.loops--
	if b.panics {
		body = catching(body)
	}
	b.panics = b.panics || outer
	neg, do := n.negate, n.doWhile
	if jumpOK {
		c.jumps++ // return and retry pass through
	} else {
		b.panics = true
	}
	return func(fr *frame) Value {
		th := fr.th
		first := do
		for first || cond(fr) != neg {
			first = false
			th.step()
		again:
			if v := body(fr); v.isJump() {
				switch fr.jump {
				case jumpBreak:
					return fr.jv
				case jumpNext:
				case jumpRedo:
					th.step()
					goto again
				default:
					return passOn(fr, v, jumpOK)
				}
			}
		}
		return vNil
	}
}

// passOn hands a jump to whoever encloses the current construct.
func passOn(fr *frame, v Value, jumpOK bool) Value {
	if !jumpOK && v.isJump() {
		panic(&jumpPanic{fr, fr.jump, fr.jv})
	}
	return v
}

func (c *compiler) forIn(n *forNode, jumpOK bool) code {
	iter := c.expr(n.iter)
	b := c.body
	outer := b.panics
	b.panics = false
	b.loops++
	set := c.target(n.target)
	body := c.stmt(n.body)
	b.loops--
	if b.panics {
		body = catching(body)
	}
	b.panics = b.panics || outer
	if jumpOK {
		c.jumps++
	} else {
		b.panics = true
	}
	at := n.at()
	return func(fr *frame) Value {
		th := fr.th
		th.at = at
		list := iter(fr)
		res := list
		if !onlyYields(list) {
			th.keepFrame(fr) // each gets the body as its block
		}
		th.each(list, func(v Value) bool {
			th.step()
			set(fr, v)
			if v := body(fr); v.isJump() {
				switch fr.jump {
				case jumpBreak:
					res = fr.jv
					return false
				case jumpNext:
				default:
					res = v
					return false
				}
			}
			return true
		})
		return passOn(fr, res, jumpOK)
	}
}
