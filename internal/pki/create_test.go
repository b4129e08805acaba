package pki

import (
	"bytes"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
)

func TestCreateMakesTheGuidesFiles(t *testing.T) {
	for _, ec := range []bool{false, true} {
		name := map[bool]string{false: "RSA", true: "EC"}[ec]
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "folder")
			now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			made, err := Create(Request{Dir: dir, Servers: []string{"siem.example.net", "10.1.2.3", "::1"}, EC: ec, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			keyForm := map[bool]string{false: "RSA PRIVATE KEY", true: "EC PRIVATE KEY"}[ec]
			want := []struct{ file, kind, mode string }{
				{"ca.crt", "CERTIFICATE", "-rw-r--r--"},
				{"ca.key", "PRIVATE KEY", "-rw-------"},
				{"logstash_client.crt", "CERTIFICATE", "-rw-r--r--"},
				{"logstash_client.key", "PRIVATE KEY", "-rw-------"},
				{"logstash_server.crt", "CERTIFICATE", "-rw-r--r--"},
				{"logstash_server.key", keyForm, "-rw-------"},
				{"logstash_server_pk8.key", "PRIVATE KEY", "-rw-------"},
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) != len(want) {
				t.Fatalf("files %v", entries)
			}
			for i, w := range want {
				info, err := entries[i].Info()
				if err != nil {
					t.Fatal(err)
				}
				if info.Name() != w.file || info.Mode().String() != w.mode {
					t.Errorf("%s %s, want %s %s", info.Name(), info.Mode(), w.file, w.mode)
				}
				if text := read(t, filepath.Join(dir, w.file)); !strings.HasPrefix(text, "-----BEGIN "+w.kind+"-----\n") {
					t.Errorf("%s begins %.40q, want %s", w.file, text, w.kind)
				}
			}
			for _, key := range []string{ServerKeyFile, ServerPKCS8KeyFile} {
				if _, err := LoadPair(filepath.Join(dir, ServerFile), filepath.Join(dir, key), ""); err != nil {
					t.Error(err)
				}
			}
			s, c := made.Server, made.Client
			if !slices.Equal(namesOf(s), []string{"siem.example.net", "10.1.2.3", "::1"}) || s.Subject.CommonName != "siem.example.net" {
				t.Errorf("server: %s", describe(s))
			}
			if !slices.Equal(s.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) || !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) {
				t.Errorf("usages %v %v", s.ExtKeyUsage, c.ExtKeyUsage)
			}
			if got := s.NotAfter.Sub(now); got != DefaultLife {
				t.Errorf("valid for %s", got)
			}
			if !s.NotBefore.Before(now) || !made.CA.NotAfter.After(s.NotAfter) || !made.CA.IsCA || c.Subject.CommonName != DefaultClient {
				t.Errorf("CA %s\nclient %s", describe(made.CA), describe(c))
			}
		})
	}
}

func TestCreateOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "ca.key", []byte("precious"))
	put(t, dir, "logstash_client.crt", []byte("precious"))
	_, err := Create(Request{Dir: dir, Servers: []string{"a"}, EC: true})
	wantCodes(t, listOf(t, err), []*diag.Code{CodeExists}, filepath.Join(dir, "ca.key"), filepath.Join(dir, "logstash_client.crt"), "--dir")
	entries, _ := os.ReadDir(dir)
	if len(entries) != 2 || read(t, filepath.Join(dir, "ca.key")) != "precious" {
		t.Errorf("the folder has changed: %v", entries)
	}
}

func TestWriteUndoesAllWhenOneFileAppears(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b", []byte("precious"))
	w := writer{files: []file{{"a", []byte("A"), secretMode}, {"b", []byte("B"), secretMode}, {"c", []byte("C"), secretMode}}}
	_, err := w.write(dir)
	wantCodes(t, listOf(t, err), []*diag.Code{CodeExists}, filepath.Join(dir, "b"))
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 || read(t, filepath.Join(dir, "b")) != "precious" {
		t.Errorf("the folder has changed: %v", entries)
	}
}

func TestCreateWhereNothingCanBeWritten(t *testing.T) {
	file := put(t, t.TempDir(), "file", nil)
	_, err := Create(Request{Dir: filepath.Join(file, "sub"), Servers: []string{"a"}, EC: true})
	wantCodes(t, listOf(t, err), []*diag.Code{CodeUnwritable}, "not a directory")
}

func TestRequestsThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		request Request
		words   []string
		count   int
	}{
		{Request{}, []string{"at least one name", "--server NAME"}, 1},
		{Request{Servers: []string{"https://siem.example.net:8899/x", "b:80", "", "ä.fi", "a b", "*.*.x"}}, []string{"it is a URL", "use siem.example.net", "a port", "it is empty", "xn--", "the character  "}, 6},
		{Request{Servers: []string{"a"}, Client: "../x"}, []string{`"../x" is no client name`}, 1},
		{Request{Servers: []string{"a"}, Life: time.Minute}, []string{"1m0s"}, 2},
	} {
		c.request.Dir = t.TempDir()
		_, err := Create(c.request)
		list := listOf(t, err)
		if len(list) != c.count {
			t.Errorf("%d problems: %v", len(list), list)
		}
		for _, w := range c.words {
			if !strings.Contains(list.Error(), w) {
				t.Errorf("%q is not in\n%v", w, list)
			}
		}
		if entries, _ := os.ReadDir(c.request.Dir); len(entries) > 0 {
			t.Errorf("something was written: %v", entries)
		}
	}
}

func TestAddToAnExistingCA(t *testing.T) {
	dir := t.TempDir()
	first, err := Create(Request{Dir: dir, Servers: []string{"a"}, EC: true})
	if err != nil {
		t.Fatal(err)
	}
	before := read(t, filepath.Join(dir, CAFile))
	second, err := AddClient(Request{Dir: dir, Client: "sensor-2"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(second.Files, []string{"sensor-2.crt", "sensor-2.key"}) || second.Client.Subject.CommonName != "sensor-2" {
		t.Errorf("%+v", second)
	}
	if second.Client.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("the kind of key does not follow the CA: %v", second.Client.PublicKeyAlgorithm)
	}
	if err := second.Client.CheckSignatureFrom(first.CA); err != nil {
		t.Error(err)
	}
	third, err := AddServer(Request{Dir: dir, Servers: []string{"b.example.net"}, Life: 50 * 365 * 24 * time.Hour}, "receiver-2")
	if err != nil {
		t.Fatal(err)
	}
	if !third.Trimmed || third.Server.NotAfter.After(first.CA.NotAfter) {
		t.Errorf("a certificate outlives its CA: %s", describe(third.Server))
	}
	if read(t, filepath.Join(dir, CAFile)) != before {
		t.Error("the CA has changed")
	}
	_, err = AddClient(Request{Dir: dir, Client: "sensor-2"})
	wantCodes(t, listOf(t, err), []*diag.Code{CodeExists}, "sensor-2.crt", "sensor-2.key")
	_, err = AddClient(Request{Dir: t.TempDir(), Client: "x"})
	wantCodes(t, listOf(t, err), []*diag.Code{CodeUnreadable}, "there is no CA key", "make a CA first")
	_, err = AddClient(Request{Dir: dir, Client: "late", Now: time.Now().Add(11 * 365 * 24 * time.Hour)})
	wantCodes(t, listOf(t, err), []*diag.Code{CodeExpired}, "the CA ")
}

func TestFilesYAMLHasTheGuidesForm(t *testing.T) {
	got := FilesYAML(
		Text{"logstash_client.crt", "-----BEGIN CERTIFICATE-----\r\nMIID\r\n-----END CERTIFICATE-----\r\n"},
		Text{"my key", "  indented\n\nlast"},
	)
	want := `- file_name: logstash_client.crt
  file_text: |
    -----BEGIN CERTIFICATE-----
    MIID
    -----END CERTIFICATE-----
- file_name: "my key"
  file_text: |2
      indented

    last
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestClientFilesYAML(t *testing.T) {
	dir := t.TempDir()
	if _, err := Create(Request{Dir: dir, Servers: []string{"a"}, EC: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := AddClient(Request{Dir: dir, Client: "sensor-2"}); err != nil {
		t.Fatal(err)
	}
	text, err := ClientFilesYAML(dir, "sensor-2")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.SplitSeq(text, "\n") {
		if name, ok := strings.CutPrefix(line, "- file_name: "); ok {
			names = append(names, name)
		} else if line != "  file_text: |" && line != "" && !strings.HasPrefix(line, "    ") {
			t.Errorf("line %q", line)
		}
	}
	if !slices.Equal(names, []string{"logstash_client.crt", "logstash_client.key", "ca.crt"}) {
		t.Errorf("names %v", names)
	}
	if !strings.Contains(text, strings.ReplaceAll(read(t, filepath.Join(dir, "sensor-2.key")), "\n", "\n    ")[:200]) {
		t.Error("the key of the client is not in it")
	}
	if err := os.Rename(filepath.Join(dir, "logstash_client.key"), filepath.Join(dir, "sensor-2.key")); err != nil {
		t.Fatal(err)
	}
	_, err = ClientFilesYAML(dir, "sensor-2")
	wantCodes(t, listOf(t, err), []*diag.Code{CodeMismatch})
}

func TestOpenSSLAgrees(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("the openssl program is not installed")
	}
	for _, ec := range []bool{false, true} {
		dir := t.TempDir()
		if _, err := Create(Request{Dir: dir, Servers: []string{"siem.example.net", "127.0.0.1"}, EC: ec}); err != nil {
			t.Fatal(err)
		}
		run := func(fails bool, args ...string) {
			t.Helper()
			cmd := exec.Command(openssl, args...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
				t.Fatal(err)
			}
			if (err != nil) != fails {
				t.Errorf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
		verify := []string{"verify", "-x509_strict", "-CAfile", "ca.crt"}
		run(false, append(verify, "-purpose", "sslserver", "-verify_hostname", "siem.example.net", "logstash_server.crt")...)
		run(false, append(verify, "-purpose", "sslserver", "-verify_ip", "127.0.0.1", "logstash_server.crt")...)
		run(true, append(verify, "-purpose", "sslserver", "-verify_hostname", "other.example.net", "logstash_server.crt")...)
		run(false, append(verify, "-purpose", "sslclient", "logstash_client.crt")...)
		run(true, append(verify, "-purpose", "sslclient", "logstash_server.crt")...)
		run(true, append(verify, "-purpose", "sslserver", "logstash_client.crt")...)
		for _, key := range []string{"ca.key", "logstash_server.key", "logstash_server_pk8.key", "logstash_client.key"} {
			run(false, "pkey", "-in", key, "-noout", "-check")
		}
	}
}

func TestTemporaryFilesAreSecret(t *testing.T) {
	dir := t.TempDir()
	path, err := writeTemporary(dir, file{"k", []byte("K"), secretMode})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != fs.FileMode(0o600) || !bytes.HasPrefix([]byte(info.Name()), []byte(".k.")) {
		t.Errorf("%v %v", info, err)
	}
}
