package settings

// table is the one list of settings. Source: Logstash 9.6, environment.rb and its page
// "logstash.yml"; where the default is another one than Logstash's, Theirs says so.
var table = join(general, onePipeline, queues, monitoring, withoutMeaning, ours)

func join(parts ...[]Def) []Def {
	var all []Def
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// general are the settings of the whole program.
var general = []Def{
	{Name: "node.name", Type: String, Flag: "node.name", Short: "n", Doc: "The name of this instance. The default is the machine's name."},
	{Name: "allow_superuser", Type: Bool, Default: "true", Theirs: "false", Doc: "Whether the program may run as root."},
	{Name: "path.settings", Type: Path, Flag: "path.settings", Doc: "The folder of logstash.yml, pipelines.yml and the keystore. The environment variable LS_SETTINGS_DIR names it, too."},
	{Name: "path.data", Type: Path, Default: "data", Flag: "path.data", Doc: "The folder for everything that is kept: queues, dead letters, positions in files."},
	{Name: "path.logs", Type: Path, Flag: "path.logs", Short: "l", Doc: "A folder to write the log to as well: logstash-plain.log, or logstash-json.log."},
	{Name: "path.plugins", Type: Strings, Flag: "path.plugins", Short: "p", NoEffect: "plugins written in Ruby or Java cannot be loaded; all plugins are in the program (sluice plugins)", Doc: "Where plugins of one's own are."},
	{Name: "config.test_and_exit", Type: Bool, Default: "false", Flag: "config.test_and_exit", Short: "t", Doc: "Check the configuration and exit: 0 if it can run."},
	{Name: "config.reload.automatic", Type: Bool, Default: "false", Flag: "config.reload.automatic", Short: "r", Doc: "Look at the configuration again and again, and take it over when it has changed. SIGHUP does that once, at any time."},
	{Name: "config.reload.interval", Type: Duration, Default: "3s", Min: 1e6, Flag: "config.reload.interval", Doc: "How often the configuration is looked at."},
	{Name: "config.debug", Type: Bool, Default: "false", Flag: "config.debug", Pipeline: true, Doc: "Whether the configuration is logged, at log.level debug. Values of options that are secrets are left out."},
	{Name: "config.field_reference.escape_style", Type: String, Default: "none", Values: []string{"none"}, Flag: "field-reference-escape-style", Doc: "How brackets in field names are written in field references. Only none is available."},
	{Name: "interactive", Type: String, Flag: "interactive", Short: "i", Refuse: "there is no Ruby shell in this program; leave the setting out", Doc: "A Ruby shell. Refused."},
	{Name: "version", Type: Bool, Default: "false", Flag: "version", Short: "V", Doc: "Show the version and exit."},
	{Name: "log.level", Type: String, Default: "info", Values: []string{"fatal", "error", "warn", "info", "debug", "trace"}, Flag: "log.level", Doc: "What is logged: messages of this level and worse ones."},
	{Name: "log.format", Type: String, Default: "plain", Values: []string{"plain", "json"}, Flag: "log.format", Doc: "How log lines look."},
	{Name: "slowlog.threshold.warn", Type: Duration, Default: "-1", Doc: "Events that keep a filter busy for longer are logged as warnings, in logstash-slowlog-plain.log in path.logs. -1 is never. Measuring costs some 100 ns for each event and filter."},
	{Name: "slowlog.threshold.info", Type: Duration, Default: "-1", Doc: "The same with the level info."},
	{Name: "slowlog.threshold.debug", Type: Duration, Default: "-1", Doc: "The same with the level debug."},
	{Name: "slowlog.threshold.trace", Type: Duration, Default: "-1", Doc: "The same with the level trace."},
	{Name: "keystore.file", Type: Path, Doc: "The keystore. The default is sluice.keystore in path.settings."},
}

// onePipeline are the settings of one pipeline.
var onePipeline = []Def{
	{Name: "path.config", Type: Path, Flag: "path.config", Short: "f", Pipeline: true, Doc: "The pipeline's configuration: a file, a folder or a pattern. All files together make one pipeline."},
	{Name: "config.string", Type: String, Flag: "config.string", Short: "e", Pipeline: true, Doc: "The pipeline's configuration as text. A missing input is stdin, a missing output is stdout."},
	{Name: "config.support_escapes", Type: Bool, Default: "false", Pipeline: true, Doc: "Whether \\n, \\t, \\\" and the like in quoted strings mean what they mean elsewhere."},
	{Name: "pipeline.id", Type: String, Default: "main", Flag: "pipeline.id", Pipeline: true, Doc: "The name of the pipeline."},
	{Name: "pipeline.workers", Type: Int, Min: 1, Flag: "pipeline.workers", Short: "w", Pipeline: true, Doc: "How many workers take events through filters and outputs at the same time. The default is the number of processors."},
	{Name: "pipeline.batch.size", Type: Int, Default: "125", Min: 1, Flag: "pipeline.batch.size", Short: "b", Pipeline: true, Doc: "How many events a worker takes at once."},
	{Name: "pipeline.batch.delay", Type: Int, Default: "50", Flag: "pipeline.batch.delay", Short: "u", Pipeline: true, Doc: "How many milliseconds a worker waits for a batch to become full."},
	{Name: "pipeline.batch.metrics.sampling_mode", Type: String, Default: "minimal", Values: []string{"disabled", "minimal", "full"}, Pipeline: true, Doc: "How often the size of a batch in bytes is measured for the monitoring API: never, for one batch of 100, for every batch."},
	{Name: "pipeline.ordered", Type: String, Default: "auto", Values: []string{"auto", "true", "false"}, Flag: "pipeline.ordered", Pipeline: true, Doc: "Whether events leave in the order in which they came: true needs one worker; auto does so if there is one."},
	{Name: "pipeline.ecs_compatibility", Type: String, Default: "v8", Values: []string{"disabled", "v1", "v8"}, Flag: "pipeline.ecs_compatibility", Pipeline: true, Doc: "How plugins name the fields they make: as they always did, or by the Elastic Common Schema."},
	{Name: "pipeline.unsafe_shutdown", Type: Bool, Default: "false", Flag: "pipeline.unsafe_shutdown", Doc: "Whether to exit at once when asked to, though events in memory have not been delivered."},
	{Name: "ruby.limits.steps", Type: Int, Default: "10000000", Min: 1000, Pipeline: true, Doc: "How many steps (calls, rounds of loops, parts of a match) the code of a ruby filter may take for one event. An event that needs more goes to the dead letter queue."},
	{Name: "ruby.limits.memory", Type: Bytes, Default: "256mb", Min: 1 << 20, Pipeline: true, Doc: "How much memory the code of a ruby filter may fill for one event."},
	{Name: "ruby.limits.time", Type: Duration, Default: "10s", Min: 1e6, Pipeline: true, Doc: "How long the code of a ruby filter may take for one event."},
	{Name: "ruby.limits.depth", Type: Int, Default: "2000", Min: 10, Pipeline: true, Doc: "How deep calls of the code of a ruby filter may nest, at most 10000. Deeper ones raise SystemStackError, which code can rescue."},
	{Name: "pipeline.reloadable", Type: Bool, Default: "true", Pipeline: true, Doc: "Whether a changed configuration of the pipeline may be taken over while it runs."},
	{Name: "pipeline.system", Type: Bool, Default: "false", Pipeline: true, Doc: "Whether the pipeline only serves others: the program ends when all pipelines that are not of this kind have ended."},
	{Name: "pipeline.separate_logs", Type: Bool, Default: "false", Doc: "Whether every pipeline has a log file of its own in path.logs: pipeline_ID.log."},
}

// queues are the settings of what waits on disk.
var queues = []Def{
	{Name: "queue.type", Type: String, Default: "memory", Values: []string{"memory", "persisted"}, Pipeline: true, Doc: "Where events wait between inputs and workers: in memory, where a crash loses them, or on disk."},
	{Name: "path.queue", Type: Path, Pipeline: true, Doc: "The folder of persisted queues. The default is queue in path.data."},
	{Name: "queue.page_capacity", Type: Bytes, Default: "64mb", Pipeline: true, Doc: "The size of one file of a persisted queue; at most queue.max_bytes."},
	{Name: "queue.max_bytes", Type: Bytes, Default: "1024mb", Pipeline: true, Doc: "How much disk a persisted queue may use, all its files together. A full queue pushes back on the inputs."},
	{Name: "queue.min_free", Type: Bytes, Default: "64mb", Pipeline: true, Doc: "How much of its disk a persisted queue, or what waits for an output, leaves free for others: the dead letter queue, logs, the system. With less, the inputs wait. (Not in Logstash.)"},
	{Name: "queue.max_events", Type: Int, Default: "0", Pipeline: true, Doc: "How many events that no worker has taken yet a persisted queue may hold; 0 is no limit."},
	{Name: "queue.drain", Type: Bool, Default: "false", Pipeline: true, Doc: "Whether to deliver everything in a persisted queue before exiting."},
	{Name: "queue.compression", Type: String, Default: "none", Values: []string{"none", "speed", "balanced", "size", "disabled"}, Pipeline: true, Doc: "Whether a persisted queue is compressed (zstd), and how hard."},
	{Name: "queue.durability", Type: String, Default: "strict", Values: []string{"strict", "relaxed"}, Pipeline: true, Doc: "When an event in a persisted queue counts as safe: once it has been synced to disk (strict), or once it has been written, with a sync as often as queue.checkpoint.writes and queue.checkpoint.interval say (relaxed). With relaxed, events that were acknowledged since the last sync are lost when the power fails or the system crashes, not when only the program is killed; the condition queue-relaxed says so while the pipeline runs. Logstash's queue is always of the relaxed kind."},
	{Name: "queue.checkpoint.acks", Type: Int, Default: "1024", Pipeline: true, Doc: "After how many delivered events a persisted queue syncs what it knows about deliveries. Power loss repeats at most that many; nothing is lost. 0 is no such limit."},
	{Name: "queue.checkpoint.writes", Type: Int, Default: "1024", Pipeline: true, Doc: "With queue.durability: relaxed, after how many events the queue is synced: power loss takes fewer than that many. 0 is no such limit. Without relaxed every event is synced before its sender is told so, and this setting changes nothing."},
	{Name: "queue.checkpoint.interval", Type: Int, Default: "1000", Pipeline: true, Doc: "After how many milliseconds at the latest a persisted queue syncs what it knows about deliveries, and with queue.durability: relaxed the events. 0 is no such limit."},
	{Name: "dead_letter_queue.enable", Type: Bool, Default: "true", Theirs: "false", Pipeline: true, Doc: "Whether events that cannot be delivered are kept in the dead letter queue. Without it they are dropped and counted."},
	{Name: "path.dead_letter_queue", Type: Path, Pipeline: true, Doc: "The folder of dead letter queues. The default is dead_letter_queue in path.data."},
	{Name: "dead_letter_queue.max_bytes", Type: Bytes, Default: "1024mb", Pipeline: true, Doc: "How much disk a dead letter queue may use."},
	{Name: "dead_letter_queue.storage_policy", Type: String, Default: "drop_newer", Values: []string{"drop_newer", "drop_older"}, Pipeline: true, Doc: "What a full dead letter queue does: refuse new events, or remove the oldest ones."},
	{Name: "dead_letter_queue.retain.age", Type: Duration, Min: 1e9, Pipeline: true, Doc: "How long dead letters are kept: 7d, 12h. The default is as long as there is room."},
}

// monitoring are the settings of the monitoring API.
var monitoring = []Def{
	{Name: "api.enabled", Type: Bool, Default: "true", Flag: "api.enabled", FlagValue: true, Doc: "Whether the monitoring API listens."},
	{Name: "api.http.host", Type: String, Default: "127.0.0.1", Flag: "api.http.host", Doc: "The address on which the monitoring API listens."},
	{Name: "api.http.port", Type: Ports, Default: "9600-9700", Flag: "api.http.port", Doc: "The port of the monitoring API; of a range the first that is free."},
	{Name: "api.environment", Type: String, Default: "production", Doc: "A text that the monitoring API shows as http.environment, when it is set."},
	{Name: "api.auth.type", Type: String, Default: "none", Values: []string{"none", "basic"}, Doc: "Whether the monitoring API asks for a user name and a password."},
	{Name: "api.auth.basic.username", Type: String, Doc: "The user name for api.auth.type: basic."},
	{Name: "api.auth.basic.password", Type: Password, Doc: "The password for api.auth.type: basic."},
	{Name: "api.auth.basic.password_policy.mode", Type: String, Default: "WARN", Values: []string{"WARN", "ERROR"}, Doc: "Whether a weak password is a warning or an error."},
	{Name: "api.auth.basic.password_policy.length.minimum", Type: Int, Default: "8", Min: 5, Doc: "How many characters the password needs."},
	{Name: "api.auth.basic.password_policy.include.upper", Type: String, Default: "REQUIRED", Values: []string{"REQUIRED", "OPTIONAL"}, Doc: "Whether the password needs an upper-case letter."},
	{Name: "api.auth.basic.password_policy.include.lower", Type: String, Default: "REQUIRED", Values: []string{"REQUIRED", "OPTIONAL"}, Doc: "Whether the password needs a lower-case letter."},
	{Name: "api.auth.basic.password_policy.include.digit", Type: String, Default: "REQUIRED", Values: []string{"REQUIRED", "OPTIONAL"}, Doc: "Whether the password needs a digit."},
	{Name: "api.auth.basic.password_policy.include.symbol", Type: String, Default: "OPTIONAL", Values: []string{"REQUIRED", "OPTIONAL"}, Doc: "Whether the password needs a character that is neither letter nor digit."},
	{Name: "api.ssl.enabled", Type: Bool, Default: "false", Doc: "Whether the monitoring API speaks TLS. It needs api.ssl.certificate and api.ssl.key, or api.ssl.keystore.path."},
	{Name: "api.ssl.certificate", Type: Path, Doc: "The certificate of the monitoring API and the intermediate certificates behind it, as PEM. (Not in Logstash.)"},
	{Name: "api.ssl.key", Type: Path, Doc: "The key of the certificate, as PEM. (Not in Logstash.)"},
	{Name: "api.ssl.keystore.path", Type: Path, Doc: "A PKCS#12 file with the certificate and its key. Files in Java's own format, JKS, are not read."},
	{Name: "api.ssl.keystore.password", Type: Password, Doc: "The password of api.ssl.keystore.path."},
	{Name: "api.ssl.supported_protocols", Type: Strings, Values: []string{"TLSv1.2", "TLSv1.3"}, Doc: "The versions of TLS that the monitoring API allows. By default both."},
	{Name: "monitoring.cluster_uuid", Type: String, Doc: "The id of the Elasticsearch cluster with which Metricbeat is to show this instance."},
}

// ours are settings that Logstash does not have.
var ours = []Def{
	{Name: "security.policy", Type: Path, Flag: "security.policy", Pipeline: true, Doc: "A file that lists the paths, hosts and variables that pipelines may use; everything else is denied. `open` is no limits, `closed` allows nothing. (Not in Logstash.)"},
	{Name: "output.on_block", Type: String, Default: "spill", Values: []string{"spill", "wait"}, Pipeline: true, Doc: "What becomes of the other outputs of a pipeline while one of them does not take events. spill: they go on, and what the blocked one misses waits for it on disk. wait: they wait, as in Logstash. A pipeline with one output always waits. (Not in Logstash.)"},
	{Name: "output.spill.after", Type: Duration, Default: "5s", Min: 1e7, Pipeline: true, Doc: "How long an output may take for one attempt before the others go on without it. One that is known to be slow gets twice the time that it needs. (Not in Logstash.)"},
	{Name: "output.spill.max_bytes", Type: Bytes, Default: "1024mb", Pipeline: true, Doc: "How much disk the spill of one output may use. A full spill makes the others wait. (Not in Logstash.)"},
	{Name: "output.spill.max_events", Type: Int, Default: "0", Pipeline: true, Doc: "How many events the spill of one output may hold; 0 is no limit. (Not in Logstash.)"},
	{Name: "path.spill", Type: Path, Pipeline: true, Doc: "The folder of what outputs have missed. The default is spill in path.data. (Not in Logstash.)"},
	{Name: "access.paths", Type: Strings, Doc: "Where paths in pipelines really are, for running a configuration unmodified elsewhere: `/etc/logstash=./test`. (Not in Logstash.)"},
	{Name: "access.hosts", Type: Strings, Doc: "Where hosts and ports in pipelines really are: `siem.example.net:8899=127.0.0.1:18899`. Names in certificates are still checked against the configured name. (Not in Logstash.)"},
}
