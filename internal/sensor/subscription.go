package sensor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/instrument"
	"sluice/internal/queue"
)

// subscription sends the events that match a query to a local port, in order, and
// forgets an event only when the pipeline there has acknowledged it.
type subscription struct {
	instrument.Subscription
	owner      string // the Instrument
	cursor     string
	journal    *queue.Journal
	conditions *health.Conditions
	log        *slog.Logger
	send       func(context.Context, *queue.Reader) error // by its protocol

	mu        sync.Mutex
	connected bool
	delivered uint64
	filtered  uint64    // did not match
	failures  uint64    // attempts that failed
	inFlight  int       // windows sent and not acknowledged
	idle      time.Time // since when nothing moves though it should; zero when all is well
	cause     string    // of that
}

var subscriptionWaits = health.Define("subscription-waits", health.Warning, "an event subscription waits: its pipeline does not take events",
	"Events stay in the sensor's history until it does. Look at the Instrument's pipelines: an output that cannot deliver fills the queue, and a full queue makes the input wait.")

// waitsAfter is how long nothing may move before it is a condition. It has to show
// within five seconds.
const waitsAfter = 2 * time.Second

func newSubscription(owner string, s instrument.Subscription, j *queue.Journal, conditions *health.Conditions, log *slog.Logger) *subscription {
	x := &subscription{
		Subscription: s, owner: owner, cursor: cursorName(owner, s.ID), journal: j, conditions: conditions,
		log: log.With("instrument", owner, "subscription", s.ID),
	}
	x.send = x.sendBeats
	if s.Protocol == "http" {
		x.send = x.sendHTTP
	}
	return x
}

// cursorName names the cursor of a subscription in the journal.
func cursorName(owner, id string) string {
	name := "subscription " + owner + " " + id
	if len(name) <= queue.MaxCursorName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "subscription " + hex.EncodeToString(sum[:])
}

func (s *subscription) reader() (*queue.Reader, error) {
	from := queue.Latest
	if s.History {
		from = queue.Earliest
	}
	return s.journal.Reader(s.cursor, from)
}

// prepare makes the cursor, so that the subscription begins now even if its pipeline
// starts later.
func (s *subscription) prepare() error {
	r, err := s.reader()
	if err != nil {
		return fmt.Errorf("subscription %s: %w", s.ID, err)
	}
	return r.Close()
}

// run sends events until ctx ends.
func (s *subscription) run(ctx context.Context) {
	var watcher sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	watcher.Go(func() { s.watch(watching) })
	defer watcher.Wait()
	defer stop()
	pause := backoff{first: 100 * time.Millisecond, most: 5 * time.Second}
	for ctx.Err() == nil {
		before := s.progress()
		err := s.attempt(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.progress() != before {
			pause.reset()
		}
		if errors.Is(err, errIdle) {
			continue
		}
		s.failed(err)
		if !pause.wait(ctx) {
			return
		}
	}
}

// attempt sends events over one connection until it fails.
func (s *subscription) attempt(ctx context.Context) error {
	r, err := s.reader()
	if err != nil {
		return err
	}
	// What was sent and not acknowledged comes again from the next reader, in order.
	defer r.Close()
	defer func() {
		s.mu.Lock()
		s.connected, s.inFlight = false, 0
		s.mu.Unlock()
	}()
	return s.send(ctx, r)
}

func (s *subscription) progress() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delivered
}

func (s *subscription) nowConnected() {
	s.mu.Lock()
	s.connected = true
	s.mu.Unlock()
}

func (s *subscription) failed(err error) {
	s.mu.Lock()
	s.failures++
	if s.idle.IsZero() {
		s.idle = time.Now()
	}
	s.cause = err.Error()
	s.mu.Unlock()
	s.log.Debug("the subscription cannot deliver", "error", err)
}

// sent says that a window is under way.
func (s *subscription) sent() {
	s.mu.Lock()
	if s.inFlight++; s.idle.IsZero() {
		s.idle = time.Now()
		s.cause = "no acknowledgement from " + s.Address
	}
	s.mu.Unlock()
}

// acked says that a window has been acknowledged.
func (s *subscription) acked(events int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered += uint64(events)
	s.idle = time.Time{}
	if s.inFlight--; s.inFlight > 0 {
		s.idle, s.cause = time.Now(), "no acknowledgement from "+s.Address
	}
}

// watch raises and clears the condition.
func (s *subscription) watch(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		idle, cause := s.idle, s.cause
		s.mu.Unlock()
		if !idle.IsZero() && time.Since(idle) > waitsAfter {
			s.conditions.Raise(subscriptionWaits, s.ID, fmt.Sprintf("waits since %s: %s", idle.Format(time.TimeOnly), cause))
		} else if idle.IsZero() {
			s.conditions.Clear(subscriptionWaits, s.ID)
		}
	}
}

// Sizes of a window. What is under way when a process dies is sent again, so that they
// also limit the duplicates.
const (
	windowEvents = 1024
	windowBytes  = 1 << 20
)

// window is what is sent at once and acknowledged at once.
type window struct {
	events [][]byte // that match
	ranges []queue.Range
	count  int
}

// next reads the next window, which may have no event that matches. Events are valid
// until the next call with the same batch.
func (s *subscription) next(ctx context.Context, r *queue.Reader, b *queue.Batch, w *window, most int) error {
	if r.Lag().Unread == 0 {
		s.mu.Lock()
		if s.inFlight == 0 {
			s.idle = time.Time{} // connected, and nothing to send
		}
		s.mu.Unlock()
	}
	if err := r.Next(ctx, b, most, windowBytes); err != nil {
		return err
	}
	w.events, w.ranges = w.events[:0], b.Ranges()
	if s.Query.All() {
		for i := range b.Records {
			w.events = append(w.events, b.Records[i].Payload)
		}
		w.count = len(w.events)
		return nil
	}
	batch := event.NewBatch()
	defer batch.Release()
	for i := range b.Records {
		e, _, err := batch.Decode(b.Records[i].Payload)
		if err == nil && s.Query.Match(e) {
			w.events = append(w.events, b.Records[i].Payload)
		}
	}
	w.count = len(w.events)
	s.mu.Lock()
	s.filtered += uint64(len(b.Records) - w.count)
	s.mu.Unlock()
	return nil
}
