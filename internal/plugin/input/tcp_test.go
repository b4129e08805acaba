package input

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// dialTo connects to an input that listens on a port of its own choice.
func dialTo(t testing.TB, l net.Listener, config *tls.Config) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if config == nil {
		return conn
	}
	return tls.Client(conn, config)
}

func portOf(conn net.Conn) string {
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	return port
}

func TestTCPServer(t *testing.T) {
	tests := []struct {
		name, options string
		ecs           plugin.ECS
		send          []string // the connection is closed behind it
		want          []string // PORT stands for the client's port
	}{
		{
			name: "lines, with a last one that has no end", options: "dns_reverse_lookup_enabled => false",
			send: []string{"on", "e\ntwo\nth", "ree"},
			want: []string{
				`{"@version":"1","message":"one","host":"127.0.0.1","port":PORT}{"ip_address":"127.0.0.1"}`,
				`{"@version":"1","message":"two","host":"127.0.0.1","port":PORT}{"ip_address":"127.0.0.1"}`,
				`{"@version":"1","message":"three","host":"127.0.0.1","port":PORT}{"ip_address":"127.0.0.1"}`,
			},
		},
		{
			name: "json is json_lines, and fields that are there stay", options: `codec => json type => app tags => ["x"] dns_reverse_lookup_enabled => false`,
			send: []string{`{"host":"h1","port":null}` + "\n"},
			want: []string{`{"host":"h1","port":PORT,"@version":"1","type":"app","tags":["x"]}{"ip_address":"127.0.0.1"}`},
		},
		{
			name: "ECS", options: "dns_reverse_lookup_enabled => false", ecs: plugin.ECSV8,
			send: []string{"a\n"},
			want: []string{`{"@version":"1","message":"a","event":{"original":"a"}}{"input":{"tcp":{"source":{"name":"127.0.0.1","ip":"127.0.0.1","port":PORT}}}}`},
		},
		{
			name: "the PROXY protocol, cut anywhere", options: "proxy_protocol => true",
			send: []string{"PROXY TCP4 192.0.2.7 192.0.2", ".8 5001 514\r", "\na\nb\n"},
			want: []string{
				`{"@version":"1","message":"a","proxy_host":"192.0.2.8","proxy_port":"514","host":"192.0.2.7","port":"5001"}{"ip_address":"192.0.2.7"}`,
				`{"@version":"1","message":"b","proxy_host":"192.0.2.8","proxy_port":"514","host":"192.0.2.7","port":"5001"}{"ip_address":"192.0.2.7"}`,
			},
		},
		{
			name: "a proxy that does not know the client", options: "proxy_protocol => true ecs_compatibility => v1",
			send: []string{"PROXY UNKNOWN\r\na\n"},
			want: []string{`{"@version":"1","message":"a","event":{"original":"a"}}{}`},
		},
		{
			name: "multiline", options: `codec => multiline { pattern => "^ " what => previous } dns_reverse_lookup_enabled => false`,
			send: []string{"a\n ", "b\nc"},
			want: []string{
				`{"@version":"1","message":"a\n b","tags":["multiline"],"host":"127.0.0.1","port":PORT}{"ip_address":"127.0.0.1"}`,
				`{"@version":"1","message":"c","host":"127.0.0.1","port":PORT}{"ip_address":"127.0.0.1"}`,
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := netInput(t, `tcp { host => "127.0.0.1" port => 0 `+test.options+` }`, func(env *plugin.Env) {
				env.ECS = plugin.ECSDisabled
				if test.ecs != "" {
					env.ECS = test.ecs
				}
			})
			sink := newNetSink()
			stop := netRun(t, p, sink)
			conn := dialTo(t, p.(*tcp).listener, nil)
			for _, text := range test.send {
				io.WriteString(conn, text)
			}
			conn.Close()
			sink.wait(t, len(test.want))
			stop()
			got := sink.take()
			for i := range got {
				got[i] = strings.TrimSpace(withoutTime(got[i]))
			}
			want := strings.ReplaceAll(strings.Join(test.want, "\n"), "PORT", portOf(conn))
			if all := strings.Join(got, "\n"); all != want {
				t.Errorf("got\n%s\nwanted\n%s", all, want)
			}
		})
	}
}

// A name that /etc/hosts has stands for the address.
func TestTCPLookup(t *testing.T) {
	name := nameOf(t.Context(), "127.0.0.1")
	p := netInput(t, `tcp { host => "127.0.0.1" port => 0 ecs_compatibility => disabled }`, nil)
	sink := newNetSink()
	netRun(t, p, sink)
	fmt.Fprintln(dialTo(t, p.(*tcp).listener, nil), "a")
	sink.wait(t, 1)
	if got := sink.take()[0]; !strings.Contains(got, `"host":"`+name+`"`) {
		t.Errorf("%s has no host %s", got, name)
	}
}

func TestTCPRefusesWithoutProxyLine(t *testing.T) {
	p := netInput(t, `tcp { host => "127.0.0.1" port => 0 proxy_protocol => true }`, nil)
	netRun(t, p, newNetSink())
	for _, text := range []string{"hello\n", "PROXY " + strings.Repeat("x", 200)} {
		conn := dialTo(t, p.(*tcp).listener, nil)
		io.WriteString(conn, text)
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("%.20q: the connection is not closed: %v", text, err)
		}
	}
}

func TestTCPServerTLS(t *testing.T) {
	dir := certs(t)
	base := fmt.Sprintf(`host => "127.0.0.1" port => 0 ssl_enabled => true ssl_certificate => "%[1]s/logstash_server.crt" ssl_key => "%[1]s/logstash_server.key"
		dns_reverse_lookup_enabled => false ecs_compatibility => disabled `, dir)
	ca := fmt.Sprintf(`ssl_certificate_authorities => ["%s/ca.crt"] `, dir)
	tests := []struct {
		name, options  string
		withClientCert bool
		subject        string
		refused        bool
	}{
		{name: "a client certificate is demanded by default", options: ca, withClientCert: true, subject: "CN="},
		{name: "and refused when it is missing", options: ca, refused: true},
		{name: "no client certificates", options: "ssl_client_authentication => none"},
		{name: "the old name", options: "ssl_verify => false"},
		{name: "the system's CAs, which know none of ours", withClientCert: true, refused: true},
		{name: "a longer chain", options: ca + fmt.Sprintf(`ssl_client_authentication => optional ssl_extra_chain_certs => ["%s/ca.crt"]`, dir)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := netInput(t, "tcp { "+base+test.options+" }", nil)
			sink := newNetSink()
			netRun(t, p, sink)
			conn := dialTo(t, p.(*tcp).listener, clientTLS(t, test.withClientCert)).(*tls.Conn)
			fmt.Fprintln(conn, "secret")
			if test.refused {
				conn.SetReadDeadline(time.Now().Add(10 * time.Second))
				if _, err := conn.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
					t.Errorf("not refused: %v", err)
				}
				return
			}
			sink.wait(t, 1)
			got := sink.take()[0]
			if !strings.Contains(got, `"message":"secret"`) || strings.Contains(got, "sslsubject") != (test.subject != "") || !strings.Contains(got, test.subject) {
				t.Error(got)
			}
			if n := len(conn.ConnectionState().PeerCertificates); strings.Contains(test.options, "extra_chain") && n < 2 {
				t.Errorf("the server sent %d certificates", n)
			}
		})
	}
}

// In mode client the input reads from servers, one connection after the other.
func TestTCPClient(t *testing.T) {
	dir := certs(t)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls ", secure), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			options := ""
			if secure {
				l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}})
				options = fmt.Sprintf(`ssl_enabled => true ssl_certificate_authorities => ["%s/ca.crt"]`, dir)
			}
			defer l.Close()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			p := netInput(t, `tcp { mode => client host => "127.0.0.1" port => `+port+` ecs_compatibility => disabled dns_reverse_lookup_enabled => false `+options+` }`, nil)
			p.(*tcp).reconnect = time.Millisecond
			sink := newNetSink()
			stop := netRun(t, p, sink)
			for i := range 3 {
				conn, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(conn, "round %d\nand ", i)
				if i < 2 {
					conn.Close()
				} else {
					defer conn.Close()
				}
			}
			sink.wait(t, 5)
			stop() // while the third connection is open; what has come of it is not lost
			sink.wait(t, 1)
			if got := strings.Join(sink.take(), ""); strings.Count(got, `"message":"and "`) != 3 || !strings.Contains(got, `"port":`+port) || !strings.Contains(got, "round 2") {
				t.Error(got)
			}
		})
	}
}

// The queue pushes back on the sender, and an input that is stopped ends.
func TestTCPBackPressure(t *testing.T) {
	p := netInput(t, `tcp { host => "127.0.0.1" port => 0 }`, nil)
	sink := newNetSink()
	sink.gate, sink.arrived = make(chan error), make(chan bool)
	stop := netRun(t, p, sink)
	fmt.Fprintln(dialTo(t, p.(*tcp).listener, nil), "a")
	<-sink.arrived
	stop()
	if n := <-sink.got; n != -1 {
		t.Errorf("%d events were taken", n)
	}
}

func TestTCPOptions(t *testing.T) {
	for config, want := range map[string]string{
		`tcp { port => 1 mode => client ssl_enabled => true ssl_client_authentication => none }`: "set ssl_verification_mode",
		`tcp { port => 1 ssl_enabled => true ssl_verification_mode => none }`:                    "set ssl_client_authentication",
		`tcp { port => 1 ssl_enabled => true }`:                                                  "ssl_certificate",
		`tcp { port => 1 data_timeout => 5 }`:                                                    "may be silent",
		`tcp { }`:                                                                                "needs the option port",
	} {
		expectMistake(t, config, want)
	}
}

func FuzzProxyLine(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nrest"))
	f.Add([]byte("PROXY UNKNOWN\n"))
	f.Add([]byte("PROX"))
	f.Fuzz(func(t *testing.T, data []byte) {
		line, rest, done, err := readProxyLine(data)
		if err != nil || !done {
			if done || len(data) >= maxProxyLine && err == nil {
				t.Errorf("%q: done %v, error %v", data, done, err)
			}
			return
		}
		if len(rest) > len(data)-len("PROXY \n")+1 || strings.ContainsAny(line.client+line.proxy+line.clientPort+line.proxyPort, " \t\r\n") {
			t.Errorf("%q: %+v, %q", data, line, rest)
		}
	})
}

func BenchmarkTCP(b *testing.B) {
	p := netInput(b, `tcp { host => "127.0.0.1" port => 0 dns_reverse_lookup_enabled => false }`, nil)
	event.PoisonReleased(false)
	defer event.PoisonReleased(true)
	sink := &countingSink{done: make(chan bool, 1), want: int64(b.N)}
	netRun(b, p, sink)
	conn := dialTo(b, p.(*tcp).listener, nil)
	text := []byte(strings.Repeat("x", 199) + "\n")
	chunk := []byte(strings.Repeat(string(text), 100))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	b.ResetTimer()
	for n := b.N; n > 0; n -= 100 {
		conn.Write(chunk[:len(text)*min(n, 100)])
	}
	<-sink.done
}
