package ruby

import (
	"math"
	"strconv"
)

// str returns a new String.
func (th *thread) str(s string) Value {
	p := th.arena.strs.take()
	*p = String{s: s}
	return Value{o: p}
}

func (th *thread) strEnc(s string, enc encoding) Value {
	p := th.arena.strs.take()
	*p = String{s: s, enc: enc}
	return Value{o: p}
}

func (th *thread) frozenStr(s string, enc encoding) Value {
	p := th.arena.strs.take()
	*p = String{s: s, enc: enc, frozen: true}
	return Value{o: p}
}

// array returns a new Array that owns items.
func (th *thread) array(items []Value) Value {
	a := th.arena.arrays.take()
	*a = Array{items: items}
	return Value{o: a}
}

// pair returns a new Array of two values.
func (th *thread) pair(a, b Value) Value {
	items := th.arena.values(2)
	items[0], items[1] = a, b
	return th.array(items)
}

// arrayOf returns a new Array with a copy of items.
func (th *thread) arrayOf(items []Value) Value {
	th.charge(24 * len(items))
	list := th.arena.values(len(items))
	copy(list, items)
	return th.array(list)
}

func (th *thread) strings(list []string) Value {
	items := th.arena.values(len(list))
	for i, s := range list {
		items[i] = th.str(s)
	}
	return th.array(items)
}

func appendInt(b []byte, i int64) []byte { return strconv.AppendInt(b, i, 10) }

func (th *thread) objectID(v Value) int {
	switch x := v.o.(type) {
	case nil:
		return 8
	case *tag:
		switch x {
		case tagTrue:
			return 20
		case tagFalse:
			return 0
		case tagInt:
			return int(2*v.int() + 1)
		}
		return int(v.n)
	case *Symbol:
		h := 14695981039346656037 & math.MaxInt64
		for i := range len(x.name) {
			h = (h ^ int(x.name[i])) * 1099511628211 & math.MaxInt64
		}
		return h
	}
	return th.inst.idOf(v.o)
}
