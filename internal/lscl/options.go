package lscl

import (
	"slices"

	"sluice/internal/diag"
)

// Options returns the options of a plugin with repeated ones merged as Logstash does
// (lscl.rb, Plugin#expr_attributes), in the order of their first appearance:
//   - a hash takes in the pairs of the next hash; values of equal keys become a list
//   - a list takes in the elements of the next value
//   - of other values a list is made, unless they are equal
//
// An option that stands once is the attribute of the tree itself. A merged one has
// the place and name of the first. Nothing in the tree is changed.
func (p *Plugin) Options() []*Attribute {
	merged := make([]*Attribute, 0, len(p.Attributes))
	index := make(map[string]int, len(p.Attributes))
	for _, a := range p.Attributes {
		if a.Value == nil {
			continue
		}
		i, seen := index[a.Name]
		if !seen {
			index[a.Name] = len(merged)
			merged = append(merged, a)
			continue
		}
		first := *merged[i]
		first.Value = mergeOption(first.Value, a.Value)
		merged[i] = &first
	}
	return merged
}

func mergeOption(old, new Value) Value {
	switch o := old.(type) {
	case *Hash:
		if n, ok := new.(*Hash); ok {
			return mergeHashes(o, n, true)
		}
	case *Array:
		if n, ok := new.(*Array); ok {
			return &Array{At: o.At, Values: slices.Concat(o.Values, n.Values)}
		}
		return &Array{At: o.At, Values: append(slices.Clip(o.Values), new)}
	}
	if equal(old, new) {
		return old
	}
	return &Array{At: old.Span(), Values: []Value{old, new}}
}

// mergeHashes adds the pairs of b to those of a. With repeats, lists of equal keys are
// joined whole, otherwise elements that are there already are left out.
func mergeHashes(a, b *Hash, repeats bool) *Hash {
	m := &Hash{At: a.At, Entries: slices.Clone(a.Entries)}
	index := make(map[string]int, len(m.Entries))
	for i, e := range m.Entries {
		index[keyText(e)] = i
	}
	for _, e := range b.Entries {
		i, seen := index[keyText(e)]
		if !seen {
			index[keyText(e)] = len(m.Entries)
			m.Entries = append(m.Entries, e)
			continue
		}
		both := *m.Entries[i]
		both.Value = mergeValues(both.Value, e.Value, repeats)
		m.Entries[i] = &both
	}
	return m
}

func mergeValues(old, new Value, repeats bool) Value {
	oldHash, ok1 := old.(*Hash)
	newHash, ok2 := new.(*Hash)
	if ok1 && ok2 {
		return mergeHashes(oldHash, newHash, false)
	}
	list := &Array{At: old.Span(), Values: []Value{old}}
	oldList, isList := old.(*Array)
	if isList {
		list.Values = slices.Clone(oldList.Values)
	}
	add, newIsList := []Value{new}, false
	if n, ok := new.(*Array); ok {
		add, newIsList = n.Values, true
	}
	for _, v := range add {
		if repeats && newIsList || !slices.ContainsFunc(list.Values, func(x Value) bool { return equal(x, v) }) {
			list.Values = append(list.Values, v)
		}
	}
	if len(list.Values) == 1 && !isList && !newIsList {
		return old
	}
	return list
}

// keyText returns what a key is equal by.
func keyText(e *Entry) string {
	if s, ok := e.Key.(*String); ok {
		return s.Text
	}
	return "\x00" + e.Key.(*Number).Text
}

// equal tells whether two values are the same for Logstash. Two plugins never are.
func equal(a, b Value) bool {
	switch a := a.(type) {
	case *String:
		b, ok := b.(*String)
		return ok && a.Text == b.Text
	case *Number:
		b, ok := b.(*Number)
		return ok && a.IsFloat == b.IsFloat && a.Int == b.Int && a.Float == b.Float
	case *Array:
		b, ok := b.(*Array)
		return ok && slices.EqualFunc(a.Values, b.Values, equal)
	case *Hash:
		b, ok := b.(*Hash)
		return ok && slices.EqualFunc(a.Entries, b.Entries, func(x, y *Entry) bool {
			return keyText(x) == keyText(y) && equal(x.Value, y.Value)
		})
	}
	return false
}

// TextSource returns the value of the string as a source of its own, for errors in a
// language inside of it (Ruby, a pattern, JSON): its places are shown in the
// configuration. With decoded escapes the columns behind an escape are those of the
// decoded text; the lines are right.
func (s *String) TextSource() *diag.Source {
	if !s.Content.Valid() {
		return diag.NewSource("string", s.Text)
	}
	raw := s.Content.Text()
	if raw == s.Text {
		return diag.EmbedAt(s.Content.Source, s.Text, s.Content.Start)
	}
	starts := []int{s.Content.Start}
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\n':
			starts = append(starts, s.Content.Start+i+1)
		case raw[i] == '\\' && i+1 < len(raw):
			i++
			if raw[i] == 'n' {
				starts = append(starts, s.Content.Start+i+1)
			} else if raw[i] == '\n' {
				starts = append(starts, s.Content.Start+i+1)
			}
		}
	}
	return diag.Embed(s.Content.Source, s.Text, starts)
}

// Source returns the pattern as a source of its own, whose places are shown in the
// configuration.
func (r *Regex) Source() *diag.Source {
	return diag.EmbedAt(r.Content.Source, r.Pattern, r.Content.Start)
}
