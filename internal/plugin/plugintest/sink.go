package plugintest

import (
	"context"
	"sync"
	"testing"
	"time"

	"sluice/internal/event"
)

// Sink keeps the events that an input puts, as JSON. The zero Sink is ready for use.
type Sink struct {
	// Refuse, when set, is asked before a batch is taken. Its error is Put's.
	Refuse func() error

	mu      sync.Mutex
	changed chan struct{}
	events  []string
	batches int
}

// Put keeps the events and releases the batch.
func (s *Sink) Put(ctx context.Context, b *event.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.Refuse != nil {
		if err := s.Refuse(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, JSON(b.Events, false)...)
	s.batches++
	b.Release()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	return nil
}

// Events returns what has been put so far.
func (s *Sink) Events() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.events...)
}

// Wait returns the events when there are at least n. The test fails after 20 seconds.
func (s *Sink) Wait(t testing.TB, n int) []string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		if len(s.events) >= n {
			s.mu.Unlock()
			return s.Events()
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%d events came, %d were expected: %q", len(s.Events()), n, s.Events())
		}
	}
}
