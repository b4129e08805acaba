package ruby

// kind tells the values of a few core classes apart, quicker than their class does.
type kind uint8

const (
	otherKind kind = iota
	nilKind
	trueKind
	falseKind
	intKind
	floatKind
	stringKind
	symbolKind
	arrayKind
	hashKind
)

// kindOf returns otherKind for the values of all other classes.
func kindOf(v Value) kind {
	switch x := v.o.(type) {
	case nil:
		return nilKind
	case *tag:
		return x.kind
	case *String:
		return stringKind
	case *Array:
		return arrayKind
	case *Hash:
		if x.cls == nil {
			return hashKind
		}
	case *Symbol:
		return symbolKind
	}
	return otherKind
}

// kinds is a set of kinds.
type kinds uint16

func (s kinds) has(k kind) bool { return s>>k&1 != 0 }

var classOfKind = [...]*Class{nilKind: cNilClass, trueKind: cTrueClass, falseKind: cFalseClass, intKind: cInteger,
	floatKind: cFloat, stringKind: cString, symbolKind: cSymbol, arrayKind: cArray, hashKind: cHash}

// kindsOf returns the kinds whose values are instances of a class.
func kindsOf(c *Class) kinds {
	var s kinds
	for k, of := range classOfKind {
		if of != nil && of.isA(c) {
			s |= 1 << k
		}
	}
	return s
}
