package pki

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
)

func TestKeyForms(t *testing.T) {
	pkcs8 := func(k any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	ec := ecKey().(*ecdsa.PrivateKey)
	sec1, err := x509.MarshalECPrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	ed := edKey()
	for name, c := range map[string]struct {
		text []byte
		key  crypto.Signer
	}{
		"RSA PKCS#1":               {pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey())), rsaKey()},
		"RSA PKCS#8":               {pemOf("PRIVATE KEY", pkcs8(rsaKey())), rsaKey()},
		"EC SEC 1":                 {pemOf("EC PRIVATE KEY", sec1), ec},
		"EC PKCS#8":                {pemOf("PRIVATE KEY", pkcs8(ec)), ec},
		"Ed25519":                  {pemOf("PRIVATE KEY", pkcs8(ed)), ed},
		"PKCS#8 labelled as RSA":   {pemOf("RSA PRIVATE KEY", pkcs8(rsaKey())), rsaKey()},
		"with curve parameters":    {append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), pemOf("EC PRIVATE KEY", sec1)...), ec},
		"with Bag Attributes":      {append([]byte("Bag Attributes\n    localKeyID: 01\nKey Attributes: <No Attributes>\n"), pemOf("PRIVATE KEY", pkcs8(ec))...), ec},
		"with a byte order mark":   {append([]byte("\xef\xbb\xbf"), pemOf("PRIVATE KEY", pkcs8(ec))...), ec},
		"with Windows' line ends":  {[]byte(strings.ReplaceAll(string(pemOf("PRIVATE KEY", pkcs8(ec))), "\n", "\r\n")), ec},
		"without an end of line":   {[]byte(strings.TrimSpace(string(pemOf("PRIVATE KEY", pkcs8(ec))))), ec},
		"with spaces at line ends": {[]byte(strings.ReplaceAll(string(pemOf("PRIVATE KEY", pkcs8(ec))), "\n", "  \n")), ec},
	} {
		key, problems := parseKey(diag.NewSource("k", string(c.text)), "")
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		} else if !c.key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(key.Public()) {
			t.Errorf("%s: another key came out", name)
		}
	}
}

func TestEncryptedKeys(t *testing.T) {
	plain, problems := parseKey(diag.NewSource("plain", read(t, "testdata/keys/plain.pem")), "")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		file, passphrase string
		code             *diag.Code
		words            []string
	}{
		{"aes256.pem", "secret", nil, nil},
		{"aes128.pem", "secret", nil, nil},
		{"des3.pem", "secret", nil, nil},
		{"legacy.pem", "secret", nil, nil},
		{"aes256.pem", "wrong", CodePassphrase, []string{"does not open aes256.pem"}},
		{"des3.pem", "wrong", CodePassphrase, nil},
		{"legacy.pem", "wrong", CodePassphrase, nil},
		{"aes256.pem", "", CodePassphrase, []string{"no passphrase was given", "ssl_key_passphrase"}},
		{"legacy.pem", "", CodePassphrase, []string{"no passphrase was given"}},
		{"scrypt.pem", "secret", CodeUnsupportedKey, []string{"scrypt", "openssl pkcs8 -topk8 -v2 aes256"}},
		{"pbe1.pem", "secret", CodeUnsupportedKey, []string{"older than PBES2", "openssl pkcs8 -topk8 -v2 aes256"}},
	} {
		key, problems := parseKey(diag.NewSource(c.file, read(t, filepath.Join("testdata/keys", c.file))), c.passphrase)
		if c.code != nil {
			wantCodes(t, problems, []*diag.Code{c.code}, c.words...)
			continue
		}
		if len(problems) > 0 {
			t.Error(problems)
		} else if !plain.(*ecdsa.PrivateKey).Equal(key) {
			t.Errorf("%s: another key came out", c.file)
		}
	}
}

func TestHostileIterationsAreRefused(t *testing.T) {
	for _, iterations := range []int{2, maxIterations + 1, 0, -1} {
		parameters := must(asn1.Marshal(struct {
			Salt       []byte
			Iterations int
		}{[]byte("saltsalt"), iterations}))
		kdf := pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2, Parameters: asn1.RawValue{FullBytes: parameters}}
		if _, err := derive(kdf, "secret", 32); (err == nil) != (iterations == 2) {
			t.Errorf("%d iterations: %v", iterations, err)
		}
	}
}

func TestWhatIsWrongWithAFile(t *testing.T) {
	ca := newTestCA(t)
	server := ca.server("server", ecKey(), "localhost")
	cert, key := read(t, server.cert), read(t, server.key)
	other := read(t, ca.server("other", ecKey(), "localhost").key)
	blocks, _ := scanPEM(diag.NewSource("", cert))
	keyBlocks, _ := scanPEM(diag.NewSource("", key))
	x25519, _ := ecdh.X25519().GenerateKey(rand.Reader)
	x25519DER, err := x509.MarshalPKCS8PrivateKey(x25519)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(ecKey().Public())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(cert, "\n")
	damaged := strings.Join(lines[:2], "") + "!" + strings.Join(lines[2:], "")
	for _, c := range []struct {
		name, cert, key string
		codes           []*diag.Code
		words           []string
	}{
		{"good", cert, key, nil, nil},
		{"both in one", cert + key, cert + key, nil, nil},
		{"swapped", key, cert, []*diag.Code{CodeWrongKind, CodeWrongKind}, []string{"holds a private key where a certificate is needed", "holds a certificate where a private key is needed", "swapped"}},
		{"another key", cert, other, []*diag.Code{CodeMismatch}, []string{"the key s.key (EC P-256) does not fit the certificate s.crt (EC P-256, for server)", "s.crt:1:1"}},
		{"wrong order", read(t, ca.path) + cert, key, []*diag.Code{CodeMismatch}, []string{"fits certificate 2 of s.crt"}},
		{"chain", cert + read(t, ca.path), key, nil, nil},
		{"empty", "", " \n", []*diag.Code{CodeNotPEM, CodeNotPEM}, []string{"s.crt is empty", "s.key is empty"}},
		{"some text", "hello\nworld\n", key, []*diag.Code{CodeNotPEM}, []string{"byte 0", "hello"}},
		{"no armour", lines[1] + lines[2], key, []*diag.Code{CodeNotPEM}, []string{"no line -----BEGIN"}},
		{"DER certificate", string(blocks[0].Bytes), key, []*diag.Code{CodeNotPEM}, []string{"binary (DER)", "openssl x509 -inform der -in s.crt"}},
		{"DER key", cert, string(keyBlocks[0].Bytes), []*diag.Code{CodeNotPEM}, []string{"binary (DER)", "openssl pkey -inform der -in s.key"}},
		{"PKCS#12", "\x30\x82\x01\x00\x02\x01\x03", key, []*diag.Code{CodeNotPEM}, []string{"binary (DER)"}},
		{"UTF-16", "\xff\xfe-\x00-\x00", key, []*diag.Code{CodeNotPEM}, []string{"UTF-16"}},
		{"binary", cert, "abc\x00def", []*diag.Code{CodeNotPEM}, []string{"byte 3 is 0x00"}},
		{"bad character", damaged, key, []*diag.Code{CodeDamaged}, []string{"s.crt:3:1", "the character '!', byte 93", "line 3 of a certificate"}},
		{"the guide's dots", "-----BEGIN CERTIFICATE-----\nMIIDUzCCAjugAwIBAgIUb5mZUZ...\n-----END CERTIFICATE-----\n", key, []*diag.Code{CodeDamaged}, []string{"shortened with dots", "2:27"}},
		{"cut off", strings.Join(lines[:3], ""), key, []*diag.Code{CodeDamaged}, []string{"no line -----END CERTIFICATE-----"}},
		{"a line lost", strings.Join(lines[:2], "") + strings.Join(lines[3:], ""), key, []*diag.Code{CodeDamaged}, []string{"cannot be read"}},
		{"characters lost", strings.Replace(cert, lines[1], lines[1][3:], 1), key, []*diag.Code{CodeDamaged}, []string{"no whole number of bytes"}},
		{"next block too early", strings.Join(lines[:3], "") + cert, key, []*diag.Code{CodeDamaged}, []string{"another block begins"}},
		{"ends as another", strings.Replace(cert, "END CERTIFICATE", "END PRIVATE KEY", 1), key, []*diag.Code{CodeDamaged}, []string{"ends as PRIVATE KEY"}},
		{"indented", "  " + cert, key, []*diag.Code{CodeNotPEM}, []string{"indented by 2 more", "files.yml"}},
		{"dashes of a word processor", strings.Replace(cert, "-----BEGIN", "—–BEGIN", 1), key, []*diag.Code{CodeNotPEM}, []string{"five dashes"}},
		{"line breaks escaped", strings.ReplaceAll(cert, "\n", `\n`), key, []*diag.Code{CodeNotPEM}, []string{`replaced by \n`}},
		{"second of a bundle", cert + damaged, key, []*diag.Code{CodeDamaged}, []string{"the character '!'"}},
		{"request", string(pemOf("CERTIFICATE REQUEST", []byte{1})), key, []*diag.Code{CodeWrongKind}, []string{"a certificate request"}},
		{"public key", cert, string(pemOf("PUBLIC KEY", public)), []*diag.Code{CodeWrongKind}, []string{"a public key where a private key is needed"}},
		{"trusted form", string(pemOf("TRUSTED CERTIFICATE", []byte{1})), key, []*diag.Code{CodeWrongKind}, []string{"openssl x509 -in s.crt"}},
		{"OpenSSH key", cert, string(pemOf("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00"))), []*diag.Code{CodeWrongKind}, []string{"ssh-keygen"}},
		{"X25519", cert, string(pemOf("PRIVATE KEY", x25519DER)), []*diag.Code{CodeUnsupportedKey}, []string{"X25519"}},
		{"key of nonsense", cert, string(pemOf("PRIVATE KEY", []byte("nonsense"))), []*diag.Code{CodeDamaged}, []string{"the key in s.key cannot be read"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParsePair(diag.NewSource("s.crt", c.cert), diag.NewSource("s.key", c.key), "")
			wantCodes(t, listOf(t, err), c.codes, c.words...)
		})
	}
}

// TestNoDiagnosticShowsAKey damages a key at every byte and looks for parts of it in what is reported.
func TestNoDiagnosticShowsAKey(t *testing.T) {
	key := string(pemOf("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ecKey()))))
	secret := strings.Split(key, "\n")[1:4]
	for i := range len(key) {
		for _, text := range []string{key[:i] + "!" + key[i+1:], key[:i] + "\n" + key[i+1:], key[:i], key[i:], key[:i] + "\x01" + key[i:], "  " + key[:i] + "…" + key[i:], strings.ReplaceAll(key[i:], "\n", `\n`), strings.ReplaceAll(key, "\n", "\n      ")[i:]} {
			_, problems := parseKey(diag.NewSource("k", text), "")
			_, more := parseCertificates(diag.NewSource("k", text))
			shown := append(problems, more...).Text(diag.Plain)
			for _, line := range secret {
				for j := 0; j+12 <= len(line); j++ {
					if strings.Contains(shown, line[j:j+12]) {
						t.Fatalf("damaged at %d, a part of the key is shown:\n%s", i, shown)
					}
				}
			}
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxFile+1); err != nil {
		t.Fatal(err)
	}
	_, err := LoadPair(filepath.Join(dir, "missing.crt"), dir, "")
	wantCodes(t, listOf(t, err), []*diag.Code{CodeUnreadable, CodeUnreadable}, "missing.crt: no such file", "sluice certs", "is a directory")
	_, _, err = LoadCAs([]string{large, filepath.Join(dir, "missing.crt")})
	wantCodes(t, listOf(t, err), []*diag.Code{CodeUnreadable, CodeUnreadable}, "larger than 4 MiB")
}

func TestCheckFilesAndTexts(t *testing.T) {
	ca, otherCA := newTestCA(t), newTestCA(t)
	now := time.Now()
	good := ca.server("good", ecKey(), "localhost")
	client := ca.client("client")
	old := ca.issueTo("old", ecKey(), now.Add(-48*time.Hour), 24*time.Hour, x509.ExtKeyUsageServerAuth, "localhost")
	future := ca.issueTo("future", ecKey(), now.Add(72*time.Hour), 96*time.Hour, x509.ExtKeyUsageServerAuth, "localhost")
	ending := ca.issueTo("ending", ecKey(), now.Add(-90*24*time.Hour), 100*24*time.Hour, x509.ExtKeyUsageServerAuth, "localhost")
	again := newTestCA(t)
	template := *again.certificate
	template.RawSubject = nil
	template.Subject = ca.certificate.Subject
	sameName := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, &template, again.key.Public(), again.key))))
	sameNamePath := put(t, again.dir, "ca.crt", certificatePEM(sameName))
	weak := ca.server("weak", must(rsa.GenerateKey(rand.Reader, 1024)), "localhost")

	for _, c := range []struct {
		name  string
		files Files
		codes []*diag.Code
		words []string
	}{
		{"good", Files{Certificate: good.cert, Key: good.key, CA: ca.path}, nil, nil},
		{"expired", Files{Certificate: old.cert, Key: old.key, CA: ca.path}, []*diag.Code{CodeExpired}, []string{"expired on", "ago", "sluice certs server"}},
		{"not yet valid", Files{Certificate: future.cert, Key: future.key, CA: ca.path}, []*diag.Code{CodeNotYetValid}, []string{"is not valid before", "clock"}},
		{"ends soon", Files{Certificate: ending.cert, Key: ending.key, CA: ca.path}, []*diag.Code{CodeExpiresSoon}, []string{"in 9 days"}},
		{"wrong CA", Files{Certificate: good.cert, Key: good.key, CA: otherCA.path}, []*diag.Code{CodeUnknownCA}, []string{"was issued by " + ca.certificate.Subject.CommonName, "not " + otherCA.certificate.Subject.CommonName}},
		{"CA made anew", Files{Certificate: good.cert, CA: sameNamePath}, []*diag.Code{CodeUnknownCA}, []string{"its key is another", "made anew"}},
		{"no CA", Files{Certificate: good.cert, CA: client.cert}, []*diag.Code{CodeWrongUsage}, []string{"client is no CA certificate"}},
		{"key of another", Files{Certificate: good.cert, Key: client.key, CA: ca.path}, []*diag.Code{CodeMismatch}, nil},
		{"weak key", Files{Certificate: weak.cert, Key: weak.key}, []*diag.Code{CodeWeak}, []string{"1024 bits"}},
		{"all at once", Files{Certificate: old.cert, Key: client.key, CA: otherCA.path}, []*diag.Code{CodeExpired, CodeMismatch, CodeUnknownCA}, nil},
		{"missing", Files{Certificate: "missing.crt", Key: good.key}, []*diag.Code{CodeUnreadable}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := CheckFiles(c.files)
			wantCodes(t, r.Findings, c.codes, c.words...)
			if len(r.Facts) == 0 && c.name != "missing" {
				t.Error("no facts")
			}
		})
	}

	t.Run("a folder", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := Create(Request{Dir: dir, Servers: []string{"a"}, EC: true}); err != nil {
			t.Fatal(err)
		}
		r := CheckPaths([]string{dir}, "", time.Time{})
		wantCodes(t, r.Findings, nil)
		if got := strings.Count(strings.Join(r.Facts, "\n"), "the key of"); got != 4 {
			t.Errorf("%d keys have found their certificate:\n%s", got, r.Text(diag.Plain))
		}
		if err := os.Chmod(filepath.Join(dir, CAKeyFile), 0o644); err != nil {
			t.Fatal(err)
		}
		wantCodes(t, CheckPaths([]string{dir}, "", time.Time{}).Findings, []*diag.Code{CodeExposedKey}, "chmod 600")
	})

	t.Run("texts inside another text", func(t *testing.T) {
		yaml := FilesYAML(Text{"logstash_client.crt", read(t, client.cert)}, Text{"logstash_client.key", read(t, good.key)})
		outer := diag.NewSource("files.yml", yaml)
		var texts []*diag.Source
		for _, name := range []string{"logstash_client.crt", "logstash_client.key"} {
			text := map[bool]string{true: read(t, client.cert), false: read(t, good.key)}[strings.HasSuffix(name, "crt")]
			begin := strings.Index(yaml, "file_name: "+name)
			begin += strings.Index(yaml[begin:], "    -----BEGIN")
			var starts []int
			for line := range strings.SplitAfterSeq(yaml[begin:], "\n") {
				starts = append(starts, begin+4)
				begin += len(line)
			}
			src := diag.Embed(outer, text, starts)
			src.Name = name
			texts = append(texts, src)
		}
		r := CheckTexts(texts, "", time.Time{})
		wantCodes(t, r.Findings, []*diag.Code{CodeMismatch}, "files.yml:3:5", "the key logstash_client.key")
	})

	t.Run("a stranger among them", func(t *testing.T) {
		src := func(path string) *diag.Source { return diag.NewSource(filepath.Base(path), read(t, path)) }
		r := CheckTexts([]*diag.Source{src(good.cert), src(good.key), src(client.cert), src(future.key), src(ca.path)}, "", time.Time{})
		wantCodes(t, r.Findings, []*diag.Code{CodeUnrelated}, "future.key")
	})
}

func TestIntermediates(t *testing.T) {
	root := newTestCA(t)
	key := ecKey()
	serial := must(newSerial())
	template := *root.certificate
	template.RawSubject = nil
	template.SerialNumber, template.Subject.CommonName = serial, "Middle"
	rootTemplate := *root.certificate
	rootTemplate.MaxPathLen, rootTemplate.MaxPathLenZero = 1, false
	rootCert := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &rootTemplate, &rootTemplate, root.key.Public(), root.key))))
	middleCert := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, rootCert, key.Public(), root.key))))
	middle := &testCA{t, &authority{middleCert, key}, t.TempDir(), ""}
	p := middle.server("server", ecKey(), "localhost")
	rootPath := put(t, middle.dir, "root.crt", certificatePEM(rootCert))
	wantCodes(t, CheckFiles(Files{Certificate: p.cert, CA: rootPath}).Findings, []*diag.Code{CodeUnknownCA}, "issued by Middle", "if it is an intermediate CA")
	chain := put(t, middle.dir, "chain.crt", []byte(read(t, p.cert)+string(certificatePEM(middleCert))))
	wantCodes(t, CheckFiles(Files{Certificate: chain, Key: p.key, CA: rootPath}).Findings, nil)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func FuzzPEM(f *testing.F) {
	files, err := filepath.Glob("testdata/keys/*.pem")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "secret")
	}
	ca := must(newAuthority(ecKey(), time.Now(), caLife))
	f.Add(string(certificatePEM(ca.certificate))+string(must(pkcs8PEM(ca.key))), "")
	f.Add("-----BEGIN PRIVATE KEY-----\n"+base64.StdEncoding.EncodeToString(ca.certificate.Raw)+"\n-----END PRIVATE KEY-----", "")
	f.Fuzz(func(t *testing.T, text, passphrase string) {
		src := diag.NewSource("f", text)
		pair, err := ParsePair(src, src, passphrase)
		if err == nil && (pair.PrivateKey == nil || len(pair.Certificate) == 0 || pair.Leaf == nil) {
			t.Error("neither a pair nor an error")
		}
		if err != nil && len(listOf(t, err)) == 0 {
			t.Error("an empty error")
		}
		CheckTexts([]*diag.Source{src}, passphrase, time.Unix(1e9, 0)).Text(diag.Plain)
	})
}
