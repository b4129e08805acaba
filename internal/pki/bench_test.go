package pki

import (
	"testing"
	"time"
)

// BenchmarkReloader is what a handshake pays for files that may change.
func BenchmarkReloader(b *testing.B) {
	ca := must(newAuthority(ecKey(), time.Now(), caLife))
	dir := b.TempDir()
	var w writer
	w.addClient("x", must(ca.issue(leaf{name: "x"}, ecKey(), time.Now(), DefaultLife)), ecKey())
	if _, err := w.write(dir); err != nil {
		b.Fatal(err)
	}
	path := dir + "/x.crt"
	r, err := newReloader([]string{path}, time.Now, nil, func() (int, error) { return 1, nil })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.get()
	}
}

// BenchmarkHandshake is one new connection with mutual TLS, both sides, for each kind of key.
func BenchmarkHandshake(b *testing.B) {
	for name, ec := range map[string]bool{"RSA3072": false, "P256": true} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			if _, err := Create(Request{Dir: dir, Servers: []string{"127.0.0.1"}, EC: ec}); err != nil {
				b.Fatal(err)
			}
			in := func(name string) string { return dir + "/" + name }
			server, _, err := ServerTLS(ServerOptions{Certificate: in(ServerFile), Key: in(ServerKeyFile), CAs: []string{in(CAFile)}, ClientAuth: ClientAuthRequired})
			if err != nil {
				b.Fatal(err)
			}
			client, _, err := ClientTLS(ClientOptions{Certificate: in(ClientFile), Key: in(ClientKeyFile), CAs: []string{in(CAFile)}})
			if err != nil {
				b.Fatal(err)
			}
			address, _ := listen(b, server)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := exchange(address, client); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
