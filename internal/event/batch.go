package event

import (
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Batch is events and the memory they live in. A batch has one owner at a time; it is
// not safe for concurrent use.
type Batch struct {
	Events []*Event

	// Mark is for the queue that handed the batch out.
	Mark int

	// Owner is for the queue that handed the batch out, too.
	Owner any

	// Filtered says that the events have passed the filters of their pipeline and only
	// have to be delivered: they come from a pipeline that has been replaced.
	Filtered bool

	mem    memory
	parts  []*Batch // batches whose events have been taken over
	origin Origin
	pinned bool
}

var batches = sync.Pool{New: func() any { return new(Batch) }}

// NewBatch returns an empty batch, with memory of an earlier one where there is some.
func NewBatch() *Batch { return batches.Get().(*Batch) }

// Release gives the memory back for reuse. Everything taken from the batch is invalid
// afterwards: events, values and their strings. Releasing a pinned batch leaves its
// memory to the garbage collector.
func (b *Batch) Release() {
	for _, part := range b.parts {
		part.Release()
	}
	if b.pinned {
		return
	}
	if poison.Load() {
		b.mem.poison()
	}
	clear(b.Events)
	b.Events, b.Owner, b.Filtered, b.origin = b.Events[:0], nil, false, 0
	clear(b.parts)
	b.parts = b.parts[:0]
	b.mem.reset()
	batches.Put(b)
}

// Pin keeps the memory of the batch from being reused, for those who keep strings or
// values beyond the life of the batch.
func (b *Batch) Pin() {
	b.pinned = true
	for _, part := range b.parts {
		part.Pin()
	}
}

// Pinned tells whether the memory is kept from being reused.
func (b *Batch) Pinned() bool { return b.pinned }

// Absorb moves all events of other to the end of b, which then owns their memory too.
func (b *Batch) Absorb(other *Batch) {
	b.Events = append(b.Events, other.Events...)
	b.parts = append(b.parts, other)
	b.pinned = b.pinned || other.pinned
}

// Buffer returns n bytes of the batch's memory, with any content.
func (b *Batch) Buffer(n int) []byte { return b.mem.alloc(n) }

// Copy returns a copy of text that lives in the batch.
func (b *Batch) Copy(text []byte) []byte {
	c := b.mem.alloc(len(text))
	copy(c, text)
	return c
}

// CopyString returns a copy of text that lives in the batch.
func (b *Batch) CopyString(text string) string {
	if text == "" {
		return ""
	}
	c := b.mem.alloc(len(text))
	copy(c, text)
	return unsafe.String(&c[0], len(c))
}

// Object returns the fields of an object as Value.Object does, but what is still text is
// parsed into the memory of the batch.
func (b *Batch) Object(v Value) *ObjectData {
	if v.kind != Object || v.flag&lazy == 0 {
		return v.Object()
	}
	p := parser{src: v.lazyText(), mem: &b.mem, exact: v.flag&exact != 0}
	return p.openObject()
}

// Array is Object for the items of an array.
func (b *Batch) Array(v Value) *ArrayData {
	if v.kind != Array || v.flag&lazy == 0 {
		return v.Array()
	}
	p := parser{src: v.lazyText(), mem: &b.mem, exact: v.flag&exact != 0}
	return p.openArray()
}

// Str is Value.Str, but a text that is still JSON with escapes is resolved in the memory
// of the batch.
func (b *Batch) Str(v Value) string {
	if v.kind != String || v.flag&escaped == 0 {
		return v.Str()
	}
	p := parser{mem: &b.mem}
	return p.unescape(v.text())
}

// NewObject returns an empty object in the memory of the batch, with room for n fields.
func (b *Batch) NewObject(n int) *ObjectData {
	o := b.mem.object()
	o.fields = b.mem.fieldSlots(n)
	return o
}

// NewArray returns an array of n values in the memory of the batch. They are to be set.
func (b *Batch) NewArray(n int) *ArrayData {
	a := b.mem.array()
	a.Items = b.mem.values.take(n, 64)
	return a
}

// New adds an event that has only @timestamp (now) and @version.
func (b *Batch) New() *Event {
	e := b.mem.event(b)
	e.root.fields = b.mem.fieldSlots(12)
	e.root.add(timestampKey, TimeValue(time.Now()))
	e.root.add(versionKey, versionOne)
	b.Events = append(b.Events, e)
	return e
}

// blank returns an event without any field that is in no list yet.
func (b *Batch) blank() *Event { return b.mem.event(b) }

// memory hands out slots from chunks that are kept from one use to the next. Nothing
// in it is freed one by one.
type memory struct {
	bytes   slab[byte]
	fields  slab[Field]
	values  slab[Value]
	objects slab[ObjectData]
	arrays  slab[ArrayData]
	events  slab[Event]
	scratch []Field
	items   []Value
}

// slab is memory for many values of one type, in chunks. The first chunk has the size
// that is asked for first; each further one is twice as large as the one before.
type slab[T any] struct {
	chunks [][]T
	at     int // the chunk that is being filled
}

// What a batch keeps for its next use, in values of the type; an unusual batch gives
// back what goes beyond, so that idle memory stays small.
const (
	keptBytes   = 2 << 20
	keptFields  = 64 << 10
	keptOthers  = 4 << 10
	keptScratch = 4 << 10
)

// take returns n slots; their content is undefined.
func (s *slab[T]) take(n, least int) []T {
	for ; s.at < len(s.chunks); s.at++ {
		c := &s.chunks[s.at]
		if used := len(*c); used+n <= cap(*c) {
			*c = (*c)[:used+n]
			return (*c)[used : used+n : used+n]
		}
	}
	if s.at > 0 {
		least = min(2*cap(s.chunks[s.at-1]), keptBytes/8)
	}
	c := make([]T, n, max(least, n))
	s.chunks = append(s.chunks, c)
	return c[:n:n]
}

// reset makes all chunks free, and lets go of those beyond what is kept.
func (s *slab[T]) reset(kept int) {
	total := 0
	for i := range s.chunks {
		if total += cap(s.chunks[i]); total > kept && i > 0 || cap(s.chunks[i]) > kept {
			clear(s.chunks[i:])
			s.chunks = s.chunks[:i]
			break
		}
		s.chunks[i] = s.chunks[i][:0]
	}
	s.at = 0
}

func (m *memory) reset() {
	m.bytes.reset(keptBytes)
	m.fields.reset(keptFields)
	m.values.reset(keptOthers)
	m.objects.reset(keptOthers)
	m.arrays.reset(keptOthers)
	m.events.reset(keptOthers)
	if cap(m.scratch) > keptScratch {
		m.scratch = nil
	}
	if cap(m.items) > keptScratch {
		m.items = nil
	}
}

func (m *memory) alloc(n int) []byte { return m.bytes.take(n, 16<<10) }

// fieldSlots returns an empty slice with room for n fields.
func (m *memory) fieldSlots(n int) []Field { return m.fields.take(n, 256)[:0] }

func (m *memory) object() *ObjectData {
	o := &m.objects.take(1, 16)[0]
	*o = ObjectData{mem: m}
	return o
}

func (m *memory) array() *ArrayData {
	a := &m.arrays.take(1, 16)[0]
	*a = ArrayData{}
	return a
}

func (m *memory) event(b *Batch) *Event {
	e := &m.events.take(1, 32)[0]
	*e = Event{batch: b, root: ObjectData{mem: m}, meta: ObjectData{mem: m}}
	return e
}

var poison atomic.Bool

// PoisonReleased makes Release overwrite the text memory of a batch, so that a test
// sees at once when something has been kept too long.
func PoisonReleased(on bool) { poison.Store(on) }

func (m *memory) poison() {
	for _, c := range m.bytes.chunks {
		for i := range c {
			c[i] = '~'
		}
	}
}
