package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"sluice/internal/vfs"
)

// DeadLetter is an event that an output, a filter or a condition has rejected for good.
type DeadLetter struct {
	Seq        uint64    // given by Put; names the entry for Drop
	Time       time.Time // when it was rejected; Put sets it if zero
	Reason     string
	PluginType string // as in the configuration: elasticsearch
	PluginID   string
	Status     int    // HTTP status, 0 if there was none
	Answer     []byte // what the receiver said, the first MaxAnswer bytes
	Attempts   int
	Event      []byte // as the caller encodes events
}

// MaxAnswer is how much of an answer is kept, in bytes.
const MaxAnswer = 4 << 10

// An entry is a version byte, then fields: tag (1 byte), length (uvarint), content.
// Unknown tags are skipped, so a newer program may add some. Numbers are uvarints.
const (
	entryVersion = 1

	tagTime       = 1 // milliseconds since 1970
	tagReason     = 2
	tagPluginType = 3
	tagPluginID   = 4
	tagStatus     = 5
	tagAnswer     = 6
	tagAttempts   = 7
	tagEvent      = 8
)

// Append encodes the entry at the end of b.
func (e DeadLetter) Append(b []byte) []byte {
	b = append(b, entryVersion)
	field := func(tag byte, content []byte) {
		if len(content) > 0 {
			b = append(b, tag)
			b = binary.AppendUvarint(b, uint64(len(content)))
			b = append(b, content...)
		}
	}
	number := func(tag byte, n int64) {
		if n > 0 {
			var buf [binary.MaxVarintLen64]byte
			field(tag, buf[:binary.PutUvarint(buf[:], uint64(n))])
		}
	}
	number(tagTime, e.Time.UnixMilli())
	field(tagReason, []byte(e.Reason))
	field(tagPluginType, []byte(e.PluginType))
	field(tagPluginID, []byte(e.PluginID))
	number(tagStatus, int64(e.Status))
	field(tagAnswer, e.Answer[:min(len(e.Answer), MaxAnswer)])
	number(tagAttempts, int64(e.Attempts))
	field(tagEvent, e.Event)
	return b
}

var errDeadLetter = errors.New("not a dead letter entry")

// DecodeDeadLetter is the reverse of Append. Answer and Event are parts of b.
func DecodeDeadLetter(b []byte) (e DeadLetter, err error) {
	if len(b) == 0 {
		return e, fmt.Errorf("%w: it is empty", errDeadLetter)
	}
	if b[0] != entryVersion {
		return e, fmt.Errorf("%w of version %d, which is what this program knows; it has version %d", errDeadLetter, entryVersion, b[0])
	}
	for b = b[1:]; len(b) > 0; {
		tag := b[0]
		n, w := binary.Uvarint(b[1:])
		if w <= 0 || n > uint64(len(b)-1-w) {
			return e, fmt.Errorf("%w: field %d is cut off", errDeadLetter, tag)
		}
		content := b[1+w : 1+w+int(n) : 1+w+int(n)]
		b = b[1+w+int(n):]
		number := func() int {
			v, w := binary.Uvarint(content)
			if w != len(content) || v > math.MaxInt64 {
				err = fmt.Errorf("%w: field %d is not a number", errDeadLetter, tag)
			}
			return int(v)
		}
		switch tag {
		case tagTime:
			e.Time = time.UnixMilli(int64(number()))
		case tagReason:
			e.Reason = string(content)
		case tagPluginType:
			e.PluginType = string(content)
		case tagPluginID:
			e.PluginID = string(content)
		case tagStatus:
			e.Status = number()
		case tagAnswer:
			e.Answer = content
		case tagAttempts:
			e.Attempts = number()
		case tagEvent:
			e.Event = content
		}
		if err != nil {
			return DeadLetter{}, err
		}
	}
	return e, nil
}

// DeadLetterOptions are Logstash's settings dead_letter_queue.*.
type DeadLetterOptions struct {
	FS        vfs.FS        // vfs.OS if nil
	Dir       string        // path.dead_letter_queue and the pipeline's id
	MaxBytes  int64         // 1 GiB (dead_letter_queue.max_bytes)
	DropOlder bool          // storage_policy drop_older; false is drop_newer
	RetainAge time.Duration // older entries go; 0 = never (dead_letter_queue.retain.age)
	Now       func() time.Time

	manual bool
}

// DeadLetters keeps rejected events until they are dropped, too old or too many. It is a
// journal whose own cursor has acked what was dropped. All methods may be called
// concurrently.
type DeadLetters struct {
	j       *Journal
	kept    *Reader
	older   bool
	dropped atomic.Uint64
	share   *deadLetterShare // nil where it has one user only
}

// KeptCursor is the name of the cursor of a dead letter queue that has acked what was
// dropped; what is left for it to read are the entries.
const KeptCursor = "kept"

const deadLetterSegment = 10 << 20

// limits returns the options in the journal's terms.
func (o DeadLetterOptions) limits() (maxBytes int64, full WhenFull, maxAge time.Duration) {
	if o.DropOlder {
		full = DropOldest
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 30
	}
	return o.MaxBytes, full, o.RetainAge
}

// SetLimits takes over MaxBytes, DropOlder and RetainAge while the queue is in use. What
// lies there already and is too much or too old goes as if it had come under the new
// limits; with drop_newer nothing goes, and nothing more fits.
func (d *DeadLetters) SetLimits(opt DeadLetterOptions) {
	maxBytes, full, maxAge := opt.limits()
	d.j.setLimits(deadLetterSegment, maxBytes, full, maxAge)
}

func openDeadLetters(ctx context.Context, opt DeadLetterOptions) (*DeadLetters, *Report, error) {
	o := Options{FS: opt.FS, Dir: opt.Dir, SegmentBytes: deadLetterSegment, CacheBytes: -1, Now: opt.Now, manual: opt.manual}
	o.MaxBytes, o.WhenFull, o.MaxAge = opt.limits()
	j, report, err := Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	kept, err := j.Reader(KeptCursor, Earliest)
	if err != nil {
		j.Close()
		return nil, nil, err
	}
	return &DeadLetters{j: j, kept: kept, older: opt.DropOlder}, report, nil
}

// Journal is what the entries lie in, for Stats and Close.
func (d *DeadLetters) Journal() *Journal { return d.j }

// Close closes the journal, when the last user in this process closes it.
func (d *DeadLetters) Close() error {
	if d.share == nil {
		return d.j.Close()
	}
	return d.share.leave()
}

// Put stores entries; they are durable on return. With drop_newer, entries that do not
// fit into MaxBytes are left out and counted in dropped, and the caller has to count them
// as dropped too. An error (a full or failing disk) means that none of the rest is stored:
// the caller keeps the events and tries again.
func (d *DeadLetters) Put(entries ...DeadLetter) (dropped int, err error) {
	payloads := make([][]byte, len(entries))
	for i, e := range entries {
		if e.Time.IsZero() {
			e.Time = d.j.opt.Now()
		}
		payloads[i] = e.Append(nil)
	}
	dropped, err = d.put(payloads)
	d.dropped.Add(uint64(dropped))
	return dropped, err
}

func (d *DeadLetters) put(payloads [][]byte) (dropped int, err error) {
	if len(payloads) == 0 {
		return 0, nil
	}
	_, err = d.j.TryAppend(payloads)
	full := errors.Is(err, ErrFull) && d.j.Full().Reason != FullDisk
	if !full && !errors.Is(err, ErrTooLarge) {
		return 0, err
	}
	if len(payloads) == 1 {
		return 1, nil
	}
	half := len(payloads) / 2 // some of them may fit
	dropped, err = d.put(payloads[:half])
	if err != nil {
		return dropped, err
	}
	more, err := d.put(payloads[half:])
	return dropped + more, err
}

// Dropped counts the entries that Put has left out since opening, and those that made
// room for newer ones or were too old.
func (d *DeadLetters) Dropped() (newer, older uint64) {
	d.j.mu.Lock()
	defer d.j.mu.Unlock()
	return d.dropped.Load(), d.kept.c.overrun
}

// Len is the number of entries.
func (d *DeadLetters) Len() uint64 { return d.kept.Lag().Events }

// List returns at most max entries from sequence number from on, and where to go on; next
// is 0 at the end.
func (d *DeadLetters) List(from uint64, max int) (entries []DeadLetter, next uint64, err error) {
	r, err := d.Peek(AtSeq(from))
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	if max <= 0 {
		max = 100
	}
	for len(entries) < max {
		var b Batch // of its own, since the entries point into it
		b.reset(max-len(entries), 1<<20)
		wait, err := r.read(&b)
		b.finish()
		if err != nil {
			return entries, 0, err
		}
		if len(b.Records) == 0 && wait != nil {
			return entries, 0, nil
		}
		for _, rec := range b.Records {
			entries = append(entries, deadLetterOf(rec))
		}
	}
	return entries, entries[len(entries)-1].Seq + 1, nil
}

// Get returns one entry; ok is false if there is none of that number.
func (d *DeadLetters) Get(seq uint64) (e DeadLetter, ok bool, err error) {
	list, _, err := d.List(seq, 1)
	if err != nil || len(list) == 0 || list[0].Seq != seq {
		return e, false, err
	}
	return list[0], true, nil
}

// Peek returns a reader of the entries that is not durable; its payloads are for
// DecodeDeadLetter.
func (d *DeadLetters) Peek(from Position) (*Reader, error) {
	r, err := d.j.Peek(from)
	if err != nil {
		return nil, err
	}
	d.j.mu.Lock()
	defer d.j.mu.Unlock()
	r.c.low = d.kept.c.low
	r.c.acked = append(rangeSet(nil), d.kept.c.acked...)
	return r, nil
}

// Reader returns a durable cursor over the entries, for the input dead_letter_queue; its
// payloads are for DecodeDeadLetter. Acking there does not drop an entry.
func (d *DeadLetters) Reader(name string, from Position) (*Reader, error) {
	if name == KeptCursor {
		return nil, fmt.Errorf("cursor name %q is taken by the dead letter queue itself", name)
	}
	r, err := d.j.Reader(name, from)
	if err != nil {
		return nil, err
	}
	d.j.mu.Lock()
	gone := append([]Range(nil), d.kept.c.acked...)
	if low := d.kept.c.low; low > 1 {
		gone = append(gone, Range{1, low - 1})
	}
	d.j.mu.Unlock()
	if err := r.Ack(gone...); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Drop removes entries for all readers.
func (d *DeadLetters) Drop(rs ...Range) error {
	d.j.mu.Lock()
	for _, c := range d.j.cursors {
		for _, x := range rs {
			x.First, x.Last = max(x.First, 1), min(x.Last, d.j.end-1)
			if x.First <= x.Last {
				d.j.ackRange(c, x)
			}
		}
	}
	d.j.mu.Unlock()
	err := d.j.saveCursors(true)
	d.j.reclaim(0)
	return err
}
