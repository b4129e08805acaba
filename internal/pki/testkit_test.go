package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/diag"
)

// rsaKey is one RSA key for all tests, because making one takes a while.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func ecKey() crypto.Signer {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

func edKey() crypto.Signer {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

// testCA is a CA with a folder for what it issues.
type testCA struct {
	t *testing.T
	*authority
	dir  string
	path string
}

func newTestCA(t *testing.T) *testCA {
	t.Helper()
	ca, err := newAuthority(ecKey(), time.Now(), caLife)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &testCA{t, ca, dir, put(t, dir, "ca.crt", certificatePEM(ca.certificate))}
}

// pair is the paths of a certificate and its key.
type pair struct{ cert, key string }

func (c *testCA) server(name string, key crypto.Signer, hosts ...string) pair {
	return c.issueTo(name, key, time.Now(), DefaultLife, x509.ExtKeyUsageServerAuth, hosts...)
}

func (c *testCA) client(name string) pair {
	return c.issueTo(name, ecKey(), time.Now(), DefaultLife, x509.ExtKeyUsageClientAuth)
}

func (c *testCA) issueTo(name string, key crypto.Signer, from time.Time, life time.Duration, use x509.ExtKeyUsage, names ...string) pair {
	c.t.Helper()
	hosts, addresses, problems := serverNames(names)
	if len(problems) > 0 {
		c.t.Fatal(problems)
	}
	ca := *c.authority
	if from.Before(ca.certificate.NotBefore) {
		// The dates of a certificate are kept within those of its CA; not here.
		old := *ca.certificate
		old.NotBefore = from.Add(-2 * backdate)
		ca.certificate = &old
	}
	cert, err := ca.issue(leaf{name: name, usage: use, hosts: hosts, addresses: addresses}, key, from, life)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := pkcs8PEM(key)
	if err != nil {
		c.t.Fatal(err)
	}
	return pair{put(c.t, c.dir, name+".crt", certificatePEM(cert)), put(c.t, c.dir, name+".key", text)}
}

func put(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// listen serves TLS on a loopback port: it answers each connection's first byte with
// one, and puts the outcome of each handshake on a channel.
func listen(t testing.TB, config *tls.Config) (address string, outcomes <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 100) // outcomes beyond these are dropped
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				server := tls.Server(conn, config)
				err := server.Handshake()
				select {
				case results <- err:
				default:
				}
				if err != nil {
					return
				}
				b := make([]byte, 1)
				if _, err := server.Read(b); err == nil {
					server.Write(b)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return l.Addr().String(), results
}

// exchange connects, sends a byte and waits for the answer.
func exchange(address string, config *tls.Config) (tls.ConnectionState, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", address, config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte("x")); err != nil {
		return conn.ConnectionState(), err
	}
	_, err = conn.Read(make([]byte, 1))
	return conn.ConnectionState(), err
}

func mustServer(t *testing.T, o ServerOptions) *tls.Config {
	t.Helper()
	config, _, err := ServerTLS(o)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func mustClient(t *testing.T, o ClientOptions) *tls.Config {
	t.Helper()
	config, _, err := ClientTLS(o)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// wantCode checks that err or a list holds exactly the codes given, and all the words.
func wantCodes(t *testing.T, got diag.List, codes []*diag.Code, words ...string) {
	t.Helper()
	var have, want []string
	for _, d := range got {
		have = append(have, d.Code.ID)
	}
	for _, c := range codes {
		want = append(want, c.ID)
	}
	text := got.Text(diag.Plain)
	if strings.Join(have, " ") != strings.Join(want, " ") {
		t.Errorf("codes %v, want %v:\n%s", have, want, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

func listOf(t *testing.T, err error) diag.List {
	t.Helper()
	if err == nil {
		return nil
	}
	list, ok := errors.AsType[diag.List](err)
	if !ok {
		t.Fatalf("%T is not a diag.List: %v", err, err)
	}
	return list
}
