package codec

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "json_lines",
		Doc: "Lines of JSON. Each line becomes what `json` makes of it; a line may be cut anywhere by the transport, and blank lines are skipped. " +
			"A line that is longer than `decode_size_limit_bytes` comes in pieces as text, with the tags `_jsonparsefailure` and `_line_too_long`. " +
			"An event becomes a JSON object and a line end.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-json_lines.html",
		Examples: []plugin.Example{
			{Title: "Lines of at most 20 MiB", Config: `json_lines { decode_size_limit_bytes => 20971520 }`},
			{Title: "Lines below a field of their own", Config: `json_lines { target => "[document]" }`},
		},
		New: func() plugin.Plugin { return &jsonLines{delimiter: "\n", limit: 512 << 20} },
	})
}

// jsonLines is the codec json_lines.
type jsonLines struct {
	documents
	charset   charset
	delimiter string
	limit     int64
}

func (c *jsonLines) Options() []plugin.Option {
	return append(c.options(),
		charsetOption(&c.charset),
		delimiterOption(&c.delimiter),
		plugin.Bytes("decode_size_limit_bytes", &c.limit, "The longest line, in bytes."),
	)
}

func (c *jsonLines) Open(env *plugin.Env) error {
	if c.limit < 1 || c.limit > 1<<30 {
		return env.Invalid("decode_size_limit_bytes", "it can be from 1 to 1073741824", "a line of %d bytes is no limit that can be kept", c.limit)
	}
	return checkDelimiter(c.delimiter, env)
}

func (c *jsonLines) Encode(dst []byte, e *event.Event) ([]byte, error) {
	return append(e.AppendJSON(dst), c.delimiter...), nil
}

func (c *jsonLines) NewDecoder() plugin.Decoder {
	return &jsonLinesDecoder{codec: c, lines: NewSplitter(c.delimiter, int(c.limit))}
}

type jsonLinesDecoder struct {
	codec *jsonLines
	lines *Splitter
	originals
}

func (d *jsonLinesDecoder) Decode(data []byte, into *event.Batch) {
	d.lines.Split(data, into, func(line []byte, part Part) { d.add(line, part, into) })
}

func (d *jsonLinesDecoder) Flush(into *event.Batch) {
	d.lines.Flush(into, func(line []byte, part Part) { d.add(line, part, into) })
}

func (d *jsonLinesDecoder) add(line []byte, part Part, into *event.Batch) {
	first := len(into.Events)
	line = d.codec.charset.utf8(line, into)
	if part != Whole {
		failedJSON(line, into).Tag(TooLongTag)
	} else {
		d.codec.add(line, into)
	}
	d.keep(into.Events[first:], line)
}
