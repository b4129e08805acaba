package ruby

import (
	"slices"
)

// stopEach unwinds a script's each when Go code has seen enough.
type stopEach struct{ id *int }

// each calls f for each element of anything that can be iterated, until f returns
// false. Several values yielded at once come as one array.
func (th *thread) each(v Value, f func(v Value) bool) {
	switch x := v.o.(type) {
	case *Array:
		for i := 0; i < len(x.list(th)); i++ {
			if !f(x.items[i]) {
				return
			}
		}
		return
	case *Hash:
		x.each(th, func(k, v Value) bool { return f(th.array([]Value{k, v})) })
		return
	case *Range:
		th.eachRange(x, f)
		return
	case *Enumerator:
		if x.gen == nil && x.lazy == nil {
			break
		}
	}
	id := new(int)
	m := th.mark()
	defer func() {
		if r := recover(); r != nil {
			if s, ok := r.(*stopEach); ok && s.id == id {
				th.unwind(m)
				return
			}
			panic(r)
		}
	}()
	blk := &Proc{arity: -1, native: func(th *thread, args []Value, b *Proc) Value {
		var item Value
		switch len(args) {
		case 0:
		case 1:
			item = args[0]
		default:
			item = th.arrayOf(args)
		}
		if !f(item) {
			panic(&stopEach{id})
		}
		return vNil
	}}
	if e, ok := v.o.(*Enumerator); ok {
		e.run(th, blk)
		return
	}
	th.sendBlock(v, "each", nil, blk)
}

// list returns all elements.
func (th *thread) list(v Value) []Value {
	if a, ok := v.o.(*Array); ok {
		return a.list(th)
	}
	if _, ok := v.o.(*Hash); ok {
		return th.toList(v)
	}
	var out []Value
	th.each(v, func(e Value) bool {
		th.charge(24)
		th.step()
		out = append(out, e)
		return true
	})
	return out
}

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
			n = th.mustCmp(th.yield2(blk, v, best), Int(0))
		} else {
			n = th.mustCmp(k, bestKey)
		}
		if n*sign > 0 {
			best, bestKey = v, k
		}
	}
	return best
}

// truth is the test of all?, any?, none? and one?.
func (th *thread) truth(v Value, a []Value, blk *Proc) bool {
	switch {
	case len(a) > 0:
		return th.caseEq(a[0], v)
	case blk != nil:
		return th.yield1(blk, v).truthy()
	}
	return v.truthy()
}

// inject is inject and reduce.
func enumInject(th *thread, self Value, a []Value, blk *Proc) Value {
	op := ""
	var acc Value
	has := false
	switch {
	case len(a) == 2:
		acc, has, op = a[0], true, th.nameArg(a[1])
	case len(a) == 1 && blk == nil:
		op = th.nameArg(a[0])
	case len(a) == 1:
		acc, has = a[0], true
	}
	site := &callSite{name: op}
	th.each(self, func(v Value) bool {
		switch {
		case !has:
			acc, has = v, true
		case op != "":
			acc = th.dispatch1(site, th.at, acc, v)
		default:
			acc = th.yield2(blk, acc, v)
		}
		return true
	})
	return acc
}

func init() {
	def := mEnumerable.def
	// A method without its block is an Enumerator.
	blockDef := func(names string, min, max int, fn native) {
		first := names
		for i := range len(names) {
			if names[i] == ' ' {
				first = names[:i]
				break
			}
		}
		def(names, min, max, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, first, a...)
			}
			return fn(th, self, a, blk)
		})
	}
	blockDef("map collect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		e, ok := self.o.(*Enumerator)
		// each_with_index yields two values, which &:name takes as receiver and argument.
		two := ok && blk.symbol != "" && (e.meth == "each_with_index" || e.meth == "with_index")
		th.each(self, func(v Value) bool {
			th.charge(24)
			if two {
				out = append(out, th.yieldN(blk, th.toAry(v)...))
			} else {
				out = append(out, th.yield1(blk, v))
			}
			return true
		})
		return th.array(out)
	})
	blockDef("flat_map collect_concat", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		th.each(self, func(v Value) bool {
			r := th.yield1(blk, v)
			if x, ok := r.o.(*Array); ok {
				th.charge(24 * len(x.list(th)))
				out = append(out, x.items...)
			} else {
				out = append(out, r)
			}
			return true
		})
		return th.array(out)
	})
	filter := func(keep bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			var out []Value
			th.each(self, func(v Value) bool {
				if th.yield1(blk, v).truthy() == keep {
					th.charge(24)
					out = append(out, v)
				}
				return true
			})
			return th.array(out)
		}
	}
	blockDef("select filter find_all", 0, 0, filter(true))
	blockDef("reject", 0, 0, filter(false))
	blockDef("filter_map", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		th.each(self, func(v Value) bool {
			if r := th.yield1(blk, v); r.truthy() {
				th.charge(24)
				out = append(out, r)
			}
			return true
		})
		return th.array(out)
	})
	blockDef("find detect", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := vNil
		th.each(self, func(v Value) bool {
			if th.yield1(blk, v).truthy() {
				r = v
				return false
			}
			return true
		})
		return r
	})
	def("find_index", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		i, r := int64(0), vNil
		th.each(self, func(v Value) bool {
			if len(a) > 0 && th.equal(v, a[0]) || len(a) == 0 && th.yield1(blk, v).truthy() {
				r = Int(i)
				return false
			}
			i++
			return true
		})
		return r
	})
	blockDef("each_with_index", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		i := int64(0)
		th.each(self, func(v Value) bool {
			th.yield2(blk, v, Int(i))
			i++
			return true
		})
		return self
	})
	blockDef("each_with_object", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		memo := a[0]
		th.each(self, func(v Value) bool { th.yield2(blk, v, memo); return true })
		return memo
	})
	blockDef("each_entry", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.each(self, func(v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	blockDef("reverse_each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		for i := len(l) - 1; i >= 0; i-- {
			th.yield1(blk, l[i])
		}
		return self
	})
	def("inject reduce", 0, 2, enumInject)
	def("to_a entries", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		return th.arrayOf(l)
	})
	def("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
		i := 0
		th.each(self, func(v Value) bool {
			if blk != nil {
				th.addPair(h, th.yield1(blk, v), -1)
			} else {
				th.addPair(h, v, i)
			}
			i++
			return true
		})
		return Value{o: h}
	})
	def("to_set", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.newSet(th.list(self)) })
	def("first", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 {
			r := vNil
			th.each(self, func(v Value) bool { r = v; return false })
			return r
		}
		return th.take(self, th.intArg(a[0]))
	})
	def("take", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.take(self, th.intArg(a[0])) })
	blockDef("take_while", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		th.each(self, func(v Value) bool {
			if !th.yield1(blk, v).truthy() {
				return false
			}
			th.charge(24)
			out = append(out, v)
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
	blockDef("drop_while", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		dropping := true
		th.each(self, func(v Value) bool {
			if dropping && th.yield1(blk, v).truthy() {
				return true
			}
			dropping = false
			th.charge(24)
			out = append(out, v)
			return true
		})
		return th.array(out)
	})
	def("include? member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		found := false
		th.each(self, func(v Value) bool { found = th.equal(v, a[0]); return !found })
		return Bool(found)
	})
	def("count", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := int64(0)
		th.each(self, func(v Value) bool {
			if len(a) == 0 && blk == nil || len(a) > 0 && th.equal(v, a[0]) || len(a) == 0 && th.yield1(blk, v).truthy() {
				n++
			}
			return true
		})
		return Int(n)
	})
	def("all?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		ok := true
		th.each(self, func(v Value) bool { ok = th.truth(v, a, blk); return ok })
		return Bool(ok)
	})
	def("any?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		ok := false
		th.each(self, func(v Value) bool { ok = th.truth(v, a, blk); return !ok })
		return Bool(ok)
	})
	def("none?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		ok := false
		th.each(self, func(v Value) bool { ok = th.truth(v, a, blk); return !ok })
		return Bool(!ok)
	})
	def("one?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 0
		th.each(self, func(v Value) bool {
			if th.truth(v, a, blk) {
				n++
			}
			return n < 2
		})
		return Bool(n == 1)
	})
	def("sort", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := slices.Clone(th.list(self))
		th.sortList(l, blk)
		return th.array(l)
	})
	blockDef("sort_by", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
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
	blockDef("min_by", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.extreme(th.list(self), a, blk, -1, true)
	})
	blockDef("max_by", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.extreme(th.list(self), a, blk, 1, true)
	})
	blockDef("minmax_by", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		return th.array([]Value{th.extreme(l, nil, blk, -1, true), th.extreme(l, nil, blk, 1, true)})
	})
	def("sum", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var l []Value
		th.each(self, func(v Value) bool {
			if blk != nil {
				v = th.yield1(blk, v)
			}
			th.charge(24)
			l = append(l, v)
			return true
		})
		return th.sum(l, a)
	})
	def("tally", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
		th.each(self, func(v Value) bool {
			n, _ := h.get(th, v)
			if n.isNil() {
				n = Int(0)
			}
			h.set(th, v, Int(n.int()+1))
			return true
		})
		return Value{o: h}
	})
	blockDef("group_by", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
		th.each(self, func(v Value) bool {
			k := th.yield1(blk, v)
			th.charge(24)
			if l, ok := h.get(th, k); ok {
				arr(l).items = append(arr(l).items, v)
			} else {
				h.set(th, k, th.array([]Value{v}))
			}
			return true
		})
		return Value{o: h}
	})
	blockDef("partition", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var yes, no []Value
		th.each(self, func(v Value) bool {
			th.charge(24)
			if th.yield1(blk, v).truthy() {
				yes = append(yes, v)
			} else {
				no = append(no, v)
			}
			return true
		})
		return th.array([]Value{th.array(yes), th.array(no)})
	})
	blockDef("each_slice", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.intArg(a[0])
		if n <= 0 {
			th.raise(cArgumentError, "invalid slice size")
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
	blockDef("each_cons", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.intArg(a[0])
		if n <= 0 {
			th.raise(cArgumentError, "invalid size")
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
	def("zip", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		others := make([][]Value, len(a))
		for i, o := range a {
			if e, ok := o.o.(*Enumerator); ok {
				others[i] = th.list(th.take(Value{o: e}, len(l)))
			} else if r, ok := o.o.(*Range); ok && r.hi.isNil() {
				others[i] = th.list(th.take(o, len(l)))
			} else if !th.respondTo(o, "each") {
				th.raise(cTypeError, "wrong argument type %s (must respond to :each)", classOf(o).real().name)
			} else {
				others[i] = th.list(o)
			}
		}
		out := make([]Value, len(l))
		th.charge(24 * (len(a) + 2) * len(l))
		for i, v := range l {
			row := make([]Value, 1, len(a)+1)
			row[0] = v
			for _, o := range others {
				if i < len(o) {
					row = append(row, o[i])
				} else {
					row = append(row, vNil)
				}
			}
			out[i] = th.array(row)
		}
		if blk != nil {
			for _, r := range out {
				th.yield1(blk, r)
			}
			return vNil
		}
		return th.array(out)
	})
	def("uniq", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(th.uniq(th.list(self), blk)) })
	def("compact", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array(slices.DeleteFunc(slices.Clone(th.list(self)), Value.isNil))
	})
	grep := func(want bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			act := th.cur
			re, isRe := a[0].o.(*Regexp)
			var out []Value
			th.each(self, func(v Value) bool {
				var ok bool
				if isRe {
					ok = th.matchTo(act, re, v)
				} else {
					ok = th.caseEq(a[0], v)
				}
				if ok == want {
					if blk != nil {
						v = th.yield1(blk, v)
					}
					th.charge(24)
					out = append(out, v)
				}
				return true
			})
			return th.array(out)
		}
	}
	def("grep", 1, 1, grep(true))
	def("grep_v", 1, 1, grep(false))
	def("cycle", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "cycle", a...)
		}
		l := th.list(self)
		for n := 0; len(l) > 0 && (len(a) == 0 || a[0].isNil() || n < th.intArg(a[0])); n++ {
			for _, v := range l {
				th.yield1(blk, v)
			}
		}
		return vNil
	})
	// chunkPairs cuts the list between two neighbours where cut says so.
	chunkPairs := func(cutWhen bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			var out []Value
			var cur []Value
			for i, v := range th.list(self) {
				if i > 0 && th.yield2(blk, cur[len(cur)-1], v).truthy() == cutWhen {
					out = append(out, th.array(cur))
					cur = nil
				}
				th.charge(24)
				cur = append(cur, v)
			}
			if cur != nil {
				out = append(out, th.array(cur))
			}
			return th.enumFor(th.array(out), "each")
		}
	}
	blockDef("chunk_while", 0, 0, chunkPairs(false))
	blockDef("slice_when", 0, 0, chunkPairs(true))
	blockDef("chunk", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		var last Value
		for i, v := range th.list(self) {
			k := th.yield1(blk, v)
			th.charge(24)
			if i > 0 && len(out) > 0 && th.equal(k, last) {
				p := arr(arr(out[len(out)-1]).items[1])
				p.items = append(p.items, v)
			} else if !k.isNil() {
				out = append(out, th.array([]Value{k, th.array([]Value{v})}))
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
					out = append(out, th.array(cur))
					cur = nil
				}
				th.charge(24)
				cur = append(cur, v)
				if hit && after {
					out = append(out, th.array(cur))
					cur = nil
				}
			}
			if cur != nil {
				out = append(out, th.array(cur))
			}
			return th.enumFor(th.array(out), "each")
		}
	}
	def("slice_before", 0, 1, slice(false))
	def("slice_after", 0, 1, slice(true))
	def("lazy", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &Enumerator{recv: self, lazy: &lazyOps{}}}
	})
	def("to_enum enum_for", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		name := "each"
		if len(a) > 0 {
			name, a = th.nameArg(a[0]), a[1:]
		}
		return th.enumFor(self, name, a...)
	})
}

func (th *thread) take(v Value, n int) Value {
	if n < 0 {
		th.raise(cArgumentError, "attempt to take negative size")
	}
	var out []Value
	if n > 0 {
		th.each(v, func(e Value) bool {
			th.charge(24)
			out = append(out, e)
			return len(out) < n
		})
	}
	return th.array(out)
}
