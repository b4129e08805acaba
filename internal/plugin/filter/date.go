package filter

import (
	"errors"
	"sync"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/timefmt"
)

var badDatePattern = diag.Define("SL3201", diag.Error, "a date pattern cannot be read",
	"The patterns of the date filter are those of Joda-Time's DateTimeFormat: `yyyy-MM-dd HH:mm:ss.SSS Z`. Literal letters stand in single quotes: `'T'`.")

var unknownLocale = diag.Define("SL3202", diag.Warning, "a locale is not known",
	"The names of months and weekdays are read in English. Known are language tags such as `de`, `fr-FR`, `pt_BR`.")

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "date",
		Doc: "Reads a time from a field and makes it the event's `@timestamp`, or a field's value. " +
			"Several formats are tried in order; a text that fits none gives the tag of `tag_on_failure`. The result is cut to milliseconds.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-date.html",
		Examples: []plugin.Example{
			{Title: "A web server's log", Config: `date { match => ["timestamp", "dd/MMM/yyyy:HH:mm:ss Z"] remove_field => ["timestamp"] }`},
			{Title: "Syslog, with and without a leading zero", Config: `date { match => ["timestamp", "MMM dd HH:mm:ss", "MMM d HH:mm:ss", "ISO8601"] timezone => "Europe/Helsinki" }`},
			{Title: "Seconds since 1970 into another field", Config: `date { match => ["ts", "UNIX", "UNIX_MS"] target => "[event][created]" }`},
		},
		New: func() plugin.Plugin {
			return &date{target: event.MustRef("@timestamp"), tagOnFailure: []string{"_dateparsefailure"}}
		},
	})
}

// date is the filter date. Source of what it does beyond its documentation:
// logstash-filter-date's org.logstash.filters.DateFilter.
type date struct {
	common
	match        []string
	target       event.Ref
	timezone     string
	locale       string
	tagOnFailure []string

	source  field
	formats []dateFormat
	stamp   bool // the target is @timestamp
	zone    *time.Location
	zoneOf  *event.Template // of timezone, when it holds a field
	zones   zoneCache
	names   *timefmt.Locale
	now     func() time.Time
}

// dateFormat reads a value in one format. now is read once for each event, if at all.
type dateFormat func(v event.Value, zone *time.Location) (time.Time, error)

func (d *date) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("match", &d.match, "The field, and the formats to try in order: patterns of Joda-Time, `ISO8601`, `UNIX`, `UNIX_MS`, `TAI64N`.").Must(),
		plugin.Ref("target", &d.target, "The field that gets the time."),
		plugin.String("timezone", &d.timezone, "The zone of times that name none: `Europe/Berlin`, `+05:30`; may hold `%{field}`. Without it, it is the machine's."),
		plugin.String("locale", &d.locale, "The language of the names of months and weekdays, such as `de` or `fr-CA`. English without it."),
		plugin.Strings("tag_on_failure", &d.tagOnFailure, "The tags of events whose text fits no format."),
	}, d.Common()...)
}

func (d *date) Open(env *plugin.Env) error {
	d.prepare(env)
	d.now = env.Now
	if len(d.match) < 2 {
		return env.Invalid("match", `write a field and formats: match => ["timestamp", "ISO8601"]`, "match needs a field and at least one format")
	}
	d.source = newField(d.match[0])
	if d.source.err != nil {
		return env.Invalid("match", "write a field as name or as [outer][inner]", "%v", d.source.err)
	}
	name, top := d.target.Name()
	d.stamp = top && name == "@timestamp"
	var list diag.List
	list.AddError(badDatePattern, env.At("timezone"), d.openZone(env))
	if d.locale != "" {
		names, known := timefmt.LookupLocale(d.locale)
		if !known {
			list.Add(diag.New(unknownLocale, env.At("locale"), "there is no locale %q", d.locale))
		}
		d.names = names
	}
	places := textsOf(env, "match")
	for i, pattern := range d.match[1:] {
		format, err := d.format(pattern)
		if err != nil {
			list.Add(patternMistake(env, places, i+1, pattern, err))
			continue
		}
		d.formats = append(d.formats, format)
	}
	if len(list) > 0 {
		return list
	}
	return nil
}

func (d *date) openZone(env *plugin.Env) error {
	d.zone = time.Local
	if d.timezone == "" {
		return nil
	}
	if t := event.ParseTemplate(d.timezone); !t.Static() {
		d.zoneOf = &t
		return nil
	}
	zone, err := timefmt.Zone(d.timezone)
	if err != nil {
		return env.Invalid("timezone", "write a name of the IANA database such as Europe/Berlin, or an offset such as +05:30", "there is no time zone %q", d.timezone)
	}
	d.zone = zone
	return nil
}

// format returns what reads a format of the option match.
func (d *date) format(pattern string) (dateFormat, error) {
	switch pattern {
	case "ISO8601":
		return ofText(func(s string, zone *time.Location) (time.Time, error) { return timefmt.ParseISO8601(s, zone) }), nil
	case "TAI64N":
		return ofText(func(s string, _ *time.Location) (time.Time, error) { return timefmt.ParseTAI64N(s) }), nil
	case "UNIX":
		return unixSeconds, nil
	case "UNIX_MS":
		return unixMillis, nil
	}
	layout, err := timefmt.Joda(pattern)
	if err != nil {
		return nil, err
	}
	return ofText(func(s string, zone *time.Location) (time.Time, error) {
		return layout.Parse(s, zone, d.now(), d.names)
	}), nil
}

var errNoDate = errors.New("the value is of a kind that the format does not read")

// ofText makes a format of one that reads texts only.
func ofText(read func(s string, zone *time.Location) (time.Time, error)) dateFormat {
	return func(v event.Value, zone *time.Location) (time.Time, error) {
		if v.Kind() != event.String {
			return time.Time{}, errNoDate
		}
		return read(v.Str(), zone)
	}
}

func unixSeconds(v event.Value, _ *time.Location) (time.Time, error) {
	switch v.Kind() {
	case event.String:
		return timefmt.ParseUnix(v.Str())
	case event.Int:
		return timefmt.ParseUnixInt(v.Int())
	case event.Float, event.Decimal:
		return timefmt.ParseUnixFloat(v.Float())
	}
	return time.Time{}, errNoDate
}

func unixMillis(v event.Value, _ *time.Location) (time.Time, error) {
	switch v.Kind() {
	case event.String:
		return timefmt.ParseUnixMillis(v.Str())
	case event.Int:
		return timefmt.ParseUnixMillisInt(v.Int()), nil
	case event.Float, event.Decimal:
		return timefmt.ParseUnixMillisFloat(v.Float()), nil
	}
	return time.Time{}, errNoDate
}

func (d *date) Apply(e *event.Event, _ func(*event.Event)) {
	v := e.Get(d.source.ref)
	if v.IsNil() {
		return
	}
	zone := d.zone
	if d.zoneOf != nil {
		if zone = d.zones.get(expand(d.zoneOf, e)); zone == nil {
			tagAll(e, d.tagOnFailure)
			return
		}
	}
	for _, format := range d.formats {
		t, err := format(v, zone)
		if err != nil {
			continue
		}
		if d.stamp {
			e.SetTimestamp(t)
		} else if err := e.Set(d.target, event.TimeValue(t)); err != nil {
			d.log.Warn("date cannot set its target", "target", d.target.String(), "error", err)
			break
		}
		d.matched(e)
		return
	}
	tagAll(e, d.tagOnFailure)
}

// zoneCache holds the zones that events name. It keeps a few hundred at most, so that
// hostile events cannot make it grow.
type zoneCache struct {
	mu    sync.Mutex
	zones map[string]*time.Location // nil for a name that is none
}

func (c *zoneCache) get(name string) *time.Location {
	c.mu.Lock()
	defer c.mu.Unlock()
	zone, ok := c.zones[name]
	if ok {
		return zone
	}
	if len(c.zones) > 500 || c.zones == nil {
		c.zones = map[string]*time.Location{}
	}
	zone, err := timefmt.Zone(name)
	if err != nil {
		zone = nil
	}
	c.zones[string(append([]byte(nil), name...))] = zone
	return zone
}

// textsOf returns the texts of an option that is a list, with their places.
func textsOf(env *plugin.Env, option string) []plugin.Setting {
	s, _ := env.Setting(option)
	if s.Kind == plugin.List {
		return s.List
	}
	return []plugin.Setting{s}
}

// patternMistake points at the mistake inside of a pattern, where the pattern stands in
// the configuration as it is.
func patternMistake(env *plugin.Env, places []plugin.Setting, i int, pattern string, err error) diag.Diagnostic {
	var mistake *timefmt.PatternError
	d := diag.New(badDatePattern, env.At("match"), "the pattern %q: %v", pattern, err)
	if !errors.As(err, &mistake) {
		return d
	}
	d.Message, d.Help = mistake.Reason, mistake.Fix
	if i < len(places) {
		if s := places[i].String; s != nil && s.Text == pattern {
			d.At = s.TextSource().At(mistake.Offset, mistake.Offset+max(mistake.Length, 1))
		} else {
			d.At = places[i].At
		}
	}
	return d
}
