package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// str returns a new String.
func (th *thread) str(s string) Value {
	p := th.arena.str()
	*p = String{s: s}
	return Value{o: p}
}

func (th *thread) strEnc(s string, enc encoding) Value {
	p := th.arena.str()
	*p = String{s: s, enc: enc}
	return Value{o: p}
}

// array returns a new Array that owns items.
func (th *thread) array(items []Value) Value { return Value{o: &Array{items: items}} }

// arrayOf returns a new Array with a copy of items.
func (th *thread) arrayOf(items []Value) Value {
	th.charge(24 * len(items))
	return Value{o: &Array{items: append([]Value(nil), items...)}}
}

func (th *thread) strings(list []string) Value {
	items := make([]Value, len(list))
	for i, s := range list {
		items[i] = th.str(s)
	}
	return th.array(items)
}

// toS is what interpolation does.
func (th *thread) toS(v Value) string {
	switch x := v.o.(type) {
	case nil:
		return ""
	case *String:
		return x.s
	case *Symbol:
		return x.name
	case *tag:
		switch x {
		case tagInt:
			return strconv.FormatInt(v.int(), 10)
		case tagFloat:
			return formatFloat(v.float())
		case tagTrue:
			return "true"
		case tagFalse:
			return "false"
		}
	case *BigInt:
		return x.i.String()
	case *Array, *Hash:
		if th.inst.patched == nil {
			return th.inspect(v)
		}
	case *Class:
		return th.className(x)
	}
	r := th.send(v, "to_s")
	if s, ok := r.o.(*String); ok {
		return s.s
	}
	return th.anyToS(v)
}

func (th *thread) className(c *Class) string {
	if c.single != nil {
		return "#<Class:" + th.inspect(*c.single) + ">"
	}
	if c.name == "" {
		return "#<Class:0x" + th.address(Value{o: c}) + ">"
	}
	return c.name
}

func (th *thread) address(v Value) string {
	return strconv.FormatUint(0x1000000000000+uint64(th.objectID(v))*8, 16)[1:]
}

// anyToS is Object#to_s.
func (th *thread) anyToS(v Value) string {
	return "#<" + th.className(classOf(v).real()) + ":0x0000" + th.address(v) + ">"
}

func (th *thread) inspect(v Value) string {
	switch x := v.o.(type) {
	case nil:
		return "nil"
	case *String:
		return inspectString(x)
	case *Symbol:
		return inspectSymbol(x.name)
	case *tag, *BigInt, *Class:
		return th.toS(v)
	case *Array:
		if len(x.list(th)) == 0 {
			return "[]"
		}
		if !th.enterNested(x) {
			return "[...]"
		}
		var b strings.Builder
		b.WriteByte('[')
		for i, e := range x.list(th) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(th.inspect(e))
			th.steps--
		}
		b.WriteByte(']')
		th.leaveNested()
		th.charge(b.Len())
		return b.String()
	case *Hash:
		if x.size(th) == 0 {
			return "{}"
		}
		if !th.enterNested(x) {
			return "{...}"
		}
		var b strings.Builder
		b.WriteByte('{')
		first := true
		for _, e := range x.entries(th) {
			if !e.live {
				continue
			}
			if !first {
				b.WriteString(", ")
			}
			first = false
			b.WriteString(th.inspect(e.k))
			b.WriteString("=>")
			b.WriteString(th.inspect(e.v))
			th.steps--
		}
		b.WriteByte('}')
		th.leaveNested()
		th.charge(b.Len())
		return b.String()
	}
	r := th.send(v, "inspect")
	if s, ok := r.o.(*String); ok {
		return s.s
	}
	return th.anyToS(v)
}

// enterNested remembers that a container is being walked; false when it contains itself.
func (th *thread) enterNested(o any) bool {
	for _, g := range th.guard {
		if g == o {
			return false
		}
	}
	th.deeper()
	th.guard = append(th.guard, o)
	return true
}

func (th *thread) leaveNested() {
	th.depth--
	th.guard = th.guard[:len(th.guard)-1]
}

// formatFloat is Float#to_s of JRuby: decimal from 1e-4 to below 1e19.
func formatFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	case f == 0:
		if math.Signbit(f) {
			return "-0.0"
		}
		return "0.0"
	}
	if f == 5e-324 || f == -5e-324 {
		// Java prints two digits at least.
		return strings.Replace(strconv.FormatFloat(f, 'g', -1, 64), "5e", "4.9e", 1)
	}
	digits := strconv.FormatFloat(math.Abs(f), 'e', -1, 64)
	mant, exps, _ := strings.Cut(digits, "e")
	exp, _ := strconv.Atoi(exps)
	mant = strings.Replace(mant, ".", "", 1)
	var s string
	switch {
	case exp < -4 || exp >= 19:
		frac := mant[1:]
		if frac == "" {
			frac = "0"
		}
		sign := "+"
		if exp < 0 {
			sign, exp = "-", -exp
		}
		s = mant[:1] + "." + frac + "e" + sign
		if exp < 10 {
			s += "0"
		}
		s += strconv.Itoa(exp)
	case exp < 0:
		s = "0." + strings.Repeat("0", -exp-1) + mant
	case len(mant) <= exp+1:
		s = mant + strings.Repeat("0", exp+1-len(mant)) + ".0"
	default:
		s = mant[:exp+1] + "." + mant[exp+1:]
	}
	if f < 0 {
		return "-" + s
	}
	return s
}

func appendInt(b []byte, i int64) []byte { return strconv.AppendInt(b, i, 10) }

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
			if th.respondTo(b, "coerce") {
				return th.equal(b, a)
			}
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
			th.steps--
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
			th.steps--
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
			th.steps--
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
	case nil, *tag:
		s = th.inspect(b)
	default:
		s = classOf(b).real().name
	}
	th.raise(cArgumentError, "comparison of %s with %s failed", classOf(a).real().name, s)
}

// caseEq is pattern === v.
func (th *thread) caseEq(p, v Value) bool {
	switch x := p.o.(type) {
	case *Class:
		if m := x.meta; m != nil && (m.methods["==="] != nil || th.inst.patched != nil) {
			break
		}
		return classIs(v, x)
	case *String, nil, *tag, *Symbol, *BigInt:
		return th.equal(p, v)
	case *Range:
		return th.covers(x, v)
	}
	return th.send(p, "===", v).truthy()
}

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
		if th.respondTo(v, "to_ary") {
			if a, ok := th.send(v, "to_ary").o.(*Array); ok {
				return a.list(th)
			}
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
	if _, ok := v.o.(*Object); ok && th.respondTo(v, "to_str") {
		if s, ok := th.send(v, "to_str").o.(*String); ok {
			return s
		}
	}
	th.noConversion(v, "String")
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
		if th.respondTo(v, "to_int") {
			return th.intArg(th.send(v, "to_int"))
		}
	}
	th.noConversion(v, "Integer")
	return 0
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
	case *Object, *Hash, *Enumerator:
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
		if th.respondTo(v, "to_hash") {
			if h, ok := th.send(v, "to_hash").o.(*Hash); ok {
				return h
			}
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
	th.raise(cTypeError, "can't convert %s into Float", classOf(v).real().name)
	return 0
}

// raiseFrozen is what changing a frozen object does.
func (th *thread) raiseFrozen(v Value) {
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
