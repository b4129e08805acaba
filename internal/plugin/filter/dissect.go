package filter

import (
	"errors"
	"fmt"
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "dissect",
		Doc: "Cuts a text into fields at the delimiters of a mapping, without regular expressions: `%{a} %{b}: %{rest}`. " +
			"`%{}` and `%{?name}` skip, `%{+name}` appends, `%{+name/2}` appends in that order, `%{&name}` is named by the value of another, " +
			"`%{name->}` takes delimiters that repeat. A text that does not fit gives the tag of `tag_on_failure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-dissect.html",
		Examples: []plugin.Example{
			{Title: "A line of syslog", Config: `dissect { mapping => { "message" => "%{ts} %{+ts} %{+ts} %{host} %{program}[%{pid}]: %{text}" } convert_datatype => { "pid" => "int" } }`},
		},
		New: func() plugin.Plugin { return &dissect{tagOnFailure: []string{"_dissectfailure"}} },
	})
}

// dissect is the filter dissect.
type dissect struct {
	common
	mapping      []plugin.TableEntry
	convert      []plugin.TableEntry
	tagOnFailure []string

	mappings    []sourceMapping
	conversions []dissectConversion
	refs        event.RefCache
}

type sourceMapping struct {
	source field
	*dissection
}

type dissectConversion struct {
	field
	name, kind string
	integer    bool
}

func (d *dissect) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Hash("mapping", &d.mapping, "Fields and the mappings that cut them."),
		plugin.Hash("convert_datatype", &d.convert, "Fields to convert afterwards, to `int` or `float`."),
		plugin.Strings("tag_on_failure", &d.tagOnFailure, "The tags of events whose text does not fit."),
	}, d.Common()...)
}

func (d *dissect) Open(env *plugin.Env) error {
	d.prepare(env)
	for _, entry := range plugin.InJavaOrder(d.mapping) {
		text := entry.Value.Flat()
		if text == "" {
			continue
		}
		made, err := newDissection(text)
		if err != nil {
			return env.Invalid("mapping", "a mapping looks like %{a} %{b}", "the mapping of %s: %v", entry.Key, err)
		}
		d.mappings = append(d.mappings, sourceMapping{newField(entry.Key), made})
	}
	for _, entry := range plugin.InJavaOrder(d.convert) {
		kind := entry.Value.Flat()
		c := dissectConversion{newField(entry.Key), entry.Key, kind, strings.EqualFold(kind, "int")}
		if !c.integer && !strings.EqualFold(kind, "float") {
			return env.Invalid("convert_datatype", "it can be int or float", "%s cannot be converted to %q", entry.Key, kind)
		}
		d.conversions = append(d.conversions, c)
	}
	return nil
}

func (d *dissect) Apply(e *event.Event, _ func(*event.Event)) {
	if err := d.apply(e); err != nil {
		d.log.Warn("dissect failed", "error", err)
		tagAll(e, d.tagOnFailure)
	}
}

func (d *dissect) apply(e *event.Event) error {
	for i := range d.mappings {
		m := &d.mappings[i]
		if m.source.err != nil {
			return m.source.err
		}
		v := e.Get(m.source.ref)
		if !v.Exists() {
			continue
		}
		text := v.Str()
		if v.Kind() != event.String {
			text = textValue(e, v.AppendRuby(nil)).Str()
		}
		ok, err := m.dissect(e, text, &d.refs)
		if err != nil {
			return err
		}
		if !ok {
			tagAll(e, d.tagOnFailure)
			continue
		}
		if err := d.Matched(e); err != nil {
			return err
		}
	}
	for i := range d.conversions {
		if err := d.conversions[i].apply(e); err != nil {
			return err
		}
	}
	return nil
}

// apply converts a field; a value that is no number is tagged.
func (c *dissectConversion) apply(e *event.Event) error {
	if c.err != nil {
		return c.err
	}
	v := e.Get(c.ref)
	if v.IsNil() {
		e.Tag(fmt.Sprintf("_dataconversionnullvalue_%s_%s", c.name, c.kind))
		return nil
	}
	number, ok := javaDecimal(v.String())
	if !ok || v.Kind() == event.Array || v.Kind() == event.Object {
		e.Tag(fmt.Sprintf("_dataconversionuncoercible_%s_%s", c.name, c.kind))
		return nil
	}
	result := event.DecimalValue(number)
	if c.integer {
		var err error
		if result, err = toInteger(e, result); err != nil {
			return err
		}
	}
	return e.Set(c.ref, result)
}

// javaDecimal reads a text as Java's BigDecimal does and returns it as a JSON number.
func javaDecimal(s string) (string, bool) {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign = "-"
	}
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return "", false
	}
	mantissa, exponent, hasExponent := digits, "", false
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		mantissa, exponent, hasExponent = digits[:i], digits[i+1:], true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	plain := strings.TrimLeft(exponent, "+-")
	if whole+fraction == "" || !onlyDigits(whole+fraction) || len(exponent)-len(plain) > 1 ||
		hasExponent && (plain == "" || len(plain) > 4 || !onlyDigits(plain)) {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if strings.Trim(whole+fraction, "0") == "" {
		sign = ""
	}
	result := sign + whole
	if fraction != "" {
		result += "." + fraction
	}
	if hasExponent {
		result += "e" + exponent
	}
	return result, true
}

func onlyDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

var errNoFields = errors.New("it has no %{field}")
