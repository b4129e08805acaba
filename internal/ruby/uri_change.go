package ruby

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sluice/internal/onig"
)

// What of URI makes new ones: merge, build, split and the parser object.

var (
	cURIComponent = defClass("URI::InvalidComponentError", cURIError)
	_             = defClass("URI::BadURIError", cURIError)
	cURIParser    = defClass("URI::RFC2396_Parser", cObject)
	cURIWS        = defClass("URI::WS", cURIGeneric)
	cURIWSS       = defClass("URI::WSS", cURIWS)
	cURIFile      = defClass("URI::File", cURIGeneric)
)

// uriSchemes are the classes of schemes.
var uriSchemes = map[string]*Class{"http": cURIHTTP, "https": cURIHTTPS, "ftp": cURIFTP, "mailto": cURIMailTo, "ldap": cURILDAP, "ws": cURIWS, "wss": cURIWSS, "file": cURIFile}

// anyScheme are the schemes that extract and regexp find without being told any.
const anyScheme = `[A-Za-z][A-Za-z0-9+\-.]*`

func (th *thread) uriPattern(schemes Value) *Regexp {
	names := anyScheme
	if !schemes.isNil() && !schemes.isUndef() {
		var l []string
		for _, v := range th.list(schemes) {
			l = append(l, onig.Quote(th.toS(v)))
		}
		names = "(?:" + strings.Join(l, "|") + ")"
	}
	return th.regexp(names+`:[^\s<>"\\^{}|`+"`"+`]+`, 0)
}

func (th *thread) joinURI(base, ref string) Value {
	b, err := url.Parse(base)
	if err == nil {
		b, err = b.Parse(ref)
	}
	if err != nil {
		th.raise(cInvalidURI, "bad URI(is not URI?): %s", th.inspect(th.str(ref)))
	}
	return th.parseURI(b.String())
}

// relativeURI returns how one URI is reached from another.
func relativeURI(from, to *url.URL) string {
	if from.Scheme != to.Scheme || from.Host != to.Host || from.User.String() != to.User.String() {
		return to.String()
	}
	a, b := strings.Split(from.Path, "/"), strings.Split(to.Path, "/")
	common := 0
	for common < len(a)-1 && common < len(b)-1 && a[common] == b[common] {
		common++
	}
	path := strings.Repeat("../", max(len(a)-1-common, 0)) + strings.Join(b[common:], "/")
	if path == "" && to.Path != from.Path {
		path = "./"
	}
	if from.Path == to.Path {
		path = ""
	}
	out := url.URL{Path: path, RawQuery: to.RawQuery, Fragment: to.Fragment}
	return strings.TrimPrefix(out.String(), "./")
}

func init() {
	u := func(v Value) *uriData { return v.o.(*Object).data.(*uriData) }
	def := cURIGeneric.def
	def("merge +", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.joinURI(th.uriText(u(self)), th.toS(a[0]))
	})
	route := func(th *thread, from, to Value) Value {
		x, err1 := url.Parse(th.toS(from))
		y, err2 := url.Parse(th.toS(to))
		if err1 != nil || err2 != nil {
			th.raise(cInvalidURI, "bad URI(is not URI?): %s", th.inspect(to))
		}
		return th.parseURI(relativeURI(x, y))
	}
	def("route_to", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return route(th, self, a[0]) })
	def("route_from -", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return route(th, a[0], self) })
	def("hierarchical?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(!u(self).path.isNil()) })
	def("authority", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := u(self)
		if x.host.isNil() {
			return vNil
		}
		return th.str(strings.TrimPrefix(th.uriText(&uriData{scheme: x.scheme, user: x.user, host: x.host, port: x.port}), th.toS(x.scheme)+"://"))
	})
	def("user=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		_, password, ok := strings.Cut(th.toS(u(self).user), ":")
		if ok {
			password = ":" + password
		}
		u(self).user = th.str(th.toS(a[0]) + password)
		return a[0]
	})
	def("password=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		user, _, _ := strings.Cut(th.toS(u(self).user), ":")
		u(self).user = th.str(user + ":" + th.toS(a[0]))
		return a[0]
	})
	cURIMailTo.def("to", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		to, _, _ := strings.Cut(th.toS(u(self).opaque), "?")
		return th.str(to)
	})
	parts := []string{"scheme", "userinfo", "host", "port", "path", "query", "fragment"}
	components := func(th *thread, self Value, a []Value, blk *Proc) Value { return th.symbols(parts) }
	def("component", 0, 0, components)
	def("select", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		out := make([]Value, len(a))
		for i, name := range a {
			out[i] = th.send(self, th.nameArg(name))
		}
		return th.array(out)
	})
	mURI.sdef("split", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := u(th.parseURI(th.strArg(a[0])))
		port := vNil
		if regexp.MustCompile(`:\d+(?:[/?#]|$)`).MatchString(th.strArg(a[0])) {
			port = th.str(th.toS(x.port))
		}
		return th.array([]Value{x.scheme, x.user, x.host, port, vNil, x.path, x.opaque, x.query, x.frag})
	})
	mURI.sdef("scheme_list", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		var names []string
		for name := range uriSchemes {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			h.set(th, th.str(strings.ToUpper(name)), Value{o: uriSchemes[name]})
		}
		return Value{o: h}
	})
	buildMethods()
	parserMethods()
}

// buildMethods make a URI of its parts.
func buildMethods() {
	for scheme, c := range map[string]*Class{"": cURIGeneric, "http": cURIHTTP, "https": cURIHTTPS, "ftp": cURIFTP, "ws": cURIWS, "wss": cURIWSS, "file": cURIFile} {
		c.sdef("build build2", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
			h := th.toHash(a[0])
			get := func(k string) Value { v, _ := h.get(th, sym(k)); return v }
			x := &uriData{scheme: get("scheme"), host: get("host"), port: get("port"), path: get("path"), query: get("query"), frag: get("fragment"), user: get("userinfo"), opaque: get("opaque")}
			if scheme != "" {
				x.scheme = th.str(scheme)
			}
			if p := th.toS(x.path); p != "" && p[0] != '/' && !x.host.isNil() {
				th.raise(cURIComponent, "bad component(expected absolute path component): %s", p)
			}
			if n, ok := defaultPorts[scheme]; ok && x.port.isNil() {
				x.port = Int(n)
			}
			if x.path.isNil() && x.opaque.isNil() {
				x.path = th.str("")
			}
			return Value{o: &Object{cls: c, data: x}}
		})
	}
}

// parserMethods are those of URI::DEFAULT_PARSER, and of URI itself.
func parserMethods() {
	parser := Value{o: &Object{cls: cURIParser, frozen: true}}
	mURI.setConst("DEFAULT_PARSER", parser)
	mURI.setConst("Parser", Value{o: cURIParser})
	extract := func(th *thread, self Value, a []Value, blk *Proc) Value {
		schemes := vNil
		if len(a) > 1 {
			schemes = a[1]
		}
		found := th.send(a[0], "scan", Value{o: th.uriPattern(schemes)})
		if blk == nil {
			return found
		}
		th.sendBlock(found, "each", nil, blk)
		return vNil
	}
	pattern := func(th *thread, self Value, a []Value, blk *Proc) Value {
		schemes := vNil
		if len(a) > 0 {
			schemes = a[0]
		}
		return Value{o: th.uriPattern(schemes)}
	}
	mURI.sdef("extract", 1, 2, extract)
	mURI.sdef("regexp", 0, 1, pattern)
	def := cURIParser.def
	def("extract", 1, 2, extract)
	def("make_regexp", 0, 1, pattern)
	def("parse", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.parseURI(th.strArg(a[0])) })
	for _, name := range []string{"join", "split"} {
		def(name, 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.send(Value{o: mURI}, name, a...) })
	}
	def("escape", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.strArg(a[0])
		th.charge(4 * len(s))
		return th.str(percentEncode(s, "-_.!~*'();/?:@&=+$,[]%", false))
	})
	def("unescape", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(percentDecode(th.strArg(a[0]), false))
	})
}
