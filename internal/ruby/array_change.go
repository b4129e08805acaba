package ruby

import (
	"slices"
)

func init() {
	def := cArray.def
	def("push append", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		th.charge(24 * len(a))
		for _, v := range a {
			x.items = th.arena.push(x.items, v)
		}
		return self
	})
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		th.charge(24)
		x.items = append(x.items, a[0])
		return self
	})
	def("pop", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		if len(a) > 0 {
			n := th.intArg(a[0])
			if n < 0 {
				th.raise(cArgumentError, "negative array size")
			}
			n = min(n, len(x.items))
			r := th.arrayOf(x.items[len(x.items)-n:])
			x.items = x.items[:len(x.items)-n]
			return r
		}
		if len(x.items) == 0 {
			return vNil
		}
		v := x.items[len(x.items)-1]
		x.items = x.items[:len(x.items)-1]
		return v
	})
	def("shift", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		if len(a) > 0 {
			n := min(max(th.intArg(a[0]), 0), len(x.items))
			r := th.arrayOf(x.items[:n])
			x.items = x.items[n:]
			return r
		}
		if len(x.items) == 0 {
			return vNil
		}
		v := x.items[0]
		x.items = x.items[1:]
		return v
	})
	def("unshift prepend", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		th.charge(24 * len(a))
		th.work(len(x.items))
		x.items = slices.Insert(x.items, 0, a...)
		return self
	})
	def("insert", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		i := th.intArg(a[0])
		if i < 0 {
			i += len(x.items) + 1
		}
		if i < 0 {
			th.raise(cIndexError, "index %d too small for array; minimum: -%d", i-len(x.items)-1, len(x.items)+1)
		}
		th.growTo(x, i)
		th.charge(24 * len(a))
		x.items = slices.Insert(x.items, i, a[1:]...)
		return self
	})
	def("concat", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		var add []Value
		for _, v := range a {
			add = append(add, th.arrayArg(v)...)
		}
		th.charge(24 * len(add))
		x.items = append(x.items, add...)
		return self
	})
	inPlaceMap := func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "map!")
		}
		x := arr(self)
		th.checkArray(x)
		for i := 0; i < len(x.items); i++ {
			v := th.yield1(blk, x.items[i])
			x.items[i] = v
		}
		return self
	}
	def("map! collect!", 0, 0, inPlaceMap)
	inPlaceFilter := func(keep, nilIfSame bool, name string) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, name)
			}
			x := arr(self)
			th.checkArray(x)
			var out []Value
			n := len(x.items)
			for _, v := range x.items {
				if th.yield1(blk, v).truthy() == keep {
					out = th.arena.push(out, v)
				}
			}
			x.items = out
			if nilIfSame && n == len(out) {
				return vNil
			}
			return self
		}
	}
	def("select! filter!", 0, 0, inPlaceFilter(true, true, "select!"))
	def("keep_if", 0, 0, inPlaceFilter(true, false, "keep_if"))
	def("reject!", 0, 0, inPlaceFilter(false, true, "reject!"))
	def("delete_if", 0, 0, inPlaceFilter(false, false, "delete_if"))
	def("delete", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		r, found := vNil, false
		x.items = slices.DeleteFunc(x.items, func(v Value) bool {
			if th.equal(v, a[0]) {
				r, found = v, true
				return true
			}
			return false
		})
		if !found && blk != nil {
			return th.yield1(blk, a[0])
		}
		return r
	})
	def("clear", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkArray(arr(self))
		arr(self).items = nil
		return self
	})
	def("replace initialize_copy", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkArray(arr(self))
		arr(self).items = slices.Clone(th.arrayArg(a[0]))
		return self
	})
	def("fill", 0, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		v := vNil
		if blk == nil {
			if len(a) == 0 {
				th.raiseArity(0, 1, 3)
			}
			v, a = a[0], a[1:]
		}
		from, n := 0, len(x.items)
		if len(a) > 0 && !a[0].isNil() {
			if r, ok := a[0].o.(*Range); ok {
				if !r.lo.isNil() {
					from = th.intArg(r.lo)
				}
				if from < 0 {
					from += len(x.items)
				}
				if from < 0 {
					th.raise(cRangeError, "%s out of range", th.inspect(a[0]))
				}
				if !r.hi.isNil() {
					n = th.intArg(r.hi)
					if n < 0 {
						n += len(x.items)
					}
					if !r.excl {
						n++
					}
				}
			} else {
				from = th.intArg(a[0])
				if from < 0 {
					from = max(from+len(x.items), 0)
				}
			}
		}
		if len(a) > 1 && !a[1].isNil() {
			n = from + th.intArg(a[1])
		}
		th.growTo(x, n)
		for i := max(from, 0); i < n; i++ {
			if blk != nil {
				v = th.yield1(blk, Int(int64(i)))
			}
			x.items[i] = v
		}
		return self
	})
	def("compact!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		n := len(x.items)
		x.items = slices.DeleteFunc(x.items, Value.isNil)
		if len(x.items) == n {
			return vNil
		}
		return self
	})
	def("flatten!", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		nested := slices.ContainsFunc(x.items, func(v Value) bool { _, ok := v.o.(*Array); return ok })
		var out []Value
		th.flatten(&out, x.items, flattenDepth(th, a))
		x.items = out
		if !nested {
			return vNil
		}
		return self
	})
	def("uniq!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		n := len(x.items)
		x.items = th.uniq(x.items, blk)
		if n == len(x.items) {
			return vNil
		}
		return self
	})
}
