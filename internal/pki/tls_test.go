package pki

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/diag"
)

func TestMutualTLSWithEachKindOfKey(t *testing.T) {
	ca := newTestCA(t)
	for name, key := range map[string]crypto.Signer{"RSA": rsaKey(), "EC": ecKey(), "Ed25519": edKey()} {
		for _, protocol := range []string{"TLSv1.2", "TLSv1.3"} {
			server := ca.server("server", key, "127.0.0.1")
			client := ca.issueTo("client", key, time.Now(), DefaultLife, x509.ExtKeyUsageClientAuth)
			address, outcomes := listen(t, mustServer(t, ServerOptions{Certificate: server.cert, Key: server.key, CAs: []string{ca.path}, ClientAuth: ClientAuthRequired}))
			state, err := exchange(address, mustClient(t, ClientOptions{Certificate: client.cert, Key: client.key, CAs: []string{ca.path}, Protocols: []string{protocol}}))
			if err != nil {
				t.Errorf("%s %s: %v, server: %v", name, protocol, err, <-outcomes)
			}
			if want := map[string]uint16{"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}[protocol]; state.Version != want {
				t.Errorf("%s: version %s", protocol, tls.VersionName(state.Version))
			}
		}
	}
}

// TestWhatHandshakesRefuse runs real handshakes that fail and compares how both sides explain them.
func TestWhatHandshakesRefuse(t *testing.T) {
	ca, otherCA := newTestCA(t), newTestCA(t)
	now := time.Now()
	server := ca.server("server", ecKey(), "127.0.0.1")
	client := ca.client("client")
	byOther := otherCA.client("byother")
	expired := ca.issueTo("expired", ecKey(), now.Add(-48*time.Hour), 24*time.Hour, x509.ExtKeyUsageServerAuth, "127.0.0.1")
	expiredClient := ca.issueTo("expiredclient", ecKey(), now.Add(-48*time.Hour), 24*time.Hour, x509.ExtKeyUsageClientAuth)
	future := ca.issueTo("future", ecKey(), now.Add(72*time.Hour), 24*time.Hour, x509.ExtKeyUsageServerAuth, "127.0.0.1")
	wrongName := ca.server("wrongname", ecKey(), "other.example.net", "10.9.8.7")
	onlyCN := ca.server("siem.example.net", ecKey())
	base := func(p pair, auth ClientAuth) ServerOptions {
		return ServerOptions{Certificate: p.cert, Key: p.key, CAs: []string{ca.path}, ClientAuth: auth}
	}
	trusting := ClientOptions{CAs: []string{ca.path}}
	with := func(p pair) ClientOptions {
		return ClientOptions{CAs: []string{ca.path}, Certificate: p.cert, Key: p.key}
	}
	for _, c := range []struct {
		name                   string
		server                 ServerOptions
		client                 ClientOptions
		clientCode, serverCode *diag.Code // nil: that side sees no error
		words                  []string
	}{
		{"all good", base(server, ClientAuthRequired), with(client), nil, nil, nil},
		{"no certificate, optional", base(server, ClientAuthOptional), trusting, nil, nil, nil},
		{"no certificate, required", base(server, ClientAuthRequired), trusting, CodeCertificateRequired, CodeNoCertificate, []string{"demands a client certificate", "came without a certificate"}},
		{"client of another CA", base(server, ClientAuthRequired), with(byOther), CodeRejected, CodeUnknownCA, []string{"does not trust the CA", "(byother) was issued by " + otherCA.certificate.Subject.CommonName, "sluice certs client NAME"}},
		{"client of another CA, optional", base(server, ClientAuthOptional), with(byOther), CodeRejected, CodeUnknownCA, nil},
		{"client of another CA, none", base(server, ClientAuthNone), with(byOther), nil, nil, nil},
		{"client expired", base(server, ClientAuthRequired), with(expiredClient), CodeRejected, CodeExpired, []string{"expired by the other side's clock", "24 hours ago"}},
		{"server's certificate as client", base(server, ClientAuthRequired), with(server), CodeRejected, CodeWrongUsage, []string{"made for use as server"}},
		{"server of another CA", base(server, ClientAuthNone), ClientOptions{CAs: []string{otherCA.path}}, CodeUnknownCA, CodeRejected, []string{"(server) was issued by " + ca.certificate.Subject.CommonName, "ca.crt", "the client refuses this server's certificate"}},
		{"server of another CA, verification none", base(server, ClientAuthNone), ClientOptions{CAs: []string{otherCA.path}, Verification: VerifyNone}, nil, nil, nil},
		{"server of another CA, verification certificate", base(server, ClientAuthNone), ClientOptions{CAs: []string{otherCA.path}, Verification: VerifyCertificate}, CodeUnknownCA, CodeRejected, nil},
		{"server unknown to the system", base(server, ClientAuthNone), ClientOptions{}, CodeUnknownCA, CodeRejected, nil},
		{"server expired", base(expired, ClientAuthNone), trusting, CodeExpired, CodeRejected, []string{"(expired) expired on", "the clock here says"}},
		{"server not yet valid", base(future, ClientAuthNone), trusting, CodeNotYetValid, CodeRejected, []string{"not valid before", "clock is wrong"}},
		{"server of another name", base(wrongName, ClientAuthNone), trusting, CodeWrongName, CodeRejected, []string{"asked for as 127.0.0.1, but its certificate is for other.example.net, 10.9.8.7"}},
		{"server of another name, verification certificate", base(wrongName, ClientAuthNone), ClientOptions{CAs: []string{ca.path}, Verification: VerifyCertificate}, nil, nil, nil},
		{"server name given", base(wrongName, ClientAuthNone), ClientOptions{CAs: []string{ca.path}, ServerName: "other.example.net"}, nil, nil, nil},
		{"server with a common name only", base(onlyCN, ClientAuthNone), ClientOptions{CAs: []string{ca.path}, ServerName: "siem.example.net"}, CodeWrongName, CodeRejected, []string{"no subject alternative name", "ssl_verification_mode => certificate"}},
		{"client's certificate as server", base(client, ClientAuthNone), ClientOptions{CAs: []string{ca.path}, Verification: VerifyCertificate}, CodeWrongUsage, CodeRejected, []string{"made for use as client"}},
		{"no protocol in common", func() ServerOptions { o := base(server, ClientAuthNone); o.Protocols = []string{"TLSv1.3"}; return o }(), ClientOptions{CAs: []string{ca.path}, Protocols: []string{"TLSv1.2"}}, CodeNoCommon, CodeNoCommon, nil},
		{"no cipher in common", func() ServerOptions {
			o := base(server, ClientAuthNone)
			o.CipherSuites = []string{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}
			return o
		}(), ClientOptions{CAs: []string{ca.path}, CipherSuites: []string{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}}, CodeNoCommon, CodeNoCommon, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, outcomes := listen(t, mustServer(t, c.server))
			_, clientErr := exchange(address, mustClient(t, c.client))
			var shown strings.Builder
			for _, side := range []struct {
				who  Side
				err  error
				code *diag.Code
			}{{AsClient, clientErr, c.clientCode}, {AsServer, <-outcomes, c.serverCode}} {
				if side.err == nil || side.code == nil {
					if side.err != nil || side.code != nil {
						t.Errorf("the %s's error is %v, want %v", side.who.other(), side.err, side.code)
					}
					continue
				}
				d := ExplainHandshake(side.who, side.err)
				shown.WriteString(d.Error() + "\n")
				if d.Code != side.code || d.Help == "" {
					t.Errorf("%v is explained as\n%v\nwant %s", side.err, d, side.code.ID)
				}
			}
			for _, w := range c.words {
				if !strings.Contains(shown.String(), w) {
					t.Errorf("%q is not in\n%s", w, shown.String())
				}
			}
		})
	}
}

// clock is a time that a test moves.
type clock struct{ atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.Store(time.Now().UnixNano())
	return c
}
func (c *clock) now() time.Time          { return time.Unix(0, c.Load()) }
func (c *clock) advance(d time.Duration) { c.Add(int64(d)) }

func TestFilesThatChangeAreReadAgain(t *testing.T) {
	ca := newTestCA(t)
	first := ca.server("first", ecKey(), "127.0.0.1")
	second := ca.server("second", ecKey(), "127.0.0.1")
	clock := newClock()
	var reports []diag.List
	dir := t.TempDir()
	cert, key := put(t, dir, "s.crt", []byte(read(t, first.cert))), put(t, dir, "s.key", []byte(read(t, first.key)))
	address, _ := listen(t, mustServer(t, ServerOptions{Certificate: cert, Key: key, Now: clock.now, Report: func(l diag.List) { reports = append(reports, l) }}))
	shown := func(want string) {
		t.Helper()
		state, err := exchange(address, mustClient(t, ClientOptions{CAs: []string{ca.path}}))
		if err != nil {
			t.Fatal(err)
		}
		if got := state.PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("the server shows %s, want %s", got, want)
		}
	}
	shown("first")
	replace(t, cert, read(t, second.cert))
	shown("first") // less than a second has passed
	clock.advance(checkEvery)
	shown("first") // the key does not fit yet
	if len(reports) != 1 || reports[0].Err() == nil || reports[0][0].Code != CodeMismatch {
		t.Fatalf("reports %v", reports)
	}
	clock.advance(checkEvery)
	shown("first")
	if len(reports) != 1 {
		t.Errorf("the same problem was reported again: %v", reports)
	}
	replace(t, key, read(t, second.key))
	clock.advance(checkEvery)
	shown("second")
	if len(reports) != 2 || reports[1] != nil {
		t.Errorf("reports %v", reports)
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	clock.advance(checkEvery)
	shown("second")
	if len(reports) != 3 || reports[2][0].Code != CodeUnreadable {
		t.Errorf("reports %v", reports)
	}
	clock.advance(-time.Hour) // a clock that is set back must not stop the looking
	replace(t, cert, read(t, first.cert))
	replace(t, key, read(t, first.key))
	shown("first")
}

// replace gives a file new content as another file, as `mv` and configuration management do.
func replace(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestClientCertificateAndCAsFollowTheirFiles(t *testing.T) {
	ca, otherCA := newTestCA(t), newTestCA(t)
	clock := newClock()
	dir := t.TempDir()
	server, otherServer := ca.server("server", ecKey(), "127.0.0.1"), otherCA.server("server", ecKey(), "127.0.0.1")
	client, otherClient := ca.client("client"), otherCA.client("client")
	copyOf := func(name, from string) string { return put(t, dir, name, []byte(read(t, from))) }
	serverCert, serverKey, serverCA := copyOf("s.crt", server.cert), copyOf("s.key", server.key), copyOf("s-ca.crt", ca.path)
	clientCert, clientKey, clientCA := copyOf("c.crt", client.cert), copyOf("c.key", client.key), copyOf("c-ca.crt", ca.path)
	address, _ := listen(t, mustServer(t, ServerOptions{Certificate: serverCert, Key: serverKey, CAs: []string{serverCA}, ClientAuth: ClientAuthRequired, Now: clock.now}))
	c, _, err := NewClient(ClientOptions{Certificate: clientCert, Key: clientKey, CAs: []string{clientCA}, Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	dial := func() error {
		conn, err := c.DialTLS(context.Background(), "tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("x")); err != nil {
			return err
		}
		_, err = conn.Read(make([]byte, 1))
		return err
	}
	if err := dial(); err != nil {
		t.Fatal(err)
	}
	replace(t, serverCA, read(t, otherCA.path))
	clock.advance(checkEvery)
	if err := dial(); err == nil || ExplainHandshake(AsClient, err).Code != CodeRejected {
		t.Errorf("the server still trusts the old CA: %v", err)
	}
	replace(t, clientCert, read(t, otherClient.cert))
	replace(t, clientKey, read(t, otherClient.key))
	clock.advance(checkEvery)
	if err := dial(); err != nil {
		t.Error(err)
	}
	replace(t, serverCert, read(t, otherServer.cert))
	replace(t, serverKey, read(t, otherServer.key))
	clock.advance(checkEvery)
	if err := dial(); err == nil || ExplainHandshake(AsClient, err).Code != CodeUnknownCA {
		t.Errorf("the client trusts a CA that it does not know: %v", err)
	}
	replace(t, clientCA, read(t, otherCA.path))
	clock.advance(checkEvery)
	if err := dial(); err != nil {
		t.Error(err)
	}
}

// TestARemovedCAEndsResumption makes sure that a session ticket does not outlive the trust in its CA.
func TestARemovedCAEndsResumption(t *testing.T) {
	for _, protocol := range []string{"TLSv1.2", "TLSv1.3"} {
		ca, otherCA := newTestCA(t), newTestCA(t)
		clock := newClock()
		server, client := ca.server("server", ecKey(), "127.0.0.1"), ca.client("client")
		serverCA := put(t, t.TempDir(), "ca.crt", []byte(read(t, ca.path)))
		address, _ := listen(t, mustServer(t, ServerOptions{Certificate: server.cert, Key: server.key, CAs: []string{serverCA}, ClientAuth: ClientAuthRequired, Now: clock.now}))
		config := mustClient(t, ClientOptions{Certificate: client.cert, Key: client.key, CAs: []string{ca.path}, Protocols: []string{protocol}})
		config.ClientSessionCache = tls.NewLRUClientSessionCache(8)
		for i := range 2 {
			state, err := exchange(address, config)
			if err != nil {
				t.Fatal(err)
			}
			if state.DidResume != (i == 1) {
				t.Errorf("%s: connection %d resumed: %v", protocol, i, state.DidResume)
			}
		}
		replace(t, serverCA, read(t, otherCA.path))
		clock.advance(checkEvery)
		if state, err := exchange(address, config); err == nil {
			t.Errorf("%s: a client of a removed CA got in (resumed: %v)", protocol, state.DidResume)
		}
	}
}

func TestManyHandshakesWhileFilesChange(t *testing.T) {
	ca := newTestCA(t)
	first, second := ca.server("first", ecKey(), "127.0.0.1"), ca.server("second", ecKey(), "127.0.0.1")
	clock := newClock()
	dir := t.TempDir()
	cert, key := put(t, dir, "s.crt", []byte(read(t, first.cert))), put(t, dir, "s.key", []byte(read(t, first.key)))
	address, _ := listen(t, mustServer(t, ServerOptions{Certificate: cert, Key: key, CAs: []string{ca.path}, ClientAuth: ClientAuthOptional, Now: clock.now}))
	config := mustClient(t, ClientOptions{CAs: []string{ca.path}})
	errs := make(chan error, 4)
	for range 4 {
		go func() {
			for range 8 {
				clock.advance(checkEvery)
				if _, err := exchange(address, config); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for i := range 20 {
		p := []pair{first, second}[i%2]
		replace(t, cert, read(t, p.cert))
		replace(t, key, read(t, p.key))
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestHTTPThroughDialTLS(t *testing.T) {
	ca := newTestCA(t)
	server, client := ca.server("server", ecKey(), "127.0.0.1"), ca.client("client")
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.TLS.VerifiedChains[0][0].Subject.CommonName+" "+r.Proto)
	}))
	s.TLS = mustServer(t, ServerOptions{Certificate: server.cert, Key: server.key, CAs: []string{ca.path}, ClientAuth: ClientAuthRequired, NextProtos: []string{"h2", "http/1.1"}})
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	// httptest has added a certificate of its own, which crypto/tls prefers to that of
	// GetCertificate when a client connects to an address.
	s.TLS.Certificates = nil
	c, _, err := NewClient(ClientOptions{Certificate: client.cert, Key: client.key, CAs: []string{ca.path}, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialTLSContext: c.DialTLS, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); string(body) != "client HTTP/2.0" {
		t.Errorf("got %q", body)
	}
}

func TestOptionsThatDoNotFit(t *testing.T) {
	ca := newTestCA(t)
	p := ca.server("server", ecKey(), "localhost")
	good := ServerOptions{Certificate: p.cert, Key: p.key}
	for _, c := range []struct {
		name  string
		edit  func(*ServerOptions)
		codes []*diag.Code
		words []string
	}{
		{"good", func(o *ServerOptions) {}, nil, nil},
		{"no certificate", func(o *ServerOptions) { o.Certificate = "" }, []*diag.Code{CodeOption}, []string{"ssl_certificate"}},
		{"client authentication without CAs", func(o *ServerOptions) { o.ClientAuth = ClientAuthRequired }, []*diag.Code{CodeOption}, []string{"ssl_certificate_authorities"}},
		{"misspelt protocol", func(o *ServerOptions) { o.Protocols = []string{"TLSv1.2", "TLS1.3"} }, []*diag.Code{CodeOption}, []string{"did you mean TLSv1.3?"}},
		{"an old protocol among others", func(o *ServerOptions) { o.Protocols = []string{"TLSv1.1", "TLSv1.2"} }, []*diag.Code{CodeOptionIgnored}, []string{"TLSv1.1 is insecure"}},
		{"an old protocol alone", func(o *ServerOptions) { o.Protocols = []string{"TLSv1.1"} }, []*diag.Code{CodeOptionIgnored, CodeOption}, []string{"leave no TLS version"}},
		{"misspelt suite", func(o *ServerOptions) { o.CipherSuites = []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA265"} }, []*diag.Code{CodeOption}, []string{"did you mean TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?"}},
		{"Logstash's own list", func(o *ServerOptions) {
			o.CipherSuites = strings.Fields("TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256")
		}, []*diag.Code{CodeOptionIgnored, CodeOptionIgnored}, []string{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 is outdated"}},
		{"suites of the other version", func(o *ServerOptions) {
			o.Protocols, o.CipherSuites = []string{"TLSv1.3"}, []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}
		}, []*diag.Code{CodeOption}, []string{"no cipher suite of the list works"}},
		{"some suites of TLS 1.3", func(o *ServerOptions) { o.CipherSuites = []string{"TLS_AES_128_GCM_SHA256"} }, []*diag.Code{CodeOptionIgnored}, []string{"all of its three"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := good
			c.edit(&o)
			config, list, err := ServerTLS(o)
			wantCodes(t, list, c.codes, c.words...)
			if (config == nil) != (err != nil) || (err != nil) != (list.Err() != nil) {
				t.Errorf("config %v, error %v", config, err)
			}
		})
	}
	_, list, err := NewClient(ClientOptions{Key: p.key})
	if err == nil {
		t.Error("a key alone was taken")
	}
	wantCodes(t, list, []*diag.Code{CodeOption}, "no client certificate")
}

func TestPolicy(t *testing.T) {
	for _, c := range []struct {
		protocols, suites string
		lowest, highest   uint16
	}{
		{"", "", tls.VersionTLS12, tls.VersionTLS13},
		{"TLSv1.3", "", tls.VersionTLS13, tls.VersionTLS13},
		{"TLSv1.2", "", tls.VersionTLS12, tls.VersionTLS12},
		{"", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", tls.VersionTLS12, tls.VersionTLS12},
		{"", "TLS_AES_128_GCM_SHA256", tls.VersionTLS13, tls.VersionTLS13},
		{"TLSv1.2 TLSv1.3", "TLS_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", tls.VersionTLS12, tls.VersionTLS13},
	} {
		p, list := newPolicy(strings.Fields(c.protocols), strings.Fields(c.suites))
		if list.Err() != nil || p.lowest != c.lowest || p.highest != c.highest {
			t.Errorf("%q %q: %s to %s, %v", c.protocols, c.suites, tls.VersionName(p.lowest), tls.VersionName(p.highest), list)
		}
	}
	for _, c := range []struct{ lowest, highest, want string }{
		{"", "", "TLSv1.1 TLSv1.2 TLSv1.3"}, {"1.2", "", "TLSv1.2 TLSv1.3"}, {"1", "1.2", "TLSv1.1 TLSv1.2"}, {"1.3", "1.3", "TLSv1.3"},
		{"1.3", "1.2", ""}, {"2", "", ""}, {"1.0", "1.0", "TLSv1.1"},
	} {
		got, err := ProtocolsBetween(c.lowest, c.highest)
		if strings.Join(got, " ") != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q to %q: %v %v", c.lowest, c.highest, got, err)
		}
	}
}

func TestModes(t *testing.T) {
	for value, want := range map[string]ClientAuth{"none": ClientAuthNone, "optional": ClientAuthOptional, "peer": ClientAuthOptional, "required": ClientAuthRequired, "force_peer": ClientAuthRequired} {
		if got, err := ParseClientAuth(value); err != nil || got != want {
			t.Errorf("%s: %v %v", value, got, err)
		}
	}
	for _, want := range []Verification{VerifyFull, VerifyCertificate, VerifyNone} {
		if got, err := ParseVerification(want.String()); err != nil || got != want {
			t.Errorf("%s: %v %v", want, got, err)
		}
	}
	_, err := ParseClientAuth("requird")
	var d diag.Diagnostic
	if !errors.As(err, &d) || d.Help != "did you mean required?" {
		t.Errorf("%v", err)
	}
	if _, err := ParseVerification("sometimes"); err == nil {
		t.Error("any verification mode is taken")
	}
}

func TestExplainConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	_, refused := net.Dial("tcp", free)
	expired, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	_, late := (&net.Dialer{}).DialContext(expired, "tcp", free)
	for _, c := range []struct {
		err  error
		code *diag.Code
		word string
	}{
		{refused, CodeRefused, free},
		{late, CodeUnreachable, "in time"},
		{&net.DNSError{Err: "no such host", Name: "nowhere.example.net", IsNotFound: true}, CodeUnknownHost, "nowhere.example.net"},
		{&net.DNSError{Err: "server misbehaving", Name: "x"}, CodeUnknownHost, "does not answer"},
		{io.EOF, CodeClosed, "closed the connection"},
		{tls.RecordHeaderError{RecordHeader: [5]byte{'H', 'T', 'T', 'P', '/'}}, CodeNotTLS, "plain HTTP"},
		{errors.New("http: server gave HTTP response to HTTPS client"), CodeNotTLS, "plain HTTP"},
		{errors.New("something else"), CodeHandshake, "something else"},
	} {
		d := ExplainHandshake(AsClient, c.err)
		if d.Code != c.code || !strings.Contains(d.Message, c.word) || d.Help == "" {
			t.Errorf("%v is explained as %v", c.err, d)
		}
	}
	for bytes, word := range map[string]string{"2W\x00\x00\x00": "Lumberjack", "POST ": "plain HTTP", "GET /": "plain HTTP", "\x00\x01\x02\x03\x04": "00 01 02"} {
		d := ExplainHandshake(AsServer, tls.RecordHeaderError{RecordHeader: [5]byte([]byte(bytes))})
		if d.Code != CodeNotTLS || !strings.Contains(d.Message, word) {
			t.Errorf("%q is explained as %v", bytes, d)
		}
	}
}
