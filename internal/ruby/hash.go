package ruby

import (
	"strconv"
	"strings"
)

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

// hkey identifies a key: two keys are eql? when their hkeys are equal.
type hkey struct {
	kind byte
	n    uint64
	s    string
}

const indexAbove = 8

func newHash(n int) *Hash {
	if n == 0 {
		return &Hash{}
	}
	return &Hash{ents: make([]entry, 0, n)}
}

func (th *thread) hkey(v Value) hkey {
	switch x := v.o.(type) {
	case nil:
		return hkey{kind: 'n'}
	case *String:
		return hkey{'s', 0, x.s}
	case *Symbol:
		return hkey{'y', 0, x.name}
	case *tag:
		switch x {
		case tagInt:
			return hkey{kind: 'i', n: v.n}
		case tagFloat:
			if v.float() == 0 {
				return hkey{kind: 'f'}
			}
			return hkey{kind: 'f', n: v.n}
		case tagTrue:
			return hkey{kind: 't'}
		}
		return hkey{kind: 'F'}
	case *BigInt:
		return hkey{'b', 0, x.i.String()}
	}
	return hkey{'x', 0, th.encodeKey(v)}
}

// encodeKey writes a value so that eql? values give equal texts.
func (th *thread) encodeKey(v Value) string {
	var b []byte
	return string(th.appendKey(b, v))
}

func (th *thread) appendKey(b []byte, v Value) []byte {
	switch x := v.o.(type) {
	case *Array:
		th.deeper()
		defer func() { th.depth-- }()
		b = append(b, 'A')
		for _, e := range x.list(th) {
			th.steps--
			b = th.appendKey(b, e)
		}
		th.charge(len(b))
		return append(b, ']')
	case *Hash:
		th.deeper()
		defer func() { th.depth-- }()
		var parts []string
		for _, e := range x.entries(th) {
			if e.live {
				parts = append(parts, string(th.appendKey(th.appendKey(nil, e.k), e.v)))
			}
		}
		sortStrings(parts)
		return append(append(append(b, 'H'), strings.Join(parts, ",")...), '}')
	case *Range:
		b = append(b, 'R')
		if x.excl {
			b = append(b, '.')
		}
		return th.appendKey(th.appendKey(b, x.lo), x.hi)
	case *Class, *Proc, *Enumerator, *MatchData, *Exception:
		return strconv.AppendInt(append(b, 'O'), int64(th.inst.idOf(v.o)), 10)
	case *Regexp:
		return append(append(b, 'X'), x.toS()...)
	case nil, *String, *Symbol, *tag, *BigInt:
		k := th.hkey(v)
		b = append(b, k.kind)
		b = strconv.AppendUint(b, k.n, 36)
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(len(k.s)), 36)
		b = append(b, ':')
		return append(b, k.s...)
	}
	h := th.send(v, "hash")
	return append(append(b, 'h'), th.toS(h)...)
}

// hashOf is Object#hash.
func (th *thread) hashOf(v Value) Value {
	var b []byte
	b = th.appendKey(b, v)
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return Int(int64(h >> 2))
}

// entries returns the pairs; dead ones have live false.
func (h *Hash) entries(th *thread) []entry {
	if h.src != nil {
		h.load(th)
	}
	return h.ents
}

func (h *Hash) size(th *thread) int {
	if h.src != nil {
		h.load(th)
	}
	return h.live
}

// find returns the index of a key, or -1.
func (h *Hash) find(th *thread, k Value) int {
	if h.src != nil {
		h.load(th)
	}
	if h.byID {
		for i := range h.ents {
			if h.ents[i].live && h.ents[i].k.same(k) {
				return i
			}
		}
		return -1
	}
	if len(h.ents) > indexAbove {
		h.reindex(th)
		if i, ok := h.idx[th.hkey(k)]; ok {
			return int(i)
		}
		return -1
	}
	switch x := k.o.(type) {
	case *String:
		for i := range h.ents {
			if y, ok := h.ents[i].k.o.(*String); ok && h.ents[i].live && y.s == x.s {
				return i
			}
		}
		return -1
	case *Symbol:
		for i := range h.ents {
			if y, ok := h.ents[i].k.o.(*Symbol); ok && h.ents[i].live && y.name == x.name {
				return i
			}
		}
		return -1
	case *tag:
		if x != tagFloat {
			for i := range h.ents {
				if h.ents[i].k == k && h.ents[i].live {
					return i
				}
			}
			return -1
		}
	}
	if len(h.ents) == 0 {
		return -1
	}
	key := th.hkey(k)
	for i := range h.ents {
		if h.ents[i].live && th.hkey(h.ents[i].k) == key {
			return i
		}
	}
	return -1
}

func (h *Hash) findStr(th *thread, s string) int {
	if h.src != nil {
		h.load(th)
	}
	if len(h.ents) > indexAbove {
		h.reindex(th)
		if i, ok := h.idx[hkey{'s', 0, s}]; ok {
			return int(i)
		}
		return -1
	}
	for i := range h.ents {
		if y, ok := h.ents[i].k.o.(*String); ok && h.ents[i].live && y.s == s {
			return i
		}
	}
	return -1
}

func (h *Hash) reindex(th *thread) {
	if h.idx != nil {
		return
	}
	h.idx = make(map[hkey]int32, len(h.ents))
	for i := range h.ents {
		if h.ents[i].live {
			h.idx[th.hkey(h.ents[i].k)] = int32(i)
		}
	}
}

func (h *Hash) get(th *thread, k Value) (Value, bool) {
	if i := h.find(th, k); i >= 0 {
		return h.ents[i].v, true
	}
	return vNil, false
}

// index is h[k] with the default.
func (h *Hash) index(th *thread, k Value) Value {
	if i := h.find(th, k); i >= 0 {
		return h.ents[i].v
	}
	return h.missing(th, k)
}

func (h *Hash) indexStr(th *thread, s string) Value {
	if i := h.findStr(th, s); i >= 0 {
		return h.ents[i].v
	}
	if h.defProc == nil {
		return h.def
	}
	return h.missing(th, th.str(s))
}

func (h *Hash) missing(th *thread, k Value) Value {
	if h.defProc != nil {
		return th.yieldN(h.defProc, Value{o: h}, k)
	}
	return h.def
}

// set stores a pair; a String key is copied and frozen.
func (h *Hash) set(th *thread, k, v Value) {
	if s, ok := k.o.(*String); ok && !s.frozen && !h.byID {
		if i := h.find(th, k); i >= 0 {
			h.ents[i].v = v
			return
		}
		k = Value{o: &String{s: s.s, enc: s.enc, frozen: true}}
	}
	h.setKey(th, k, v)
}

func (h *Hash) setKey(th *thread, k, v Value) {
	if i := h.find(th, k); i >= 0 {
		h.ents[i].v = v
		return
	}
	if h.iter > 0 {
		th.raise(cRuntimeError, "can't add a new key into hash during iteration")
	}
	th.charge(96)
	if h.idx != nil {
		h.idx[th.hkey(k)] = int32(len(h.ents))
	}
	h.ents = append(h.ents, entry{k, v, true})
	h.live++
}

func (h *Hash) delete(th *thread, k Value) (Value, bool) {
	i := h.find(th, k)
	if i < 0 {
		return vNil, false
	}
	v := h.ents[i].v
	h.removeAt(th, i)
	return v, true
}

func (h *Hash) removeAt(th *thread, i int) {
	if h.idx != nil {
		delete(h.idx, th.hkey(h.ents[i].k))
	}
	h.live--
	if h.iter == 0 && i == len(h.ents)-1 {
		h.ents = h.ents[:i]
		return
	}
	h.ents[i] = entry{}
	if h.iter == 0 && len(h.ents) > 16 && h.live < len(h.ents)/2 {
		h.compact()
	}
	if h.iter == 0 && len(h.ents) <= 16 {
		h.compact()
	}
}

func (h *Hash) compact() {
	n := 0
	for _, e := range h.ents {
		if e.live {
			h.ents[n] = e
			n++
		}
	}
	clear(h.ents[n:])
	h.ents, h.idx = h.ents[:n], nil
}

func (h *Hash) clear() {
	h.ents, h.idx, h.live, h.src = nil, nil, 0, nil
}

func (h *Hash) dup(th *thread) *Hash {
	ents := h.entries(th)
	c := newHash(h.live)
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
	list := make([]Value, 0, h.size(th))
	for _, e := range h.entries(th) {
		if e.live {
			list = append(list, th.array([]Value{e.k, e.v}))
		}
	}
	th.charge(80 * len(list))
	return list
}

func hashSelf(v Value) *Hash { return v.o.(*Hash) }

// filterHash makes a Hash of the pairs that keep returns true for.
func (th *thread) filterHash(h *Hash, keep func(k, v Value) bool) Value {
	r := newHash(0)
	h.each(th, func(k, v Value) bool {
		if keep(k, v) {
			r.setKey(th, k, v)
		}
		return true
	})
	return Value{o: r}
}

// filterInPlace removes pairs; it tells whether there was one.
func (th *thread) filterInPlace(h *Hash, keep func(k, v Value) bool) bool {
	th.checkHash(h)
	n := h.size(th)
	h.iter++
	for i := 0; i < len(h.ents); i++ {
		if e := h.ents[i]; e.live && !keep(e.k, e.v) {
			h.removeAt(th, i)
		}
	}
	h.endIter()
	return h.live != n
}

func (th *thread) raiseKey(h Value, k Value) {
	e := th.newException(cKeyError, "key not found: %s", th.inspect(k))
	e.key, e.recv = k, h
	panic(e)
}

func init() {
	def := cHash.def
	cHash.sdef("new", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := newHash(0)
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
		h := newHash(0)
		if len(a) == 1 {
			switch x := a[0].o.(type) {
			case *Hash:
				c := x.dup(th)
				c.def, c.defProc, c.kw = vNil, nil, false
				return Value{o: c}
			case *Array:
				for _, p := range x.list(th) {
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
	def("[]= store", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		h.set(th, a[0], a[1])
		return a[1]
	})
	def("fetch", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if v, ok := h.get(th, a[0]); ok {
			return v
		}
		if blk != nil {
			return th.yield1(blk, a[0])
		}
		if len(a) > 1 {
			return a[1]
		}
		th.raiseKey(self, a[0])
		return vNil
	})
	def("dig", 1, -1, digAny)
	def("deconstruct_keys", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("key? has_key? include? member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(hashSelf(self).find(th, a[0]) >= 0)
	})
	def("value? has_value?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, e := range hashSelf(self).entries(th) {
			if e.live && th.equal(e.v, a[0]) {
				return vTrue
			}
		}
		return vFalse
	})
	def("key", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, e := range hashSelf(self).entries(th) {
			if e.live && th.equal(e.v, a[0]) {
				return e.k
			}
		}
		return vNil
	})
	def("keys", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := make([]Value, 0, h.size(th))
		for _, e := range h.entries(th) {
			if e.live {
				list = append(list, e.k)
			}
		}
		th.charge(24 * len(list))
		return th.array(list)
	})
	def("values", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := make([]Value, 0, h.size(th))
		for _, e := range h.entries(th) {
			if e.live {
				list = append(list, e.v)
			}
		}
		th.charge(24 * len(list))
		return th.array(list)
	})
	def("values_at", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := make([]Value, len(a))
		for i, k := range a {
			list[i] = h.index(th, k)
		}
		return th.array(list)
	})
	def("fetch_values", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		list := make([]Value, len(a))
		for i, k := range a {
			v, ok := h.get(th, k)
			if !ok {
				if blk == nil {
					th.raiseKey(self, k)
				}
				v = th.yield1(blk, k)
			}
			list[i] = v
		}
		return th.array(list)
	})
	def("size length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(hashSelf(self).size(th))) })
	def("empty?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(hashSelf(self).size(th) == 0) })
	def("each each_pair", 0, 0, hashEach)
	def("each_key", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_key")
		}
		hashSelf(self).each(th, func(k, v Value) bool { th.yield1(blk, k); return true })
		return self
	})
	def("each_value", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each_value")
		}
		hashSelf(self).each(th, func(k, v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	def("select filter", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "select")
		}
		return th.filterHash(hashSelf(self), func(k, v Value) bool { return th.yieldKV(blk, k, v).truthy() })
	})
	def("reject", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "reject")
		}
		return th.filterHash(hashSelf(self), func(k, v Value) bool { return !th.yieldKV(blk, k, v).truthy() })
	})
	def("select! filter! keep_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !th.filterInPlace(hashSelf(self), func(k, v Value) bool { return th.yieldKV(blk, k, v).truthy() }) {
			return vNil
		}
		return self
	})
	def("keep_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.filterInPlace(hashSelf(self), func(k, v Value) bool { return th.yieldKV(blk, k, v).truthy() })
		return self
	})
	def("reject!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !th.filterInPlace(hashSelf(self), func(k, v Value) bool { return !th.yieldKV(blk, k, v).truthy() }) {
			return vNil
		}
		return self
	})
	def("delete_if", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "delete_if")
		}
		th.filterInPlace(hashSelf(self), func(k, v Value) bool { return !th.yieldKV(blk, k, v).truthy() })
		return self
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
	def("delete", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		v, ok := h.delete(th, a[0])
		if !ok && blk != nil {
			return th.yield1(blk, a[0])
		}
		return v
	})
	def("merge", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self).dup(th)
		h.kw = false
		hashMerge(th, h, a, blk)
		return Value{o: h}
	})
	def("merge! update", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		hashMerge(th, h, a, blk)
		return self
	})
	def("replace initialize_copy", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		*h = *th.toHash(a[0]).dup(th)
		return self
	})
	def("to_h", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return self
		}
		r := newHash(0)
		hashSelf(self).each(th, func(k, v Value) bool {
			p := th.yieldKV(blk, k, v)
			th.addPair(r, p, -1)
			return true
		})
		return Value{o: r}
	})
	def("to_hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("to_a entries", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(th.toList(self)) })
	def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.inspect(self)) })
	def("to_proc", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: th.toProc(self)} })
	def("first", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 1
		if len(a) > 0 {
			n = th.intArg(a[0])
		}
		var list []Value
		for _, e := range hashSelf(self).entries(th) {
			if len(list) >= n {
				break
			}
			if e.live {
				list = append(list, th.array([]Value{e.k, e.v}))
			}
		}
		if len(a) > 0 {
			return th.array(list)
		}
		if len(list) == 0 {
			return vNil
		}
		return list[0]
	})
	def("shift", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		for i, e := range h.entries(th) {
			if e.live {
				h.removeAt(th, i)
				return th.array([]Value{e.k, e.v})
			}
		}
		// Ruby 3.1 gives the default.
		if h.defProc != nil {
			return th.yieldN(h.defProc, self, vNil)
		}
		return h.def
	})
	def("clear", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		h.clear()
		return self
	})
	def("invert", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := newHash(0)
		for _, e := range hashSelf(self).entries(th) {
			if e.live {
				r.set(th, e.v, e.k)
			}
		}
		return Value{o: r}
	})
	def("slice", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h, r := hashSelf(self), newHash(0)
		for _, k := range a {
			if v, ok := h.get(th, k); ok {
				r.set(th, k, v)
			}
		}
		return Value{o: r}
	})
	def("except", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := hashSelf(self).dup(th)
		r.def, r.defProc = vNil, nil
		for _, k := range a {
			r.delete(th, k)
		}
		return Value{o: r}
	})
	def("transform_values", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "transform_values")
		}
		r := newHash(0)
		hashSelf(self).each(th, func(k, v Value) bool {
			r.setKey(th, k, th.yield1(blk, v))
			return true
		})
		return Value{o: r}
	})
	def("transform_values!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		h.entries(th)
		for i := range h.ents {
			if h.ents[i].live {
				v := th.yield1(blk, h.ents[i].v)
				h.ents[i].v = v
			}
		}
		return self
	})
	transformKeys := func(th *thread, h *Hash, a []Value, blk *Proc) *Hash {
		r := newHash(0)
		var m *Hash
		if len(a) > 0 {
			m = th.toHash(a[0])
		}
		h.each(th, func(k, v Value) bool {
			nk := k
			if m != nil {
				if x, ok := m.get(th, k); ok {
					r.set(th, x, v)
					return true
				}
			}
			if blk != nil {
				nk = th.yield1(blk, k)
			}
			r.set(th, nk, v)
			return true
		})
		return r
	}
	def("transform_keys", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil && len(a) == 0 {
			return th.enumFor(self, "transform_keys")
		}
		return Value{o: transformKeys(th, hashSelf(self), a, blk)}
	})
	def("transform_keys!", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		th.checkHash(h)
		r := transformKeys(th, h, a, blk)
		h.ents, h.idx, h.live = r.ents, r.idx, r.live
		return self
	})
	def("compact", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.filterHash(hashSelf(self), func(k, v Value) bool { return !v.isNil() })
	})
	def("compact!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !th.filterInPlace(hashSelf(self), func(k, v Value) bool { return !v.isNil() }) {
			return vNil
		}
		return self
	})
	def("any?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if len(a) == 0 && blk == nil {
			return Bool(h.size(th) > 0)
		}
		found := false
		h.each(th, func(k, v Value) bool {
			if len(a) > 0 {
				found = th.caseEq(a[0], th.array([]Value{k, v}))
			} else {
				found = th.yieldPair(blk, k, v).truthy()
			}
			return !found
		})
		return Bool(found)
	})
	def("count", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if len(a) == 0 && blk == nil {
			return Int(int64(h.size(th)))
		}
		n := int64(0)
		h.each(th, func(k, v Value) bool {
			if len(a) > 0 && th.equal(a[0], th.array([]Value{k, v})) || len(a) == 0 && th.yieldPair(blk, k, v).truthy() {
				n++
			}
			return true
		})
		return Int(n)
	})
	def("map collect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "map")
		}
		h := hashSelf(self)
		list := make([]Value, 0, h.size(th))
		h.each(th, func(k, v Value) bool {
			list = append(list, th.yieldPair(blk, k, v))
			return true
		})
		return th.array(list)
	})
	def("find detect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := vNil
		hashSelf(self).each(th, func(k, v Value) bool {
			if th.yieldPair(blk, k, v).truthy() {
				r = th.array([]Value{k, v})
				return false
			}
			return true
		})
		return r
	})
	def("assoc", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
		if i := h.find(th, a[0]); i >= 0 {
			return th.array([]Value{h.ents[i].k, h.ents[i].v})
		}
		return vNil
	})
	def("rassoc", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for _, e := range hashSelf(self).entries(th) {
			if e.live && th.equal(e.v, a[0]) {
				return th.array([]Value{e.k, e.v})
			}
		}
		return vNil
	})
	def("flatten", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		depth := 1
		if len(a) > 0 {
			depth = th.intArg(a[0])
		}
		var out []Value
		th.flatten(&out, th.toList(self), depth)
		return th.array(out)
	})
	def("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.equal(self, a[0])) })
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.eql(self, a[0])) })
	subset := func(th *thread, x, y *Hash) bool {
		for _, e := range x.entries(th) {
			if e.live {
				if v, ok := y.get(th, e.k); !ok || !th.equal(e.v, v) {
					return false
				}
			}
		}
		return true
	}
	def("<=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(subset(th, hashSelf(self), th.toHash(a[0])))
	})
	def("<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := hashSelf(self), th.toHash(a[0])
		return Bool(x.size(th) < y.size(th) && subset(th, x, y))
	})
	def(">=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(subset(th, th.toHash(a[0]), hashSelf(self)))
	})
	def(">", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := hashSelf(self), th.toHash(a[0])
		return Bool(x.size(th) > y.size(th) && subset(th, y, x))
	})
	def("default", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return hashSelf(self).def })
	def("default=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := hashSelf(self)
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
		hashSelf(self).defProc = th.toProc(a[0])
		return a[0]
	})
	def("compare_by_identity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		hashSelf(self).byID = true
		return self
	})
	def("compare_by_identity?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(hashSelf(self).byID) })
	def("rehash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		hashSelf(self).idx = nil
		return self
	})
	def("sum", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var items []Value
		hashSelf(self).each(th, func(k, v Value) bool {
			if blk != nil {
				items = append(items, th.yieldPair(blk, k, v))
			} else {
				items = append(items, th.array([]Value{k, v}))
			}
			return true
		})
		return th.sum(items, a)
	})
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
	h.each(th, func(k, v Value) bool { th.yieldPair(blk, k, v); return true })
	return self
}

func hashMerge(th *thread, h *Hash, others []Value, blk *Proc) {
	for _, o := range others {
		for _, e := range th.toHash(o).entries(th) {
			if !e.live {
				continue
			}
			v := e.v
			if blk != nil {
				if old, ok := h.get(th, e.k); ok {
					v = th.yieldN(blk, e.k, old, v)
				}
			}
			h.set(th, e.k, v)
		}
	}
}

// addPair stores a [key, value] that a block or an array gave.
func (th *thread) addPair(h *Hash, p Value, at int) {
	arr, ok := p.o.(*Array)
	if !ok {
		if at < 0 {
			th.raise(cTypeError, "wrong element type %s (expected array)", classOf(p).real().name)
		}
		th.raise(cTypeError, "wrong element type %s at %d (expected array)", classOf(p).real().name, at)
	}
	l := arr.list(th)
	if len(l) != 2 {
		if at < 0 {
			th.raise(cArgumentError, "element has wrong array length (expected 2, was %d)", len(l))
		}
		th.raise(cArgumentError, "wrong array length at %d (expected 2, was %d)", at, len(l))
	}
	h.set(th, l[0], l[1])
}

func digAny(th *thread, self Value, a []Value, blk *Proc) Value {
	v := self
	for i, k := range a {
		switch x := v.o.(type) {
		case nil:
			return vNil
		case *Hash:
			v = x.index(th, k)
		case *Array:
			v = th.arrayAt(x, th.intArg(k))
		default:
			if !th.respondTo(v, "dig") {
				th.raise(cTypeError, "%s does not have #dig method", classOf(v).real().name)
			}
			return th.send(v, "dig", a[i:]...)
		}
	}
	return v
}
