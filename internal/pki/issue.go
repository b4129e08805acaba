package pki

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"time"
)

// rsaBits is the length of RSA keys. 2048 bits are no longer recommended (BSI TR-02102-1
// asks for 3000 since 2024, NIST SP 800-57 for 3072 beyond 2030, which a CA of ten years
// reaches), and Java, which Logstash runs on, knows 3072 as long as it knows TLS 1.2. The
// price is one signature of about 2 ms per handshake, and connections are kept open.
const rsaBits = 3072

// backdate is how far before now a certificate begins, so that a machine whose clock is
// a little behind accepts it.
const backdate = time.Hour

// authority is a CA with its key.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newKey(ec bool) (crypto.Signer, error) {
	if ec {
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	return rsa.GenerateKey(rand.Reader, rsaBits)
}

func newSerial() (*big.Int, error) {
	// RFC 5280, 4.1.2.2: positive and at most 20 octets; 127 random bits are unique enough.
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	return n.Add(n, big.NewInt(1)), nil
}

// newAuthority makes a CA that may issue end certificates only. Its name has a part of
// the serial number, so that an error message can tell two CAs apart.
func newAuthority(key crypto.Signer, now time.Time, life time.Duration) (*authority, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: fmt.Sprintf("Sluice CA %X", serial.FillBytes(make([]byte, 16))[:4]), Organization: []string{"Sluice"}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(life),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the CA: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the CA: %w", err)
	}
	return &authority{certificate, key}, nil
}

// leaf says what an end certificate is for.
type leaf struct {
	name      string // common name
	usage     x509.ExtKeyUsage
	hosts     []string
	addresses []netip.Addr
}

// issue makes a certificate for key, which ends with the CA at the latest.
func (a *authority) issue(l leaf, key crypto.Signer, now time.Time, life time.Duration) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: l.name, Organization: []string{"Sluice"}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(life),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{l.usage},
		BasicConstraintsValid: true,
		DNSNames:              l.hosts,
	}
	if template.NotBefore.Before(a.certificate.NotBefore) {
		template.NotBefore = a.certificate.NotBefore
	}
	if template.NotAfter.After(a.certificate.NotAfter) {
		template.NotAfter = a.certificate.NotAfter
	}
	if _, isRSA := key.(*rsa.PrivateKey); isRSA {
		// Old TLS 1.2 clients exchange keys by RSA encryption and look for this bit.
		template.KeyUsage |= x509.KeyUsageKeyEncipherment
	}
	for _, address := range l.addresses {
		template.IPAddresses = append(template.IPAddresses, address.AsSlice())
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of %s: %w", cmp.Or(l.name, "the server"), err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of %s: %w", cmp.Or(l.name, "the server"), err)
	}
	return certificate, nil
}

func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// pkcs8PEM gives the form that every program reads.
func pkcs8PEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// traditionalPEM gives PKCS#1 for RSA and SEC 1 for EC, which some older programs want.
func traditionalPEM(key crypto.Signer) ([]byte, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}), nil
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(k)
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
	}
	return nil, fmt.Errorf("a %T has no traditional form", key)
}
