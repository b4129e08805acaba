package queue

// Stats is a snapshot for metrics and conditions. Counters count since Open.
type Stats struct {
	Full     Full
	Relaxed  bool   // SyncRelaxed: power loss may take what Append has returned for
	First    uint64 // sequence number of the oldest record kept
	End      uint64 // one more than the newest
	Events   uint64 // records kept
	Unread   int64  // not given to the slowest cursor yet
	Segments int
	Bytes    int64 // of all files, metadata and quarantine included
	MaxBytes int64 // 0 = no limit
	Cursors  []CursorStats

	Appended      uint64 // payloads
	AppendedBytes uint64
	Commits       uint64 // groups
	Syncs         uint64
	Waits         uint64 // times that an Append had to wait for room
	Acked         uint64 // of all cursors together

	LostRecords     uint64 // damaged or missing on disk
	DamagedBytes    uint64
	TornBytes       uint64 // cut at Open
	Doubtful        uint64 // SyncRelaxed: payloads whose sync failed after Append had returned; power loss may take them
	Overrun         uint64 // removed by DropOldest before a cursor had acked them, of all cursors together
	QuarantineFiles int
	QuarantineBytes int64

	WriteErrors  uint64
	SyncErrors   uint64
	ReadErrors   uint64
	CursorErrors uint64
	LastError    string // of the disk; "" = none since Open

	Problems []Problem // found by Open or a reader, the first hundred
}

// CursorStats is one cursor's part of Stats.
type CursorStats struct {
	Name    string
	Low     uint64 // everything below is acked
	Lag     Lag
	Overrun uint64
	Open    bool // has a reader
}

// Room returns how many bytes of the journal's disk are free, and how many of them it
// leaves to others.
func (j *Journal) Room() (free, kept int64, err error) {
	free, err = j.opt.FS.Free(j.opt.Dir)
	return free, max(j.opt.MinFree, 0), err
}

// Stats returns a snapshot. Its cost grows with the number of segments and cursors.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lookFull()
	s := j.stats
	s.Full = j.full
	s.Relaxed = j.opt.Sync == SyncRelaxed
	s.End = j.end
	s.First = j.end
	if len(j.segs) > 0 {
		s.First = j.segs[0].base
		s.Events = j.endBefore - j.segs[0].before
	}
	s.Unread = j.unread()
	s.Segments = len(j.segs)
	s.Bytes = j.total()
	s.MaxBytes = j.opt.MaxBytes
	for _, c := range j.cursors {
		s.Cursors = append(s.Cursors, CursorStats{Name: c.name, Low: c.low, Lag: j.lag(c), Overrun: c.overrun, Open: c.inUse})
	}
	if j.lastError != nil {
		s.LastError = j.lastError.Error()
	}
	s.Problems = append([]Problem(nil), j.problems...)
	return s
}
