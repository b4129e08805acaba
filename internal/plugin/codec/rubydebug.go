package codec

import (
	"strconv"
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/timefmt"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "rubydebug",
		Doc: "Events for people to read, in the form of Ruby's Amazing Print. Names stand right-aligned, each level is indented by four more, " +
			"and fields are in the order of the event.",
		Source:     "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-rubydebug.html",
		Examples:   []plugin.Example{{Title: "With @metadata", Config: `rubydebug { metadata => true }`}},
		New:        func() plugin.Plugin { return new(rubydebug) },
		EncodeOnly: true,
	})
}

// rubydebug is the codec rubydebug.
type rubydebug struct {
	noDecoder
	metadata bool
}

func (r *rubydebug) Options() []plugin.Option {
	return []plugin.Option{
		plugin.Bool("metadata", &r.metadata, "Whether `@metadata` is shown, too."),
	}
}

func (r *rubydebug) Open(*plugin.Env) error { return nil }

func (r *rubydebug) Encode(dst []byte, e *event.Event) ([]byte, error) {
	fields := e.Root().Fields()
	if r.metadata && e.Metadata().Len() > 0 {
		meta := event.Field{Key: "@metadata", Value: event.ObjectValue(e.Metadata())}
		fields = append(fields[:len(fields):len(fields)], meta)
	}
	return append(appendFields(dst, fields, 4), '\n'), nil
}

// appendFields appends an object whose lines are indented by indent columns.
func appendFields(dst []byte, fields []event.Field, indent int) []byte {
	if len(fields) == 0 {
		return append(dst, "{}"...)
	}
	// The names are written behind the end of dst to measure them, so that none needs
	// memory of its own.
	width, base := 0, len(dst)
	for i := range fields {
		dst = event.AppendInspect(dst[:base], fields[i].Key)
		width = max(width, columns(dst[base:]))
	}
	dst = append(dst[:base], '{')
	for i := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '\n')
		start := len(dst)
		dst = event.AppendInspect(dst, fields[i].Key)
		if pad := indent + width - columns(dst[start:]); pad > 0 {
			end := len(dst)
			dst = appendBlanks(dst, pad)
			copy(dst[start+pad:], dst[start:end])
			for j := start; j < start+pad; j++ {
				dst[j] = ' '
			}
		}
		dst = append(dst, " => "...)
		dst = appendValue(dst, fields[i].Value, indent+4)
	}
	dst = appendBlanks(append(dst, '\n'), indent-4)
	return append(dst, '}')
}

func appendItems(dst []byte, items []event.Value, indent int) []byte {
	if len(items) == 0 {
		return append(dst, "[]"...)
	}
	width := len(strconv.Itoa(len(items) - 1))
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendBlanks(append(dst, '\n'), indent), '[')
		index := strconv.Itoa(i)
		dst = append(appendBlanks(dst, width-len(index)), index...)
		dst = appendValue(append(dst, "] "...), item, indent+4)
	}
	dst = appendBlanks(append(dst, '\n'), indent-4)
	return append(dst, ']')
}

func appendValue(dst []byte, v event.Value, indent int) []byte {
	switch v.Kind() {
	case event.Object:
		return appendFields(dst, v.Object().Fields(), indent)
	case event.Array:
		return appendItems(dst, v.Array().Items, indent)
	case event.String:
		if v.IsSymbol() {
			return append(append(dst, ':'), v.Str()...)
		}
		return event.AppendInspect(dst, v.Str())
	case event.Time:
		return timefmt.AppendTimestamp(dst, v.Time())
	case event.Float:
		return event.AppendRubyFloat(dst, v.Float())
	case event.Decimal:
		return appendDecimal(dst, v.NumberText())
	case event.Int, event.BigInt, event.Bool:
		return v.AppendJSON(dst)
	}
	return append(dst, "nil"...)
}

// maxPlainExponent is how far an exact decimal number is written out without an
// exponent. BigDecimal#to_s("F") has no limit, but 1e999999999 must not fill the memory.
const maxPlainExponent = 400

// appendDecimal appends an exact decimal number as BigDecimal#to_s("F") does.
func appendDecimal(dst []byte, number string) []byte {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	shift, err := strconv.Atoi("0" + strings.TrimLeft(exponent, "+-"))
	if err != nil || shift > maxPlainExponent {
		return append(dst, number...)
	}
	if strings.HasPrefix(exponent, "-") {
		shift = -shift
	}
	if rest, negative := strings.CutPrefix(mantissa, "-"); negative {
		dst, mantissa = append(dst, '-'), rest
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	point := len(whole) + shift
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	before := strings.TrimLeft(digits[:point], "0")
	after := strings.TrimRight(digits[point:], "0")
	if before == "" {
		before = "0"
	}
	if after == "" {
		after = "0"
	}
	return append(append(append(dst, before...), '.'), after...)
}

func columns(key []byte) int {
	n := 0
	for _, c := range key {
		if c&0xC0 != 0x80 { // every byte of UTF-8 that begins a character
			n++
		}
	}
	return n
}

func appendBlanks(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}
