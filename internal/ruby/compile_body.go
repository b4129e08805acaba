package ruby

import "slices"

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
	arity  int
	params *params
	// carries: the second parameter only goes into event.set.
	carries bool
}

// methodBody is a compiled method.
type methodBody struct {
	name   string
	code   code
	nvars  int
	keep   bool
	simple bool
	nreq   int
	bind   *binder
	rets   bool
	src    *codeSource
	arity  int
	params *params
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
	bb.code = c.stmt(b.body)
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
		p := fr.th.arena.proc()
		*p = Proc{body: bb, up: fr, self: fr.self, lambda: lambda}
		return p
	}
}

// arity is Ruby's arity of a parameter list.
func (p *params) arity(isProc bool) int {
	n := len(p.req) + len(p.post)
	kwReq := false
	for _, k := range p.kw {
		kwReq = kwReq || k.def == nil
	}
	if p.star || len(p.opt) > 0 && !isProc {
		return -n - 1
	}
	if kwReq && n == 0 && !isProc {
		return 1
	}
	if len(p.opt) > 0 && isProc {
		return -n - 1
	}
	return n
}

// enter makes the frame of a block call.
func (b *blockBody) enter(th *thread, p *Proc) *frame {
	th.deeper()
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
		th.depth--
		th.pop(b.keep)
		return v
	}
}

// yield1 calls a block with one value, which a block with several parameters takes apart.
func (th *thread) yield1(p *Proc, a Value) Value {
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
	b := p.body
	if b != nil && b.simple && len(b.plain) >= 2 {
		fr := b.enter(th, p)
		fr.vars[b.plain[0]], fr.vars[b.plain[1]] = k, v
		return b.run(th, fr)
	}
	if p.lambda && p.body != nil && p.body.arity == 2 || p.lambda && p.method != nil && p.arity == 2 {
		return th.yield2(p, k, v)
	}
	return th.yield1(p, th.array([]Value{k, v}))
}

// yieldN calls a block with several values.
func (th *thread) yieldN(p *Proc, args ...Value) Value { return th.callProc(p, args, nil) }

// callProc calls a proc with its own self.
func (th *thread) callProc(p *Proc, args []Value, blk *Proc) Value {
	return th.callProcAs(p, p.self, args, blk, nil)
}

// callProcAs calls a proc with another self, as instance_exec and define_method do.
func (th *thread) callProcAs(p *Proc, self Value, args []Value, blk *Proc, m *Method) Value {
	if p.native != nil {
		return p.native(th, args, blk)
	}
	b := p.body
	fr := b.enter(th, p)
	fr.self = self
	if m != nil {
		fr.own = activation{blk: blk, meth: m, args: args}
		if m.owner != nil {
			fr.cref = m.owner
		}
		// What the block sees as its method stays the enclosing one for return, so
		// only blocks given to it change.
		act := *p.up.act
		act.blk, act.meth = blk, m
		act.args = slices.Clone(args)
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
	m.depth--
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

// spread takes one list apart into a block's parameters.
func (th *thread) spread(args []Value) []Value {
	if a, ok := args[0].o.(*Array); ok {
		return a.list(th)
	}
	if _, ok := args[0].o.(*Object); ok && th.respondTo(args[0], "to_ary") {
		return th.toAry(args[0])
	}
	return args
}

// binder assigns arguments to parameters of any shape.
type binder struct {
	p        *params
	req      []func(*frame, Value)
	opt      []func(*frame, Value)
	optDef   []code
	post     []func(*frame, Value)
	rest     func(*frame, Value)
	kw       []func(*frame, Value)
	kwDef    []code
	kwRest   func(*frame, Value)
	blk      func(*frame, Value)
	takesKw  bool
	spreads  bool
	min, max int
}

func (c *compiler) binder(p *params) *binder {
	b := &binder{p: p}
	v := func(l *local) func(*frame, Value) {
		if l == nil {
			return nil
		}
		return c.target(&lvarNode{0, l})
	}
	for _, r := range p.req {
		b.req = append(b.req, c.target(r))
	}
	for _, o := range p.opt {
		b.opt, b.optDef = append(b.opt, v(o.v)), append(b.optDef, c.expr(o.def))
	}
	for _, r := range p.post {
		b.post = append(b.post, c.target(r))
	}
	b.rest, b.kwRest, b.blk = v(p.rest), v(p.kwRes), v(p.blk)
	for _, k := range p.kw {
		b.kw = append(b.kw, v(k.v))
		if k.def == nil {
			b.kwDef = append(b.kwDef, nil)
		} else {
			b.kwDef = append(b.kwDef, c.expr(k.def))
		}
	}
	b.takesKw = len(p.kw) > 0 || p.dstar
	b.min = len(p.req) + len(p.post)
	b.max = b.min + len(p.opt)
	if p.star {
		b.max = -1
	}
	b.spreads = b.min+len(p.opt) > 1 || p.comma || p.star && b.min+len(p.opt) > 0
	return b
}

func (b *binder) bind(fr *frame, args []Value, blk *Proc, strict bool) {
	th := fr.th
	var kw *Hash
	if n := len(args); n > 0 {
		if h, ok := args[n-1].o.(*Hash); ok && h.kw {
			if b.takesKw {
				kw = h
				args = args[:n-1]
			} else {
				c := h.dup(th)
				c.kw = b.p.fwd
				args = append(slices.Clone(args[:n-1]), Value{o: c})
			}
		}
	}
	n := len(args)
	if strict && (n < b.min || b.max >= 0 && n > b.max) {
		th.raiseArity(n, b.min, b.max)
	}
	at := func(i int) Value {
		if i < n {
			return args[i]
		}
		return vNil
	}
	for i, set := range b.req {
		set(fr, at(i))
	}
	i := len(b.req)
	free := max(n-b.min, 0)
	for j, set := range b.opt {
		if j < free {
			set(fr, args[i])
			i++
		} else {
			set(fr, b.optDef[j](fr))
		}
	}
	rest := max(free-len(b.opt), 0)
	if b.rest != nil {
		b.rest(fr, th.array(slices.Clone(args[min(i, n):min(i+rest, n)])))
	}
	if b.max < 0 || !strict && false {
		i += rest
	}
	for _, set := range b.post {
		set(fr, at(i))
		i++
	}
	if b.takesKw {
		b.bindKw(fr, kw, strict)
	}
	if b.blk != nil {
		if blk == nil {
			b.blk(fr, vNil)
		} else {
			b.blk(fr, Value{o: blk})
		}
	}
}

func (b *binder) bindKw(fr *frame, kw *Hash, strict bool) {
	th := fr.th
	used := 0
	var missing []string
	for i, k := range b.p.kw {
		if kw != nil {
			if v, ok := kw.get(th, sym(k.name)); ok {
				b.kw[i](fr, v)
				used++
				continue
			}
		}
		if b.kwDef[i] == nil {
			if strict {
				missing = append(missing, ":"+k.name)
			}
			continue
		}
		b.kw[i](fr, b.kwDef[i](fr))
	}
	if missing != nil {
		s := ""
		if len(missing) > 1 {
			s = "s"
		}
		th.raise(cArgumentError, "missing keyword%s: %s", s, joinStrings(missing, ", "))
	}
	if b.kwRest != nil || b.p.dstar {
		h := newHash(0)
		if kw != nil {
		next:
			for _, e := range kw.entries(th) {
				if !e.live {
					continue
				}
				if s, ok := e.k.o.(*Symbol); ok {
					for _, k := range b.p.kw {
						if k.name == s.name {
							continue next
						}
					}
				}
				h.set(th, e.k, e.v)
			}
		}
		if b.kwRest != nil {
			b.kwRest(fr, Value{o: h})
		}
		return
	}
	if strict && kw != nil && kw.size(th) > used {
		for _, e := range kw.entries(th) {
			s, ok := e.k.o.(*Symbol)
			if !e.live || ok && slices.ContainsFunc(b.p.kw, func(k kwParam) bool { return k.name == s.name }) {
				continue
			}
			th.raise(cArgumentError, "unknown keyword: %s", th.inspect(e.k))
		}
	}
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
		mb.arity = mb.nreq
	} else {
		mb.bind = c.binder(n.params)
		mb.arity = n.params.arity(false)
	}
	mb.code = c.stmt(n.body)
	if c.body.panics {
		mb.code = catching(mb.code)
	}
	mb.rets = c.body.rets
	mb.keep = n.scope.captured
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

// call runs a method of the script.
func (b *methodBody) call(th *thread, m *Method, self Value, args []Value, blk *Proc) Value {
	th.deeper()
	fr := th.push(b.nvars, b.keep)
	fr.self, fr.up, fr.cref, fr.brk = self, nil, m.owner, nil
	fr.own = activation{blk: blk, args: args, meth: m}
	fr.act = &fr.own
	if m.owner != nil && m.owner.single != nil {
		if k, ok := m.owner.single.o.(*Class); ok {
			fr.cref = k
		} else {
			fr.cref = m.owner.super
		}
	}
	if b.simple {
		if n := len(args); n > 0 {
			if h, ok := args[n-1].o.(*Hash); ok && h.kw {
				h.kw = false
			}
		}
		if len(args) != b.nreq {
			th.raiseArity(len(args), b.nreq, b.nreq)
		}
		copy(fr.vars, args)
	} else {
		b.bind.bind(fr, args, blk, true)
	}
	src, self0 := th.src, th.self
	th.src, th.self = b.src, self
	var v Value
	if b.rets {
		v = th.catchReturn(b, fr)
	} else {
		v = b.code(fr)
	}
	th.src, th.self = src, self0
	if v.isJump() {
		v = fr.jv
	}
	th.depth--
	th.pop(b.keep)
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
		return res
	}
}

func (c *compiler) classBody(body node, s *scope) (f code, nvars int) {
	scope, outer, jumps, rescued := c.scope, c.body, c.jumps, c.rescued
	c.scope = s
	c.body = &bodyCtx{kind: bodyClass}
	f = c.expr(body)
	nvars = len(s.vars)
	c.scope, c.body, c.jumps, c.rescued = scope, outer, jumps, rescued
	return
}

func runClassBody(fr *frame, k *Class, f code, nvars int) Value {
	th := fr.th
	th.deeper()
	in := th.push(nvars, true)
	in.self, in.cref = Value{o: k}, k
	in.act = &in.own
	v := f(in)
	th.depth--
	return v
}

func (c *compiler) class(n *classNode) code {
	c.script.retains = true
	c.assigned[n.path.name] = true
	if v, ok := coreConsts[n.path.name]; ok && n.path.scope == nil {
		if k, is := v.o.(*Class); is && k.builtin {
			c.patchedCore = true
		}
	}
	var scope, super code
	if n.path.scope != nil {
		scope = c.expr(n.path.scope)
	}
	if n.super != nil {
		super = c.expr(n.super)
	}
	f, nvars := c.classBody(n.body, n.scope)
	name, module, at := n.path.name, n.module, n.at()
	return func(fr *frame) Value {
		th := fr.th
		th.at = at
		up := fr.cref
		if scope != nil {
			up = th.classArg(scope(fr))
		}
		var sup *Class
		if super != nil {
			sup = th.classArg(super(fr))
		}
		k := th.openClass(up, name, module, sup)
		return runClassBody(fr, k, f, nvars)
	}
}

// openClass finds or makes a class or module.
func (th *thread) openClass(up *Class, name string, module bool, super *Class) *Class {
	if v, ok := th.inst.lookupConst(up, name, false); ok {
		k, is := v.o.(*Class)
		if !is || k.module != module {
			th.raise(cTypeError, "%s is not a %s", name, map[bool]string{true: "module", false: "class"}[module])
		}
		if super != nil && k.super != super && !k.builtin {
			th.raise(cTypeError, "superclass mismatch for class %s", name)
		}
		return k
	}
	if super == nil {
		super = cObject
	}
	k := th.newClass(super, module)
	k.up = up
	th.inst.setConst(th, up, name, Value{o: k})
	th.inherited(super, k)
	return k
}

func (th *thread) newClass(super *Class, module bool) *Class {
	k := &Class{module: module}
	if !module {
		k.super = super
		k.fields, k.kwInit = super.fields, super.kwInit
	}
	k.singleton()
	return k
}

func (th *thread) inherited(super, k *Class) {
	if k.module || super.builtin {
		return
	}
	if m := th.inst.find(super.class(), "inherited"); m != nil && m.fn == nil {
		th.invoke(m, Value{o: super}, []Value{{o: k}}, nil)
	}
}

func (c *compiler) sclass(n *sclassNode) code {
	c.script.retains = true
	obj := c.expr(n.obj)
	f, nvars := c.classBody(n.body, n.scope)
	return func(fr *frame) Value { return runClassBody(fr, fr.th.singletonOf(obj(fr)), f, nvars) }
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
		th.raise(cNameError, "undefined method `%s' for class `%s'", from, k.name)
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
		for _, a := range args {
			v := a(fr)
			names := []Value{v}
			if arr, ok := v.o.(*Array); ok {
				names = arr.list(th)
			}
			for _, nv := range names {
				name := th.nameArg(nv)
				m := th.inst.find(fr.cref, name)
				if m == nil {
					th.raise(cNameError, "undefined method `%s' for class `%s'", name, fr.cref.name)
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
		return args[0](fr)
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
				h := newHash(len(kwNames))
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
				th.raiseNoMethod(fr.self, th.nameArg(th.stack[base]), false)
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
