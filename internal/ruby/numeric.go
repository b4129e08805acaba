package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Rational is an exact fraction.
type Rational struct{ r *big.Rat }

func (*Rational) class() *Class { return cRational }

func newRational(r *big.Rat) Value { return Value{o: &Rational{r}} }

func isNumber(v Value) bool {
	switch x := v.o.(type) {
	case *tag:
		return x == tagInt || x == tagFloat
	case *BigInt, *Rational, *BigDecimal:
		return true
	}
	return false
}

func isInteger(v Value) bool {
	if v.isInt() {
		return true
	}
	_, ok := v.o.(*BigInt)
	return ok
}

func (th *thread) toFloat(v Value) float64 {
	switch x := v.o.(type) {
	case *tag:
		if x == tagInt {
			return float64(v.int())
		}
		if x == tagFloat {
			return v.float()
		}
	case *BigInt:
		f, _ := new(big.Float).SetInt(x.i).Float64()
		return f
	case *Rational:
		f, _ := x.r.Float64()
		return f
	case *BigDecimal:
		f, _ := x.r.Float64()
		return f
	}
	return th.floatArg(v)
}

// toRat returns an exact number as a fraction.
func toRat(v Value) *big.Rat {
	switch x := v.o.(type) {
	case *tag:
		if x == tagInt {
			return new(big.Rat).SetInt64(v.int())
		}
		if r := new(big.Rat).SetFloat64(v.float()); r != nil {
			return r
		}
	case *BigInt:
		return new(big.Rat).SetInt(x.i)
	case *Rational:
		return x.r
	case *BigDecimal:
		return x.r
	}
	return new(big.Rat)
}

// numCmp compares two numbers; 2 when one is NaN.
func (th *thread) numCmp(a, b Value) int {
	if a.isFloat() || b.isFloat() {
		x, y := a, b
		if a.isFloat() && b.isFloat() {
			switch f, g := a.float(), b.float(); {
			case f < g:
				return -1
			case f > g:
				return 1
			case f == g:
				return 0
			}
			return 2
		}
		flip := 1
		if b.isFloat() {
			x, y, flip = b, a, -1
		}
		f := x.float()
		switch {
		case math.IsNaN(f):
			return 2
		case math.IsInf(f, 0):
			return flip * int(math.Copysign(1, f))
		}
		return flip * new(big.Rat).SetFloat64(f).Cmp(toRat(y))
	}
	if a.isInt() && b.isInt() {
		return cmpInt(a.int(), b.int())
	}
	return toRat(a).Cmp(toRat(b))
}

// maxBits limits how large an Integer may grow.
const maxBits = 1 << 22

func (th *thread) chargeBig(bits int) {
	if bits > maxBits {
		th.raise(cRangeError, "integer too big")
	}
	th.charge(bits / 8)
	th.work(bits / 8)
}

func (th *thread) add(a, b Value) Value {
	if a.isInt() && b.isInt() {
		if s := a.int() + b.int(); (s > a.int()) == (b.int() > 0) {
			return Int(s)
		}
	}
	return th.arith("+", a, b)
}

// arith computes a op b for + - * / % and the like, of any mix of numbers.
func (th *thread) arith(op string, a, b Value) Value {
	if !isNumber(b) {
		return th.coerce(op, a, b)
	}
	_, da := a.o.(*BigDecimal)
	_, db := b.o.(*BigDecimal)
	if da || db {
		return th.arithDecimal(op, a, b)
	}
	if a.isFloat() || b.isFloat() {
		return th.arithFloat(op, th.toFloat(a), th.toFloat(b))
	}
	_, ra := a.o.(*Rational)
	_, rb := b.o.(*Rational)
	if ra || rb {
		return th.arithRat(op, toRat(a), toRat(b))
	}
	x, y := toBig(a), toBig(b)
	r := new(big.Int)
	switch op {
	case "+":
		r.Add(x, y)
	case "-":
		r.Sub(x, y)
	case "*":
		th.chargeBig(x.BitLen() + y.BitLen())
		r.Mul(x, y)
	case "/", "div":
		if y.Sign() == 0 {
			th.raise(cZeroDivisionError, "divided by 0")
		}
		r = bigFloorDiv(x, y)
	case "%":
		if y.Sign() == 0 {
			th.raise(cZeroDivisionError, "divided by 0")
		}
		r.Sub(x, new(big.Int).Mul(bigFloorDiv(x, y), y))
	}
	return bigValue(r)
}

func bigFloorDiv(x, y *big.Int) *big.Int {
	q, m := new(big.Int).QuoRem(x, y, new(big.Int))
	if m.Sign() != 0 && (m.Sign() < 0) != (y.Sign() < 0) {
		q.Sub(q, big.NewInt(1))
	}
	return q
}

func (th *thread) arithFloat(op string, x, y float64) Value {
	switch op {
	case "+":
		return Float(x + y)
	case "-":
		return Float(x - y)
	case "*":
		return Float(x * y)
	case "/":
		return Float(x / y)
	case "%":
		if y == 0 {
			th.raise(cZeroDivisionError, "divided by 0")
		}
		if math.IsInf(y, 0) && !math.IsInf(x, 0) {
			if x == 0 || (x > 0) == (y > 0) {
				return Float(x)
			}
			return Float(y)
		}
		return Float(floatMod(x, y))
	}
	if y == 0 {
		th.raise(cZeroDivisionError, "divided by 0")
	}
	return th.floatToInt(math.Floor(x / y))
}

func (th *thread) arithRat(op string, x, y *big.Rat) Value {
	th.chargeBig(x.Denom().BitLen() + y.Denom().BitLen() + x.Num().BitLen() + y.Num().BitLen())
	r := new(big.Rat)
	switch op {
	case "+":
		return newRational(r.Add(x, y))
	case "-":
		return newRational(r.Sub(x, y))
	case "*":
		return newRational(r.Mul(x, y))
	}
	if y.Sign() == 0 {
		th.raise(cZeroDivisionError, "divided by 0")
	}
	q := r.Quo(x, y)
	if op == "/" {
		return newRational(q)
	}
	f := ratFloor(q)
	if op == "div" {
		return bigValue(f)
	}
	return newRational(new(big.Rat).Sub(x, new(big.Rat).Mul(y, new(big.Rat).SetInt(f))))
}

func ratFloor(r *big.Rat) *big.Int { return bigFloorDiv(r.Num(), r.Denom()) }

func ratTrunc(r *big.Rat) *big.Int { return new(big.Int).Quo(r.Num(), r.Denom()) }

// ratRound rounds half away from zero.
func ratRound(r *big.Rat) *big.Int {
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		return new(big.Int).Neg(ratRound(new(big.Rat).Neg(r)))
	}
	return ratFloor(new(big.Rat).Add(r, half))
}

func (th *thread) floatToInt(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		th.raise(cFloatDomainError, "%s", formatFloat(f))
	}
	if math.Abs(f) < 1<<62 {
		return Int(int64(f))
	}
	i, _ := new(big.Float).SetFloat64(f).Int(nil)
	return bigValue(i)
}

// coerce lets the right operand decide, or raises.
func (th *thread) coerce(op string, a, b Value) Value {
	if !b.isNil() && th.inst.find(classOf(b), "coerce") != nil {
		if p, ok := th.send(b, "coerce", a).o.(*Array); ok && len(p.list(th)) == 2 {
			if op == "div" {
				op = "div"
			}
			return th.send(p.items[0], op, p.items[1])
		}
	}
	what := classOf(b).real().name
	switch x := b.o.(type) {
	case nil:
		what = "nil"
	case *tag:
		if x == tagTrue || x == tagFalse {
			what = th.inspect(b)
		}
	}
	th.raise(cTypeError, "%s can't be coerced into %s", what, classOf(a).real().name)
	return vNil
}

func (th *thread) pow(a, b Value) Value {
	if !isNumber(b) {
		return th.coerce("**", a, b)
	}
	if d, ok := a.o.(*BigDecimal); ok && isInteger(b) {
		return th.powRat(d.r, b, func(r *big.Rat) Value { return Value{o: &BigDecimal{r: r}} })
	}
	if isInteger(a) && isInteger(b) {
		x, y := toBig(a), toBig(b)
		if y.Sign() >= 0 {
			if x.BitLen() > 1 {
				if !y.IsInt64() || y.Int64()*int64(x.BitLen()) > maxBits {
					return Float(inf)
				}
				th.chargeBig(int(y.Int64()) * x.BitLen())
			} else if x.BitLen() == 1 && x.Sign() < 0 {
				return Int([]int64{1, -1}[y.Bit(0)])
			} else if !y.IsInt64() || y.Int64() > 64 {
				y = big.NewInt(64)
				if x.Sign() == 0 {
					return Int(0)
				}
			}
			return bigValue(new(big.Int).Exp(x, y, nil))
		}
		if x.Sign() == 0 {
			th.raise(cZeroDivisionError, "divided by 0")
		}
		return th.powRat(new(big.Rat).SetInt(x), b, newRational)
	}
	if r, ok := a.o.(*Rational); ok && isInteger(b) {
		return th.powRat(r.r, b, newRational)
	}
	return Float(math.Pow(th.toFloat(a), th.toFloat(b)))
}

func (th *thread) powRat(r *big.Rat, b Value, mk func(*big.Rat) Value) Value {
	n := toBig(b)
	if !n.IsInt64() || n.Int64() > 1<<16 || n.Int64() < -1<<16 {
		th.raise(cRangeError, "exponent too big")
	}
	e := n.Int64()
	neg := e < 0
	if neg {
		e = -e
	}
	th.chargeBig(int(e) * (r.Num().BitLen() + r.Denom().BitLen()))
	num := new(big.Int).Exp(r.Num(), big.NewInt(e), nil)
	den := new(big.Int).Exp(r.Denom(), big.NewInt(e), nil)
	if neg {
		num, den = den, num
	}
	if den.Sign() == 0 {
		th.raise(cZeroDivisionError, "divided by 0")
	}
	return mk(new(big.Rat).SetFrac(num, den))
}

// roundFloat rounds to n decimals as JRuby: half away from zero, decided on the
// shortest decimal text of the number.
func (th *thread) roundFloat(f float64, n int, mode string) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || n > 17 {
		return f
	}
	d, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok {
		return f
	}
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
	q := roundRat(new(big.Rat).Mul(d, scale), mode)
	r, _ := new(big.Rat).Quo(new(big.Rat).SetInt(q), scale).Float64()
	return r
}

// roundRat rounds to an integer: "up" and "" half away from zero, "even", "down",
// "floor", "ceil", "trunc".
func roundRat(r *big.Rat, mode string) *big.Int {
	switch mode {
	case "floor":
		return ratFloor(r)
	case "ceil":
		return new(big.Int).Neg(ratFloor(new(big.Rat).Neg(r)))
	case "trunc":
		return ratTrunc(r)
	case "even", "down":
		fl := ratFloor(r)
		diff := new(big.Rat).Sub(r, new(big.Rat).SetInt(fl))
		switch diff.Cmp(big.NewRat(1, 2)) {
		case 0:
			up := new(big.Int).Add(fl, big.NewInt(1))
			if mode == "down" {
				if r.Sign() < 0 {
					return up
				}
				return fl
			}
			if fl.Bit(0) == 0 {
				return fl
			}
			return up
		}
	}
	return ratRound(r)
}

// roundTo is round, floor, ceil and truncate of any number.
func (th *thread) roundTo(v Value, a []Value, mode string) Value {
	a, opts := th.options(a)
	if h := opts.opt(th, "half"); !h.isUndef() && !h.isNil() {
		mode = th.nameArg(h)
		if mode != "up" && mode != "even" && mode != "down" {
			th.raise(cArgumentError, "invalid rounding mode: %s", mode)
		}
	}
	n := 0
	if len(a) > 0 {
		n = th.intArg(a[0])
	}
	if n > 400 || n < -4000 {
		if n > 0 {
			return v
		}
		return Int(0)
	}
	if v.isFloat() {
		f := v.float()
		if n > 0 {
			if f == 0 {
				return v
			}
			return Float(th.roundFloat(f, n, mode))
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			th.raise(cFloatDomainError, "%s", formatFloat(f))
		}
	}
	if isInteger(v) && n >= 0 {
		return v
	}
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil))
	r := toRat(v)
	if n > 0 {
		q := new(big.Rat).SetInt(roundRat(new(big.Rat).Mul(r, scale), mode))
		q.Quo(q, scale)
		if _, ok := v.o.(*BigDecimal); ok {
			return Value{o: &BigDecimal{r: q}}
		}
		return newRational(q)
	}
	if n < 0 {
		q := roundRat(new(big.Rat).Quo(r, scale), mode)
		return bigValue(q.Mul(q, scale.Num()))
	}
	return bigValue(roundRat(r, mode))
}

// parseInteger reads an Integer as Integer() does; ok is false when it is none.
func parseInteger(s string, base int) (*big.Int, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	neg := false
	t := s
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	t, base = intPrefix(t, base)
	if t == "" || t[0] == '_' || t[len(t)-1] == '_' || strings.Contains(t, "__") || t[0] == '-' || t[0] == '+' {
		return nil, false
	}
	t = strings.ReplaceAll(t, "_", "")
	if len(t) > 10000 {
		return nil, false
	}
	i, ok := new(big.Int).SetString(t, base)
	if !ok {
		return nil, false
	}
	if neg {
		i.Neg(i)
	}
	return i, true
}

func intPrefix(t string, base int) (string, int) {
	if len(t) > 1 && t[0] == '0' {
		b := 0
		switch t[1] | 0x20 {
		case 'x':
			b = 16
		case 'b':
			b = 2
		case 'o':
			b = 8
		case 'd':
			b = 10
		}
		switch {
		case b != 0 && (base == 0 || base == b):
			return t[2:], b
		case base == 0:
			return t[1:], 8
		}
	}
	if base == 0 {
		base = 10
	}
	return t, base
}

// leadingInt is String#to_i.
func leadingInt(s string, base int) Value {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	s, base = intPrefix(s, base)
	var digits []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '_' && i > 0 && s[i-1] != '_' && i+1 < len(s) {
			continue
		}
		d := 99
		switch {
		case isDigit(c):
			d = int(c - '0')
		case c >= 'a' && c <= 'z':
			d = int(c-'a') + 10
		case c >= 'A' && c <= 'Z':
			d = int(c-'A') + 10
		}
		if d >= base {
			break
		}
		digits = append(digits, c)
		if len(digits) > 20000 {
			break
		}
	}
	if len(digits) == 0 {
		return Int(0)
	}
	if len(digits) < 11 {
		n, _ := strconv.ParseInt(string(digits), base, 64)
		if neg {
			n = -n
		}
		return Int(n)
	}
	i, ok := new(big.Int).SetString(string(digits), base)
	if !ok {
		return Int(0)
	}
	if neg {
		i.Neg(i)
	}
	return bigValue(i)
}

// leadingFloat is String#to_f.
func leadingFloat(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	var b []byte
	i := 0
	take := func() {
		b = append(b, s[i])
		i++
	}
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		take()
	}
	digits := func() (n int) {
		for i < len(s) && (isDigit(s[i]) || s[i] == '_' && n > 0 && i+1 < len(s) && isDigit(s[i+1])) {
			if s[i] == '_' {
				i++
				continue
			}
			take()
			n++
		}
		return
	}
	n := digits()
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		take()
		n += digits()
	}
	if n == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '-' || s[j] == '+') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for i < j {
				take()
			}
			digits()
		}
	}
	f, _ := strconv.ParseFloat(string(b), 64)
	return f
}

// parseFloat reads a Float as Float() does.
func parseFloat(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	if s == "" || strings.Contains(s, "__") || s[0] == '_' || s[len(s)-1] == '_' {
		return 0, false
	}
	if i, ok := parseInteger(s, 0); ok && (strings.ContainsAny(s, "xXbBoO")) {
		f, _ := new(big.Float).SetInt(i).Float64()
		return f, true
	}
	t := strings.ReplaceAll(s, "_", "")
	for i := 0; i < len(t); i++ {
		c := t[i]
		ok := isDigit(c) || c == '-' || c == '+' || c|0x20 == 'e'
		if c == '.' {
			ok = i > 0 && isDigit(t[i-1]) && i+1 < len(t) && isDigit(t[i+1])
		}
		if !ok {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}
