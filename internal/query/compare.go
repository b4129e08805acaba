package query

import (
	"cmp"
	"math"
	"math/big"
	"strings"

	"sluice/internal/event"
)

// class is the type bracket of a value: MongoDB compares only within one. Their order is
// that of MongoDB's comparison of documents.
type class uint8

const (
	none class = iota // missing
	null
	number
	text
	object
	array
	boolean
	date
)

var classes = [...]class{
	event.Missing: none, event.Null: null, event.Bool: boolean, event.Int: number, event.BigInt: number,
	event.Float: number, event.Decimal: number, event.String: text, event.Time: date, event.Array: array, event.Object: object,
}

func classOf(v event.Value) class { return classes[v.Kind()] }

// compare orders two values. comparable is false for what has no order to each other:
// values of different brackets, and NaN with other numbers.
func compare(a, b event.Value) (order int, comparable bool) {
	if c := classOf(a); c != classOf(b) {
		return cmp.Compare(c, classOf(b)), false
	}
	switch classOf(a) {
	case number:
		return compareNumbers(a, b)
	case text:
		return strings.Compare(a.Str(), b.Str()), true
	case boolean:
		return cmp.Compare(truth(a), truth(b)), true
	case date:
		return a.Time().Compare(b.Time()), true
	case array:
		return compareItems(a.Array().Items, b.Array().Items), true
	case object:
		return compareFields(a.Object().Fields(), b.Object().Fields()), true
	}
	return 0, true
}

func truth(v event.Value) int {
	if v.Bool() {
		return 1
	}
	return 0
}

// total is compare for values inside arrays and objects, which all have an order.
func total(a, b event.Value) int {
	order, ok := compare(a, b)
	if ok || classOf(a) != classOf(b) {
		return order
	}
	return cmp.Compare(a.Float(), b.Float()) // NaN comes before all numbers
}

func compareItems(a, b []event.Value) int {
	for i := range min(len(a), len(b)) {
		if order := total(a[i], b[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareFields compares documents as MongoDB does: their fields in order, each by type,
// name and value.
func compareFields(a, b []event.Field) int {
	for i := range min(len(a), len(b)) {
		x, y := &a[i], &b[i]
		order := cmp.Compare(classOf(x.Value), classOf(y.Value))
		if order == 0 {
			order = strings.Compare(x.Key, y.Key)
		}
		if order == 0 {
			order = total(x.Value, y.Value)
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

// exactInts is how far every integer is a float64 of its own.
const exactInts = 1 << 53

func compareNumbers(a, b event.Value) (order int, comparable bool) {
	if a.Kind() == event.Int && b.Kind() == event.Int {
		return cmp.Compare(a.Int(), b.Int()), true
	}
	x, y := a.Float(), b.Float()
	if math.IsNaN(x) || math.IsNaN(y) {
		return 0, math.IsNaN(x) && math.IsNaN(y)
	}
	if exact(a, x) && exact(b, y) || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return cmp.Compare(x, y), true
	}
	if x != y && math.Abs(x-y) > math.Max(math.Abs(x), math.Abs(y))*1e-12 {
		return cmp.Compare(x, y), true // rounding cannot have changed their order
	}
	return rational(a, x).Cmp(rational(b, y)), true
}

// exact tells whether the float is the number itself.
func exact(v event.Value, f float64) bool {
	return v.Kind() == event.Float || v.Kind() == event.Int && math.Abs(f) < exactInts
}

// rational returns the number without loss. Numbers so large or so small that this would
// take much memory are taken as floats.
func rational(v event.Value, f float64) *big.Rat {
	if v.Kind() == event.Int {
		return new(big.Rat).SetInt64(v.Int())
	}
	if t := v.NumberText(); v.Kind() != event.Float && t != "" && len(t) < 1000 && !strings.ContainsAny(t, "eE") {
		if r, ok := new(big.Rat).SetString(t); ok {
			return r
		}
	}
	r := new(big.Rat)
	r.SetFloat64(f)
	return r
}
