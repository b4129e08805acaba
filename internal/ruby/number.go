package ruby

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

func intMethods() {
	def := cInteger.def
	binary := func(op string) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value { return th.arith(op, self, a[0]) }
	}
	for _, c := range []*Class{cInteger, cFloat, cRational, cBigDecimal} {
		for _, op := range []string{"+", "-", "*", "/", "%"} {
			c.def(op, 1, 1, binary(op))
		}
		c.def("modulo", 1, 1, binary("%"))
		c.def("div", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			v := th.arith("div", self, a[0])
			if v.isFloat() {
				return th.floatToInt(math.Floor(v.float()))
			}
			return v
		})
		c.def("**", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.pow(self, a[0]) })
		c.def("divmod", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			q := th.arith("div", self, a[0])
			m := th.arith("%", self, a[0])
			if m.isFloat() {
				// The quotient fits the remainder, whatever rounding did to x / y.
				if y := th.toFloat(a[0]); !math.IsInf(y, 0) {
					q = Float(math.Round((th.toFloat(self) - m.float()) / y))
				}
				if q.isFloat() {
					q = th.floatToInt(math.Floor(q.float()))
				}
			}
			return th.array([]Value{q, m})
		})
		c.def("remainder", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			m := th.arith("%", self, a[0])
			if th.mustCmp(m, Int(0)) != 0 && (th.mustCmp(self, Int(0)) < 0) != (th.mustCmp(a[0], Int(0)) < 0) {
				return th.arith("-", m, a[0])
			}
			return m
		})
		c.def("fdiv", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			_, big := self.o.(*BigInt)
			if isInteger(a[0]) && isInteger(self) && (big || !a[0].isInt()) && th.numCmp(a[0], Int(0)) != 0 {
				th.work(toBig(self).BitLen() * toBig(a[0]).BitLen())
				f, _ := quotient(self, a[0]).Float64() // the nearest float of the exact quotient
				return Float(f)
			}
			return Float(th.toFloat(self) / th.toFloat(a[0]))
		})
		c.def("-@", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if d, ok := self.o.(*BigDecimal); ok {
				return Value{o: &BigDecimal{r: new(big.Rat).Neg(d.r)}}
			}
			return negate(self)
		})
		c.def("abs magnitude", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if self.isFloat() {
				return Float(math.Abs(self.float()))
			}
			if th.mustCmp(self, Int(0)) < 0 {
				return th.send(self, "-@")
			}
			return self
		})
		c.def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			n, ok := th.cmp(self, a[0])
			if !ok {
				return vNil
			}
			return Int(int64(n))
		})
		c.def("== ===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if isNumber(a[0]) {
				return Bool(th.numCmp(self, a[0]) == 0)
			}
			return Bool(th.equal(self, a[0]))
		})
		cmpOp := func(test func(n int) bool) native {
			return func(th *thread, self Value, a []Value, blk *Proc) Value {
				if isNumber(a[0]) {
					n := th.numCmp(self, a[0])
					return Bool(n != 2 && test(n))
				}
				n, ok := th.cmp(self, a[0])
				if !ok {
					th.raiseCmp(self, a[0])
				}
				return Bool(test(n))
			}
		}
		c.def("<", 1, 1, cmpOp(func(n int) bool { return n < 0 }))
		c.def(">", 1, 1, cmpOp(func(n int) bool { return n > 0 }))
		c.def("<=", 1, 1, cmpOp(func(n int) bool { return n <= 0 }))
		c.def(">=", 1, 1, cmpOp(func(n int) bool { return n >= 0 }))
		for _, mode := range []string{"round", "floor", "ceil", "truncate"} {
			m := map[string]string{"round": "", "floor": "floor", "ceil": "ceil", "truncate": "trunc"}[mode]
			c.def(mode, 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.roundTo(self, a, m) })
		}
		c.def("to_f", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(th.toFloat(self)) })
		c.def("to_i to_int", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if self.isFloat() {
				return th.floatToInt(math.Trunc(self.float()))
			}
			if isInteger(self) {
				return self
			}
			return bigValue(ratTrunc(toRat(self)))
		})
		c.def("to_r", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return newRational(th.exactRat(self)) })
		c.def("rationalize", 0, 1, rationalize)
		c.def("coerce", 1, 1, coerce)
		c.def("zero?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.numCmp(self, Int(0)) == 0) })
		c.def("positive?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.numCmp(self, Int(0)) == 1) })
		c.def("negative?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(th.numCmp(self, Int(0)) == -1) })
		c.def("nonzero?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if th.numCmp(self, Int(0)) == 0 {
				return vNil
			}
			return self
		})
		c.def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if r := toRat(self); r != nil && !isInteger(self) && !self.isFloat() {
				return th.hashOf(th.str("r" + r.String()))
			}
			return th.hashOf(self)
		})
		c.def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			return Bool(classOf(self) == classOf(a[0]) && th.numCmp(self, a[0]) == 0)
		})
	}
	cNumeric.def("+@", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	cNumeric.def("integer?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(isInteger(self)) })
	cNumeric.def("real? real", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vTrue })
	cNumeric.def("finite?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(!self.isFloat() || !math.IsInf(self.float(), 0) && !math.IsNaN(self.float()))
	})
	cNumeric.def("infinite?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if self.isFloat() && math.IsInf(self.float(), 0) {
			return Int(int64(math.Copysign(1, self.float())))
		}
		return vNil
	})
	cFloat.def("nan?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(math.IsNaN(self.float())) })
	cFloat.def("next_float", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Float(math.Nextafter(self.float(), inf))
	})
	cFloat.def("prev_float", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Float(math.Nextafter(self.float(), -inf))
	})
	cFloat.def("quo", 1, 1, binary("/"))
	cInteger.def("quo", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.arith("/", newRational(toRat(self)), a[0])
	})
	cFloat.def("to_s inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(formatFloat(self.float())) })
	cNumeric.def("dup clone", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	cNumeric.def("step", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "step", a...)
		}
		pos, opts := th.options(a)
		limit, by := vNil, Int(1)
		if len(pos) > 0 {
			limit = pos[0]
		}
		if len(pos) > 1 {
			by = pos[1]
		}
		if v := opts.opt(th, "by"); !v.isUndef() {
			by = v
		}
		if v := opts.opt(th, "to"); !v.isUndef() {
			limit = v
		}
		th.stepsOver(self, limit, by, false, func(v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	def("to_s inspect", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		base := 10
		if len(a) > 0 {
			base = th.intArg(a[0])
		}
		if base < 2 || base > 36 {
			th.raise(cArgumentError, "invalid radix %d", base)
		}
		if self.isInt() {
			return th.str(strconv.FormatInt(self.int(), base))
		}
		i := toBig(self)
		th.work(i.BitLen())
		return th.str(i.Text(base))
	})
	def("chr", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		i := th.intArg(self)
		if i < 0 || i > 0x10ffff {
			th.raise(cRangeError, "%d out of char range", i)
		}
		if len(a) > 0 || i > 255 {
			if i > 255 && len(a) == 0 {
				th.raise(cRangeError, "%d out of char range", i)
			}
			return th.str(string(rune(i)))
		}
		if i < 128 {
			return th.strEnc(everyByte[i:i+1], encASCII)
		}
		return th.strEnc(everyByte[i:i+1], encBinary)
	})
	def("ord", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("times", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "times")
		}
		n := int64(th.intArg(self))
		r := th.rounds(blk)
		for i := int64(0); i < n; i++ {
			r.one(Int(i))
		}
		r.end()
		return self
	})
	def("upto", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "upto", a...)
		}
		if a[0].isNil() {
			th.raiseCmp(self, a[0])
		}
		th.stepsOver(self, a[0], Int(1), false, func(v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	def("downto", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk == nil {
			return th.enumFor(self, "downto", a...)
		}
		if a[0].isNil() {
			th.raiseCmp(self, a[0])
		}
		th.stepsOver(self, a[0], Int(-1), false, func(v Value) bool { th.yield1(blk, v); return true })
		return self
	})
	def("even?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(toBig(self).Bit(0) == 0) })
	def("odd?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(toBig(self).Bit(0) == 1) })
	def("succ next", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.add(self, Int(1)) })
	def("pred", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.add(self, Int(-1)) })
	def("~", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return bigValue(new(big.Int).Not(toBig(self)))
	})
	bitop := func(op string, f func(z, x, y *big.Int) *big.Int) {
		def(op, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if a[0].isFloat() {
				th.raise(cTypeError, "%s can't be coerced into Integer", formatFloat(a[0].float()))
			}
			if !isInteger(a[0]) {
				return th.coerce(op, self, a[0])
			}
			return bigValue(f(new(big.Int), toBig(self), toBig(a[0])))
		})
	}
	bitop("&", (*big.Int).And)
	bitop("|", (*big.Int).Or)
	bitop("^", (*big.Int).Xor)
	shift := func(th *thread, v Value, n int) Value {
		if n >= 0 {
			if toBig(v).Sign() != 0 {
				th.chargeBig(toBig(v).BitLen() + min(n, maxBits+1))
			} else {
				return v
			}
			return bigValue(new(big.Int).Lsh(toBig(v), uint(n)))
		}
		return bigValue(new(big.Int).Rsh(toBig(v), uint(min(-n, maxBits))))
	}
	shiftBy := func(th *thread, v, by Value, sign int) Value {
		n := th.bigArg(by)
		if n.IsInt64() {
			return shift(th, v, sign*int(n.Int64()))
		}
		switch x := toBig(v); {
		case x.Sign() == 0 || n.Sign()*sign < 0 && x.Sign() > 0:
			return Int(0)
		case n.Sign()*sign < 0:
			return Int(-1)
		}
		th.raise(cRangeError, "shift width too big")
		return vNil
	}
	def("<<", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return shiftBy(th, self, a[0], 1) })
	def(">>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return shiftBy(th, self, a[0], -1) })
	def("[]", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if r, ok := a[0].o.(*Range); ok {
			return th.bitRange(self, r)
		}
		if at := th.bigArg(a[0]); !at.IsInt64() {
			return Int(int64(max(0, -toBig(self).Sign()*at.Sign())))
		}
		i := th.intArg(a[0])
		if len(a) > 1 {
			if n := th.intArg(a[1]); i < 0 || n < 0 {
				x := shift(th, self, -i)
				if n < 0 {
					return x
				}
				m := new(big.Int).Lsh(big.NewInt(1), uint(min(n, maxBits)))
				return bigValue(m.And(toBig(x), m.Sub(m, big.NewInt(1))))
			}
		}
		if i < 0 {
			return Int(0)
		}
		x := toBig(self)
		if len(a) > 1 {
			x = new(big.Int).Rsh(x, uint(min(i, maxBits)))
			m := new(big.Int).Lsh(big.NewInt(1), uint(min(max(th.intArg(a[1]), 0), maxBits)))
			return bigValue(x.And(x, m.Sub(m, big.NewInt(1))))
		}
		return Int(int64(new(big.Int).Rsh(x, uint(min(i, maxBits))).Bit(0)))
	})
	def("bit_length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if self.isInt() {
			i := self.int()
			if i < 0 {
				i = ^i
			}
			return Int(int64(bits.Len64(uint64(i))))
		}
		i := toBig(self)
		if i.Sign() < 0 {
			i = new(big.Int).Not(i)
		}
		return Int(int64(i.BitLen()))
	})
	def("digits", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		base := big.NewInt(10)
		if len(a) > 0 {
			base = toBig(a[0])
		}
		x := new(big.Int).Set(toBig(self))
		if x.Sign() < 0 {
			th.raise(coreClass("Math::DomainError"), "out of domain")
		}
		if base.Cmp(big.NewInt(2)) < 0 {
			th.raise(cArgumentError, "invalid radix %s", base)
		}
		th.work(x.BitLen() * x.BitLen())
		var out []Value
		for {
			m := new(big.Int)
			x.QuoRem(x, base, m)
			out = append(out, bigValue(m))
			if x.Sign() == 0 {
				return th.array(out)
			}
		}
	})
	def("gcdlcm", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.array([]Value{th.send(self, "gcd", a[0]), th.send(self, "lcm", a[0])})
	})
	cInteger.sdef("try_convert", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if isInteger(a[0]) {
			return a[0]
		}
		if !th.respondTo(a[0], "to_int") {
			return vNil
		}
		r := th.send(a[0], "to_int")
		if !r.isNil() && !isInteger(r) {
			name := classOf(a[0]).real().name
			th.raise(cTypeError, "can't convert %s to Integer (%s#to_int gives %s)", name, name, classOf(r).real().name)
		}
		return r
	})
	def("gcd", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return bigValue(new(big.Int).GCD(nil, nil, new(big.Int).Abs(toBig(self)), new(big.Int).Abs(th.integerOnly(a[0]))))
	})
	def("lcm", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := new(big.Int).Abs(toBig(self)), new(big.Int).Abs(th.integerOnly(a[0]))
		if x.Sign() == 0 || y.Sign() == 0 {
			return Int(0)
		}
		g := new(big.Int).GCD(nil, nil, x, y)
		return bigValue(x.Mul(x.Quo(x, g), y))
	})
	def("pow", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 1 {
			return th.pow(self, a[0])
		}
		if !isInteger(a[0]) || !isInteger(a[1]) {
			th.raise(cTypeError, "Integer#pow() 2nd argument not allowed unless all arguments are integers")
		}
		if toBig(a[0]).Sign() < 0 {
			th.raise(cRangeError, "Integer#pow() 1st argument cannot be negative when 2nd argument specified")
		}
		m := toBig(a[1])
		if m.Sign() == 0 {
			th.raise(cZeroDivisionError, "divided by 0")
		}
		th.work(toBig(a[0]).BitLen() * m.BitLen())
		r := new(big.Int).Exp(toBig(self), toBig(a[0]), new(big.Int).Abs(m))
		return th.arith("%", bigValue(r), a[1])
	})
	def("size", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(max(8, (toBig(self).BitLen()+7)/8)))
	})
	def("numerator", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	def("denominator", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(1) })
	fdef := cFloat.def
	fdef("numerator", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if f := self.float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return self
		}
		return bigValue(th.exactRat(self).Num())
	})
	fdef("denominator", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if f := self.float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return Int(1)
		}
		return bigValue(th.exactRat(self).Denom())
	})
	fdef("arg angle phase", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch f := self.float(); {
		case math.IsNaN(f):
			return self
		case math.Signbit(f):
			return Float(math.Pi)
		}
		return Int(0)
	})
	for _, m := range []string{"allbits?", "anybits?", "nobits?"} {
		def(m, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			y := th.bigArg(a[0])
			x := new(big.Int).And(toBig(self), y)
			switch m {
			case "allbits?":
				return Bool(x.Cmp(y) == 0)
			case "anybits?":
				return Bool(x.Sign() != 0)
			}
			return Bool(x.Sign() == 0)
		})
	}
	cInteger.sdef("sqrt", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := th.bigArg(a[0])
		if x.Sign() < 0 {
			th.raise(coreClass("Math::DomainError"), `Numerical argument is out of domain - "isqrt"`)
		}
		return bigValue(new(big.Int).Sqrt(x))
	})
	cInteger.noNew, cFloat.noNew, cRational.noNew = true, true, true
	cSymbol.noNew, cNilClass.noNew, cTrueClass.noNew, cFalseClass.noNew = true, true, true, true

	cRational.def("numerator", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return bigValue(new(big.Int).Set(self.o.(*Rational).r.Num()))
	})
	cRational.def("denominator", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return bigValue(new(big.Int).Set(self.o.(*Rational).r.Denom()))
	})
	cRational.def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(self.o.(*Rational).r.String()) })
	cRational.def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("(" + self.o.(*Rational).r.String() + ")")
	})
	cRational.def("quo", 1, 1, binary("/"))
}

func mathMethods() {
	m := defModule("Math")
	defClass("Math::DomainError", cArgumentError)
	m.setConst("PI", Float(math.Pi))
	m.setConst("E", Float(math.E))
	one := func(name string, f func(float64) float64, ok func(float64) bool) {
		m.sdef(name, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			x := th.mathArg(a[0])
			if ok != nil && !ok(x) {
				th.raise(coreClass("Math::DomainError"), `Numerical argument is out of domain - "%s"`, name)
			}
			return Float(f(x))
		})
	}
	notNeg := func(x float64) bool { return !(x < 0) }
	unit := func(x float64) bool { return !(x < -1 || x > 1) }
	one("sqrt", func(x float64) float64 { return math.Sqrt(x) + 0 }, notNeg) // -0.0 becomes 0.0
	one("cbrt", math.Cbrt, nil)
	one("sin", math.Sin, nil)
	one("cos", math.Cos, nil)
	one("tan", math.Tan, nil)
	one("asin", math.Asin, unit)
	one("acos", math.Acos, unit)
	one("atan", math.Atan, nil)
	one("sinh", math.Sinh, nil)
	one("cosh", math.Cosh, nil)
	one("tanh", math.Tanh, nil)
	one("exp", math.Exp, nil)
	one("log2", math.Log2, notNeg)
	one("log10", log10, notNeg)
	one("gamma", math.Gamma, nil)
	one("erf", math.Erf, nil)
	one("erfc", math.Erfc, nil)
	one("asinh", math.Asinh, nil)
	one("acosh", math.Acosh, func(x float64) bool { return !(x < 1) })
	one("atanh", math.Atanh, unit)
	m.sdef("lgamma", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := th.mathArg(a[0])
		if math.IsInf(x, -1) {
			th.raise(coreClass("Math::DomainError"), `Numerical argument is out of domain - "lgamma"`)
		}
		f, sign := math.Lgamma(x)
		if x == 0 && math.Signbit(x) {
			sign = -1
		}
		return th.array([]Value{Float(f), Int(int64(sign))})
	})
	m.sdef("ldexp", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Float(math.Ldexp(th.mathArg(a[0]), min(max(th.intArg(a[1]), -5000), 5000)))
	})
	m.sdef("frexp", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		f, e := math.Frexp(th.mathArg(a[0]))
		return th.array([]Value{Float(f), Int(int64(e))})
	})
	m.sdef("log", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := th.mathArg(a[0])
		if x < 0 {
			th.raise(coreClass("Math::DomainError"), `Numerical argument is out of domain - "log"`)
		}
		if len(a) > 1 {
			return Float(math.Log(x) / math.Log(th.mathArg(a[1])))
		}
		return Float(math.Log(x))
	})
	m.sdef("pow", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Float(math.Pow(th.mathArg(a[0]), th.mathArg(a[1])))
	})
	m.sdef("hypot", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Float(math.Hypot(th.mathArg(a[0]), th.mathArg(a[1])))
	})
	m.sdef("atan2", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Float(math.Atan2(th.mathArg(a[0]), th.mathArg(a[1])))
	})
	for name, v := range map[string]Value{"MAX": Float(math.MaxFloat64), "MIN": Float(2.2250738585072014e-308), "EPSILON": Float(2.220446049250313e-16),
		"INFINITY": Float(inf), "NAN": Float(math.NaN()), "DIG": Int(15), "MANT_DIG": Int(53), "RADIX": Int(2), "MAX_EXP": Int(1024), "MIN_EXP": Int(-1021), "MAX_10_EXP": Int(308), "MIN_10_EXP": Int(-307)} {
		cFloat.setConst(name, v)
	}
	cInteger.setConst("MAX", Int(math.MaxInt64))
}

func (th *thread) mathArg(v Value) float64 {
	if _, ok := v.o.(*String); ok {
		th.raise(cTypeError, "can't convert String into Float")
	}
	return th.floatArg(v)
}

func coreClass(path string) *Class {
	c, ok := corePath(path)
	if !ok {
		panic("ruby: no class " + path)
	}
	return c
}

// BigDecimal is an exact decimal number; nan and infinities are not made.
type BigDecimal struct {
	r *big.Rat
}

func (*BigDecimal) class() *Class { return cBigDecimal }

func (th *thread) arithDecimal(op string, a, b Value) Value {
	if a.isFloat() {
		a = Value{o: &BigDecimal{r: ratOfText(formatFloat(a.float()))}}
	}
	if b.isFloat() {
		b = Value{o: &BigDecimal{r: ratOfText(formatFloat(b.float()))}}
	}
	v := th.arithRat(op, toRat(a), toRat(b))
	r, ok := v.o.(*Rational)
	if !ok {
		return v
	}
	if op == "/" {
		// Division ends after some digits.
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(32), nil)
		q := new(big.Rat).Mul(r.r, new(big.Rat).SetInt(scale))
		return Value{o: &BigDecimal{r: new(big.Rat).SetFrac(ratRound(q), scale)}}
	}
	return Value{o: &BigDecimal{r: r.r}}
}

func ratOfText(s string) *big.Rat {
	if r, ok := new(big.Rat).SetString(s); ok {
		return r
	}
	return new(big.Rat)
}

// plain returns the decimal digits of a decimal: 123.45.
func (d *BigDecimal) plain() string {
	for n := 0; n < 2000; n++ {
		s := d.r.FloatString(n)
		if t, ok := new(big.Rat).SetString(s); ok && t.Cmp(d.r) == 0 {
			if n == 0 {
				return s + ".0"
			}
			return s
		}
	}
	return d.r.FloatString(32)
}

// text is the form with an exponent: 0.12345e3.
func (d *BigDecimal) text() string {
	s := d.plain()
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	whole = strings.TrimLeft(whole, "0")
	exp := len(whole)
	digits := whole + frac
	if whole == "" {
		t := strings.TrimLeft(frac, "0")
		exp = -(len(frac) - len(t))
		digits = t
	}
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return sign + "0.0"
	}
	return sign + "0." + digits + "e" + strconv.Itoa(exp)
}

func init() {
	intMethods()
	mathMethods()
	mKernel.def("BigDecimal", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		switch x := a[0].o.(type) {
		case *String:
			t := strings.TrimSpace(strings.ReplaceAll(x.s, "_", ""))
			if f, ok := parseFloat(t); ok && !math.IsInf(f, 0) && len(t) < 1000 {
				if r, ok := new(big.Rat).SetString(t); ok {
					return Value{o: &BigDecimal{r: r}}
				}
			}
			th.raise(cArgumentError, "invalid value for BigDecimal(): %s", th.inspect(a[0]))
		case nil:
			th.raise(cTypeError, "can't convert nil into BigDecimal")
		}
		if a[0].isFloat() {
			return Value{o: &BigDecimal{r: ratOfText(formatFloat(a[0].float()))}}
		}
		if isNumber(a[0]) {
			return Value{o: &BigDecimal{r: toRat(a[0])}}
		}
		th.raise(cTypeError, "can't convert %s into BigDecimal", classOf(a[0]).real().name)
		return vNil
	})
	cBigDecimal.def("to_s", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		d := self.o.(*BigDecimal)
		if len(a) > 0 {
			if s, ok := a[0].o.(*String); ok && strings.ContainsAny(s.s, "fF") {
				return th.str(d.plain())
			}
		}
		return th.str(d.text())
	})
	cBigDecimal.def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(self.o.(*BigDecimal).text()) })
	cBigDecimal.def("nan?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vFalse })
	cBigDecimal.def("to_d", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
}

// everyByte has each byte at its own place, so that one of them as a text needs no memory.
var everyByte = func() string {
	var b [256]byte
	for i := range b {
		b[i] = byte(i)
	}
	return string(b[:])
}()
