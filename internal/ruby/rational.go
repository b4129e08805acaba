package ruby

import (
	"math"
	"math/big"
)

// exactRat is to_r: the rational that a number stands for exactly.
func (th *thread) exactRat(v Value) *big.Rat {
	if v.isFloat() && (math.IsNaN(v.float()) || math.IsInf(v.float(), 0)) {
		th.raise(cFloatDomainError, "%s", formatFloat(v.float()))
	}
	return toRat(v)
}

// rationalize is the simplest rational that differs from a number by no more than the
// argument, or by no more than floats of that size do.
func rationalize(th *thread, self Value, a []Value, _ *Proc) Value {
	r := th.exactRat(self)
	var lo, hi *big.Rat
	switch {
	case len(a) > 0:
		eps := new(big.Rat).Abs(th.exactRat(a[0]))
		lo, hi = new(big.Rat).Sub(r, eps), new(big.Rat).Add(r, eps)
	case self.isFloat() && r.Sign() != 0:
		mantissa, exponent := math.Frexp(self.float())
		// The float is m*2**e; what lies within half a unit of its last place reads as it.
		m := new(big.Int).Lsh(big.NewInt(int64(math.Ldexp(mantissa, 53))), 1)
		at := func(n int64) *big.Rat {
			x := new(big.Rat).SetInt(new(big.Int).Add(m, big.NewInt(n)))
			scale := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(max(exponent-54, 54-exponent))))
			if exponent < 54 {
				scale.Inv(scale)
			}
			return x.Mul(x, scale)
		}
		lo, hi = at(-1), at(1)
	default:
		return newRational(r)
	}
	if lo.Cmp(hi) == 0 {
		return newRational(r)
	}
	if lo.Sign() <= 0 && hi.Sign() >= 0 {
		return newRational(new(big.Rat))
	}
	if hi.Sign() < 0 {
		s := simplest(new(big.Rat).Neg(hi), new(big.Rat).Neg(lo))
		return newRational(s.Neg(s))
	}
	return newRational(simplest(lo, hi))
}

// simplest returns the rational with the smallest denominator in [lo, hi], 0 < lo <= hi.
func simplest(lo, hi *big.Rat) *big.Rat {
	whole := new(big.Int).Quo(lo.Num(), lo.Denom())
	up := new(big.Rat).SetInt(whole)
	if up.Cmp(lo) < 0 {
		up.Add(up, big.NewRat(1, 1))
	}
	if up.Cmp(hi) <= 0 {
		return up
	}
	floor := new(big.Rat).SetInt(whole)
	rest := simplest(new(big.Rat).Inv(new(big.Rat).Sub(hi, floor)), new(big.Rat).Inv(new(big.Rat).Sub(lo, floor)))
	return rest.Add(rest.Inv(rest), floor)
}

// coerce gives both numbers one class.
func coerce(th *thread, self Value, a []Value, _ *Proc) Value {
	other := a[0]
	if isInteger(self) && isInteger(other) {
		return th.array([]Value{other, self})
	}
	if s, ok := other.o.(*String); ok {
		f, ok := parseFloat(s.s)
		if !ok {
			th.raise(cArgumentError, "invalid value for Float(): %s", th.inspect(other))
		}
		return th.array([]Value{Float(f), Float(th.toFloat(self))})
	}
	if r, ok := self.o.(*Rational); ok && !other.isFloat() {
		return th.array([]Value{newRational(th.exactRat(other)), {o: r}})
	}
	return th.array([]Value{Float(th.floatArg(other)), Float(th.toFloat(self))})
}

// log10 is exact for powers of ten, which Go's is not (as Java's; the method is that of
// fdlibm's e_log10).
func log10(x float64) float64 {
	if x <= 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return math.Log10(x)
	}
	const (
		perLn  = 4.34294481903251816668e-01
		twoHi  = 3.01029995663611771306e-01
		twoLow = 3.69423907715893078616e-13
	)
	mantissa, exponent := math.Frexp(x)
	mantissa, exponent = mantissa*2, exponent-1
	if exponent < 0 {
		mantissa, exponent = mantissa/2, exponent+1
	}
	k := float64(exponent)
	return k*twoLow + perLn*math.Log(mantissa) + k*twoHi
}

// quotient is a / b, exactly; b is not zero.
func quotient(a, b Value) *big.Rat { return new(big.Rat).Quo(toRat(a), toRat(b)) }
