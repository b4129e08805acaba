package input

import (
	"strconv"
	"strings"

	"sluice/internal/event"
)

// requestFields is what the events of a request tell about it. The values are texts that
// all events of the request share: whoever looks inside one gets a copy of his own.
type requestFields struct {
	text                           []byte // to write the values in
	headers                        event.Value
	remote                         event.Value
	remoteObject, http, url, agent event.Value

	headersRef, remoteRef event.Ref
	ecs                   bool
	plainHost             bool // the address goes to [host][ip], where the whole host is ours
}

var (
	hostIP      = event.MustRef("[host][ip]")
	httpVersion = event.MustRef("[http][version]")
	httpMethod  = event.MustRef("[http][method]")
	httpBytes   = event.MustRef("[http][request][body][bytes]")
	httpType    = event.MustRef("[http][request][mime_type]")
	urlDomain   = event.MustRef("[url][domain]")
	urlPort     = event.MustRef("[url][port]")
	urlPath     = event.MustRef("[url][path]")
	agentText   = event.MustRef("[user_agent][original]")
)

// prepare writes the values for a request, in the memory of the batch.
func (f *requestFields) prepare(c *httpConn, batch *event.Batch, length string) {
	*f = requestFields{text: f.text[:0], headersRef: c.headersField, remoteRef: c.hostField, ecs: c.ecs.Enabled()}
	q := &c.req
	f.remote = event.StringValue(c.remote)
	f.plainHost = f.remoteRef.String() == hostIP.String()
	if f.plainHost {
		f.remoteObject = f.value(batch, func(b []byte) []byte { return append(member(append(b, '{'), "ip", c.remote), '}') })
	}
	f.headers = f.value(batch, func(b []byte) []byte {
		b = append(b, '{')
		b = append(member(b, "request_method", q.method), ',')
		b = append(member(b, "request_path", q.target), ',')
		b = append(member(b, "http_version", q.version), ',')
		b = append(orNull(b, "http_host", q.host, q.hasHost), ',')
		b = append(orNull(b, "http_user_agent", q.userAgent, q.hasAgent), ',')
		b = append(orNull(b, "http_accept", q.accept, q.hasAccept), ',')
		b = member(b, "content_length", length)
		for _, h := range q.fields {
			b = member(append(b, ','), h.name, h.value)
		}
		return append(b, '}')
	})
	if !f.ecs {
		return
	}
	f.http = f.value(batch, func(b []byte) []byte {
		b = append(member(append(b, '{'), "version", q.version), ',')
		b = append(member(b, "method", q.method), `,"request":{"body":{`...)
		b = append(member(b, "bytes", length), '}')
		if q.hasType {
			b = member(append(b, ','), "mime_type", q.mediaType)
		}
		return append(b, `}}`...)
	})
	f.url = f.value(batch, func(b []byte) []byte {
		b = append(b, '{')
		if q.hasHost {
			domain, port := domainPort(q.host)
			b = append(member(b, "domain", domain), ',')
			if port >= 0 {
				b = append(strconv.AppendInt(append(b, `"port":`...), port, 10), ',')
			}
		}
		return append(member(b, "path", q.target), '}')
	})
	if q.hasAgent {
		f.agent = f.value(batch, func(b []byte) []byte { return append(member(append(b, '{'), "original", q.userAgent), '}') })
	}
}

func (f *requestFields) value(batch *event.Batch, write func([]byte) []byte) event.Value {
	f.text = write(f.text[:0])
	v, _, err := batch.DecodeValue(batch.Copy(f.text))
	if err != nil {
		return event.Value{}
	}
	return v
}

func member(b []byte, name, value string) []byte {
	b = append(event.AppendQuoted(b, name), ':')
	return event.AppendQuoted(b, value)
}

func orNull(b []byte, name, value string, ok bool) []byte {
	if ok {
		return member(b, name, value)
	}
	return append(append(event.AppendQuoted(b, name), ':'), "null"...)
}

// domainPort takes host:port and [v6]:port apart; the port is -1 where there is none.
func domainPort(host string) (domain string, port int64) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 {
		return host, -1
	}
	name, digits := host[:i], host[i+1:]
	n, err := strconv.ParseInt(digits, 10, 63)
	bracketed := strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]")
	if err != nil || digits[0] < '0' || name == "" || strings.Contains(name, ":") && !bracketed {
		return host, -1
	}
	if bracketed {
		name = name[1 : len(name)-1]
	}
	return name, n
}

// set gives an event its fields.
func (f *requestFields) set(e *event.Event) {
	if f.ecs {
		f.put(e, "http", f.http, httpVersion, httpMethod, httpBytes, httpType)
		f.put(e, "user_agent", f.agent, agentText)
		f.put(e, "url", f.url, urlDomain, urlPort, urlPath)
	}
	_ = e.Set(f.headersRef, f.headers)
	if f.plainHost {
		f.put(e, "host", f.remoteObject, hostIP)
		return
	}
	_ = e.Set(f.remoteRef, f.remote)
}

// put sets the field name to an object, or the object's fields one by one where there is
// such a field already.
func (f *requestFields) put(e *event.Event, name string, v event.Value, fields ...event.Ref) {
	if !v.Exists() {
		return
	}
	root := e.Root()
	if _, ok := root.Get(name); !ok {
		root.Set(name, v)
		return
	}
	for _, ref := range fields {
		if inner := within(v, ref); inner.Exists() {
			_ = e.Set(ref, inner) // a field that is no object stays what it is
		}
	}
}

// within returns what v, which stands at the first name of the reference, has for it.
func within(v event.Value, ref event.Ref) event.Value {
	names := strings.Split(strings.Trim(ref.String(), "[]"), "][")
	for _, name := range names[1:] {
		if v.Kind() != event.Object {
			return event.Value{}
		}
		v, _ = v.Object().Get(name)
	}
	return v
}
