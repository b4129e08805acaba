package output

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/pki"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
	"sluice/internal/plugin/plugintest/searchnode"
)

// netOutput makes an output.
func netOutput(t testing.TB, config string, change func(*plugin.Env)) (plugin.Output, *plugin.Env) {
	t.Helper()
	env := plugintest.Env(t)
	if change != nil {
		change(env)
	}
	p, list := plugintest.Configure(t, plugin.OutputKind, config, env)
	if p == nil {
		t.Fatalf("%s:\n%s", config, list.Text(diag.Plain))
	}
	if c, ok := p.(plugin.Closer); ok {
		t.Cleanup(func() { c.Close() })
	}
	return p.(plugin.Output), env
}

// netEvents makes events of JSON texts.
func netEvents(t testing.TB, texts ...string) *event.Batch {
	t.Helper()
	b := event.NewBatch()
	for _, text := range texts {
		e, _, err := b.Decode(b.Copy([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, "@timestamp") {
			e.Remove(event.MustRef("@timestamp"))
			e.Remove(event.MustRef("@version"))
		}
	}
	return b
}

// netWrite sends events and returns the answers.
func netWrite(t testing.TB, o plugin.Output, texts ...string) []plugin.Answer {
	t.Helper()
	b := netEvents(t, texts...)
	defer b.Release()
	answers := make([]plugin.Answer, len(b.Events))
	o.Write(context.Background(), b.Events, answers)
	return answers
}

// received is what a server has got.
type received struct {
	mu       sync.Mutex
	requests []request
}

type request struct {
	method, path string
	header       http.Header
	body         string
}

func (r *received) add(q *http.Request, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, request{q.Method, q.RequestURI, q.Header.Clone(), body})
}

func (r *received) take() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.requests
	r.requests = nil
	return all
}

func (r *received) bodies() string {
	var all []string
	for _, q := range r.take() {
		all = append(all, q.body)
	}
	return strings.Join(all, "|")
}

// codes lists the conditions that are the case.
func codes(c *health.Conditions) string {
	var all []string
	for _, condition := range c.List() {
		all = append(all, condition.Code)
	}
	return strings.Join(all, " ")
}

// verdicts writes answers down: . done, ~ retry, x reject.
func verdicts(answers []plugin.Answer) string {
	var b strings.Builder
	for _, a := range answers {
		b.WriteByte(".~x"[a.Verdict])
	}
	return b.String()
}

// netCerts makes a CA with a server certificate for localhost and a client certificate.
var netCerts = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sluice-output-certs")
	if err != nil {
		return "", err
	}
	_, err = pki.Create(pki.Request{Dir: dir, Servers: []string{"localhost", "127.0.0.1"}, EC: true})
	return dir, err
})

func certs(t testing.TB) string {
	t.Helper()
	dir, err := netCerts()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	searchnode.CloseShared()
	if dir, err := netCerts(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// tlsServer starts a server that demands client certificates.
func tlsServer(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	dir := certs(t)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// unused returns the address of a port that nobody listens on.
func unused(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
