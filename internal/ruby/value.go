package ruby

import (
	"math"
	"math/big"
)

// Value is one Ruby value, 24 bytes, passed by value. nil, true, false, small integers
// and floats need no memory of their own; everything else is a pointer in o. The zero
// Value is nil.
type Value struct {
	o object
	n uint64 // an integer, or a float's bits
}

// object is what a Value points to.
type object interface{ class() *Class }

// tag marks the values that live in the Value itself.
type tag struct {
	cls  *Class
	kind kind
}

func (t *tag) class() *Class { return t.cls }

var (
	tagTrue  = &tag{cTrueClass, trueKind}
	tagFalse = &tag{cFalseClass, falseKind}
	tagInt   = &tag{cInteger, intKind}
	tagFloat = &tag{cFloat, floatKind}
	tagJump  = &tag{} // the result of next, break, return: see frame.jump
	tagUndef = &tag{} // no value: an argument that was not given
)

var (
	vNil   = Value{}
	vTrue  = Value{o: tagTrue}
	vFalse = Value{o: tagFalse}
	vJump  = Value{o: tagJump}
	vUndef = Value{o: tagUndef}
)

// Int returns an Integer.
func Int(i int64) Value { return Value{tagInt, uint64(i)} }

// Float returns a Float.
func Float(f float64) Value { return Value{tagFloat, math.Float64bits(f)} }

// Bool returns true or false.
func Bool(b bool) Value {
	if b {
		return vTrue
	}
	return vFalse
}

func (v Value) isNil() bool { return v.o == nil }

func (v Value) truthy() bool {
	if v.o == nil {
		return false
	}
	t, _ := v.o.(*tag)
	return t != tagFalse
}

func (v Value) isTag(t *tag) bool {
	x, _ := v.o.(*tag)
	return x == t
}

func (v Value) isInt() bool    { return v.isTag(tagInt) }
func (v Value) isFloat() bool  { return v.isTag(tagFloat) }
func (v Value) isUndef() bool  { return v.isTag(tagUndef) }
func (v Value) isJump() bool   { return v.isTag(tagJump) }
func (v Value) int() int64     { return int64(v.n) }
func (v Value) float() float64 { return math.Float64frombits(v.n) }

// same is Ruby's equal?: one object.
func (v Value) same(w Value) bool {
	if a, ok := v.o.(*Symbol); ok {
		b, ok := w.o.(*Symbol)
		return ok && a.name == b.name
	}
	return v == w
}

// Symbol is a name. Two symbols of one name are the same to a script, though they may
// be two objects here, so that names made of data need no table that grows.
type Symbol struct{ name string }

func (*Symbol) class() *Class { return cSymbol }

func sym(name string) Value { return Value{o: &Symbol{name}} }

// BigInt is an Integer beyond 64 bits.
type BigInt struct{ i *big.Int }

func (*BigInt) class() *Class { return cInteger }

// bigValue returns an Integer of any size.
func bigValue(i *big.Int) Value {
	if i.IsInt64() {
		return Int(i.Int64())
	}
	return Value{o: &BigInt{i}}
}

// negate turns a number literal around.
func negate(v Value) Value {
	switch {
	case v.isInt() && v.int() != math.MinInt64:
		return Int(-v.int())
	case v.isFloat():
		return Float(-v.float())
	}
	if r, ok := v.o.(*Rational); ok {
		return newRational(new(big.Rat).Neg(r.r))
	}
	return bigValue(new(big.Int).Neg(toBig(v)))
}

func toBig(v Value) *big.Int {
	if b, ok := v.o.(*BigInt); ok {
		return b.i
	}
	return big.NewInt(v.int())
}

// Array is a list. items is nil while ev is still to be converted.
type Array struct {
	items  []Value
	frozen bool
	old    bool    // see shelter
	src    *origin // what it is a view of, until somebody looks inside
}

func (*Array) class() *Class { return cArray }

// Range is lo..hi; nil bounds are open.
type Range struct {
	lo, hi Value
	excl   bool
}

func (*Range) class() *Class { return cRange }

// Object is an instance of a class without a Go type of its own.
type Object struct {
	cls    *Class
	ivars  []ivar
	frozen bool
	meta   *Class // its singleton class
	data   any    // what a native class keeps in it
}

type ivar struct {
	name string
	v    Value
}

func (o *Object) class() *Class {
	if o.meta != nil {
		return o.meta
	}
	return o.cls
}

func (o *Object) get(name string) (Value, bool) {
	for i := range o.ivars {
		if o.ivars[i].name == name {
			return o.ivars[i].v, true
		}
	}
	return vNil, false
}

func (o *Object) set(name string, v Value) {
	for i := range o.ivars {
		if o.ivars[i].name == name {
			o.ivars[i].v = v
			return
		}
	}
	o.ivars = append(o.ivars, ivar{name, v})
}

// Proc is a block, a proc or a lambda.
type Proc struct {
	body   *blockBody
	up     *frame // where it was written
	self   Value
	native func(th *thread, args []Value, blk *Proc) Value
	arity  int // of a native
	lambda bool
	brk    *breakTag
	method *Method // of Method#to_proc
	symbol string  // of &:name
	owner  *Class  // self is an instance of it: define_method, class_eval
	lent   bool    // there for the call only that has it as its block: see keepBlock
}

func (*Proc) class() *Class { return cProc }

// MethodObj is what obj.method(:name) returns, or unbound what Class#instance_method
// returns.
type MethodObj struct {
	recv    Value
	m       *Method
	unbound bool
}

func (m *MethodObj) class() *Class {
	if m.unbound {
		return cUnboundMethod
	}
	return cMethod
}
