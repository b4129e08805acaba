package ruby

import (
	"math"
	"math/big"
	"strconv"
)

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
