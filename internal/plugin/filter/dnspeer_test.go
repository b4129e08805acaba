package filter

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sluice/internal/plugin/plugintest"
)

// TestPeerDnsmasq: names, addresses and what is not known, asked of a real server.
func TestPeerDnsmasq(t *testing.T) {
	dnsmasq := plugintest.Peer(t, "dnsmasq", "dnsmasq-base")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	args := []string{"-k", "-C", "/dev/null", "--no-hosts", "--no-resolv", "--bind-interfaces", "--listen-address=127.0.0.1", "--port=" + port, "--user=root", "--pid-file=",
		"--local=/test/", "--local=/2.0.192.in-addr.arpa/", "--host-record=sensor.test,192.0.2.7"}
	for i := range 60 { // more than fits into a packet
		args = append(args, fmt.Sprintf("--host-record=many.test,192.0.2.%d", 100+i))
	}
	cmd := exec.Command(dnsmasq, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("dnsmasq does not start")
		}
	}
	for in, want := range map[string]string{
		`{"a":"sensor.test"}`:  `"a": "192.0.2.7"`,
		`{"a":"many.test"}`:    `"a": "192.0.2.1`,
		`{"a":"unknown.test"}`: `"a": "unknown.test"`,
		`{"b":"192.0.2.7"}`:    `"b": "sensor.test"`,
		`{"b":"192.0.2.99"}`:   `"b": "192.0.2.99"`,
	} {
		field := in[2:3]
		kind := map[string]string{"a": "resolve", "b": "reverse"}[field]
		filters, err := configure(fmt.Sprintf(`dns { %s => [%q] action => "replace" nameserver => %q timeout => 5 }`, kind, field, address), plugintest.Env(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := through(t, filters, in); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
