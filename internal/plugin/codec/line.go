package codec

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "line",
		Doc: "Lines of text. Each line becomes an event with the line as `message`; a line may be cut anywhere by the transport. " +
			"A `\\r` before the line end stays, and an empty line is an event. A line of more than 64 MiB comes in pieces with the tag `_line_too_long`. " +
			"An event becomes its `format`, or time, host and message, and a line end.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-line.html",
		Examples: []plugin.Example{
			{Title: "Records that end with a bar", Config: `line { delimiter => "|" }`},
			{Title: "A line of one's own in a file", Config: `line { format => "%{[host][name]}: %{message}" }`},
		},
		New: func() plugin.Plugin { return &line{delimiter: "\n"} },
	})
}

// line is the codec line.
type line struct {
	textFormat
	charset   charset
	delimiter string
	ecs       plugin.ECS
}

func (l *line) Options() []plugin.Option {
	return []plugin.Option{
		charsetOption(&l.charset),
		delimiterOption(&l.delimiter),
		l.formatOption(),
		plugin.ECSOption(&l.ecs),
	}
}

func delimiterOption(p *string) plugin.Option {
	return plugin.String("delimiter", p, "What stands between two lines, and is written after each. "+
		"For a control character set `config.support_escapes: true`.")
}

func checkDelimiter(delimiter string, env *plugin.Env) error {
	if delimiter == "" {
		return env.Invalid("delimiter", `leave the option out for "\n"`, "the delimiter is empty")
	}
	return nil
}

func (l *line) Open(env *plugin.Env) error {
	l.ecs = l.ecs.Or(env.ECS)
	return checkDelimiter(l.delimiter, env)
}

func (l *line) Encode(dst []byte, e *event.Event) ([]byte, error) {
	dst, err := l.append(dst, e)
	return append(dst, l.delimiter...), err
}

func (l *line) NewDecoder() plugin.Decoder {
	return &lineDecoder{codec: l, lines: NewSplitter(l.delimiter, MaxLine)}
}

type lineDecoder struct {
	codec *line
	lines *Splitter
}

func (d *lineDecoder) Decode(data []byte, into *event.Batch) {
	d.lines.Split(data, into, func(line []byte, part Part) { d.add(line, part, into) })
}

// Flush makes an event of a line without its end. With a delimiter of its own, what is
// left of a text is often just the line end of the file, which is none.
func (d *lineDecoder) Flush(into *event.Batch) {
	if rest := string(d.lines.rest); rest == "\n" || rest == "\r\n" {
		d.lines.drop()
	}
	d.lines.Flush(into, func(line []byte, part Part) { d.add(line, part, into) })
}

func (d *lineDecoder) add(line []byte, part Part, into *event.Batch) {
	e := message(into, d.codec.charset.utf8(line, into), d.codec.ecs)
	if part != Whole {
		e.Tag(TooLongTag)
	}
}
