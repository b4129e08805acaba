package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fullUpper is the letters whose upper case has several characters (Unicode's
// SpecialCasing.txt, without conditions), which Ruby's upcase knows.
var fullUpper = map[rune]string{
	'ß': "SS", 'ŉ': "ʼN", 'ǰ': "J̌", 'ΐ': "Ϊ́", 'ΰ': "Ϋ́", 'և': "ԵՒ", 'ẖ': "H̱", 'ẗ': "T̈",
	'ẘ': "W̊", 'ẙ': "Y̊", 'ẚ': "Aʾ", 'ﬀ': "FF", 'ﬁ': "FI", 'ﬂ': "FL", 'ﬃ': "FFI", 'ﬄ': "FFL",
	'ﬅ': "ST", 'ﬆ': "ST", 'ﬓ': "ՄՆ", 'ﬔ': "ՄԵ", 'ﬕ': "ՄԻ", 'ﬖ': "ՎՆ", 'ﬗ': "ՄԽ",
}

// upcase is Ruby's String#upcase.
func upcase(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf && fullUpper[r] != "" }) < 0 {
		return strings.ToUpper(s)
	}
	var b strings.Builder
	for _, r := range s {
		if full := fullUpper[r]; full != "" {
			b.WriteString(full)
		} else {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return b.String()
}

// downcase is Ruby's String#downcase.
func downcase(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(s, "İ", "i̇")), "\u1e9e", "ß")
}

// capitalize is Ruby's String#capitalize.
func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	first := string(unicode.ToTitle(r))
	if full := fullUpper[r]; full != "" {
		head, size := utf8.DecodeRuneInString(full)
		first = string(head) + strings.ToLower(full[size:])
	}
	return first + downcase(s[n:])
}

// strip is Ruby's String#strip: ASCII white space and NUL.
func strip(s string) string { return strings.Trim(s, "\x00\t\n\v\f\r ") }
