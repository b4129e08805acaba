package filter

import (
	"log/slog"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "mutate",
		Doc: "Renames, replaces and changes fields. The operations run in a fixed order, whatever the order in the configuration: " +
			"coerce, rename, update, replace, convert, gsub, uppercase, capitalize, lowercase, strip, split, join, merge, copy; then " +
			"add_field, remove_field, add_tag, remove_tag. For another order use several mutate filters.\n\n" +
			"When an operation fails the event gets the tag of `tag_on_failure`; what has been done stays, the rest is not done.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-mutate.html",
		Examples: []plugin.Example{
			{Title: "Move a field and make it a number", Config: `mutate { rename => { "[data][port]" => "[destination][port]" } convert => { "[destination][port]" => "integer" } }`},
			{Title: "Replace slashes by underscores", Config: `mutate { gsub => ["path", "/", "_"] }`},
		},
		New: func() plugin.Plugin { return &mutate{tagOnFailure: "_mutate_error"} },
	})
}

// mutate is the filter mutate.
type mutate struct {
	plugin.FilterOptions
	coerce, rename, update, replace, convert    []plugin.TableEntry
	split, join, merge, copies                  []plugin.TableEntry
	gsub                                        []string
	uppercase, capitalize, lowercase, stripping []string
	tagOnFailure                                string

	steps []step
	log   *slog.Logger
}

// step is one operation on one field. An error ends the work on the event.
type step func(e *event.Event) error

func (m *mutate) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Hash("coerce", &m.coerce, "The values of fields that are there but null."),
		plugin.Hash("rename", &m.rename, "New names of fields. Names may hold `%{field}`."),
		plugin.Hash("update", &m.update, "New values of fields, only where they are there. Values may hold `%{field}`."),
		plugin.Hash("replace", &m.replace, "New values of fields, which are made if they are missing. Values may hold `%{field}`."),
		plugin.Hash("convert", &m.convert, "Types of fields: `integer`, `integer_eu`, `float`, `float_eu`, `string` or `boolean`. The items of an array are converted one by one; `_eu` means a decimal comma."),
		plugin.Strings("gsub", &m.gsub, "Groups of three: a field, a regular expression, the text that replaces what matches. `\\1` stands for the first group. Only strings and strings in arrays are changed."),
		plugin.Strings("uppercase", &m.uppercase, "Fields to make upper-case."),
		plugin.Strings("capitalize", &m.capitalize, "Fields to make lower-case with an upper-case first letter."),
		plugin.Strings("lowercase", &m.lowercase, "Fields to make lower-case."),
		plugin.Strings("strip", &m.stripping, "Fields to free from white space at both ends."),
		plugin.Hash("split", &m.split, "Fields to split into an array at a separator, which is plain text. Empty texts at the end are left out."),
		plugin.Hash("join", &m.join, "Arrays to join to one text with a separator."),
		plugin.Hash("merge", &m.merge, "Fields that get the values of other fields added: arrays and scalars make an array, objects an object."),
		plugin.Hash("copy", &m.copies, "Fields to copy to another field."),
		plugin.String("tag_on_failure", &m.tagOnFailure, "The tag of events that could not be worked on."),
		plugin.Removed("remove", "use remove_field"),
	}, m.Common()...)
}

func (m *mutate) Open(env *plugin.Env) error {
	m.Prepare()
	m.log = env.Log
	m.each(m.coerce, m.coerceStep)
	m.each(m.rename, m.renameStep)
	m.each(m.update, m.updateStep)
	m.each(m.replace, m.replaceStep)
	if err := m.convertSteps(env); err != nil {
		return err
	}
	if err := m.gsubSteps(env); err != nil {
		return err
	}
	m.textSteps(m.uppercase, upcase)
	m.textSteps(m.capitalize, capitalize)
	m.textSteps(m.lowercase, downcase)
	m.stripSteps()
	m.each(m.split, m.splitStep)
	m.each(m.join, m.joinStep)
	m.each(m.merge, m.mergeStep)
	m.each(m.copies, m.copyStep)
	return nil
}

// each adds a step for every entry of a hash, in the order of Java's HashMap.
func (m *mutate) each(entries []plugin.TableEntry, newStep func(key string, value plugin.Setting) step) {
	for _, entry := range plugin.InJavaOrder(entries) {
		m.steps = append(m.steps, newStep(entry.Key, entry.Value))
	}
}

func (m *mutate) Apply(e *event.Event, _ func(*event.Event)) {
	for _, s := range m.steps {
		if err := s(e); err != nil {
			m.fail(e, err)
			return
		}
	}
	if err := m.Matched(e); err != nil {
		m.fail(e, err)
	}
}

func (m *mutate) fail(e *event.Event, err error) {
	m.log.Warn("mutate failed", "error", err)
	e.Tag(m.tagOnFailure)
}

func (m *mutate) coerceStep(key string, value plugin.Setting) step {
	f, text := newField(key), event.ParseTemplate(value.Flat())
	return func(e *event.Event) error {
		if f.err != nil || e.Get(f.ref).Kind() != event.Null {
			return f.err
		}
		return setText(e, f.ref, &text)
	}
}

func setText(e *event.Event, ref event.Ref, t *event.Template) error {
	text, err := t.Expand(e)
	if err != nil {
		return err
	}
	return e.Set(ref, event.StringValue(text))
}

func (m *mutate) renameStep(key string, value plugin.Setting) step {
	from, to := event.ParseRefTemplate(key), event.ParseRefTemplate(value.Flat())
	return func(e *event.Event) error {
		old, err := from.Ref(e)
		if err != nil || !e.Has(old) {
			return err
		}
		ref, err := to.Ref(e)
		v := e.Remove(old)
		if err != nil {
			return err
		}
		return e.Set(ref, v)
	}
}

func (m *mutate) updateStep(key string, value plugin.Setting) step {
	f, text := newField(key), event.ParseTemplate(value.Flat())
	return func(e *event.Event) error {
		if f.err != nil || !e.Has(f.ref) {
			return f.err
		}
		return setText(e, f.ref, &text)
	}
}

func (m *mutate) replaceStep(key string, value plugin.Setting) step {
	f, text := newField(key), event.ParseTemplate(value.Flat())
	return func(e *event.Event) error {
		if f.err != nil {
			return f.err
		}
		return setText(e, f.ref, &text)
	}
}

func (m *mutate) copyStep(key string, value plugin.Setting) step {
	from, to := newField(key), newField(value.Flat())
	return func(e *event.Event) error {
		if from.err != nil {
			return from.err
		}
		v := e.Get(from.ref)
		if v.IsNil() {
			return nil
		}
		if to.err != nil {
			return to.err
		}
		return e.Set(to.ref, v.Clone())
	}
}
