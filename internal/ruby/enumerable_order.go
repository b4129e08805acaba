package ruby

import (
	"slices"
)

func (th *thread) sortBy(list []Value, blk *Proc) []Value {
	type keyed struct{ k, v Value }
	ks := make([]keyed, len(list))
	for i, v := range list {
		ks[i] = keyed{th.yield1(blk, v), v}
	}
	th.charge(48 * len(list))
	th.work(8 * len(list))
	slices.SortStableFunc(ks, func(a, b keyed) int { return th.mustCmp(a.k, b.k) })
	out := make([]Value, len(ks))
	for i, k := range ks {
		out[i] = k.v
	}
	return out
}

// extreme finds the least (sign -1) or greatest (1) elements.
func (th *thread) extreme(list []Value, a []Value, blk *Proc, sign int, by bool) Value {
	if len(a) > 0 && !a[0].isNil() {
		n := th.intArg(a[0])
		var l []Value
		if by {
			l = th.sortBy(list, blk)
		} else {
			l = slices.Clone(list)
			th.sortList(l, blk)
		}
		if sign > 0 {
			slices.Reverse(l)
		}
		return th.arrayOf(l[:min(max(n, 0), len(l))])
	}
	var best, bestKey Value
	for i, v := range list {
		k := v
		if by {
			k = th.yield1(blk, v)
		}
		if i == 0 {
			best, bestKey = v, k
			continue
		}
		n := 0
		if !by && blk != nil {
			r := th.yield2(blk, v, best)
			if r.isNil() {
				th.raiseCmp(v, best)
			}
			n = th.mustCmp(r, Int(0))
		} else {
			n = th.mustCmp(k, bestKey)
		}
		if n*sign > 0 {
			best, bestKey = v, k
		}
	}
	return best
}

func init() {
	def := mEnumerable.def
	def("sort", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := slices.Clone(th.list(self))
		th.sortList(l, blk)
		return th.array(l)
	})
	enumDef("sort_by", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array(th.sortBy(th.list(self), blk))
	})
	def("min", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.extreme(th.list(self), a, blk, -1, false)
	})
	def("max", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.extreme(th.list(self), a, blk, 1, false)
	})
	def("minmax", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		return th.array([]Value{th.extreme(l, nil, blk, -1, false), th.extreme(l, nil, blk, 1, false)})
	})
	enumDef("min_by", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.extreme(th.list(self), a, blk, -1, true)
	})
	enumDef("max_by", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.extreme(th.list(self), a, blk, 1, true)
	})
	enumDef("minmax_by", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		return th.array([]Value{th.extreme(l, nil, blk, -1, true), th.extreme(l, nil, blk, 1, true)})
	})
}
