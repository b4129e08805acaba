package output

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// script is a server that answers the requests of each connection with the given texts,
// one after the other, and then closes it.
func script(t *testing.T, answers ...string) (to *url.URL, connections *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	connections = new(atomic.Int64)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for _, a := range answers {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					io.Copy(io.Discard, r.Body)
					io.WriteString(conn, a)
				}
			}()
		}
	}()
	return &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}, connections
}

func newWire(validate time.Duration) *wire {
	return &wire{
		dial: func(ctx context.Context, _ bool, address string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", address)
		},
		keep: true, validate: validate, slots: make(chan struct{}, 1),
	}
}

func (w *wire) try(t *testing.T, method string, to *url.URL, body string) (answer, bool, error) {
	t.Helper()
	return w.do(context.Background(), wireRequest{method: method, to: to, body: []byte(body), deadline: time.Now().Add(10 * time.Second), limit: 10})
}

func TestWireAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	tests := []struct {
		name, method, answer string
		status               int
		body                 string
		connections          int64 // for two requests
	}{
		{"length", "PUT", ok, 200, "ok", 1},
		{"chunked", "PUT", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok", 1},
		{"nothing", "PUT", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", 1},
		{"continue first", "PUT", "HTTP/1.1 100 Continue\r\n\r\n" + ok, 200, "ok", 1},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 200, "", 1},
		{"the connection ends", "PUT", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok", 2},
		{"HTTP/1.0", "PUT", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", 2},
		{"more than is wanted", "PUT", "HTTP/1.1 400 Bad Request\r\nContent-Length: 12\r\n\r\nabcdefghijkl", 400, "abcdefghij", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to, connections := script(t, tt.answer, tt.answer)
			w := newWire(0)
			defer w.close()
			for range 2 {
				a, _, err := w.try(t, tt.method, to, "body")
				if err != nil || a.status != tt.status || string(a.body) != tt.body {
					t.Fatalf("%d %q, %v", a.status, a.body, err)
				}
			}
			if n := connections.Load(); n != tt.connections {
				t.Errorf("%d connections, want %d", n, tt.connections)
			}
		})
	}
}

// TestWireStale: a connection that the server has closed is noticed before its use, or
// at least told from other failures.
func TestWireStale(t *testing.T) {
	to, connections := script(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	w := newWire(time.Nanosecond)
	defer w.close()
	for range 3 {
		if _, stale, err := w.try(t, "PUT", to, ""); err != nil || stale {
			// The server may need a moment to close; then it is the other case.
			if !stale {
				t.Fatal(err)
			}
		}
	}
	if connections.Load() < 2 {
		t.Error("one connection served requests that it had no answers for")
	}
	w = newWire(0) // never looks
	defer w.close()
	if _, _, err := w.try(t, "PUT", to, ""); err != nil {
		t.Fatal(err)
	}
	if _, stale, err := w.try(t, "PUT", to, ""); err == nil || !stale {
		t.Errorf("stale %v, %v", stale, err)
	}
}

// TestWireEarlyAnswer: the answer to a body that the server does not want to read.
func TestWireEarlyAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		bufio.NewReader(conn).ReadString('\n')
		io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
		conn.(*net.TCPConn).CloseWrite()
		// What the client still sends is read, so that its system keeps our answer.
		io.Copy(io.Discard, conn)
		conn.Close()
	}()
	w := newWire(0)
	a, _, err := w.try(t, "POST", &url.URL{Scheme: "http", Host: l.Addr().String(), Path: "/"}, strings.Repeat("x", 8<<20))
	if err != nil || a.status != 413 || string(a.body) != "big" {
		t.Errorf("%d %q, %v", a.status, a.body, err)
	}
}

func TestWireEndsWithContext(t *testing.T) {
	to, _ := script(t) // reads nothing, closes at once: so listen on our own
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to.Host = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			accepted <- conn
			cancel()
		}
	}()
	w := newWire(0)
	if _, _, err := w.do(ctx, wireRequest{method: "PUT", to: to, deadline: time.Now().Add(time.Minute)}); err != context.Canceled {
		t.Error(err)
	}
	(<-accepted).Close()
	w.slots <- struct{}{} // all in use
	if _, _, err := w.do(ctx, wireRequest{method: "PUT", to: to}); err != context.Canceled {
		t.Error(err)
	}
}
