package ruby

// methodBody is a compiled method.
type methodBody struct {
	name   string
	code   code
	nvars  int
	simple bool
	nreq   int
	nargs  int // nreq when that is all that it takes, else -1
	bind   *binder
	rets   bool
	src    *codeSource
	arity  int
	weight int // see weigh
	params *params
}

func (c *compiler) method(n *defNode) *methodBody {
	mb := &methodBody{name: n.name, src: c.src, params: n.params}
	scope, body, jumps, rescued := c.scope, c.body, c.jumps, c.rescued
	c.scope = n.scope
	c.body = &bodyCtx{kind: bodyDef, method: mb, params: n.params}
	if n.params.simple() {
		mb.simple = true
		if n.params != nil {
			mb.nreq = len(n.params.req)
		}
		mb.arity, mb.nargs = mb.nreq, mb.nreq
	} else {
		mb.bind = c.binder(n.params)
		mb.arity, mb.nargs = n.params.arity(false), -1
	}
	mb.code, mb.weight = c.weigh(n.body)
	if c.body.panics {
		mb.code = catching(mb.code)
	}
	mb.rets = c.body.rets
	mb.nvars = len(n.scope.vars)
	c.scope, c.body, c.jumps, c.rescued = scope, body, jumps, rescued
	return mb
}

func (m *Method) arity() int {
	switch {
	case m.body != nil:
		return m.body.arity
	case m.proc != nil && m.proc.body != nil:
		return m.proc.body.arity
	case m.min == m.max:
		return m.min
	}
	return -m.min - 1
}

// inside is the class that constants and def in a method of c belong to.
func (c *Class) inside() *Class {
	if c.single == nil {
		return c
	}
	if k, ok := c.single.o.(*Class); ok {
		return k
	}
	return c.super
}

// enter makes the frame of a method, whose first set variables are the caller's to set.
func (b *methodBody) enter(th *thread, m *Method, self Value, blk *Proc, set int) *frame {
	fr := th.push(b.nvars, set, b.weight)
	fr.self, fr.up, fr.cref, fr.brk = self, nil, m.cref, nil
	act := &fr.own
	fr.act = act
	act.blk, act.meth, act.match, act.vis, act.modFn = blk, m, nil, public, false
	return fr
}

// call runs a method of the script.
func (b *methodBody) call(th *thread, m *Method, self Value, args []Value, blk *Proc) Value {
	var fr *frame
	if b.simple {
		if n := len(args); n > 0 {
			if h, ok := args[n-1].o.(*Hash); ok && h.kw {
				h.kw = false
			}
		}
		if len(args) != b.nreq {
			th.raiseArity(len(args), b.nreq, b.nreq)
		}
		fr = b.enter(th, m, self, blk, b.nreq)
		copy(fr.vars, args)
	} else {
		fr = b.enter(th, m, self, blk, 0)
		b.bind.bind(fr, args, blk, true)
	}
	return b.run(th, fr)
}

// run runs a method's body and leaves its frame.
func (b *methodBody) run(th *thread, fr *frame) Value {
	src, outer := th.src, th.running
	th.src, th.running = b.src, fr
	var v Value
	if b.rets {
		v = th.catchReturn(b, fr)
	} else {
		v = b.code(fr)
	}
	th.src, th.running = src, outer
	if v.isJump() {
		v = fr.jv
	}
	th.depth -= b.weight
	th.fp--
	return v
}

func (th *thread) catchReturn(b *methodBody, fr *frame) (v Value) {
	m := th.mark()
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
	return b.code(fr)
}

func (c *compiler) def(n *defNode) code {
	c.script.retains = true
	mb := c.method(n)
	name := n.name
	if n.single != nil {
		obj := c.expr(n.single)
		return func(fr *frame) Value {
			th := fr.th
			th.inst.addMethod(th.singletonOf(obj(fr)), &Method{name: name, body: mb})
			return sym(name)
		}
	}
	res := sym(name)
	return func(fr *frame) Value {
		th := fr.th
		vis := fr.act.vis
		if name == "initialize" || name == "initialize_copy" || name == "respond_to_missing?" {
			vis = private
		}
		if fr.cref == th.inst.filterClass {
			vis = public
		}
		th.inst.addMethod(fr.cref, &Method{name: name, body: mb, vis: vis})
		if fr.act.modFn {
			th.inst.addMethod(fr.cref.singleton(), &Method{name: name, body: mb})
		}
		if m := th.inst.find(fr.cref.class(), "method_added"); m != nil && m.fn == nil {
			th.invoke(m, Value{o: fr.cref}, []Value{res}, nil)
		}
		return res
	}
}

func (c *compiler) alias(n *aliasNode) code {
	c.script.retains = true
	to, from, at := n.to, n.from, n.at()
	c.defs[to] = true
	if n.global {
		c.errorf(codeUnsupported, at, "", "alias of global variables is not supported")
	}
	return func(fr *frame) Value {
		fr.th.at = at
		fr.th.aliasMethod(fr.cref, to, from)
		return vNil
	}
}

func (th *thread) aliasMethod(k *Class, to, from string) {
	m := th.inst.find(k, from)
	if m == nil {
		th.raise(cNameError, "undefined method `%s' for class `%s'", from, k.label(th))
	}
	a := *m
	a.name = to
	th.inst.addMethod(k, &a)
}

// visibility compiles private and its kin.
func (c *compiler) visibility(n *callNode) code {
	if n.name == "private_class_method" || n.name == "public_class_method" {
		return nil
	}
	vis := map[string]visibility{"private": private, "public": public, "protected": protected}[n.name]
	modFn := n.name == "module_function"
	args := make([]code, len(n.args))
	for i, a := range n.args {
		args[i] = c.expr(a)
	}
	return func(fr *frame) Value {
		th := fr.th
		if len(args) == 0 {
			fr.act.vis, fr.act.modFn = vis, modFn
			return vNil
		}
		given := make([]Value, len(args))
		for i, a := range args {
			v := a(fr)
			given[i] = v
			names := []Value{v}
			if arr, ok := v.o.(*Array); ok {
				names = arr.list(th)
			}
			for _, nv := range names {
				name := th.nameArg(nv)
				m := th.inst.find(fr.cref, name)
				if m == nil {
					th.raise(cNameError, "undefined method `%s' for class `%s'", name, fr.cref.label(th))
				}
				if modFn {
					th.inst.addMethod(fr.cref.singleton(), &Method{name: name, body: m.body, fn: m.fn, min: m.min, max: m.max, proc: m.proc})
					continue
				}
				if fr.cref == th.inst.filterClass {
					continue
				}
				cp := *m
				cp.vis = vis
				th.inst.addMethod(fr.cref, &cp)
			}
		}
		if len(given) > 1 {
			return th.arrayOf(given)
		}
		return given[0]
	}
}

func (c *compiler) super(n *superNode) code {
	at := n.at()
	a := c.args(n.args, nil)
	blk, _ := c.callBlock(n.blkArg, n.block, "super")
	hasArgs := n.hasArgs
	var implicit []code
	kwNames := []string{}
	var kwCodes []code
	if !hasArgs {
		for b := c.body; b != nil; b = b.up {
			if b.kind != bodyDef || b.params == nil {
				continue
			}
			for _, r := range b.params.req {
				if l, ok := r.(*lvarNode); ok {
					implicit = append(implicit, c.lvar(l.v))
				}
			}
			for _, o := range b.params.opt {
				implicit = append(implicit, c.lvar(o.v))
			}
			if b.params.rest != nil {
				get := c.lvar(b.params.rest)
				implicit = append(implicit, nil, get)
			}
			for _, k := range b.params.kw {
				kwNames, kwCodes = append(kwNames, k.name), append(kwCodes, c.lvar(k.v))
			}
		}
	}
	return func(fr *frame) Value {
		th := fr.th
		m := fr.act.meth
		if m == nil {
			th.at = at
			th.raise(cRuntimeError, "super called outside of method")
		}
		base := len(th.stack)
		if hasArgs {
			a.push(fr)
		} else {
			for i := 0; i < len(implicit); i++ {
				if implicit[i] == nil {
					i++
					th.stack = append(th.stack, th.splat(implicit[i](fr))...)
					continue
				}
				v := implicit[i](fr)
				th.stack = append(th.stack, v)
			}
			if len(kwNames) > 0 {
				h := th.newHash(len(kwNames))
				for i, k := range kwNames {
					h.set(th, sym(k), kwCodes[i](fr))
				}
				h.kw = true
				th.stack = append(th.stack, Value{o: h})
			}
		}
		p := fr.act.blk
		if blk != nil {
			p = blk(fr)
		}
		th.at, th.cur = at, fr.act
		next := th.inst.findAfter(classOf(fr.self), m.owner, m.name)
		if next == nil {
			if m.name == "initialize" || m.name == "inherited" || m.name == "included" || m.name == "method_added" {
				th.stack = th.stack[:base]
				return vNil
			}
			if m.name == "respond_to_missing?" {
				th.stack = th.stack[:base]
				return vFalse
			}
			if m.name == "method_missing" {
				e := th.noMethod(fr.self, th.nameArg(th.stack[base]), false)
				e.result = th.arrayOf(th.stack[base+1:])
				panic(e)
			}
			if to, ok := target(fr.self); ok && th.respondTo(to, m.name) {
				v := th.sendBlock(to, m.name, th.stack[base:len(th.stack):len(th.stack)], p)
				th.stack = th.stack[:base]
				return v
			}
			e := th.newException(cNoMethodError, "super: no superclass method `%s' for %s", m.name, th.describe(fr.self))
			panic(e)
		}
		args := th.stack[base:len(th.stack):len(th.stack)]
		v := th.invoke(next, fr.self, args, p)
		th.stack = th.stack[:base]
		return v
	}
}

func (c *compiler) yield(n *yieldNode) code {
	at := n.at()
	a := c.args(n.args, nil)
	one := len(a.list) == 1 && a.splat == nil && !a.kw
	return func(fr *frame) Value {
		th := fr.th
		p := fr.act.blk
		if p == nil {
			th.at = at
			th.raise(cLocalJumpError, "no block given (yield)")
		}
		if one {
			v := a.list[0](fr)
			th.at = at
			return th.yield1(p, v)
		}
		base := len(th.stack)
		a.push(fr)
		th.at = at
		v := th.callProc(p, th.stack[base:len(th.stack):len(th.stack)], nil)
		th.stack = th.stack[:base]
		return v
	}
}

func joinStrings(list []string, sep string) string {
	s := ""
	for i, x := range list {
		if i > 0 {
			s += sep
		}
		s += x
	}
	return s
}
