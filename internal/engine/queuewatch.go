package engine

import (
	"fmt"
	"log/slog"
	"time"

	"sluice/internal/health"
	"sluice/internal/queue"
)

var (
	queueFull = health.Define("queue-full", health.Warning, "the queue is full and pushes back on the inputs",
		"The outputs take less than comes in, or nothing at all: look at their conditions. Senders wait and keep their events.")
	queueDiskFull = health.Define("queue-disk-full", health.Error, "the disk has no room for a queue, and the inputs wait",
		"Make room on that disk, or give the queue another one with path.queue; queue.min_free is what it leaves to others. Senders wait and keep their events.")
	queueFailed = health.Define("queue-failed", health.Error, "the disk of a queue gives errors",
		"Look at the disk and at the system's log. An event that could not be written was not acknowledged: its sender sends it again. The queue goes on as soon as the disk does.")
)

const (
	fullFor     = time.Second      // a queue that pushes back no longer than that is busy, not full
	quietFor    = 30 * time.Second // an error of the disk is news for that long
	queueLogger = "logstash.agent"
)

// queueWatch is what was last seen of a pipeline's queue.
type queueWatch struct {
	full     *health.Kind // what has been raised; nil = there is room
	failing  bool
	errors   uint64
	failedAt time.Time
	appended uint64 // when an error was last seen
}

// watchQueue raises and clears the conditions of a pipeline's queue, and logs each change.
func (r *running) watchQueue(now time.Time, log *slog.Logger) {
	r.mu.Lock()
	q := r.queue
	r.mu.Unlock()
	if q == nil {
		return
	}
	state := q.State()
	var why *health.Kind
	cause := fmt.Sprintf("%d events are waiting", state.Events)
	if p, ok := q.(*persistedQueue); ok {
		r.queueFill.add(now, state.Bytes, state.Events)
		stats := p.journal.Stats()
		if stats.Full.Reason == queue.FullDisk {
			why = queueDiskFull
			cause = roomText(p.journal) + "; " + cause
		}
		r.watchQueueErrors(now, stats, log)
	}
	if why == nil {
		why = queueFull
	}
	if state.Full && now.Sub(state.FullSince) <= fullFor {
		return
	}
	if !state.Full {
		why = nil
	}
	w := &r.queueWatch
	if w.full != nil && w.full != why {
		r.conditions.Clear(w.full, r.id)
	}
	if why != nil {
		r.conditions.Raise(why, r.id, cause)
	}
	switch {
	case why == w.full:
	case why != nil:
		log.Warn(why.Title, "logger", queueLogger, "pipeline.id", r.id, "cause", cause)
	default:
		log.Info("the queue has room again", "logger", queueLogger, "pipeline.id", r.id)
	}
	w.full = why
}

func roomText(j *queue.Journal) string {
	free, kept, err := j.Room()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s are free, %s of them are left to others (queue.min_free)", sizeText(float64(free)), sizeText(float64(kept)))
}

// watchQueueErrors looks at what the disk has refused. It is over when the queue has
// taken events since, or after a while without another error.
func (r *running) watchQueueErrors(now time.Time, s queue.Stats, log *slog.Logger) {
	w := &r.queueWatch
	errors := diskErrors(s)
	switch {
	case s.Full.Reason == queue.FullDisk:
		w.errors = errors
	case errors > w.errors:
		if !w.failing {
			log.Error(queueFailed.Title, "logger", queueLogger, "pipeline.id", r.id, "error", s.LastError)
		}
		w.failing, w.failedAt, w.errors, w.appended = true, now, errors, s.Appended
		r.conditions.Raise(queueFailed, r.id, s.LastError)
	case w.failing && (s.Appended > w.appended || now.Sub(w.failedAt) > quietFor):
		w.failing = false
		log.Info("the disk of the queue works again", "logger", queueLogger, "pipeline.id", r.id)
		r.conditions.Clear(queueFailed, r.id)
	}
}

func diskErrors(s queue.Stats) uint64 {
	return s.WriteErrors + s.SyncErrors + s.ReadErrors + s.CursorErrors
}

// queueDiskErrors counts since the start of the pipeline.
func (r *running) queueDiskErrors() uint64 {
	r.mu.Lock()
	q := r.queue
	r.mu.Unlock()
	if p, ok := q.(*persistedQueue); ok {
		return diskErrors(p.journal.Stats())
	}
	return 0
}
