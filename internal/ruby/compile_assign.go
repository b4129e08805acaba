package ruby

// target compiles the left side of an assignment.
func (c *compiler) target(n node) func(fr *frame, v Value) {
	switch n := n.(type) {
	case nil:
		return func(*frame, Value) {}
	case *lvarNode:
		i := n.v.idx
		switch d := c.hops(n.v); d {
		case 0:
			return func(fr *frame, v Value) { fr.vars[i] = v }
		case 1:
			return func(fr *frame, v Value) { fr.up.vars[i] = v }
		default:
			return func(fr *frame, v Value) {
				for range d {
					fr = fr.up
				}
				fr.vars[i] = v
			}
		}
	case *ivarNode:
		c.script.retains = true
		name, at := n.name, n.at()
		return func(fr *frame, v Value) {
			fr.th.at = at
			setIvar(fr, name, v)
		}
	case *gvarNode:
		c.script.retains = true
		name := n.name
		return func(fr *frame, v Value) { fr.th.inst.setGvar(fr.th, name, v) }
	case *cvarNode:
		c.script.retains = true
		name := n.name
		return func(fr *frame, v Value) { setCvar(fr, name, v) }
	case *constNode:
		c.script.retains = true
		c.assigned[n.name] = true
		name := n.name
		var scope code
		if n.scope != nil {
			scope = c.expr(n.scope)
		}
		return func(fr *frame, v Value) {
			k := fr.cref
			if scope != nil {
				k = fr.th.classArg(scope(fr))
			}
			fr.th.inst.setConst(fr.th, k, name, v)
		}
	case *callNode:
		recv := c.expr(n.recv)
		at, safe := n.at(), n.safe
		if n.name == "[]" {
			args := c.args(n.args, nil)
			site := &callSite{name: "[]=", pos: at}
			return func(fr *frame, v Value) {
				r := recv(fr)
				if safe && r.isNil() {
					return
				}
				th := fr.th
				base := len(th.stack)
				args.push(fr)
				th.stack = append(th.stack, v)
				th.at = at
				th.dispatch(site, r, th.stack[base:], nil, false)
				th.stack = th.stack[:base]
			}
		}
		site := &callSite{name: n.name + "=", pos: at}
		_, self := n.recv.(*selfNode)
		return func(fr *frame, v Value) {
			r := recv(fr)
			if safe && r.isNil() {
				return
			}
			th := fr.th
			base := len(th.stack)
			th.stack = append(th.stack, v)
			th.at = at
			th.dispatch(site, r, th.stack[base:], nil, self)
			th.stack = th.stack[:base]
		}
	case *mlhsNode:
		return c.destructure(n)
	case *splatNode:
		return c.target(n.x)
	}
	c.errorf(codeSyntax, n.at(), "", "this cannot be assigned to")
	return func(*frame, Value) {}
}

func (c *compiler) assign(n *asgnNode) code {
	if call, ok := n.target.(*callNode); ok {
		return c.assignCall(call, n.value)
	}
	v := c.expr(n.value)
	if l, ok := n.target.(*lvarNode); ok && c.hops(l.v) == 0 {
		i := l.v.idx
		return func(fr *frame) Value {
			x := v(fr)
			fr.vars[i] = x
			return x
		}
	}
	set := c.target(n.target)
	return func(fr *frame) Value {
		x := v(fr)
		set(fr, x)
		return x
	}
}

// assignCall compiles a[i] = v and a.b = v; the receiver is evaluated before the value.
func (c *compiler) assignCall(n *callNode, value node) code {
	at, safe := n.at(), n.safe
	name := n.name + "="
	site := &callSite{name: name, pos: at}
	_, self := n.recv.(*selfNode)
	if n.name == "[]" && len(n.args) == 1 && plainArgs(n.args) && !safe {
		return assignIndex(site, c.operand(n.recv), c.operand(n.args[0]), c.operand(value), self)
	}
	recv := c.expr(n.recv)
	var args *argList
	if n.name == "[]" {
		args = c.args(n.args, nil)
	} else {
		args = c.args(nil, nil)
	}
	v := c.expr(value)
	return func(fr *frame) Value {
		r := recv(fr)
		if safe && r.isNil() {
			return vNil
		}
		th := fr.th
		base := len(th.stack)
		args.push(fr)
		x := v(fr)
		th.stack = append(th.stack, x)
		th.at = at
		th.dispatch(site, r, th.stack[base:], nil, self)
		th.stack = th.stack[:base]
		return x
	}
}

// assignIndex compiles a[i] = v, with a short way for a Hash.
func assignIndex(site *callSite, recv, index, value operand, self bool) code {
	at := site.pos
	return func(fr *frame) Value {
		r, i, v := recv.get(fr), index.get(fr), value.get(fr)
		th := fr.th
		th.at = at
		if h, ok := r.o.(*Hash); ok && !h.frozen && h.cls == nil && th.inst.patched == nil {
			th.step()
			h.set(th, i, plainArg(v))
			return v
		}
		base := len(th.stack)
		th.stack = append(th.stack, i, v)
		th.dispatch(site, r, th.stack[base:], nil, self)
		th.stack = th.stack[:base]
		return v
	}
}

func (c *compiler) opAssign(n *opAsgnNode) code {
	apply := func(old, val code) code {
		switch n.op {
		case "||":
			return func(fr *frame) Value {
				if v := old(fr); v.truthy() {
					return v
				}
				return val(fr)
			}
		case "&&":
			return func(fr *frame) Value {
				v := old(fr)
				if !v.truthy() {
					return v
				}
				return val(fr)
			}
		}
		return c.binaryOp(n.op, n.at(), operand{code: old}, operand{code: val})
	}
	call, ok := n.target.(*callNode)
	if !ok {
		var old code
		switch t := n.target.(type) {
		case *constNode:
			c.assigned[t.name] = true
			test := c.defined(t)
			get := c.constant(t)
			old = func(fr *frame) Value {
				if !test(fr).truthy() {
					return vNil
				}
				return get(fr)
			}
		case *cvarNode:
			test, get := c.defined(t), c.expr(t)
			old = func(fr *frame) Value {
				if n.op == "||" && !test(fr).truthy() {
					return vNil
				}
				return get(fr)
			}
		default:
			old = c.expr(n.target)
		}
		val := c.expr(n.value)
		set := c.target(n.target)
		if n.op == "||" || n.op == "&&" {
			or := n.op == "||"
			return func(fr *frame) Value {
				if v := old(fr); v.truthy() == or {
					return v
				}
				v := val(fr)
				set(fr, v)
				return v
			}
		}
		f := apply(old, val)
		return func(fr *frame) Value {
			v := f(fr)
			set(fr, v)
			return v
		}
	}
	// a[i] op= v and a.b op= v evaluate a and i once.
	recv := c.expr(call.recv)
	at := n.at()
	getName, setName := call.name, call.name+"="
	var args *argList
	if call.name == "[]" {
		args = c.args(call.args, nil)
	} else {
		args = c.args(nil, nil)
	}
	get, set := &callSite{name: getName, pos: at}, &callSite{name: setName, pos: at}
	val := c.expr(n.value)
	op := n.op
	// The old value stands on the argument stack's top while the operator runs.
	top := func(fr *frame) Value { return fr.th.stack[len(fr.th.stack)-1] }
	f := c.binaryOp(op, at, operand{code: top}, operand{code: val})
	safe := call.safe
	return func(fr *frame) Value {
		th := fr.th
		r := recv(fr)
		if safe && r.isNil() {
			return vNil
		}
		base := len(th.stack)
		args.push(fr)
		end := len(th.stack)
		th.at = at
		// The arguments are needed twice, so the getter gets a copy.
		th.stack = append(th.stack, th.stack[base:end]...)
		old := th.dispatch(get, r, th.stack[end:], nil, true)
		th.stack = th.stack[:end]
		var v Value
		switch op {
		case "||":
			if old.truthy() {
				th.stack = th.stack[:base]
				return old
			}
			v = val(fr)
		case "&&":
			if !old.truthy() {
				th.stack = th.stack[:base]
				return old
			}
			v = val(fr)
		default:
			th.stack = append(th.stack, old)
			v = f(fr)
			th.stack = th.stack[:end]
		}
		th.stack = append(th.stack, v)
		th.at = at
		th.dispatch(set, r, th.stack[base:], nil, true)
		th.stack = th.stack[:base]
		return v
	}
}

func (c *compiler) multiAssign(n *masgnNode) code {
	// a, b = x, y without splats: no array is needed unless somebody looks at it.
	if arr, ok := n.value.(*arrayNode); ok && !n.left.hasSplat && len(arr.elems) == len(n.left.pre) && len(n.left.pre) <= 4 {
		plain := true
		for _, e := range arr.elems {
			if _, s := e.(*splatNode); s {
				plain = false
			}
		}
		if plain {
			vals := make([]code, len(arr.elems))
			for i, e := range arr.elems {
				vals[i] = c.expr(e)
			}
			sets := make([]func(*frame, Value), len(vals))
			for i, t := range n.left.pre {
				sets[i] = c.target(t)
			}
			return func(fr *frame) Value {
				var tmp [4]Value
				for i, f := range vals {
					tmp[i] = f(fr)
				}
				for i, f := range sets {
					f(fr, tmp[i])
				}
				return vNil
			}
		}
	}
	v := c.expr(n.value)
	set := c.destructure(n.left)
	return func(fr *frame) Value {
		x := v(fr)
		set(fr, x)
		return x
	}
}

// destructure assigns the elements of a list to several targets.
func (c *compiler) destructure(m *mlhsNode) func(fr *frame, v Value) {
	var pre, post []func(*frame, Value)
	for _, t := range m.pre {
		pre = append(pre, c.target(t))
	}
	for _, t := range m.post {
		post = append(post, c.target(t))
	}
	splat := c.target(m.splat)
	hasSplat := m.hasSplat
	return func(fr *frame, v Value) {
		th := fr.th
		list := th.toAry(v)
		at := func(i int) Value {
			if i < len(list) {
				return list[i]
			}
			return vNil
		}
		for i, set := range pre {
			set(fr, at(i))
		}
		if !hasSplat {
			return
		}
		n := max(len(list)-len(pre)-len(post), 0)
		var mid []Value
		if n > 0 {
			mid = append(mid, list[len(pre):len(pre)+n]...)
		}
		splat(fr, th.array(mid))
		for i, set := range post {
			set(fr, at(len(pre)+n+i))
		}
	}
}
