package sensor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"sluice/internal/health"
)

// SocketName is the unix socket of the sensor's API, in its data folder.
const SocketName = "sensor.sock"

// Status is a sensor at a moment: GET /status.
type Status struct {
	Name          string               `json:"name"`
	Status        health.Severity      `json:"status"` // the worst of all conditions
	Started       time.Time            `json:"started"`
	Conditions    []health.Condition   `json:"conditions"` // of the sensor and all its Instruments
	History       HistoryStatus        `json:"history"`
	Instruments   []InstrumentStatus   `json:"instruments"`
	Subscriptions []SubscriptionStatus `json:"subscriptions"`
	Events        []EventCount         `json:"events"`
}

// HistoryStatus is the event history at a moment.
type HistoryStatus struct {
	First       uint64 `json:"first"` // sensor_event_id of the oldest event that is kept
	Next        uint64 `json:"next"`  // sensor_event_id of the next event
	Events      uint64 `json:"events"`
	Bytes       int64  `json:"bytes"`
	Segments    int    `json:"segments"`
	Full        string `json:"full,omitempty"` // why there is no room
	LostRecords uint64 `json:"lost_records"`
}

// InstrumentStatus is an Instrument at a moment.
type InstrumentStatus struct {
	Name       string             `json:"name"`
	Kind       string             `json:"kind"`
	Title      string             `json:"title"`
	Status     health.Severity    `json:"status"`
	State      string             `json:"state"` // starting, restarting, stopping, stopped, or what its kind says
	PID        int                `json:"pid,omitempty"`
	Started    time.Time          `json:"started"`
	Restarts   int                `json:"restarts"`
	Conditions []health.Condition `json:"conditions"`
	Details    json.RawMessage    `json:"details,omitempty"` // of its kind
}

// SubscriptionStatus is an event subscription at a moment. Counters count since the
// sensor's start.
type SubscriptionStatus struct {
	Instrument   string     `json:"instrument"`
	ID           string     `json:"unique_id"`
	Query        string     `json:"mongodb_terms"`
	Protocol     string     `json:"protocol"`
	Address      string     `json:"address"`
	History      bool       `json:"get_history"`
	Connected    bool       `json:"connected"`
	Delivered    uint64     `json:"delivered"` // acknowledged by the pipeline
	Filtered     uint64     `json:"filtered"`  // did not match
	Errors       uint64     `json:"errors"`    // attempts that failed
	Waiting      uint64     `json:"waiting"`   // events not yet acknowledged, or not yet looked at
	WaitingBytes int64      `json:"waiting_bytes"`
	WaitsSince   *time.Time `json:"waits_since,omitempty"` // back pressure
	Cause        string     `json:"cause,omitempty"`
}

// EventCount is how many events of a type an Instrument has put since the sensor's start.
type EventCount struct {
	Instrument string `json:"instrument"`
	Type       string `json:"type"`
	Count      uint64 `json:"count"`
}

// api serves the sensor's HTTP API.
type api struct {
	server   *http.Server
	listener net.Listener
	ctx      context.Context // ends with the API, so that who follows is let go
	cancel   context.CancelFunc
}

func listenAPI(s *Sensor) (*api, error) {
	path := filepath.Join(s.config.Data, SocketName)
	// The journal's lock says that no other sensor uses the folder: a socket that is
	// there was left by one that died.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the sensor's socket cannot be made: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		if len(path) > 100 {
			return nil, fmt.Errorf("the sensor's socket cannot be made: the path of the data folder is too long for a socket (%d bytes): %s", len(path), path)
		}
		return nil, fmt.Errorf("the sensor's socket cannot be made: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	a := &api{listener: l}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Status()) // the client is gone
	})
	mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) { s.serveEvents(a.ctx, w, r) })
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return a, nil
}

func (a *api) serve() { _ = a.server.Serve(a.listener) }

// Close ends the API; the socket goes away with it.
func (a *api) Close() {
	a.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if a.server.Shutdown(ctx) != nil {
		a.server.Close()
	}
}

// serveEvents gives the newest events, one JSON object a line, the oldest first: GET
// /events?n=20; with follow=1 it goes on with what comes. Who reads too slowly misses
// events, and is told how many: {"missed":5}.
func (s *Sensor) serveEvents(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	n := 20
	if text := r.FormValue("n"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 0 {
			http.Error(w, "n is not a number of events", http.StatusBadRequest)
			return
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := http.NewResponseController(w)
	events := s.history.recent.last(n)
	_, next := s.history.journal.Bounds()
	last := next - 1
	if len(events) > 0 {
		last = events[len(events)-1].number
	}
	follow := r.FormValue("follow") != ""
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.Context(), cancel)()
	for {
		for _, e := range events {
			if _, err := w.Write(append(e.payload[:len(e.payload):len(e.payload)], '\n')); err != nil {
				return
			}
		}
		if !follow || out.Flush() != nil {
			return
		}
		var err error
		if events, err = s.history.recent.after(ctx, last); err != nil {
			return
		}
		if missed := events[0].number - last - 1; missed > 0 {
			fmt.Fprintf(w, "{\"missed\":%d}\n", missed)
		}
		last = events[len(events)-1].number
	}
}
