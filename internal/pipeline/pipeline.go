package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

// Pipeline is a compiled configuration. It runs once.
type Pipeline struct {
	opts    Options
	inputs  []*input
	filters []stage
	plugins []*filterStage // all filters, for their counters
	routes  routes
	outputs []*output
	codecs  plugin.Codecs
	graph   Graph
	queue   Queue
	ledger  ledger

	work work

	ctx   context.Context // ends when the pipeline must give up what it holds
	abort context.CancelFunc
	retry context.Context // ends when nothing is to be tried again any more

	leaving    context.Context // see GiveUp
	giveUp     context.CancelFunc
	inputsDone chan struct{}

	started time.Time
}

func newPipeline(opts Options) *Pipeline {
	p := &Pipeline{opts: opts, inputsDone: make(chan struct{})}
	p.work.since = make([]atomic.Int64, opts.Workers)
	p.leaving, p.giveUp = context.WithCancel(context.Background())
	return p
}

// InputsDone is closed when all inputs have ended.
func (p *Pipeline) InputsDone() <-chan struct{} { return p.inputsDone }

// GiveUp lets the workers end with the attempt that they are in, for which they have a
// few seconds. What they could not deliver goes back to the queue.
func (p *Pipeline) GiveUp() { p.giveUp() }

// lastAttempt is how long an output may take for the attempt it is in when its pipeline
// has been told to stop. A shorter time would make duplicates: what is broken off may
// have arrived.
const lastAttempt = 5 * time.Second

// Unreloadable says why the pipeline cannot be replaced while the program runs; "" when
// it can.
func (p *Pipeline) Unreloadable() string {
	for _, in := range p.inputs {
		if u, ok := in.input.(plugin.Unreloadable); ok {
			return fmt.Sprintf("the input %s cannot be reloaded: %s", in.name, u.Unreloadable())
		}
	}
	return ""
}

type input struct {
	id    string
	name  string
	input plugin.Input
	stats *PluginStats
	env   *plugin.Env
}

// ID returns pipeline.id.
func (p *Pipeline) ID() string { return p.opts.ID }

// Listen makes every input and output that listens do so, so that a port in use is an
// error before anything starts. After an error nothing listens.
func (p *Pipeline) Listen() error {
	var errs []error
	listen := func(x plugin.Plugin) {
		if l, ok := x.(plugin.Listener); ok {
			if err := l.Listen(); err != nil {
				errs = append(errs, err)
			}
		}
	}
	for _, in := range p.inputs {
		listen(in.input)
	}
	for _, o := range p.outputs {
		listen(o.output)
	}
	if len(errs) > 0 {
		p.Close()
		return errors.Join(errs...)
	}
	return nil
}

// Close gives back what plugins hold. Run does it by itself.
func (p *Pipeline) Close() {
	for _, in := range p.inputs {
		closePlugin(p, in.id, in.input)
	}
	for _, f := range p.plugins {
		closePlugin(p, f.id, f.filter)
	}
	for _, o := range p.outputs {
		closePlugin(p, o.id, o.output)
	}
}

func closePlugin(p *Pipeline, id string, x plugin.Plugin) {
	if c, ok := x.(plugin.Closer); ok {
		if err := c.Close(); err != nil {
			p.opts.Log.Warn("a plugin did not close cleanly", "pipeline.id", p.opts.ID, "plugin", id, "error", err)
		}
	}
}

// flushInterval is how often filters that hold events back are asked, as in Logstash.
const flushInterval = 5 * time.Second

// Run starts the inputs and the workers, and returns when every input is exhausted and
// what they brought has met its end. When stop ends, the inputs end; events in a memory
// queue are still delivered, events in a persisted queue or a spill stay there unless
// drain. When
// abort ends, everything ends at once: what has no end yet stays in a persisted queue,
// or is counted as lost.
func (p *Pipeline) Run(stop, abort context.Context, queue Queue, drain bool) {
	p.queue, p.started = queue, time.Now()
	p.ctx, p.abort = context.WithCancel(abort)
	defer p.abort()
	defer p.Close()

	take, stopTaking := context.WithCancel(p.ctx)
	defer stopTaking()
	retry, endRetries := context.WithCancel(p.ctx)
	defer endRetries()
	p.retry = retry
	draining, endDrains := context.WithCancel(p.ctx)
	defer endDrains()
	p.openSpills()
	defer p.leaveSpills()
	leave := func() {
		stopTaking()
		endRetries()
		endDrains()
		time.AfterFunc(lastAttempt, p.abort)
	}
	defer context.AfterFunc(p.leaving, leave)()
	if queue.State().Type == "persisted" && !drain {
		// What is not delivered when the pipeline stops stays in the queue.
		defer context.AfterFunc(stop, leave)()
	}
	drained := p.startDrains(draining)
	workers := sync.WaitGroup{}
	for i := range p.opts.Workers {
		workers.Go(func() { newWorker(p).work(take, &p.work.since[i]) })
	}
	flushing, stopFlushing := context.WithCancel(p.ctx)
	flusher := sync.WaitGroup{}
	if p.hasFlushers() {
		flusher.Go(func() { p.flushPeriodically(flushing) })
	}
	inputs := sync.WaitGroup{}
	for _, in := range p.inputs {
		inputs.Go(func() { p.runInput(stop, in) })
	}
	inputs.Wait()
	close(p.inputsDone)
	queue.Close()
	workers.Wait()
	stopFlushing()
	flusher.Wait()
	if p.hasFlushers() && p.ctx.Err() == nil {
		newWorker(p).flush(true)
	}
	// Only now: until here workers may wait for room in a full spill.
	if !drain {
		defer context.AfterFunc(stop, endDrains)()
	}
	p.awaitSpills(draining)
	endDrains()
	drained()
}

func (p *Pipeline) hasFlushers() bool {
	for _, f := range p.plugins {
		if _, ok := f.filter.(plugin.Flusher); ok {
			return true
		}
	}
	return false
}

func (p *Pipeline) flushPeriodically(ctx context.Context) {
	w := newWorker(p)
	tick := time.NewTicker(flushInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.flush(false)
		}
	}
}

var inputFailed = health.Define("input-failed", health.Error, "an input has failed and is started again",
	"Look at the cause. The input is started again every few seconds until it works.")

// runInput runs an input, and runs it again when it fails.
func (p *Pipeline) runInput(ctx context.Context, in *input) {
	sink := &countingSink{p, in}
	for attempt := 1; ctx.Err() == nil; attempt++ {
		err := in.input.Run(ctx, sink)
		if err == nil || ctx.Err() != nil {
			break
		}
		p.opts.Conditions.Raise(inputFailed, in.id, err.Error())
		p.opts.Log.Error("an input has failed and is started again", "pipeline.id", p.opts.ID, "plugin", in.id, "error", err)
		if !sleep(ctx, min(time.Duration(attempt)*time.Second, 10*time.Second)) {
			break
		}
	}
	p.opts.Conditions.Clear(inputFailed, in.id)
}

// countingSink is what an input puts its batches into.
type countingSink struct {
	p  *Pipeline
	in *input
}

func (s *countingSink) Put(ctx context.Context, b *event.Batch) error {
	n := int64(len(b.Events))
	if t := s.in.stats.tap.Load(); t != nil {
		t.show(b.Events)
	}
	start := time.Now()
	err := s.p.queue.Put(ctx, b)
	pushed := int64(time.Since(start))
	s.in.stats.Nanos.Add(pushed)
	s.p.work.push.Add(pushed)
	if err == nil {
		s.in.stats.Out.Add(n)
		s.p.ledger.in.Add(n)
	}
	return err
}

// HandedOver counts events that come from the pipeline that this one replaces.
func (p *Pipeline) HandedOver(n int) { p.ledger.in.Add(int64(n)) }

// Ledger returns the account since the start.
func (p *Pipeline) Ledger() Ledger {
	l := p.ledger.snapshot()
	l.Waiting = p.waiting()
	return l
}

// PluginInfo is a plugin with what it has done.
type PluginInfo struct {
	Kind  plugin.Kind
	ID    string
	Name  string
	Stats *PluginStats
	// Failures is nil, or tells where the plugin's code has failed.
	Failures func() []plugin.Failure
}

// failuresOf returns what a plugin can tell about its failures.
func failuresOf(p any) func() []plugin.Failure {
	if r, ok := p.(plugin.FailureReporter); ok {
		return r.Failures
	}
	return nil
}

// Codecs returns what the codecs of inputs and outputs have done.
func (p *Pipeline) Codecs() []*plugin.CodecStats { return p.codecs.List() }

// Plugins returns all plugins, in the order of the configuration.
func (p *Pipeline) Plugins() []PluginInfo {
	var all []PluginInfo
	for _, in := range p.inputs {
		all = append(all, PluginInfo{plugin.InputKind, in.id, in.name, in.stats, nil})
	}
	for _, f := range p.plugins {
		all = append(all, PluginInfo{plugin.FilterKind, f.id, f.name, f.stats, failuresOf(f.filter)})
	}
	for _, o := range p.outputs {
		all = append(all, PluginInfo{plugin.OutputKind, o.id, o.name, o.stats, nil})
	}
	return all
}

// Check tells whether an account adds up with what a queue still holds.
func (l Ledger) Check(queued int64) error {
	dropped := int64(0)
	for _, n := range l.Dropped {
		dropped += n
	}
	if got, want := l.Out+l.DeadLettered+dropped+l.Lost+l.Waiting+queued, l.In+l.Made; got != want {
		return fmt.Errorf("%d events came in and %d were made, but %d were delivered, %d dead-lettered, %d dropped, %d lost, %d are queued and %d wait for single outputs",
			l.In, l.Made, l.Out, l.DeadLettered, dropped, l.Lost, queued, l.Waiting)
	}
	return nil
}
