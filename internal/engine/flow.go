package engine

import (
	"math"
	"strconv"
	"sync"
	"time"

	"sluice/internal/pipeline"
)

// sample is what a pipeline has done up to a moment. All numbers but those of the queue
// count up.
type sample struct {
	at                    time.Time
	in, filtered, out     int64
	busy, push            time.Duration
	workers               int
	queueEvents, queueLen int64
	plugins               []pluginSample
}

type pluginSample struct {
	in, out int64
	spent   time.Duration
}

// history holds the samples of one pipeline: the newest ones every few seconds, older
// ones with larger gaps, for a day.
type history struct {
	first   sample
	samples []sample
}

// sampleInterval is how often counters are looked at, as in Logstash.
const sampleInterval = 5 * time.Second

// windows are the times that flow metrics are shown for, by Logstash's names.
var windows = []struct {
	name string
	d    time.Duration
}{
	{"current", 10 * time.Second}, {"last_1_minute", time.Minute}, {"last_5_minutes", 5 * time.Minute},
	{"last_15_minutes", 15 * time.Minute}, {"last_1_hour", time.Hour}, {"last_24_hours", 24 * time.Hour},
}

// gapFor is how far samples of an age are apart.
func gapFor(age time.Duration) time.Duration {
	switch {
	case age <= 15*time.Minute+sampleInterval:
		return 0
	case age <= time.Hour+time.Minute:
		return time.Minute
	}
	return 15 * time.Minute
}

// add keeps a sample, and gives up old ones that are no longer needed.
func (h *history) add(s sample) {
	if h.first.at.IsZero() {
		h.first = s
	}
	kept := h.samples[:0]
	for i, old := range h.samples {
		age := s.at.Sub(old.at)
		if age > 25*time.Hour {
			continue
		}
		if n := len(kept); n > 0 && i+1 < len(h.samples) && old.at.Sub(kept[n-1].at) < gapFor(age) {
			continue
		}
		kept = append(kept, old)
	}
	h.samples = append(kept, s)
}

// before returns the newest sample that is at least d older than now.
func (h *history) before(now time.Time, d time.Duration) (sample, bool) {
	for i := len(h.samples) - 1; i >= 0; i-- {
		if now.Sub(h.samples[i].at) >= d {
			return h.samples[i], true
		}
	}
	return sample{}, false
}

// rates are the values of one flow metric by window.
type rates map[string]float64

// flow computes a metric for all windows that there are samples for. f is given an
// older and a newer sample and the time between; it reports false when there is no
// value. Without old samples "current" is the value since the start.
func (h *history) flow(now sample, f func(a, b *sample, t time.Duration) (float64, bool)) rates {
	r := rates{}
	set := func(name string, from sample) {
		if t := now.at.Sub(from.at); t > 0 {
			if v, ok := f(&from, &now, t); ok {
				r[name] = significant(v)
			}
		}
	}
	set("lifetime", h.first)
	for _, w := range windows {
		if from, ok := h.before(now.at, w.d); ok {
			set(w.name, from)
		} else if w.name == "current" {
			set(w.name, h.first)
		}
	}
	return r
}

// significant rounds to four significant digits, as Logstash does.
func significant(v float64) float64 {
	if v >= 1000 || v <= -1000 {
		return math.Round(v)
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// perSecond is the metric of a counter.
func perSecond(count func(*sample) int64) func(a, b *sample, t time.Duration) (float64, bool) {
	return func(a, b *sample, t time.Duration) (float64, bool) {
		return float64(count(b)-count(a)) / t.Seconds(), true
	}
}

// flows returns the flow metrics of a pipeline.
func (h *history) flows(now sample, persisted bool) map[string]rates {
	concurrency := func(a, b *sample, t time.Duration) (float64, bool) {
		return max(float64(b.busy-a.busy)/float64(t), 0), true
	}
	m := map[string]rates{
		"input_throughput":   h.flow(now, perSecond(func(s *sample) int64 { return s.in })),
		"filter_throughput":  h.flow(now, perSecond(func(s *sample) int64 { return s.filtered })),
		"output_throughput":  h.flow(now, perSecond(func(s *sample) int64 { return s.out })),
		"worker_concurrency": h.flow(now, concurrency),
		"queue_backpressure": h.flow(now, func(a, b *sample, t time.Duration) (float64, bool) { return float64(b.push-a.push) / float64(t), true }),
		"worker_utilization": h.flow(now, func(a, b *sample, t time.Duration) (float64, bool) {
			c, _ := concurrency(a, b, t)
			return min(100*c/float64(max(now.workers, 1)), 100), true
		}),
	}
	if persisted {
		m["queue_persisted_growth_events"] = h.flow(now, perSecond(func(s *sample) int64 { return s.queueEvents }))
		m["queue_persisted_growth_bytes"] = h.flow(now, perSecond(func(s *sample) int64 { return s.queueLen }))
	}
	return m
}

// pluginFlows returns the flow metrics of the plugin with this index.
func (h *history) pluginFlows(now sample, i int, isInput bool) map[string]rates {
	if isInput {
		return map[string]rates{"throughput": h.flow(now, perSecond(func(s *sample) int64 { return s.plugins[i].out }))}
	}
	spent := func(a, b *sample) time.Duration { return max(b.plugins[i].spent-a.plugins[i].spent, 0) }
	return map[string]rates{
		"worker_utilization": h.flow(now, func(a, b *sample, t time.Duration) (float64, bool) {
			return min(100*float64(spent(a, b))/float64(t)/float64(max(now.workers, 1)), 100), true
		}),
		"worker_millis_per_event": h.flow(now, func(a, b *sample, _ time.Duration) (float64, bool) {
			n := b.plugins[i].in - a.plugins[i].in
			return float64(spent(a, b)) / float64(time.Millisecond) / float64(max(n, 1)), n > 0
		}),
	}
}

// collector keeps the histories of all pipelines. It reads counters that are there
// anyway; pipelines do not know of it.
type collector struct {
	e *Engine

	mu    sync.Mutex
	all   map[*running]*history
	last  map[*running]sample
	total sample // of all pipelines there have been, so that it never goes back
	whole history
}

func newCollector(e *Engine) *collector {
	return &collector{e: e, all: map[*running]*history{}, last: map[*running]sample{}}
}

// take looks at all counters now; keep says whether the samples are for the history.
func (c *collector) take(keep bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	present := map[*running]bool{}
	c.total.workers, c.total.queueEvents, c.total.queueLen = 0, 0, 0
	for _, r := range c.e.all() {
		present[r] = true
		s := r.sample()
		h := c.all[r]
		if h == nil {
			h = new(history)
			c.all[r] = h
			h.first = sample{at: r.begun(s.at), plugins: make([]pluginSample, len(s.plugins))}
		}
		old := c.last[r]
		c.total.in += s.in - old.in
		c.total.filtered += s.filtered - old.filtered
		c.total.out += s.out - old.out
		c.total.busy += max(s.busy-old.busy, 0)
		c.total.push += s.push - old.push
		c.total.workers += s.workers
		c.total.queueEvents += s.queueEvents
		c.total.queueLen += s.queueLen
		c.last[r] = s
		if keep {
			h.add(s)
		}
	}
	for r := range c.all {
		if !present[r] {
			delete(c.all, r)
			delete(c.last, r)
		}
	}
	c.total.at = time.Now()
	if c.whole.first.at.IsZero() {
		c.whole.first = sample{at: started}
	}
	if keep {
		c.whole.add(c.total)
	}
}

// started is when the program started.
var started = time.Now()

func (r *running) begun(otherwise time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started.IsZero() {
		return otherwise
	}
	return r.started
}

func (r *running) sample() sample {
	l, w := r.pipeline.Ledger(), r.pipeline.Work()
	s := sample{at: time.Now(), in: l.In, filtered: l.Filtered, out: l.Out, busy: w.Busy, push: w.Push, workers: w.Workers}
	q := r.queueState()
	s.queueEvents, s.queueLen = q.Events, q.Bytes
	for _, p := range r.pipeline.Plugins() {
		s.plugins = append(s.plugins, pluginSample{p.Stats.In.Load(), p.Stats.Out.Load(), time.Duration(p.Stats.Nanos.Load())})
	}
	return s
}

func (r *running) queueState() pipeline.QueueState {
	r.mu.Lock()
	q := r.queue
	r.mu.Unlock()
	if q == nil {
		return pipeline.QueueState{Type: r.settings.String("queue.type")}
	}
	return q.State()
}
