package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/secret"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "http",
		Doc: "Sends events to an HTTP or HTTPS server: one request per event, or one per batch with `format => json_batch`. " +
			"Requests that fail because of the connection, or are answered with 429, 500, 502, 503 or 504, are repeated until they succeed; " +
			"what is answered with another error goes to the dead letter queue. With one worker the order is kept.",
		Source: "https://www.elastic.co/guide/en/logstash/current/plugins-outputs-http.html, logstash-output-http 6.0",
		Examples: []plugin.Example{
			{Title: "JSON, an event a request", Config: `http { url => "http://localhost:8899" http_method => put }`},
			{Title: "A whole batch a request", Config: `http { url => "http://localhost:8899" http_method => post format => json_batch http_compression => true }`},
		},
		New: func() plugin.Plugin { return &httpOutput{} },
	})
}

type httpOutput struct {
	plugin.OutputOptions
	httpClient
	upstream

	url          string
	method       string
	headerFields []plugin.TableEntry
	contentType  string
	retryFailed  bool
	retryable    []int
	ignorable    []int
	mapping      plugin.Setting
	format       string
	compress     bool
	message      event.Template

	target    event.Template
	static    *url.URL // the parsed URL, where it is the same for all events
	fixed     http.Header
	perEvent  []headerTemplate
	structure *mapping // nil for the whole event
	parallel  int
	buffers   sync.Pool // *requestBuffer
}

type headerTemplate struct {
	name  string
	value event.Template
}

// requestBuffer is the memory for one request at a time.
type requestBuffer struct {
	body []byte
	url  []byte
	zip  bytes.Buffer
	gzip *gzip.Writer
}

func (h *httpOutput) Options() []plugin.Option {
	h.retryFailed, h.format = true, "json"
	h.retryable = []int{429, 500, 502, 503, 504}
	return slices.Concat([]plugin.Option{
		plugin.String("url", &h.url, "The URL; it may hold `%{field}`.").Must(),
		plugin.Enum("http_method", &h.method, []string{"put", "post", "patch", "delete", "get", "head"}, "The method of the requests.").Must(),
		plugin.Hash("headers", &h.headerFields, "Further header fields; values may hold `%{field}`."),
		plugin.String("content_type", &h.contentType, "The header field Content-Type. By default what goes with the format."),
		plugin.Bool("retry_failed", &h.retryFailed, "Whether failed requests are repeated. If not, their events go to the dead letter queue."),
		intList("retryable_codes", &h.retryable, "[429, 500, 502, 503, 504]", "The statuses after which a request is repeated."),
		intList("ignorable_codes", &h.ignorable, "", "Statuses other than 2xx that count as success."),
		plugin.Any("mapping", "hash", &h.mapping, "What is sent in place of the whole event: a hash whose texts may hold `%{field}`."),
		plugin.Enum("format", &h.format, []string{"json", "json_batch", "form", "message"}, "The body: the event as JSON, all events of the batch as one JSON array, a form, or the text of `message`."),
		plugin.Bool("http_compression", &h.compress, "Whether bodies are compressed with gzip."),
		plugin.Template("message", &h.message, "The body for `format => message`; it may hold `%{field}`."),
	}, h.httpClient.options(), h.Common("plain"))
}

func (h *httpOutput) Open(env *plugin.Env) error {
	h.env = env
	if _, err := h.Codec.Open(env); err != nil {
		return err
	}
	if h.Codec.Chosen() && h.Codec.Name != "json" && env.Log != nil {
		env.Log.Warn("the codec of the http output has no effect, as in Logstash; the option format decides", "codec", h.Codec.Name)
	}
	h.method = strings.ToUpper(h.method)
	if err := h.openURL(env); err != nil {
		return err
	}
	if h.format == "message" && !env.IsSet("message") {
		return env.Invalid("format", "set message to the text to send", "format => message needs the option message")
	}
	if _, ok := env.Setting("mapping"); ok && h.format != "message" {
		if h.mapping.Kind != plugin.Table {
			return env.Invalid("mapping", `write it as { "name" => "%{field}" }`, "found %s where a hash was expected", h.mapping.Kind)
		}
		var err error
		if h.structure, err = newMapping(h.mapping); err != nil {
			return env.Invalid("mapping", "correct the reference or the date pattern", "%v", err)
		}
	}
	if err := h.openHeaders(env); err != nil {
		return err
	}
	h.parallel = 1
	if env.Workers > 1 {
		h.parallel = min(h.poolMax, h.poolMaxPerRoute)
	}
	h.buffers.New = func() any { return new(requestBuffer) }
	return h.httpClient.open(env)
}

func (h *httpOutput) openURL(env *plugin.Env) error {
	h.target = event.ParseTemplate(h.url)
	if err := h.target.Err(); err != nil {
		return env.Invalid("url", "correct the reference or the date pattern", "%v", err)
	}
	if !h.target.Static() {
		if h.format == "json_batch" {
			return env.Invalid("url", "use format => json, or a URL without %{…}", "a batch has one URL, so the URL cannot depend on an event")
		}
		h.name, _, _ = strings.Cut(h.url, "%{")
		return nil
	}
	u, err := parseHTTPURL(h.url)
	if err != nil {
		return env.Invalid("url", "write it as https://host:port/path", "%v", err)
	}
	if u.User != nil && h.user == "" {
		password, _ := u.User.Password()
		h.user, h.password = u.User.Username(), secret.New(password)
	}
	u.User = nil
	h.static, h.name, h.plain = u, u.Scheme+"://"+u.Host, u.Scheme == "http"
	return nil
}

func parseHTTPURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("this is no URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no URL of HTTP or HTTPS", u.Redacted())
	}
	return u, nil
}

func (h *httpOutput) openHeaders(env *plugin.Env) error {
	h.fixed = h.httpClient.headers()
	for _, e := range h.headerFields {
		value := event.ParseTemplate(e.Value.Flat())
		if err := value.Err(); err != nil {
			return env.Invalid("headers", "correct the reference or the date pattern", "%v", err)
		}
		if !headerField(e.Key, e.Value.Flat()) {
			return env.Invalid("headers", "a name has letters, digits and dashes; a value is one line", "%q: %q is no header field", e.Key, e.Value.Flat())
		}
		name := textproto.CanonicalMIMEHeaderKey(e.Key)
		if value.Static() || h.format == "json_batch" {
			h.fixed[name] = []string{e.Value.Flat()}
		} else {
			h.perEvent = append(h.perEvent, headerTemplate{name, value})
		}
	}
	if h.contentType == "" {
		h.contentType = map[string]string{"form": "application/x-www-form-urlencoded", "message": "text/plain"}[h.format]
		if h.contentType == "" {
			h.contentType = "application/json"
		}
	}
	if t := event.ParseTemplate(h.contentType); !t.Static() && h.format != "json_batch" {
		h.perEvent = append(h.perEvent, headerTemplate{"Content-Type", t})
	}
	h.fixed["Content-Type"] = []string{h.contentType}
	if h.compress {
		h.fixed["Content-Encoding"] = []string{"gzip"}
	}
	return nil
}

// Close gives the connections back.
func (h *httpOutput) Close() error {
	h.httpClient.close()
	return nil
}

func (h *httpOutput) Write(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	defer h.watch()()
	if h.format == "json_batch" {
		h.writeBatch(ctx, events, answers)
		return
	}
	if h.parallel == 1 || len(events) == 1 {
		for i, e := range events {
			if answers[i] = h.one(ctx, e); answers[i].Verdict == plugin.Retry {
				holdBack(answers[i+1:], answers[i])
				return
			}
		}
		return
	}
	var next atomic.Int64
	var broken atomic.Pointer[plugin.Answer] // what the others need not try any more
	var running sync.WaitGroup
	for range min(h.parallel, len(events)) {
		running.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(events) {
					return
				}
				if a := broken.Load(); a != nil {
					answers[i] = *a
					continue
				}
				if answers[i] = h.one(ctx, events[i]); answers[i].Verdict == plugin.Retry && answers[i].Status == 0 {
					broken.Store(&answers[i])
				}
			}
		})
	}
	running.Wait()
}

// holdBack answers for the events behind one that has to be sent again, so that they do
// not overtake it.
func holdBack(rest []plugin.Answer, first plugin.Answer) {
	for i := range rest {
		rest[i] = first
	}
}

// one sends one event.
func (h *httpOutput) one(ctx context.Context, e *event.Event) plugin.Answer {
	b := h.buffers.Get().(*requestBuffer)
	defer h.buffers.Put(b)
	to, header := h.static, h.fixed
	if to == nil {
		var complete bool
		var err error
		if b.url, complete, err = h.target.AppendResolved(b.url[:0], e); err == nil && complete {
			to, err = parseHTTPURL(string(b.url))
		}
		if err != nil {
			return plugin.Answer{Verdict: plugin.Reject, Reason: err.Error()}
		}
		if !complete {
			return plugin.Answer{Verdict: plugin.Reject, Reason: fmt.Sprintf("the URL %s names a field that the event does not have", b.url)}
		}
	}
	if len(h.perEvent) > 0 {
		header = header.Clone()
		for _, f := range h.perEvent {
			value, err := f.value.Append(nil, e)
			if err != nil {
				return plugin.Answer{Verdict: plugin.Reject, Reason: err.Error()}
			}
			header[f.name] = []string{strings.NewReplacer("\r", " ", "\n", " ").Replace(string(value))}
		}
	}
	var err error
	if b.body, err = h.appendBody(b.body[:0], e); err != nil {
		return plugin.Answer{Verdict: plugin.Reject, Reason: err.Error()}
	}
	return h.request(ctx, to, header, b)
}

// request sends what is in the buffer and judges the answer.
func (h *httpOutput) request(ctx context.Context, to *url.URL, header http.Header, b *requestBuffer) plugin.Answer {
	body := b.body
	if h.compress {
		b.zip.Reset()
		if b.gzip == nil {
			b.gzip = gzip.NewWriter(&b.zip)
		} else {
			b.gzip.Reset(&b.zip)
		}
		b.gzip.Write(body) // into memory: no error
		b.gzip.Close()
		body = b.zip.Bytes()
	}
	got, err := h.send(ctx, h.method, to, header, body, maxAnswer)
	if err != nil {
		if ctx.Err() != nil {
			return plugin.Answer{Verdict: plugin.Retry, Reason: "the pipeline is stopping"}
		}
		if denied, ok := errors.AsType[*plugin.Denied](err); ok { // for as long as the policy is this one
			return plugin.Answer{Verdict: plugin.Reject, Reason: denied.Error()}
		}
		a := plugin.Answer{Verdict: plugin.Retry, Reason: h.failed(err)}
		if !h.retryFailed {
			a.Verdict = plugin.Reject
		}
		return a
	}
	if got.status >= 200 && got.status <= 299 || slices.Contains(h.ignorable, got.status) {
		h.answered()
		return plugin.Answer{}
	}
	a := plugin.Answer{Verdict: plugin.Reject, Status: got.status, Body: excerpt(got.body)}
	a.Reason = fmt.Sprintf("%s answered %d %s", h.name, got.status, http.StatusText(got.status))
	cause := strings.TrimSpace(fmt.Sprintf("it answered %d %s %s", got.status, http.StatusText(got.status), a.Body))
	switch {
	case slices.Contains(h.retryable, got.status) && h.retryFailed:
		a.Verdict, a.After = plugin.Retry, retryAfter(got.header)
		h.refused(cause)
	case got.status == http.StatusUnauthorized, got.status == http.StatusForbidden, got.status == http.StatusProxyAuthRequired:
		h.refused(cause) // it is not the event that is to blame, and all others fare the same
	default:
		h.answered()
	}
	return a
}

// writeBatch sends all events as one array. When the server finds something wrong with
// it, it is cut in halves until the event that is to blame is alone.
func (h *httpOutput) writeBatch(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	b := h.buffers.Get().(*requestBuffer)
	b.body = append(b.body[:0], '[')
	for i, e := range events {
		if i > 0 {
			b.body = append(b.body, ',')
		}
		b.body, answers[i] = h.appendDocument(b.body, e), plugin.Answer{}
	}
	b.body = append(b.body, ']')
	a := h.request(ctx, h.static, h.fixed, b)
	h.buffers.Put(b)
	if a.Verdict == plugin.Reject && len(events) > 1 && (a.Status == 400 || a.Status == 413 || a.Status == 422) {
		half := len(events) / 2
		h.writeBatch(ctx, events[:half], answers[:half])
		if answers[half-1].Verdict == plugin.Retry {
			holdBack(answers[half:], answers[half-1])
			return
		}
		h.writeBatch(ctx, events[half:], answers[half:])
		return
	}
	for i := range answers {
		answers[i] = a
	}
}
