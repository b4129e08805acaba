package event

import (
	"slices"
	"unicode/utf8"
	"unsafe"
)

// appendUnescaped appends the text that JSON escapes stand for. Half of a surrogate
// pair becomes U+FFFD.
func appendUnescaped(dst []byte, text string) []byte {
	at := len(dst)
	dst = slices.Grow(dst, len(text))[:at+len(text)] // never longer than the escapes
	n := unescape(dst[at:], unsafe.Slice(unsafe.StringData(text), len(text)))
	return dst[:at+n]
}

// unescape writes to dst, which is as long as text, and returns how much there is. Eight
// bytes at a time would be slower for what is mostly in strings, JSON with many escapes.
func unescape(dst, text []byte) int {
	j := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			dst[j] = c
			i, j = i+1, j+1
			continue
		}
		if c = escapes[text[i+1]]; c != 0 {
			dst[j] = c
			i, j = i+2, j+1
			continue
		}
		r, n := unescapeRune(text[i:])
		if n == 0 { // only text that was not checked
			return j + copy(dst[j:], text[i:])
		}
		i += n
		j += utf8.EncodeRune(dst[j:], r)
	}
	return j
}

// escapes is what stands for a backslash and a byte; 0 behind which are hexadecimal digits.
var escapes = func() (t [256]byte) {
	for b := range t {
		t[b] = byte(b)
	}
	t['b'], t['f'], t['n'], t['r'], t['t'], t['u'] = '\b', '\f', '\n', '\r', '\t', 0
	return t
}()

// unescapeRune reads \uXXXX, or two of them that are one character, and returns how long
// that is; 0 when the text ends before.
func unescapeRune(text []byte) (r rune, n int) {
	if len(text) < 6 {
		return 0, 0
	}
	r = hex4(text[2:])
	if 0xD800 <= r && r < 0xDC00 && len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
		if low := hex4(text[8:]); 0xDC00 <= low && low < 0xE000 {
			return (r-0xD800)<<10 + (low - 0xDC00) + 0x10000, 12
		}
	}
	return r, 6
}

func hex4(s []byte) (r rune) {
	for i := range 4 {
		c := rune(s[i])
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		r = r<<4 | c
	}
	return r
}
