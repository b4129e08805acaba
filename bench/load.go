package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/lumberjack"
)

const perPost = 500

// connections is how many senders there are at once. Each waits for the answer before it
// sends more.
var connections = 4

// sendHTTP posts events as lines of JSON, 500 a post.
func sendHTTP(addr string, events [][]byte, n int) error {
	var posts [][]byte
	for sent := 0; sent < n; {
		var b bytes.Buffer
		for i := 0; i < perPost && sent < n; i++ {
			b.Write(events[sent%len(events)])
			b.WriteByte('\n')
			sent++
		}
		posts = append(posts, b.Bytes())
	}
	var next atomic.Int64
	errs := make(chan error, connections)
	for range connections {
		go func() { errs <- postAll(addr, posts, &next) }()
	}
	var first error
	for range connections {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func postAll(addr string, posts [][]byte, next *atomic.Int64) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	for {
		i := int(next.Add(1)) - 1
		if i >= len(posts) {
			return nil
		}
		resp, err := client.Post("http://"+addr+"/", "application/x-ndjson", bytes.NewReader(posts[i]))
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			time.Sleep(50 * time.Millisecond)
			posts = append(posts, posts[i])
		default:
			return fmt.Errorf("answered %s", resp.Status)
		}
	}
}

// sendBeats sends events in windows of 500.
func sendBeats(addr string, events [][]byte, n int) error {
	each := (n + connections - 1) / connections
	errs := make(chan error, connections)
	running := 0
	for from := 0; from < n; from += each {
		running++
		go func() { errs <- sendWindows(addr, events, from, min(from+each, n)) }()
	}
	var first error
	for range running {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func sendWindows(addr string, events [][]byte, from, to int) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	c := lumberjack.NewClient(conn, lumberjack.ClientOptions{})
	for from < to {
		end := min(from+perPost, to)
		n := uint32(end - from)
		for ; from < end; from++ {
			c.AddJSON(events[from%len(events)])
		}
		if err := c.Send(); err != nil {
			return err
		}
		if err := c.Await(n, nil); err != nil {
			return err
		}
	}
	return nil
}

// sink is the destination: it counts the events that arrive.
type sink struct {
	addr string
	l    net.Listener

	mu      sync.Mutex
	n       int
	changed chan struct{}
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{addr: l.Addr().String(), l: l, changed: make(chan struct{})}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s, nil
}

func (s *sink) close() { s.l.Close() }

// serve answers every request with 200 as cheaply as it can.
func (s *sink) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 256<<10)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		s.add(bytes.Count(body, []byte(`"_sensorfleet_event"`)))
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); err != nil {
			return
		}
	}
}

func (s *sink) add(n int) {
	s.mu.Lock()
	s.n += n
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
}

// wait waits until n events have arrived, and returns how many have.
func (s *sink) wait(n int, most time.Duration) int {
	timeout := time.After(most)
	for {
		s.mu.Lock()
		got, changed := s.n, s.changed
		s.mu.Unlock()
		if got >= n {
			return got
		}
		select {
		case <-changed:
		case <-timeout:
			return got
		}
	}
}
