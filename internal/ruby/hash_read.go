package ruby

func (th *thread) raiseKey(h Value, k Value) {
	e := th.newException(cKeyError, "key not found: %s", th.inspect(k))
	e.key, e.recv = k, h
	panic(e)
}

func digAny(th *thread, self Value, a []Value, blk *Proc) Value {
	v := self
	for i, k := range a {
		switch x := v.o.(type) {
		case nil:
			return vNil
		case *Hash:
			v = x.index(th, k)
		case *Array:
			v = th.arrayAt(x, th.intArg(k))
		default:
			if !th.respondTo(v, "dig") {
				th.raise(cTypeError, "%s does not have #dig method", classOf(v).real().name)
			}
			return th.send(v, "dig", a[i:]...)
		}
	}
	return v
}

func init() {
	def := cHash.def
	def("fetch", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if v, ok := h.get(th, a[0]); ok {
			return v
		}
		if blk != nil {
			return th.yield1(blk, a[0])
		}
		if len(a) > 1 {
			return a[1]
		}
		th.raiseKey(self, a[0])
		return vNil
	})
	def("dig", 1, -1, digAny)
	def("key? has_key? include? member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(hashSelf(self).find(th, a[0]) >= 0)
	})
	def("value? has_value?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, e := range hashSelf(self).entries(th) {
			if e.live && th.equal(e.v, a[0]) {
				return vTrue
			}
		}
		return vFalse
	})
	def("key", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, e := range hashSelf(self).entries(th) {
			if e.live && th.equal(e.v, a[0]) {
				return e.k
			}
		}
		return vNil
	})
	def("keys", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := th.arena.values(h.size(th))[:0]
		for _, e := range h.entries(th) {
			if e.live {
				list = th.arena.push(list, e.k)
			}
		}
		th.charge(24 * len(list))
		return th.array(list)
	})
	def("values", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := th.arena.values(h.size(th))[:0]
		for _, e := range h.entries(th) {
			if e.live {
				list = th.arena.push(list, e.v)
			}
		}
		th.charge(24 * len(list))
		return th.array(list)
	})
	def("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := make([]Value, len(a))
		for i, k := range a {
			list[i] = h.index(th, k)
		}
		return th.array(list)
	})
	def("fetch_values", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := make([]Value, len(a))
		for i, k := range a {
			v, ok := h.get(th, k)
			if !ok {
				if blk == nil {
					th.raiseKey(self, k)
				}
				v = th.yield1(blk, k)
			}
			list[i] = v
		}
		return th.array(list)
	})
	def("first", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 1
		if len(a) > 0 {
			n = th.intArg(a[0])
		}
		var list []Value
		for _, e := range hashSelf(self).entries(th) {
			if len(list) >= n {
				break
			}
			if e.live {
				list = th.arena.push(list, th.pair(e.k, e.v))
			}
		}
		if len(a) > 0 {
			return th.array(list)
		}
		if len(list) == 0 {
			return vNil
		}
		return list[0]
	})
	def("any?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if len(a) == 0 && blk == nil {
			return Bool(h.size(th) > 0)
		}
		found := false
		h.each(th, func(k, v Value) bool {
			if len(a) > 0 {
				found = th.caseEq(a[0], th.pair(k, v))
			} else {
				found = th.yieldPair(blk, k, v).truthy()
			}
			return !found
		})
		return Bool(found)
	})
	def("count", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if len(a) == 0 && blk == nil {
			return Int(int64(h.size(th)))
		}
		n := int64(0)
		h.each(th, func(k, v Value) bool {
			if len(a) > 0 && th.equal(a[0], th.pair(k, v)) || len(a) == 0 && th.yieldPair(blk, k, v).truthy() {
				n++
			}
			return true
		})
		return Int(n)
	})
	def("map collect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "map")
		}
		h := hashSelf(self)
		list := th.arena.values(h.size(th))[:0]
		r := th.rounds(blk)
		h.each(th, func(k, v Value) bool {
			list = th.arena.push(list, r.pair(k, v))
			return true
		})
		r.end()
		return th.array(list)
	})
	def("find detect", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r, found := vNil, false
		hashSelf(self).each(th, func(k, v Value) bool {
			if th.yieldPair(blk, k, v).truthy() {
				r, found = th.pair(k, v), true
			}
			return !found
		})
		if !found && len(a) > 0 && a[0] != vNil {
			return th.send(a[0], "call")
		}
		return r
	})
	def("assoc", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if i := h.find(th, a[0]); i >= 0 {
			return th.array([]Value{h.ents[i].k, h.ents[i].v})
		}
		return vNil
	})
	def("rassoc", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, e := range hashSelf(self).entries(th) {
			if e.live && th.equal(e.v, a[0]) {
				return th.pair(e.k, e.v)
			}
		}
		return vNil
	})
	def("sum", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var items []Value
		hashSelf(self).each(th, func(k, v Value) bool {
			if blk != nil {
				items = append(items, th.yieldPair(blk, k, v))
			} else {
				items = append(items, th.pair(k, v))
			}
			return true
		})
		return th.sum(items, a)
	})
}
