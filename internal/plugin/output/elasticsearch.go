package output

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/secret"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "elasticsearch",
		Doc: "Indexes events in Elasticsearch, with the bulk API, in an index or a data stream. What Elasticsearch cannot take now is sent again; " +
			"a document that it refuses goes to the dead letter queue with its answer, and never holds the others up.",
		Source: "https://www.elastic.co/guide/en/logstash/current/plugins-outputs-elasticsearch.html, logstash-output-elasticsearch 12.1",
		Examples: []plugin.Example{
			{Title: "An index a day", Config: `elasticsearch { hosts => ["http://localhost:9200"] index => "sensors-%{+YYYY.MM.dd}" }`},
			{Title: "A data stream", Config: `elasticsearch { hosts => ["http://localhost:9200"] data_stream => true data_stream_dataset => "suricata" ecs_compatibility => v8 }`},
		},
		New: func() plugin.Plugin { return &elastic{} },
	})
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "opensearch",
		Doc: "Indexes events in OpenSearch, with the bulk API. What OpenSearch cannot take now is sent again; " +
			"a document that it refuses goes to the dead letter queue with its answer, and never holds the others up.",
		Source:   "https://docs.opensearch.org/latest/tools/logstash/ship-to-opensearch/, logstash-output-opensearch 2.0",
		Examples: []plugin.Example{{Title: "An index a day", Config: `opensearch { hosts => ["http://localhost:9200"] index => "sensors-%{+YYYY.MM.dd}" }`}},
		New:      func() plugin.Plugin { return &elastic{openSearch: true} },
	})
}

// elastic is the output elasticsearch, and opensearch, which has grown out of it.
type elastic struct {
	plugin.OutputOptions
	upstream
	client     httpClient
	openSearch bool

	hosts         []string
	cloudID       string
	apiKey        secret.Text
	cloudAuth     secret.Text
	path          string
	bulkPath      string
	parameters    []plugin.TableEntry
	customHeaders []plugin.TableEntry
	compression   int
	oldCompress   bool
	bulkBytes     int64
	resurrect     time.Duration
	silenced      []string
	oldSilenced   []string
	dropTypes     []string
	dlqCodes      []int
	dlqIndexName  bool
	ecs           plugin.ECS

	documentOptions
	templateOptions
	dataStream

	nodes    nodes
	header   http.Header
	buffers  sync.Pool // *bulkBuffer
	setupMu  sync.Mutex
	ready    atomic.Bool
	bulkFile string // the path of bulk requests
}

// documentOptions say what becomes of an event.
type documentOptions struct {
	action, index, documentID, documentType event.Template
	routing, pipeline, version, versionType event.Template
	parent                                  event.Template
	joinField                               event.Ref
	upsert, script                          event.Template
	scriptType, scriptLang, scriptVar       string
	docAsUpsert, scriptedUpsert             bool
	retryOnConflict                         int
	dedupe                                  bool
}

func (o *elastic) Options() []plugin.Option {
	o.client.options() // for the defaults
	o.client.poolMax, o.client.poolMaxPerRoute, o.client.automaticRetries = 1000, 100, 1
	o.client.retryAnyMethod, o.client.cookies, o.client.validate = true, false, 10_000
	o.hosts = []string{"//127.0.0.1"}
	o.compression, o.bulkBytes, o.resurrect, o.dedupe = 1, 20<<20, 5*time.Second, true
	o.scriptType, o.scriptLang, o.scriptVar, o.retryOnConflict = "inline", "painless", "event", 1
	if o.openSearch {
		o.compression, o.bulkBytes = 0, 9<<20
	}
	common := slices.Concat(o.connectionOptions(), o.documentList(), o.templateList(), o.Common("plain"))
	if o.openSearch {
		return slices.Concat(common, o.onlyOpenSearch(), o.client.tls.Options(false),
			o.client.tls.Old("ssl", "ssl_certificate_verification", "cacert", "tls_certificate", "tls_key", "truststore", "truststore_password", "keystore", "keystore_password"))
	}
	return slices.Concat(common, o.onlyElasticsearch(), o.dataStreamOptions(), o.client.tls.Options(false),
		o.client.tls.Old("ssl", "ssl_certificate_verification", "cacert", "truststore", "truststore_password", "keystore", "keystore_password"))
}

func (o *elastic) connectionOptions() []plugin.Option {
	seconds := "seconds"
	return []plugin.Option{
		plugin.Strings("hosts", &o.hosts, "The servers, as URLs or `host:port`. Requests go round; a server that does not answer is left alone for a while."),
		plugin.String("user", &o.client.user, "The user name for basic authentication."),
		plugin.Password("password", &o.client.password, "The password that goes with it."),
		plugin.String("path", &o.path, "The path that the servers' API is under, where a proxy has moved it."),
		plugin.String("bulk_path", &o.bulkPath, "The path of bulk requests. By default `_bulk` under `path`."),
		plugin.Hash("parameters", &o.parameters, "Parameters for the URL of every request."),
		plugin.Hash("custom_headers", &o.customHeaders, "Header fields for every request."),
		plugin.Any("proxy", "text", &o.client.proxy, "The URL of a proxy."),
		plugin.Seconds("timeout", &o.client.requestTimeout, "Seconds that a request may take."),
		plugin.Int("pool_max", &o.client.poolMax, 1, 1<<16, "Connections that may be open at once."),
		plugin.Int("pool_max_per_route", &o.client.poolMaxPerRoute, 1, 1<<16, "Connections that may be open to one server at once."),
		plugin.Seconds("resurrect_delay", &o.resurrect, "Seconds for which a server that did not answer is left alone."),
		plugin.Bool("http_compression", &o.oldCompress, "Whether requests are compressed with gzip."),
		plugin.Strings("failure_type_logging_whitelist", &o.oldSilenced, "Types of errors that are not logged.").Deprecated("set silence_errors_in_log"),
		plugin.ECSOption(&o.ecs),
		plugin.Ignored("sniffing", "boolean", "the servers are those of hosts; list all that may be used."),
		plugin.Ignored("sniffing_delay", seconds, "the servers are those of hosts."),
		plugin.Ignored("sniffing_path", "text", "the servers are those of hosts."),
		plugin.Ignored("healthcheck_path", "text", "a server is tried again with the events themselves."),
		plugin.Int("validate_after_inactivity", &o.client.validate, -1, 1<<31-1, "Milliseconds without use after which a connection is checked before it is used; 0 for never."),
		plugin.Ignored("retry_initial_interval", seconds, "the pipeline decides when events are sent again."),
		plugin.Ignored("retry_max_interval", seconds, "the pipeline decides when events are sent again."),
	}
}

func (o *elastic) documentList() []plugin.Option {
	return []plugin.Option{
		plugin.Template("action", &o.action, "What is done with an event: `index`, `create`, `update` or `delete`; it may hold `%{field}`. By default `index`, and `create` for data streams."),
		plugin.Template("index", &o.index, "The index; it may hold `%{field}`. By default `ecs-logstash-%{+yyyy.MM.dd}`, or without ECS `logstash-%{+yyyy.MM.dd}`."),
		plugin.Template("document_id", &o.documentID, "The id of the document; it may hold `%{field}`. By default the server makes one."),
		plugin.Bool("dedupe", &o.dedupe, "Whether a document without `document_id` gets the event's own id (`[@metadata][_id]` when nobody has set it), so that an event that is sent twice, "+
			"after a lost answer or a restart, is one document. With a persisted queue the id is the same after a restart. Not in Logstash. It is not used for updates and deletes, for data streams of metrics, "+
			"and for events that filters made of several or of nothing."),
		plugin.Template("document_type", &o.documentType, "The type of the document, which only Elasticsearch 7 still knows.").Deprecated("types of documents do not exist any more"),
		plugin.Template("routing", &o.routing, "What decides about the shard; it may hold `%{field}`."),
		plugin.Template("pipeline", &o.pipeline, "The ingest pipeline; it may hold `%{field}`. An empty one is none."),
		plugin.Template("version", &o.version, "The version of the document; it may hold `%{field}`."),
		plugin.Template("version_type", &o.versionType, "The kind of version: `internal`, `external`, `external_gt`, `external_gte`, `force`."),
		plugin.Template("parent", &o.parent, "The id of the parent document; it may hold `%{field}`."),
		plugin.Ref("join_field", &o.joinField, "The join field, for documents with a parent."),
		plugin.Template("upsert", &o.upsert, "For updates: the document, as JSON, that is made where there is none."),
		plugin.Bool("doc_as_upsert", &o.docAsUpsert, "For updates: whether the event itself is the document that is made where there is none."),
		plugin.Template("script", &o.script, "For updates: the script, or its name."),
		plugin.Enum("script_type", &o.scriptType, []string{"inline", "indexed", "file"}, "What `script` holds: the script, its id, or its file."),
		plugin.String("script_lang", &o.scriptLang, "The language of the script. A stored one (`script_type => indexed`) has its own."),
		plugin.String("script_var_name", &o.scriptVar, "The name under which the script finds the event."),
		plugin.Bool("scripted_upsert", &o.scriptedUpsert, "Whether the script makes documents that are not there."),
		plugin.Int("retry_on_conflict", &o.retryOnConflict, 0, 1<<20, "How often the server itself tries an update again after a conflict."),
	}
}

func (o *elastic) onlyElasticsearch() []plugin.Option {
	return []plugin.Option{
		plugin.String("cloud_id", &o.cloudID, "The Cloud ID of Elastic Cloud, in place of `hosts`."),
		plugin.Password("cloud_auth", &o.cloudAuth, "User and password as `user:password`, in place of `user` and `password`."),
		plugin.Password("api_key", &o.apiKey, "An API key, as `id:key` or in its base64 form. It needs TLS."),
		plugin.Int("compression_level", &o.compression, 0, 9, "How requests are compressed with gzip: 0 not at all, 1 fastest, 9 smallest."),
		plugin.Strings("silence_errors_in_log", &o.silenced, "Types of errors that are not logged."),
		plugin.Strings("drop_error_types", &o.dropTypes, "Types of errors after which an event is dropped, not kept as a dead letter."),
		intList("dlq_custom_codes", &o.dlqCodes, "", "Further statuses, beside 400 and 404, after which an event becomes a dead letter."),
		plugin.Bool("dlq_on_failed_indexname_interpolation", &o.dlqIndexName, "Whether an event becomes a dead letter when a field in the name of its index is missing. "+
			"Otherwise the name keeps its `%{field}`, which Elasticsearch allows. In Logstash 8 the default is true."),
		plugin.Check("ca_trusted_fingerprint", "list of texts", "", "Not supported: give the CA itself.", func(s plugin.Setting) error {
			return fmt.Errorf("fingerprints of CAs are not supported: set ssl_certificate_authorities to the file of the CA")
		}),
	}
}

func (o *elastic) onlyOpenSearch() []plugin.Option {
	return []plugin.Option{
		plugin.Check("auth_type", "text or hash", `"basic"`, "How to log in; only `basic`, with `user` and `password`.", o.setAuthType),
		plugin.Bytes("target_bulk_bytes", &o.bulkBytes, "The size at which a bulk request is cut."),
		plugin.Bool("legacy_template", &o.legacyTemplate, "Whether the template is one of the old kind (`_template`)."),
		plugin.Ignored("default_server_major_version", "number", "one template fits all versions."),
	}
}

// setAuthType reads { type => "basic" user => … password => … }.
func (o *elastic) setAuthType(s plugin.Setting) error {
	kind := s.Text
	for _, e := range s.Table {
		switch e.Key {
		case "type":
			kind = e.Value.Flat()
		case "user":
			o.client.user = e.Value.Flat()
		case "password":
			o.client.password = secret.New(e.Value.Flat())
		}
	}
	if kind != "basic" {
		return fmt.Errorf("only the type basic is supported, not %q", kind)
	}
	return nil
}

var elasticActions = []string{"index", "create", "update", "delete"}

func (o *elastic) Open(env *plugin.Env) error {
	o.env = env
	o.ecs = o.ecs.Or(env.ECS)
	if _, err := o.Codec.Open(env); err != nil {
		return err
	}
	if env.IsSet("http_compression") && !env.IsSet("compression_level") {
		o.compression = 0
		if o.oldCompress {
			o.compression = 1
		}
	}
	if err := o.openDataStream(env); err != nil {
		return err
	}
	if err := o.checkActions(env); err != nil {
		return err
	}
	for _, code := range o.dlqCodes {
		if code == 400 || code == 404 || code == 409 || code == 200 || code == 201 {
			return env.Invalid("dlq_custom_codes", "remove it", "%d has its own meaning already", code)
		}
	}
	if err := o.openHosts(env); err != nil {
		return err
	}
	if err := o.openTemplate(env); err != nil {
		return err
	}
	o.silenced = append(o.silenced, o.oldSilenced...)
	o.client.socketTimeout = o.client.requestTimeout
	o.buffers.New = func() any { return new(bulkBuffer) }
	return o.client.open(env)
}

func (o *elastic) checkActions(env *plugin.Env) error {
	action := o.action.String()
	if action == "" {
		if env.IsSet("action") {
			return env.Invalid("action", "it can be index, create, update or delete", "there is no action")
		}
		action = "index"
		if o.streaming {
			action = "create"
		}
		o.action = event.ParseTemplate(action)
	}
	external := strings.HasPrefix(o.versionType.String(), "external")
	switch {
	case o.action.Static() && !slices.Contains(elasticActions, action):
		return env.Invalid("action", "it can be index, create, update or delete", "there is no action %q", action)
	case action == "update" && o.documentID.String() == "":
		return env.Invalid("action", "set document_id", "updates need to know the document's id")
	case o.docAsUpsert && o.scriptedUpsert:
		return env.Invalid("scripted_upsert", "remove one of them", "doc_as_upsert and scripted_upsert exclude each other")
	case external && o.version.String() == "":
		return env.Invalid("version_type", "set version", "external versions need a version number")
	case external && (action == "create" || action == "update"):
		return env.Invalid("version_type", "use the action index", "the action %s knows no external versions", action)
	}
	if o.versionType.Static() && !slices.Contains([]string{"", "internal", "external", "external_gt", "external_gte", "force"}, o.versionType.String()) {
		return env.Invalid("version_type", "it can be internal, external, external_gt, external_gte, force", "found %q", o.versionType.String())
	}
	return nil
}

// Close gives the connections back.
func (o *elastic) Close() error {
	o.client.close()
	return nil
}

// openHosts makes URLs of the hosts and puts the header fields together.
func (o *elastic) openHosts(env *plugin.Env) error {
	if o.cloudID != "" {
		if env.IsSet("hosts") {
			return env.Invalid("cloud_id", "remove one of them", "cloud_id and hosts exclude each other")
		}
		host, err := cloudHost(o.cloudID)
		if err != nil {
			return env.Invalid("cloud_id", "copy it from the console of Elastic Cloud", "%v", err)
		}
		o.hosts = []string{host}
	}
	ssl := env.IsSet("ssl_enabled") || env.IsSet("ssl")
	secure := true
	for _, text := range o.hosts {
		u, err := elasticURL(text, ssl && o.client.tls.Enabled)
		if err != nil {
			return env.Invalid("hosts", "write it as https://host:9200", "%v", err)
		}
		if ssl && o.client.tls.Enabled != (u.Scheme == "https") {
			return env.Invalid("hosts", "make the scheme of the URL and ssl_enabled say the same", "ssl_enabled is %v, but the URL is %s", o.client.tls.Enabled, u.Redacted())
		}
		secure = secure && u.Scheme == "https"
		if u.User != nil && o.client.user == "" {
			password, _ := u.User.Password()
			o.client.user, o.client.password = u.User.Username(), secret.New(password)
		}
		u.User = nil
		query := u.Query()
		for _, p := range o.parameters {
			for _, v := range p.Value.Texts() {
				query.Add(p.Key, v)
			}
		}
		u.RawQuery = query.Encode()
		if u.Path == "" || u.Path == "/" {
			u.Path = "/" + strings.Trim(o.path, "/")
		}
		u.Path = strings.TrimSuffix(u.Path, "/")
		o.nodes.all = append(o.nodes.all, &node{base: u})
	}
	o.nodes.delay = o.resurrect
	o.client.tls.Enabled = true // from here on the URLs say whether there is TLS
	o.name, o.plain = o.nodes.all[0].base.Host, o.nodes.all[0].base.Scheme == "http"
	o.bulkFile = "/_bulk"
	if o.bulkPath != "" {
		o.bulkFile = "/" + strings.Trim(o.bulkPath, "/")
		for _, n := range o.nodes.all {
			n.bulk = n.base.JoinPath()
			n.bulk.Path = o.bulkFile
		}
	}
	return o.openHeader(env, secure)
}

func (o *elastic) openHeader(env *plugin.Env, secure bool) error {
	ways := 0
	for _, given := range []bool{o.client.user != "" || o.client.password.IsSet(), o.cloudAuth.IsSet(), o.apiKey.IsSet()} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return env.Invalid("user", "give only one of user and password, cloud_auth, api_key", "there are several ways to log in")
	}
	if o.cloudAuth.IsSet() {
		user, password, ok := strings.Cut(o.cloudAuth.Reveal(), ":")
		if !ok || user == "" {
			return env.Invalid("cloud_auth", "write it as user:password", "this is no cloud_auth")
		}
		o.client.user, o.client.password = user, secret.New(password)
	}
	o.header = o.client.headers()
	o.header["User-Agent"] = []string{"sluice"}
	o.header["Accept-Encoding"] = []string{"gzip"}
	o.header["Content-Type"] = []string{"application/json"}
	if o.apiKey.IsSet() {
		if !secure {
			return env.Invalid("api_key", "use https:// in hosts", "an API key is only sent over TLS")
		}
		key := o.apiKey.Reveal()
		if strings.Contains(key, ":") {
			key = base64.StdEncoding.EncodeToString([]byte(key))
		}
		o.header["Authorization"] = []string{"ApiKey " + key}
	}
	for _, e := range o.customHeaders {
		if !headerField(e.Key, e.Value.Flat()) {
			return env.Invalid("custom_headers", "a name has letters, digits and dashes; a value is one line", "%q: %q is no header field", e.Key, e.Value.Flat())
		}
		o.header[http.CanonicalHeaderKey(e.Key)] = []string{e.Value.Flat()}
	}
	return nil
}

var hasScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// elasticURL reads a host as Logstash does: the scheme is http, the port 9200 by default.
func elasticURL(text string, secure bool) (*url.URL, error) {
	if !hasScheme.MatchString(text) {
		scheme := "http://"
		if secure {
			scheme = "https://"
		}
		text = scheme + strings.TrimPrefix(text, "//")
	}
	u, err := parseHTTPURL(text)
	if err != nil {
		return nil, err
	}
	if u.Port() == "" {
		u.Host += ":9200"
	}
	return u, nil
}

// cloudHost reads a Cloud ID: a label, a colon, and in base64 the domain and the names
// of the services, with $ between.
func cloudHost(id string) (string, error) {
	_, code, ok := strings.Cut(id, ":")
	if !ok {
		code = id
	}
	text, err := base64.StdEncoding.DecodeString(code)
	parts := strings.Split(string(text), "$")
	if err != nil || len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", fmt.Errorf("this is no Cloud ID")
	}
	domain, port, ok := strings.Cut(parts[0], ":")
	if !ok {
		port = "443"
	}
	name, own, ok := strings.Cut(parts[1], ":")
	if ok {
		port = own
	}
	return "https://" + name + "." + domain + ":" + port, nil
}

func (o *elastic) Write(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	defer o.watch()()
	if !o.ready.Load() {
		if a := o.setup(ctx); a.Verdict != plugin.Done {
			holdBack(answers, a)
			return
		}
	}
	o.bulk(ctx, events, answers)
}
