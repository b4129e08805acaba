package onig

import "strings"

// Replacement is the replacement text of Ruby's sub and gsub: \0 and \& are the match,
// \1 to \9 and \k<name> groups, \` and \' what stands before and behind, \\ a backslash.
type Replacement struct {
	text  string
	parts []replacePart // nil when the text is nothing but itself
}

type replacePart struct {
	text  string
	group int // or one of the below
	name  string
}

const (
	literalPart = -1 - iota
	before
	behind
	named
)

// ParseReplacement reads a replacement. Every text is one.
func ParseReplacement(text string) Replacement {
	r := Replacement{text: text}
	if strings.IndexByte(text, '\\') < 0 {
		return r
	}
	start := 0
	add := func(end, next int, p replacePart) {
		if end > start {
			r.parts = append(r.parts, replacePart{text: text[start:end], group: literalPart})
		}
		r.parts = append(r.parts, p)
		start = next
	}
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		switch c := text[i+1]; {
		case '0' <= c && c <= '9':
			add(i, i+2, replacePart{group: int(c - '0')})
		case c == '&':
			add(i, i+2, replacePart{group: 0})
		case c == '`':
			add(i, i+2, replacePart{group: before})
		case c == '\'':
			add(i, i+2, replacePart{group: behind})
		case c == '\\':
			add(i, i+2, replacePart{group: literalPart, text: `\`})
		case c == 'k' && strings.HasPrefix(text[i+2:], "<"):
			if end := strings.IndexByte(text[i:], '>'); end > 0 {
				add(i, i+end+1, replacePart{group: named, name: text[i+3 : i+end]})
				i += end - 1
			}
		}
		i++
	}
	if start < len(text) {
		r.parts = append(r.parts, replacePart{text: text[start:], group: literalPart})
	}
	return r
}

// Append appends what stands for a match of re at loc in s.
func (r Replacement) Append(dst []byte, re *Regexp, s string, loc []int) []byte {
	if r.parts == nil {
		return append(dst, r.text...)
	}
	for _, p := range r.parts {
		switch p.group {
		case literalPart:
			dst = append(dst, p.text...)
		case before:
			dst = append(dst, s[:loc[0]]...)
		case behind:
			dst = append(dst, s[loc[1]:]...)
		case named:
			indexes := re.Indexes(p.name)
			for i := len(indexes) - 1; i >= 0; i-- {
				if g := 2 * indexes[i]; loc[g] >= 0 {
					dst = append(dst, s[loc[g]:loc[g+1]]...)
					break
				}
			}
		default:
			if g := 2 * p.group; g+1 < len(loc) && loc[g] >= 0 {
				dst = append(dst, s[loc[g]:loc[g+1]]...)
			}
		}
	}
	return dst
}

// GSub appends s with every match replaced, and tells whether there was one; without,
// nothing is appended. The error is ErrBudget.
func (r *Regexp) GSub(dst []byte, s string, with Replacement) (result []byte, changed bool, err error) {
	at := 0
	err = r.Each(s, func(loc []int) bool {
		dst = append(dst, s[at:loc[0]]...)
		dst = with.Append(dst, r, s, loc)
		at, changed = loc[1], true
		return true
	})
	if changed {
		dst = append(dst, s[at:]...)
	}
	return dst, changed, err
}
