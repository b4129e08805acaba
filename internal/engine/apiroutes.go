package engine

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"sluice/internal/health"
)

// object is a JSON object.
type object = map[string]any

// NewID returns a random UUID (RFC 9562, version 4).
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (a *API) routes() http.Handler {
	mux := http.NewServeMux()
	get := func(pattern string, f func(w http.ResponseWriter, r *http.Request)) {
		mux.HandleFunc("GET "+pattern, f)
		if pattern != "/{$}" {
			mux.HandleFunc("GET "+pattern+"/{$}", f)
		}
	}
	get("/{$}", a.root)
	get("/_node", a.node)
	get("/_node/{what}", a.node)
	get("/_node/pipelines/{id}", a.nodePipeline)
	get("/_node/plugins", a.nodePlugins)
	get("/_node/hot_threads", a.hotThreads)
	get("/_node/logging", a.logging)
	mux.HandleFunc("PUT /_node/logging", a.changeLogging)
	mux.HandleFunc("PUT /_node/logging/reset", a.resetLogging)
	get("/_node/stats", a.stats)
	get("/_node/stats/{what}", a.stats)
	get("/_node/stats/pipelines/{id}", a.pipelineStats)
	get("/_node/tap/{pipeline}/{plugin}", a.tap)
	get("/_health_report", a.healthReport)
	get("/_stats", a.stats)
	get("/_stats/jvm/hot_threads", a.hotThreads)
	get("/_stats/jvm/memory", a.memory)
	get("/metrics", a.metrics)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, http.StatusNotFound, "Not Found") })
	return mux
}

// answer writes what is asked for, with who answers.
func (a *API) answer(w http.ResponseWriter, r *http.Request, body object) {
	all := a.metadata()
	for k, v := range body {
		all[k] = v
	}
	writeJSON(w, r, http.StatusOK, all)
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	writeJSON(w, r, status, object{"path": r.URL.Path, "status": status, "error": object{"message": message}})
}

func writeJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if wants(r, "pretty") {
		encoder.SetIndent("", "  ")
	}
	if err := encoder.Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(text.Bytes())
}

// wants tells whether a query has ?name or ?name=true.
func wants(r *http.Request, name string) bool {
	values, ok := r.URL.Query()[name]
	return ok && values[0] != "false"
}

// metadata is in every answer.
func (a *API) metadata() object {
	host, err := os.Hostname()
	if err != nil {
		host = a.opts.NodeName
	}
	m := object{
		"host": host, "version": LogstashVersion, "http_address": a.address, "id": a.opts.NodeID, "name": a.opts.NodeName,
		"ephemeral_id": a.ephemeral, "snapshot": false, "status": color(a.status()), "pipeline": object{
			"workers": workersOf(a.settings), "batch_size": a.settings.Int("pipeline.batch.size"), "batch_delay": a.settings.Int("pipeline.batch.delay"),
		},
	}
	if a.settings.IsSet("api.environment") {
		m["http"] = object{"environment": a.settings.String("api.environment")}
	}
	if id := a.settings.String("monitoring.cluster_uuid"); id != "" {
		m["monitoring"] = object{"cluster_uuid": id}
	}
	return m
}

// status is the worst of all conditions of all pipelines.
func (a *API) status() health.Severity {
	worst := health.OK
	for _, r := range a.e.all() {
		worst = max(worst, r.severity())
	}
	if len(a.e.down()) > 0 {
		worst = health.Error
	}
	return worst
}

// color is Logstash's word for a severity.
func color(s health.Severity) string { return [...]string{"green", "yellow", "red"}[s] }

// root answers who this is. With wait_for_status it waits until all is as well as asked.
func (a *API) root(w http.ResponseWriter, r *http.Request) {
	if want := r.URL.Query().Get("wait_for_status"); want != "" || r.URL.Query().Has("timeout") {
		wanted, ok := map[string]health.Severity{"green": health.OK, "yellow": health.Warning, "red": health.Error}[want]
		timeout, err := time.ParseDuration(r.URL.Query().Get("timeout"))
		switch {
		case !ok:
			a.fail(w, r, http.StatusBadRequest, fmt.Sprintf("Invalid status %q; it can be green, yellow, red", want))
			return
		case err != nil || timeout <= 0:
			a.fail(w, r, http.StatusBadRequest, "wait_for_status needs a timeout, such as timeout=10s")
			return
		}
		if !a.waitFor(r, wanted, timeout) {
			a.fail(w, r, http.StatusRequestTimeout, "Timeout waiting for status "+want)
			return
		}
	}
	a.answer(w, r, object{"build_date": "", "build_sha": a.opts.Version, "build_snapshot": false, "build_flavor": "sluice"})
}

func (a *API) waitFor(r *http.Request, wanted health.Severity, timeout time.Duration) bool {
	limit := time.NewTimer(timeout)
	defer limit.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for a.status() > wanted {
		select {
		case <-r.Context().Done():
			return false
		case <-limit.C:
			return false
		case <-tick.C:
		}
	}
	return true
}

// local tells whether a request comes from this machine and was meant for it: a web page
// whose name has been made to lead here (DNS rebinding) gives itself away by that name.
func local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	if err != nil || ip == nil || !ip.IsLoopback() {
		return false
	}
	name := r.Host
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	return strings.EqualFold(name, "localhost") || net.ParseIP(name) != nil
}
