package sensor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strconv"
	"sync"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/instrument"
	"sluice/internal/queue"
	"sluice/internal/vfs"
)

// history is the sensor's event pipeline: what Instruments put on it is numbered and
// durable, in one journal. An event's sensor_event_id is its sequence number there, so
// that it counts on over restarts and crashes without a second place that could differ.
type history struct {
	journal *queue.Journal
	sensor  string
	recent  *recent

	mu      sync.Mutex
	waiting []*put // taken together by the next commit
	busy    bool
	counts  map[countKey]uint64
}

type countKey struct{ instrument, kind string }

// put is events of one Instrument on their way into the journal.
type put struct {
	ctx        context.Context
	instrument string
	events     []instrument.Event
	done       chan error
}

// openHistory opens the history in the data folder on a disk.
func openHistory(ctx context.Context, disk vfs.FS, c *Config, log *slog.Logger, conditions *health.Conditions) (*history, error) {
	h := &history{sensor: c.Name, recent: newRecent(), counts: map[countKey]uint64{}}
	segment := int64(64 << 20)
	if c.History.MaxBytes > 0 { // retention works in whole segments
		segment = min(segment, max(c.History.MaxBytes/8, 1<<20))
	}
	j, report, err := queue.Open(ctx, queue.Options{
		FS: disk, Dir: filepath.Join(c.Data, "history"), SegmentBytes: segment, MinFree: c.History.MinFree,
		Retention: queue.Retention{Age: c.History.MaxAge, Bytes: c.History.MaxBytes},
	})
	if err != nil {
		return nil, fmt.Errorf("the event history cannot be opened: %w", err)
	}
	for _, p := range report.Problems {
		log.Warn("the event history was damaged and has been repaired", "problem", p.String())
		if p.Kind != queue.TornTail { // what every crash leaves, and nothing that was acknowledged
			conditions.Raise(historyDamaged, p.File, p.String())
		}
	}
	h.journal = j
	if err := h.fillRecent(ctx); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return h, nil
}

var (
	historyDamaged = health.Define("history-damaged", health.Warning, "the event history was damaged on disk",
		"What could be read goes on as usual; what could not is kept in the quarantine folder of the history. Look at the disk.")
	historyFull = health.Define("history-full", health.Error, "the event history has no room, and the Instruments wait",
		"The disk is full, or a subscription keeps events that it cannot deliver. Look at the subscriptions, or make room on the disk.")
	historyFailed = health.Define("history-failed", health.Error, "events cannot be written to the event history",
		"The disk does not take them. The Instruments keep their events and send them again. Look at the disk.")
)

// Put gives events of an Instrument their headers and numbers and returns when they are
// durable. It waits while there is no room. Puts that come together share one fsync.
func (h *history) Put(ctx context.Context, name string, events []instrument.Event) error {
	if err := checkData(events); err != nil {
		return err
	}
	p := &put{ctx, name, events, make(chan error, 1)}
	h.mu.Lock()
	h.waiting = append(h.waiting, p)
	if !h.busy {
		h.busy = true
		go h.commitAll() // nobody's own, so that no Instrument waits for the others' commits
	}
	h.mu.Unlock()
	return <-p.done
}

// commitAll commits until nobody waits. Every put waits for it, so that it never runs
// longer than they do.
func (h *history) commitAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.waiting) > 0 {
		batch := h.waiting
		h.waiting = nil
		h.mu.Unlock()
		h.commit(batch)
		h.mu.Lock()
	}
	h.busy = false
}

// checkData sees to it that what is in the history is JSON, whoever made it.
func checkData(events []instrument.Event) error {
	b := event.NewBatch()
	defer b.Release()
	for i := range events {
		v, n, err := b.DecodeValue(events[i].Data)
		if err == nil && (v.Kind() != event.Object || n != len(events[i].Data)) {
			err = errors.New("it is no JSON object")
		}
		if err != nil {
			return fmt.Errorf("the data of event %d of type %s: %w", i, events[i].Type, err)
		}
	}
	return nil
}

// commit appends puts to the journal. Only one commit runs at a time, so that the
// numbers are known before the events are written.
func (h *history) commit(puts []*put) {
	// One that nobody waits for any more must not be written: it will come again.
	live := puts[:0:0]
	for _, p := range puts {
		if err := p.ctx.Err(); err != nil {
			p.done <- err
			continue
		}
		live = append(live, p)
	}
	if len(live) == 0 {
		return
	}
	ctx, cancel := joinContexts(live)
	defer cancel()
	_, next := h.journal.Bounds()
	buf, ends := h.encode(live, next)
	payloads := make([][]byte, len(ends))
	for i, start := 0, 0; i < len(ends); i++ {
		payloads[i] = buf[start:ends[i]:ends[i]]
		start = ends[i]
	}
	first, err := h.journal.Append(ctx, payloads)
	if err == nil && first != next {
		// Nobody else appends to this journal.
		panic(fmt.Sprintf("sensor: events numbered from %d were written as %d", next, first))
	}
	if err == nil {
		h.count(live)
		h.recent.add(first, payloads)
	}
	for _, p := range live {
		p.done <- err
	}
}

// joinContexts gives a context that ends when all of the puts' have ended: as long as one
// Instrument waits, the events are worth writing.
func joinContexts(puts []*put) (context.Context, context.CancelFunc) {
	if len(puts) == 1 {
		return puts[0].ctx, func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	left := len(puts)
	var mu sync.Mutex
	var stops []func() bool
	for _, p := range puts {
		stops = append(stops, context.AfterFunc(p.ctx, func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				cancel()
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// encode writes the events as they stand on the event pipeline: the fields and their
// order are those of the guide's event.
func (h *history) encode(puts []*put, number uint64) (buf []byte, ends []int) {
	size, count := 0, 0
	for _, p := range puts {
		count += len(p.events)
		for i := range p.events {
			e := &p.events[i]
			size += len(e.Data) + len(e.Type) + len(e.Message) + len(p.instrument) + len(h.sensor) + 320
		}
	}
	buf, ends = make([]byte, 0, size), make([]int, 0, count)
	for _, p := range puts {
		for i := range p.events {
			buf = appendEvent(buf, h.sensor, p.instrument, number, &p.events[i])
			ends = append(ends, len(buf))
			number++
		}
	}
	return buf, ends
}

func appendEvent(dst []byte, sensor, source string, number uint64, e *instrument.Event) []byte {
	dst = append(dst, `{"source_instrument":`...)
	dst = event.AppendQuoted(dst, source)
	dst = append(dst, `,"type":`...)
	dst = event.AppendQuoted(dst, e.Type)
	dst = append(dst, `,"message":`...)
	dst = event.AppendQuoted(dst, e.Message)
	dst = append(dst, `,"context_uuid":"`...)
	dst = e.Context.Append(dst)
	dst = append(dst, `","sensor_event_id":`...)
	dst = strconv.AppendUint(dst, number, 10)
	dst = append(dst, `,"source_sensor":`...)
	dst = event.AppendQuoted(dst, sensor)
	dst = append(dst, `,"timestamp":`...)
	dst = appendSeconds(dst, e.Time.UnixMicro())
	dst = append(dst, `,"uuid":"`...)
	dst = e.ID.Append(dst)
	dst = append(dst, `","data":`...)
	dst = append(dst, e.Data...)
	return append(dst, '}')
}

// appendSeconds appends microseconds as seconds with six decimals.
func appendSeconds(dst []byte, micros int64) []byte {
	if micros < 0 {
		dst = append(dst, '-')
		micros = -micros
	}
	dst = strconv.AppendInt(dst, micros/1e6, 10)
	dst = append(dst, '.')
	var digits [8]byte
	return append(dst, strconv.AppendInt(digits[:0], 1e6+micros%1e6, 10)[1:]...)
}

// maxCounts is how many types are counted one by one: types come out of logs, which may
// hold any number of them.
const maxCounts = 1000

func (h *history) count(puts []*put) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range puts {
		for i := range p.events {
			key := countKey{p.instrument, p.events[i].Type}
			if _, known := h.counts[key]; !known && len(h.counts) >= maxCounts {
				key.kind = "other"
			}
			h.counts[key]++
		}
	}
}

// Counts returns the events since the start, by Instrument and type.
func (h *history) Counts() map[countKey]uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.counts)
}

// fillCursor is the cursor that reads the newest events at the start.
const fillCursor = "recent"

func (h *history) fillRecent(ctx context.Context) error {
	if err := h.journal.DropCursor(fillCursor); err != nil { // of a process that has died meanwhile
		return err
	}
	first, end := h.journal.Bounds()
	if first >= end {
		return nil
	}
	r, err := h.journal.Reader(fillCursor, queue.AtSeq(max(first, end-min(end, recentEvents))))
	if err != nil {
		return err
	}
	var b queue.Batch
	for r.Lag().Unread > 0 {
		if err := r.Next(ctx, &b, 0, 0); err != nil {
			r.Close()
			return fmt.Errorf("the event history cannot be read: %w", err)
		}
		for _, rec := range b.Records {
			h.recent.add(rec.Seq, [][]byte{append([]byte(nil), rec.Payload...)})
		}
	}
	return errors.Join(r.Close(), h.journal.DropCursor(fillCursor))
}

func (h *history) Close() error { return h.journal.Close() }
