package cli

import (
	"bytes"
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/pki"
)

// certs runs `sluice certs` with args.
func certs(args ...string) (stdout, stderr string, err error) {
	c := newCertsCommand()
	var out, errs bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&errs)
	c.SetArgs(args)
	err = c.Execute()
	return out.String(), errs.String(), err
}

func want(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

func TestCertsMakesEverything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	yml := filepath.Join(t.TempDir(), "files.yml")
	out, _, err := certs("--dir", dir, "--server", "siem.example.net", "--server", "127.0.0.1,::1", "--ec", "--days", "30", "--files-yml", yml)
	if err != nil {
		t.Fatal(err)
	}
	want(t, out, "ca.crt ", "logstash_server_pk8.key", "server siem.example.net, 127.0.0.1, ::1, until", "client logstash_client", "What to do next",
		"sluice certs files --dir "+dir, "sluice certs check siem.example.net:8899")
	printed, _, err := certs("files", "--dir", dir)
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(yml)
	if err != nil || string(written) != printed {
		t.Errorf("files.yml differs from what `certs files` prints: %v", err)
	}
	if info, _ := os.Stat(yml); info.Mode().Perm() != 0o600 {
		t.Errorf("files.yml holds a key and has mode %v", info.Mode())
	}
	want(t, printed, "- file_name: logstash_client.key\n  file_text: |\n    -----BEGIN PRIVATE KEY-----\n")

	_, _, err = certs("--dir", dir, "--server", "siem.example.net")
	if err == nil {
		t.Fatal("existing files were overwritten")
	}
	want(t, err.Error(), "SL4026", filepath.Join(dir, "ca.key"), filepath.Join(dir, "logstash_client.key"))

	out, _, err = certs("client", "sensor-2", "--dir", dir)
	if err != nil {
		t.Fatal(err)
	}
	want(t, out, "sensor-2.crt", "client sensor-2, until", "sluice certs files --dir "+dir+" --client sensor-2")
	if _, _, err = certs("files", "--dir", dir, "--client", "sensor-2"); err != nil {
		t.Error(err)
	}
	out, _, err = certs("server", "b.example.net", "10.1.2.3", "--dir", dir, "--out", "second")
	if err != nil {
		t.Fatal(err)
	}
	want(t, out, "second.crt", "server b.example.net, 10.1.2.3", "second_pk8.key")
	out, _, err = certs("check", dir)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	want(t, out, "second_pk8.key: the key of", "sensor-2.crt: its CA Sluice CA")
}

func TestCertsOfThisMachine(t *testing.T) {
	dir := t.TempDir()
	out, info, err := certs("--dir", dir, "--ec", "--files-yml", "-", "--client", "sensor-1")
	if err != nil {
		t.Fatal(err)
	}
	want(t, info, "localhost, 127.0.0.1, ::1", "client sensor-1", "What to do next")
	if !strings.HasPrefix(out, "- file_name: logstash_client.crt\n") || strings.Contains(out, "next") {
		t.Errorf("standard output holds more than files.yml:\n%s", out)
	}
}

func TestCertsRefuses(t *testing.T) {
	exists := filepath.Join(t.TempDir(), "files.yml")
	if err := os.WriteFile(exists, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  string
		words []string
	}{
		{"--server https://siem.example.net:8899", []string{"it is a URL", "use siem.example.net"}},
		{"--server a --days 0", []string{"--days 0"}},
		{"--server a --files-yml " + exists, []string{"SL4026", exists}},
		{"client ../x", []string{"no client name"}},
		{"client x", []string{"there is no CA key"}},
		{"files", []string{"SL4001", "logstash_client.crt"}},
		{"clinet x", []string{"unknown command"}},
		{"check", []string{"at least 1 arg"}},
		{"check x --passphrase-file /does/not/exist", []string{"read the passphrase"}},
	} {
		dir := t.TempDir()
		args := strings.Fields(c.args)
		if args[0] != "check" && args[0] != "clinet" {
			args = append(args, "--dir", dir)
		}
		_, _, err := certs(args...)
		if err == nil {
			t.Errorf("%s: no error", c.args)
			continue
		}
		want(t, err.Error(), c.words...)
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			t.Errorf("%s: something was written: %v", c.args, entries)
		}
	}
}

func TestCertsCheck(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		if _, err := pki.Create(pki.Request{Dir: d, Servers: []string{"127.0.0.1"}, EC: true}); err != nil {
			t.Fatal(err)
		}
	}
	in := func(dir, name string) string { return filepath.Join(dir, name) }
	config, _, err := pki.ServerTLS(pki.ServerOptions{
		Certificate: in(dir, pki.ServerFile), Key: in(dir, pki.ServerPKCS8KeyFile),
		CAs: []string{in(dir, pki.CAFile)}, ClientAuth: pki.ClientAuthRequired,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			server := tls.Server(conn, config)
			if server.Handshake() == nil {
				server.Read(make([]byte, 1)) // until the other side closes
			}
			conn.Close()
		}
	}()
	defer func() { l.Close(); <-done }()
	address := l.Addr().String()

	for _, c := range []struct {
		name, err string
		args      []string
		words     []string
	}{
		{"a good server", "", []string{address, "--ca", in(dir, "ca.crt"), "--cert", in(dir, "logstash_client.crt"), "--key", in(dir, "logstash_client.key")}, []string{"took the client certificate", "nothing is wrong"}},
		{"no client certificate", "1 problem found", []string{address, "--ca", in(dir, "ca.crt")}, []string{"error SL4016", "help: give one"}},
		{"wrong CA and name", "3 problems found", []string{address, "--ca", in(other, "ca.crt"), "--server-name", "siem.example.net"}, []string{"SL4011", "SL4012", "SL4016"}},
		{"good files", "", []string{in(dir, "logstash_server.crt"), in(dir, "logstash_server.key"), "--ca", in(dir, "ca.crt")}, []string{"nothing is wrong"}},
		{"a key of another", "2 problems found", []string{in(dir, "logstash_server.crt"), in(other, "logstash_server.key"), in(other, "ca.crt")}, []string{"SL4007", "SL4012"}},
		{"a missing file", "1 problem found", []string{"missing.crt"}, []string{"missing.crt: no such file"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _, err := certs(append([]string{"check"}, c.args...)...)
			if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("error %v, want %q", err, c.err)
			}
			want(t, out, c.words...)
		})
	}
}
