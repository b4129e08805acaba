package codec

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/grok"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "multiline",
		Doc: "Joins lines that belong together, such as a stack trace, to one event. `pattern` and `negate` tell which lines belong to the `previous` or the `next` one. " +
			"An event of several lines gets the tag `multiline_tag`. The last event is complete only when a line comes that does not belong to it, or after `auto_flush_interval`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-multiline.html",
		Examples: []plugin.Example{
			{Title: "Lines that begin with a blank belong to the one before", Config: `multiline { pattern => "^\s" what => "previous" auto_flush_interval => 5 }`},
			{Title: "Every event begins with a date", Config: `multiline { pattern => "^\d{4}-\d\d-\d\d " negate => true what => "previous" }`},
			{Title: "A backslash at the end: the line goes on", Config: `multiline { pattern => "\\$" what => "next" }`},
		},
		New: func() plugin.Plugin {
			return &multiline{tag: "multiline", maxLines: 500, maxBytes: 10 << 20}
		},
		DecodeOnly: true,
	})
}

// multiline is the codec multiline.
type multiline struct {
	charset     charset
	pattern     string
	what        string
	negate      bool
	patternsDir []string
	tag         string
	maxLines    int
	maxBytes    int64
	autoFlush   time.Duration
	ecs         plugin.ECS

	matcher *grok.Pattern
}

func (m *multiline) Options() []plugin.Option {
	return []plugin.Option{
		plugin.String("pattern", &m.pattern, "The regular expression that tells whether a line belongs to another; grok patterns `%{NAME}` may be used.").Must(),
		plugin.Enum("what", &m.what, []string{"previous", "next"}, "To which line a line belongs that matches.").Must(),
		plugin.Bool("negate", &m.negate, "Whether the lines belong to another that do not match."),
		plugin.Strings("patterns_dir", &m.patternsDir, "Folders or files with more grok patterns, one `NAME regular-expression` a line."),
		charsetOption(&m.charset),
		plugin.String("multiline_tag", &m.tag, "The tag of events of several lines. An empty text is none."),
		plugin.Int("max_lines", &m.maxLines, 1, math.MaxInt32, "After how many lines an event ends in any case."),
		plugin.Check("max_bytes", "bytes", `"10 MiB"`, "After how many bytes an event ends in any case.", m.readMaxBytes),
		plugin.Seconds("auto_flush_interval", &m.autoFlush, "After how many seconds without a line an event ends. Without it, only the next line ends it."),
		plugin.ECSOption(&m.ecs),
	}
}

// readMaxBytes reads a size. The option knows the units MiB and MB alike, as powers of 1024.
func (m *multiline) readMaxBytes(s plugin.Setting) error {
	n, err := settings.ParseBytes(strings.Replace(strings.ToLower(s.Text), "ib", "b", 1))
	if err != nil || s.Kind != plugin.Text && s.Kind != plugin.Number {
		return fmt.Errorf("found %q where a size such as 10 MiB was expected", s.Text)
	}
	if n < 1 || n > 1<<30 {
		return fmt.Errorf("an event of %d bytes is no limit that can be kept; it can be from 1 byte to 1 GiB", n)
	}
	m.maxBytes = n
	return nil
}

func (m *multiline) Open(env *plugin.Env) (err error) {
	m.ecs = m.ecs.Or(env.ECS)
	m.matcher, err = compileLinePattern(m.pattern, m.patternsDir, m.ecs, env)
	return err
}

// Encode is never called: outputs refuse the codec.
func (m *multiline) Encode(dst []byte, e *event.Event) ([]byte, error) {
	return e.AppendJSON(dst), nil
}

func (m *multiline) NewDecoder() plugin.Decoder { return &multilineDecoder{codec: m} }

// multilineDecoder takes whole lines: the end of the data is the end of a line.
type multilineDecoder struct {
	codec *multiline
	text  []byte // the lines that are held, joined
	lines int
	since time.Time // when the last line came
	loc   []int     // memory for matching
}

func (d *multilineDecoder) Decode(data []byte, into *event.Batch) {
	data = d.codec.charset.utf8(data, into)
	for len(data) > 0 {
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			line, data = data[:i], data[i+1:]
		} else {
			data = nil
		}
		d.add(line, into)
	}
}

func (d *multilineDecoder) add(line []byte, into *event.Batch) {
	// A pattern that takes too long for a line is taken not to match it, as in Logstash.
	matched, loc, err := d.codec.matcher.Match(d.loc, text(line))
	d.loc = loc
	belongs := (matched && err == nil) != d.codec.negate
	if d.codec.what == "next" {
		d.hold(line)
		if !belongs || d.full() {
			d.Flush(into)
		}
		return
	}
	if !belongs || d.full() {
		d.Flush(into)
	}
	d.hold(line)
}

func (d *multilineDecoder) hold(line []byte) {
	if d.lines > 0 {
		d.text = append(d.text, '\n')
	}
	d.text = append(d.text, line...)
	d.lines++
	if d.codec.autoFlush > 0 {
		d.since = time.Now()
	}
}

func (d *multilineDecoder) full() bool { return d.tooManyLines() || d.tooManyBytes() }

func (d *multilineDecoder) tooManyLines() bool { return d.lines > d.codec.maxLines }

func (d *multilineDecoder) tooManyBytes() bool {
	return d.lines > 0 && int64(len(d.text)-(d.lines-1)) >= d.codec.maxBytes
}

// Flush ends the event that is held.
func (d *multilineDecoder) Flush(into *event.Batch) {
	if d.lines == 0 {
		return
	}
	e := message(into, into.Copy(d.text), d.codec.ecs)
	if d.lines > 1 && d.codec.tag != "" {
		e.Tag(d.codec.tag)
	}
	if d.tooManyBytes() {
		e.Tag("multiline_codec_max_bytes_reached")
	}
	if d.tooManyLines() {
		e.Tag("multiline_codec_max_lines_reached")
	}
	d.text, d.lines = d.text[:0], 0
	if cap(d.text) > smallRest {
		d.text = nil
	}
}

// TakesLines is that of plugin.LineTaker.
func (d *multilineDecoder) TakesLines() bool { return true }

// Holding and Due are those of plugin.Holder.
func (d *multilineDecoder) Holding() bool { return d.lines > 0 }

// Due returns when the event that is held ends by auto_flush_interval.
func (d *multilineDecoder) Due() time.Time {
	if d.lines == 0 || d.codec.autoFlush == 0 {
		return time.Time{}
	}
	return d.since.Add(d.codec.autoFlush)
}
