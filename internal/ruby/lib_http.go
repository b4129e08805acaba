package ruby

import (
	"errors"
	"strconv"
	"strings"
)

var (
	_             = defModule("Net")
	cHTTP         = defClass("Net::HTTP", cObject)
	cHTTPRequest  = defClass("Net::HTTP::Request", cObject)
	cHTTPResponse = defClass("Net::HTTP::Response", cObject)
	cHTTPSuccess  = defClass("Net::HTTPSuccess", cHTTPResponse)
	cHTTPOK       = defClass("Net::HTTPOK", cHTTPSuccess)
	_             = defClass("Net::OpenTimeout", cTimeoutError)
	_             = defClass("Net::ReadTimeout", cTimeoutError)
)

// httpRequest is a request before it is sent.
type httpRequest struct {
	method, path, body string
	header             map[string]string
}

type httpResponse struct {
	status int
	header map[string]string
	body   string
}

type httpClient struct {
	host string
	port int
	ssl  bool
}

func (c *httpClient) url(path string) string {
	scheme := "http"
	if c.ssl {
		scheme = "https"
	}
	return scheme + "://" + c.host + ":" + strconv.Itoa(c.port) + path
}

// http makes a request through the policy; it is the only way out to the network.
func (th *thread) http(method, url string, r *httpRequest) Value {
	do := th.inst.script.opts.Policy.HTTP
	if do == nil {
		th.denied("making HTTP requests")
	}
	status, header, body, err := do(method, url, r.header, r.body)
	if errors.Is(err, ErrDenied) {
		th.denied("connecting to " + url)
	}
	if err != nil {
		th.raise(cSocketError, "%s", err)
	}
	th.charge(len(body))
	c := cHTTPResponse
	switch {
	case status == 200:
		c = cHTTPOK
	case status >= 200 && status < 300:
		c = cHTTPSuccess
	}
	return Value{o: &Object{cls: c, data: &httpResponse{status, header, body}}}
}

func (th *thread) headers(v Value) map[string]string {
	m := map[string]string{}
	if h, ok := v.o.(*Hash); ok {
		for _, e := range h.entries(th) {
			if e.live {
				m[strings.Clone(th.toS(e.k))] = strings.Clone(th.toS(e.v))
			}
		}
	}
	return m
}

func init() {
	// url reads a URI, or a host with a path and port.
	url := func(th *thread, a []Value) string {
		if len(a) > 1 {
			if p, ok := a[1].o.(*String); ok {
				port := 80
				if len(a) > 2 && a[2].isInt() {
					port = int(a[2].int())
				}
				return (&httpClient{th.toS(a[0]), port, false}).url(p.s)
			}
		}
		return th.toS(a[0])
	}
	body := func(v Value) string { return v.o.(*Object).data.(*httpResponse).body }
	cHTTP.sdef("get", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(body(th.http("GET", url(th, a), &httpRequest{})))
	})
	cHTTP.sdef("get_response", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.http("GET", url(th, a), &httpRequest{})
	})
	cHTTP.sdef("post", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := &httpRequest{body: strings.Clone(th.toS(a[1]))}
		if len(a) > 2 {
			r.header = th.headers(a[2])
		}
		return th.http("POST", th.toS(a[0]), r)
	})
	client := func(v Value) *httpClient { return v.o.(*Object).data.(*httpClient) }
	newClient := func(th *thread, self Value, a []Value, blk *Proc) Value {
		c := &httpClient{host: strings.Clone(th.toS(a[0])), port: 80}
		if len(a) > 1 && a[1].isInt() {
			c.port = int(a[1].int())
		}
		_, o := th.options(a)
		if v := o.opt(th, "use_ssl"); !v.isUndef() {
			c.ssl = v.truthy()
		}
		v := Value{o: &Object{cls: cHTTP, data: c}}
		if blk != nil {
			return th.yield1(blk, v)
		}
		return v
	}
	cHTTP.sdef("new start", 1, -1, newClient)
	cHTTP.def("use_ssl=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		client(self).ssl = a[0].truthy()
		return a[0]
	})
	cHTTP.def("open_timeout= read_timeout= write_timeout= ssl_timeout= keep_alive_timeout= verify_mode= ca_file=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
	cHTTP.def("start", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if blk != nil {
			return th.yield1(blk, self)
		}
		return self
	})
	cHTTP.def("finish", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return vNil })
	cHTTP.def("request", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Object)
		r, is := (*httpRequest)(nil), false
		if ok {
			r, is = o.data.(*httpRequest)
		}
		if !is {
			th.raise(cArgumentError, "not a request: %s", th.inspect(a[0]))
		}
		return th.http(r.method, client(self).url(r.path), r)
	})
	for _, m := range []string{"get", "delete", "head"} {
		cHTTP.def(m, 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			r := &httpRequest{}
			if len(a) > 1 {
				r.header = th.headers(a[1])
			}
			return th.http(strings.ToUpper(m), client(self).url(th.toS(a[0])), r)
		})
	}
	for _, m := range []string{"post", "put", "patch"} {
		cHTTP.def(m, 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
			r := &httpRequest{body: strings.Clone(th.toS(a[1]))}
			if len(a) > 2 {
				r.header = th.headers(a[2])
			}
			return th.http(strings.ToUpper(m), client(self).url(th.toS(a[0])), r)
		})
	}
	req := func(v Value) *httpRequest { return v.o.(*Object).data.(*httpRequest) }
	for _, m := range []string{"Get", "Post", "Put", "Delete", "Patch", "Head"} {
		defClass("Net::HTTP::"+m, cHTTPRequest).sdef("new", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			path := th.toS(a[0])
			if classIs(a[0], cURIGeneric) {
				path = th.toS(th.send(a[0], "request_uri"))
			}
			r := &httpRequest{method: strings.ToUpper(m), path: strings.Clone(path), header: map[string]string{}}
			if len(a) > 1 {
				r.header = th.headers(a[1])
			}
			return Value{o: &Object{cls: self.o.(*Class), data: r}}
		})
	}
	cHTTPRequest.def("body=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		req(self).body = strings.Clone(th.toS(a[0]))
		return a[0]
	})
	cHTTPRequest.def("[]= add_field", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		req(self).header[strings.Clone(th.toS(a[0]))] = strings.Clone(th.toS(a[1]))
		return a[1]
	})
	cHTTPRequest.def("content_type=", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		req(self).header["Content-Type"] = strings.Clone(th.toS(a[0]))
		return a[0]
	})
	cHTTPRequest.def("set_form_data", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		req(self).body = strings.Clone(th.toS(th.send(Value{o: mURI}, "encode_www_form", a[0])))
		req(self).header["Content-Type"] = "application/x-www-form-urlencoded"
		return vNil
	})
	cHTTPRequest.def("basic_auth", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := th.send(Value{o: mBase64}, "strict_encode64", th.str(th.toS(a[0])+":"+th.toS(a[1])))
		req(self).header["Authorization"] = "Basic " + strings.Clone(th.toS(v))
		return vNil
	})
	res := func(v Value) *httpResponse { return v.o.(*Object).data.(*httpResponse) }
	cHTTPResponse.def("code", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(strconv.Itoa(res(self).status))
	})
	cHTTPResponse.def("body read_body entity", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(res(self).body) })
	cHTTPResponse.def("message msg", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(strconv.Itoa(res(self).status))
	})
	cHTTPResponse.def("[]", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		for k, v := range res(self).header {
			if strings.EqualFold(k, th.toS(a[0])) {
				return th.str(v)
			}
		}
		return vNil
	})
}
