package ruby

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
	if x, ok := self.o.(*Array); ok && blk != nil && len(a) < 2 {
		if len(a) == 1 {
			return th.fold(x, a[0], true, blk)
		}
		return th.fold(x, vNil, false, blk)
	}
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
			acc = th.dispatch1(site, th.at, acc, v, false)
		default:
			acc = th.yield2(blk, acc, v)
		}
		return true
	})
	return acc
}

func init() {
	def := mEnumerable.def
	enumDef("find detect", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if x, ok := self.o.(*Array); ok {
			v, found := th.firstWhere(x, nil, blk, true)
			if !found && len(a) > 0 && !a[0].isNil() {
				return th.send(a[0], "call") // what is to be returned in place of nothing
			}
			return v
		}
		r, found := vNil, false
		th.each(self, func(v Value) bool {
			if th.yield1(blk, v).truthy() {
				r, found = v, true
			}
			return !found
		})
		if !found && len(a) > 0 && a[0] != vNil {
			return th.send(a[0], "call") // what is to be returned in place of nothing
		}
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
	def("inject reduce", 0, 2, enumInject)
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
		if x, is := self.o.(*Array); is {
			_, found := th.firstWhere(x, a, blk, false)
			return Bool(!found)
		}
		ok := true
		th.each(self, func(v Value) bool { ok = th.truth(v, a, blk); return ok })
		return Bool(ok)
	})
	def("any?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if x, is := self.o.(*Array); is {
			_, found := th.firstWhere(x, a, blk, true)
			return Bool(found)
		}
		ok := false
		th.each(self, func(v Value) bool { ok = th.truth(v, a, blk); return !ok })
		return Bool(ok)
	})
	def("none?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if x, is := self.o.(*Array); is {
			_, found := th.firstWhere(x, a, blk, true)
			return Bool(!found)
		}
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
	def("tally", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
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
	enumDef("group_by", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
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
	enumDef("partition", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
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
}
