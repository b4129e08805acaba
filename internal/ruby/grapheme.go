package ruby

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// graphemeSize returns the length of the first grapheme cluster of a text, by the rules
// that matter outside of Indic scripts: line ends, marks, joiners, flags, skin tones.
func graphemeSize(s string) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == '\n' || r == '\r' || unicode.Is(unicode.Cc, r) {
		return n
	}
	flag := r >= 0x1f1e6 && r <= 0x1f1ff
	flags := 1
	joined := false
	for n < len(s) {
		c, k := utf8.DecodeRuneInString(s[n:])
		switch {
		case unicode.In(c, unicode.Mn, unicode.Me, unicode.Mc) || c >= 0x1f3fb && c <= 0x1f3ff || c == 0xfe0f:
			joined = false
		case c == 0x200d:
			joined = true
		case joined && c > 0x2000:
			joined = false
		case flag && flags == 1 && c >= 0x1f1e6 && c <= 0x1f1ff:
			flags++
		default:
			return n
		}
		n += k
	}
	return n
}
