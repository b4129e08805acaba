package pki

import (
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/internal/diag"
)

// Report is what a check has seen and what is wrong.
type Report struct {
	Facts    []string  `json:"facts"`
	Findings diag.List `json:"findings"`
}

// Text gives the report for people.
func (r Report) Text(style diag.Style) string {
	var b strings.Builder
	for _, fact := range r.Facts {
		b.WriteString(fact + "\n")
	}
	if len(r.Facts) > 0 && len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(r.Findings.Text(style))
	return b.String()
}

// Files are paths for CheckFiles; empty ones are left out.
type Files struct {
	Certificate, Key, CA string
	Passphrase           string
	Now                  time.Time // the zero Time means the present
}

// CheckFiles looks at a certificate, its key and its CA: whether each can be read, is what
// it should be, and is valid; whether the key fits and the CA issued the certificate.
func CheckFiles(f Files) Report {
	var r Report
	s := set{report: &r, now: presentUnless(f.Now)}
	read := func(path string) *diag.Source {
		if path == "" {
			return nil
		}
		src, err := ReadText(path)
		r.Findings.AddError(CodeUnreadable, diag.Span{}, err)
		return src
	}
	if src := read(f.Certificate); src != nil {
		s.addCertificates(src)
	}
	if src := read(f.Key); src != nil {
		s.addKey(src, f.Passphrase)
		s.checkMode(f.Key)
	}
	if src := read(f.CA); src != nil {
		s.addCAs(src)
	}
	s.check()
	return r
}

// CheckTexts looks at any number of PEM texts and finds out by itself which is what, as
// for the entries of a files.yml or the files of a folder. Several servers and clients
// may be among them.
func CheckTexts(texts []*diag.Source, passphrase string, now time.Time) Report {
	var r Report
	s := set{report: &r, now: presentUnless(now)}
	for _, src := range texts {
		blocks, problems := scanPEM(src)
		keys, certificates := false, false
		for _, b := range blocks {
			keys = keys || b.isKey()
			certificates = certificates || b.Type == "CERTIFICATE"
		}
		switch {
		case len(problems) > 0:
			r.Findings.Add(problems...)
		case !keys && !certificates:
			r.Findings.Add(wrongKind(src, blocks, "a certificate or a key"))
		}
		if len(problems) > 0 {
			continue
		}
		if certificates {
			s.addUnsorted(src)
		}
		if keys {
			s.addKey(src, passphrase)
		}
	}
	s.check()
	return r
}

// CheckPaths is CheckTexts for files; a folder stands for the certificates and keys in it.
func CheckPaths(paths []string, passphrase string, now time.Time) Report {
	var texts []*diag.Source
	var problems diag.List
	var modes Report
	s := set{report: &modes}
	for _, path := range expand(paths) {
		src, err := ReadText(path)
		if err != nil {
			problems.AddError(CodeUnreadable, diag.Span{}, err)
			continue
		}
		texts = append(texts, src)
		if strings.Contains(src.Text, "PRIVATE KEY-----") {
			s.checkMode(path)
		}
	}
	r := CheckTexts(texts, passphrase, now)
	r.Findings = append(append(problems, r.Findings...), modes.Findings...)
	return r
}

// expand replaces folders by the PEM files in them.
func expand(paths []string) []string {
	var all []string
	for _, path := range paths {
		entries, err := os.ReadDir(path)
		if err != nil { // a file, or missing, which reading it will tell
			all = append(all, path)
			continue
		}
		before := len(all)
		for _, e := range entries {
			if IsPEMName(e.Name()) && !strings.HasPrefix(e.Name(), ".") {
				all = append(all, filepath.Join(path, e.Name()))
			}
		}
		if len(all) == before {
			all = append(all, path) // reading it tells that it is a folder
		}
	}
	return all
}

// IsPEMName tells whether a file of this name is meant to be a PEM file.
func IsPEMName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".crt", ".cer", ".cert", ".pem", ".key", ".ca":
		return true
	}
	return false
}

func presentUnless(t time.Time) time.Time {
	if t.IsZero() {
		return time.Now()
	}
	return t
}

// set is what is checked together.
type set struct {
	report *Report
	now    time.Time
	leaves []entry
	cas    []certificate
	keys   []keyEntry
}

type entry struct {
	name  string
	chain []certificate
}

type keyEntry struct {
	name string
	key  crypto.Signer
	at   diag.Span
}

func (s *set) find(d ...diag.Diagnostic) { s.report.Findings.Add(d...) }

func (s *set) addCertificates(src *diag.Source) {
	chain, problems := parseCertificates(src)
	s.find(problems...)
	if len(chain) > 0 {
		s.leaves = append(s.leaves, entry{src.Name, chain})
		s.look(src.Name, chain)
	}
}

func (s *set) addCAs(src *diag.Source) {
	chain, problems := parseCertificates(src)
	s.find(problems...)
	s.look(src.Name, chain)
	for _, c := range chain {
		if !c.IsCA && !selfSigned(c.Certificate) {
			s.find(diag.New(CodeWrongUsage, c.at, "%s should hold a CA, but %s is no CA certificate", src.Name, nameOf(c.Certificate)).
				WithHelp("give the ca.crt of %s, which issued it", issuerOf(c.Certificate)))
			continue
		}
		s.cas = append(s.cas, c)
	}
}

// addUnsorted takes a file that begins with a CA for a CA file.
func (s *set) addUnsorted(src *diag.Source) {
	chain, problems := parseCertificates(src)
	if len(problems) == 0 && len(chain) > 0 && chain[0].IsCA {
		s.addCAs(src)
		return
	}
	s.addCertificates(src)
}

func (s *set) addKey(src *diag.Source, passphrase string) {
	key, problems := parseKey(src, passphrase)
	s.find(problems...)
	if key != nil {
		s.keys = append(s.keys, keyEntry{src.Name, key, keyPlace(src)})
	}
}

// keyPlace is where the first private key of a text begins.
func keyPlace(src *diag.Source) diag.Span {
	blocks, _ := scanPEM(src)
	for _, b := range blocks {
		if b.isKey() {
			return b.at
		}
	}
	return src.At(0, 0)
}

// look tells what the certificates are and whether they are valid now.
func (s *set) look(name string, chain []certificate) {
	for _, c := range chain {
		s.report.Facts = append(s.report.Facts, name+": "+describe(c.Certificate))
		s.find(validity(c.Certificate, c.at, name+" ("+nameOf(c.Certificate)+")", s.now)...)
		s.find(weaknesses(c.Certificate, c.at, name)...)
	}
}

func weaknesses(c *x509.Certificate, at diag.Span, name string) (list diag.List) {
	if k, ok := c.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < 2048 {
		list.Add(diag.New(CodeWeak, at, "%s (%s) has an RSA key of only %d bits", name, nameOf(c), k.N.BitLen()).
			WithHelp("make a new certificate with a key of 2048 bits or more"))
	}
	if !selfSigned(c) && (c.SignatureAlgorithm == x509.SHA1WithRSA || c.SignatureAlgorithm == x509.ECDSAWithSHA1) {
		list.Add(diag.New(CodeWeak, at, "%s (%s) is signed with SHA-1, which TLS software refuses", name, nameOf(c)).
			WithHelp("make a new certificate; openssl signs with SHA-256 by default"))
	}
	return list
}

func (s *set) checkMode(path string) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0 {
		s.find(diag.New(CodeExposedKey, diag.Span{}, "every user of this machine may read the private key %s (mode %04o)", path, info.Mode().Perm()).
			WithHelp("chmod 600 %s", path))
	}
}

// check looks at what belongs together.
func (s *set) check() {
	used := make([]bool, len(s.leaves))
	for _, k := range s.keys {
		s.matchKey(k, used)
	}
	if len(s.cas) == 0 {
		return
	}
	var roots []*x509.Certificate
	for _, c := range s.cas {
		roots = append(roots, c.Certificate)
	}
	for _, l := range s.leaves {
		var rest []*x509.Certificate
		for _, c := range l.chain[1:] {
			rest = append(rest, c.Certificate)
		}
		first := l.chain[0]
		if d, ok := issuedBy(first.Certificate, rest, roots, l.name, "the CA file"); !ok {
			d.At = first.at
			s.find(d)
		} else {
			s.report.Facts = append(s.report.Facts, l.name+": its CA "+issuerOf(last(first.Certificate, rest))+" is given")
		}
	}
}

func last(leaf *x509.Certificate, rest []*x509.Certificate) *x509.Certificate {
	for _, c := range rest {
		if !selfSigned(c) {
			leaf = c
		}
	}
	return leaf
}

// matchKey finds the certificate of a key.
func (s *set) matchKey(k keyEntry, used []bool) {
	public, _ := k.key.Public().(interface{ Equal(crypto.PublicKey) bool })
	for i, l := range s.leaves {
		if public.Equal(l.chain[0].PublicKey) {
			used[i] = true
			s.report.Facts = append(s.report.Facts, k.name+": the key of "+l.name)
			return
		}
	}
	for _, c := range s.cas {
		if public.Equal(c.PublicKey) {
			s.report.Facts = append(s.report.Facts, k.name+": the key of the CA "+nameOf(c.Certificate))
			return
		}
	}
	for _, l := range s.leaves {
		if len(s.leaves) == 1 && len(s.keys) == 1 || stem(l.name) == stem(k.name) {
			d, _ := fits(l.chain, k.key, l.name, k.name)
			s.find(d.WithRelated(k.at, "the key is here"))
			return
		}
	}
	if len(s.leaves)+len(s.cas) > 0 && s.report.Findings.Err() == nil { // what cannot be read may be its certificate
		s.find(diag.New(CodeUnrelated, k.at, "the key %s (%s) belongs to none of the certificates given", k.name, keyWords(k.key.Public())).
			WithHelp("give its certificate, too, or leave it out"))
	}
}

// stem gives what the names of a certificate and of its key have in common.
func stem(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, filepath.Ext(name)), "_pk8")
}

// issuedBy tells whether one of roots issued leaf, directly or through rest; when roots is
// nil, the system's CAs are meant. Dates are left out. from is what roots are called.
func issuedBy(leaf *x509.Certificate, rest, roots []*x509.Certificate, who, from string) (diag.Diagnostic, bool) {
	options := x509.VerifyOptions{Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	for _, c := range rest {
		options.Intermediates.AddCert(c)
	}
	if roots != nil {
		options.Roots = x509.NewCertPool()
		for _, c := range roots {
			options.Roots.AddCert(c)
		}
	}
	options.CurrentTime = leaf.NotBefore
	_, err := leaf.Verify(options)
	if e, ok := err.(x509.CertificateInvalidError); err == nil || ok && e.Reason == x509.Expired {
		// Leaf is valid at that moment, so what is not is a CA whose signature fits.
		return diag.Diagnostic{}, true
	}
	top := topOf(leaf, rest)
	issuer := issuerOf(top)
	var names []string
	for _, c := range roots {
		if string(c.RawSubject) == string(top.RawIssuer) && top.CheckSignatureFrom(c) != nil {
			return found(CodeUnknownCA, "%s was issued by a CA called %s, but not by the one of that name in %s: its key is another", who, issuer, from).
				WithHelp("the CA was probably made anew; use ca.crt and certificates of the same run"), false
		}
		names = append(names, nameOf(c))
	}
	given := "none of the CAs that this system trusts"
	if roots != nil {
		given = "not " + cmp.Or(listWords(names), "a CA") + ", which " + from + " holds"
	}
	switch {
	case errors.As(err, new(x509.CertificateInvalidError)):
		return found(CodeWrongUsage, "%s (%s) has a chain that is not valid: %s", who, nameOf(leaf), bare(err)), false
	case selfSigned(leaf):
		return found(CodeUnknownCA, "%s (%s) was issued by itself, %s", who, nameOf(leaf), given).
			WithHelp("if that is on purpose, give this certificate itself as the CA file"), false
	case len(rest) == 0 && len(leaf.IssuingCertificateURL) > 0:
		return found(CodeIncomplete, "%s (%s) was issued by the intermediate CA %s, which is not sent along, and by %s", who, nameOf(leaf), issuer, given).
			WithHelp("put the intermediate certificates behind the certificate in its file, or give the CA file of %s", issuer), false
	}
	return found(CodeUnknownCA, "%s (%s) was issued by %s, %s", who, nameOf(leaf), issuer, given).
		WithHelp("use the ca.crt of %s; if it is an intermediate CA, its certificate has to stand behind the certificate in the same file", issuer), false
}

// topOf follows the issuers of leaf through rest as far as they go.
func topOf(leaf *x509.Certificate, rest []*x509.Certificate) *x509.Certificate {
	top := leaf
	for range rest {
		for _, c := range rest {
			if c != top && !selfSigned(top) && string(c.RawSubject) == string(top.RawIssuer) && top.CheckSignatureFrom(c) == nil {
				top = c
				break
			}
		}
	}
	return top
}
