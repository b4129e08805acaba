package queue

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sluice/internal/vfs"
)

// Inspection is what lies in a journal's directory.
type Inspection struct {
	ID       ID
	Segments []SegmentInfo
	Cursors  []CursorInfo
	Events   uint64 // records
	First    uint64 // sequence number of the oldest
	End      uint64 // one more than the newest
	Bytes    int64  // of all files
	Lost     uint64 // records damaged or missing, where all was read
	// Quarantine is what was put aside.
	QuarantineFiles int
	QuarantineBytes int64
	Problems        []Problem
}

// SegmentInfo is one segment file.
type SegmentInfo struct {
	Name   string
	Number uint64
	First  uint64 // records have sequence numbers in [First, End)
	End    uint64
	Bytes  int64
}

// CursorInfo is one cursor file.
type CursorInfo struct {
	Name string
	Low  uint64 // everything below is acked
	Lag  Lag
}

// Stat tells what lies in a directory from the headers. It changes nothing, takes no lock
// and may run while a process uses the journal: the newest records may be missing then.
// fsys may be nil for the real one.
func Stat(fsys vfs.FS, dir string) (*Inspection, error) { return inspect(fsys, dir, false) }

// Check is Stat that reads everything and verifies each checksum. While a process uses
// the journal, a group that is just being written shows as a torn tail.
func Check(fsys vfs.FS, dir string) (*Inspection, error) { return inspect(fsys, dir, true) }

func inspect(fsys vfs.FS, dir string, all bool) (*Inspection, error) {
	j, d, err := look(fsys, dir)
	if err != nil {
		return nil, err
	}
	if all {
		j.endBefore, j.problems = 0, d.problems
		for i, s := range j.segs {
			end := s.end
			j.findEnd(s, mark{s.base, segmentHeader}, i+1 == len(j.segs), false)
			if i+1 < len(j.segs) && s.end != end {
				if s.end < end {
					j.lose(Missing, s, nil, s.off, nil, end-s.end)
				}
				s.end = end // what lies behind it was written again in the next segment
			}
			s.before = j.endBefore
			j.endBefore += s.end - s.base
		}
	}
	x := &Inspection{
		ID: j.id, Bytes: d.meta, QuarantineFiles: d.quarFiles, QuarantineBytes: d.quarBytes,
		First: j.end, End: j.end, Events: j.endBefore, Lost: j.stats.LostRecords, Problems: j.problems,
	}
	for i, s := range j.segs {
		if i == 0 {
			x.First = s.base
		}
		x.Segments = append(x.Segments, SegmentInfo{filepath.Base(s.path), s.number, s.base, s.end, s.size})
		x.Bytes += s.size
	}
	for _, c := range j.cursorList() {
		x.Cursors = append(x.Cursors, CursorInfo{c.name, c.low, j.lag(c)})
	}
	return x, nil
}

// look makes a journal's state without lock, goroutines and changes on disk.
func look(fsys vfs.FS, dir string) (*Journal, *directory, error) {
	opt := Options{FS: fsys, Dir: dir, CacheBytes: -1}.withDefaults()
	d, err := readDir(opt.FS, dir)
	if err != nil {
		return nil, nil, fmt.Errorf("inspect queue: %w", err)
	}
	if len(d.segs) == 0 && d.new {
		return nil, nil, fmt.Errorf("inspect queue: %s holds no queue: %w", dir, os.ErrNotExist)
	}
	j := &Journal{opt: opt, readOnly: true, cursors: map[string]*cursor{}, damage: map[damageKey]bool{}, readers: map[*Reader]bool{}}
	j.id, j.segs, j.holes, j.problems = d.id, d.segs, d.holes, d.problems
	j.adoptCursors(d, false)
	j.findEnds(d)
	return j, d, nil
}

// Export calls each with every record that is still to be read by a cursor, or with all
// records if cursor is "". It changes nothing, takes no lock and may run while a process
// uses the journal. Damaged records are left out and counted in the result. The payload
// is valid during the call only.
func Export(ctx context.Context, fsys vfs.FS, dir, cursor string, each func(Record) error) (*Inspection, error) {
	j, _, err := look(fsys, dir)
	if err != nil {
		return nil, err
	}
	r, err := j.Peek(Earliest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	first, _ := j.Bounds()
	if cursor != "" {
		c := j.cursors[cursor]
		if c == nil {
			return nil, fmt.Errorf("export queue: no cursor %q; there are %q", cursor, j.Cursors())
		}
		r.c.low, r.c.next = max(r.c.low, c.low), max(r.c.low, c.low)
		r.c.acked = append(rangeSet(nil), c.acked...)
	}
	if err := r.readAll(ctx, each); err != nil {
		return nil, err
	}
	return &Inspection{
		ID: j.id, Events: j.endBefore, First: first, End: j.end,
		Lost: j.stats.LostRecords, Problems: j.problems,
	}, nil
}

// readAll reads what is there now and does not wait for more.
func (r *Reader) readAll(ctx context.Context, each func(Record) error) error {
	var b Batch
	for failures := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.reset(1024, 1<<20)
		wait, err := r.read(&b)
		b.finish()
		if err != nil {
			if failures++; failures > 2*readRetries {
				return err
			}
			continue
		}
		failures = 0
		if len(b.Records) == 0 && wait != nil {
			return nil
		}
		for _, rec := range b.Records {
			if err := each(rec); err != nil {
				return err
			}
		}
	}
}

// Repair does at once what opening and reading do when they get there: it cuts a torn
// end, copies all damage to the quarantine and writes damaged copies of headers again.
// It needs the directory for itself (*vfs.LockedError).
func Repair(ctx context.Context, fsys vfs.FS, dir string) (*Inspection, error) {
	if _, _, err := look(fsys, dir); err != nil {
		return nil, err // never makes a queue where there was none
	}
	j, _, err := Open(ctx, Options{FS: fsys, Dir: dir, CacheBytes: -1})
	if err != nil {
		return nil, err
	}
	defer j.Close()
	r, err := j.Peek(Earliest)
	if err != nil {
		return nil, err
	}
	if err := r.readAll(ctx, func(Record) error { return nil }); err != nil {
		return nil, err
	}
	r.Close()
	for _, c := range j.cursorList() {
		j.mu.Lock()
		c.dirty = true // both slots good again
		j.mu.Unlock()
		j.saveCursor(c, true)
	}
	if err := j.repairHeads(); err != nil {
		return nil, err
	}
	j.mu.Lock()
	problems, lost := append([]Problem(nil), j.problems...), j.stats.LostRecords
	j.mu.Unlock()
	x, err := Stat(fsys, dir)
	if err == nil {
		x.Problems, x.Lost = problems, lost
	}
	return x, err
}

// repairHeads writes segment headers again where a copy is damaged.
func (j *Journal) repairHeads() error {
	j.mu.Lock()
	segs := append([]*segment(nil), j.segs...)
	j.mu.Unlock()
	for i, s := range segs {
		h, ok, err := readHead(j.opt.FS, s.path)
		if err != nil || ok && !h.damaged || s.size < segmentHeader {
			continue
		}
		if !ok {
			h = segmentHead{version: formatVersion, id: j.id, number: s.number, base: s.base, created: s.created}
			if i > 0 {
				h.prevEnd = segs[i-1].end
			}
		}
		f, err := j.opt.FS.OpenRW(s.path)
		if err != nil {
			return err
		}
		_, err = f.WriteAt(h.encode(), 0)
		if err == nil {
			err = f.Sync()
		}
		f.Close()
		if err != nil {
			return fmt.Errorf("write header of %s: %w", s.path, err)
		}
	}
	return nil
}
