package output

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest/searchnode"
)

// typeOf returns the type that a field has in the first index of a name.
func typeOf(t testing.TB, n *searchnode.Node, index, field string) string {
	t.Helper()
	var answer map[string]struct {
		Mappings map[string]struct {
			Mapping map[string]struct{ Type string }
		}
	}
	if err := json.Unmarshal([]byte(n.Must(t, "GET", "/"+index+"/_mapping/field/"+field, "")), &answer); err != nil {
		t.Fatal(err)
	}
	for _, i := range answer {
		for _, f := range i.Mappings {
			for _, m := range f.Mapping {
				return m.Type
			}
		}
	}
	return ""
}

// TestPeerTemplates: the template that comes along, one of the user's, and none.
func TestPeerTemplates(t *testing.T) {
	own := filepath.Join(t.TempDir(), "template.json")
	if err := os.WriteFile(own, []byte(`{"index_patterns":["own-*"],"mappings":{"properties":{"n":{"type":"keyword"}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(t.TempDir(), "template.json")
	if err := os.WriteFile(newer, []byte(`{"index_patterns":["newer-*"],"priority":300,"template":{"mappings":{"properties":{"n":{"type":"keyword"}}}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	const document = `{"@timestamp":"2021-03-04T14:35:33.946Z","n":1,"message":"m","name":"x","source":{"ip":"10.0.0.1","geo":{"location":{"lat":1,"lon":2}}},"geoip":{"location":{"lat":1,"lon":2}}}`
	tests := []struct {
		name, options string
		ecs           plugin.ECS
		peers         []searchPeer
		index         string
		types         string // field=type …
		path          string // the template
	}{
		{"without ECS", `index => "logstash-%{+YYYY.MM.dd}"`, plugin.ECSDisabled, searchPeers, "logstash-2021.03.04", "message=text name=text name.keyword=keyword geoip.location=geo_point @timestamp=date n=long", "logstash"},
		{"ECS", `index => "ecs-logstash-%{+YYYY.MM.dd}"`, plugin.ECSV8, searchPeers, "ecs-logstash-2021.03.04", "message=text name=keyword source.ip=ip source.geo.location=geo_point", "ecs-logstash"},
		{"one's own", `index => "own-1" template => "` + own + `" template_name => "own"`, plugin.ECSDisabled, []searchPeer{ofOpenSearch, ofElasticsearch}, "own-1", "n=keyword", "own"},
		{"one's own, composable", `index => "newer-1" template => "` + newer + `" template_name => "newer" legacy_template => false`, plugin.ECSDisabled, []searchPeer{ofOpenSearch}, "newer-1", "n=keyword", "newer"},
		{"one's own, composable", `index => "newer-2" template => "` + newer + `" template_name => "newer" template_api => composable template_overwrite => true`, plugin.ECSDisabled, []searchPeer{ofElasticsearch, ofBoth}, "newer-2", "n=keyword", "newer"},
		{"none", `index => "none-1" manage_template => false`, plugin.ECSDisabled, searchPeers, "none-1", "n=long", ""},
	}
	for _, tt := range tests {
		for _, p := range tt.peers {
			t.Run(tt.name+"/"+p.output+" at "+string(p.kind), func(t *testing.T) {
				n := searchnode.Shared(t, p.kind)
				n.Do(t, "DELETE", "/"+tt.index, "")
				for range 2 { // the second time all is there already
					o, env := peerOutput(t, n, p.output, tt.options, tt.ecs)
					if a := netWrite(t, o, document); verdicts(a) != "." || codes(env.Conditions) != "" {
						t.Fatalf("%+v %s", a, codes(env.Conditions))
					}
				}
				for _, pair := range strings.Fields(tt.types) {
					field, want, _ := strings.Cut(pair, "=")
					if got := typeOf(t, n, tt.index, field); got != want {
						t.Errorf("%s has the type %q, want %q", field, got, want)
					}
				}
				if tt.path != "" {
					old, _ := n.Do(t, "GET", "/_template/"+tt.path, "")
					composable, _ := n.Do(t, "GET", "/_index_template/"+tt.path, "")
					if old != 200 && composable != 200 {
						t.Errorf("there is no template %s", tt.path)
					}
				}
			})
		}
	}
}

// TestPeerDataStreams: `create` goes into a data stream, `index` is refused with the reason.
func TestPeerDataStreams(t *testing.T) {
	n := searchnode.Shared(t, searchnode.OpenSearch)
	n.Must(t, "PUT", "/_index_template/streams", `{"index_patterns":["stream-*","logs-*-*"],"priority":500,"data_stream":{"timestamp_field":{"name":"@timestamp"}}}`)
	const document = `{"@timestamp":"2021-03-04T14:35:33.946Z","n":1}`
	tests := []struct {
		output, options string
		ecs             plugin.ECS
		event           string
		want, reason    string
		stream          string
		documents       int
	}{
		{"opensearch", `index => "stream-a" action => create`, plugin.ECSDisabled, document, ".", "", "stream-a", 1},
		{"opensearch", `index => "stream-a" action => create document_id => "1"`, plugin.ECSDisabled, document, ".", "", "stream-a", 2},
		{"opensearch", `index => "stream-a" action => create document_id => "1"`, plugin.ECSDisabled, document, ".", "", "stream-a", 2},
		{"opensearch", `index => "stream-a"`, plugin.ECSDisabled, document, "x", "only write ops with an op_type of create are allowed in data streams", "stream-a", 2},
		{"opensearch", `index => "stream-a" action => create`, plugin.ECSDisabled, `{"n":1}`, "x", "documents must contain a single-valued timestamp field '@timestamp'", "stream-a", 2},
		{"elasticsearch", ``, plugin.ECSV8, document, ".", "", "logs-generic-default", 1},
		{"elasticsearch", `data_stream => true data_stream_dataset => "suricata" data_stream_namespace => "lab"`, plugin.ECSV8, document, ".", "", "logs-suricata-lab", 1},
		{"elasticsearch", `data_stream => true`, plugin.ECSV8, `{"@timestamp":"2021-03-04T14:35:33.946Z","data_stream":{"dataset":"zeek"}}`, ".", "", "logs-zeek-default", 1},
		{"elasticsearch", `data_stream => true`, plugin.ECSV8, `{"@timestamp":"2021-03-04T14:35:33.946Z","data_stream":{"dataset":"UPPER"}}`, "x", "400", "", 0},
	}
	for _, tt := range tests {
		o, env := peerOutput(t, n, tt.output, tt.options, tt.ecs)
		a := netWrite(t, o, tt.event)
		if verdicts(a) != tt.want || !strings.Contains(a[0].Reason+a[0].Body, tt.reason) || codes(env.Conditions) != "" {
			t.Errorf("%s %s: %+v %s", tt.options, tt.event, a, codes(env.Conditions))
		}
		if tt.stream == "" {
			continue
		}
		if got := n.Count(t, tt.stream); got != tt.documents {
			t.Errorf("%s: %s has %d documents, want %d", tt.options, tt.stream, got, tt.documents)
		}
		if status, _ := n.Do(t, "GET", "/_data_stream/"+tt.stream, ""); status != 200 {
			t.Errorf("%s is no data stream", tt.stream)
		}
	}
}

// TestPeerDefaults: an output with nothing but its host.
func TestPeerDefaults(t *testing.T) {
	for _, p := range searchPeers {
		for ecs, index := range map[plugin.ECS]string{plugin.ECSDisabled: "logstash-2021.03.04", plugin.ECSV8: "ecs-logstash-2021.03.04"} {
			if ecs == plugin.ECSV8 && p.output == "elasticsearch" {
				index = "logs-generic-default"
			}
			t.Run(p.output+" at "+string(p.kind)+" "+index, func(t *testing.T) {
				n := searchnode.Shared(t, p.kind)
				for _, i := range strings.Fields(n.Must(t, "GET", "/_cat/indices/logstash-*,ecs-logstash-*?h=index", "")) {
					n.Must(t, "DELETE", "/"+i, "")
				}
				before := n.Count(t, index)
				o, env := peerOutput(t, n, p.output, "", ecs)
				a := netWrite(t, o, `{"@timestamp":"2021-03-04T14:35:33.946Z","n":1}`)
				if verdicts(a) != "." || codes(env.Conditions) != "" {
					t.Fatalf("%+v %s", a, codes(env.Conditions))
				}
				if got := n.Count(t, index); got != 1+before {
					t.Errorf("%d documents\n%s", got, n.Must(t, "GET", "/_cat/indices", ""))
				}
			})
		}
	}
}

// TestPeerBehindProxy: logins, header fields, a path, parameters and compression reach a
// server behind a proxy that checks them.
func TestPeerBehindProxy(t *testing.T) {
	for _, p := range []searchPeer{ofOpenSearch, ofElasticsearch} {
		n := searchnode.Shared(t, p.kind)
		target, err := url.Parse(n.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, "/search")
			r.Out.Header.Del("Authorization")
		}}
		var got received
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got.add(r, "")
			if user, password, _ := r.BasicAuth(); user != "u" || password != "p:ü" {
				w.Header().Set("WWW-Authenticate", `Basic realm="search"`)
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			proxy.ServeHTTP(w, r)
		}))
		defer s.Close()
		compression := []string{"http_compression => true"}
		if p == ofElasticsearch {
			compression = []string{"compression_level => 0", "compression_level => 1", "compression_level => 9"}
		}
		for i, c := range compression {
			o, env := netOutput(t, p.output+` { index => "proxied" hosts => "`+s.URL+`" path => "/search" user => "u" password => "p:ü" parameters => { "pretty" => "true" } custom_headers => { "X-Opaque-Id" => "7" } `+c+` }`, nil)
			if a := netWrite(t, o, numbered(0, 100, 100)...); verdicts(a) != strings.Repeat(".", 100) || codes(env.Conditions) != "" {
				t.Fatalf("%s: %+v %s", c, a[0], codes(env.Conditions))
			}
			if count := n.Count(t, "proxied"); count != 100*(i+1) {
				t.Errorf("%s: %d documents", c, count)
			}
			all := got.take()
			last := all[len(all)-1]
			if compressed := last.header.Get("Content-Encoding") == "gzip"; compressed == strings.HasSuffix(c, "0") {
				t.Errorf("%s: compressed %v", c, compressed)
			}
		}
		o, env := netOutput(t, p.output+` { index => "proxied" hosts => "`+s.URL+`" path => "/search" user => "u" password => "wrong" }`, nil)
		if a := netWrite(t, o, `{}`); verdicts(a) != "~" || a[0].Status != 401 || codes(env.Conditions) != "upstream-refuses" {
			t.Errorf("%+v %s", a, codes(env.Conditions))
		}
	}
}
