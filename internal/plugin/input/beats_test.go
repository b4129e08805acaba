package input

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lumber "github.com/elastic/go-lumber/client/v2"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lumberjack"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// startBeats runs a beats input with the options and returns its address.
func startBeats(t testing.TB, options string, to plugin.Sink, change func(*plugin.Env)) (address string, b *beats, stop func()) {
	t.Helper()
	b = netInput(t, `beats { host => "127.0.0.1" port => 0 `+options+` }`, change).(*beats)
	b.silence, b.keepAlive = 20*time.Millisecond, 10*time.Millisecond
	stop = netRun(t, b, to)
	return b.listener.Addr().String(), b, stop
}

func dialBeats(t testing.TB, address string, config *tls.Config, o lumberjack.ClientOptions) *lumberjack.Client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if config != nil {
		conn = tls.Client(conn, config)
	}
	o.Timeout = 10 * time.Second
	return lumberjack.NewClient(conn, o)
}

func ecsV8(env *plugin.Env) { env.ECS = plugin.ECSV8 }

func TestBeatsEvents(t *testing.T) {
	const plainTag = `"tags":["beats_input_codec_plain_applied"]`
	tests := []struct {
		name, options string
		ecs           bool
		in, want      string // want is without @timestamp, with @metadata behind it
	}{
		{"a line", "", false,
			`{"message":"hello","n":1.50,"@metadata":{"beat":"filebeat","version":"8.1.0"}}`,
			`{"message":"hello","n":1.50,"@version":"1",` + plainTag + `}{"beat":"filebeat","version":"8.1.0","ip_address":"127.0.0.1"}`},
		{"no line", "", false,
			`{"data":{"a":[1,2]}}`,
			`{"data":{"a":[1,2]},"@version":"1","tags":["beats_input_raw_event"]}{"ip_address":"127.0.0.1"}`},
		{"a line that is null", "", false,
			`{"message":null}`,
			`{"message":null,"@version":"1","tags":["beats_input_raw_event"]}{"ip_address":"127.0.0.1"}`},
		{"a line of logstash-forwarder", "", false,
			`{"line":"x","file":"f"}`,
			`{"file":"f","@version":"1","message":"x",` + plainTag + `}{"ip_address":"127.0.0.1"}`},
		{"a line that is a number", "", false,
			`{"message":5}`,
			`{"message":"5","@version":"1",` + plainTag + `}{"ip_address":"127.0.0.1"}`},
		{"tags that are there", "", false,
			`{"tags":["a"],"message":"m"}`,
			`{"tags":["a","beats_input_codec_plain_applied"],"message":"m","@version":"1"}{"ip_address":"127.0.0.1"}`},
		{"common options", `add_field => {"f" => "%{message}"} tags => ["t"] type => "ty"`, false,
			`{"message":"m"}`,
			`{"message":"m","@version":"1","type":"ty","f":"m","tags":["t","beats_input_codec_plain_applied"]}{"ip_address":"127.0.0.1"}`},
		{"a bad timestamp with a line", "", false,
			`{"@timestamp":"yesterday","message":"m"}`,
			`{"message":"m","@version":"1",` + plainTag + `}{"ip_address":"127.0.0.1"}`},
		{"a bad timestamp without", "", false,
			`{"@timestamp":"yesterday"}`,
			`{"_@timestamp":"yesterday","tags":["_timestampparsefailure","beats_input_raw_event"],"@version":"1"}{"ip_address":"127.0.0.1"}`},
		{"no JSON", "", false,
			`{"message":`,
			`{"@version":"1","message":"{\"message\":","tags":["_jsonparsefailure"]}{"ip_address":"127.0.0.1"}`},
		{"ECS", "", true,
			`{"message":"hello","@metadata":{"beat":"filebeat"}}`,
			`{"message":"hello","@version":"1","event":{"original":"hello"},` + plainTag + `}{"beat":"filebeat","input":{"beats":{"host":{"ip":"127.0.0.1"}}}}`},
		{"ECS, with an event", "", true,
			`{"event":{"dataset":"d"},"message":"hello"}`,
			`{"event":{"dataset":"d","original":"hello"},"message":"hello","@version":"1",` + plainTag + `}{"input":{"beats":{"host":{"ip":"127.0.0.1"}}}}`},
		{"ECS, metadata that is there", "", true,
			`{"@metadata":{"input":{"id":1}}}`,
			`{"@version":"1","tags":["beats_input_raw_event"]}{"input":{"id":1,"beats":{"host":{"ip":"127.0.0.1"}}}}`},
		{"ECS off here", "ecs_compatibility => disabled", true,
			`{"message":"m"}`, `{"message":"m","@version":"1",` + plainTag + `}{"ip_address":"127.0.0.1"}`},
		{"enrich none", "enrich => none", true, `{"message":"m"}`, `{"message":"m","@version":"1"}{}`},
		{"enrich source only", "enrich => [source_metadata]", false, `{"message":"m"}`, `{"message":"m","@version":"1"}{"ip_address":"127.0.0.1"}`},
		{"include_codec_tag", "include_codec_tag => false", false, `{"message":"m"}`, `{"message":"m","@version":"1"}{"ip_address":"127.0.0.1"}`},
		{"add_hostname", "add_hostname => true enrich => none", false,
			`{"beat":{"hostname":"h"}}`, `{"beat":{"hostname":"h"},"@version":"1","host":"h"}{}`},
		{"add_hostname, host is there", "add_hostname => true enrich => none", false,
			`{"beat":{"hostname":"h"},"host":"i"}`, `{"beat":{"hostname":"h"},"host":"i","@version":"1"}{}`},
		{"codec json", "codec => json enrich => codec_metadata", false,
			`{"message":"{\"a\":1,\"o\":{\"x\":1}}","o":{"y":2},"@metadata":{"m":1},"@timestamp":"2021-03-04T14:35:33.000Z"}`,
			`{"a":1,"o":{"x":1,"y":2},"@version":"1","tags":["beats_input_codec_json_applied"]}{"m":1}`},
		{"codec json without a line", "codec => json enrich => none", false,
			`{"text":"the word \"message\" alone"}`, `{"text":"the word \"message\" alone","@version":"1"}{}`},
		{"codec with options", `codec => plain { charset => "ISO-8859-1" } enrich => none`, false,
			`{"message":"m","n":1}`, `{"@version":"1","message":"m","n":1}{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var change func(*plugin.Env)
			if tt.ecs {
				change = ecsV8
			}
			sink := newNetSink()
			address, _, _ := startBeats(t, tt.options, sink, change)
			c := dialBeats(t, address, nil, lumberjack.ClientOptions{})
			c.AddJSON([]byte(tt.in))
			if err := c.Send(); err != nil {
				t.Fatal(err)
			}
			if err := c.Await(1, nil); err != nil {
				t.Fatal(err)
			}
			if got := withoutTime(sink.take()[0]); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestBeatsKeepsTimestamp(t *testing.T) {
	for _, codec := range []string{"plain", "json"} {
		sink := newNetSink()
		address, _, _ := startBeats(t, "codec => "+codec, sink, nil)
		c := dialBeats(t, address, nil, lumberjack.ClientOptions{})
		c.AddJSON([]byte(`{"message":"{\"@timestamp\":\"2001-01-01T00:00:00Z\"}","@timestamp":"2021-03-04T14:35:33.946Z"}`))
		c.Send()
		if err := c.Await(1, nil); err != nil {
			t.Fatal(err)
		}
		if got := sink.take()[0]; !strings.Contains(got, `"@timestamp":"2021-03-04T14:35:33.946Z"`) {
			t.Errorf("codec %s: %s", codec, got)
		}
	}
}

// TestBeatsPeer lets Elastic's own client send, plain and compressed.
func TestBeatsPeer(t *testing.T) {
	sink := newNetSink()
	address, _, _ := startBeats(t, "enrich => none", sink, nil)
	for _, level := range []int{0, 3} {
		c, err := lumber.SyncDial(address, lumber.CompressionLevel(level))
		if err != nil {
			t.Fatal(err)
		}
		for window := range 5 {
			var events []any
			for i := range 300 {
				events = append(events, map[string]any{"window": window, "i": i})
			}
			if n, err := c.Send(events); n != 300 || err != nil {
				t.Fatalf("%d acked, %v", n, err)
			}
			got := sink.take()
			if len(got) != 300 || !strings.Contains(got[299], fmt.Sprintf(`{"i":299,"window":%d,`, window)) {
				t.Fatalf("got %d events, the last is %s", len(got), got[len(got)-1])
			}
		}
		c.Close()
	}
}

func TestBeatsVersion1(t *testing.T) {
	sink := newNetSink()
	address, _, _ := startBeats(t, "enrich => none", sink, nil)
	c := dialBeats(t, address, nil, lumberjack.ClientOptions{Version: lumberjack.V1, Compression: 6})
	c.AddPairs([]lumberjack.Pair{{Key: []byte("line"), Value: []byte("caf\xe9")}, {Key: []byte("host"), Value: []byte("h")}})
	c.Send()
	if err := c.Await(1, nil); err != nil {
		t.Fatal(err)
	}
	if got := withoutTime(sink.take()[0]); got != `{"host":"h","@version":"1","message":"caf`+"\uFFFD"+`"}{}` {
		t.Error(got)
	}
}

// TestBeatsAck: no ack before the events are durable, but signs of life.
func TestBeatsAck(t *testing.T) {
	sink := newNetSink()
	sink.gate = make(chan error)
	address, _, _ := startBeats(t, "", sink, nil)
	c := dialBeats(t, address, nil, lumberjack.ClientOptions{})
	for range 10 {
		c.AddJSON([]byte("{}"))
	}
	c.Send()
	for range 3 {
		if seq, err := c.ReadAck(); seq != 0 || err != nil {
			t.Fatalf("ack %d, %v while the queue pushes back", seq, err)
		}
	}
	sink.gate <- nil
	if err := c.Await(10, nil); err != nil {
		t.Fatal(err)
	}
	// A window of 0 only wants an answer, and nobody gets a sign of life for nothing.
	conn, _ := net.Dial("tcp", address)
	defer conn.Close()
	conn.Write([]byte("2W\x00\x00\x00\x00"))
	answer := make([]byte, 6)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "2A\x00\x00\x00\x00" {
		t.Errorf("%q, %v", answer, err)
	}
	conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := conn.Read(answer); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q, %v", answer[:n], err)
	}
}

// TestBeatsRefusedByQueue: when Put fails there is no ack, and the connection ends.
func TestBeatsRefusedByQueue(t *testing.T) {
	sink := newNetSink()
	sink.gate = make(chan error, 1)
	sink.gate <- errors.New("no")
	address, b, _ := startBeats(t, "", sink, nil)
	b.keepAlive = time.Hour
	c := dialBeats(t, address, nil, lumberjack.ClientOptions{})
	c.AddJSON([]byte("{}"))
	c.Send()
	if seq, err := c.ReadAck(); err == nil && seq != 0 {
		t.Errorf("acked %d", seq)
	}
}

// TestBeatsClientGoesAway: nobody waits for the queue on behalf of a sender that is gone.
func TestBeatsClientGoesAway(t *testing.T) {
	sink := newNetSink()
	sink.gate = make(chan error)
	address, _, _ := startBeats(t, "", sink, nil)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn.(*net.TCPConn).SetLinger(0)
	c := lumberjack.NewClient(conn, lumberjack.ClientOptions{})
	c.AddJSON([]byte("{}"))
	c.Send()
	c.ReadAck()
	conn.Close()
	if n := <-sink.got; n != -1 {
		t.Errorf("Put ended with %d", n)
	}
}

// TestBeatsPartOfWindow: a sender that falls silent gets an ack of what it has sent.
func TestBeatsPartOfWindow(t *testing.T) {
	sink := newNetSink()
	address, _, _ := startBeats(t, "", sink, nil)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	frame := "2J\x00\x00\x00\x01\x00\x00\x00\x02{}2J\x00\x00\x00\x02\x00\x00\x00\x02{}"
	conn.Write([]byte("2W\x00\x00\x00\x05" + frame))
	answer := make([]byte, 6)
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "2A\x00\x00\x00\x02" {
		t.Fatalf("%q, %v", answer, err)
	}
	// A new window in place of the rest is none of its business.
	conn.Write([]byte("2W\x00\x00\x00\x01" + frame[:12]))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "2A\x00\x00\x00\x01" {
		t.Fatalf("%q, %v", answer, err)
	}
	if n := len(sink.take()); n != 3 {
		t.Errorf("%d events", n)
	}
}

func TestBeatsIdle(t *testing.T) {
	address, _, _ := startBeats(t, "client_inactivity_timeout => 0.02", newNetSink(), nil)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("an idle connection ends with %v", err)
	}
}

func TestBeatsTooManyConnections(t *testing.T) {
	sink := newNetSink()
	address, _, _ := startBeats(t, "max_connections => 1", sink, nil)
	first := dialBeats(t, address, nil, lumberjack.ClientOptions{})
	first.AddJSON([]byte("{}"))
	first.Send()
	if err := first.Await(1, nil); err != nil {
		t.Fatal(err)
	}
	second := dialBeats(t, address, nil, lumberjack.ClientOptions{})
	if _, err := second.ReadAck(); err == nil {
		t.Error("the second connection lives")
	}
}

// TestBeatsStop: the end of Run acks what is durable and nothing else.
func TestBeatsStop(t *testing.T) {
	sink := newNetSink()
	sink.gate = make(chan error)
	address, _, stop := startBeats(t, "", sink, nil)
	c := dialBeats(t, address, nil, lumberjack.ClientOptions{})
	c.AddJSON([]byte("{}"))
	c.Send()
	c.ReadAck() // a sign of life: it waits for the queue
	idle := dialBeats(t, address, nil, lumberjack.ClientOptions{})
	stop()
	if err := c.Await(1, nil); err == nil {
		t.Error("acked, though it was not taken")
	}
	if _, err := idle.ReadAck(); err == nil {
		t.Error("an idle connection was answered")
	}
}

func TestBeatsTLS(t *testing.T) {
	dir := certs(t)
	files := fmt.Sprintf(`ssl_certificate => "%s" ssl_key => "%s" ssl_certificate_authorities => "%s" `,
		filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key"), filepath.Join(dir, "ca.crt"))
	tests := []struct {
		name, options       string
		certificate, enters bool
		meta                string
	}{
		{"new names, required", files + "ssl_enabled => true ssl_client_authentication => required", true, true, ""},
		{"new names, none shown", files + "ssl_enabled => true ssl_client_authentication => required", false, false, ""},
		{"old names, forced", files + "ssl => true ssl_verify_mode => force_peer", true, true, ""},
		{"old names, none shown", files + "ssl => true ssl_verify_mode => force_peer", false, false, ""},
		{"CAs alone demand one", files + "ssl_enabled => true", false, false, ""},
		{"optional", files + "ssl_enabled => true ssl_client_authentication => optional", false, true, ""},
		{"metadata", files + "ssl_enabled => true enrich => ssl_peer_metadata", true, true, `{"tls_peer":{"status":"verified","protocol":"TLSv1.3","subject":"CN=`},
		{"metadata, ECS", files + "ssl_enabled => true enrich => all ecs_compatibility => v8", true, true, `"input":{"beats":{"host":{"ip":"127.0.0.1"},"tls":{"version_protocol":"TLSv1.3","client":{"subject":"CN=`},
		{"metadata, unverified", files + "ssl_enabled => true ssl_client_authentication => optional ssl_peer_metadata => true", false, true, `"tls_peer":{"status":"unverified"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newNetSink()
			address, _, _ := startBeats(t, tt.options, sink, nil)
			c := dialBeats(t, address, clientTLS(t, tt.certificate), lumberjack.ClientOptions{Compression: 3})
			c.AddJSON([]byte(`{"message":"m"}`))
			err := c.Send()
			if err == nil {
				err = c.Await(1, nil)
			}
			if (err == nil) != tt.enters {
				t.Fatalf("error %v", err)
			}
			if !tt.enters {
				return
			}
			if got := sink.take()[0]; !strings.Contains(got, tt.meta) {
				t.Errorf("%s is not in %s", tt.meta, got)
			}
		})
	}
}

func TestBeatsHostileClients(t *testing.T) {
	for _, hello := range []string{"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05hello", "2J\x00\x00\x00\x01\xff\xff\xff\xff", "2C\x00\x00\x00\x04abcd"} {
		address, _, _ := startBeats(t, "", newNetSink(), nil)
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write([]byte(hello))
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := conn.Read(make([]byte, 1)); n != 0 || errors.Is(err, io.EOF) == false && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%q was answered: %d, %v", hello, n, err)
		}
		conn.Close()
	}
}

func TestBeatsOptions(t *testing.T) {
	dir := certs(t)
	crt, key := filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key")
	tests := []struct{ config, want string }{
		{`beats { }`, "beats needs the option port"},
		{`beats { port => 1 enrich => [none, source_metadata] }`, "all and none go with nothing else"},
		{`beats { port => 1 enrich => [colour] }`, `found "colour"`},
		{`beats { port => 1 enrich => all include_codec_tag => true }`, "enrich and include_codec_tag cannot be given together"},
		{`beats { port => 1 ssl_enabled => true }`, "a TLS server needs a certificate and its key"},
		{`beats { port => 1 ssl_enabled => true ssl_certificate => "` + crt + `" ssl_key => "` + key + `" ssl_client_authentication => required }`, "there is no CA to check them with"},
		{`beats { port => 1 ssl_enabled => true ssl_certificate => "/nonexistent.crt" ssl_key => "` + key + `" }`, "/nonexistent.crt"},
		{`beats { port => 1 congestion_threshold => 5 }`, "has been removed"},
		{`beats { port => 1 ssl_keystore_path => "x.jks" }`, "Java keystores"},
	}
	for _, tt := range tests {
		p, list := plugintest.Configure(t, plugin.InputKind, tt.config, plugintest.Env(t))
		if text := list.Text(diag.Plain); p != nil || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q is not in:\n%s", tt.config, tt.want, text)
		}
	}
}

// nullSink takes everything and does nothing.
type nullSink struct{}

func (nullSink) Put(_ context.Context, b *event.Batch) error { b.Release(); return nil }

// benchmarkBeats measures TCP, decoding and acks per event of about 800 bytes. The
// sender's work is in it, too: it writes frames that were prepared beforehand.
func benchmarkBeats(b *testing.B, level int, config *tls.Config, options string) {
	event.PoisonReleased(false)
	defer event.PoisonReleased(true)
	address, _, _ := startBeats(b, options, nullSink{}, ecsV8)
	var conn net.Conn
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if config != nil {
		conn = tls.Client(conn, config)
	}
	record := &recorder{Conn: conn}
	c := lumberjack.NewClient(record, lumberjack.ClientOptions{Compression: level})
	const window = 1000
	for i := range window {
		c.AddJSON(fmt.Appendf(nil, `{"@timestamp":"2021-03-04T14:35:33.946Z","@metadata":{"beat":"sluice","version":"1"},"sensor_event_id":%d,"source_sensor":"testsensor","uuid":"cc2b3bb1-bd8f-4b9c-a89e-0e06ecb9cab3","message":"%s","data":{"flow_id":%d,"event_type":"dns","dns":{"query":[{"rrname":"%s"}]}}}`,
			i, strings.Repeat("m", 200), i*7919, strings.Repeat("q", 320)))
	}
	if err := c.Send(); err != nil {
		b.Fatal(err)
	}
	if err := c.Await(window, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for n := 0; n < b.N; n += window {
		if _, err := conn.Write(record.sent); err != nil {
			b.Fatal(err)
		}
		if err := c.Await(window, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64((b.N+window-1)/window*window), "cpu-ns/event")
}

// recorder keeps what is written.
type recorder struct {
	net.Conn
	sent []byte
}

func (r *recorder) Write(p []byte) (int, error) {
	r.sent = append(r.sent, p...)
	return r.Conn.Write(p)
}

func BenchmarkBeats(b *testing.B)           { benchmarkBeats(b, 0, nil, "") }
func BenchmarkBeatsCompressed(b *testing.B) { benchmarkBeats(b, 3, nil, "") }
func BenchmarkBeatsTLS(b *testing.B) {
	dir := certs(b)
	benchmarkBeats(b, 0, clientTLS(b, true), fmt.Sprintf(`ssl_enabled => true ssl_certificate => "%s" ssl_key => "%s" ssl_certificate_authorities => "%s"`,
		filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key"), filepath.Join(dir, "ca.crt")))
}
