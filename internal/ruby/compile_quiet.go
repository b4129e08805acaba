package ruby

// Inside of begin with rescue, where data is read that is often wrong, an exception
// need not unwind the Go stack: a statement that raises, or that is the call of a method
// that knows this, returns vJump with jumpRaise. Everywhere else, and from everything
// else, exceptions are panics.

// quiet is a core method that returns its exception instead of raising it. Others, such
// as those of methods it calls, it may still raise.
type quiet func(th *thread, self Value, args []Value) (Value, *Exception)

// quietNames are the methods of which some class has a quiet one.
var quietNames = map[string]bool{"parse": true, "parse!": true, "Integer": true, "Float": true}

// raise leaves the statement that runs with an exception.
func (fr *frame) raise(e *Exception) Value {
	fr.jump, fr.jv = jumpRaise, Value{o: e}
	return vJump
}

// quietStatement compiles a statement that may return its exception; nil when it is
// none of those.
func (c *compiler) quietStatement(n node) code {
	switch n := n.(type) {
	case *callNode:
		return c.quietCallStatement(n)
	case *asgnNode:
		l, ok := n.target.(*lvarNode)
		if !ok || c.hops(l.v) != 0 {
			return nil
		}
		call, ok := n.value.(*callNode)
		if !ok {
			return nil
		}
		v := c.quietCall(call)
		if v == nil {
			return nil
		}
		c.jumps++
		i := l.v.idx
		return func(fr *frame) Value {
			x := v(fr)
			if !x.isJump() {
				fr.vars[i] = x
			}
			return x
		}
	}
	return nil
}

func (c *compiler) quietCallStatement(n *callNode) code {
	switch {
	case n.recv == nil && (n.name == "raise" || n.name == "fail") && n.plain() && !c.defs[n.name]:
		a, at := c.args(n.args, nil), n.at()
		c.jumps++
		return func(fr *frame) Value {
			th := fr.th
			base := len(th.stack)
			a.push(fr)
			th.at = at
			e := th.raised(th.stack[base:])
			th.stack = th.stack[:base]
			return fr.raise(e)
		}
	case n.name == "set" && len(n.args) == 2 && n.plain():
		l, event := n.recv.(*lvarNode)
		value, call := n.args[1].(*callNode)
		if event && l.v.name == "event" && call && c.isQuiet(value) {
			return c.eventCall(n, true)
		}
	}
	f := c.quietCall(n)
	if f != nil {
		c.jumps++
	}
	return f
}

// quietValue compiles a value that, with jumpOK, may be an exception as a jump.
func (c *compiler) quietValue(n node, jumpOK bool) (f code, quiet bool) {
	if call, ok := n.(*callNode); ok && jumpOK {
		if f := c.quietCall(call); f != nil {
			c.jumps++
			return f, true
		}
	}
	return c.expr(n), false
}

// isQuiet tells whether a call may be of a quiet method, by its name and form.
func (c *compiler) isQuiet(n *callNode) bool {
	if !quietNames[n.name] || c.defs[n.name] || !n.plain() || len(n.args) == 0 || len(n.args) > 2 {
		return false
	}
	for _, a := range n.args {
		if _, splat := a.(*splatNode); splat {
			return false
		}
		if h, ok := a.(*hashNode); ok && !h.braces {
			return false
		}
	}
	return true
}

// quietCall compiles a call that may return an exception as a jump; nil when it is of no
// quiet method.
func (c *compiler) quietCall(n *callNode) code {
	if !c.isQuiet(n) {
		return nil
	}
	fcall := n.recv == nil
	recv := code(func(fr *frame) Value { return fr.self })
	if !fcall {
		recv = c.expr(n.recv)
	}
	a, at := c.args(n.args, nil), n.at()
	site := &callSite{name: n.name, pos: at}
	return func(fr *frame) Value {
		r := recv(fr)
		th := fr.th
		base := len(th.stack)
		a.push(fr)
		th.at, th.cur = at, fr.act
		args := th.stack[base:len(th.stack):len(th.stack)]
		m := site.find(th, classOf(r))
		if m == nil || m.quiet == nil || len(args) > m.max || m.vis != public && !fcall {
			v := th.dispatch(site, r, args, nil, fcall)
			th.stack = th.stack[:base]
			return v
		}
		th.step()
		v, err := m.quiet(th, r, args)
		th.stack = th.stack[:base]
		if err != nil {
			return fr.raise(err)
		}
		return v
	}
}
