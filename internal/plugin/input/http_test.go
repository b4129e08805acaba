package input

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func startHTTP(t testing.TB, options string, to plugin.Sink, change func(*plugin.Env)) (address string, stop func()) {
	t.Helper()
	h := netInput(t, `http { host => "127.0.0.1" port => 0 `+options+` }`, change).(*httpInput)
	stop = netRun(t, h, to)
	return h.listener.Addr().String(), stop
}

// rawHTTP sends text over one connection and returns all answers, until the server
// closes the connection or has answered n requests.
func rawHTTP(t testing.TB, address, text string, n int) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	go conn.Write([]byte(text))
	var all strings.Builder
	r := bufio.NewReader(io.TeeReader(conn, &all))
	for range n {
		answer, err := http.ReadResponse(r, &http.Request{Method: strings.Fields(text)[0]})
		if err != nil {
			t.Fatalf("%q: %v after %q", text, err, all.String())
		}
		if answer.StatusCode == 100 {
			continue
		}
		io.Copy(io.Discard, answer.Body)
		if answer.Close {
			if _, err := r.ReadByte(); err != io.EOF && !strings.Contains(err.Error(), "reset") {
				t.Errorf("the connection stays open: %v", err)
			}
			break
		}
	}
	return all.String()
}

const okAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nok"

func TestHTTPEvents(t *testing.T) {
	gz, z := new(bytes.Buffer), new(bytes.Buffer)
	w := gzip.NewWriter(gz)
	w.Write([]byte("hello"))
	w.Close()
	zw := zlib.NewWriter(z)
	zw.Write([]byte("hello"))
	zw.Close()
	const host = "Host: localhost:8080\r\n"
	headers := func(length string, more ...string) string {
		h := `"headers":{"request_method":"POST","request_path":"/a?b=c","http_version":"HTTP/1.1","http_host":"localhost:8080","http_user_agent":null,"http_accept":null,"content_length":"` + length + `"`
		return h + strings.Join(append([]string{""}, more...), ",") + `},"host":"127.0.0.1"`
	}
	ecs := func(length string) string {
		return `"http":{"version":"HTTP/1.1","method":"POST","request":{"body":{"bytes":"` + length + `"}}},"url":{"domain":"localhost","port":8080,"path":"/a?b=c"},"host":{"ip":"127.0.0.1"}`
	}
	const meta = `{"input":{"http":{"request":{"headers":{"request_method":"POST","request_path":"/a?b=c","http_version":"HTTP/1.1","http_host":"localhost:8080","http_user_agent":null,"http_accept":null,"content_length":"`
	tests := []struct {
		name, options string
		ecs           bool
		head, body    string
		want          []string // without @timestamp, with @metadata behind it
	}{
		{"plain", "", false, "Content-Length: 5\r\n", "hello",
			[]string{`{"@version":"1","message":"hello",` + headers("5") + `}{}`}},
		{"a body of JSON", "", false, "Content-Type: application/json; charset=utf-8\r\nContent-Length: 19\r\n", `[{"a":1.0},{"b":2}]`,
			[]string{`{"a":1.0,"@version":"1",` + headers("19", `"content_type":"application/json; charset=utf-8"`) + `}{}`,
				`{"b":2,"@version":"1",` + headers("19", `"content_type":"application/json; charset=utf-8"`) + `}{}`}},
		{"the guide's codec", "codec => json", false, "Content-Length: 7\r\n", `{"a":1}`, []string{`{"a":1,"@version":"1",` + headers("7") + `}{}`}},
		{"codec by type", `additional_codecs => {"application/x-ndjson" => "json_lines"}`, false, "content-type: application/x-ndjson\r\ncontent-length: 15\r\n", "{\"a\":1}\n{\"a\":2}",
			[]string{`{"a":1,"@version":"1",` + headers("15", `"content_type":"application/x-ndjson"`) + `}{}`, `{"a":2,"@version":"1",` + headers("15", `"content_type":"application/x-ndjson"`) + `}{}`}},
		{"gzip", "", false, fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", gz.Len()), gz.String(), []string{`{"@version":"1","message":"hello",` + headers("5") + `}{}`}},
		{"deflate", "", false, fmt.Sprintf("Content-Encoding: deflate\r\nContent-Length: %d\r\n", z.Len()), z.String(), []string{`{"@version":"1","message":"hello",` + headers("5") + `}{}`}},
		{"deflate without its head", "", false, fmt.Sprintf("Content-Encoding: deflate\r\nContent-Length: %d\r\n", z.Len()-6), z.String()[2 : z.Len()-4], []string{`{"@version":"1","message":"hello",` + headers("5") + `}{}`}},
		{"chunked", "", false, "Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n", []string{`{"@version":"1","message":"hello",` + headers("5") + `}{}`}},
		{"chunked gzip", "", false, "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", gz.Len(), gz), []string{`{"@version":"1","message":"hello",` + headers("5") + `}{}`}},
		{"latin 1", "", false, "Content-Type: text/plain; charset=ISO-8859-1\r\nContent-Length: 4\r\n", "caf\xe9", []string{`{"@version":"1","message":"café",` + headers("4", `"content_type":"text/plain; charset=ISO-8859-1"`) + `}{}`}},
		{"no UTF-8", "", false, "Content-Length: 4\r\n", "caf\xe9", []string{`{"@version":"1","message":"caf` + "\uFFFD" + `",` + headers("4") + `}{}`}},
		{"header fields", "", false, "X-One: a\r\nX-Two: \"q\"\r\nX-One:  b \r\nAuthorization: Basic x\r\nContent-Length: 1\r\n", "m",
			[]string{`{"@version":"1","message":"m",` + headers("1", `"x_one":"b"`, `"x_two":"\"q\""`) + `}{}`}},
		{"target fields", `remote_host_target_field => "[from]" request_headers_target_field => "[@metadata][h]" tags => "t"`, false, "Content-Length: 1\r\n", "m",
			[]string{`{"@version":"1","message":"m","from":"127.0.0.1","tags":["t"]}{"h":{"request_method":"POST","request_path":"/a?b=c","http_version":"HTTP/1.1","http_host":"localhost:8080","http_user_agent":null,"http_accept":null,"content_length":"1"}}`}},
		{"ECS", "", true, "Content-Length: 5\r\n", "hello",
			[]string{`{"@version":"1","message":"hello","event":{"original":"hello"},` + ecs("5") + `}` + meta + `5"}}}}}`}},
		{"ECS, more", "codec => json", true, "User-Agent: curl\r\nContent-Type: text/x\r\nContent-Length: 81\r\n", `{"http":{"version":"x","response":{}},"url":"u","user_agent":{"a":1},"host":"h"}  `,
			[]string{`{"http":{"version":"HTTP/1.1","response":{},"method":"POST","request":{"body":{"bytes":"81"},"mime_type":"text/x"}},"url":"u","user_agent":{"a":1,"original":"curl"},"host":"h","@version":"1"}` +
				strings.Replace(meta, `"http_user_agent":null`, `"http_user_agent":"curl"`, 1) + `81","content_type":"text/x"}}}}}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var change func(*plugin.Env)
			if tt.ecs {
				change = ecsV8
			}
			sink := newNetSink()
			address, _ := startHTTP(t, tt.options, sink, change)
			if answer := rawHTTP(t, address, "POST /a?b=c HTTP/1.1\r\n"+host+tt.head+"\r\n"+tt.body, 1); answer != okAnswer {
				t.Errorf("answer %q", answer)
			}
			got := sink.take()
			for i := range got {
				got[i] = withoutTime(got[i])
			}
			if a, b := strings.Join(got, "\n"), strings.Join(tt.want, "\n"); a != b {
				t.Errorf("got\n%s\nwant\n%s", a, b)
			}
		})
	}
}

func TestHTTPAnswers(t *testing.T) {
	const password = `user => "u" password => "p" `
	many := strings.Repeat("X: y\r\n", 1)
	tests := []struct {
		name, options, request, want string // want is the start of the answer; "" for its whole text as above
		events                       int
	}{
		{"GET without a body", "", "GET / HTTP/1.1\r\n\r\n", "", 1},
		{"two requests at once", "", "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na" + "\r\nPUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\nb", okAnswer + okAnswer, 2},
		{"bare line ends", "", "PUT / HTTP/1.1\nContent-Length: 1\n\na", "", 1},
		{"HEAD", "", "HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\n", 1},
		{"HTTP/1.0", "", "PUT / HTTP/1.0\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nok", 1},
		{"close", "", "PUT / HTTP/1.1\r\nConnection: Close\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nok", 1},
		{"bad JSON", "", "PUT / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{", "", 1},
		{"204", "response_code => 204", "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n", 1},
		{"headers of the answer", `response_headers => { "X-A" => "b" "Content-Type" => "text/html" } response_code => 201`, "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 201 Created\r\nX-A: b\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nok", 1},
		{"100 continue", "", "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 100 Continue\r\n\r\n" + okAnswer, 1},
		{"password", password, "PUT / HTTP/1.1\r\nAuthorization: Basic dTpw\r\nContent-Length: 1\r\n\r\na", "", 1},
		{"no password", password, "PUT / HTTP/1.1\r\n\r\n", "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"Logstash HTTP Input\"\r\ncontent-length: 0\r\n\r\n", 0},
		{"no password, with a body", password, "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"Logstash HTTP Input\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 0},
		{"wrong password", password, "PUT / HTTP/1.1\r\nAuthorization: Basic dTpx\r\n\r\n", "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", 0},
		{"too large", "max_content_length => 3", "PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\naaaa", "HTTP/1.1 413 ", 0},
		{"too large, chunked", "max_content_length => 3", "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\naaaa\r\n0\r\n\r\n", "HTTP/1.1 413 ", 0},
		{"no gzip", "", "PUT / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\naaaa", "HTTP/1.1 400 ", 0},
		{"no HTTP", "", "hello\r\n\r\n", "HTTP/1.1 400 ", 0},
		{"HTTP/2", "", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505 ", 0},
		{"both lengths", "", "PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 ", 0},
		{"two lengths", "", "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\naa", "HTTP/1.1 400 ", 0},
		{"a signed length", "", "PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\na", "HTTP/1.1 400 ", 0},
		{"a folded line", "", "PUT / HTTP/1.1\r\nX: y\r\n z\r\n\r\n", "HTTP/1.1 400 ", 0},
		{"a blank before the colon", "", "PUT / HTTP/1.1\r\nX : y\r\n\r\n", "HTTP/1.1 400 ", 0},
		{"another transfer-encoding", "", "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 ", 0},
		{"a large head", "", "PUT / HTTP/1.1\r\nX: " + strings.Repeat("x", 70_000) + "\r\n\r\n", "HTTP/1.1 431 ", 0},
		{"a head of many fields", "", "PUT / HTTP/1.1\r\n" + strings.Repeat(many, 1) + strings.Join(numbered("X-%d: y\r\n", 250), "") + "\r\n", "HTTP/1.1 431 ", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newNetSink()
			address, _ := startHTTP(t, tt.options, sink, nil)
			n := 1
			if strings.Contains(tt.want, "Continue") || tt.events == 2 {
				n = 2
			}
			got := rawHTTP(t, address, tt.request, n)
			if tt.want == "" {
				tt.want = okAnswer
			}
			if got != tt.want && !(strings.HasSuffix(tt.want, " ") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if events := sink.take(); len(events) != tt.events {
				t.Errorf("%d events: %s", len(events), events)
			}
		})
	}
}

func numbered(format string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return all
}

// TestHTTPBackPressure: 200 only when the events are durable, 429 when that takes too
// long or too many requests wait, and the connection lives on.
func TestHTTPBackPressure(t *testing.T) {
	sink := newNetSink()
	sink.gate = make(chan error)
	address, _ := startHTTP(t, "max_queue_wait => 0.05 max_pending_requests => 1", sink, nil)
	const request = "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na"
	const busy = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"
	if got := rawHTTP(t, address, request+request, 2); got != busy+busy {
		t.Errorf("a full queue: %q", got)
	}
	if n := <-sink.got; n != -1 {
		t.Errorf("Put ended with %d", n)
	}

	sink = newNetSink()
	sink.gate, sink.arrived = make(chan error), make(chan bool, 1)
	address, _ = startHTTP(t, "max_pending_requests => 1", sink, nil)
	first := make(chan string)
	go func() { first <- rawHTTP(t, address, request, 1) }()
	<-sink.arrived
	if got := rawHTTP(t, address, request+request, 2); got != busy+busy {
		t.Errorf("one request too many: %q", got)
	}
	if got := rawHTTP(t, address, "PUT / HTTP/1.1\r\nContent-Length: 1000\r\n\r\na", 1); !strings.HasPrefix(got, "HTTP/1.1 429 ") || !strings.Contains(got, "connection: close") {
		t.Errorf("one request too many, whose body has not come: %q", got)
	}
	sink.gate <- nil
	if got := <-first; got != okAnswer {
		t.Errorf("the first request: %q", got)
	}
}

// TestHTTPLargeBodies: only so many large bodies are in memory at once.
func TestHTTPLargeBodies(t *testing.T) {
	sink := newNetSink()
	sink.gate, sink.arrived = make(chan error), make(chan bool, 1)
	address, _ := startHTTP(t, "max_content_length => '512mb'", sink, nil)
	first := make(chan string)
	large := fmt.Sprintf("PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", 3<<20, strings.Repeat("x", 3<<20))
	go func() { first <- rawHTTP(t, address, large, 1) }()
	<-sink.arrived
	if got := rawHTTP(t, address, "PUT / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\nxxxx", 1); !strings.HasPrefix(got, "HTTP/1.1 429 ") {
		t.Errorf("a second large one: %q", got)
	}
	sink.gate <- nil
	if got := <-first; got != okAnswer || len(sink.take()[0]) < 3<<20 {
		t.Errorf("the first one: %q", got)
	}
}

func TestHTTPQueueFails(t *testing.T) {
	sink := newNetSink()
	sink.gate = make(chan error, 1)
	sink.gate <- errors.New("broken")
	address, _ := startHTTP(t, "", sink, nil)
	if got := rawHTTP(t, address, "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", 1); !strings.HasPrefix(got, "HTTP/1.1 500 ") {
		t.Error(got)
	}
}

// TestHTTPStop: a request that waits for the queue when the input stops is not taken,
// and its client is told so.
func TestHTTPStop(t *testing.T) {
	sink := newNetSink()
	sink.gate, sink.arrived = make(chan error), make(chan bool, 1)
	address, stop := startHTTP(t, "", sink, nil)
	done := make(chan string)
	go func() { done <- rawHTTP(t, address, "PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", 1) }()
	idle, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	<-sink.arrived
	stop()
	if got := <-done; !strings.HasPrefix(got, "HTTP/1.1 503 ") {
		t.Error(got)
	}
}

func TestHTTPTLS(t *testing.T) {
	dir := certs(t)
	server := fmt.Sprintf(`ssl_certificate => "%s" ssl_key => "%s" `, filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key"))
	cas := fmt.Sprintf(`ssl_certificate_authorities => ["%s"] `, filepath.Join(dir, "ca.crt"))
	tests := []struct {
		name, options       string
		certificate, enters bool
	}{
		{"the guide's receiver", server + cas + `ssl => true ssl_verify_mode => "force_peer" codec => json`, true, true},
		{"the guide's receiver, no certificate", server + cas + `ssl => true ssl_verify_mode => "force_peer" codec => json`, false, false},
		{"today's names", server + cas + `ssl_enabled => true ssl_client_authentication => "required"`, true, true},
		{"today's names, no certificate", server + cas + `ssl_enabled => true ssl_client_authentication => "required"`, false, false},
		{"optional", server + cas + `ssl_enabled => true ssl_client_authentication => "optional"`, false, true},
		{"server only", server + `ssl_enabled => true`, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := newNetSink()
			address, _ := startHTTP(t, tt.options, sink, nil)
			_, port, _ := net.SplitHostPort(address)
			transport := &http.Transport{TLSClientConfig: clientTLS(t, tt.certificate)}
			defer transport.CloseIdleConnections()
			request, _ := http.NewRequest("PUT", "https://localhost:"+port+"/", strings.NewReader(`{"a":1}`))
			answer, err := (&http.Client{Transport: transport}).Do(request)
			if (err == nil) != tt.enters {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			body, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode != 200 || string(body) != "ok" || len(sink.take()) != 1 {
				t.Errorf("%d %q", answer.StatusCode, body)
			}
		})
	}
}

func TestHTTPOptions(t *testing.T) {
	dir := certs(t)
	server := fmt.Sprintf(`ssl_certificate => "%s" ssl_key => "%s" `, filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key"))
	tests := []struct{ config, want string }{
		{`http { user => "u" }`, "there is a user without a password"},
		{`http { password => "p" }`, "there is a password without a user"},
		{`http { keystore => "x.jks" }`, "Java keystores"},
		{`http { additional_codecs => { "a/b" => "nope" } }`, "there is no codec nope"},
		{`http { response_headers => { "a b" => "c" } }`, "is no header field"},
		{`http { response_code => 500 }`, "it can be 200, 201, 202, 204"},
		{`http { ssl_enabled => true ` + server + ` ssl_certificate_authorities => "` + filepath.Join(dir, "ca.crt") + `" }`, "clients are asked for none"},
		{`http { ssl_enabled => true ` + server + ` ssl_verify_mode => "peer" }`, "there is no CA to check them with"},
		{`http { ssl => true }`, "a TLS server needs a certificate and its key"},
	}
	for _, tt := range tests {
		p, list := plugintest.Configure(t, plugin.InputKind, tt.config, plugintest.Env(t))
		if text := list.Text(diag.Plain); p != nil || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q is not in:\n%s", tt.config, tt.want, text)
		}
	}
}

// FuzzHTTPRequest compares the reader of request heads with net/http's: what both take
// they have to cut at the same place.
func FuzzHTTPRequest(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0\r\n\r\n", "\r\nGET / HTTP/1.0\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var q httpRequest
		if q.read(bufio.NewReaderSize(bytes.NewReader(data), 16)) != nil {
			return
		}
		if len(q.fields) > maxHeadFields || len(q.head) > maxHeadBytes {
			t.Fatal("limits are not kept")
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		length := theirs.ContentLength
		if length != q.length || theirs.Method != q.method || theirs.RequestURI != q.target {
			t.Errorf("%q: %s %s %d, net/http has %s %s %d", data, q.method, q.target, q.length, theirs.Method, theirs.RequestURI, length)
		}
	})
}

// benchmarkHTTP measures requests with n events of 774 bytes each. The client is only a
// socket that repeats a request, and its work is in the figures.
func benchmarkHTTP(b *testing.B, n int, config *tls.Config, options string) {
	event.PoisonReleased(false)
	defer event.PoisonReleased(true)
	address, _ := startHTTP(b, options, nullSink{}, nil)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if config != nil {
		conn = tls.Client(conn, config)
	}
	line := fmt.Sprintf(`{"sensor_event_id":871,"source_sensor":"testsensor","uuid":"cc2b3bb1-bd8f-4b9c-a89e-0e06ecb9cab3","timestamp":1614868533.946555,"message":"%s","data":{"flow_id":1,"event_type":"dns","dns":{"query":[{"rrname":"%s"}]}}}`, strings.Repeat("m", 200), strings.Repeat("q", 361))
	body := strings.Repeat(line+"\n", n)
	request := []byte(fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: bench\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	answer := make([]byte, len(okAnswer))
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	before := cpuTime(b)
	sent := 0
	for ; sent < b.N; sent += n {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != okAnswer {
			b.Fatalf("%q, %v", answer, err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(sent), "cpu-ns/event")
}

func BenchmarkHTTP500(b *testing.B) { benchmarkHTTP(b, 500, nil, "codec => json_lines") }
func BenchmarkHTTP1(b *testing.B)   { benchmarkHTTP(b, 1, nil, "codec => json_lines") }
func BenchmarkHTTP1TLS(b *testing.B) {
	dir := certs(b)
	benchmarkHTTP(b, 1, clientTLS(b, true), fmt.Sprintf(`codec => json_lines ssl_enabled => true ssl_certificate => "%s" ssl_key => "%s"`,
		filepath.Join(dir, "logstash_server.crt"), filepath.Join(dir, "logstash_server.key")))
}
