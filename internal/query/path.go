package query

import (
	"strconv"
	"strings"

	"sluice/internal/event"
)

// document is what a condition looks at: an event, or an object inside an array that
// $elemMatch looks at.
type document struct {
	event *event.Event
	value event.Value // an Object, when event is nil
}

// step is one name of a dotted path, and the index that it is for an array, or -1.
type step struct {
	name  string
	index int
}

// path is a dotted path. MongoDB's paths go through arrays: a.b is also the b of every
// object in the array a.
type path struct {
	steps    []step
	prefixes []event.Ref // of an event: the path up to and with each step
	indexed  bool        // some name can be an index
}

func newPath(dotted string) *path {
	p := &path{}
	var ref event.Ref
	for name := range strings.SplitSeq(dotted, ".") {
		s := step{name: name, index: -1}
		if i, err := strconv.Atoi(name); err == nil {
			p.indexed = true
			if i >= 0 && strconv.Itoa(i) == name {
				s.index = i
			}
		}
		p.steps = append(p.steps, s)
		ref = ref.Child(name)
		p.prefixes = append(p.prefixes, ref)
	}
	return p
}

// check is what one operator asks of the values that a path leads to.
type check struct {
	test func(event.Value) bool
	each bool // an array matches also when one of its items does
}

// at asks the value that stands at the end of a path.
func (c *check) at(v event.Value) bool {
	if c.each && v.Kind() == event.Array {
		for _, item := range v.Array().Items {
			if c.test(item) {
				return true
			}
		}
	}
	return c.test(v)
}

// any tells whether one of the values that the path leads to passes. Where there is no
// value at all, Missing is asked.
func (p *path) any(d document, c *check) bool {
	if d.event == nil {
		return p.below(d.value, 0, c)
	}
	last := len(p.steps) - 1
	if !p.indexed || last == 0 {
		v := d.event.Get(p.prefixes[last])
		if v.Kind() == event.Array {
			return c.at(d.event.Open(p.prefixes[last]))
		}
		if v.Exists() || last == 0 {
			// A path that leads somewhere without an index has no array on its way.
			return c.test(v)
		}
	}
	for i, ref := range p.prefixes[:last] {
		switch v := d.event.Open(ref); v.Kind() {
		case event.Object:
		case event.Array:
			return p.inArray(v.Array(), i+1, c)
		default:
			return c.at(event.Value{})
		}
	}
	return c.at(d.event.Open(p.prefixes[last]))
}

// below goes on from a value with the steps from i on.
func (p *path) below(v event.Value, i int, c *check) bool {
	if i == len(p.steps) {
		return c.at(v)
	}
	switch v.Kind() {
	case event.Object:
		return p.inObject(v.Object(), i, c)
	case event.Array:
		return p.inArray(v.Array(), i, c)
	}
	return c.at(event.Value{})
}

func (p *path) inObject(o *event.ObjectData, i int, c *check) bool {
	v, _ := o.Get(p.steps[i].name)
	return p.below(v, i+1, c)
}

// inArray looks at the item that a step is the index of, and into every object of the
// array. Items that are neither have nothing at the path, not even Missing.
func (p *path) inArray(a *event.ArrayData, i int, c *check) bool {
	if n := p.steps[i].index; n >= 0 && n < len(a.Items) {
		item, last := a.Items[n], i+1 == len(p.steps)
		if (last || classOf(item) == object || classOf(item) == array) && p.below(item, i+1, c) {
			return true
		}
	}
	for _, item := range a.Items {
		if item.Kind() == event.Object && p.inObject(item.Object(), i, c) {
			return true
		}
	}
	return false
}
