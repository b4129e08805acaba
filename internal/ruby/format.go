package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The texts are JRuby's.
const (
	incompleteFormat = "incomplete format specifier; use %% (double %) instead"
	illegalFormat    = "illegal format character - %"
)

// format is Kernel#format. Floats are rounded on their shortest decimal form, half to
// even, as JRuby does.
func (th *thread) format(f string, args []Value) string {
	var b strings.Builder
	next := 0
	var hash *Hash
	if len(args) == 1 {
		hash, _ = args[0].o.(*Hash)
	}
	arg := func() Value {
		if next >= len(args) {
			th.raise(cArgumentError, "too few arguments")
		}
		next++
		return args[next-1]
	}
	named := func(name, brackets string) Value {
		if hash == nil {
			th.raise(cArgumentError, "one hash required")
		}
		v, ok := hash.get(th, sym(name))
		if !ok {
			if hash.defProc == nil && hash.def.isNil() {
				e := th.newException(cKeyError, "key%c%s%c not found", brackets[0], name, brackets[1])
				e.key, e.recv = sym(name), Value{o: hash}
				panic(e)
			}
			v = hash.index(th, sym(name))
		}
		return v
	}
	for i := 0; i < len(f); i++ {
		c := f[i]
		if c != '%' {
			b.WriteByte(c)
			continue
		}
		i++
		if i >= len(f) {
			th.raise(cArgumentError, "%s", incompleteFormat)
		}
		var minus, plus, space, zero, alt bool
		width, prec := -1, -1
		value := vUndef
	flags:
		for i < len(f) {
			switch c := f[i]; {
			case c == '-':
				minus = true
			case c == '+':
				plus = true
			case c == ' ':
				space = true
			case c == '0':
				zero = true
			case c == '#':
				alt = true
			case c >= '1' && c <= '9':
				n := 0
				for i < len(f) && isDigit(f[i]) {
					n = min(n*10+int(f[i]-'0'), 1<<20)
					i++
				}
				if i < len(f) && f[i] == '$' {
					if n > len(args) {
						th.raise(cArgumentError, "too few arguments")
					}
					value = args[n-1]
					i++
					continue
				}
				width = n
				continue
			case c == '*':
				width = th.intArg(arg())
				if width < 0 {
					minus, width = true, -width
				}
				if width > 1<<20 {
					th.raise(cArgumentError, "width too big")
				}
			case c == '.':
				i++
				prec = 0
				if i < len(f) && f[i] == '*' {
					prec = th.intArg(arg())
					i++
					continue
				}
				for i < len(f) && isDigit(f[i]) {
					prec = min(prec*10+int(f[i]-'0'), 1<<20)
					i++
				}
				continue
			case c == '<':
				end := strings.IndexByte(f[i:], '>')
				if end < 0 {
					th.raise(cArgumentError, "malformed name - unmatched parenthesis")
				}
				value = named(f[i+1:i+end], "<>")
				i += end
			case c == '{':
				end := strings.IndexByte(f[i:], '}')
				if end < 0 {
					th.raise(cArgumentError, "malformed name - unmatched parenthesis")
				}
				s := th.toS(named(f[i+1:i+end], "{}"))
				if prec >= 0 {
					s = cut(s, prec)
				}
				b.WriteString(padTo(s, width, minus))
				i += end
				goto done
			default:
				break flags
			}
			i++
		}
		if i >= len(f) {
			th.raise(cArgumentError, "%s", illegalFormat)
		}
		th.charge(max(width, 0) + max(prec, 0))
		{
			verb := f[i]
			get := func() Value {
				if value.isUndef() {
					return arg()
				}
				return value
			}
			sign := func(neg bool) string {
				switch {
				case neg:
					return "-"
				case plus:
					return "+"
				case space:
					return " "
				}
				return ""
			}
			number := func(sgn, prefix, digits string) {
				n := len(sgn) + len(prefix) + len(digits)
				if zero && !minus && width > n {
					digits = strings.Repeat("0", width-n) + digits
				}
				b.WriteString(padTo(sgn+prefix+digits, width, minus))
			}
			switch verb {
			case '%':
				if f[i-1] != '%' {
					th.raise(cArgumentError, "%s", illegalFormat)
				}
				b.WriteByte('%')
			case '\n', 0:
				b.WriteByte('%')
				b.WriteByte(verb)
			case 'c':
				v := get()
				s := ""
				if isInteger(v) || v.isFloat() {
					s = string(rune(th.intArg(v)))
				} else if s = th.strArg(v); utf8.RuneCountInString(s) != 1 {
					th.raise(cArgumentError, "%%c requires a character")
				}
				b.WriteString(padTo(s, width, minus))
			case 's', 'p':
				v := get()
				s := ""
				if verb == 's' {
					s = th.toS(v)
				} else {
					s = th.inspect(v)
				}
				if prec >= 0 {
					s = cut(s, prec)
				}
				b.WriteString(padTo(s, width, minus))
			case 'd', 'i', 'u':
				v := get()
				if v.isFloat() {
					f := v.float()
					if math.IsNaN(f) || math.IsInf(f, 0) {
						th.raise(cFloatDomainError, "%s", formatFloat(f))
					}
					v = th.floatToInt(math.Trunc(f))
				} else {
					v = th.integer(v, 0, true)
				}
				x := toBig(v)
				digits := new(big.Int).Abs(x).String()
				if prec > len(digits) {
					digits = strings.Repeat("0", prec-len(digits)) + digits
				}
				if prec >= 0 {
					zero = false
				}
				number(sign(x.Sign() < 0), "", digits)
			case 'x', 'X', 'o', 'b', 'B':
				x := toBig(th.integer(get(), 0, true))
				base := map[byte]int{'x': 16, 'X': 16, 'o': 8, 'b': 2, 'B': 2}[verb]
				prefix := ""
				if alt && x.Sign() != 0 {
					prefix = map[byte]string{'x': "0x", 'X': "0X", 'o': "0", 'b': "0b", 'B': "0B"}[verb]
				}
				if x.Sign() < 0 && !plus && !space {
					digits := twosComplement(x, base)
					if verb == 'X' {
						digits = strings.ToUpper(digits)
					}
					if zero && !minus && width > len(prefix)+len(digits)+2 {
						digits = strings.Repeat(digits[:1], width-len(prefix)-len(digits)-2) + digits
					}
					b.WriteString(padTo(prefix+".."+digits, width, minus))
					break
				}
				digits := new(big.Int).Abs(x).Text(base)
				if verb == 'X' {
					digits = strings.ToUpper(digits)
				}
				if prec > len(digits) {
					digits = strings.Repeat("0", prec-len(digits)) + digits
				}
				number(sign(x.Sign() < 0), prefix, digits)
			case 'f', 'e', 'E', 'g', 'G', 'a', 'A':
				v := get()
				if s, ok := v.o.(*String); ok {
					x, ok := parseFloat(s.s)
					if !ok {
						th.raise(cArgumentError, "invalid value for Float(): %s", th.inspect(v))
					}
					v = Float(x)
				}
				if i, ok := v.o.(*BigInt); ok && verb == 'f' {
					number(sign(i.i.Sign() < 0), "", new(big.Rat).SetInt(new(big.Int).Abs(i.i)).FloatString(decimals(prec)))
					break
				}
				x := th.floatArg(v)
				if math.IsNaN(x) || math.IsInf(x, 0) {
					s := "NaN"
					if !math.IsNaN(x) {
						s = "Inf"
					}
					b.WriteString(padTo(sign(x < 0)+s, width, minus))
					break
				}
				neg := math.Signbit(x)
				digits := formatVerb(math.Abs(x), verb, prec, alt)
				number(sign(neg), "", digits)
			default:
				th.raise(cArgumentError, "malformed format string - %%%c", verb)
			}
		}
	done:
	}
	th.charge(b.Len())
	return b.String()
}

func cut(s string, n int) string {
	x := String{s: s}
	if n >= x.length() {
		return s
	}
	return s[:x.offset(n)]
}

func padTo(s string, width int, left bool) string {
	n := width - (&String{s: s}).length()
	if n <= 0 {
		return s
	}
	if left {
		return s + strings.Repeat(" ", n)
	}
	return strings.Repeat(" ", n) + s
}

// twosComplement writes a negative number as Ruby's %x does: f and the digits that
// matter.
func twosComplement(x *big.Int, base int) string {
	bits := map[int]int{16: 4, 8: 3, 2: 1}[base]
	n := x.BitLen()/bits + 1
	m := new(big.Int).Lsh(big.NewInt(1), uint(n*bits))
	s := m.Add(m, x).Text(base)
	top := strconv.FormatInt(int64(base-1), base)
	for len(s) > 1 && s[:1] == top && s[1:2] == top {
		s = s[1:]
	}
	if s[:1] != top {
		s = top + s
	}
	return s
}

// formatVerb formats a float that is not negative.
func formatVerb(x float64, verb byte, prec int, alt bool) string {
	switch verb {
	case 'a', 'A':
		s := strconv.FormatFloat(x, 'x', prec, 64)
		// Ruby writes p+0 where Go writes p+00.
		if i := strings.IndexByte(s, 'p'); i >= 0 && len(s) == i+4 && s[i+2] == '0' {
			s = s[:i+2] + s[i+3:]
		}
		if verb == 'A' {
			s = strings.ToUpper(s)
		}
		return s
	case 'f':
		if prec < 0 {
			prec = 6
		}
		return roundDecimal(x, prec)
	case 'e', 'E':
		if prec < 0 {
			prec = 6
		}
		return strconv.FormatFloat(x, verb, prec, 64)
	}
	if prec < 0 {
		prec = 6
	}
	var s string
	// Go switches to the exponent at 21 digits for %g with precision; C at the precision.
	exp := 0
	if x != 0 {
		exp = int(math.Floor(math.Log10(x)))
		if e, err := strconv.Atoi(strings.SplitN(strconv.FormatFloat(x, 'e', max(prec, 1)-1, 64), "e", 2)[1]); err == nil {
			exp = e
		}
	}
	if exp < -4 || exp >= max(prec, 1) {
		s = strconv.FormatFloat(x, 'e', max(prec, 1)-1, 64)
		if !alt {
			mant, e, _ := strings.Cut(s, "e")
			if strings.Contains(mant, ".") {
				mant = strings.TrimRight(strings.TrimRight(mant, "0"), ".")
			}
			s = mant + "e" + e
		}
		if verb == 'G' {
			s = strings.ToUpper(s)
		}
		return s
	}
	s = strconv.FormatFloat(x, 'f', max(max(prec, 1)-1-exp, 0), 64)
	if !alt && strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// roundDecimal writes x with n decimals, rounding its shortest decimal form half to
// even.
func roundDecimal(x float64, n int) string {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	if !ok || n > 400 {
		return strconv.FormatFloat(x, 'f', n, 64)
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	q := roundRat(scaled, "even")
	if scaled.Cmp(big.NewRat(1, 2)) == 0 {
		q.SetInt64(1) // JRuby rounds a lone half up
	}
	s := q.String()
	if n == 0 {
		return s
	}
	if len(s) <= n {
		s = strings.Repeat("0", n-len(s)+1) + s
	}
	return s[:len(s)-n] + "." + s[len(s)-n:]
}

// decimals is a precision, or the default of six.
func decimals(prec int) int {
	if prec < 0 {
		return 6
	}
	return prec
}
