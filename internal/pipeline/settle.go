package pipeline

import (
	"slices"

	"sluice/internal/event"
)

// begin forgets the batch before.
func (w *worker) begin() {
	w.undone = w.undone[:0]
	w.tally.reset()
	clear(w.ended)
}

// end notes that an event has ended at an output, by a rule.
func (w *worker) end(e *event.Event, reason string) {
	if w.ended == nil {
		w.ended = make(map[*event.Event]string)
	}
	w.ended[e] = reason
}

// settle counts an event that has met its end, once.
func (w *worker) settle(e *event.Event) {
	reason, ended := "", false
	if len(w.ended) > 0 {
		reason, ended = w.ended[e]
	}
	switch {
	case e.Fate&event.Counted != 0:
	case e.Fate&event.DeadLettered != 0:
		w.tally.DeadLettered++
	case ended:
		w.tally.Drop(reason)
	case e.Fate&event.Spilled != 0:
		w.tally.Made-- // its copies take its place
	case e.Fate&event.Routed != 0:
		w.tally.Out++
	default:
		w.tally.Drop("no output wanted it")
	}
	e.Fate |= event.Counted
}

// finish acks a batch, or gives it back when the pipeline stopped in the middle of it.
func (w *worker) finish(b *event.Batch, done bool) {
	switch {
	case done:
		w.p.queue.Done(b, &w.tally)
	case b.Owner != nil:
		// It comes again, as a whole: what came of it this time does not count.
		w.p.queue.Abandon(b, nil)
		w.p.ledger.made.Add(w.tally.Spilled) // these copies are there
		return
	default:
		w.keepUndone(b)
		w.p.queue.Abandon(b, &w.tally)
	}
	w.p.ledger.count(&w.tally)
}

// keepUndone leaves in a batch what its next pipeline has to deliver. What has been
// filtered is not filtered again.
func (w *worker) keepUndone(b *event.Batch) {
	clear(b.Events)
	b.Events, b.Filtered = b.Events[:0], true
	for _, e := range w.undone {
		if e.Fate&event.Counted == 0 && !slices.Contains(b.Events, e) {
			e.Fate = 0
			b.Events = append(b.Events, e)
		}
	}
	w.undone = w.undone[:0]
}
