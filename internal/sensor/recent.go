package sensor

import (
	"context"
	"sync"
)

// recent is the newest events in memory, for people who look: no cursor in the journal,
// so that who looks slowly keeps nothing on disk.
type recent struct {
	mu      sync.Mutex
	events  []recentEvent
	bytes   int
	changed chan struct{} // closed and replaced when events come
}

type recentEvent struct {
	number  uint64
	payload []byte
}

// Limits of what is kept in memory.
const (
	recentEvents = 1000
	recentBytes  = 2 << 20
)

func newRecent() *recent { return &recent{changed: make(chan struct{})} }

// add takes payloads over; they must not change afterwards.
func (r *recent) add(first uint64, payloads [][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if skip := len(payloads) - recentEvents; skip > 0 {
		first, payloads = first+uint64(skip), payloads[skip:]
	}
	for i, p := range payloads {
		r.events = append(r.events, recentEvent{first + uint64(i), p})
		r.bytes += len(p)
	}
	drop := 0
	for n := len(r.events); n-drop > recentEvents || r.bytes > recentBytes && n-drop > 1; drop++ {
		r.bytes -= len(r.events[drop].payload)
	}
	if drop > 0 {
		n := copy(r.events, r.events[drop:])
		clear(r.events[n:])
		r.events = r.events[:n]
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// last returns the newest n events.
func (r *recent) last(n int) []recentEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]recentEvent(nil), r.events[max(0, len(r.events)-n):]...)
}

// after waits for events with numbers above this one.
func (r *recent) after(ctx context.Context, number uint64) ([]recentEvent, error) {
	for {
		r.mu.Lock()
		for i := range r.events {
			if r.events[i].number > number {
				all := append([]recentEvent(nil), r.events[i:]...)
				r.mu.Unlock()
				return all, nil
			}
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
