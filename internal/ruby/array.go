package ruby

import "math"

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

func (th *thread) join(list []Value, sep string) string {
	return th.settled(th.joinTo(th.scratch(), list, sep, true))
}

func (th *thread) joinTo(b []byte, list []Value, sep string, first bool) []byte {
	th.deeper()
	for i, v := range list {
		if i > 0 || !first {
			b = append(b, sep...)
		}
		n := len(b)
		switch x := v.o.(type) {
		case *String:
			b = append(b, x.s...)
		case *Array:
			if th.depth > 900 {
				th.raise(cArgumentError, "recursive array join")
			}
			b = th.joinTo(b, x.list(th), sep, true)
		case *Object:
			switch {
			case th.respondTo(v, "to_str"):
				b = append(b, th.strArg(v)...)
			case th.respondTo(v, "to_ary"):
				b = th.joinTo(b, th.toAry(v), sep, true)
			default:
				b = append(b, th.toS(v)...)
			}
		default:
			b = append(b, th.toS(v)...)
		}
		th.charge(len(b) - n + len(sep))
	}
	th.depth--
	return b
}

func init() {
	def := cArray.def
	fill := func(th *thread, x *Array, a []Value, blk *Proc) {
		if len(a) == 0 {
			return
		}
		if len(a) == 1 {
			if l, ok := th.tryArray(a[0]); ok {
				x.items = append([]Value(nil), l...)
				return
			}
		}
		n := th.intArg(a[0])
		if n < 0 {
			th.raise(cArgumentError, "negative array size")
		}
		if n > maxArray {
			th.raise(cArgumentError, "array size too big")
		}
		th.charge(24 * n)
		if blk != nil {
			x.items = make([]Value, 0, n)
			for i := range n {
				v := th.yield1(blk, Int(int64(i)))
				x.items = append(x.items, v)
			}
			return
		}
		items := make([]Value, n)
		if len(a) > 1 {
			for i := range items {
				items[i] = a[1]
			}
		}
		x.items = items
	}
	cArray.sdef("new", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.array(nil)
		fill(th, arr(v), a, blk)
		return v
	})
	def("initialize", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := arr(self)
		th.checkArray(x)
		x.list(th)
		x.items = x.items[:0:0]
		fill(th, x, a, blk)
		return self
	})
	cArray.sdef("[]", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.arrayOf(a) })
	cArray.sdef("try_convert", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if _, ok := a[0].o.(*Array); ok {
			return a[0]
		}
		if l, ok := th.tryArray(a[0]); ok {
			return th.array(l)
		}
		return vNil
	})
	def("dig", 1, -1, digAny)
	def("length size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(len(arr(self).list(th)))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(len(arr(self).list(th)) == 0) })
	def("each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		x := arr(self)
		r := th.rounds(blk)
		for i := 0; i < len(x.list(th)); i++ {
			r.one(x.items[i])
		}
		r.end()
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
		h := th.newHash(0)
		for i, v := range arr(self).list(th) {
			if blk != nil {
				v = th.yield1(blk, v)
			}
			th.addPair(h, v, i)
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
	def("pack", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		tmpl := th.strArg(a[0])
		if len(a) == 1 {
			return th.pack(nil, arr(self).list(th), tmpl)
		}
		v := th.toHash(a[1]).opt(th, "buffer")
		buffer, ok := v.o.(*String)
		if !ok {
			th.raise(cTypeError, "buffer must be String, not %s", classOf(v).real().name)
		}
		made := th.pack([]byte(buffer.s), arr(self).list(th), tmpl).o.(*String)
		th.change(buffer, made.s)
		return v
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
	def("frozen?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(arr(self).frozen && !arr(self).old)
	})
}
