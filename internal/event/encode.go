package event

import (
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"

	"sluice/internal/timefmt"
)

// AppendJSON appends the event as one JSON object, without @metadata and without a
// line end. It changes nothing and may run while others read the event.
func (e *Event) AppendJSON(dst []byte) []byte { return e.root.AppendJSON(dst) }

// AppendJSON appends the object as JSON.
func (o *ObjectData) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for i := range o.fields {
		f := &o.fields[i]
		if f.Value.kind == Missing {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, f.Key)
		dst = append(dst, ':')
		dst = f.Value.AppendJSON(dst)
	}
	return append(dst, '}')
}

// AppendJSON appends the value as JSON. What nobody has touched goes out as it came
// in. A float that is no JSON number goes out as a string, as in Logstash.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case String:
		if v.flag&verbatim != 0 {
			dst = append(dst, '"')
			dst = append(dst, v.text()...)
			return append(dst, '"')
		}
		return appendQuoted(dst, v.text())
	case Object:
		if v.flag&lazy != 0 {
			return append(dst, v.lazyText()...)
		}
		return (*ObjectData)(v.p).AppendJSON(dst)
	case Array:
		if v.flag&lazy != 0 {
			return append(dst, v.lazyText()...)
		}
		dst = append(dst, '[')
		for i, item := range (*ArrayData)(v.p).Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Int:
		if v.flag&lazy != 0 {
			return append(dst, v.numText()...)
		}
		return strconv.AppendInt(dst, v.n, 10)
	case BigInt, Decimal:
		return append(dst, v.numText()...)
	case Float:
		if v.flag&lazy != 0 {
			return append(dst, v.numText()...)
		}
		return appendFloat(dst, v.Float())
	case Bool:
		return strconv.AppendBool(dst, v.n != 0)
	case Time:
		dst = append(dst, '"')
		dst = timefmt.AppendTimestamp(dst, v.Time())
		return append(dst, '"')
	}
	return append(dst, "null"...)
}

// appendFloat appends a float so that a reader gets the same float back and still sees
// that it is one: 1.0, not 1.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e16) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// AppendQuoted appends text as a JSON string, quotes included. Bytes that are no UTF-8
// become U+FFFD.
func AppendQuoted(dst []byte, text string) []byte { return appendQuoted(dst, text) }

func appendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	if plain(text) {
		dst = append(dst, text...)
		return append(dst, '"')
	}
	const hex = "0123456789abcdef"
	for {
		n := plainLength(text)
		dst = append(dst, text[:n]...)
		if text = text[n:]; text == "" {
			return append(dst, '"')
		}
		switch c := text[0]; {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(text)
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, "\uFFFD"...)
			} else {
				dst = append(dst, text[:n]...)
			}
			text = text[n:]
			continue
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		text = text[1:]
	}
}

// marks returns a word whose lowest set bit is in the first byte of x that cannot stand
// in JSON as it is, or is not ASCII.
func marks(x uint64) uint64 { return special(x) | x&highs }

func word8(s string, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

func word4(s string, i int) uint64 {
	_ = s[i+3]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24
}

// plain tells whether text is ASCII that needs no escapes. The last word that it looks
// at may overlap the one before.
func plain(text string) bool {
	n := len(text)
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			if marks(word8(text, i)) != 0 {
				return false
			}
		}
		return marks(word8(text, n-8)) == 0
	case n >= 4:
		return marks(word4(text, 0)|word4(text, n-4)<<32) == 0
	}
	return plainLength(text) == n
}

// plainLength returns how many bytes at the start of text are ASCII that needs no escapes.
func plainLength(text string) int {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		if m := marks(word8(text, i)); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}
