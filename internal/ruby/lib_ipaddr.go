package ruby

import (
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

var (
	cIPAddr      = defClass("IPAddr", cObject)
	cIPError     = defClass("IPAddr::Error", cArgumentError)
	cInvalidAddr = defClass("IPAddr::InvalidAddressError", cIPError)
	cAddrFamily  = defClass("IPAddr::AddressFamilyError", cIPError)
	cInvalidPfx  = defClass("IPAddr::InvalidPrefixError", cInvalidAddr)
	cSocket      = defClass("Socket", cIO)
	afINET       = Int(2)
	afINET6      = Int(10)
)

// IPAddr is an address with a prefix length.
type IPAddr struct {
	a    netip.Addr
	bits int
}

func (*IPAddr) class() *Class { return cIPAddr }

func (ip *IPAddr) network() IPAddr {
	p, _ := ip.a.Prefix(ip.bits)
	return IPAddr{p.Addr(), ip.bits}
}

func (th *thread) badAddr(s, why string) {
	th.raise(cInvalidAddr, "%s: %s", why, s)
}

func (th *thread) parseIP(s string) *IPAddr {
	text, mask, has := strings.Cut(s, "/")
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	a, err := netip.ParseAddr(text)
	if err != nil {
		th.badAddr(s, "invalid address")
	}
	a = a.WithZone("")
	ip := &IPAddr{a, a.BitLen()}
	if has {
		ip.bits = th.maskBits(mask, a)
		n := ip.network()
		return &n
	}
	return ip
}

func (th *thread) maskBits(mask string, a netip.Addr) int {
	if n, err := strconv.Atoi(mask); err == nil {
		if n < 0 || n > a.BitLen() {
			th.raise(cInvalidPfx, "invalid length: %s/%s", a, mask)
		}
		return n
	}
	m, err := netip.ParseAddr(mask)
	if err != nil || m.BitLen() != a.BitLen() {
		th.badAddr(mask, "invalid mask")
	}
	i := addrInt(m)
	n := 0
	for n < a.BitLen() && i.Bit(a.BitLen()-1-n) == 1 {
		n++
	}
	if i.BitLen() > 0 && int(i.TrailingZeroBits()) != a.BitLen()-n {
		th.raise(cInvalidPfx, "invalid mask %s", mask)
	}
	return n
}

func addrInt(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }

func (th *thread) addrOf(i *big.Int, v4 bool) netip.Addr {
	n := 16
	if v4 {
		n = 4
	}
	if i.Sign() < 0 || i.BitLen() > n*8 {
		th.badAddr(i.String(), "invalid address")
	}
	b := make([]byte, n)
	i.FillBytes(b)
	a, _ := netip.AddrFromSlice(b)
	return a
}

func (th *thread) ipArg(v Value, like netip.Addr) *IPAddr {
	switch x := v.o.(type) {
	case *IPAddr:
		return x
	case *String:
		return th.parseIP(x.s)
	}
	if isInteger(v) {
		a := th.addrOf(toBig(v), like.Is4())
		return &IPAddr{a, a.BitLen()}
	}
	th.raise(cAddrFamily, "unsupported address family: %s", th.inspect(v))
	return nil
}

func expandIPv6(a netip.Addr) string {
	b := a.As16()
	var parts []string
	for i := 0; i < 16; i += 2 {
		parts = append(parts, fmt.Sprintf("%02x%02x", b[i], b[i+1]))
	}
	return strings.Join(parts, ":")
}

func init() {
	def := cIPAddr.def
	ip := func(v Value) *IPAddr { return v.o.(*IPAddr) }
	cIPAddr.sdef("new", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 {
			return Value{o: th.parseIP("::")}
		}
		if s, ok := a[0].o.(*String); ok {
			return Value{o: th.parseIP(s.s)}
		}
		if isInteger(a[0]) {
			if len(a) < 2 {
				th.raise(cAddrFamily, "unsupported address family: 0")
			}
			x := th.addrOf(toBig(a[0]), th.equal(a[1], afINET))
			return Value{o: &IPAddr{x, x.BitLen()}}
		}
		if x, ok := a[0].o.(*IPAddr); ok {
			return Value{o: x}
		}
		th.raiseNoMethod(a[0], "split", false)
		return vNil
	})
	raw := func(th *thread, s string) netip.Addr {
		a, ok := netip.AddrFromSlice([]byte(s))
		if !ok {
			th.raise(cAddrFamily, "unsupported address family")
		}
		return a
	}
	cIPAddr.sdef("ntop", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := raw(th, th.strArg(a[0]))
		if x.Is6() {
			return th.str(expandIPv6(x))
		}
		return th.str(x.String())
	})
	cIPAddr.sdef("new_ntoh", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := raw(th, th.strArg(a[0]))
		return Value{o: &IPAddr{x, x.BitLen()}}
	})
	text := func(a netip.Addr) string { return a.String() }
	def("to_s", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(text(ip(self).a)) })
	def("to_string", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if ip(self).a.Is6() {
			return th.str(expandIPv6(ip(self).a))
		}
		return th.str(text(ip(self).a))
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := ip(self)
		m := th.addrOf(maskInt(x), x.a.Is4())
		if x.a.Is4() {
			return th.str("#<IPAddr: IPv4:" + text(x.a) + "/" + text(m) + ">")
		}
		return th.str("#<IPAddr: IPv6:" + expandIPv6(x.a) + "/" + expandIPv6(m) + ">")
	})
	def("to_i", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return bigValue(addrInt(ip(self).a)) })
	def("hton", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.strEnc(string(ip(self).a.AsSlice()), encBinary)
	})
	def("prefix", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(ip(self).bits)) })
	def("netmask", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(text(th.addrOf(maskInt(ip(self)), ip(self).a.Is4())))
	})
	def("cidr", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(fmt.Sprintf("%s/%d", text(ip(self).a), ip(self).bits))
	})
	def("ipv4?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(ip(self).a.Is4()) })
	def("ipv6?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(ip(self).a.Is6()) })
	def("family", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if ip(self).a.Is4() {
			return afINET
		}
		return afINET6
	})
	def("mask", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := ip(self)
		n := IPAddr{x.a, th.maskBits(th.toS(a[0]), x.a)}
		n = n.network()
		return Value{o: &n}
	})
	def("prefix=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := ip(self)
		x.bits = th.maskBits(th.toS(a[0]), x.a)
		*x = x.network()
		return a[0]
	})
	def("include? === member?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := ip(self)
		y := th.ipArg(a[0], x.a)
		return Bool(x.a.BitLen() == y.a.BitLen() && y.bits >= x.bits && netip.PrefixFrom(x.a, x.bits).Contains(y.a))
	})
	def("===", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := ip(self)
		if s, ok := a[0].o.(*String); ok {
			if _, err := netip.ParseAddr(s.s); err != nil {
				return vFalse
			}
		} else if _, ok := a[0].o.(*IPAddr); !ok {
			return vFalse
		}
		y := th.ipArg(a[0], x.a)
		return Bool(x.a.BitLen() == y.a.BitLen() && netip.PrefixFrom(x.a, x.bits).Contains(y.a))
	})
	arith := func(names string, f func(x, y *big.Int) *big.Int) {
		def(names, 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			x := ip(self)
			var y *big.Int
			if isInteger(a[0]) {
				y = toBig(a[0])
			} else {
				y = addrInt(th.ipArg(a[0], x.a).a)
			}
			r := th.addrOf(f(addrInt(x.a), y), x.a.Is4())
			return Value{o: &IPAddr{r, x.bits}}
		})
	}
	arith("&", func(x, y *big.Int) *big.Int { return x.And(x, y) })
	arith("|", func(x, y *big.Int) *big.Int { return x.Or(x, y) })
	arith("+", func(x, y *big.Int) *big.Int { return x.Add(x, y) })
	arith("-", func(x, y *big.Int) *big.Int { return x.Sub(x, y) })
	arith(">>", func(x, y *big.Int) *big.Int { return x.Rsh(x, uint(y.Uint64()&255)) })
	arith("<<", func(x, y *big.Int) *big.Int { return x.Lsh(x, uint(y.Uint64()&255)) })
	def("~", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := ip(self)
		all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(x.a.BitLen())), big.NewInt(1))
		return Value{o: &IPAddr{th.addrOf(all.Xor(all, addrInt(x.a)), x.a.Is4()), x.bits}}
	})
	def("succ", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &IPAddr{th.addrOf(new(big.Int).Add(addrInt(ip(self).a), big.NewInt(1)), ip(self).a.Is4()), ip(self).a.BitLen()}}
	})
	def("<=>", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		y, exc := th.try(func() Value { return Value{o: th.ipArg(a[0], ip(self).a)} }, cStandardError)
		if exc != nil {
			return vNil
		}
		return Int(int64(ip(self).a.Compare(ip(y).a)))
	})
	def("== eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		y, exc := th.try(func() Value { return Value{o: th.ipArg(a[0], ip(self).a)} }, cStandardError)
		return Bool(exc == nil && ip(self).a == ip(y).a)
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.hashOf(th.str(ip(self).a.String()))
	})
	def("to_range", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := ip(self).network()
		host := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(x.a.BitLen()-x.bits)), big.NewInt(1))
		last := th.addrOf(host.Or(host, addrInt(x.a)), x.a.Is4())
		return Value{o: &Range{Value{o: &IPAddr{x.a, x.a.BitLen()}}, Value{o: &IPAddr{last, last.BitLen()}}, false}}
	})
	def("reverse", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		b := ip(self).a.AsSlice()
		var parts []string
		for i := len(b) - 1; i >= 0; i-- {
			if ip(self).a.Is4() {
				parts = append(parts, strconv.Itoa(int(b[i])))
			} else {
				parts = append(parts, strconv.FormatInt(int64(b[i]&15), 16), strconv.FormatInt(int64(b[i]>>4), 16))
			}
		}
		suffix := ".ip6.arpa"
		if ip(self).a.Is4() {
			suffix = ".in-addr.arpa"
		}
		return th.str(strings.Join(parts, ".") + suffix)
	})
	def("native", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if x := ip(self).a; x.Is4In6() {
			return Value{o: &IPAddr{x.Unmap(), max(ip(self).bits-96, 0)}}
		}
		return self
	})
	def("ipv4_mapped", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Value{o: &IPAddr{netip.AddrFrom16(ip(self).a.As16()), ip(self).bits + 96}}
	})
	def("ipv4_mapped?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(ip(self).a.Is4In6()) })
	is := func(name string, f func(a netip.Addr) bool) {
		def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(f(ip(self).a)) })
	}
	is("private?", netip.Addr.IsPrivate)
	is("loopback?", netip.Addr.IsLoopback)
	is("link_local?", netip.Addr.IsLinkLocalUnicast)

	cSocket.setConst("AF_INET", afINET)
	cSocket.setConst("AF_INET6", afINET6)
	cSocket.setConst("SOCK_STREAM", Int(1))
	cSocket.setConst("SOCK_DGRAM", Int(2))
	cSocket.sdef("gethostname", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if h := th.inst.script.opts.Policy.Hostname; h != "" {
			return th.str(h)
		}
		return th.str("localhost")
	})
	cSocket.sdef("sockaddr_in pack_sockaddr_in", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := th.parseIP(th.toS(a[1]))
		port := th.intArg(th.integer(a[0], 10, true))
		b := []byte{2, 0, byte(port >> 8), byte(port)}
		if x.a.Is4() {
			b = append(append(b, x.a.AsSlice()...), 0, 0, 0, 0, 0, 0, 0, 0)
		} else {
			b[0] = 10
			b = append(append(append(b, 0, 0, 0, 0), x.a.AsSlice()...), 0, 0, 0, 0)
		}
		return th.strEnc(string(b), encBinary)
	})
	cSocket.sdef("getaddrinfo ip_address_list gethostbyname getnameinfo", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 {
			return th.array(nil)
		}
		var out []Value
		for _, s := range th.lookup(th.toS(a[0]), true) {
			out = append(out, th.array([]Value{th.str("AF_INET"), Int(0), th.str(s), th.str(s), Int(2), Int(1), Int(6)}))
		}
		return th.array(out)
	})
}

func maskInt(ip *IPAddr) *big.Int {
	n := uint(ip.a.BitLen())
	all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), n), big.NewInt(1))
	host := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), n-uint(ip.bits)), big.NewInt(1))
	return all.Xor(all, host)
}

// lookup resolves a name or an address through the policy.
func (th *thread) lookup(name string, forward bool) []string {
	f := th.inst.script.opts.Policy.Lookup
	if f == nil {
		th.denied("resolving names")
	}
	l, err := f(name, forward)
	if err != nil {
		return nil
	}
	return l
}
