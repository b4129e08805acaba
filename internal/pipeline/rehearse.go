package pipeline

import (
	"context"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
)

// Rehearsal is a pipeline without its ends: its filters and its conditions work, and it
// tells which outputs an event would go to. Inputs and outputs of the configuration are
// not made, so that plugins that are missing, files and destinations of theirs do not
// matter, and nothing listens, connects or is written. It is not safe for concurrent use.
type Rehearsal struct {
	p       *Pipeline
	w       *worker
	outputs []RehearsedOutput
}

// RehearsedOutput is an output that events would go to.
type RehearsedOutput struct {
	ID   string
	Node *lscl.Plugin
}

// Rehearsed is an event that has passed the filters.
type Rehearsed struct {
	Event   *event.Event
	Outputs []int // that it would go to: indexes of Outputs
}

// Rehearse compiles the filters of a configuration. All mistakes are in the list; with
// an error among them the result is nil. What filters and conditions refuse goes to the
// DeadLetters of the options.
func Rehearse(config *lscl.Config, opts Options) (*Rehearsal, diag.List) {
	r := &Rehearsal{}
	c := newCompiler(opts)
	c.rehearsal = r
	c.sections(config)
	if c.list.Err() != nil {
		return nil, c.list
	}
	c.p.ctx, c.p.abort = context.WithCancel(context.Background())
	c.p.retry = c.p.ctx
	r.p, r.w = c.p, newWorker(c.p)
	return r, c.list
}

// Outputs returns the outputs in the order of the configuration.
func (r *Rehearsal) Outputs() []RehearsedOutput { return r.outputs }

// Filters tells how many filters there are.
func (r *Rehearsal) Filters() int { return len(r.p.plugins) }

// Run takes the events of a batch through the filters. The result lives as long as the
// batch.
func (r *Rehearsal) Run(b *event.Batch) []Rehearsed {
	var out []*event.Event
	for _, e := range b.Events {
		out = append(out, runStages(r.w, r.p.filters, []*event.Event{e})...)
	}
	return r.routed(out)
}

// Flush returns what filters have held back. The events are made in the batch.
func (r *Rehearsal) Flush(b *event.Batch, final bool) []Rehearsed {
	return r.routed(flushStages(r.w, r.p.filters, b, final))
}

// Close gives back what filters hold.
func (r *Rehearsal) Close() {
	r.p.Close()
	r.p.abort()
}

func (r *Rehearsal) routed(events []*event.Event) []Rehearsed {
	var all []Rehearsed
	for _, e := range events {
		for i := range r.w.routed {
			r.w.routed[i] = r.w.routed[i][:0]
		}
		if err := r.p.routes.route(r.w, e); err != nil {
			r.w.conditionFailed(e, err)
			continue
		}
		one := Rehearsed{Event: e}
		for i := range r.w.routed {
			if len(r.w.routed[i]) > 0 {
				one.Outputs = append(one.Outputs, i)
			}
		}
		all = append(all, one)
	}
	return all
}
