package output

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// wire keeps HTTP/1.1 connections and sends requests over them, each from the goroutine
// that wants it. It is there because outputs send small requests all day: net/http's
// transport has two goroutines for every connection, and costs three times as much.
type wire struct {
	dial     func(ctx context.Context, secure bool, address string) (net.Conn, error)
	validate time.Duration // without use, after which a connection is looked at before it is used
	keep     bool          // connections serve several requests
	slots    chan struct{} // one for each connection that may be in use

	mu   sync.Mutex
	idle map[string][]*wireConn // by scheme and host, the one used last at the end
}

type wireConn struct {
	net.Conn
	in     *bufio.Reader
	out    []byte
	used   time.Time
	reused bool
}

// wireIdle is how long a connection is kept without use.
const wireIdle = 90 * time.Second

// errStale is a connection that the server has closed while nobody used it.
var errStale = errors.New("the server has closed the connection")

// wireRequest is one request; what it refers to must not change meanwhile.
type wireRequest struct {
	method string
	to     *url.URL
	header http.Header
	body   []byte
	// deadline is for all of the request, silence for each wait for the server.
	deadline time.Time
	silence  time.Duration
	limit    int64 // bytes of the answer that are wanted
}

// do sends a request and reads the answer. stale tells that it failed on a connection
// that had been in use before, so that it may be only that which was wrong.
func (w *wire) do(ctx context.Context, q wireRequest) (a answer, stale bool, err error) {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return answer{}, false, ctx.Err()
	}
	defer func() { <-w.slots }()
	key := q.to.Scheme + "://" + q.to.Host
	c := w.take(key)
	if c == nil {
		conn, err := w.dial(ctx, q.to.Scheme == "https", addressOf(q.to))
		if err != nil && ctx.Err() != nil {
			err = ctx.Err()
		}
		if err != nil {
			return answer{}, false, err
		}
		c = &wireConn{Conn: conn, in: bufio.NewReaderSize(conn, 4<<10)}
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	a, reusable, err := c.exchange(q)
	if !stop() && err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err == nil && reusable && w.keep && ctx.Err() == nil {
		w.put(key, c)
	} else {
		c.Close()
	}
	return a, c.reused && err != nil, err
}

// addressOf returns the host:port of a URL.
func addressOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// take returns an idle connection, or nil.
func (w *wire) take(key string) *wireConn {
	for {
		w.mu.Lock()
		all := w.idle[key]
		if len(all) == 0 {
			w.mu.Unlock()
			return nil
		}
		c := all[len(all)-1]
		w.idle[key] = all[:len(all)-1]
		w.mu.Unlock()
		unused := time.Since(c.used)
		if unused < wireIdle && (w.validate <= 0 || unused < w.validate || c.alive()) {
			c.reused = true
			return c
		}
		c.Close()
	}
}

// alive looks whether the server has closed the connection, or has said something that
// nobody asked for.
func (c *wireConn) alive() bool {
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := c.in.Peek(1)
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func (w *wire) put(key string, c *wireConn) {
	c.used = time.Now()
	w.mu.Lock()
	if w.idle == nil {
		w.idle = map[string][]*wireConn{}
	}
	w.idle[key] = append(w.idle[key], c)
	w.mu.Unlock()
}

// close closes the idle connections.
func (w *wire) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, all := range w.idle {
		for _, c := range all {
			c.Close()
		}
		delete(w.idle, key)
	}
}

// oneWrite is the size up to which head and body go out together.
const oneWrite = 128 << 10

// exchange sends the request and reads the answer; reusable tells whether the connection
// can be used again.
func (c *wireConn) exchange(q wireRequest) (a answer, reusable bool, err error) {
	c.out = appendHead(c.out[:0], q)
	together := len(c.out)+len(q.body) <= oneWrite
	if together {
		c.out = append(c.out, q.body...)
	}
	if err := c.SetDeadline(q.deadline); err != nil {
		return answer{}, false, err
	}
	_, err = c.Write(c.out)
	if err == nil && !together {
		_, err = c.Write(q.body)
	}
	if err != nil {
		// A server that does not want all of a body may have said so already.
		c.SetReadDeadline(time.Now().Add(time.Second))
		if a, _, readErr := c.answer(q); readErr == nil && a.status >= 400 {
			return a, false, nil
		}
		return answer{}, false, err
	}
	if q.silence > 0 {
		if d := time.Now().Add(q.silence); d.Before(q.deadline) {
			c.SetReadDeadline(d)
		}
	}
	return c.answer(q)
}

// appendHead writes the head of the request.
func appendHead(b []byte, q wireRequest) []byte {
	b = append(append(b, q.method...), ' ')
	target := q.to.RequestURI()
	if strings.Contains(target, " ") {
		target = strings.ReplaceAll(target, " ", "%20") // in a query net/url leaves it
	}
	b = append(append(b, target...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, q.to.Host...), "\r\n"...)
	for name, values := range q.header {
		for _, v := range values {
			b = append(append(b, name...), ": "...)
			b = append(append(b, v...), "\r\n"...)
		}
	}
	b = strconv.AppendInt(append(b, "Content-Length: "...), int64(len(q.body)), 10)
	return append(b, "\r\n\r\n"...)
}

// methods are what ReadResponse has to know about a request.
var methods = map[string]*http.Request{}

func init() {
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		methods[m] = &http.Request{Method: m}
	}
}

func (c *wireConn) answer(q wireRequest) (a answer, reusable bool, err error) {
	var r *http.Response
	for {
		if _, err := c.in.Peek(1); err != nil && c.reused {
			return answer{}, false, errors.Join(errStale, err)
		}
		if r, err = http.ReadResponse(c.in, methods[q.method]); err != nil {
			return answer{}, false, err
		}
		if r.StatusCode >= 200 || r.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	a = answer{status: r.StatusCode, header: r.Header}
	if r.ContentLength != 0 && q.method != "HEAD" {
		c.SetReadDeadline(q.deadline)
		if a.body, err = readAnswer(r, q.limit); err != nil {
			return a, false, err
		}
	}
	// What was not read of the body would be taken for the next answer.
	n, err := r.Body.Read(make([]byte, 1))
	return a, !r.Close && n == 0 && err != nil && r.StatusCode >= 200, nil
}
