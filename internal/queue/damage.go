package queue

import (
	"fmt"
	"path/filepath"

	"sluice/internal/vfs"
)

// Problem is something that recovery or a reader has found and dealt with. Problems are
// conditions for people; the journal goes on.
type Problem struct {
	Kind    ProblemKind
	File    string // in the journal's directory
	Offset  int64  // bytes
	Bytes   int64
	Records uint64 // lost, as far as can be told
	Detail  string
}

// ProblemKind is stable and may be matched.
type ProblemKind string

const (
	TornTail       ProblemKind = "torn_tail"       // the end of the newest segment was not a record: cut, copied to quarantine
	Damaged        ProblemKind = "damaged"         // a record's checksum does not fit: skipped, copied to quarantine
	Missing        ProblemKind = "missing"         // records that were here are gone, with a file or the end of one
	ForeignFile    ProblemKind = "foreign_file"    // not of this journal: left alone
	NewerVersion   ProblemKind = "newer_version"   // written by a newer program: left alone, kept for it
	HeaderDamaged  ProblemKind = "header_damaged"  // a segment's or identity's copy of its header; nothing lost
	CursorDamaged  ProblemKind = "cursor_damaged"  // a cursor went back to an older state, or to the oldest record
	Unreadable     ProblemKind = "unreadable"      // the disk cannot read a file
	QuarantineFull ProblemKind = "quarantine_full" // damage that was counted but not copied
)

func (p Problem) String() string {
	s := fmt.Sprintf("%s: %s", p.File, p.Kind)
	if p.Bytes > 0 {
		s += fmt.Sprintf(", %d bytes at %d", p.Bytes, p.Offset)
	}
	if p.Records > 0 {
		s += fmt.Sprintf(", %d records", p.Records)
	}
	if p.Detail != "" {
		s += ": " + p.Detail
	}
	return s
}

type damageKey struct {
	segment uint64
	off     int64
}

const maxProblems = 100 // kept for display; the counters go on

func (j *Journal) problem(p Problem) {
	p.File = filepath.Base(p.File)
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.problems) < maxProblems {
		j.problems = append(j.problems, p)
	}
}

// area is damaged bytes of a segment.
type area struct{ from, to int64 }

// lose counts lost records once, however many cursors come across them, and copies the
// damaged areas to the quarantine; it tells whether all of them are there. f is the
// segment's file.
func (j *Journal) lose(kind ProblemKind, seg *segment, f vfs.File, at int64, areas []area, records uint64) (copied bool) {
	if len(areas) > 0 {
		at = areas[0].from
	}
	key := damageKey{seg.number, at}
	j.mu.Lock()
	known := j.damage[key]
	j.damage[key] = true
	if !known {
		if kind != TornTail {
			j.stats.LostRecords += records
		}
		for _, a := range areas {
			j.stats.DamagedBytes += uint64(a.to - a.from)
		}
	}
	j.mu.Unlock()
	if known {
		return true
	}
	copied = true
	p := Problem{Kind: kind, File: seg.path, Offset: at, Records: records}
	for _, a := range areas {
		p.Bytes += a.to - a.from
		if j.readOnly {
			continue
		}
		if err := j.isolate(seg, f, a); err != nil {
			copied = false
			j.problem(Problem{Kind: QuarantineFull, File: seg.path, Offset: a.from, Bytes: a.to - a.from, Detail: err.Error()})
		}
	}
	j.problem(p)
	return copied
}

// isolate copies a damaged area into a file beside. Its name is made from the place, so
// that the same damage found again after a restart is not copied twice.
func (j *Journal) isolate(seg *segment, f vfs.File, a area) error {
	j.quarantineMu.Lock()
	defer j.quarantineMu.Unlock()
	dir := filepath.Join(j.opt.Dir, quarantine)
	name := filepath.Join(dir, fmt.Sprintf("%010d-%012d.damaged", seg.number, a.from))
	if vfs.Exists(j.opt.FS, name) {
		return nil
	}
	limit := int64(maxQuarantineBytes)
	n := a.to - a.from
	j.mu.Lock()
	if j.opt.MaxBytes > 0 {
		limit = min(limit, j.opt.MaxBytes/8)
	}
	full := j.stats.QuarantineBytes+n > limit || j.opt.MaxBytes > 0 && j.total()+n > j.opt.MaxBytes
	j.mu.Unlock()
	if full {
		return fmt.Errorf("there is no room for a copy: the quarantine may hold %d bytes, within queue.max_bytes; look at %s and empty it", limit, dir)
	}
	b := make([]byte, n)
	if got, err := readFull(f, b, a.from); err != nil {
		b = b[:got]
	}
	if err := j.opt.FS.MkdirAll(dir); err != nil {
		return err
	}
	if err := vfs.WriteFile(j.opt.FS, name, b); err != nil {
		return err
	}
	j.mu.Lock()
	j.stats.QuarantineBytes += n
	j.stats.QuarantineFiles++
	j.metaBytes += n
	j.mu.Unlock()
	return nil
}
