package pki

import (
	"crypto/tls"
	"slices"
	"strings"

	"sluice/internal/diag"
)

// ClientAuth says what a server asks of its clients.
type ClientAuth uint8

// The client authentication modes of Logstash's inputs.
const (
	ClientAuthNone     ClientAuth = iota // no certificate is asked for
	ClientAuthOptional                   // a certificate is asked for, and checked when there is one
	ClientAuthRequired                   // no connection without a good certificate
)

func (m ClientAuth) String() string { return [...]string{"none", "optional", "required"}[m] }

// ParseClientAuth reads the value of ssl_client_authentication (none, optional, required)
// or of the older ssl_verify_mode (none, peer, force_peer), as Logstash's beats, http and
// tcp inputs have them. The error is a diag.Diagnostic without a place.
func ParseClientAuth(value string) (ClientAuth, error) {
	switch value {
	case "none":
		return ClientAuthNone, nil
	case "optional", "peer":
		return ClientAuthOptional, nil
	case "required", "force_peer":
		return ClientAuthRequired, nil
	}
	return 0, unknownValue("client authentication mode", value, []string{"none", "optional", "required"}, []string{"peer", "force_peer"})
}

// Verification says what a client checks of its server.
type Verification uint8

// The verification modes of Logstash's outputs.
const (
	VerifyFull        Verification = iota // the chain and the name
	VerifyCertificate                     // the chain only
	VerifyNone                            // nothing: anybody in between can read and change everything
)

func (v Verification) String() string { return [...]string{"full", "certificate", "none"}[v] }

// ParseVerification reads the value of ssl_verification_mode (full, certificate, none).
// The error is a diag.Diagnostic without a place.
func ParseVerification(value string) (Verification, error) {
	for _, v := range []Verification{VerifyFull, VerifyCertificate, VerifyNone} {
		if v.String() == value {
			return v, nil
		}
	}
	return 0, unknownValue("verification mode", value, []string{"full", "certificate", "none"}, nil)
}

func unknownValue(what, value string, values, old []string) diag.Diagnostic {
	d := diag.New(CodeOption, diag.Span{}, "%q is no %s", value, what)
	if near := diag.Nearest(value, slices.Concat(values, old)); near != "" {
		return d.WithHelp("did you mean %s?", near)
	}
	return d.WithHelp("use one of %s", strings.Join(values, ", "))
}

// protocolNames are the values of ssl_supported_protocols.
var protocolNames = []string{"TLSv1.1", "TLSv1.2", "TLSv1.3"}

// ProtocolsBetween gives the list of protocols for the obsolete options tls_min_version
// and tls_max_version ("1", "1.1", "1.2", "1.3"; empty means no bound).
func ProtocolsBetween(lowest, highest string) ([]string, error) {
	versions := []string{"1", "1.1", "1.2", "1.3"}
	bound := func(v string, missing int) int {
		if v == "" {
			return missing
		}
		if v == "1.0" {
			return 0
		}
		return slices.Index(versions, v)
	}
	from, to := bound(lowest, 0), bound(highest, 3)
	if from < 0 || to < 0 || from > to {
		return nil, diag.New(CodeOption, diag.Span{}, "there is no TLS version from %q to %q", lowest, highest).
			WithHelp("versions are %s", strings.Join(versions, ", "))
	}
	if to == 0 {
		return []string{"TLSv1.1"}, nil // refused with its reason when it is used
	}
	return protocolNames[max(from-1, 0):to], nil
}

// policy is what ssl_supported_protocols and ssl_cipher_suites come to in Go.
type policy struct {
	lowest, highest uint16   // TLS versions
	suites          []uint16 // for TLS 1.2; nil means Go's own choice
}

// newPolicy reads names of protocols and cipher suites as Logstash documents them, which
// are Java's: TLSv1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. Empty lists mean TLS 1.2
// and 1.3 with Go's cipher suites. Go does not let one choose among the three suites of
// TLS 1.3, so a list without any of them rules TLS 1.3 out, as it does in Java, and a list
// with some of them allows all three, with a warning.
func newPolicy(protocols, suites []string) (policy, diag.List) {
	var problems diag.List
	allowed := map[uint16]bool{tls.VersionTLS12: true, tls.VersionTLS13: true}
	if len(protocols) > 0 {
		clear(allowed)
	}
	for _, name := range protocols {
		switch name {
		case "TLSv1.2":
			allowed[tls.VersionTLS12] = true
		case "TLSv1.3":
			allowed[tls.VersionTLS13] = true
		case "TLSv1.1", "TLSv1", "SSLv3", "SSLv2", "SSLv2Hello":
			problems.Add(diag.New(CodeOptionIgnored, diag.Span{}, "%s is insecure and not offered (RFC 8996)", name).
				WithHelp("remove it from the list; what speaks nothing newer has to be updated"))
		default:
			problems.Add(unknownValue("TLS protocol", name, protocolNames[1:], nil))
		}
	}
	p := policy{lowest: tls.VersionTLS12, highest: tls.VersionTLS13}
	if len(suites) > 0 {
		more := p.restrict(suites, allowed)
		problems.Add(more...)
	}
	if !allowed[tls.VersionTLS12] {
		p.lowest = tls.VersionTLS13
	}
	if !allowed[tls.VersionTLS13] {
		p.highest = tls.VersionTLS12
	}
	if problems.Err() == nil && p.lowest > p.highest {
		d := diag.New(CodeOption, diag.Span{}, "the protocols %s leave no TLS version that is offered", strings.Join(protocols, ", ")).
			WithHelp("use TLSv1.2, TLSv1.3 or both")
		if len(suites) > 0 {
			d = diag.New(CodeOption, diag.Span{}, "no cipher suite of the list works with the protocols that are allowed").
				WithHelp("remove the restriction, or add a suite such as TLS_AES_128_GCM_SHA256 (TLSv1.3) or TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (TLSv1.2)")
		}
		problems.Add(d)
	}
	return p, problems
}

func (p *policy) restrict(names []string, allowed map[uint16]bool) (problems diag.List) {
	known := map[string]*tls.CipherSuite{}
	var candidates []string
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		known[s.Name] = s
		candidates = append(candidates, s.Name)
	}
	of13 := 0
	for _, name := range names {
		s := known[name]
		switch {
		case s != nil && slices.Contains(s.SupportedVersions, tls.VersionTLS12):
			p.suites = append(p.suites, s.ID)
		case s != nil:
			of13++
		case name == "TLS_EMPTY_RENEGOTIATION_INFO_SCSV": // a signal, not a suite
		case strings.HasPrefix(name, "TLS_") && (strings.HasSuffix(name, "_CBC_SHA384") || strings.HasSuffix(name, "_CBC_SHA256") || strings.Contains(name, "_DHE_") || strings.Contains(name, "_ECDH_") || strings.Contains(name, "_CCM") || strings.HasPrefix(name, "TLS_DH")):
			problems.Add(diag.New(CodeOptionIgnored, diag.Span{}, "the cipher suite %s is outdated and not offered", name).
				WithHelp("remove it from the list"))
		default:
			d := diag.New(CodeOption, diag.Span{}, "%q is no cipher suite", name)
			if near := diag.Nearest(name, candidates); near != "" {
				d = d.WithHelp("did you mean %s?", near)
			} else {
				d = d.WithHelp("suites have their IANA names, such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
			}
			problems.Add(d)
		}
	}
	if of13 > 0 && of13 < 3 && allowed[tls.VersionTLS13] {
		problems.Add(diag.New(CodeOptionIgnored, diag.Span{}, "TLSv1.3 is offered with all of its three cipher suites, which are all secure, not only with those of the list"))
	}
	allowed[tls.VersionTLS13] = allowed[tls.VersionTLS13] && of13 > 0
	allowed[tls.VersionTLS12] = allowed[tls.VersionTLS12] && len(p.suites) > 0
	return problems
}
