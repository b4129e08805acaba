package queue

import "fmt"

// Ack says that the records were dealt with and need not come again. Any order, any
// part, twice is no harm. A killed process remembers it; after a power loss what was
// acked since the last checkpoint may come again.
func (r *Reader) Ack(rs ...Range) error { return r.AckNote(nil, rs...) }

// MaxNote is the longest note that a cursor keeps, in bytes.
const MaxNote = 2048

// AckNote is Ack that changes the cursor's note as well: what the caller keeps with its
// acks, as an account of them. Acks and note are stored together, so that no crash keeps
// the one without the other. change gets the note and Stats.Appended of that moment, and
// returns what the note becomes; it may change it in place. It runs under the journal's
// lock, so it must be quick and call nothing of the journal. A note longer than MaxNote
// is an error, and nothing is acked. Without ranges only the note changes.
func (r *Reader) AckNote(change func(note []byte, appended uint64) []byte, rs ...Range) error {
	j, c := r.j, r.c
	j.mu.Lock()
	if j.closed || c.gone {
		j.mu.Unlock()
		return ErrClosed
	}
	if change != nil {
		note := change(c.note, j.stats.Appended)
		if len(note) > MaxNote {
			j.mu.Unlock()
			return fmt.Errorf("the note of cursor %q has %d bytes, at most %d are kept", c.name, len(note), MaxNote)
		}
		c.note, c.dirty = note, true
	}
	var n uint64
	for _, x := range rs {
		x.Last = min(x.Last, j.end-1)
		if x.First <= x.Last && x.Last >= c.low {
			x.First = max(x.First, c.low)
			n += j.ackRange(c, x)
		}
	}
	j.stats.Acked += n
	j.ackedSince += int(n)
	due := j.ackedSince >= j.opt.CheckpointAcks
	room := j.full.Reason != ""
	if len(j.segs) > 1 && j.drained(j.segs[0]) {
		due = true
	}
	if len(j.segs) > 0 && j.drained(j.segs[0]) {
		j.wakeAppenders() // they remove what is drained themselves
	}
	j.mu.Unlock()
	err := j.saveCursor(c, false)
	if due || room {
		j.poke()
	}
	return err
}

// ackRange adds to what the cursor has acked and returns how much of it is new. mu is held.
func (j *Journal) ackRange(c *cursor, x Range) (n uint64) {
	if x.Last < c.low {
		return 0
	}
	x.First = max(x.First, c.low)
	n = c.acked.add(x)
	c.released.remove(x)
	if c.acked[0].First <= c.low {
		c.low = c.acked[0].Last + 1
		c.acked = append(c.acked[:0], c.acked[1:]...)
	}
	c.dirty = c.dirty || n > 0
	return n
}

// Release gives records back that this reader was given and has not acked: Next gives
// them out again, before anything newer.
func (r *Reader) Release(rs ...Range) error {
	j, c := r.j, r.c
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed || c.gone {
		return ErrClosed
	}
	for _, x := range rs {
		if c.next == 0 || x.First >= c.next || x.Last < c.low {
			continue
		}
		c.released.add(Range{max(x.First, c.low), min(x.Last, c.next-1)})
	}
	for _, a := range c.acked {
		c.released.remove(a)
	}
	j.wakeReaders()
	return nil
}

// Standing is a cursor and what was appended, of one moment.
type Standing struct {
	Appended uint64 // payloads since Open, as Stats.Appended
	Events   uint64 // records that the cursor has not acked
	Note     []byte
}

// Standing returns where the reader's cursor stands. The note is appended to buf.
func (r *Reader) Standing(buf []byte) Standing {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	return Standing{Appended: r.j.stats.Appended, Events: r.j.lag(r.c).Events, Note: append(buf, r.c.note...)}
}

// Lag is how far a cursor is behind.
type Lag struct {
	Events uint64 // not acked
	Unread uint64 // not given out yet, or released
	Bytes  int64  // on disk, not acked, about
}

// Lag returns how far the reader is behind.
func (r *Reader) Lag() Lag {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	return r.j.lag(r.c)
}

// lag is computed from the segments' bounds. mu is held.
func (j *Journal) lag(c *cursor) (l Lag) {
	l.Unread = j.endBefore - j.ordinal(c.next) + c.released.count()
	l.Events = j.endBefore - j.ordinal(c.low)
	for _, a := range c.acked {
		l.Events -= j.ordinal(a.Last+1) - j.ordinal(a.First)
	}
	for _, s := range j.segs {
		if s.end > c.low && s.end > s.base {
			part := s.off - segmentHeader
			if c.low > s.base {
				part = int64(float64(part) * float64(s.end-c.low) / float64(s.end-s.base))
			}
			l.Bytes += part
		}
	}
	return l
}
