package output

import (
	"fmt"
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// dataStream is the part of the output that writes data streams.
// Source: data_stream_support.rb of logstash-output-elasticsearch.
type dataStream struct {
	wanted                   string
	kind, dataset, namespace string
	syncFields, autoRouting  bool

	streaming bool // the events go to data streams
}

func (d *dataStream) dataStreamOptions() []plugin.Option {
	d.wanted, d.kind, d.dataset, d.namespace = "auto", "logs", "generic", "default"
	d.syncFields, d.autoRouting = true, true
	return []plugin.Option{
		plugin.Enum("data_stream", &d.wanted, []string{"true", "false", "auto"}, "Whether events go to a data stream. `auto`: if ECS is on and no option says otherwise."),
		plugin.Enum("data_stream_type", &d.kind, []string{"logs", "metrics", "synthetics", "traces"}, "The first part of the data stream's name."),
		identifier("data_stream_dataset", &d.dataset, "The second part of the data stream's name."),
		identifier("data_stream_namespace", &d.namespace, "The third part of the data stream's name."),
		plugin.Bool("data_stream_sync_fields", &d.syncFields, "Whether the event's fields `data_stream.*` are made to say where it went."),
		plugin.Bool("data_stream_auto_routing", &d.autoRouting, "Whether the event's fields `data_stream.*` decide where it goes."),
	}
}

func identifier(name string, p *string, doc string) plugin.Option {
	return plugin.Check(name, "text", `"`+*p+`"`, doc, func(s plugin.Setting) error {
		text := s.Flat()
		if text == "" || len(text) > 100 || strings.ContainsAny(text, `\/*?"<>| ,#:`) {
			return fmt.Errorf(`%q cannot be a part of a data stream's name: it has 1 to 100 bytes and none of \ / * ? " < > | , # : and blanks`, text)
		}
		*p = text
		return nil
	})
}

// openDataStream decides whether events go to data streams, and about the index if not.
func (o *elastic) openDataStream(env *plugin.Env) error {
	var against []string // options that do not go with data streams
	for _, name := range []string{"index", "document_type", "template_name", "template", "template_overwrite", "template_api", "version", "version_type",
		"parent", "join_field", "upsert", "doc_as_upsert", "script", "script_type", "script_lang", "script_var_name", "scripted_upsert", "retry_on_conflict",
		"ilm_enabled", "ilm_rollover_alias", "ilm_pattern", "ilm_policy"} {
		if env.IsSet(name) {
			against = append(against, name)
		}
	}
	if env.IsSet("action") && o.action.String() != "create" {
		against = append(against, "action")
	}
	if env.IsSet("manage_template") && o.manageTemplate {
		against = append(against, "manage_template")
	}
	switch {
	case o.openSearch:
	case o.wanted == "true":
		if len(against) > 0 {
			return env.Invalid(against[0], "remove it, or set data_stream => false", "%s does not go with data streams", against[0])
		}
		if !o.ecs.Enabled() {
			return env.Invalid("data_stream", "set ecs_compatibility => v8 here, and name the fields by ECS", "data streams need ECS compatibility")
		}
		o.streaming = true
	case o.wanted == "auto":
		o.streaming = o.ecs.Enabled() && len(against) == 0
	}
	if !o.streaming {
		for _, name := range []string{"data_stream_type", "data_stream_dataset", "data_stream_namespace", "data_stream_sync_fields", "data_stream_auto_routing"} {
			harmless := name == "data_stream_sync_fields" && o.syncFields || name == "data_stream_auto_routing" && o.autoRouting
			if env.IsSet(name) && !harmless {
				return env.Invalid(name, "set data_stream => true, or remove it", "%s is for data streams, but the events go to an index", name)
			}
		}
	}
	if o.streaming && !env.IsSet("manage_template") {
		o.manageTemplate = false
	}
	if o.index.String() == "" {
		o.defaultIndex = true
		name := "logstash-%{+yyyy.MM.dd}"
		if o.ecs.Enabled() {
			name = "ecs-" + name
		}
		o.index = event.ParseTemplate(name)
	}
	return nil
}

// streamName returns the data stream for an event.
func (o *elastic) streamName(e *event.Event) string {
	kind, dataset, namespace := o.kind, o.dataset, o.namespace
	if o.autoRouting {
		if v := e.Get(dataStreamRef); v.Kind() == event.Object {
			fields := v.Object()
			kind, dataset, namespace = orField(fields, "type", kind), orField(fields, "dataset", dataset), orField(fields, "namespace", namespace)
		}
	}
	return kind + "-" + dataset + "-" + namespace
}

// streamType returns the first part of the data stream's name.
func (o *elastic) streamType(e *event.Event) string {
	if v := e.Get(dataStreamRef); o.autoRouting && v.Kind() == event.Object {
		return orField(v.Object(), "type", o.kind)
	}
	return o.kind
}

func orField(o *event.ObjectData, name, fallback string) string {
	if v, _ := o.Get(name); !v.IsNil() {
		return v.String()
	}
	return fallback
}

// syncedStream returns what data_stream has to be, as JSON, or "" when it is already.
func (o *elastic) syncedStream(e *event.Event) string {
	v := e.Get(dataStreamRef)
	parts := []struct{ name, value string }{{"type", o.kind}, {"dataset", o.dataset}, {"namespace", o.namespace}}
	if v.Kind() != event.Object {
		var b []byte
		for i, p := range parts {
			b = append(b, "{,,"[i])
			b = append(event.AppendQuoted(b, p.name), ':')
			b = event.AppendQuoted(b, p.value)
		}
		return string(append(b, '}'))
	}
	fields, changed := v.Object().Clone(), false
	for _, p := range parts {
		if old, _ := fields.Get(p.name); old.IsNil() || !o.autoRouting && old.Str() != p.value {
			fields.Set(p.name, event.StringValue(p.value))
			changed = true
		}
	}
	if !changed {
		return ""
	}
	return string(fields.AppendJSON(nil))
}
