package ruby

// Hash keeps its pairs in order of insertion. Small ones are searched, larger ones have
// an index. src is set while it is a view of an event's fields that nobody has changed
// or looked into.
type Hash struct {
	ents    []entry
	idx     map[hkey]int32
	live    int
	def     Value
	defProc *Proc
	frozen  bool
	old     bool // see shelter
	kw      bool // pairs without braces in a call
	byID    bool
	iter    int // iterations that run
	src     *origin
	cls     *Class
}

type entry struct {
	k, v Value
	live bool
}

func (h *Hash) class() *Class {
	if h.cls != nil {
		return h.cls
	}
	return cHash
}

func (h *Hash) clear() {
	h.ents, h.idx, h.live, h.src = nil, nil, 0, nil
}

func (h *Hash) dup(th *thread) *Hash {
	ents := h.entries(th)
	c := th.newHash(h.live)
	th.charge(56 * h.live)
	for _, e := range ents {
		if e.live {
			c.ents = append(c.ents, e)
		}
	}
	c.live = len(c.ents)
	c.def, c.defProc, c.byID, c.cls = h.def, h.defProc, h.byID, h.cls
	return c
}

// each calls f for every pair, also for pairs that f adds in place of deleted ones.
func (h *Hash) each(th *thread, f func(k, v Value) bool) {
	h.entries(th)
	h.iter++
	defer h.endIter()
	for i := 0; i < len(h.ents); i++ {
		if e := h.ents[i]; e.live && !f(e.k, e.v) {
			return
		}
	}
}

func (h *Hash) endIter() {
	if h.iter--; h.iter == 0 && h.live < len(h.ents) {
		h.compact()
	}
}

func (th *thread) checkHash(h *Hash) {
	if h.frozen {
		th.raiseFrozen(Value{o: h})
	}
}

// toList returns the pairs as arrays.
func (th *thread) toList(v Value) []Value {
	h := v.o.(*Hash)
	list := th.arena.values(h.size(th))[:0]
	for _, e := range h.entries(th) {
		if e.live {
			list = th.arena.push(list, th.pair(e.k, e.v))
		}
	}
	th.charge(80 * len(list))
	return list
}

func hashSelf(v Value) *Hash { return v.o.(*Hash) }

// filterHash makes a Hash of the pairs that keep returns true for.
func (th *thread) filterHash(h *Hash, keep func(k, v Value) bool) Value {
	r := th.newHash(0)
	r.byID = h.byID
	h.each(th, func(k, v Value) bool {
		if keep(k, v) {
			r.setKey(th, k, v)
		}
		return true
	})
	return Value{o: r}
}

// yieldKV is yieldPair for the methods whose block gets the key alone when it has one
// parameter.
func (th *thread) yieldKV(p *Proc, k, v Value) Value { return th.yield2(p, k, v) }

func hashEach(th *thread, self Value, a []Value, blk *Proc) Value {
	if blk == nil {
		return th.enumFor(self, "each")
	}
	h := hashSelf(self)
	if h.src != nil && h.eachView(th, blk) {
		return self
	}
	r := th.rounds(blk)
	h.each(th, func(k, v Value) bool { r.pair(k, v); return true })
	r.end()
	return self
}

func init() {
	def := cHash.def
	cHash.sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) > 0 && blk != nil {
			th.raiseArity(len(a), 0, 0)
		}
		h := th.newHash(0)
		if c := self.o.(*Class); c != cHash {
			h.cls = c
		}
		if len(a) > 0 {
			h.def = a[0]
		}
		h.defProc = blk
		if h.cls != nil {
			if m := th.inst.find(h.cls, "initialize"); m != nil && m.body != nil {
				th.invoke(m, Value{o: h}, a, blk)
			}
		}
		return Value{o: h}
	})
	cHash.sdef("[]", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		if len(a) == 1 {
			switch x := a[0].o.(type) {
			case *Hash:
				c := x.dup(th)
				c.def, c.defProc, c.kw = vNil, nil, false
				return Value{o: c}
			case *Array:
				for i, p := range x.list(th) {
					if _, ok := p.o.(*Array); !ok && !th.respondTo(p, "to_ary") {
						th.raise(cArgumentError, "wrong element type %s at %d (expected array)", classOf(p).real().name, i)
					}
					pair := th.toAry(p)
					if len(pair) == 0 || len(pair) > 2 {
						th.raise(cArgumentError, "invalid number of elements (%d for 1..2)", len(pair))
					}
					v := vNil
					if len(pair) == 2 {
						v = pair[1]
					}
					h.set(th, pair[0], v)
				}
				return Value{o: h}
			}
		}
		if len(a)%2 != 0 {
			th.raise(cArgumentError, "odd number of arguments for Hash")
		}
		for i := 0; i < len(a); i += 2 {
			h.set(th, a[i], a[i+1])
		}
		return Value{o: h}
	})
	def("initialize", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return hashSelf(self).index(th, a[0]) })
	def("deconstruct_keys", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(hashSelf(self).size(th))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(hashSelf(self).size(th) == 0) })
	def("each each_pair", 0, 0, hashEach)
	def("each_key", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_key")
		}
		r := th.rounds(blk)
		hashSelf(self).each(th, func(k, v Value) bool { r.one(k); return true })
		r.end()
		return self
	})
	def("each_value", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_value")
		}
		r := th.rounds(blk)
		hashSelf(self).each(th, func(k, v Value) bool { r.one(v); return true })
		r.end()
		return self
	})
	def("select filter", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "select")
		}
		r := th.rounds(blk)
		v := th.filterHash(hashSelf(self), func(k, v Value) bool { return r.two(k, v).truthy() })
		r.end()
		return v
	})
	def("reject", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "reject")
		}
		r := th.rounds(blk)
		v := th.filterHash(hashSelf(self), func(k, v Value) bool { return !r.two(k, v).truthy() })
		r.end()
		return v
	})
	def("partition", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var yes, no []Value
		for _, p := range th.toList(self) {
			if th.yield1(blk, p).truthy() {
				yes = append(yes, p)
			} else {
				no = append(no, p)
			}
		}
		return th.array([]Value{th.array(yes), th.array(no)})
	})
	def("default", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return hashSelf(self).def })
	def("default=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		h.def, h.defProc = a[0], nil
		return a[0]
	})
	def("default_proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if p := hashSelf(self).defProc; p != nil {
			return Value{o: p}
		}
		return vNil
	})
	def("default_proc=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		var p *Proc
		if !a[0].isNil() {
			p = th.toProc(a[0])
			n := p.arity
			if p.body != nil {
				n = p.body.arity
			}
			if p.lambda && n != 2 && (n >= 0 || n < -3) {
				th.raise(cTypeError, "default_proc takes two arguments (2 for %d)", n)
			}
		}
		h.def, h.defProc = vNil, p
		return a[0]
	})
	def("compare_by_identity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if h.byID {
			return self
		}
		th.checkHash(h)
		h.byID = true
		if h.size(th); h.idx != nil {
			h.idx = nil
			h.reindex(th)
		}
		return self
	})
	def("compare_by_identity?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(hashSelf(self).byID) })
}
