package ruby

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func inspectString(s *String) string {
	b := make([]byte, 0, len(s.s)+2)
	b = append(b, '"')
	text := s.s
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\t':
				b = append(b, '\\', 't')
			case '\r':
				b = append(b, '\\', 'r')
			case 27:
				b = append(b, '\\', 'e')
			case 7:
				b = append(b, '\\', 'a')
			case 8:
				b = append(b, '\\', 'b')
			case 11:
				b = append(b, '\\', 'v')
			case 12:
				b = append(b, '\\', 'f')
			case '#':
				if i < len(text) && (text[i] == '{' || text[i] == '$' || text[i] == '@') {
					b = append(b, '\\')
				}
				b = append(b, '#')
			default:
				if c < 32 || c == 127 {
					if s.enc == encUTF8 {
						b = append(b, `\u00`...)
					} else {
						b = append(b, `\x`...)
					}
					b = append(b, "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
				} else {
					b = append(b, c)
				}
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if s.enc != encUTF8 || r == utf8.RuneError && n == 1 {
			b = append(b, '\\', 'x', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
			i++
			continue
		}
		if unicode.IsPrint(r) || unicode.In(r, unicode.Co, unicode.Cf, unicode.Zs) {
			b = append(b, text[i:i+n]...)
		} else if r > 0xffff {
			b = append(b, `\u{`...)
			b = append(b, strings.ToUpper(strconv.FormatInt(int64(r), 16))...)
			b = append(b, '}')
		} else {
			h := strings.ToUpper(strconv.FormatInt(int64(r), 16))
			b = append(b, `\u`...)
			b = append(b, strings.Repeat("0", 4-len(h))...)
			b = append(b, h...)
		}
		i += n
	}
	return string(append(b, '"'))
}

func init() {
	def := cString.def
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(inspectString(strOf(self))) })
	def("dump", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(dumpString(strOf(self)))
	})
	def("undump", 0, 0, undump)
}
