package pki

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"time"

	"sluice/internal/diag"
)

// nameOf gives what a person calls a certificate: its common name, else its first
// alternative name, else its whole subject.
func nameOf(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return printable(c.Subject.CommonName)
	}
	if names := namesOf(c); len(names) > 0 {
		return names[0]
	}
	return printable(cmp.Or(c.Subject.String(), "a certificate without a name"))
}

// namesOf gives the alternative names of a certificate that a host can have.
func namesOf(c *x509.Certificate) []string {
	var names []string
	for _, name := range c.DNSNames {
		names = append(names, printable(name))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// issuerOf gives the name of who issued a certificate.
func issuerOf(c *x509.Certificate) string {
	return printable(cmp.Or(c.Issuer.CommonName, c.Issuer.String(), "a CA without a name"))
}

// printable keeps names from hostile certificates short and free of control characters.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > 100 {
		s = string(r[:100]) + "…"
	}
	return s
}

// listWords gives at most eight names as text.
func listWords(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}

func keyWords(public crypto.PublicKey) string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d bits", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "EC " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return fmt.Sprintf("%T", public)
}

func selfSigned(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// describe gives one line about a certificate.
func describe(c *x509.Certificate) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", nameOf(c))
	if c.IsCA {
		b.WriteString(", a CA")
	}
	if names := namesOf(c); len(names) > 0 {
		fmt.Fprintf(&b, ", for %s", listWords(names))
	}
	if uses := usesOf(c); uses != "" {
		fmt.Fprintf(&b, ", %s", uses)
	}
	if selfSigned(c) {
		b.WriteString(", issued by itself")
	} else {
		fmt.Fprintf(&b, ", issued by %s", issuerOf(c))
	}
	fmt.Fprintf(&b, ", valid %s to %s, %s", day(c.NotBefore), day(c.NotAfter), keyWords(c.PublicKey))
	return b.String()
}

func usesOf(c *x509.Certificate) string {
	server, client := mayBe(c, x509.ExtKeyUsageServerAuth), mayBe(c, x509.ExtKeyUsageClientAuth)
	switch {
	case c.IsCA || len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0:
		return ""
	case server && client:
		return "server and client"
	case server:
		return "server"
	case client:
		return "client"
	}
	return "neither server nor client"
}

// mayBe tells whether the extended key usage of a certificate allows a use; without that
// extension everything is allowed (RFC 5280, 4.2.1.12).
func mayBe(c *x509.Certificate, use x509.ExtKeyUsage) bool {
	if len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(c.ExtKeyUsage, use) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// soon is how long before its end a certificate is reported.
const soon = 30 * 24 * time.Hour

// validity tells whether a certificate is valid at now, and whether it ends soon. what is
// what the user calls it.
func validity(c *x509.Certificate, at diag.Span, what string, now time.Time) diag.List {
	switch {
	case now.After(c.NotAfter):
		return diag.List{diag.New(CodeExpired, at, "%s expired on %s, %s ago", what, instant(c.NotAfter), span(now.Sub(c.NotAfter))).
			WithHelp("%s; the clock here says %s", renewal(c), instant(now))}
	case now.Before(c.NotBefore):
		return diag.List{diag.New(CodeNotYetValid, at, "%s is not valid before %s, %s from now", what, instant(c.NotBefore), span(c.NotBefore.Sub(now))).
			WithHelp("probably a clock is wrong: it is %s here; compare with the machine that made the certificate", instant(now))}
	case c.NotAfter.Sub(now) < soon && c.NotAfter.Sub(c.NotBefore) > 2*soon:
		// Certificates that live for days are renewed by a program and always end soon.
		return diag.List{diag.New(CodeExpiresSoon, at, "%s expires on %s, in %s", what, instant(c.NotAfter), span(c.NotAfter.Sub(now))).
			WithHelp("%s; new files in the same place are picked up without a restart", renewal(c))}
	}
	return nil
}

// outOfDate warns of certificates of a file that have expired, will soon, or are not valid
// yet. They can be used all the same, and it is the other side that refuses them.
func outOfDate(path string, now time.Time) (list diag.List) {
	src, err := ReadText(path)
	if err != nil {
		return nil // reading the file has told it
	}
	chain, _ := parseCertificates(src)
	for _, c := range chain {
		for _, d := range validity(c.Certificate, c.at, path+" ("+nameOf(c.Certificate)+")", now) {
			if d.Code.Severity == diag.Error {
				d.Code = CodeOutOfDate
			}
			list.Add(d)
		}
	}
	return list
}

func renewal(c *x509.Certificate) string {
	switch {
	case c.IsCA:
		return "make a new CA and new certificates: sluice certs --dir NEWFOLDER --server NAME"
	case !mayBe(c, x509.ExtKeyUsageServerAuth):
		return "make a new one with the same CA: sluice certs client NAME"
	case !mayBe(c, x509.ExtKeyUsageClientAuth):
		return "make a new one with the same CA: sluice certs server NAME"
	}
	return "renew it"
}

// span gives a duration in the largest unit that says enough.
func span(d time.Duration) string {
	count := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d >= 48*time.Hour:
		return count(int(d/(24*time.Hour)), "day")
	case d >= 2*time.Hour:
		return count(int(d/time.Hour), "hour")
	case d >= 2*time.Minute:
		return count(int(d/time.Minute), "minute")
	}
	return count(int(d/time.Second), "second")
}

// subjectName gives the common name in the DER of a subject, else the whole subject.
func subjectName(der []byte) string {
	var rdn pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &rdn); err != nil {
		return "a CA whose name cannot be read"
	}
	var name pkix.Name
	name.FillFromRDNSequence(&rdn)
	return printable(cmp.Or(name.CommonName, name.String(), "a CA without a name"))
}
