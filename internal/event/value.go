package event

import (
	"math"
	"math/big"
	"strconv"
	"time"
	"unsafe"
)

// Kind is the type of a Value.
type Kind uint8

// The kinds. Missing is the zero Value: no value at all, which is not Null.
const (
	Missing Kind = iota
	Null
	Bool
	Int     // 64 bit
	BigInt  // an integer beyond 64 bit, kept as text
	Float   // 64 bit
	Decimal // an exact decimal number, kept as text (Logstash's BigDecimal)
	String
	Time // a LogStash::Timestamp, nanoseconds
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"missing", "null", "boolean", "integer", "big integer", "float", "decimal", "string", "timestamp", "array", "object"}[k]
}

type flags uint8

const (
	lazy     flags = 1 << iota // a number, array or object that is still its JSON text
	verbatim                   // a string whose bytes may stand between JSON quotes as they are
	escaped                    // a string that is still JSON text with backslashes
	symbol                     // a string that Ruby sees as a Symbol
	exact                      // a container that is still its text, in which numbers with a fraction are Decimal
)

// Value is one JSON-like value, 24 bytes, passed by value. It points into the memory
// of the Batch that it came from. The zero Value is Missing.
type Value struct {
	p   unsafe.Pointer // bytes of a text, *ObjectData or *ArrayData
	n   int64          // length of the text, the integer, the float's bits, or seconds since 1970
	aux uint32         // length of a number's text, nanoseconds, or a Node
	mark
}

// mark is a struct of its own because the compiler keeps a struct in registers only if
// it has at most four fields.
type mark struct {
	kind Kind
	flag flags
}

// NullValue is JSON's null.
var NullValue = Value{mark: mark{Null, 0}}

// BoolValue returns a boolean.
func BoolValue(b bool) Value {
	if b {
		return Value{mark: mark{Bool, 0}, n: 1}
	}
	return Value{mark: mark{Bool, 0}}
}

// IntValue returns an integer.
func IntValue(i int64) Value { return Value{mark: mark{Int, 0}, n: i} }

// FloatValue returns a float. NaN and infinities are allowed; JSON shows them as strings.
func FloatValue(f float64) Value { return Value{mark: mark{Float, 0}, n: int64(math.Float64bits(f))} }

// StringValue returns a string that shares the memory of s.
func StringValue(s string) Value {
	return Value{mark: mark{String, 0}, p: unsafe.Pointer(unsafe.StringData(s)), n: int64(len(s))}
}

// SymbolValue returns a string that Ruby sees as a Symbol.
func SymbolValue(s string) Value {
	v := StringValue(s)
	v.flag = symbol
	return v
}

// TimeValue returns a timestamp. The location of t is not kept.
func TimeValue(t time.Time) Value {
	return Value{mark: mark{Time, 0}, n: t.Unix(), aux: uint32(t.Nanosecond())}
}

// BigIntValue returns an integer of any size; one that fits is an Int.
func BigIntValue(i *big.Int) Value {
	if i.IsInt64() {
		return IntValue(i.Int64())
	}
	return numberText(BigInt, i.String())
}

// DecimalValue returns an exact decimal number given as JSON number text.
func DecimalValue(text string) Value { return numberText(Decimal, text) }

// NumberValue returns the value of a JSON number's text: an Int, BigInt or Float. An
// untouched number leaves as the text that it came with. The text must be valid.
func NumberValue(text string) Value {
	v, _ := number([]byte(text))
	return v
}

// ObjectValue returns a value that is o, not a copy.
func ObjectValue(o *ObjectData) Value { return Value{mark: mark{Object, 0}, p: unsafe.Pointer(o)} }

// ArrayValue returns a value that is a, not a copy.
func ArrayValue(a *ArrayData) Value { return Value{mark: mark{Array, 0}, p: unsafe.Pointer(a)} }

func numberText(kind Kind, text string) Value {
	return Value{mark: mark{kind, lazy}, p: unsafe.Pointer(unsafe.StringData(text)), aux: uint32(len(text))}
}

func lazyContainer(kind Kind, text []byte) Value {
	return Value{mark: mark{kind, lazy}, p: unsafe.Pointer(unsafe.SliceData(text)), n: int64(len(text))}
}

// Kind returns the type of the value.
func (v Value) Kind() Kind { return v.kind }

// Exists tells whether there is a value, null included.
func (v Value) Exists() bool { return v.kind != Missing }

// IsNil tells whether the value is null or missing.
func (v Value) IsNil() bool { return v.kind <= Null }

// IsSymbol tells whether Ruby sees the string as a Symbol.
func (v Value) IsSymbol() bool { return v.kind == String && v.flag&symbol != 0 }

// Bool returns a boolean's value, and false for any other kind.
func (v Value) Bool() bool { return v.kind == Bool && v.n != 0 }

// Int returns the value of an Int, and 0 for any other kind.
func (v Value) Int() int64 {
	if v.kind != Int {
		return 0
	}
	if v.flag&lazy == 0 {
		return v.n
	}
	i, _ := strconv.ParseInt(v.numText(), 10, 64)
	return i
}

// Float returns a number as a float, and 0 for what is no number.
func (v Value) Float() float64 {
	switch v.kind {
	case Float:
		if v.flag&lazy == 0 {
			return math.Float64frombits(uint64(v.n))
		}
	case Int:
		if v.flag&lazy == 0 {
			return float64(v.n)
		}
	case BigInt, Decimal:
	default:
		return 0
	}
	f, _ := strconv.ParseFloat(v.numText(), 64)
	return f
}

// Big returns an Int or BigInt as a big integer, and nil for any other kind.
func (v Value) Big() *big.Int {
	switch v.kind {
	case Int:
		return big.NewInt(v.Int())
	case BigInt:
		i, _ := new(big.Int).SetString(v.numText(), 10)
		return i
	}
	return nil
}

// NumberText returns the text of a BigInt or Decimal, and of a number that has kept the
// text it came with; "" for all others.
func (v Value) NumberText() string {
	if v.flag&lazy != 0 && v.kind >= Int && v.kind <= Decimal {
		return v.numText()
	}
	return ""
}

func (v Value) numText() string { return unsafe.String((*byte)(v.p), int(v.aux)) }

func (v Value) text() string { return unsafe.String((*byte)(v.p), int(v.n)) }

// Str returns a string's text, and "" for any other kind. It allocates only when the
// string is still JSON text with escapes; Event.Get returns none of these.
func (v Value) Str() string {
	if v.kind != String {
		return ""
	}
	if v.flag&escaped != 0 {
		return string(appendUnescaped(nil, v.text()))
	}
	return v.text()
}

// Time returns a timestamp in UTC, and the zero time for any other kind.
func (v Value) Time() time.Time {
	if v.kind != Time {
		return time.Time{}
	}
	return time.Unix(v.n, int64(v.aux)).UTC()
}

// Object returns the fields of an object, and nil for any other kind. What is still
// text is parsed into new memory, so changes to the result are seen in the event only
// if it came from Event.Get after Event.Open, or has been set.
func (v Value) Object() *ObjectData {
	if v.kind != Object {
		return nil
	}
	if v.flag&lazy != 0 {
		p := parser{src: v.lazyText(), exact: v.flag&exact != 0}
		return p.openObject()
	}
	return (*ObjectData)(v.p)
}

// Array returns the items of an array, and nil for any other kind, as Object does.
func (v Value) Array() *ArrayData {
	if v.kind != Array {
		return nil
	}
	if v.flag&lazy != 0 {
		p := parser{src: v.lazyText(), exact: v.flag&exact != 0}
		return p.openArray()
	}
	return (*ArrayData)(v.p)
}

func (v Value) lazyText() []byte { return unsafe.Slice((*byte)(v.p), int(v.n)) }

// Plain returns a string's text, if it is one and needs no work.
func (v Value) Plain() (text string, ok bool) {
	if v.kind != String || v.flag&escaped != 0 {
		return "", false
	}
	return v.text(), true
}

// IsText tells whether an object or array is still the text that it came as.
func (v Value) IsText() bool { return v.kind >= Array && v.flag&lazy != 0 }

// Clone returns a copy that shares no changeable memory with v. Texts are shared.
func (v Value) Clone() Value {
	if v.flag&lazy != 0 {
		return v
	}
	switch v.kind {
	case Object:
		return ObjectValue((*ObjectData)(v.p).Clone())
	case Array:
		a := (*ArrayData)(v.p)
		c := &ArrayData{Items: make([]Value, len(a.Items))}
		for i, item := range a.Items {
			c.Items[i] = item.Clone()
		}
		return ArrayValue(c)
	}
	return v
}

// Detach returns a deep copy that lives in memory of its own, so that it may be kept
// beyond the life of the batch.
func (v Value) Detach() Value {
	switch v.kind {
	case String:
		d := StringValue(string(append([]byte(nil), v.text()...)))
		d.flag = v.flag
		return d
	case Int, BigInt, Float, Decimal:
		if v.flag&lazy != 0 {
			return numberText(v.kind, string(append([]byte(nil), v.numText()...)))
		}
	case Object:
		if v.flag&lazy != 0 {
			d := lazyContainer(Object, append([]byte(nil), v.lazyText()...))
			d.flag = v.flag
			return d
		}
		o := &ObjectData{}
		for _, f := range (*ObjectData)(v.p).Fields() {
			o.Set(string(append([]byte(nil), f.Key...)), f.Value.Detach())
		}
		return ObjectValue(o)
	case Array:
		if v.flag&lazy != 0 {
			d := lazyContainer(Array, append([]byte(nil), v.lazyText()...))
			d.flag = v.flag
			return d
		}
		a := &ArrayData{}
		for _, item := range (*ArrayData)(v.p).Items {
			a.Items = append(a.Items, item.Detach())
		}
		return ArrayValue(a)
	}
	return v
}

// Equal tells whether two values are the same in kind and content. Objects are equal
// when they have equal fields in any order; numbers are equal by value within one kind.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind {
		return false
	}
	switch v.kind {
	case Bool:
		return v.n == w.n
	case Int:
		return v.Int() == w.Int()
	case Float:
		return v.Float() == w.Float()
	case BigInt, Decimal:
		return v.numText() == w.numText()
	case String:
		return v.Str() == w.Str()
	case Time:
		return v.n == w.n && v.aux == w.aux
	case Array:
		a, b := v.Array().Items, w.Array().Items
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if !a[i].Equal(b[i]) {
				return false
			}
		}
	case Object:
		a, b := v.Object(), w.Object()
		if a.Len() != b.Len() {
			return false
		}
		for _, f := range a.Fields() {
			if x, ok := b.Get(f.Key); !ok || !f.Value.Equal(x) {
				return false
			}
		}
	}
	return true
}
