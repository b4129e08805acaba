package ruby

import (
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// rationalText is the number that String#to_r reads; exponents of five digits and more
// are left out.
var rationalText = regexp.MustCompile(`^([+-]?` + unsignedText + `)(?:/(` + unsignedText + `))?`)

const unsignedText = `(?:\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d{1,4})?`

func init() {
	def := cString.def
	def("to_sym intern", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return sym(strOf(self).s) })
	def("to_i", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		base := 10
		if len(a) > 0 {
			base = th.intArg(a[0])
			if base < 0 || base == 1 || base > 36 {
				th.raise(cArgumentError, "invalid radix %d", base)
			}
		}
		th.work(len(strOf(self).s))
		return leadingInt(strOf(self).s, base)
	})
	def("to_f", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(leadingFloat(strOf(self).s)) })
	def("to_r", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		m := rationalText.FindStringSubmatch(strings.TrimLeft(strOf(self).s, " \t\n\v\f\r"))
		if m == nil {
			return newRational(new(big.Rat))
		}
		th.charge(16 * len(m[0]))
		th.work(16 * len(m[0]))
		r := ratOfText(strings.ReplaceAll(m[1], "_", ""))
		if m[2] != "" {
			below := ratOfText(strings.ReplaceAll(m[2], "_", ""))
			if below.Sign() == 0 {
				th.raise(cZeroDivisionError, "divided by 0")
			}
			r.Quo(r, below)
		}
		return newRational(r)
	})
	def("to_c", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Float(leadingFloat(strOf(self).s)) })
	def("to_d", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &BigDecimal{r: ratOfText(formatFloat(leadingFloat(strOf(self).s)))}}
	})
	def("hex", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return leadingInt(strOf(self).s, 16) })
	def("oct", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		t := strings.TrimLeft(strOf(self).s, " +-")
		if len(t) > 1 && t[0] == '0' && strings.IndexByte("xXbBdD", t[1]) >= 0 {
			return leadingInt(strOf(self).s, 0)
		}
		return leadingInt(strOf(self).s, 8)
	})
	def("ord", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := strOf(self)
		if s.s == "" {
			th.raise(cArgumentError, "empty string")
		}
		if s.single() {
			return Int(int64(s.s[0]))
		}
		r, n := utf8.DecodeRuneInString(s.s)
		if r == utf8.RuneError && n == 1 {
			th.raise(cArgumentError, "invalid byte sequence in UTF-8")
		}
		return Int(int64(r))
	})
	def("chr", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := th.substr(strOf(self), 0, 1)
		return v
	})
	def("sum", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		bits := 16
		if len(a) > 0 {
			bits = th.intArg(a[0])
		}
		n := int64(0)
		for i := range len(strOf(self).s) {
			n += int64(strOf(self).s[i])
		}
		if bits > 0 && bits < 62 {
			n &= 1<<bits - 1
		}
		return Int(n)
	})
	def("%", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		args := a
		switch a[0].o.(type) {
		case *Array, *Object:
			args = th.toAry(a[0])
		}
		return th.str(th.format(strOf(self).s, args))
	})
	unpack := func(th *thread, self Value, a []Value) []Value {
		s, from := strOf(self).s, 0
		tmpl := th.strArg(a[0])
		if len(a) > 1 {
			o := th.toHash(a[1]).opt(th, "offset")
			if from = th.intArg(o); from < 0 {
				th.raise(cArgumentError, "offset can't be negative")
			} else if from > len(s) {
				th.raise(cArgumentError, "offset outside of string")
			}
		}
		return th.unpack(s, tmpl, from)
	}
	def("unpack", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		list := unpack(th, self, a)
		if blk == nil {
			return th.array(list)
		}
		for _, v := range list {
			th.yield1(blk, v)
		}
		return vNil
	})
	def("unpack1", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if l := unpack(th, self, a); len(l) > 0 {
			return l[0]
		}
		return vNil
	})
}
