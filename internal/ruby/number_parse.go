package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// parseInteger reads an Integer as Integer() does; ok is false when it is none.
func parseInteger(s string, base int) (*big.Int, bool) {
	if base < -36 || base > 36 || base == 1 || base == -1 {
		return nil, false
	}
	s = strings.Trim(s, " \t\n\v\f\r")
	neg := false
	t := s
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	t, base = intPrefix(t, base)
	if t == "" || t[0] == '_' || t[len(t)-1] == '_' || strings.Contains(t, "__") || t[0] == '-' || t[0] == '+' {
		return nil, false
	}
	if i, err := strconv.ParseInt(t, base, 64); err == nil && base > 0 {
		if neg {
			i = -i
		}
		return big.NewInt(i), true
	}
	t = strings.ReplaceAll(t, "_", "")
	if len(t) > 10000 {
		return nil, false
	}
	i, ok := new(big.Int).SetString(t, base)
	if !ok {
		return nil, false
	}
	if neg {
		i.Neg(i)
	}
	return i, true
}

// quickInteger is parseInteger for a sign, a prefix and a few digits without underscores,
// which is what most texts are; ok is false for all others.
func quickInteger(s string, base int) (n int64, ok bool) {
	if base < 0 {
		return 0, false
	}
	neg := s != "" && s[0] == '-'
	if neg || s != "" && s[0] == '+' {
		s = s[1:]
	}
	s, base = intPrefix(s, base)
	n, digits := digitsOf(s, base)
	if digits == 0 || digits < len(s) {
		return 0, false
	}
	if neg {
		n = -n
	}
	return n, true
}

// digitsOf reads the digits that a text begins with, as many as surely fit, and tells how
// many these are.
func digitsOf(s string, base int) (n int64, digits int) {
	for i := 0; i < len(s) && i < 12; i++ {
		d := int(digitValue[s[i]])
		if d >= base {
			return n, i
		}
		n = n*int64(base) + int64(d)
	}
	return n, min(len(s), 12)
}

// digitValue is what a byte stands for in numbers; 99 when it is no digit or letter.
var digitValue = func() (t [256]uint8) {
	for c := range t {
		switch {
		case isDigit(byte(c)):
			t[c] = uint8(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			t[c] = uint8(c|0x20-'a') + 10
		default:
			t[c] = 99
		}
	}
	return t
}()

func intPrefix(t string, base int) (string, int) {
	if len(t) > 1 && t[0] == '0' {
		b := 0
		switch t[1] | 0x20 {
		case 'x':
			b = 16
		case 'b':
			b = 2
		case 'o':
			b = 8
		case 'd':
			b = 10
		}
		switch {
		case b != 0 && (base == 0 || base == b):
			return t[2:], b
		case base == 0:
			return t[1:], 8
		}
	}
	if base == 0 {
		base = 10
	}
	return t, base
}

// leadingInt is String#to_i.
func leadingInt(s string, base int) Value {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	s, base = intPrefix(s, base)
	if base == 10 {
		if n, ok := shortInt(s); ok {
			if neg {
				n = -n
			}
			return Int(n)
		}
	}
	if n, digits := digitsOf(s, base); digits == len(s) || digits < 12 && s[digits] != '_' {
		if neg {
			n = -n
		}
		return Int(n)
	}
	var digits []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '_' && i > 0 && s[i-1] != '_' && i+1 < len(s) {
			continue
		}
		d := 99
		switch {
		case isDigit(c):
			d = int(c - '0')
		case c >= 'a' && c <= 'z':
			d = int(c-'a') + 10
		case c >= 'A' && c <= 'Z':
			d = int(c-'A') + 10
		}
		if d >= base {
			break
		}
		digits = append(digits, c)
		if len(digits) > 20000 {
			break
		}
	}
	if len(digits) == 0 {
		return Int(0)
	}
	if len(digits) < 11 {
		n, _ := strconv.ParseInt(string(digits), base, 64)
		if neg {
			n = -n
		}
		return Int(n)
	}
	i, ok := new(big.Int).SetString(string(digits), base)
	if !ok {
		return Int(0)
	}
	if neg {
		i.Neg(i)
	}
	return bigValue(i)
}

// leadingFloat is String#to_f.
func leadingFloat(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	if f, ok := plainDecimal(s); ok {
		return f
	}
	var b []byte
	i := 0
	take := func() {
		b = append(b, s[i])
		i++
	}
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		take()
	}
	digits := func() (n int) {
		for i < len(s) && (isDigit(s[i]) || s[i] == '_' && n > 0 && i+1 < len(s) && isDigit(s[i+1])) {
			if s[i] == '_' {
				i++
				continue
			}
			take()
			n++
		}
		return
	}
	n := digits()
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		take()
		n += digits()
	}
	if n == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '-' || s[j] == '+') {
			j++
		}
		if j < len(s) && isDigit(s[j]) {
			for i < j {
				take()
			}
			digits()
		}
	}
	f, _ := strconv.ParseFloat(string(b), 64)
	return f
}

// parseFloat reads a Float as Float() does.
func parseFloat(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	if s == "" || strings.Contains(s, "__") || s[0] == '_' || s[len(s)-1] == '_' {
		return 0, false
	}
	if f, ok := hexFloat(s); ok {
		return f, true
	}
	if i, ok := parseInteger(s, 0); ok && (strings.ContainsAny(s, "xXbBoO")) {
		f, _ := new(big.Float).SetInt(i).Float64()
		return f, true
	}
	t := strings.ReplaceAll(s, "_", "")
	for i := 0; i < len(t); i++ {
		c := t[i]
		ok := isDigit(c) || c == '-' || c == '+' || c|0x20 == 'e'
		if c == '.' {
			ok = (i == 0 || isDigit(t[i-1]) || i == 1 && !isDigit(t[0])) && i+1 < len(t) && isDigit(t[i+1])
		}
		if !ok {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// shortInt reads the digits that a text begins with, when they fit and the text has no
// underscores.
func shortInt(s string) (n int64, ok bool) {
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return n, s[i] != '_'
		}
		if i == 18 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, true
}

// plainDecimal reads a text that is nothing but digits with a point in between, few
// enough that both are exact as floats.
func plainDecimal(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 15 || !isDigit(s[0]) || !isDigit(s[len(s)-1]) {
		return 0, false
	}
	n, decimals, point := int64(0), 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
			n = n*10 + int64(c-'0')
			if point {
				decimals++
			}
		case c == '.' && !point:
			point = true
		default:
			return 0, false
		}
	}
	if decimals >= len(exactTens) {
		return 0, false
	}
	return float64(n) / exactTens[decimals], true
}

// hexFloat reads 0x1.8p3, where the exponent counts powers of two.
func hexFloat(s string) (float64, bool) {
	t := strings.ToLower(strings.TrimLeft(s, "+-"))
	p := strings.IndexByte(t, 'p')
	if !strings.HasPrefix(t, "0x") || p < 0 && !strings.Contains(t, ".") || strings.Contains(t, "._") || strings.Contains(t, "_.") || strings.Contains(t, "_p") || strings.Contains(t, "p_") || strings.Contains(t, "0x_") || strings.Contains(t, ".p") || strings.HasSuffix(t, ".") || strings.HasPrefix(t, "0x.") {
		return 0, false
	}
	text := strings.ReplaceAll(s, "_", "")
	if p < 0 {
		text += "p0"
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil || math.IsInf(f, 0)
}
