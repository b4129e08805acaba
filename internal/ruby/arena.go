package ruby

import (
	"unsafe"

	"sluice/internal/event"
)

// arena hands out the objects of a run from blocks of memory. When the script keeps no
// state, the blocks are used again for the next event.
type arena struct {
	strs    slab[String]
	arrays  slab[Array]
	hashes  slab[Hash]
	frames  slab[frame]
	procs   slab[Proc]
	origins slab[origin]
	homes   slab[home]
	stamps  slab[Timestamp]
	times   slab[Time]
	events  slab[EventObj]
	matches slab[MatchData]
	errors  slab[Exception]
	tree    event.Tree // parts of the event that views look into
	vals    []Value    // lists of values are cut from it
	places  []int      // those of matches
	text    int        // bytes that a run may still put into its batch
}

// slab is a block of values of one type. A new block is larger than the full one.
type slab[T any] struct {
	block []T
	n     int
}

// Blocks stay small, as a script with state may keep one value out of a block.
const minBlock, maxBlock = 16, 256

// take returns a value of which the caller sets every field.
func (s *slab[T]) take() *T {
	if s.n == len(s.block) {
		s.grow()
	}
	s.n++
	return &s.block[s.n-1]
}

func (s *slab[T]) grow() {
	s.block = make([]T, min(max(2*len(s.block), minBlock), maxBlock))
	s.n = 0
}

// valueBlock is how many values are got at once; a list larger than an eighth has memory
// of its own.
const valueBlock = 512

// textOfRun is how much text a run may put into the memory of its batch, which is only
// free again when the batch is. What a script builds beyond it is the garbage collector's.
const textOfRun = 64 << 10

func (a *arena) reset() {
	a.tree.Reset()
	a.strs.n, a.arrays.n, a.hashes.n, a.frames.n, a.procs.n = 0, 0, 0, 0, 0
	a.origins.n, a.homes.n, a.stamps.n, a.times.n, a.events.n = 0, 0, 0, 0, 0
	a.matches.n, a.errors.n, a.vals, a.places = 0, 0, a.vals[:0], a.places[:0]
}

// forget lets go of everything that was handed out: something of it is kept.
func (a *arena) forget() { *a = arena{} }

func (a *arena) hash() *Hash {
	h := a.hashes.take()
	*h = Hash{ents: h.ents[:0]}
	return h
}

// values returns n values, all nil.
func (a *arena) values(n int) []Value {
	if n > valueBlock/8 {
		return make([]Value, n)
	}
	used := len(a.vals)
	if used+n > cap(a.vals) {
		a.vals = make([]Value, 0, valueBlock)
		used = 0
	}
	a.vals = a.vals[:used+n]
	v := a.vals[used : used+n : used+n]
	clear(v)
	return v
}

// push appends to a list, whose memory grows in the arena while it is small.
func (a *arena) push(list []Value, v Value) []Value {
	if len(list) == cap(list) && len(list) <= valueBlock/32 {
		more := a.values(max(4, 2*len(list)))
		copy(more, list)
		more = more[:len(list)+1]
		more[len(list)] = v
		return more
	}
	return append(list, v)
}

// ints returns a copy of list.
func (a *arena) ints(list []int) []int {
	used := len(a.places)
	if used+len(list) > cap(a.places) {
		a.places = make([]int, 0, max(128, len(list)))
		used = 0
	}
	a.places = append(a.places, list...)
	return a.places[used : used+len(list) : used+len(list)]
}

// frame returns a frame for a body that is not called: a program, a class.
func (a *arena) frame(nvars int) *frame {
	f := a.frames.take()
	*f = frame{vars: a.values(nvars), kept: true, slot: -1}
	return f
}

// buffer returns an empty buffer for a text of at most n bytes, which may become a
// field of the event.
func (th *thread) buffer(n int) []byte {
	if th.inBatch(n) {
		return th.ev.Batch().Buffer(n)[:0]
	}
	return make([]byte, 0, n)
}

// copyText returns a text that may become a field of the event.
func (th *thread) copyText(b []byte) string { return textOf(append(th.buffer(len(b)), b...)) }

// scratch returns an empty buffer of the thread in which a text can grow. Who has it
// gives it back with settled, unless something unwinds.
func (th *thread) scratch() []byte {
	b := th.spare[:0]
	th.spare = nil
	return b
}

// maxSpare is the size up to which the buffer is kept.
const maxSpare = 16 << 10

// settled returns the text of a buffer from scratch.
func (th *thread) settled(b []byte) string {
	if cap(b) > maxSpare {
		return textOf(b)
	}
	th.spare = b
	return th.copyText(b)
}

// textOf makes a text of a buffer that is not written any more.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func (th *thread) eventObject(ev *event.Event) *EventObj {
	e := th.arena.events.take()
	*e = EventObj{ev}
	return e
}

func (th *thread) timestamp(t Timestamp) Value {
	p := th.arena.stamps.take()
	*p = t
	return Value{o: p}
}
