package pipeline

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/lscl"
)

// Spills gives the outputs of a pipeline a place on disk for what they miss.
type Spills interface {
	// Open returns the spills of all outputs of a pipeline, nil for one that has
	// nothing from an earlier run and gets nothing. Nothing is made on disk before the
	// first Append.
	Open(outputs []SpillOf) []Spill
}

// SpillOf is whose spill is meant.
type SpillOf struct {
	ID   string // of the output
	Name string // stays the same over restarts, and over changes of other outputs
	More bool   // whether anything will be added
}

// Spill keeps what one output misses, in order. A pipeline and the one that takes its
// place use the same one; they share it for a moment.
type Spill interface {
	// Active tells whether something waits. Then what comes later has to wait behind it.
	Active() bool

	// Append keeps copies of events and returns when they are durable. It waits while
	// the spill is full; when ctx ends before there is room, nothing has been kept.
	Append(ctx context.Context, events []*event.Event) error

	// Lead waits until the pipeline that had this spill before takes nothing out any
	// more. The context that it returns ends with ctx, or when the pipeline that takes
	// the place of this one has the spill.
	Lead(ctx context.Context) (context.Context, error)

	// EndLead lets the next pipeline take events out.
	EndLead()

	// Take, for the one who leads, returns up to most events, and waits for the first one as long as ctx lives.
	Take(ctx context.Context, most int) (*event.Batch, error)

	// Done says that the events of a batch from Take have met their end, as t tells,
	// but for those in undone, and releases the batch.
	Done(b *event.Batch, undone []*event.Event, t *Tally)

	// Idle waits until nothing waits.
	Idle(ctx context.Context) error

	// Waiting returns how many events wait for the pipeline, also after Leave.
	Waiting() int64

	// Leave gives the spill free.
	Leave()
}

// SpillFailed is the condition of a spill that cannot be used.
var SpillFailed = health.Define("output-spill-failed", health.Error, "what an output misses cannot be kept on disk",
	"The other outputs wait until it can, or until the output takes events again. Free disk space, or look at the folder's permissions.")

// nameSpills gives every output the name of its spill. An output with an id is known by
// it, the only one of its kind by its kind, and one of several by its options: after a
// change nobody gets what was meant for another one.
func nameSpills(outputs []*output, nodes []*lscl.Plugin) {
	taken, kinds := map[string]bool{}, map[string]int{}
	named := func(i int) bool {
		for _, a := range nodes[i].Attributes {
			if s, ok := a.Value.(*lscl.String); ok && a.Name == "id" && s.Text != "" {
				return true
			}
		}
		return false
	}
	for i, o := range outputs {
		if named(i) {
			o.spillName = o.id
			taken[o.id] = true
		} else {
			kinds[o.name]++
		}
	}
	for i, o := range outputs {
		if named(i) {
			continue
		}
		name := "output_" + o.name
		if kinds[o.name] > 1 {
			h := fnv.New32a()
			io.WriteString(h, lscl.Print(nodes[i]))
			name = fmt.Sprintf("%s-%08x", name, h.Sum32())
		}
		o.spillName = name
		for n := 2; taken[o.spillName]; n++ {
			o.spillName = fmt.Sprintf("%s-%d", name, n)
		}
		taken[o.spillName] = true
	}
}

// openSpills opens the spills of all outputs.
func (p *Pipeline) openSpills() {
	if p.opts.Spills == nil {
		return
	}
	wanted := make([]SpillOf, len(p.outputs))
	for i, o := range p.outputs {
		// What the only output misses stays in the queue.
		o.spills = p.opts.SpillAfter > 0 && len(p.outputs) > 1
		wanted[i] = SpillOf{o.id, o.spillName, o.spills}
	}
	for i, s := range p.opts.Spills.Open(wanted) {
		if s == nil {
			continue
		}
		o := p.outputs[i]
		o.spill = s
		o.shown.Store(&s)
	}
}

func (p *Pipeline) leaveSpills() {
	for _, o := range p.outputs {
		if o.spill != nil {
			o.spill.Leave()
		}
	}
}

// startDrains lets every spill be delivered until ctx ends. wait returns when everything
// has ended.
func (p *Pipeline) startDrains(ctx context.Context) (wait func()) {
	var running sync.WaitGroup
	for _, o := range p.outputs {
		if o.spill != nil {
			running.Go(func() { p.drain(ctx, o) })
		}
	}
	return running.Wait
}

// awaitSpills returns when nothing waits in the spills, or when ctx ends.
func (p *Pipeline) awaitSpills(ctx context.Context) {
	for _, o := range p.outputs {
		if o.spill != nil && o.spill.Idle(ctx) != nil {
			return
		}
	}
}

// drain delivers what waits for an output, until ctx ends or the next pipeline does it;
// an attempt that has begun then may take a few seconds more. There are as many attempts
// at a time as the pipeline has workers: with one worker the order is kept.
func (p *Pipeline) drain(ctx context.Context, o *output) {
	retry, err := o.spill.Lead(ctx)
	if err != nil {
		return
	}
	defer o.spill.EndLead()
	hard, cut := context.WithCancel(p.ctx)
	defer cut()
	defer context.AfterFunc(retry, func() { time.AfterFunc(lastAttempt, cut) })()
	free := make(chan *worker, p.opts.Workers)
	for range p.opts.Workers {
		free <- nil // made when it is needed
	}
	var busy sync.WaitGroup
	for {
		w := <-free
		b, err := o.spill.Take(retry, p.opts.BatchSize)
		if err != nil {
			break
		}
		if w == nil {
			w = newWorker(p)
			w.ctx, w.retry, w.drains = hard, retry, true
		}
		busy.Go(func() {
			w.redeliver(o, b)
			free <- w
		})
	}
	busy.Wait()
}

// redeliver takes a batch of a spill to its output.
func (w *worker) redeliver(o *output, b *event.Batch) {
	w.begin()
	if pause := time.Until(time.Unix(0, o.notBefore.Load())); pause > 0 {
		sleep(w.retry, pause)
	}
	if w.retry.Err() != nil {
		w.undone = append(w.undone, b.Events...)
	} else {
		w.insist(o, append(w.pending[:0], b.Events...))
	}
	for _, e := range b.Events {
		if !slices.Contains(w.undone, e) {
			e.Fate |= event.Routed
			w.settle(e)
		}
	}
	o.spill.Done(b, w.undone, &w.tally)
	w.p.ledger.count(&w.tally)
}

// spillOver leaves events of this batch in the spill of an output. It returns false when
// the pipeline was stopped before all of them were safe there or delivered.
func (w *worker) spillOver(o *output, events []*event.Event) bool {
	for attempt := 1; ; attempt++ {
		err := o.spill.Append(w.retry, events)
		if err == nil {
			w.tally.Made += int64(len(events))
			w.tally.Spilled += int64(len(events))
			for _, e := range events {
				e.Fate |= event.Spilled
			}
			w.p.opts.Conditions.Clear(SpillFailed, o.id)
			return true
		}
		if w.retry.Err() == nil {
			w.p.opts.Conditions.Raise(SpillFailed, o.id, err.Error())
		}
		if w.retry.Err() != nil || !sleep(w.retry, backoff(attempt)) {
			w.undone = append(w.undone, events...)
			return false
		}
		if !o.spill.Active() {
			if events, _ = w.attempt(o, append(w.pending[:0], events...), attempt+1); len(events) == 0 {
				w.p.opts.Conditions.Clear(SpillFailed, o.id)
				return true
			}
		}
	}
}

// waiting returns how many events wait in spills.
func (p *Pipeline) waiting() (n int64) {
	for _, o := range p.outputs {
		if s := o.shown.Load(); s != nil {
			n += (*s).Waiting()
		}
	}
	return n
}
