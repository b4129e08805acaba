package queue

import "time"

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
