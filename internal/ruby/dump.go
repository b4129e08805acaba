package ruby

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// dumpString is String#dump: the text as a literal of ASCII only.
func dumpString(s *String) string {
	var b strings.Builder
	for text := s.s; text != ""; {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r < utf8.RuneSelf || s.enc != encUTF8 || r == utf8.RuneError && n == 1:
			if s.enc != encUTF8 {
				n = 1
			}
			if text[0] == '#' && len(text) > 1 && strings.IndexByte("{$@", text[1]) >= 0 {
				b.WriteByte('\\')
			}
			quoted := inspectString(&String{s: text[:n], enc: encBinary})
			b.WriteString(quoted[1 : len(quoted)-1])
		case r > 0xffff:
			fmt.Fprintf(&b, `\u{%X}`, r)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
		text = text[n:]
	}
	return `"` + b.String() + `"`
}

// undump is String#undump: what a dumped text stands for.
func undump(th *thread, self Value, _ []Value, _ *Proc) Value {
	s := strOf(self).s
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		for i := range len(s) {
			if s[i] >= 0x80 {
				th.raise(cRuntimeError, "non-ASCII character detected")
			}
		}
		th.raise(cRuntimeError, "invalid dumped string; not wrapped with '\"' nor '\"...\".force_encoding(\"...\")' form")
	}
	s = s[1 : len(s)-1]
	th.charge(len(s))
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i >= len(s) {
			th.raise(cRuntimeError, "invalid escape")
		}
		hex := func(from, to int) rune {
			n, err := strconv.ParseUint(s[min(from, len(s)):min(to, len(s))], 16, 32)
			if err != nil {
				th.raise(cRuntimeError, "invalid escape")
			}
			return rune(n)
		}
		switch c := s[i]; c {
		case 'x':
			b.WriteByte(byte(hex(i+1, i+3)))
			i += 2
		case 'u':
			if end := strings.IndexByte(s[i:], '}'); i+1 < len(s) && s[i+1] == '{' && end > 0 {
				b.WriteRune(hex(i+2, i+end))
				i += end
			} else {
				b.WriteRune(hex(i+1, i+5))
				i += 4
			}
		default:
			if at := strings.IndexByte("abtnvfre", c); at >= 0 {
				c = "\a\b\t\n\v\f\r\x1b"[at]
			}
			b.WriteByte(c)
		}
	}
	return th.like(strOf(self), b.String())
}
