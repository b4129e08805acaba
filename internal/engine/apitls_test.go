package engine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

// A PKCS#12 file, as api.ssl.keystore.path has it, serves TLS; what is none says so.
func TestAPIKeystore(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	store, err := pkcs12.Modern.Encode(key, certificate, nil, "changeit")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string][]byte{"good.p12": store, "old.jks": []byte("\xfe\xed\xfe\xed rest"), "junk": []byte("junk")}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	options := APIOptions{Log: slog.New(slog.DiscardHandler), Levels: noLevels{}}
	configure := func(file, password string) *settings.Settings {
		s := settings.New()
		for name, value := range map[string]string{"api.ssl.enabled": "true", "api.ssl.keystore.path": filepath.Join(dir, file), "api.ssl.keystore.password": password, "api.http.port": "0"} {
			if list := s.Set(name, value, diag.Span{}); list.Err() != nil {
				t.Fatal(list)
			}
		}
		return s
	}
	e := newEngine(t, dir, `input { test_source { count => 0 } } output { test_tally { } }`)
	for _, tc := range []struct{ file, password, want string }{
		{"good.p12", "wrong", "api.ssl.keystore.password is wrong"}, {"old.jks", "changeit", "keytool -importkeystore"}, {"junk", "changeit", "no PKCS#12 file"}, {"none", "", "no such file"},
	} {
		if _, err := ServeAPI(e, configure(tc.file, tc.password), options); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", tc.file, err, tc.want)
		}
	}
	a, err := ServeAPI(e, configure("good.p12", "changeit"), options)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}, DisableKeepAlives: true}}
	answer, err := client.Get("https://" + a.Address() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); !strings.Contains(string(text), `"version":"`+LogstashVersion) {
		t.Errorf("got %s", text)
	}
}
