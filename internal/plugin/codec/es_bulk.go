package codec

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "es_bulk",
		Doc: "The lines of Elasticsearch's bulk format. Each document becomes an event; what its action line says becomes `@metadata`, with the action's name as `action`, or `[@metadata][codec][es_bulk]` with ECS. " +
			"A `delete` has no document and becomes an event of its own. A line that cannot be read becomes an event with the line as `message` and the tag `_jsonparsefailure`; Logstash drops it.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-es_bulk.html",
		Examples: []plugin.Example{
			{Title: "Documents below a field of their own", Config: `es_bulk { target => "[document]" }`},
		},
		New:        func() plugin.Plugin { return new(esBulk) },
		DecodeOnly: true,
	})
}

// esBulk is the codec es_bulk.
type esBulk struct {
	target   event.Ref
	ecs      plugin.ECS
	metadata event.Ref
}

func (c *esBulk) Options() []plugin.Option {
	return []plugin.Option{
		plugin.Ref("target", &c.target, "The field that gets the document. Without it the fields of the document are those of the event."),
		plugin.ECSOption(&c.ecs),
	}
}

func (c *esBulk) Open(env *plugin.Env) error {
	c.metadata = event.MustRef("[@metadata]")
	if c.ecs.Or(env.ECS).Enabled() {
		c.metadata = event.MustRef("[@metadata][codec][es_bulk]")
	}
	return nil
}

// Encode is never called: outputs refuse the codec.
func (c *esBulk) Encode(dst []byte, e *event.Event) ([]byte, error) { return e.AppendJSON(dst), nil }

func (c *esBulk) NewDecoder() plugin.Decoder {
	return &esBulkDecoder{codec: c, lines: NewSplitter("\n", MaxLine)}
}

type esBulkDecoder struct {
	codec   *esBulk
	lines   *Splitter
	action  event.Value // what the action line says, until the document comes
	waiting bool
}

func (d *esBulkDecoder) Decode(data []byte, into *event.Batch) {
	d.lines.Split(data, into, func(line []byte, part Part) { d.add(line, part, into) })
	if d.waiting {
		d.action = d.action.Detach() // the document comes in another batch
	}
}

// Flush takes in a last line without its end.
func (d *esBulkDecoder) Flush(into *event.Batch) {
	d.lines.Flush(into, func(line []byte, part Part) { d.add(line, part, into) })
	d.waiting = false
}

func (d *esBulkDecoder) add(line []byte, part Part, into *event.Batch) {
	var utf8 charset
	line = utf8.utf8(line, into)
	if part != Whole {
		failedJSON(line, into).Tag(TooLongTag)
		return
	}
	if jsonSpace(line, 0) == len(line) {
		return
	}
	if d.waiting {
		docs := documents{target: d.codec.target}
		if _, ok := docs.object(line[jsonSpace(line, 0):], into); !ok {
			failedJSON(line, into)
		}
		d.label(into.Events[len(into.Events)-1])
		return
	}
	v, _, err := into.DecodeValue(line)
	if err != nil || v.Kind() != event.Object || v.Object().Len() == 0 {
		failedJSON(line, into)
		return
	}
	first := v.Object().Fields()[0]
	says := first.Value.Object()
	if says == nil {
		says = new(event.ObjectData)
	}
	says.Set("action", event.StringValue(first.Key))
	d.action, d.waiting = event.ObjectValue(says), true
	if first.Key == "delete" {
		d.label(into.New())
	}
}

// label gives an event what its action line says.
func (d *esBulkDecoder) label(e *event.Event) {
	_ = e.Set(d.codec.metadata, d.action)
	d.action, d.waiting = event.Value{}, false
}
