package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/pipeline"
	"sluice/internal/queue"
)

// spill is the journal of what one output has missed. A pipeline and the one that takes
// its place share it while both run. From the moment that the new one has it, the old one
// takes nothing more out.
type spill struct {
	dir  string
	log  *slog.Logger
	lead chan struct{} // holds one thing while somebody takes events out

	active atomic.Bool

	mu      sync.Mutex
	users   []*spillUse // in the order in which they came
	options queue.Options
	queue   *persistedQueue // nil before there is anything on disk
	opened  chan struct{}   // closed when there is
	adding  int             // calls of Append under way
	idle    chan struct{}   // closed when it is no longer active
	since   time.Time       // when it became active
	leader  *spillUse
	taken   map[*event.Batch]time.Time // batches under way, and when their oldest event came
	fill    fill
}

func newSpill(dir string, log *slog.Logger) *spill {
	return &spill{dir: dir, log: log, lead: make(chan struct{}, 1), opened: make(chan struct{}), taken: map[*event.Batch]time.Time{}}
}

// open opens the journal unless it is open. mu is held.
func (s *spill) open(room *spillRoom) error {
	if s.queue != nil {
		return nil
	}
	j, report, err := queue.Open(context.Background(), s.options)
	if err != nil {
		return err
	}
	q, err := newPersistedQueue(room.pipelineID, j, s.options.MaxEvents, s.options.MaxBytes, s.log)
	if err != nil {
		return errors.Join(err, j.Close())
	}
	room.reportRecovery(report)
	s.queue = q
	if s.lag() > 0 {
		s.activate()
	}
	close(s.opened)
	return nil
}

// lag is how many events are in it. mu is held.
func (s *spill) lag() int64 {
	if s.queue == nil {
		return 0
	}
	return int64(s.queue.reader.Lag().Events)
}

// activate says that something waits. mu is held.
func (s *spill) activate() {
	if !s.active.Load() {
		s.idle, s.since = make(chan struct{}), time.Now()
		s.active.Store(true)
	}
}

// settle looks whether nothing waits any more. mu is held.
func (s *spill) settle() {
	if !s.active.Load() || s.adding > 0 || s.lag() > 0 {
		return
	}
	s.since = time.Time{}
	s.fill.reset()
	s.active.Store(false)
	close(s.idle)
}

// close gives the journal free. mu is held.
func (s *spill) close() {
	if s.queue == nil {
		return
	}
	if err := s.queue.shut(); err != nil {
		s.log.Warn("the spill of an output did not close cleanly", "path", s.dir, "error", err)
	}
	s.queue = nil
}

var _ pipeline.Spill = (*spillUse)(nil)

// spillUse is a spill in the hands of one pipeline.
type spillUse struct {
	*spill
	room   *spillRoom
	output string             // its id
	over   context.Context    // ends when a new pipeline has the spill
	finish context.CancelFunc // of over

	endLeading func()

	gone    bool
	left    int64            // what waited at the end ...
	account pipeline.Account // ... and the account of then
}

func (u *spillUse) Active() bool { return u.active.Load() }

func (u *spillUse) Append(ctx context.Context, events []*event.Event) error {
	u.mu.Lock()
	if err := u.open(u.room); err != nil {
		u.mu.Unlock()
		return err
	}
	q := u.queue
	u.adding++
	u.activate()
	u.mu.Unlock()
	for _, e := range events {
		defer e.KeepID()() // the other outputs know it by the same one
	}
	err := q.append(events, func(records [][]byte) error {
		_, err := q.journal.AppendCertain(ctx, records)
		return err
	})
	u.mu.Lock()
	defer u.mu.Unlock()
	u.adding--
	u.settle()
	return err
}

func (u *spillUse) Lead(ctx context.Context) (context.Context, error) {
	leading, end := context.WithCancel(ctx)
	detach := context.AfterFunc(u.over, end)
	select {
	case u.lead <- struct{}{}:
	case <-leading.Done():
		detach()
		end()
		return nil, context.Canceled
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.leader = u
	u.endLeading = func() {
		detach()
		end()
		<-u.lead
	}
	return leading, nil
}

func (u *spillUse) EndLead() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.leader == u {
		u.leader = nil
		u.endLeading()
	}
}

func (u *spillUse) Take(ctx context.Context, most int) (*event.Batch, error) {
	select {
	case <-u.opened:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	u.mu.Lock()
	q := u.queue
	u.mu.Unlock()
	b, err := q.Take(ctx, most, 0)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	u.taken[b] = b.Owner.(*taken).reads[0].Records[0].Time
	u.mu.Unlock()
	return b, nil
}

func (u *spillUse) Done(b *event.Batch, undone []*event.Event, t *pipeline.Tally) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.taken, b)
	if len(undone) == 0 {
		u.queue.Done(b, t)
	} else {
		u.queue.doneBut(b, undone, t)
	}
	u.settle()
}

// doneBut acks a batch but for some events, which are given out again.
func (q *persistedQueue) doneBut(b *event.Batch, undone []*event.Event, tally *pipeline.Tally) {
	again := make(map[uint64]bool, len(undone))
	for _, e := range undone {
		again[e.Seq] = true
	}
	var done, release []queue.Range
	t := b.Owner.(*taken)
	for _, read := range t.reads {
		for _, r := range read.Records {
			one := queue.Range{First: r.Seq, Last: r.Seq}
			if again[r.Seq] {
				release = append(release, one)
			} else {
				done = append(done, one)
			}
		}
	}
	if err := errors.Join(q.reader.AckNote(q.account.change(len(done), tally), done...), q.reader.Release(release...)); err != nil && !errors.Is(err, queue.ErrClosed) {
		q.log.Error("delivered events could not be marked as such; they may be delivered again after a restart", "pipeline.id", q.id, "error", err)
	}
	q.release(b, t)
}

func (u *spillUse) Idle(ctx context.Context) error {
	for u.active.Load() {
		u.mu.Lock()
		idle := u.idle
		u.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (u *spillUse) Waiting() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gone {
		return u.left
	}
	return u.lag()
}

func (u *spillUse) Leave() {
	u.room.all.mu.Lock()
	defer u.room.all.mu.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.gone = true
	u.finish()
	u.users = slices.DeleteFunc(u.users, func(x *spillUse) bool { return x == u })
	if len(u.users) == 0 { // else what waits is the other one's
		if u.left = u.lag(); u.queue != nil {
			u.account = u.queue.Account()
		}
		u.close()
		delete(u.room.all.open, u.dir)
	}
}

// spillState is a spill at a moment.
type spillState struct {
	Dir                 string
	Since               time.Time // zero when nothing waits
	Oldest              time.Time // when the oldest event that waits came into it; zero when that is not known
	Events, Bytes       int64
	MaxEvents, MaxBytes int64         // 0 is no limit
	Growth              float64       // bytes a second
	ToFull              time.Duration // negative when it is not getting fuller
	Full                queue.Full
	Account             pipeline.Account // zero before there is anything on disk
}

// state returns false when the pipeline has given the spill free.
func (u *spillUse) state() (spillState, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := spillState{Dir: u.dir, Since: u.since, ToFull: -1, MaxEvents: u.options.MaxEvents, MaxBytes: u.options.MaxBytes}
	if u.gone || u.queue == nil {
		return s, !u.gone
	}
	if s.Account = u.queue.Account(); !u.active.Load() {
		return s, true
	}
	lag := u.queue.reader.Lag()
	s.Events, s.Bytes, s.Full = int64(lag.Events), lag.Bytes, u.queue.journal.Full()
	for _, t := range u.taken {
		if s.Oldest.IsZero() || t.Before(s.Oldest) {
			s.Oldest = t
		}
	}
	u.fill.add(time.Now(), s.Bytes, s.Events)
	s.Growth, _, _ = u.fill.growth()
	if d, ok := u.fill.toFull(s.Bytes, s.MaxBytes, s.Events, s.MaxEvents); ok {
		s.ToFull = d
	}
	return s, true
}
