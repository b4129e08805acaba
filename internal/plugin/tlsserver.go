package plugin

import (
	"cmp"
	"crypto/tls"
	"slices"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/health"
	"sluice/internal/pki"
	"sluice/internal/secret"
)

// tlsFiles is raised when certificates have changed on disk and cannot be used.
var tlsFiles = health.Define("tls-files-unusable", health.Warning, "new certificate files cannot be used",
	"The old ones stay in use until they expire. Correct the files; they are read again on their own.")

// ServerTLS are the TLS options of an input that listens, by their old and new names.
// Source: the beats, http and tcp inputs of Logstash 7 to 9.
type ServerTLS struct {
	// CAsDemand makes ssl_certificate_authorities alone demand client certificates, as
	// in the beats input. In the http input that is an error.
	CAsDemand bool
	// Always is set where every connection is encrypted, whatever the options say.
	Always bool
	// Next are the ALPN protocols.
	Next []string

	enabled, oldEnabled bool
	certificate, key    string
	passphrase          secret.Text
	cas                 []string
	authentication      string
	verifyMode          string
	handshake           int
	suites, oldSuites   []string
	protocols           []string
	lowest, highest     string
}

// Options returns the options of today.
func (t *ServerTLS) Options() []Option {
	t.authentication, t.handshake = "none", 10_000
	return append([]Option{
		Bool("ssl_enabled", &t.enabled, "Whether connections are encrypted."),
		Path("ssl_certificate", &t.certificate, "The server's certificate, and the intermediate certificates behind it, as PEM."),
		Path("ssl_key", &t.key, "The key of the certificate, as PEM: PKCS#1, PKCS#8 or EC."),
		Password("ssl_key_passphrase", &t.passphrase, "The passphrase of the key, where it has one."),
		Strings("ssl_certificate_authorities", &t.cas, "Files with the CAs that client certificates are checked against."),
		Enum("ssl_client_authentication", &t.authentication, []string{"none", "optional", "required"}, "Whether clients are asked for a certificate."),
		Int("ssl_handshake_timeout", &t.handshake, 1, 1<<31-1, "Milliseconds that a TLS handshake may take."),
		Strings("ssl_cipher_suites", &t.suites, "The cipher suites that are allowed, by their IANA names. By default those that Go holds to be secure."),
		protocolsOption(&t.protocols),
	}, keystoreOptions("ssl_keystore_path", "ssl_keystore_password", "ssl_keystore_type", "ssl_truststore_path", "ssl_truststore_password", "ssl_truststore_type")...)
}

// Old returns the options by the names that Logstash had before version 9.
func (t *ServerTLS) Old() []Option {
	return append([]Option{
		Bool("ssl", &t.oldEnabled, "Whether connections are encrypted.").Deprecated("set ssl_enabled"),
		Enum("ssl_verify_mode", &t.verifyMode, []string{"none", "peer", "force_peer"}, "Whether clients are asked for a certificate.").Deprecated("set ssl_client_authentication"),
		Enum("verify_mode", &t.verifyMode, []string{"none", "peer", "force_peer"}, "Whether clients are asked for a certificate.").Deprecated("set ssl_client_authentication"),
		Strings("cipher_suites", &t.oldSuites, "The cipher suites that are allowed.").Deprecated("set ssl_cipher_suites"),
		String("tls_min_version", &t.lowest, "The lowest version of TLS that is allowed.").Deprecated("set ssl_supported_protocols"),
		String("tls_max_version", &t.highest, "The highest version of TLS that is allowed.").Deprecated("set ssl_supported_protocols"),
	}, keystoreOptions("keystore", "keystore_password")...)
}

func protocolsOption(p *[]string) Option {
	return Strings("ssl_supported_protocols", p, "The versions of TLS that are allowed: `TLSv1.2`, `TLSv1.3`. By default both.")
}

// keystoreOptions are options that only Java can do something with.
func keystoreOptions(names ...string) []Option {
	all := make([]Option, len(names))
	for i, name := range names {
		all[i] = Check(name, "path", "", "Not supported: Java keystores and PKCS#12 files are not read. Convert them to PEM.", func(s Setting) error {
			return diag.New(wrongValue, s.At, "Java keystores and PKCS#12 files are not read").
				WithHelp("convert it: keytool -importkeystore -srckeystore FILE -destkeystore out.p12 -deststoretype pkcs12; " +
					"openssl pkcs12 -in out.p12 -out out.pem -nodes; then set ssl_certificate, ssl_key and ssl_certificate_authorities to PEM files")
		})
	}
	return all
}

// Enabled tells whether connections are encrypted.
func (t *ServerTLS) Enabled() bool { return t.Always || t.enabled || t.oldEnabled }

// HandshakeTimeout returns how long a handshake may take: 10 seconds where there is no
// option for it.
func (t *ServerTLS) HandshakeTimeout() time.Duration {
	return time.Duration(cmp.Or(t.handshake, 10_000)) * time.Millisecond
}

// Open checks the options and reads the files. It returns nil when TLS is off.
func (t *ServerTLS) Open(env *Env) (*tls.Config, error) {
	if !t.Enabled() {
		for _, o := range []string{"ssl_certificate", "ssl_key", "ssl_certificate_authorities", "ssl_client_authentication", "ssl_verify_mode"} {
			if env.IsSet(o) && env.Log != nil {
				env.Log.Warn("an option of TLS has no effect, because ssl_enabled is false", "option", o)
			}
		}
		return nil, nil
	}
	auth, err := t.clientAuth(env)
	if err != nil {
		return nil, err
	}
	protocols := t.protocols
	if t.lowest != "" || t.highest != "" {
		if protocols, err = pki.ProtocolsBetween(t.lowest, t.highest); err != nil {
			return nil, placed(env, err, "tls_min_version", "tls_max_version")
		}
	}
	cas := make([]string, len(t.cas))
	for i, path := range t.cas {
		cas[i] = env.Access.Reading(path)
	}
	config, warnings, err := pki.ServerTLS(pki.ServerOptions{
		Certificate: env.Access.Reading(t.certificate), Key: env.Access.Reading(t.key), KeyPassphrase: t.passphrase.Reveal(),
		CAs: cas, ClientAuth: auth, Protocols: protocols, CipherSuites: slices.Concat(t.suites, t.oldSuites),
		NextProtos: t.Next, Report: reportTLS(env),
	})
	if err != nil {
		return nil, placed(env, err, "ssl_certificate", "ssl_enabled", "ssl")
	}
	warnTLS(env, warnings)
	return config, nil
}

func (t *ServerTLS) clientAuth(env *Env) (pki.ClientAuth, error) {
	mode, option := t.authentication, "ssl_client_authentication"
	if !env.IsSet(option) && t.verifyMode != "" {
		mode, option = t.verifyMode, "ssl_verify_mode"
		if env.IsSet("verify_mode") {
			option = "verify_mode"
		}
	}
	auth, err := pki.ParseClientAuth(mode)
	if err != nil {
		return 0, placed(env, err, option)
	}
	if auth == pki.ClientAuthNone && len(t.cas) > 0 && !env.IsSet(option) {
		if t.CAsDemand {
			return pki.ClientAuthRequired, nil
		}
		return 0, env.Invalid("ssl_certificate_authorities", "set ssl_client_authentication to required (or optional), or remove ssl_certificate_authorities",
			"there are CAs for client certificates, but clients are asked for none")
	}
	if auth != pki.ClientAuthNone && len(t.cas) == 0 {
		return 0, env.Invalid(option, "set ssl_certificate_authorities to the ca.crt that issues the clients' certificates",
			"client certificates are %s, but there is no CA to check them with", auth)
	}
	return auth, nil
}

// reportTLS tells of certificates that have changed.
func reportTLS(env *Env) func(diag.List) {
	return func(problems diag.List) {
		if problems == nil {
			env.Conditions.Clear(tlsFiles, env.ID)
			env.Log.Info("new certificate files are in use")
			return
		}
		env.Conditions.Raise(tlsFiles, env.ID, problems.Error())
	}
}

func warnTLS(env *Env, warnings diag.List) {
	for _, d := range warnings {
		if env.Log != nil {
			env.Log.Warn(d.Error())
		}
	}
}

// placed gives diagnostics without a place that of the option that names the file, or
// else of the first of options that is set; those about a place in a file are told which
// option names it.
func placed(env *Env, err error, options ...string) error {
	fallback := env.at
	for _, o := range options {
		if env.IsSet(o) {
			fallback = env.At(o)
			break
		}
	}
	var list diag.List
	list.AddError(cannotOpen, fallback, err)
	for i, d := range list {
		at := env.naming(d, fallback)
		if !d.At.Valid() {
			list[i].At = at
		} else if d.At.Source != at.Source {
			list[i] = d.WithRelated(at, "used by %s", env.Name)
		}
	}
	return list
}

// naming returns the place of the path of the file that a diagnostic is about.
func (env *Env) naming(d diag.Diagnostic, otherwise diag.Span) diag.Span {
	best, length := otherwise, 0
	look := func(s Setting) {
		path := env.Access.Path(s.Text)
		if len(s.Text) <= 1 || len(path) <= length {
			return
		}
		if d.At.Valid() && d.At.Source.Name == path || !d.At.Valid() && strings.Contains(d.Message, path) {
			best, length = s.At, len(path)
		}
	}
	for _, s := range env.source {
		look(s)
		for _, item := range s.List {
			look(item)
		}
	}
	return best
}
