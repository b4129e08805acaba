package engine

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"

	"sluice/internal/pipeline"
	"sluice/internal/plugin"
)

// metrics answers /metrics in the text format of Prometheus, or of OpenMetrics where
// that is asked for. Sources: the Prometheus exposition formats; OpenMetrics 1.0.
func (a *API) metrics(w http.ResponseWriter, r *http.Request) {
	e := &exposition{open: strings.Contains(r.Header.Get("Accept"), "application/openmetrics-text")}
	a.writeMetrics(e)
	kind := "text/plain; version=0.0.4; charset=utf-8"
	if e.open {
		e.b.WriteString("# EOF\n")
		kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Write(e.b.Bytes())
}

func (a *API) writeMetrics(e *exposition) {
	e.family("sluice_build_info", "gauge", "What runs: always 1.")
	e.add("", 1, "version", a.opts.Version, "logstash_version", LogstashVersion, "go_version", runtime.Version())
	e.family("sluice_uptime_seconds", "gauge", "Time since the start of the program.")
	e.add("", time.Since(started).Seconds())
	p := processStats()
	cpu, memory := p["cpu"].(object), p["mem"].(object)
	e.family("sluice_process_cpu_seconds", "counter", "CPU time that the program has used.")
	e.add("_total", float64(cpu["total_in_millis"].(int64))/1000)
	e.family("sluice_process_virtual_memory_bytes", "gauge", "Virtual memory of the program.")
	e.add("", float64(memory["total_virtual_in_bytes"].(int64)))
	e.family("sluice_process_resident_memory_bytes", "gauge", "Memory of the program in RAM.")
	e.add("", float64(memory["resident_in_bytes"].(int64)))
	e.family("sluice_process_open_fds", "gauge", "Open files and connections.")
	e.add("", float64(p["open_file_descriptors"].(int64)))
	e.family("sluice_goroutines", "gauge", "Goroutines.")
	e.add("", float64(runtime.NumGoroutine()))
	a.pipelineMetrics(e)
	a.pluginMetrics(e)
	a.failureMetrics(e)
}

func (a *API) pipelineMetrics(e *exposition) {
	all := a.e.all()
	each := func(name, kind, help string, value func(r *running) float64) {
		e.family(name, kind, help)
		suffix := ""
		if kind == "counter" {
			suffix = "_total"
		}
		for _, r := range all {
			e.add(suffix, value(r), "pipeline", r.id)
		}
	}
	each("sluice_pipeline_up", "gauge", "1 while the pipeline runs.", func(r *running) float64 {
		if r.state() == "RUNNING" {
			return 1
		}
		return 0
	})
	each("sluice_pipeline_health", "gauge", "0 is green, 1 yellow, 2 red.", func(r *running) float64 { return float64(r.severity()) })
	each("sluice_pipeline_events_in", "counter", "Events that inputs brought.", func(r *running) float64 { return float64(r.pipeline.Ledger().In) })
	each("sluice_pipeline_events_made", "counter", "Events that filters made.", func(r *running) float64 { return float64(r.pipeline.Ledger().Made) })
	each("sluice_pipeline_events_filtered", "counter", "Events that passed all filters.", func(r *running) float64 { return float64(r.pipeline.Ledger().Filtered) })
	each("sluice_pipeline_events_out", "counter", "Events that all their outputs took.", func(r *running) float64 { return float64(r.pipeline.Ledger().Out) })
	each("sluice_pipeline_events_dead_lettered", "counter", "Events in the dead letter queue.", func(r *running) float64 { return float64(r.pipeline.Ledger().DeadLettered) })
	each("sluice_pipeline_events_lost", "counter", "Events given up unsaved.", func(r *running) float64 { return float64(r.pipeline.Ledger().Lost) })
	e.family("sluice_pipeline_events_dropped", "counter", "Events that were meant to end, by reason.")
	for _, r := range all {
		dropped := r.pipeline.Ledger().Dropped
		for _, reason := range sortedKeys(dropped) {
			e.add("_total", float64(dropped[reason]), "pipeline", r.id, "reason", reason)
		}
	}
	each("sluice_pipeline_busy_seconds", "counter", "Time of all workers in filters and outputs.", func(r *running) float64 { return r.pipeline.Work().Busy.Seconds() })
	each("sluice_pipeline_push_seconds", "counter", "Time of all inputs in putting events into the queue.", func(r *running) float64 { return r.pipeline.Work().Push.Seconds() })
	each("sluice_pipeline_workers", "gauge", "Workers.", func(r *running) float64 { return float64(r.pipeline.Work().Workers) })
	each("sluice_queue_events", "gauge", "Events in the queue and in the workers.", func(r *running) float64 { return float64(r.queueState().Events) })
	each("sluice_queue_bytes", "gauge", "Size of the queue on disk.", func(r *running) float64 { return float64(r.queueState().Bytes) })
	each("sluice_queue_max_bytes", "gauge", "Limit of the queue on disk; 0 is none.", func(r *running) float64 { return float64(r.queueState().MaxBytes) })
	each("sluice_queue_full", "gauge", "1 while the queue pushes back on the inputs.", func(r *running) float64 {
		if r.queueState().Full {
			return 1
		}
		return 0
	})
	each("sluice_queue_disk_errors", "counter", "Errors of the disk while a queue was written or read.", func(r *running) float64 { return float64(r.queueDiskErrors()) })
	each("sluice_queue_growth_bytes", "gauge", "Bytes that the queue on disk grows by in a second, over the last minutes.", func(r *running) float64 {
		growth, _, _ := r.queueFill.growth()
		return growth
	})
	e.family("sluice_queue_time_to_full_seconds", "gauge", "When the queue on disk is full at the speed of the last minutes; absent while it does not grow.")
	for _, r := range all {
		q := r.queueState()
		if d, ok := r.queueFill.toFull(q.Bytes, q.MaxBytes, q.Events, q.MaxEvents); ok {
			e.add("", d.Seconds(), "pipeline", r.id)
		}
	}
	accountMetrics(e, all)
	a.spillMetrics(e, all)
	each("sluice_pipeline_reloads", "counter", "Reloads that succeeded.", func(r *running) float64 { return float64(a.e.reloadsCopy(r.id).Successes) })
	each("sluice_pipeline_reload_failures", "counter", "Reloads that failed.", func(r *running) float64 { return float64(a.e.reloadsCopy(r.id).Failures) })
	e.family("sluice_condition", "gauge", "Conditions that are the case: 1 is a warning, 2 an error.")
	for _, r := range all {
		for _, c := range r.conditions.List() {
			e.add("", float64(c.Severity), "pipeline", r.id, "code", c.Code, "subject", c.Subject)
		}
	}
}

// accountMetrics tells the lasting account of each pipeline; design/0014. All families of
// a pipeline are of one moment, so that they add up.
func accountMetrics(e *exposition, all []*running) {
	accounts := make([]pipeline.Account, len(all))
	for i, r := range all {
		accounts[i] = r.account()
	}
	each := func(name, kind, help string, value func(a pipeline.Account) int64) {
		e.family(name, kind, help)
		suffix := ""
		if kind == "counter" {
			suffix = "_total"
		}
		for i, r := range all {
			e.add(suffix, float64(value(accounts[i])), "pipeline", r.id)
		}
	}
	each("sluice_account_in", "counter", "Events taken into the queue, over restarts.", func(a pipeline.Account) int64 { return a.In })
	each("sluice_account_made", "counter", "Events that filters made, and copies for spills, over restarts.", func(a pipeline.Account) int64 { return a.Made })
	each("sluice_account_out", "counter", "Events that all their outputs took, over restarts.", func(a pipeline.Account) int64 { return a.Out })
	each("sluice_account_dead_lettered", "counter", "Events put into the dead letter queue, over restarts.", func(a pipeline.Account) int64 { return a.DeadLettered })
	e.family("sluice_account_dropped", "counter", "Events that were meant to end, by reason, over restarts.")
	for i, r := range all {
		for _, reason := range sortedKeys(accounts[i].Dropped) {
			e.add("_total", float64(accounts[i].Dropped[reason]), "pipeline", r.id, "reason", reason)
		}
	}
	each("sluice_account_lost", "counter", "Events given up unsaved, or lost on disk, over restarts.", func(a pipeline.Account) int64 { return a.Lost })
	each("sluice_account_spilled", "counter", "Copies of events left to the spills of outputs, over restarts.", func(a pipeline.Account) int64 { return a.Spilled })
	each("sluice_account_queued", "gauge", "Events that wait in the queue, in the same moment.", func(a pipeline.Account) int64 { return a.Queued })
	e.family("sluice_account_since_seconds", "gauge", "When the account was begun, in seconds since 1970; absent before the queue is open.")
	for i, r := range all {
		if since := accounts[i].Since; !since.IsZero() {
			e.add("", float64(since.Unix()), "pipeline", r.id)
		}
	}
}

// spillMetrics tells how far outputs are behind the others.
func (a *API) spillMetrics(e *exposition, all []*running) {
	each := func(name, help string, value func(s spillState) (float64, bool)) {
		e.family(name, "gauge", help)
		for _, r := range all {
			for _, p := range r.pipeline.Plugins() {
				if p.Kind != plugin.OutputKind {
					continue
				}
				if s, ok := r.spills.stateOf(p.ID); ok {
					if v, ok := value(s); ok {
						e.add("", v, "pipeline", r.id, "plugin", p.ID, "name", p.Name)
					}
				}
			}
		}
	}
	each("sluice_output_spill_events", "Events that wait for an output while the others go on.", func(s spillState) (float64, bool) { return float64(s.Events), true })
	each("sluice_output_spill_bytes", "Size of what waits for an output.", func(s spillState) (float64, bool) { return float64(s.Bytes), true })
	each("sluice_output_spill_max_bytes", "Limit of what waits for an output; 0 is none.", func(s spillState) (float64, bool) { return float64(s.MaxBytes), true })
	each("sluice_output_spill_oldest_seconds", "How long the oldest event has waited for its output.", func(s spillState) (float64, bool) {
		return time.Since(s.Oldest).Seconds(), !s.Oldest.IsZero()
	})
	each("sluice_output_spill_growth_bytes", "Bytes that wait for an output more each second, over the last minutes.", func(s spillState) (float64, bool) { return s.Growth, true })
	each("sluice_output_spill_time_to_full_seconds", "When the spill of an output is full at the speed of the last minutes; absent while it does not grow.", func(s spillState) (float64, bool) {
		return s.ToFull.Seconds(), s.ToFull >= 0
	})
}

func (a *API) pluginMetrics(e *exposition) {
	each := func(name, help string, value func(s *sampleOf) (float64, bool)) {
		e.family(name, "counter", help)
		for _, r := range a.e.all() {
			for _, p := range r.pipeline.Plugins() {
				s := &sampleOf{p.Kind, p.Stats.In.Load(), p.Stats.Out.Load(), time.Duration(p.Stats.Nanos.Load()), p.Stats.Failures.Load(), p.Stats.Rejected.Load()}
				if v, ok := value(s); ok {
					e.add("_total", v, "pipeline", r.id, "plugin", p.ID, "name", p.Name, "type", p.Kind.String())
				}
			}
		}
	}
	isOutput := func(s *sampleOf) bool { return s.kind == plugin.OutputKind }
	each("sluice_plugin_events_in", "Events that a filter or output was given.", func(s *sampleOf) (float64, bool) { return float64(s.in), s.kind != plugin.InputKind })
	each("sluice_plugin_events_out", "Events that a plugin gave out or delivered.", func(s *sampleOf) (float64, bool) { return float64(s.out), true })
	each("sluice_plugin_seconds", "Time spent in a plugin; for inputs, in putting events into the queue.", func(s *sampleOf) (float64, bool) { return s.spent.Seconds(), true })
	each("sluice_plugin_retries", "Events that an output had to be given again.", func(s *sampleOf) (float64, bool) { return float64(s.failures), isOutput(s) })
	each("sluice_plugin_rejected", "Events that an output's destination refused for good.", func(s *sampleOf) (float64, bool) { return float64(s.rejected), isOutput(s) })
}

// failureMetrics counts by place where the code of plugins has failed.
func (a *API) failureMetrics(e *exposition) {
	e.family("sluice_plugin_failures", "counter", "Events at which the code of a plugin failed, by place.")
	for _, r := range a.e.all() {
		for _, p := range r.pipeline.Plugins() {
			if p.Failures == nil {
				continue
			}
			for _, f := range p.Failures() {
				e.add("_total", float64(f.Count), "pipeline", r.id, "plugin", p.ID, "name", p.Name, "place", f.Place, "class", f.Class)
			}
		}
	}
}

// sampleOf is what one plugin has done.
type sampleOf struct {
	kind               plugin.Kind
	in, out            int64
	spent              time.Duration
	failures, rejected int64
}

// exposition is metrics as text.
type exposition struct {
	b    bytes.Buffer
	open bool // OpenMetrics: the name of a counter's family lacks _total
	name string
}

func (e *exposition) family(name, kind, help string) {
	e.name = name
	shown := name
	if kind == "counter" && !e.open {
		shown += "_total"
	}
	fmt.Fprintf(&e.b, "# HELP %s %s\n# TYPE %s %s\n", shown, help, shown, kind)
}

var escapeLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func (e *exposition) add(suffix string, value float64, labels ...string) {
	e.b.WriteString(e.name + suffix)
	for i := 0; i < len(labels); i += 2 {
		separator := ","
		if i == 0 {
			separator = "{"
		}
		fmt.Fprintf(&e.b, `%s%s="%s"`, separator, labels[i], escapeLabel.Replace(labels[i+1]))
	}
	if len(labels) > 0 {
		e.b.WriteByte('}')
	}
	fmt.Fprintf(&e.b, " %v\n", value)
}
