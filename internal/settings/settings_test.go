package settings

import (
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
)

func readYML(t *testing.T, text string, variables map[string]string) (*Settings, diag.List) {
	t.Helper()
	s := New()
	s.Variables = func(name string) (string, bool) { v, ok := variables[name]; return v, ok }
	return s, s.ReadFile(diag.NewSource("logstash.yml", text))
}

// Every setting that Logstash 9.6 registers is accepted with its own default, silently.
func TestDefaultsAreRightAndSilent(t *testing.T) {
	for _, d := range All() {
		if d.Default == "" {
			continue
		}
		s := New()
		if list := s.Set(d.Name, d.Default, diag.Span{}); len(list) != 0 {
			t.Errorf("%s: its own default %q gives %v", d.Name, d.Default, list)
		}
	}
}

func TestEverySettingOfLogstash(t *testing.T) {
	names := strings.Fields(`allow_superuser node.name path.config path.data config.string config.test_and_exit config.reload.automatic
		config.reload.interval ssl.reload.automatic config.support_escapes config.field_reference.escape_style metric.collect pipeline.id
		pipeline.system pipeline.workers pipeline.batch.size pipeline.batch.delay pipeline.batch.output_chunking.growth_threshold_factor
		pipeline.unsafe_shutdown pipeline.reloadable pipeline.recoverable pipeline.plugin_classloaders pipeline.separate_logs pipeline.ordered
		pipeline.ecs_compatibility path.plugins interactive config.debug log.level version help enable-local-plugin-development log.format
		log.format.json.fix_duplicate_message_fields api.enabled api.http.host api.http.port api.environment api.auth.type
		api.auth.basic.username api.auth.basic.password api.auth.basic.password_policy.mode api.auth.basic.password_policy.length.minimum
		api.auth.basic.password_policy.include.upper api.auth.basic.password_policy.include.lower
		api.auth.basic.password_policy.include.digit api.auth.basic.password_policy.include.symbol api.ssl.enabled api.ssl.keystore.path
		api.ssl.keystore.password api.ssl.supported_protocols pipeline.batch.metrics.sampling_mode queue.type queue.drain
		queue.page_capacity queue.max_bytes queue.max_events queue.checkpoint.acks queue.checkpoint.writes queue.checkpoint.interval
		queue.checkpoint.retry queue.compression dead_letter_queue.enable dead_letter_queue.max_bytes dead_letter_queue.flush_interval
		dead_letter_queue.flush_check_interval dead_letter_queue.storage_policy dead_letter_queue.retain.age slowlog.threshold.warn
		slowlog.threshold.info slowlog.threshold.debug slowlog.threshold.trace keystore.classname keystore.file monitoring.cluster_uuid
		pipeline.buffer.type otel.metrics.enabled otel.exporter.otlp.endpoint otel.metric.export.interval otel.exporter.otlp.protocol
		otel.exporter.otlp.headers otel.service.name otel.resource.attributes otel.exporter.otlp.certificate
		otel.exporter.otlp.client.key otel.exporter.otlp.client.certificate path.queue path.dead_letter_queue path.settings path.logs
		xpack.geoip.downloader.enabled xpack.geoip.downloader.endpoint xpack.geoip.downloader.poll.interval
		xpack.management.elasticsearch.hosts xpack.management.elasticsearch.password xpack.management.enabled
		xpack.management.logstash.poll_interval xpack.management.pipeline.id xpack.monitoring.allow_legacy_collection
		xpack.monitoring.elasticsearch.hosts`)
	for _, name := range names {
		if Lookup(name) == nil {
			t.Errorf("%s is not in the table", name)
		}
	}
	ofPipelines := strings.Fields(`config.debug config.support_escapes config.string dead_letter_queue.enable dead_letter_queue.flush_interval
		dead_letter_queue.flush_check_interval dead_letter_queue.max_bytes dead_letter_queue.storage_policy dead_letter_queue.retain.age
		metric.collect pipeline.plugin_classloaders path.config path.dead_letter_queue path.queue pipeline.batch.delay
		pipeline.batch.output_chunking.growth_threshold_factor pipeline.batch.metrics.sampling_mode pipeline.batch.size pipeline.id
		pipeline.reloadable pipeline.recoverable pipeline.system pipeline.workers pipeline.ordered pipeline.ecs_compatibility
		queue.checkpoint.acks queue.checkpoint.interval queue.checkpoint.writes queue.checkpoint.retry queue.compression queue.drain
		queue.max_bytes queue.max_events queue.page_capacity queue.type output.on_block output.spill.after output.spill.max_bytes
		output.spill.max_events path.spill queue.durability queue.min_free security.policy
		ruby.limits.depth ruby.limits.memory ruby.limits.steps ruby.limits.time`) // from output.on_block on they are not of Logstash
	if got := Names(true); len(got) != len(ofPipelines) {
		t.Errorf("%d settings can stand in pipelines.yml, want %d: %v", len(got), len(ofPipelines), got)
	}
	for _, name := range ofPipelines {
		if d := Lookup(name); d == nil || !d.Pipeline {
			t.Errorf("%s cannot stand in pipelines.yml", name)
		}
	}
}

func TestSettingsFile(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want string // part of the diagnostics; "" for none
		ok   func(*Settings) bool
	}{
		"flat":                {"pipeline.batch.size: 250", "", func(s *Settings) bool { return s.Int("pipeline.batch.size") == 250 }},
		"nested":              {"pipeline:\n  batch:\n    size: 250\n    delay: 5\n", "", func(s *Settings) bool { return s.Int("pipeline.batch.delay") == 5 }},
		"variable":            {"node.name: ${NAME}-1", "", func(s *Settings) bool { return s.String("node.name") == "sensor-1" }},
		"variable default":    {"pipeline.workers: ${WORKERS:3}", "", func(s *Settings) bool { return s.Int("pipeline.workers") == 3 }},
		"variable missing":    {"node.name: ${NOBODY}", "SL3006: node.name: the variable NOBODY has no value", nil},
		"variable in a list":  {"access.hosts: [\"a:1=${NAME}:2\"]", "", func(s *Settings) bool { return s.Strings("access.hosts")[0] == "a:1=sensor:2" }},
		"unknown":             {"pipeline.batch.sise: 1", "did you mean pipeline.batch.size?", nil},
		"wrong type":          {"pipeline.workers: many", `found "many" where a whole number was expected`, nil},
		"too small":           {"pipeline.workers: 0", "0 is too small", nil},
		"choice":              {"queue.type: persistent", "did you mean persisted?", nil},
		"old name":            {"http.port: 9700", "http.port is called api.http.port today", func(s *Settings) bool { a, b := s.Ports("api.http.port"); return a == 9700 && b == 9700 }},
		"no effect":           {"pipeline.plugin_classloaders: true", "SL3004", func(s *Settings) bool { return s.IsSet("pipeline.plugin_classloaders") }},
		"no effect, default":  {"metric.collect: true", "", nil},
		"always on":           {"ssl.reload.automatic: true", "", nil},
		"always on, off":      {"ssl.reload.automatic: false", "", nil},
		"gone":                {"modules: []", "modules have been removed", nil},
		"interval":            {"config.reload.interval: 500ms", "", func(s *Settings) bool { return s.Duration("config.reload.interval") == 500*time.Millisecond }},
		"interval, no unit":   {"config.reload.interval: 3", "write a time with its unit", nil},
		"ports":               {"api.http.port: 9600-9605", "", func(s *Settings) bool { a, b := s.Ports("api.http.port"); return a == 9600 && b == 9605 }},
		"protocols":           {"api.ssl.supported_protocols: [TLSv1.3, TLSv1.4]", `found "TLSv1.4"`, nil},
		"empty value":         {"path.logs:\n", "", func(s *Settings) bool { return !s.IsSet("path.logs") }},
		"not settings at all": {"- a\n- b\n", "where settings were expected", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, list := readYML(t, tc.text, map[string]string{"NAME": "sensor"})
			text := list.Text(diag.Plain)
			if tc.want == "" && text != "" || !strings.Contains(text, tc.want) {
				t.Errorf("got %q, want %q", text, tc.want)
			}
			if tc.ok != nil && !tc.ok(s) {
				t.Error("the value is not as expected")
			}
		})
	}
}

// One reason is told once, however many settings it is about.
func TestOneWarningForOneReason(t *testing.T) {
	_, list := readYML(t, "xpack.monitoring.enabled: true\nxpack.monitoring.elasticsearch.hosts: [\"http://a:9200\"]\nxpack.monitoring.elasticsearch.password: x\n", nil)
	if len(list) != 1 {
		t.Errorf("got %d warnings: %v", len(list), list)
	}
}

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"basic without a user":  {"api.auth.type: basic", "no api.auth.basic.username"},
		"weak password":         {"api.auth: {type: basic, basic: {username: a, password: abc}}", "SL3009: api.auth.basic.password needs at least 8 characters and an upper-case letter and a digit"},
		"weak password refused": {"api.auth: {type: basic, basic: {username: a, password: abc, password_policy.mode: ERROR}}", "SL3002"},
		"good password":         {"api.auth: {type: basic, basic: {username: a, password: Abcdefg1}}", ""},
		"TLS without anything":  {"api.ssl.enabled: true", "there is no certificate"},
		"pages":                 {"queue: {max_bytes: 1mb, page_capacity: 2mb}", "queue.page_capacity is larger than queue.max_bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			s, list := readYML(t, tc.text, nil)
			if len(list) > 0 {
				t.Fatal(list)
			}
			text := s.Validate().Text(diag.Plain)
			if tc.want == "" && text != "" || !strings.Contains(text, tc.want) {
				t.Errorf("got %q, want %q", text, tc.want)
			}
			if strings.Contains(text, "abc") {
				t.Errorf("the password is shown: %s", text)
			}
		})
	}
}

func TestPipelinesFile(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"variable":           {"- pipeline.id: ${ID:a}\n  path.config: ${NAME}/x.conf\n", ""},
		"nested":             {"- pipeline: {id: a, workers: 2}\n  path: {config: x}\n  queue:\n    type: persisted\n", ""},
		"no variable":        {"- pipeline.id: a\n  path.config: ${NOBODY}/x\n", "SL3006: path.config"},
		"general setting":    {"- pipeline.id: a\n  path.config: x\n  api.http.port: 1\n", "SL3003"},
		"typing mistake":     {"- pipeline.id: a\n  path.config: x\n  pipeline.worker: 1\n", "did you mean pipeline.workers?"},
		"reload per pipe":    {"- pipeline.id: a\n  path.config: x\n  config.reload.automatic: true\n", "warning SL3004: config.reload.automatic has no effect here"},
		"twice":              {"- path.config: x\n- path.config: y\n", "two pipelines with the id main"},
		"nothing to run":     {"- pipeline.id: a\n", "neither config.string nor path.config"},
		"old name in a pipe": {"- pipeline.id: a\n  path.config: x\n  http.port: 1\n", "there is no setting http.port"},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			s.Variables = func(name string) (string, bool) { return "dir", name == "NAME" }
			_, list := ReadPipelines(diag.NewSource("pipelines.yml", tc.text), s)
			text := list.Text(diag.Plain)
			if tc.want == "" && text != "" || !strings.Contains(text, tc.want) || len(list) > 1 {
				t.Errorf("got %q, want %q and nothing else", text, tc.want)
			}
		})
	}
}
