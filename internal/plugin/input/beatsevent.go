package input

import (
	"bytes"
	"crypto/tls"
	"net"
	"unicode/utf8"
	"unsafe"

	"sluice/internal/event"
	"sluice/internal/lumberjack"
	"sluice/internal/timefmt"
)

var (
	messageRef      = event.MustRef("message")
	beatHostname    = event.MustRef("[beat][hostname]")
	beatsHost       = event.MustRef("host")
	beatsHostECS    = event.MustRef("[@metadata][input][beats][host][name]")
	beatsIPECS      = event.MustRef("[@metadata][input][beats][host][ip]")
	beatsTLSECS     = event.MustRef("[@metadata][input][beats][tls]")
	beatsIP         = event.MustRef("[@metadata][ip_address]")
	beatsPeer       = event.MustRef("[@metadata][tls_peer]")
	beatsInput      = event.MustRef("[@metadata][input]")
	failureTag      = "_jsonparsefailure"
	timestampTag    = "_timestampparsefailure"
	timestampRefuse = event.MustRef("_@timestamp")
	tagsRef         = event.MustRef("tags")
)

// originField is one field that all events of a connection get.
type originField struct {
	ref   event.Ref
	value event.Value
}

// describe prepares the metadata about the sender that all its events get.
func (c *beatsConn) describe() {
	var peer *tls.ConnectionState
	if secure, ok := c.conn.(*tls.Conn); ok && c.peer {
		state := secure.ConnectionState()
		peer = &state
	}
	ip := ""
	if host, _, err := net.SplitHostPort(c.raw.RemoteAddr().String()); err == nil && c.source {
		ip = host
	}
	var input []byte // what is below [@metadata][input][beats]
	if ip != "" {
		if c.ecs.Enabled() {
			input = event.AppendQuoted(append(input, `"host":{"ip":`...), ip)
			input = append(input, '}')
		} else {
			c.origin = append(c.origin, originField{beatsIP, event.StringValue(ip)})
		}
	}
	if peer != nil {
		status := []byte(`{"status":"unverified"`)
		if len(peer.VerifiedChains) > 0 {
			status = []byte(`{"status":"verified"`)
			subject := peer.PeerCertificates[0].Subject.String()
			protocol := map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[peer.Version]
			suite := tls.CipherSuiteName(peer.CipherSuite)
			if c.ecs.Enabled() {
				if len(input) > 0 {
					input = append(input, ',')
				}
				input = event.AppendQuoted(append(input, `"tls":{"version_protocol":`...), protocol)
				input = event.AppendQuoted(append(input, `,"client":{"subject":`...), subject)
				input = event.AppendQuoted(append(input, `},"cipher":`...), suite)
				input = append(input, '}')
			} else {
				status = event.AppendQuoted(append(status, `,"protocol":`...), protocol)
				status = event.AppendQuoted(append(status, `,"subject":`...), subject)
				status = event.AppendQuoted(append(status, `,"cipher_suite":`...), suite)
			}
		}
		c.origin = append(c.origin, originField{beatsPeer, sharedJSON(append(status, '}'))})
	}
	if len(input) > 0 {
		c.origin = append(c.origin, originField{beatsInput, sharedJSON(append(append([]byte(`{"beats":{`), input...), `}}`...))})
	}
}

// sharedJSON is a value that many events may have: it stays text, and whoever looks
// inside gets a copy of its own.
func sharedJSON(text []byte) event.Value {
	v, _ := event.ParseJSON(text)
	return v
}

// addJSON adds the event of a JSON frame. Text that is no JSON object becomes the message
// of an event with a tag, for a sender would send it again for ever.
func (c *beatsConn) addJSON(batch *event.Batch, text []byte) {
	first := len(batch.Events)
	if !c.plain && (bytes.Contains(text, []byte(`"message"`)) || bytes.Contains(text, []byte(`"line"`))) {
		v, _, err := batch.DecodeValue(text)
		if err == nil && v.Kind() == event.Object {
			c.throughCodec(batch, v.Object())
			return
		}
	}
	e, _, err := batch.Decode(text)
	if err != nil {
		e = batch.New()
		_ = e.Set(messageRef, event.StringValue(batchText(batch, text)))
		e.Tag(failureTag)
		c.enrichOrigin(e)
		c.Decorate(batch, first)
		return
	}
	c.finish(batch, first, e)
}

// addPairs adds the event of a version 1 frame.
func (c *beatsConn) addPairs(batch *event.Batch, pairs []lumberjack.Pair) {
	o := new(event.ObjectData)
	for _, p := range pairs {
		o.Set(batchText(batch, p.Key), event.StringValue(batchText(batch, p.Value)))
	}
	if !c.plain && (!nilField(o, "message") || !nilField(o, "line")) {
		c.throughCodec(batch, o)
		return
	}
	first := len(batch.Events)
	c.finish(batch, first, batch.AddObject(o))
}

func nilField(o *event.ObjectData, name string) bool {
	v, _ := o.Get(name)
	return v.IsNil()
}

// batchText returns text that already lives in the batch, as UTF-8.
func batchText(batch *event.Batch, text []byte) string {
	if !utf8.Valid(text) {
		text = batch.Copy(bytes.ToValidUTF8(text, []byte("\uFFFD")))
	}
	if len(text) == 0 {
		return ""
	}
	return unsafe.String(&text[0], len(text))
}

// finish makes of a decoded document what Logstash does with the plain codec: the line
// is the message, and a tag says so.
func (c *beatsConn) finish(batch *event.Batch, first int, e *event.Event) {
	c.enrichOrigin(e)
	root := e.Root()
	tag := c.tag
	if line := e.Get(messageRef); !line.IsNil() {
		c.setLine(e, line, line.Kind() != event.String)
	} else if old, ok := root.Get("line"); ok && !old.IsNil() {
		root.Delete("line")
		c.setLine(e, old, true)
	} else {
		tag = c.rawTag
	}
	if tag == c.tag {
		if _, ok := root.Get("_@timestamp"); ok {
			c.forgetTimestamp(e)
		}
	}
	c.hostname(e)
	c.Decorate(batch, first)
	if tag != "" {
		e.Tag(tag)
	}
}

func (c *beatsConn) setLine(e *event.Event, line event.Value, set bool) {
	text := line.Str()
	if line.Kind() != event.String {
		text = e.Batch().CopyString(string(line.AppendRuby(nil)))
	}
	if set {
		_ = e.Set(messageRef, event.StringValue(text))
	}
	c.env.KeepOriginal(e, text)
}

// forgetTimestamp takes back what an event with a bad @timestamp gets otherwise: the
// transformation of Logstash's beats input only logs it.
func (c *beatsConn) forgetTimestamp(e *event.Event) {
	e.Remove(timestampRefuse)
	v := e.Open(tagsRef)
	if v.Kind() != event.Array {
		return
	}
	items := v.Array().Items
	for i, item := range items {
		if item.Str() == timestampTag {
			v.Array().Items = append(items[:i], items[i+1:]...)
			break
		}
	}
	if len(v.Array().Items) == 0 {
		e.Remove(tagsRef)
	}
}

// hostname copies [beat][hostname] for add_hostname.
func (c *beatsConn) hostname(e *event.Event) {
	if !c.addHostname {
		return
	}
	to := beatsHost
	if c.ecs.Enabled() {
		to = beatsHostECS
	}
	if host := e.Get(beatHostname); !host.IsNil() && e.Get(to).IsNil() {
		_ = e.Set(to, host)
	}
}

// enrichOrigin adds the metadata about the sender. What the sender says about itself in
// the same place has to give way, but an object of other things is kept.
func (c *beatsConn) enrichOrigin(e *event.Event) {
	for _, f := range c.origin {
		if f.ref.String() != beatsInput.String() || e.Get(f.ref).IsNil() {
			_ = e.Set(f.ref, f.value)
			continue
		}
		mine, _ := f.value.Object().Get("beats") // {"beats":{"host":{…},"tls":{…}}}
		if host, ok := mine.Object().Get("host"); ok {
			ip, _ := host.Object().Get("ip")
			_ = e.Set(beatsIPECS, ip)
		}
		if peer, ok := mine.Object().Get("tls"); ok {
			_ = e.Set(beatsTLSECS, peer)
		}
	}
}

// throughCodec lets the codec make events of the line, and gives each the other fields
// of the document.
func (c *beatsConn) throughCodec(batch *event.Batch, document *event.ObjectData) {
	first := len(batch.Events)
	name := "message"
	if nilField(document, name) {
		name = "line"
	}
	if nilField(document, name) { // the word stands somewhere else in the document
		c.finish(batch, first, batch.AddObject(document))
		return
	}
	line, _ := document.Delete(name)
	text := line.Str()
	if line.Kind() != event.String {
		text = string(line.AppendRuby(nil))
	}
	c.decoder.Decode(batch.Copy([]byte(text)), batch)
	c.decoder.Flush(batch)
	for _, e := range batch.Events[first:] {
		c.merge(e, document)
		c.enrichOrigin(e)
		c.hostname(e)
	}
	c.Decorate(batch, first)
	if c.tag != "" {
		for _, e := range batch.Events[first:] {
			e.Tag(c.tag)
		}
	}
}

// merge sets the fields of the document in the event; of two objects the fields of both
// are kept, the document's first.
func (c *beatsConn) merge(e *event.Event, document *event.ObjectData) {
	for _, f := range document.Fields() {
		switch f.Key {
		case "@timestamp": // one that cannot be read is as none, here as in Logstash
			if at, ok := timefmt.ParseTimestamp(f.Value.Str()); ok {
				e.SetTimestamp(at)
			}
			continue
		case "@metadata":
			if f.Value.Kind() == event.Object {
				for _, m := range f.Value.Object().Fields() {
					e.Metadata().Set(m.Key, m.Value.Clone())
				}
			}
			continue
		}
		value := f.Value.Clone()
		if old, _ := e.Root().Get(f.Key); old.Kind() == event.Object && value.Kind() == event.Object {
			both := old.Object().Clone()
			for _, inner := range value.Object().Fields() {
				both.Set(inner.Key, inner.Value)
			}
			value = event.ObjectValue(both)
		}
		e.Root().Set(f.Key, value)
	}
}
