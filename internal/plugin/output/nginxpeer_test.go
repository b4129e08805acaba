package output

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/plugin/plugintest"
)

// TestPeerNginx: the output http at an nginx that takes, refuses and breaks connections, with
// client certificates.
func TestPeerNginx(t *testing.T) {
	nginx := plugintest.Peer(t, "nginx", "nginx-light")
	dir, keys := t.TempDir(), certs(t)
	backend, plain, secure := unused(t), unused(t), unused(t)
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server {
    listen %[2]s; client_max_body_size 1k; keepalive_requests 3;
    location /taken { return 200 "ok"; }
    location /proxied { proxy_pass http://%[3]s; }
    location /reset { return 444; }
    location /later { add_header Retry-After 7 always; return 503; }
    location /gone { return 410 "not here any more"; }
    location /moved { return 301 /taken; }
    location /login { auth_basic "x"; auth_basic_user_file %[1]s/users; try_files /none =204; }
  }
  server {
    listen %[4]s ssl; ssl_certificate %[5]s/logstash_server.crt; ssl_certificate_key %[5]s/logstash_server.key;
    ssl_client_certificate %[5]s/ca.crt; ssl_verify_client on;
    location / { return 200 $ssl_client_s_dn; }
  }
}`, dir, plain, backend, secure, keys)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "users"), []byte("me:{PLAIN}secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-c", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("tcp", secure); err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Fatalf("nginx does not start:\n%s", log)
		}
	}
	large := `{"text":"` + strings.Repeat("x", 5000) + `"}`
	certificate := fmt.Sprintf(`ssl_certificate_authorities => "%[1]s/ca.crt" ssl_certificate => "%[1]s/logstash_client.crt" ssl_key => "%[1]s/logstash_client.key"`, keys)
	_, port, _ := net.SplitHostPort(secure)
	tests := []struct {
		name, url, options string
		events             []string
		want, reason       string
		condition          string
	}{
		{"taken", "http://" + plain + "/taken", ``, numbered(0, 10, 10), "..........", "", ""},
		{"a batch is cut until it fits", "http://" + plain + "/taken", `format => json_batch`, numbered(0, 20, 100), strings.Repeat(".", 20), "", ""},
		{"one is too large", "http://" + plain + "/taken", `format => json_batch`, []string{`{"n":1}`, large, `{"n":2}`}, ".x.", "413", ""},
		{"compressed, it fits", "http://" + plain + "/taken", `http_compression => true`, []string{large}, ".", "", ""},
		{"nobody behind the proxy", "http://" + plain + "/proxied", ``, numbered(0, 2, 10), "~~", "502", "upstream-refuses"},
		{"reset", "http://" + plain + "/reset", ``, numbered(0, 2, 10), "~~", "", "upstream-unreachable"},
		{"later", "http://" + plain + "/later", ``, numbered(0, 1, 10), "~", "503", "upstream-refuses"},
		{"gone", "http://" + plain + "/gone", ``, numbered(0, 2, 10), "xx", "410", ""},
		{"moved, which a POST does not follow", "http://" + plain + "/moved", ``, numbered(0, 1, 10), "x", "301", ""},
		{"login", "http://" + plain + "/login", `user => "me" password => "secret"`, numbered(0, 2, 10), "..", "", ""},
		{"mutual TLS", "https://localhost:" + port + "/", certificate, numbered(0, 5, 10), ".....", "", ""},
		{"no certificate", "https://localhost:" + port + "/", fmt.Sprintf(`ssl_certificate_authorities => "%s/ca.crt"`, keys), numbered(0, 1, 10), "x", "400", ""},
		{"an unknown CA", "https://localhost:" + port + "/", ``, numbered(0, 1, 10), "~", "", "upstream-tls"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, env := netOutput(t, fmt.Sprintf(`http { url => %q http_method => post automatic_retries => 0 %s }`, tt.url, tt.options), nil)
			a := netWrite(t, o, tt.events...)
			reasons := ""
			for _, one := range a {
				reasons += one.Reason
				if tt.name == "later" && one.After != 7*time.Second {
					t.Errorf("Retry-After is %v", one.After)
				}
			}
			if verdicts(a) != tt.want || !strings.Contains(reasons, tt.reason) || codes(env.Conditions) != tt.condition {
				t.Errorf("%s, want %s: %+v %s", verdicts(a), tt.want, a[0], codes(env.Conditions))
			}
		})
	}
	t.Run("the backend comes back", func(t *testing.T) {
		o, env := netOutput(t, `http { url => "http://`+plain+`/proxied" http_method => post }`, nil)
		l, err := net.Listen("tcp", backend)
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})}
		go s.Serve(l)
		defer s.Close()
		if rejected, _ := insist(t, o, numbered(0, 50, 10)); rejected != 0 || codes(env.Conditions) != "" {
			t.Errorf("%d rejected, %s", rejected, codes(env.Conditions))
		}
	})
}
