package casetest

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
	"sluice/internal/timefmt"
)

// source stands in place of the input of a configuration: it has the options that make
// events of bytes and complete them, and reads nothing.
type source struct {
	plugin.InputOptions
	stream bool // reads lines, as stdin does, and not one message after the other
	codec  plugin.Codec
	env    *plugin.Env
}

func (s *source) Options() []plugin.Option {
	if s.stream {
		return s.Common("line")
	}
	return s.Common("plain")
}

func (s *source) Open(env *plugin.Env) (err error) {
	if s.stream {
		s.Codec.Rename("plain", "line")
		s.Codec.Rename("json", "json_lines")
	}
	s.env = env
	s.Prepare()
	s.codec, err = s.Codec.Open(env)
	return err
}

// newSource makes a source with some options of an input.
func (st *stage) newSource(node *lscl.Plugin, stream bool) (*source, diag.List) {
	s := &source{stream: stream}
	env := st.env
	env.ID = "case"
	one := *node
	one.Attributes = slices.DeleteFunc(slices.Clone(node.Attributes), func(a *lscl.Attribute) bool {
		return !slices.Contains([]string{"codec", "type", "tags", "add_field"}, a.Name)
	})
	var list diag.List
	if plugin.ConfigureAs(&plugin.Spec{Name: node.Name, New: func() plugin.Plugin { return s }}, &one, &env, &list) == nil {
		return nil, list
	}
	return s, list
}

// optionNode returns a plugin with one option, given as the text of its value.
func optionNode(option string, value *diag.Source) (*lscl.Plugin, diag.List) {
	before := "input { case { " + option + " => "
	f, list := lscl.Parse(diag.EmbedAt(value, before+value.Text+"\n} }", -len(before)), lscl.Options{})
	if list.Err() != nil {
		return nil, list
	}
	return f.Sections[0].Body[0].(*lscl.Plugin), nil
}

// feeder makes events of the lines of cases, for one pipeline.
type feeder struct {
	source  *source
	decoder plugin.Decoder
}

func newFeeder(s *source) *feeder {
	f := &feeder{source: s, decoder: s.codec.NewDecoder()}
	if keeper, ok := f.decoder.(plugin.OriginalKeeper); ok && s.stream && s.env.ECS.Enabled() {
		keeper.KeepOriginal()
	}
	return f
}

// line adds the events of one line of input.
func (f *feeder) line(text string, b *event.Batch) {
	if f.source.stream {
		text += "\n"
	}
	first := len(b.Events)
	f.decoder.Decode(b.Copy([]byte(text)), b)
	f.source.Decorate(b, first)
}

// end adds what the decoder has held back.
func (f *feeder) end(b *event.Batch) {
	first := len(b.Events)
	f.decoder.Flush(b)
	f.source.Decorate(b, first)
}

// setFields gives an event the fields of a case, in place of those that it has.
func setFields(e *event.Event, fields *value) error {
	for i := range fields.fields {
		f := &fields.fields[i]
		ref, err := event.ParseRef(f.key)
		if err != nil {
			return err
		}
		if f.key == "@metadata" && f.value.kind == object {
			for j := range f.value.fields {
				inner := &f.value.fields[j]
				if err := setField(e, ref.Child(inner.key), &inner.value); err != nil {
					return err
				}
			}
			continue
		}
		if err := setField(e, ref, &f.value); err != nil {
			return err
		}
	}
	return nil
}

func setField(e *event.Event, ref event.Ref, v *value) error {
	parsed, err := event.ParseJSON(v.json(nil))
	if err != nil {
		return err
	}
	if name, top := ref.Name(); top && name == "@timestamp" && v.kind == text {
		t, ok := timefmt.ParseTimestamp(v.text)
		if !ok {
			return fmt.Errorf("@timestamp: %q is no time", v.text)
		}
		parsed = event.TimeValue(t)
	}
	return e.Set(ref, parsed)
}

// addField returns the fields of a file as the option add_field, which
// logstash-filter-verifier gives them to its input with: all values become texts, and of
// a list with one element the element.
func addField(fields *value) *lscl.Attribute {
	h := &lscl.Hash{}
	var walk func(path string, v *value)
	walk = func(path string, v *value) {
		if v.kind == object {
			for i := range v.fields {
				walk(path+"["+v.fields[i].key+"]", &v.fields[i].value)
			}
			return
		}
		key := path
		if strings.LastIndexByte(path, '[') == 0 {
			key = strings.Trim(path, "[]")
		}
		h.Entries = append(h.Entries, &lscl.Entry{Key: &lscl.String{Text: key}, Value: fieldLiteral(v)})
	}
	walk("", fields)
	return &lscl.Attribute{Name: "add_field", Value: h}
}

func fieldLiteral(v *value) lscl.Value {
	if v.kind != list {
		return &lscl.String{Text: v.text}
	}
	a := &lscl.Array{}
	for i := range v.items {
		a.Values = append(a.Values, fieldLiteral(&v.items[i]))
	}
	return a
}
