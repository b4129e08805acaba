package pipeline

import (
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
)

// Queue stands between inputs and workers.
type Queue interface {
	// Put takes a batch over; see plugin.Sink.
	Put(ctx context.Context, b *event.Batch) error

	// Take returns up to most events; it waits for the first one as long as ctx
	// lives, and for more at most delay, and not at all while the queue is full. The
	// error is io.EOF when the queue is closed and nothing will come any more.
	Take(ctx context.Context, most int, delay time.Duration) (*event.Batch, error)

	// Done says that every event of a batch from Take has met its end, as t tells, and
	// releases the batch.
	Done(b *event.Batch, t *Tally)

	// Abandon gives a batch from Take back undone. A persisted queue delivers all of it
	// again after a restart, and t does not count; other queues take back what is in the
	// batch now, and t tells what came of the others. It tells whether the events are
	// safe; if not, they are counted as lost.
	Abandon(b *event.Batch, t *Tally) bool

	// Count counts what came of events that were in no batch from Take.
	Count(t *Tally)

	// Account returns the lasting account.
	Account() Account

	// Close says that nothing more will be put.
	Close()

	// State tells how full the queue is.
	State() QueueState
}

// QueueState is a queue at a moment.
type QueueState struct {
	Type      string    // memory or persisted
	Events    int64     // not yet done
	Bytes     int64     // on disk; 0 for a memory queue
	MaxBytes  int64     // 0 for no limit
	MaxEvents int64     // 0 for no limit
	Full      bool      // it pushes back on the inputs
	FullSince time.Time // since when, without interruption
}

// memoryQueue keeps batches in memory; what is in it is lost with the process.
type memoryQueue struct {
	mu        sync.Mutex
	changed   chan struct{} // closed and replaced at every change
	batches   []*event.Batch
	waiting   int // events in batches
	inFlight  int // events taken and not done
	capacity  int
	closed    bool
	fullSince time.Time

	next    *memoryQueue // takes everything over; see HandOver
	counted func(n int)
	book    *Book
}

// NewMemoryQueue returns a queue that pushes back when it holds capacity events, and
// keeps its account in book. A batch is taken whole, so that it may hold one batch more.
func NewMemoryQueue(capacity int, book *Book) Queue {
	return &memoryQueue{changed: make(chan struct{}), capacity: max(capacity, 1), book: book}
}

// HandOver moves what waits in a memory queue into another one, and everything that is
// put into it or comes back to it from now on, filtered or not. counted is told of
// every event that is moved. Both keep the same book. It reports whether both are memory
// queues.
func HandOver(from, to Queue, counted func(n int)) bool {
	old, ok := from.(*memoryQueue)
	next, ok2 := to.(*memoryQueue)
	if !ok || !ok2 {
		return false
	}
	old.mu.Lock()
	batches := old.batches
	old.batches, old.waiting, old.fullSince = nil, 0, time.Time{}
	old.next, old.counted = next, counted
	old.signal()
	old.mu.Unlock()
	for _, b := range batches {
		if n := len(b.Events); !old.pass(b) {
			old.book.end(n, 0, &Tally{Lost: int64(n)})
			b.Release() // next is closed, which it is not while its pipeline starts
		}
	}
	return true
}

// pass gives a batch to the next queue, or to the one after that which has taken its
// place meanwhile. It does not wait for room: what is passed on is at most what two
// queues hold. It reports false when nobody takes anything out of that queue any more.
func (q *memoryQueue) pass(b *event.Batch) bool {
	n := q.next
	n.mu.Lock()
	if n.next != nil {
		n.mu.Unlock()
		return n.pass(b)
	}
	defer n.mu.Unlock()
	if n.closed && len(n.batches) == 0 && n.inFlight == 0 {
		return false
	}
	q.counted(len(b.Events))
	n.batches = append(n.batches, b)
	n.waiting += len(b.Events)
	n.signal()
	return true
}

func (q *memoryQueue) signal() {
	close(q.changed)
	q.changed = make(chan struct{})
}

func (q *memoryQueue) Put(ctx context.Context, b *event.Batch) error {
	if len(b.Events) == 0 {
		b.Release()
		return nil
	}
	q.mu.Lock()
	for q.waiting >= q.capacity && q.next == nil {
		if q.fullSince.IsZero() {
			q.fullSince = time.Now()
			q.signal()
		}
		changed := q.changed
		q.mu.Unlock()
		select {
		case <-ctx.Done():
			b.Release()
			return ctx.Err()
		case <-changed:
		}
		q.mu.Lock()
	}
	n := len(b.Events)
	number(b)
	q.book.put(n)
	if q.next != nil {
		q.mu.Unlock()
		if !q.pass(b) {
			b.Release()
			q.book.put(-n)
			return context.Canceled
		}
		return nil
	}
	q.fullSince = time.Time{}
	q.batches = append(q.batches, b)
	q.waiting += len(b.Events)
	q.signal()
	q.mu.Unlock()
	return nil
}

// All memory queues of a process number their events together, under a random origin:
// ids stay over retries and reloads, and are others after a restart.
var (
	memoryOrigin = event.Origin(rand.Uint64() | 1)
	memorySeq    atomic.Uint64
)

// number gives the events of a batch their places.
func number(b *event.Batch) {
	first := memorySeq.Add(uint64(len(b.Events))) - uint64(len(b.Events)) + 1
	for i, e := range b.Events {
		e.Seq = first + uint64(i)
	}
	b.SetOrigin(memoryOrigin)
}

func (q *memoryQueue) Take(ctx context.Context, most int, delay time.Duration) (*event.Batch, error) {
	q.mu.Lock()
	for len(q.batches) == 0 {
		if q.closed {
			q.mu.Unlock()
			return nil, io.EOF
		}
		if err := q.wait(ctx); err != nil {
			return nil, err
		}
	}
	if q.waiting < most && !q.closed && q.fullSince.IsZero() && delay > 0 {
		timer := time.NewTimer(delay)
		expired := false
		for q.waiting < most && !q.closed && q.fullSince.IsZero() && !expired {
			changed := q.changed
			q.mu.Unlock()
			select {
			case <-ctx.Done():
				expired = true
			case <-timer.C:
				expired = true
			case <-changed:
			}
			q.mu.Lock()
		}
		timer.Stop()
	}
	if len(q.batches) == 0 { // another worker was faster
		q.mu.Unlock()
		return q.Take(ctx, most, delay)
	}
	b := q.batches[0]
	n := 1
	for n < len(q.batches) && len(b.Events)+len(q.batches[n].Events) <= most && q.batches[n].Filtered == b.Filtered {
		b.Absorb(q.batches[n])
		n++
	}
	copy(q.batches, q.batches[n:])
	clear(q.batches[len(q.batches)-n:])
	q.batches = q.batches[:len(q.batches)-n]
	q.waiting -= len(b.Events)
	q.inFlight += len(b.Events)
	b.Mark = len(b.Events)
	q.signal()
	q.mu.Unlock()
	return b, nil
}

// wait lets go of the lock until something changes. It returns without the lock when
// ctx ends.
func (q *memoryQueue) wait(ctx context.Context) error {
	changed := q.changed
	q.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	}
	q.mu.Lock()
	return nil
}

func (q *memoryQueue) Done(b *event.Batch, t *Tally) {
	q.mu.Lock()
	q.inFlight -= b.Mark
	q.mu.Unlock()
	q.book.end(b.Mark, 0, t)
	b.Release()
}

func (q *memoryQueue) Abandon(b *event.Batch, t *Tally) bool {
	q.mu.Lock()
	q.inFlight -= b.Mark
	next := q.next
	q.mu.Unlock()
	taken, kept := b.Mark, len(b.Events)
	if next != nil && q.pass(b) {
		q.book.end(taken, kept, t)
		return true
	}
	t.Lost += int64(kept)
	q.book.end(taken, 0, t)
	b.Release()
	return false
}

func (q *memoryQueue) Count(t *Tally) { q.book.end(0, 0, t) }

func (q *memoryQueue) Account() Account { return q.book.Account() }

func (q *memoryQueue) Close() {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		q.signal()
	}
	q.mu.Unlock()
}

func (q *memoryQueue) State() QueueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return QueueState{
		Type: "memory", Events: int64(q.waiting + q.inFlight), MaxEvents: int64(q.capacity),
		Full: !q.fullSince.IsZero(), FullSince: q.fullSince,
	}
}
