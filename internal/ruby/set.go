package ruby

import (
	"cmp"
	"slices"
	"strings"
)

// Set keeps its elements as the keys of a Hash.
type Set struct {
	h      *Hash
	frozen bool
	old    bool // see shelter
}

func (*Set) class() *Class { return cSet }

func (s *Set) dupValue(th *thread) Value { return Value{o: &Set{h: s.h.dup(th)}} }

func (th *thread) newSet(list []Value) Value {
	h := th.newHash(len(list))
	for _, v := range list {
		h.set(th, v, vTrue)
	}
	return Value{o: &Set{h: h}}
}

func (s *Set) items(th *thread) []Value {
	list := th.arena.values(s.h.live)[:0]
	for _, e := range s.h.entries(th) {
		if e.live {
			list = append(list, e.k)
		}
	}
	th.charge(24 * len(list))
	return list
}

func (th *thread) setArg(v Value) *Set {
	if s, ok := v.o.(*Set); ok {
		return s
	}
	if !th.respondTo(v, "each") {
		th.raise(cArgumentError, "value must be enumerable")
	}
	return th.newSet(th.list(v)).o.(*Set)
}

func init() {
	def := cSet.def
	set := func(v Value) *Set { return v.o.(*Set) }
	has := func(th *thread, s *Set, v Value) bool { return s.h.find(th, v) >= 0 }
	change := func(th *thread, v Value) *Set {
		if set(v).frozen {
			th.raiseFrozen(v)
		}
		return set(v)
	}
	cSet.sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 || a[0].isNil() {
			return th.newSet(nil)
		}
		if !th.respondTo(a[0], "each") {
			th.raise(cArgumentError, "value must be enumerable")
		}
		list := th.list(a[0])
		if blk != nil {
			list = slices.Clone(list)
			for i := range list {
				list[i] = th.yield1(blk, list[i])
			}
		}
		return th.newSet(list)
	})
	cSet.sdef("[]", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.newSet(a) })
	def("each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		set(self).h.each(th, func(k, v Value) bool { th.yield1(blk, k); return true })
		return self
	})
	def("size length count", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk != nil || len(a) > 0 {
			return mEnumerable.methods["count"].fn(th, self, a, blk)
		}
		return Int(int64(set(self).h.live))
	})
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(set(self).h.live == 0) })
	def("include? member? === contain? contains?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(has(th, set(self), a[0]))
	})
	def("add <<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		change(th, self).h.set(th, a[0], vTrue)
		return self
	})
	def("add?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if has(th, set(self), a[0]) {
			return vNil
		}
		change(th, self).h.set(th, a[0], vTrue)
		return self
	})
	def("delete", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		change(th, self).h.delete(th, a[0])
		return self
	})
	def("delete?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := change(th, self).h.delete(th, a[0]); !ok {
			return vNil
		}
		return self
	})
	def("merge", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, o := range a {
			for _, v := range th.setArg(o).items(th) {
				change(th, self).h.set(th, v, vTrue)
			}
		}
		return self
	})
	def("subtract", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range th.setArg(a[0]).items(th) {
			change(th, self).h.delete(th, v)
		}
		return self
	})
	def("clear", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		change(th, self).h.clear()
		return self
	})
	// like makes a set that compares as s does.
	like := func(th *thread, s *Set, list []Value) Value {
		h := th.newHash(0)
		h.byID = s.h.byID
		for _, v := range list {
			h.set(th, v, vTrue)
		}
		return Value{o: &Set{h: h}}
	}
	def("| union +", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return like(th, set(self), append(set(self).items(th), th.setArg(a[0]).items(th)...))
	})
	def("replace initialize_copy", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		from := th.setArg(a[0])
		s := change(th, self)
		if _, ok := a[0].o.(*Set); ok {
			s.h = from.h.dup(th)
			return self
		}
		items := from.items(th)
		s.h.clear()
		for _, v := range items {
			s.h.set(th, v, vTrue)
		}
		return self
	})
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Set)
		if !ok {
			return vNil
		}
		x, y := set(self), o
		small, large := x, y
		if x.h.live > y.h.live {
			small, large = y, x
		}
		for _, v := range small.items(th) {
			if !has(th, large, v) {
				return vNil
			}
		}
		return Int(int64(cmp.Compare(x.h.live, y.h.live)))
	})
	pick := func(keep func(th *thread, a, b *Set, v Value) bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			o := th.setArg(a[0])
			var out []Value
			for _, v := range set(self).items(th) {
				if keep(th, set(self), o, v) {
					out = append(out, v)
				}
			}
			return like(th, set(self), out)
		}
	}
	def("& intersection", 1, 1, pick(func(th *thread, a, b *Set, v Value) bool { return has(th, b, v) }))
	def("- difference", 1, 1, pick(func(th *thread, a, b *Set, v Value) bool { return !has(th, b, v) }))
	def("^", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := set(self), th.setArg(a[0])
		var out []Value
		for _, v := range y.items(th) {
			if !has(th, x, v) {
				out = append(out, v)
			}
		}
		for _, v := range x.items(th) {
			if !has(th, y, v) {
				out = append(out, v)
			}
		}
		return th.newSet(out)
	})
	sub := func(th *thread, x, y *Set) bool {
		for _, v := range x.items(th) {
			if !has(th, y, v) {
				return false
			}
		}
		return true
	}
	other := func(th *thread, v Value) *Set {
		s, ok := v.o.(*Set)
		if !ok {
			th.raise(cArgumentError, "value must be a set")
		}
		return s
	}
	def("subset? <=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(sub(th, set(self), other(th, a[0])))
	})
	def("superset? >=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(sub(th, other(th, a[0]), set(self)))
	})
	def("proper_subset? <", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o := other(th, a[0])
		return Bool(set(self).h.live < o.h.live && sub(th, set(self), o))
	})
	def("proper_superset? >", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o := other(th, a[0])
		return Bool(set(self).h.live > o.h.live && sub(th, o, set(self)))
	})
	def("disjoint?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range th.setArg(a[0]).items(th) {
			if has(th, set(self), v) {
				return vFalse
			}
		}
		return vTrue
	})
	def("intersect?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, v := range th.setArg(a[0]).items(th) {
			if has(th, set(self), v) {
				return vTrue
			}
		}
		return vFalse
	})
	def("to_a", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(set(self).items(th)) })
	def("to_set", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Set)
		return Bool(ok && o.h.live == set(self).h.live && o.h.byID == set(self).h.byID && sub(th, o, set(self)))
	})
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Set)
		return Bool(ok && o.h.live == set(self).h.live && o.h.byID == set(self).h.byID && sub(th, o, set(self)))
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.hashOf(Value{o: set(self).h}) })
	inPlace := func(name string, keep, always bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, name)
			}
			before := change(th, self).h.live
			for _, v := range set(self).items(th) {
				if th.yield1(blk, v).truthy() != keep {
					change(th, self).h.delete(th, v)
				}
			}
			if !always && set(self).h.live == before {
				return vNil
			}
			return self
		}
	}
	def("select! filter!", 0, 0, inPlace("select!", true, false))
	def("keep_if", 0, 0, inPlace("keep_if", true, true))
	def("reject!", 0, 0, inPlace("reject!", false, false))
	def("delete_if", 0, 0, inPlace("delete_if", false, true))
	def("map! collect!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "map!")
		}
		s, made := change(th, self), th.newHash(0)
		for _, v := range s.items(th) {
			made.set(th, th.yield1(blk, v), vTrue)
		}
		s.h = made
		return self
	})
	def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var parts []string
		if !th.enterNested(set(self)) {
			return th.str("#<Set: {...}>")
		}
		for _, v := range set(self).items(th) {
			parts = append(parts, th.inspect(v))
		}
		th.leaveNested()
		return th.str("#<Set: {" + strings.Join(parts, ", ") + "}>")
	})
	def("join", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.send(th.arrayOf(set(self).items(th)), "join", a...)
	})
	def("reset", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		change(th, self).h.reindex(th)
		return self
	})
	def("freeze", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		set(self).frozen, set(self).old = true, false
		return self
	})
	def("frozen?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(set(self).frozen && !set(self).old)
	})
}
