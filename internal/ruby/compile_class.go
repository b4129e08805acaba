package ruby

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
	in := th.arena.frame(nvars)
	in.belongTo(th)
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
