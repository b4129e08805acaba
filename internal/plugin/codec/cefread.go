package codec

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func (c *cef) NewDecoder() plugin.Decoder {
	d := &cefDecoder{codec: c}
	if c.delimiter != "" {
		d.lines = NewSplitter(c.delimiter, MaxLine)
	}
	return d
}

type cefDecoder struct {
	codec *cef
	lines *Splitter // nil when what comes at once is one message
}

// TakesLines is that of plugin.LineTaker: without a delimiter of its own, the decoder
// takes whole messages.
func (d *cefDecoder) TakesLines() bool { return d.lines == nil }

func (d *cefDecoder) Decode(data []byte, into *event.Batch) {
	if d.lines == nil {
		d.codec.message(data, into)
		return
	}
	d.lines.Split(data, into, func(line []byte, part Part) { d.add(line, part, into) })
}

// Flush takes in a last message without its delimiter.
func (d *cefDecoder) Flush(into *event.Batch) {
	if d.lines != nil {
		d.lines.Flush(into, func(line []byte, part Part) { d.add(line, part, into) })
	}
}

func (d *cefDecoder) add(line []byte, part Part, into *event.Batch) {
	first := len(into.Events)
	d.codec.message(line, into)
	if part != Whole {
		into.Events[first].Tag(TooLongTag)
	}
}

// message adds the event of a message, or one that says that it is none.
func (c *cef) message(data []byte, into *event.Batch) {
	e := into.New()
	err := c.read(e, data, into)
	if err == nil {
		return
	}
	into.Events = into.Events[:len(into.Events)-1]
	failed := into.New()
	var plain charset
	failed.Root().Set("message", event.StringValue(text(plain.utf8(trimLineEnd(unquoted(data)), into))))
	failed.Tag("_cefparsefailure")
}

// unquoted takes the quotes away that some senders put around a message.
func unquoted(data []byte) []byte {
	if len(data) > 1 && data[0] == '"' {
		return data[1 : len(data)-1]
	}
	return data
}

var errCEFText = errors.New("the text is not valid UTF-8")

func (c *cef) read(e *event.Event, data []byte, into *event.Batch) error {
	if !utf8.Valid(data) {
		return errCEFText
	}
	if !c.rawField.IsZero() {
		if err := e.Set(c.rawField, event.StringValue(text(data))); err != nil {
			return err
		}
	}
	rest := trimLineEnd(unquoted(data))
	if bytes.IndexByte(rest, '\n') >= 0 {
		return errors.New("there is a line end inside the message")
	}
	for i, ref := range c.parts {
		value, n := cefHeaderPart(rest, into)
		if n < 0 {
			return fmt.Errorf("only %d of 7 parts of the header are there", i)
		}
		rest = rest[n:]
		if i == 0 {
			if blank := bytes.LastIndexByte(value, ' '); blank >= 0 {
				if err := e.Set(c.syslog, event.StringValue(text(value[:blank]))); err != nil {
					return err
				}
				value = value[blank+1:]
			}
			value = bytes.TrimPrefix(value, []byte("CEF:"))
		}
		if err := e.Set(ref, event.StringValue(text(value))); err != nil {
			return err
		}
	}
	return c.extensions(e, bytes.Trim(rest, "\x00 \t\r\n\f\v"), into)
}

// cefHeaderPart returns the value up to a bar that is not escaped, and the number of
// bytes with the bar, or -1.
func cefHeaderPart(data []byte, into *event.Batch) (value []byte, n int) {
	escapes := 0
	for i := 0; i < len(data); i++ {
		switch {
		case data[i] == '\\' && i+1 < len(data) && (data[i+1] == '|' || data[i+1] == '\\'):
			escapes++
			i++
		case data[i] == '|':
			if escapes == 0 {
				return data[:i:i], i + 1
			}
			value = into.Buffer(i - escapes)[:0]
			for j := 0; j < i; j++ {
				if data[j] == '\\' && (data[j+1] == '|' || data[j+1] == '\\') {
					j++
				}
				value = append(value, data[j])
			}
			return value, i + 1
		}
	}
	return nil, -1
}

// extensions reads key=value pairs. A value goes on, blanks included, up to the next key.
func (c *cef) extensions(e *event.Event, data []byte, into *event.Batch) error {
	var zone string
	var times []cefExtension
	var others []cefExtension
	for len(data) > 0 {
		n := cefKey(data)
		if n == 0 {
			return fmt.Errorf("there is a value without a key: %.50q", data)
		}
		key := text(data[:n])
		value, rest := cefValue(data[n+1:])
		data = rest
		field, known := c.names.decode[key]
		if !known {
			field = cefArray(key)
		}
		x := cefExtension{field, cefUnescape(value, into)}
		if c.names.times[field] {
			times = append(times, x)
			continue
		}
		if c.ecs.Enabled() && field == "[event][timezone]" {
			zone = x.value
		}
		others = append(others, x)
	}
	for _, x := range times {
		if strings.TrimSpace(x.value) == "" {
			continue
		}
		at, err := c.time(x.value, zone, time.Now())
		if err != nil {
			return err
		}
		if err := e.Set(c.refs[x.field], event.TimeValue(at)); err != nil {
			return err
		}
	}
	for _, x := range others {
		ref, err := c.ref(x.field)
		if err != nil {
			return err
		}
		if err := e.Set(ref, event.StringValue(x.value)); err != nil {
			return err
		}
	}
	return nil
}

type cefExtension struct{ field, value string }

// cefKey returns the length of the key at the beginning of data, which "=" follows, or 0.
// Keys are words; in practice they may have parts behind dots and an index, a.b[0].
func cefKey(data []byte) int {
	i := 0
	for i < len(data) && isWord(data[i]) {
		i++
	}
	if i == 0 {
		return 0
	}
	for i < len(data) && data[i] == '.' {
		start := i + 1
		for i = start; i < len(data) && !bytes.ContainsRune(cefNoSubkey, rune(data[i])); i++ {
		}
		if i == start {
			return 0
		}
	}
	if i < len(data) && data[i] == '[' {
		start := i + 1
		for i = start; i < len(data) && '0' <= data[i] && data[i] <= '9'; i++ {
		}
		if i == start || i == len(data) || data[i] != ']' {
			return 0
		}
		i++
	}
	if i < len(data) && data[i] == '=' {
		return i
	}
	return 0
}

// cefNoSubkey is what ends a part behind a dot.
var cefNoSubkey = []byte(".= \t\r\n\f\v|\\[]")

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// cefValue returns the value at the beginning of data and what follows the blanks behind
// it. What looks like a key behind blanks is looked at once, so that time is linear.
func cefValue(data []byte) (value, rest []byte) {
	for i := 0; i < len(data); {
		if !isBlank(data[i]) {
			i++
			continue
		}
		end := i
		for i < len(data) && isBlank(data[i]) {
			i++
		}
		if i == len(data) || cefKey(data[i:]) > 0 {
			return data[:end:end], data[i:]
		}
	}
	return data, nil
}

// cefArray writes a[0] as the field reference [a][0].
func cefArray(key string) string {
	if !strings.HasSuffix(key, "]") {
		return key
	}
	name, index, _ := strings.Cut(key, "[")
	return "[" + name + "][" + index
}

// cefUnescape takes the backslashes away from \\, \=, \n and \r.
func cefUnescape(value []byte, into *event.Batch) string {
	if bytes.IndexByte(value, '\\') < 0 {
		return text(value)
	}
	out := into.Buffer(len(value))[:0]
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '\\' && i+1 < len(value) {
			switch value[i+1] {
			case '\\', '=':
				c = value[i+1]
				i++
			case 'n':
				c = '\n'
				i++
			case 'r':
				c = '\r'
				i++
			}
		}
		out = append(out, c)
	}
	return text(out)
}
