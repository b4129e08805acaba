package ruby

import (
	"math"
	"math/big"
)

// splat is what *v expands to.
func (th *thread) splat(v Value) []Value {
	switch x := v.o.(type) {
	case *Array:
		return x.list(th)
	case nil:
		return nil
	case *String, *Symbol, *tag:
		return []Value{v}
	case *Hash:
		return th.toList(v)
	}
	if th.respondTo(v, "to_a") {
		if a, ok := th.send(v, "to_a").o.(*Array); ok {
			return a.list(th)
		}
	}
	return []Value{v}
}

// toAry is the implicit conversion of multiple assignment.
func (th *thread) toAry(v Value) []Value {
	switch x := v.o.(type) {
	case *Array:
		return x.list(th)
	case *Object:
		if r, ok := th.convert(v, "to_ary"); ok && !r.isNil() {
			a, ok := r.o.(*Array)
			if !ok {
				th.wrongConversion(v, "Array", "to_ary", r)
			}
			return a.list(th)
		}
	}
	return []Value{v}
}

func (th *thread) noConversion(v Value, to string) {
	what := classOf(v).real().name
	switch x := v.o.(type) {
	case nil:
		what = "nil"
	case *tag:
		switch x {
		case tagTrue:
			what = "true"
		case tagFalse:
			what = "false"
		}
	}
	if to == "Integer" && v.isNil() {
		th.raise(cTypeError, "no implicit conversion from nil to integer")
	}
	th.raise(cTypeError, "no implicit conversion of %s into %s", what, to)
}

// strArg is the implicit conversion to String.
func (th *thread) strArg(v Value) string { return th.stringArg(v).s }

func (th *thread) stringArg(v Value) *String {
	if s, ok := v.o.(*String); ok {
		return s
	}
	if s := th.tryString(v); s != nil {
		return s
	}
	th.noConversion(v, "String")
	return nil
}

// tryString is the conversion by to_str, or nil for what has none.
func (th *thread) tryString(v Value) *String {
	if s, ok := v.o.(*String); ok {
		return s
	}
	if r, ok := th.convert(v, "to_str"); ok && !r.isNil() {
		s, ok := r.o.(*String)
		if !ok {
			th.wrongConversion(v, "String", "to_str", r)
		}
		return s
	}
	return nil
}

// nameArg is a method or variable name: a Symbol or String.
func (th *thread) nameArg(v Value) string {
	switch x := v.o.(type) {
	case *Symbol:
		return x.name
	case *String:
		return x.s
	}
	th.raise(cTypeError, "%s is not a symbol nor a string", th.inspect(v))
	return ""
}

// intArg is the implicit conversion to a machine integer.
func (th *thread) intArg(v Value) int {
	switch x := v.o.(type) {
	case *tag:
		if x == tagInt {
			return int(v.int())
		}
		if x == tagFloat {
			f := v.float()
			if math.IsNaN(f) || math.Abs(f) >= 1<<62 {
				th.raise(cFloatDomainError, "%s", formatFloat(f))
			}
			return int(f)
		}
	case *BigInt:
		th.raise(cRangeError, "bignum too big to convert into `long'")
	case *Rational:
		return int(new(big.Int).Quo(x.r.Num(), x.r.Denom()).Int64())
	case *BigDecimal:
		return int(ratTrunc(x.r).Int64())
	case *Object:
		if r, ok := th.toInteger(v); ok {
			return th.intArg(r)
		}
	}
	th.noConversion(v, "Integer")
	return 0
}

// bigArg is the implicit conversion to an Integer of any size.
func (th *thread) bigArg(v Value) *big.Int {
	switch {
	case isInteger(v):
	case v.isFloat():
		v = th.floatToInt(math.Trunc(v.float()))
	default:
		if r, ok := th.toInteger(v); ok {
			return toBig(r)
		}
		return big.NewInt(int64(th.intArg(v)))
	}
	return toBig(v)
}

func (th *thread) classArg(v Value) *Class {
	c, ok := v.o.(*Class)
	if !ok {
		th.raise(cTypeError, "%s is not a class/module", th.inspect(v))
	}
	return c
}

func (th *thread) arrayArg(v Value) []Value {
	switch x := v.o.(type) {
	case *Array:
		return x.list(th)
	case *Object:
		if r, ok := th.convert(v, "to_ary"); ok && !r.isNil() {
			a, ok := r.o.(*Array)
			if !ok {
				th.wrongConversion(v, "Array", "to_ary", r)
			}
			return a.list(th)
		}
	case *Hash, *Enumerator:
		if th.respondTo(v, "to_ary") {
			return th.toAry(v)
		}
	}
	th.noConversion(v, "Array")
	return nil
}

func (th *thread) toHash(v Value) *Hash {
	switch x := v.o.(type) {
	case *Hash:
		return x
	case nil:
	default:
		if r, ok := th.convert(v, "to_hash"); ok && !r.isNil() {
			h, ok := r.o.(*Hash)
			if !ok {
				th.wrongConversion(v, "Hash", "to_hash", r)
			}
			return h
		}
	}
	th.noConversion(v, "Hash")
	return nil
}

func (th *thread) floatArg(v Value) float64 {
	switch x := v.o.(type) {
	case *tag:
		if x == tagInt {
			return float64(v.int())
		}
		if x == tagFloat {
			return v.float()
		}
	case *BigInt, *Rational, *BigDecimal:
		return th.toFloat(v)
	case nil:
		th.raise(cTypeError, "can't convert nil into Float")
	}
	if _, ok := v.o.(*String); !ok && th.respondTo(v, "to_f") {
		return th.floatArg(th.send(v, "to_f"))
	}
	if v.isTag(tagTrue) || v.isTag(tagFalse) {
		th.noConversion(v, "Float")
	}
	th.raise(cTypeError, "can't convert %s into Float", classOf(v).real().name)
	return 0
}

// raiseFrozen is what changing a frozen object does. It returns when the object is only
// sheltered, and is not frozen any more then.
func (th *thread) raiseFrozen(v Value) {
	if th.unshelter(v) {
		return
	}
	msg := "can't modify frozen " + classOf(v).real().name
	if _, ok := v.o.(*String); !ok {
		msg += ": " + th.inspect(v)
	}
	e := th.newException(cFrozenError, "%s", msg)
	e.recv = v
	panic(e)
}

// options takes the keyword arguments off the end of a core method's arguments.
func (th *thread) options(a []Value) ([]Value, *Hash) {
	if n := len(a); n > 0 {
		if h, ok := a[n-1].o.(*Hash); ok {
			return a[:n-1], h
		}
	}
	return a, nil
}

// optionsBehind is options for a method whose first argument may be a Hash itself.
func (th *thread) optionsBehind(a []Value) ([]Value, *Hash) {
	if len(a) < 2 {
		return a, nil
	}
	return th.options(a)
}

// opt returns an option, or Undef.
func (h *Hash) opt(th *thread, name string) Value {
	if h == nil {
		return vUndef
	}
	if v, ok := h.get(th, sym(name)); ok {
		return v
	}
	return vUndef
}

// convert calls a conversion such as to_str on an object of the script's classes that has
// it, be it by way of method_missing.
func (th *thread) convert(v Value, name string) (Value, bool) {
	if _, ok := v.o.(*Object); !ok {
		if v.o == nil || !th.respondTo(v, name) {
			return vNil, false
		}
		return th.send(v, name), true
	}
	cls := classOf(v)
	own := func(name string) bool {
		m := th.inst.find(cls, name)
		return m != nil && m.owner != mKernel && m.owner != cObject && m.owner != cBasicObject
	}
	switch {
	case own("respond_to?") && !th.send(v, "respond_to?", sym(name), vTrue).truthy():
		return vNil, false
	case th.inst.find(cls, name) != nil:
		return th.send(v, name), true
	case own("respond_to_missing?") && !th.send(v, "respond_to_missing?", sym(name), vTrue).truthy(), !own("method_missing"):
		return vNil, false
	}
	r, exc := th.try(func() Value { return th.send(v, "method_missing", sym(name)) }, cNoMethodError)
	return r, exc == nil
}

// toInteger is the conversion by to_int, which has to give an Integer.
func (th *thread) toInteger(v Value) (Value, bool) {
	if _, ok := v.o.(*Object); !ok {
		return vNil, false
	}
	r, ok := th.convert(v, "to_int")
	if ok && !isInteger(r) {
		th.wrongConversion(v, "Integer", "to_int", r)
	}
	return r, ok
}

func (th *thread) wrongConversion(v Value, to, name string, got Value) {
	from := classOf(v).real().name
	th.raise(cTypeError, "can't convert %s to %s (%s#%s gives %s)", from, to, from, name, classOf(got).real().name)
}

// tryArray is the conversion by to_ary; false for what has none.
func (th *thread) tryArray(v Value) ([]Value, bool) {
	if x, ok := v.o.(*Array); ok {
		return x.list(th), true
	}
	r, ok := th.convert(v, "to_ary")
	if !ok || r.isNil() {
		return nil, false
	}
	x, ok := r.o.(*Array)
	if !ok {
		th.wrongConversion(v, "Array", "to_ary", r)
	}
	return x.list(th), true
}
