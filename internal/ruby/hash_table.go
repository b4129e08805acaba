package ruby

import (
	"strconv"
	"strings"
)

// hkey identifies a key: two keys are eql? when their hkeys are equal.
type hkey struct {
	kind byte
	n    uint64
	s    string
}

const indexAbove = 16

// newHash returns an empty Hash with room for n pairs.
func (th *thread) newHash(n int) *Hash {
	h := th.arena.hash()
	if cap(h.ents) < n {
		h.ents = make([]entry, 0, n)
	}
	return h
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
			th.step()
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
				th.step()
				parts = append(parts, string(th.appendKey(th.appendKey(nil, e.k), e.v)))
				th.charge(len(parts[len(parts)-1]))
			}
		}
		sortStrings(parts)
		return append(append(append(b, 'H'), strings.Join(parts, ",")...), '}')
	case *Range:
		th.deeper()
		defer func() { th.depth-- }()
		th.step()
		n := len(b)
		b = append(b, 'R')
		if x.excl {
			b = append(b, '.')
		}
		b = th.appendKey(th.appendKey(b, x.lo), x.hi)
		th.charge(len(b) - n)
		return b
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
	if h.src != nil && !h.byID {
		if s, ok := k.o.(*String); ok {
			return h.indexStr(th, s.s)
		}
	}
	if i := h.find(th, k); i >= 0 {
		return h.ents[i].v
	}
	return h.missing(th, k)
}

func (h *Hash) indexStr(th *thread, s string) Value {
	if h.src != nil && h.defProc == nil && h.def.isNil() {
		if v, ok := th.peek(h.src, s); ok {
			return v
		}
	}
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
	if s, ok := k.o.(*String); ok && (!s.frozen || s.old) && !h.byID {
		if i := h.find(th, k); i >= 0 {
			h.ents[i].v = v
			return
		}
		k = th.frozenStr(s.s, s.enc)
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
	h.push(th, k, v)
}

// push adds a pair whose key is known not to be there.
func (h *Hash) push(th *thread, k, v Value) {
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
