package output

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"sluice/internal/plugin"
	"sluice/internal/secret"
)

// httpClient is the client of an output, with the options of Logstash's mixin for HTTP
// clients. Source: logstash-mixin-http_client 7.5.
type httpClient struct {
	tls plugin.ClientTLS

	requestTimeout   time.Duration
	socketTimeout    time.Duration
	connectTimeout   time.Duration
	followRedirects  bool
	poolMax          int
	poolMaxPerRoute  int
	keepAlive        bool
	automaticRetries int
	retryAnyMethod   bool
	cookies          bool
	proxy            plugin.Setting
	user             string
	password         secret.Text

	validate int

	transport *http.Transport // for proxies and redirects
	wire      wire            // for everything else
	proxied   bool
	jar       http.CookieJar // nil without cookies
}

func (c *httpClient) options() []plugin.Option {
	c.requestTimeout, c.socketTimeout, c.connectTimeout = 60*time.Second, 10*time.Second, 10*time.Second
	c.followRedirects, c.keepAlive, c.cookies = true, true, true
	c.poolMax, c.poolMaxPerRoute, c.automaticRetries, c.validate = 50, 25, 1, 200
	return slices.Concat([]plugin.Option{
		plugin.Seconds("request_timeout", &c.requestTimeout, "Seconds that a request may take in all."),
		plugin.Seconds("socket_timeout", &c.socketTimeout, "Seconds to wait for an answer once a request has been sent."),
		plugin.Seconds("connect_timeout", &c.connectTimeout, "Seconds that it may take to connect."),
		plugin.Bool("follow_redirects", &c.followRedirects, "Whether redirects of GET and HEAD are followed, on the same host. Other methods never follow."),
		plugin.Int("pool_max", &c.poolMax, 1, 1<<16, "Connections that may be open at once."),
		plugin.Int("pool_max_per_route", &c.poolMaxPerRoute, 1, 1<<16, "Connections that may be open to one host at once."),
		plugin.Bool("keepalive", &c.keepAlive, "Whether a connection serves several requests."),
		plugin.Int("automatic_retries", &c.automaticRetries, 0, 100, "How often a request whose connection broke is repeated at once, where the method allows that."),
		plugin.Bool("retry_non_idempotent", &c.retryAnyMethod, "Whether POST and PATCH are repeated at once as well."),
		plugin.Int("validate_after_inactivity", &c.validate, -1, 1<<31-1, "Milliseconds without use after which a connection is checked before it is used; 0 for never."),
		plugin.Bool("cookies", &c.cookies, "Whether cookies are kept and sent back."),
		plugin.Any("proxy", "text or hash", &c.proxy, "A proxy: a URL, or a hash with host, port, scheme, user, password."),
		plugin.String("user", &c.user, "The user name for basic authentication."),
		plugin.Password("password", &c.password, "The password that goes with it."),
	}, c.tls.Options(true), c.tls.Old("cacert", "client_cert", "client_key", "keystore", "keystore_password", "keystore_type", "truststore", "truststore_password", "truststore_type"))
}

func (c *httpClient) open(env *plugin.Env) error {
	if c.user != "" && !c.password.IsSet() {
		return env.Invalid("user", "set password, too", "there is a user without a password")
	}
	if env.IsSet("ssl_enabled") && !c.tls.Enabled {
		var none plugin.ClientTLS
		none.Options(true)
		c.tls = none
	}
	if err := c.tls.Open(env); err != nil {
		return err
	}
	c.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, c.connectTimeout)
			defer cancel()
			return env.Access.Dial(ctx, network, address)
		},
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, c.connectTimeout)
			defer cancel()
			return c.tls.Dial(ctx, network, address)
		},
		TLSClientConfig:       c.tls.Config(), // through a proxy
		DisableKeepAlives:     !c.keepAlive,
		DisableCompression:    true, // the header field is ours
		MaxIdleConns:          c.poolMax,
		MaxIdleConnsPerHost:   c.poolMaxPerRoute,
		MaxConnsPerHost:       min(c.poolMaxPerRoute, c.poolMax),
		IdleConnTimeout:       90 * time.Second,
		ResponseHeaderTimeout: c.socketTimeout,
	}
	c.wire = wire{
		dial: func(ctx context.Context, secure bool, address string) (net.Conn, error) {
			if secure {
				return c.transport.DialTLSContext(ctx, "tcp", address)
			}
			return c.transport.DialContext(ctx, "tcp", address)
		},
		validate: time.Duration(c.validate) * time.Millisecond,
		keep:     c.keepAlive,
		slots:    make(chan struct{}, min(c.poolMaxPerRoute, c.poolMax)),
	}
	if c.cookies {
		c.jar, _ = cookiejar.New(nil) // without options it cannot fail
	}
	return c.openProxy(env)
}

// openProxy reads the forms that the option proxy may have.
func (c *httpClient) openProxy(env *plugin.Env) error {
	if _, ok := env.Setting("proxy"); !ok || c.proxy.Kind == plugin.Text && c.proxy.Text == "" {
		return nil
	}
	u := new(url.URL)
	var err error
	user, password := "", ""
	if c.proxy.Kind == plugin.Table {
		host, port, scheme := "", "80", "http"
		for _, e := range c.proxy.Table {
			switch value := e.Value.Flat(); e.Key {
			case "url":
				u, err = url.Parse(value)
			case "host":
				host = value
			case "port":
				port = value
			case "scheme":
				scheme = value
			case "user":
				user = value
			case "password":
				password = value
			default:
				return env.Invalid("proxy", "its keys are url, or host, port, scheme; user and password", "a proxy has no %s", e.Key)
			}
		}
		if host != "" {
			u = &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port)}
		}
	} else {
		u, err = url.Parse(c.proxy.Flat())
	}
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return env.Invalid("proxy", "write it as http://host:port", "this is no address of a proxy")
	}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	c.transport.Proxy, c.proxied = http.ProxyURL(u), true
	return nil
}

// headers returns the header fields that every request has, as Logstash's client has them.
func (c *httpClient) headers() http.Header {
	h := http.Header{
		"User-Agent":      {"Manticore 0.9.2"},
		"Accept-Encoding": {"gzip,deflate"},
	}
	h["Connection"] = []string{"close"}
	if c.keepAlive {
		h["Connection"] = []string{"Keep-Alive"}
	}
	if c.user != "" {
		r := http.Request{Header: h}
		r.SetBasicAuth(c.user, c.password.Reveal())
	}
	return h
}

// answer is what came back: a status with the beginning of the body, or an error.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// maxAnswer is how much of an answer is read; what is longer costs the connection.
const maxAnswer = 64 << 10

// send sends one request and reads the answer. header must not be changed while it runs.
// A request that broke off is repeated at once where that is allowed, and not what was
// never answered at all.
func (c *httpClient) send(ctx context.Context, method string, to *url.URL, header http.Header, body []byte, limit int64) (answer, error) {
	for attempt := 0; ; attempt++ {
		a, stale, err := c.once(ctx, method, to, header, body, limit)
		if err == nil || ctx.Err() != nil || isTimeout(err) || !stale && attempt >= c.automaticRetries || attempt > c.automaticRetries {
			return a, err
		}
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" || (method == "POST" || method == "PATCH") && !c.retryAnyMethod {
			return a, err
		}
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// once makes one attempt.
func (c *httpClient) once(ctx context.Context, method string, to *url.URL, header http.Header, body []byte, limit int64) (a answer, stale bool, err error) {
	if c.jar != nil {
		if cookies := c.jar.Cookies(to); len(cookies) > 0 {
			header = header.Clone()
			r := http.Request{Header: header}
			for _, cookie := range cookies {
				r.AddCookie(cookie)
			}
		}
	}
	if c.proxied || c.followRedirects && (method == "GET" || method == "HEAD") {
		a, err = c.viaTransport(ctx, method, to, header, body, limit)
	} else {
		a, stale, err = c.wire.do(ctx, wireRequest{
			method: method, to: to, header: header, body: body, limit: limit,
			deadline: time.Now().Add(c.requestTimeout), silence: c.socketTimeout,
		})
	}
	if c.jar != nil && err == nil && len(a.header["Set-Cookie"]) > 0 {
		c.jar.SetCookies(to, (&http.Response{Header: a.header}).Cookies())
	}
	return a, stale, err
}

// viaTransport sends a request with net/http, which knows proxies.
func (c *httpClient) viaTransport(ctx context.Context, method string, to *url.URL, header http.Header, body []byte, limit int64) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.requestTimeout)
	defer cancel()
	r := &http.Request{
		Method: method, URL: to, Header: header, Host: to.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
	}
	if len(body) == 0 {
		r.Body = http.NoBody
	}
	response, err := c.roundTrip(r.WithContext(ctx))
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	if response.ContentLength == 0 || method == "HEAD" {
		return a, nil
	}
	a.body, err = readAnswer(response, limit)
	return a, err
}

// close gives all connections back.
func (c *httpClient) close() {
	c.transport.CloseIdleConnections()
	c.wire.close()
}

// headerField tells whether a name and a value make a header field.
func headerField(name, value string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("()<>@,;:\\\"/[]?={}", c) >= 0 {
			return false
		}
	}
	return name != "" && !strings.ContainsAny(value, "\r\n\x00")
}

// readAnswer reads the body, of which at most limit bytes are wanted.
func readAnswer(response *http.Response, limit int64) ([]byte, error) {
	var r io.Reader = io.LimitReader(response.Body, limit)
	if strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("the answer is not what its content-encoding says: %w", err)
		}
		r = io.LimitReader(z, limit)
	}
	var b bytes.Buffer
	_, err := b.ReadFrom(r)
	if errors.Is(err, io.ErrUnexpectedEOF) && b.Len() > 0 && response.StatusCode >= 300 {
		err = nil // what there is of an error's explanation is good enough
	}
	return b.Bytes(), err
}

// roundTrip sends a request; redirects are followed where that means no event goes astray.
func (c *httpClient) roundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.transport.RoundTrip(r)
	for hops := 0; err == nil && c.followRedirects && hops < 10 && (r.Method == "GET" || r.Method == "HEAD"); hops++ {
		if response.StatusCode < 301 || response.StatusCode > 308 || response.Header.Get("Location") == "" {
			break
		}
		next, badURL := r.URL.Parse(response.Header.Get("Location"))
		if badURL != nil || next.Host != r.URL.Host {
			break
		}
		response.Body.Close()
		r = r.Clone(r.Context())
		r.URL = next
		if r.GetBody != nil {
			r.Body, _ = r.GetBody()
		}
		response, err = c.transport.RoundTrip(r)
	}
	return response, err
}
