package pipeline

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
)

// PluginStats is what one plugin has done. All fields count up.
type PluginStats struct {
	In, Out  atomic.Int64
	Nanos    atomic.Int64 // estimated from samples for filters
	Failures atomic.Int64 // outputs: attempts that have to be repeated
	Rejected atomic.Int64 // outputs: events that went to the dead letter queue

	tap atomic.Pointer[Tap] // nil while nobody looks
}

// Work is what the workers and the inputs of a pipeline have spent. All fields but
// Workers count up.
type Work struct {
	Workers int
	Busy    time.Duration // of all workers together, in filters and outputs, with what is under way
	Push    time.Duration // of all inputs together, in putting events into the queue
	Batches int64         // taken by workers
	Events  int64         // in them

	LastEvents, LastBytes        int64 // of a batch; bytes of the last one that was measured
	SampledBytes, SampledBatches int64 // bytes as JSON of the batches that were measured, and their number
}

// work counts a pipeline's Work.
type work struct {
	busy, push, batches, events, lastEvents, lastBytes, sampledBytes, sampledBatches atomic.Int64
	since                                                                            []atomic.Int64 // by worker: when it began its batch, in Unix nanoseconds; 0 while it waits
}

// Work returns what has been spent since the start.
func (p *Pipeline) Work() Work {
	w := Work{Workers: p.opts.Workers, Push: time.Duration(p.work.push.Load()), Batches: p.work.batches.Load()}
	w.Events, w.LastEvents, w.LastBytes = p.work.events.Load(), p.work.lastEvents.Load(), p.work.lastBytes.Load()
	w.SampledBytes, w.SampledBatches = p.work.sampledBytes.Load(), p.work.sampledBatches.Load()
	busy := p.work.busy.Load()
	now := time.Now().UnixNano()
	for i := range p.work.since {
		if since := p.work.since[i].Load(); since != 0 {
			busy += max(now-since, 0)
		}
	}
	w.Busy = time.Duration(busy)
	return w
}

// measure counts a batch that a worker has taken. Of one in so many its size is measured,
// too; 0 is none.
func (w *work) measure(b *event.Batch, oneIn int) {
	n := int64(len(b.Events))
	w.events.Add(n)
	w.lastEvents.Store(n)
	if count := w.batches.Add(1); oneIn == 0 || (count-1)%int64(oneIn) != 0 {
		return
	}
	bytes := int64(0)
	var text []byte
	for _, e := range b.Events {
		text = e.AppendJSON(text[:0])
		bytes += int64(len(text))
	}
	w.lastBytes.Store(bytes)
	w.sampledBytes.Add(bytes)
	w.sampledBatches.Add(1)
}

// Ledger is the account of a pipeline since its start:
// In + Made = Out + DeadLettered + all Dropped + Waiting + what is queued or in flight.
// An event that waits for several outputs is as many events from then on. What waits on
// disk from an earlier run was counted then; the Account is the one that lasts.
type Ledger struct {
	In           int64            `json:"in"`            // put by inputs
	Made         int64            `json:"made"`          // by filters: clones, splits, aggregates; and copies for further outputs
	Out          int64            `json:"out"`           // taken by every output that they were for
	DeadLettered int64            `json:"dead_lettered"` // refused by an output, or lost their way
	Dropped      map[string]int64 `json:"dropped"`       // by reason
	Filtered     int64            `json:"filtered"`      // have passed all filters
	Waiting      int64            `json:"waiting"`       // in spills, for single outputs
	Lost         int64            `json:"lost"`          // given up unsaved when the process was told to end at once
}

// ledger is a Ledger that counts.
type ledger struct {
	in, made, out, deadLettered, filtered, lost atomic.Int64

	mu      sync.Mutex
	dropped map[string]int64
}

// count adds a tally up.
func (l *ledger) count(t *Tally) {
	l.made.Add(t.Made)
	l.out.Add(t.Out)
	l.deadLettered.Add(t.DeadLettered)
	l.lost.Add(t.Lost)
	if len(t.Dropped) == 0 {
		return
	}
	l.mu.Lock()
	if l.dropped == nil {
		l.dropped = make(map[string]int64)
	}
	for reason, n := range t.Dropped {
		l.dropped[reason] += n
	}
	l.mu.Unlock()
}

func (l *ledger) snapshot() Ledger {
	s := Ledger{
		In: l.in.Load(), Made: l.made.Load(), Out: l.out.Load(), DeadLettered: l.deadLettered.Load(),
		Filtered: l.filtered.Load(), Lost: l.lost.Load(), Dropped: map[string]int64{},
	}
	l.mu.Lock()
	maps.Copy(s.Dropped, l.dropped)
	l.mu.Unlock()
	return s
}

// sampleEvery is how many events share one measurement of a filter's time: reading the
// clock twice for every filter would cost more than many a filter.
const sampleEvery = 32

// timer measures a stage of a sampled event.
type timer struct{ start time.Time }

func (t timer) stop(s *PluginStats) {
	s.Nanos.Add(int64(time.Since(t.start)) * sampleEvery)
}
