package event

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// AppendInspect appends text as Ruby's String#inspect shows it, quotes included: what is
// not printable is escaped, and so are the bytes that are no UTF-8 (\xE9). It follows
// JRuby 9.4.
func AppendInspect(dst []byte, text string) []byte {
	dst = append(dst, '"')
	dst = AppendInspected(dst, text)
	return append(dst, '"')
}

// AppendInspected is AppendInspect without the quotes.
func AppendInspected(dst []byte, text string) []byte {
	const hex = "0123456789ABCDEF"
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		n := 1
		switch {
		case c == '"' || c == '\\':
			dst = append(append(dst, text[start:i]...), '\\', c)
		case c == '#' && i+1 < len(text) && (text[i+1] == '{' || text[i+1] == '$' || text[i+1] == '@'):
			dst = append(append(dst, text[start:i]...), '\\', '#')
		case c < ' ' || c == 0x7F:
			dst = append(dst, text[start:i]...)
			if short := controlLetter(c); short != 0 {
				dst = append(dst, '\\', short)
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
		case c < utf8.RuneSelf:
			i++
			continue
		default:
			var r rune
			r, n = utf8.DecodeRuneInString(text[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				dst = append(append(dst, text[start:i]...), '\\', 'x', hex[c>>4], hex[c&15])
			case !printable(r):
				dst = appendCodePoint(append(dst, text[start:i]...), r)
			default:
				i += n
				continue
			}
		}
		i += n
		start = i
	}
	return append(dst, text[start:]...)
}

func controlLetter(c byte) byte {
	switch c {
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	case '\f':
		return 'f'
	case '\v':
		return 'v'
	case '\b':
		return 'b'
	case '\a':
		return 'a'
	case 0x1B:
		return 'e'
	}
	return 0
}

// printable is Onigmo's class print: everything that is assigned, but for control
// characters and the two separators of lines and paragraphs.
func printable(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf, unicode.Co)
}

func appendCodePoint(dst []byte, r rune) []byte {
	digits := strconv.FormatInt(int64(r), 16)
	upper := []byte(digits)
	for i, c := range upper {
		if 'a' <= c && c <= 'f' {
			upper[i] = c - 'a' + 'A'
		}
	}
	if r > 0xFFFF {
		return append(append(append(dst, `\u{`...), upper...), '}')
	}
	dst = append(dst, `\u`...)
	for range 4 - len(upper) {
		dst = append(dst, '0')
	}
	return append(dst, upper...)
}
