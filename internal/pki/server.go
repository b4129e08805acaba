package pki

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"sync/atomic"
	"time"

	"sluice/internal/diag"
)

// ServerOptions are the TLS options of whatever listens.
type ServerOptions struct {
	Certificate   string // path of the certificate and its chain, PEM
	Key           string // path of the key; empty means that it stands in Certificate
	KeyPassphrase string
	CAs           []string // paths of the CAs that clients are checked against
	ClientAuth    ClientAuth
	Protocols     []string // TLSv1.2, TLSv1.3; none means both
	CipherSuites  []string // IANA names; none means Go's choice
	NextProtos    []string // ALPN, such as h2 and http/1.1; has to be given here, not set later

	// Report hears of every change of the files after the start: with a list of what is
	// wrong when the new files cannot be used (the old ones then stay in use), and with
	// nil when they are in use. It may be called from any goroutine.
	Report func(diag.List)
	// Now is the clock for dates in certificates; nil means time.Now.
	Now func() time.Time
}

// ServerTLS builds the configuration of a TLS server. At a handshake it looks, at most
// once a second, whether the files have changed, and uses the new ones from then on;
// connections that are open stay as they are. The error is a diag.List with all that is
// wrong; warnings are in the second answer.
func ServerTLS(o ServerOptions) (*tls.Config, diag.List, error) {
	now := orPresent(o.Now)
	policy, problems := newPolicy(o.Protocols, o.CipherSuites)
	if o.Certificate == "" {
		problems.Add(diag.New(CodeOption, diag.Span{}, "a TLS server needs a certificate and its key").
			WithHelp("set ssl_certificate and ssl_key; `sluice certs --server NAME` makes both"))
	}
	if o.ClientAuth != ClientAuthNone && len(o.CAs) == 0 {
		problems.Add(diag.New(CodeOption, diag.Span{}, "client certificates are %s but there is no CA to check them with", o.ClientAuth).
			WithHelp("set ssl_certificate_authorities to the ca.crt that issues the clients' certificates"))
	}
	if o.Certificate == "" {
		return nil, problems, problems
	}
	pair, err := newPair(o.Certificate, o.Key, o.KeyPassphrase, now, o.Report)
	problems.AddError(CodeUnreadable, diag.Span{}, err)
	var pool *reloader[*x509.CertPool]
	if len(o.CAs) > 0 {
		pool, err = newPool(o.CAs, now, o.Report)
		problems.AddError(CodeUnreadable, diag.Span{}, err)
	}
	if err := problems.Err(); err != nil {
		return nil, problems, err
	}
	problems.Add(outOfDate(o.Certificate, now())...)
	config := &tls.Config{
		MinVersion:   policy.lowest,
		MaxVersion:   policy.highest,
		CipherSuites: policy.suites,
		NextProtos:   o.NextProtos,
		Time:         now,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return *pair.get(), nil
		},
	}
	if o.ClientAuth != ClientAuthNone {
		config.ClientAuth = tls.VerifyClientCertIfGiven
		if o.ClientAuth == ClientAuthRequired {
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
		followPool(config, pool)
	}
	return config, problems, nil
}

// followPool makes config trust what pool holds at the time of each handshake.
func followPool(config *tls.Config, pool *reloader[*x509.CertPool]) {
	config.ClientCAs = *pool.get()
	var latest atomic.Pointer[tls.Config]
	latest.Store(config)
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		cas, c := *pool.get(), latest.Load()
		if c.ClientCAs == cas {
			if c == config {
				return nil, nil // the one that was asked, which its owner may have cloned and changed
			}
			return c, nil
		}
		c = config.Clone()
		c.GetConfigForClient = nil
		c.ClientCAs = cas
		latest.Store(c)
		return c, nil
	}
}

func newPair(certPath, keyPath, passphrase string, now func() time.Time, report func(diag.List)) (*reloader[*tls.Certificate], error) {
	keyPath = cmp.Or(keyPath, certPath)
	return newReloader([]string{certPath, keyPath}, now, report, func() (*tls.Certificate, error) {
		pair, err := LoadPair(certPath, keyPath, passphrase)
		return &pair, err
	})
}

func newPool(paths []string, now func() time.Time, report func(diag.List)) (*reloader[*x509.CertPool], error) {
	return newReloader(paths, now, report, func() (*x509.CertPool, error) {
		pool, _, err := LoadCAs(paths)
		return pool, err
	})
}

func orPresent(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}
