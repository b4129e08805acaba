package input

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/pki"
	"sluice/internal/plugin"
	_ "sluice/internal/plugin/codec"
	"sluice/internal/plugin/plugintest"
)

// netSink keeps what it gets, as JSON with @metadata behind it.
type netSink struct {
	mu      sync.Mutex
	events  []string
	got     chan int // the size of every batch
	gate    chan error
	arrived chan bool // hears when a batch waits at the gate
}

func newNetSink() *netSink { return &netSink{got: make(chan int, 1000)} }

// Put waits at the gate, where there is one, and takes what comes out of it as its answer.
func (s *netSink) Put(ctx context.Context, b *event.Batch) error {
	defer b.Release()
	n := len(b.Events)
	if s.arrived != nil {
		s.arrived <- true
	}
	if s.gate != nil {
		select {
		case err := <-s.gate:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			s.got <- -n
			return ctx.Err()
		}
	}
	s.mu.Lock()
	for _, e := range b.Events {
		s.events = append(s.events, string(e.AppendJSON(nil))+string(e.Metadata().AppendJSON(nil)))
	}
	s.mu.Unlock()
	s.got <- n
	return nil
}

func (s *netSink) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.events
	s.events = nil
	return all
}

// wait waits for n events in any number of batches.
func (s *netSink) wait(t testing.TB, n int) {
	t.Helper()
	for n > 0 {
		select {
		case got := <-s.got:
			n -= got
		case <-time.After(10 * time.Second):
			t.Fatalf("%d events have not come", n)
		}
	}
}

// netInput makes an input.
func netInput(t testing.TB, config string, change func(*plugin.Env)) plugin.Input {
	t.Helper()
	env := plugintest.Env(t)
	if change != nil {
		change(env)
	}
	p, list := plugintest.Configure(t, plugin.InputKind, config, env)
	if p == nil {
		t.Fatalf("%s:\n%s", config, list.Text(diag.Plain))
	}
	return p.(plugin.Input)
}

// netRun runs an input until the test ends, or until the function that it returns is
// called, which waits for the end.
func netRun(t testing.TB, p plugin.Input, to plugin.Sink) (stop func()) {
	t.Helper()
	if err := p.(plugin.Listener).Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx, to) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Run does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

// netCerts makes a CA with a server certificate for localhost and a client certificate.
var netCerts = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sluice-input-certs")
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
	event.PoisonReleased(true)
	code := m.Run()
	if dir, err := netCerts(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// clientTLS trusts the CA of certs and shows its client certificate if wanted.
func clientTLS(t testing.TB, withCertificate bool) *tls.Config {
	t.Helper()
	dir := certs(t)
	text, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	config := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if withCertificate {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "logstash_client.crt"), filepath.Join(dir, "logstash_client.key"))
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config
}

// withoutTime takes @timestamp out of an event's text.
func withoutTime(text string) string {
	const key = `"@timestamp":"`
	i := strings.Index(text, key)
	if i < 0 {
		return text
	}
	end := i + len(key) + strings.IndexByte(text[i+len(key):], '"') + 1
	if end < len(text) && text[end] == ',' {
		end++
	}
	return text[:i] + text[end:]
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	for _, name := range []string{"beats", "http"} {
		if plugin.Lookup(plugin.InputKind, name) == nil {
			continue
		}
		p := netInput(t, name+` { host => "127.0.0.1" port => `+port+` }`, nil)
		err := p.(plugin.Listener).Listen()
		var d diag.Diagnostic
		if !errors.As(err, &d) || !d.At.Valid() || !strings.HasPrefix(d.Message, "port "+port+" is in use by this program itself") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := netInput(t, `beats { host => "192.0.2.1" port => 5044 }`, nil)
	if err := p.(plugin.Listener).Listen(); err == nil || !strings.Contains(err.Error(), "192.0.2.1 is no address of this machine") {
		t.Error(err)
	}
}

// expectMistake configures an input and looks for a text in what is said about it.
func expectMistake(t *testing.T, config, want string) {
	t.Helper()
	p, list := plugintest.Configure(t, plugin.InputKind, config, plugintest.Env(t))
	if text := list.Text(diag.Plain); p != nil || !strings.Contains(text, want) {
		t.Errorf("%s: wanted %q, got\n%s", config, want, text)
	}
}

// countingSink throws events away, and tells when there have been enough.
type countingSink struct {
	seen, want int64
	done       chan bool
}

func (s *countingSink) Put(_ context.Context, b *event.Batch) error {
	s.seen += int64(len(b.Events))
	b.Release()
	if s.seen >= s.want {
		select {
		case s.done <- true:
		default:
		}
	}
	return nil
}
