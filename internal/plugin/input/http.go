package input

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/secret"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "http",
		Doc: "Receives events over HTTP or HTTPS: the body of every request, whatever its method and path, goes through a codec. " +
			"The answer is `ok` when the events are durable. When the queue has no room for too long, or too many requests wait, " +
			"the answer is 429, and nothing of the request has been taken.",
		Source: "https://www.elastic.co/guide/en/logstash/current/plugins-inputs-http.html, logstash-input-http 4.1",
		Examples: []plugin.Example{
			{Title: "Plain", Config: "http { port => 8080 }"},
			{Title: "With a password", Config: `http { port => 8080 user => "sender" password => "${HTTP_PASSWORD:secret}" codec => json_lines }`},
		},
		New: func() plugin.Plugin { return &httpInput{} },
	})
}

type httpInput struct {
	plugin.InputOptions
	tcpServer

	ecs             plugin.ECS
	user            string
	password        secret.Text
	additional      []plugin.TableEntry
	responseHeaders []plugin.TableEntry
	responseCode    string
	hostField       event.Ref
	headersField    event.Ref
	maxPending      int
	maxContent      int64
	maxWait         time.Duration

	codec   *requestCodec
	codecs  map[string]*requestCodec // by media type
	auth    string                   // what the header Authorization has to be; "" for anything
	answer  []byte                   // of a request that was taken, up to the line that ends the connection
	body    []byte                   // of that answer
	pending atomic.Int64             // requests that are being read or wait for the queue
	large   chan struct{}            // one for each large body that may be in memory
	idle    time.Duration            // without anything to read
}

// largeBody is the size from which a body counts as large; maxLargeBodies is how many
// bytes all large ones together may have, so that a few senders cannot take all memory.
const (
	largeBody      = 2 << 20
	maxLargeBodies = 512 << 20
)

// requestCodec is a codec with decoders that are used by one request at a time.
type requestCodec struct {
	plugin.Codec
	decoders sync.Pool
}

func newRequestCodec(c plugin.Codec) *requestCodec {
	return &requestCodec{Codec: c, decoders: sync.Pool{New: func() any { return c.NewDecoder() }}}
}

func (h *httpInput) Options() []plugin.Option {
	h.host, h.port, h.maxConnections = "0.0.0.0", 8080, 4096
	h.maxPending, h.maxContent, h.maxWait = 200, 100<<20, 5*time.Second
	h.responseCode = "200"
	h.idle = 75 * time.Second
	return slices.Concat([]plugin.Option{
		plugin.String("host", &h.host, "The address to listen on."),
		plugin.Port("port", &h.port, "The port to listen on."),
		plugin.ECSOption(&h.ecs),
		plugin.String("user", &h.user, "The user name that clients have to give (basic authentication)."),
		plugin.Password("password", &h.password, "The password that goes with the user name."),
		plugin.Hash("additional_codecs", &h.additional, "Codecs by the media type of a request; `codec` is for all others. By default `application/json` has the codec json."),
		plugin.Hash("response_headers", &h.responseHeaders, "Header fields of the answer. By default `Content-Type` is `text/plain`."),
		plugin.Enum("response_code", &h.responseCode, []string{"200", "201", "202", "204"}, "The status of the answer to a request that was taken."),
		plugin.Ref("remote_host_target_field", &h.hostField, "The field for the address of the client. By default `host`, or `[host][ip]` with ECS."),
		plugin.Ref("request_headers_target_field", &h.headersField, "The field for the header fields of the request. By default `headers`, or `[@metadata][input][http][request][headers]` with ECS."),
		plugin.Int("max_pending_requests", &h.maxPending, 1, 1<<20, "Requests that may be under way at once. Further ones get the answer 429."),
		plugin.Bytes("max_content_length", &h.maxContent, "The size that a body may have, also after it has been decompressed."),
		plugin.Seconds("max_queue_wait", &h.maxWait, "Seconds that a request waits for the queue before the answer is 429. Logstash has no such option and waits 10 seconds."),
		plugin.Int("max_connections", &h.maxConnections, 1, 1<<20, "Connections that may be open at once. Further ones are closed at once."),
		plugin.Ignored("threads", "number", "connections share the cores on their own."),
	}, h.tls.Options(), h.tls.Old(), h.Common("plain"))
}

func (h *httpInput) Open(env *plugin.Env) error {
	h.env = env
	h.ecs = h.ecs.Or(env.ECS)
	inner := *env
	inner.ECS = h.ecs
	c, err := h.Codec.Open(&inner)
	if err != nil {
		return err
	}
	h.codec = newRequestCodec(c)
	if err := h.openAdditional(&inner); err != nil {
		return err
	}
	if h.config, err = h.tls.Open(env); err != nil {
		return err
	}
	switch {
	case h.user != "" && h.password.IsSet():
		h.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(h.user+":"+h.password.Reveal()))
	case h.user != "":
		return env.Invalid("user", "set password, too", "there is a user without a password, so that nobody would be asked for one")
	case h.password.IsSet():
		return env.Invalid("password", "set user, too", "there is a password without a user, so that nobody would be asked for it")
	}
	if h.hostField.IsZero() {
		h.hostField = event.MustRef("host")
		if h.ecs.Enabled() {
			h.hostField = event.MustRef("[host][ip]")
		}
	}
	if h.headersField.IsZero() {
		h.headersField = event.MustRef("headers")
		if h.ecs.Enabled() {
			h.headersField = event.MustRef("[@metadata][input][http][request][headers]")
		}
	}
	h.large = make(chan struct{}, max(maxLargeBodies/h.maxContent, 1))
	h.Prepare()
	return h.prepareAnswer()
}

func (h *httpInput) openAdditional(env *plugin.Env) error {
	h.codecs = map[string]*requestCodec{}
	byType := map[string]string{"application/json": "json"}
	if env.IsSet("additional_codecs") {
		clear(byType)
	}
	for _, e := range h.additional {
		byType[e.Key] = e.Value.Flat()
	}
	for media, name := range byType {
		if plugin.Lookup(plugin.CodecKind, name) == nil {
			return env.Invalid("additional_codecs", "codecs are: "+strings.Join(plugin.Names(plugin.CodecKind), ", "), "there is no codec %s", name)
		}
		c, err := plugin.CodecChoice{Name: name}.Open(env)
		if err != nil {
			return err
		}
		h.codecs[media] = newRequestCodec(c)
	}
	return nil
}

// prepareAnswer puts together what every request that was taken is answered with. As in
// Logstash Content-Type is text/plain whenever there is a body.
func (h *httpInput) prepareAnswer() error {
	code, _ := strconv.Atoi(h.responseCode)
	a := append([]byte("HTTP/1.1 "+h.responseCode+" "), statusTexts[code]...)
	a = append(a, "\r\n"...)
	withBody := code != 204
	headers := [][2]string{{"Content-Type", "text/plain"}}
	if h.env.IsSet("response_headers") {
		headers = nil
	}
	for _, e := range h.responseHeaders {
		headers = append(headers, [2]string{e.Key, e.Value.Flat()})
	}
	for _, f := range headers {
		if !token(f[0]) || strings.ContainsAny(f[1], "\r\n\x00") {
			return h.env.Invalid("response_headers", "names are letters, digits and dashes; values are one line", "%q: %q is no header field", f[0], f[1])
		}
		if n := strings.ToLower(f[0]); n == "content-length" || n == "transfer-encoding" || n == "connection" || withBody && n == "content-type" {
			continue // these are given by the answer itself
		}
		a = append(a, f[0]+": "+f[1]+"\r\n"...)
	}
	if withBody {
		h.body = []byte("ok")
		a = append(a, "content-length: 2\r\ncontent-type: text/plain\r\n"...)
	}
	h.answer = a
	return nil
}

func (h *httpInput) Run(ctx context.Context, to plugin.Sink) error {
	return h.run(ctx, func(conn net.Conn, idle *idleConn, log *slog.Logger) {
		newHTTPConn(h, conn, idle, log).serve(ctx, to)
	})
}
