package filter

import (
	"fmt"
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func (m *mutate) splitStep(key string, value plugin.Setting) step {
	f, separator := newField(key), value.Flat()
	return func(e *event.Event) error {
		if f.err != nil {
			return f.err
		}
		v := e.Get(f.ref)
		if v.Kind() != event.String {
			return nil
		}
		if value.Kind == plugin.Number {
			return fmt.Errorf("%s is a number, not a separator", separator)
		}
		return e.Set(f.ref, arrayOf(splitText(v.Str(), separator)))
	}
}

// splitText is Ruby's String#split with a text: one space means any white space, empty
// texts at the end are left out.
func splitText(s, separator string) []event.Value {
	var parts []string
	if separator == " " {
		parts = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("\x00\t\n\v\f\r ", r) })
	} else {
		parts = strings.Split(s, separator)
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	items := make([]event.Value, len(parts))
	for i, p := range parts {
		items[i] = event.StringValue(p)
	}
	return items
}

func (m *mutate) joinStep(key string, value plugin.Setting) step {
	f, separator := newField(key), value.Flat()
	return func(e *event.Event) (err error) {
		if f.err != nil {
			return f.err
		}
		v := e.Get(f.ref)
		if v.Kind() != event.Array {
			return nil
		}
		if value.Kind == plugin.Number {
			return fmt.Errorf("%s is a number, not a separator", separator)
		}
		withBuffer(func(buf []byte) []byte {
			buf = appendJoined(buf, v, separator)
			err = e.Set(f.ref, textValue(e, buf))
			return buf
		})
		return err
	}
}

// appendJoined is Ruby's Array#join, which goes down into arrays.
func appendJoined(dst []byte, array event.Value, separator string) []byte {
	for i, item := range array.Array().Items {
		if i > 0 {
			dst = append(dst, separator...)
		}
		if item.Kind() == event.Array {
			dst = appendJoined(dst, item, separator)
		} else {
			dst = item.AppendRuby(dst)
		}
	}
	return dst
}

func (m *mutate) mergeStep(key string, value plugin.Setting) step {
	to := newField(key)
	var sources []field
	for _, name := range value.Texts() {
		sources = append(sources, newField(name))
	}
	return func(e *event.Event) error {
		if to.err != nil {
			return to.err
		}
		dest := e.Get(to.ref).Clone()
		for _, source := range sources {
			if source.err != nil {
				return source.err
			}
			added := e.Get(source.ref)
			if (dest.Kind() == event.Object) != (added.Kind() == event.Object) {
				m.log.Error("mutate cannot merge an object with what is none", "to", to.ref.String(), "from", source.ref.String())
				continue
			}
			var merged event.Value
			if dest.Kind() == event.Object {
				o := dest.Object()
				for _, f := range added.Object().Clone().Fields() {
					o.Set(f.Key, f.Value)
				}
				dest = event.ObjectValue(o)
				merged = dest.Clone()
			} else {
				items := append(append([]event.Value(nil), asItems(dest)...), asItems(added.Clone())...)
				merged = arrayOf(items)
				if dest.Kind() == event.Array { // only an array keeps what was added for the next source
					dest = merged.Clone()
				}
			}
			if err := e.Set(to.ref, merged); err != nil {
				return err
			}
		}
		return nil
	}
}

// asItems is Ruby's Array(value) for what is no object.
func asItems(v event.Value) []event.Value {
	switch v.Kind() {
	case event.Missing, event.Null:
		return nil
	case event.Array:
		return v.Array().Items
	}
	return []event.Value{v}
}
