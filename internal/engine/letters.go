package engine

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"sluice/internal/event"
	"sluice/internal/pipeline"
	"sluice/internal/queue"
	"sluice/internal/settings"
)

// letters is the dead letter queue of one pipeline. Its folder is made with the first
// dead letter.
type letters struct {
	id      string
	dir     string
	enabled bool
	max     int64
	log     *slog.Logger

	mu      sync.Mutex
	journal *queue.Journal
	buf     []byte
}

func newLetters(id string, s *settings.Settings, dir string, log *slog.Logger) *letters {
	return &letters{id: id, dir: dir, enabled: s.Bool("dead_letter_queue.enable"), max: s.Bytes("dead_letter_queue.max_bytes"), log: log}
}

// Put keeps an event with the reason, durably.
func (l *letters) Put(e *event.Event, why pipeline.DeadLetter) error {
	l.log.Warn("an event could not be delivered", "pipeline.id", l.id, "plugin", why.Plugin, "reason", why.Reason, "status", why.Status, "kept", l.enabled)
	if !l.enabled {
		return pipeline.ErrLettersFull
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal == nil {
		j, _, err := queue.Open(context.Background(), queue.Options{Dir: l.dir, MaxBytes: l.max})
		if err != nil {
			return err
		}
		if _, err := j.Reader("main", queue.Earliest); err != nil {
			return err
		}
		l.journal = j
	}
	head, err := json.Marshal(why)
	if err != nil {
		return err
	}
	l.buf = append(append(l.buf[:0], head...), '\n')
	l.buf = e.AppendRecord(l.buf)
	_, err = l.journal.TryAppend([][]byte{l.buf})
	if err == queue.ErrFull {
		return pipeline.ErrLettersFull
	}
	return err
}

func (l *letters) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal == nil {
		return nil
	}
	return l.journal.Close()
}
