package ruby

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// TestQuickRound compares roundQuick with exact arithmetic.
func TestQuickRound(t *testing.T) {
	exact := func(f float64, n int, mode string) float64 {
		d, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
		r, _ := new(big.Rat).Quo(new(big.Rat).SetInt(roundRat(new(big.Rat).Mul(d, scale), mode)), scale).Float64()
		return r
	}
	random, quick := rand.New(rand.NewPCG(1, 2)), 0
	for range 20_000 {
		f := random.NormFloat64() * math.Pow(10, float64(random.IntN(12)-4))
		if random.IntN(2) == 0 {
			f = math.Round(f*1000) / 1000
		}
		n := 1 + random.IntN(8)
		for _, mode := range []string{"", "even", "down", "floor", "ceil", "trunc"} {
			got, ok := roundQuick(f, n, mode)
			if !ok {
				continue
			}
			quick++
			if want := exact(f, n, mode); got != want || math.Signbit(got) != math.Signbit(want) {
				t.Fatalf("%v rounded to %d (%s) is %v, not %v", f, n, mode, got, want)
			}
		}
	}
	if quick < 20_000 {
		t.Errorf("only %d were quick", quick)
	}
}

func TestPlainDecimal(t *testing.T) {
	for _, s := range []string{"0", "1.532", "0.24", "123456789012.25", "00.10", "199.9"} {
		want, _ := strconv.ParseFloat(s, 64)
		if got, ok := plainDecimal(s); !ok || got != want {
			t.Errorf("%s is %v, %t", s, got, ok)
		}
	}
	for _, s := range []string{"", ".5", "1.", "1_0", "1e3", "-1", "1.2.3", "1234567890123456"} {
		if got, ok := plainDecimal(s); ok {
			t.Errorf("%s is read as %v", s, got)
		}
	}
}

// TestQuickTime compares seconds as floats with exact arithmetic.
func TestQuickTime(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		f := math.Abs(random.NormFloat64()) * math.Pow(10, float64(random.IntN(11)))
		switch random.IntN(3) {
		case 0:
			f = math.Round(f*1000) / 1000
		case 1:
			f = math.Floor(f) + float64(random.IntN(1<<11))/(1<<11)
		}
		exact := new(big.Rat).Mul(new(big.Rat).SetFloat64(f), big.NewRat(1e9, 1))
		for round, want := range map[bool]*big.Int{false: ratFloor(exact), true: ratRound(exact)} {
			sec, ns := splitFloat(f, round)
			if got := new(big.Int).Add(new(big.Int).Mul(big.NewInt(sec), big.NewInt(1e9)), big.NewInt(ns)); got.Cmp(want) != 0 {
				t.Fatalf("%v (%t) is %v ns, not %v", f, round, got, want)
			}
		}
		at := time.Unix(random.Int64N(1<<34), random.Int64N(1e9))
		if random.IntN(2) == 0 {
			at = at.Truncate(time.Second / (1 << 9))
		}
		ns := new(big.Int).Add(new(big.Int).Mul(big.NewInt(at.Unix()), big.NewInt(1e9)), big.NewInt(int64(at.Nanosecond())))
		want, _ := new(big.Rat).SetFrac(ns, big.NewInt(1e9)).Float64()
		if got := timeFloat(at); got != want {
			t.Fatalf("%v is %v, not %v", at, got, want)
		}
	}
}
