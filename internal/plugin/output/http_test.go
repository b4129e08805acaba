package output

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// recordingServer answers with the status that the body asks for (as in {"status":500}),
// and 200 otherwise.
func recordingServer(t testing.TB) (*httptest.Server, *received) {
	got := new(received)
	s := httptest.NewServer(recorder(got))
	t.Cleanup(s.Close)
	return s, got
}

func recorder(got *received) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				http.Error(w, err.Error(), 400)
				return
			}
			in = z
		}
		body, _ := io.ReadAll(in)
		got.add(r, string(body))
		status := 200
		if i := strings.Index(string(body), `"status":`); i >= 0 {
			fmt.Sscanf(string(body)[i+len(`"status":`):], "%d", &status)
		}
		if status == 429 {
			w.Header().Set("Retry-After", "7")
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, "status\n  %d", status)
	})
}

func TestHTTPRequests(t *testing.T) {
	tests := []struct {
		name, options, event string
		method, path, body   string
		header               string // name: value, one a line; an empty value must be missing
	}{
		{"as the guide has it", "codec => json http_method => put", `{"a":1.0,"m":"x"}`, "PUT", "/", `{"a":1.0,"m":"x"}`,
			"Content-Type: application/json\nUser-Agent: Manticore 0.9.2\nAccept-Encoding: gzip,deflate\nConnection: Keep-Alive"},
		{"content type", `http_method => post content_type => "application/x-%{a}"`, `{"a":"b"}`, "POST", "/", `{"a":"b"}`, "Content-Type: application/x-b"},
		{"header fields", `http_method => post headers => { "x-a" => "1" "X-B" => "%{a}" }`, `{"a":"b\nc"}`, "POST", "/", `{"a":"b\nc"}`, "X-A: 1\nX-B: b c"},
		{"password", `http_method => patch user => "u" password => "p"`, `{}`, "PATCH", "/", `{}`, "Authorization: Basic dTpw"},
		{"password in the URL", `http_method => put url => "USER/"`, `{}`, "PUT", "/", `{}`, "Authorization: Basic dTpw"},
		{"compressed", `http_method => post http_compression => true`, `{"a":1}`, "POST", "/", `{"a":1}`, "Content-Encoding: gzip"},
		{"message", `http_method => post format => message message => "hello %{a}"`, `{"a":1}`, "POST", "/", `hello 1`, "Content-Type: text/plain"},
		{"form", `http_method => post format => form`, `{"a":"x y*~&é","n":1.5,"o":{"k":[1,null]},"z":null}`, "POST", "/", `a=x+y*~%26%C3%A9&n=1.5&o=%7B%22k%22%3D%3E%5B1%2C+nil%5D%7D&z=`, "Content-Type: application/x-www-form-urlencoded"},
		{"mapping", `http_method => post mapping => { "x" => "%{a}-%{missing}" "l" => ["%{a}", 2] "h" => { "y" => "\"" } }`, `{"a":1}`, "POST", "/", `{"x":"1-%{missing}","l":["1","2"],"h":{"y":"\""}}`, ""},
		{"mapping, form", `http_method => post format => form mapping => { "x" => "%{a}" }`, `{"a":1}`, "POST", "/", `x=1`, ""},
		{"no keep-alive", `http_method => put keepalive => false`, `{}`, "PUT", "/", `{}`, "Connection: close"},
		{"a path with fields", `http_method => put url => "URL/%{[a][b]}?q=%{n}"`, `{"a":{"b":"c"},"n":1}`, "PUT", "/c?q=1", `{"a":{"b":"c"},"n":1}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, got := recordingServer(t)
			options := tt.options
			if !strings.Contains(options, "url =>") {
				options += ` url => "URL/"`
			}
			o, env := netOutput(t, "http { "+strings.NewReplacer("URL", s.URL, "USER", strings.Replace(s.URL, "http://", "http://u:p@", 1)).Replace(options)+" }", nil)
			if answers := netWrite(t, o, tt.event); answers[0] != (plugin.Answer{}) {
				t.Fatal(answers)
			}
			q := got.take()[0]
			if q.method != tt.method || q.path != tt.path || q.body != tt.body {
				t.Errorf("got %s %s %s\nwant %s %s %s", q.method, q.path, q.body, tt.method, tt.path, tt.body)
			}
			for _, line := range strings.Split(tt.header, "\n") {
				name, value, _ := strings.Cut(line, ": ")
				if name != "" && q.header.Get(name) != value {
					t.Errorf("%s is %q, want %q", name, q.header.Get(name), value)
				}
			}
			if c := codes(env.Conditions); c != "" {
				t.Errorf("conditions: %s", c)
			}
		})
	}
}

func TestHTTPVerdicts(t *testing.T) {
	event := func(status int) string { return fmt.Sprintf(`{"status":%d}`, status) }
	tests := []struct {
		name, options string
		events        []string
		want          string
		sent          string // the bodies that arrived
		condition     string
	}{
		{"all well", "", []string{event(200), event(201), event(204)}, "...", `{"status":200}|{"status":201}|{"status":204}`, ""},
		{"one is refused", "", []string{event(200), event(400), event(404), event(200)}, ".xx.", `{"status":200}|{"status":400}|{"status":404}|{"status":200}`, ""},
		{"order is kept", "", []string{event(200), event(503), event(200)}, ".~~", `{"status":200}|{"status":503}`, "upstream-refuses"},
		{"not allowed", "", []string{event(401)}, "x", event(401), "upstream-refuses"},
		{"429", "", []string{event(429)}, "~", event(429), "upstream-refuses"},
		{"no redirects of a PUT", "", []string{event(307)}, "x", event(307), ""},
		{"other codes", "retryable_codes => [418] ignorable_codes => [404, 500]", []string{event(404), event(500), event(503), event(418)}, "..x~", "", "upstream-refuses"},
		{"no retries", "retry_failed => false", []string{event(503), event(200)}, "x.", "", ""},
		{"a field that is missing in the URL", `url => "URL/%{a}"`, []string{`{"a":1}`, `{}`, `{"a":2}`}, ".x.", `{"a":1}|{"a":2}`, ""},
		{"a URL that is none", `url => "URL%{a}"`, []string{`{"a":"x"}`}, "x", "", ""},
		{"a batch", "format => json_batch", []string{`{"a":1}`, `{"a":2}`}, "..", `[{"a":1},{"a":2}]`, ""},
		{"a batch, retried", "format => json_batch", []string{event(503), `{"a":2}`}, "~~", "", "upstream-refuses"},
		{"a batch with a bad event", "format => json_batch", []string{`{"a":1}`, `{"a":2}`, event(400), `{"a":4}`}, "..x.",
			`[{"a":1},{"a":2},{"status":400},{"a":4}]|[{"a":1},{"a":2}]|[{"status":400},{"a":4}]|[{"status":400}]|[{"a":4}]`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, got := recordingServer(t)
			options := tt.options
			if !strings.Contains(options, "url =>") {
				options += ` url => "URL"`
			}
			o, env := netOutput(t, "http { http_method => put "+strings.ReplaceAll(options, "URL", s.URL)+" }", nil)
			answers := netWrite(t, o, tt.events...)
			if v := verdicts(answers); v != tt.want {
				t.Errorf("verdicts %s, want %s: %v", v, tt.want, answers)
			}
			if bodies := got.bodies(); tt.sent != "" && bodies != tt.sent {
				t.Errorf("got %s, want %s", bodies, tt.sent)
			}
			if c := codes(env.Conditions); c != tt.condition {
				t.Errorf("conditions %q, want %q", c, tt.condition)
			}
		})
	}
}

func TestHTTPAnswerIsExplained(t *testing.T) {
	s, _ := recordingServer(t)
	o, env := netOutput(t, `http { url => "`+s.URL+`" http_method => post }`, nil)
	a := netWrite(t, o, `{"status":400}`, `{"status":429}`)
	if a[0].Status != 400 || a[0].Body != "status 400" || a[0].Reason != s.URL+" answered 400 Bad Request" {
		t.Errorf("%+v", a[0])
	}
	if a[1].Status != 429 || a[1].After != 7*time.Second {
		t.Errorf("%+v", a[1])
	}
	if c := env.Conditions.List()[0]; c.Cause != s.URL+": it answered 429 Too Many Requests status 429" || c.Subject != "test" {
		t.Errorf("%+v", c)
	}
	netWrite(t, o, `{}`)
	if c := codes(env.Conditions); c != "" {
		t.Errorf("conditions %s after success", c)
	}
}

// TestHTTPUpstreamDown: the condition is there at the first attempt, and goes away.
func TestHTTPUpstreamDown(t *testing.T) {
	address := unused(t)
	o, env := netOutput(t, `http { url => "http://`+address+`" http_method => put }`, nil)
	a := netWrite(t, o, `{}`, `{}`)
	if verdicts(a) != "~~" || !strings.Contains(a[0].Reason, "refuses the connection") {
		t.Errorf("%+v", a)
	}
	if c := codes(env.Conditions); c != "upstream-unreachable" {
		t.Errorf("conditions %q", c)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip("the port has been taken by somebody else")
	}
	got := new(received)
	s := &http.Server{Handler: recorder(got)}
	go s.Serve(l)
	defer s.Close()
	if a := netWrite(t, o, `{"n":1}`, `{"n":2}`); verdicts(a) != ".." || got.bodies() != `{"n":1}|{"n":2}` {
		t.Errorf("%+v", a)
	}
	if c := codes(env.Conditions); c != "" {
		t.Errorf("conditions %q", c)
	}
	noName, env := netOutput(t, `http { url => "http://host.invalid" http_method => put }`, nil)
	if a := netWrite(t, noName, `{}`); verdicts(a) != "~" || codes(env.Conditions) != "upstream-unreachable" {
		t.Errorf("%+v, %s", a, codes(env.Conditions))
	}
}

// TestHTTPStaleConnection: a server that closes idle connections costs nothing.
func TestHTTPStaleConnection(t *testing.T) {
	s, got := recordingServer(t)
	for _, method := range []string{"put", "post"} {
		o, _ := netOutput(t, `http { url => "`+s.URL+`" http_method => `+method+` retry_non_idempotent => true }`, nil)
		for range 3 {
			if a := netWrite(t, o, `{}`); verdicts(a) != "." {
				t.Errorf("%s: %+v", method, a)
			}
			s.CloseClientConnections()
		}
		if n := len(got.take()); n != 3 {
			t.Errorf("%s: %d requests", method, n)
		}
	}
}

func TestHTTPTimeout(t *testing.T) {
	stop := make(chan bool)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer s.Close()
	defer close(stop)
	for _, option := range []string{"socket_timeout", "request_timeout"} {
		o, env := netOutput(t, `http { url => "`+s.URL+`" http_method => put `+option+` => 0.02 }`, nil)
		if a := netWrite(t, o, `{}`); verdicts(a) != "~" || !strings.Contains(a[0].Reason, "did not answer in time") {
			t.Errorf("%s: %+v", option, a)
		}
		if c := codes(env.Conditions); c != "upstream-unreachable" {
			t.Errorf("%s: conditions %q", option, c)
		}
	}
	o, env := netOutput(t, `http { url => "`+s.URL+`" http_method => put }`, nil)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	b := netEvents(t, `{}`, `{}`)
	answers := make([]plugin.Answer, 2)
	o.Write(ctx, b.Events, answers)
	if verdicts(answers) != "~~" || codes(env.Conditions) != "" {
		t.Errorf("at the end of the pipeline: %+v, conditions %q", answers, codes(env.Conditions))
	}
}

// TestHTTPConcurrent: with several workers a batch goes out over several connections.
func TestHTTPConcurrent(t *testing.T) {
	var now, most atomic.Int64
	together := make(chan bool)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if n := now.Add(1); n == 4 {
			close(together)
		} else if n > most.Load() {
			most.Store(n)
		}
		select {
		case <-together:
		case <-time.After(10 * time.Second):
		}
	}))
	defer s.Close()
	o, _ := netOutput(t, `http { url => "`+s.URL+`" http_method => put pool_max => 4 }`, func(env *plugin.Env) { env.Workers = 2 })
	if a := netWrite(t, o, `{}`, `{}`, `{}`, `{}`, `{}`, `{}`); verdicts(a) != "......" {
		t.Error(a)
	}
	select {
	case <-together:
	default:
		t.Errorf("only %d requests were under way at once", most.Load())
	}
}

func TestHTTPMutualTLS(t *testing.T) {
	got := new(received)
	s := tlsServer(t, recorder(got))
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	dir := certs(t)
	ca := `cacert => "` + filepath.Join(dir, "ca.crt") + `" `
	pair := fmt.Sprintf(`client_cert => "%s" client_key => "%s" `, filepath.Join(dir, "logstash_client.crt"), filepath.Join(dir, "logstash_client.key"))
	newNames := fmt.Sprintf(`ssl_certificate_authorities => "%s" ssl_certificate => "%s" ssl_key => "%s" `, filepath.Join(dir, "ca.crt"), filepath.Join(dir, "logstash_client.crt"), filepath.Join(dir, "logstash_client.key"))
	tests := []struct{ name, host, options, want, condition, reason string }{
		{"the guide's names", "localhost", ca + pair, ".", "", ""},
		{"today's names", "localhost", newNames, ".", "", ""},
		{"no client certificate", "localhost", ca, "~", "upstream-tls", "certificate"},
		{"unknown CA", "localhost", pair, "~", "upstream-tls", "not among the CAs given here"},
		{"wrong name", "testhost.example", ca + pair, "~", "upstream-tls", "is asked for as testhost.example"},
		{"wrong name, chain only", "testhost.example", ca + pair + "ssl_verification_mode => certificate", ".", "", ""},
		{"nothing checked", "testhost.example", pair + "ssl_verification_mode => none", ".", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, env := netOutput(t, `http { http_method => put url => "https://`+tt.host+`:`+port+`" `+tt.options+` }`, func(env *plugin.Env) {
				env.Access.Hosts = map[string]string{"testhost.example:" + port: "127.0.0.1:" + port}
			})
			a := netWrite(t, o, `{}`)
			if verdicts(a) != tt.want || !strings.Contains(a[0].Reason, tt.reason) || codes(env.Conditions) != tt.condition {
				t.Errorf("%+v, conditions %q", a, codes(env.Conditions))
			}
		})
	}
	t.Run("plain HTTP at the other side", func(t *testing.T) {
		plain, _ := recordingServer(t)
		o, env := netOutput(t, `http { http_method => put url => "`+strings.Replace(plain.URL, "http:", "https:", 1)+`" }`, nil)
		if a := netWrite(t, o, `{}`); verdicts(a) != "~" || codes(env.Conditions) != "upstream-tls" {
			t.Errorf("%+v, conditions %q", a, codes(env.Conditions))
		}
	})
}

func TestHTTPProxyCookiesRedirects(t *testing.T) {
	proxied := new(received)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { proxied.add(r, r.URL.String()) }))
	defer proxy.Close()
	u, _ := url.Parse(proxy.URL)
	for _, option := range []string{`"` + proxy.URL + `"`, `{ "host" => "` + u.Hostname() + `" "port" => ` + u.Port() + ` "user" => "u" "password" => "p" }`, `{ "url" => "` + proxy.URL + `" }`} {
		o, _ := netOutput(t, `http { url => "http://far.example/x" http_method => put proxy => `+option+` }`, nil)
		a := netWrite(t, o, `{}`)
		q := proxied.take()
		if verdicts(a) != "." || len(q) != 1 || q[0].body != "http://far.example/x" {
			t.Errorf("proxy %s: %+v %+v", option, a, q)
		}
	}

	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied.add(r, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusFound)
		}
	}))
	defer s.Close()
	for option, want := range map[string]string{"true": "|session=1", "false": "|"} {
		o, _ := netOutput(t, `http { url => "`+s.URL+`" http_method => put cookies => `+option+` }`, nil)
		netWrite(t, o, `{}`, `{}`)
		if got := proxied.bodies(); got != want {
			t.Errorf("cookies %s: %q", option, got)
		}
	}
	for option, want := range map[string]string{"true": ".", "false": "x"} {
		o, _ := netOutput(t, `http { url => "`+s.URL+`/old" http_method => get follow_redirects => `+option+` }`, nil)
		if a := netWrite(t, o, `{}`); verdicts(a) != want {
			t.Errorf("follow_redirects %s: %+v", option, a)
		}
	}
}

func TestHTTPOutputOptions(t *testing.T) {
	tests := []struct{ config, want string }{
		{`http { http_method => put }`, "needs the option url"},
		{`http { url => "localhost:80" http_method => put }`, "write it as https://host:port/path"},
		{`http { url => "http://a/%{b}" http_method => put format => json_batch }`, "a batch has one URL"},
		{`http { url => "http://a" http_method => put format => message }`, "needs the option message"},
		{`http { url => "http://a" http_method => push }`, "it can be put, post"},
		{`http { url => "http://a" http_method => put user => "u" }`, "a user without a password"},
		{`http { url => "http://a" http_method => put retryable_codes => [5] }`, "is no HTTP status"},
		{`http { url => "http://a" http_method => put cacert => "/nonexistent/ca.crt" }`, "/nonexistent/ca.crt"},
		{`http { url => "http://a" http_method => put client_cert => "x" }`, "without its key"},
		{`http { url => "http://a" http_method => put keystore => "x" }`, "Java keystores"},
		{`http { url => "http://a" http_method => put mapping => "x" }`, "where a hash was expected"},
		{`http { url => "http://a" http_method => put proxy => { "hots" => "x" } }`, "a proxy has no hots"},
		{`http { url => "http://a" http_method => put codec => nope }`, "there is no codec plugin nope"},
	}
	for _, tt := range tests {
		p, list := plugintest.Configure(t, plugin.OutputKind, tt.config, plugintest.Env(t))
		if text := list.Text(diag.Plain); p != nil || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q is not in:\n%s", tt.config, tt.want, text)
		}
	}
}
