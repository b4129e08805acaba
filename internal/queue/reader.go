package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/vfs"
)

// Position is where a new cursor begins.
type Position struct {
	kind byte
	seq  uint64
	at   time.Time
}

var (
	Earliest = Position{}          // the oldest payload that is kept
	Latest   = Position{kind: 'l'} // what is appended from now on
)

// AtSeq is the payload with this sequence number, or the next one that is kept.
func AtSeq(seq uint64) Position { return Position{kind: 's', seq: seq} }

// AtTime is the first payload that was appended at t (milliseconds) or later.
func AtTime(t time.Time) Position { return Position{kind: 't', at: t} }

// Record is one payload.
type Record struct {
	Seq     uint64
	Time    time.Time // of Append, in milliseconds
	Payload []byte    // belongs to the Batch
}

// Batch takes what Next reads. Payloads live in its memory until the next call of Next
// with it. The zero value is ready for use; use it again to save allocations.
type Batch struct {
	Records []Record

	buf   []byte
	ends  []int // of payloads in buf
	count int
	limit int
}

func (b *Batch) reset(count, bytes int) {
	clear(b.Records)
	b.Records, b.buf, b.ends = b.Records[:0], b.buf[:0], b.ends[:0]
	b.count, b.limit = count, bytes
}

// fits tells whether n more bytes may be added; the first payload always fits.
func (b *Batch) fits(n int) bool {
	return len(b.Records) == 0 || len(b.Records) < b.count && len(b.buf)+n <= b.limit
}

func (b *Batch) add(seq uint64, millis int64, payload []byte) {
	b.buf = append(b.buf, payload...)
	b.ends = append(b.ends, len(b.buf))
	b.Records = append(b.Records, Record{Seq: seq, Time: time.UnixMilli(millis)})
}

// finish sets the payloads, once buf no longer moves.
func (b *Batch) finish() {
	start := 0
	for i, end := range b.ends {
		b.Records[i].Payload = b.buf[start:end:end]
		start = end
	}
}

// Ranges returns the sequence numbers of all records, for Ack and Release.
func (b *Batch) Ranges() []Range {
	var rs []Range
	for _, r := range b.Records {
		if n := len(rs); n > 0 && rs[n-1].Last+1 == r.Seq {
			rs[n-1].Last++
		} else {
			rs = append(rs, Range{r.Seq, r.Seq})
		}
	}
	return rs
}

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

// Reader returns the reader of a named cursor. A new cursor begins at from and is durable
// on return; one that exists goes on where it was, and from does not count. Only one
// reader of a cursor may be open (ErrCursorInUse).
func (j *Journal) Reader(name string, from Position) (*Reader, error) {
	if name == "" || len(name) > MaxCursorName {
		return nil, fmt.Errorf("cursor name %q: need 1 to %d bytes", name, MaxCursorName)
	}
	j.mu.Lock()
	c, found := j.cursors[name]
	if found && c.inUse {
		j.mu.Unlock()
		return nil, fmt.Errorf("%w: %q", ErrCursorInUse, name)
	}
	if j.closed {
		j.mu.Unlock()
		return nil, ErrClosed
	}
	if found {
		c.inUse = true
		c.next, c.released = c.low, nil
		r := j.newReader(c)
		j.mu.Unlock()
		return r, nil
	}
	j.mu.Unlock()
	low, err := j.locate(from)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	if j.cursors[name] != nil {
		j.mu.Unlock()
		return nil, fmt.Errorf("%w: %q", ErrCursorInUse, name)
	}
	if len(j.segs) > 0 {
		low = max(low, j.segs[0].base) // the oldest may have gone since
	}
	c = &cursor{name: name, inUse: true, low: low, next: low}
	j.cursors[name] = c // from now on its segments stay
	s := cursorState{name: name, id: j.id, low: c.low, at: j.synced}
	j.mu.Unlock()
	c.io.Lock()
	err = c.create(j.opt.FS, j.opt.Dir, s)
	c.io.Unlock()
	if err != nil {
		j.opt.FS.Remove(c.path)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		delete(j.cursors, name)
		return nil, err
	}
	j.metaBytes += int64(2 * c.half)
	return j.newReader(c), nil
}

// Peek returns a reader that is not durable and holds nothing back: for looking around.
// What is removed while it reads, it does not see.
func (j *Journal) Peek(from Position) (*Reader, error) {
	low, err := j.locate(from)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newReader(&cursor{low: low, next: low, passing: true}), nil
}

// newReader makes a reader known, so that it lets go of removed files. mu is held.
func (j *Journal) newReader(c *cursor) *Reader {
	r := &Reader{j: j, c: c}
	j.readers[r] = true
	return r
}

// letGo closes the file if its segment was removed, since an open file takes space. It is
// called after each removal and each read, so whoever is last sees it.
func (r *Reader) letGo() {
	if !r.stale.Load() || !r.mu.TryLock() {
		return
	}
	defer r.mu.Unlock()
	r.stale.Store(false)
	r.closeFile()
}

// Cursors lists the names of all cursors.
func (j *Journal) Cursors() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	names := make([]string, 0, len(j.cursors))
	for n := range j.cursors {
		names = append(names, n)
	}
	return names
}

// DropCursor removes a cursor and its file. Its reader, if open, gives ErrClosed.
func (j *Journal) DropCursor(name string) error {
	j.mu.Lock()
	c := j.cursors[name]
	if c == nil {
		j.mu.Unlock()
		return nil
	}
	delete(j.cursors, name)
	c.gone = true
	j.wakeReaders()
	j.mu.Unlock()
	c.io.Lock()
	defer c.io.Unlock()
	if c.file != nil {
		c.file.Close()
		c.file = nil
	}
	err := j.opt.FS.Remove(filepath.Join(j.opt.Dir, cursorFileName(name)))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = j.opt.FS.SyncDir(j.opt.Dir)
	}
	if err != nil {
		return fmt.Errorf("remove cursor %q: %w", name, err)
	}
	j.mu.Lock()
	j.metaBytes -= int64(2 * c.half)
	j.checkFull(0)
	j.wakeAppenders()
	j.mu.Unlock()
	j.poke()
	return nil
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
	if j.full.Reason == FullEvents && !j.checkFull(frameHeader) {
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
	if room && (len(j.segs) > 0 && j.drained(j.segs[0]) || !j.checkFull(frameHeader)) {
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
