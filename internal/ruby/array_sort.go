package ruby

import (
	"math/rand/v2"
	"slices"
)

func (th *thread) sortList(list []Value, blk *Proc) {
	th.work(len(list) * 8)
	if len(list) == 2 && blk == nil {
		// JRuby compares a pair in its order, longer lists from behind.
		if th.mustCmp(list[0], list[1]) > 0 {
			list[0], list[1] = list[1], list[0]
		}
		return
	}
	if len(list) == 2 {
		r := th.yield2(blk, list[0], list[1])
		if r.isNil() {
			th.raiseCmp(list[0], list[1])
		}
		if th.mustCmp(r, Int(0)) > 0 {
			list[0], list[1] = list[1], list[0]
		}
		return
	}
	slices.SortStableFunc(list, func(a, b Value) int {
		if blk == nil {
			return th.mustCmp(a, b)
		}
		r := th.yield2(blk, a, b)
		if r.isNil() {
			th.raiseCmp(a, b)
		}
		return th.mustCmp(r, Int(0))
	})
}

func init() {
	def := cArray.def
	def("reverse", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := th.arrayOf(arr(self).list(th))
		slices.Reverse(arr(r).items)
		return r
	})
	def("reverse!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkArray(arr(self))
		slices.Reverse(arr(self).items)
		return self
	})
	rotate := func(th *thread, l []Value, a []Value) []Value {
		n := 1
		if len(a) > 0 {
			n = th.intArg(a[0])
		}
		if len(l) == 0 {
			return nil
		}
		n = int(floorMod(int64(n), int64(len(l))))
		return slices.Concat(l[n:], l[:n])
	}
	def("rotate", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array(rotate(th, arr(self).list(th), a))
	})
	def("rotate!", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkArray(arr(self))
		arr(self).items = rotate(th, arr(self).items, a)
		return self
	})
	def("sort", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := th.arrayOf(arr(self).list(th))
		th.sortList(arr(r).items, blk)
		return r
	})
	def("sort!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkArray(arr(self))
		th.sortList(arr(self).items, blk)
		return self
	})
	def("sort_by!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		x.items = th.sortBy(x.items, blk)
		return self
	})
	def("shuffle", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := th.arrayOf(arr(self).list(th))
		l := arr(r).items
		rand.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
		return r
	})
	def("shuffle!", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.checkArray(arr(self))
		l := arr(self).items
		rand.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
		return self
	})
	def("sample", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		a, _ = th.options(a)
		if len(a) == 0 {
			if len(l) == 0 {
				return vNil
			}
			return l[rand.IntN(len(l))]
		}
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "negative sample number")
		}
		c := slices.Clone(l)
		rand.Shuffle(len(c), func(i, j int) { c[i], c[j] = c[j], c[i] })
		return th.array(c[:min(len(c), n)])
	})
}
