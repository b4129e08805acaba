package ruby

import "strings"

func (th *thread) take(v Value, n int) Value {
	if n < 0 {
		th.raise(cArgumentError, "attempt to take negative size")
	}
	var out []Value
	if n > 0 {
		th.each(v, func(e Value) bool {
			th.charge(24)
			out = th.arena.push(out, e)
			return len(out) < n
		})
	}
	return th.array(out)
}

func init() {
	def := mEnumerable.def
	def("first", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 {
			r := vNil
			th.each(self, func(v Value) bool { r = v; return false })
			return r
		}
		return th.take(self, th.intArg(a[0]))
	})
	def("take", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.take(self, th.intArg(a[0])) })
	enumDef("take_while", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		th.each(self, func(v Value) bool {
			if !th.yield1(blk, v).truthy() {
				return false
			}
			th.charge(24)
			out = th.arena.push(out, v)
			return true
		})
		return th.array(out)
	})
	def("drop", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l, n := th.list(self), th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "attempt to drop negative size")
		}
		return th.arrayOf(l[min(n, len(l)):])
	})
	enumDef("drop_while", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		dropping := true
		th.each(self, func(v Value) bool {
			if dropping && th.yield1(blk, v).truthy() {
				return true
			}
			dropping = false
			th.charge(24)
			out = th.arena.push(out, v)
			return true
		})
		return th.array(out)
	})
	mEnumerable.def("each_slice", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.intArg(a[0])
		if n <= 0 {
			th.raise(cArgumentError, "invalid slice size")
		}
		if blk == nil {
			return th.enumFor(self, "each_slice", a...)
		}
		var cur []Value
		th.each(self, func(v Value) bool {
			th.charge(24)
			cur = append(cur, v)
			if len(cur) == n {
				l := cur
				cur = nil
				th.yield1(blk, th.array(l))
			}
			return true
		})
		if len(cur) > 0 {
			th.yield1(blk, th.array(cur))
		}
		return self
	})
	mEnumerable.def("each_cons", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.intArg(a[0])
		if n <= 0 {
			th.raise(cArgumentError, "invalid size")
		}
		if blk == nil {
			return th.enumFor(self, "each_cons", a...)
		}
		var cur []Value
		th.each(self, func(v Value) bool {
			cur = append(cur, v)
			if len(cur) > n {
				cur = cur[1:]
			}
			if len(cur) == n {
				th.yield1(blk, th.arrayOf(cur))
			}
			return true
		})
		return self
	})
	// chunkPairs cuts the list between two neighbours where cut says so.
	chunkPairs := func(cutWhen bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			var out []Value
			var cur []Value
			for i, v := range th.list(self) {
				if i > 0 && th.yield2(blk, cur[len(cur)-1], v).truthy() == cutWhen {
					out = th.arena.push(out, th.array(cur))
					cur = nil
				}
				th.charge(24)
				cur = append(cur, v)
			}
			if cur != nil {
				out = th.arena.push(out, th.array(cur))
			}
			return th.enumFor(th.array(out), "each")
		}
	}
	enumDef("chunk_while", 0, 0, chunkPairs(false))
	enumDef("slice_when", 0, 0, chunkPairs(true))
	enumDef("chunk", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		var last Value
		for i, v := range th.list(self) {
			k := th.yield1(blk, v)
			th.charge(24)
			alone := false
			if s, ok := k.o.(*Symbol); ok && strings.HasPrefix(s.name, "_") {
				switch s.name {
				case "_separator":
					k = vNil
				case "_alone":
					alone = true
				default:
					th.raise(cRuntimeError, "symbols beginning with an underscore are reserved")
				}
			}
			if i > 0 && len(out) > 0 && !alone && th.equal(k, last) {
				p := arr(arr(out[len(out)-1]).items[1])
				p.items = append(p.items, v)
			} else if !k.isNil() {
				out = th.arena.push(out, th.array([]Value{k, th.array([]Value{v})}))
			}
			last = k
		}
		return th.enumFor(th.array(out), "each")
	})
	slice := func(after bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			var out []Value
			var cur []Value
			for _, v := range th.list(self) {
				hit := th.truth(v, a, blk)
				if hit && !after && cur != nil {
					out = th.arena.push(out, th.array(cur))
					cur = nil
				}
				th.charge(24)
				cur = append(cur, v)
				if hit && after {
					out = th.arena.push(out, th.array(cur))
					cur = nil
				}
			}
			if cur != nil {
				out = th.arena.push(out, th.array(cur))
			}
			return th.enumFor(th.array(out), "each")
		}
	}
	def("slice_before", 0, 1, slice(false))
	def("slice_after", 0, 1, slice(true))
}
