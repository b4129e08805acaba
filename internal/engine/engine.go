package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"sluice/internal/diag"
	"sluice/internal/health"
	"sluice/internal/lscl"
	"sluice/internal/pipeline"
	"sluice/internal/plugin"
	"sluice/internal/queue"
	"sluice/internal/ruby"
	"sluice/internal/settings"
)

// Options are what all pipelines of an engine share.
type Options struct {
	Log       *slog.Logger
	Access    plugin.Access
	Variables plugin.Variables // nil: the environment
	DataDir   string           // made when something has to be kept

	// KeepGoing lets the others run when a pipeline cannot, and lets Run last until
	// it is told to stop (config.reload.automatic).
	KeepGoing bool
}

// Engine is a set of compiled pipelines. It runs once.
type Engine struct {
	opts      Options
	addresses *plugin.Addresses

	mu          sync.Mutex
	changed     *sync.Cond // something below has changed
	running     []*running // in the order of the configuration
	letters     map[string]*letters
	books       map[string]*book
	spills      spills
	reloads     map[string]*Reloads
	stop, abort context.Context // of Run; nil before
	ready       bool            // the first pipelines have been started
	active      int             // goroutines of pipelines
	reloading   bool
	closed      bool
}

// running is one pipeline with what belongs to it.
type running struct {
	id         string
	config     Pipeline
	ephemeral  string // an id of this running, for the monitoring API
	sockets    *plugin.Sockets
	settings   *settings.Settings
	pipeline   *pipeline.Pipeline
	conditions *health.Conditions
	letters    *letters
	spills     *spillRoom // nil where there is no folder for it
	queueFill  fill
	queueWatch queueWatch

	stop, abort context.CancelFunc
	ended       chan struct{}

	mu       sync.Mutex
	queue    pipeline.Queue
	finished bool
	started  time.Time
}

// Check compiles the pipelines and reports every mistake. Nothing is started, and
// nothing on disk is touched.
func Check(pipelines []Pipeline, opts Options) diag.List {
	_, list := New(pipelines, opts)
	return list
}

// New compiles pipelines. With an error in the list the engine is nil.
func New(pipelines []Pipeline, opts Options) (*Engine, diag.List) {
	if opts.Variables == nil {
		opts.Variables = os.LookupEnv
	}
	e := &Engine{opts: opts, addresses: plugin.NewAddresses(), letters: map[string]*letters{}, reloads: map[string]*Reloads{}}
	e.changed = sync.NewCond(&e.mu)
	var list diag.List
	for _, p := range pipelines {
		r, mistakes := e.compile(p, nil)
		list.Add(mistakes...)
		if r != nil {
			e.running = append(e.running, r)
		} else {
			e.failed(p.ID, mistakes)
		}
	}
	if list.Err() != nil && !opts.KeepGoing {
		return nil, list
	}
	return e, list
}

var unordered = diag.Define("SL3023", diag.Error, "order needs one worker",
	"With pipeline.ordered: true events leave in the order in which they came, which several workers cannot keep up. Set pipeline.workers: 1, or pipeline.ordered: auto.")

// compile makes a pipeline, which takes over sockets from the one whose place it takes.
func (e *Engine) compile(p Pipeline, from *plugin.Sockets) (*running, diag.List) {
	s := p.Settings
	config, list := lscl.ParseAll(p.Sources, lscl.Options{SupportEscapes: s.Bool("config.support_escapes")})
	if p.Defaults && list.Err() == nil {
		addDefaults(config)
	}
	workers := s.Int("pipeline.workers")
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if s.String("pipeline.ordered") == "true" && workers > 1 {
		if s.IsSet("pipeline.workers") {
			list.Add(diag.New(unordered, s.At("pipeline.ordered"), "pipeline.ordered is true, but there are %d workers", workers).WithHelp("set pipeline.workers to 1"))
		}
		workers = 1
	}
	access, mistakes := e.accessOf(s)
	list.Add(mistakes...)
	r := &running{id: p.ID, config: p, settings: s, conditions: new(health.Conditions), ephemeral: NewID(), sockets: plugin.NewSockets(from), ended: make(chan struct{})}
	r.letters = e.lettersOf(p.ID, s)
	r.spills = e.spillRoomOf(r)
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	opts := pipeline.Options{
		ID: p.ID, Workers: workers, BatchSize: s.Int("pipeline.batch.size"),
		BatchDelay: time.Duration(s.Int("pipeline.batch.delay")) * time.Millisecond,
		Ruby: ruby.Limits{
			Steps: int64(s.Int("ruby.limits.steps")), Memory: s.Bytes("ruby.limits.memory"),
			Time: s.Duration("ruby.limits.time"), Depth: s.Int("ruby.limits.depth"),
		},
		ECS:     plugin.ECS(s.String("pipeline.ecs_compatibility")),
		DataDir: e.opts.DataDir, Host: host, Log: e.opts.Log, Conditions: r.conditions,
		Access: access, Sockets: r.sockets, Addresses: e.addresses, Variables: e.opts.Variables, DeadLetters: r.letters,
		Slow: slowThresholds(s), MeasureSizeOf: map[string]int{"disabled": 0, "minimal": 100, "full": 1}[s.String("pipeline.batch.metrics.sampling_mode")],
	}
	if r.spills != nil {
		opts.Spills = r.spills
		if s.String("output.on_block") == "spill" {
			opts.SpillAfter = s.Duration("output.spill.after")
		}
	}
	compiled, mistakes := pipeline.Compile(config, opts)
	list.Add(mistakes...)
	if list.Err() != nil {
		return nil, list
	}
	r.pipeline = compiled
	return r, list
}

// slowThresholds are those of slowlog.threshold.* that are set: -1 is never.
func slowThresholds(s *settings.Settings) []pipeline.SlowThreshold {
	var all []pipeline.SlowThreshold
	for _, t := range []struct {
		name  string
		level slog.Level
	}{{"warn", slog.LevelWarn}, {"info", slog.LevelInfo}, {"debug", slog.LevelDebug}, {"trace", slog.LevelDebug - 4}} {
		if over := s.Duration("slowlog.threshold." + t.name); over >= 0 {
			all = append(all, pipeline.SlowThreshold{Level: t.level, Over: over})
		}
	}
	return all
}

// addDefaults gives a configuration from the command line what it lacks.
func addDefaults(config *lscl.Config) {
	for kind, text := range map[lscl.SectionKind]string{
		lscl.Input:  "input { stdin { type => stdin } }",
		lscl.Output: "output { stdout { codec => rubydebug } }",
	} {
		if len(config.Sections(kind)) == 0 {
			f, _ := lscl.Parse(diag.NewSource("default "+kind.String(), text), lscl.Options{})
			config.Files = append(config.Files, f)
		}
	}
}

func (e *Engine) dir(s *settings.Settings, setting, name, id string) string {
	if s.IsSet(setting) {
		return filepath.Join(e.opts.Access.Path(s.String(setting)), id)
	}
	return filepath.Join(e.opts.DataDir, name, id)
}

// joined makes one list of all diagnostics, so that all are shown alike.
func joined(errs []error) error {
	var list diag.List
	var others []error
	for _, err := range errs {
		var inner interface{ Unwrap() []error }
		var d diag.Diagnostic
		var l diag.List
		switch {
		case err == nil:
		case errors.As(err, &inner):
			if err := joined(inner.Unwrap()); errors.As(err, &l) {
				list.Add(l...)
			} else {
				others = append(others, err)
			}
		case errors.As(err, &d):
			list.Add(d)
		case errors.As(err, &l):
			list.Add(l...)
		default:
			others = append(others, err)
		}
	}
	if len(others) > 0 {
		return errors.Join(append(others, list.Err())...)
	}
	return list.Err()
}

func (e *Engine) openQueue(ctx context.Context, r *running) (pipeline.Queue, error) {
	s := r.settings
	if s.String("queue.type") == "memory" {
		workers := s.Int("pipeline.workers")
		if workers == 0 {
			workers = runtime.GOMAXPROCS(0)
		}
		return pipeline.NewMemoryQueue(workers*s.Int("pipeline.batch.size"), e.bookOf(r.id)), nil
	}
	maxEvents, maxBytes := int64(s.Int("queue.max_events")), s.Bytes("queue.max_bytes")
	j, report, err := queue.Open(ctx, queue.Options{
		Dir: e.dir(s, "path.queue", "queue", r.id), SegmentBytes: s.Bytes("queue.page_capacity"),
		MaxBytes: maxBytes, MaxEvents: maxEvents, MinFree: s.Bytes("queue.min_free"), Compression: compressions[s.String("queue.compression")],
		Sync: durabilities[s.String("queue.durability")], CheckpointWrites: orNoLimit(s.Int("queue.checkpoint.writes")),
		CheckpointAcks:     orNoLimit(s.Int("queue.checkpoint.acks")),
		CheckpointInterval: time.Duration(min(orNoLimit(s.Int("queue.checkpoint.interval")), noLimit)) * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	reportRecovery(report, r.id, r.conditions, e.opts.Log)
	r.tellDurability()
	return newPersistedQueue(r.id, j, maxEvents, maxBytes, e.opts.Log)
}

const noLimit = 1 << 31 // milliseconds, writes or acks: more than there will be

// orNoLimit translates Logstash's 0.
func orNoLimit(n int) int {
	if n <= 0 {
		return noLimit
	}
	return n
}

var durabilities = map[string]queue.SyncPolicy{"strict": queue.SyncAlways, "relaxed": queue.SyncRelaxed}

var queueRelaxed = health.Define("queue-relaxed", health.Warning, "senders are told that events are safe before they are on disk",
	"It was asked for with queue.durability: relaxed. When the power fails, what was acknowledged since the last sync is lost. Take the setting out to have every event synced before it is acknowledged.")

// tellDurability shows a relaxed queue as long as its pipeline runs.
func (r *running) tellDurability() {
	if s := r.settings; s.String("queue.durability") == "relaxed" {
		r.conditions.Raise(queueRelaxed, r.id, fmt.Sprintf("queue.durability is relaxed: a sync after %d events (queue.checkpoint.writes) or %d ms (queue.checkpoint.interval)",
			s.Int("queue.checkpoint.writes"), s.Int("queue.checkpoint.interval")))
	}
}

var compressions = map[string]queue.Compression{
	"none": queue.CompressNone, "disabled": queue.CompressNone,
	"speed": queue.CompressSpeed, "balanced": queue.CompressBalanced, "size": queue.CompressSize,
}

var queueDamaged = health.Define("queue-damaged", health.Warning, "the queue was damaged on disk",
	"What could be read goes on as usual; what could not is kept in the quarantine folder of the queue. Look at the disk: damage comes from hardware, or from a copy made while the queue was in use.")

func reportRecovery(report *queue.Report, pipelineID string, to *health.Conditions, log *slog.Logger) {
	for _, p := range report.Problems {
		log.Warn("the queue was damaged and has been repaired", "pipeline.id", pipelineID, "problem", fmt.Sprint(p))
		to.Raise(queueDamaged, pipelineID, fmt.Sprint(p))
	}
}

// PipelineStatus is a pipeline at a moment.
type PipelineStatus struct {
	ID         string
	Finished   bool
	Started    time.Time
	Ledger     pipeline.Ledger  // since the start
	Account    pipeline.Account // over restarts
	Queue      pipeline.QueueState
	Conditions []health.Condition
	Plugins    []pipeline.PluginInfo
}

// Status returns how every pipeline is. It may be called while Run runs.
func (e *Engine) Status() []PipelineStatus {
	var all []PipelineStatus
	for _, r := range e.all() {
		s := PipelineStatus{ID: r.id, Ledger: r.pipeline.Ledger(), Conditions: r.conditions.List(), Plugins: r.pipeline.Plugins()}
		r.mu.Lock()
		s.Finished, s.Started = r.finished, r.started
		if r.queue != nil {
			s.Queue, s.Account = r.queue.State(), r.queue.Account()
		}
		r.mu.Unlock()
		all = append(all, s)
	}
	return all
}
