package pipeline

import (
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// stage is a filter or a conditional. It takes the events that one event has become so
// far, mostly one, and returns what they have become behind it. The result may share
// the memory of the argument.
type stage interface {
	run(w *worker, events []*event.Event) []*event.Event

	// flush returns what filters in it that hold events back give out now.
	flush(w *worker, b *event.Batch, final bool) []*event.Event
}

func runStages(w *worker, stages []stage, events []*event.Event) []*event.Event {
	for _, s := range stages {
		if len(events) == 0 {
			break
		}
		events = s.run(w, events)
	}
	return events
}

func flushStages(w *worker, stages []stage, b *event.Batch, final bool) []*event.Event {
	var events []*event.Event
	for _, s := range stages {
		if len(events) > 0 {
			events = s.run(w, events)
		}
		events = append(events, s.flush(w, b, final)...)
	}
	return events
}

// filterStage is one filter plugin.
type filterStage struct {
	index  int // in Pipeline.plugins
	id     string
	name   string
	filter plugin.Filter
	stats  *PluginStats
	env    *plugin.Env
	slow   *slowLog // nil without slowlog thresholds
}

func (s *filterStage) run(w *worker, events []*event.Event) []*event.Event {
	var t timer
	if w.sampled {
		t.start = time.Now()
	}
	w.counts[s.index].in += len(events)
	if len(events) == 1 {
		w.emitted = w.emitted[:0]
		e := events[0]
		if s.slow == nil {
			s.filter.Apply(e, w.emit)
		} else {
			s.slow.apply(s.filter, e, w.emit)
		}
		if e.Cancelled() {
			w.drop(e, s)
			events = events[:0]
		}
		if len(w.emitted) > 0 {
			events = append(append([]*event.Event(nil), events...), w.takeEmitted()...)
		}
	} else {
		events = s.runMany(w, events)
	}
	w.counts[s.index].out += len(events)
	if t := s.stats.tap.Load(); t != nil {
		t.show(events)
	}
	if w.sampled {
		t.stop(s.stats)
	}
	return events
}

func (s *filterStage) runMany(w *worker, events []*event.Event) []*event.Event {
	out := make([]*event.Event, 0, len(events)+1)
	for _, e := range events {
		w.emitted = w.emitted[:0]
		if s.slow == nil {
			s.filter.Apply(e, w.emit)
		} else {
			s.slow.apply(s.filter, e, w.emit)
		}
		if e.Cancelled() {
			w.drop(e, s)
		} else {
			out = append(out, e)
		}
		out = append(out, w.takeEmitted()...)
	}
	return out
}

func (s *filterStage) flush(w *worker, b *event.Batch, final bool) []*event.Event {
	f, ok := s.filter.(plugin.Flusher)
	if !ok {
		return nil
	}
	w.emitted = w.emitted[:0]
	f.Flush(b, final, w.emit)
	events := append([]*event.Event(nil), w.takeEmitted()...)
	w.counts[s.index].out += len(events)
	if t := s.stats.tap.Load(); t != nil {
		t.show(events)
	}
	return events
}

// fork is a conditional: what each of its branches leads to.
type fork[T any] struct {
	branches  []branch[T]
	otherwise []T
}

type branch[T any] struct {
	when condition
	body []T
}

// choose returns the number of the branch that an event takes.
func (f *fork[T]) choose(e *event.Event) (int, error) {
	for i := range f.branches {
		ok, err := f.branches[i].when(e)
		if ok || err != nil {
			return i, err
		}
	}
	return len(f.branches), nil
}

// body returns what a branch leads to, or else for the number behind the last one.
func (f *fork[T]) body(branch int) []T {
	if branch == len(f.branches) {
		return f.otherwise
	}
	return f.branches[branch].body
}

// route says which outputs an event is for.
type route interface {
	route(w *worker, e *event.Event) error
}

type routes []route

func (rs routes) route(w *worker, e *event.Event) error {
	for _, r := range rs {
		if err := r.route(w, e); err != nil {
			return err
		}
	}
	return nil
}

func (o *output) route(w *worker, e *event.Event) error {
	w.routed[o.index] = append(w.routed[o.index], e)
	e.Fate |= event.Routed
	return nil
}

// ifRoute is a conditional of outputs.
type ifRoute struct{ fork[route] }

func (r *ifRoute) route(w *worker, e *event.Event) error {
	i, err := r.choose(e)
	if err != nil {
		return err
	}
	return routes(r.body(i)).route(w, e)
}
