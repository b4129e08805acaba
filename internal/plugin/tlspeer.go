package plugin

import (
	"crypto/tls"

	"sluice/internal/pki"
)

// PeerTLS are the TLS options of a plugin that listens or connects, as its option mode
// says. Source: the tcp input and output of Logstash 7 to 9.
type PeerTLS struct {
	// Demand makes a server ask for client certificates when nothing is said about it,
	// as the tcp input does.
	Demand bool

	server ServerTLS // the fields of all options that servers have, too
	client ClientTLS

	verification string
	verify       bool
	chain        []string
}

// Options returns the options, by their old and new names.
func (t *PeerTLS) Options() []Option {
	s := &t.server
	s.authentication, s.handshake, t.verification, t.verify = "none", 10_000, "full", true
	if t.Demand {
		s.authentication = "required"
	}
	return []Option{
		Bool("ssl_enabled", &s.enabled, "Whether TLS is used."),
		Path("ssl_certificate", &s.certificate, "The certificate to show to the other side, and the intermediate certificates behind it, as PEM."),
		Path("ssl_key", &s.key, "The key of the certificate, as PEM: PKCS#1, PKCS#8 or EC."),
		Password("ssl_key_passphrase", &s.passphrase, "The passphrase of the key, where it has one."),
		Strings("ssl_extra_chain_certs", &t.chain, "Files with further certificates, as PEM, that are sent behind the server's own."),
		Strings("ssl_certificate_authorities", &s.cas, "Files with the CAs that the certificate of the other side is checked against. By default those of the system."),
		Enum("ssl_client_authentication", &s.authentication, []string{"none", "optional", "required"}, "With mode `server`: whether clients are asked for a certificate."),
		Enum("ssl_verification_mode", &t.verification, []string{"full", "certificate", "none"}, "With mode `client`: what of the server's certificate is checked: chain and name, the chain only, nothing."),
		Strings("ssl_cipher_suites", &s.suites, "The cipher suites that are allowed, by their IANA names. By default those that Go holds to be secure."),
		protocolsOption(&s.protocols),
		Bool("ssl_enable", &s.oldEnabled, "Whether TLS is used.").Deprecated("set ssl_enabled"),
		Path("ssl_cert", &s.certificate, "The certificate to show to the other side.").Deprecated("set ssl_certificate"),
		Strings("ssl_cacert", &s.cas, "A file with the CA that the certificate of the other side is checked against.").Deprecated("set ssl_certificate_authorities"),
		Bool("ssl_verify", &t.verify, "Whether the certificate of the other side is asked for and checked.").
			Deprecated("set ssl_client_authentication with mode server, ssl_verification_mode with mode client"),
	}
}

// Enabled tells whether TLS is used.
func (t *PeerTLS) Enabled() bool { return t.server.Enabled() }

// OpenServer checks the options of a server and reads the files. Without TLS it returns
// nil.
func (t *PeerTLS) OpenServer(env *Env) (*tls.Config, error) {
	if env.IsSet("ssl_verification_mode") && t.Enabled() {
		return nil, env.Invalid("ssl_verification_mode", "set ssl_client_authentication", "with mode server, ssl_verification_mode has no meaning")
	}
	s := &t.server
	system := false
	switch chosen := env.IsSet("ssl_client_authentication"); {
	case chosen:
	case env.IsSet("ssl_verify") && !t.verify:
		s.authentication = "none"
	case env.IsSet("ssl_verify"), t.Demand:
		s.authentication = "required"
		if len(s.cas) == 0 { // as in Logstash
			s.authentication, system = "none", true
		}
	}
	if s.authentication == "none" && !env.IsSet("ssl_client_authentication") {
		s.cas = nil // nobody is checked
	}
	config, err := s.Open(env)
	if config == nil || err != nil {
		return nil, err
	}
	if system {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		if env.Log != nil {
			env.Log.Warn("clients have to show a certificate of a CA that this system trusts; set ssl_certificate_authorities to a CA of your own, or ssl_client_authentication to none")
		}
	}
	return config, t.extend(env, config)
}

// extend puts the certificates of ssl_extra_chain_certs behind the server's own.
func (t *PeerTLS) extend(env *Env, config *tls.Config) error {
	if len(t.chain) == 0 {
		return nil
	}
	paths := make([]string, len(t.chain))
	for i, path := range t.chain {
		paths[i] = env.Access.Reading(path)
	}
	_, certificates, err := pki.LoadCAs(paths)
	if err != nil {
		return placed(env, err, "ssl_extra_chain_certs")
	}
	own := config.GetCertificate
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		found, err := own(hello)
		if err != nil {
			return nil, err
		}
		longer := *found
		longer.Certificate = append([][]byte(nil), found.Certificate...)
		for _, c := range certificates {
			longer.Certificate = append(longer.Certificate, c.Raw)
		}
		return &longer, nil
	}
	return nil
}

// OpenClient checks the options of a client and reads the files.
func (t *PeerTLS) OpenClient(env *Env) (*ClientTLS, error) {
	s, c := &t.server, &t.client
	if env.IsSet("ssl_client_authentication") && t.Enabled() {
		return nil, env.Invalid("ssl_client_authentication", "set ssl_verification_mode", "with mode client, ssl_client_authentication has no meaning")
	}
	if env.IsSet("ssl_extra_chain_certs") {
		return nil, env.Invalid("ssl_extra_chain_certs", "put the certificates into the file of ssl_certificate", "with mode client, ssl_extra_chain_certs has no meaning")
	}
	*c = ClientTLS{
		Enabled: t.Enabled(), certificate: s.certificate, key: s.key, passphrase: s.passphrase, cas: s.cas,
		verification: t.verification, verify: t.verify, suites: s.suites, protocols: s.protocols,
	}
	if !c.Enabled {
		c.access = env.Access
		return c, nil
	}
	return c, c.Open(env)
}
