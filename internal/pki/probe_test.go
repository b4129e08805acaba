package pki

import (
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
)

func TestCheckServer(t *testing.T) {
	ca, otherCA := newTestCA(t), newTestCA(t)
	now := time.Now()
	server := ca.server("server", ecKey(), "127.0.0.1", "localhost")
	client, byOther := ca.client("client"), otherCA.client("byother")
	bad := ca.issueTo("bad", ecKey(), now.Add(-48*time.Hour), 24*time.Hour, x509.ExtKeyUsageClientAuth, "other.example.net")
	required, _ := listen(t, mustServer(t, ServerOptions{Certificate: server.cert, Key: server.key, CAs: []string{ca.path}, ClientAuth: ClientAuthRequired}))
	required12, _ := listen(t, mustServer(t, ServerOptions{Certificate: server.cert, Key: server.key, CAs: []string{ca.path}, ClientAuth: ClientAuthRequired, Protocols: []string{"TLSv1.2"}}))
	optional, _ := listen(t, mustServer(t, ServerOptions{Certificate: server.cert, Key: server.key, CAs: []string{ca.path}, ClientAuth: ClientAuthOptional}))
	open, _ := listen(t, mustServer(t, ServerOptions{Certificate: server.cert, Key: server.key}))
	broken, _ := listen(t, mustServer(t, ServerOptions{Certificate: bad.cert, Key: bad.key}))
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, c := range []struct {
		name   string
		target Target
		codes  []*diag.Code
		words  []string
	}{
		{"good", Target{Address: required, CA: ca.path, Certificate: client.cert, Key: client.key}, nil, []string{"TLS 1.3", "took the client certificate (client)", "certificate 1: server, for localhost, 127.0.0.1"}},
		{"good, TLS 1.2", Target{Address: required12, CA: ca.path, Certificate: client.cert, Key: client.key}, nil, []string{"TLS 1.2", "took the client certificate"}},
		{"no client certificate", Target{Address: required, CA: ca.path}, []*diag.Code{CodeCertificateRequired}, []string{"asks for a client certificate of " + ca.certificate.Subject.CommonName, "--cert"}},
		{"no client certificate, TLS 1.2", Target{Address: required12, CA: ca.path}, []*diag.Code{CodeCertificateRequired}, nil},
		{"no client certificate, optional", Target{Address: optional, CA: ca.path}, nil, []string{"let this client in without one"}},
		{"no client certificate, none", Target{Address: open, CA: ca.path, Certificate: client.cert, Key: client.key}, nil, []string{"asks for no client certificate"}},
		{"client of another CA", Target{Address: required, CA: ca.path, Certificate: byOther.cert, Key: byOther.key}, []*diag.Code{CodeUnknownCA, CodeRejected}, []string{"was issued by " + otherCA.certificate.Subject.CommonName + ", but the server accepts those of " + ca.certificate.Subject.CommonName}},
		{"client key of another", Target{Address: open, CA: ca.path, Certificate: client.cert, Key: byOther.key}, []*diag.Code{CodeMismatch}, nil},
		{"wrong CA", Target{Address: open, CA: otherCA.path}, []*diag.Code{CodeUnknownCA}, []string{"issued by " + ca.certificate.Subject.CommonName + ", not " + otherCA.certificate.Subject.CommonName}},
		{"CA of the system", Target{Address: open}, []*diag.Code{CodeUnknownCA}, []string{"none of the CAs that this system trusts"}},
		{"wrong name", Target{Address: open, CA: ca.path, ServerName: "siem.example.net"}, []*diag.Code{CodeWrongName}, []string{"asked for as siem.example.net, but its certificate is for localhost, 127.0.0.1"}},
		{"all at once", Target{Address: broken, CA: otherCA.path}, []*diag.Code{CodeExpired, CodeWrongName, CodeWrongUsage, CodeUnknownCA}, nil},
		{"HTTP", Target{Address: web.Listener.Addr().String()}, []*diag.Code{CodeNotTLS}, []string{`it answered "HTTP/1.1 400 Bad Request"`}},
		{"hangs up", Target{Address: silent.Addr().String()}, []*diag.Code{CodeClosed}, nil},
		{"refused", Target{Address: closed.Addr().String()}, []*diag.Code{CodeRefused}, []string{"nothing listens"}},
		{"no address", Target{Address: "siem.example.net"}, []*diag.Code{CodeOption}, []string{"host:port"}},
		{"unknown name", Target{Address: "nowhere..invalid:443"}, []*diag.Code{CodeUnknownHost}, []string{"nowhere..invalid"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := CheckServer(t.Context(), c.target)
			wantCodes(t, r.Findings, c.codes)
			for _, w := range c.words {
				if !strings.Contains(r.Text(diag.Plain), w) {
					t.Errorf("%q is not in\n%s", w, r.Text(diag.Plain))
				}
			}
			for _, d := range r.Findings {
				if d.Help == "" {
					t.Errorf("no advice: %v", d)
				}
			}
		})
	}
}
