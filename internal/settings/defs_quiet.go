package settings

import "strings"

// The reasons why a setting does nothing here. One reason is told once, with all the
// settings that it is about.
const (
	java        = "it is about Java, which this program does not need"
	synced      = "a checkpoint that cannot be written is always tried again, with the next one"
	otlp        = "metrics are not sent by OpenTelemetry's protocol; let a collector scrape /metrics of the monitoring API"
	central     = "pipelines are not fetched from Elasticsearch; Fleet Management (sluice fleet) is for many machines"
	shipped     = "this program does not send its own state to Elasticsearch; Metricbeat, or a Prometheus scraper, fetches it from the monitoring API"
	databases   = "GeoIP databases are not downloaded; name one with the option database of the geoip filter"
	lettersSync = "a dead letter is on disk before its event counts as dealt with"
)

// withoutMeaning are settings that are accepted and do nothing.
var withoutMeaning = join([]Def{
	{Name: "help", Type: Bool, Default: "false", NoEffect: "it is a flag, --help", Doc: "Show the help."},
	{Name: "enable-local-plugin-development", Type: Bool, Default: "false", Flag: "enable-local-plugin-development", NoEffect: "plugins written in Ruby or Java cannot be loaded", Doc: "For those who write plugins in Ruby."},
	{Name: "pipeline.plugin_classloaders", Type: Bool, Default: "false", Flag: "plugin-classloaders", Pipeline: true, NoEffect: java, Doc: "Whether Java plugins are kept apart."},
	{Name: "pipeline.buffer.type", Type: String, Default: "heap", Values: []string{"direct", "heap"}, NoEffect: java, Doc: "Which memory of Java is used."},
	{Name: "keystore.classname", Type: String, Default: "org.logstash.secret.store.backend.JavaKeyStore", NoEffect: java, Doc: "Which Java class reads the keystore."},
	{Name: "ssl.reload.automatic", Type: Bool, Default: "false", AlwaysOn: true, NoEffect: "certificates that change on disk are always taken over", Doc: "Whether certificates are read again when they change. They always are."},
	{Name: "log.format.json.fix_duplicate_message_fields", Type: Bool, Default: "true", Flag: "log.format.json.fix_duplicate_message_fields", FlagValue: true, NoEffect: "the fields of a log line never collide", Doc: "Whether fields of JSON log lines that collide are renamed. They always are."},
	{Name: "metric.collect", Type: Bool, Default: "true", Pipeline: true, NoEffect: "counting costs next to nothing and is always on", Doc: "Whether events are counted. They always are."},
	{Name: "pipeline.batch.output_chunking.growth_threshold_factor", Type: Int, Default: "1000", Min: 1, Flag: "pipeline.batch.output_chunking.growth_threshold_factor", Pipeline: true, NoEffect: "outputs cut what they are given to what their destination takes", Doc: "When a batch that filters have made larger is cut for the outputs."},
	{Name: "pipeline.recoverable", Type: String, Default: "false", Values: []string{"auto", "true", "false"}, Pipeline: true, NoEffect: "a failing plugin never ends its pipeline; inputs are started again, outputs try again", Doc: "Whether a pipeline that has crashed is started again."},
	{Name: "queue.checkpoint.retry", Type: Bool, Default: "true", Pipeline: true, AlwaysOn: true, NoEffect: synced, Doc: "Whether a checkpoint that cannot be written is tried again. It always is."},
	{Name: "dead_letter_queue.flush_interval", Type: Int, Default: "5000", Min: 1000, Pipeline: true, NoEffect: lettersSync, Doc: "After how many milliseconds dead letters are written."},
	{Name: "dead_letter_queue.flush_check_interval", Type: Int, Default: "1000", Min: 1, Pipeline: true, NoEffect: lettersSync, Doc: "How often it is looked whether dead letters are to be written."},
	{Name: "otel.metrics.enabled", Type: Bool, Default: "false", NoEffect: otlp, Doc: "Whether metrics are sent by OTLP."},
	{Name: "otel.exporter.otlp.endpoint", Type: String, Default: "http://localhost:4317", NoEffect: otlp, Doc: "Where metrics are sent."},
	{Name: "otel.metric.export.interval", Type: Duration, Default: "10s", NoEffect: otlp, Doc: "How often metrics are sent."},
	{Name: "otel.exporter.otlp.protocol", Type: String, Default: "grpc", Values: []string{"grpc", "http"}, NoEffect: otlp, Doc: "How metrics are sent."},
	{Name: "otel.exporter.otlp.headers", Type: Password, NoEffect: otlp, Doc: "What is sent along with metrics."},
	{Name: "otel.service.name", Type: String, NoEffect: otlp, Doc: "The name under which metrics are sent."},
	{Name: "otel.resource.attributes", Type: String, NoEffect: otlp, Doc: "What is said about the sender of metrics."},
	{Name: "otel.exporter.otlp.certificate", Type: Path, NoEffect: otlp, Doc: "The CA of the receiver of metrics."},
	{Name: "otel.exporter.otlp.client.key", Type: Path, NoEffect: otlp, Doc: "The key for sending metrics."},
	{Name: "otel.exporter.otlp.client.certificate", Type: Path, NoEffect: otlp, Doc: "The certificate for sending metrics."},
	{Name: "event_api.tags.illegal", Type: String, Default: "rename", Values: []string{"rename", "warn"}, NoEffect: "a field tags that is no list of texts is always renamed to _tags, as in Logstash", Doc: "What happens to a field tags that is no list of texts."},
}, xpack())

// xpack are the settings of Elastic's own features, of Logstash 7 to 9.
func xpack() []Def {
	var all []Def
	add := func(prefix, why, names string) {
		for name := range strings.FieldsSeq(names) {
			d := Def{Name: prefix + name, Type: String, NoEffect: why, Doc: "A setting of an Elastic feature."}
			switch {
			case strings.HasSuffix(name, "hosts"), strings.HasSuffix(name, "cipher_suites"), strings.HasSuffix(name, "pipeline.id"):
				d.Type = Strings
			case strings.HasSuffix(name, "password"), strings.HasSuffix(name, "cloud_auth"), strings.HasSuffix(name, "api_key"):
				d.Type = Password
			case strings.HasSuffix(name, "enabled"), name == "allow_legacy_collection":
				d.Type, d.Default = Bool, "false"
			}
			all = append(all, d)
		}
	}
	const elasticsearch = " elasticsearch.api_key elasticsearch.cloud_auth elasticsearch.cloud_id elasticsearch.hosts elasticsearch.password" +
		" elasticsearch.proxy elasticsearch.sniffing elasticsearch.ssl.ca_trusted_fingerprint elasticsearch.ssl.certificate" +
		" elasticsearch.ssl.certificate_authority elasticsearch.ssl.cipher_suites elasticsearch.ssl.key elasticsearch.ssl.keystore.password" +
		" elasticsearch.ssl.keystore.path elasticsearch.ssl.truststore.password elasticsearch.ssl.truststore.path" +
		" elasticsearch.ssl.verification_mode elasticsearch.username"
	add("xpack.management.", central, "enabled logstash.poll_interval pipeline.id"+elasticsearch)
	add("xpack.monitoring.", shipped, "enabled allow_legacy_collection collection.interval collection.timeout_interval"+
		" collection.pipeline.details.enabled collection.config.enabled"+elasticsearch+" elasticsearch.url elasticsearch.ssl.ca")
	add("xpack.geoip.", databases, "downloader.enabled downloader.endpoint downloader.poll.interval download.endpoint")
	add("xpack.", "there are no such features in this program", "telemetry.enabled security.enabled")
	return all
}

// oldNames are names that settings had in Logstash 7 and 8.
var oldNames = map[string]string{
	"http.enabled": "api.enabled", "http.host": "api.http.host", "http.port": "api.http.port", "http.environment": "api.environment",
	"path.log": "path.logs", "config.reload": "config.reload.automatic",
}

// gone are settings that Logstash has removed, and what to do instead.
var gone = map[string]string{
	"modules":    "modules have been removed from Logstash 9; write their pipeline as a configuration",
	"cloud.id":   "set cloud_id in the elasticsearch output",
	"cloud.auth": "set cloud_auth in the elasticsearch output",
}
