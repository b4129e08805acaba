package codec

import (
	"fmt"
	"slices"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
)

// charset is how the bytes that come in are written. The zero charset is UTF-8.
// Source: LogStash::Util::Charset.
type charset struct {
	name   string
	table  *[256]rune        // for one byte a character
	decode encoding.Encoding // for all others
}

// charsetOption is the option charset of the codecs that read text.
func charsetOption(c *charset) plugin.Option {
	return plugin.Check("charset", "name of a character set", `"UTF-8"`,
		"The character set of the text that comes in, such as `UTF-8`, `CP1252` or `ISO-8859-1`. "+
			"UTF-8 that is not valid becomes text with escapes, `caf\\xE9`, as in Logstash.",
		func(s plugin.Setting) error {
			found, err := findCharset(s.Text)
			if err != nil {
				return err
			}
			*c = found
			return nil
		})
}

func findCharset(name string) (charset, error) {
	if make, ok := charsets[name]; ok {
		c := make()
		c.name = name
		return c, nil
	}
	if slices.Contains(withoutTable, name) {
		return charset{}, fmt.Errorf("the character set %s is one of Ruby's that cannot be read here; convert the text before it comes in", name)
	}
	if near := diag.Nearest(name, charsetNames()); near != "" {
		return charset{}, fmt.Errorf("there is no character set %q; did you mean %s?", name, near)
	}
	return charset{}, fmt.Errorf("there is no character set %q; common ones are UTF-8, ISO-8859-1, CP1252, Shift_JIS, GBK, UTF-16LE", name)
}

// utf8 returns raw as UTF-8: raw itself where it is that already, and otherwise a text
// in the memory of the batch.
func (c *charset) utf8(raw []byte, into *event.Batch) []byte {
	switch {
	case c.table != nil:
		return c.mapBytes(raw, into)
	case c.decode != nil:
		text, err := c.decode.NewDecoder().Bytes(raw)
		if err != nil { // the decoders replace what is invalid, so this is not expected
			return inspected(raw, into)
		}
		return into.Copy(text)
	case utf8.Valid(raw):
		return raw
	}
	return inspected(raw, into)
}

// inspected is what Logstash makes of invalid UTF-8: Ruby's inspect text.
func inspected(raw []byte, into *event.Batch) []byte {
	return into.Copy(event.AppendInspected(nil, text(raw)))
}

func (c *charset) mapBytes(raw []byte, into *event.Batch) []byte {
	n := 0
	for _, b := range raw {
		n += utf8.RuneLen(c.table[b])
	}
	out := into.Buffer(n)[:0]
	for _, b := range raw {
		out = utf8.AppendRune(out, c.table[b])
	}
	return out
}

// text returns bytes of a batch as a string without copying them.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
