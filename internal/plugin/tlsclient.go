package plugin

import (
	"context"
	"crypto/tls"
	"net"
	"strings"

	"sluice/internal/pki"
	"sluice/internal/secret"
)

// ClientTLS are the TLS options of an output that connects. Source: the http and
// elasticsearch outputs of Logstash 7 to 9.
type ClientTLS struct {
	// Enabled is ssl_enabled. Whether it matters is for the plugin to say, for the URL
	// says it as well.
	Enabled bool

	certificate, key string
	passphrase       secret.Text
	cas              []string
	verification     string
	verify           bool
	suites           []string
	protocols        []string

	client *pki.Client
	access Access
}

// Options returns the options of today. enabled is the default of ssl_enabled.
func (t *ClientTLS) Options(enabled bool) []Option {
	t.Enabled, t.verification, t.verify = enabled, "full", true
	return append([]Option{
		Bool("ssl_enabled", &t.Enabled, "Whether TLS is used."),
		Path("ssl_certificate", &t.certificate, "The client certificate to show to the server, as PEM."),
		Path("ssl_key", &t.key, "The key of the client certificate, as PEM: PKCS#1, PKCS#8 or EC."),
		Password("ssl_key_passphrase", &t.passphrase, "The passphrase of the key, where it has one."),
		Strings("ssl_certificate_authorities", &t.cas, "Files with the CAs that the server's certificate is checked against. By default those of the system."),
		Enum("ssl_verification_mode", &t.verification, []string{"full", "certificate", "none"}, "What of the server's certificate is checked: chain and name, the chain only, nothing."),
		Strings("ssl_cipher_suites", &t.suites, "The cipher suites that are allowed, by their IANA names. By default those that Go holds to be secure."),
		protocolsOption(&t.protocols),
	}, keystoreOptions("ssl_keystore_path", "ssl_keystore_password", "ssl_keystore_type", "ssl_truststore_path", "ssl_truststore_password", "ssl_truststore_type")...)
}

// Old returns options by their former names, those of the list that exist.
func (t *ClientTLS) Old(names ...string) []Option {
	var all []Option
	for _, name := range names {
		switch name {
		case "cacert":
			all = append(all, Strings(name, &t.cas, "A file with the CA that the server's certificate is checked against.").Deprecated("set ssl_certificate_authorities"))
		case "client_cert", "tls_certificate":
			all = append(all, Path(name, &t.certificate, "The client certificate to show to the server.").Deprecated("set ssl_certificate"))
		case "client_key", "tls_key":
			all = append(all, Path(name, &t.key, "The key of the client certificate.").Deprecated("set ssl_key"))
		case "ssl":
			all = append(all, Bool(name, &t.Enabled, "Whether TLS is used.").Deprecated("set ssl_enabled"))
		case "ssl_certificate_verification":
			all = append(all, Bool(name, &t.verify, "Whether the server's certificate is checked.").Deprecated("set ssl_verification_mode"))
		default:
			all = append(all, keystoreOptions(name)...)
		}
	}
	return all
}

// Open checks the options and reads the files.
func (t *ClientTLS) Open(env *Env) error {
	t.access = env.Access
	mode, err := pki.ParseVerification(t.verification)
	if err != nil {
		return placed(env, err, "ssl_verification_mode")
	}
	if !t.verify && !env.IsSet("ssl_verification_mode") {
		mode = pki.VerifyNone
	}
	if t.certificate != "" && t.key == "" {
		return env.Invalid(t.nameOf(env, "ssl_certificate", "client_cert", "tls_certificate"), "set its key, too", "there is a client certificate without its key")
	}
	o := pki.ClientOptions{
		Certificate: env.Access.Reading(t.certificate), Key: env.Access.Reading(t.key), KeyPassphrase: t.passphrase.Reveal(),
		Verification: mode, Protocols: t.protocols, CipherSuites: t.suites,
		NextProtos: []string{"http/1.1"}, Report: reportTLS(env),
	}
	for _, ca := range t.cas {
		o.CAs = append(o.CAs, env.Access.Reading(ca))
	}
	client, warnings, err := pki.NewClient(o)
	if err != nil {
		return placed(env, err, "ssl_certificate", "client_cert", "tls_certificate", "ssl_certificate_authorities", "cacert")
	}
	warnTLS(env, warnings)
	t.client = client
	return nil
}

func (t *ClientTLS) nameOf(env *Env, names ...string) string {
	for _, name := range names {
		if env.IsSet(name) {
			return name
		}
	}
	return names[0]
}

// Config returns the configuration of this moment.
func (t *ClientTLS) Config() *tls.Config { return t.client.Config() }

// Dial connects to a host:port with TLS. It fits http.Transport.DialTLSContext; what is
// asked of the server is its name in the configuration, wherever Access leads.
func (t *ClientTLS) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := t.access.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config := t.client.Config()
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		config.ServerName = strings.TrimSuffix(host, ".")
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}
