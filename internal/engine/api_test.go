package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

type noLevels struct{}

func (noLevels) Levels() map[string]string     { return map[string]string{"logstash.agent": "INFO"} }
func (noLevels) SetLevel(string, string) error { return nil }
func (noLevels) ResetLevels()                  {}

// finishedAPI is the API of a pipeline that has brought three events and ended. Its
// names hold what formats have to escape.
func finishedAPI(t *testing.T) *httptest.Server {
	t.Helper()
	e := newEngine(t, t.TempDir(), `input { test_source { from => 1 count => 3 } } output { test_tally { } }`, `pipeline.id=a "b" \c`)
	feeding.mu.Lock()
	feeding.got = map[int64]int{}
	feeding.mu.Unlock()
	if err := e.Run(context.Background(), context.Background()); err != nil {
		t.Fatal(err)
	}
	a := NewAPI(e, settings.New(), APIOptions{Log: slog.New(slog.DiscardHandler), Levels: noLevels{}, Version: "test", NodeID: "id", NodeName: "name"})
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return s
}

func fetch(t *testing.T, url, accept string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, answer.Status, err)
	}
	return string(text)
}

// Metricbeat's logstash module and the exporters for Logstash want these fields, with
// these types.
func TestStatsHaveTheShapeOfLogstash(t *testing.T) {
	s := finishedAPI(t)
	want := map[string]string{ // path -> Go type of the JSON value
		"host": "string", "version": "string", "http_address": "string", "id": "string", "name": "string", "ephemeral_id": "string",
		"status": "string", "snapshot": "bool", "pipeline.workers": "float64", "pipeline.batch_size": "float64", "pipeline.batch_delay": "float64",
		"jvm.uptime_in_millis": "float64", "jvm.threads.count": "float64", "jvm.mem.heap_used_in_bytes": "float64", "jvm.mem.heap_max_in_bytes": "float64",
		"jvm.mem.heap_used_percent": "float64", "jvm.gc.collectors.old.collection_count": "float64", "jvm.gc.collectors.young.collection_time_in_millis": "float64",
		"process.open_file_descriptors": "float64", "process.max_file_descriptors": "float64", "process.peak_open_file_descriptors": "float64",
		"process.cpu.percent": "float64", "process.cpu.total_in_millis": "float64", "process.cpu.load_average.1m": "float64",
		"process.mem.total_virtual_in_bytes": "float64", "events.in": "float64", "events.filtered": "float64", "events.out": "float64",
		"events.duration_in_millis": "float64", "events.queue_push_duration_in_millis": "float64", "flow.input_throughput.lifetime": "float64",
		"flow.worker_utilization.current": "float64", "reloads.successes": "float64", "reloads.failures": "float64", "queue.events_count": "float64",
		`pipelines.P.events.in`: "float64", `pipelines.P.plugins.inputs.0.events.out`: "float64", `pipelines.P.plugins.outputs.0.events.duration_in_millis`: "float64",
		`pipelines.P.plugins.inputs.0.flow.throughput.lifetime`: "float64", `pipelines.P.plugins.outputs.0.flow.worker_millis_per_event.lifetime`: "float64",
		`pipelines.P.reloads.last_error`: "<nil>", `pipelines.P.reloads.last_success_timestamp`: "<nil>", `pipelines.P.queue.type`: "string",
		`pipelines.P.queue.events_count`: "float64", `pipelines.P.queue.max_queue_size_in_bytes`: "float64", `pipelines.P.hash`: "string", `pipelines.P.ephemeral_id`: "string",
		`pipelines.P.vertices.0.id`: "string", `pipelines.P.vertices.0.pipeline_ephemeral_id`: "string", `pipelines.P.vertices.1.events_in`: "float64",
		`pipelines.P.dead_letter_queue.queue_size_in_bytes`: "float64", `pipelines.P.batch.event_count.average.lifetime`: "float64",
		`pipelines.P.batch.event_count.current`: "float64", `pipelines.P.batch.byte_size.average.lifetime`: "float64", `pipelines.P.batch.byte_size.current`: "float64",
		`pipelines.P.plugins.codecs`: "[]interface {}", `pipelines.P.plugins.filters`: "[]interface {}",
	}
	var all any
	if err := json.Unmarshal([]byte(fetch(t, s.URL+"/_node/stats?vertices=true", "")), &all); err != nil {
		t.Fatal(err)
	}
	for path, kind := range want {
		v, ok := all, true
		for _, key := range strings.Split(path, ".") {
			switch x := v.(type) {
			case map[string]any:
				if key == "P" {
					key = `a "b" \c`
				}
				v, ok = x[key]
			case []any:
				var i int
				if _, err := fmt.Sscan(key, &i); err != nil || i >= len(x) {
					ok = false
				} else {
					v = x[i]
				}
			default:
				ok = false
			}
			if !ok {
				break
			}
		}
		if got := fmt.Sprintf("%T", v); !ok || got != kind {
			t.Errorf("%s is %s (there: %v), want %s", path, got, ok, kind)
		}
	}
	if text := fetch(t, s.URL+"/_node/stats/events", ""); !strings.Contains(text, `"in":3`) || !strings.Contains(text, `"out":3`) {
		t.Errorf("the counts are wrong: %s", text)
	}
	if text := fetch(t, s.URL+"/_health_report", ""); !strings.Contains(text, `"state":"FINISHED"`) || !strings.Contains(text, `"status":"yellow"`) {
		t.Errorf("a finished pipeline is reported as %s", text)
	}
}

// Every line of /metrics is one of the two formats' grammar, and every family is
// declared once, before its samples.
func TestMetricsFormat(t *testing.T) {
	s := finishedAPI(t)
	line := regexp.MustCompile(`^([a-z_]+)(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? -?\d[0-9.e+-]*$`)
	for _, accept := range []string{"", "application/openmetrics-text; version=1.0.0"} {
		declared := map[string]string{}
		family := ""
		text := fetch(t, s.URL+"/metrics", accept)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i, l := range lines {
			switch {
			case l == "# EOF" && accept != "" && i == len(lines)-1:
			case strings.HasPrefix(l, "# HELP "):
			case strings.HasPrefix(l, "# TYPE "):
				f := strings.Fields(l)
				family = f[2]
				if declared[family] != "" {
					t.Errorf("%s is declared twice", family)
				}
				declared[family] = f[3]
				if total := strings.HasSuffix(family, "_total"); f[3] == "counter" && total != (accept == "") {
					t.Errorf("accept %q: counter %s", accept, family)
				}
			default:
				m := line.FindStringSubmatch(l)
				if m == nil {
					t.Errorf("this line is no sample: %s", l)
					continue
				}
				if name := m[1]; name != family && name != family+"_total" {
					t.Errorf("%s stands below %s", name, family)
				}
			}
		}
		if (accept != "") != strings.HasSuffix(text, "# EOF\n") {
			t.Errorf("accept %q: the end is %q", accept, text[len(text)-20:])
		}
		if !strings.Contains(text, `sluice_pipeline_events_in_total{pipeline="a \"b\" \\c"} 3`) {
			t.Error("the events are not counted")
		}
		for _, want := range []string{"in_total", "made_total", "out_total", "dead_lettered_total", "lost_total", "spilled_total", "queued"} {
			if !strings.Contains(text, "\nsluice_account_"+want+`{pipeline="a \"b\" \\c"} `) {
				t.Errorf("the account has no %s", want)
			}
		}
		if !strings.Contains(text, `sluice_account_in_total{pipeline="a \"b\" \\c"} 3`) {
			t.Error("the account does not have the events")
		}
	}
}

func TestTapNeedsThisMachineOrALogin(t *testing.T) {
	e := newEngine(t, t.TempDir(), `input { test_source { count => 0 } } output { test_tally { } }`)
	for _, tc := range []struct {
		from, host string
		want       int
	}{
		{"192.0.2.1:5", "localhost:9600", http.StatusForbidden}, {"127.0.0.1:5", "localhost:9600", http.StatusNotFound},
		{"[::1]:5", "[::1]:9600", http.StatusNotFound}, {"127.0.0.1:5", "127.0.0.1", http.StatusNotFound}, {"127.0.0.1:5", "evil.example:9600", http.StatusForbidden},
	} {
		a := NewAPI(e, settings.New(), APIOptions{Log: slog.New(slog.DiscardHandler), Levels: noLevels{}})
		r := httptest.NewRequest(http.MethodGet, "/_node/tap/main/none", nil)
		r.RemoteAddr, r.Host = tc.from, tc.host
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("from %s to %s: status %d, want %d", tc.from, tc.host, w.Code, tc.want)
		}
	}
	s := settings.New()
	for name, value := range map[string]string{"api.auth.type": "basic", "api.auth.basic.username": "me", "api.auth.basic.password": "pw"} {
		s.Set(name, value, diag.Span{})
	}
	a := NewAPI(e, s, APIOptions{Log: slog.New(slog.DiscardHandler), Levels: noLevels{}})
	for _, tc := range []struct {
		user, password string
		want           int
	}{{"", "", http.StatusUnauthorized}, {"me", "pv", http.StatusUnauthorized}, {"mf", "pw", http.StatusUnauthorized}, {"me", "pw", http.StatusNotFound}} {
		r := httptest.NewRequest(http.MethodGet, "/_node/tap/main/none", nil)
		r.RemoteAddr = "192.0.2.1:5"
		if tc.user != "" {
			r.SetBasicAuth(tc.user, tc.password)
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("as %s/%s: status %d, want %d", tc.user, tc.password, w.Code, tc.want)
		}
	}
}

// TestPathsOfTheAPI: every path of Logstash's description of its API answers, with its
// keys.
func TestPathsOfTheAPI(t *testing.T) {
	s := finishedAPI(t)
	for path, keys := range map[string]string{
		"/":                                         "host version http_address id name ephemeral_id status snapshot pipeline build_date build_sha build_snapshot",
		"/_node":                                    "pipelines os jvm",
		"/_node/jvm":                                "jvm",
		"/_node/os":                                 "os",
		"/_node/os,jvm":                             "os jvm",
		"/_node/pipelines":                          "pipelines",
		"/_node/plugins":                            "total plugins",
		"/_node/hot_threads?threads=1":              "hot_threads",
		"/_node/hot_threads?ordered_by=wait":        "hot_threads",
		"/_node/logging":                            "loggers",
		"/_node/stats":                              "jvm process events flow pipelines reloads os queue",
		"/_node/stats/events":                       "events",
		"/_node/stats/flow":                         "flow",
		"/_node/stats/geoip_download_manager":       "geoip_download_manager",
		"/_node/stats/jvm":                          "jvm",
		"/_node/stats/os":                           "os",
		"/_node/stats/pipelines":                    "pipelines",
		"/_node/stats/process":                      "process",
		"/_node/stats/reloads":                      "reloads",
		"/_node/stats/queue":                        "queue",
		"/_health_report":                           "status symptom indicators",
		"/_stats":                                   "jvm process events pipelines",
		"/_stats/jvm/memory":                        "memory",
		"/_stats/jvm/hot_threads":                   "hot_threads",
		"/_node/pipelines/a%20%22b%22%20%5Cc":       "pipelines",
		"/_node/stats/pipelines/a%20%22b%22%20%5Cc": "pipelines",
	} {
		var all map[string]any
		if err := json.Unmarshal([]byte(fetch(t, s.URL+path, "")), &all); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, key := range append(strings.Fields(keys), "host", "version", "id", "name", "ephemeral_id", "status", "snapshot", "pipeline") {
			if _, ok := all[key]; !ok {
				t.Errorf("%s has no %s", path, key)
			}
		}
	}
	answer, err := http.Get(s.URL + "/_node/hot_threads?ordered_by=name")
	if err != nil || answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a wrong order is answered with %v %v", answer.Status, err)
	}
}
