package output

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// cluster is a server that answers as Elasticsearch does. A document {"status":N} gets
// the status N; a request with a document {"all":N} is answered with N as a whole.
type cluster struct {
	*httptest.Server
	received
	version string
	exists  map[string]bool // paths other than bulk that are there
	fail    int             // the answer to everything, if not 0
	noILM   bool            // there is no index lifecycle management
}

func newCluster(t testing.TB, version string) *cluster {
	c := &cluster{version: version, exists: map[string]bool{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		in, _ = gzip.NewReader(r.Body)
	}
	body, _ := io.ReadAll(in)
	c.add(r, string(body))
	switch {
	case c.fail != 0:
		http.Error(w, "no", c.fail)
	case strings.HasSuffix(r.URL.Path, "bulk"):
		c.bulk(w, body)
	case c.noILM && strings.HasPrefix(r.URL.Path, "/_ilm"):
		http.Error(w, `{"error":"no handler found for uri [`+r.URL.Path+`] and method [`+r.Method+`]"}`, 400)
	case r.URL.Path == "/":
		fmt.Fprintf(w, `{"version":%s}`, c.version)
	case r.Method == "PUT":
		c.exists[r.URL.Path] = true
		fmt.Fprint(w, `{"acknowledged":true}`)
	case r.URL.Path == "/_ilm/status":
		fmt.Fprint(w, `{"operation_mode":"RUNNING"}`)
	case !c.exists[r.URL.Path]:
		w.WriteHeader(404)
	}
}

func (c *cluster) bulk(w http.ResponseWriter, body []byte) {
	var items []string
	failures := false
	s := bufio.NewScanner(bytes.NewReader(body))
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		action := strings.SplitN(s.Text(), `"`, 3)[1]
		document := struct{ Status, All int }{200, 0}
		if action != "delete" {
			s.Scan()
			if err := json.Unmarshal(s.Bytes(), &document); err != nil {
				document.Status = 400
			}
		}
		if document.All != 0 {
			http.Error(w, `{"error":"all"}`, document.All)
			return
		}
		item := fmt.Sprintf(`{"%s":{"status":%d}}`, action, document.Status)
		if document.Status > 299 {
			failures = true
			item = fmt.Sprintf(`{"%s":{"status":%d,"error":{"type":"kind_%[2]d","reason":"r","caused_by":{"type":"t","reason":"because"}}}}`, action, document.Status)
		}
		items = append(items, item)
	}
	if !failures {
		fmt.Fprint(w, `{"errors":false}`)
		return
	}
	fmt.Fprintf(w, `{"errors":true,"items":[%s]}`, strings.Join(items, ","))
}

const version8 = `{"number":"8.19.0"}`

// bulks returns the bodies of the bulk requests, without what the setup sent.
func (c *cluster) bulks() string {
	var all []string
	for _, q := range c.take() {
		if strings.Contains(q.path, "bulk") {
			all = append(all, q.body)
		}
	}
	return strings.Join(all, "|")
}

// elasticOutput makes an output with the options, at the cluster.
func elasticOutput(t testing.TB, c *cluster, name, options string, ecs plugin.ECS) (plugin.Output, *plugin.Env) {
	t.Helper()
	if !strings.Contains(options, "hosts") {
		options += ` hosts => "` + c.URL + `"`
	}
	return netOutput(t, name+` { `+options+` }`, func(env *plugin.Env) { env.ECS = ecs })
}

func TestElasticDocuments(t *testing.T) {
	const at = `"@timestamp":"2021-03-04T14:35:33.946Z"`
	const event = `{` + at + `,"a":1.50,"@metadata":{"_ingest_document":{"id":"I","index":"X","routing":"R","version":7},"target_ingest_pipeline":"T"}}`
	const source = `{` + at + `,"a":1.50,"@version":"1"}` + "\n"
	tests := []struct {
		name, output, options string
		ecs                   plugin.ECS
		event, want           string
	}{
		{"default index", "elasticsearch", "ilm_enabled => false", plugin.ECSDisabled, `{` + at + `,"a":1.50}`, `{"index":{"_index":"logstash-2021.03.04"}}` + "\n" + source},
		{"default index, ECS", "elasticsearch", "ilm_enabled => false", plugin.ECSV8, `{` + at + `,"a":1.50}`, `{"index":{"_index":"ecs-logstash-2021.03.04"}}` + "\n" + source},
		{"default, ILM", "elasticsearch", "", plugin.ECSDisabled, `{` + at + `,"a":1.50}`, `{"index":{"_index":"logstash"}}` + "\n" + source},
		{"the guide's index", "elasticsearch", `codec => json index => "%{[@metadata][beat]}-%{[@metadata][version]}-%{+YYYY.MM.dd}"`, plugin.ECSV8, `{` + at + `,"a":1.50}`,
			`{"index":{"_index":"%{[@metadata][beat]}-%{[@metadata][version]}-2021.03.04"}}` + "\n" + source},
		{"options", "elasticsearch", `index => "i-%{a}" document_id => "%{a}" routing => "r" pipeline => "p" version => "3" version_type => external`, plugin.ECSV8, `{` + at + `,"a":1.50}`,
			`{"index":{"_index":"i-1.5","_id":"1.5","routing":"r","pipeline":"p","version":"3","version_type":"external"}}` + "\n" + source},
		{"what the event says", "elasticsearch", "ilm_enabled => false", plugin.ECSDisabled, event, `{"index":{"_index":"X","_id":"I","routing":"R","pipeline":"T","version":"7"}}` + "\n" + source},
		{"an option is stronger", "elasticsearch", `index => "i" document_id => "d"`, plugin.ECSDisabled, event, `{"index":{"_index":"i","_id":"d","routing":"R","pipeline":"T","version":"7"}}` + "\n" + source},
		{"no pipeline", "elasticsearch", `index => "i" pipeline => ""`, plugin.ECSDisabled, `{` + at + `,"a":1.50}`, `{"index":{"_index":"i"}}` + "\n" + source},
		{"delete", "elasticsearch", `index => "i" action => delete document_id => "%{a}"`, plugin.ECSDisabled, `{` + at + `,"a":1.50}`, `{"delete":{"_index":"i","_id":"1.5"}}` + "\n"},
		{"action of the event", "elasticsearch", `index => "i" action => "%{do}"`, plugin.ECSDisabled, `{"do":"create",` + at + `}`, `{"create":{"_index":"i"}}` + "\n" + `{"do":"create",` + at + `,"@version":"1"}` + "\n"},
		{"update", "elasticsearch", `index => "i" action => update document_id => "d" doc_as_upsert => true`, plugin.ECSDisabled, `{` + at + `,"a":1.50}`,
			`{"update":{"_index":"i","_id":"d","retry_on_conflict":1}}` + "\n" + `{"doc":` + source[:len(source)-1] + `,"doc_as_upsert":true}` + "\n"},
		{"update with upsert", "elasticsearch", `index => "i" action => update document_id => "d" upsert => '{"n":%{a}}'`, plugin.ECSDisabled, `{` + at + `,"a":1.50}`,
			`{"update":{"_index":"i","_id":"d","retry_on_conflict":1}}` + "\n" + `{"doc":` + source[:len(source)-1] + `,"upsert":{"n":1.5}}` + "\n"},
		{"update with a script", "elasticsearch", `index => "i" action => update document_id => "d" script => "x" script_type => indexed scripted_upsert => true`, plugin.ECSDisabled, `{` + at + `,"a":1.50}`,
			`{"update":{"_index":"i","_id":"d","retry_on_conflict":1}}` + "\n" + `{"script":{"params":{"event":` + source[:len(source)-1] + `},"id":"x"},"scripted_upsert":true,"upsert":{}}` + "\n"},
		{"a join field", "elasticsearch", `index => "i" parent => "%{a}" join_field => "j"`, plugin.ECSDisabled, `{` + at + `,"a":1.50,"j":"child"}`,
			`{"index":{"_index":"i","routing":"1.5"}}` + "\n" + `{` + at + `,"a":1.50,"j":{"name":"child","parent":"1.5"},"@version":"1"}` + "\n"},
		{"a data stream by default", "elasticsearch", "", plugin.ECSV8, `{` + at + `,"a":1.50}`,
			`{"create":{"_index":"logs-generic-default"}}` + "\n" + `{` + at + `,"a":1.50,"@version":"1","data_stream":{"type":"logs","dataset":"generic","namespace":"default"}}` + "\n"},
		{"a data stream of the event", "elasticsearch", `data_stream => true data_stream_dataset => "suricata"`, plugin.ECSV8, `{"data_stream":{"namespace":"n"},` + at + `}`,
			`{"create":{"_index":"logs-suricata-n"}}` + "\n" + `{"data_stream":{"namespace":"n","type":"logs","dataset":"suricata"},` + at + `,"@version":"1"}` + "\n"},
		{"a data stream, fixed", "elasticsearch", `data_stream => true data_stream_auto_routing => false`, plugin.ECSV8, `{"data_stream":{"namespace":"n"},` + at + `}`,
			`{"create":{"_index":"logs-generic-default"}}` + "\n" + `{"data_stream":{"namespace":"default","type":"logs","dataset":"generic"},` + at + `,"@version":"1"}` + "\n"},
		{"a data stream, fields as they are", "elasticsearch", `data_stream => true data_stream_sync_fields => false`, plugin.ECSV8, `{` + at + `,"a":1.50}`, `{"create":{"_index":"logs-generic-default"}}` + "\n" + source},
		{"OpenSearch", "opensearch", `document_id => "%{a}"`, plugin.ECSV8, `{` + at + `,"a":1.50}`, `{"index":{"_index":"ecs-logstash-2021.03.04","_id":"1.5"}}` + "\n" + source},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t, version8)
			o, env := elasticOutput(t, c, tt.output, tt.options, tt.ecs)
			if a := netWrite(t, o, tt.event); verdicts(a) != "." {
				t.Fatalf("%+v", a)
			}
			if got := c.bulks(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if got := codes(env.Conditions); got != "" {
				t.Errorf("conditions %s", got)
			}
		})
	}
}

func TestElasticVerdicts(t *testing.T) {
	doc := func(key string, status int) string { return fmt.Sprintf(`{"%s":%d}`, key, status) }
	tests := []struct {
		name, options string
		events        []string
		want          string
		bulks         int
		condition     string
	}{
		{"all well", "", []string{`{}`, `{}`}, "..", 1, ""},
		{"single documents", "", []string{`{}`, doc("status", 400), doc("status", 404), doc("status", 429), doc("status", 503), doc("status", 409), `{}`}, ".xx~~x.", 1, "upstream-refuses"},
		{"a conflict of a create", "action => create", []string{doc("status", 409)}, ".", 1, ""},
		{"custom codes", "dlq_custom_codes => [403] drop_error_types => [kind_500]", []string{doc("status", 403), doc("status", 500)}, "x.", 1, ""},
		{"the whole request, later", "", []string{`{}`, doc("all", 503)}, "~~", 1, "upstream-refuses"},
		{"the whole request, not allowed", "", []string{doc("all", 401)}, "~", 1, "upstream-refuses"},
		{"the whole request is too large", "", []string{`{}`, `{}`, doc("all", 413), `{}`}, "..x.", 5, ""},
		{"an unknown action", `action => "%{do}"`, []string{`{"do":"index"}`, `{"do":"fly"}`}, ".x", 1, ""},
		{"a missing field in the index", `index => "i-%{x}" dlq_on_failed_indexname_interpolation => true`, []string{`{"x":1}`, `{}`}, ".x", 1, ""},
		{"no index", `index => "%{x}"`, []string{`{"x":""}`, `{"x":"i"}`}, "x.", 1, ""},
		{"a bad upsert", `action => update document_id => "d" upsert => "%{x}"`, []string{`{"x":"{"}`}, "x", 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t, version8)
			if !strings.Contains(tt.options, "index =>") {
				tt.options += ` index => "i"`
			}
			o, env := elasticOutput(t, c, "elasticsearch", tt.options, plugin.ECSDisabled)
			a := netWrite(t, o, tt.events...)
			if verdicts(a) != tt.want {
				t.Errorf("verdicts %s, want %s: %+v", verdicts(a), tt.want, a)
			}
			n := 0
			for _, q := range c.take() {
				if strings.Contains(q.path, "bulk") {
					n++
				}
			}
			if n != tt.bulks {
				t.Errorf("%d bulk requests, want %d", n, tt.bulks)
			}
			if got := codes(env.Conditions); got != tt.condition {
				t.Errorf("conditions %q, want %q", got, tt.condition)
			}
		})
	}
}

// TestElasticItems: what servers say about single documents, as real ones do.
func TestElasticItems(t *testing.T) {
	tests := []struct{ action, result, want, reason string }{
		{"delete", `{"status":404}`, ".", ""},
		{"delete", `{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index [i]"}}`, "x", "index_not_found_exception: no such index [i]"},
		{"update", `{"status":404,"error":{"type":"document_missing_exception","reason":"[a]: document missing"}}`, "x", "document_missing_exception"},
		{"create", `{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"r"}}`, ".", ""},
		{"index", `{"status":500,"error":{"type":"fail_processor_exception","reason":"no, thanks"}}`, "x", "500 fail_processor_exception: no, thanks"},
		{"index", `{"status":500,"error":{"type":"null_pointer_exception","reason":"r"}}`, "~", "500"},
		{"index", `{"status":429,"error":{"type":"rejected_execution_exception","reason":"rejected execution of coordinating operation"}}`, "~", "429"},
		{"index", `{"status":400,"error":{"type":"mapper_parsing_exception","reason":"failed to parse","caused_by":{"type":"x","reason":"out of range\n at [Source: UNKNOWN]"}}}`, "x",
			"mapper_parsing_exception: failed to parse: out of range at [Source: UNKNOWN]"},
	}
	for _, tt := range tests {
		o := &elastic{}
		o.env = plugintest.Env(t)
		answers := make([]plugin.Answer, 1)
		o.judge([]byte(`{"errors":true,"items":[{"`+tt.action+`":`+tt.result+`}]}`), []bulkLine{{action: tt.action}}, answers)
		if verdicts(answers) != tt.want || !strings.Contains(answers[0].Reason, tt.reason) || tt.want == "." && answers[0].Reason != "" {
			t.Errorf("%s %s: %+v", tt.action, tt.result, answers[0])
		}
	}
}

func TestElasticAnswerIsExplained(t *testing.T) {
	c := newCluster(t, version8)
	o, _ := elasticOutput(t, c, "elasticsearch", `index => "i"`, plugin.ECSDisabled)
	a := netWrite(t, o, `{"status":400}`)[0]
	if !strings.HasSuffix(a.Reason, " refused the document with 400 kind_400: r: because") || a.Status != 400 || !strings.Contains(a.Body, `"caused_by"`) {
		t.Errorf("%+v", a)
	}
}

// TestElasticBodies: bodies are cut at their limit, every event is in one of them.
func TestElasticBodies(t *testing.T) {
	c := newCluster(t, `{"number":"3.0.0","distribution":"opensearch"}`)
	o, _ := elasticOutput(t, c, "opensearch", `index => "i" target_bulk_bytes => 250 http_compression => true`, plugin.ECSDisabled)
	var events []string
	for i := range 10 {
		events = append(events, fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, strings.Repeat("x", 60)))
	}
	events[4] = fmt.Sprintf(`{"n":4,"pad":"%s"}`, strings.Repeat("x", 600))
	if a := netWrite(t, o, events...); verdicts(a) != ".........." {
		t.Fatal(a)
	}
	seen := 0
	for _, q := range c.take() {
		if !strings.Contains(q.path, "bulk") {
			continue
		}
		if len(q.body) > 250 && strings.Count(q.body, `"n":`) > 1 {
			t.Errorf("a body of %d bytes: %s", len(q.body), q.body)
		}
		for strings.Contains(q.body, fmt.Sprintf(`"n":%d,`, seen)) {
			seen++
		}
		if q.header.Get("Content-Encoding") != "gzip" || q.header.Get("X-Elastic-Event-Count") == "" {
			t.Errorf("header %v", q.header)
		}
	}
	if seen != 10 {
		t.Errorf("%d events came in order", seen)
	}
}

func TestElasticSetup(t *testing.T) {
	tests := []struct {
		name, output, options, version string
		ecs                            plugin.ECS
		exists                         string
		want                           string // methods and paths before the first bulk request
		body                           string // what the last PUT has in it
	}{
		{"Elasticsearch 8", "elasticsearch", `index => "i"`, version8, plugin.ECSV8, "", "GET / HEAD /_index_template/ecs-logstash PUT /_index_template/ecs-logstash", `"index_patterns":"ecs-logstash-*"`},
		{"Elasticsearch 7", "elasticsearch", `index => "i"`, `{"number":"7.17.0"}`, plugin.ECSDisabled, "", "GET / HEAD /_template/logstash PUT /_template/logstash", `"ignore_above":256`},
		{"it is there", "elasticsearch", `index => "i"`, version8, plugin.ECSDisabled, "/_index_template/logstash", "GET / HEAD /_index_template/logstash", ""},
		{"it is replaced", "elasticsearch", `index => "i" template_overwrite => true template_name => "t"`, version8, plugin.ECSDisabled, "/_index_template/t", "GET / PUT /_index_template/t", ""},
		{"not wanted", "elasticsearch", `index => "i" manage_template => false`, version8, plugin.ECSDisabled, "", "GET /", ""},
		{"data stream", "elasticsearch", ``, version8, plugin.ECSV8, "", "GET /", ""},
		{"ILM", "elasticsearch", ``, version8, plugin.ECSDisabled, "", "GET / GET /_ilm/status HEAD /_index_template/logstash PUT /_index_template/logstash HEAD /logstash PUT /%3Clogstash-%7Bnow%2Fd%7D-000001%3E GET /_ilm/policy/logstash-policy PUT /_ilm/policy/logstash-policy", `"max_size":"50gb"`},
		{"ILM, all there", "elasticsearch", `ilm_rollover_alias => "al" manage_template => false`, version8, plugin.ECSDisabled, "/al /_ilm/policy/logstash-policy", "GET / HEAD /al GET /_ilm/policy/logstash-policy", ""},
		{"ILM template", "elasticsearch", `ilm_rollover_alias => "al"`, version8, plugin.ECSDisabled, "/al /_ilm/policy/logstash-policy", "GET / HEAD /_index_template/al PUT /_index_template/al HEAD /al GET /_ilm/policy/logstash-policy", `"index.lifecycle.rollover_alias":"al"`},
		{"no ILM in OpenSearch", "elasticsearch", ``, `{"number":"3.0.0","distribution":"opensearch"}`, plugin.ECSDisabled, "", "GET / HEAD /_index_template/logstash PUT /_index_template/logstash", ""},
		{"OpenSearch", "opensearch", ``, `{"number":"3.0.0","distribution":"opensearch"}`, plugin.ECSDisabled, "", "GET / HEAD /_template/logstash PUT /_template/logstash", ""},
		{"OpenSearch, new template", "opensearch", `legacy_template => false`, `{"number":"3.0.0","distribution":"opensearch"}`, plugin.ECSDisabled, "", "GET / HEAD /_index_template/logstash PUT /_index_template/logstash", ""},
		{"serverless", "elasticsearch", `index => "i"`, `{"number":"8.11.0","build_flavor":"serverless"}`, plugin.ECSDisabled, "", "GET / HEAD /_index_template/logstash PUT /_index_template/logstash", `"settings":{"index.refresh_interval":"5s"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t, tt.version)
			for _, path := range strings.Fields(tt.exists) {
				c.exists[path] = true
			}
			o, _ := elasticOutput(t, c, tt.output, tt.options, tt.ecs)
			if a := netWrite(t, o, `{}`); verdicts(a) != "." {
				t.Fatalf("%+v", a)
			}
			var calls []string
			body := ""
			for _, q := range c.take() {
				if strings.Contains(q.path, "bulk") {
					break
				}
				if calls = append(calls, q.method+" "+q.path); q.method == "PUT" {
					body = q.body
				}
			}
			if got := strings.Join(calls, " "); got != tt.want || !strings.Contains(body, tt.body) {
				t.Errorf("got  %s\nwant %s\nbody %s", got, tt.want, body)
			}
		})
	}
	t.Run("ILM, but the server has none", func(t *testing.T) {
		for options, want := range map[string]string{``: "..", `ilm_enabled => true`: "~~", `ilm_rollover_alias => "al"`: "~~"} {
			c := newCluster(t, `{"number":"7.17.29"}`)
			c.noILM = true
			o, env := elasticOutput(t, c, "elasticsearch", options, plugin.ECSDisabled)
			a := netWrite(t, o, `{"@timestamp":"2021-03-04T14:35:33.946Z"}`, `{}`)
			if verdicts(a) != want || (codes(env.Conditions) == "") != (want == "..") {
				t.Errorf("%s: %+v, %s", options, a, codes(env.Conditions))
			}
			if got := c.bulks(); want == ".." && !strings.Contains(got, `{"_index":"logstash-2021.03.04"}`) {
				t.Errorf("%s: %s", options, got)
			}
		}
	})
	t.Run("it fails, then works", func(t *testing.T) {
		c := newCluster(t, version8)
		c.fail = 503
		o, env := elasticOutput(t, c, "elasticsearch", `index => "i"`, plugin.ECSDisabled)
		if a := netWrite(t, o, `{}`, `{}`); verdicts(a) != "~~" || codes(env.Conditions) != "upstream-refuses" {
			t.Errorf("%+v, %s", a, codes(env.Conditions))
		}
		c.fail = 0
		if a := netWrite(t, o, `{}`, `{}`); verdicts(a) != ".." || codes(env.Conditions) != "" {
			t.Errorf("%+v, %s", a, codes(env.Conditions))
		}
	})
	t.Run("a policy that does not exist", func(t *testing.T) {
		c := newCluster(t, version8)
		o, _ := elasticOutput(t, c, "elasticsearch", `ilm_policy => "mine"`, plugin.ECSDisabled)
		if a := netWrite(t, o, `{}`); verdicts(a) != "~" || !strings.Contains(a[0].Reason, "the lifecycle policy mine does not exist") {
			t.Errorf("%+v", a)
		}
	})
}

// TestElasticFailover: a server that is down is left alone, and its events go elsewhere.
func TestElasticFailover(t *testing.T) {
	one, two := newCluster(t, version8), newCluster(t, version8)
	o, env := elasticOutput(t, nil, "elasticsearch", fmt.Sprintf(`index => "i" manage_template => false hosts => ["%s", "%s"] resurrect_delay => 3600`, one.URL, two.URL), plugin.ECSDisabled)
	for range 4 {
		netWrite(t, o, `{}`)
	}
	if a, b := strings.Count(one.bulks(), "index"), strings.Count(two.bulks(), "index"); a < 2 || b < 2 {
		t.Errorf("one got %d, the other %d", a, b)
	}
	one.Close()
	for range 4 {
		if a := netWrite(t, o, `{}`); verdicts(a) != "." {
			t.Fatalf("%+v", a)
		}
	}
	two.Close()
	if a := netWrite(t, o, `{}`); verdicts(a) != "~" || codes(env.Conditions) != "upstream-unreachable" {
		t.Errorf("%+v, %s", a, codes(env.Conditions))
	}
}

func TestElasticRequests(t *testing.T) {
	tests := []struct{ name, options, path, header string }{
		{"password", `user => "u" password => "p"`, "/_bulk?filter_path=errors,items.*.error,items.*.status", "Authorization: Basic dTpw\nContent-Encoding: gzip\nContent-Type: application/json"},
		{"cloud_auth", `cloud_auth => "u:p" http_compression => false`, "/_bulk?filter_path=errors,items.*.error,items.*.status", "Authorization: Basic dTpw\nContent-Encoding: "},
		{"path and parameters", `path => "/es/" parameters => { "x" => "y" }`, "/es/_bulk?filter_path=errors,items.*.error,items.*.status&x=y", ""},
		{"bulk_path", `path => "/es" bulk_path => "/other/_bulk"`, "/other/_bulk?filter_path=errors,items.*.error,items.*.status", ""},
		{"header", `custom_headers => { "x-a" => "b" } compression_level => 9`, "/_bulk?filter_path=errors,items.*.error,items.*.status", "X-A: b\nContent-Encoding: gzip"},
	}
	for _, tt := range tests {
		c := newCluster(t, version8)
		c.exists["/es/"] = true
		o, _ := elasticOutput(t, c, "elasticsearch", `index => "i" manage_template => false `+tt.options, plugin.ECSDisabled)
		if a := netWrite(t, o, `{}`); verdicts(a) != "." {
			t.Fatalf("%s: %+v", tt.name, a)
		}
		all := c.take()
		q := all[len(all)-1]
		if q.path != tt.path {
			t.Errorf("%s: path %s", tt.name, q.path)
		}
		for _, line := range strings.Split(tt.header, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok && q.header.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", tt.name, name, q.header.Get(name), value)
			}
		}
	}
}

func TestElasticTLSAndKey(t *testing.T) {
	c := &cluster{version: version8, exists: map[string]bool{}}
	s := tlsServer(t, c)
	dir := certs(t)
	for _, names := range []string{
		`cacert => "DIR/ca.crt" ssl_certificate => "DIR/logstash_client.crt" ssl_key => "DIR/logstash_client.key" ssl => true hosts => "` + strings.TrimPrefix(s.URL, "https://") + `"`,
		`ssl_certificate_authorities => "DIR/ca.crt" ssl_certificate => "DIR/logstash_client.crt" ssl_key => "DIR/logstash_client.key" hosts => "` + s.URL + `"`,
	} {
		o, _ := elasticOutput(t, nil, "elasticsearch", `index => "i" api_key => "id:key" `+strings.ReplaceAll(names, "DIR", dir), plugin.ECSDisabled)
		if a := netWrite(t, o, `{}`); verdicts(a) != "." {
			t.Errorf("%s: %+v", names, a)
		}
		if got := c.take()[0].header.Get("Authorization"); got != "ApiKey aWQ6a2V5" {
			t.Errorf("Authorization is %q", got)
		}
	}
	o, env := elasticOutput(t, nil, "opensearch", `index => "i" hosts => "`+s.URL+`"`, plugin.ECSDisabled)
	if a := netWrite(t, o, `{}`); verdicts(a) != "~" || codes(env.Conditions) != "upstream-tls" {
		t.Errorf("%+v, %s", a, codes(env.Conditions))
	}
}

func TestElasticOptions(t *testing.T) {
	tests := []struct{ config, want string }{
		{`elasticsearch { action => "fly" }`, `there is no action "fly"`},
		{`elasticsearch { action => "update" }`, "set document_id"},
		{`elasticsearch { version_type => external }`, "external versions need a version number"},
		{`elasticsearch { user => "u" password => "p" api_key => "k" }`, "several ways to log in"},
		{`elasticsearch { api_key => "k" }`, "an API key is only sent over TLS"},
		{`elasticsearch { hosts => "ftp://x" }`, "is no URL of HTTP"},
		{`elasticsearch { hosts => "https://x" ssl_enabled => false }`, "say the same"},
		{`elasticsearch { cloud_id => "x" }`, "this is no Cloud ID"},
		{`elasticsearch { cloud_id => "x:ZCRl" hosts => "a" }`, "exclude each other"},
		{`elasticsearch { data_stream => true index => "i" ecs_compatibility => v8 }`, "index does not go with data streams"},
		{`elasticsearch { data_stream => true }`, "data streams need ECS compatibility"},
		{`elasticsearch { index => "i" data_stream_dataset => "d" ecs_compatibility => v8 }`, "is for data streams"},
		{`elasticsearch { data_stream_dataset => "a/b" }`, "cannot be a part of a data stream's name"},
		{`elasticsearch { dlq_custom_codes => [404] }`, "404 has its own meaning already"},
		{`elasticsearch { template => "/nonexistent.json" }`, "the template cannot be read"},
		{`elasticsearch { doc_as_upsert => true scripted_upsert => true }`, "exclude each other"},
		{`opensearch { auth_type => { "type" => "aws_iam" } }`, "only the type basic"},
		{`opensearch { data_stream => true }`, "has no option data_stream"},
	}
	for _, tt := range tests {
		p, list := plugintest.Configure(t, plugin.OutputKind, tt.config, plugintest.Env(t))
		if text := list.Text(diag.Plain); p != nil || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q is not in:\n%s", tt.config, tt.want, text)
		}
	}
}

func TestCloudID(t *testing.T) {
	// "us-east-1.aws.found.io$abc$def", and one with a port
	for id, want := range map[string]string{
		"my:dXMtZWFzdC0xLmF3cy5mb3VuZC5pbyRhYmMkZGVm": "https://abc.us-east-1.aws.found.io:443",
		"my:aG9zdDo5MjQzJGFiYw==":                     "https://abc.host:9243",
	} {
		if got, err := cloudHost(id); got != want || err != nil {
			t.Errorf("%s: %s, %v", id, got, err)
		}
	}
}

func FuzzBulkAnswer(f *testing.F) {
	f.Add([]byte(`{"errors":true,"items":[{"index":{"status":400,"error":{"type":"t","reason":"r"}}},{"index":{"status":201}}]}`))
	f.Add([]byte(`{"errors":false}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		o := &elastic{}
		o.env = plugintest.Env(t)
		answers := make([]plugin.Answer, 2)
		o.judge(text, []bulkLine{{event: 0}, {event: 1}}, answers)
		var theirs struct{ Errors *bool }
		if json.Unmarshal(text, &theirs) != nil && verdicts(answers) == ".." && !bytes.Contains(text, []byte(`"errors"`)) {
			t.Errorf("%q was taken for success", text)
		}
	})
}

func benchmarkElastic(b *testing.B, options string) {
	address := bulkServer(b)
	o, _ := netOutput(b, `elasticsearch { index => "sensors-%{+YYYY.MM.dd}" manage_template => false hosts => "http://`+address+`" `+options+` }`, nil)
	var texts []string
	for i := range 125 {
		texts = append(texts, fmt.Sprintf(`{"@timestamp":"2021-03-04T14:35:33.946Z","sensor_event_id":%d,"message":"%s","data":{"flow_id":1,"dns":{"query":[{"rrname":"%s"}]}}}`, i, strings.Repeat("m", 200), strings.Repeat("q", 460)))
	}
	batch := netEvents(b, texts...)
	answers := make([]plugin.Answer, len(batch.Events))
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuTime()
	sent := 0
	for ; sent < b.N; sent += len(answers) {
		o.Write(context.Background(), batch.Events, answers)
		if verdicts(answers) != strings.Repeat(".", len(answers)) {
			b.Fatal(answers)
		}
	}
	b.ReportMetric(float64((cpuTime()-start)/time.Nanosecond)/float64(sent), "cpu-ns/event")
}

func BenchmarkElastic(b *testing.B)           { benchmarkElastic(b, "compression_level => 0") }
func BenchmarkElasticCompressed(b *testing.B) { benchmarkElastic(b, "") }
