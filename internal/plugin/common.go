package plugin

import (
	"strings"

	"sluice/internal/event"
)

// FilterOptions are the options that every filter has. A filter embeds it, appends its
// Options to its own, calls Prepare from Open and Matched when it has succeeded.
// Source: LogStash::Filters::Base, LogStash::Util::Decorators.
type FilterOptions struct {
	addField    []TableEntry
	removeField []string
	addTag      []string
	removeTag   []string
	id          string

	fields  []decoration
	removes []event.RefTemplate
	adds    []event.Template
	untags  []event.Template
}

type decoration struct {
	ref    event.RefTemplate
	values []event.Template
}

// Common returns the options that every filter has.
func (f *FilterOptions) Common() []Option {
	return []Option{
		Hash("add_field", &f.addField, "Fields to add when the filter succeeds; names and values may hold `%{field}`. A field that is there already becomes an array."),
		Strings("remove_field", &f.removeField, "Fields to remove when the filter succeeds."),
		Strings("add_tag", &f.addTag, "Tags to add when the filter succeeds."),
		Strings("remove_tag", &f.removeTag, "Tags to remove when the filter succeeds."),
		String("id", &f.id, "A name for this plugin in logs and in the monitoring API."),
		ignoredMetric(),
		Ignored("periodic_flush", "boolean", "a filter that holds events back is always asked for them every few seconds."),
	}
}

// Prepare compiles the common options.
func (f *FilterOptions) Prepare() {
	f.fields = decorations(f.addField)
	f.removes = nil
	for _, text := range f.removeField {
		f.removes = append(f.removes, event.ParseRefTemplate(text))
	}
	f.adds = templates(f.addTag)
	f.untags = templates(f.removeTag)
}

func templates(texts []string) []event.Template {
	all := make([]event.Template, len(texts))
	for i, t := range texts {
		all[i] = event.ParseTemplate(t)
	}
	return all
}

func decorations(entries []TableEntry) []decoration {
	var all []decoration
	for _, e := range InJavaOrder(entries) {
		values := e.Value.Texts()
		if e.Value.Kind == Table { // Ruby's Array({k => v}) is [[k, v]]
			values = nil
			for _, pair := range e.Value.Table {
				key := Setting{Kind: Text, Text: pair.Key}
				values = append(values, Setting{Kind: List, List: []Setting{key, pair.Value}}.Flat())
			}
		}
		all = append(all, decoration{event.ParseRefTemplate(e.Key), templates(values)})
	}
	return all
}

// Matched applies the common options to an event that the filter has dealt with. The
// error is that of a reference or a field that cannot be set; what came before it stays.
func (f *FilterOptions) Matched(e *event.Event) error {
	for i := range f.fields {
		if err := f.fields[i].add(e); err != nil {
			return err
		}
	}
	for i := range f.removes {
		ref, err := f.removes[i].Ref(e)
		if err != nil {
			return err
		}
		e.Remove(ref)
	}
	for i := range f.adds {
		tag, err := f.adds[i].Expand(e)
		if err != nil {
			return err
		}
		e.AddTag(tag)
	}
	return f.removeTags(e)
}

// add adds the values to the field: a field that exists becomes an array.
func (d *decoration) add(e *event.Event) error {
	ref, err := d.ref.Ref(e)
	if err != nil {
		return err
	}
	for i := range d.values {
		text, err := d.values[i].Expand(e)
		if err != nil {
			return err
		}
		if err := appendTo(e, ref, event.StringValue(text)); err != nil {
			return err
		}
	}
	return nil
}

// appendTo does what add_field does to a field: LogStash::Util::Decorators.add_fields.
func appendTo(e *event.Event, ref event.Ref, v event.Value) error {
	old := e.Open(ref)
	switch {
	case !old.Exists():
		return e.Set(ref, v)
	case old.Kind() == event.Array:
		items := append(append([]event.Value(nil), old.Array().Items...), v)
		return e.Set(ref, event.ArrayValue(&event.ArrayData{Items: items}))
	case old.Kind() == event.Null: // Ruby's Array(nil) is empty
		return e.Set(ref, event.ArrayValue(&event.ArrayData{Items: []event.Value{v}}))
	case old.Kind() == event.Object: // Ruby's Array({k => v}) is [[k, v]]
		var items []event.Value
		for _, f := range old.Object().Fields() {
			pair := []event.Value{event.StringValue(f.Key), f.Value}
			items = append(items, event.ArrayValue(&event.ArrayData{Items: pair}))
		}
		return e.Set(ref, event.ArrayValue(&event.ArrayData{Items: append(items, v)}))
	}
	return e.Set(ref, event.ArrayValue(&event.ArrayData{Items: []event.Value{old, v}}))
}

var tags = event.MustRef("tags")

func (f *FilterOptions) removeTags(e *event.Event) error {
	if len(f.untags) == 0 {
		return nil
	}
	v := e.Open(tags)
	if v.IsNil() {
		return nil
	}
	items := []event.Value{v}
	if v.Kind() == event.Array {
		items = v.Array().Items
	}
	kept := make([]event.Value, 0, len(items))
	gone := make([]string, len(f.untags))
	for i := range f.untags {
		tag, err := f.untags[i].Expand(e)
		if err != nil {
			return err
		}
		gone[i] = strings.Clone(tag)
	}
next:
	for _, item := range items {
		for _, tag := range gone {
			if item.Str() == tag {
				continue next
			}
		}
		kept = append(kept, item)
	}
	return e.Set(tags, event.ArrayValue(&event.ArrayData{Items: kept}))
}

// InputOptions are the options that every input has. An input embeds it, appends its
// Common to its own options and calls Decorate on every event.
// Source: LogStash::Inputs::Base.
type InputOptions struct {
	Type  string
	Tags  []string
	Codec CodecChoice

	addField []TableEntry
	id       string
	fields   []decoration
}

// Common returns the options that every input has. codec is the default codec.
func (in *InputOptions) Common(codec string) []Option {
	in.Codec.Name, in.Codec.use = codec, decoding
	return []Option{
		CodecOption("codec", &in.Codec, "How the bytes that come in are made into events."),
		String("type", &in.Type, "Sets the field `type` of every event that has none."),
		Strings("tags", &in.Tags, "Tags to add to every event."),
		Hash("add_field", &in.addField, "Fields to add to every event."),
		String("id", &in.id, "A name for this plugin in logs and in the monitoring API."),
		ignoredMetric(),
	}
}

// Prepare compiles the common options.
func (in *InputOptions) Prepare() {
	in.fields = decorations(in.addField)
}

var typeRef = event.MustRef("type")

// Decorate applies the common options to the events of a batch from index first on.
func (in *InputOptions) Decorate(b *event.Batch, first int) {
	if in.Type == "" && len(in.Tags) == 0 && len(in.fields) == 0 {
		return
	}
	for _, e := range b.Events[first:] {
		if in.Type != "" && !e.Has(typeRef) {
			_ = e.Set(typeRef, event.StringValue(in.Type))
		}
		for i := range in.fields {
			if err := in.fields[i].add(e); err != nil {
				e.Tag("_inputerror")
			}
		}
		for _, tag := range in.Tags {
			e.AddTag(tag)
		}
	}
}

// OutputOptions are the options that every output has. Source: LogStash::Outputs::Base.
type OutputOptions struct {
	Codec   CodecChoice
	id      string
	workers int
}

// Common returns the options that every output has. codec is the default codec.
func (o *OutputOptions) Common(codec string) []Option {
	o.workers = 1
	o.Codec.Name, o.Codec.use = codec, encoding
	return []Option{
		CodecOption("codec", &o.Codec, "How events are made into bytes."),
		String("id", &o.id, "A name for this plugin in logs and in the monitoring API."),
		ignoredMetric(),
		Int("workers", &o.workers, 1, 1<<16, "How many workers use this output at once.").
			Deprecated("set pipeline.workers; outputs work in the workers of their pipeline"),
	}
}

// ignoredMetric is the option enable_metric of every kind of plugin.
func ignoredMetric() Option {
	return Ignored("enable_metric", "boolean", "every plugin is measured, for the account of events depends on it.")
}
