package filter

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:   plugin.FilterKind,
		Name:   "json_encode",
		Doc:    "Writes a field as JSON text.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-json_encode.html",
		Examples: []plugin.Example{
			{Title: "An object as text", Config: `json_encode { source => "[alert]" target => "alert_text" }`},
		},
		New: func() plugin.Plugin { return new(jsonEncode) },
	})
}

// jsonEncode is the filter json_encode.
type jsonEncode struct {
	common
	source, target string
	from, to       field
}

func (j *jsonEncode) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("source", &j.source, "The field to write.").Must(),
		plugin.String("target", &j.target, "The field that gets the text. By default the source."),
	}, j.Common()...)
}

func (j *jsonEncode) Open(env *plugin.Env) error {
	j.prepare(env)
	j.from = newField(j.source)
	j.to = j.from
	if j.target != "" {
		j.to = newField(j.target)
	}
	return nil
}

func (j *jsonEncode) Apply(e *event.Event, _ func(*event.Event)) {
	if j.from.err != nil {
		j.raised(e, j.from.err)
		return
	}
	err := j.to.err
	if err == nil {
		withBuffer(func(buf []byte) []byte {
			buf = e.Get(j.from.ref).AppendCanonicalJSON(buf)
			err = e.Set(j.to.ref, textValue(e, buf))
			return buf
		})
	}
	if err == nil {
		err = j.Matched(e)
	}
	if err != nil {
		j.log.Warn("json_encode failed", "source", j.source, "error", err)
		e.Tag("_jsongeneratefailure")
	}
}
