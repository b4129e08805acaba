package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"sluice/internal/instrument"
	"sluice/internal/queue"
	"sluice/internal/sensor"
)

// Ledger is the account of the demo: every played record is delivered, dead-lettered or
// still on its way.
type Ledger struct {
	Played       int      `json:"played"`        // records put on the sensor's event pipeline by Replay
	Delivered    int      `json:"delivered"`     // different records that have arrived at the destination
	DeadLettered int      `json:"dead_lettered"` // on either side
	Queued       int      `json:"queued"`        // on their way
	Statistics   int      `json:"statistics"`    // events about the Log Forwarder itself that have arrived
	Repeated     int      `json:"repeated"`      // records that arrived more than once
	Skipped      int      `json:"skipped"`       // lines of the logs that are no records
	Warnings     []string `json:"warnings,omitempty"`

	finished bool // Replay has played everything
}

// Balanced tells whether every played record has met its end.
func (l Ledger) Balanced() bool { return l.Delivered+l.DeadLettered == l.Played }

// Summary says it in words.
func (l Ledger) Summary() string {
	return fmt.Sprintf("%d records played: %d delivered, %d dead-lettered, %d on their way; %d statistics events; %d repeated",
		l.Played, l.Delivered, l.DeadLettered, l.Queued, l.Statistics, l.Repeated)
}

// look asks the sensor and the destination how it goes. Without an answer from the
// sensor, the last one stands.
func (d *demo) look(ctx context.Context, last Ledger) Ledger {
	l := last
	l.Delivered, l.Statistics, l.Repeated = d.standIn.arrived()
	asking, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	status, err := sensor.NewClient(d.path("sensor", "data")).Status(asking)
	if err != nil {
		return l
	}
	l.Warnings = nil
	for _, i := range status.Instruments {
		for _, c := range i.Conditions {
			l.Warnings = append(l.Warnings, c.Title)
		}
		switch i.Kind {
		case "replay":
			var p instrument.ReplayProgress
			if json.Unmarshal(i.Details, &p) == nil {
				l.Played, l.Skipped, l.finished = int(p.Played), int(p.Skipped), p.Finished
			}
		case "logforwarder":
			var f instrument.ForwarderDetails
			if json.Unmarshal(i.Details, &f) == nil {
				l.DeadLettered = d.standIn.deadLetters()
				for _, p := range f.Pipelines {
					l.DeadLettered += int(p.Ledger.DeadLettered)
				}
			}
		}
	}
	l.balance()
	return l
}

// balance counts what is on its way. While Replay plays, its own count is behind what has
// arrived already.
func (l *Ledger) balance() {
	if !l.finished {
		l.Played = max(l.Played, l.Delivered+l.DeadLettered)
	}
	l.Queued = max(l.Played-l.Delivered-l.DeadLettered, 0)
}

// finish counts what lies in the dead letter queues when everything has ended.
func (d *demo) finish(l *Ledger) {
	l.Delivered, l.Statistics, l.Repeated = d.standIn.arrived()
	l.DeadLettered = 0
	for _, pattern := range []string{
		d.path("receiver-data", "dead_letter_queue", "*"),
		d.path("sensor", "data", "instruments", "*", "logstash", "data", "dead_letter_queue", "*"),
	} {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			l.DeadLettered += countLetters(dir)
		}
	}
	l.balance()
}

// countLetters counts the dead letters that are played records.
func countLetters(dir string) int {
	letters, _, err := queue.OpenDeadLetters(context.Background(), queue.DeadLetterOptions{Dir: dir})
	if err != nil {
		return 0
	}
	defer letters.Close()
	n := 0
	for from := uint64(0); ; {
		entries, next, err := letters.List(from, 1000)
		for _, e := range entries {
			if !strings.Contains(string(e.Event), `"instruments.logforwarder.`) {
				n++
			}
		}
		if err != nil || next == 0 {
			return n
		}
		from = next
	}
}
