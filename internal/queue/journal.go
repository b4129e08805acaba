package queue

import (
	"errors"
	"io"
	"sort"
	"sync"
	"time"

	"sluice/internal/vfs"
)

var (
	// ErrFull: TryAppend found no room; the reader has to ack, or the disk needs space.
	ErrFull = errors.New("queue is full: its readers have not acknowledged enough, or the disk has no space")
	// ErrClosed: the journal, or the reader, was closed.
	ErrClosed = errors.New("queue is closed")
	// ErrTooLarge: the payloads of one Append can never fit.
	ErrTooLarge = errors.New("payload is larger than the queue allows; raise queue.max_bytes or send less at once")
	// ErrCursorInUse: the cursor has a reader that is not closed.
	ErrCursorInUse = errors.New("cursor already has a reader; close it first")
)

// FullReason says what there is too much of.
type FullReason string

const (
	FullBytes  FullReason = "bytes"  // MaxBytes reached
	FullEvents FullReason = "events" // MaxEvents reached
	FullDisk   FullReason = "disk"   // the disk has no space, or less than MinFree
)

// Full tells whether the journal pushes back.
type Full struct {
	Reason FullReason // "" = there is room
	Since  time.Time
}

// Journal is a durable queue of payloads in one directory. All methods may be called
// concurrently.
//
// Two rules keep it correct. The holder of committing alone touches the active file and
// creates segments. Whatever readers may see, and everything else here, is guarded by mu,
// which is never held during a disk operation.
type Journal struct {
	opt  Options
	id   ID
	lock io.Closer

	mu         sync.Mutex
	committing bool            // somebody writes, seals or creates segments
	turns      []chan struct{} // who waits for committing; see withWriter
	closed     bool
	readOnly   bool       // of look: changes nothing on disk
	segs       []*segment // in order; the last one is active if activeFile is set
	activeFile vfs.File   // written by the holder of committing only
	next       uint64     // next sequence number to give out
	end        uint64     // readers see what is below
	endBefore  uint64     // records in all segments below end
	lastNumber uint64     // of the newest segment
	synced     synced
	pending    *group // gathers while another one is being written
	writing    *group
	cache      cache
	cursors    map[string]*cursor
	full       Full
	diskFull   bool
	diskNeed   int64 // bytes that did not fit
	readers    map[*Reader]bool
	lastTime   int64 // of the newest record

	space   chan struct{} // closed when there may be room again
	newData chan struct{} // closed when end has moved

	holes     []Range // sequence numbers in segments of a newer version, which no cursor may pass
	metaBytes int64   // identity, lock, cursors, quarantine
	trash     []*segment
	damage    map[damageKey]bool
	problems  []Problem
	lastError error
	stats     Stats

	unsyncedWrites int   // SyncRelaxed
	ackedSince     int   // since the last checkpoint
	lastCheckpoint int64 // milliseconds
	comp           *compressor
	quarantineMu   sync.Mutex

	wake    chan struct{}
	stop    chan struct{}
	keeper  sync.WaitGroup // run
	commits sync.WaitGroup // commitPending
}

// ID returns the identity that was made with the directory.
func (j *Journal) ID() ID { return j.id }

// Bounds returns the sequence number of the oldest payload that is kept and the one
// after the newest.
func (j *Journal) Bounds() (first, end uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.segs) == 0 {
		return j.end, j.end
	}
	return j.segs[0].base, j.end
}

// Full tells whether an Append would have to wait, and since when one does.
func (j *Journal) Full() Full {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lookFull()
	return j.full
}

// Close writes what the cursors have acked, ends waiting calls with ErrClosed and gives
// the directory free. What Append has returned for was durable before.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	close(j.stop)
	j.wakeAppenders()
	j.wakeReaders()
	j.mu.Unlock()
	j.keeper.Wait()

	err := j.withWriter(func() error {
		j.mu.Lock()
		if g := j.pending; g != nil {
			j.pending = nil
			g.err = ErrClosed
			close(g.done)
		}
		j.mu.Unlock()
		err := j.syncActive()
		if e := j.seal(true); err == nil {
			err = e
		}
		return err
	})
	j.commits.Wait()
	if e := j.saveCursors(true); err == nil {
		err = e
	}
	for _, c := range j.cursorList() {
		c.io.Lock()
		if c.file != nil {
			c.file.Close()
			c.file = nil
		}
		c.gone = true
		c.io.Unlock()
	}
	if e := j.lock.Close(); err == nil {
		err = e
	}
	return err
}

func (j *Journal) cursorList() []*cursor {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := make([]*cursor, 0, len(j.cursors))
	for _, c := range j.cursors {
		list = append(list, c)
	}
	sort.Slice(list, func(i, k int) bool { return list[i].name < list[k].name })
	return list
}

// withWriter runs f while no commit runs. Appends gather meanwhile.
func (j *Journal) withWriter(f func() error) error {
	j.mu.Lock()
	if j.committing {
		turn := make(chan struct{})
		j.turns = append(j.turns, turn)
		j.mu.Unlock()
		<-turn
	} else {
		j.committing = true
		j.mu.Unlock()
	}
	err := f()
	j.mu.Lock()
	j.passOn()
	j.mu.Unlock()
	return err
}

// passOn ends the caller's turn as the one who writes. Whoever waits in withWriter comes
// first. The group that has gathered is committed by a goroutine of its own, since those
// who wait for it may go away. mu is held.
func (j *Journal) passOn() {
	j.writing = nil
	switch {
	case len(j.turns) > 0:
		close(j.turns[0])
		j.turns = j.turns[1:]
	case j.pending != nil:
		j.commits.Add(1)
		go func() {
			defer j.commits.Done()
			j.commitPending()
		}()
	default:
		j.committing = false
	}
}

func (j *Journal) wakeAppenders() {
	if j.space != nil {
		close(j.space)
		j.space = nil
	}
}

func (j *Journal) wakeReaders() {
	if j.newData != nil {
		close(j.newData)
		j.newData = nil
	}
}

func (j *Journal) millis() int64 { return j.opt.Now().UnixMilli() }

// reserveBytes of MaxBytes are left for a new segment's header and for a cursor's file
// that is made, or made anew.
const reserveBytes = 4*cursorSlot + 2*segmentHeader

// total is the bytes of all files. mu is held.
func (j *Journal) total() int64 {
	n := j.metaBytes
	for _, s := range j.segs {
		n += s.size
	}
	for _, s := range j.trash {
		n += s.size
	}
	return n
}

// used is the bytes that are or will be in files, without what is allocated ahead.
// mu is held.
func (j *Journal) used() int64 {
	n := j.metaBytes
	for _, s := range j.segs {
		n += s.off
	}
	for _, s := range j.trash {
		n += s.size
	}
	if j.pending != nil {
		n += int64(len(j.pending.buf))
	}
	if j.writing != nil {
		n += int64(len(j.writing.buf))
	}
	return n
}

// ordinal counts the records below seq. mu is held.
func (j *Journal) ordinal(seq uint64) uint64 {
	if seq >= j.end {
		return j.endBefore
	}
	s := j.segmentAt(seq)
	if s == nil {
		return 0
	}
	return s.before + min(seq, s.end) - min(s.base, seq)
}

// unread is the records that the slowest cursor has not been given yet, with those that
// are still on their way to the disk. mu is held.
func (j *Journal) unread() int64 {
	var n uint64
	if len(j.cursors) == 0 && len(j.segs) > 0 {
		n = j.endBefore - j.segs[0].before
	}
	for _, c := range j.cursors {
		n = max(n, j.endBefore-j.ordinal(c.next)+c.released.count())
	}
	if j.pending != nil {
		n += uint64(j.pending.count)
	}
	if j.writing != nil {
		n += uint64(j.writing.count)
	}
	return int64(n)
}

// fullFor tells why an Append of need more bytes has to wait; "" if it has not. mu is held.
func (j *Journal) fullFor(need int64) FullReason {
	switch {
	case j.diskFull:
		return FullDisk
	case j.opt.MaxBytes > 0 && j.used()+need+reserveBytes > j.opt.MaxBytes:
		return FullBytes
	case j.opt.MaxEvents > 0 && j.unread() >= j.opt.MaxEvents:
		return FullEvents
	}
	return ""
}

// setFull is for those who know: appenders, and what makes room for them. mu is held.
func (j *Journal) setFull(why FullReason) {
	switch {
	case why == "":
		j.full = Full{}
	case j.full.Reason == "":
		j.full = Full{why, j.opt.Now()}
	default:
		j.full.Reason = why
	}
}

// lookFull brings full up to date for those who ask, unless an appender waits: it may
// need more room than any guess. mu is held.
func (j *Journal) lookFull() {
	if j.space == nil {
		j.setFull(j.fullFor(frameHeader))
	}
}
