package instrument

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/internal/diag"
	"sluice/internal/health"
)

func init() {
	Register(&Kind{
		Name:  "replay",
		Title: "Replay",
		Doc:   "Plays recorded Suricata EVE and Zeek logs, as if the sensor saw the traffic now.",
		Keys:  []string{"files", "rate", "loop"},
		Read:  readReplay,
		Run:   runReplay,
	})
}

// replayConfig is what the process is told.
type replayConfig struct {
	Files []string `json:"files"` // absolute: files, folders, patterns
	Rate  int      `json:"rate"`  // events a second; 0 is as fast as the sensor takes them
	Loop  bool     `json:"loop"`
}

func readReplay(in Reading, _ *diag.List) any {
	c := replayConfig{Rate: in.Entry.Int("rate", 0, 10_000_000, 0), Loop: in.Entry.Bool("loop", false)}
	for _, pattern := range in.Entry.Texts("files", true) {
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(in.Dir, pattern)
		}
		c.Files = append(c.Files, pattern)
		if _, err := filepath.Match(pattern, ""); err != nil {
			in.Entry.Wrong("files", "* stands for any part of a name, ? for one letter, [abc] for one of these", "the pattern %s is not valid", pattern)
		} else if found := expand([]string{pattern}); len(found) == 0 {
			in.Entry.Wrong("files", "give files, folders or patterns such as /var/log/suricata/*.json", "there are no logs at %s", pattern)
		}
	}
	return c
}

// expand lists the files that patterns name, without repetition: those of a folder and
// of a pattern by name.
func expand(patterns []string) []string {
	var all []string
	add := func(path string) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	for _, pattern := range patterns {
		matches := []string{pattern}
		if _, err := os.Stat(pattern); err != nil {
			matches, _ = filepath.Glob(pattern)
		}
		for _, m := range matches {
			entries, err := os.ReadDir(m)
			if err != nil {
				add(m)
				continue
			}
			for _, e := range entries {
				if isLogName(e.Name()) {
					add(filepath.Join(m, e.Name()))
				}
			}
		}
	}
	return all
}

// isLogName tells whether a file of a folder is a log; files that are named one by one
// may have any name.
func isLogName(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	for _, ending := range []string{".log", ".json", ".ndjson", ".jsonl"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

var (
	replayNoFiles = health.Define("replay-no-files", health.Error, "there is nothing to play",
		"Look at the files of the Replay Instrument: none of them is there.")
	replayUnreadable = health.Define("replay-file-unreadable", health.Error, "a log cannot be read",
		"The other logs are played. Look at the file and its permissions.")
	replaySkipped = health.Define("replay-records-skipped", health.Warning, "records that cannot be played were skipped",
		"Suricata EVE is one JSON object a line; Zeek logs are JSON or have their #fields line. The cause names the first such record.")
)

// position is how far a Replay is. It is saved after each batch that is durable, so that
// a process that dies repeats at most one batch.
type position struct {
	Config   replayConfig `json:"config"` // another one begins anew
	Loop     int          `json:"loop"`   // that is being played, from 1
	File     string       `json:"file"`
	Line     int64        `json:"line"` // lines of the file that are done
	Played   int64        `json:"played"`
	Skipped  int64        `json:"skipped"`
	Finished bool         `json:"finished"`
}

type replay struct {
	h       *Host
	config  replayConfig
	files   []string
	started time.Time
	from    int64 // played before this run

	mu       sync.Mutex
	position position
	index    int // of the file in files
	bytes    int64
	size     int64 // of all files
	before   int64 // of the files before this one

	events []Event
	data   []byte
	ends   []int
	next   time.Time // when the next batch is due
	synced time.Time // when the position was last made durable
}

func runReplay(ctx context.Context, h *Host) error {
	r := &replay{h: h, started: time.Now()}
	if err := json.Unmarshal(h.Config, &r.config); err != nil {
		return err
	}
	r.restore()
	r.from = r.position.Played
	h.ShowDetails(r.progress)
	h.SetState("playing")
	for !r.position.Finished {
		if err := r.playAll(ctx); err != nil {
			return err
		}
	}
	h.SetState("finished")
	<-ctx.Done()
	return nil
}

func (r *replay) file() string { return filepath.Join(r.h.Folder, "position.json") }

// restore goes back to where the last process was.
func (r *replay) restore() {
	r.position = position{Config: r.config, Loop: 1}
	text, err := os.ReadFile(r.file())
	if err != nil {
		return
	}
	var p position
	if json.Unmarshal(text, &p) == nil && slices.Equal(p.Config.Files, r.config.Files) {
		p.Config = r.config
		p.Finished = p.Finished && !r.config.Loop
		r.position = p
	}
}

func (r *replay) save() error {
	text, err := json.Marshal(r.position)
	if err != nil {
		return err
	}
	// Renamed, so that a process that dies leaves either the old or the new one; synced
	// now and then, so that a machine that dies does not begin anew.
	part := r.file() + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil && (r.position.Finished || time.Since(r.synced) > time.Second) {
		r.synced = time.Now()
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(part, r.file())
}

// playAll plays the files from the position on, once.
func (r *replay) playAll(ctx context.Context) error {
	files := expand(r.config.Files)
	r.mu.Lock()
	r.files = files
	r.mu.Unlock()
	if len(files) == 0 {
		r.h.Conditions.Raise(replayNoFiles, "files", strings.Join(r.config.Files, ", "))
		return pause(ctx, 5*time.Second)
	}
	r.h.Conditions.Clear(replayNoFiles, "files")
	first := max(slices.Index(r.files, r.position.File), 0)
	r.measure()
	for i := first; i < len(r.files); i++ {
		r.enter(i)
		err := r.playFile(ctx, r.files[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrSensorGone) {
			return err
		}
		if err != nil {
			r.h.Log.Error("a log cannot be played to its end", "file", r.files[i], "error", err)
			r.h.Conditions.Raise(replayUnreadable, r.files[i], err.Error())
		} else {
			r.h.Conditions.Clear(replayUnreadable, r.files[i])
		}
	}
	r.mu.Lock()
	r.position.File, r.position.Line = "", 0
	if r.config.Loop {
		r.position.Loop++
	} else {
		r.position.Finished = true
	}
	r.mu.Unlock()
	if err := r.save(); err != nil {
		return err
	}
	if r.config.Loop {
		return pause(ctx, 10*time.Millisecond) // logs without a record must not keep a processor busy
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *replay) measure() {
	size := int64(0)
	for _, f := range r.files {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	r.mu.Lock()
	r.size, r.before, r.bytes = size, 0, 0
	r.mu.Unlock()
}

func (r *replay) enter(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.index, r.before, r.bytes = i, 0, 0
	for _, f := range r.files[:i] {
		if info, err := os.Stat(f); err == nil {
			r.before += info.Size()
		}
	}
	if r.position.File != r.files[i] {
		r.position.File, r.position.Line = r.files[i], 0
	}
}

// ReplayProgress is the details of a Replay's status.
type ReplayProgress struct {
	Played   int64   `json:"played"`  // events that are durable in the sensor, over all runs
	Skipped  int64   `json:"skipped"` // lines that are no record
	Files    int     `json:"files"`
	File     string  `json:"file"` // that is being played
	FileNo   int     `json:"file_no"`
	Line     int64   `json:"line"`
	Percent  float64 `json:"percent"` // of this loop, by bytes
	Loop     int     `json:"loop"`    // from 1
	Rate     float64 `json:"rate"`    // events a second since this process has started
	Finished bool    `json:"finished"`
}

func (r *replay) progress() any {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := ReplayProgress{
		Played: r.position.Played, Skipped: r.position.Skipped, Files: len(r.files), File: r.position.File,
		FileNo: r.index + 1, Line: r.position.Line, Loop: r.position.Loop, Finished: r.position.Finished,
	}
	if r.size > 0 {
		p.Percent = min(100, 100*float64(r.before+r.bytes)/float64(r.size))
	}
	if p.Finished {
		p.Percent = 100
	}
	if s := time.Since(r.started).Seconds(); s > 0 {
		p.Rate = float64(r.position.Played-r.from) / s
	}
	return p
}

// Sizes of a batch: large enough that the sensor's fsync costs little for each event,
// small enough that a rate is even.
const (
	replayBatch      = 1000
	replayBatchBytes = 1 << 20
	replayTick       = 50 * time.Millisecond
)

func (r *replay) batchSize() int {
	if r.config.Rate == 0 {
		return replayBatch
	}
	return min(max(int(float64(r.config.Rate)*replayTick.Seconds()), 1), replayBatch)
}

func (r *replay) playFile(ctx context.Context, name string) error {
	f, err := openLogFile(name, func(n int64) {
		r.mu.Lock()
		r.bytes = n
		r.mu.Unlock()
	})
	if err != nil {
		return err
	}
	defer f.Close()
	records := newRecords(filepath.Base(name))
	done := r.position.Line
	var skipped int64
	for line := int64(1); ; line++ {
		text, err := f.Line()
		if err == io.EOF {
			return r.put(ctx, line-1, skipped)
		}
		if err != nil {
			if putErr := r.put(ctx, line-1, skipped); putErr != nil {
				return putErr
			}
			return fmt.Errorf("line %d: %w", line, err)
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		e, data, err := records.read(r.data, text, line <= done)
		switch {
		case err != nil && line > done:
			skipped++
			r.h.Conditions.Raise(replaySkipped, name, fmt.Sprintf("line %d: %v", line, err))
		case err == nil && e.Type != "" && line > done:
			r.events = append(r.events, e)
			r.data, r.ends = data, append(r.ends, len(data))
		}
		if len(r.events) >= r.batchSize() || len(r.data) >= replayBatchBytes {
			if err := r.put(ctx, line, skipped); err != nil {
				return err
			}
			skipped = 0
		}
	}
}

// put puts the batch on the event pipeline when it is due, and remembers that all lines
// up to this one are done.
func (r *replay) put(ctx context.Context, line, skipped int64) error {
	start := 0
	for i, end := range r.ends {
		r.events[i].Data = r.data[start:end:end]
		start = end
	}
	n := len(r.events)
	if err := r.pace(ctx, n); err != nil {
		return err
	}
	if err := r.h.Put(ctx, r.events); err != nil {
		return err
	}
	r.events, r.data, r.ends = r.events[:0], r.data[:0], r.ends[:0]
	r.mu.Lock()
	r.position.Line = max(line, r.position.Line)
	r.position.Played += int64(n)
	r.position.Skipped += skipped
	r.mu.Unlock()
	return r.save()
}

// pace waits until n more events keep to the rate. Who is late does not catch up: a
// burst after a pause is not what a rate is for.
func (r *replay) pace(ctx context.Context, n int) error {
	if r.config.Rate == 0 || n == 0 {
		return nil
	}
	now := time.Now()
	if r.next.Before(now.Add(-time.Second)) {
		r.next = now
	}
	wait := r.next.Sub(now)
	r.next = r.next.Add(time.Duration(float64(n) / float64(r.config.Rate) * float64(time.Second)))
	if wait <= 0 {
		return nil
	}
	return pause(ctx, wait)
}
