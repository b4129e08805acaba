package ruby

import "math/big"

// bitRange is n[i..j]: the bits from i to j.
func (th *thread) bitRange(self Value, r *Range) Value {
	x := toBig(self)
	shifted := func(n int) *big.Int {
		if n >= 0 {
			return new(big.Int).Rsh(x, uint(min(n, maxBits)))
		}
		th.chargeBig(x.BitLen() - n)
		return new(big.Int).Lsh(x, uint(-n))
	}
	if r.lo.isNil() {
		n := th.intArg(r.hi)
		if !r.excl {
			n++
		}
		m := new(big.Int).Lsh(big.NewInt(1), uint(min(max(n, 0), maxBits)))
		if m.And(x, m.Sub(m, big.NewInt(1))).Sign() != 0 {
			th.raise(cArgumentError, "The beginless range for Integer#[] results in infinity")
		}
		return Int(0)
	}
	lo := th.intArg(r.lo)
	if r.hi.isNil() {
		return bigValue(shifted(lo))
	}
	n := th.intArg(r.hi) - lo
	if !r.excl {
		n++
	}
	y := shifted(lo)
	if n < 0 {
		return bigValue(y)
	}
	m := new(big.Int).Lsh(big.NewInt(1), uint(min(n, maxBits)))
	return bigValue(m.And(y, m.Sub(m, big.NewInt(1))))
}

// integerOnly is an argument that must be an Integer as it is.
func (th *thread) integerOnly(v Value) *big.Int {
	if !isInteger(v) {
		th.raise(cTypeError, "not an integer")
	}
	return toBig(v)
}
