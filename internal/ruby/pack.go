package ruby

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// directive is one letter of a pack template.
type directive struct {
	c     byte
	count int
	star  bool
	given bool
	big   bool
	small bool
	long  bool // _ or !: the size of C's types, of which long has eight bytes
}

func (th *thread) directives(tmpl string) []directive {
	var out []directive
	for i := 0; i < len(tmpl); i++ {
		c := tmpl[i]
		if isSpace(c) || c == '\n' {
			continue
		}
		if c == '#' {
			for i < len(tmpl) && tmpl[i] != '\n' {
				i++
			}
			continue
		}
		d := directive{c: c, count: 1}
		for i+1 < len(tmpl) && strings.IndexByte("_!<>", tmpl[i+1]) >= 0 {
			i++
			if strings.IndexByte("sSiIlLqQjJ", c) < 0 {
				th.raise(cArgumentError, "'%c' allowed only after types sSiIlLqQjJ", tmpl[i])
			}
			d.big = d.big || tmpl[i] == '>'
			d.small = d.small || tmpl[i] == '<'
			d.long = d.long || tmpl[i] == '_' || tmpl[i] == '!'
		}
		if d.big && d.small {
			th.raise(cRangeError, "Can't use both '<' and '>'")
		}
		if i+1 < len(tmpl) && tmpl[i+1] == '*' {
			d.star = true
			i++
		} else if i+1 < len(tmpl) && isDigit(tmpl[i+1]) {
			d.count, d.given = 0, true
			for i+1 < len(tmpl) && isDigit(tmpl[i+1]) {
				i++
				d.count = min(d.count*10+int(tmpl[i]-'0'), 1<<24)
			}
		}
		if strings.IndexByte("CcSsLlQqJjIinNvVaAZBbHhUwmMudDfFeEgGxX@", c) < 0 {
			th.raise(cArgumentError, "unknown pack directive '%c' in '%s'", c, tmpl)
		}
		out = append(out, d)
	}
	return out
}

// intSize is the size and byte order of an integer directive.
func (d directive) intSize() (size int, big, signed bool) {
	switch d.c {
	case 'C':
		return 1, false, false
	case 'c':
		return 1, false, true
	case 'S':
		size = 2
	case 's':
		size, signed = 2, true
	case 'I':
		size = 4
	case 'i':
		size, signed = 4, true
	case 'L', 'l':
		size, signed = 4, d.c == 'l'
		if d.long {
			size = 8
		}
	case 'Q', 'J':
		size = 8
	case 'q', 'j':
		size, signed = 8, true
	case 'n':
		return 2, true, false
	case 'N':
		return 4, true, false
	case 'v':
		return 2, false, false
	case 'V':
		return 4, false, false
	}
	return size, d.big, signed
}

func (d directive) floatSize() (size int, big bool) {
	switch d.c {
	case 'd', 'D', 'E':
		return 8, false
	case 'G':
		return 8, true
	case 'f', 'F', 'e':
		return 4, false
	case 'g':
		return 4, true
	}
	return 0, false
}

// pack is Array#pack.
// What it makes is added to b.
func (th *thread) pack(b []byte, items []Value, tmpl string) Value {
	at := 0
	next := func() Value {
		if at >= len(items) {
			th.raise(cArgumentError, "too few arguments")
		}
		at++
		return items[at-1]
	}
	enc := encBinary
	for i, d := range th.directives(tmpl) {
		before := len(b)
		th.charge(d.count)
		if size, big, _ := d.intSize(); size > 0 {
			n := d.count
			if d.star {
				n = len(items) - at
			}
			for range n {
				v := next()
				x := th.bigArg(v)
				u := x.Uint64()
				if x.Sign() < 0 {
					u = -u
				}
				for k := range size {
					shift := 8 * k
					if big {
						shift = 8 * (size - 1 - k)
					}
					b = append(b, byte(u>>shift))
				}
			}
			th.charge(len(b) - before)
			continue
		}
		if size, big := d.floatSize(); size > 0 {
			n := d.count
			if d.star {
				n = len(items) - at
			}
			for range n {
				f := th.floatArg(next())
				var raw [8]byte
				switch {
				case size == 8 && big:
					binary.BigEndian.PutUint64(raw[:], math.Float64bits(f))
				case size == 8:
					binary.LittleEndian.PutUint64(raw[:], math.Float64bits(f))
				case big:
					binary.BigEndian.PutUint32(raw[:], math.Float32bits(float32(f)))
				default:
					binary.LittleEndian.PutUint32(raw[:], math.Float32bits(float32(f)))
				}
				b = append(b, raw[:size]...)
			}
			continue
		}
		switch d.c {
		case 'a', 'A', 'Z':
			s := ""
			if v := next(); !v.isNil() {
				s = th.strArg(v)
			}
			n := d.count
			if d.star {
				n = len(s)
				if d.c == 'Z' {
					n++
				}
			}
			pad := byte(0)
			if d.c == 'A' {
				pad = ' '
			}
			th.charge(n)
			for k := range n {
				if k < len(s) {
					b = append(b, s[k])
				} else {
					b = append(b, pad)
				}
			}
		case 'B', 'b', 'H', 'h':
			s := ""
			if v := next(); !v.isNil() {
				s = th.strArg(v)
			}
			n := d.count
			if d.star || n > len(s) && !d.given {
				n = len(s)
			}
			per := 2
			if d.c|0x20 == 'b' {
				per = 8
			}
			bits := 8 / per
			var cur byte
			for k := 0; k < n; k++ {
				var v byte
				if k < len(s) {
					c := s[k]
					if per == 8 {
						v = c & 1
					} else if c|0x20 >= 'a' && c|0x20 <= 'z' {
						v = (c&15 + 9) & 15 // any letter counts as a digit
					} else {
						v = c & 15
					}
				}
				pos := k % per
				if d.c == 'B' || d.c == 'H' {
					cur |= v << (bits * (per - 1 - pos))
				} else {
					cur |= v << (bits * pos)
				}
				if pos == per-1 || k == n-1 {
					b = append(b, cur)
					cur = 0
				}
			}
		case 'U':
			n := d.count
			if d.star {
				n = len(items) - at
			}
			for range n {
				r := th.intArg(next())
				if r < 0 || r > 0x10ffff {
					th.raise(cRangeError, "pack(U): value out of range")
				}
				b = utf8.AppendRune(b, rune(r))
			}
			if i == 0 {
				enc = encUTF8
			}
		case 'w':
			n := d.count
			if d.star {
				n = len(items) - at
			}
			for range n {
				u := new(big.Int).Set(th.bigArg(next()))
				if u.Sign() < 0 {
					th.raise(cArgumentError, "can't compress negative numbers")
				}
				groups := max((u.BitLen()+6)/7, 1)
				for k := groups - 1; k >= 0; k-- {
					c := byte(new(big.Int).Rsh(u, uint(7*k)).Uint64() & 0x7f)
					if k > 0 {
						c |= 0x80
					}
					b = append(b, c)
				}
			}
		case 'm':
			s := th.strArg(next())
			th.charge(2 * len(s))
			line := 45
			if d.given && d.count == 0 {
				b = append(b, base64.StdEncoding.EncodeToString([]byte(s))...)
				break
			}
			if d.given && d.count >= 3 {
				line = d.count / 3 * 3
			}
			for s != "" {
				n := min(line, len(s))
				b = append(b, base64.StdEncoding.EncodeToString([]byte(s[:n]))...)
				b = append(b, '\n')
				s = s[n:]
			}
		case 'M':
			b = append(b, quotedPrintable(th.toS(next()))...)
		case 'u':
			s := th.strArg(next())
			th.charge(2 * len(s))
			line := 45
			if d.given && d.count >= 3 {
				line = min(d.count/3*3, 63)
			}
			for s != "" {
				n := min(line, len(s))
				b = append(b, byte(' '+n))
				for k := 0; k < n; k += 3 {
					var t [3]byte
					copy(t[:], s[k:n])
					for _, v := range [4]byte{t[0] >> 2, t[0]<<4&63 | t[1]>>4, t[1]<<2&63 | t[2]>>6, t[2] & 63} {
						if v == 0 {
							v = 64
						}
						b = append(b, ' '+v)
					}
				}
				b = append(b, '\n')
				s = s[n:]
			}
		case 'x':
			if !d.star {
				b = append(b, make([]byte, d.count)...)
			}
		case 'X':
			if d.star {
				break
			}
			if d.count > len(b) {
				th.raise(cArgumentError, "X outside of string")
			}
			b = b[:len(b)-d.count]
		case '@':
			if d.star {
				d.count = 0
			}
			for len(b) < d.count {
				b = append(b, 0)
			}
			b = b[:d.count]
		}
		th.charge(max(len(b)-before, 0))
	}
	if t := strings.TrimSpace(tmpl); strings.HasPrefix(t, "m") || strings.HasPrefix(t, "M") || strings.HasPrefix(t, "u") {
		enc = encASCII
	}
	return th.strEnc(string(b), enc)
}

func quotedPrintable(s string) string {
	var b strings.Builder
	col := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '\n':
			b.WriteByte(c)
			col = 0
			continue
		case c >= 33 && c <= 126 && c != '=' || (c == ' ' || c == '\t') && i+1 < len(s) && s[i+1] != '\n':
			b.WriteByte(c)
			col++
		default:
			b.WriteString("=" + strings.ToUpper(strconv.FormatInt(int64(c)+256, 16)[1:]))
			col += 3
		}
		if col > 72 {
			b.WriteString("=\n")
			col = 0
		}
	}
	if col > 0 {
		b.WriteString("=\n")
	}
	return b.String()
}

// unpack is String#unpack. It begins at a byte.
func (th *thread) unpack(s, tmpl string, from int) []Value {
	var out []Value
	at := from
	add := func(v Value) {
		th.charge(24)
		out = append(out, v)
	}
	for _, d := range th.directives(tmpl) {
		if size, big, signed := d.intSize(); size > 0 {
			for n := 0; d.star || n < d.count; n++ {
				if at+size > len(s) {
					if d.star {
						break
					}
					add(vNil)
					continue
				}
				var u uint64
				for k := range size {
					c := uint64(s[at+k])
					if big {
						u = u<<8 | c
					} else {
						u |= c << (8 * k)
					}
				}
				at += size
				if signed {
					shift := 64 - 8*size
					add(Int(int64(u<<shift) >> shift))
				} else {
					add(bigUint(u))
				}
			}
			continue
		}
		if size, big := d.floatSize(); size > 0 {
			for n := 0; d.star || n < d.count; n++ {
				if at+size > len(s) {
					if d.star {
						break
					}
					add(vNil)
					continue
				}
				raw := []byte(s[at : at+size])
				at += size
				switch {
				case size == 8 && big:
					add(Float(math.Float64frombits(binary.BigEndian.Uint64(raw))))
				case size == 8:
					add(Float(math.Float64frombits(binary.LittleEndian.Uint64(raw))))
				case big:
					add(Float(float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))))
				default:
					add(Float(float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))))
				}
			}
			continue
		}
		rest := s[min(at, len(s)):]
		switch d.c {
		case 'a', 'A', 'Z':
			n := min(d.count, len(rest))
			if d.star {
				n = len(rest)
			}
			t := rest[:n]
			switch d.c {
			case 'A':
				t = strings.TrimRight(t, " \x00")
			case 'Z':
				if i := strings.IndexByte(t, 0); i >= 0 {
					if d.star {
						n = i + 1
					}
					t = t[:i]
				}
			}
			at += n
			add(th.strEnc(t, encBinary))
		case 'B', 'b', 'H', 'h':
			per := 2
			if d.c|0x20 == 'b' {
				per = 8
			}
			n := d.count
			if d.star || n > len(rest)*per {
				n = len(rest) * per
			}
			bits := 8 / per
			th.charge(n)
			b := make([]byte, n)
			for k := range n {
				c := rest[k/per]
				pos := k % per
				if d.c == 'B' || d.c == 'H' {
					pos = per - 1 - pos
				}
				b[k] = "0123456789abcdef"[c>>(bits*pos)&(1<<bits-1)]
			}
			at += (n + per - 1) / per
			add(th.strEnc(string(b), encASCII))
		case 'U':
			for n := 0; (d.star || n < d.count) && at < len(s); n++ {
				r, size := utf8.DecodeRuneInString(s[at:])
				if r == utf8.RuneError && size == 1 {
					th.raise(cArgumentError, "malformed UTF-8 character")
				}
				at += size
				add(Int(int64(r)))
			}
		case 'w':
			for n := 0; (d.star || n < d.count) && at < len(s); n++ {
				u := new(big.Int)
				for at < len(s) {
					c := s[at]
					at++
					th.charge(u.BitLen() / 8)
					u.Lsh(u, 7).Or(u, big.NewInt(int64(c&0x7f)))
					if c < 0x80 {
						add(bigValue(u))
						break
					}
				}
			}
		case 'm':
			if d.count == 0 && !strictBase64(rest) {
				th.raise(cArgumentError, "invalid base64")
			}
			add(th.strEnc(decodeBase64(rest), encBinary))
			at = len(s)
		case 'M':
			var b strings.Builder
			for i := 0; i < len(rest); i++ {
				if rest[i] == '=' && i+1 < len(rest) {
					if rest[i+1] == '\n' {
						i++
						continue
					}
					if i+2 < len(rest) {
						if v, err := strconv.ParseUint(rest[i+1:i+3], 16, 8); err == nil {
							b.WriteByte(byte(v))
							i += 2
							continue
						}
					}
				}
				b.WriteByte(rest[i])
			}
			add(th.strEnc(b.String(), encBinary))
			at = len(s)
		case 'u':
			var b []byte
			for _, line := range strings.Split(rest, "\n") {
				if line == "" {
					continue
				}
				n := int(line[0]-' ') & 63
				var got []byte
				for i := 1; i+4 <= len(line); i += 4 {
					var v [4]byte
					for k := range 4 {
						v[k] = (line[i+k] - ' ') & 63
					}
					got = append(got, v[0]<<2|v[1]>>4, v[1]<<4|v[2]>>2, v[2]<<6|v[3])
				}
				b = append(b, got[:min(n, len(got))]...)
			}
			add(th.strEnc(string(b), encBinary))
			at = len(s)
		case 'x':
			if d.star {
				d.count = len(rest)
			}
			if d.count > len(rest) {
				th.raise(cArgumentError, "x outside of string")
			}
			at += d.count
		case 'X':
			if d.star {
				d.count = len(rest)
			}
			if d.count > at {
				th.raise(cArgumentError, "X outside of string")
			}
			at -= d.count
		case '@':
			switch {
			case d.star:
				continue
			case !d.given:
				d.count = 0
			}
			if d.count > len(s)-from {
				th.raise(cArgumentError, "@ outside of string")
			}
			at = from + d.count
		}
	}
	return out
}

// strictBase64 tells whether a text is what m0 takes: whole groups, nothing else.
func strictBase64(s string) bool {
	_, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil && !strings.ContainsAny(s, "\r\n")
}

func bigUint(u uint64) Value {
	if u <= math.MaxInt64 {
		return Int(int64(u))
	}
	b := toBig(Int(int64(u >> 1)))
	b.Lsh(b, 1)
	if u&1 != 0 {
		b.SetBit(b, 0, 1)
	}
	return bigValue(b)
}

// decodeBase64 decodes what is there and leaves out what does not belong there.
func decodeBase64(s string) string {
	var b []byte
	var acc uint32
	n := 0
	for i := range len(s) {
		c := s[i]
		v := uint32(0)
		switch {
		case c >= 'A' && c <= 'Z':
			v = uint32(c - 'A')
		case c >= 'a' && c <= 'z':
			v = uint32(c-'a') + 26
		case isDigit(c):
			v = uint32(c-'0') + 52
		case c == '+':
			v = 62
		case c == '/':
			v = 63
		case c == '=':
			goto done
		default:
			continue
		}
		acc = acc<<6 | v
		if n++; n == 4 {
			b = append(b, byte(acc>>16), byte(acc>>8), byte(acc))
			acc, n = 0, 0
		}
	}
done:
	switch n {
	case 2:
		b = append(b, byte(acc>>4))
	case 3:
		b = append(b, byte(acc>>10), byte(acc>>2))
	}
	return string(b)
}
