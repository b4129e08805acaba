package queue

import (
	"errors"
	"io/fs"
	"sort"
	"time"
)

// run is the background goroutine: checkpoints, removal of what is drained, retention,
// and the question whether a full disk has space again.
func (j *Journal) run() {
	defer j.keeper.Done()
	tick := time.NewTicker(min(j.opt.CheckpointInterval, time.Second))
	defer tick.Stop()
	for {
		j.mu.Lock()
		disk := j.diskFull
		j.mu.Unlock()
		var retry <-chan time.Time
		if disk {
			retry = time.After(diskRetry)
		}
		select {
		case <-tick.C:
		case <-retry:
		case <-j.wake:
		case <-j.stop:
			return
		}
		j.maintain()
	}
}

// poke makes the background goroutine look around now.
func (j *Journal) poke() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// maintain does what is due.
func (j *Journal) maintain() {
	j.probeDisk()
	now := j.millis()
	j.mu.Lock()
	due := now-j.lastCheckpoint >= j.opt.CheckpointInterval.Milliseconds() || now < j.lastCheckpoint
	acks := j.ackedSince >= j.opt.CheckpointAcks
	if due || acks {
		j.lastCheckpoint, j.ackedSince = now, 0
	}
	j.mu.Unlock()
	if due && j.opt.Sync == SyncRelaxed {
		j.checkpointWrites()
	}
	if due || acks {
		j.saveCursors(true)
	}
	j.rotateIfDue(now)
	j.reclaim(0)
}

// checkpointWrites syncs what SyncRelaxed has left unsynced.
func (j *Journal) checkpointWrites() {
	j.withWriter(func() error {
		if err := j.syncActive(); err != nil {
			return err
		}
		if j.activeFile != nil {
			seg := j.active()
			j.mu.Lock()
			j.synced = synced{seg.number, seg.off, seg.end}
			j.mu.Unlock()
		}
		return nil
	})
}

// saveCursors writes all cursors that have changed.
func (j *Journal) saveCursors(sync bool) (first error) {
	for _, c := range j.cursorList() {
		j.mu.Lock()
		if c.saved != j.synced { // the place where recovery may start has moved on
			c.saved, c.dirty = j.synced, true
		}
		j.mu.Unlock()
		if err := j.saveCursor(c, sync); first == nil {
			first = err
		}
	}
	return first
}

// probeDisk asks whether a full disk has space again, and lets the appenders try.
func (j *Journal) probeDisk() {
	j.mu.Lock()
	disk, need := j.diskFull, j.diskNeed+2*segmentHeader
	j.mu.Unlock()
	if !disk {
		return
	}
	free, err := j.opt.FS.Free(j.opt.Dir)
	if err != nil || free <= j.opt.MinFree+need {
		return
	}
	j.mu.Lock()
	j.diskFull = false
	j.setFull(j.fullFor(0))
	j.wakeAppenders()
	j.mu.Unlock()
}

// drained tells whether no cursor has anything to ack in s. Journals that keep a
// history need no reader. mu is held.
func (j *Journal) drained(s *segment) bool {
	if len(j.cursors) == 0 {
		return j.opt.Retention.keeps()
	}
	for _, c := range j.cursors {
		if c.acked.after(max(c.low, s.base)) < s.end {
			return false
		}
	}
	return true
}

// removable returns how many of the oldest segments may go, so that need more bytes fit
// if that is possible. The newest segment always stays: its name keeps the sequence
// number. mu is held.
func (j *Journal) removable(need int64) int {
	n, last := 0, len(j.segs)-1
	for n < last && j.drained(j.segs[n]) {
		n++
	}
	if j.opt.Retention.keeps() && !j.diskFull {
		n = j.expired(n)
	}
	for old := j.millis() - j.opt.MaxAge.Milliseconds(); j.opt.MaxAge > 0 && n < last && j.segs[n+1].created <= old; {
		n++
	}
	if need == 0 || j.opt.MaxBytes == 0 {
		return n
	}
	free := j.opt.MaxBytes - j.used() - need - reserveBytes
	for _, s := range j.segs[:n] {
		free += s.off
	}
	for n < last && free < 0 && (j.opt.WhenFull == DropOldest || j.drained(j.segs[n])) {
		free += j.segs[n].off
		n++
	}
	return n
}

// expired returns how many of the n oldest segments retention does not keep.
func (j *Journal) expired(n int) int {
	r := j.opt.Retention
	var kept int64
	for _, s := range j.segs {
		kept += s.off
	}
	oldest := j.millis() - r.Age.Milliseconds()
	for i, s := range j.segs[:n] {
		// The next segment was made after the last record of this one.
		old := r.Age > 0 && j.segs[i+1].created <= oldest
		if !old && !(r.Bytes > 0 && kept > r.Bytes) {
			return i
		}
		kept -= s.off
	}
	return n
}

// reclaim removes segments that nobody needs, and more if need bytes do not fit. It
// tells whether anything was removed.
func (j *Journal) reclaim(need int64) bool {
	j.mu.Lock()
	n := j.removable(need)
	if n == 0 && need > 0 && j.lastDrained(need) {
		j.mu.Unlock()
		j.rotate()
		j.mu.Lock()
		n = j.removable(need)
	}
	var gone []*segment
	for _, s := range j.segs[:n] {
		j.passBy(s)
		if s.size > 0 { // an empty file is evidence, and takes no space
			gone = append(gone, s)
		}
	}
	j.segs = append(j.segs[:0:0], j.segs[n:]...)
	gone = append(gone, j.trash...)
	j.trash = gone
	j.mu.Unlock()
	if len(gone) == 0 {
		return false
	}
	removed := false
	for _, s := range gone {
		err := j.opt.FS.Remove(s.path)
		j.mu.Lock()
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			removed = true
			for i, t := range j.trash {
				if t == s {
					j.trash = append(j.trash[:i:i], j.trash[i+1:]...)
					break
				}
			}
		} else {
			j.lastError = err // stays in trash, and counts, until it works
		}
		j.mu.Unlock()
	}
	if err := j.opt.FS.SyncDir(j.opt.Dir); err != nil {
		j.mu.Lock()
		j.lastError = err // the files come back at most, and are drained then
		j.mu.Unlock()
	}
	j.mu.Lock()
	if j.fullFor(need) == "" {
		j.wakeAppenders()
	}
	readers := make([]*Reader, 0, len(j.readers))
	for r := range j.readers {
		readers = append(readers, r)
	}
	j.mu.Unlock()
	for _, r := range readers {
		r.stale.Store(true)
		r.letGo()
	}
	return removed
}

// passBy moves the cursors over a segment that is removed, and counts what they miss.
// mu is held.
func (j *Journal) passBy(s *segment) {
	if s.end == s.base {
		return
	}
	for _, c := range j.cursors {
		n := j.ackRange(c, Range{s.base, s.end - 1})
		c.overrun += n
		j.stats.Overrun += n
	}
}

// lastDrained tells whether the newest segment stands in the way and all its records
// are acked. mu is held.
func (j *Journal) lastDrained(need int64) bool {
	if len(j.segs) == 0 || j.writing != nil || j.pending != nil {
		return false
	}
	s := j.segs[len(j.segs)-1]
	return s.end > s.base && (j.drained(s) || j.opt.WhenFull == DropOldest) && j.fullFor(need) == FullBytes
}

// SetLimits changes MaxBytes, MaxEvents and the size of segments of an open journal. What
// is there beyond a lower limit stays.
func (j *Journal) SetLimits(segment, maxBytes, maxEvents int64) {
	j.mu.Lock()
	j.opt.MaxEvents = maxEvents
	full, maxAge := j.opt.WhenFull, j.opt.MaxAge
	j.mu.Unlock()
	j.setLimits(segment, maxBytes, full, maxAge)
}

// setLimits changes what was set by Open: these options, and no others, are read under
// mu or by the holder of committing only. Segments that are there keep their size.
func (j *Journal) setLimits(segment, maxBytes int64, full WhenFull, maxAge time.Duration) {
	j.withWriter(func() error {
		j.mu.Lock()
		defer j.mu.Unlock()
		o := Options{SegmentBytes: segment, MaxBytes: maxBytes}.withDefaults()
		j.opt.SegmentBytes, j.opt.MaxBytes, j.opt.WhenFull, j.opt.MaxAge = o.SegmentBytes, maxBytes, full, maxAge
		j.wakeAppenders()
		return nil
	})
	j.poke()
}

// rotate ends the newest segment and starts an empty one, so that the old one can go.
func (j *Journal) rotate() error {
	return j.withWriter(func() error {
		if err := j.syncActive(); err != nil {
			return err
		}
		j.seal(false)
		return j.newSegment()
	})
}

const (
	rotateBytes = 1 << 20 // a drained segment of this size goes at once,
	rotateIdle  = 10000   // a smaller one after this many milliseconds without appends
)

// rotateIfDue ends the newest segment when it is drained or, for retention by age, old.
func (j *Journal) rotateIfDue(now int64) {
	j.mu.Lock()
	due := false
	if n := len(j.segs); n > 0 && j.writing == nil && j.pending == nil {
		s := j.segs[n-1]
		age := now - s.created
		if r := j.opt.Retention; j.diskFull {
			due = n == 1 && s.end > s.base && j.drained(s) // nothing else can be given back
		} else if r.keeps() {
			due = s.end > s.base && r.Age > 0 && age > r.Age.Milliseconds()/4
		} else {
			due = s.end > s.base && j.drained(s) && (s.off >= rotateBytes || now-j.lastTime >= rotateIdle)
		}
		if m := j.opt.MaxAge.Milliseconds(); m > 0 && !j.diskFull && s.end > s.base && age > m/4 {
			due = true
		}
		if j.full.Reason == FullBytes && s.end > s.base && j.drained(s) {
			due = true
		}
	}
	j.mu.Unlock()
	if due {
		if err := j.rotate(); err != nil {
			j.mu.Lock()
			j.lastError = err
			j.mu.Unlock()
		}
	}
}

// segmentAt returns the segment that holds seq, or the first one after it; nil if there
// is none. mu is held.
func (j *Journal) segmentAt(seq uint64) *segment {
	i := sort.Search(len(j.segs), func(i int) bool { return j.segs[i].end > seq })
	if i == len(j.segs) {
		return nil
	}
	return j.segs[i]
}
