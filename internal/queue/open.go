package queue

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"sluice/internal/vfs"
)

// Report is what Open found.
type Report struct {
	ID       ID
	New      bool // nothing was there
	Segments int
	Events   uint64 // records in all segments
	Torn     int64  // bytes cut from the end of the newest segment
	Took     time.Duration
	Problems []Problem // dealt with; conditions for people
}

// Open opens the journal in a directory, whatever lies there: damage is cut or skipped,
// copied to the folder quarantine and reported; files that are not understood are left
// alone and reported. Time and memory do not depend on the backlog. An error means that
// another process holds the directory (a *vfs.LockedError), or that it cannot be made or
// listed. ctx bounds opening only.
func Open(ctx context.Context, opt Options) (*Journal, *Report, error) {
	start := time.Now()
	opt = opt.withDefaults()
	if r := opt.Retention.Bytes; r > 0 {
		opt.SegmentBytes = min(opt.SegmentBytes, max(r/4, minSegmentBytes))
	}
	if opt.Dir == "" {
		return nil, nil, errors.New("queue needs a directory")
	}
	if err := opt.FS.MkdirAll(opt.Dir); err != nil {
		return nil, nil, fmt.Errorf("make queue directory: %w", err)
	}
	lock, err := opt.FS.Lock(filepath.Join(opt.Dir, lockName))
	if err != nil {
		return nil, nil, fmt.Errorf("open queue: %w", err)
	}
	j := &Journal{
		opt: opt, lock: lock,
		cursors: map[string]*cursor{}, damage: map[damageKey]bool{}, readers: map[*Reader]bool{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	j.cache.limit = opt.CacheBytes
	j.lastCheckpoint = j.millis()
	d, err := readDir(opt.FS, opt.Dir)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		lock.Close()
		return nil, nil, fmt.Errorf("open queue: %w", err)
	}
	j.adopt(d)
	if !opt.manual {
		j.keeper.Add(1)
		go j.run()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j, &Report{
		ID: j.id, New: d.new, Segments: len(j.segs), Events: j.endBefore,
		Torn: int64(j.stats.TornBytes), Took: time.Since(start),
		Problems: append([]Problem(nil), j.problems...),
	}, nil
}

// directory is what lies in a journal's directory, read and not changed.
type directory struct {
	id          ID
	new         bool
	badIdentity bool // to be written again
	segs        []*segment
	heads       []segmentHead
	cursors     []*cursor
	states      []cursorState
	holes       []Range // sequence numbers in segments of a newer version
	lastNumber  uint64
	leftovers   []string // temporary files of a crash
	meta        int64
	quarFiles   int
	quarBytes   int64
	problems    []Problem
}

func (d *directory) note(kind ProblemKind, file, format string, args ...any) {
	d.problems = append(d.problems, Problem{Kind: kind, File: file, Detail: fmt.Sprintf(format, args...)})
}

// readDir classifies every file. It fails only if the directory cannot be listed.
func readDir(fsys vfs.FS, dir string) (*directory, error) {
	entries, err := fsys.List(dir)
	if err != nil {
		return nil, err
	}
	d := &directory{new: true}
	identity, version, known := d.readIdentity(fsys, dir, entries)
	type found struct {
		entry vfs.Entry
		head  segmentHead
		ok    bool
	}
	var list []found
	for _, e := range entries {
		path := filepath.Join(dir, e.Name)
		_, _, isSegment := parseSegmentName(e.Name)
		switch {
		case e.Name == identityName || e.Name == lockName:
			d.meta += e.Size
		case e.Dir && e.Name == quarantine:
			d.readQuarantine(fsys, path)
		case e.Dir:
			d.note(ForeignFile, e.Name, "a folder")
		case strings.HasSuffix(e.Name, segmentSuffix+".tmp"), strings.HasSuffix(e.Name, cursorSuffix+".tmp"), e.Name == identityName+".tmp":
			d.leftovers = append(d.leftovers, path)
		case isSegment:
			head, ok, err := readHead(fsys, path)
			d.new = false
			if err != nil {
				d.note(Unreadable, e.Name, "%v", err)
			}
			list = append(list, found{e, head, ok})
			if err == nil && !ok && e.Size > 0 {
				d.note(HeaderDamaged, e.Name, "both copies; the file's name stands in for them")
			} else if ok && head.damaged {
				d.note(HeaderDamaged, e.Name, "one of two copies")
			}
		case strings.HasSuffix(e.Name, cursorSuffix):
			d.meta += e.Size
			d.new = false
			d.readCursor(fsys, path)
		default:
			d.note(ForeignFile, e.Name, "not a name that the queue uses")
		}
	}

	// The identity decides which segments are ours; without it, or if it fits none of
	// them, the newest segment does.
	fits := false
	for _, f := range list {
		fits = fits || f.ok && f.head.id == identity
	}
	d.id = identity
	if !known && len(list) > 0 {
		d.note(Missing, identityName, "taken from the segments and written again")
	}
	if !known || !fits {
		for i := len(list) - 1; i >= 0; i-- {
			if list[i].ok {
				if known {
					d.note(ForeignFile, identityName, "is of queue %s, the segments are of %s; written again", identity, list[i].head.id)
				}
				d.id, known, d.badIdentity = list[i].head.id, true, true
				break
			}
		}
	}
	if !known {
		for _, s := range d.states {
			d.id, known = s.id, true
		}
		if !known {
			d.id = newID()
		}
		d.badIdentity = true
	}
	if version > formatVersion {
		d.note(NewerVersion, identityName, "version %d, this program knows %d", version, formatVersion)
		d.badIdentity = false
	}

	byNumber := map[uint64]bool{}
	for _, f := range list {
		number, base, _ := parseSegmentName(f.entry.Name)
		if f.ok && f.head.id != d.id {
			d.note(ForeignFile, f.entry.Name, "a segment of queue %s", f.head.id)
			continue
		}
		if f.ok && f.head.version > formatVersion {
			d.note(NewerVersion, f.entry.Name, "version %d, this program knows %d", f.head.version, formatVersion)
			d.lastNumber = max(d.lastNumber, number)
			// No more records than this fit in: their numbers stay theirs.
			d.holes = append(d.holes, Range{base, base + uint64(f.entry.Size)/frameHeader})
			continue
		}
		if !f.ok {
			f.head = segmentHead{version: formatVersion, id: d.id, number: number, base: base, prevEnd: base}
		}
		if byNumber[f.head.number] {
			d.note(ForeignFile, f.entry.Name, "a copy of segment %d", f.head.number)
			continue
		}
		if f.entry.Size == 0 {
			d.note(Missing, f.entry.Name, "the file is empty")
		}
		byNumber[f.head.number] = true
		d.lastNumber = max(d.lastNumber, f.head.number)
		d.heads = append(d.heads, f.head)
		d.segs = append(d.segs, &segment{
			number: f.head.number, base: f.head.base, end: f.head.base, created: f.head.created,
			size: f.entry.Size, off: f.entry.Size, salt: saltOf(d.id, f.head.number),
			path: filepath.Join(dir, f.entry.Name),
		})
	}
	sort.Slice(d.heads, func(i, k int) bool { return d.heads[i].number < d.heads[k].number })
	sort.Slice(d.segs, func(i, k int) bool { return d.segs[i].number < d.segs[k].number })
	return d, nil
}

func (d *directory) readIdentity(fsys vfs.FS, dir string, entries []vfs.Entry) (id ID, version int, known bool) {
	b, err := vfs.ReadFile(fsys, filepath.Join(dir, identityName))
	if err != nil {
		for _, e := range entries {
			if e.Name == identityName {
				d.note(Unreadable, identityName, "%v", err)
			}
		}
		return id, 0, false
	}
	d.new = false
	id, version, known, damaged := decodeIdentity(b)
	if damaged {
		d.badIdentity = true
		d.note(HeaderDamaged, identityName, "written again")
	}
	return id, version, known
}

func readHead(fsys vfs.FS, path string) (h segmentHead, ok bool, err error) {
	f, err := fsys.Open(path)
	if err != nil {
		return h, false, err
	}
	defer f.Close()
	b := make([]byte, segmentHeader)
	n, err := readFull(f, b, 0)
	if err != nil {
		if n, err = readFull(f, b, 0); err != nil { // once more: most such errors pass
			return h, false, err
		}
	}
	h, ok = parseSegmentHead(b[:n])
	return h, ok, nil
}

func (d *directory) readQuarantine(fsys vfs.FS, dir string) {
	entries, err := fsys.List(dir)
	if err != nil {
		d.note(Unreadable, quarantine, "%v", err)
		return
	}
	for _, e := range entries {
		d.quarFiles++
		d.quarBytes += e.Size
	}
	d.meta += d.quarBytes
}

// readCursor never leaves a cursor out: without it, its segments would be removed.
func (d *directory) readCursor(fsys vfs.FS, path string) {
	file := filepath.Base(path)
	b, err := vfs.ReadFile(fsys, path)
	for n := 1; err != nil && n < readRetries; n++ {
		b, err = vfs.ReadFile(fsys, path)
	}
	s, slot, ok, damaged := readCursor(b)
	c := &cursor{name: s.name, path: path, gen: s.gen, slot: 1 - slot, half: len(b) / 2}
	switch {
	case err != nil, !ok:
		name, good := cursorName(file)
		if !good {
			d.note(ForeignFile, file, "neither content nor name is a cursor's")
			return
		}
		if err != nil {
			d.note(Unreadable, file, "begins at the oldest record: %v", err)
		} else {
			d.note(CursorDamaged, file, "begins at the oldest record")
		}
		c.name, c.dirty = name, true
		s = cursorState{version: formatVersion, name: name}
	case s.version > formatVersion:
		d.note(NewerVersion, file, "version %d, this program knows %d; begins at the oldest record each time, and the file stays", s.version, formatVersion)
		c.newer = true
		s.low, s.acked, s.at = 0, nil, synced{}
	case damaged:
		d.note(CursorDamaged, file, "took the older state")
	}
	d.states = append(d.states, s)
	d.cursors = append(d.cursors, c)
}

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
	unused := j.findEnds(d)
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
		if err := j.newSegment(); err != nil {
			j.lastError = err
		}
	}
}

func (j *Journal) adoptCursors(d *directory, durable bool) {
	for i, c := range d.cursors {
		s := d.states[i]
		if s.id != j.id && !c.dirty {
			j.problem(Problem{Kind: ForeignFile, File: c.path, Detail: "a cursor of queue " + s.id.String()})
			continue
		}
		c.low, c.acked, c.next = s.low, s.acked, s.low
		if c.newer || j.readOnly {
			j.cursors[c.name] = c
			if s.at.segment > j.synced.segment || s.at.segment == j.synced.segment && s.at.off > j.synced.off {
				j.synced = s.at
			}
			continue
		}
		if f, err := j.opt.FS.OpenRW(c.path); err == nil {
			// The newer slot may not have reached the disk; the other one is written next.
			if err = f.Sync(); err == nil && !c.dirty && durable {
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
// may have been given out and seen all the same.
func (j *Journal) findEnds(d *directory) (unused uint64) {
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
			n := j.findEnd(s, from, last, d.heads[i].flags&flagRelaxed != 0)
			if last {
				unused = n
			} else {
				j.noteMissing(s, j.segs[i+1], d)
			}
		}
		j.endBefore += s.end - s.base
		j.end = s.end
	}
	return unused
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
// newest segment and is no record is cut off, after it was copied to the quarantine.
func (j *Journal) findEnd(s *segment, from mark, last, relaxed bool) (unused uint64) {
	s.end, s.off = from.seq, from.off
	f, err := j.opt.FS.Open(s.path)
	if err != nil {
		j.problem(Problem{Kind: Unreadable, File: s.path, Detail: err.Error()})
		return uint64(s.size) / frameHeader
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
	cut := max(s.off, sc.closedEnd)
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
	if last && !j.readOnly && !sc.tolerant && cut < s.size {
		if w, err := j.opt.FS.OpenRW(s.path); err == nil {
			if w.Truncate(cut) == nil {
				s.size = cut
			}
			w.Close()
		}
	}
	return unused
}

const (
	readRetries = 3
	maxUnsynced = 1 << 20 // more than SyncRelaxed leaves unsynced
)
