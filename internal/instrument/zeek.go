package instrument

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sluice/internal/event"
)

// zeekTSV turns lines of a Zeek log in its default form into JSON objects, as Zeek's own
// JSON writer makes them: numbers stay the text that they are, a field without a value
// is left out, sets and vectors are arrays. The log's head lines say how it is written;
// a file may hold several heads, as when logs have been joined.
// Source: Zeek's documentation, "Zeek Log Formats"; the writer Ascii.cc.
type zeekTSV struct {
	Path string // of the log: dns

	separator    []byte
	setSeparator []byte
	empty        []byte
	unset        []byte
	columns      []zeekColumn
	names        [][]byte
	types        []string
}

type zeekColumn struct {
	key    []byte // "name": as JSON
	vector bool
	kind   zeekKind
}

type zeekKind uint8

const (
	zeekText zeekKind = iota
	zeekNumber
	zeekBool
)

func newZeekTSV() *zeekTSV {
	return &zeekTSV{separator: []byte{'\t'}, setSeparator: []byte{','}, empty: []byte("(empty)"), unset: []byte("-")}
}

// isZeekTSV tells whether a file that begins with this line is such a log.
func isZeekTSV(line []byte) bool {
	for _, name := range []string{"#separator", "#set_separator", "#fields", "#path"} {
		if bytes.HasPrefix(line, []byte(name)) {
			return true
		}
	}
	return false
}

// head reads a line that begins with #.
func (z *zeekTSV) head(line []byte) error {
	// The separator itself is given with a blank, everything after it with itself.
	if text, ok := bytes.CutPrefix(line, []byte("#separator ")); ok {
		z.separator = zeekUnescape(nil, text)
		if len(z.separator) == 0 {
			return fmt.Errorf("#separator is empty")
		}
		return nil
	}
	parts := bytes.Split(line[1:], z.separator)
	value := func() []byte {
		if len(parts) < 2 {
			return nil
		}
		return zeekUnescape(nil, parts[1])
	}
	switch string(parts[0]) {
	case "set_separator":
		if z.setSeparator = value(); len(z.setSeparator) == 0 {
			return fmt.Errorf("#set_separator is empty")
		}
	case "empty_field":
		z.empty = value()
	case "unset_field":
		z.unset = value()
	case "path":
		z.Path = string(value())
	case "fields":
		z.names, z.columns = nil, nil
		for _, name := range parts[1:] {
			z.names = append(z.names, slices.Clone(name))
		}
		z.prepare()
	case "types":
		z.types = nil
		for _, t := range parts[1:] {
			z.types = append(z.types, string(t))
		}
		z.prepare()
	}
	return nil
}

// prepare sets the columns once names and types are there. Without types, which Zeek
// always writes, every value is a text.
func (z *zeekTSV) prepare() {
	z.columns = make([]zeekColumn, len(z.names))
	seen := map[string]bool{}
	for i, name := range z.names {
		c := &z.columns[i]
		if key := string(name); !seen[key] {
			seen[key] = true
			c.key = append(event.AppendQuoted(nil, key), ':')
		}
		if i >= len(z.types) {
			continue
		}
		t := z.types[i]
		for _, container := range []string{"set[", "vector[", "table[", "list["} {
			if inner, ok := strings.CutPrefix(t, container); ok {
				t, c.vector = strings.TrimSuffix(inner, "]"), true
			}
		}
		switch t {
		case "count", "int", "double", "interval", "time", "port":
			c.kind = zeekNumber
		case "bool":
			c.kind = zeekBool
		}
	}
}

// record appends a line as a JSON object.
func (z *zeekTSV) record(dst, line []byte) ([]byte, error) {
	if len(z.columns) == 0 {
		return dst, fmt.Errorf("there is no #fields line before it")
	}
	dst = append(dst, '{')
	start := len(dst)
	rest, more := line, true
	for i := range z.columns {
		if !more {
			return dst, fmt.Errorf("it has %d fields, but the #fields line names %d", i, len(z.columns))
		}
		var text []byte
		text, rest, more = bytes.Cut(rest, z.separator)
		c := &z.columns[i]
		if bytes.Equal(text, z.unset) || c.key == nil {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, c.key...)
		if c.vector {
			dst = z.list(dst, text, c.kind)
		} else {
			dst = z.value(dst, text, c.kind)
		}
	}
	if more {
		return dst, fmt.Errorf("it has more fields than the #fields line names (%d)", len(z.columns))
	}
	return append(dst, '}'), nil
}

func (z *zeekTSV) list(dst, text []byte, kind zeekKind) []byte {
	dst = append(dst, '[')
	if bytes.Equal(text, z.empty) {
		return append(dst, ']')
	}
	for more, first := true, true; more; first = false {
		var item []byte
		item, text, more = bytes.Cut(text, z.setSeparator)
		if !first {
			dst = append(dst, ',')
		}
		if bytes.Equal(item, z.unset) {
			dst = append(dst, "null"...)
			continue
		}
		dst = z.value(dst, item, kind)
	}
	return append(dst, ']')
}

func (z *zeekTSV) value(dst, text []byte, kind zeekKind) []byte {
	switch kind {
	case zeekNumber:
		if event.NumberValue(string(text)).Exists() {
			return append(dst, text...)
		}
	case zeekBool:
		switch string(text) {
		case "T":
			return append(dst, "true"...)
		case "F":
			return append(dst, "false"...)
		}
	default:
		if bytes.Equal(text, z.empty) {
			return append(dst, `""`...)
		}
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		text = zeekUnescape(nil, text)
	}
	return event.AppendQuoted(dst, zeekPrintable(text))
}

// zeekPrintable returns the text as it stands in Zeek's JSON: bytes that are no UTF-8 and
// control characters that are no white space are written \x01, with a backslash.
// Source: json_escape_utf8 in Zeek's util.cc.
func zeekPrintable(text []byte) string {
	odd := func(r rune) bool {
		return r == utf8.RuneError || r < ' ' && (r < '\b' || r > '\r' || r == '\v') || r == 0x7f
	}
	if bytes.IndexFunc(text, odd) < 0 {
		return string(text)
	}
	var out []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if odd(r) && n == 1 {
			out = append(append(out, `\x`...), hex.EncodeToString(text[:1])...)
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return string(out)
}

// zeekUnescape appends text with \x09 and \\ replaced by what they stand for. A backslash
// before anything else stays.
func zeekUnescape(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			if text[i+1] == '\\' {
				dst = append(dst, '\\')
				i++
				continue
			}
			if text[i+1] == 'x' && i+3 < len(text) {
				var b [1]byte
				if _, err := hex.Decode(b[:], text[i+2:i+4]); err == nil {
					dst = append(dst, b[0])
					i += 3
					continue
				}
			}
		}
		dst = append(dst, text[i])
	}
	return dst
}
