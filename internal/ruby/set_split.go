package ruby

// The methods of Set that cut a set into others or put nested ones together.
func init() {
	def := cSet.def
	set := func(v Value) *Set { return v.o.(*Set) }
	change := func(th *thread, v Value) *Set {
		if set(v).frozen {
			th.raiseFrozen(v)
		}
		return set(v)
	}
	classify := func(th *thread, s *Set, blk *Proc) *Hash {
		r := th.newHash(0)
		for _, v := range append([]Value(nil), s.items(th)...) {
			k := th.yield1(blk, v)
			group, ok := r.get(th, k)
			if !ok {
				group = th.newSet(nil)
				r.set(th, k, group)
			}
			set(group).h.set(th, v, vTrue)
		}
		return r
	}
	def("classify", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "classify")
		}
		return Value{o: classify(th, set(self), blk)}
	})
	def("divide", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "divide")
		}
		if blk.arity == 2 {
			th.raise(cNotImplemented, "divide with a block of two parameters is not supported")
		}
		var groups []Value
		classify(th, set(self), blk).each(th, func(k, v Value) bool {
			groups = append(groups, v)
			return true
		})
		return th.newSet(groups)
	})
	var flatten func(th *thread, s *Set, into *Hash) bool
	flatten = func(th *thread, s *Set, into *Hash) (nested bool) {
		if !th.enterNested(s) {
			th.raise(cArgumentError, "tried to flatten recursive Set")
		}
		for _, v := range append([]Value(nil), s.items(th)...) {
			if inner, ok := v.o.(*Set); ok {
				nested = true
				flatten(th, inner, into)
				continue
			}
			into.set(th, v, vTrue)
		}
		th.leaveNested()
		return nested
	}
	def("flatten", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := th.newSet(nil)
		flatten(th, set(self), set(r).h)
		return r
	})
	def("flatten!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := change(th, self)
		r := th.newHash(0)
		if !flatten(th, s, r) {
			return vNil
		}
		s.h = r
		return self
	})
	def("compare_by_identity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := change(th, self)
		th.send(Value{o: s.h}, "compare_by_identity")
		return self
	})
	def("compare_by_identity?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(set(self).h.byID) })
}
