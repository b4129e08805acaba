package filter

import (
	"math/big"
	"strconv"
	"strings"

	"sluice/internal/event"
)

// toI is Ruby's String#to_i: the digits at the begin of a text, whatever follows; 0
// when there are none. It has no limit.
func toI(s string) event.Value {
	digits := leadingDigits(strings.TrimLeft(s, " \t\n\v\f\r"), true)
	if len(digits) < 19 {
		n, _ := strconv.ParseInt(digits, 10, 64)
		return event.IntValue(n)
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return event.IntValue(0)
	}
	return event.BigIntValue(n)
}

// toF is Ruby's String#to_f: the number at the begin of a text, whatever follows; 0
// when there is none.
func toF(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	whole := leadingDigits(s, true)
	rest := s[consumed(s, whole):]
	text := whole
	if len(rest) > 1 && rest[0] == '.' && isDigit(rest[1]) {
		fraction := leadingDigits(rest[1:], false)
		text += "." + fraction
		rest = rest[1+consumed(rest[1:], fraction):]
	}
	if strings.Trim(text, "+-") == "" {
		return 0
	}
	if len(rest) > 1 && rest[0]|0x20 == 'e' {
		if exponent := leadingDigits(rest[1:], true); strings.Trim(exponent, "+-") != "" {
			text += "e" + exponent
		}
	}
	f, _ := strconv.ParseFloat(text, 64) // beyond the range it is infinite, or 0
	return f
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// leadingDigits returns the digits that s begins with, without the underscores between
// them, behind a sign if that is allowed.
func leadingDigits(s string, sign bool) string {
	i := 0
	if sign && i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	plain := true
	end := i
	for end < len(s) && (isDigit(s[end]) || s[end] == '_' && end > i && isDigit(s[end-1]) && end+1 < len(s) && isDigit(s[end+1])) {
		plain = plain && s[end] != '_'
		end++
	}
	if plain {
		return s[:end]
	}
	return strings.ReplaceAll(s[:end], "_", "")
}

// consumed returns how many bytes of s have given digits.
func consumed(s, digits string) int {
	n := 0
	for i := 0; i < len(digits); n++ {
		if s[n] != '_' {
			i++
		}
	}
	return n
}
