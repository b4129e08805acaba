package ruby

import (
	"math"
	"math/big"
	"strings"
)

var inf = math.Inf(1)

func (th *thread) newRange(lo, hi Value, excl bool) Value {
	if !lo.isNil() && !hi.isNil() {
		if _, ok := th.cmp(lo, hi); !ok {
			th.raise(cArgumentError, "bad value for range")
		}
	}
	return Value{o: &Range{lo, hi, excl}}
}

// covers tells whether v lies between the bounds.
func (th *thread) covers(r *Range, v Value) bool {
	if !r.lo.isNil() {
		n, ok := th.tryCmp(r.lo, v)
		if !ok || n > 0 {
			return false
		}
	}
	if !r.hi.isNil() {
		n, ok := th.tryCmp(v, r.hi)
		if !ok || n > 0 || n == 0 && r.excl {
			return false
		}
	}
	return true
}

func (th *thread) tryCmp(a, b Value) (int, bool) {
	if m := th.inst.find(classOf(a), "<=>"); m == nil {
		return 0, false
	}
	return th.cmp(a, b)
}

// eachRange iterates; f returns false to stop.
func (th *thread) eachRange(r *Range, f func(Value) bool) {
	if r.lo.isInt() && (r.hi.isInt() || r.hi.isNil() || r.hi.isFloat()) {
		hi := int64(math.MaxInt64)
		switch {
		case r.hi.isInt():
			hi = r.hi.int()
		case r.hi.isFloat() && r.hi.float() < 1<<62:
			hi = int64(math.Floor(r.hi.float()))
			if r.excl && float64(hi) == r.hi.float() {
				hi--
			}
		}
		if r.excl && r.hi.isInt() {
			if hi == math.MinInt64 {
				return
			}
			hi--
		}
		for i := r.lo.int(); i <= hi; i++ {
			th.step()
			if !f(Int(i)) || i == math.MaxInt64 {
				return
			}
		}
		return
	}
	if lo, ok := r.lo.o.(*String); ok {
		hi, bounded := "", false
		if h, ok := r.hi.o.(*String); ok {
			hi, bounded = h.s, true
		}
		th.upto(lo.s, hi, bounded, r.excl, f)
		return
	}
	if r.lo.isNil() || r.lo.isFloat() || !th.respondTo(r.lo, "succ") {
		th.raise(cTypeError, "can't iterate from %s", classOf(r.lo).real().name)
	}
	for v := r.lo; ; v = th.send(v, "succ") {
		th.step()
		if !r.hi.isNil() {
			n := th.mustCmp(v, r.hi)
			if n > 0 || n == 0 && r.excl {
				return
			}
		}
		if !f(v) {
			return
		}
	}
}

// upto iterates over strings as String#upto does.
func (th *thread) upto(lo, hi string, bounded, excl bool, f func(Value) bool) {
	if bounded && isDigits(lo) && isDigits(hi) && len(lo) <= 18 && len(hi) <= 18 {
		a, b := parseDec(lo), parseDec(hi)
		for i := a; i < b || i == b && !excl; i++ {
			th.step()
			s := th.toS(Int(i))
			for len(s) < len(lo) {
				s = "0" + s
			}
			if !f(th.str(s)) {
				return
			}
		}
		return
	}
	if bounded && strings.Compare(lo, hi) > 0 {
		return
	}
	for s := lo; ; s = succString(s) {
		th.step()
		if bounded && s == hi {
			if !excl {
				f(th.str(s))
			}
			return
		}
		th.charge(len(s))
		if bounded && len(s) > len(hi) && s != lo || !f(th.str(s)) {
			return
		}
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func parseDec(s string) (n int64) {
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	return
}

// steps iterates from lo by step up to hi, as Numeric#step and Range#step do.
func (th *thread) stepsOver(lo, hi, step Value, excl bool, f func(Value) bool) {
	if lo.isFloat() || hi.isFloat() || step.isFloat() {
		a, s := th.toFloat(lo), th.toFloat(step)
		if s == 0 {
			th.raise(cArgumentError, "step can't be 0")
		}
		b := inf
		if !hi.isNil() {
			b = th.toFloat(hi)
		} else if s < 0 {
			b = -inf
		}
		n := (b - a) / s
		err := (math.Abs(a) + math.Abs(b) + math.Abs(b-a)) / math.Abs(s) * 2.220446049250313e-16
		n = math.Floor(n + math.Min(err, 0.5))
		if excl && a+n*s >= b {
			n--
		}
		for i := 0.0; i <= n; i++ {
			th.step()
			v := a + i*s
			if !excl && s > 0 && v > b {
				v = b
			}
			if !f(Float(v)) {
				return
			}
		}
		return
	}
	sign := th.mustCmp(step, Int(0))
	if sign == 0 {
		th.raise(cArgumentError, "step can't be 0")
	}
	for v := lo; ; {
		th.step()
		if !hi.isNil() {
			n := th.mustCmp(v, hi)
			if n*sign > 0 || n == 0 && excl {
				return
			}
		}
		if !f(v) {
			return
		}
		v = th.add(v, step)
	}
}

func init() {
	def := cRange.def
	rng := func(v Value) *Range { return v.o.(*Range) }
	cRange.sdef("new", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.newRange(a[0], a[1], len(a) > 2 && a[2].truthy())
	})
	def("each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "each")
		}
		th.eachRange(rng(self), func(v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	def("reverse_each", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "reverse_each")
		}
		l := th.list(self)
		for i := len(l) - 1; i >= 0; i-- {
			th.yield1(blk, l[i])
		}
		return self
	})
	def("begin", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return rng(self).lo })
	def("first", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if rng(self).lo.isNil() {
			th.raise(cRangeError, "cannot get the first element of beginless range")
		}
		if len(a) > 0 {
			if th.intArg(a[0]) < 0 {
				th.raise(cArgumentError, "negative array size (or size too big)")
			}
			return th.take(self, th.intArg(a[0]))
		}
		return rng(self).lo
	})
	def("end", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return rng(self).hi })
	def("last", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) > 0 {
			n := th.intArg(a[0])
			if n < 0 {
				th.raise(cArgumentError, "negative array size (or size too big)")
			}
			l := th.list(self)
			return th.arrayOf(l[max(len(l)-n, 0):])
		}
		if rng(self).hi.isNil() {
			th.raise(cRangeError, "cannot get the last element of endless range")
		}
		return rng(self).hi
	})
	minmax := func(sign int, name string) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			r := rng(self)
			if sign > 0 && r.hi.isNil() || sign < 0 && r.lo.isNil() || r.lo.isNil() && (blk != nil || len(a) > 0) {
				th.raise(cRangeError, "cannot get the %s of %s range", map[int]string{-1: "minimum", 1: "maximum"}[sign], map[bool]string{true: "beginless", false: "endless"}[r.lo.isNil()])
			}
			if r.lo.isNil() && !r.excl {
				return r.hi
			}
			if r.hi.isNil() { // the least of an endless range
				switch {
				case blk != nil:
					th.raise(cRangeError, "cannot get the minimum of endless range with custom comparison method")
				case len(a) > 0:
					return th.take(self, th.intArg(a[0]))
				}
				return r.lo
			}
			if blk != nil || len(a) > 0 || !isNumber(r.lo) || !isNumber(r.hi) {
				return th.extreme(th.list(self), a, blk, sign, false)
			}
			n := th.mustCmp(r.lo, r.hi)
			if n > 0 || n == 0 && r.excl {
				return vNil
			}
			if sign < 0 {
				return r.lo
			}
			if r.excl {
				if !r.hi.isInt() {
					th.raise(cTypeError, "cannot exclude non Integer end value")
				}
				return th.add(r.hi, Int(-1))
			}
			if r.lo.isInt() && r.hi.isFloat() {
				return r.hi
			}
			return r.hi
		}
	}
	def("min", 0, 1, minmax(-1, "min"))
	def("max", 0, 1, minmax(1, "max"))
	def("minmax", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array([]Value{minmax(-1, "")(th, self, nil, blk), minmax(1, "")(th, self, nil, blk)})
	})
	size := func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := rng(self)
		if r.lo.isInt() && r.hi.isNil() {
			return Float(inf)
		}
		if !isNumber(r.lo) || !isNumber(r.hi) {
			return vNil
		}
		hi := th.toFloat(r.hi)
		if math.IsInf(hi, 1) {
			return Float(inf)
		}
		n := int64(math.Floor(hi - th.toFloat(r.lo)))
		if r.lo.isInt() && r.hi.isInt() {
			n = r.hi.int() - r.lo.int()
		}
		if !(r.excl && float64(n) == hi-th.toFloat(r.lo)) {
			n++
		}
		return Int(max(n, 0))
	}
	def("size", 0, 0, size)
	def("count", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 && blk == nil && isNumber(rng(self).lo) {
			return size(th, self, nil, nil)
		}
		return mEnumerable.methods["count"].fn(th, self, a, blk)
	})
	def("exclude_end?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(rng(self).excl) })
	def("include? member? ===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := rng(self)
		if _, ok := r.lo.o.(*String); ok {
			s, ok := a[0].o.(*String)
			if !ok {
				return vFalse
			}
			if hi, ok := r.hi.o.(*String); ok && len(r.lo.o.(*String).s) == 1 && len(hi.s) == 1 {
				return Bool(len(s.s) == 1 && th.covers(r, a[0]))
			}
			found := false
			th.eachRange(r, func(v Value) bool { found = v.o.(*String).s == s.s; return !found })
			return Bool(found)
		}
		return Bool(th.covers(r, a[0]))
	})
	def("cover?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if in, ok := a[0].o.(*Range); ok {
			r := rng(self)
			return Bool(th.covers(r, in.lo) && (th.covers(r, in.hi) || in.excl && th.equal(in.hi, r.hi)))
		}
		return Bool(th.covers(rng(self), a[0]))
	})
	def("===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.covers(rng(self), a[0])) })
	step := func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil && len(a) > 0 && isNumber(a[0]) && isNumber(rng(self).lo) && th.mustCmp(a[0], Int(0)) < 0 {
			return th.enumFor(th.array(nil), "each") // an arithmetic sequence that goes nowhere
		}
		if blk == nil {
			return th.enumFor(self, "step", a...)
		}
		r := rng(self)
		by := Int(1)
		if len(a) > 0 {
			by = a[0]
		}
		if isNumber(r.lo) {
			if th.mustCmp(by, Int(0)) < 0 {
				th.raise(cArgumentError, "step can't be negative")
			}
			th.stepsOver(r.lo, r.hi, by, r.excl, func(v Value) bool { th.yield1(blk, v); return true })
			return self
		}
		i, n := 0, th.intArg(by)
		if n <= 0 {
			th.raise(cArgumentError, "step can't be 0")
		}
		th.eachRange(r, func(v Value) bool {
			if i%n == 0 {
				th.yield1(blk, v)
			}
			i++
			return true
		})
		return self
	}
	def("step", 0, 1, step)
	def("%", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "%", a...)
		}
		return step(th, self, a, blk)
	})
	def("sum", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := rng(self)
		if blk == nil && r.lo.isInt() && r.hi.isInt() {
			hi := new(big.Int).SetInt64(r.hi.int())
			if r.excl {
				hi.Sub(hi, big.NewInt(1))
			}
			lo := big.NewInt(r.lo.int())
			total := new(big.Int)
			if hi.Cmp(lo) >= 0 {
				n := new(big.Int).Sub(hi, lo)
				n.Add(n, big.NewInt(1))
				total.Add(hi, lo)
				total.Mul(total, n)
				total.Quo(total, big.NewInt(2))
			}
			v := bigValue(total)
			if len(a) > 0 {
				return th.add(a[0], v)
			}
			return v
		}
		return mEnumerable.methods["sum"].fn(th, self, a, blk)
	})
	def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := rng(self)
		return th.str(th.toS(r.lo) + dots(r) + th.toS(r.hi))
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := rng(self)
		lo, hi := "", ""
		if !r.lo.isNil() {
			lo = th.inspect(r.lo)
		}
		if !r.hi.isNil() {
			hi = th.inspect(r.hi)
		}
		if lo == "" && hi == "" {
			lo, hi = "nil", "nil"
		}
		return th.str(lo + dots(r) + hi)
	})
	def("to_a entries", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if rng(self).hi.isNil() {
			th.raise(cRangeError, "cannot convert endless range to an array")
		}
		return th.array(th.list(self))
	})
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r, ok := a[0].o.(*Range)
		s := rng(self)
		return Bool(ok && r.excl == s.excl && th.equal(r.lo, s.lo) && th.equal(r.hi, s.hi))
	})
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r, ok := a[0].o.(*Range)
		s := rng(self)
		return Bool(ok && r.excl == s.excl && th.eql(r.lo, s.lo) && th.eql(r.hi, s.hi))
	})
	def("bsearch", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.bsearch(rng(self), blk) })
}

func dots(r *Range) string {
	if r.excl {
		return "..."
	}
	return ".."
}
