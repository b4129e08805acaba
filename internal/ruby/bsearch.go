package ruby

import (
	"math"
	"math/big"
)

// probe asks the block of a binary search about a value: negative, where what is sought
// lies at it or before it, positive, where it lies behind; found tells that it is the
// value itself.
func (th *thread) probe(blk *Proc, v Value) (side int, found bool) {
	r := th.yield1(blk, v)
	switch {
	case r.isTag(tagTrue):
		return -1, true
	case !r.truthy():
		return 1, false
	case !isNumber(r):
		th.raise(cTypeError, "wrong argument type %s (must be numeric, true, false or nil", classOf(r).real().name) // JRuby's text
	}
	side = th.mustCmp(r, Int(0))
	return side, side == 0
}

// bsearch is Range#bsearch.
func (th *thread) bsearch(r *Range, blk *Proc) Value {
	lo, hi := r.lo, r.hi
	switch {
	case lo.isFloat() && (hi.isNil() || isNumber(hi)), hi.isFloat() && (lo.isNil() || isNumber(lo)):
		return th.bsearchFloat(r, blk)
	case isInteger(lo) && (isInteger(hi) || hi.isNil()), isInteger(hi) && lo.isNil():
		return th.bsearchInteger(r, blk)
	}
	if lo.isNil() {
		lo = hi
	}
	th.raise(cTypeError, "can't do binary search for %s", classOf(lo).real().name)
	return vNil
}

// bsearchInteger looks for an end where there is none, in steps that double.
func (th *thread) bsearchInteger(r *Range, blk *Proc) Value {
	one := big.NewInt(1)
	var lo, hi *big.Int // what is sought is in lo ... hi
	best := vNil
	switch {
	case r.hi.isNil():
		lo = toBig(r.lo)
		for step := big.NewInt(1); ; step = new(big.Int).Lsh(step, 1) {
			at := new(big.Int).Add(toBig(r.lo), step)
			side, found := th.probe(blk, bigValue(at))
			if found && side == 0 {
				return bigValue(at)
			}
			if side < 0 {
				if hi = at; found {
					best = bigValue(at)
				}
				break
			}
			lo = new(big.Int).Add(at, one)
		}
	case r.lo.isNil():
		if hi = new(big.Int).Set(toBig(r.hi)); !r.excl {
			hi.Add(hi, one)
		}
		for step := big.NewInt(1); ; step = new(big.Int).Lsh(step, 1) {
			at := new(big.Int).Sub(toBig(r.hi), step)
			side, found := th.probe(blk, bigValue(at))
			if found && side == 0 {
				return bigValue(at)
			}
			if side > 0 {
				lo = new(big.Int).Add(at, one)
				break
			}
			if hi = at; found {
				best = bigValue(at)
			}
		}
	default:
		lo, hi = toBig(r.lo), new(big.Int).Set(toBig(r.hi))
		if !r.excl {
			hi.Add(hi, one)
		}
	}
	for lo.Cmp(hi) < 0 {
		at := new(big.Int).Add(lo, hi)
		at.Rsh(at, 1)
		side, found := th.probe(blk, bigValue(at))
		if found && side == 0 {
			return bigValue(at)
		}
		if side > 0 {
			lo = at.Add(at, one)
			continue
		}
		if hi = at; found {
			best = bigValue(at)
		}
	}
	return best
}

// bsearchFloat searches the floats in the order of their bits.
func (th *thread) bsearchFloat(r *Range, blk *Proc) Value {
	bound := func(v Value, open float64) int64 {
		if v.isNil() {
			return floatRank(open)
		}
		return floatRank(th.toFloat(v))
	}
	lo, hi := bound(r.lo, math.Inf(-1)), bound(r.hi, math.Inf(1))
	if !r.excl || r.hi.isNil() {
		hi++
	}
	best := vNil
	for lo < hi {
		at := lo + int64(uint64(hi-lo)/2)
		if lo < 0 && hi > 0 {
			at = (lo + hi) / 2
		}
		v := Float(rankedFloat(at))
		side, found := th.probe(blk, v)
		if found && side == 0 {
			return v
		}
		if side > 0 {
			lo = at + 1
			continue
		}
		if hi = at; found {
			best = v
		}
	}
	return best
}

// floatRank numbers the floats in their order; zero is 0.
func floatRank(x float64) int64 {
	if x < 0 {
		return -int64(math.Float64bits(-x))
	}
	return int64(math.Float64bits(math.Abs(x)))
}

func rankedFloat(n int64) float64 {
	if n < 0 {
		return -math.Float64frombits(uint64(-n))
	}
	return math.Float64frombits(uint64(n))
}
