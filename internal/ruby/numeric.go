package ruby

import (
	"math"
	"math/big"
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
	case *Symbol:
		what = th.inspect(b)
	case *tag:
		if x == tagTrue || x == tagFalse || x == tagFloat {
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
