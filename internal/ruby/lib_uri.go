package ruby

import (
	"html"
	"net/url"
	"strconv"
	"strings"
)

var (
	mURI         = defModule("URI")
	cURIError    = defClass("URI::Error", cStandardError)
	cInvalidURI  = defClass("URI::InvalidURIError", cURIError)
	cURIGeneric  = defClass("URI::Generic", cObject)
	cURIHTTP     = defClass("URI::HTTP", cURIGeneric)
	cURIHTTPS    = defClass("URI::HTTPS", cURIHTTP)
	cURIFTP      = defClass("URI::FTP", cURIGeneric)
	cURIMailTo   = defClass("URI::MailTo", cURIGeneric)
	cURILDAP     = defClass("URI::LDAP", cURIGeneric)
	cCGI         = defClass("CGI", cObject)
	_            = defClass("ERB", cObject)
	mERBUtil     = defModule("ERB::Util")
	mShellwords  = defModule("Shellwords")
	mResolv      = defClass("Resolv", cObject)
	cResolvErr   = defClass("Resolv::ResolvError", cStandardError)
	_            = defClass("Resolv::ResolvTimeout", cTimeoutError)
	cResolvV4    = defClass("Resolv::IPv4", cObject)
	cResolvV6    = defClass("Resolv::IPv6", cObject)
	cResolvDNS   = defClass("Resolv::DNS", cObject)
	cResolvHosts = defClass("Resolv::Hosts", cObject)
)

var uriForm = mustRegexp(`\A(?:(?<scheme>[A-Za-z][A-Za-z0-9+\-.]*):)?(?://(?:(?<user>[^@/?#\s]*)@)?(?<host>\[[0-9A-Fa-f:.]+\]|[^:/?#\s@\[\]]*)(?::(?<port>\d*))?(?=[/?#]|\z))?(?<path>[^?#\s]*)(?:\?(?<query>[^#\s]*))?(?:#(?<frag>[^\s#]*))?\z`)

func mustRegexp(src string) *Regexp {
	re, err := compileRegexp(src, 0)
	if err != nil {
		panic(err)
	}
	return re
}

// uriData is a URI in its parts; nil values are absent ones.
type uriData struct {
	scheme, user, host, port, path, query, frag, opaque Value
}

func (u *uriData) dup() any { c := *u; return &c }

var defaultPorts = map[string]int64{"http": 80, "https": 443, "ftp": 21, "ldap": 389, "ws": 80, "wss": 443}

func (th *thread) parseURI(s string) Value {
	bad := func() {
		th.raise(cInvalidURI, "bad URI(is not URI?): %s", inspectString(&String{s: s}))
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("<>\"{}|\\^`", c) >= 0 || c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			if c >= 0x7f {
				th.raise(cInvalidURI, "URI must be ascii only %s", inspectString(&String{s: s, enc: encBinary}))
			}
			bad()
		}
	}
	m := th.matchAt(uriForm, &String{s: s}, 0)
	if m == nil {
		bad()
	}
	get := func(name string) Value { v, _ := m.named(th, name); return v }
	if strings.HasPrefix(th.toS(get("path")), "//") && get("host").isNil() {
		bad() // the port is no number
	}
	u := &uriData{scheme: get("scheme"), user: get("user"), host: get("host"), port: get("port"), path: get("path"), query: get("query"), frag: get("frag")}
	c := cURIGeneric
	if sc, ok := u.scheme.o.(*String); ok {
		name := strings.ToLower(sc.s)
		u.scheme = th.str(name)
		if k := uriSchemes[name]; k != nil {
			c = k
		}
		if u.host.isNil() && (u.path.isNil() || !strings.HasPrefix(th.toS(u.path), "/")) {
			u.opaque, u.path = u.path, vNil
			if !u.query.isNil() {
				u.opaque = th.str(th.toS(u.opaque) + "?" + th.toS(u.query))
				u.query = vNil
			}
		}
		if p := th.toS(u.port); p == "" {
			u.port = vNil
			if n, ok := defaultPorts[name]; ok {
				u.port = Int(n)
			}
		}
	}
	if p, ok := u.port.o.(*String); ok {
		u.port = leadingInt(p.s, 10)
		if p.s == "" {
			u.port = vNil
		}
	}
	return Value{o: &Object{cls: c, data: u}}
}

func (th *thread) uriText(u *uriData) string {
	var b strings.Builder
	if !u.scheme.isNil() {
		b.WriteString(th.toS(u.scheme) + ":")
	}
	if !u.opaque.isNil() {
		b.WriteString(th.toS(u.opaque))
	} else {
		if !u.host.isNil() {
			b.WriteString("//")
			if !u.user.isNil() {
				b.WriteString(th.toS(u.user) + "@")
			}
			b.WriteString(th.toS(u.host))
			if u.port.isInt() && defaultPorts[th.toS(u.scheme)] != u.port.int() {
				b.WriteString(":" + th.toS(u.port))
			}
		}
		b.WriteString(th.toS(u.path))
		if !u.query.isNil() {
			b.WriteString("?" + th.toS(u.query))
		}
	}
	if !u.frag.isNil() {
		b.WriteString("#" + th.toS(u.frag))
	}
	return b.String()
}

// percent encodes all but letters, digits and the characters in keep.
func percentEncode(s, keep string, plus bool) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		case c == ' ' && plus:
			b.WriteByte('+')
		default:
			b.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(c)+256, 16)[1:]))
		}
	}
	return b.String()
}

func percentDecode(s string, plus bool) string {
	if strings.IndexByte(s, '%') < 0 && (!plus || strings.IndexByte(s, '+') < 0) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			n, _ := strconv.ParseUint(s[i+1:i+3], 16, 8)
			b = append(b, byte(n))
			i += 2
		case c == '+' && plus:
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func shellSplit(s string) ([]string, bool) {
	var out []string
	var cur strings.Builder
	in := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isSpace(c) || c == '\n':
			if in {
				out = append(out, cur.String())
				cur.Reset()
				in = false
			}
			continue
		case c == '\'' || c == '"':
			j := i + 1
			for ; j < len(s) && s[j] != c; j++ {
				if c == '"' && s[j] == '\\' && j+1 < len(s) && strings.IndexByte("$`\"\\\n", s[j+1]) >= 0 {
					j++
				}
				cur.WriteByte(s[j])
			}
			if j >= len(s) {
				return nil, false
			}
			i = j
		case c == '\\' && i+1 < len(s):
			i++
			cur.WriteByte(s[i])
		default:
			cur.WriteByte(c)
		}
		in = true
	}
	if in {
		out = append(out, cur.String())
	}
	return out, true
}

func shellEscape(s string) string {
	if s == "" {
		return "''"
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c == '\n' {
			b.WriteString("'\n'")
			continue
		}
		if !(isIdent(c) || strings.IndexByte("_-.,:+/@", c) >= 0) {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

func init() {
	parse := func(th *thread, self Value, a []Value, blk *Proc) Value { return th.parseURI(th.strArg(a[0])) }
	mURI.sdef("parse", 1, 1, parse)
	kernel("URI", 1, 1, parse)
	mURI.sdef("join", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		base, err := url.Parse(th.toS(a[0]))
		for _, v := range a[1:] {
			if err == nil {
				base, err = base.Parse(th.toS(v))
			}
		}
		if err != nil {
			th.raise(cInvalidURI, "bad URI(is not URI?): %s", th.inspect(a[0]))
		}
		return th.parseURI(base.String())
	})
	mURI.sdef("encode_www_form_component", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentEncode(th.toS(a[0]), "*-._", true))
	})
	mURI.sdef("encode_uri_component", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentEncode(th.toS(a[0]), "*-._", false))
	})
	mURI.sdef("decode_www_form_component", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.strArg(a[0])
		for i := range len(s) {
			if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
				th.raise(cArgumentError, "invalid %%-encoding (%s)", s)
			}
		}
		return th.str(percentDecode(s, true))
	})
	mURI.sdef("decode_uri_component", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentDecode(th.strArg(a[0]), false))
	})
	pairs := func(th *thread, s string) []Value {
		var out []Value
		for _, kv := range strings.Split(s, "&") {
			if kv == "" {
				continue
			}
			k, v, _ := strings.Cut(kv, "=")
			out = append(out, th.strings([]string{percentDecode(k, true), percentDecode(v, true)}))
		}
		return out
	}
	mURI.sdef("decode_www_form", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.array(pairs(th, th.strArg(a[0]))) })
	mURI.sdef("encode_www_form", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		var parts []string
		for _, p := range th.list(a[0]) {
			kv := th.toAry(p)
			name := percentEncode(th.toS(kv[0]), "*-._", true)
			values := kv[1:]
			if len(kv) > 1 {
				if l, ok := kv[1].o.(*Array); ok {
					values = l.list(th)
				}
			}
			if len(kv) == 1 {
				values = []Value{vNil}
			}
			for _, v := range values {
				part := name
				if !v.isNil() {
					part += "=" + percentEncode(th.toS(v), "*-._", true)
				}
				th.charge(2 * len(part))
				parts = append(parts, part)
			}
		}
		return th.str(strings.Join(parts, "&"))
	})
	def := cURIGeneric.def
	u := func(v Value) *uriData { return v.o.(*Object).data.(*uriData) }
	field := func(name string, f func(u *uriData) *Value) {
		def(name, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return *f(u(self)) })
		def(name+"=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			*f(u(self)) = a[0]
			return a[0]
		})
	}
	field("scheme", func(u *uriData) *Value { return &u.scheme })
	field("host", func(u *uriData) *Value { return &u.host })
	field("port", func(u *uriData) *Value { return &u.port })
	field("path", func(u *uriData) *Value { return &u.path })
	field("query", func(u *uriData) *Value { return &u.query })
	field("fragment", func(u *uriData) *Value { return &u.frag })
	field("userinfo", func(u *uriData) *Value { return &u.user })
	field("opaque", func(u *uriData) *Value { return &u.opaque })
	userPart := func(i int) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			if u(self).user.isNil() {
				return vNil
			}
			p := strings.SplitN(th.toS(u(self).user), ":", 2)
			if i >= len(p) {
				return vNil
			}
			return th.str(p[i])
		}
	}
	def("user", 0, 0, userPart(0))
	def("password", 0, 0, userPart(1))
	def("hostname", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if h, ok := u(self).host.o.(*String); ok {
			return th.str(strings.Trim(h.s, "[]"))
		}
		return vNil
	})
	def("to_s to_str", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.uriText(u(self))) })
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("#<" + self.o.(*Object).cls.name + " " + th.uriText(u(self)) + ">")
	})
	def("request_uri", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.toS(u(self).path)
		if s == "" {
			s = "/"
		}
		if !u(self).query.isNil() {
			s += "?" + th.toS(u(self).query)
		}
		return th.str(s)
	})
	def("absolute?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!u(self).scheme.isNil()) })
	def("relative?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(u(self).scheme.isNil()) })
	def("default_port", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if n, ok := defaultPorts[th.toS(u(self).scheme)]; ok {
			return Int(n)
		}
		return vNil
	})
	def("normalize", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := *u(self)
		if !c.host.isNil() {
			c.host = th.str(strings.ToLower(th.toS(c.host)))
		}
		if th.toS(c.path) == "" && !c.host.isNil() {
			c.path = th.str("/")
		}
		return Value{o: &Object{cls: self.o.(*Object).cls, data: &c}}
	})
	// The host's letters are the same whatever their case.
	normal := func(th *thread, v Value) string {
		x := *u(v)
		if !x.host.isNil() {
			x.host = th.str(strings.ToLower(th.toS(x.host)))
		}
		return th.uriText(&x)
	}
	def("==", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(classIs(a[0], cURIGeneric) && normal(th, self) == normal(th, a[0]))
	})
	def("eql?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(classIs(a[0], cURIGeneric) && th.uriText(u(self)) == th.uriText(u(a[0])))
	})
	def("hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.hashOf(th.str(th.uriText(u(self))))
	})

	escapeHTML := func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(th.toS(a[0])))
	}
	c := cCGI.sdef
	c("escape", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentEncode(th.strArg(a[0]), "-._~", true))
	})
	c("unescape", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentDecode(th.strArg(a[0]), true))
	})
	c("escapeURIComponent", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentEncode(th.strArg(a[0]), "*-._~", false))
	})
	c("unescapeURIComponent", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentDecode(th.strArg(a[0]), false))
	})
	c("escapeHTML escape_html h", 1, 1, escapeHTML)
	c("unescapeHTML unescape_html", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(html.UnescapeString(th.strArg(a[0])))
	})
	c("parse", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		for _, kv := range strings.FieldsFunc(th.strArg(a[0]), func(r rune) bool { return r == '&' || r == ';' }) {
			k, v, has := strings.Cut(kv, "=")
			key := th.str(percentDecode(k, true))
			l, ok := h.get(th, key)
			if !ok {
				l = th.array(nil)
				h.set(th, key, l)
			}
			if has {
				arr(l).items = append(arr(l).items, th.str(percentDecode(v, true)))
			}
		}
		return Value{o: h}
	})
	mERBUtil.sdef("html_escape h", 1, 1, escapeHTML)
	mERBUtil.sdef("url_encode u", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentEncode(th.toS(a[0]), "-._~", false))
	})

	split := func(th *thread, s string) Value {
		l, ok := shellSplit(s)
		if !ok {
			th.raise(cArgumentError, "Unmatched quote: %s", s)
		}
		return th.strings(l)
	}
	join := func(th *thread, l []Value) Value {
		var parts []string
		for _, v := range l {
			parts = append(parts, shellEscape(th.toS(v)))
		}
		return th.str(strings.Join(parts, " "))
	}
	mShellwords.sdef("split shellsplit shellwords", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return split(th, th.strArg(a[0])) })
	mShellwords.sdef("escape shellescape", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(shellEscape(th.toS(a[0]))) })
	mShellwords.sdef("join shelljoin", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return join(th, th.list(a[0])) })
	cString.def("shellsplit", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return split(th, strOf(self).s) })
	cString.def("shellescape", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(shellEscape(strOf(self).s)) })
	cArray.def("shelljoin", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return join(th, arr(self).list(th)) })

	octet := `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
	v4 := octet + `(?:\.` + octet + `){3}`
	v6 := `(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?)::(?:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?)|(?:[0-9A-Fa-f]{1,4}:){6}` + v4 + `)`
	cResolvV4.setConst("Regex", Value{o: mustRegexp(`\A` + v4 + `\z`)})
	cResolvV6.setConst("Regex", Value{o: mustRegexp(`\A` + v6 + `\z`)})
	mResolv.setConst("AddressRegex", Value{o: mustRegexp(`(?:\A` + v4 + `\z)|(?:\A` + v6 + `\z)`)})
	one := func(forward bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			l := th.lookup(th.toS(a[0]), forward)
			if len(l) == 0 {
				th.raise(cResolvErr, "no %s for %s", map[bool]string{true: "address", false: "name"}[forward], th.toS(a[0]))
			}
			return th.str(l[0])
		}
	}
	all := func(forward bool) native {
		return func(th *thread, self Value, a []Value, blk *Proc) Value {
			l := th.strings(th.lookup(th.toS(a[0]), forward))
			if blk != nil {
				for _, v := range arr(l).items {
					th.yield1(blk, v)
				}
			}
			return l
		}
	}
	for _, k := range []*Class{mResolv, cResolvDNS, cResolvHosts} {
		k.def("initialize", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
		for _, reg := range []func(string, int, int, native){k.def, k.sdef} {
			reg("getaddress", 1, 1, one(true))
			reg("getname", 1, 1, one(false))
			reg("getaddresses each_address", 1, 1, all(true))
			reg("getnames each_name", 1, 1, all(false))
		}
		k.def("timeouts= close", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
		k.sdef("open", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			v := classNew(th, self, nil, nil)
			if blk != nil {
				return th.yield1(blk, v)
			}
			return v
		})
	}
}
