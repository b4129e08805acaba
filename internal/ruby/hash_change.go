package ruby

// filterInPlace removes pairs; it tells whether there was one.
func (th *thread) filterInPlace(h *Hash, keep func(k, v Value) bool) bool {
	th.checkHash(h)
	n := h.size(th)
	h.iter++
	for i := 0; i < len(h.ents); i++ {
		if e := h.ents[i]; e.live && !keep(e.k, e.v) {
			h.removeAt(th, i)
		}
	}
	h.endIter()
	return h.live != n
}

func hashMerge(th *thread, h *Hash, others []Value, blk *Proc) {
	for _, o := range others {
		for _, e := range th.toHash(o).entries(th) {
			if !e.live {
				continue
			}
			v := e.v
			if blk != nil {
				if old, ok := h.get(th, e.k); ok {
					v = th.yieldN(blk, e.k, old, v)
				}
			}
			h.set(th, e.k, v)
		}
	}
}

// addPair stores a [key, value] that a block or an array gave.
func (th *thread) addPair(h *Hash, p Value, at int) {
	arr, ok := p.o.(*Array)
	if !ok {
		if at < 0 {
			th.raise(cTypeError, "wrong element type %s (expected array)", classOf(p).real().name)
		}
		th.raise(cTypeError, "wrong element type %s at %d (expected array)", classOf(p).real().name, at)
	}
	l := arr.list(th)
	if len(l) != 2 {
		if at < 0 {
			th.raise(cArgumentError, "element has wrong array length (expected 2, was %d)", len(l))
		}
		th.raise(cArgumentError, "wrong array length at %d (expected 2, was %d)", at, len(l))
	}
	h.set(th, l[0], l[1])
}

func init() {
	def := cHash.def
	def("[]= store", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		h.set(th, a[0], a[1])
		return a[1]
	})
	def("select! filter! keep_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !th.filterInPlace(hashSelf(self), func(k, v Value) bool { return th.yieldKV(blk, k, v).truthy() }) {
			return vNil
		}
		return self
	})
	def("keep_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.filterInPlace(hashSelf(self), func(k, v Value) bool { return th.yieldKV(blk, k, v).truthy() })
		return self
	})
	def("reject!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !th.filterInPlace(hashSelf(self), func(k, v Value) bool { return !th.yieldKV(blk, k, v).truthy() }) {
			return vNil
		}
		return self
	})
	def("delete_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "delete_if")
		}
		th.filterInPlace(hashSelf(self), func(k, v Value) bool { return !th.yieldKV(blk, k, v).truthy() })
		return self
	})
	def("delete", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		v, ok := h.delete(th, a[0])
		if !ok && blk != nil {
			return th.yield1(blk, a[0])
		}
		return v
	})
	def("merge", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self).dup(th)
		h.kw = false
		hashMerge(th, h, a, blk)
		return Value{o: h}
	})
	def("merge! update", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		hashMerge(th, h, a, blk)
		return self
	})
	def("replace initialize_copy", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		*h = *th.toHash(a[0]).dup(th)
		return self
	})
	def("shift", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		for i, e := range h.entries(th) {
			if e.live {
				h.removeAt(th, i)
				return th.array([]Value{e.k, e.v})
			}
		}
		// Ruby 3.1 gives the default.
		if h.defProc != nil {
			return th.yieldN(h.defProc, self, vNil)
		}
		return h.def
	})
	def("clear", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		h.clear()
		return self
	})
	def("transform_values!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		h.entries(th)
		for i := range h.ents {
			if h.ents[i].live {
				v := th.yield1(blk, h.ents[i].v)
				h.ents[i].v = v
			}
		}
		return self
	})
	def("compact!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !th.filterInPlace(hashSelf(self), func(k, v Value) bool { return !v.isNil() }) {
			return vNil
		}
		return self
	})
	def("rehash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if h.iter > 0 {
			th.raise(cRuntimeError, "rehash during iteration")
		}
		h.reindex(th)
		return self
	})
}
