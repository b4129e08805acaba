package filter

import (
	"fmt"
	"math"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "syslog_pri",
		Doc: "Reads the priority of a syslog message: the facility and the severity, as numbers and as names. " +
			"A missing priority is 13. A facility without a name gives the tag `_syslogpriparsefailure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-syslog_pri.html",
		Examples: []plugin.Example{
			{Title: "After a grok filter that found the priority", Config: `syslog_pri { syslog_pri_field_name => "syslog_pri" }`},
		},
		New: func() plugin.Plugin {
			return &syslogPri{
				labels: true,
				facilities: []string{"kernel", "user-level", "mail", "daemon", "security/authorization", "syslogd",
					"line printer", "network news", "uucp", "clock", "security/authorization", "ftp", "ntp", "log audit",
					"log alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"},
				severities: []string{"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"},
			}
		},
	})
}

// syslogPri is the filter syslog_pri.
type syslogPri struct {
	common
	labels     bool
	source     string
	facilities []string
	severities []string
	ecs        plugin.ECS

	from                                                   field
	facilityCode, facilityName, severityCode, severityName event.Ref
}

func (s *syslogPri) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Bool("use_labels", &s.labels, "Whether the names are set, too."),
		plugin.String("syslog_pri_field_name", &s.source, "The field with the priority. By default `syslog_pri`, or `[log][syslog][priority]` where fields are named by ECS."),
		plugin.Strings("facility_labels", &s.facilities, "The names of the facilities, from 0 on."),
		plugin.Strings("severity_labels", &s.severities, "The names of the severities, from 0 on."),
		plugin.ECSOption(&s.ecs),
	}, s.Common()...)
}

func (s *syslogPri) Open(env *plugin.Env) error {
	s.prepare(env)
	names := [5]string{"syslog_pri", "syslog_facility_code", "syslog_facility", "syslog_severity_code", "syslog_severity"}
	if s.ecs.Or(env.ECS).Enabled() {
		names = [5]string{"[log][syslog][priority]", "[log][syslog][facility][code]", "[log][syslog][facility][name]",
			"[log][syslog][severity][code]", "[log][syslog][severity][name]"}
	}
	if s.source == "" {
		s.source = names[0]
	}
	s.from = newField(s.source)
	s.facilityCode, s.facilityName = event.MustRef(names[1]), event.MustRef(names[2])
	s.severityCode, s.severityName = event.MustRef(names[3]), event.MustRef(names[4])
	return nil
}

func (s *syslogPri) Apply(e *event.Event, _ func(*event.Event)) {
	if s.from.err != nil {
		s.raised(e, s.from.err)
		return
	}
	if err := s.read(e); err != nil {
		s.raised(e, err)
		return
	}
	s.matched(e)
}

func (s *syslogPri) read(e *event.Event) error {
	priority := int64(13)
	if v := e.Get(s.from.ref); truthy(v) {
		if v.Kind() == event.Array {
			v = firstOf(v)
		}
		switch v.Kind() {
		case event.Int:
			priority = v.Int()
		case event.Float, event.Decimal:
			priority = int64(math.Trunc(v.Float()))
		case event.String:
			priority = leadingInt(v.Str()).Int()
		case event.Null, event.Missing:
			priority = 0
		default:
			return fmt.Errorf("a value of the kind %s is no priority", v.Kind())
		}
	}
	severity, facility := priority&7, priority>>3
	if err := e.Set(s.severityCode, event.IntValue(severity)); err != nil {
		return err
	}
	if err := e.Set(s.facilityCode, event.IntValue(facility)); err != nil {
		return err
	}
	if !s.labels {
		return nil
	}
	if facility > int64(len(s.facilities)-1) {
		e.Tag("_syslogpriparsefailure")
		return nil
	}
	if facility < 0 { // Ruby counts from the end
		facility += int64(len(s.facilities))
	}
	if facility >= 0 {
		if err := e.Set(s.facilityName, event.StringValue(s.facilities[facility])); err != nil {
			return err
		}
	}
	if severity < int64(len(s.severities)) {
		return e.Set(s.severityName, event.StringValue(s.severities[severity]))
	}
	return nil
}

// firstOf returns the first item of an array, or null.
func firstOf(v event.Value) event.Value {
	if items := v.Array().Items; len(items) > 0 {
		return items[0]
	}
	return event.NullValue
}
