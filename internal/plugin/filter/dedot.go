package filter

import (
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:   plugin.FilterKind,
		Name:   "de_dot",
		Doc:    "Renames fields with dots in their names: the dots become another text, or the parts become objects in each other.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-de_dot.html",
		Examples: []plugin.Example{
			{Title: "id.orig_h becomes [id][orig_h]", Config: `de_dot { nested => true }`},
		},
		New: func() plugin.Plugin { return &deDot{separator: "_", tagOnFailure: "_de_dot_error"} },
	})
}

// deDot is the filter de_dot.
type deDot struct {
	common
	separator    string
	nested       bool
	recursive    bool
	fields       []string
	tagOnFailure string
	refs         event.RefCache
}

func (d *deDot) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("separator", &d.separator, "What stands in place of a dot."),
		plugin.Bool("nested", &d.nested, "Whether the parts of a name become objects in each other, in place of using the separator."),
		plugin.Bool("recursive", &d.recursive, "Whether names within objects are changed too."),
		plugin.Strings("fields", &d.fields, "The fields to rename. By default all at the top."),
		plugin.String("tag_on_failure", &d.tagOnFailure, "The tag of events that could not be worked on."),
	}, d.Common()...)
}

func (d *deDot) Open(env *plugin.Env) error {
	d.prepare(env)
	if strings.Contains(d.separator, ".") {
		return env.Invalid("separator", "use another text", "the separator has a dot itself")
	}
	if d.nested {
		d.separator = "]["
	}
	return nil
}

func (d *deDot) Apply(e *event.Event, _ func(*event.Event)) {
	err := d.apply(e)
	if err == nil {
		err = d.Matched(e)
	}
	if err != nil {
		d.log.Warn("de_dot failed", "error", err)
		e.Tag(d.tagOnFailure)
	}
}

func (d *deDot) apply(e *event.Event) error {
	names := d.fields
	if names == nil {
		for _, f := range e.Root().Fields() {
			if d.recursive || strings.IndexByte(f.Key, '.') >= 0 {
				names = append(names, f.Key)
			}
		}
	}
	for _, name := range names {
		if strings.IndexByte(name, '.') < 0 && !d.recursive {
			continue
		}
		ref, err := d.refs.Get(name)
		if err != nil {
			return err
		}
		if !e.Has(ref) {
			continue
		}
		if err := d.rename(e, name); err != nil {
			return err
		}
	}
	return nil
}

func (d *deDot) rename(e *event.Event, name string) error {
	if d.separator == "][" || d.recursive {
		if !strings.HasPrefix(name, "[") {
			name = "[" + name
		}
		if !strings.HasSuffix(name, "]") {
			name += "]"
		}
	}
	if strings.IndexByte(name, '.') >= 0 {
		renamed := strings.ReplaceAll(name, ".", d.separator)
		from, err := d.refs.Get(name)
		if err != nil {
			return err
		}
		to, err := d.refs.Get(renamed)
		if err != nil {
			return err
		}
		if err := e.Set(to, e.Get(from).Clone()); err != nil {
			return err
		}
		gone, err := d.refs.Get(dotted(name))
		if err != nil {
			return err
		}
		e.Remove(gone)
		name = renamed
	}
	if !d.recursive {
		return nil
	}
	ref, err := d.refs.Get(name)
	if err != nil {
		return err
	}
	v := e.Get(ref)
	if v.Kind() != event.Object {
		return nil
	}
	var inner []string
	for _, f := range v.Object().Fields() {
		inner = append(inner, name+"["+f.Key+"]")
	}
	for _, name := range inner {
		if err := d.rename(e, name); err != nil {
			return err
		}
	}
	return nil
}

// dotted returns the reference up to and with its first name that has a dot.
func dotted(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.ReplaceAll(name, "[", ""), "]") {
		if part == "" {
			continue
		}
		b.WriteString("[" + part + "]")
		if strings.IndexByte(part, '.') >= 0 {
			break
		}
	}
	return b.String()
}
