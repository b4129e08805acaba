package pki

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// An encrypted PKCS#8 key (RFC 5958, 3) with PBES2 (RFC 8018, 6.2): PBKDF2 makes a key
// of the passphrase, and AES or triple DES in CBC mode encrypts with it. This is what
// openssl has written for twenty years. The older PBES1 forms and scrypt are refused,
// with the command that converts them.

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
)

// maxIterations bounds the work that a hostile file can cause, to about a second. OpenSSL
// writes 2048 by default, and current advice for passwords is 600,000.
const maxIterations = 2_000_000

var (
	errPassphrase  = errors.New("the passphrase is wrong")
	errUnsupported = errors.New("the key is encrypted in a way that is not supported")
)

type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2Parameters struct {
	KDF    pkix.AlgorithmIdentifier
	Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Parameters struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// decryptPKCS8 returns the PKCS#8 DER in an encrypted one. The errors wrap errPassphrase
// or errUnsupported, or tell that the data are damaged.
func decryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	var outer encryptedKey
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return nil, errors.New("the encrypted key is damaged")
	}
	if !outer.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, fmt.Errorf("%w (algorithm %s, which is older than PBES2)", errUnsupported, outer.Algorithm.Algorithm)
	}
	var p pbes2Parameters
	if _, err := asn1.Unmarshal(outer.Algorithm.Parameters.FullBytes, &p); err != nil {
		return nil, errors.New("the encryption parameters of the key are damaged")
	}
	newCipher, keyLength, err := cipherFor(p.Cipher.Algorithm)
	if err != nil {
		return nil, err
	}
	key, err := derive(p.KDF, passphrase, keyLength)
	if err != nil {
		return nil, err
	}
	c, err := newCipher(key)
	if err != nil {
		return nil, err
	}
	var iv []byte
	if _, err := asn1.Unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil || len(iv) != c.BlockSize() ||
		len(outer.Data) == 0 || len(outer.Data)%c.BlockSize() != 0 {
		return nil, errors.New("the encrypted key is damaged")
	}
	plain := make([]byte, len(outer.Data))
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(plain, outer.Data)
	// A wrong passphrase gives random bytes, which the padding and the first byte of the
	// key's ASN.1 show in nearly all cases; parsing the key shows the rest.
	n := int(plain[len(plain)-1])
	if n == 0 || n > c.BlockSize() || !bytes.Equal(plain[len(plain)-n:], bytes.Repeat([]byte{byte(n)}, n)) || plain[0] != 0x30 {
		return nil, errPassphrase
	}
	return plain[:len(plain)-n], nil
}

func cipherFor(oid asn1.ObjectIdentifier) (func([]byte) (cipher.Block, error), int, error) {
	switch oid.String() {
	case "2.16.840.1.101.3.4.1.2":
		return aes.NewCipher, 16, nil
	case "2.16.840.1.101.3.4.1.22":
		return aes.NewCipher, 24, nil
	case "2.16.840.1.101.3.4.1.42":
		return aes.NewCipher, 32, nil
	case "1.2.840.113549.3.7":
		return des.NewTripleDESCipher, 24, nil
	}
	return nil, 0, fmt.Errorf("%w (cipher %s)", errUnsupported, oid)
}

func derive(kdf pkix.AlgorithmIdentifier, passphrase string, length int) ([]byte, error) {
	if kdf.Algorithm.Equal(oidScrypt) {
		return nil, fmt.Errorf("%w (scrypt)", errUnsupported)
	}
	var p pbkdf2Parameters
	if !kdf.Algorithm.Equal(oidPBKDF2) {
		return nil, fmt.Errorf("%w (key derivation %s)", errUnsupported, kdf.Algorithm)
	}
	if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &p); err != nil || p.Iterations < 1 || p.KeyLength != 0 && p.KeyLength != length {
		return nil, errors.New("the encryption parameters of the key are damaged")
	}
	if p.Iterations > maxIterations {
		return nil, fmt.Errorf("%w (%d iterations, more than %d)", errUnsupported, p.Iterations, maxIterations)
	}
	var prf func() hash.Hash
	switch p.PRF.Algorithm.String() {
	case "", "1.2.840.113549.2.7": // HMAC-SHA-1 is the default of RFC 8018
		prf = sha1.New
	case "1.2.840.113549.2.8":
		prf = sha256.New224
	case "1.2.840.113549.2.9":
		prf = sha256.New
	case "1.2.840.113549.2.10":
		prf = sha512.New384
	case "1.2.840.113549.2.11":
		prf = sha512.New
	default:
		return nil, fmt.Errorf("%w (pseudo-random function %s)", errUnsupported, p.PRF.Algorithm)
	}
	return pbkdf2.Key(prf, passphrase, p.Salt, p.Iterations, length)
}
