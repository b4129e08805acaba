package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/pipeline"
	"sluice/internal/queue"
)

// persistedQueue is a pipeline's queue in a journal: Put returns when the batch is
// durable, and what is not done is delivered again after a restart.
type persistedQueue struct {
	id      string
	journal *queue.Journal
	reader  *queue.Reader
	log     *slog.Logger
	max     int64 // queue.max_events
	account *journalAccount
	origin  event.Origin

	closing  context.Context // ends with Close: then Take ends when everything is read
	close    context.CancelFunc
	buffers  sync.Pool // *encodeBuffer
	takes    sync.Pool // *taken
	maxBytes int64
}

// encodeBuffer holds the records of one batch on their way to the journal.
type encodeBuffer struct {
	bytes   []byte
	ends    []int
	records [][]byte
}

// taken is what one batch was read from; its memory lives as long as the batch.
type taken struct{ reads []*queue.Batch }

// cursorName is the durable cursor of the pipeline in its queue.
const cursorName = "pipeline"

func newPersistedQueue(id string, j *queue.Journal, maxEvents, maxBytes int64, log *slog.Logger) (*persistedQueue, error) {
	r, err := j.Reader(cursorName, queue.Earliest)
	if err != nil {
		return nil, err
	}
	at := r.Standing(nil)
	account, err := openAccount(at, time.Now())
	if len(at.Note) == 0 || err != nil {
		if err := r.AckNote(account.change(0, nil)); err != nil {
			log.Warn("the account of a persisted queue cannot be stored; it is tried again with the next events", "pipeline.id", id, "error", err)
		}
	}
	if err != nil {
		log.Warn("the account of a persisted queue begins anew; the events in the queue are not affected", "pipeline.id", id, "reason", err)
	}
	q := &persistedQueue{id: id, journal: j, reader: r, log: log, max: maxEvents, maxBytes: maxBytes, account: account}
	q.origin = originOf(j.ID())
	q.closing, q.close = context.WithCancel(context.Background())
	q.buffers.New = func() any { return new(encodeBuffer) }
	q.takes.New = func() any { return new(taken) }
	return q, nil
}

// originOf makes an origin of the queue's identity. 62 bits of it are random.
func originOf(id queue.ID) event.Origin {
	return event.Origin(binary.LittleEndian.Uint64(id[:]) ^ binary.LittleEndian.Uint64(id[8:]))
}

func (q *persistedQueue) Put(ctx context.Context, b *event.Batch) error {
	defer b.Release()
	if len(b.Events) == 0 {
		return nil
	}
	return q.append(b.Events, func(records [][]byte) error {
		_, err := q.journal.Append(ctx, records)
		return err
	})
}

// append encodes events as records.
func (q *persistedQueue) append(events []*event.Event, write func(records [][]byte) error) error {
	buf := q.buffers.Get().(*encodeBuffer)
	defer q.buffers.Put(buf)
	buf.bytes, buf.ends, buf.records = buf.bytes[:0], buf.ends[:0], buf.records[:0]
	for _, e := range events {
		buf.bytes = e.AppendRecord(buf.bytes)
		buf.ends = append(buf.ends, len(buf.bytes))
	}
	start := 0
	for _, end := range buf.ends {
		buf.records = append(buf.records, buf.bytes[start:end])
		start = end
	}
	err := write(buf.records)
	if cap(buf.bytes) > 4<<20 {
		buf.bytes = nil
	}
	return err
}

func (q *persistedQueue) Take(ctx context.Context, most int, delay time.Duration) (*event.Batch, error) {
	t := q.takes.Get().(*taken)
	n, err := q.first(ctx, t, most)
	if err != nil {
		return nil, err
	}
	if n < most && delay > 0 && q.closing.Err() == nil && q.journal.Full().Reason == "" {
		n += q.more(ctx, t, most-n, delay)
	}
	b := event.NewBatch()
	b.Owner = t
	b.SetOrigin(q.origin)
	for _, read := range t.reads {
		for _, r := range read.Records {
			e, err := b.DecodeRecord(r.Payload)
			if err != nil {
				q.log.Error("a record of the queue cannot be read as an event; it is passed on as it is", "pipeline.id", q.id, "sequence", r.Seq, "error", err)
				e = b.New()
				_ = e.Set(messageRef, event.StringValue(string(r.Payload)))
				e.Tag("_queuerecordfailure")
			}
			e.Seq = r.Seq
		}
	}
	return b, nil
}

var messageRef = event.MustRef("message")

// first waits for the first events.
func (q *persistedQueue) first(ctx context.Context, t *taken, most int) (int, error) {
	for {
		waiting, cancel := context.WithCancel(ctx)
		detach := context.AfterFunc(q.closing, cancel)
		n, err := q.read(waiting, t, most)
		detach()
		cancel()
		switch {
		case err == nil:
			return n, nil
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case errors.Is(err, queue.ErrClosed):
			return 0, io.EOF
		case q.closing.Err() != nil && errors.Is(err, context.Canceled):
			if q.reader.Lag().Unread == 0 {
				return 0, io.EOF
			}
			return q.rest(ctx, t, most)
		default:
			q.log.Error("the queue cannot be read; it is tried again", "pipeline.id", q.id, "error", err)
			if err := pause(ctx, time.Second); err != nil {
				return 0, err
			}
		}
	}
}

// rest reads what is left in a queue that has been closed.
func (q *persistedQueue) rest(ctx context.Context, t *taken, most int) (int, error) {
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	n, err := q.read(limited, t, most)
	if err != nil && ctx.Err() == nil {
		return 0, io.EOF // another worker has read it
	}
	return n, err
}

// more waits for a batch to become fuller.
func (q *persistedQueue) more(ctx context.Context, t *taken, most int, delay time.Duration) int {
	limited, cancel := context.WithTimeout(ctx, delay)
	defer cancel()
	detach := context.AfterFunc(q.closing, cancel)
	defer detach()
	total := 0
	for total < most && q.journal.Full().Reason == "" {
		n, err := q.read(limited, t, most-total)
		if err != nil {
			break
		}
		total += n
	}
	return total
}

func (q *persistedQueue) read(ctx context.Context, t *taken, most int) (int, error) {
	t.reads = grow(t.reads)
	b := t.reads[len(t.reads)-1]
	if err := q.reader.Next(ctx, b, most, 0); err != nil {
		t.reads = t.reads[:len(t.reads)-1]
		return 0, err
	}
	return len(b.Records), nil
}

// grow adds a read, with the memory of an earlier one where there is some.
func grow(reads []*queue.Batch) []*queue.Batch {
	if n := len(reads); n < cap(reads) {
		if reads = reads[:n+1]; reads[n] != nil {
			return reads
		}
		reads[n] = new(queue.Batch)
		return reads
	}
	return append(reads, new(queue.Batch))
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (q *persistedQueue) Done(b *event.Batch, tally *pipeline.Tally) {
	t := b.Owner.(*taken)
	handled := 0
	var ranges []queue.Range
	for i, read := range t.reads {
		handled += len(read.Records)
		if i == 0 {
			ranges = read.Ranges()
		} else {
			ranges = append(ranges[:len(ranges):len(ranges)], read.Ranges()...)
		}
	}
	if err := q.reader.AckNote(q.account.change(handled, tally), ranges...); err != nil && !errors.Is(err, queue.ErrClosed) {
		q.log.Error("delivered events could not be marked as such; they may be delivered again after a restart", "pipeline.id", q.id, "error", err)
	}
	q.release(b, t)
}

// Count stores what came of events that filters made out of nothing in the queue.
func (q *persistedQueue) Count(tally *pipeline.Tally) {
	if err := q.reader.AckNote(q.account.change(0, tally)); err != nil && !errors.Is(err, queue.ErrClosed) {
		q.log.Error("the account of a queue could not be stored", "pipeline.id", q.id, "error", err)
	}
}

func (q *persistedQueue) Account() pipeline.Account {
	at := q.reader.Standing(nil)
	damage := q.journal.Stats() // after it: damage is counted before it is passed over
	intact := damage.LostRecords == 0 && damage.Overrun == 0 && len(damage.Problems) == 0
	return q.account.look(at, intact)
}

func (q *persistedQueue) release(b *event.Batch, t *taken) {
	pinned := b.Pinned()
	b.Release()
	if !pinned {
		t.reads = t.reads[:0]
		q.takes.Put(t)
	}
}

// Abandon leaves the events in the journal, unread for the next start.
func (q *persistedQueue) Abandon(b *event.Batch, _ *pipeline.Tally) bool {
	q.release(b, b.Owner.(*taken))
	return true
}

func (q *persistedQueue) Close() { q.close() }

func (q *persistedQueue) State() pipeline.QueueState {
	full, lag := q.journal.Full(), q.reader.Lag()
	return pipeline.QueueState{
		Type: "persisted", Events: int64(lag.Events), Bytes: lag.Bytes, MaxBytes: q.maxBytes, MaxEvents: q.max,
		Full: full.Reason != "", FullSince: full.Since,
	}
}

// shut gives the journal free.
func (q *persistedQueue) shut() error {
	q.close()
	return errors.Join(q.reader.Close(), q.journal.Close())
}
