package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "urldecode",
		Doc: "Decodes `%41` in a field, or in all fields; also in arrays and objects. A plus stays a plus. " +
			"Bytes that are no valid text become `\\xE9`. A missing field becomes null.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-urldecode.html",
		Examples: []plugin.Example{
			{Title: "The path of a request", Config: `urldecode { field => "[url][path]" }`},
		},
		New: func() plugin.Plugin {
			return &urldecode{field: "message", charset: "UTF-8", tagOnFailure: []string{"_urldecodefailure"}}
		},
	})
}

// urldecode is the filter urldecode.
type urldecode struct {
	common
	field        string
	all          bool
	charset      string
	tagOnFailure []string

	from   field
	decode encoding.Encoding // nil for UTF-8
}

func (u *urldecode) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("field", &u.field, "The field to decode."),
		plugin.Bool("all_fields", &u.all, "Whether all fields are decoded."),
		plugin.String("charset", &u.charset, "The character set of the decoded bytes, such as `UTF-8`, `ISO-8859-1` or `CP1252`."),
		plugin.Strings("tag_on_failure", &u.tagOnFailure, "The tags of events that could not be worked on."),
	}, u.Common()...)
}

func (u *urldecode) Open(env *plugin.Env) error {
	u.prepare(env)
	u.from = newField(u.field)
	name := strings.ToLower(u.charset)
	if name == "utf-8" {
		return nil
	}
	if number, ok := strings.CutPrefix(name, "cp125"); ok {
		name = "windows-125" + number
	}
	table, err := ianaindex.IANA.Encoding(name)
	if err != nil || table == nil {
		return env.Invalid("charset", "common ones are UTF-8, ISO-8859-1, CP1252, Shift_JIS, GBK, UTF-16LE", "there is no character set %q", u.charset)
	}
	u.decode = table
	return nil
}

func (u *urldecode) Apply(e *event.Event, _ func(*event.Event)) {
	if err := u.apply(e); err != nil {
		u.log.Warn("urldecode failed", "error", err)
		tagAll(e, u.tagOnFailure)
	}
	u.matched(e)
}

func (u *urldecode) apply(e *event.Event) error {
	if !u.all {
		if u.from.err != nil {
			return u.from.err
		}
		v := e.Get(u.from.ref)
		if !v.Exists() {
			return e.Set(u.from.ref, event.NullValue)
		}
		decoded, changed := u.value(e, v)
		if !changed {
			return nil
		}
		return e.Set(u.from.ref, decoded)
	}
	for _, f := range e.Root().Fields() {
		if decoded, changed := u.value(e, f.Value); changed {
			ref, err := event.ParseRef(f.Key)
			if err != nil {
				return err
			}
			if err := e.Set(ref, decoded); err != nil {
				return err
			}
		}
	}
	return nil
}

// value decodes the texts in a value, and tells whether that changed it.
func (u *urldecode) value(e *event.Event, v event.Value) (event.Value, bool) {
	switch v.Kind() {
	case event.String:
		return u.text(e, v)
	case event.Array:
		a, changed := v.Clone().Array(), false
		for i, item := range a.Items {
			if decoded, ok := u.value(e, item); ok {
				a.Items[i] = decoded
				changed = true
			}
		}
		return event.ArrayValue(a), changed
	case event.Object:
		o, changed := v.Clone().Object(), false
		for _, f := range o.Fields() {
			if decoded, ok := u.value(e, f.Value); ok {
				o.Set(f.Key, decoded)
				changed = true
			}
		}
		return event.ObjectValue(o), changed
	}
	return v, false
}

func (u *urldecode) text(e *event.Event, v event.Value) (result event.Value, changed bool) {
	s := v.Str()
	if u.decode == nil && strings.IndexByte(s, '%') < 0 {
		return v, false
	}
	withBuffer(func(buf []byte) []byte {
		buf = appendUnescaped(buf, s)
		switch {
		case u.decode != nil:
			text, err := u.decode.NewDecoder().Bytes(buf)
			if err != nil {
				text = fmt.Append(nil, string(buf))
			}
			result = textValue(e, text)
		case utf8.Valid(buf):
			result = textValue(e, buf)
		default:
			result = textValue(e, event.AppendInspected(nil, unsafe.String(&buf[0], len(buf))))
		}
		return buf
	})
	return result, true
}

// appendUnescaped appends s with every %XX as its byte; what is none stays.
func appendUnescaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, ok1 := hexDigit(s[i+1])
			lo, ok2 := hexDigit(s[i+2])
			if ok1 && ok2 {
				dst = append(dst, hi<<4|lo)
				i += 2
				continue
			}
		}
		dst = append(dst, s[i])
	}
	return dst
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
