package input

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// peerRun runs a program to its end.
func peerRun(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// peerStart starts a program that ends with the test.
func peerStart(t *testing.T, name string, args ...string) (logs *bytes.Buffer, stop func()) {
	t.Helper()
	cmd := exec.Command(name, args...)
	logs = new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = logs, logs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		if cmd.Process != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			cmd.Process = nil
		}
	}
	t.Cleanup(stop)
	return logs, stop
}

// peerInput starts an input on a port of loopback that is free for TCP and UDP.
func peerInput(t *testing.T, config string, change func(*plugin.Env)) (port string, sink *netSink) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = portIn(l.Addr())
	l.Close()
	sink = newNetSink()
	netRun(t, netInput(t, strings.ReplaceAll(config, "PORT", port), change), sink)
	return port, sink
}

func portIn(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}

// holds tells which of the parts are not in a text.
func holds(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: %q is not in\n%s", what, part, text)
		}
	}
}

// TestPeerLogger: what util-linux's logger sends.
func TestPeerLogger(t *testing.T) {
	logger := plugintest.Peer(t, "logger", "bsdutils")
	tests := []struct {
		name, config string
		args         []string
		want         []string
	}{
		{"RFC 3164, UDP", `syslog { host => "127.0.0.1" port => PORT }`, []string{"--rfc3164", "-d", "-p", "auth.warning", "-t", "sshd", "--id=7", "hello there"},
			[]string{`"facility":4`, `"severity":4`, `"program":"sshd"`, `"pid":"7"`, `"message":"hello there"`, `"severity_label":"Warning"`}},
		{"RFC 3164, TCP", `syslog { host => "127.0.0.1" port => PORT }`, []string{"--rfc3164", "-T", "-p", "local0.info", "-t", "app", "hello"},
			[]string{`"facility":16`, `"severity":6`, `"program":"app"`, `"message":"hello\n"`}}, // as Logstash has it
		{"RFC 5424, UDP", `syslog { host => "127.0.0.1" port => PORT grok_pattern => "<%{POSINT:priority}>%{SYSLOG5424BASE}? ?%{GREEDYDATA:message}" }`, []string{"--rfc5424=notq", "-d", "-p", "local7.err", "-t", "app", "hello"},
			[]string{`"facility":23`, `"severity":3`}},
		{"RFC 5424, octet count", `tcp { host => "127.0.0.1" port => PORT }`, []string{"--rfc5424", "--octet-count", "-T", "-t", "app", "hello"},
			[]string{` app - - [timeQuality`, `hello"`}},
		{"CEF", `udp { host => "127.0.0.1" port => PORT codec => cef }`, []string{"--rfc3164", "-d", "-t", "probe", `CEF:0|Security|threatmanager|1.0|100|worm \| stopped|10|src=10.0.0.1 dst=2.1.2.2 spt=1232 msg=a\=b`},
			[]string{`"deviceVendor":"Security"`, `"name":"worm | stopped"`, `"sourceAddress":"10.0.0.1"`, `"sourcePort":"1232"`, `"message":"a=b"`, `probe`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			port, sink := peerInput(t, tt.config, nil)
			peerRun(t, "", logger, append([]string{"-n", "127.0.0.1", "-P", port}, tt.args...)...)
			if tt.name == "RFC 5424, octet count" {
				t.Skip("octet-counted frames (RFC 6587, 3.4.1) are not read, as in Logstash; docs/compatibility.md says so")
			}
			sink.wait(t, 1)
			holds(t, tt.name, sink.take()[0], tt.want...)
		})
	}
}

// TestPeerRsyslog: rsyslog forwards over UDP, TCP, and with mutual TLS.
func TestPeerRsyslog(t *testing.T) {
	rsyslogd := plugintest.Peer(t, "rsyslogd", "rsyslog")
	logger := plugintest.Peer(t, "logger", "bsdutils")
	dir := certs(t)
	tls := `global(DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="` + dir + `/ca.crt" DefaultNetstreamDriverCertFile="` + dir + `/logstash_client.crt" DefaultNetstreamDriverKeyFile="` + dir + `/logstash_client.key")`
	tests := []struct{ name, config, global, action string }{
		{"UDP", `syslog { host => "127.0.0.1" port => PORT }`, "", `protocol="udp"`},
		{"TCP", `syslog { host => "127.0.0.1" port => PORT }`, "", `protocol="tcp"`},
		{"TCP, RFC 3339 times", `syslog { host => "127.0.0.1" port => PORT }`, "", `protocol="tcp" template="RSYSLOG_ForwardFormat"`},
		{"TCP, RFC 5424", `tcp { host => "127.0.0.1" port => PORT }`, "", `protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"`},
		{"TLS", `tcp { host => "127.0.0.1" port => PORT ssl_enabled => true ssl_certificate => "` + dir + `/logstash_server.crt" ssl_key => "` + dir + `/logstash_server.key" ssl_certificate_authorities => "` + dir + `/ca.crt" ssl_client_authentication => required }`, tls,
			`protocol="tcp" StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.global != "" {
				if _, err := os.Stat("/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so"); err != nil {
					t.Skip("rsyslog-gnutls is not installed")
				}
			}
			port, sink := peerInput(t, tt.config, nil)
			work := t.TempDir()
			file := filepath.Join(work, "rsyslog.conf")
			text := fmt.Sprintf(`%s
global(workDirectory=%q)
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket=%q CreatePath="on")
*.* action(type="omfwd" target="127.0.0.1" port="%s" %s action.resumeRetryCount="-1" action.resumeInterval="1")
`, tt.global, work, work+"/log", port, tt.action)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			logs, stop := peerStart(t, rsyslogd, "-n", "-f", file, "-i", filepath.Join(work, "pid"))
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				if _, err := os.Stat(work + "/log"); err == nil {
					break
				}
				if time.Now().After(deadline) {
					stop()
					t.Fatalf("rsyslog does not start:\n%s", logs)
				}
			}
			var many strings.Builder
			for i := range 200 {
				fmt.Fprintf(&many, "message %d of many\n", i)
			}
			peerRun(t, many.String(), logger, "-u", work+"/log", "-p", "daemon.notice", "-t", "probe", "--id=99")
			found := 0
			for found < 200 { // rsyslog says hello by itself
				select {
				case <-sink.got:
				case <-time.After(20 * time.Second):
					stop()
					t.Fatalf("%d of 200 messages came\n%s", found, logs)
				}
				for _, e := range sink.take() {
					if strings.Contains(e, fmt.Sprintf("message %d of many", found)) {
						found++
						if strings.HasPrefix(tt.config, "syslog") {
							holds(t, tt.name, e, `"program":"probe"`, `"pid":"99"`, `"priority":29`, `"message":"message`)
						}
					}
				}
			}
		})
	}
}

// TestPeerCurl: curl's ways to post.
func TestPeerCurl(t *testing.T) {
	curl := plugintest.Peer(t, "curl", "curl")
	large := `{"text":"` + strings.Repeat("x", 3<<20) + `"}`
	dir := certs(t)
	tests := []struct {
		name  string
		args  []string
		stdin string
		want  string
		n     int
	}{
		{"JSON", []string{"-H", "Content-Type: application/json", "--data-binary", "@-"}, `{"a":1}`, `"a":1`, 1},
		{"form", []string{"-d", "a=1&b=2"}, "", `a=1`, 1},
		{"chunked", []string{"-H", "Content-Type: application/json", "-H", "Transfer-Encoding: chunked", "--data-binary", "@-"}, `{"a":2}`, `"a":2`, 1},
		{"chunked from a pipe", []string{"-H", "Content-Type: application/json", "-T", "-", "-X", "POST"}, `[{"a":3},{"a":4}]`, `"a":3`, 2},
		{"HTTP/1.0", []string{"-0", "-H", "Content-Type: application/json", "--data-binary", "@-"}, `{"a":5}`, `"a":5`, 1},
		{"Expect: 100-continue", []string{"-H", "Content-Type: application/json", "-H", "Expect: 100-continue", "--data-binary", "@-"}, large, `xxxx`, 1},
		{"PUT", []string{"-H", "Content-Type: text/plain", "-X", "PUT", "--data-binary", "@-"}, "a line", `"message":"a line"`, 1},
		{"login", []string{"-u", "me:secret:with colon", "-H", "Content-Type: text/plain", "--data-binary", "@-"}, "a line", `"message":"a line"`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options := ""
			if tt.name == "login" {
				options = `user => "me" password => "secret:with colon"`
			}
			port, sink := peerInput(t, `http { host => "127.0.0.1" port => PORT `+options+` }`, nil)
			out := peerRun(t, tt.stdin, curl, append([]string{"-sS", "-m", "20", "-w", " %{http_code} %{num_connects}", "http://127.0.0.1:" + port + "/x"}, tt.args...)...)
			if !strings.HasPrefix(out, "ok 200") {
				t.Errorf("curl got %q", out)
			}
			sink.wait(t, tt.n)
			holds(t, tt.name, strings.Join(sink.take(), ""), tt.want)
		})
	}
	t.Run("gzip", func(t *testing.T) {
		port, sink := peerInput(t, `http { host => "127.0.0.1" port => PORT }`, nil)
		file := filepath.Join(t.TempDir(), "body.gz")
		if err := os.WriteFile(file, []byte(packed(t, `{"a":6}`)), 0o600); err != nil {
			t.Fatal(err)
		}
		out := peerRun(t, "", curl, "-sS", "-m", "20", "-H", "Content-Type: application/json", "-H", "Content-Encoding: gzip", "--data-binary", "@"+file, "http://127.0.0.1:"+port)
		if out != "ok" {
			t.Errorf("curl got %q", out)
		}
		sink.wait(t, 1)
		holds(t, "gzip", sink.take()[0], `"a":6`)
	})
	t.Run("keep-alive and mutual TLS", func(t *testing.T) {
		port, sink := peerInput(t, `http { host => "127.0.0.1" port => PORT ssl_enabled => true ssl_certificate => "`+dir+`/logstash_server.crt" ssl_key => "`+dir+`/logstash_server.key" ssl_certificate_authorities => "`+dir+`/ca.crt" ssl_client_authentication => required }`, nil)
		url := "https://localhost:" + port + "/"
		args := []string{"-sS", "-m", "20", "--cacert", dir + "/ca.crt", "--cert", dir + "/logstash_client.crt", "--key", dir + "/logstash_client.key", "-H", "Content-Type: text/plain", "-d", "x", "-w", "%{num_connects}"}
		if out := peerRun(t, "", curl, append(args, url, url, url)...); out != "ok1ok0ok0" {
			t.Errorf("curl got %q", out)
		}
		sink.wait(t, 3)
		cmd := exec.Command(curl, "-sS", "-m", "20", "--cacert", dir+"/ca.crt", "-d", "x", url)
		if out, err := cmd.CombinedOutput(); err == nil {
			t.Errorf("without a certificate curl got %q", out)
		}
	})
	t.Run("wrong login", func(t *testing.T) {
		port, _ := peerInput(t, `http { host => "127.0.0.1" port => PORT user => "me" password => "x" }`, nil)
		out := peerRun(t, "", curl, "-sS", "-m", "20", "-u", "me:y", "-d", "x", "-w", "%{http_code}", "http://127.0.0.1:"+port)
		if !strings.HasSuffix(out, "401") {
			t.Errorf("curl got %q", out)
		}
	})
}

// TestPeerSoftflowd: softflowd reads a capture and exports it as NetFlow 5, 9 and IPFIX.
func TestPeerSoftflowd(t *testing.T) {
	softflowd := plugintest.Peer(t, "softflowd", "softflowd")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), pcapOfFlows(20), 0o600); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string][]string{
		"5":  {`"version":5`, `"ipv4_src_addr":"10.0.0.`, `"ipv4_dst_addr":"10.0.1.1"`, `"l4_dst_port":53`, `"protocol":17`, `"in_pkts":3`, `"in_bytes":384`},
		"9":  {`"version":9`, `"ipv4_src_addr":"10.0.0.`, `"ipv4_dst_addr":"10.0.1.1"`, `"l4_dst_port":53`, `"protocol":17`, `"in_pkts":3`, `"in_bytes":384`},
		"10": {`"version":10`, `"sourceIPv4Address":"10.0.0.`, `"destinationTransportPort":53`, `"protocolIdentifier":17`, `"packetDeltaCount":3`, `"octetDeltaCount":384`},
	} {
		t.Run(version, func(t *testing.T) {
			port, sink := peerInput(t, `udp { host => "127.0.0.1" port => PORT codec => netflow workers => 4 }`, nil)
			logs, stop := peerStart(t, "env", "-C", dir, softflowd, "-r", "f", "-n", "127.0.0.1:"+port, "-v", version, "-d", "-c", "none", "-p", filepath.Join(dir, "pid"))
			found := map[string]bool{}
			var other []string
			for len(found) < 20 {
				select {
				case <-sink.got:
				case <-time.After(10 * time.Second):
					stop()
					t.Fatalf("%d of 20 flows came; others: %s\n%s", len(found), other, logs)
				}
				for _, e := range sink.take() {
					i := strings.Index(e, `"10.0.0.`)
					if i < 0 {
						other = append(other, e)
						continue
					}
					holds(t, version, e, want...)
					address, _, _ := strings.Cut(e[i+1:], `"`)
					found[address] = true
				}
			}
		})
	}
}
