package input

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// httpConn serves the requests of one connection, one after the other. It is a server of
// its own because one goroutine and two system calls a request are all it takes.
type httpConn struct {
	*httpInput
	conn     net.Conn
	idleConn *idleConn // below conn
	in       *bufio.Reader
	log      *slog.Logger
	remote   string
	req      httpRequest
	out      []byte
	length   int // of the body, before it was made UTF-8
	fields   requestFields
	gzip     *gzip.Reader
}

func newHTTPConn(h *httpInput, conn net.Conn, idle *idleConn, log *slog.Logger) *httpConn {
	idle.limit = h.idle
	remote, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	return &httpConn{httpInput: h, conn: conn, idleConn: idle, in: bufio.NewReaderSize(conn, 16<<10), log: log, remote: remote}
}

var statusTexts = map[int]string{
	200: "OK", 201: "Created", 202: "Accepted", 204: "No Content",
	400: "Bad Request", 401: "Unauthorized", 413: "Request Entity Too Large", 417: "Expectation Failed",
	429: "Too Many Requests", 431: "Request Header Fields Too Large",
	500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
}

func (c *httpConn) serve(ctx context.Context, to plugin.Sink) {
	for {
		if err := c.req.read(c.in); err != nil {
			c.refuse(err)
			return
		}
		if err := c.request(ctx, to); err != nil {
			c.refuse(err)
			return
		}
		if c.req.close {
			return
		}
	}
}

// refuse answers a request that cannot be served; the connection ends.
func (c *httpConn) refuse(err error) {
	var status *httpError
	if !errors.As(err, &status) {
		c.log.Debug("connection closed", "reason", err)
		return
	}
	if status.status != 429 {
		c.log.Warn("a request was refused", "status", status.status, "reason", status.text)
	}
	c.req.close = true
	if c.respond(status.status, nil, status.text) == nil {
		c.linger()
	}
}

// linger reads what the client is still sending for a moment: closing at once would
// make its side forget our answer.
func (c *httpConn) linger() {
	if tcp, ok := c.conn.(interface{ CloseWrite() error }); ok {
		tcp.CloseWrite()
	}
	c.idleConn.limit = time.Second
	for left := 64; left > 0; left-- {
		if _, err := c.in.Discard(c.in.Size()); err != nil {
			return
		}
	}
}

// request serves one request, whose head has been read. An *httpError is still to be
// answered.
func (c *httpConn) request(ctx context.Context, to plugin.Sink) error {
	if c.auth != "" {
		if !c.req.hasAuth {
			return c.deny([]byte("www-authenticate: Basic realm=\"Logstash HTTP Input\"\r\n"))
		}
		if subtle.ConstantTimeCompare([]byte(c.req.auth), []byte(c.auth)) != 1 {
			return c.deny(nil)
		}
	}
	if c.req.length > c.maxContent {
		return &httpError{413, fmt.Sprintf("the body is larger than %d bytes", c.maxContent)}
	}
	if c.pending.Add(1) > int64(c.maxPending) {
		c.pending.Add(-1)
		if n := int(c.req.length); n >= 0 && n <= c.in.Buffered() && !c.req.expect {
			c.in.Discard(n)
			return c.respond(429, nil, "")
		}
		return &httpError{429, "too many requests are under way"}
	}
	defer c.pending.Add(-1)
	if c.req.length < 0 || c.req.length > largeBody {
		select {
		case c.large <- struct{}{}:
			defer func() { <-c.large }()
		default:
			return &httpError{429, "too many large requests are under way"}
		}
	}
	if c.req.expect {
		if err := c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n")); err != nil {
			return err
		}
	}
	batch := event.NewBatch()
	body, err := c.readBody(batch)
	if err != nil {
		batch.Release()
		return err
	}
	c.decode(batch, body)
	if len(batch.Events) == 0 {
		batch.Release()
		return c.succeed()
	}
	wait, cancel := context.WithTimeout(ctx, c.maxWait)
	defer cancel()
	if err := to.Put(wait, batch); err != nil {
		if ctx.Err() != nil {
			return &httpError{503, "the pipeline is stopping"}
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return c.respond(429, nil, "")
		}
		c.log.Error("the queue did not take a request", "error", err)
		return &httpError{500, "the queue did not take the events"}
	}
	return c.succeed()
}

// deny asks for a password. The body has not been read, so the connection ends unless
// there is none.
func (c *httpConn) deny(header []byte) error {
	if c.req.length != 0 {
		c.req.close = true
	}
	err := c.respond(401, header, "")
	if err == nil && c.req.close {
		c.linger()
	}
	return err
}

// succeed answers a request that was taken.
func (c *httpConn) succeed() error {
	c.out = append(c.out[:0], c.answer...)
	if c.req.close {
		c.out = append(c.out, "connection: close\r\n"...)
	} else if c.req.version == "HTTP/1.0" {
		c.out = append(c.out, "connection: keep-alive\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	if c.req.method != "HEAD" {
		c.out = append(c.out, c.body...)
	}
	return c.write(c.out)
}

// respond answers with a status and a text.
func (c *httpConn) respond(status int, header []byte, text string) error {
	c.out = fmt.Appendf(c.out[:0], "HTTP/1.1 %d %s\r\n%s", status, statusTexts[status], header)
	if text != "" {
		text += "\n"
		c.out = append(c.out, "content-type: text/plain\r\n"...)
	}
	c.out = fmt.Appendf(c.out, "content-length: %d\r\n", len(text))
	if c.req.close {
		c.out = append(c.out, "connection: close\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	if c.req.method != "HEAD" {
		c.out = append(c.out, text...)
	}
	return c.write(c.out)
}

const httpWriteTimeout = 30 * time.Second

func (c *httpConn) write(text []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(httpWriteTimeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(text)
	return err
}

// readBody reads the body into the batch, decompressed and as UTF-8.
func (c *httpConn) readBody(batch *event.Batch) ([]byte, error) {
	chunked := c.req.length < 0
	var body []byte
	var err error
	switch c.req.encoding {
	case "gzip", "x-gzip", "deflate":
		limited := &io.LimitedReader{R: c.in, N: c.req.length}
		if chunked {
			limited = &io.LimitedReader{R: httputil.NewChunkedReader(c.in), N: c.maxContent + 1}
		}
		body, err = c.decompress(limited, batch)
		if err == nil && chunked && limited.N == 0 {
			err = &httpError{413, fmt.Sprintf("the body is larger than %d bytes", c.maxContent)}
		}
	default:
		if chunked {
			body, err = readAll(httputil.NewChunkedReader(c.in), c.maxContent, batch)
		} else {
			body, err = readExactly(c.in, int(c.req.length), batch)
		}
	}
	if err == nil && chunked {
		err = c.trailer()
	}
	if err != nil {
		return nil, err
	}
	c.length = len(body)
	return toUTF8(body, c.req.mediaType), nil
}

// grow is how much is allocated for a body before its bytes have come.
const grow = 512 << 10

func readExactly(r io.Reader, n int, batch *event.Batch) ([]byte, error) {
	if n <= grow {
		b := batch.Buffer(n)
		_, err := io.ReadFull(r, b)
		return b, err
	}
	b := make([]byte, grow)
	for have := 0; ; {
		if _, err := io.ReadFull(r, b[have:]); err != nil {
			return nil, err
		}
		if have = len(b); have == n {
			return b, nil
		}
		larger := make([]byte, min(n, 4*have))
		copy(larger, b)
		b = larger
	}
}

// readAll reads to the end, at most limit bytes.
func readAll(r io.Reader, limit int64, batch *event.Batch) ([]byte, error) {
	b := batch.Buffer(32 << 10)
	for have := 0; ; {
		n, err := r.Read(b[have:])
		have += n
		switch {
		case int64(have) > limit:
			return nil, &httpError{413, fmt.Sprintf("the body is larger than %d bytes", limit)}
		case err == io.EOF:
			return b[:have], nil
		case err != nil:
			return nil, err
		case have == len(b):
			larger := make([]byte, 4*len(b))
			copy(larger, b)
			b = larger
		}
	}
}

// decompress reads a compressed body and all that stands behind it in r.
func (c *httpConn) decompress(r io.Reader, batch *event.Batch) ([]byte, error) {
	var z io.Reader
	var err error
	buffered := bufio.NewReaderSize(r, 16<<10)
	if c.req.encoding == "deflate" {
		z, err = newInflater(buffered)
	} else if c.gzip == nil {
		c.gzip, err = gzip.NewReader(buffered)
		z = c.gzip
	} else {
		err = c.gzip.Reset(buffered)
		z = c.gzip
	}
	var body []byte
	if err == nil {
		body, err = readAll(z, c.maxContent, batch)
	}
	var status *httpError
	if err != nil && !errors.As(err, &status) {
		if _, timeout := err.(net.Error); timeout {
			return nil, err
		}
		return nil, badRequest("the body is not what content-encoding says: %v", err)
	}
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, buffered)
	return body, err
}

// newInflater reads what is called deflate: zlib, or without its head and end.
func newInflater(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

// trailer reads the fields behind a chunked body, which nobody wants.
func (c *httpConn) trailer() error {
	for size := 0; size < maxHeadBytes; {
		line, err := c.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return nil
		}
		size += len(line)
	}
	return badRequest("the trailer of the body is too large")
}

// toUTF8 reads the body in the charset of its media type. As in Logstash one that is not
// known is UTF-8, and what is no UTF-8 becomes U+FFFD.
func toUTF8(body []byte, mediaType string) []byte {
	if i := strings.Index(strings.ToLower(mediaType), "charset="); i >= 0 {
		charset, _, _ := strings.Cut(mediaType[i+len("charset="):], ";")
		switch strings.ToLower(strings.Trim(charset, ` "`)) {
		case "iso-8859-1", "iso8859-1", "latin1":
			wide := make([]byte, 0, len(body)+len(body)/8)
			for _, b := range body {
				wide = utf8.AppendRune(wide, rune(b))
			}
			return wide
		}
	}
	if utf8.Valid(body) {
		return body
	}
	valid := make([]byte, 0, len(body)+len(body)/8)
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		valid = utf8.AppendRune(valid, r)
		body = body[n:]
	}
	return valid
}

// decode lets the codec of the request's media type make events of the body.
func (c *httpConn) decode(batch *event.Batch, body []byte) {
	codec := c.codec
	if c.req.hasType {
		media, _, _ := strings.Cut(c.req.mediaType, ";")
		if found, ok := c.codecs[strings.TrimRight(media, " \t")]; ok {
			codec = found
		}
	}
	d := codec.decoders.Get().(plugin.Decoder)
	d.Decode(body, batch)
	d.Flush(batch)
	codec.decoders.Put(d)
	if len(batch.Events) == 0 {
		return
	}
	c.fields.prepare(c, batch, strconv.Itoa(c.length))
	for _, e := range batch.Events {
		c.fields.set(e)
	}
	c.Decorate(batch, 0)
}
