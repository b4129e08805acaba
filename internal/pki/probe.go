package pki

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"sluice/internal/diag"
)

// Target is a server to check, and what to check it with.
type Target struct {
	Address          string // host:port
	CA               string // path of the CA file; empty means the CAs of this system
	Certificate, Key string // paths of the client certificate and its key; may be empty
	KeyPassphrase    string
	ServerName       string    // the name to check; empty means the host of Address
	Now              time.Time // the zero Time means the present
}

// How long a server may take for each step of CheckServer.
const stepTimeout = 5 * time.Second

// CheckServer connects to a TLS server as a client would and tells in words what it sees:
// name, port, protocol, certificate, and whether the server takes the client certificate.
// It sends nothing but the handshake. It takes at most some 15 s, less when ctx ends.
func CheckServer(ctx context.Context, t Target) Report {
	p := prober{target: t, now: presentUnless(t.Now)}
	p.run(ctx)
	return p.report
}

type prober struct {
	target Target
	now    time.Time
	report Report

	client *tls.Certificate
	roots  []*x509.Certificate         // nil means the system's
	asked  *tls.CertificateRequestInfo // what the server wants from its clients
}

func (p *prober) fact(format string, args ...any) {
	p.report.Facts = append(p.report.Facts, fmt.Sprintf(format, args...))
}

func (p *prober) find(d ...diag.Diagnostic) { p.report.Findings.Add(d...) }

func (p *prober) run(ctx context.Context) {
	host, port, err := net.SplitHostPort(p.target.Address)
	if err != nil || host == "" || port == "" {
		p.find(found(CodeOption, "%q is no address", p.target.Address).WithHelp("give host:port, such as siem.example.net:8899"))
		return
	}
	p.readFiles()
	addresses, err := p.resolve(ctx, host)
	if err != nil {
		p.find(ExplainHandshake(AsClient, err))
		return
	}
	conn, err := dialFirst(ctx, addresses, port)
	if err != nil {
		p.find(ExplainHandshake(AsClient, err))
		return
	}
	defer conn.Close()
	p.fact("connected to %s", conn.RemoteAddr())
	p.handshake(ctx, &recorder{Conn: conn}, cmp.Or(p.target.ServerName, host))
}

// readFiles loads this side's files and reports what is wrong with them; the server is
// looked at all the same.
func (p *prober) readFiles() {
	t := p.target
	if t.Certificate != "" || t.Key != "" {
		// The client certificate is not checked against CA, which is the server's CA here;
		// the two may differ.
		files := CheckFiles(Files{Certificate: t.Certificate, Key: t.Key, Passphrase: t.KeyPassphrase, Now: p.now})
		p.find(files.Findings...)
		pair, err := LoadPair(cmp.Or(t.Certificate, t.Key), cmp.Or(t.Key, t.Certificate), t.KeyPassphrase)
		if err == nil {
			p.client = &pair
			if !mayBe(pair.Leaf, x509.ExtKeyUsageClientAuth) {
				p.find(found(CodeWrongUsage, "%s may not be used as a client certificate: it is made for use as %s", t.Certificate, usesOf(pair.Leaf)).
					WithHelp("use the client's certificate, or make one: sluice certs client NAME"))
			}
		} else if files.Findings.Err() == nil {
			p.report.Findings.AddError(CodeUnreadable, diag.Span{}, err)
		}
	}
	if t.CA != "" {
		p.find(CheckFiles(Files{CA: t.CA, Now: p.now}).Findings...)
		_, roots, _ := LoadCAs([]string{t.CA}) // its errors have just been reported
		p.roots = append([]*x509.Certificate{}, roots...)
	}
}

func (p *prober) resolve(ctx context.Context, host string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err == nil && net.ParseIP(host) == nil {
		p.fact("%s is %s", host, listWords(addresses))
	}
	return addresses, err
}

// dialFirst connects to the first address that answers; the error is that of the first.
func dialFirst(ctx context.Context, addresses []string, port string) (net.Conn, error) {
	var first error
	for _, address := range addresses {
		d := net.Dialer{Timeout: stepTimeout}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(address, port))
		if err == nil {
			return conn, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, first
}

func (p *prober) handshake(ctx context.Context, raw *recorder, name string) {
	// The check is done below, with all that is wrong at once, so it is off here.
	conn := tls.Client(raw, &tls.Config{
		ServerName:         name,
		InsecureSkipVerify: true,
		MinVersion:         tls.VersionTLS12,
		GetClientCertificate: func(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			p.asked = asked
			if p.client == nil {
				return &tls.Certificate{}, nil
			}
			return p.client, nil
		},
	})
	start := time.Now()
	timed, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	err := conn.HandshakeContext(timed)
	took := time.Since(start)
	state := conn.ConnectionState()
	if len(state.PeerCertificates) > 0 {
		p.lookAt(state, name)
	}
	if err == nil && state.Version == tls.VersionTLS13 {
		err = AfterHandshake(conn, took)
	}
	p.describeRequest(err)
	if err != nil {
		p.find(p.explain(err, raw))
	}
}

// AfterHandshake listens for the alert by which a TLS 1.3 server refuses a client; it
// comes only after the client believes that all is well. Other data, or silence, is good.
func AfterHandshake(conn *tls.Conn, handshake time.Duration) error {
	conn.SetReadDeadline(time.Now().Add(min(max(4*handshake, 300*time.Millisecond), 2*time.Second)))
	_, err := conn.Read(make([]byte, 1))
	if isTimeout(err) {
		return nil
	}
	return err
}

func (p *prober) lookAt(state tls.ConnectionState, name string) {
	chain := state.PeerCertificates
	p.fact("%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
	for i, c := range chain {
		p.fact("certificate %d: %s", i+1, describe(c))
		p.find(validity(c, diag.Span{}, "the server's certificate "+nameOf(c), p.now)...)
		p.find(weaknesses(c, diag.Span{}, "the server's certificate")...)
	}
	leaf := chain[0]
	if err := leaf.VerifyHostname(name); err != nil {
		p.find(wrongName(leaf, name))
	}
	if !mayBe(leaf, x509.ExtKeyUsageServerAuth) {
		p.find(found(CodeWrongUsage, "the server's certificate (%s) may not be used by a server: it is made for use as %s", nameOf(leaf), usesOf(leaf)).
			WithHelp("the server's and the client's files have perhaps been swapped at the server"))
	}
	from := cmp.Or(p.target.CA, "the system")
	if d, ok := issuedBy(leaf, chain[1:], p.roots, "the server's certificate", from); !ok {
		p.find(d)
	}
}

// describeRequest tells what the server wants of its clients.
func (p *prober) describeRequest(err error) {
	if p.asked == nil {
		if err == nil {
			p.fact("the server asks for no client certificate")
			if p.client != nil {
				p.fact("so the client certificate was not used")
			}
		}
		return
	}
	var names []string
	for _, raw := range p.asked.AcceptableCAs {
		names = append(names, subjectName(raw))
	}
	if len(names) > 0 {
		p.fact("the server asks for a client certificate of %s", listWords(names))
	} else {
		p.fact("the server asks for a client certificate of any CA")
	}
	switch {
	case err != nil:
		if p.client != nil && len(names) > 0 && !slices.ContainsFunc(p.asked.AcceptableCAs, p.issuedClient) {
			p.find(found(CodeUnknownCA, "the client certificate (%s) was issued by %s, but the server accepts those of %s", nameOf(p.client.Leaf), issuerOf(p.client.Leaf), listWords(names)).
				WithHelp("use a client certificate of that CA, or add this one's ca.crt to ssl_certificate_authorities at the server"))
		}
	case p.client != nil:
		p.fact("the server took the client certificate (%s)", nameOf(p.client.Leaf))
	default:
		p.fact("the server let this client in without one")
	}
}

func (p *prober) issuedClient(subject []byte) bool {
	for _, der := range p.client.Certificate {
		if c, err := x509.ParseCertificate(der); err == nil && string(c.RawIssuer) == string(subject) {
			return true
		}
	}
	return false
}

func (p *prober) explain(err error, raw *recorder) diag.Diagnostic {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return notTLS(AsClient, raw.first)
	}
	if p.asked != nil && p.client == nil {
		d := ExplainHandshake(AsClient, err)
		switch d.Code {
		case CodeCertificateRequired, CodeRejected, CodeNoCommon, CodeClosed, CodeHandshake:
			return found(CodeCertificateRequired, "the server demands a client certificate, and none was given").
				WithHelp("give one: sluice certs check %s --cert CLIENT.crt --key CLIENT.key", p.target.Address)
		}
		return d
	}
	if isTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
		return found(CodeNotTLS, "%s took the connection but did not answer the TLS greeting within %s", p.target.Address, span(stepTimeout)).
			WithHelp("it probably does not speak TLS on this port; check the port and ssl_enabled at the server")
	}
	return ExplainHandshake(AsClient, err)
}

// recorder keeps the first bytes that the other side sends, for an answer that is no TLS.
type recorder struct {
	net.Conn
	first []byte
}

func (r *recorder) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	r.first = append(r.first, b[:min(n, 200-min(len(r.first), 200))]...)
	return n, err
}
