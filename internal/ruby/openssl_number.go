package ruby

import (
	"crypto/rand"
	"crypto/subtle"
	"math/big"
	"strings"
)

var (
	mORandom = defModule("OpenSSL::Random")
	cBN      = defClass("OpenSSL::BN", cObject)
	cBNError = defClass("OpenSSL::BNError", cStandardError)
)

func init() {
	random := func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(th.randomBytes(th.intArg(a[0])), encBinary)
	}
	mORandom.sdef("random_bytes pseudo_bytes", 1, 1, random)
	mORandom.sdef("random_add seed", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
	mORandom.sdef("status?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vTrue })
	openssl, _ := corePath("OpenSSL")
	equal := func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := th.strArg(a[0]), th.strArg(a[1])
		return Bool(subtle.ConstantTimeCompare([]byte(x), []byte(y)) == 1)
	}
	openssl.sdef("secure_compare", 2, 2, equal)
	openssl.sdef("fixed_length_secure_compare", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(th.strArg(a[0])) != len(th.strArg(a[1])) {
			th.raise(cArgumentError, "inputs must be of equal length")
		}
		return equal(th, self, a, nil)
	})
	openssl.setConst("VERSION", Value{o: &String{s: "3.0.1", frozen: true}})
	openssl.setConst("OPENSSL_VERSION", Value{o: &String{s: "OpenSSL 3.0.0", frozen: true}})
	bnMethods()
}

// bn is the number of an OpenSSL::BN, an Integer, or a text of decimal digits.
func (th *thread) bn(v Value) *big.Int {
	if o, ok := v.o.(*Object); ok {
		if n, ok := o.data.(*big.Int); ok {
			return n
		}
	}
	if s, ok := v.o.(*String); ok {
		if n, ok := new(big.Int).SetString(strings.TrimSpace(s.s), 10); ok {
			return n
		}
	}
	return th.bigArg(v)
}

func (th *thread) newBN(n *big.Int) Value {
	th.charge(n.BitLen()/8 + 16)
	return Value{o: &Object{cls: cBN, data: n}}
}

func bnMethods() {
	cBN.include(mComparable)
	cBN.sdef("new", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, ok := a[0].o.(*String)
		if !ok {
			return th.newBN(th.bn(a[0]))
		}
		base := 10
		if len(a) > 1 {
			base = th.intArg(a[1])
		}
		th.charge(2 * len(s.s))
		th.work(len(s.s) * len(s.s) / 8)
		switch base {
		case 2:
			return th.newBN(new(big.Int).SetBytes([]byte(s.s)))
		case 10, 16:
			// As much of the text as is a number.
			text := s.s
			for text != "" {
				if n, ok := new(big.Int).SetString(text, base); ok && !strings.Contains(text, "_") {
					return th.newBN(n)
				}
				th.work(len(text))
				text = text[:len(text)-1]
			}
			return th.newBN(new(big.Int))
		}
		th.raise(cArgumentError, "invalid radix %d", base)
		return vNil
	})
	def := cBN.def
	def("to_s", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n, base := th.bn(self), 10
		if len(a) > 0 {
			base = th.intArg(a[0])
		}
		th.charge(n.BitLen() / 2)
		th.work(n.BitLen() / 8)
		switch base {
		case 2:
			return th.strEnc(string(n.Bytes()), encBinary)
		case 16:
			s := strings.ToUpper(new(big.Int).Abs(n).Text(16))
			if len(s)%2 == 1 {
				s = "0" + s
			}
			if n.Sign() < 0 {
				s = "-" + s
			}
			return th.str(s)
		}
		return th.str(n.String())
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("#<OpenSSL::BN " + th.bn(self).String() + ">")
	})
	def("to_i to_int", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return bigValue(th.bn(self)) })
	def("to_bn", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return self })
	cInteger.def("to_bn", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.newBN(toBig(self)) })
	def("num_bits", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(th.bn(self).BitLen())) })
	def("num_bytes", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(th.bn(self).BitLen()+7) / 8)
	})
	def("bit_set?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(th.bn(self).Bit(max(th.intArg(a[0]), 0)) == 1)
	})
	is := func(name string, f func(n *big.Int) bool) {
		def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(f(th.bn(self))) })
	}
	is("zero?", func(n *big.Int) bool { return n.Sign() == 0 })
	is("one?", func(n *big.Int) bool { return n.IsInt64() && n.Int64() == 1 })
	is("odd?", func(n *big.Int) bool { return n.Bit(0) == 1 })
	is("negative?", func(n *big.Int) bool { return n.Sign() < 0 })
	def("cmp <=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(th.bn(self).Cmp(th.bn(a[0]))))
	})
	def("ucmp", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Int(int64(th.bn(self).CmpAbs(th.bn(a[0]))))
	})
	def("== === eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !isInteger(a[0]) && !classIs(a[0], cBN) {
			return vFalse
		}
		return Bool(th.bn(self).Cmp(th.bn(a[0])) == 0)
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.hashOf(bigValue(th.bn(self))) })
	bnArithmetic()
}

func bnArithmetic() {
	op := func(name string, f func(z, x, y *big.Int) *big.Int) {
		cBN.def(name, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			x, y := th.bn(self), th.bn(a[0])
			if (name == "/" || name == "%") && y.Sign() == 0 {
				th.raise(cBNError, "div by zero")
			}
			th.charge((x.BitLen() + y.BitLen()) / 8)
			th.work(x.BitLen() * (1 + y.BitLen()/64) / 64)
			return th.newBN(f(new(big.Int), x, y))
		})
	}
	op("+", (*big.Int).Add)
	op("-", (*big.Int).Sub)
	op("*", (*big.Int).Mul)
	op("%", (*big.Int).Rem)
	op("gcd", func(z, x, y *big.Int) *big.Int { return z.GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y)) })
	cBN.def("/", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x, y := th.bn(self), th.bn(a[0])
		if y.Sign() == 0 {
			th.raise(cBNError, "div by zero")
		}
		th.work(x.BitLen() * (1 + y.BitLen()/64) / 64)
		q, r := new(big.Int).QuoRem(x, y, new(big.Int))
		return th.pair(th.newBN(q), th.newBN(r))
	})
	modulo := func(names string, f func(z, x, y, m *big.Int) *big.Int) {
		cBN.def(names, 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			x, y, m := th.bn(self), th.bn(a[0]), th.bn(a[1])
			if m.Sign() == 0 {
				th.raise(cBNError, "div by zero")
			}
			words := 1 + m.BitLen()/64
			th.work(words * words * (1 + y.BitLen()))
			th.step()
			return th.newBN(f(new(big.Int), x, y, m))
		})
	}
	modulo("mod_exp", (*big.Int).Exp)
	modulo("mod_add", func(z, x, y, m *big.Int) *big.Int { return z.Mod(z.Add(x, y), m) })
	modulo("mod_sub", func(z, x, y, m *big.Int) *big.Int { return z.Mod(z.Sub(x, y), m) })
	modulo("mod_mul", func(z, x, y, m *big.Int) *big.Int { return z.Mod(z.Mul(x, y), m) })
	cBN.def("mod_inverse", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		z := new(big.Int).ModInverse(th.bn(self), th.bn(a[0]))
		if z == nil {
			th.raise(cBNError, "no inverse")
		}
		return th.newBN(z)
	})
	shift := func(name string, left bool) {
		cBN.def(name, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			n := th.intArg(a[0])
			if n < 0 {
				th.raise(cBNError, "invalid shift")
			}
			if left {
				th.charge(n / 8)
				return th.newBN(new(big.Int).Lsh(th.bn(self), uint(n)))
			}
			return th.newBN(new(big.Int).Rsh(th.bn(self), uint(n)))
		})
	}
	shift("<<", true)
	shift(">>", false)
	cBN.sdef("rand pseudo_rand", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		bits := th.intArg(a[0])
		if bits < 1 || bits > 1<<16 {
			th.raise(cBNError, "bits too small")
		}
		b := new(big.Int).SetBytes([]byte(th.randomBytes((bits + 7) / 8)))
		b.And(b, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(bits)), big.NewInt(1)))
		return th.newBN(b.SetBit(b, bits-1, 1))
	})
	cBN.sdef("rand_range pseudo_rand_range", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		limit := th.bn(a[0])
		if limit.Sign() <= 0 {
			th.raise(cBNError, "invalid range")
		}
		n, err := rand.Int(rand.Reader, limit)
		if err != nil {
			th.raise(cBNError, "%s", err)
		}
		return th.newBN(n)
	})
	cBN.def("prime?", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := th.bn(self)
		words := 1 + n.BitLen()/64
		th.work(20 * words * words * n.BitLen())
		return Bool(n.ProbablyPrime(20))
	})
}
