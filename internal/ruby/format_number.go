package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// numberFormat are the flags of a directive for a number; width and prec are -1 where
// they are not given.
type numberFormat struct {
	width, prec                     int
	minus, plus, space, zero, alter bool
}

func (f *numberFormat) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case f.plus:
		return "+"
	case f.space:
		return " "
	}
	return ""
}

// lay puts a number's parts together: zeros fill the width between prefix and digits, as
// far as they may, spaces the rest.
func (f *numberFormat) lay(prefix, digits string, fill byte) string {
	if n := f.width - len(prefix) - len(digits); f.zero && !f.minus && n > 0 {
		digits = strings.Repeat(string(fill), n) + digits
	}
	return padTo(prefix+digits, f.width, f.minus)
}

// integer formats with d, x, X, o, b or B. Without a sign flag a negative number is
// written as its two's complement, whose endless first digit is "..".
func (f numberFormat) integer(x *big.Int, verb byte) string {
	base := map[byte]int{'x': 16, 'X': 16, 'o': 8, 'b': 2, 'B': 2}[verb]
	fill, prefix, dots := byte('0'), "", ""
	var digits string
	switch {
	case base == 0:
		digits, prefix = new(big.Int).Abs(x).String(), f.sign(x.Sign() < 0)
	case x.Sign() < 0 && !f.plus && !f.space:
		digits, dots = twosComplement(x, base), ".."
		fill = strconv.FormatInt(int64(base-1), base)[0]
	default:
		digits, prefix = new(big.Int).Abs(x).Text(base), f.sign(x.Sign() < 0)
	}
	if f.alter && x.Sign() != 0 {
		switch {
		case verb == 'o':
			if dots == "" && f.prec <= len(digits) {
				prefix += "0"
			}
		case base != 0:
			prefix += "0" + string(verb)
		}
	}
	if verb == 'X' {
		digits, fill = strings.ToUpper(digits), fill&^(fill>>6&1<<5)
	}
	if f.prec >= 0 {
		f.zero = false
		if f.prec == 0 && digits == "0" && !(f.alter && verb == 'o') {
			digits = ""
		}
		if n := f.prec - len(digits); n > 0 {
			// The dots count as two digits.
			digits = strings.Repeat(string(fill), max(n-len(dots), 0)) + digits
		}
	}
	return f.lay(prefix+dots, digits, fill)
}

// float formats with f, e, E, g, G, a or A.
func (f numberFormat) float(x float64, verb byte) string {
	prefix, digits := f.sign(math.Signbit(x)), formatVerb(math.Abs(x), verb, f.prec, f.alter)
	if verb == 'a' || verb == 'A' {
		prefix, digits = prefix+digits[:2], digits[2:]
	}
	return f.lay(prefix, digits, '0')
}

// twosComplement writes a negative number as Ruby's %x does: f and the digits that
// matter.
func twosComplement(x *big.Int, base int) string {
	bits := map[int]int{16: 4, 8: 3, 2: 1}[base]
	n := x.BitLen()/bits + 1
	m := new(big.Int).Lsh(big.NewInt(1), uint(n*bits))
	s := m.Add(m, x).Text(base)
	top := strconv.FormatInt(int64(base-1), base)
	for len(s) > 1 && s[:1] == top && s[1:2] == top {
		s = s[1:]
	}
	if s[:1] != top {
		s = top + s
	}
	return s
}

// formatVerb formats a float that is not negative.
func formatVerb(x float64, verb byte, prec int, alt bool) string {
	if prec < 0 && verb|0x20 != 'a' {
		prec = 6
	}
	var s string
	switch verb {
	case 'a', 'A':
		s = strconv.FormatFloat(x, 'x', prec, 64)
		// Ruby writes p+0 where Go writes p+00.
		if i := strings.IndexByte(s, 'p'); i >= 0 && len(s) == i+4 && s[i+2] == '0' {
			s = s[:i+2] + s[i+3:]
		}
		if alt {
			s = withPoint(s, "p")
		}
		if verb == 'A' {
			s = strings.ToUpper(s)
		}
	case 'f':
		if s = roundDecimal(x, prec); alt {
			s = withPoint(s, "")
		}
	case 'e', 'E':
		if s = strconv.FormatFloat(x, verb, prec, 64); alt {
			s = withPoint(s, string(verb))
		}
	default:
		s = formatShort(x, max(prec, 1), alt)
		if verb == 'G' {
			s = strings.ToUpper(s)
		}
	}
	return s
}

// formatShort is %g: the exponent's form where the number is small or has more digits
// than are wanted.
func formatShort(x float64, digits int, alt bool) string {
	s := strconv.FormatFloat(x, 'e', digits-1, 64)
	mant, e, _ := strings.Cut(s, "e")
	exp, _ := strconv.Atoi(e)
	if exp >= -4 && exp < digits {
		s = strconv.FormatFloat(x, 'f', max(digits-1-exp, 0), 64)
		if alt {
			return withPoint(s, "")
		}
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	if alt {
		return withPoint(s, "e")
	}
	if strings.Contains(mant, ".") {
		mant = strings.TrimRight(strings.TrimRight(mant, "0"), ".")
	}
	return mant + "e" + e
}

// withPoint adds the point that a number without decimals lacks, before its exponent.
func withPoint(s, exponent string) string {
	if strings.Contains(s, ".") {
		return s
	}
	if i := strings.Index(s, exponent); exponent != "" && i >= 0 {
		return s[:i] + "." + s[i:]
	}
	return s + "."
}
