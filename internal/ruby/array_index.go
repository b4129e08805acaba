package ruby

import (
	"slices"
)

// rangeOf resolves a Range against a length: where it starts and how long it is.
func (th *thread) rangeOf(r *Range, n int) (start, length int, ok bool) {
	hi := n
	if !r.lo.isNil() {
		start = th.intArg(r.lo)
	}
	excl := r.excl
	if r.hi.isNil() {
		excl = true
	} else {
		hi = th.intArg(r.hi)
	}
	if start < 0 {
		start += n
	}
	if start < 0 || start > n {
		return 0, 0, false
	}
	if hi < 0 {
		hi += n
	}
	if !excl {
		hi++
	}
	return start, max(min(hi, n)-start, 0), true
}

// maxArray is how long an array may become by padding.
const maxArray = 1 << 24

// arraySlice is a[i], a[i, n] and a[range].
func arraySlice(th *thread, self Value, a []Value, blk *Proc) Value {
	l := arr(self).list(th)
	if len(a) == 2 {
		i, n := th.intArg(a[0]), th.intArg(a[1])
		if i < 0 {
			i += len(l)
		}
		if i < 0 || i > len(l) || n < 0 {
			return vNil
		}
		return th.arrayOf(l[i:min(i+n, len(l))])
	}
	if r, ok := a[0].o.(*Range); ok {
		i, n, ok := th.rangeOf(r, len(l))
		if !ok {
			return vNil
		}
		return th.arrayOf(l[i : i+n])
	}
	return th.arrayAt(arr(self), th.intArg(a[0]))
}

func arraySet(th *thread, self Value, a []Value, blk *Proc) Value {
	x := arr(self)
	th.checkArray(x)
	if len(a) == 2 {
		if r, ok := a[0].o.(*Range); ok {
			i, n, ok := th.rangeOf(r, len(x.items))
			if !ok {
				i = th.intArg(r.lo)
				if i < 0 {
					th.raise(cRangeError, "%s out of range", th.inspect(a[0]))
				}
				n = 0
			}
			arrayReplace(th, x, i, n, a[1])
			return a[1]
		}
		i := th.intArg(a[0])
		if i < 0 {
			if i += len(x.items); i < 0 {
				th.raise(cIndexError, "index %d too small for array; minimum: -%d", i-len(x.items), len(x.items))
			}
		}
		th.growTo(x, i+1)
		x.items[i] = a[1]
		return a[1]
	}
	i, n := th.intArg(a[0]), th.intArg(a[1])
	if n < 0 {
		th.raise(cIndexError, "negative length (%d)", n)
	}
	if i < 0 {
		if i += len(x.items); i < 0 {
			th.raise(cIndexError, "index %d out of array", i-len(x.items))
		}
	}
	arrayReplace(th, x, i, n, a[2])
	return a[2]
}

func (th *thread) growTo(x *Array, n int) {
	if n > len(x.items) {
		if n > maxArray {
			th.raise(cIndexError, "index %d too big", n)
		}
		th.charge(24 * (n - len(x.items)))
		x.items = append(x.items, make([]Value, n-len(x.items))...)
	}
}

func arrayReplace(th *thread, x *Array, i, n int, v Value) {
	repl := []Value{v}
	if y, ok := v.o.(*Array); ok {
		repl = slices.Clone(y.list(th))
	}
	th.growTo(x, i)
	end := min(i+n, len(x.items))
	th.charge(24 * len(repl))
	x.items = slices.Replace(x.items, i, max(end, i), repl...)
}

func init() {
	def := cArray.def
	def("[] slice", 1, 2, arraySlice)
	def("[]=", 2, 3, arraySet)
	def("at", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.arrayAt(arr(self), th.intArg(a[0]))
	})
	def("fetch", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		i := th.intArg(a[0])
		j := i
		if j < 0 {
			j += len(l)
		}
		if j >= 0 && j < len(l) {
			return l[j]
		}
		if blk != nil {
			return th.yield1(blk, a[0])
		}
		if len(a) > 1 {
			return a[1]
		}
		th.raise(cIndexError, "index %d out of array", j) // JRuby counts it from the beginning
		return vNil
	})
	def("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		var out []Value
		for _, i := range a {
			if r, ok := i.o.(*Range); ok {
				if s, n, ok := th.rangeOf(r, len(x.list(th))); ok {
					out = append(out, x.items[s:s+n]...)
					if !r.hi.isNil() {
						want := th.intArg(r.hi) - s
						if !r.excl {
							want++
						}
						for ; n < want && want < maxArray; n++ {
							out = th.arena.push(out, vNil)
						}
					}
				}
				if r.lo.isNil() {
					continue
				}
				lo := th.intArg(r.lo)
				if lo < -len(x.items) {
					th.raise(cRangeError, "%s out of range", th.inspect(i))
				}
				// A range behind the end gives nil for each of its places.
				if lo > len(x.items) && !r.hi.isNil() {
					n := th.intArg(r.hi) - lo
					if !r.excl {
						n++
					}
					n = max(0, min(n, maxArray))
					th.charge(24 * n)
					out = append(out, make([]Value, n)...)
					for j := len(out) - n; j < len(out); j++ {
						out[j] = vNil
					}
				}
				continue
			}
			out = th.arena.push(out, th.arrayAt(x, th.intArg(i)))
		}
		return th.array(out)
	})
	def("first", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		if len(a) > 0 {
			n := th.intArg(a[0])
			if n < 0 {
				th.raise(cArgumentError, "negative array size (or size too big)")
			}
			return th.arrayOf(l[:min(n, len(l))])
		}
		return th.arrayAt(arr(self), 0)
	})
	def("last", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		if len(a) > 0 {
			n := min(th.intArg(a[0]), len(l))
			if n < 0 {
				th.raise(cArgumentError, "negative array size")
			}
			return th.arrayOf(l[len(l)-n:])
		}
		return th.arrayAt(arr(self), -1)
	})
	def("drop", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "attempt to drop negative size")
		}
		return th.arrayOf(l[min(n, len(l)):])
	})
	def("delete_at", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		i := th.intArg(a[0])
		if i < 0 {
			i += len(x.items)
		}
		if i < 0 || i >= len(x.items) {
			return vNil
		}
		v := x.items[i]
		x.items = slices.Delete(x.items, i, i+1)
		return v
	})
	def("slice!", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		r := arraySlice(th, self, a, nil)
		i, n := 0, 1
		switch {
		case r.isNil() && len(a) == 2:
			return vNil
		case len(a) == 2:
			i, n = th.intArg(a[0]), len(arr(r).items)
		default:
			if rg, ok := a[0].o.(*Range); ok {
				var ok bool
				if i, n, ok = th.rangeOf(rg, len(x.items)); !ok {
					return vNil
				}
			} else {
				i = th.intArg(a[0])
			}
		}
		if i < 0 {
			i += len(x.items)
		}
		if i < 0 || i >= len(x.items) {
			return r
		}
		x.items = slices.Delete(x.items, i, min(i+n, len(x.items)))
		return r
	})
	index := func(th *thread, self Value, a []Value, blk *Proc) Value {
		for i, v := range arr(self).list(th) {
			if len(a) > 0 && th.equal(v, a[0]) || len(a) == 0 && th.yield1(blk, v).truthy() {
				return Int(int64(i))
			}
		}
		return vNil
	}
	def("index find_index", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 && blk == nil {
			return th.enumFor(self, "index")
		}
		return index(th, self, a, blk)
	})
	def("rindex", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		for i := len(l) - 1; i >= 0; i-- {
			if len(a) > 0 && th.equal(l[i], a[0]) || len(a) == 0 && th.yield1(blk, l[i]).truthy() {
				return Int(int64(i))
			}
		}
		return vNil
	})
	def("include? member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		th.work(len(l))
		s, text := a[0].o.(*String)
		for _, v := range l {
			if x, ok := v.o.(*String); ok && text {
				if x.s == s.s && x.comparable(s) {
					return vTrue
				}
			} else if th.equal(v, a[0]) {
				return vTrue
			}
		}
		return vFalse
	})
	def("assoc", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range arr(self).list(th) {
			if x, ok := v.o.(*Array); ok && len(x.list(th)) > 0 && th.equal(x.items[0], a[0]) {
				return v
			}
		}
		return vNil
	})
	def("rassoc", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range arr(self).list(th) {
			if x, ok := v.o.(*Array); ok && len(x.list(th)) > 1 && th.equal(x.items[1], a[0]) {
				return v
			}
		}
		return vNil
	})
	// found searches as bsearch does and returns the place, or -1.
	found := func(th *thread, l []Value, blk *Proc) int {
		lo, hi, found := 0, len(l), -1
		for lo < hi {
			m := (lo + hi) / 2
			side, hit := th.probe(blk, l[m])
			switch {
			case side == 0:
				return m
			case side > 0:
				lo = m + 1
			default:
				if hi = m; hit {
					found = m
				}
			}
		}
		return found
	}
	def("bsearch", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		if i := found(th, l, blk); i >= 0 {
			return l[i]
		}
		return vNil
	})
	def("bsearch_index", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if i := found(th, arr(self).list(th), blk); i >= 0 {
			return Int(int64(i))
		}
		return vNil
	})
}
