package output

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func hostPort(address string) string {
	host, port, _ := net.SplitHostPort(address)
	return fmt.Sprintf(`host => "%s" port => %s`, host, port)
}

// readLines reads lines from a connection.
func readLines(t *testing.T, conn net.Conn, n int) string {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var all []string
	for r := bufio.NewReader(conn); len(all) < n; {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("%d lines missing: %v", n-len(all), err)
		}
		all = append(all, strings.TrimSpace(line))
	}
	return strings.Join(all, "|")
}

func TestTCPClient(t *testing.T) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(certs(t), "logstash_server.crt"), filepath.Join(certs(t), "logstash_server.key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls ", secure), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			options := hostPort(l.Addr().String()) + " codec => json_lines"
			if secure {
				l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}})
				options += fmt.Sprintf(` ssl_enabled => true ssl_certificate_authorities => ["%s/ca.crt"]`, certs(t))
			}
			o, env := netOutput(t, "tcp { "+options+" }", nil)
			got := make(chan string)
			goneFrom := make(chan net.Conn)
			go func() {
				for range 2 {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					got <- readLines(t, conn, 2)
					goneFrom <- conn
				}
			}()
			for round := range 2 {
				a := netWrite(t, o, fmt.Sprintf(`{"n":%d}`, round), `{"b":2}`)
				if v := verdicts(a); v != ".." {
					t.Fatalf("%s %v", v, a)
				}
				if g, want := <-got, fmt.Sprintf(`{"n":%d}|{"b":2}`, round); g != want {
					t.Errorf("got %s, wanted %s", g, want)
				}
				conn := <-goneFrom
				conn.Close() // the output sees it, and connects again
				out := o.(*tcpOutput)
				for deadline := time.Now().Add(10 * time.Second); ; {
					out.mu.Lock()
					left := len(out.conns)
					out.mu.Unlock()
					if left == 0 {
						break
					}
					if time.Now().After(deadline) {
						t.Fatal("the output does not see that the connection has ended")
					}
					time.Sleep(time.Millisecond)
				}
			}
			if c := codes(env.Conditions); c != "" {
				t.Error(c)
			}
		})
	}
}

func TestTCPUnreachable(t *testing.T) {
	address := unused(t)
	o, env := netOutput(t, "tcp { reconnect_interval => 3 "+hostPort(address)+" }", nil)
	a := netWrite(t, o, `{"a":1}`)
	if verdicts(a) != "~" || a[0].After != 3*time.Second || !strings.Contains(a[0].Reason, address) {
		t.Errorf("%+v", a)
	}
	if c := codes(env.Conditions); c != "upstream-unreachable" {
		t.Error(c)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip("the port has been taken by somebody else")
	}
	defer l.Close()
	if v := verdicts(netWrite(t, o, `{"a":1}`)); v != "." || codes(env.Conditions) != "" {
		t.Error(v, codes(env.Conditions))
	}
}

// A server that reads nothing cannot hold up the end of the pipeline.
func TestTCPEndsWithContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o, _ := netOutput(t, "tcp { "+hostPort(l.Addr().String())+" }", nil)
	b := netEvents(t, `{"a":"`+strings.Repeat("x", 32<<20)+`"}`)
	defer b.Release()
	ctx, cancel := context.WithCancel(context.Background())
	answers := make([]plugin.Answer, 1)
	done := make(chan bool)
	go func() {
		o.Write(ctx, b.Events, answers)
		close(done)
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	<-done
	if verdicts(answers) != "~" {
		t.Error(answers)
	}
}

func TestTCPServerMode(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls ", secure), func(t *testing.T) {
			options := ""
			if secure {
				options = fmt.Sprintf(`ssl_enabled => true ssl_certificate => "%[1]s/logstash_server.crt" ssl_key => "%[1]s/logstash_server.key"`, certs(t))
			}
			p, _ := netOutput(t, `tcp { mode => server host => "127.0.0.1" port => 0 codec => line { format => "%{n}" } `+options+` }`, nil)
			o := p.(*tcpOutput)
			if err := o.Listen(); err != nil {
				t.Fatal(err)
			}
			if v := verdicts(netWrite(t, o, `{"n":"nobody hears it"}`)); v != "." {
				t.Error(v)
			}
			var clients []net.Conn
			for range 2 {
				conn, err := net.Dial("tcp", o.listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if secure {
					conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
					if err := conn.(*tls.Conn).Handshake(); err != nil {
						t.Fatal(err)
					}
				}
				clients = append(clients, conn)
			}
			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
				o.mu.Lock()
				n := len(o.conns)
				o.mu.Unlock()
				if n == 2 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d clients", n)
				}
			}
			if v := verdicts(netWrite(t, o, `{"n":1}`, `{"n":2}`)); v != ".." {
				t.Error(v)
			}
			for _, c := range clients {
				if got := readLines(t, c, 2); got != "1|2" {
					t.Error(got)
				}
			}
		})
	}
}

func BenchmarkTCP(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		for buffer := make([]byte, 1<<16); err == nil; {
			_, err = conn.Read(buffer)
		}
	}()
	o, _ := netOutput(b, "tcp { codec => json_lines "+hostPort(l.Addr().String())+" }", nil)
	batch := event.NewBatch()
	for range 125 {
		e := batch.New()
		_ = e.Set(event.MustRef("message"), event.StringValue(strings.Repeat("x", 200)))
	}
	answers := make([]plugin.Answer, 125)
	b.ReportAllocs()
	for b.Loop() {
		o.Write(b.Context(), batch.Events, answers)
	}
}
