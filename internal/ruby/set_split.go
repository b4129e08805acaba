package ruby

// The methods of Set that cut a set into others or put nested ones together.
func init() {
	def := cSet.def
	set := func(v Value) *Set { return v.o.(*Set) }
	change := func(th *thread, v Value) *Set {
		if set(v).frozen {
			th.raiseFrozen(v)
		}
		return set(v)
	}
	classify := func(th *thread, s *Set, blk *Proc) *Hash {
		r := th.newHash(0)
		for _, v := range append([]Value(nil), s.items(th)...) {
			k := th.yield1(blk, v)
			group, ok := r.get(th, k)
			if !ok {
				group = th.newSet(nil)
				r.set(th, k, group)
			}
			set(group).h.set(th, v, vTrue)
		}
		return r
	}
	def("classify", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "classify")
		}
		return Value{o: classify(th, set(self), blk)}
	})
	def("divide", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "divide")
		}
		var groups []Value
		if blk.takes() == 2 {
			for _, group := range th.connected(set(self).items(th), blk) {
				groups = append(groups, th.newSet(group))
			}
			return th.newSet(groups)
		}
		classify(th, set(self), blk).each(th, func(k, v Value) bool {
			groups = append(groups, v)
			return true
		})
		return th.newSet(groups)
	})
	var flatten func(th *thread, s *Set, into *Hash) bool
	flatten = func(th *thread, s *Set, into *Hash) (nested bool) {
		if !th.enterNested(s) {
			th.raise(cArgumentError, "tried to flatten recursive Set")
		}
		for _, v := range append([]Value(nil), s.items(th)...) {
			if inner, ok := v.o.(*Set); ok {
				nested = true
				flatten(th, inner, into)
				continue
			}
			into.set(th, v, vTrue)
		}
		th.leaveNested()
		return nested
	}
	def("flatten", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := th.newSet(nil)
		flatten(th, set(self), set(r).h)
		return r
	})
	def("flatten!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := change(th, self)
		r := th.newHash(0)
		if !flatten(th, s, r) {
			return vNil
		}
		s.h = r
		return self
	})
	def("compare_by_identity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := change(th, self)
		th.send(Value{o: s.h}, "compare_by_identity")
		return self
	})
	def("compare_by_identity?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(set(self).h.byID) })
}

// connected cuts a list into groups: what the block connects with each other, directly or
// by way of others, in both directions, belongs together. It is Tarjan's algorithm of
// strongly connected components with a stack of its own.
func (th *thread) connected(items []Value, blk *Proc) (groups [][]Value) {
	items = append([]Value(nil), items...)
	type place struct{ node, next int } // next is the neighbour that is asked about next
	n := len(items)
	th.charge(64 * n)
	index, low, onStack := make([]int, n), make([]int, n), make([]bool, n)
	var stack []int
	var path []place
	count := 0
	for root := range items {
		if index[root] != 0 {
			continue
		}
		path = append(path, place{root, -1})
		for len(path) > 0 {
			at := &path[len(path)-1]
			v := at.node
			if at.next < 0 {
				count++
				index[v], low[v], onStack[v], at.next = count, count, true, 0
				stack = append(stack, v)
			}
			if at.next < n {
				w := at.next
				at.next++
				if !th.yield2(blk, items[v], items[w]).truthy() {
					continue
				}
				if index[w] == 0 {
					path = append(path, place{w, -1})
				} else if onStack[w] {
					low[v] = min(low[v], index[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				up := path[len(path)-1].node
				low[up] = min(low[up], low[v])
			}
			if low[v] != index[v] {
				continue
			}
			var group []Value
			for onStack[v] {
				w := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				onStack[w] = false
				group = append(group, items[w])
			}
			groups = append(groups, group)
		}
	}
	return groups
}
