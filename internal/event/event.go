package event

import (
	"errors"
	"fmt"
	"time"
)

// Event is an ordered object with @timestamp and, beside it, @metadata, which no
// output shows. It belongs to a batch and is not safe for concurrent use.
type Event struct {
	root      ObjectData
	meta      ObjectData
	batch     *Batch
	cancelled bool

	rejected string

	// Fate is for the pipeline: what has become of the event at its outputs.
	Fate Fate

	// Seq is the event's place in the queue that it was read from, and 0 for one that
	// was made later.
	Seq uint64

	// See AppendID.
	first  *Event // that this one was cloned from, at the root
	clones uint32 // of first: how many there are
	number uint32 // of a clone: the how manieth it is
}

// Fate says what has become of an event at the outputs of its pipeline.
type Fate uint8

// Routed: at least one output was to take it. DeadLettered: one of them refused it.
// Spilled: a copy of it waits for one of them.
const (
	Routed Fate = 1 << iota
	DeadLettered
	Spilled
)

// Counted: it has met its end, and stands in the account.
const Counted Fate = 1 << 7

var versionOne = Value{mark: mark{String, verbatim}, p: StringValue("1").p, n: 1}

// These errors tell why a field cannot be set. In Logstash they are exceptions of the
// same meaning.
var (
	ErrNotTimestamp = errors.New("@timestamp can only be set to a timestamp") // TypeError
	ErrTags         = errors.New("tags can only be a string or a list of strings")
	ErrUnderScalar  = errors.New("a field below a value that is no object or array cannot be set") // InvalidFieldSetException
	ErrIndex        = errors.New("an index counted from the end is before the start of the array")
	ErrMetadata     = errors.New("@metadata can only be set to an object")
)

// Batch returns the batch that owns the event's memory.
func (e *Event) Batch() *Batch { return e.batch }

// Root returns the fields of the event, without @metadata. It is the event's own object.
func (e *Event) Root() *ObjectData { return &e.root }

// Metadata returns the fields of @metadata. It is the event's own object.
func (e *Event) Metadata() *ObjectData { return &e.meta }

// Cancel makes the event disappear after the filter that runs.
func (e *Event) Cancel() { e.cancelled = true }

// Uncancel takes Cancel back.
func (e *Event) Uncancel() { e.cancelled = false }

// Reject sends the event to the dead letter queue after the filter that runs, with the
// reason why it cannot go on.
func (e *Event) Reject(reason string) { e.cancelled, e.rejected = true, reason }

// Rejected returns the reason of Reject, and "".
func (e *Event) Rejected() string { return e.rejected }

// Cancelled tells whether the event has been cancelled.
func (e *Event) Cancelled() bool { return e.cancelled }

// open makes a container readable in place and returns the value at p.
func (e *Event) open(p *Value) {
	if p.flag == 0 {
		return
	}
	switch p.kind {
	case Object:
		if p.flag&lazy != 0 {
			q := parser{src: p.lazyText(), mem: &e.batch.mem, exact: p.flag&exact != 0}
			*p = ObjectValue(q.openObject())
		}
	case Array:
		if p.flag&lazy != 0 {
			q := parser{src: p.lazyText(), mem: &e.batch.mem, exact: p.flag&exact != 0}
			*p = ArrayValue(q.openArray())
		}
	case String:
		if p.flag&escaped != 0 {
			q := parser{mem: &e.batch.mem}
			*p = StringValue(q.unescape(p.text()))
		}
	}
}

// at returns where the value of a reference stands, or nil. It opens what is on the way.
func (e *Event) at(r *compiledRef) *Value {
	o := &e.root
	if r.meta {
		o = &e.meta
	}
	i := o.locate(r.path[0].key, r.path[0].bit)
	if i < 0 {
		return nil
	}
	p := &o.fields[i].Value
	for n := range r.path[1:] {
		s := &r.path[1+n]
		e.open(p)
		switch p.kind {
		case Object:
			o = (*ObjectData)(p.p)
			if i = o.locate(s.key, s.bit); i < 0 {
				return nil
			}
			p = &o.fields[i].Value
		case Array:
			a := (*ArrayData)(p.p)
			i, ok := arrayIndex(s, len(a.Items))
			if !ok {
				return nil
			}
			p = &a.Items[i]
		default:
			return nil
		}
	}
	return p
}

func arrayIndex(s *step, n int) (int, bool) {
	if !s.isIndex {
		return 0, false
	}
	i := s.index
	if i < 0 {
		i += n
	}
	return i, 0 <= i && i < n
}

// Get returns the value of a field, and Missing when there is none. A string is ready
// for use; an object or array may still be text, see Open.
func (e *Event) Get(r Ref) Value {
	c := r.compiled()
	if len(c.path) == 0 {
		if c.meta {
			return ObjectValue(&e.meta)
		}
		return Value{}
	}
	p := e.at(c)
	if p == nil {
		if c.isID {
			return e.id()
		}
		return Value{}
	}
	if p.flag&escaped != 0 {
		e.open(p)
	}
	return *p
}

// Open is Get for those who want to change the object or array itself: what it returns
// is the event's own.
func (e *Event) Open(r Ref) Value {
	c := r.compiled()
	if len(c.path) == 0 {
		return e.Get(r)
	}
	p := e.at(c)
	if p == nil {
		return Value{}
	}
	e.open(p)
	return *p
}

// MakeObject returns the object at a reference, the event's own, and makes one where
// there is nothing. It returns nil where something else is, or where none can be.
func (e *Event) MakeObject(r Ref) *ObjectData {
	v := e.Open(r)
	if v.kind == Object {
		return v.Object()
	}
	if v.Exists() {
		return nil
	}
	o := e.batch.mem.object()
	o.fields = e.batch.mem.fieldSlots(12)
	if e.Set(r, ObjectValue(o)) != nil {
		return nil
	}
	return o
}

// Has tells whether the field is there, be it null.
func (e *Event) Has(r Ref) bool { return e.Get(r).Exists() }

// Set gives a field its value, making the objects on the way. The event shares the
// memory of v: the caller gives it away, or it lives as long as the batch.
// Errors: ErrNotTimestamp, ErrTags, ErrUnderScalar, ErrIndex, ErrMetadata.
func (e *Event) Set(r Ref, v Value) error {
	c, o := r.compiled(), &e.root
	if !c.plain {
		if err := checkSet(c, v); err != nil {
			return err
		}
		if c.meta {
			if len(c.path) == 0 {
				e.meta = *v.Object()
				return nil
			}
			if o = &e.meta; o.fields == nil {
				o.fields = e.batch.mem.fieldSlots(4)
			}
		}
	}
	if len(c.path) == 1 {
		o.set(c.path[0].key, c.path[0].bit, v)
		return nil
	}
	return e.setBelow(o, c.path, v)
}

// SetMissing is Set where there is nothing, or null. It reports false where something is.
func (e *Event) SetMissing(r Ref, v Value) (bool, error) {
	c := r.compiled()
	if c.meta || len(c.path) != 1 {
		if !e.Get(r).IsNil() {
			return false, nil
		}
		return true, e.Set(r, v)
	}
	s := &c.path[0]
	i := e.root.locate(s.key, s.bit)
	if i >= 0 && e.root.fields[i].Value.kind != Null {
		return false, nil
	}
	if !c.plain {
		if err := checkSet(c, v); err != nil {
			return true, err
		}
	}
	if i >= 0 {
		e.root.fields[i].Value = v
	} else {
		e.root.append(s.key, s.bit, v)
	}
	return true, nil
}

func checkSet(r *compiledRef, v Value) error {
	if r.meta {
		if len(r.path) == 0 && v.kind != Object {
			return ErrMetadata
		}
		return nil
	}
	if len(r.path) == 0 {
		return &RefError{r.text}
	}
	switch r.path[0].key {
	case timestampKey:
		if len(r.path) == 1 && v.kind != Time {
			return fmt.Errorf("%w, not to a %s", ErrNotTimestamp, v.kind)
		}
	case tagsKey:
		if len(r.path) > 1 || !isTags(v) {
			return ErrTags
		}
	}
	return nil
}

func isTags(v Value) bool {
	switch v.kind {
	case String:
		return true
	case Array:
		for _, item := range v.Array().Items {
			if item.kind != String {
				return false
			}
		}
		return true
	}
	return false
}

func (e *Event) setBelow(o *ObjectData, path []step, v Value) error {
	container := ObjectValue(o)
	for n := range path {
		s, last := &path[n], n == len(path)-1
		var p *Value
		switch container.kind {
		case Object:
			o := (*ObjectData)(container.p)
			if last {
				o.set(s.key, s.bit, v)
				return nil
			}
			i := o.locate(s.key, s.bit)
			if i < 0 {
				inner := e.batch.mem.object()
				inner.fields = e.batch.mem.fieldSlots(4)
				o.append(s.key, s.bit, ObjectValue(inner))
				i = len(o.fields) - 1
			}
			p = &o.fields[i].Value
		case Array:
			a := (*ArrayData)(container.p)
			if !s.isIndex {
				return nil // Logstash ignores a name below an array
			}
			i := s.index
			if i < 0 {
				if i += len(a.Items); i < 0 {
					return ErrIndex
				}
			}
			if i > maxArrayGrowth && i >= len(a.Items) {
				return fmt.Errorf("%w: index %d is too large", ErrIndex, i)
			}
			for len(a.Items) <= i {
				a.Items = append(a.Items, NullValue)
			}
			if last {
				a.Items[i] = v
				return nil
			}
			if p = &a.Items[i]; p.kind == Null {
				*p = ObjectValue(e.batch.mem.object())
			}
		default:
			return ErrUnderScalar
		}
		e.open(p)
		container = *p
	}
	return nil
}

// maxArrayGrowth is how far past its end an array may be extended by an index, so that
// an event cannot ask for any amount of memory.
const maxArrayGrowth = 100_000

// Remove takes a field out and returns what it held.
func (e *Event) Remove(ref Ref) Value {
	r, o := ref.compiled(), &e.root
	if r.meta {
		if len(r.path) == 0 {
			old := e.meta
			e.meta = ObjectData{}
			return ObjectValue(&old)
		}
		o = &e.meta
	}
	switch n := len(r.path); n {
	case 0:
		return Value{}
	case 1:
		i := o.locate(r.path[0].key, r.path[0].bit)
		if i < 0 {
			return Value{}
		}
		e.openString(&o.fields[i].Value)
		return o.deleteAt(i)
	default:
		parent := compiledRef{path: r.path[:n-1], meta: r.meta}
		p := e.at(&parent)
		if p == nil {
			return Value{}
		}
		e.open(p)
		switch p.kind {
		case Object:
			v, _ := (*ObjectData)(p.p).Delete(r.path[n-1].key)
			e.openString(&v)
			return v
		case Array:
			a := (*ArrayData)(p.p)
			if i, ok := arrayIndex(&r.path[n-1], len(a.Items)); ok {
				v := a.Items[i]
				e.openString(&v)
				a.Items = append(a.Items[:i], a.Items[i+1:]...)
				return v
			}
		}
	}
	return Value{}
}

func (e *Event) openString(p *Value) {
	if p.flag&escaped != 0 {
		e.open(p)
	}
}

// Timestamp returns @timestamp, and false when it has been removed.
func (e *Event) Timestamp() (time.Time, bool) {
	v, _ := e.root.Get(timestampKey)
	if v.kind != Time {
		return time.Time{}, false
	}
	return v.Time(), true
}

// SetTimestamp sets @timestamp.
func (e *Event) SetTimestamp(t time.Time) { e.root.Set(timestampKey, TimeValue(t)) }

var tagsRef = MustRef(tagsKey)

// Tag adds a tag that is not there yet, as LogStash::Event#tag does.
func (e *Event) Tag(tag string) {
	v := e.Open(tagsRef)
	switch v.kind {
	case Array:
		a := v.Array()
		for _, t := range a.Items {
			if t.Str() == tag {
				return
			}
		}
		a.Items = append(a.Items, StringValue(tag))
	case String:
		if v.Str() != tag {
			e.root.Set(tagsKey, e.array(v, StringValue(tag)))
		}
	default:
		e.root.Set(tagsKey, e.array(StringValue(tag)))
	}
}

// AddTag adds a tag even if it is there already, as the common option add_tag does.
func (e *Event) AddTag(tag string) {
	v := e.Open(tagsRef)
	switch v.kind {
	case Array:
		a := v.Array()
		a.Items = append(a.Items, StringValue(tag))
	case String:
		e.root.Set(tagsKey, e.array(v, StringValue(tag)))
	default:
		e.root.Set(tagsKey, e.array(StringValue(tag)))
	}
}

func (e *Event) array(items ...Value) Value {
	a := e.batch.mem.array()
	a.Items = append(e.batch.mem.values.take(len(items)+2, 64)[:0], items...)
	return ArrayValue(a)
}

// HasTag tells whether the event has a tag.
func (e *Event) HasTag(tag string) bool {
	v := e.Open(tagsRef)
	if v.kind == Array {
		for _, t := range v.Array().Items {
			if t.Str() == tag {
				return true
			}
		}
	}
	return v.kind == String && v.Str() == tag
}

// Clone returns a copy of the event in the same batch, in no list yet. It has no Seq, and
// an id of its own.
func (e *Event) Clone() *Event {
	c := e.batch.blank()
	c.root = *e.root.Clone()
	c.meta = *e.meta.Clone()
	if c.first = e.first; c.first == nil {
		c.first = e
	}
	c.first.clones++
	c.number = c.first.clones
	return c
}

// NewEvent returns an event with @timestamp (now) and @version in the batch of e, in no
// list yet, for filters that make events.
func (e *Event) NewEvent() *Event {
	n := e.batch.New()
	e.batch.Events = e.batch.Events[:len(e.batch.Events)-1]
	return n
}

// Replace makes root the fields of the event, as if it had come in as JSON: @timestamp,
// @version, @metadata and tags get what Logstash gives them. Metadata is kept unless
// root has some.
func (e *Event) Replace(root *ObjectData) {
	e.root = *root
	e.admit(true)
}
