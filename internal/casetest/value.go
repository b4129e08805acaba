package casetest

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// kind is the form of a value.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// value is a JSON value of a case file, or of an event that came out. Its memory is its
// own.
type value struct {
	kind   kind
	text   string // of a text; of a number as it is written; true or false
	items  []value
	fields []field
	at     diag.Span // the whole value in JSON, its first token in YAML; no place for what came out
}

type field struct {
	key   string
	keyAt diag.Span
	value value
}

func textValue(s string) value { return value{kind: text, text: s} }

// get returns the value of a key, nil when there is none.
func (v *value) get(key string) *value {
	for i := range v.fields {
		if v.fields[i].key == key {
			return &v.fields[i].value
		}
	}
	return nil
}

// set gives a key a value, at the end when it is new.
func (v *value) set(key string, to value) {
	if old := v.get(key); old != nil {
		*old = to
		return
	}
	v.fields = append(v.fields, field{key: key, value: to})
}

func (v *value) remove(key string) {
	v.fields = slices.DeleteFunc(v.fields, func(f field) bool { return f.key == key })
}

// removePath removes a field, and the objects around it that become empty by that, as
// logstash-filter-verifier does.
func (v *value) removePath(path []string) {
	if len(path) == 1 {
		v.remove(path[0])
		return
	}
	inner := v.get(path[0])
	if inner == nil || inner.kind != object {
		return
	}
	if inner.removePath(path[1:]); len(inner.fields) == 0 {
		v.remove(path[0])
	}
}

// setPath sets a field, making the objects on the way.
func (v *value) setPath(path []string, to value) {
	if len(path) == 1 {
		v.set(path[0], to)
		return
	}
	inner := v.get(path[0])
	if inner == nil || inner.kind != object {
		v.set(path[0], value{kind: object})
		inner = v.get(path[0])
	}
	inner.setPath(path[1:], to)
}

// pathOf reads a field reference: [a][b], or a name.
func pathOf(reference string) []string {
	if strings.HasPrefix(reference, "[") && strings.HasSuffix(reference, "]") && len(reference) > 2 {
		path := strings.Split(reference[1:len(reference)-1], "][")
		if !slices.ContainsFunc(path, func(s string) bool { return s == "" || strings.ContainsAny(s, "[],") }) {
			return path
		}
	}
	return []string{reference}
}

// unfold makes objects of the keys that are field references: "[a][b]": 1 is "a": {"b": 1}.
func (v value) unfold() value {
	if v.kind != object {
		return v
	}
	out := value{kind: object, at: v.at}
	for _, f := range v.fields {
		inner := f.value.unfold()
		path := pathOf(f.key)
		if len(path) == 1 {
			out.fields = append(out.fields, field{path[0], f.keyAt, inner})
			continue
		}
		out.setPath(path, inner)
	}
	return out
}

// clone returns a copy that shares nothing that set and remove change.
func (v value) clone() value {
	v.items = slices.Clone(v.items)
	for i := range v.items {
		v.items[i] = v.items[i].clone()
	}
	v.fields = slices.Clone(v.fields)
	for i := range v.fields {
		v.fields[i].value = v.fields[i].value.clone()
	}
	return v
}

// equal tells whether two values are the same. The order of keys does not matter. Unless
// exact, a float is equal to an integer of the same value.
func equal(a, b *value, exact bool) bool {
	if a.kind != b.kind || len(a.items) != len(b.items) || len(a.fields) != len(b.fields) {
		return false
	}
	switch a.kind {
	case number:
		return equalNumbers(a.text, b.text, exact)
	case boolean, text:
		return a.text == b.text
	case list:
		for i := range a.items {
			if !equal(&a.items[i], &b.items[i], exact) {
				return false
			}
		}
	case object:
		for i := range a.fields {
			other := b.get(a.fields[i].key)
			if other == nil || !equal(&a.fields[i].value, other, exact) {
				return false
			}
		}
	}
	return true
}

func equalNumbers(a, b string, exact bool) bool {
	if a == b {
		return true
	}
	if isWhole(a) == isWhole(b) && isWhole(a) || exact && isWhole(a) != isWhole(b) {
		return false
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

func isWhole(number string) bool { return !strings.ContainsAny(number, ".eEnN") }

// sorted returns the value with the keys of all objects in order.
func (v value) sorted() value {
	v = v.clone()
	v.sort()
	return v
}

func (v *value) sort() {
	sort.SliceStable(v.fields, func(i, j int) bool { return v.fields[i].key < v.fields[j].key })
	for i := range v.fields {
		v.fields[i].value.sort()
	}
	for i := range v.items {
		v.items[i].sort()
	}
}

// ordered returns the value with the keys in the order that they have in like; keys that
// like does not have follow in their own order.
func (v value) ordered(like *value) value {
	v = v.clone()
	v.orderAs(like)
	return v
}

func (v *value) orderAs(like *value) {
	if like == nil || v.kind != like.kind {
		v.sort()
		return
	}
	place := map[string]int{}
	for i, f := range like.fields {
		place[f.key] = i + 1
	}
	v.sort()
	sort.SliceStable(v.fields, func(i, j int) bool {
		a, b := place[v.fields[i].key], place[v.fields[j].key]
		return a != 0 && (b == 0 || a < b)
	})
	for i := range v.fields {
		v.fields[i].value.orderAs(like.get(v.fields[i].key))
	}
}

// json appends the value as JSON in one line.
func (v *value) json(dst []byte) []byte {
	switch v.kind {
	case null:
		return append(dst, "null"...)
	case boolean, number:
		return append(dst, v.text...)
	case text:
		return event.AppendQuoted(dst, v.text)
	case list:
		dst = append(dst, '[')
		for i := range v.items {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = v.items[i].json(dst)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i := range v.fields {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = event.AppendQuoted(dst, v.fields[i].key)
		dst = append(dst, ": "...)
		dst = v.fields[i].value.json(dst)
	}
	return append(dst, '}')
}

// String returns the value as JSON in one line.
func (v *value) String() string { return string(v.json(nil)) }

// shortLine is how long a list or object of scalars may be that stands in one line.
const shortLine = 80

// pretty appends the value as JSON of several lines, each but the first indented. Lists
// of scalars stand in one line when they are short; when compact, so do objects.
func (v *value) pretty(dst []byte, indent string, compact bool) []byte {
	inner := indent + "  "
	open, shut := byte('{'), byte('}')
	switch {
	case v.kind == list && len(v.items) > 0 && !v.short():
		open, shut = '[', ']'
	case v.kind == object && len(v.fields) > 0 && (!compact || indent == "" || !v.short()):
	default:
		return v.json(dst)
	}
	dst = append(dst, open)
	for i := range max(len(v.items), len(v.fields)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, '\n'), inner...)
		if v.kind == list {
			dst = v.items[i].pretty(dst, inner, compact)
			continue
		}
		dst = event.AppendQuoted(dst, v.fields[i].key)
		dst = v.fields[i].value.pretty(append(dst, ": "...), inner, compact)
	}
	return append(append(append(dst, '\n'), indent...), shut)
}

func (v *value) short() bool {
	if slices.ContainsFunc(v.items, func(item value) bool { return item.kind >= list }) ||
		slices.ContainsFunc(v.fields, func(f field) bool { return f.value.kind >= list }) {
		return false
	}
	return len(v.json(nil)) <= shortLine
}
