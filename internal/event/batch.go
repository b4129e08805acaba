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
	b.Events, b.Owner, b.Filtered = b.Events[:0], nil, false
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
	bytes   []byte
	fields  []Field
	values  []Value
	objects []ObjectData
	arrays  []ArrayData
	events  []Event
	scratch []Field
	items   []Value
}

// Chunks that have grown beyond these sizes by an unusual batch are not kept, so that
// idle memory stays small.
const (
	chunkBytes    = 64 << 10
	maxKeptBytes  = 1 << 20
	maxKeptFields = 32 << 10
)

func (m *memory) reset() {
	if cap(m.bytes) > maxKeptBytes {
		m.bytes = nil
	}
	if cap(m.fields) > maxKeptFields {
		m.fields = nil
	}
	if cap(m.values) > maxKeptFields {
		m.values = nil
	}
	if cap(m.scratch) > maxKeptFields {
		m.scratch = nil
	}
	if cap(m.items) > maxKeptFields {
		m.items = nil
	}
	m.bytes = m.bytes[:0]
	m.fields = m.fields[:0]
	m.values = m.values[:0]
	m.objects = m.objects[:0]
	m.arrays = m.arrays[:0]
	m.events = m.events[:0]
}

func (m *memory) alloc(n int) []byte {
	used := len(m.bytes)
	if used+n > cap(m.bytes) {
		m.bytes = make([]byte, 0, max(chunkBytes, n, min(2*cap(m.bytes), maxKeptBytes)))
		used = 0
	}
	m.bytes = m.bytes[:used+n]
	return m.bytes[used : used+n : used+n]
}

// slots returns n slots out of a chunk; their content is undefined.
func slots[T any](chunk *[]T, n, least int) []T {
	used := len(*chunk)
	if used+n > cap(*chunk) {
		*chunk = make([]T, 0, max(least, n, min(2*cap(*chunk), maxKeptFields)))
		used = 0
	}
	*chunk = (*chunk)[:used+n]
	return (*chunk)[used : used+n : used+n]
}

// fieldSlots returns an empty slice with room for n fields.
func (m *memory) fieldSlots(n int) []Field { return slots(&m.fields, n, 256)[:0] }

func (m *memory) object() *ObjectData {
	o := &slots(&m.objects, 1, 16)[0]
	*o = ObjectData{mem: m}
	return o
}

func (m *memory) array() *ArrayData {
	a := &slots(&m.arrays, 1, 16)[0]
	*a = ArrayData{}
	return a
}

func (m *memory) event(b *Batch) *Event {
	e := &slots(&m.events, 1, 32)[0]
	*e = Event{batch: b, root: ObjectData{mem: m}, meta: ObjectData{mem: m}}
	return e
}

var poison atomic.Bool

// PoisonReleased makes Release overwrite the text memory of a batch, so that a test
// sees at once when something has been kept too long.
func PoisonReleased(on bool) { poison.Store(on) }

func (m *memory) poison() {
	b := m.bytes[:cap(m.bytes)]
	for i := range b {
		b[i] = '~'
	}
}
