package onig

import (
	"strings"
	"unicode/utf8"
)

// A pattern with the flag Bytes sees every byte of a text as a character, as Ruby does
// with a text whose encoding is binary. It runs on the text with each byte beyond ASCII
// as the character of the same number; places are counted back.

// widened returns s with each byte as a character.
func widened(s string) string {
	high := 0
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			high++
		}
	}
	if high == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + high)
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// wide returns the place in the widened text of a byte of s.
func (r *Regexp) wide(s string, at int) int {
	if !r.bytes {
		return at
	}
	wide := at
	for i := range at {
		if s[i] >= utf8.RuneSelf {
			wide++
		}
	}
	return wide
}

// appendPlaces appends the places of the match that a machine has found, in bytes of
// the caller's text.
func (r *Regexp) appendPlaces(dst []int, m *machine) []int {
	begin := len(dst)
	dst = append(dst, m.slots[:2*(r.groups+1)]...)
	if r.bytes {
		for i, at := range dst[begin:] {
			if at > 0 {
				dst[begin+i] = utf8.RuneCountInString(m.s[:at])
			}
		}
	}
	return dst
}

// Quote returns a pattern that matches s and nothing else, as Ruby's Regexp.escape.
func Quote(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case strings.IndexByte(`[]{}()|-*.\?+^$# `, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\t' <= c && c <= '\r':
			b.WriteByte('\\')
			b.WriteByte("tnvfr"[c-'\t'])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
