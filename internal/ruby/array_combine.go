package ruby

import (
	"slices"
)

func (th *thread) flatten(out *[]Value, list []Value, depth int) {
	th.deeper()
	defer func() { th.depth-- }()
	for _, v := range list {
		th.step()
		if x, ok := v.o.(*Array); ok && depth != 0 {
			if th.depth > 900 {
				th.raise(cArgumentError, "tried to flatten recursive array")
			}
			th.flatten(out, x.list(th), depth-1)
		} else if _, ok := v.o.(*Object); ok && depth != 0 && th.respondTo(v, "to_ary") {
			th.flatten(out, th.toAry(v), depth-1)
		} else {
			th.charge(24)
			*out = append(*out, v)
		}
	}
}

// valueSet is a set of keys, for uniq, -, & and |.
type valueSet map[hkey]bool

func (th *thread) setOf(list []Value) valueSet {
	s := make(valueSet, len(list))
	for _, v := range list {
		s[th.hkey(v)] = true
	}
	th.charge(64 * len(list))
	return s
}

func (th *thread) uniq(list []Value, blk *Proc) []Value {
	var out []Value
	if len(list) <= indexAbove && blk == nil {
	next:
		for _, v := range list {
			for _, w := range out {
				if th.eql(v, w) {
					continue next
				}
			}
			out = th.arena.push(out, v)
		}
		th.charge(24 * len(list))
		return out
	}
	seen := make(valueSet, len(list))
	for _, v := range list {
		k := v
		if blk != nil {
			k = th.yield1(blk, v)
		}
		key := th.hkey(k)
		if !seen[key] {
			seen[key] = true
			out = th.arena.push(out, v)
		}
	}
	th.charge(88 * len(list))
	return out
}

func flattenDepth(th *thread, a []Value) int {
	if len(a) > 0 && !a[0].isNil() {
		return th.intArg(a[0])
	}
	return -1
}

func init() {
	def := cArray.def
	def("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l, m := arr(self).list(th), th.arrayArg(a[0])
		th.charge(24 * (len(l) + len(m)))
		return th.array(slices.Concat(l, m))
	})
	def("- difference", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		out := arr(self).list(th)
		for _, v := range a {
			s := th.setOf(th.arrayArg(v))
			var keep []Value
			for _, e := range out {
				if !s[th.hkey(e)] {
					keep = append(keep, e)
				}
			}
			out = keep
		}
		return th.arrayOf(out)
	})
	def("& intersection", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		out := arr(self).list(th)
		for _, v := range a {
			s := th.setOf(th.arrayArg(v))
			var keep []Value
			for _, e := range out {
				if s[th.hkey(e)] {
					keep = append(keep, e)
				}
			}
			out = keep
		}
		return th.array(th.uniq(out, nil))
	})
	def("| union", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		out := slices.Clone(arr(self).list(th))
		for _, v := range a {
			out = append(out, th.arrayArg(v)...)
		}
		return th.array(th.uniq(out, nil))
	})
	def("intersect?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.setOf(th.arrayArg(a[0]))
		for _, e := range arr(self).list(th) {
			if s[th.hkey(e)] {
				return vTrue
			}
		}
		return vFalse
	})
	def("*", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		if s, ok := a[0].o.(*String); ok {
			return th.str(th.join(l, s.s))
		}
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "negative argument")
		}
		if n > maxArray {
			th.raise(cArgumentError, "argument too big")
		}
		th.charge(24 * n * len(l))
		return th.array(slices.Repeat(l, n))
	})
	def("compact", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for _, v := range arr(self).list(th) {
			if !v.isNil() {
				out = th.arena.push(out, v)
			}
		}
		return th.array(out)
	})
	def("flatten", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		th.flatten(&out, arr(self).list(th), flattenDepth(th, a))
		return th.array(out)
	})
	def("uniq", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array(th.uniq(arr(self).list(th), blk))
	})
	def("transpose", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for i, row := range arr(self).list(th) {
			cells := th.arrayArg(row)
			if i == 0 {
				for range cells {
					out = th.arena.push(out, th.array(nil))
				}
			}
			if len(cells) != len(out) {
				th.raise(cIndexError, "element size differs (%d should be %d)", len(cells), len(out))
			}
			th.charge(24 * len(cells))
			for j, c := range cells {
				arr(out[j]).items = append(arr(out[j]).items, c)
			}
		}
		return th.array(out)
	})
	def("product", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		rows := [][]Value{{}}
		for _, v := range append([]Value{self}, a...) {
			var next [][]Value
			for _, r := range rows {
				for _, e := range th.arrayArg(v) {
					th.charge(24 * (len(r) + 2))
					next = append(next, append(slices.Clone(r), e))
				}
			}
			rows = next
		}
		out := make([]Value, len(rows))
		for i, r := range rows {
			out[i] = th.array(r)
		}
		return th.array(out)
	})
	repeated := func(name string, ordered bool) {
		def(name, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, name, a...)
			}
			l := slices.Clone(arr(self).list(th))
			n := th.intArg(a[0])
			var rec func(from int, cur []Value)
			rec = func(from int, cur []Value) {
				if len(cur) == n {
					th.yield1(blk, th.arrayOf(cur))
					return
				}
				for i := from; i < len(l); i++ {
					th.step()
					next := i
					if ordered {
						next = 0
					}
					rec(next, append(cur, l[i]))
				}
			}
			if n >= 0 {
				th.charge(24 * n)
				rec(0, nil)
			}
			return self
		})
	}
	repeated("repeated_combination", false)
	repeated("repeated_permutation", true)
	def("combination", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "combination", a...)
		}
		l := slices.Clone(arr(self).list(th))
		var rec func(from int, cur []Value)
		n := th.intArg(a[0])
		rec = func(from int, cur []Value) {
			if len(cur) == n {
				th.yield1(blk, th.arrayOf(cur))
				return
			}
			for i := from; i < len(l); i++ {
				th.step()
				rec(i+1, append(cur, l[i]))
			}
		}
		if n >= 0 && n <= len(l) {
			rec(0, nil)
		}
		return self
	})
	def("permutation", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "permutation", a...)
		}
		l := slices.Clone(arr(self).list(th))
		n := len(l)
		if len(a) > 0 && !a[0].isNil() {
			n = th.intArg(a[0])
		}
		used := make([]bool, len(l))
		var rec func(cur []Value)
		rec = func(cur []Value) {
			if len(cur) == n {
				th.yield1(blk, th.arrayOf(cur))
				return
			}
			for i := range l {
				th.step()
				if !used[i] {
					used[i] = true
					rec(append(cur, l[i]))
					used[i] = false
				}
			}
		}
		if n >= 0 && n <= len(l) {
			rec(nil)
		}
		return self
	})
}
