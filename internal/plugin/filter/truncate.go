package filter

import (
	"unicode/utf8"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:   plugin.FilterKind,
		Name:   "truncate",
		Doc:    "Cuts texts to a number of bytes, between characters. Texts in arrays and objects are cut too.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-truncate.html",
		Examples: []plugin.Example{
			{Title: "No message beyond 32 KB", Config: `truncate { fields => ["message"] length_bytes => 32768 add_tag => ["truncated"] }`},
		},
		New: func() plugin.Plugin { return new(truncate) },
	})
}

// truncate is the filter truncate.
type truncate struct {
	common
	fields []string
	length int
	refs   []field
}

func (t *truncate) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("fields", &t.fields, "The fields to cut. By default all."),
		plugin.Int("length_bytes", &t.length, -1<<31, 1<<40, "The number of bytes to keep. A negative one makes texts null.").Must(),
	}, t.Common()...)
}

func (t *truncate) Open(env *plugin.Env) error {
	t.prepare(env)
	for _, name := range t.fields {
		t.refs = append(t.refs, newField(name))
	}
	return nil
}

func (t *truncate) Apply(e *event.Event, _ func(*event.Event)) {
	changed := false
	if t.fields == nil {
		for _, f := range e.Root().Fields() {
			v, cut := t.cut(e, f.Value)
			if cut {
				e.Root().Set(f.Key, v)
				changed = true
			}
		}
	}
	for _, f := range t.refs {
		if f.err != nil {
			t.raised(e, f.err)
			return
		}
		v, cut := t.cut(e, e.Get(f.ref))
		if !cut {
			continue
		}
		changed = true
		if err := e.Set(f.ref, v); err != nil {
			t.raised(e, err)
			return
		}
	}
	if changed {
		t.matched(e)
	}
}

// cut returns the value with its texts cut, and whether one was.
func (t *truncate) cut(e *event.Event, v event.Value) (event.Value, bool) {
	switch v.Kind() {
	case event.String:
		return t.trim(v)
	case event.Array:
		a, changed := v.Clone().Array(), false
		for i, item := range a.Items {
			if item.Kind() == event.String {
				cut := false
				a.Items[i], cut = t.trim(item)
				changed = changed || cut
			}
		}
		return event.ArrayValue(a), changed
	case event.Object:
		o, changed := v.Clone().Object(), false
		for _, f := range o.Fields() {
			if inner, cut := t.cut(e, f.Value); cut {
				o.Set(f.Key, inner)
				changed = true
			}
		}
		return event.ObjectValue(o), changed
	}
	return v, false
}

func (t *truncate) trim(v event.Value) (event.Value, bool) {
	s := v.Str()
	if len(s) <= t.length {
		return v, false
	}
	if t.length < 0 {
		return event.NullValue, true
	}
	end := t.length
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return event.StringValue(s[:end]), true
}
