package codec

import (
	"strconv"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/timefmt"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.CodecKind,
		Name: "cef",
		Doc: "ArcSight's Common Event Format, read and written. The seven fields of the header and the extensions become fields, by their long names or, with ECS, by those of the Elastic Common Schema. " +
			"What is not CEF becomes an event with the text as `message` and the tag `_cefparsefailure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-cef.html",
		Examples: []plugin.Example{
			{Title: "A stream with line ends", Config: `cef { delimiter => "\r\n" }`},
			{Title: "Write CEF with short names", Config: `cef { vendor => "Acme" product => "%{app}" fields => ["sourceAddress", "message"] reverse_mapping => true }`},
		},
		New: func() plugin.Plugin {
			return &cef{vendor: "Elasticsearch", product: "Logstash", version: "1.0", signature: "Logstash", name: "Logstash", severity: "6", device: "observer"}
		},
	})
}

// cef is the codec cef.
type cef struct {
	vendor, product, version, signature, name, severity string

	fields    []string
	reverse   bool
	delimiter string
	zone      string
	locale    string
	rawField  event.Ref
	device    string
	ecs       plugin.ECS

	header   [6]cefHeader // vendor to severity, to be written
	names    *cefNames
	refs     map[string]event.Ref // of the fields that the dictionary leads to
	other    *event.RefCache      // of all other fields
	parts    [7]event.Ref         // of the header, read
	syslog   event.Ref
	location *time.Location
	words    *timefmt.Locale
}

// cefHeader is a part of the header that is written: what the configuration says, and
// the default in case that is empty for an event.
type cefHeader struct {
	text     event.Template
	fallback string
}

func (c *cef) Options() []plugin.Option {
	return []plugin.Option{
		plugin.String("vendor", &c.vendor, "The device's vendor that is written; `%{field}` may be used."),
		plugin.String("product", &c.product, "The device's product that is written; `%{field}` may be used."),
		plugin.String("version", &c.version, "The device's version that is written; `%{field}` may be used."),
		plugin.String("signature", &c.signature, "The signature's id that is written; `%{field}` may be used."),
		plugin.String("name", &c.name, "The name that is written; `%{field}` may be used."),
		plugin.String("severity", &c.severity, "The severity that is written, from 0 to 10; `%{field}` may be used. Anything else becomes 6."),
		plugin.Strings("fields", &c.fields, "The fields that are written as extensions."),
		plugin.Bool("reverse_mapping", &c.reverse, "Whether extensions are written by their short names."),
		plugin.String("delimiter", &c.delimiter, "What ends a message in a stream; `\\r` and `\\n` are understood. Without it, what comes at once is one message."),
		plugin.String("default_timezone", &c.zone, "The time zone of times without one; by default that of this machine."),
		plugin.String("locale", &c.locale, "The language of the names of months, such as `de` or `en-US`; by default English."),
		plugin.Ref("raw_data_field", &c.rawField, "A field that gets the whole message, too."),
		plugin.Enum("device", &c.device, []string{"observer", "host"}, "With ECS, whether the fields of the device are those of the `observer` or of the `host`."),
		plugin.ECSOption(&c.ecs),
		plugin.Removed("sev", "use severity"),
		plugin.Removed("deprecated_v1_fields", "use the names of the fields that the documentation lists"),
	}
}

func (c *cef) Open(env *plugin.Env) (err error) {
	c.ecs = c.ecs.Or(env.ECS)
	c.delimiter = strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(c.delimiter)
	c.location, c.words = time.Local, timefmt.English
	if c.zone != "" {
		if c.location, err = timefmt.Zone(c.zone); err != nil {
			return env.Invalid("default_timezone", "write a name such as Europe/Vienna, or +01:00", "%v", err)
		}
	}
	if c.locale != "" {
		words, ok := timefmt.LookupLocale(c.locale)
		if !ok {
			return env.Invalid("locale", "write a language tag such as de or en-US", "there is no locale %q", c.locale)
		}
		c.words = words
	}
	for i, h := range []cefHeader{{fallback: "Elasticsearch"}, {fallback: "Logstash"}, {fallback: "1.0"}, {fallback: "Logstash"}, {fallback: "Logstash"}, {fallback: "6"}} {
		h.text = event.ParseTemplate([]string{c.vendor, c.product, c.version, c.signature, c.name, c.severity}[i])
		c.header[i] = h
	}
	header, syslog := []string{"cefVersion", "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity"}, "syslog"
	if c.ecs.Enabled() {
		header = []string{"[cef][version]", "[observer][vendor]", "[observer][product]", "[observer][version]", "[event][code]", "[cef][name]", "[event][severity]"}
		syslog = "[log][syslog][header]"
	}
	for i, field := range header {
		c.parts[i] = event.MustRef(field)
	}
	c.syslog = event.MustRef(syslog)
	c.names = newCEFNames(c.ecs.Enabled(), c.device, c.reverse)
	c.refs = map[string]event.Ref{}
	for _, field := range c.names.decode {
		c.refs[field] = event.MustRef(field)
	}
	for _, field := range c.fields {
		if _, err := event.ParseRef(field); err != nil {
			return env.Invalid("fields", "write a field as name or as [outer][inner]", "%v", err)
		}
	}
	c.other = new(event.RefCache)
	return nil
}

// ref returns the reference of a field.
func (c *cef) ref(field string) (event.Ref, error) {
	if r, ok := c.refs[field]; ok {
		return r, nil
	}
	return c.other.Get(field)
}

// Encode appends the message of an event.
func (c *cef) Encode(dst []byte, e *event.Event) ([]byte, error) {
	dst = append(dst, "CEF:0|"...)
	for i := range c.header {
		h := &c.header[i]
		value, err := h.text.Expand(e)
		if err != nil {
			return dst, err
		}
		value = cefHeaderText.Replace(value)
		switch {
		case i == len(c.header)-1:
			value = cefSeverity(value, h.fallback)
		case value == "":
			value = h.fallback
		}
		dst = append(append(dst, value...), '|')
	}
	first := true
	for _, field := range c.fields {
		ref, err := c.ref(field)
		if err != nil {
			return dst, err
		}
		v := e.Get(ref)
		if v.IsNil() {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = append(append(dst, c.key(field)...), '=')
		var text []byte
		if v.Kind() == event.Object || v.Kind() == event.Array {
			text = v.AppendJSON(nil)
		} else {
			text = v.AppendRuby(nil)
		}
		dst = append(dst, cefValueText.Replace(string(text))...)
	}
	return append(dst, c.delimiter...), nil
}

// key returns the name under which a field is written: letters and digits only.
func (c *cef) key(field string) string {
	if known, ok := c.names.encode[field]; ok {
		field = known
	}
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, field)
}

// What is escaped in the header and in the values of extensions.
var (
	cefHeaderText = strings.NewReplacer("\r\n", " ", `\`, `\\`, `|`, `\|`, "\n", " ", "\r", " ")
	cefValueText  = strings.NewReplacer("\r\n", `\n`, `\`, `\\`, `=`, `\=`, "\n", `\n`, "\r", `\n`)
)

// cefSeverity returns a whole number from 0 to 10.
func cefSeverity(text, fallback string) string {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || f != float64(int(f)) || f < 0 || f > 10 {
		return fallback
	}
	return strconv.Itoa(int(f))
}
