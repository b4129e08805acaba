package ruby

// call compiles a method call.
func (c *compiler) call(n *callNode) code {
	if n.recv == nil {
		if f := c.selfCall(n); f != nil {
			return f
		}
	} else if f := c.specialCall(n); f != nil {
		return f
	}
	if r, ok := n.recv.(*callNode); ok && (n.name == "each" || n.name == "each_pair") && n.block != nil && len(n.args) == 0 && r.name == "to_hash" {
		c.wantView = r
	}
	at := n.at()
	site := &callSite{name: n.name, pos: at}
	fcall := n.recv == nil
	recv := operand{code: func(fr *frame) Value { return fr.self }}
	if n.recv != nil {
		recv = c.operand(n.recv)
		if _, self := n.recv.(*selfNode); self {
			fcall = true
		}
	}
	vcall := n.recv == nil && len(n.args) == 0 && !n.parens && n.block == nil && n.blkArg == nil
	blk, brk := c.callBlock(n.blkArg, n.block, n.name)
	safe := n.safe
	if plainArgs(n.args) && blk == nil && !safe && !vcall {
		switch len(n.args) {
		case 0:
			return call0(site, recv, fcall)
		case 1:
			return call1(site, recv, c.operand(n.args[0]), fcall)
		case 2:
			return call2(site, recv, c.operand(n.args[0]), c.operand(n.args[1]), fcall)
		}
	}
	a := c.args(n.args, nil)
	run := func(fr *frame) Value {
		r := recv.get(fr)
		if safe && r.isNil() {
			return vNil
		}
		th := fr.th
		base := len(th.stack)
		a.push(fr)
		var p *Proc
		if blk != nil {
			p = blk(fr)
		}
		th.at, th.cur = at, fr.act
		if vcall {
			if site.find(th, classOf(r)) == nil {
				return th.missing(r, site.name, nil, nil, true)
			}
		}
		v := th.dispatch(site, r, th.stack[base:], p, fcall)
		th.stack = th.stack[:base]
		if poisonLent && p != nil && p.lent {
			p.body = nil
		}
		return v
	}
	if brk {
		return catchBreak(run)
	}
	return run
}

// poisonLent makes a block useless after the call that it was lent to. Tests find with it
// who keeps one.
var poisonLent bool

// plainArgs tells whether arguments are one value each.
func plainArgs(args []node) bool {
	for _, n := range args {
		switch n := n.(type) {
		case *splatNode:
			return false
		case *hashNode:
			if !n.braces {
				return false
			}
		}
	}
	return true
}

// The calls with up to two plain arguments put them into the variables of the script's
// method themselves.

func call0(site *callSite, recv operand, fcall bool) code {
	at := site.pos
	return func(fr *frame) Value {
		r := recv.get(fr)
		th := fr.th
		th.at = at
		cls := classOf(r)
		m := site.method(th, cls)
		if m == nil {
			m = site.find(th, cls)
		}
		if m == nil || m.vis != public && !fcall {
			th.cur = fr.act
			return th.dispatch(site, r, nil, nil, fcall)
		}
		if b := m.body; b != nil && b.nargs == 0 {
			th.step()
			return b.run(th, b.enter(th, m, r, nil, 0))
		}
		th.cur = fr.act
		if m.fn != nil && m.min == 0 {
			th.step()
			return m.fn(th, r, nil, nil)
		}
		return th.invoke(m, r, nil, nil)
	}
}

func call1(site *callSite, recv, x operand, fcall bool) code {
	at := site.pos
	return func(fr *frame) Value {
		r := recv.get(fr)
		v := x.get(fr)
		th := fr.th
		th.at = at
		cls := classOf(r)
		m := site.method(th, cls)
		if m == nil {
			m = site.find(th, cls)
		}
		if m != nil && (m.vis == public || fcall) {
			if b := m.body; b != nil && b.nargs == 1 {
				th.step()
				in := b.enter(th, m, r, nil, 1)
				in.vars[0] = plainArg(v)
				return b.run(th, in)
			}
			if m.one && !isKw(v) {
				th.step()
				th.cur = fr.act
				base := len(th.stack)
				th.stack = append(th.stack, v)
				v = m.fn(th, r, th.stack[base:base+1:base+1], nil)
				th.stack = th.stack[:base]
				return v
			}
		}
		th.cur = fr.act
		return th.dispatch1(site, at, r, v, fcall)
	}
}

func call2(site *callSite, recv, x, y operand, fcall bool) code {
	at := site.pos
	return func(fr *frame) Value {
		r := recv.get(fr)
		v, w := x.get(fr), y.get(fr)
		th := fr.th
		th.at = at
		cls := classOf(r)
		m := site.method(th, cls)
		if m == nil {
			m = site.find(th, cls)
		}
		if m != nil && (m.vis == public || fcall) {
			if b := m.body; b != nil && b.nargs == 2 {
				th.step()
				in := b.enter(th, m, r, nil, 2)
				in.vars[0], in.vars[1] = v, plainArg(w)
				return b.run(th, in)
			}
		}
		th.cur = fr.act
		base := len(th.stack)
		th.stack = append(th.stack, v, w)
		v = th.dispatch(site, r, th.stack[base:], nil, fcall)
		th.stack = th.stack[:base]
		return v
	}
}

// isKw tells whether a value is the pairs without braces of a call.
func isKw(v Value) bool {
	h, ok := v.o.(*Hash)
	return ok && h.kw
}

// plainArg is the last argument of a method that takes no keywords: pairs without braces
// are a Hash there.
func plainArg(v Value) Value {
	if h, ok := v.o.(*Hash); ok && h.kw {
		h.kw = false
	}
	return v
}
