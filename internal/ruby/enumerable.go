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
		x.each(th, func(k, v Value) bool { return f(th.pair(k, v)) })
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
		out = th.arena.push(out, e)
		return true
	})
	return out
}

// enumDef defines a method of Enumerable. Without its block it is an Enumerator.
func enumDef(names string, min, max int, fn native) {
	first := names
	for i := range len(names) {
		if names[i] == ' ' {
			first = names[:i]
			break
		}
	}
	mEnumerable.def(names, min, max, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, first, a...)
		}
		return fn(th, self, a, blk)
	})
}

// mappedFirst maps what an object of the script yields, which may be several values at a
// time, each a parameter of the block, and returns the list with a block that gives back
// what it gets.
func mappedFirst(th *thread, self Value, blk *Proc) (Value, *Proc) {
	if _, ok := self.o.(*Object); !ok {
		return self, blk
	}
	return mEnumerable.methods["map"].fn(th, self, nil, blk), &Proc{arity: 1, native: func(th *thread, a []Value, b *Proc) Value { return a[0] }}
}

func init() {
	def := mEnumerable.def
	enumDef("map collect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if x, ok := self.o.(*Array); ok {
			out := th.arena.values(len(x.list(th)))[:0]
			r := th.rounds(blk)
			for i := 0; i < len(x.list(th)); i++ {
				th.charge(24)
				out = th.arena.push(out, r.one(x.items[i]))
			}
			r.end()
			return th.array(out)
		}
		var out []Value
		if _, ok := self.o.(*Object); ok { // whose each may yield several values, each a parameter
			th.sendBlock(self, "each", nil, &Proc{arity: -1, native: func(th *thread, args []Value, b *Proc) Value {
				th.charge(24)
				out = append(out, th.callProc(blk, args, nil))
				return vNil
			}})
			return th.array(out)
		}
		e, ok := self.o.(*Enumerator)
		// each_with_index yields two values, which &:name takes as receiver and argument.
		two := ok && blk.symbol != "" && (e.meth == "each_with_index" || e.meth == "with_index")
		th.each(self, func(v Value) bool {
			th.charge(24)
			if two {
				out = th.arena.push(out, th.yieldN(blk, th.toAry(v)...))
			} else {
				out = th.arena.push(out, th.yield1(blk, v))
			}
			return true
		})
		return th.array(out)
	})
	enumDef("flat_map collect_concat", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		self, blk = mappedFirst(th, self, blk)
		th.each(self, func(v Value) bool {
			r := th.yield1(blk, v)
			if x, ok := r.o.(*Array); ok {
				th.charge(24 * len(x.list(th)))
				out = append(out, x.items...)
			} else {
				out = th.arena.push(out, r)
			}
			return true
		})
		return th.array(out)
	})
	filter := func(keep bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			if x, ok := self.o.(*Array); ok {
				var out []Value
				r := th.rounds(blk)
				for i := 0; i < len(x.list(th)); i++ {
					v := x.items[i]
					if r.one(v).truthy() == keep {
						th.charge(24)
						out = th.arena.push(out, v)
					}
				}
				r.end()
				return th.array(out)
			}
			var out []Value
			th.each(self, func(v Value) bool {
				if th.yield1(blk, v).truthy() == keep {
					th.charge(24)
					out = th.arena.push(out, v)
				}
				return true
			})
			return th.array(out)
		}
	}
	enumDef("select filter find_all", 0, 0, filter(true))
	enumDef("reject", 0, 0, filter(false))
	enumDef("filter_map", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var out []Value
		self, blk = mappedFirst(th, self, blk)
		th.each(self, func(v Value) bool {
			if r := th.yield1(blk, v); r.truthy() {
				th.charge(24)
				out = th.arena.push(out, r)
			}
			return true
		})
		return th.array(out)
	})
	enumDef("each_with_index", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if x, ok := self.o.(*Array); ok {
			r := th.rounds(blk)
			for i := 0; i < len(x.list(th)); i++ {
				r.two(x.items[i], Int(int64(i)))
			}
			r.end()
			return self
		}
		i := int64(0)
		th.each(self, func(v Value) bool {
			th.yield2(blk, v, Int(i))
			i++
			return true
		})
		return self
	})
	enumDef("each_with_object", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		memo := a[0]
		if x, ok := self.o.(*Array); ok {
			r := th.rounds(blk)
			for i := 0; i < len(x.list(th)); i++ {
				r.two(x.items[i], memo)
			}
			r.end()
			return memo
		}
		if x, ok := self.o.(*Hash); ok {
			x.entries(th)
			x.iter++
			defer x.endIter()
			r := th.rounds(blk)
			for i := 0; i < len(x.ents); i++ {
				if e := x.ents[i]; e.live {
					r.pairAnd(e.k, e.v, memo)
				}
			}
			r.end()
			return memo
		}
		th.each(self, func(v Value) bool { th.yield2(blk, v, memo); return true })
		return memo
	})
	enumDef("each_entry", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.each(self, func(v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	enumDef("reverse_each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		for i := len(l) - 1; i >= 0; i-- {
			th.yield1(blk, l[i])
		}
		return self
	})
	def("to_a entries", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := th.list(self)
		return th.arrayOf(l)
	})
	def("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
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
					out = th.arena.push(out, v)
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
