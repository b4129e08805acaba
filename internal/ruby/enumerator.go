package ruby

import (
	"iter"
	"strings"
)

// Enumerator is a call that waits for its block.
type Enumerator struct {
	recv Value
	meth string
	args []Value
	gen  *Proc    // of Enumerator.new
	lazy *lazyOps // of lazy
	size Value

	// The state of next: elements come from a coroutine.
	next   func() (Value, bool)
	peeked []Value
}

type lazyOps struct {
	ops []lazyOp
}

type lazyOp struct {
	kind string
	blk  *Proc
	n    int
	arg  Value
}

func (e *Enumerator) class() *Class {
	if e.lazy != nil {
		return cLazy
	}
	return cEnumerator
}

func (th *thread) enumFor(recv Value, meth string, args ...Value) Value {
	return Value{o: &Enumerator{recv: recv, meth: meth, args: append([]Value(nil), args...)}}
}

// run iterates with a block and returns what the method returns.
func (e *Enumerator) run(th *thread, blk *Proc) Value {
	switch {
	case e.lazy != nil:
		e.runLazy(th, blk)
		return vNil
	case e.gen != nil:
		y := &Object{cls: cYielder, data: blk}
		return th.yieldN(e.gen, Value{o: y})
	}
	return th.sendBlock(e.recv, e.meth, e.args, blk)
}

func (e *Enumerator) runLazy(th *thread, blk *Proc) {
	type state struct {
		n       int
		started bool
		seen    valueSet
	}
	st := make([]state, len(e.lazy.ops))
	for i, op := range e.lazy.ops {
		if op.kind == "take" && op.n == 0 {
			return
		}
		if op.kind == "uniq" {
			st[i].seen = valueSet{}
		}
	}
	var feed func(v Value, from int) bool
	feed = func(v Value, from int) bool {
		last := false
		for i := from; i < len(e.lazy.ops); i++ {
			op := &e.lazy.ops[i]
			switch op.kind {
			case "map":
				v = th.yield1(op.blk, v)
			case "select":
				if !th.yield1(op.blk, v).truthy() {
					return true
				}
			case "reject":
				if th.yield1(op.blk, v).truthy() {
					return true
				}
			case "filter_map":
				if v = th.yield1(op.blk, v); !v.truthy() {
					return true
				}
			case "grep":
				if !th.caseEq(op.arg, v) {
					return true
				}
				if op.blk != nil {
					v = th.yield1(op.blk, v)
				}
			case "take_while":
				if !th.yield1(op.blk, v).truthy() {
					return false
				}
			case "drop_while":
				if !st[i].started && th.yield1(op.blk, v).truthy() {
					return true
				}
				st[i].started = true
			case "take":
				st[i].n++
				last = last || st[i].n >= op.n
			case "drop":
				if st[i].n++; st[i].n <= op.n {
					return true
				}
			case "with_index":
				iv := Int(int64(op.n + st[i].n))
				st[i].n++
				if op.blk != nil {
					v = th.yield2(op.blk, v, iv)
				} else {
					v = th.array([]Value{v, iv})
				}
			case "uniq":
				k := th.hkey(v)
				if op.blk != nil {
					k = th.hkey(th.yield1(op.blk, v))
				}
				if st[i].seen[k] {
					return true
				}
				th.charge(88)
				st[i].seen[k] = true
			case "compact":
				if v.isNil() {
					return true
				}
			case "flat_map":
				r := th.yield1(op.blk, v)
				if a, ok := r.o.(*Array); ok {
					for _, x := range a.list(th) {
						if !feed(x, i+1) {
							return false
						}
					}
					return !last
				}
				v = r
			}
		}
		th.yield1(blk, v)
		return !last
	}
	th.each(e.recv, func(v Value) bool { return feed(v, 0) })
}

// with returns a lazy enumerator with one more operation. The list of them is copied,
// which a loop could use to take all memory.
func (e *Enumerator) with(th *thread, op lazyOp) Value {
	th.charge(64 * len(e.lazy.ops))
	ops := append(append([]lazyOp(nil), e.lazy.ops...), op)
	return Value{o: &Enumerator{recv: e.recv, lazy: &lazyOps{ops}}}
}

// pull returns the next element of external iteration.
func (e *Enumerator) pull(th *thread) (Value, bool) {
	if len(e.peeked) > 0 {
		v := e.peeked[0]
		e.peeked = e.peeked[1:]
		return v, true
	}
	if e.next == nil {
		if a, ok := e.recv.o.(*Array); ok && e.meth == "each" {
			i := 0
			e.next = func() (Value, bool) {
				if i >= len(a.list(th)) {
					return vNil, false
				}
				i++
				return a.items[i-1], true
			}
		} else {
			// The producer runs on a thread of its own state, in turns with us.
			side := th.inst.newThread()
			next, stop := iter.Pull(func(yield func(Value) bool) {
				side.budget()
				side.src, side.at = th.src, th.at
				side.each(Value{o: e}, yield)
			})
			th.cleanup = append(th.cleanup, stop)
			e.next = next
		}
	}
	return e.next()
}

// result is what the iteration returns at its end, which StopIteration tells.
func (e *Enumerator) result() Value {
	if e.gen == nil && strings.HasPrefix(e.meth, "each") {
		return e.recv
	}
	return vNil
}

func init() {
	cEnumerator.sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			th.raise(cArgumentError, "no block given")
		}
		e := &Enumerator{gen: blk}
		if len(a) > 0 {
			e.size = a[0]
		}
		return Value{o: e}
	})
	cEnumerator.sdef("produce", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		first := vUndef
		if len(a) > 0 {
			first = a[0]
		}
		return Value{o: &Enumerator{size: Float(inf), gen: &Proc{arity: 1, native: func(th *thread, y []Value, b *Proc) Value {
			v := first
			_, stopped := th.try(func() Value {
				if v.isUndef() {
					v = th.callProc(blk, nil, nil)
				}
				for {
					th.send(y[0], "<<", v)
					v = th.yield1(blk, v)
				}
			}, cStopIteration)
			if stopped != nil {
				return vNil
			}
			return v
		}}}}
	})
	cYielder.def("<< yield call", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.callProc(self.o.(*Object).data.(*Proc), a, nil)
	})
	cYielder.def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.callProc(self.o.(*Object).data.(*Proc), a, nil)
		return self
	})
	def := cEnumerator.def
	enum := func(v Value) *Enumerator { return v.o.(*Enumerator) }
	def("each", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return self
		}
		return enum(self).run(th, blk)
	})
	withIndex := func(th *thread, self Value, a []Value, blk *Proc) Value {
		off := int64(0)
		if len(a) > 0 && !a[0].isNil() {
			off = int64(th.intArg(a[0]))
		}
		if blk == nil {
			return th.enumFor(self, "with_index", Int(off))
		}
		return enum(self).run(th, &Proc{arity: -1, native: func(th *thread, args []Value, b *Proc) Value {
			v := vNil
			if len(args) == 1 {
				v = args[0]
			} else if len(args) > 1 {
				v = th.arrayOf(args)
			}
			off++
			return th.yield2(blk, v, Int(off-1))
		}})
	}
	def("with_index", 0, 1, withIndex)
	def("each_with_index", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "with_index", Int(0))
		}
		return withIndex(th, self, nil, blk)
	})
	def("with_object each_with_object", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		memo := a[0]
		if blk == nil {
			return th.enumFor(self, "with_object", a...)
		}
		enum(self).run(th, &Proc{arity: -1, native: func(th *thread, args []Value, b *Proc) Value {
			v := vNil
			if len(args) == 1 {
				v = args[0]
			} else if len(args) > 1 {
				v = th.arrayOf(args)
			}
			return th.yield2(blk, v, memo)
		}})
		return memo
	})
	stop := func(th *thread, e *Enumerator) {
		exc := th.newException(cStopIteration, "iteration reached an end")
		exc.result = e.result()
		panic(exc)
	}
	def("next", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, ok := enum(self).pull(th)
		if !ok {
			stop(th, enum(self))
		}
		return v
	})
	def("peek", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, ok := enum(self).pull(th)
		if !ok {
			stop(th, enum(self))
		}
		enum(self).peeked = append([]Value{v}, enum(self).peeked...)
		return v
	})
	def("rewind", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		enum(self).next, enum(self).peeked = nil, nil
		return self
	})
	def("size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := enum(self)
		if e.gen != nil {
			return e.size
		}
		if e.meth == "loop" || e.meth == "cycle" && len(e.args) == 0 {
			return Float(inf)
		}
		return Int(int64(len(th.list(self))))
	})
	def("inspect to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		e := enum(self)
		switch {
		case e.lazy != nil:
			return th.str("#<Enumerator::Lazy: " + th.inspect(e.recv) + ">")
		case e.gen != nil:
			return th.str("#<Enumerator: #<Enumerator::Generator:0x0000" + th.address(self) + ">:each>")
		}
		if text, ok := th.inspectSequence(e); ok {
			return th.str(text)
		}
		args := ""
		if len(e.args) > 0 {
			s := th.inspect(th.arrayOf(e.args))
			args = "(" + s[1:len(s)-1] + ")"
		}
		return th.str("#<Enumerator: " + th.inspect(e.recv) + ":" + e.meth + args + ">")
	})
	def("+", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		l := append([]Value(nil), th.list(self)...)
		return th.enumFor(th.array(append(l, th.list(a[0])...)), "each")
	})

	lazyDef := func(names, kind string) {
		cLazy.def(names, 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			op := lazyOp{kind: kind, blk: blk}
			if len(a) > 0 {
				op.arg = a[0]
				if a[0].isInt() {
					op.n = int(a[0].int())
				}
			}
			return enum(self).with(th, op)
		})
	}
	lazyDef("map collect", "map")
	lazyDef("select filter find_all", "select")
	lazyDef("reject", "reject")
	lazyDef("filter_map", "filter_map")
	lazyDef("take_while", "take_while")
	lazyDef("drop_while", "drop_while")
	lazyDef("take", "take")
	lazyDef("drop", "drop")
	lazyDef("grep", "grep")
	lazyDef("with_index each_with_index", "with_index")
	lazyDef("flat_map collect_concat", "flat_map")
	lazyDef("uniq", "uniq")
	lazyDef("compact", "compact")
	cLazy.def("force to_a", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(th.list(self)) })
	cLazy.def("lazy", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	cLazy.def("eager", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.enumFor(th.array(th.list(self)), "each")
	})
}

// inspectSequence is inspect of what Ruby makes an ArithmeticSequence: steps over numbers.
func (th *thread) inspectSequence(e *Enumerator) (string, bool) {
	if e.meth != "step" && e.meth != "%" {
		return "", false
	}
	args := th.inspect(th.arrayOf(e.args))
	switch r := e.recv.o.(type) {
	case *Range:
		if !isNumber(r.lo) && !(r.lo.isNil() && isNumber(r.hi)) || len(e.args) == 0 {
			return "", false
		}
		return "((" + th.inspect(e.recv) + ")." + e.meth + "(" + args[1:len(args)-1] + "))", true
	}
	if !isNumber(e.recv) {
		return "", false
	}
	return "(" + th.inspect(e.recv) + "." + e.meth + "(" + args[1:len(args)-1] + "))", true
}
