package filter

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "tld",
		Doc: "Takes a domain name to pieces by the public suffix list: `tld` (co.uk), `sld` (example), `trd` (www), " +
			"`domain` (example.co.uk) and `subdomain` (www.example.co.uk). A name without a known suffix is left alone.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-tld.html",
		Examples: []plugin.Example{
			{Title: "Of a DNS query", Config: `tld { source => "[dns][question][name]" target => "[dns][parts]" }`},
		},
		New: func() plugin.Plugin { return &tld{source: "message", target: "tld"} },
	})
}

// tld is the filter tld.
type tld struct {
	common
	source, target string
	from, to       field
}

func (d *tld) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("source", &d.source, "The field with the domain name."),
		plugin.String("target", &d.target, "The field that gets the pieces."),
	}, d.Common()...)
}

func (d *tld) Open(env *plugin.Env) error {
	d.prepare(env)
	d.from, d.to = newField(d.source), newField(d.target)
	return nil
}

func (d *tld) Apply(e *event.Event, _ func(*event.Event)) {
	if d.from.err != nil {
		d.raised(e, d.from.err)
		return
	}
	pieces, ok := splitDomain(e.Get(d.from.ref).Str())
	if !ok {
		return
	}
	err := d.to.err
	if err == nil {
		err = e.Set(d.to.ref, event.ObjectValue(pieces))
	}
	if err != nil {
		d.raised(e, err)
		return
	}
	d.matched(e)
}

// splitDomain returns the pieces of a name below a listed public suffix.
func splitDomain(name string) (*event.ObjectData, bool) {
	name = downcase(strip(name))
	if name == "" || name[0] == '.' || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		return nil, false
	}
	ascii, err := idna.ToASCII(name)
	if err != nil {
		return nil, false
	}
	suffix, icann := publicsuffix.PublicSuffix(ascii)
	labels := strings.Split(name, ".")
	length := strings.Count(suffix, ".") + 1
	if !icann && length == 1 || len(labels) <= length {
		return nil, false
	}
	at := len(labels) - length - 1
	top, second := strings.Join(labels[at+1:], "."), labels[at]
	o := &event.ObjectData{}
	o.Set("tld", event.StringValue(top))
	o.Set("sld", event.StringValue(second))
	third, sub := event.NullValue, event.NullValue
	if at > 0 {
		third = event.StringValue(strings.Join(labels[:at], "."))
		sub = event.StringValue(name)
	}
	o.Set("trd", third)
	o.Set("domain", event.StringValue(second+"."+top))
	o.Set("subdomain", sub)
	o.Set("top_level_domain", event.StringValue(top))
	return o, true
}
