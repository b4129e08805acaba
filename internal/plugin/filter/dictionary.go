package filter

import (
	"fmt"
	"strings"

	"sluice/internal/event"
	"sluice/internal/onig"
	"sluice/internal/plugin"
)

// dictionary is what translate looks texts up in. It does not change once it is made.
type dictionary struct {
	keys   []string // in order
	values map[string]event.Value

	patterns []*onig.Regexp // of the keys, where keys are regular expressions
	union    *onig.Regexp   // any of the keys, where they are replaced within a text
}

func newDictionary() *dictionary { return &dictionary{values: map[string]event.Value{}} }

func (d *dictionary) set(key string, v event.Value) {
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = v
}

// merged returns a dictionary with the entries of d, replaced and followed by those of
// other.
func (d *dictionary) merged(other *dictionary) *dictionary {
	m := newDictionary()
	for _, source := range []*dictionary{d, other} {
		for _, key := range source.keys {
			m.set(key, source.values[key])
		}
	}
	return m
}

// compile prepares the way of looking up. A text that is no regular expression is an error.
func (d *dictionary) compile(exact, regex bool) error {
	switch {
	case exact && regex:
		for _, key := range d.keys {
			re, err := onig.Compile(key)
			if err != nil {
				return err
			}
			d.patterns = append(d.patterns, re)
		}
	case !exact && len(d.keys) > 0:
		quoted := make([]string, len(d.keys))
		for i, key := range d.keys {
			quoted[i] = quotePattern(key)
		}
		re, err := onig.Compile(strings.Join(quoted, "|"))
		if err != nil {
			return err
		}
		d.union = re
	}
	return nil
}

// quotePattern is Ruby's Regexp.quote.
func quotePattern(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch r {
		case '\n':
			b.WriteString(`\n`)
			continue
		case '\t':
			b.WriteString(`\t`)
			continue
		case '\r':
			b.WriteString(`\r`)
			continue
		}
		if strings.ContainsRune(`.*?+^$|\()[]{}-# `, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// lookup returns the value for a text. The value is the dictionary's own.
func (d *dictionary) lookup(e *event.Event, text string) (v event.Value, found bool, err error) {
	switch {
	case d.patterns != nil:
		for i, re := range d.patterns {
			ok, err := re.Match(text)
			if err != nil {
				return v, false, err
			}
			if ok {
				return d.values[d.keys[i]], true, nil
			}
		}
		return v, false, nil
	case d.union != nil:
		withBuffer(func(buf []byte) []byte {
			at, changed := 0, false
			err = d.union.Each(text, func(loc []int) bool {
				buf = append(buf, text[at:loc[0]]...)
				buf = d.values[text[loc[0]:loc[1]]].AppendRuby(buf)
				at, changed = loc[1], true
				return true
			})
			if buf = append(buf, text[at:]...); changed && string(buf) != text {
				v, found = textValue(e, buf), true
			}
			return buf
		})
		return v, found, err
	}
	v, found = d.values[text]
	return v, found, nil
}

// settingValue returns a value of the configuration as an event's value.
func settingValue(s plugin.Setting) event.Value {
	switch s.Kind {
	case plugin.Number:
		return event.NumberValue(s.Text)
	case plugin.List:
		items := make([]event.Value, len(s.List))
		for i, item := range s.List {
			items[i] = settingValue(item)
		}
		return arrayOf(items)
	case plugin.Table:
		o := &event.ObjectData{}
		for _, entry := range s.Table {
			o.Set(entry.Key, settingValue(entry.Value))
		}
		return event.ObjectValue(o)
	}
	return event.StringValue(s.Text)
}

// inlineDictionary reads the option dictionary. A hash is in Java's order; of an array
// a key that comes twice gets an array of its values.
func inlineDictionary(s plugin.Setting) (*dictionary, error) {
	d := newDictionary()
	switch s.Kind {
	case plugin.Table:
		for _, entry := range plugin.InJavaOrder(s.Table) {
			d.set(entry.Key, settingValue(entry.Value))
		}
	case plugin.List:
		if len(s.List)%2 != 0 {
			return nil, fmt.Errorf("the list has %d elements, which are no pairs", len(s.List))
		}
		several := map[string][]event.Value{}
		for i := 0; i < len(s.List); i += 2 {
			key := s.List[i].Flat()
			several[key] = append(several[key], settingValue(s.List[i+1]))
			if values := several[key]; len(values) > 1 {
				d.set(key, arrayOf(values))
			} else {
				d.set(key, values[0])
			}
		}
	default:
		return nil, fmt.Errorf("found %s where a hash { } was expected", s.Kind)
	}
	return d, nil
}
