package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/argon2"
)

// Keystore is a file of named secrets: a JSON object with how it is encrypted and, as
// AES-256-GCM, a JSON object of names and values. The key is made of a password with
// Argon2id (RFC 9106). Without a password the file is as secret as its permissions
// (0600) make it, as Logstash's is.
type Keystore struct {
	file     string
	password string
	values   map[string]string
}

// sealed is the file.
type sealed struct {
	Format string `json:"format"`
	Salt   []byte `json:"salt"`
	Time   uint32 `json:"argon2_time"`
	Memory uint32 `json:"argon2_memory_kib"`
	Nonce  []byte `json:"nonce"`
	Data   []byte `json:"data"`
}

const (
	keystoreFormat = "sluice keystore 1"
	maxKeystore    = 16 << 20

	// argonTime and argonMemory (KiB) are OWASP's for Argon2id; reading a keystore
	// takes about 30 ms. The most of each that a file may ask for keeps a made-up
	// file from taking the machine's memory.
	argonTime, argonMemory       = 2, 19 << 10
	mostArgonTime, mostArgonSize = 16, 1 << 20
)

// The reasons why a keystore does not open.
var (
	ErrNoKeystore    = errors.New("there is no keystore; make one with `sluice keystore create`")
	ErrWrongPassword = errors.New("the password is wrong, or the file has been changed; the password is taken from LOGSTASH_KEYSTORE_PASS")
)

// CreateKeystore returns an empty keystore. Save writes it.
func CreateKeystore(file, password string) *Keystore {
	return &Keystore{file: file, password: password, values: map[string]string{}}
}

// OpenKeystore reads a keystore. The error is ErrNoKeystore, ErrWrongPassword, or that
// the file cannot be read or is none.
func OpenKeystore(file, password string) (*Keystore, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNoKeystore
	case err != nil:
		return nil, err
	case info.Size() > maxKeystore:
		return nil, fmt.Errorf("%s is too large for a keystore", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var s sealed
	if err := json.Unmarshal(text, &s); err != nil || s.Format != keystoreFormat {
		return nil, fmt.Errorf("%s is not a keystore of this program", file)
	}
	if s.Time < 1 || s.Time > mostArgonTime || s.Memory < 8 || s.Memory > mostArgonSize || len(s.Nonce) != 12 || len(s.Salt) < 8 {
		return nil, fmt.Errorf("%s is damaged", file)
	}
	box, err := s.box(password)
	if err != nil {
		return nil, err
	}
	plain, err := box.Open(nil, s.Nonce, s.Data, []byte(s.Format))
	if err != nil {
		return nil, ErrWrongPassword
	}
	k := CreateKeystore(file, password)
	if err := json.Unmarshal(plain, &k.values); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", file, err)
	}
	return k, nil
}

func (s *sealed) box(password string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(argon2.IDKey([]byte(password), s.Salt, s.Time, s.Memory, 1, 32))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Save writes the keystore: after a crash the file is the old or the new one.
func (k *Keystore) Save() error {
	s := sealed{Format: keystoreFormat, Salt: make([]byte, 16), Time: argonTime, Memory: argonMemory, Nonce: make([]byte, 12)}
	rand.Read(s.Salt)
	rand.Read(s.Nonce)
	box, err := s.box(k.password)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(k.values)
	if err != nil {
		return err
	}
	s.Data = box.Seal(nil, s.Nonce, plain, []byte(s.Format))
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(k.file, append(text, '\n'))
}

// replaceFile writes a file of mode 0600 beside the old one and puts it into its place.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // is 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	if d, err := os.Open(filepath.Dir(name)); err == nil {
		_ = d.Sync() // not all systems sync folders; the file itself is complete
		d.Close()
	}
	return nil
}

// Set gives a name its value.
func (k *Keystore) Set(name string, value Text) { k.values[name] = value.Reveal() }

// Remove takes a name out, and tells whether it was there.
func (k *Keystore) Remove(name string) bool {
	_, ok := k.values[name]
	delete(k.values, name)
	return ok
}

// Has tells whether there is a value.
func (k *Keystore) Has(name string) bool {
	_, ok := k.values[name]
	return ok
}

// Names returns all names, sorted.
func (k *Keystore) Names() []string { return slices.Sorted(maps.Keys(k.values)) }

// Lookup finds a value: it is a Variables.
func (k *Keystore) Lookup(name string) (string, bool) {
	v, ok := k.values[name]
	return v, ok
}
