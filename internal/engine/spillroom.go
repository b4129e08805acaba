package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sluice/internal/health"
	"sluice/internal/pipeline"
	"sluice/internal/queue"
)

// spills are the spills that are in use, by folder.
type spills struct {
	mu   sync.Mutex // taken before spill.mu
	open map[string]*spill
}

// spillRoom is where the outputs of one pipeline have their spills: a folder with a
// journal for each of them.
type spillRoom struct {
	all        *spills
	pipelineID string
	dir        string
	options    queue.Options // of each
	conditions *health.Conditions
	log        *slog.Logger

	mu     sync.Mutex
	uses   []*spillUse
	left   []string // folders that belong to no output and hold events
	looked time.Time
}

// spillRoomOf returns nil where there is no folder for data.
func (e *Engine) spillRoomOf(r *running) *spillRoom {
	s := r.settings
	if e.opts.DataDir == "" && !s.IsSet("path.spill") {
		return nil
	}
	return &spillRoom{
		all: &e.spills, pipelineID: r.id, dir: e.dir(s, "path.spill", "spill", r.id), conditions: r.conditions, log: e.opts.Log,
		options: queue.Options{
			MaxBytes: s.Bytes("output.spill.max_bytes"), MaxEvents: int64(s.Int("output.spill.max_events")),
			SegmentBytes: s.Bytes("queue.page_capacity"), MinFree: s.Bytes("queue.min_free"), Compression: compressions[s.String("queue.compression")],
		},
	}
}

// folderOf makes a name of a folder of any name of a spill: what is not a letter, a digit,
// or one of -_. is written as %XX.
func folderOf(name string) string {
	var b strings.Builder
	for i, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i > 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Open makes a spillRoom pipeline.Spills.
func (x *spillRoom) Open(outputs []pipeline.SpillOf) []pipeline.Spill {
	opened := make([]pipeline.Spill, len(outputs))
	known := map[string]bool{}
	for i, o := range outputs {
		folder := folderOf(o.Name)
		known[folder] = true
		if u := x.use(o, filepath.Join(x.dir, folder)); u != nil {
			opened[i] = u
			x.mu.Lock()
			x.uses = append(x.uses, u)
			x.mu.Unlock()
		}
	}
	entries, err := os.ReadDir(x.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		x.log.Warn("the folder of what outputs have missed cannot be read", "pipeline.id", x.pipelineID, "error", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range entries {
		if e.IsDir() && !known[e.Name()] {
			x.left = append(x.left, filepath.Join(x.dir, e.Name()))
		}
	}
	x.lookAtLeft()
	return opened
}

// use takes a spill into use, together with a pipeline that is about to end.
func (x *spillRoom) use(o pipeline.SpillOf, dir string) *spillUse {
	x.all.mu.Lock()
	defer x.all.mu.Unlock()
	s := x.all.open[dir]
	_, err := os.Stat(dir)
	if s == nil && !o.More && err != nil {
		return nil
	}
	if s == nil {
		s = newSpill(dir, x.log)
		if x.all.open == nil {
			x.all.open = map[string]*spill{}
		}
		x.all.open[dir] = s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.users {
		old.finish()
	}
	s.options = x.options
	s.options.Dir = dir
	if s.queue != nil {
		s.queue.journal.SetLimits(s.options.SegmentBytes, s.options.MaxBytes, s.options.MaxEvents)
	} else if err == nil {
		if err := s.open(x); err != nil {
			x.log.Error("what an output has missed cannot be read; it is tried again when there is more", "pipeline.id", x.pipelineID, "plugin", o.ID, "error", err)
			x.conditions.Raise(pipeline.SpillFailed, o.ID, err.Error())
		}
	}
	u := &spillUse{spill: s, room: x, output: o.ID}
	u.over, u.finish = context.WithCancel(context.Background())
	s.users = append(s.users, u)
	return u
}

func (x *spillRoom) reportRecovery(report *queue.Report) {
	reportRecovery(report, x.pipelineID, x.conditions, x.log)
}

var (
	spilling = health.Define("output-spilling", health.Warning, "what an output misses waits for it on disk",
		"The other outputs go on. When the destination takes events again it gets what has waited, in order. The condition output-blocked of the same output tells why it does not.")
	spillFull = health.Define("output-spill-full", health.Error, "what an output has missed has reached its limit, and the others wait for it",
		"Get the destination to take events again, or raise output.spill.max_bytes or output.spill.max_events, or free disk space. Senders wait and keep their events.")
	spillLeft = health.Define("output-spill-left", health.Warning, "events wait for an output that the configuration does not have any more",
		"Give the output that is to deliver them the id that is named in the cause, or look at them with sluice queue export and remove the folder when they are not wanted. They are not deleted.")
)

// watch raises and clears the conditions of the spills.
func (x *spillRoom) watch() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, u := range x.uses {
		s, ok := u.state()
		if !ok {
			continue
		}
		if !s.Since.IsZero() && time.Since(s.Since) > fullFor {
			x.conditions.Raise(spilling, u.output, s.text(time.Now()))
		} else if s.Since.IsZero() {
			x.conditions.Clear(spilling, u.output)
		}
		if err := s.Account.Check(); err != nil {
			x.conditions.Raise(ledgerUnbalanced, u.output, err.Error())
		} else {
			x.conditions.Clear(ledgerUnbalanced, u.output)
		}
		if s.Full.Reason != "" && time.Since(s.Full.Since) > fullFor {
			x.conditions.Raise(spillFull, u.output, fmt.Sprintf("%d events, %s in %s: no room (%s)", s.Events, sizeText(float64(s.Bytes)), s.Dir, s.Full.Reason))
		} else if s.Full.Reason == "" {
			x.conditions.Clear(spillFull, u.output)
		}
	}
	if time.Since(x.looked) > leftInterval {
		x.lookAtLeft()
	}
}

// leftInterval is how often folders that belong to no output are looked at.
const leftInterval = 30 * time.Second

// lookAtLeft tells of folders that belong to no output. mu is held.
func (x *spillRoom) lookAtLeft() {
	x.looked = time.Now()
	for _, dir := range x.left {
		n := uint64(0)
		if found, err := queue.Stat(nil, dir); err == nil {
			n = found.Events
			for _, c := range found.Cursors {
				n = c.Lag.Events
			}
		}
		if n == 0 {
			x.conditions.Clear(spillLeft, filepath.Base(dir))
			continue
		}
		id, err := url.PathUnescape(filepath.Base(dir))
		if err != nil {
			id = filepath.Base(dir)
		}
		x.conditions.Raise(spillLeft, filepath.Base(dir), fmt.Sprintf("%d events in %s; an output with id => %q would get them", n, dir, id))
	}
}

// stateOf returns the state of the spill of an output, if it has one.
func (x *spillRoom) stateOf(output string) (spillState, bool) {
	if x == nil {
		return spillState{}, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, u := range x.uses {
		if u.output == output {
			return u.state()
		}
	}
	return spillState{}, false
}

// text tells what waits, how long it has waited, and when there is no more room.
func (s spillState) text(now time.Time) string {
	text := fmt.Sprintf("%d events (%s) wait", s.Events, sizeText(float64(s.Bytes)))
	if !s.Oldest.IsZero() {
		text += ", the oldest for " + spanText(now.Sub(s.Oldest))
	}
	switch {
	case s.ToFull >= 0:
		text += fmt.Sprintf("; %s/s more, full in %s", sizeText(s.Growth), spanText(s.ToFull))
	case s.Growth < 0:
		text += fmt.Sprintf("; %s/s less", sizeText(-s.Growth))
	}
	return text
}
