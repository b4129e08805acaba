package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"

	"sluice/internal/vfs"
)

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
		case isLeftover(e.Name):
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
			if s.id != (ID{}) {
				d.id, known = s.id, true
			}
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

// isLeftover recognises the temporary files that a crash leaves of vfs.WriteFile.
func isLeftover(name string) bool {
	stem, ok := strings.CutSuffix(name, ".tmp")
	_, _, segment := parseSegmentName(stem)
	_, cursor := cursorName(stem)
	return ok && (segment || cursor && strings.HasSuffix(stem, cursorSuffix) || stem == identityName)
}

func (d *directory) readIdentity(fsys vfs.FS, dir string, entries []vfs.Entry) (id ID, version int, known bool) {
	b, err := readWhole(fsys, filepath.Join(dir, identityName))
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

// retried calls read a few times when the disk fails. Most such errors pass, and what
// open cannot read it has to pass over for good.
func retried(read func() error) (err error) {
	for range readRetries {
		if err = read(); err == nil || errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return err
}

func readWhole(fsys vfs.FS, path string) (b []byte, err error) {
	err = retried(func() (err error) {
		b, err = vfs.ReadFile(fsys, path)
		return err
	})
	return b, err
}

func readHead(fsys vfs.FS, path string) (h segmentHead, ok bool, err error) {
	b := make([]byte, segmentHeader)
	n := 0
	err = retried(func() error {
		f, err := fsys.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		n, err = readFull(f, b, 0)
		return err
	})
	if err != nil {
		return h, false, err
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
	b, err := readWhole(fsys, path)
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
	case s.version > cursorVersion:
		d.note(NewerVersion, file, "version %d, this program knows %d; begins at the oldest record each time, and the file stays", s.version, cursorVersion)
		c.newer = true
		s.low, s.acked, s.at, s.note = 0, nil, synced{}, nil
	case damaged:
		d.note(CursorDamaged, file, "took the older state")
		c.torn = true
	}
	d.states = append(d.states, s)
	d.cursors = append(d.cursors, c)
}
