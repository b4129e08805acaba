package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sluice/internal/health"
)

const watchInterval = 250 * time.Millisecond

// Run runs all pipelines until every one has ended, or until stop ends. When abort ends
// too, what is not delivered is given up: it stays in persisted queues, and is counted
// as lost in memory queues. The error is what kept pipelines from starting; then none
// has run, unless KeepGoing is set.
func (e *Engine) Run(stop, abort context.Context) error {
	e.mu.Lock()
	e.stop, e.abort = stop, abort
	e.mu.Unlock()
	e.addresses.Until(stop)
	var errs []error
	for _, r := range e.all() {
		if err := e.prepare(stop, r); err != nil {
			errs = append(errs, err)
			if e.opts.KeepGoing {
				e.failed(r.id, err)
				e.drop(r)
			}
		}
	}
	if err := joined(errs); err != nil && !e.opts.KeepGoing {
		for _, r := range e.all() {
			r.pipeline.Close()
		}
		return errors.Join(err, e.shut())
	}
	e.mu.Lock()
	for _, r := range e.running {
		e.start(r)
	}
	e.ready = true
	e.mu.Unlock()
	e.tellRunning()
	defer context.AfterFunc(stop, e.wake)()
	defer e.watch()()
	e.wait()
	return e.shut()
}

// prepare opens the queue and the ports of a pipeline.
func (e *Engine) prepare(ctx context.Context, r *running) error {
	q, err := e.openQueue(ctx, r)
	if err != nil {
		r.pipeline.Close()
		return fmt.Errorf("the queue of pipeline %s cannot be opened: %w", r.id, err)
	}
	r.letters.find()
	r.mu.Lock()
	r.queue, r.started = q, time.Now()
	r.mu.Unlock()
	if err := r.pipeline.Listen(); err != nil {
		return errors.Join(err, r.closeQueue())
	}
	return nil
}

// start runs a pipeline. e.mu is held.
func (e *Engine) start(r *running) {
	stop, abort := e.stop, e.abort
	stop, r.stop = context.WithCancel(stop)
	abort, r.abort = context.WithCancel(abort)
	e.active++
	go func() {
		e.opts.Log.Info("Pipeline started", "logger", "logstash.javapipeline", "pipeline.id", r.id)
		r.pipeline.Run(stop, abort, r.queue, r.settings.Bool("queue.drain"))
		r.mu.Lock()
		r.finished = true
		r.mu.Unlock()
		r.stop()
		r.abort()
		close(r.ended)
		e.opts.Log.Info("Pipeline terminated", "logger", "logstash.javapipeline", "pipeline.id", r.id)
		e.finished()
	}()
}

// finished says that a goroutine of a pipeline has ended.
func (e *Engine) finished() {
	e.mu.Lock()
	e.active--
	e.changed.Broadcast()
	e.mu.Unlock()
}

func (e *Engine) wake() {
	e.mu.Lock()
	e.changed.Broadcast()
	e.mu.Unlock()
}

// wait returns when there is nothing to run any more. Pipelines that only serve others
// (pipeline.system) are stopped when all others have ended.
func (e *Engine) wait() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.active > 0 || e.reloading || e.opts.KeepGoing && e.stop.Err() == nil {
		if !e.reloading && !e.opts.KeepGoing && e.othersEnded() {
			for _, r := range e.running {
				r.stop()
			}
		}
		e.changed.Wait()
	}
	e.closed = true
}

func (e *Engine) othersEnded() bool {
	others := false
	for _, r := range e.running {
		if !r.settings.Bool("pipeline.system") {
			others = true
			if !r.isFinished() {
				return false
			}
		}
	}
	return others
}

func (r *running) isFinished() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.finished
}

// all returns the pipelines of this moment.
func (e *Engine) all() []*running {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.running)
}

// drop takes a pipeline out.
func (e *Engine) drop(r *running) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running = slices.DeleteFunc(e.running, func(x *running) bool { return x == r })
}

// tellRunning logs what runs, in the words that people look for in Logstash's log.
func (e *Engine) tellRunning() {
	running, others := []string{}, []string{}
	for _, r := range e.all() {
		if r.isFinished() {
			others = append(others, r.id)
		} else {
			running = append(running, r.id)
		}
	}
	e.mu.Lock()
	for id, r := range e.reloads {
		if r.down {
			others = append(others, id)
		}
	}
	e.mu.Unlock()
	slices.Sort(others)
	e.opts.Log.Info("Pipelines running", "count", len(running), "running_pipelines", running, "non_running_pipelines", others)
}

func (r *running) closeQueue() error {
	r.mu.Lock()
	q := r.queue
	r.mu.Unlock()
	if p, ok := q.(*persistedQueue); ok {
		return p.shut()
	}
	return nil
}

func (e *Engine) shut() error {
	var errs []error
	for _, r := range e.all() {
		r.watchAccount()
		errs = append(errs, r.closeQueue())
	}
	e.saveBooks()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.letters {
		errs = append(errs, l.close())
	}
	return errors.Join(errs...)
}

// watch looks at the queues until the function that it returns is called.
func (e *Engine) watch() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(watchInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				for _, r := range e.all() {
					r.watchQueue(time.Now(), e.opts.Log)
					r.watchLetters()
					r.watchAccount()
					if r.spills != nil {
						r.spills.watch()
					}
				}
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// lettersWaiting is raised while there are dead letters, so that a status is not OK while
// events wait for a person.
var lettersWaiting = health.Define("dead-letters", health.Warning, "events could not be delivered and wait in the dead letter queue",
	"`sluice dlq list` shows them with the reason; when the cause is gone, `sluice dlq replay` sends them again, `sluice dlq drop` gives them up.")

func (r *running) watchLetters() {
	if n, last := r.letters.waiting(); n > 0 {
		cause := fmt.Sprintf("%d events", n)
		if last != "" {
			cause += "; the newest: " + last
		}
		r.conditions.Raise(lettersWaiting, r.id, cause)
	} else {
		r.conditions.Clear(lettersWaiting, r.id)
	}
}
