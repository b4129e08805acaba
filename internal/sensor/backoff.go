package sensor

import (
	"context"
	"time"
)

// backoff is how long to wait before the next attempt: twice as long each time.
type backoff struct {
	first, most time.Duration
	next        time.Duration
}

// wait waits, and tells whether ctx still lives.
func (b *backoff) wait(ctx context.Context) bool {
	b.next = min(max(b.next, b.first), b.most)
	t := time.NewTimer(b.next)
	defer t.Stop()
	b.next *= 2
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// reset says that an attempt has been good.
func (b *backoff) reset() { b.next = 0 }
