package output

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/event"
	"sluice/internal/lumberjack"
)

// lumberjackServer takes windows and acks as many events of each as told; then, unless
// that was the whole window, it closes the connection.
func lumberjackServer(t *testing.T, acks []uint32) (address string, got <-chan string) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(certs(t), "logstash_server.crt"), filepath.Join(certs(t), "logstash_server.key"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	lines := make(chan string, 100)
	serve := func(conn net.Conn) {
		defer conn.Close()
		r := lumberjack.NewReader(conn, lumberjack.Limits{})
		for len(acks) > 0 {
			var texts []string
			for window := uint32(1); uint32(len(texts)) < window; {
				b := event.NewBatch()
				item, err := r.Next(b)
				if err != nil {
					return
				}
				if item.Kind == lumberjack.Window {
					window = item.Count
					continue
				}
				for _, p := range item.Pairs {
					texts = append(texts, fmt.Sprintf("%s=%s", p.Key, p.Value))
				}
			}
			lines <- strings.Join(texts, "|")
			n := acks[0]
			acks = acks[1:]
			conn.Write(lumberjack.AppendAck(nil, lumberjack.V1, n))
			if n < uint32(len(texts)) {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
		}
	}()
	return l.Addr().String(), lines
}

func TestLumberjack(t *testing.T) {
	address, got := lumberjackServer(t, []uint32{2, 1, 1, 1})
	_, port, _ := net.SplitHostPort(address)
	o, env := netOutput(t, fmt.Sprintf(`lumberjack { hosts => ["127.0.0.1"] port => %s ssl_certificate => "%s/ca.crt" flush_size => 2 codec => json }`, port, certs(t)), nil)
	if v := verdicts(netWrite(t, o, `{"n":1}`, `{"n":2}`, `{"n":3}`)); v != "..." {
		t.Error(v)
	}
	a := netWrite(t, o, `{"n":4}`, `{"n":5}`) // the second one is not acked
	if v := verdicts(a); v != ".~" || codes(env.Conditions) == "" {
		t.Error(v, a, codes(env.Conditions))
	}
	if v := verdicts(netWrite(t, o, `{"n":5}`)); v != "." || codes(env.Conditions) != "" {
		t.Error(v, codes(env.Conditions))
	}
	for _, want := range []string{`line={"n":1}|line={"n":2}`, `line={"n":3}`, `line={"n":4}|line={"n":5}`, `line={"n":5}`} {
		if g := <-got; g != want {
			t.Errorf("got %s, wanted %s", g, want)
		}
	}
}

func TestLumberjackHosts(t *testing.T) {
	address, got := lumberjackServer(t, []uint32{1})
	_, port, _ := net.SplitHostPort(address)
	o, _ := netOutput(t, fmt.Sprintf(`lumberjack { hosts => ["127.0.0.9", "127.0.0.1"] port => %s ssl_certificate => "%s/ca.crt" codec => plain { format => "%%{n}" } }`, port, certs(t)), nil)
	if v := verdicts(netWrite(t, o, `{"n":1}`)); v != "~" {
		t.Error(v)
	}
	if v := verdicts(netWrite(t, o, `{"n":1}`)); v != "." {
		t.Error(v)
	}
	if g := <-got; g != "line=1" {
		t.Error(g)
	}
}
