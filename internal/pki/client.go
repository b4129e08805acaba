package pki

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"time"

	"sluice/internal/diag"
)

// ClientOptions are the TLS options of whatever connects.
type ClientOptions struct {
	Certificate   string // path of the client certificate and its chain; empty means none
	Key           string // path of its key; empty means that it stands in Certificate
	KeyPassphrase string
	CAs           []string // paths of the CAs that the server is checked against; none means the system's
	Verification  Verification
	ServerName    string   // the name to check and to send; empty means the host that is connected to
	Protocols     []string // TLSv1.2, TLSv1.3; none means both
	CipherSuites  []string // IANA names; none means Go's choice
	NextProtos    []string // ALPN

	// Report hears of changes of the files as in ServerOptions.
	Report func(diag.List)
	// Now is the clock for dates in certificates; nil means time.Now.
	Now func() time.Time
}

// Client makes TLS connections with certificates and CAs that are read again when their
// files change. It is safe for concurrent use.
type Client struct {
	options ClientOptions
	base    *tls.Config
	pool    *reloader[*x509.CertPool] // nil means the system's CAs
}

// NewClient reads the files. The error is a diag.List with all that is wrong; warnings
// are in the second answer.
func NewClient(o ClientOptions) (*Client, diag.List, error) {
	now := orPresent(o.Now)
	policy, problems := newPolicy(o.Protocols, o.CipherSuites)
	c := &Client{options: o, base: &tls.Config{
		MinVersion:   policy.lowest,
		MaxVersion:   policy.highest,
		CipherSuites: policy.suites,
		NextProtos:   o.NextProtos,
		ServerName:   o.ServerName,
		Time:         now,
	}}
	if o.Key != "" && o.Certificate == "" {
		problems.Add(diag.New(CodeOption, diag.Span{}, "there is a client key but no client certificate").
			WithHelp("set both or none"))
	}
	if o.Certificate != "" {
		pair, err := newPair(o.Certificate, o.Key, o.KeyPassphrase, now, o.Report)
		problems.AddError(CodeUnreadable, diag.Span{}, err)
		problems.Add(outOfDate(o.Certificate, now())...)
		// The certificate is sent even when the server names other CAs: its refusal then
		// says what is wrong, where silence would look like a missing certificate.
		c.base.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return *pair.get(), nil
		}
	}
	if len(o.CAs) > 0 {
		var err error
		c.pool, err = newPool(o.CAs, now, o.Report)
		problems.AddError(CodeUnreadable, diag.Span{}, err)
	}
	return c, problems, problems.Err()
}

// ClientTLS gives a configuration for any number of connections. The client certificate
// follows its files; the CAs are those of now, for crypto/tls takes them from the
// configuration. A plugin for which CAs should follow their files, too, uses
// Client.DialTLS or takes Client.Config for each connection.
func ClientTLS(o ClientOptions) (*tls.Config, diag.List, error) {
	c, problems, err := NewClient(o)
	if err != nil {
		return nil, problems, err
	}
	return c.Config(), problems, nil
}

// Config gives the configuration of this moment. The caller owns it.
func (c *Client) Config() *tls.Config {
	config := c.base.Clone()
	if c.pool != nil {
		config.RootCAs = *c.pool.get()
	}
	switch c.options.Verification {
	case VerifyNone:
		config.InsecureSkipVerify = true
	case VerifyCertificate:
		// Go can only switch off its own check as a whole; this one does the same without the name.
		roots := config.RootCAs
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(s tls.ConnectionState) error {
			return verifyChain(s.PeerCertificates, roots, config.Time())
		}
	}
	return config
}

func verifyChain(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) error {
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	}
	return nil
}

// DialTLS connects to addr (host:port) and does the handshake. It fits
// http.Transport.DialTLSContext. Its errors are those of net and crypto/tls; ExplainHandshake
// puts them into words.
func (c *Client) DialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	config := c.Config()
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		config.ServerName = cmp.Or(host, addr)
		if err != nil {
			config.ServerName = addr
		}
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}
