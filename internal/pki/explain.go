package pki

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"sluice/internal/diag"
)

// Side tells on which end of a connection an error occurred, for the same alert means
// different things there.
type Side uint8

// The two ends.
const (
	AsClient Side = iota
	AsServer
)

// other is what the far end is called.
func (s Side) other() string { return [...]string{"server", "client"}[s] }

// ExplainHandshake turns an error of connecting or of crypto/tls into a code, the cause in
// words and the next step. The code stays the same for the same cause, so that it can
// name a condition. With TLS 1.3 a client learns of its refusal only when it first reads,
// so errors of reading belong here, too.
func ExplainHandshake(side Side, err error) diag.Diagnostic {
	if d, ok := explainVerification(side, err); ok {
		return d
	}
	if d, ok := explainAlert(side, err); ok {
		return d
	}
	if d, ok := explainNotTLS(side, err); ok {
		return d
	}
	if d, ok := explainConnection(err); ok {
		return d
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "client didn't provide a certificate"):
		return found(CodeNoCertificate, "the client came without a certificate, and this server demands one").
			WithHelp("give the client a certificate and key issued by a CA of ssl_certificate_authorities, or set ssl_client_authentication to optional or none")
	case strings.Contains(text, "offered only unsupported versions"), strings.Contains(text, "unsupported protocol version"),
		strings.Contains(text, "no cipher suite supported"), strings.Contains(text, "unconfigured cipher suite"):
		return found(CodeNoCommon, "the %s and this side have no TLS version or cipher suite in common: %s", side.other(), printable(bare(err))).
			WithHelp("allow TLSv1.2 and TLSv1.3 on both sides and remove restrictions of cipher suites; what speaks nothing newer than TLSv1.1 has to be updated")
	case strings.Contains(text, "no application protocol"), strings.Contains(text, "unsupported application protocols"):
		return found(CodeNoCommon, "the two sides have no application protocol (ALPN) in common").
			WithHelp("check that both are meant to speak the same protocol on this port")
	}
	return found(CodeHandshake, "the TLS handshake failed: %s", printable(text)).
		WithHelp("look into the log of the other side; `sluice certs check HOST:PORT` tells more")
}

func found(code *diag.Code, format string, args ...any) diag.Diagnostic {
	return diag.New(code, diag.Span{}, format, args...)
}

// explainVerification is for certificates that this side has refused.
func explainVerification(side Side, err error) (diag.Diagnostic, bool) {
	who := "the " + side.other() + "'s certificate"
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return wrongName(e.Certificate, e.Host), true
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return invalid(e, who), true
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		c := e.Cert
		if v, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(v.UnverifiedCertificates) > 0 {
			c = v.UnverifiedCertificates[0]
		}
		if c == nil {
			return found(CodeUnknownCA, "%s was issued by a CA that is not trusted here", who), true
		}
		if selfSigned(c) {
			return found(CodeUnknownCA, "%s (%s) was issued by itself, and it is not among the CAs given here", who, nameOf(c)).
				WithHelp("%s", trustHelp(side)), true
		}
		return found(CodeUnknownCA, "%s (%s) was issued by %s, which is not among the CAs given here, or has another key", who, nameOf(c), issuerOf(c)).
			WithHelp("%s", trustHelp(side)), true
	}
	if e, ok := errors.AsType[x509.SystemRootsError](err); ok {
		return found(CodeUnknownCA, "this system's list of trusted CAs cannot be read: %v", e.Err).
			WithHelp("give a CA file, or install the package ca-certificates"), true
	}
	if _, ok := errors.AsType[x509.UnhandledCriticalExtension](err); ok {
		return found(CodeWrongUsage, "%s has a critical extension that is not supported here", who), true
	}
	if _, ok := errors.AsType[x509.InsecureAlgorithmError](err); ok {
		return found(CodeWeak, "%s is signed with an algorithm that is no longer secure", who), true
	}
	return diag.Diagnostic{}, false
}

func trustHelp(side Side) string {
	if side == AsServer {
		return "add the CA that issues the clients' certificates to ssl_certificate_authorities, or make the client's certificate with the CA that is there: sluice certs client NAME"
	}
	return "set ssl_certificate_authorities (cacert) to the ca.crt of whoever made the server's certificate; if an intermediate CA issued it, the server has to send that one, too"
}

func wrongName(c *x509.Certificate, host string) diag.Diagnostic {
	names := namesOf(c)
	if len(names) == 0 {
		return found(CodeWrongName, "the server's certificate has no subject alternative name, only the common name %s, and current TLS software looks only at the former; it was asked for as %s", nameOf(c), printable(host)).
			WithHelp("make a certificate with alternative names: sluice certs --server %s; until then ssl_verification_mode => certificate checks the chain without the name", printable(host))
	}
	return found(CodeWrongName, "the server is asked for as %s, but its certificate is for %s", printable(host), listWords(names)).
		WithHelp("use one of its names in the URL, or make a certificate for this one: sluice certs --server %s", printable(host))
}

func invalid(e x509.CertificateInvalidError, who string) diag.Diagnostic {
	if e.Cert != nil {
		who += " (" + nameOf(e.Cert) + ")"
		if e.Cert.IsCA {
			who = "the CA " + nameOf(e.Cert)
		}
	}
	switch e.Reason {
	case x509.Expired: // also for not yet valid; the details say at which time it was looked at
		if e.Cert != nil {
			now := time.Now()
			if _, after, ok := strings.Cut(e.Detail, "current time "); ok {
				stamp, _, _ := strings.Cut(after, " ")
				if t, err := time.Parse(time.RFC3339, stamp); err == nil {
					now = t
				}
			}
			if list := validity(e.Cert, diag.Span{}, who, now); list.Err() != nil {
				return list[0]
			}
		}
		return found(CodeExpired, "%s has expired or is not yet valid", who)
	case x509.IncompatibleUsage:
		use := "neither server nor client"
		if e.Cert != nil && usesOf(e.Cert) != "" {
			use = usesOf(e.Cert)
		}
		return found(CodeWrongUsage, "%s may not be used here: it is made for use as %s", who, use).
			WithHelp("the files of a server and of a client have perhaps been swapped")
	case x509.NotAuthorizedToSign:
		return found(CodeWrongUsage, "%s was issued by a certificate that is no CA", who).
			WithHelp("give the certificate of the CA itself as CA file")
	}
	return found(CodeHandshake, "%s is not valid: %v", who, bare(e))
}

// explainAlert is for what the other side has refused (RFC 8446, 6). Go keeps the alert's
// number to itself, so its text decides.
func explainAlert(side Side, err error) (diag.Diagnostic, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return diag.Diagnostic{}, false
	}
	alert := bare(op.Err)
	mine := "the client certificate of this side"
	trust := "give the server's side the CA that issued it"
	if side == AsServer {
		mine = "this server's certificate"
		trust = "give the client the ca.crt of the CA that issued it (ssl_certificate_authorities, cacert)"
	}
	refused := func(why, help string) (diag.Diagnostic, bool) {
		return found(CodeRejected, "the %s refuses %s: %s", side.other(), mine, why).WithHelp("%s", help), true
	}
	switch alert {
	case "certificate required":
		return found(CodeCertificateRequired, "the server demands a client certificate, and none was sent").
			WithHelp("give a client certificate and key (client_cert and client_key, ssl_certificate and ssl_key), issued by a CA that the server trusts"), true
	case "unknown certificate authority":
		return refused("it does not trust the CA that issued it", trust)
	case "expired certificate":
		return refused("it has expired by the other side's clock", "renew it, or put the other side's clock right")
	case "revoked certificate":
		return refused("it has been revoked", "make a new one")
	case "unsupported certificate":
		return refused("its kind of key or its usage does not suit", "check that the certificate is for this use (sluice certs check FILE), and try an RSA key")
	case "bad certificate":
		if side == AsClient {
			// TLS 1.2 servers say this also for a missing certificate.
			return refused("it was missing or is not good for it", "check that a client certificate is set and that the server trusts its CA; the reason is in the server's log")
		}
		return refused("it is not good for it", "the client checks it against other CAs or for another name; "+trust)
	case "unknown certificate", "access denied", "error decrypting message":
		if side == AsServer {
			return refused("it does not accept it ("+alert+")", "the client checks it against other CAs or for another name; "+trust)
		}
		return refused("it does not accept it ("+alert+")", "the reason is in the server's log; "+trust)
	case "protocol version not supported", "insufficient security level", "inappropriate fallback", "no application protocol":
		return found(CodeNoCommon, "the %s has no TLS version or cipher suite in common with this side (%s)", side.other(), alert).
			WithHelp("allow TLSv1.2 and TLSv1.3 on both sides and remove restrictions of cipher suites"), true
	case "handshake failure":
		d := found(CodeNoCommon, "the %s broke off the handshake: no cipher suite in common, or it wants a client certificate", side.other())
		return d.WithHelp("remove restrictions of cipher suites on both sides; check whether the server demands a client certificate; an EC key may not be supported there, try RSA"), true
	case "unrecognized name":
		return found(CodeWrongName, "the server knows no site of the name it was asked for").
			WithHelp("check the host in the URL"), true
	}
	return found(CodeHandshake, "the %s broke off the connection: %s", side.other(), printable(alert)).
		WithHelp("the reason is in the log of the other side"), true
}

// explainNotTLS is for the answers of other protocols.
func explainNotTLS(side Side, err error) (diag.Diagnostic, bool) {
	e, ok := errors.AsType[tls.RecordHeaderError](err)
	if !ok {
		if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
			return notTLS(side, []byte("HTTP/")), true
		}
		return diag.Diagnostic{}, false
	}
	if strings.Contains(e.Msg, "unsupported SSLv2") {
		return found(CodeNoCommon, "the %s greets with SSLv2, which is from 1995", side.other()), true
	}
	return notTLS(side, e.RecordHeader[:]), true
}

// notTLS names the protocol that text is the beginning of.
func notTLS(side Side, text []byte) diag.Diagnostic {
	s := string(text)
	line, _, _ := strings.Cut(s, "\n")
	shown := printable(strings.TrimSpace(line))
	switch {
	case side == AsServer && len(s) >= 2 && (s[0] == '1' || s[0] == '2') && strings.ContainsRune("WJDCA", rune(s[1])):
		return found(CodeNotTLS, "the client sends Lumberjack (Beats) without TLS to a TLS port").
			WithHelp("switch TLS on in the client (ssl.enabled in Filebeat), or off here (ssl_enabled => false)")
	case side == AsServer && startsWithMethod(s):
		return found(CodeNotTLS, "the client sends plain HTTP to a TLS port").
			WithHelp("use https:// in the client's URL, or switch TLS off here (ssl_enabled => false)")
	case strings.HasPrefix(s, "HTTP/"):
		return found(CodeNotTLS, "the server speaks plain HTTP on this port, not TLS: it answered %q", shown).
			WithHelp("use http:// in the URL, or switch TLS on at the server (ssl_enabled => true)")
	case strings.HasPrefix(s, "SSH-"):
		return found(CodeNotTLS, "this is an SSH port: it answered %q", shown).WithHelp("check the port")
	case strings.HasPrefix(s, "220 ") || strings.HasPrefix(s, "220-"):
		return found(CodeNotTLS, "this is a mail or FTP port: it answered %q", shown).WithHelp("check the port")
	}
	return found(CodeNotTLS, "the %s does not speak TLS on this port: it sent %q (bytes % x)", side.other(), shown, text[:min(len(text), 16)]).
		WithHelp("check the port, and whether TLS is switched on at both sides")
}

func startsWithMethod(s string) bool {
	for _, m := range []string{"GET /", "POST ", "PUT /", "HEAD ", "DELET", "PATCH", "OPTIO", "CONNE"} {
		if strings.HasPrefix(s, m) {
			return true
		}
	}
	return false
}

// explainConnection is for connections that do not come about or break.
func explainConnection(err error) (diag.Diagnostic, bool) {
	address := ""
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Addr != nil {
		address = op.Addr.String() + " "
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return found(CodeUnknownHost, "the name %s cannot be resolved", printable(e.Name)).
				WithHelp("check its spelling, and the DNS servers of this machine"), true
		}
		return found(CodeUnknownHost, "the name %s cannot be resolved: the DNS server does not answer (%s)", printable(e.Name), printable(e.Err)).
			WithHelp("check the DNS servers of this machine, and the way to them"), true
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return found(CodeRefused, "%srefuses the connection: nothing listens on that port", address).
			WithHelp("start the receiver, check its port, and that it does not listen on 127.0.0.1 only"), true
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return found(CodeUnreachable, "there is no way to %s(%v)", address, errnoOf(err)).
			WithHelp("check the address, the default route and the interface"), true
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT), isTimeout(err):
		return found(CodeUnreachable, "%sdid not answer in time", address).
			WithHelp("a firewall may drop the packets, the address may be wrong, or the port speaks another protocol than TLS"), true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return found(CodeClosed, "%sthe other side closed the connection without a reason", address).
			WithHelp("check that the port is a TLS port; a server that demands a client certificate may close like this, too; its log tells"), true
	}
	return diag.Diagnostic{}, false
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

func errnoOf(err error) error {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e
	}
	return fmt.Errorf("%s", printable(err.Error()))
}
