package lumberjack

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	client "github.com/elastic/go-lumber/client/v2"
	server "github.com/elastic/go-lumber/server/v2"
)

// pipe returns the two ends of a TCP connection.
func pipe(t testing.TB) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// TestGoLumberClient lets Elastic's client talk to the Reader.
func TestGoLumberClient(t *testing.T) {
	for _, level := range []int{0, 3} {
		near, far := pipe(t)
		done := make(chan error, 1)
		go func() {
			c, err := client.NewSyncClientWithConn(near, client.CompressionLevel(level))
			if err != nil {
				done <- err
				return
			}
			for window := range 3 {
				var events []any
				for i := range window + 2 {
					events = append(events, map[string]any{"window": window, "i": i})
				}
				if n, err := c.Send(events); err != nil || n != len(events) {
					done <- fmt.Errorf("sent %d: %v", n, err)
					return
				}
			}
			done <- c.Close()
		}()
		r := NewReader(far, Limits{})
		var got []string
		left := uint32(0)
		for {
			item, err := r.Next(heap{})
			if err != nil {
				break
			}
			if item.Kind == Window {
				left = item.Count
				continue
			}
			got = append(got, string(item.JSON))
			if left--; left == 0 {
				// A sign of life, an ack of a part, an ack of all.
				far.Write(AppendAck(AppendAck(AppendAck(nil, V2, 0), V2, 1), V2, item.Seq))
			}
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(got) != 2+3+4 || got[8] != `{"i":3,"window":2}` {
			t.Errorf("compression %d: got %d events: %s", level, len(got), got)
		}
	}
}

// TestGoLumberServer lets the Client talk to Elastic's server.
func TestGoLumberServer(t *testing.T) {
	for _, level := range []int{0, 1, 9} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s, err := server.NewWithListener(l, server.Timeout(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c := NewClient(conn, ClientOptions{Compression: level, Timeout: 5 * time.Second})
		for window := range 3 {
			for i := range 100 {
				if seq := c.AddJSON(fmt.Appendf(nil, `{"window":%d,"i":%d,"pad":"%s"}`, window, i, strings.Repeat("x", 500))); seq != uint32(i+1) {
					t.Fatalf("seq %d of event %d", seq, i)
				}
			}
			if n, size := c.Pending(); n != 100 || size < 50_000 {
				t.Fatalf("%d events of %d bytes are pending", n, size)
			}
			if err := c.Send(); err != nil {
				t.Fatal(err)
			}
			b := s.Receive()
			if len(b.Events) != 100 {
				t.Fatalf("the server got %d events", len(b.Events))
			}
			if e := b.Events[99].(map[string]any); e["i"] != 99.0 || e["window"] != float64(window) {
				t.Fatalf("the last event is %v", e)
			}
			b.ACK()
			var acks []uint32
			if err := c.Await(100, func(seq uint32) { acks = append(acks, seq) }); err != nil || acks[len(acks)-1] != 100 {
				t.Fatalf("acks %v, error %v", acks, err)
			}
		}
		conn.Close()
		s.Close()
	}
}

// TestVersion1 sends key-value events.
func TestVersion1(t *testing.T) {
	near, far := pipe(t)
	c := NewClient(near, ClientOptions{Version: V1, Compression: 5})
	c.AddPairs([]Pair{{[]byte("line"), []byte("hello")}, {[]byte("host"), []byte("h")}})
	if err := c.Send(); err != nil {
		t.Fatal(err)
	}
	near.(*net.TCPConn).CloseWrite()
	got, _ := show(NewReader(far, Limits{}))
	if want := "1W1 1D1|line=hello|host=h "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClientSeesWrongAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 400 Bad":  "no Lumberjack ack",
		"2W" + size(1):      "no Lumberjack ack",
		"2A" + size(3):      "event 3 of a window of 2",
		"2A" + size(1):      "EOF",
		"2A\x00":            "unexpected EOF",
		string([]byte(nil)): "EOF",
	} {
		near, far := pipe(t)
		far.Write([]byte(answer))
		far.Close()
		c := NewClient(near, ClientOptions{})
		if err := c.Await(2, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answer %q: error %v, want %s", answer, err, want)
		}
	}
}

func TestClientTimesOut(t *testing.T) {
	near, _ := pipe(t)
	c := NewClient(near, ClientOptions{Timeout: time.Millisecond})
	if err := c.Await(1, nil); err == nil || !strings.Contains(err.Error(), "no ack within 1ms") {
		t.Error(err)
	}
}
