package queue

// Ack says that the records were dealt with and need not come again. Any order, any
// part, twice is no harm. A killed process remembers it; after a power loss what was
// acked since the last checkpoint may come again.
func (r *Reader) Ack(rs ...Range) error {
	j, c := r.j, r.c
	j.mu.Lock()
	if j.closed || c.gone {
		j.mu.Unlock()
		return ErrClosed
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
