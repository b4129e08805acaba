package ruby

// isCore compiles x.is_a?(k) with a class of the core. Objects of the script's own
// classes may answer for themselves.
func (c *compiler) isCore(n *callNode, k *Class) code {
	recv, arg, at := c.operand(n.recv), c.expr(n.args[0]), n.at()
	site := &callSite{name: n.name, pos: at}
	yes := kindsOf(k)
	return func(fr *frame) Value {
		v := recv.get(fr)
		th := fr.th
		if in := th.inst; in.patched == nil && in.mixed == nil {
			if kd := kindOf(v); kd != otherKind {
				th.step()
				return Bool(yes.has(kd))
			}
		}
		if cls := classOf(v); cls.builtin && cls != cBasicObject && th.inst.patched == nil && th.inst.mixed == nil {
			th.step()
			return Bool(cls == k || cls.isA(k))
		}
		a := arg(fr)
		th.cur = fr.act
		return th.dispatch1(site, at, v, a, false)
	}
}

// respondsTo compiles x.respond_to?(:name). The call site of the name remembers what was
// found; a class that has no such method, or a respond_to? of its own, is asked.
func (c *compiler) respondsTo(n *callNode, name string) code {
	recv, at := c.operand(n.recv), n.at()
	site, named := &callSite{name: n.name, pos: at}, &callSite{name: name, pos: at}
	arg := sym(name)
	return func(fr *frame) Value {
		v := recv.get(fr)
		th := fr.th
		cls := classOf(v)
		if m := site.find(th, cls); m != nil && m.owner == mKernel && m.fn != nil {
			t := named.find(th, cls)
			if t != nil && t.vis == public && !t.builtinPrivate() {
				th.step()
				return vTrue
			}
			if t == nil && kindOf(v) != otherKind && th.inst.patched == nil && th.inst.mixed == nil {
				th.step()
				return vFalse
			}
		}
		th.cur = fr.act
		return th.dispatch1(site, at, v, arg, false)
	}
}

// whenCore compiles the condition of when with a class of the core.
func (c *compiler) whenCore(x node, k *Class) func(fr *frame, v Value) bool {
	c.expr(x) // notes the use of the name
	yes := kindsOf(k)
	return func(fr *frame, v Value) bool {
		th := fr.th
		if th.inst.patched == nil {
			if kd := kindOf(v); kd != otherKind {
				return yes.has(kd)
			}
			return classOf(v).isA(k)
		}
		th.cur = fr.act
		return th.caseEq(Value{o: k}, v)
	}
}
