package ruby

import (
	"slices"
	"strconv"
	"strings"
)

// httpHeader is the header of a request or an answer: names in lower case, in order.
type httpHeader struct {
	names  []string
	values map[string]string
}

func (h *httpHeader) set(name, v string) {
	name = strings.Clone(strings.ToLower(name))
	if h.values == nil {
		h.values = map[string]string{}
	}
	if _, ok := h.values[name]; !ok {
		h.names = append(h.names, name)
	}
	h.values[name] = strings.Clone(v)
}

func (h *httpHeader) byDefault(name, v string) {
	if _, ok := h.values[strings.ToLower(name)]; !ok {
		h.set(name, v)
	}
}

func (h *httpHeader) remove(name string) {
	name = strings.ToLower(name)
	delete(h.values, name)
	h.names = slices.DeleteFunc(h.names, func(n string) bool { return n == name })
}

func (h *httpHeader) sort() { slices.Sort(h.names) }

func capitalized(name string) string {
	parts := strings.Split(name, "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

func (th *thread) headers(v Value) (out httpHeader) {
	if h, ok := v.o.(*Hash); ok {
		for _, e := range h.entries(th) {
			if e.live && !e.v.isNil() {
				out.set(th.toS(e.k), th.toS(e.v))
			}
		}
	}
	return out
}

// httpRequest is a request before it is sent.
type httpRequest struct {
	method, path, body string
	header             httpHeader
}

type httpResponse struct {
	status  int
	message string
	header  httpHeader
	body    string
	url     string
}

func headerOf(v Value) *httpHeader {
	switch x := v.o.(*Object).data.(type) {
	case *httpRequest:
		return &x.header
	case *httpResponse:
		return &x.header
	}
	return &httpHeader{}
}

func headerMethods() {
	cHTTPRequest.include(mHTTPHeader)
	cHTTPResponse.include(mHTTPHeader)
	def := mHTTPHeader.def
	value := func(th *thread, self Value, name string) Value {
		if v, ok := headerOf(self).values[strings.ToLower(name)]; ok {
			return th.str(v)
		}
		return vNil
	}
	def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return value(th, self, th.toS(a[0])) })
	def("[]=", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if a[1].isNil() {
			headerOf(self).remove(th.toS(a[0]))
		} else {
			headerOf(self).set(th.toS(a[0]), th.toS(a[1]))
		}
		return a[1]
	})
	def("add_field", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h, name, v := headerOf(self), th.toS(a[0]), th.toS(a[1])
		if old, ok := h.values[strings.ToLower(name)]; ok {
			v = old + ", " + v
		}
		h.set(name, v)
		return a[1]
	})
	def("get_fields", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := value(th, self, th.toS(a[0]))
		if v.isNil() {
			return v
		}
		return th.array([]Value{v})
	})
	def("fetch", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := value(th, self, th.toS(a[0]))
		switch {
		case !v.isNil():
			return v
		case blk != nil:
			return th.yield1(blk, a[0])
		case len(a) > 1:
			return a[1]
		}
		th.raise(cKeyError, "key not found: %s", th.inspect(a[0]))
		return vNil
	})
	def("key?", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(!value(th, self, th.toS(a[0])).isNil())
	})
	def("delete", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := value(th, self, th.toS(a[0]))
		headerOf(self).remove(th.toS(a[0]))
		return v
	})
	each := func(names string, f func(name string) string) {
		def(names, 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
			if blk == nil {
				return th.enumFor(self, strings.Fields(names)[0])
			}
			for _, name := range slices.Clone(headerOf(self).names) {
				th.yield2(blk, th.str(f(name)), th.str(headerOf(self).values[name]))
			}
			return self
		})
	}
	each("each_header each", func(name string) string { return name })
	each("each_capitalized canonical_each", capitalized)
	def("each_name each_key", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.sendBlock(th.strings(headerOf(self).names), "each", nil, blk)
	})
	def("to_hash", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		h := th.newHash(0)
		for _, name := range headerOf(self).names {
			h.set(th, th.frozenStr(name, encUTF8), th.array([]Value{th.str(headerOf(self).values[name])}))
		}
		return Value{o: h}
	})
	def("content_type", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, ok := headerOf(self).values["content-type"]
		if !ok {
			return vNil
		}
		kind, _, _ := strings.Cut(v, ";")
		return th.str(strings.TrimSpace(kind))
	})
	def("content_type= set_content_type", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		headerOf(self).set("Content-Type", th.toS(a[0]))
		return a[0]
	})
	def("content_length", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if v := value(th, self, "content-length"); !v.isNil() {
			return th.integer(v, 10, false)
		}
		return vNil
	})
	def("basic_auth", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.send(Value{o: mBase64}, "strict_encode64", th.str(th.toS(a[0])+":"+th.toS(a[1])))
		headerOf(self).set("Authorization", "Basic "+th.toS(v))
		return vNil
	})
}

func requestMethods() {
	req := func(v Value) *httpRequest { return v.o.(*Object).data.(*httpRequest) }
	for _, m := range []string{"Get", "Post", "Put", "Delete", "Patch", "Head", "Options"} {
		defClass("Net::HTTP::"+m, cHTTPRequest).sdef("new", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			path := ""
			if classIs(a[0], cURIGeneric) {
				path = th.toS(th.send(a[0], "request_uri"))
			} else if path = th.strArg(a[0]); path == "" {
				th.raise(cArgumentError, "HTTP request path is empty")
			}
			r := &httpRequest{method: strings.ToUpper(m), path: strings.Clone(path)}
			if len(a) > 1 {
				r.header = th.headers(a[1])
			}
			return Value{o: &Object{cls: self.o.(*Class), data: r}}
		})
	}
	def := cHTTPRequest.def
	def("method", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(req(self).method) })
	def("path", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(req(self).path) })
	def("body", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if req(self).body == "" {
			return vNil
		}
		return th.str(req(self).body)
	})
	def("body=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		req(self).body = strings.Clone(th.toS(a[0]))
		return a[0]
	})
	def("set_form_data form_data=", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		req(self).body = strings.Clone(th.toS(th.send(Value{o: mURI}, "encode_www_form", a[0])))
		req(self).header.set("Content-Type", "application/x-www-form-urlencoded")
		return vNil
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str("#<" + classOf(self).real().name + " " + req(self).method + ">")
	})
}

// httpStatus are the classes of answers, by the first digit of their codes and by code.
var httpStatus = map[int]*Class{}

func responseClass(status int) *Class {
	if c := httpStatus[status]; c != nil {
		return c
	}
	if c := httpStatus[status/100]; c != nil {
		return c
	}
	return httpStatus[0]
}

func responseMethods() {
	for code, name := range []string{"UnknownResponse", "Information", "Success", "Redirection", "ClientError", "ServerError"} {
		httpStatus[code] = defClass("Net::HTTP"+name, cHTTPResponse)
	}
	for code, name := range map[int]string{100: "Continue", 101: "SwitchProtocol", 200: "OK", 201: "Created", 202: "Accepted", 203: "NonAuthoritativeInformation", 204: "NoContent",
		205: "ResetContent", 206: "PartialContent", 300: "MultipleChoices", 301: "MovedPermanently", 302: "Found", 303: "SeeOther", 304: "NotModified", 307: "TemporaryRedirect",
		308: "PermanentRedirect", 400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "MethodNotAllowed", 406: "NotAcceptable", 408: "RequestTimeout",
		409: "Conflict", 410: "Gone", 411: "LengthRequired", 413: "PayloadTooLarge", 415: "UnsupportedMediaType", 422: "UnprocessableEntity", 429: "TooManyRequests",
		500: "InternalServerError", 501: "NotImplemented", 502: "BadGateway", 503: "ServiceUnavailable", 504: "GatewayTimeout"} {
		httpStatus[code] = defClass("Net::HTTP"+name, httpStatus[code/100])
	}
	netModule, _ := corePath("Net")
	netModule.setConst("HTTPMovedTemporarily", Value{o: httpStatus[302]})
	netModule.setConst("HTTPGatewayTimeOut", Value{o: httpStatus[504]})
	netModule.setConst("HTTPRequestTimeOut", Value{o: httpStatus[408]})
	res := func(v Value) *httpResponse { return v.o.(*Object).data.(*httpResponse) }
	def := cHTTPResponse.def
	def("code", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(strconv.Itoa(res(self).status))
	})
	def("code_type", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Value{o: classOf(self).real()} })
	def("message msg", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(res(self).message) })
	def("http_version", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str("1.1") })
	def("uri", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.send(Value{o: mURI}, "parse", th.str(res(self).url))
	})
	def("body entity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(res(self).body) })
	def("read_body", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.str(res(self).body)
		if blk != nil {
			th.yield1(blk, v)
		}
		return v
	})
	def("value error!", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if r := res(self); r.status/100 != 2 {
			th.raise(cHTTPError, "%d %s", r.status, r.message)
		}
		return vNil
	})
	def("inspect", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := res(self)
		return th.str("#<" + classOf(self).real().name + " " + strconv.Itoa(r.status) + " " + r.message + " readbody=true>")
	})
}
