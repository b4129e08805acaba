package codec

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "json",
		Doc: "One JSON document at a time. An object becomes an event, an array of objects one event each; what stands behind the document is ignored. " +
			"Anything else becomes an event with the text as `message` and the tag `_jsonparsefailure`; blank text becomes nothing. " +
			"An event becomes a JSON object without a line end. Inputs that read a stream of lines use `json_lines` in its place.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-json.html",
		Examples: []plugin.Example{
			{Title: "Documents below a field of their own", Config: `json { target => "[document]" }`},
		},
		New: func() plugin.Plugin { return new(jsonCodec) },
	})
}

// jsonCodec is the codec json.
type jsonCodec struct {
	documents
	charset charset
}

func (c *jsonCodec) Options() []plugin.Option {
	return append(c.options(), charsetOption(&c.charset))
}

func (c *jsonCodec) Open(*plugin.Env) error { return nil }

func (c *jsonCodec) Encode(dst []byte, e *event.Event) ([]byte, error) {
	return e.AppendJSON(dst), nil
}

func (c *jsonCodec) NewDecoder() plugin.Decoder { return &jsonDecoder{codec: c} }

type jsonDecoder struct {
	codec *jsonCodec
	originals
}

func (d *jsonDecoder) Decode(data []byte, into *event.Batch) {
	first := len(into.Events)
	data = d.codec.charset.utf8(data, into)
	d.codec.add(data, into)
	d.keep(into.Events[first:], data)
}

func (d *jsonDecoder) Flush(*event.Batch) {}

// originals keeps the text of events as event.original, when it has been asked to.
type originals struct{ on bool }

// KeepOriginal is that of plugin.OriginalKeeper.
func (o *originals) KeepOriginal() { o.on = true }

func (o *originals) keep(events []*event.Event, raw []byte) {
	if !o.on {
		return
	}
	for _, e := range events {
		if !e.Has(originalField) {
			_ = e.Set(originalField, event.StringValue(text(raw)))
		}
	}
}

// documents makes events of JSON documents. Source: org.logstash.Event.fromJson.
type documents struct {
	target event.Ref
	ecs    plugin.ECS
}

func (d *documents) options() []plugin.Option {
	ecs := plugin.ECSOption(&d.ecs)
	ecs.Doc = "Accepted for Logstash's sake, where it decides about a warning: the fields of a document keep their names in every mode."
	return []plugin.Option{
		plugin.Ref("target", &d.target, "The field that gets the document. Without it the fields of the document are those of the event."),
		ecs,
	}
}

// add adds the events of a document, text in the memory of the batch.
func (d *documents) add(text []byte, into *event.Batch) {
	i := jsonSpace(text, 0)
	if i == len(text) {
		return
	}
	first := len(into.Events)
	ok := false
	switch text[i] {
	case '{':
		_, ok = d.object(text[i:], into)
	case '[':
		ok = d.array(text[i+1:], into)
	}
	if !ok {
		clear(into.Events[first:])
		into.Events = into.Events[:first]
		failedJSON(text, into)
	}
}

func failedJSON(raw []byte, into *event.Batch) *event.Event {
	e := into.New()
	e.Root().Set("message", event.StringValue(text(raw)))
	e.Tag("_jsonparsefailure")
	return e
}

// array adds the objects of an array whose text follows its bracket.
func (d *documents) array(text []byte, into *event.Batch) bool {
	i := jsonSpace(text, 0)
	if i < len(text) && text[i] == ']' {
		return true
	}
	for {
		n, ok := d.object(text[i:], into)
		if !ok {
			return false
		}
		if i = jsonSpace(text, i+n); i == len(text) {
			return false
		}
		switch text[i] {
		case ']':
			return true
		case ',':
			i = jsonSpace(text, i+1)
		default:
			return false
		}
	}
}

// object adds the event of the object at the beginning of text and returns its length.
func (d *documents) object(text []byte, into *event.Batch) (n int, ok bool) {
	if d.target.IsZero() {
		_, n, err := into.Decode(text)
		return n, err == nil
	}
	v, n, err := into.DecodeValue(text)
	if err != nil || v.Kind() != event.Object {
		return n, false
	}
	return n, into.New().Set(d.target, v) == nil
}

func jsonSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
		i++
	}
	return i
}
