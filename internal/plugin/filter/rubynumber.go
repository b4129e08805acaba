package filter

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"sluice/internal/event"
)

// rubyFloat is Ruby's Float(text), as JRuby 9.4 reads it.
func rubyFloat(text string) (float64, error) {
	s := strings.Trim(text, "\t\n\v\f\r ")
	bad := fmt.Errorf("invalid value for Float(): %q", text)
	plain, ok := withoutUnderscores(s)
	if !ok || plain == "" {
		return 0, bad
	}
	digits := strings.TrimLeft(plain, "+-")
	if len(plain)-len(digits) > 1 {
		return 0, bad
	}
	switch {
	case strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X"):
		if !strings.ContainsAny(digits, "pP") {
			plain += "p0"
		}
	case digits == "" || strings.HasSuffix(digits, ".") || strings.Contains(digits, ".e") || strings.Contains(digits, ".E"):
		return 0, bad
	case digits[0] != '.' && (digits[0] < '0' || digits[0] > '9'):
		return 0, bad
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, bad
	}
	return f, nil
}

// withoutUnderscores takes out the underscores that stand between two digits; another
// one is a mistake.
func withoutUnderscores(s string) (string, bool) {
	if strings.IndexByte(s, '_') < 0 {
		return s, true
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || !alphanumeric(s[i-1]) || !alphanumeric(s[i+1])) {
			return "", false
		}
	}
	return strings.ReplaceAll(s, "_", ""), true
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// rubyInteger is Ruby's Integer(text): a prefix or a leading 0 chooses the base.
func rubyInteger(text string) (event.Value, error) {
	s := strings.Trim(text, "\t\n\v\f\r ")
	if s, ok := withoutUnderscores(s); ok && s != "" {
		if i, ok := new(big.Int).SetString(s, 0); ok {
			return event.BigIntValue(i), nil
		}
	}
	return event.Value{}, fmt.Errorf("invalid value for Integer(): %q", text)
}

// floatToInteger is Ruby's Integer(float).
func floatToInteger(f float64) (event.Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return event.Value{}, fmt.Errorf("a float that is no number has no integer")
	}
	if math.Abs(f) < 1<<62 {
		return event.IntValue(int64(f)), nil
	}
	i, _ := big.NewFloat(f).Int(nil)
	return event.BigIntValue(i), nil
}

// leadingInt is Ruby's String#to_i: the digits at the start, 0 when there are none.
func leadingInt(s string) event.Value {
	s = strings.TrimLeft(s, "\t\n\v\f\r ")
	end := 0
	if end < len(s) && (s[end] == '+' || s[end] == '-') {
		end++
	}
	start := end
	for end < len(s) && ('0' <= s[end] && s[end] <= '9' || s[end] == '_' && end > start && s[end-1] != '_') {
		end++
	}
	i, ok := new(big.Int).SetString(strings.ReplaceAll(s[:end], "_", ""), 10)
	if !ok {
		return event.IntValue(0)
	}
	return event.BigIntValue(i)
}
