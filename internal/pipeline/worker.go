package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

// DeadLetter is why an event could not be delivered.
type DeadLetter struct {
	Plugin   string // id of the plugin that refused it
	Type     string // its name
	Reason   string
	Status   int    // HTTP status, where there is one
	Answer   string // an excerpt of the answer, where there is one
	Attempts int
	Time     time.Time
}

// DeadLetters keeps what could not be delivered. Put returns when the event is durable;
// an error means that it is not kept. ErrLettersFull means that the queue's limit has
// been reached and its policy is to drop.
type DeadLetters interface {
	Put(e *event.Event, why DeadLetter) error
}

// ErrLettersFull tells that the dead letter queue takes nothing more.
var ErrLettersFull = errors.New("the dead letter queue is full")

var (
	blocked = health.Define("output-blocked", health.Warning, "an output does not take events",
		"The destination refuses or does not answer; the events wait in the queue and are sent when it takes them again. Look at the cause, at the destination and at the network between.")
	lettersFailed = health.Define("dead-letters-failed", health.Error, "the dead letter queue cannot be written",
		"Events that cannot be delivered are held back until it can. Free disk space, or look at the folder's permissions.")
	lettersDropped = health.Define("dead-letters-full", health.Error, "the dead letter queue is full and drops events",
		"Look at what is in it (sluice dlq list), replay or drop it, or raise dead_letter_queue.max_bytes.")
)

// worker takes batches through filters and outputs. It is one goroutine.
type worker struct {
	p       *Pipeline
	emit    func(*event.Event)
	emitted []*event.Event
	sampled bool
	stopped bool // the pipeline stopped while an event was held
	count   uint
	one     [1]*event.Event
	out     []*event.Event
	routed  [][]*event.Event // by output
	answers []plugin.Answer
	pending []*event.Event
	counts  []passed                // by filter, since the last batch
	undone  []*event.Event          // given up by an output; an event may stand here more than once
	tally   Tally                   // of the batch
	ended   map[*event.Event]string // by which rule an event of the batch has ended at an output

	ctx, retry context.Context  // of the pipeline, or of what drains a spill
	drains     bool             // a spill
	patience   patience         // of attempts that may be left to a spill
	left       [][]*event.Event // by output: what goes into its spill
}

// passed is how many events went into a filter and came out of it. A worker counts for
// itself and adds up after each batch: counters that workers share cost more than many a
// filter.
type passed struct{ in, out int }

func (w *worker) addCounts() {
	for i := range w.counts {
		if c := &w.counts[i]; c.in > 0 || c.out > 0 {
			w.p.plugins[i].stats.In.Add(int64(c.in))
			w.p.plugins[i].stats.Out.Add(int64(c.out))
			*c = passed{}
		}
	}
}

func newWorker(p *Pipeline) *worker {
	w := &worker{
		p: p, routed: make([][]*event.Event, len(p.outputs)), left: make([][]*event.Event, len(p.outputs)),
		counts: make([]passed, len(p.plugins)), ctx: p.ctx, retry: p.retry,
	}
	w.emit = func(e *event.Event) { w.emitted = append(w.emitted, e) }
	return w
}

func (w *worker) takeEmitted() []*event.Event {
	w.tally.Made += int64(len(w.emitted))
	return w.emitted
}

func (w *worker) drop(e *event.Event, s *filterStage) {
	if reason := e.Rejected(); reason != "" {
		if w.letter(w.ctx, e, DeadLetter{Plugin: s.id, Type: s.name, Reason: reason, Time: time.Now()}) {
			w.settle(e)
		} else {
			w.tally.Lost++
		}
		return
	}
	w.tally.Drop("filter " + s.id)
}

func (w *worker) conditionFailed(e *event.Event, err error) {
	w.p.opts.Log.Warn("an event was taken out because a condition could not be evaluated", "pipeline.id", w.p.opts.ID, "reason", err)
	e.Cancel()
	if !w.letter(w.retry, e, DeadLetter{Plugin: "condition", Type: "if", Reason: err.Error(), Time: time.Now()}) {
		w.undone = append(w.undone, e)
		return
	}
	w.settle(e)
}

// work takes batches until the queue ends or the pipeline stops.
func (w *worker) work(take context.Context, since *atomic.Int64) {
	for {
		b, err := w.p.queue.Take(take, w.p.opts.BatchSize, w.p.opts.BatchDelay)
		if err != nil {
			if err != io.EOF && take.Err() == nil {
				w.p.opts.Log.Error("the queue cannot be read", "pipeline.id", w.p.opts.ID, "error", err)
			}
			return
		}
		start := time.Now()
		since.Store(start.UnixNano())
		w.p.work.measure(b, w.p.opts.MeasureSizeOf)
		w.finish(b, w.process(b))
		since.Store(0)
		w.p.work.busy.Add(int64(time.Since(start)))
	}
}

// process takes a batch through filters and outputs. It returns false when the pipeline
// was stopped before every event had met its end.
func (w *worker) process(b *event.Batch) bool {
	w.out = w.out[:0]
	w.begin()
	if b.Filtered {
		return w.deliver(append(w.out, b.Events...))
	}
	for _, e := range b.Events {
		if w.count++; w.count%sampleEvery == 0 {
			w.sampled = true
		}
		w.one[0] = e
		w.out = append(w.out, runStages(w, w.p.filters, w.one[:])...)
		w.sampled = false
	}
	w.addCounts()
	return w.deliver(w.out)
}

// flush sends what filters held back.
func (w *worker) flush(final bool) {
	b := event.NewBatch()
	w.begin()
	events := flushStages(w, w.p.filters, b, final)
	w.addCounts()
	if !w.deliver(events) {
		w.keepUndone(b)
		w.tally.Lost += int64(len(b.Events))
	}
	if !w.tally.empty() {
		w.p.queue.Count(&w.tally)
		w.p.ledger.count(&w.tally)
	}
	b.Release()
}

func (w *worker) deliver(events []*event.Event) bool {
	w.p.ledger.filtered.Add(int64(len(events)))
	for i := range w.routed {
		w.routed[i] = w.routed[i][:0]
	}
	for _, e := range events {
		if err := w.p.routes.route(w, e); err != nil {
			w.conditionFailed(e, err)
		}
	}
	done := true
	for i, o := range w.p.outputs {
		if !w.write(o, w.routed[i]) {
			done = false
		}
	}
	// Only now: a full spill holds up the next batch, not this one.
	for i, o := range w.p.outputs {
		if len(w.left[i]) > 0 && !w.spillOver(o, w.left[i]) {
			done = false
		}
		w.left[i] = w.left[i][:0]
	}
	done = done && !w.stopped
	for _, e := range events {
		if done || !slices.Contains(w.undone, e) {
			w.settle(e)
		}
	}
	return done
}

// write gives events to an output. It returns false when the pipeline was told to stop
// before each one was delivered, dead-lettered, or left for the spill.
func (w *worker) write(o *output, events []*event.Event) bool {
	if len(events) == 0 {
		return true
	}
	o.stats.In.Add(int64(len(events)))
	if t := o.stats.tap.Load(); t != nil {
		t.show(events)
	}
	switch {
	case o.spill == nil:
	case o.spills && o.spill.Active():
		w.left[o.index] = append(w.left[o.index], events...)
		return true
	case o.spills:
		left, after := w.attempt(o, append(w.pending[:0], events...), 1)
		if len(left) > 0 {
			o.postpone(max(after, backoff(1)))
			w.left[o.index] = append(w.left[o.index], left...)
		}
		return true
	case o.spill.Active(): // from an earlier run; it goes first
		if o.spill.Idle(w.retry) != nil {
			w.undone = append(w.undone, events...)
			return false
		}
	}
	return w.insist(o, append(w.pending[:0], events...))
}

// insist makes attempts until each event is delivered or dead-lettered, or nothing is to
// be tried again any more. pending is w.pending with the events in it.
func (w *worker) insist(o *output, pending []*event.Event) bool {
	for attempt := 1; ; attempt++ {
		var after time.Duration
		if pending, after = w.attempt(o, pending, attempt); len(pending) == 0 {
			return true
		}
		if w.retry.Err() != nil || !sleep(w.retry, max(after, backoff(attempt))) {
			w.undone = append(w.undone, pending...)
			return false
		}
	}
}

// attempt makes one attempt and returns what has to be tried again, in the memory of
// pending, and how long the other side wants to be left alone.
func (w *worker) attempt(o *output, pending []*event.Event, attempt int) (again []*event.Event, after time.Duration) {
	answers := w.cleared(len(pending))
	limit, over := time.Duration(0), false
	start := time.Now()
	if o.spills && !w.drains {
		limit = o.limit(w.p.opts.SpillAfter)
		o.output.Write(w.patience.begin(w.ctx, limit), pending, answers)
		over = w.patience.end()
	} else {
		o.output.Write(w.ctx, pending, answers)
	}
	took := time.Since(start)
	o.stats.Nanos.Add(int64(took))
	var first plugin.Answer
	again = pending[:0]
	for i, e := range pending {
		a := &answers[i]
		switch a.Verdict {
		case plugin.Done:
			o.stats.Out.Add(1)
			continue
		case plugin.Reject:
			o.stats.Rejected.Add(1)
			if w.letter(w.retry, e, o.deadLetter(a, attempt)) {
				continue
			}
		case plugin.Drop:
			w.end(e, a.Reason)
			continue
		}
		if len(again) == 0 {
			first = *a
		}
		after = max(after, a.After)
		again = append(again, e)
	}
	w.pending = pending[:0]
	if len(again) == 0 {
		o.learn(took, w.p.opts.SpillAfter)
		o.unblock()
		return nil, 0
	}
	o.stats.Failures.Add(int64(len(again)))
	if w.retry.Err() == nil {
		if over {
			first.Reason = fmt.Sprintf("no answer within %s", limit)
		}
		o.block(w.p, first, len(again))
	}
	return again, after
}

func (w *worker) cleared(n int) []plugin.Answer {
	if cap(w.answers) < n {
		w.answers = make([]plugin.Answer, max(n, 2*cap(w.answers)))
	}
	w.answers = w.answers[:cap(w.answers)]
	clear(w.answers[:n])
	return w.answers[:n]
}

// backoff returns the pause before the next attempt: Logstash's http output waits s/2 and
// a random part of s/2 more, where s is the square of the attempt and at most 60 seconds.
func backoff(attempt int) time.Duration {
	s := time.Duration(min(attempt*attempt, 60)) * time.Second
	return s/2 + rand.N(s/2+1)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// letter puts an event into the dead letter queue, for as long as it takes. It returns
// false when the pipeline stopped before.
func (w *worker) letter(ctx context.Context, e *event.Event, why DeadLetter) bool {
	for attempt := 1; ; attempt++ {
		err := w.p.opts.DeadLetters.Put(e, why)
		switch {
		case err == nil:
			e.Fate |= event.DeadLettered
			w.p.opts.Conditions.Clear(lettersFailed, w.p.opts.ID)
			return true
		case errors.Is(err, ErrLettersFull):
			w.p.opts.Conditions.Raise(lettersDropped, w.p.opts.ID, err.Error())
			w.end(e, "dead letter queue full")
			return true
		}
		w.p.opts.Conditions.Raise(lettersFailed, w.p.opts.ID, err.Error())
		if !sleep(ctx, min(time.Duration(attempt)*time.Second, 30*time.Second)) {
			w.stopped = true
			return false
		}
	}
}
