package ruby

import (
	"net/netip"
	"strconv"
	"strings"
)

// cAddrinfo is Addrinfo, as far as it is about addresses of IP.
var cAddrinfo = defClass("Addrinfo", cObject)

type addrinfo struct {
	ip   netip.Addr
	port int
	kind int // of socket
}

func init() {
	info := func(v Value) *addrinfo { return v.o.(*Object).data.(*addrinfo) }
	for name, kind := range map[string]int{"tcp": 1, "udp": 2, "ip": 0} {
		cAddrinfo.sdef(name, 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			ip, err := netip.ParseAddr(th.strArg(a[0]))
			if err != nil {
				th.raise(cSocketError, "getaddrinfo: Name or service not known")
			}
			x := &addrinfo{ip: ip, kind: kind}
			if len(a) > 1 {
				n := th.integer(a[1], 10, false)
				if !n.isInt() || n.int() < 0 || n.int() > 65535 {
					th.raise(cSocketError, "getaddrinfo: Servname not supported for ai_socktype")
				}
				x.port = int(n.int())
			}
			return Value{o: &Object{cls: cAddrinfo, data: x}}
		})
	}
	def := cAddrinfo.def
	def("ip_address", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(info(self).ip.String()) })
	def("ip_port", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(info(self).port)) })
	def("ip_unpack", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.pair(th.str(info(self).ip.String()), Int(int64(info(self).port)))
	})
	def("afamily pfamily", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if info(self).ip.Is4() {
			return afINET
		}
		return afINET6
	})
	def("socktype", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(info(self).kind)) })
	def("inspect_sockaddr", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := info(self)
		switch {
		case x.port == 0:
			return th.str(x.ip.String())
		case x.ip.Is6():
			return th.str("[" + x.ip.String() + "]:" + strconv.Itoa(x.port))
		}
		return th.str(x.ip.String() + ":" + strconv.Itoa(x.port))
	})
	is := func(names string, f func(ip netip.Addr) bool) {
		def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(f(info(self).ip)) })
	}
	is("ip?", netip.Addr.IsValid)
	is("unix?", func(netip.Addr) bool { return false })
	is("ipv4?", netip.Addr.Is4)
	is("ipv6?", netip.Addr.Is6)
	is("ipv4_loopback?", func(ip netip.Addr) bool { return ip.Is4() && ip.IsLoopback() })
	is("ipv4_private?", func(ip netip.Addr) bool { return ip.Is4() && ip.IsPrivate() })
	is("ipv4_multicast?", func(ip netip.Addr) bool { return ip.Is4() && ip.IsMulticast() })
	is("ipv6_loopback?", func(ip netip.Addr) bool { return ip.Is6() && ip.IsLoopback() })
	is("ipv6_linklocal?", func(ip netip.Addr) bool { return ip.Is6() && ip.IsLinkLocalUnicast() })
	is("ipv6_unique_local?", func(ip netip.Addr) bool { return ip.Is6() && ip.IsPrivate() })
	is("ipv6_multicast?", func(ip netip.Addr) bool { return ip.Is6() && ip.IsMulticast() })
	is("ipv6_unspecified?", func(ip netip.Addr) bool { return ip.Is6() && ip.IsUnspecified() })
	is("ipv6_v4mapped?", netip.Addr.Is4In6)
	moreIPAddr()
}

// moreIPAddr completes IPAddr: names for reverse look-ups and comparisons.
func moreIPAddr() {
	cIPAddr.include(mComparable)
	for _, zone := range []string{"arpa", "int"} {
		cIPAddr.def("ip6_"+zone, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if !self.o.(*IPAddr).a.Is6() {
				th.raise(cInvalidAddr, "not an IPv6 address: %s", self.o.(*IPAddr).a)
			}
			return th.str(strings.TrimSuffix(th.toS(th.send(self, "reverse")), "arpa") + zone)
		})
	}
	cIPAddr.def("ipv4_compat", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		ip := self.o.(*IPAddr)
		if !ip.a.Is4() {
			th.raise(cInvalidAddr, "not an IPv4 address: %s", ip.a)
		}
		return Value{o: &IPAddr{th.addrOf(addrInt(ip.a), false), 128}}
	})
	cIPAddr.def("ipv4_compat?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		ip := self.o.(*IPAddr)
		return Bool(ip.a.Is6() && addrInt(ip.a).BitLen() <= 32 && addrInt(ip.a).BitLen() > 1)
	})
}
