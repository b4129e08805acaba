package engine

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/pipeline"
	"sluice/internal/queue"
	"sluice/internal/settings"
)

// letters is the dead letter queue of one pipeline. Its folder is made with the first
// dead letter.
type letters struct {
	id      string
	enabled bool
	options queue.DeadLetterOptions
	log     *slog.Logger

	mu    sync.Mutex
	queue *queue.DeadLetters
	quiet time.Time // no log line before
	last  string    // reason of the newest dead letter
}

func newLetters(id string, s *settings.Settings, dir string, log *slog.Logger) *letters {
	return &letters{id: id, enabled: s.Bool("dead_letter_queue.enable"), log: log, options: queue.DeadLetterOptions{
		Dir: dir, MaxBytes: s.Bytes("dead_letter_queue.max_bytes"), DropOlder: s.String("dead_letter_queue.storage_policy") == "drop_older",
		RetainAge: s.Duration("dead_letter_queue.retain.age"),
	}}
}

// Put keeps an event with the reason, durably.
func (l *letters) Put(e *event.Event, why pipeline.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.After(l.quiet) {
		l.quiet = now.Add(time.Second)
		l.log.Warn("an event could not be delivered", "pipeline.id", l.id, "plugin", why.Plugin, "reason", why.Reason, "status", why.Status, "kept", l.enabled)
	}
	if !l.enabled {
		return pipeline.ErrLettersFull
	}
	if err := l.open(); err != nil {
		return err
	}
	defer e.KeepID()() // a replay is still the same event
	dropped, err := l.queue.Put(queue.DeadLetter{
		Time: why.Time, Reason: why.Reason, PluginType: why.Type, PluginID: why.Plugin,
		Status: why.Status, Answer: []byte(why.Answer), Attempts: why.Attempts, Event: e.AppendRecord(nil),
	})
	if err == nil && dropped > 0 {
		return pipeline.ErrLettersFull
	}
	if err == nil {
		l.last = why.Plugin + ": " + why.Reason
	}
	return err
}

// waiting returns how many dead letters nobody has dealt with, and why the newest of this
// run became one.
func (l *letters) waiting() (n uint64, last string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue == nil {
		return 0, ""
	}
	return l.queue.Len(), l.last
}

// open opens the queue unless it is open. l.mu is held.
func (l *letters) open() error {
	if l.queue != nil {
		return nil
	}
	q, _, err := queue.OpenDeadLetters(context.Background(), l.options)
	if err != nil {
		return err
	}
	q.SetLimits(l.options) // an input may have opened it before, with limits of its own
	l.queue = q
	return nil
}

// find opens a queue that is there from an earlier run, so that its limits hold and its
// numbers are shown from the start.
func (l *letters) find() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := os.Stat(l.options.Dir); err != nil || !l.enabled {
		return
	}
	if err := l.open(); err != nil {
		l.log.Warn("the dead letter queue cannot be opened; it is tried again with the first dead letter", "pipeline.id", l.id, "error", err)
	}
}

// update takes over the settings of a pipeline that uses the same folder, also while an
// input reads the queue.
func (l *letters) update(s *settings.Settings) {
	next := newLetters(l.id, s, l.options.Dir, l.log)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enabled, l.options = next.enabled, next.options
	if l.queue != nil {
		l.queue.SetLimits(l.options)
	}
}

func (l *letters) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue == nil {
		return nil
	}
	return l.queue.Close()
}
