package ruby

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mapCase applies full Unicode case mapping, as Ruby does.
func (th *thread) mapCase(s *String, how string) string {
	if s.single() {
		b := append(th.buffer(len(s.s)), s.s...)
		for i, c := range b {
			switch {
			case c >= 'a' && c <= 'z' && (how == "up" || how == "swap" || how == "cap" && i == 0):
				b[i] = c - 32
			case c >= 'A' && c <= 'Z' && (how == "down" || how == "swap" || how == "cap" && i > 0):
				b[i] = c + 32
			}
		}
		return textOf(b)
	}
	var b strings.Builder
	first := true
	eachRune(s.s, func(r rune, text string) {
		h := how
		if how == "cap" {
			h = "down"
			if first {
				h = "title"
			}
		}
		if how == "swap" {
			h = "up"
			if unicode.IsUpper(r) {
				h = "down"
			} else if !unicode.IsLower(r) {
				h = ""
			}
		}
		first = false
		switch {
		case !utf8.ValidString(text) || h == "":
			b.WriteString(text)
		case h == "down" && r == 'İ':
			b.WriteString("i̇")
		case h == "down":
			b.WriteRune(unicode.ToLower(r))
		case r == 'ß' && h == "up":
			b.WriteString("SS")
		case r == 'ß':
			b.WriteString("Ss")
		case r == 'ﬁ' && h == "up":
			b.WriteString("FI")
		case h == "title":
			b.WriteRune(unicode.ToTitle(r))
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
	})
	return b.String()
}

func fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "ß", "ss"))
}

func init() {
	def := cString.def
	for name, how := range map[string]string{"upcase": "up", "downcase": "down", "capitalize": "cap", "swapcase": "swap"} {
		stringDef(name, 0, -1, func(th *thread, s *String, a []Value) string { return th.mapCase(s, how) })
	}
	def("casecmp", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := a[0].o.(*String)
		if !ok {
			th.noConversion(a[0], "String")
		}
		lower := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= 'A' && r <= 'Z' {
					return r + 32
				}
				return r
			}, s)
		}
		return Int(int64(strings.Compare(lower(strOf(self).s), lower(t.s))))
	})
	def("casecmp?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t, ok := a[0].o.(*String)
		if !ok {
			return vNil
		}
		return Bool(fold(strOf(self).s) == fold(t.s))
	})
}
