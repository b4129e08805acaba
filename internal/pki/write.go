package pki

import (
	"crypto"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sluice/internal/diag"
)

const (
	publicMode fs.FileMode = 0o644
	secretMode fs.FileMode = 0o600
)

// writer collects files and writes them as one: all of them or none.
type writer struct {
	files []file
	err   error
}

type file struct {
	name string
	text []byte
	mode fs.FileMode
}

func (w *writer) add(name string, text []byte, mode fs.FileMode) {
	w.files = append(w.files, file{name, text, mode})
}

func (w *writer) addKey(name string, key crypto.Signer, form func(crypto.Signer) ([]byte, error)) {
	text, err := form(key)
	w.err = errors.Join(w.err, err)
	w.add(name, text, secretMode)
}

func (w *writer) addServer(stem string, c *x509.Certificate, key crypto.Signer) {
	w.add(stem+".crt", certificatePEM(c), publicMode)
	w.addKey(stem+".key", key, traditionalPEM)
	w.addKey(stem+"_pk8.key", key, pkcs8PEM)
}

func (w *writer) addClient(stem string, c *x509.Certificate, key crypto.Signer) {
	w.add(stem+".crt", certificatePEM(c), publicMode)
	w.addKey(stem+".key", key, pkcs8PEM)
}

// write puts the files into dir and returns their names. Each is written beside its
// place, synced, and then linked to its name: a reader sees a whole file or none, and an
// existing file is never replaced, not even one that appears at this moment.
func (w *writer) write(dir string) (names []string, err error) {
	if w.err != nil {
		return nil, failed(w.err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, cannotWrite(dir, err)
	}
	var temporary, placed []string
	defer func() {
		for _, path := range temporary {
			os.Remove(path)
		}
		if err != nil {
			names = nil
			for _, path := range placed {
				os.Remove(path)
			}
		}
	}()
	for _, f := range w.files {
		path, err := writeTemporary(dir, f)
		if path != "" {
			temporary = append(temporary, path)
		}
		if err != nil {
			return nil, cannotWrite(filepath.Join(dir, f.name), err)
		}
	}
	for i, f := range w.files {
		path := filepath.Join(dir, f.name)
		if err := place(temporary[i], path); errors.Is(err, fs.ErrExist) {
			return nil, refusal([]string{path})
		} else if err != nil {
			return nil, cannotWrite(path, err)
		}
		names, placed = append(names, f.name), append(placed, path)
	}
	return names, syncFolder(dir)
}

func writeTemporary(dir string, f file) (path string, err error) {
	t, err := os.CreateTemp(dir, "."+f.name+".*") // 0600 from the first byte on
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if _, err := t.Write(f.text); err != nil {
		return t.Name(), err
	}
	if err := t.Chmod(f.mode); err != nil {
		return t.Name(), err
	}
	return t.Name(), t.Sync()
}

// place gives a file its name unless that is taken. Some file systems know no hard
// links; there a check has to do.
func place(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return cannotWrite(dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return cannotWrite(dir, err)
	}
	return nil
}

func refuseExisting(dir string, names []string) error {
	var taken []string
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			taken = append(taken, filepath.Join(dir, name))
		}
	}
	if len(taken) > 0 {
		return refusal(taken)
	}
	return nil
}

func refusal(taken []string) error {
	return diag.List{diag.New(CodeExists, diag.Span{}, "nothing was written, because it would replace %s", strings.Join(taken, ", ")).
		WithHelp("use another folder (--dir), or move these files away; for one more client of the same CA: sluice certs client NAME")}
}

func cannotWrite(path string, err error) error {
	return diag.List{diag.New(CodeUnwritable, diag.Span{}, "cannot write %s: %v", path, reason(err)).
		WithHelp("check the folder, its owner and the space on the disk; nothing was left half-written")}
}

// reason strips the operation and the path that our own text already says.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// WriteSecret writes one new file with mode 0600, whole or not at all, and never over an
// existing one. The error is a diag.List.
func WriteSecret(path string, text []byte) error {
	var w writer
	w.add(filepath.Base(path), text, secretMode)
	_, err := w.write(filepath.Dir(path))
	return err
}

// RefuseExisting gives the error that WriteSecret would give when path exists.
func RefuseExisting(path string) error {
	return refuseExisting(filepath.Dir(path), []string{filepath.Base(path)})
}
