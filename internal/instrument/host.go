package instrument

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sluice/internal/health"
)

// Host is what an Instrument has of its sensor.
type Host struct {
	Name       string // replay_0@testsensor
	Folder     string // its own, for all that it keeps
	Config     json.RawMessage
	Log        *slog.Logger
	Conditions health.Conditions

	frames  *frames
	context UUID // of this run

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]chan error
	lost    error // why the sensor is gone
	state   string
	details func() any
	more    []func() []health.Condition
	failed  string
	slots   chan struct{}
	kick    chan struct{}
}

// ErrSensorGone tells that the connection to the sensor is broken: the process ends.
var ErrSensorGone = errors.New("the sensor is gone")

// statusInterval is how often a process tells how it is, so that a condition shows in
// the sensor within a second.
const statusInterval = 500 * time.Millisecond

// connect reads the Spec that the sensor sends first.
func connect(conn io.ReadWriter, log *slog.Logger) (*Host, *Kind, error) {
	h := &Host{
		Log: log, frames: newFrames(conn), context: NewUUID(), waiting: map[uint64]chan error{}, state: "running",
		slots: make(chan struct{}, Window), kick: make(chan struct{}, 1),
	}
	kind, payload, err := h.frames.read()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %v", ErrSensorGone, err)
	}
	var spec Spec
	if err := json.Unmarshal(payload, &spec); err != nil || kind != frameSpec {
		return nil, nil, fmt.Errorf("the sensor did not say what this process is to be (frame %q, %v)", kind, err)
	}
	k := Lookup(spec.Kind)
	if k == nil {
		return nil, nil, fmt.Errorf("there is no kind of Instrument %q", spec.Kind)
	}
	h.Name, h.Folder, h.Config = spec.Name, spec.Folder, spec.Config
	return h, k, nil
}

// Put puts events on the sensor's event pipeline and returns when they are durable. It
// blocks while the sensor cannot take more. Several calls may be under way; the sensor
// takes them in the order in which they were begun. Nothing of the events is kept.
func (h *Host) Put(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	h.mu.Lock()
	if h.lost != nil {
		h.mu.Unlock()
		return h.lost
	}
	h.next++
	number := h.next
	h.waiting[number] = done
	batch := binary.BigEndian.AppendUint64(nil, number)
	batch = binary.BigEndian.AppendUint32(batch, uint32(len(events)))
	ids := newUUIDs(len(events))
	for i := range events {
		e := events[i]
		if e.Context == (UUID{}) {
			e.Context = h.context
		}
		if e.ID == (UUID{}) {
			e.ID = ids[i]
		}
		if e.Time.IsZero() {
			e.Time = time.Now()
		}
		batch = appendEvent(batch, &e)
	}
	err := h.frames.write(frameBatch, batch) // under the lock, so that numbers arrive in order
	if err != nil {
		delete(h.waiting, number)
		err = fmt.Errorf("%w: %v", ErrSensorGone, err)
	}
	h.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		h.mu.Lock()
		delete(h.waiting, number)
		h.mu.Unlock()
		return ctx.Err()
	}
}

// SetState names what the Instrument does, such as "finished". It is "running" at first.
func (h *Host) SetState(state string) {
	h.mu.Lock()
	h.state = state
	h.mu.Unlock()
	h.tell()
}

// ShowDetails says where the details of the status come from. Each call gives a value of
// its own, which is shown as JSON.
func (h *Host) ShowDetails(details func() any) {
	h.mu.Lock()
	h.details = details
	h.mu.Unlock()
	h.tell()
}

// AddConditions adds conditions that are kept elsewhere, such as those of an engine.
func (h *Host) AddConditions(more func() []health.Condition) {
	h.mu.Lock()
	h.more = append(h.more, more)
	h.mu.Unlock()
}

// tell makes the status go out now.
func (h *Host) tell() {
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

// listen takes the sensor's answers until the connection ends.
func (h *Host) listen() {
	for {
		kind, payload, err := h.frames.read()
		if err == nil && len(payload) < 8 {
			err = fmt.Errorf("the sensor has sent a frame %q without a number", kind)
		}
		h.mu.Lock()
		if err != nil {
			h.lost = fmt.Errorf("%w: %v", ErrSensorGone, err)
			for number, done := range h.waiting {
				done <- h.lost
				delete(h.waiting, number)
			}
			h.mu.Unlock()
			return
		}
		number := binary.BigEndian.Uint64(payload)
		if done := h.waiting[number]; done != nil {
			delete(h.waiting, number)
			if kind == frameRefuse {
				done <- fmt.Errorf("the sensor refuses the events: %s", payload[8:])
			} else {
				done <- nil
			}
		}
		h.mu.Unlock()
	}
}

// report tells the sensor how the Instrument is, until ctx ends.
func (h *Host) report(ctx context.Context) {
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for {
		h.sendStatus()
		select {
		case <-ctx.Done():
			h.sendStatus()
			return
		case <-tick.C:
		case <-h.kick:
		}
	}
}

func (h *Host) sendStatus() {
	h.mu.Lock()
	s := Status{State: h.state, Error: h.failed}
	details, more := h.details, slices.Clone(h.more)
	h.mu.Unlock()
	if details != nil {
		text, err := json.Marshal(details())
		if err != nil {
			h.Log.Error("the details of the status cannot be told", "error", err)
		}
		s.Details = text
	}
	s.Conditions = h.Conditions.List()
	for _, list := range more {
		s.Conditions = append(s.Conditions, list()...)
	}
	if err := h.frames.writeJSON(frameStatus, s); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		h.Log.Debug("the status could not be sent", "error", err)
	}
}
