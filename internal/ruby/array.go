package ruby

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// list returns an array's elements.
func (a *Array) list(th *thread) []Value {
	if a.src != nil {
		a.load(th)
	}
	return a.items
}

func arr(v Value) *Array { return v.o.(*Array) }

func (th *thread) checkArray(a *Array) {
	if a.frozen {
		th.raiseFrozen(Value{o: a})
	}
	a.list(th)
}

func (th *thread) arrayAt(a *Array, i int) Value {
	l := a.list(th)
	if i < 0 {
		i += len(l)
	}
	if i < 0 || i >= len(l) {
		return vNil
	}
	return l[i]
}

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
	if i < 0 {
		i += len(x.items)
	}
	if i < 0 || n < 0 {
		th.raise(cIndexError, "index %d out of array", i)
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

func (th *thread) flatten(out *[]Value, list []Value, depth int) {
	th.deeper()
	defer func() { th.depth-- }()
	for _, v := range list {
		th.steps--
		if x, ok := v.o.(*Array); ok && depth != 0 {
			if th.depth > 900 {
				th.raise(cArgumentError, "tried to flatten recursive array")
			}
			th.flatten(out, x.list(th), depth-1)
		} else {
			th.charge(24)
			*out = append(*out, v)
		}
	}
}

// sum adds up as Ruby does: floats with compensation.
func (th *thread) sum(items []Value, a []Value) Value {
	acc := Int(0)
	if len(a) > 0 {
		acc = a[0]
	}
	for i := 0; i < len(items); i++ {
		v := items[i]
		if isNumber(acc) && v.isFloat() || acc.isFloat() && isNumber(v) {
			if _, big := v.o.(*BigDecimal); big {
				acc = th.send(acc, "+", v)
				continue
			}
			// Kahan-Babuska, as CRuby and JRuby sum floats.
			f, comp := th.toFloat(acc), 0.0
			for ; i < len(items); i++ {
				if !isNumber(items[i]) {
					break
				}
				x := th.toFloat(items[i])
				t := f + x
				if math.IsInf(t, 0) || math.IsNaN(t) {
					// Nothing is lost any more.
				} else if abs(f) >= abs(x) {
					comp += (f - t) + x
				} else {
					comp += (x - t) + f
				}
				f = t
			}
			if !math.IsInf(f, 0) {
				f += comp
			}
			acc = Float(f)
			i--
			continue
		}
		if acc.isInt() && v.isInt() {
			if s := acc.int() + v.int(); (s > acc.int()) == (v.int() > 0) {
				acc = Int(s)
				continue
			}
		}
		acc = th.send(acc, "+", v)
	}
	return acc
}

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
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
	seen := make(valueSet, len(list))
	var out []Value
	for _, v := range list {
		k := v
		if blk != nil {
			k = th.yield1(blk, v)
		}
		key := th.hkey(k)
		if !seen[key] {
			seen[key] = true
			out = append(out, v)
		}
	}
	th.charge(88 * len(list))
	return out
}

func (th *thread) sortList(list []Value, blk *Proc) {
	th.work(len(list) * 8)
	if len(list) == 2 && blk == nil {
		// JRuby compares a pair in its order, longer lists from behind.
		if th.mustCmp(list[0], list[1]) > 0 {
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

func (th *thread) join(list []Value, sep string) string {
	var b strings.Builder
	th.joinTo(&b, list, sep, true)
	return b.String()
}

func (th *thread) joinTo(b *strings.Builder, list []Value, sep string, first bool) {
	th.deeper()
	defer func() { th.depth-- }()
	for i, v := range list {
		if i > 0 || !first {
			b.WriteString(sep)
		}
		n := b.Len()
		switch x := v.o.(type) {
		case *String:
			b.WriteString(x.s)
		case *Array:
			if th.depth > 900 {
				th.raise(cArgumentError, "recursive array join")
			}
			th.joinTo(b, x.list(th), sep, true)
		default:
			b.WriteString(th.toS(v))
		}
		th.charge(b.Len() - n + len(sep))
	}
}

func init() {
	def := cArray.def
	cArray.sdef("new", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 {
			return th.array(nil)
		}
		if x, ok := a[0].o.(*Array); ok {
			return th.arrayOf(x.list(th))
		}
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "negative array size")
		}
		if n > maxArray {
			th.raise(cArgumentError, "array size too big")
		}
		th.charge(24 * n)
		items := make([]Value, n)
		for i := range items {
			if blk != nil {
				items[i] = th.yield1(blk, Int(int64(i)))
			} else if len(a) > 1 {
				items[i] = a[1]
			}
		}
		return th.array(items)
	})
	cArray.sdef("[]", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.arrayOf(a) })
	cArray.sdef("try_convert", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Array); ok {
			return a[0]
		}
		return vNil
	})
	def("[] slice", 1, 2, arraySlice)
	def("[]=", 2, 3, arraySet)
	def("at", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.arrayAt(arr(self), th.intArg(a[0]))
	})
	def("dig", 1, -1, digAny)
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
		th.raise(cIndexError, "index %d out of array", i)
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
							out = append(out, vNil)
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
			out = append(out, th.arrayAt(x, th.intArg(i)))
		}
		return th.array(out)
	})
	def("length size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(arr(self).list(th)))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(len(arr(self).list(th)) == 0) })
	def("each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		x := arr(self)
		for i := 0; i < len(x.list(th)); i++ {
			th.yield1(blk, x.items[i])
		}
		return self
	})
	def("each_index", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_index")
		}
		x := arr(self)
		for i := 0; i < len(x.list(th)); i++ {
			th.yield1(blk, Int(int64(i)))
		}
		return self
	})
	def("reverse_each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "reverse_each")
		}
		x := arr(self)
		for i := len(x.list(th)) - 1; i >= 0; i-- {
			if i < len(x.items) {
				th.yield1(blk, x.items[i])
			}
		}
		return self
	})
	def("push append", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		th.charge(24 * len(a))
		x.items = append(x.items, a...)
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
			n := min(max(th.intArg(a[0]), 0), len(x.items))
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
			th.raise(cArgumentError, "argument must be non-negative")
		}
		if n > maxArray {
			th.raise(cArgumentError, "argument too big")
		}
		th.charge(24 * n * len(l))
		return th.array(slices.Repeat(l, n))
	})
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n, ok := th.cmp(self, a[0])
		if !ok {
			return vNil
		}
		return Int(int64(n))
	})
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.eql(self, a[0])) })
	def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.inspect(self)) })
	def("to_a entries to_ary", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("deconstruct", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
		for i, v := range arr(self).list(th) {
			if blk != nil {
				th.addPair(h, th.yield1(blk, v), -1)
			} else {
				th.addPair(h, v, i)
			}
		}
		return Value{o: h}
	})
	def("join", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		sep := ""
		if len(a) > 0 && !a[0].isNil() {
			sep = th.strArg(a[0])
		}
		return th.str(th.join(arr(self).list(th), sep))
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
					out = append(out, v)
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
	def("compact", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for _, v := range arr(self).list(th) {
			if !v.isNil() {
				out = append(out, v)
			}
		}
		return th.array(out)
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
	def("flatten", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		th.flatten(&out, arr(self).list(th), flattenDepth(th, a))
		return th.array(out)
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
	def("uniq", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array(th.uniq(arr(self).list(th), blk))
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
		for _, v := range l {
			if th.equal(v, a[0]) {
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
	def("transpose", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		for i, row := range arr(self).list(th) {
			cells := th.arrayArg(row)
			if i == 0 {
				for range cells {
					out = append(out, th.array(nil))
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
	// found searches as bsearch does and returns the place, or -1.
	found := func(th *thread, l []Value, blk *Proc) int {
		lo, hi, found := 0, len(l), -1
		for lo < hi {
			m := (lo + hi) / 2
			r := th.yield1(blk, l[m])
			switch {
			case r.isTag(tagTrue):
				found, hi = m, m
			case !r.truthy():
				lo = m + 1
			default:
				n := th.mustCmp(r, Int(0))
				if n == 0 {
					return m
				}
				if n < 0 {
					hi = m
				} else {
					lo = m + 1
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
		c := slices.Clone(l)
		rand.Shuffle(len(c), func(i, j int) { c[i], c[j] = c[j], c[i] })
		return th.array(c[:min(len(c), max(th.intArg(a[0]), 0))])
	})
	def("pack", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.pack(arr(self).list(th), th.strArg(a[0]))
	})
	def("sum", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := arr(self).list(th)
		if blk != nil {
			m := make([]Value, len(l))
			for i, v := range l {
				m[i] = th.yield1(blk, v)
			}
			l = m
		}
		return th.sum(l, a)
	})
	def("cycle", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "cycle", a...)
		}
		x := arr(self)
		for n := 0; len(x.list(th)) > 0 && (len(a) == 0 || a[0].isNil() || n < th.intArg(a[0])); n++ {
			for i := 0; i < len(x.items); i++ {
				th.yield1(blk, x.items[i])
			}
		}
		return vNil
	})
	def("frozen?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(arr(self).frozen) })
}

func flattenDepth(th *thread, a []Value) int {
	if len(a) > 0 && !a[0].isNil() {
		return th.intArg(a[0])
	}
	return -1
}
