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
	w := &worker{p: p, routed: make([][]*event.Event, len(p.outputs)), counts: make([]passed, len(p.plugins))}
	w.emit = func(e *event.Event) { w.emitted = append(w.emitted, e) }
	return w
}

func (w *worker) takeEmitted() []*event.Event {
	w.tally.Made += int64(len(w.emitted))
	return w.emitted
}

func (w *worker) drop(e *event.Event, s *filterStage) {
	if reason := e.Rejected(); reason != "" {
		if w.letter(w.p.ctx, e, DeadLetter{Plugin: s.id, Type: s.name, Reason: reason, Time: time.Now()}) {
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
	if !w.letter(w.p.retry, e, DeadLetter{Plugin: "condition", Type: "if", Reason: err.Error(), Time: time.Now()}) {
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
		w.p.work.measure(b)
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
	done = done && !w.stopped
	for _, e := range events {
		if done || !slices.Contains(w.undone, e) {
			w.settle(e)
		}
	}
	return done
}

// write gives events to an output until each one is delivered or dead-lettered, or the
// pipeline is told to stop at once.
func (w *worker) write(o *output, events []*event.Event) bool {
	if len(events) == 0 {
		return true
	}
	ctx := w.p.ctx
	o.stats.In.Add(int64(len(events)))
	if t := o.stats.tap.Load(); t != nil {
		t.show(events)
	}
	pending := append(w.pending[:0], events...)
	for attempt := 1; ; attempt++ {
		answers := w.cleared(len(pending))
		start := time.Now()
		o.output.Write(ctx, pending, answers)
		o.stats.Nanos.Add(int64(time.Since(start)))
		var first plugin.Answer
		var after time.Duration
		again := pending[:0]
		for i, e := range pending {
			a := &answers[i]
			switch a.Verdict {
			case plugin.Done:
				o.stats.Out.Add(1)
				continue
			case plugin.Reject:
				o.stats.Rejected.Add(1)
				if w.letter(w.p.retry, e, o.deadLetter(a, attempt)) {
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
		if w.pending = pending[:0]; len(again) == 0 {
			o.unblock()
			return true
		}
		o.stats.Failures.Add(int64(len(again)))
		if w.p.retry.Err() == nil {
			o.block(w.p, first, len(again))
		}
		if w.p.retry.Err() != nil || !sleep(w.p.retry, max(after, backoff(attempt))) {
			w.undone = append(w.undone, again...)
			return false
		}
		pending = again
	}
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

// output is one output plugin.
type output struct {
	index  int
	id     string
	name   string
	output plugin.Output
	stats  *PluginStats
	env    *plugin.Env
	state  blockState
}

func (o *output) deadLetter(a *plugin.Answer, attempts int) DeadLetter {
	return DeadLetter{
		Plugin: o.id, Type: o.name, Reason: a.Reason, Status: a.Status, Answer: a.Body,
		Attempts: attempts, Time: time.Now(),
	}
}

func (o *output) block(p *Pipeline, a plugin.Answer, events int) {
	o.state.set(p, o.id, fmt.Sprintf("%s; %d events wait for another attempt", a.Reason, events))
}

func (o *output) unblock() { o.state.clear(o.id) }
