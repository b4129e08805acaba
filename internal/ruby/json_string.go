package ruby

import (
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	eachByte = 0x0101010101010101
	highBits = 0x8080808080808080
)

// word8 returns eight bytes of a text as one number, the first in the lowest bits.
func word8(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// plainEnd returns the first place from i on of a quote, a backslash or a control
// character, eight bytes at a time.
func plainEnd(s string, i int) int {
	for i+8 <= len(s) {
		x := word8(s, i)
		quote, slash := x^('"'*eachByte), x^('\\'*eachByte)
		if m := ((quote-eachByte)&^quote | (slash-eachByte)&^slash | (x-' '*eachByte)&^x) & highBits; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

// str reads the string that begins here. One without escapes is a part of the text.
func (p *jsonParser) str() (string, bool) {
	p.pos++
	start := p.pos
	end := plainEnd(p.s, start)
	if end < len(p.s) && p.s[end] == '"' {
		p.pos = end + 1
		return p.s[start:end], true
	}
	b := p.th.scratch()
	for {
		b = append(b, p.s[p.pos:end]...)
		p.pos = end
		switch {
		case end == len(p.s):
			p.th.spare = b
			p.pos = start - 1
			return "", p.unexpected()
		case p.s[end] == '"':
			p.pos++
			return p.th.settled(b), true
		case p.s[end] < 0x20:
			p.th.spare = b
			return "", p.unexpected()
		}
		if p.pos++; p.pos == len(p.s) {
			end = p.pos
			continue
		}
		var ok bool
		if b, ok = p.escape(b); !ok {
			p.th.spare = b
			return "", p.unexpected()
		}
		end = plainEnd(p.s, p.pos)
	}
}

// escape appends what the escape sequence stands for whose backslash has been read.
func (p *jsonParser) escape(b []byte) ([]byte, bool) {
	c := p.s[p.pos]
	p.pos++
	switch c {
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b':
		c = 8
	case 'f':
		c = 12
	case 'u':
		r, ok := p.hex4()
		if !ok {
			return b, false
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.pos:], `\u`) {
			mark := p.pos
			p.pos += 2
			if r2, ok := p.hex4(); ok {
				if x := utf16.DecodeRune(r, r2); x != utf8.RuneError {
					return utf8.AppendRune(b, x), true
				}
			}
			p.pos = mark
		}
		return utf8.AppendRune(b, r), true
	}
	return append(b, c), true
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.pos+4 > len(p.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.pos:p.pos+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.pos += 4
	return rune(n), true
}
