package sensor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"sluice/internal/health"
	"sluice/internal/instrument"
	"sluice/internal/vfs"
)

// Options of a sensor.
type Options struct {
	Log     *slog.Logger
	Program string // that is started for each Instrument, with the words `instrument KIND`; this program by default
}

// Sensor is a running sensor.
type Sensor struct {
	config        *Config
	log           *slog.Logger
	started       time.Time
	conditions    health.Conditions // of the sensor itself
	history       *history
	processes     []*process
	subscriptions []*subscription
	api           *api
}

// Open opens the event history, makes the cursors of the subscriptions, and takes the
// unix socket. Nothing runs yet. A second sensor in the same data folder is an error.
func Open(ctx context.Context, c *Config, opts Options) (*Sensor, error) {
	program := opts.Program
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("the program for Instruments cannot be found: %w", err)
		}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	s := &Sensor{config: c, log: opts.Log, started: time.Now()}
	h, err := openHistory(ctx, vfs.OS, c, opts.Log, &s.conditions)
	if err != nil {
		return nil, err
	}
	s.history = h
	if err := s.prepare(program); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	if s.api, err = listenAPI(s); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return s, nil
}

func (s *Sensor) prepare(program string) error {
	cursors := map[string]bool{}
	for _, c := range s.config.Instruments {
		p := newProcess(c, program, s.log)
		p.put = func(ctx context.Context, events []instrument.Event) error {
			return s.put(ctx, c.Name, events)
		}
		s.processes = append(s.processes, p)
		for _, sub := range c.Subscriptions {
			x := newSubscription(c.Name, sub, s.history.journal, p.conditions, s.log)
			if err := x.prepare(); err != nil {
				return err
			}
			cursors[x.cursor] = true
			s.subscriptions = append(s.subscriptions, x)
		}
	}
	// A subscription that is no more must not keep events.
	for _, name := range s.history.journal.Cursors() {
		if !cursors[name] {
			if err := s.history.journal.DropCursor(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Sensor) put(ctx context.Context, name string, events []instrument.Event) error {
	err := s.history.Put(ctx, name, events)
	switch {
	case err == nil:
		s.conditions.Clear(historyFailed, "history")
	case ctx.Err() == nil:
		s.log.Error("events were not taken", "instrument", name, "error", err)
		if st := s.history.journal.Stats(); st.LastError != "" {
			s.conditions.Raise(historyFailed, "history", st.LastError)
		}
	}
	return err
}

// Run runs the sensor until ctx ends: Instruments are stopped first, so that what they
// have put is in the history, then subscriptions, whose place is kept.
func (s *Sensor) Run(ctx context.Context) error {
	s.log.Info("the sensor has started", "sensor", s.config.Name, "data", s.config.Data)
	feeding, stopFeeding := context.WithCancel(context.Background())
	defer stopFeeding()
	var feeders, hosts, others sync.WaitGroup
	for _, sub := range s.subscriptions {
		feeders.Go(func() { sub.run(feeding) })
	}
	for _, p := range s.processes {
		hosts.Go(func() { p.run(ctx) })
	}
	others.Go(func() { s.watch(feeding) })
	others.Go(func() { s.api.serve() })
	hosts.Wait()
	<-ctx.Done() // a sensor without Instruments runs, too
	stopFeeding()
	feeders.Wait()
	s.api.Close()
	others.Wait()
	err := s.history.Close()
	s.log.Info("the sensor has stopped", "sensor", s.config.Name)
	return err
}

// watch raises and clears the conditions of the history.
func (s *Sensor) watch(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if full := s.history.journal.Full(); full.Reason != "" && time.Since(full.Since) > time.Second {
			s.conditions.Raise(historyFull, "history", "no room because of: "+string(full.Reason))
		} else if full.Reason == "" {
			s.conditions.Clear(historyFull, "history")
		}
	}
}

// Status tells how everything is.
func (s *Sensor) Status() Status {
	st := s.history.journal.Stats()
	out := Status{
		Name: s.config.Name, Started: s.started, Conditions: s.conditions.List(),
		History: HistoryStatus{
			First: st.First, Next: st.End, Events: st.Events, Bytes: st.Bytes, Segments: st.Segments,
			Full: string(st.Full.Reason), LostRecords: st.LostRecords,
		},
	}
	for key, n := range s.history.Counts() {
		out.Events = append(out.Events, EventCount{key.instrument, key.kind, n})
	}
	slices.SortFunc(out.Events, func(a, b EventCount) int {
		if a.Instrument+"\x00"+a.Type < b.Instrument+"\x00"+b.Type {
			return -1
		}
		return 1
	})
	for _, p := range s.processes {
		i := p.statusNow()
		out.Instruments = append(out.Instruments, i)
		out.Conditions = append(out.Conditions, i.Conditions...)
	}
	for _, sub := range s.subscriptions {
		x := sub.statusNow()
		for _, c := range st.Cursors {
			if c.Name == sub.cursor {
				x.Waiting, x.WaitingBytes = c.Lag.Events, c.Lag.Bytes
			}
		}
		out.Subscriptions = append(out.Subscriptions, x)
	}
	out.Status = health.Worst(out.Conditions)
	return out
}

func (p *process) statusNow() InstrumentStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := InstrumentStatus{
		Name: p.config.Name, Kind: p.config.Kind.Name, Title: p.config.Kind.Title, State: p.state, PID: p.pid,
		Started: p.started, Restarts: p.restarts, Details: p.status.Details, Conditions: p.conditions.List(),
	}
	if p.pid != 0 {
		i.Conditions = append(i.Conditions, p.status.Conditions...)
	}
	i.Status = health.Worst(i.Conditions)
	return i
}

func (s *subscription) statusNow() SubscriptionStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := SubscriptionStatus{
		Instrument: s.owner, ID: s.ID, Query: s.Text, Protocol: s.Protocol, Address: s.Address, History: s.History,
		Connected: s.connected, Delivered: s.delivered, Filtered: s.filtered, Errors: s.failures,
	}
	if !s.idle.IsZero() && time.Since(s.idle) > waitsAfter {
		since := s.idle
		x.WaitsSince, x.Cause = &since, s.cause
	}
	return x
}
