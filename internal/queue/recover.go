package queue

import (
	"fmt"

	"sluice/internal/vfs"
)

// adopt makes the journal's state from what lies in the directory, and repairs what can
// be repaired. Nothing here makes Open fail: what the disk refuses is tried again later.
func (j *Journal) adopt(d *directory) {
	j.id = d.id
	j.segs = d.segs
	j.lastNumber = d.lastNumber
	j.problems = d.problems
	j.metaBytes = d.meta
	j.holes = d.holes
	j.stats.QuarantineFiles, j.stats.QuarantineBytes = d.quarFiles, d.quarBytes
	if d.badIdentity {
		if err := writeIdentity(j.opt.FS, j.opt.Dir, j.id); err != nil {
			j.lastError = err
		}
	}
	for _, path := range d.leftovers {
		j.opt.FS.Remove(path)
	}
	// After a crash names may be there that are not durable yet.
	err := j.opt.FS.SyncDir(j.opt.Dir)
	if err != nil {
		j.lastError = err
	}
	j.adoptCursors(d, err == nil)
	var tail *segment
	if n := len(j.segs); n > 0 {
		tail = j.segs[n-1]
	}
	unused, cut := j.findEnds(d)
	for _, h := range d.holes {
		j.end = max(j.end, h.Last+1)
	}
	for _, c := range j.cursors {
		j.end = max(j.end, c.low)
		if n := len(c.acked); n > 0 {
			j.end = max(j.end, c.acked[n-1].Last+1)
		}
	}
	j.end = max(j.end, 1) + unused
	j.next = j.end
	if unused > 0 {
		// The numbers of what was cut may have been seen: a new segment keeps them used.
		// Without it nothing is cut, and the next open comes to the same end.
		if err := j.newSegment(); err != nil {
			j.lastError = err
			cut = 0
		}
	}
	if cut > 0 {
		j.cut(tail, cut)
	}
	j.reclaim(0) // a crash may have brought back what was removed
}

// cut takes what is no record, and what was allocated ahead, from the end of a segment.
func (j *Journal) cut(s *segment, size int64) {
	w, err := j.opt.FS.OpenRW(s.path)
	if err != nil {
		return // zeros and torn records mean the end as well
	}
	defer w.Close()
	if w.Truncate(size) == nil && w.Sync() == nil {
		s.size = size
	}
}

func (j *Journal) adoptCursors(d *directory, durable bool) {
	for i, c := range d.cursors {
		s := d.states[i]
		if s.id != j.id && !c.dirty {
			j.problem(Problem{Kind: ForeignFile, File: c.path, Detail: "a cursor of queue " + s.id.String()})
			continue
		}
		c.low, c.acked, c.next, c.note = s.low, s.acked, s.low, s.note
		if c.newer || j.readOnly {
			j.cursors[c.name] = c
			if s.at.segment > j.synced.segment || s.at.segment == j.synced.segment && s.at.off > j.synced.off {
				j.synced = s.at
			}
			continue
		}
		if f, err := j.opt.FS.OpenRW(c.path); err == nil {
			if !c.dirty && !c.torn && durable && c.settle(f, s) == nil {
				c.file = f
			} else {
				f.Close()
				c.dirty = true
			}
		}
		j.cursors[c.name] = c
		if s.at.segment > j.synced.segment || s.at.segment == j.synced.segment && s.at.off > j.synced.off {
			j.synced = s.at
		}
	}
}

// findEnds works out where each segment ends: from the header of the next one, and by
// reading only where there is none. It returns how many sequence numbers after the end
// may have been given out and seen all the same, and where to cut the last segment; 0 = nowhere.
func (j *Journal) findEnds(d *directory) (unused uint64, cut int64) {
	kept := j.segs[:0]
	defer func() { j.segs = kept }()
	for i, s := range j.segs {
		s.before = j.endBefore
		if i+1 < len(j.segs) && d.heads[i+1].number == s.number+1 && d.heads[i+1].prevEnd > 0 {
			next := d.heads[i+1]
			s.end = next.base
			if next.prevEnd >= s.base && next.prevEnd <= next.base {
				s.end = next.prevEnd
			}
		} else {
			from := mark{s.base, segmentHeader}
			last := i+1 == len(j.segs)
			if at := j.synced; last && at.segment == s.number && at.off <= s.size {
				from = mark{at.seq, at.off}
			}
			n, size, readable := j.findEnd(s, from, last, d.heads[i].flags&flagRelaxed != 0)
			if !readable {
				// Like one of a newer version: its numbers stay its own, and the next
				// open looks again.
				hole := Range{s.base, s.base + uint64(s.size)/frameHeader}
				d.holes, j.holes = append(d.holes, hole), append(j.holes, hole)
				continue
			}
			if last {
				unused, cut = n, size
			} else {
				j.noteMissing(s, j.segs[i+1], d)
			}
		}
		j.endBefore += s.end - s.base
		j.end = s.end
		kept = append(kept, s)
	}
	return unused, cut
}

// noteMissing reports a hole in the row of segment files, unless all had acked it.
func (j *Journal) noteMissing(s, next *segment, d *directory) {
	if next.number == s.number+1 {
		return
	}
	for _, h := range d.holes {
		if h.First >= s.base && h.First < next.base {
			return // of a newer version, not missing
		}
	}
	for _, c := range j.cursors {
		if s.end < next.base && c.acked.after(max(c.low, s.end)) < next.base {
			j.problem(Problem{Kind: Missing, File: s.path, Records: next.base - s.end,
				Detail: fmt.Sprintf("the files of segments %d to %d are gone", s.number+1, next.number-1)})
			return
		}
	}
}

// findEnd reads a segment from a known place to its last record. What follows in the
// newest segment and is no record is to be cut off, once it was copied to the quarantine.
// Without readable the file cannot be opened.
func (j *Journal) findEnd(s *segment, from mark, last, relaxed bool) (unused uint64, cut int64, readable bool) {
	s.end, s.off = from.seq, from.off
	var f vfs.File
	err := retried(func() (err error) {
		f, err = j.opt.FS.Open(s.path)
		return err
	})
	if err != nil {
		j.problem(Problem{Kind: Unreadable, File: s.path, Detail: err.Error()})
		return 0, 0, false
	}
	defer f.Close()
	sc := recordScanner{scanner: *newScanner(f, s.salt, from.off, s.size)}
	sc.skipCRC = j.opt.skipCRC
	var areas []area
	failed := 0
	for {
		r, a, b, what, err := sc.next()
		if err != nil {
			if failed++; failed == readRetries {
				sc.tolerant = true
				j.problem(Problem{Kind: Unreadable, File: s.path, Offset: sc.pos, Detail: err.Error()})
			}
			continue
		}
		if what == scanEnd {
			break
		}
		if what == scanDamage {
			areas = append(areas, area{a, b})
			continue
		}
		if r.seq >= s.end {
			if len(areas) > 0 || r.seq > s.end {
				j.lose(Damaged, s, f, s.off, areas, r.seq-s.end)
			}
			s.addMark(r.seq, a)
			s.end = r.seq + 1
		}
		areas = nil
		s.off = sc.pos
	}
	cut = max(s.off, sc.closedEnd)
	if sc.tolerant {
		unused = uint64(s.size-s.off) / frameHeader
	} else if len(areas) > 0 {
		to := areas[len(areas)-1].to
		unused = uint64(to-s.off)/frameHeader + 1
		j.stats.TornBytes += uint64(to - s.off)
		if !j.lose(TornTail, s, f, s.off, []area{{areas[0].from, to}}, 0) {
			cut = s.size
		}
	}
	if last && relaxed && sc.closedEnd == 0 {
		unused += maxUnsynced
	}
	if last && !sc.tolerant && cut < s.size {
		return unused, cut, true
	}
	return unused, 0, true
}

const (
	readRetries = 3
	maxUnsynced = 1 << 20 // more than SyncRelaxed leaves unsynced
)
