package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"sluice/internal/plugin"
)

// node answers /_node and parts of it, as a list with commas.
func (a *API) node(w http.ResponseWriter, r *http.Request) {
	parts := map[string]func() any{
		"pipelines": func() any { return a.nodePipelines(wants(r, "graph"), wants(r, "vertices")) },
		"os": func() any {
			return object{"name": runtime.GOOS, "arch": runtime.GOARCH, "version": kernelVersion(), "available_processors": runtime.GOMAXPROCS(0)}
		},
		"jvm": func() any { return jvmInfo() },
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
			body[name] = part()
		}
	}
	a.answer(w, r, body)
}

// jvmInfo describes the Go runtime by the names that Java's has.
func jvmInfo() object {
	return object{
		"pid": os.Getpid(), "version": runtime.Version(), "vm_version": runtime.Version(), "vm_vendor": "The Go Authors", "vm_name": "Go " + runtime.Compiler,
		"start_time_in_millis": started.UnixMilli(), "gc_collectors": []string{"Go"},
		"mem": object{"heap_init_in_bytes": 0, "heap_max_in_bytes": debug.SetMemoryLimit(-1), "non_heap_init_in_bytes": 0, "non_heap_max_in_bytes": 0},
	}
}

func (a *API) nodePipelines(graph, vertices bool) object {
	all := object{}
	for _, r := range a.e.all() {
		s := r.settings
		one := object{
			"workers": r.pipeline.Work().Workers, "batch_size": s.Int("pipeline.batch.size"), "batch_delay": s.Int("pipeline.batch.delay"),
			"batch_output_chunking_growth_threshold_factor": s.Int("pipeline.batch.output_chunking.growth_threshold_factor"),
			"config_reload_automatic":                       a.opts.Reload, "config_reload_interval": a.opts.ReloadInterval.Nanoseconds(),
			"dead_letter_queue_enabled": s.Bool("dead_letter_queue.enable"), "ephemeral_id": r.ephemeral, "hash": r.hash(),
		}
		if s.Bool("dead_letter_queue.enable") {
			one["dead_letter_queue_path"] = r.letters.options.Dir
		}
		if graph || vertices {
			one["graph"] = object{"hash": r.hash(), "type": "lir", "version": "0.0.0", "graph": graphOf(r)}
		}
		all[r.id] = one
	}
	return all
}

func (a *API) nodePipeline(w http.ResponseWriter, r *http.Request) {
	all := a.nodePipelines(wants(r, "graph"), wants(r, "vertices"))
	id := r.PathValue("id")
	if all[id] == nil {
		a.fail(w, r, http.StatusNotFound, "Not Found")
		return
	}
	a.answer(w, r, object{"pipelines": object{id: all[id]}})
}

// graphOf shows the plugins and conditions with the ways that events take between them.
// As in Logstash the text of the configuration is left out, but for conditions.
func graphOf(r *running) object {
	vertices, edges := []object{}, []object{}
	g := r.pipeline.Graph()
	for _, v := range g.Vertices {
		one := object{"id": v.ID, "explicit_id": v.Explicit, "type": v.Type, "meta": nil}
		if v.At.Valid() {
			at := v.At.Position()
			protocol := "file"
			if at.File == "config.string" {
				protocol = "str"
			}
			one["meta"] = object{"source": object{"protocol": protocol, "id": at.File, "line": at.Line, "column": at.Column}}
		}
		switch v.Type {
		case "plugin":
			one["config_name"], one["plugin_type"] = v.Plugin, v.Kind
		case "if":
			one["condition"] = v.Condition
		}
		vertices = append(vertices, one)
	}
	for _, e := range g.Edges {
		one := object{"id": e.From + "->" + e.To, "from": e.From, "to": e.To, "type": "plain"}
		if e.When != nil {
			one["type"], one["when"] = "boolean", *e.When
			one["id"] = fmt.Sprintf("%s-%v->%s", e.From, *e.When, e.To)
		}
		edges = append(edges, one)
	}
	return object{"vertices": vertices, "edges": edges}
}

func (a *API) nodePlugins(w http.ResponseWriter, r *http.Request) {
	list := []object{}
	for _, s := range plugin.Specs() {
		list = append(list, object{"name": fmt.Sprintf("logstash-%s-%s", s.Kind, s.Name), "version": a.opts.Version})
	}
	slices.SortFunc(list, func(x, y object) int { return strings.Compare(x["name"].(string), y["name"].(string)) })
	a.answer(w, r, object{"total": len(list), "plugins": list})
}

func (a *API) memory(w http.ResponseWriter, r *http.Request) {
	a.answer(w, r, object{"memory": jvmStats()["mem"]})
}

func (a *API) logging(w http.ResponseWriter, r *http.Request) {
	a.answer(w, r, object{"loggers": a.opts.Levels.Levels()})
}

// changeLogging takes {"logger.NAME": "LEVEL"}. It does nothing when one is wrong.
func (a *API) changeLogging(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	text, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	if err != nil {
		a.fail(w, r, http.StatusBadRequest, "the body is no JSON object")
		return
	}
	for key, value := range body {
		level, isText := value.(string)
		switch {
		case !strings.HasPrefix(key, "logger."):
			writeJSON(w, r, http.StatusBadRequest, object{"error": fmt.Sprintf("unrecognized option [%s]", key)})
			return
		case !isText || !slices.Contains([]string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}, strings.ToUpper(level)):
			writeJSON(w, r, http.StatusBadRequest, object{"error": fmt.Sprintf("invalid level[%v] for logger[%s]", value, strings.TrimPrefix(key, "logger."))})
			return
		}
	}
	for key, value := range body {
		if err := a.opts.Levels.SetLevel(strings.TrimPrefix(key, "logger."), value.(string)); err != nil {
			writeJSON(w, r, http.StatusBadRequest, object{"error": err.Error()})
			return
		}
	}
	a.answer(w, r, object{"acknowledged": true})
}

func (a *API) resetLogging(w http.ResponseWriter, r *http.Request) {
	a.opts.Levels.ResetLevels()
	a.answer(w, r, object{"acknowledged": true})
}

// reloadsCopy returns the account of the reloads of a pipeline.
func (e *Engine) reloadsCopy(id string) Reloads {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.reloads[id]; r != nil {
		return *r
	}
	return Reloads{}
}

// down returns the pipelines that should run and could not start.
func (e *Engine) down() map[string]Reloads {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]Reloads{}
	for id, r := range e.reloads {
		if r.down {
			all[id] = *r
		}
	}
	return all
}

// since formats a time as hot threads show it.
func since(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
