package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/internal/vfs"
)

// Append puts payloads at the end and returns the sequence number of the first; the
// others follow it. With SyncAlways they are durable on return. The payloads are copied.
//
// While the journal is full, Append waits; as in Logstash, MaxEvents never splits or
// refuses a call: one that begins while there is room is written whole. If ctx ends, or
// another error is returned, the payloads may or may not be found after a restart: the
// sender has to send again. An error that is not of ctx means that the disk failed twice
// (on two different files) or that the journal is closed.
func (j *Journal) Append(ctx context.Context, payloads [][]byte) (first uint64, err error) {
	return j.append(ctx, ctx, payloads, true)
}

// AppendCertain is Append whose ctx bounds only the wait for room: an error of ctx means
// that nothing has been written.
func (j *Journal) AppendCertain(ctx context.Context, payloads [][]byte) (first uint64, err error) {
	return j.append(ctx, context.WithoutCancel(ctx), payloads, true)
}

// TryAppend is Append that returns ErrFull instead of waiting for room. It does wait for
// the disk.
func (j *Journal) TryAppend(payloads [][]byte) (first uint64, err error) {
	return j.append(context.Background(), context.Background(), payloads, false)
}

// append waits for room as long as ctx lives, and for the disk as long as commit lives.
func (j *Journal) append(ctx, commit context.Context, payloads [][]byte, wait bool) (uint64, error) {
	need := int64(0)
	for _, p := range payloads {
		if len(p) > MaxPayload {
			return 0, fmt.Errorf("%w (%d bytes, at most %d)", ErrTooLarge, len(p), MaxPayload)
		}
		need += frameHeader + int64(len(p))
	}
	if len(payloads) == 0 {
		_, end := j.Bounds()
		return end, nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		t, err := j.enqueue(payloads, need)
		switch {
		case err != nil:
			return 0, err
		case t.full && j.reclaim(need):
			continue
		case t.full && !wait:
			return 0, ErrFull
		case t.room != nil:
			if err := j.awaitRoom(ctx, t.room); err != nil {
				return 0, err
			}
			continue
		}
		g := t.g
		if t.lead {
			j.commit(g)
		} else {
			select {
			case <-g.done:
			case <-commit.Done():
				return 0, commit.Err()
			}
		}
		if errors.Is(g.err, vfs.ErrNoSpace) {
			if !wait {
				return 0, ErrFull
			}
			// The disk may say that there is space and still not give it.
			if err := j.awaitRoom(ctx, nil); err != nil {
				return 0, err
			}
			continue
		}
		// Only now: if an earlier group failed, this one has taken its numbers.
		return g.first + uint64(t.index), g.err
	}
}

// ticket is what an appender gets for its payloads.
type ticket struct {
	g     *group
	index int  // of its first payload in the group
	lead  bool // the appender commits the group itself

	room chan struct{} // instead of a group: what to wait for before the next try
	full bool
}

// enqueue puts the payloads into the group that gathers.
func (j *Journal) enqueue(payloads [][]byte, need int64) (t ticket, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return t, ErrClosed
	}
	if m := j.opt.MaxBytes; m > 0 && need+reserveBytes+j.metaBytes > m {
		return t, fmt.Errorf("%w (%d bytes with metadata, queue.max_bytes is %d)", ErrTooLarge, need+j.metaBytes, m)
	}
	if why := j.fullFor(need); why != "" {
		j.setFull(why)
		return ticket{room: j.spaceChan(), full: true}, nil
	}
	j.setFull("")
	// What gathers in memory is bounded: behind a slow disk appenders wait their turn.
	g := j.pending
	if g != nil && len(g.buf)+int(need) > 4*j.opt.GroupBytes {
		return ticket{room: j.spaceChan()}, nil
	}
	if g == nil {
		g = &group{first: j.next, done: make(chan struct{}), buf: j.cache.buffer()}
	}
	if have := cap(g.buf) - len(g.buf); int64(have) < need {
		grown := make([]byte, len(g.buf), max(len(g.buf)+int(need), min(2*cap(g.buf), j.opt.GroupBytes)))
		copy(grown, g.buf)
		g.buf = grown
	}
	now := j.millis()
	for i, p := range payloads {
		g.buf = appendFrame(g.buf, frameRecord, j.next+uint64(i), now, p)
	}
	t = ticket{g: g, index: g.count, lead: !j.committing}
	g.count += len(payloads)
	j.next += uint64(len(payloads))
	if t.lead {
		j.committing, j.writing = true, g
	} else {
		j.pending = g
	}
	return t, nil
}

// spaceChan is closed when an appender should try again. mu is held.
func (j *Journal) spaceChan() chan struct{} {
	if j.space == nil {
		j.space = make(chan struct{})
	}
	return j.space
}

// awaitRoom waits until there may be room. A full disk is asked again and again, since
// nobody tells when others have freed space; room is nil then.
func (j *Journal) awaitRoom(ctx context.Context, room chan struct{}) error {
	j.mu.Lock()
	j.stats.Waits++
	disk := j.diskFull || room == nil
	j.mu.Unlock()
	if disk {
		t := time.NewTimer(diskRetry)
		defer t.Stop()
		select {
		case <-room:
		case <-t.C:
			j.probeDisk()
		case <-j.stop:
		case <-ctx.Done():
			return ctx.Err()
		}
		return nil
	}
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const diskRetry = 100 * time.Millisecond
