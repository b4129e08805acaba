package ruby

import (
	"math"
	"math/big"
	"strings"
)

// equal is ==.
func (th *thread) equal(a, b Value) bool {
	switch x := a.o.(type) {
	case nil:
		return b.o == nil
	case *tag:
		switch x {
		case tagInt:
			if b.isInt() {
				return a.n == b.n
			}
			if b.isFloat() {
				return float64(a.int()) == b.float() && math.Abs(b.float()) <= 1<<53 || intFloatCmp(a.int(), b.float()) == 0
			}
		case tagFloat:
			if b.isFloat() {
				return a.float() == b.float()
			}
			if b.isInt() {
				return intFloatCmp(b.int(), a.float()) == 0
			}
		default:
			return a == b
		}
		switch b.o.(type) {
		case *BigInt, *Rational, *BigDecimal:
			return th.numCmp(a, b) == 0
		case *Object:
			return th.equal(b, a) // a number asks the other one
		}
		return false
	case *String:
		y, ok := b.o.(*String)
		return ok && x.s == y.s && x.comparable(y)
	case *Symbol:
		y, ok := b.o.(*Symbol)
		return ok && x.name == y.name
	case *BigInt:
		switch y := b.o.(type) {
		case *BigInt:
			return x.i.Cmp(y.i) == 0
		case *tag:
			return y == tagFloat && th.numCmp(a, b) == 0
		}
		return false
	case *Array:
		y, ok := b.o.(*Array)
		if !ok {
			return false
		}
		if x == y {
			return true
		}
		l, m := x.list(th), y.list(th)
		if len(l) != len(m) {
			return false
		}
		th.deeper()
		for i := range l {
			th.step()
			if i >= len(m) || !th.equal(l[i], m[i]) {
				th.depth--
				return false
			}
		}
		th.depth--
		return true
	case *Hash:
		y, ok := b.o.(*Hash)
		if !ok {
			return false
		}
		if x == y {
			return true
		}
		if x.size(th) != y.size(th) {
			return false
		}
		th.deeper()
		for _, e := range x.entries(th) {
			if !e.live {
				continue
			}
			th.step()
			if v, ok := y.get(th, e.k); !ok || !th.equal(e.v, v) {
				th.depth--
				return false
			}
		}
		th.depth--
		return true
	}
	return th.send(a, "==", b).truthy()
}

func intFloatCmp(i int64, f float64) int {
	switch {
	case math.IsNaN(f):
		return 2
	case math.IsInf(f, 1):
		return -1
	case math.IsInf(f, -1):
		return 1
	}
	return new(big.Float).SetInt64(i).Cmp(new(big.Float).SetFloat64(f))
}

// eql is eql?: the same class and value.
func (th *thread) eql(a, b Value) bool {
	switch x := a.o.(type) {
	case *tag:
		return a == b || x == tagFloat && b.isFloat() && a.float() == b.float()
	case *Array:
		y, ok := b.o.(*Array)
		if !ok {
			return false
		}
		l, m := x.list(th), y.list(th)
		if len(l) != len(m) {
			return false
		}
		th.deeper()
		defer func() { th.depth-- }()
		for i := range l {
			th.step()
			if !th.eql(l[i], m[i]) {
				return false
			}
		}
		return true
	case *Hash:
		y, ok := b.o.(*Hash)
		if !ok || x.size(th) != y.size(th) {
			return false
		}
		th.deeper()
		defer func() { th.depth-- }()
		for _, e := range x.entries(th) {
			th.step()
			if e.live {
				if v, ok := y.get(th, e.k); !ok || !th.eql(e.v, v) {
					return false
				}
			}
		}
		return true
	case nil, *String, *Symbol, *BigInt:
		return th.equal(a, b)
	}
	return th.send(a, "eql?", b).truthy()
}

// cmp is <=>; ok is false when the two cannot be compared.
func (th *thread) cmp(a, b Value) (n int, ok bool) {
	switch x := a.o.(type) {
	case *tag:
		if x == tagInt && b.isInt() {
			return cmpInt(a.int(), b.int()), true
		}
		if x == tagInt || x == tagFloat {
			if isNumber(b) {
				n := th.numCmp(a, b)
				return n, n != 2
			}
		} else if a == b {
			return 0, true
		}
		if o, is := b.o.(*Object); is && o.cls != nil && th.respondTo(b, "coerce") {
			n, ok := th.cmp(b, a)
			return -n, ok
		}
		return 0, false
	case *String:
		if y, is := b.o.(*String); is {
			return strings.Compare(x.s, y.s), true
		}
		return 0, false
	case *Symbol:
		if y, is := b.o.(*Symbol); is {
			return strings.Compare(x.name, y.name), true
		}
		return 0, false
	case *BigInt, *Rational, *BigDecimal:
		if isNumber(b) {
			n := th.numCmp(a, b)
			return n, n != 2
		}
		return 0, false
	case *Array:
		y, is := b.o.(*Array)
		if !is {
			return 0, false
		}
		l, m := x.list(th), y.list(th)
		th.deeper()
		defer func() { th.depth-- }()
		for i := range min(len(l), len(m)) {
			th.step()
			if n, ok := th.cmp(l[i], m[i]); !ok || n != 0 {
				return n, ok
			}
		}
		return cmpInt(int64(len(l)), int64(len(m))), true
	case nil:
		return 0, b.o == nil
	}
	r := th.send(a, "<=>", b)
	if r.isNil() {
		return 0, false
	}
	if r.isInt() {
		return cmpInt(r.int(), 0), true
	}
	return th.numCmp(r, Int(0)), true
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// mustCmp is <=> for sorting; what cannot be compared is an ArgumentError.
func (th *thread) mustCmp(a, b Value) int {
	n, ok := th.cmp(a, b)
	if !ok {
		th.raiseCmp(a, b)
	}
	return n
}

func (th *thread) raiseCmp(a, b Value) {
	s := ""
	switch b.o.(type) {
	case nil, *tag, *Symbol:
		s = th.inspect(b)
	default:
		s = classOf(b).real().label(th)
	}
	th.raise(cArgumentError, "comparison of %s with %s failed", classOf(a).real().label(th), s)
}

// caseEq is pattern === v.
func (th *thread) caseEq(p, v Value) bool {
	switch x := p.o.(type) {
	case *Class:
		if x.builtin && !x.ownEqq && th.inst.patched == nil {
			return classOf(v) == x || classIs(v, x)
		}
		if m := x.meta; m != nil && (m.methods["==="] != nil || th.inst.patched != nil) {
			break
		}
		return classIs(v, x)
	case *String, nil, *tag, *Symbol, *BigInt:
		return th.equal(p, v)
	case *Range:
		return th.covers(x, v)
	case *Regexp:
		if th.inst.patched == nil {
			return th.matchTo(th.cur, x, v)
		}
	}
	return th.send(p, "===", v).truthy()
}
