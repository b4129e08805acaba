package input

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unsafe"
)

// Limits of the head of a request.
const (
	maxHeadBytes  = 64 << 10
	maxHeadFields = 200
)

// httpRequest is the head of a request. Its texts are valid until the next one is read.
type httpRequest struct {
	method, target, version string
	fields                  []httpField
	head                    []byte // the memory of the texts

	length    int64 // of the body; -1 for a chunked one
	close     bool  // the connection ends with this request
	expect    bool  // the client waits for 100 Continue
	host      string
	userAgent string
	accept    string
	encoding  string // Content-Encoding
	mediaType string // Content-Type as it came
	auth      string // Authorization
	hasHost, hasAgent, hasAccept, hasType,
	hasAuth bool
}

// httpField is a header field: its name as an event has it (content_type), its value.
type httpField struct{ name, value string }

// httpError is a request that is answered with a status, and the end of the connection.
type httpError struct {
	status int
	text   string
}

func (e *httpError) Error() string { return fmt.Sprintf("%d %s", e.status, e.text) }

func badRequest(format string, args ...any) error {
	return &httpError{400, fmt.Sprintf(format, args...)}
}

// read reads the head of the next request (RFC 9112). What is ambiguous there is refused.
// The error is io.EOF when the client has closed the connection between two requests.
func (q *httpRequest) read(r *bufio.Reader) error {
	*q = httpRequest{fields: q.fields[:0], head: q.head[:0]}
	for {
		start := len(q.head)
		if err := q.readLine(r); err != nil {
			return err
		}
		if line := q.head[start:]; len(bytes.TrimRight(line, "\r\n")) > 0 {
			continue
		}
		if start > 0 {
			return q.parse()
		}
		q.head = q.head[:0] // empty lines before a request are to be ignored
	}
}

// readLine appends one line to the head.
func (q *httpRequest) readLine(r *bufio.Reader) error {
	for {
		part, err := r.ReadSlice('\n')
		if len(q.head)+len(part) > maxHeadBytes {
			return &httpError{431, "the head of the request is too large"}
		}
		q.head = append(q.head, part...)
		switch {
		case err == nil:
			return nil
		case err == io.EOF && len(q.head) > 0:
			return io.ErrUnexpectedEOF
		case err != bufio.ErrBufferFull:
			return err
		}
	}
}

func (q *httpRequest) parse() error {
	line, rest := cutLine(q.head)
	method, after, ok1 := strings.Cut(line, " ")
	target, version, ok2 := strings.Cut(after, " ")
	if !ok1 || !ok2 || !token(method) || target == "" || strings.ContainsAny(target, " \t\r\x00") {
		return badRequest("this is no HTTP request")
	}
	if version != "HTTP/1.1" && version != "HTTP/1.0" {
		return &httpError{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"}
	}
	q.method, q.target, q.version = method, target, version
	q.close = version == "HTTP/1.0"
	f := framing{length: -1}
	for {
		if line, rest = cutLine(rest); line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !token(name) {
			return badRequest("a line of the head is no header field")
		}
		if len(q.fields) == maxHeadFields {
			return &httpError{431, "the request has too many header fields"}
		}
		value = strings.Trim(value, " \t")
		if strings.IndexByte(value, 0) >= 0 || strings.IndexByte(value, '\r') >= 0 {
			return badRequest("a header field has a control character in it")
		}
		if err := q.field(normalize(name), value, &f); err != nil {
			return err
		}
	}
	return q.frame(f)
}

// framing is what the head says about the length of the body.
type framing struct {
	length  int64
	chunked bool
}

func (q *httpRequest) field(name, value string, f *framing) error {
	switch name {
	case "host":
		if q.hasHost {
			return badRequest("the header field host comes twice")
		}
		q.host, q.hasHost = value, true
		return nil
	case "user_agent":
		q.userAgent, q.hasAgent = value, true
		return nil
	case "accept":
		q.accept, q.hasAccept = value, true
		return nil
	case "authorization":
		q.auth, q.hasAuth = value, true
		return nil
	case "content_length":
		n, err := strconv.ParseUint(value, 10, 62)
		if err != nil || value[0] == '+' || f.length >= 0 && int64(n) != f.length {
			return badRequest("the header field content-length is not one number")
		}
		f.length = int64(n)
		return nil
	case "transfer_encoding":
		if f.chunked || !strings.EqualFold(value, "chunked") {
			return &httpError{501, "the only transfer-encoding that is known here is chunked"}
		}
		f.chunked = true
		return nil
	case "content_encoding":
		switch q.encoding = strings.ToLower(value); q.encoding {
		case "gzip", "x-gzip", "deflate":
			return nil // it is undone before anybody sees the body
		}
	case "content_type":
		q.mediaType, q.hasType = value, true
	case "connection":
		lower := strings.ToLower(value)
		q.close = strings.Contains(lower, "close") || q.close && !strings.Contains(lower, "keep-alive")
	case "expect":
		if !strings.EqualFold(value, "100-continue") {
			return &httpError{417, "the only expectation that is known here is 100-continue"}
		}
		q.expect = true
		return nil
	}
	for i := range q.fields {
		if q.fields[i].name == name { // the last one counts, as in Logstash
			q.fields[i].value = value
			return nil
		}
	}
	q.fields = append(q.fields, httpField{name, value})
	return nil
}

// frame decides about the length of the body. A request with both lengths is how
// requests are smuggled past proxies.
func (q *httpRequest) frame(f framing) error {
	switch {
	case f.chunked && f.length >= 0:
		return badRequest("content-length and transfer-encoding come together")
	case f.chunked && q.version == "HTTP/1.0":
		return badRequest("transfer-encoding does not exist in HTTP/1.0")
	case f.chunked:
		q.length = -1
	default:
		q.length = max(f.length, 0)
	}
	q.expect = q.expect && q.version == "HTTP/1.1" && q.length != 0
	return nil
}

// cutLine returns the first line without its end.
func cutLine(text []byte) (line string, rest []byte) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return "", nil
	}
	l := text[:i]
	if n := len(l); n > 0 && l[n-1] == '\r' {
		l = l[:n-1]
	}
	return unsafe.String(unsafe.SliceData(l), len(l)), text[i+1:]
}

// token tells whether text is a token of RFC 9110.
func token(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return text != ""
}

// normalize makes the name of a header field that of a field of an event, in place.
func normalize(name string) string {
	b := unsafe.Slice(unsafe.StringData(name), len(name)) // in q.head, which is ours
	for i, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c == '-':
			b[i] = '_'
		}
	}
	return name
}
