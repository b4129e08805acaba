package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"

	"sluice/internal/vfs"
)

// Reader reads by a durable cursor. Any number of goroutines may share one: each Next
// gives out other records. What was given out and not acked is given out again after
// Release, and after Close or a crash by the next Reader of that name.
type Reader struct {
	j *Journal
	c *cursor

	mu      sync.Mutex // held while reading; taken before Journal.mu
	closed  bool
	skip    rangeSet // acked above the present position
	seg     *segment // that file belongs to
	file    vfs.File
	sc      recordScanner
	expect  uint64 // sequence number that sc gives next
	areas   []area // damage found before expect
	held    record // read and not yet delivered
	holds   bool
	failed  int
	marked  int64
	stale   atomic.Bool // a segment was removed that may be the open one
	group   *group      // last read from memory
	groupAt int
	groupNo uint64
}

// Next waits for at least one record and puts as many as there are, at most max records
// and maxBytes of payload, into b; one record comes even if it is larger. Zero or less
// means 1,024 records and 1 MiB. It ends with ctx's error or ErrClosed. Another error
// means that the disk could not be read; the position is unchanged, and Next may be
// called again. What stays unreadable or fails its checksum is skipped after that,
// copied to the quarantine and counted in Stats.
func (r *Reader) Next(ctx context.Context, b *Batch, max, maxBytes int) error {
	if max <= 0 {
		max = 1024
	}
	if maxBytes <= 0 {
		maxBytes = 1 << 20
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.reset(max, maxBytes)
		wait, err := r.read(b)
		b.finish()
		if err != nil || len(b.Records) > 0 {
			return err
		}
		if wait == nil {
			continue
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// plan is the next stretch to read: from memory (group) or from a segment.
type plan struct {
	from, limit uint64 // [from, limit)
	released    bool
	group       *group
	seg         *segment
	segEnd      uint64
	readable    int64 // bytes of the segment's file
}

// read fills b; with nothing to read it returns what to wait for.
func (r *Reader) read(b *Batch) (wait <-chan struct{}, err error) {
	defer r.letGo()
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		p, wait, err := r.plan()
		if err != nil || p.limit == 0 {
			return wait, err
		}
		start, to := len(b.Records), p.limit
		switch {
		case p.group != nil:
			to = r.readGroup(b, p)
		case p.seg != nil:
			to, err = r.readSegment(b, p)
		}
		r.settle(p, b.Records[start:], to)
		if err != nil && len(b.Records) > 0 {
			return nil, nil // it comes back with the next call
		}
		if err != nil || to < p.limit || !b.fits(1) {
			return nil, err
		}
	}
}

func (r *Reader) plan() (p plan, wait <-chan struct{}, err error) {
	j, c := r.j, r.c
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed || r.closed || c.gone {
		return p, nil, ErrClosed
	}
	if len(c.released) > 0 {
		p = plan{from: c.released[0].First, limit: min(c.released[0].Last+1, j.end), released: true}
	} else {
		p = plan{from: c.acked.after(max(c.next, c.low)), limit: j.end}
		c.next = p.from
	}
	if p.from >= p.limit {
		if j.newData == nil {
			j.newData = make(chan struct{})
		}
		return plan{}, j.newData, nil
	}
	r.skip = append(r.skip[:0], c.acked...)
	if g := j.cache.find(p.from); g != nil {
		g.pins++
		p.group = g
		p.limit = min(p.limit, g.end())
		return p, nil, nil
	}
	s := j.segmentAt(p.from)
	if s == nil || s.base >= p.limit {
		return p, nil, nil // a gap up to limit
	}
	if s.base > p.from {
		p.limit = s.base // a gap up to the segment
		return p, nil, nil
	}
	p.seg, p.segEnd, p.readable = s, s.end, s.off
	p.limit = min(p.limit, s.end)
	return p, nil, nil
}

// settle moves the cursor over [p.from, to). Numbers in it that were neither delivered
// nor acked belong to no record (any more) and count as acked.
func (r *Reader) settle(p plan, got []Record, to uint64) {
	j, c := r.j, r.c
	j.mu.Lock()
	defer j.mu.Unlock()
	if p.group != nil {
		p.group.pins--
	}
	if to <= p.from {
		return
	}
	if p.released {
		c.released.remove(Range{p.from, to - 1})
	} else {
		c.next = max(c.next, to)
	}
	if j.opt.MaxEvents > 0 && j.space != nil && j.unread() < j.opt.MaxEvents {
		j.wakeAppenders()
	}
	at := p.from
	for _, rec := range got {
		if rec.Seq > at {
			j.ackGap(c, at, rec.Seq)
		}
		at = rec.Seq + 1
	}
	if to > at {
		j.ackGap(c, at, to)
	}
}

// ackGap acks [from, to), but for what a newer version may still read. mu is held.
func (j *Journal) ackGap(c *cursor, from, to uint64) {
	for _, h := range j.holes {
		if h.First < to && h.Last >= from {
			if h.First > from {
				j.ackRange(c, Range{from, h.First - 1})
			}
			from = h.Last + 1
		}
	}
	if from < to {
		j.ackRange(c, Range{from, to - 1})
	}
}

func (r *Reader) readGroup(b *Batch, p plan) (to uint64) {
	g := p.group
	at, seq := 0, g.first
	if r.group == g && r.groupNo <= p.from {
		at, seq = r.groupAt, r.groupNo
	}
	for seq < p.limit {
		f := peekFrame(g.buf[at:])
		if seq >= p.from && !r.skip.has(seq) {
			if !b.fits(f.len) {
				break
			}
			b.add(seq, f.time, g.buf[at+frameHeader:][:f.len])
		}
		at += frameHeader + f.len
		seq++
	}
	r.group, r.groupAt, r.groupNo = g, at, seq
	return seq
}

// readSegment reads from disk. It returns up to where it came, also with an error.
func (r *Reader) readSegment(b *Batch, p plan) (to uint64, err error) {
	if err := r.position(p); err != nil {
		return p.from, err
	}
	for r.holds || r.expect < p.limit {
		rec := r.held
		if !r.holds {
			var x, y int64
			var what scanned
			rec, x, y, what, err = r.sc.next()
			if err != nil {
				return max(p.from, r.expect), r.readError(err)
			}
			r.failed = 0
			if what == scanDamage {
				r.areas = append(r.areas, area{x, y})
				continue
			}
			if what == scanEnd {
				r.lost(p.segEnd, x)
				r.expect = p.segEnd
				break
			}
			if rec.seq < r.expect {
				continue
			}
			if rec.seq >= p.segEnd { // of a group that was not acknowledged and written again elsewhere
				r.lost(p.segEnd, x)
				r.expect = p.segEnd
				break
			}
			if rec.seq > r.expect || len(r.areas) > 0 {
				r.lost(rec.seq, x)
			}
			r.mark(rec.seq, x)
			r.expect = rec.seq + 1
		}
		r.holds = false
		if rec.seq < p.from || r.skip.has(rec.seq) {
			continue
		}
		if rec.seq >= p.limit || !b.fits(len(rec.payload)) {
			r.held, r.holds = rec, true
			return min(rec.seq, p.limit), nil
		}
		b.add(rec.seq, rec.time, rec.payload)
	}
	return min(max(p.from, r.expect), p.limit), nil
}

// position makes the scanner stand at p.from or before it, in the right segment.
func (r *Reader) position(p plan) error {
	at := r.expect
	if r.holds {
		at = r.held.seq
	}
	if r.seg == p.seg && at <= p.from {
		if p.readable > r.sc.limit {
			r.sc.limit = p.readable
			r.sc.reread = -1
		}
		return nil
	}
	r.closeFile()
	f, err := r.j.opt.FS.Open(p.seg.path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = nil, nil // somebody has removed the file; an empty one reads the same
	}
	if err != nil {
		return r.readError(fmt.Errorf("open segment: %w", err))
	}
	r.j.mu.Lock()
	start := p.seg.start(p.from)
	r.j.mu.Unlock()
	r.seg, r.file, r.expect, r.marked = p.seg, f, max(start.seq, p.seg.base), start.off
	block := r.sc.block
	block.left = 0
	win := r.sc.win[:0]
	r.sc = recordScanner{scanner: *newScanner(f, p.seg.salt, start.off, p.readable), block: block}
	r.sc.win, r.sc.skipCRC = win, r.j.opt.skipCRC
	if f == nil {
		r.sc.pos, r.sc.limit = 0, 0
	}
	r.sc.tolerant = r.failed >= readRetries
	return nil
}

// readError counts failures at one place; after a few the unreadable sectors are skipped.
func (r *Reader) readError(err error) error {
	j := r.j
	if r.failed++; r.failed >= readRetries {
		r.sc.tolerant = true
	}
	j.mu.Lock()
	j.stats.ReadErrors++
	j.lastError = err
	j.mu.Unlock()
	return err
}

// lost reports that [r.expect, to) is not there, unless the segment was removed.
func (r *Reader) lost(to uint64, at int64) {
	r.j.mu.Lock()
	removed := r.j.segmentAt(r.seg.base) != r.seg
	r.j.mu.Unlock()
	if removed {
		r.areas = r.areas[:0]
		return
	}
	kind := Damaged
	if len(r.areas) == 0 {
		kind = Missing
	}
	if to > r.expect || len(r.areas) > 0 {
		r.j.lose(kind, r.seg, r.file, at, r.areas, to-r.expect)
		r.areas = r.areas[:0]
	}
	r.sc.tolerant = false
}

func (r *Reader) mark(seq uint64, off int64) {
	if off >= r.marked+markEvery {
		r.marked = off
		r.j.mu.Lock()
		r.seg.addMark(seq, off)
		r.j.mu.Unlock()
	}
}

func (r *Reader) closeFile() {
	if r.file != nil {
		r.file.Close()
	}
	r.seg, r.file, r.holds, r.areas = nil, nil, false, r.areas[:0]
}

// Close ends Next calls with ErrClosed and gives the cursor free; it stays.
func (r *Reader) Close() error {
	r.j.mu.Lock()
	if r.closed {
		r.j.mu.Unlock()
		return nil
	}
	r.closed = true
	delete(r.j.readers, r)
	r.j.wakeReaders()
	r.j.mu.Unlock()
	r.mu.Lock()
	r.closeFile()
	r.group = nil
	r.mu.Unlock()
	err := r.j.saveCursor(r.c, false)
	r.j.mu.Lock()
	r.c.inUse = false
	r.j.mu.Unlock()
	return err
}
