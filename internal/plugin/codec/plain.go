package codec

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/timefmt"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "plain",
		Doc: "Text as it comes, without cutting it. What an input hands over at once becomes one event with the text as `message`; " +
			"an event becomes its `format`, or time, host and message.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-plain.html",
		Examples: []plugin.Example{
			{Title: "Text that is not UTF-8", Config: `plain { charset => "CP1252" }`},
			{Title: "A line of one's own in a file", Config: `plain { format => "%{@timestamp} %{message}" }`},
		},
		New: func() plugin.Plugin { return new(plain) },
	})
}

// plain is the codec plain.
type plain struct {
	textFormat
	charset charset
	ecs     plugin.ECS
}

func (p *plain) Options() []plugin.Option {
	return []plugin.Option{
		charsetOption(&p.charset),
		p.formatOption(),
		plugin.ECSOption(&p.ecs),
	}
}

func (p *plain) Open(env *plugin.Env) error {
	p.ecs = p.ecs.Or(env.ECS)
	return nil
}

func (p *plain) NewDecoder() plugin.Decoder { return plainDecoder{p} }

func (p *plain) Encode(dst []byte, e *event.Event) ([]byte, error) { return p.append(dst, e) }

type plainDecoder struct{ *plain }

func (d plainDecoder) Decode(data []byte, into *event.Batch) {
	message(into, d.charset.utf8(data, into), d.ecs)
}

func (d plainDecoder) Flush(*event.Batch) {}

// message adds an event that has the text as its message.
func message(into *event.Batch, raw []byte, ecs plugin.ECS) *event.Event {
	e := into.New()
	v := event.StringValue(text(raw))
	e.Root().Set("message", v)
	if ecs.Enabled() {
		_ = e.Set(originalField, v)
	}
	return e
}

var (
	originalField = event.MustRef("[event][original]")
	hostField     = event.MustRef("host")
	messageField  = event.MustRef("message")
)

// textFormat makes a text of an event.
type textFormat struct{ format event.Template }

func (f *textFormat) formatOption() plugin.Option {
	return plugin.Template("format", &f.format,
		"The text that an event becomes, with `%{field}` for its fields. Without it, it is `@timestamp`, `host` and `message`, with blanks between.")
}

// append appends the text. Source of the form without format: org.logstash.Event#toString.
func (f *textFormat) append(dst []byte, e *event.Event) ([]byte, error) {
	if f.format.String() != "" {
		return f.format.Append(dst, e)
	}
	if at, ok := e.Timestamp(); ok {
		dst = append(timefmt.AppendTimestamp(dst, at), ' ')
	}
	dst = appendJava(dst, e.Get(hostField), "%{host}")
	return appendJava(append(dst, ' '), e.Get(messageField), "%{message}"), nil
}

// appendJava appends a value as Java's toString shows it.
func appendJava(dst []byte, v event.Value, missing string) []byte {
	switch {
	case v.IsNil():
		return append(dst, missing...)
	case v.Kind() == event.Object: // alone an object is JSON, within an array Java's {a=b}
		v = event.ArrayValue(&event.ArrayData{Items: []event.Value{v}})
	case v.Kind() == event.Array:
		dst = append(dst, '[')
		for i, item := range v.Array().Items {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendJava(dst, item, "null")
		}
		return append(dst, ']')
	}
	return v.AppendText(dst)
}
