package cli

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// texts are the texts of a Log Forwarder by the names of their files, the sensor's file
// among them.
type texts map[string]string

// edit replaces the one place where a text has old.
func (x texts) edit(t *testing.T, file, old, replacement string) {
	t.Helper()
	if strings.Count(x[file], old) != 1 {
		t.Fatalf("%q stands %d times in %s", old, strings.Count(x[file], old), file)
	}
	x[file] = strings.Replace(x[file], old, replacement, 1)
}

// change is what somebody types wrong.
type change struct{ file, old, replacement string }

// mistake is what the program has to say about it.
type mistake struct {
	file    string
	line    string // the line, the white space around it may be left out
	marked  string // the part of the line with carets below it; with «» around it when more is needed to find it
	code    string
	message string // what it begins with
	help    string // a part of it
}

// forwarderTexts are the demo's texts, on a free port, with new certificates.
func forwarderTexts(t *testing.T, certs string) (texts, int) {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := socket.Addr().(*net.TCPAddr).Port
	socket.Close()
	x := texts{"sensor.yml": "name: testsensor\ndata: data\ninstruments:\n  - kind: logforwarder\n" +
		"    subscriptions: subscription.yml\n    pipelines: pipelines.yml\n    files: files.yml\n"}
	for _, name := range []string{"subscription.yml", "pipelines.yml"} {
		text, err := os.ReadFile(filepath.Join("..", "demo", "texts", name))
		if err != nil {
			t.Fatal(err)
		}
		x[name] = strings.ReplaceAll(string(text), "15044", strconv.Itoa(port))
	}
	out, err := exec.Command("sluice", "certs", "files", "--dir", certs).Output()
	if err != nil {
		t.Fatal(err)
	}
	x["files.yml"] = string(out)
	return x, port
}

func newCertificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("sluice", "certs", "--ec", "--dir", dir, "--server", "siem.example").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// runIn runs the program in a folder that holds the texts.
func runIn(t *testing.T, x texts, words ...string) (output string, code int) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range x {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sluice", words...)
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stop := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer stop.Stop()
	_ = cmd.Run()
	return out.String(), cmd.ProcessState.ExitCode()
}

var errorLine = regexp.MustCompile(`(?m)^(?:.*: )?error SL\d+: .*$`)

// expectMistakes checks that the output tells exactly these mistakes, each with its
// text, line and column, the line itself with carets, and the fix.
func expectMistakes(t *testing.T, x texts, output string, want []mistake) {
	t.Helper()
	if found := errorLine.FindAllString(output, -1); len(found) != len(want) {
		t.Errorf("%d mistakes are told, want %d:\n%s", len(found), len(want), output)
	}
	if strings.Contains(output, os.TempDir()+"/sluice-check") {
		t.Errorf("the output names a folder that the user has not made:\n%s", output)
	}
	for _, m := range want {
		line, column, carets, text := place(t, x[m.file], m)
		block := fmt.Sprintf("%s:%d:%d: error %s: %s", m.file, line, column, m.code, m.message)
		_, rest, found := strings.Cut(output, block)
		if !found {
			t.Errorf("no %q in\n%s", block, output)
			continue
		}
		_, rest, _ = strings.Cut(rest, "\n")
		excerpt := fmt.Sprintf("%5d | %s\n      | %s%s\n", line, text, strings.Repeat(" ", column-1), strings.Repeat("^", carets))
		if !strings.HasPrefix(rest, excerpt) {
			t.Errorf("%s: no line with carets\n%sin\n%s", block, excerpt, output)
		}
		rest, _, _ = strings.Cut(rest, "\n\n")
		if _, help, found := strings.Cut(rest, "  help: "); !found || !strings.Contains(help, m.help) {
			t.Errorf("%s: no help with %q in\n%s", block, m.help, output)
		}
	}
}

// place finds the line and the column, both from 1, that a mistake is at, and how many
// characters are marked.
func place(t *testing.T, text string, m mistake) (line, column, carets int, full string) {
	t.Helper()
	before, marked, ok := strings.Cut(m.marked, "«")
	if !ok {
		before, marked = "", m.marked
	}
	marked, after, _ := strings.Cut(marked, "»")
	for _, trimmed := range []func(string) string{strings.Clone, strings.TrimSpace} {
		for i, full := range strings.Split(text, "\n") {
			if at := strings.Index(full, before+marked+after); trimmed(full) == m.line && at >= 0 {
				return i + 1, utf8.RuneCountInString(full[:at]+before) + 1, utf8.RuneCountInString(marked), full
			}
		}
	}
	t.Fatalf("no line %q with %q in\n%s", m.line, m.marked, text)
	return
}

// Each mistake in one of the three texts is told with its place and its fix, and nothing
// that only follows from it.
func TestMistakesInTheTexts(t *testing.T) {
	certs := newCertificates(t)
	const subs, pipes, files = "subscription.yml", "pipelines.yml", "files.yml"
	for _, c := range []struct {
		name    string
		changes []change
		want    []mistake
	}{
		{"the text of a file is not indented",
			[]change{{files, "    -----BEGIN PRIVATE", "-----BEGIN PRIVATE"}},
			[]mistake{{files, "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "SL3010", "this line belongs to the text of file_text", "at least 4 spaces"}}},
		{"file_text stands at the margin",
			[]change{{files, "logstash_client.key\n  file_text", "logstash_client.key\nfile_text"}},
			[]mistake{{files, "file_text: |", "file_text", "SL3010", "file_text is indented by 0 spaces, but file_name above it by 2", "indent it with 2 spaces"}}},
		{"an unknown key", []change{{files, "logstash_client.key\n  file_text", "logstash_client.key\n  file_txt"}},
			[]mistake{{files, "file_txt: |", "file_txt", "SL3012", "a file has no key file_txt", "did you mean file_text?"}}},
		{"a file that is not there", []change{{pipes, "files/ca.crt", "files/ca.cert"}},
			[]mistake{{pipes, `cacert => "/transient-data/logstash/files/ca.cert"`, `"/transient-data/logstash/files/ca.cert"`, "SL4001", "there is no file ca.cert among the Instrument's files", "did you mean ca.crt?"}}},

		{"an unknown option", []change{{pipes, "http_method", "htp_method"}},
			[]mistake{{pipes, "htp_method => put", "htp_method", "SL2002", "output http has no option htp_method", "did you mean http_method?"}}},
		{"a missing arrow", []change{{pipes, "codec => json", "codec json"}},
			[]mistake{{pipes, "codec json", "json", "SL1011", `expected => after "codec", found "json"`, "write codec => json"}}},
		{"an open brace", []change{{pipes, "\n      }\n    }\n    output", "\n    }\n    output"}},
			[]mistake{{pipes, "beats {", "{", "SL1006", "the { of the plugin beats is not closed", "add } where the plugin beats ends"}}},
		{"an open quote", []change{{pipes, `"127.0.0.1"`, `"127.0.0.1`}},
			[]mistake{{pipes, `host => "127.0.0.1`, `"127.0.0.1`, "SL1005", `the quote " is not closed`, `close it with "`}}},
		{"an open quote of a file", []change{{pipes, `client.key"`, `client.key`}},
			[]mistake{{pipes, `client_key => "/transient-data/logstash/files/logstash_client.key`, `"/transient-data/logstash/files/logstash_client.key`, "SL1005", `the quote " is not closed`, `close it with "`}}},
		{"no such plugin", []change{{pipes, "beats {", "beets {"}},
			[]mistake{{pipes, "beets {", "beets", "SL2001", "there is no input plugin beets", "did you mean beats?"}}},
		{"no such setting", []change{{pipes, "queue.max_events", "queue.max_event"}},
			[]mistake{{pipes, "queue.max_event: 5", "queue.max_event", "SL3001", "there is no setting queue.max_event", "did you mean queue.max_events?"}}},
		{"a setting in the wrong column", []change{{pipes, "  queue.max_events", "   queue.max_events"}},
			[]mistake{{pipes, "queue.max_events: 5", "queue.max_events", "SL3010", "queue.max_events is indented by 3 spaces, but pipeline.id above it by 2", "indent it with 2 spaces"}}},

		{"mongodb_terms is no JSON", []change{{subs, "'{}'", "'{type: x}'"}},
			[]mistake{{subs, "- mongodb_terms: '{type: x}'", "{«t»ype", "SL7001", "mongodb_terms is not JSON: found 't' where a field name in quotes was expected", `{"type": "instruments.suricata.event"}`}}},
		{"mongodb_terms ends too early", []change{{subs, "'{}'", `'{"type": 1'`}},
			[]mistake{{subs, `- mongodb_terms: '{"type": 1'`, "1«'»", "SL7001", "mongodb_terms is not JSON: the text ends where", "a query is a JSON object"}}},
		{"mongodb_terms without quotes", []change{{subs, "'{}'", "{}"}},
			[]mistake{{subs, "- mongodb_terms: {}", "{", "SL7001", "found key: value pairs where a query as JSON text was expected", "mongodb_terms: '{}'"}}},
		{"no such operator", []change{{subs, "'{}'", `'{"type": {"$eqq": 1}}'`}},
			[]mistake{{subs, `- mongodb_terms: '{"type": {"$eqq": 1}}'`, `"$eqq"`, "SL7103", "there is no operator $eqq", "did you mean $eq?"}}},
		{"an unknown key of a subscription", []change{{subs, "logstash_port", "logstash_prt"}},
			[]mistake{{subs, "logstash_prt: PORT", "logstash_prt", "SL3012", "a subscription has no key logstash_prt", "did you mean logstash_port?"}}},

		{"one in each text, and two in one",
			[]change{{subs, "'{}'", "'{type: x}'"}, {files, "    -----BEGIN PRIVATE", "-----BEGIN PRIVATE"}, {pipes, "codec => json", "codec json"}, {pipes, "beats {", "beets {"}, {"sensor.yml", "name: testsensor", "name: test sensor"}},
			[]mistake{
				{files, "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "SL3010", "this line belongs to the text of file_text", "at least 4 spaces"},
				{pipes, "beets {", "beets", "SL2001", "there is no input plugin beets", "did you mean beats?"},
				{pipes, "codec json", "json", "SL1011", `expected => after "codec", found "json"`, "write codec => json"},
				{"sensor.yml", "name: test sensor", "test sensor", "SL7201", `"test sensor" cannot be the name of a sensor`, "use letters, digits"},
				{subs, "- mongodb_terms: '{type: x}'", "{«t»ype", "SL7001", "mongodb_terms is not JSON", "a query is a JSON object"},
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, port := forwarderTexts(t, certs)
			for _, e := range c.changes {
				x.edit(t, e.file, e.old, e.replacement)
			}
			want := append([]mistake(nil), c.want...)
			for i := range want {
				want[i].line = strings.ReplaceAll(want[i].line, "PORT", strconv.Itoa(port))
			}
			output, code := runIn(t, x, "sensor", "check", "sensor.yml")
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			expectMistakes(t, x, output, want)
			if c.want[0].file != pipes || c.want[0].code == "SL4001" {
				return
			}
			// The pipelines alone, as Logstash runs them.
			move := strings.NewReplacer("/transient-data/logstash/files", certs)
			x[pipes] = move.Replace(x[pipes])
			for i := range want {
				want[i].line, want[i].marked = move.Replace(want[i].line), move.Replace(want[i].marked)
			}
			output, code = runIn(t, x, "run", "-t", "--path.settings", ".", "--path.data", "data")
			if code != 1 || !strings.Contains(output, fmt.Sprintf("The given configuration is invalid. Reason: %s above\n", plural(len(want), "error"))) {
				t.Errorf("run -t: exit code %d\n%s", code, output)
			}
			expectMistakes(t, x, output, want)
		})
	}
}

// What is wrong with certificates is told where they were pasted.
func TestMistakesInCertificates(t *testing.T) {
	certs, others := newCertificates(t), newCertificates(t)
	x, _ := forwarderTexts(t, certs)
	read := func(dir, name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const begin = "-----BEGIN CERTIFICATE-----"
	for _, c := range []struct {
		name, cert, key, ca string
		want                []mistake
	}{
		{"a key of another certificate", read(certs, "logstash_client.crt"), read(others, "logstash_client.key"), read(certs, "ca.crt"),
			[]mistake{{"files.yml", begin, begin, "SL4007", "the key logstash_client.key (EC P-256) does not fit the certificate logstash_client.crt", "use the key that was made together with this certificate"}}},
		{"another CA", read(certs, "logstash_client.crt"), read(certs, "logstash_client.key"), read(others, "ca.crt"),
			[]mistake{{"files.yml", begin, begin, "SL4012", "logstash_client.crt (logstash_client) was issued by", "use the ca.crt of"}}},
		{"a certificate that is cut off", strings.Join(strings.Split(read(certs, "logstash_client.crt"), "\n")[:6], "\n") + "\n-----END CERTIFICATE-----\n", read(certs, "logstash_client.key"), read(certs, "ca.crt"),
			[]mistake{{"files.yml", begin, begin, "SL4004", "this certificate cannot be read", "copy the whole file again"}}},
		{"a certificate where the key belongs", read(certs, "logstash_client.crt"), read(certs, "logstash_client.crt"), read(certs, "ca.crt"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			x["files.yml"] = filesText(c.cert, c.key, c.ca)
			output, code := runIn(t, x, "sensor", "check", "sensor.yml")
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			if c.want != nil {
				expectMistakes(t, x, output, c.want)
			} else if len(errorLine.FindAllString(output, -1)) != 1 || !strings.Contains(output, "logstash_client.key holds a certificate where a private key is needed") {
				t.Error(output)
			}
		})
	}

	t.Run("an expired certificate", func(t *testing.T) {
		cert, key, ca := expired(t)
		x["files.yml"] = filesText(cert, key, ca)
		output, code := runIn(t, x, "sensor", "check", "sensor.yml")
		if code != 1 {
			t.Errorf("exit code %d", code)
		}
		expectMistakes(t, x, output, []mistake{{"files.yml", begin, begin, "SL4008", "logstash_client.crt (client) expired on", "renew"}})

		// A pipeline runs with it, for a clock may be wrong, but says so.
		conf := `input { http { port => 8080 ssl_enabled => true ssl_certificate => "server.crt" ssl_key => "server.key" } } output { null { } }`
		output, code = runIn(t, texts{"server.crt": cert, "server.key": key, "one.conf": conf}, "run", "-t", "-f", "one.conf", "--path.data", "data")
		if code != 0 || !strings.Contains(output, "server.crt:1:1: warning SL4033: server.crt (client) expired on") {
			t.Errorf("run -t: exit code %d\n%s", code, output)
		}
	})
}

func filesText(cert, key, ca string) string {
	var b strings.Builder
	for _, f := range [][2]string{{"logstash_client.crt", cert}, {"logstash_client.key", key}, {"ca.crt", ca}} {
		text := strings.ReplaceAll(strings.TrimSpace(f[1]), "\n", "\n    ")
		fmt.Fprintf(&b, "- file_name: %s\n  file_text: |\n    %s\n", f[0], text)
	}
	return b.String()
}

// expired makes a certificate that was valid until yesterday.
func expired(t *testing.T) (cert, key, ca string) {
	t.Helper()
	make := func(template, parent *x509.Certificate, public, signer *ecdsa.PrivateKey) string {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, public.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	clientKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-100 * day), NotAfter: time.Now().Add(1000 * day), KeyUsage: x509.KeyUsageCertSign,
	}
	client := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-50 * day), NotAfter: time.Now().Add(-day),
	}
	der, err := x509.MarshalPKCS8PrivateKey(clientKey)
	if err != nil {
		t.Fatal(err)
	}
	return make(client, authority, clientKey, caKey), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), make(authority, authority, caKey, caKey)
}

// A port in use is told with the name of the process that has it.
func TestPortInUse(t *testing.T) {
	x, port := forwarderTexts(t, newCertificates(t))
	socket, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	who := "another program"
	if name, err := os.ReadFile("/proc/self/comm"); err == nil {
		who = fmt.Sprintf("%s (process %d)", strings.TrimSpace(string(name)), os.Getpid())
	}
	number := strconv.Itoa(port)
	output, code := runIn(t, x, "sensor", "check", "sensor.yml")
	if code != 1 {
		t.Errorf("check: exit code %d", code)
	}
	expectMistakes(t, x, output, []mistake{{"pipelines.yml", "port => " + number, number, "SL7303", "port " + number + " is in use by " + who, "choose another port here and in the subscription"}})

	text := "input {\n  http {\n    host => \"127.0.0.1\"\n    port => " + number + "\n  }\n}\noutput { null { } }\n"
	y := texts{"one.conf": text}
	output, code = runIn(t, y, "run", "-f", "one.conf", "--path.data", "data", "--api.enabled", "false")
	if code != 1 {
		t.Errorf("run: exit code %d", code)
	}
	expectMistakes(t, y, output, []mistake{{"one.conf", "port => " + number, number, "SL2011", "port " + number + " is in use by " + who, "choose another port"}})
}

// A sensor with mistakes in its texts does not start, and tells the same as a check.
func TestSensorRefusesMistakes(t *testing.T) {
	x, _ := forwarderTexts(t, newCertificates(t))
	x.edit(t, "pipelines.yml", "beats {", "beets {")
	output, code := runIn(t, x, "sensor", "run", "sensor.yml")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	expectMistakes(t, x, output, []mistake{{"pipelines.yml", "beets {", "beets", "SL2001", "there is no input plugin beets", "did you mean beats?"}})
}

// The receiver's configuration: all mistakes in one run, and the certificates are read.
func TestMistakesOfTheReceiver(t *testing.T) {
	certs, others := newCertificates(t), newCertificates(t)
	text, err := os.ReadFile(filepath.Join("..", "demo", "texts", "receiver.conf"))
	if err != nil {
		t.Fatal(err)
	}
	const file = "receiver.conf"
	good := strings.ReplaceAll(string(text), "/etc/logstash/", certs+"/")
	x := texts{file: good}
	check := func(words ...string) string {
		t.Helper()
		output, code := runIn(t, x, append(words, "-f", file, "--path.data", "data", "--api.enabled", "false")...)
		if code != 1 {
			t.Errorf("%v: exit code %d", words, code)
		}
		return output
	}
	x.edit(t, file, "ssl_key =>", "ssl_keyy =>")
	x.edit(t, file, `"force_peer"`, `"force_per"`)
	x.edit(t, file, "stdout {}", "stdot {}")
	x.edit(t, file, "hosts =>", "hosts =")
	want := []mistake{
		{file, `ssl_keyy => "` + certs + `/logstash_server_pk8.key"`, "ssl_keyy", "SL2002", "input http has no option ssl_keyy", "did you mean ssl_key?"},
		{file, `ssl_verify_mode => "force_per"`, `"force_per"`, "SL2004", `found "force_per"`, `did you mean "force_peer"?`},
		{file, `hosts = ["http://localhost:9200"]`, "=", "SL1011", `expected => after "hosts", found =`, "write hosts =>"},
		{file, "stdot {}", "stdot", "SL2001", "there is no output plugin stdot", "did you mean stdout?"},
	}
	expectMistakes(t, x, check("run", "-t"), want)
	expectMistakes(t, x, check("run"), want)

	x[file] = strings.Replace(good, certs+"/logstash_server_pk8.key", others+"/logstash_server_pk8.key", 1)
	output := check("run", "-t")
	for _, part := range []string{
		certs + "/logstash_server.crt:1:1: error SL4007: the key " + others + "/logstash_server_pk8.key (EC P-256) does not fit the certificate",
		"note: receiver.conf:7:24: used by http\n    7 |     ssl_certificate => ",
		"help: use the key that was made together with this certificate",
	} {
		if !strings.Contains(output, part) {
			t.Errorf("no %q in\n%s", part, output)
		}
	}
	x[file] = strings.Replace(good, "ca.crt", "cca.crt", 1)
	expectMistakes(t, x, check("run", "-t"), []mistake{{file, `ssl_certificate_authorities => ["` + certs + `/cca.crt"]`, `"` + certs + `/cca.crt"`, "SL4001", "cannot read " + certs + "/cca.crt", "check the path"}})
}
