package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"sluice/internal/pipeline"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// stats answers /_node/stats and parts of it, as a list with commas.
func (a *API) stats(w http.ResponseWriter, r *http.Request) {
	a.collector.take(false)
	parts := map[string]func() any{
		"jvm": func() any { return jvmStats() }, "process": func() any { return processStats() },
		"events": func() any { return a.totalEvents() }, "flow": func() any { return a.totalFlow() },
		"pipelines": func() any { return a.allPipelines(wants(r, "vertices")) },
		"reloads":   func() any { return a.totalReloads() }, "os": func() any { return osStats() },
		"queue": func() any { return object{"events_count": a.collector.queued()} },
		"geoip_download_manager": func() any {
			return object{"database": object{}, "download_stats": object{"successes": 0, "failures": 0}}
		},
	}
	body := object{}
	if what := r.PathValue("what"); what != "" {
		for name := range strings.SplitSeq(what, ",") {
			if parts[name] == nil {
				a.fail(w, r, http.StatusNotFound, "Not Found")
				return
			}
			body[name] = parts[name]()
		}
	} else {
		for name, part := range parts {
			if name != "geoip_download_manager" {
				body[name] = part()
			}
		}
	}
	a.answer(w, r, body)
}

// pipelineStats answers /_node/stats/pipelines/ID.
func (a *API) pipelineStats(w http.ResponseWriter, r *http.Request) {
	a.collector.take(false)
	all := a.allPipelines(wants(r, "vertices"))
	id := r.PathValue("id")
	if all[id] == nil {
		a.fail(w, r, http.StatusNotFound, "Not Found")
		return
	}
	a.answer(w, r, object{"pipelines": object{id: all[id]}})
}

func millis(d time.Duration) int64 { return d.Milliseconds() }

func (a *API) totalEvents() object {
	a.collector.mu.Lock()
	defer a.collector.mu.Unlock()
	return eventCounts(a.collector.total)
}

func eventCounts(s sample) object {
	return object{"in": s.in, "filtered": s.filtered, "out": s.out, "duration_in_millis": millis(s.busy), "queue_push_duration_in_millis": millis(s.push)}
}

func (a *API) totalFlow() any {
	c := a.collector
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.whole.flows(c.total, false)
}

func (c *collector) queued() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total.queueEvents
}

func (a *API) totalReloads() object {
	successes, failures := 0, 0
	a.e.mu.Lock()
	defer a.e.mu.Unlock()
	for _, r := range a.e.reloads {
		successes, failures = successes+r.Successes, failures+r.Failures
	}
	return object{"successes": successes, "failures": failures}
}

// allPipelines returns the stats of all pipelines by id. A pipeline that could not
// start is there with its reloads.
func (a *API) allPipelines(vertices bool) object {
	all := object{}
	for id, reloads := range a.e.down() {
		all[id] = object{"events": nil, "reloads": reloadStats(reloads), "queue": nil, "plugins": nil}
	}
	for _, r := range a.e.all() {
		all[r.id] = a.onePipeline(r, vertices)
	}
	return all
}

func (a *API) onePipeline(r *running, vertices bool) object {
	c := a.collector
	c.mu.Lock()
	h, now := c.all[r], c.last[r]
	c.mu.Unlock()
	if h == nil { // it has started since the counters were read
		now = r.sample()
		h = &history{first: sample{at: r.begun(now.at), plugins: make([]pluginSample, len(now.plugins))}}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	queue, ledger, work := r.queueState(), r.pipeline.Ledger(), r.pipeline.Work()
	average := func(sum, n int64) object {
		return object{"lifetime": significant(float64(sum) / float64(max(n, 1)))}
	}
	body := object{
		"events": eventCounts(now), "flow": h.flows(now, queue.Type == "persisted"),
		"plugins": pluginStats(r, h, now), "reloads": reloadStats(a.e.reloadsCopy(r.id)),
		"queue": queueStats(a.e, r, queue), "pipeline": object{
			"workers": work.Workers, "batch_size": r.settings.Int("pipeline.batch.size"), "batch_delay": r.settings.Int("pipeline.batch.delay"),
		},
		"batch": object{
			"event_count": object{"current": work.LastEvents, "average": average(work.Events, work.Batches)},
			"byte_size":   object{"current": work.LastBytes, "average": average(work.SampledBytes, work.SampledBatches)},
		},
		"hash": r.hash(), "ephemeral_id": r.ephemeral,
		"ledger": object{
			"in": ledger.In, "made": ledger.Made, "out": ledger.Out, "dead_lettered": ledger.DeadLettered, "dropped": ledger.Dropped,
			"lost": ledger.Lost, "queued": queue.Events, "waiting": ledger.Waiting, "account": r.account(),
		},
		"conditions": r.conditions.List(),
	}
	if r.settings.Bool("dead_letter_queue.enable") {
		body["dead_letter_queue"] = r.letters.stats(r.settings)
	}
	if vertices {
		body["vertices"] = vertexStats(r, now)
	}
	return body
}

// hash names the configuration: it changes when the configuration does.
func (r *running) hash() string {
	h := sha256.New()
	for _, s := range r.config.Sources {
		h.Write([]byte(s.Text))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

func pluginStats(r *running, h *history, now sample) object {
	lists := map[plugin.Kind][]object{}
	for i, p := range r.pipeline.Plugins() {
		if i >= len(now.plugins) {
			break
		}
		s := now.plugins[i]
		one := object{"id": p.ID, "name": p.Name, "flow": h.pluginFlows(now, i, p.Kind == plugin.InputKind)}
		switch p.Kind {
		case plugin.InputKind:
			one["events"] = object{"out": s.out, "queue_push_duration_in_millis": millis(s.spent)}
		case plugin.FilterKind:
			one["events"] = object{"in": s.in, "out": s.out, "duration_in_millis": millis(s.spent)}
			if p.Failures != nil {
				one["failures"] = failureStats(p.Failures())
			}
		case plugin.OutputKind:
			one["events"] = object{"in": s.in, "out": s.out, "duration_in_millis": millis(s.spent)}
			one["retries"] = p.Stats.Failures.Load()
			one["rejected"] = p.Stats.Rejected.Load()
			if state, ok := r.spills.stateOf(p.ID); ok {
				one["spill"] = spillStats(state)
			}
		}
		lists[p.Kind] = append(lists[p.Kind], one)
	}
	list := func(k plugin.Kind) []object { return append([]object{}, lists[k]...) }
	return object{"inputs": list(plugin.InputKind), "codecs": codecStats(r), "filters": list(plugin.FilterKind), "outputs": list(plugin.OutputKind)}
}

// codecStats are the counters of the codecs. Logstash's names: writes_in counts what a
// codec was given, out the events that it has made.
func codecStats(r *running) []object {
	list := []object{}
	for _, c := range r.pipeline.Codecs() {
		list = append(list, object{
			"id": c.ID, "name": c.Name,
			"decode": object{"writes_in": c.Decodes.Load(), "out": c.Decoded.Load(), "duration_in_millis": c.DecodeNanos.Load() / 1e6},
			"encode": object{"writes_in": c.Encodes.Load(), "duration_in_millis": c.EncodeNanos.Load() / 1e6},
		})
	}
	return list
}

// failureStats is where the code of a plugin has failed, and how often.
func failureStats(list []plugin.Failure) []object {
	all := []object{}
	for _, f := range list {
		all = append(all, object{"place": f.Place, "class": f.Class, "message": f.Message, "count": f.Count})
	}
	return all
}

func vertexStats(r *running, now sample) []object {
	all := []object{}
	for i, p := range r.pipeline.Plugins() {
		if i >= len(now.plugins) {
			break
		}
		s := now.plugins[i]
		v := object{"id": p.ID, "pipeline_ephemeral_id": r.ephemeral, "events_out": s.out, "long_counters": []any{}, "double_gauges": []any{}}
		if p.Kind == plugin.InputKind {
			v["queue_push_duration_in_millis"] = millis(s.spent)
		} else {
			v["events_in"], v["duration_in_millis"] = s.in, millis(s.spent)
		}
		all = append(all, v)
	}
	return all
}

func reloadStats(r Reloads) object {
	var lastError any
	if r.LastError != "" {
		lastError = object{"message": r.LastError, "backtrace": nil}
	}
	return object{
		"successes": r.Successes, "failures": r.Failures, "last_error": lastError,
		"last_success_timestamp": timestamp(r.LastSuccess), "last_failure_timestamp": timestamp(r.LastFailure),
	}
}

func timestamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func queueStats(e *Engine, r *running, q pipeline.QueueState) object {
	s := object{"type": q.Type, "events_count": q.Events, "queue_size_in_bytes": q.Bytes, "max_queue_size_in_bytes": q.MaxBytes, "events": q.Events}
	if q.Type != "persisted" {
		return s
	}
	dir := e.queueDir(r)
	s["capacity"] = object{
		"max_unread_events": q.MaxEvents, "page_capacity_in_bytes": r.settings.Bytes("queue.page_capacity"),
		"max_queue_size_in_bytes": q.MaxBytes, "queue_size_in_bytes": q.Bytes,
	}
	growth, _, _ := r.queueFill.growth()
	s["growth_bytes_per_second"], s["time_to_full_in_seconds"] = significant(growth), any(nil)
	if d, ok := r.queueFill.toFull(q.Bytes, q.MaxBytes, q.Events, q.MaxEvents); ok {
		s["time_to_full_in_seconds"] = int64(d.Seconds())
	}
	free, kind := diskOf(dir)
	s["data"] = object{"path": dir, "free_space_in_bytes": free, "storage_type": kind}
	return s
}

// spillStats tells how far an output is behind the others.
func spillStats(s spillState) object {
	body := object{
		"active": !s.Since.IsZero(), "since": timestamp(s.Since), "events": s.Events, "queue_size_in_bytes": s.Bytes,
		"max_queue_size_in_bytes": s.MaxBytes, "max_events": s.MaxEvents, "oldest_event_age_in_millis": any(nil),
		"growth_bytes_per_second": significant(s.Growth), "time_to_full_in_seconds": any(nil), "path": s.Dir,
		"account": s.Account,
	}
	if !s.Oldest.IsZero() {
		body["oldest_event_age_in_millis"] = millis(time.Since(s.Oldest))
	}
	if s.ToFull >= 0 {
		body["time_to_full_in_seconds"] = int64(s.ToFull.Seconds())
	}
	return body
}

// stats tells what is in the dead letter queue.
func (l *letters) stats(s *settings.Settings) object {
	l.mu.Lock()
	defer l.mu.Unlock()
	body := object{
		"max_queue_size_in_bytes": l.options.MaxBytes, "storage_policy": s.String("dead_letter_queue.storage_policy"),
		"queue_size_in_bytes": 0, "dropped_events": 0, "expired_events": 0, "last_error": "no errors", "events_count": 0,
	}
	if l.queue != nil {
		newer, older := l.queue.Dropped()
		body["dropped_events"], body["events_count"] = newer+older, l.queue.Len()
		body["queue_size_in_bytes"] = l.queue.Journal().Stats().Bytes
	}
	return body
}

func workersOf(s *settings.Settings) int {
	if n := s.Int("pipeline.workers"); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// jvmStats are Go's numbers by the names of Java's, for what reads them.
func jvmStats() object {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	limit := int64(m.Sys)
	if l := debug.SetMemoryLimit(-1); l < 1<<62 {
		limit = l
	}
	pool := func(used, committed uint64) object {
		return object{"used_in_bytes": used, "peak_used_in_bytes": used, "committed_in_bytes": committed, "max_in_bytes": limit, "peak_max_in_bytes": limit}
	}
	gc := func(count uint32, pause uint64) object {
		return object{"collection_count": count, "collection_time_in_millis": pause / 1e6}
	}
	n := runtime.NumGoroutine()
	return object{
		"threads": object{"count": n, "peak_count": n},
		"mem": object{
			"heap_used_percent": int64(m.HeapAlloc) * 100 / max(limit, 1), "heap_committed_in_bytes": m.HeapSys, "heap_max_in_bytes": limit,
			"heap_used_in_bytes": m.HeapAlloc, "non_heap_used_in_bytes": m.StackInuse + m.MSpanInuse + m.MCacheInuse, "non_heap_committed_in_bytes": m.Sys - m.HeapSys,
			"pools": object{"survivor": pool(0, 0), "old": pool(m.HeapAlloc, m.HeapSys), "young": pool(0, 0)},
		},
		"gc":               object{"collectors": object{"old": gc(0, 0), "young": gc(m.NumGC, m.PauseTotalNs)}},
		"uptime_in_millis": millis(time.Since(started)),
	}
}
