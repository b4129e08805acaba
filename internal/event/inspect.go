package event

import (
	"math"
	"strconv"
	"strings"
)

// AppendRuby appends the value as Ruby's to_s shows it: a float in Ruby's form, arrays
// and objects as inspect shows them, nothing for null.
func (v Value) AppendRuby(dst []byte) []byte {
	switch v.kind {
	case Float:
		return AppendRubyFloat(dst, v.Float())
	case Decimal:
		return appendBigDecimal(dst, v.numText())
	case Array, Object:
		return v.AppendInspect(dst)
	}
	return v.AppendText(dst)
}

// AppendInspect appends the value as Ruby's inspect shows it: {"a"=>[1, nil]}.
func (v Value) AppendInspect(dst []byte) []byte {
	switch v.kind {
	case Null, Missing:
		return append(dst, "nil"...)
	case String:
		if v.flag&symbol != 0 {
			return append(append(dst, ':'), v.Str()...)
		}
		return AppendInspect(dst, v.Str())
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Array().Items {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = item.AppendInspect(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, f := range v.Object().Fields() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(AppendInspect(dst, f.Key), "=>"...)
			dst = f.Value.AppendInspect(dst)
		}
		return append(dst, '}')
	}
	return v.AppendRuby(dst)
}

// AppendRubyFloat appends a float as JRuby's Float#to_s does: decimal from 1e-4 up to
// below 1e19, otherwise with an exponent of at least two digits.
func AppendRubyFloat(dst []byte, f float64) []byte {
	switch a := math.Abs(f); {
	case math.IsNaN(f), math.IsInf(f, 0):
		return AppendJavaFloat(dst, f)
	case a == 0 || 1e-4 <= a && a < 1e19:
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if !strings.Contains(string(dst[start:]), ".") {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	return append(append(dst, 'e'), exponent...)
}

// appendBigDecimal appends a decimal number as Ruby's BigDecimal#to_s does: 0.15e1.
func appendBigDecimal(dst []byte, text string) []byte {
	if strings.HasPrefix(text, "-") {
		dst = append(dst, '-')
		text = text[1:]
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	exp, _ := strconv.Atoi(exponent)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exp += len(whole)
	digits := whole + fraction
	for strings.HasPrefix(digits, "0") {
		digits = digits[1:]
		exp--
	}
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return append(dst, "0.0"...)
	}
	dst = append(append(dst, "0."...), digits...)
	return strconv.AppendInt(append(dst, 'e'), int64(exp), 10)
}
