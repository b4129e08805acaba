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
	if r, ok := roundQuick(f, n, mode); ok {
		return r
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

// exactTens are the powers of ten that roundQuick divides by.
var exactTens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}

// roundQuick is roundFloat where the product is so far from where the decision falls
// that its error cannot matter. The quotient of two exact floats is the nearest one to
// the decimal.
func roundQuick(f float64, n int, mode string) (float64, bool) {
	if n <= 0 || n >= len(exactTens) {
		return 0, false
	}
	p := f * exactTens[n]
	size := math.Abs(p)
	if size >= 1<<48 {
		return 0, false
	}
	// f is half a unit of its last place away from its text, p another half from the
	// product: less than size/2^52 together.
	margin := 1e-3 + size*0x1p-51
	whole := math.Floor(p)
	frac := p - whole
	switch mode {
	case "", "up", "even", "down":
		if math.Abs(frac-0.5) < margin {
			return 0, false
		}
		if frac > 0.5 {
			whole++
		}
	default:
		if frac < margin || frac > 1-margin {
			return 0, false
		}
		if mode == "ceil" || mode == "trunc" && p < 0 {
			whole++
		}
	}
	if whole == 0 {
		return 0, true // never -0.0
	}
	return whole / exactTens[n], true
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
	if v.isFloat() && n == 0 && math.Abs(v.float()) < 1<<52 {
		switch f := v.float(); mode {
		case "", "up":
			return Int(int64(math.Round(f)))
		case "floor":
			return Int(int64(math.Floor(f)))
		case "ceil":
			return Int(int64(math.Ceil(f)))
		case "trunc":
			return Int(int64(f))
		}
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
