package pki

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"sluice/internal/diag"
)

// maxFile is the most that is read of a certificate or key file, in bytes. The bundle of
// all public CAs is a quarter of a megabyte.
const maxFile = 4 << 20

// ReadText reads a PEM file as a source for diagnostics. The error is a diag.List whose
// diagnostic has no place; a caller that knows where the path was written can add it.
func ReadText(path string) (*diag.Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, diag.List{unreadable(path, err)}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, diag.List{unreadable(path, err)}
	}
	if len(text) > maxFile {
		return nil, diag.List{diag.New(CodeUnreadable, diag.Span{}, "%s is larger than %d MiB, too large for certificates", path, maxFile>>20)}
	}
	return diag.NewSource(path, string(text)), nil
}

func unreadable(path string, err error) diag.Diagnostic {
	d := diag.New(CodeUnreadable, diag.Span{}, "cannot read %s: %v", path, reason(err))
	switch {
	case path == "":
		return diag.New(CodeUnreadable, diag.Span{}, "the path of a certificate or key file is empty")
	case errors.Is(err, fs.ErrNotExist):
		return d.WithHelp("check the path; `sluice certs --server NAME` makes all files that are needed")
	case errors.Is(err, fs.ErrPermission):
		return d.WithHelp("let this user read it: chown the file to the user that runs the program, mode 0600")
	}
	return d
}

// LoadPair reads a certificate with its chain and the key that belongs to it; Leaf is
// set. The key may be PKCS#1, SEC 1 or PKCS#8, or encrypted with passphrase; both may
// stand in one file. Dates are not checked, because a clock may still be put right:
// CheckFiles does that. The error is a diag.List with everything that is wrong.
func LoadPair(certPath, keyPath, passphrase string) (tls.Certificate, error) {
	var problems diag.List
	cert, err := ReadText(certPath)
	problems.AddError(CodeUnreadable, diag.Span{}, err)
	key, err := ReadText(keyPath)
	problems.AddError(CodeUnreadable, diag.Span{}, err)
	if problems.Err() != nil {
		return tls.Certificate{}, problems
	}
	return ParsePair(cert, key, passphrase)
}

// ParsePair is LoadPair for texts that lie in memory, such as entries of a files.yml.
func ParsePair(cert, key *diag.Source, passphrase string) (tls.Certificate, error) {
	chain, problems := parseCertificates(cert)
	signer, more := parseKey(key, passphrase)
	problems.Add(more...)
	if problems.Err() != nil {
		return tls.Certificate{}, problems
	}
	if d, ok := fits(chain, signer, cert.Name, key.Name); !ok {
		return tls.Certificate{}, diag.List{d.WithRelated(keyPlace(key), "the key is here")}
	}
	pair := tls.Certificate{PrivateKey: signer, Leaf: chain[0].Certificate}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// LoadCAs reads the certificates of all files into one pool. The error is a diag.List.
func LoadCAs(paths []string) (*x509.CertPool, []*x509.Certificate, error) {
	pool := x509.NewCertPool()
	var all []*x509.Certificate
	var problems diag.List
	for _, path := range paths {
		src, err := ReadText(path)
		if err != nil {
			problems.AddError(CodeUnreadable, diag.Span{}, err)
			continue
		}
		chain, more := parseCertificates(src)
		problems.Add(more...)
		for _, c := range chain {
			pool.AddCert(c.Certificate)
			all = append(all, c.Certificate)
		}
	}
	return pool, all, problems.Err()
}

// certificate is a parsed certificate and where its text stands.
type certificate struct {
	*x509.Certificate
	at diag.Span
}

// parseCertificates reads all certificates of a PEM text, in their order.
func parseCertificates(src *diag.Source) ([]certificate, diag.List) {
	blocks, problems := scanPEM(src)
	var chain []certificate
	for _, b := range blocks {
		if b.Type != "CERTIFICATE" && b.Type != "X509 CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			problems.Add(diag.New(CodeDamaged, b.at, "this certificate cannot be read: %v", bare(err)).
				WithHelp("a part was changed or lost; copy the whole file again"))
			continue
		}
		chain = append(chain, certificate{c, b.at})
	}
	if len(chain) == 0 && len(problems) == 0 {
		problems.Add(wrongKind(src, blocks, "a certificate"))
	}
	return chain, problems
}

// parseKey reads the first private key of a PEM text.
func parseKey(src *diag.Source, passphrase string) (crypto.Signer, diag.List) {
	blocks, problems := scanPEM(src)
	for _, b := range blocks {
		if b.isKey() {
			key, d := keyOf(b, src.Name, passphrase)
			if d != nil {
				problems.Add(*d)
			}
			return key, problems
		}
	}
	if len(problems) == 0 {
		problems.Add(wrongKind(src, blocks, "a private key"))
	}
	return nil, problems
}

func wrongKind(src *diag.Source, blocks []block, wanted string) diag.Diagnostic {
	found := blocks[0]
	d := diag.New(CodeWrongKind, found.at, "%s holds %s where %s is needed", src.Name, article(found.Type), wanted)
	switch {
	case found.Type == "TRUSTED CERTIFICATE":
		return d.WithHelp("convert it: openssl x509 -in %s -out NEW.crt", src.Name)
	case strings.Contains(found.Type, "REQUEST"):
		return d.WithHelp("a CA has to issue the certificate that it asks for")
	case wanted == "a private key" && strings.Contains(found.Type, "CERTIFICATE"):
		return d.WithHelp("give the key file, whose name usually ends in .key; the two may have been swapped")
	case wanted == "a certificate" && found.isKey():
		return d.WithHelp("give the certificate file, whose name usually ends in .crt; the two may have been swapped")
	case strings.Contains(found.Type, "PUBLIC KEY"):
		return d.WithHelp("the private key is needed: its file begins with -----BEGIN PRIVATE KEY----- or alike")
	}
	return d
}

func keyOf(b block, name, passphrase string) (crypto.Signer, *diag.Diagnostic) {
	problem := func(code *diag.Code, format string, args ...any) *diag.Diagnostic {
		d := diag.New(code, b.at, format, args...)
		return &d
	}
	der, err := plainKey(b, passphrase)
	switch {
	case errors.Is(err, errUnsupported):
		d := problem(CodeUnsupportedKey, "%s: %v", name, err).WithHelp("encrypt it anew: openssl pkcs8 -topk8 -v2 aes256 -in %s -out NEW.key", name)
		return nil, &d
	case errors.Is(err, errPassphrase) && passphrase == "":
		d := problem(CodePassphrase, "%s is encrypted and no passphrase was given", name).
			WithHelp("give it with ssl_key_passphrase, or decrypt the key: openssl pkey -in %s -out NEW.key", name)
		return nil, &d
	case errors.Is(err, errPassphrase):
		d := problem(CodePassphrase, "the passphrase does not open %s", name).
			WithHelp("try it with: openssl pkey -in %s -noout", name)
		return nil, &d
	case err != nil:
		return nil, problem(CodeDamaged, "%s: %v", name, err)
	}
	key, err := anyKey(b.Type, der)
	if err != nil {
		encrypted := b.Type == "ENCRYPTED PRIVATE KEY" || b.Headers["DEK-Info"] != ""
		switch {
		case encrypted:
			return nil, problem(CodePassphrase, "the passphrase does not open %s, or the key is damaged", name)
		case b.Type == "OPENSSH PRIVATE KEY":
			d := problem(CodeWrongKind, "%s is an OpenSSH key, which TLS programs do not read", name).
				WithHelp("convert a copy of it: ssh-keygen -p -N '' -m PKCS8 -f COPY")
			return nil, &d
		}
		return nil, problem(CodeDamaged, "the key in %s cannot be read: %v", name, bare(err))
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return k, nil
	case *ecdsa.PrivateKey:
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	case *ecdh.PrivateKey:
		return nil, problem(CodeUnsupportedKey, "%s holds an X25519 key, which agrees on keys but cannot sign", name)
	}
	return nil, problem(CodeUnsupportedKey, "%s holds a %T, which TLS cannot use", name, key)
}

// plainKey returns the DER of a key block, decrypted where needed.
func plainKey(b block, passphrase string) ([]byte, error) {
	switch {
	case b.Type == "ENCRYPTED PRIVATE KEY":
		if passphrase == "" {
			return nil, errPassphrase
		}
		return decryptPKCS8(b.Bytes, passphrase)
	case b.Headers["DEK-Info"] != "":
		if passphrase == "" {
			return nil, errPassphrase
		}
		// The old encryption of openssl has no integrity check, which matters to those who
		// can make somebody decrypt many files; here the owner opens his own.
		//lint:ignore SA1019 such keys still exist
		der, err := x509.DecryptPEMBlock(b.Block, []byte(passphrase)) //nolint:staticcheck // as above
		if errors.Is(err, x509.IncorrectPasswordError) {
			return nil, errPassphrase
		}
		if err != nil {
			return nil, fmt.Errorf("%w (%v)", errUnsupported, bare(err))
		}
		return der, nil
	}
	return b.Bytes, nil
}

// anyKey tries the form that the block's type promises first and then the others,
// because files with the wrong label are common. The error is that of the first.
func anyKey(kind string, der []byte) (any, error) {
	pkcs1 := func() (any, error) { return x509.ParsePKCS1PrivateKey(der) }
	sec1 := func() (any, error) { return x509.ParseECPrivateKey(der) }
	pkcs8 := func() (any, error) { return x509.ParsePKCS8PrivateKey(der) }
	forms := []func() (any, error){pkcs8, pkcs1, sec1}
	switch kind {
	case "RSA PRIVATE KEY":
		forms = []func() (any, error){pkcs1, pkcs8, sec1}
	case "EC PRIVATE KEY":
		forms = []func() (any, error){sec1, pkcs8, pkcs1}
	}
	var first error
	for _, form := range forms {
		key, err := form()
		if err == nil {
			return key, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// fits tells whether key belongs to the first certificate of chain, and if not, why.
func fits(chain []certificate, key crypto.Signer, certName, keyName string) (diag.Diagnostic, bool) {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if ok && public.Equal(chain[0].PublicKey) {
		return diag.Diagnostic{}, true
	}
	for i, c := range chain {
		if ok && public.Equal(c.PublicKey) {
			return diag.New(CodeMismatch, chain[0].at, "the key %s fits certificate %d of %s (%s), but the first one is for %s", keyName, i+1, certName, nameOf(c.Certificate), nameOf(chain[0].Certificate)).
				WithHelp("put the certificate of the key first, then its intermediates, then the CA"), false
		}
	}
	return diag.New(CodeMismatch, chain[0].at, "the key %s (%s) does not fit the certificate %s (%s, for %s)",
		keyName, keyWords(key.Public()), certName, keyWords(chain[0].PublicKey), nameOf(chain[0].Certificate)).
		WithHelp("use the key that was made together with this certificate"), false
}

// kindOfDER tells what a DER file holds, or "" when it is nothing known.
func kindOfDER(der []byte) string {
	if _, err := x509.ParseCertificate(der); err == nil {
		return "CERTIFICATE"
	}
	if _, err := anyKey("PRIVATE KEY", der); err == nil {
		return "PRIVATE KEY"
	}
	var pfx struct { // RFC 7292, 4
		Version int
		Safe    asn1.RawValue
		Mac     asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(der, &pfx); err == nil && pfx.Version == 3 {
		return "PKCS12"
	}
	return ""
}

// bare removes the package prefix of Go's own errors.
func bare(err error) string {
	text := err.Error()
	for _, prefix := range []string{"x509: ", "tls: ", "asn1: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
