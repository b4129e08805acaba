package ruby

import (
	"math"
	"math/big"
	"strconv"
	"strings"
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
	numbered, usesNames := 0, false // what the directives have used so far
	arg := func() Value {
		if numbered > 0 {
			th.raise(cArgumentError, "unnumbered(%d) mixed with numbered", next+1)
		}
		if usesNames {
			th.raise(cArgumentError, "unnumbered(%d) mixed with named", next+1)
		}
		if next >= len(args) {
			th.raise(cArgumentError, "too few arguments")
		}
		next++
		return args[next-1]
	}
	nth := func(n int) Value {
		if n < 1 {
			th.raise(cArgumentError, "invalid index - %d$", n)
		}
		if next > 0 {
			th.raise(cArgumentError, "numbered(%d) after unnumbered(%d)", n, next)
		}
		if usesNames {
			th.raise(cArgumentError, "numbered(%d) after named", n)
		}
		if numbered = n; n > len(args) {
			th.raise(cArgumentError, "too few arguments")
		}
		return args[n-1]
	}
	named := func(name, brackets string) Value {
		switch {
		case next > 0:
			th.raise(cArgumentError, "named<%s> after unnumbered(%d)", name, next)
		case numbered > 0:
			th.raise(cArgumentError, "named<%s> after numbered", name)
		}
		usesNames = true
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
		// digits reads a number, which is the argument's that follows a star.
		digits := func(what string) int {
			n := 0
			for ; i < len(f) && isDigit(f[i]); i++ {
				if n = n*10 + int(f[i]-'0'); n > math.MaxInt32 {
					th.raise(cArgumentError, "%s too big", what)
				}
			}
			return n
		}
		star := func(what string) int {
			i++
			from := i
			if n := digits(what); i > from && i < len(f) && f[i] == '$' {
				i++
				return th.intArg(nth(n))
			}
			i = from
			return th.intArg(arg())
		}
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
				n := digits("width")
				if i < len(f) && f[i] == '$' {
					if !value.isUndef() {
						th.raise(cArgumentError, "value given twice - %d$", n)
					}
					value = nth(n)
					i++
					continue
				}
				if width >= 0 {
					th.raise(cArgumentError, "width given twice")
				}
				if prec >= 0 {
					th.raise(cArgumentError, "width after precision")
				}
				width = n
				continue
			case c == '*':
				if width >= 0 {
					th.raise(cArgumentError, "width given twice")
				}
				if width = star("width"); width < 0 {
					minus, width = true, -width
				}
				continue
			case c == '.':
				if prec >= 0 {
					th.raise(cArgumentError, "precision given twice")
				}
				i++
				if i < len(f) && f[i] == '*' {
					prec = max(star("precision"), -1)
					continue
				}
				prec = digits("precision")
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
		if max(width, prec) > 1<<20 {
			th.charge(max(width, prec))
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
			writer := numberFormat{width, prec, minus, plus, space, zero, alt}
			switch verb {
			case '%':
				if minus || plus || space || zero || alt || width >= 0 || prec >= 0 || !value.isUndef() {
					th.raise(cArgumentError, "%s", illegalFormat)
				}
				b.WriteByte('%')
			case '\n', 0:
				b.WriteByte('%')
				b.WriteByte(verb)
			case 'c':
				v := get()
				s := ""
				if x := th.tryString(v); x != nil {
					if s = x.s; x.length() != 1 {
						th.raise(cArgumentError, "%s", "%c requires a character")
					}
				} else {
					s = string(rune(th.intArg(v)))
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
				b.WriteString(writer.integer(toBig(v), verb))
			case 'x', 'X', 'o', 'b', 'B':
				v := get()
				if v.isFloat() {
					v = th.floatToInt(math.Floor(v.float()))
				}
				b.WriteString(writer.integer(toBig(th.integer(v, 0, true)), verb))
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
					b.WriteString(writer.lay(writer.sign(i.i.Sign() < 0), new(big.Rat).SetInt(new(big.Int).Abs(i.i)).FloatString(decimals(prec)), '0'))
					break
				}
				x := th.floatArg(v)
				if math.IsNaN(x) || math.IsInf(x, 0) {
					s := "NaN"
					if !math.IsNaN(x) {
						s = "Inf"
					}
					b.WriteString(padTo(writer.sign(x < 0)+s, width, minus))
					break
				}
				b.WriteString(writer.float(x, verb))
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
