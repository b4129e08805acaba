package ruby

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
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
