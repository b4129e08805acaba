package output

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/pki"
	"sluice/internal/plugin"
)

// probe tries out everything that an output connects to, one line each.
func probe(t *testing.T, config string) string {
	t.Helper()
	o, env := netOutput(t, config, nil)
	var lines []string
	for _, d := range o.(plugin.Connector).Destinations() {
		found, err := env.Probe(context.Background(), d)
		line := d.Network + " " + found
		if err != nil {
			var problem diag.Diagnostic
			if !errors.As(err, &problem) || !problem.At.Valid() {
				t.Fatalf("%s: %v has no place in the configuration", config, err)
			}
			line = problem.Code.ID + " " + problem.Message + " | " + problem.Help
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestProbe(t *testing.T) {
	ca := filepath.Join(certs(t), "ca.crt")
	client := fmt.Sprintf("ssl_certificate => '%s' ssl_key => '%s'", filepath.Join(certs(t), "logstash_client.crt"), filepath.Join(certs(t), "logstash_client.key"))
	other := t.TempDir()
	if _, err := pki.Create(pki.Request{Dir: other, Servers: []string{"localhost"}, EC: true}); err != nil {
		t.Fatal(err)
	}
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "sluice" || password != "right" {
			http.Error(w, `{"error":"unable to authenticate"}`, http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"version":{"number":"2.11.0","distribution":"opensearch"}}`)
	})
	demanding := tlsServer(t, ok)
	secure := demanding.Listener.Addr().String()
	plain := httptest.NewServer(ok)
	t.Cleanup(plain.Close)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>") }))
	t.Cleanup(page.Close)
	_, port, _ := net.SplitHostPort(secure)
	_, open, _ := net.SplitHostPort(plain.Listener.Addr().String())
	down := unused(t)
	_, closed, _ := net.SplitHostPort(down)
	for _, c := range []struct{ config, want string }{
		{fmt.Sprintf(`http { url => "http://%s/x" http_method => "post" }`, down), "SL4020 " + down + " refuses the connection"},
		{fmt.Sprintf(`http { url => "http://%s/%%{index}" http_method => "post" }`, plain.Listener.Addr()), "tcp connected"},
		{`http { url => "http://%{host}:80/" http_method => "post" }`, ""},
		{`http { url => "http://nosuch.invalid/" http_method => "post" }`, "SL4021 nosuch.invalid:80: the name nosuch.invalid cannot be resolved"},
		// The chain of the server's certificate, and what the server wants of its clients.
		{fmt.Sprintf(`http { url => "https://%s/" http_method => "post" ssl_certificate_authorities => ["%s"] }`, secure, filepath.Join(other, "ca.crt")), "SL4012 " + secure + ": the server's certificate ("},
		{fmt.Sprintf(`http { url => "https://%s/" http_method => "post" ssl_certificate_authorities => ["%s"] }`, secure, ca), "SL4016 " + secure + ": the server demands a client certificate"},
		{fmt.Sprintf(`http { url => "https://%s/" http_method => "post" ssl_certificate_authorities => ["%s"] %s }`, secure, ca, client), "tcp connected with TLS 1.3"},
		{fmt.Sprintf(`http { url => "https://%s/" http_method => "post" }`, plain.Listener.Addr()), "SL4018 " + plain.Listener.Addr().String() + ": the server"},
		{fmt.Sprintf(`tcp { host => "localhost" port => %s ssl_enabled => true ssl_certificate_authorities => ["%s"] }`, port, ca), "SL4016 localhost:" + port},
		{fmt.Sprintf(`tcp { host => "localhost" port => %s }`, open), "tcp connected"},
		{fmt.Sprintf(`lumberjack { hosts => ["localhost", "127.0.0.1"] port => %s ssl_certificate => "%s" }`, closed, ca), "SL4020 "},
		{`udp { host => "localhost" port => "%{port}" }`, "udp resolved"},
		{`udp { host => "nosuch.invalid" port => 5 }`, "SL4021 nosuch.invalid:5"},
		// A request that changes nothing.
		{fmt.Sprintf(`opensearch { hosts => ["%s"] user => "sluice" password => "right" }`, plain.URL), "tcp connected; OpenSearch 2.11.0"},
		{fmt.Sprintf(`elasticsearch { hosts => ["%s"] user => "sluice" password => "wrong" }`, plain.URL), "SL2013 " + plain.Listener.Addr().String() + ": GET / answered 401 Unauthorized {\"error\":\"unable to authenticate\"} | check user and password"},
		{fmt.Sprintf(`elasticsearch { hosts => ["%s", "%s"] }`, page.URL, down), "not as Elasticsearch or OpenSearch does: <html> | check the port, and the option path\nSL4020 " + down},
	} {
		got := probe(t, c.config)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s\n  got  %q\n  want %q", c.config, got, c.want)
		}
	}
}
