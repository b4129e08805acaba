package ruby

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mapCase applies full Unicode case mapping, as Ruby does.
func (th *thread) mapCase(s *String, how string) string {
	if s.single() {
		return textOf(mapASCII(append(th.buffer(len(s.s)), s.s...), how))
	}
	if s.enc == encUTF8 && !utf8.ValidString(s.s) {
		th.raise(cArgumentError, "input string invalid")
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

// mapASCII maps the letters of ASCII in place.
func mapASCII(b []byte, how string) []byte {
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z' && (how == "up" || how == "swap" || how == "cap" && i == 0):
			b[i] = c - 32
		case c >= 'A' && c <= 'Z' && (how == "down" || how == "swap" || how == "cap" && i > 0):
			b[i] = c + 32
		}
	}
	return b
}

// caseOptions applies a mapping with the options of upcase and its kin: :ascii, :turkic,
// :lithuanian, and :fold for downcase.
func (th *thread) caseOptions(s *String, how string, a []Value) string {
	var names []string
	for _, v := range a {
		x, ok := v.o.(*Symbol)
		if !ok {
			th.noConversion(v, "Symbol")
		}
		names = append(names, x.name)
	}
	switch {
	case len(names) == 0:
		return th.mapCase(s, how)
	case len(names) > 2:
		th.raise(cArgumentError, "too many options")
	case names[0] == "ascii" && len(names) == 1:
		return string(mapASCII([]byte(s.s), how))
	case names[0] == "fold" && how == "down" && len(names) == 1:
		return fold(s.s)
	case names[0] == "fold":
		th.raise(cArgumentError, "option :fold only allowed for downcasing")
	case names[0] != "turkic" && names[0] != "lithuanian":
		th.raise(cArgumentError, "invalid option: %s", names[0])
	case len(names) == 2 && (names[1] != "turkic" && names[1] != "lithuanian" || names[1] == names[0]):
		th.raise(cArgumentError, "invalid second argument: use only one of :turkic and :lithuanian with the other")
	}
	if !slices.Contains(names, "turkic") {
		return th.mapCase(s, how)
	}
	// The dot of i goes with it.
	text, lower, i := s.s, how == "down", 0
	return strings.Join(mapEach(text, func(part string) string {
		first := i == 0
		i++
		switch part {
		case "i":
			if how == "up" || how == "swap" || how == "cap" && first {
				return "İ"
			}
		case "İ":
			if lower || how == "swap" || how == "cap" && !first {
				return "i"
			}
		case "I":
			if lower || how == "swap" || how == "cap" && !first {
				return "ı"
			}
		case "ı":
			if how == "up" || how == "swap" || how == "cap" && first {
				return "I"
			}
		}
		h := how
		if how == "cap" && !first {
			h = "down"
		}
		return th.mapCase(&String{s: part}, h)
	}), "")
}

// mapEach applies f to each character.
func mapEach(s string, f func(string) string) (out []string) {
	eachRune(s, func(r rune, text string) { out = append(out, f(text)) })
	return out
}

func fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "ß", "ss"))
}

func init() {
	def := cString.def
	for name, how := range map[string]string{"upcase": "up", "downcase": "down", "capitalize": "cap", "swapcase": "swap"} {
		stringDef(name, 0, -1, func(th *thread, s *String, a []Value) string { return th.caseOptions(s, how, a) })
	}
	def("casecmp", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := th.tryString(a[0])
		if t == nil {
			return vNil
		}
		lower := func(s string) string { return string(mapASCII([]byte(s), "down")) }
		return Int(int64(strings.Compare(lower(strOf(self).s), lower(t.s))))
	})
	def("casecmp?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := th.tryString(a[0])
		if t == nil {
			return vNil
		}
		return Bool(fold(strOf(self).s) == fold(t.s))
	})
}
