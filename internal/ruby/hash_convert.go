package ruby

func init() {
	def := cHash.def
	def("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return self
		}
		r := th.newHash(0)
		hashSelf(self).each(th, func(k, v Value) bool {
			p := th.yieldKV(blk, k, v)
			th.addPair(r, p, -1)
			return true
		})
		return Value{o: r}
	})
	def("to_hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("to_a entries", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(th.toList(self)) })
	def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.inspect(self)) })
	def("to_proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: th.toProc(self)} })
	def("invert", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := th.newHash(0)
		for _, e := range hashSelf(self).entries(th) {
			if e.live {
				r.set(th, e.v, e.k)
			}
		}
		return Value{o: r}
	})
	def("slice", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h, r := hashSelf(self), th.newHash(0)
		for _, k := range a {
			if v, ok := h.get(th, k); ok {
				r.set(th, k, v)
			}
		}
		return Value{o: r}
	})
	def("except", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := hashSelf(self).dup(th)
		r.def, r.defProc = vNil, nil
		for _, k := range a {
			r.delete(th, k)
		}
		return Value{o: r}
	})
	def("transform_values", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "transform_values")
		}
		r := th.newHash(0)
		hashSelf(self).each(th, func(k, v Value) bool {
			r.setKey(th, k, th.yield1(blk, v))
			return true
		})
		return Value{o: r}
	})
	transformKeys := func(th *thread, h *Hash, a []Value, blk *Proc) *Hash {
		r := th.newHash(0)
		var m *Hash
		if len(a) > 0 {
			m = th.toHash(a[0])
		}
		h.each(th, func(k, v Value) bool {
			nk := k
			if m != nil {
				if x, ok := m.get(th, k); ok {
					r.set(th, x, v)
					return true
				}
			}
			if blk != nil {
				nk = th.yield1(blk, k)
			}
			r.set(th, nk, v)
			return true
		})
		return r
	}
	def("transform_keys", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil && len(a) == 0 {
			return th.enumFor(self, "transform_keys")
		}
		return Value{o: transformKeys(th, hashSelf(self), a, blk)}
	})
	def("transform_keys!", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		r := transformKeys(th, h, a, blk)
		h.ents, h.idx, h.live = r.ents, r.idx, r.live
		return self
	})
	def("compact", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.filterHash(hashSelf(self), func(k, v Value) bool { return !v.isNil() })
	})
	def("flatten", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		depth := 1
		if len(a) > 0 {
			depth = th.intArg(a[0])
		}
		var out []Value
		th.flatten(&out, th.toList(self), depth)
		return th.array(out)
	})
}
