package ruby

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var (
	_             = defModule("Net")
	cHTTP         = defClass("Net::HTTP", cObject)
	mHTTPHeader   = defModule("Net::HTTPHeader")
	cHTTPRequest  = defClass("Net::HTTPGenericRequest", cObject)
	cHTTPResponse = defClass("Net::HTTPResponse", cObject)
	cNetProtocol  = defClass("Net::ProtocolError", cStandardError)
	cHTTPError    = defClass("Net::HTTPError", cNetProtocol)
	cBadResponse  = defClass("Net::HTTPBadResponse", cStandardError)
	cOpenTimeout  = defClass("Net::OpenTimeout", cTimeoutError)
	cReadTimeout  = defClass("Net::ReadTimeout", cTimeoutError)
	mSSL          = defModule("OpenSSL::SSL")
	cSSLError     = defClass("OpenSSL::SSL::SSLError", cStandardError)
)

// ErrBodyTooLong is in the error of a Policy's HTTP for an answer that is longer than
// the script may have.
var ErrBodyTooLong = errors.New("the answer is too long")

// HTTPRequest is a request that a script makes.
type HTTPRequest struct {
	Method, URL string
	Header      map[string]string
	Body        string
	Timeout     time.Duration // zero for the host's own
	Insecure    bool          // the server's certificate is not checked
	MaxBody     int64         // how much of the answer's body is wanted
}

// HTTPResponse is the answer to an HTTPRequest. Header has names in lower case.
type HTTPResponse struct {
	Status  int
	Message string // such as "Not Found"
	Header  map[string]string
	Body    string
}

// httpClient is a Net::HTTP.
type httpClient struct {
	host     string
	port     int
	ssl      bool
	insecure bool
	timeout  time.Duration
	started  bool
}

func (c *httpClient) url(path string) string {
	scheme, host := "http", c.host
	if c.ssl {
		scheme = "https"
	}
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	return scheme + "://" + host + ":" + strconv.Itoa(c.port) + path
}

// http makes a request through the policy; it is the only way out to the network.
func (th *thread) http(c *httpClient, url string, r *httpRequest) Value {
	do := th.inst.script.opts.Policy.HTTP
	if do == nil {
		th.denied("making HTTP requests")
	}
	timeout := th.timeLeft()
	if c != nil && c.timeout > 0 {
		timeout = min(timeout, c.timeout)
	}
	answer, err := do(&HTTPRequest{Method: r.method, URL: url, Header: r.header.values, Body: r.body,
		Timeout: timeout, Insecure: c != nil && c.insecure, MaxBody: max(th.mem/2, 1)})
	if err != nil {
		th.httpError(url, err)
	}
	th.charge(2 * len(answer.Body))
	h := httpHeader{}
	for name, v := range answer.Header {
		h.set(name, v)
	}
	h.sort()
	return Value{o: &Object{cls: responseClass(answer.Status), data: &httpResponse{answer.Status, answer.Message, h, answer.Body, url}}}
}

func (th *thread) httpError(url string, err error) {
	var timeout net.Error
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, ErrBodyTooLong):
		th.raise(cBadResponse, "%s", err)
	case errors.As(err, &certificate), errors.As(err, &record):
		th.raise(cSSLError, "SSL_connect: %s", err)
	case errors.Is(err, ErrDenied):
		th.denied("connecting to " + url)
	case errors.Is(err, syscall.ECONNREFUSED):
		th.raise(cECONNREFUSED, "Failed to open TCP connection (Connection refused): %s", err)
	case errors.Is(err, syscall.ECONNRESET):
		th.raise(cECONNRESET, "Connection reset by peer: %s", err)
	case errors.Is(err, syscall.EHOSTUNREACH):
		th.raise(cEHOSTUNREACH, "No route to host: %s", err)
	case errors.As(err, &dns):
		th.raise(cSocketError, "Failed to open TCP connection: %s", err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			th.raise(cOpenTimeout, "execution expired")
		}
		th.raise(cReadTimeout, "Net::ReadTimeout")
	}
	th.raise(cSocketError, "%s", err)
}

func init() {
	coreConsts["Net"].o.(*Class).setConst("HTTPExceptions", Value{o: cHTTPError})
	cHTTP.setConst("Request", Value{o: cHTTPRequest})
	cHTTP.setConst("Response", Value{o: cHTTPResponse})
	mSSL.setConst("VERIFY_NONE", Int(0))
	mSSL.setConst("VERIFY_PEER", Int(1))
	headerMethods()
	requestMethods()
	responseMethods()
	clientMethods()
	callMethods()
}

// urlOf reads a URI, or a host with a path and port.
func (th *thread) urlOf(a []Value) string {
	if len(a) > 1 {
		if p, ok := a[1].o.(*String); ok {
			port := 80
			if len(a) > 2 && a[2].isInt() {
				port = int(a[2].int())
			}
			return (&httpClient{host: th.toS(a[0]), port: port}).url(p.s)
		}
	}
	return th.toS(a[0])
}

// callMethods are the requests that Net::HTTP itself makes.
func callMethods() {
	get := func(th *thread, a []Value) Value {
		r := &httpRequest{method: "GET"}
		if len(a) > 1 {
			r.header = th.headers(a[1])
		}
		return th.http(nil, th.urlOf(a), r)
	}
	cHTTP.sdef("get", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.str(get(th, a).o.(*Object).data.(*httpResponse).body)
	})
	cHTTP.sdef("get_response", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v := get(th, a)
		if blk != nil {
			th.yield1(blk, v)
		}
		return v
	})
	cHTTP.sdef("get_print", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.inst.print(th, get(th, a).o.(*Object).data.(*httpResponse).body)
		return vNil
	})
	cHTTP.sdef("post", 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := &httpRequest{method: "POST", body: strings.Clone(th.toS(a[1]))}
		if len(a) > 2 {
			r.header = th.headers(a[2])
		}
		r.header.byDefault("Content-Type", "application/x-www-form-urlencoded")
		return th.http(nil, th.toS(a[0]), r)
	})
	cHTTP.sdef("post_form", 2, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		r := &httpRequest{method: "POST", body: strings.Clone(th.toS(th.send(Value{o: mURI}, "encode_www_form", a[1])))}
		r.header.set("Content-Type", "application/x-www-form-urlencoded")
		return th.http(nil, th.toS(a[0]), r)
	})
}

// clientMethods are those of a Net::HTTP.
func clientMethods() {
	client := func(v Value) *httpClient { return v.o.(*Object).data.(*httpClient) }
	newClient := func(th *thread, a []Value) Value {
		a, o := th.options(a)
		c := &httpClient{host: strings.Clone(th.toS(a[0])), port: 80}
		if v := o.opt(th, "use_ssl"); !v.isUndef() {
			c.ssl = v.truthy()
		}
		if c.ssl {
			c.port = 443
		}
		if len(a) > 1 && a[1].isInt() {
			c.port = int(a[1].int())
		}
		v := Value{o: &Object{cls: cHTTP, data: c}}
		for _, name := range []string{"read_timeout", "open_timeout", "verify_mode"} {
			if x := o.opt(th, name); !x.isUndef() {
				th.send(v, name+"=", x)
			}
		}
		return v
	}
	start := func(th *thread, v Value, blk *Proc) Value {
		client(v).started = true
		if blk == nil {
			return v
		}
		r := th.yield1(blk, v)
		client(v).started = false
		return r
	}
	cHTTP.sdef("new newobj", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return newClient(th, a) })
	cHTTP.sdef("start", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value { return start(th, newClient(th, a), blk) })
	def := cHTTP.def
	def("start", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return start(th, self, blk) })
	def("finish", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !client(self).started {
			th.raise(cIOError, "HTTP session not yet started")
		}
		client(self).started = false
		return vNil
	})
	def("started? active?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(client(self).started) })
	def("address", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(client(self).host) })
	def("port", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(client(self).port)) })
	def("use_ssl?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Bool(client(self).ssl) })
	def("use_ssl=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		client(self).ssl = a[0].truthy()
		return a[0]
	})
	def("verify_mode=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		client(self).insecure = a[0].isInt() && a[0].int() == 0
		return a[0]
	})
	def("open_timeout= read_timeout= write_timeout=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if !a[0].isNil() {
			c, d := client(self), time.Duration(th.floatArg(a[0])*float64(time.Second))
			if c.timeout == 0 || d < c.timeout {
				c.timeout = d
			}
		}
		return a[0]
	})
	def("ssl_timeout= keep_alive_timeout= ca_file= ca_path= cert= key= cert_store= ssl_version= min_version= max_version= max_retries= continue_timeout= verify_hostname= set_debug_output", 1, 1,
		func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
	def("request", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		o, ok := a[0].o.(*Object)
		r, is := (*httpRequest)(nil), false
		if ok {
			r, is = o.data.(*httpRequest)
		}
		if !is {
			th.raise(cArgumentError, "not a request: %s", th.inspect(a[0]))
		}
		if len(a) > 1 && !a[1].isNil() {
			r.body = strings.Clone(th.toS(a[1]))
		}
		v := th.http(client(self), client(self).url(r.path), r)
		if blk != nil {
			th.yield1(blk, v)
		}
		return v
	})
	for _, m := range []string{"get", "delete", "head", "options"} {
		def(m+" request_"+m, 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
			r := &httpRequest{method: strings.ToUpper(m)}
			if len(a) > 1 {
				r.header = th.headers(a[1])
			}
			return th.http(client(self), client(self).url(th.toS(a[0])), r)
		})
	}
	for _, m := range []string{"post", "put", "patch"} {
		def(m+" request_"+m, 2, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
			r := &httpRequest{method: strings.ToUpper(m), body: strings.Clone(th.toS(a[1]))}
			if len(a) > 2 {
				r.header = th.headers(a[2])
			}
			r.header.byDefault("Content-Type", "application/x-www-form-urlencoded")
			return th.http(client(self), client(self).url(th.toS(a[0])), r)
		})
	}
}
