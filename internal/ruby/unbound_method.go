package ruby

// What a Method and an UnboundMethod have in common, and what turns one into the other.
func init() {
	meth := func(v Value) *MethodObj { return v.o.(*MethodObj) }
	for _, c := range []*Class{cMethod, cUnboundMethod} {
		def := c.def
		def("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			x, ok := a[0].o.(*MethodObj)
			return Bool(ok && x.unbound == meth(self).unbound && x.recv.o == meth(self).recv.o && x.recv.n == meth(self).recv.n && x.m.origin() == meth(self).m.origin())
		})
		def("arity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(meth(self).m.arity())) })
		def("name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return sym(meth(self).m.name) })
		def("original_name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return sym(meth(self).m.origin().name) })
		def("owner", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: meth(self).m.owner} })
		def("source_location", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
		def("parameters", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			m := meth(self).m
			if m.body != nil {
				return th.parameters(m.body.params, true)
			}
			// Of a method in Go only the number of its arguments is known.
			var out []Value
			for range m.min {
				out = append(out, th.array([]Value{sym("req")}))
			}
			for i := m.min; i < m.max; i++ {
				out = append(out, th.array([]Value{sym("opt")}))
			}
			if m.max < 0 {
				out = append(out, th.array([]Value{sym("rest")}))
			}
			return th.array(out)
		})
	}
	cMethod.def("unbind", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &MethodObj{m: meth(self).m, unbound: true}}
	})
	bound := func(th *thread, self, to Value) *MethodObj {
		m := meth(self).m
		if !m.owner.module && !classIs(to, m.owner) {
			th.raise(cTypeError, "bind argument must be an instance of %s", m.owner.name)
		}
		return &MethodObj{recv: to, m: m}
	}
	cUnboundMethod.def("bind", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: bound(th, self, a[0])}
	})
	cUnboundMethod.def("bind_call", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.invoke(bound(th, self, a[0]).m, a[0], a[1:], blk)
	})
	cUnboundMethod.def("inspect to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("#<UnboundMethod: " + meth(self).m.owner.name + "#" + meth(self).m.name + "() >")
	})
}
