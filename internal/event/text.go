package event

import (
	"math"
	"strconv"
	"strings"

	"sluice/internal/timefmt"
)

// AppendText appends the value as sprintf shows it (org.logstash.StringInterpolation):
// a float in Java's form, an array joined with commas, an object as JSON. Null and
// Missing are empty.
func (v Value) AppendText(dst []byte) []byte {
	switch v.kind {
	case String:
		if v.flag&escaped != 0 {
			return appendUnescaped(dst, v.text())
		}
		return append(dst, v.text()...)
	case Int:
		if v.flag&lazy != 0 {
			return append(dst, v.numText()...)
		}
		return strconv.AppendInt(dst, v.n, 10)
	case BigInt, Decimal:
		return append(dst, v.numText()...)
	case Float:
		return AppendJavaFloat(dst, v.Float())
	case Bool:
		return strconv.AppendBool(dst, v.n != 0)
	case Time:
		return timefmt.AppendTimestamp(dst, v.Time())
	case Array:
		for i, item := range v.Array().Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			if item.kind == Object {
				dst = item.appendJavaMap(dst)
			} else {
				dst = item.AppendText(dst)
			}
		}
	case Object:
		return v.appendCanonicalJSON(dst)
	}
	return dst
}

// appendJavaMap appends the value as Java's Map.toString and List.toString show it.
func (v Value) appendJavaMap(dst []byte) []byte {
	switch v.kind {
	case Object:
		dst = append(dst, '{')
		for i, f := range v.Object().Fields() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(append(dst, f.Key...), '=')
			dst = f.Value.appendJavaMap(dst)
		}
		return append(dst, '}')
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Array().Items {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = item.appendJavaMap(dst)
		}
		return append(dst, ']')
	case Null, Missing:
		return append(dst, "null"...)
	}
	return v.AppendText(dst)
}

// appendCanonicalJSON appends the value as Jackson would print it: no white space that
// came in, floats in Java's form.
func (v Value) appendCanonicalJSON(dst []byte) []byte {
	switch v.kind {
	case Object:
		dst = append(dst, '{')
		for i, f := range v.Object().Fields() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendQuoted(dst, f.Key), ':')
			dst = f.Value.appendCanonicalJSON(dst)
		}
		return append(dst, '}')
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Array().Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendCanonicalJSON(dst)
		}
		return append(dst, ']')
	case Float:
		if f := v.Float(); !math.IsInf(f, 0) && !math.IsNaN(f) {
			return AppendJavaFloat(dst, f)
		}
	case String:
		return appendQuoted(dst, v.Str())
	}
	return v.AppendJSON(dst)
}

// AppendCanonicalJSON appends the value as JSON that does not depend on how it came in:
// no white space, floats in Java's form.
func (v Value) AppendCanonicalJSON(dst []byte) []byte { return v.appendCanonicalJSON(dst) }

// AppendJavaFloat appends a float as Java's Double.toString does.
func AppendJavaFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 5e-324: // Java before 19 prints two digits at least
		return append(dst, "4.9E-324"...)
	case f == -5e-324:
		return append(dst, "-4.9E-324"...)
	}
	if a := math.Abs(f); a == 0 || 1e-3 <= a && a < 1e7 {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if !strings.Contains(string(dst[start:]), ".") {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	var buf [32]byte
	text := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	e := len(text) - 1
	for text[e] != 'e' {
		e--
	}
	mantissa, exponent := text[:e], text[e+1:]
	dst = append(dst, mantissa...)
	if !strings.Contains(string(mantissa), ".") {
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	if exponent[0] == '-' {
		dst = append(dst, '-')
	}
	digits := exponent[1:]
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	return append(dst, digits...)
}

// String returns the value as sprintf shows it, for messages.
func (v Value) String() string { return string(v.AppendText(nil)) }
