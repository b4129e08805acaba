package output

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest/searchnode"
)

// searchPeer is a server, and the output that its users would take.
type searchPeer struct {
	kind   searchnode.Kind
	output string
}

var (
	ofOpenSearch    = searchPeer{searchnode.OpenSearch, "opensearch"}
	ofElasticsearch = searchPeer{searchnode.Elasticsearch, "elasticsearch"}
	ofBoth          = searchPeer{searchnode.OpenSearch, "elasticsearch"}
	searchPeers     = []searchPeer{ofOpenSearch, ofElasticsearch, ofBoth}
)

// peerOutput makes an output at a real server.
func peerOutput(t testing.TB, n *searchnode.Node, name, options string, ecs plugin.ECS) (plugin.Output, *plugin.Env) {
	t.Helper()
	return netOutput(t, fmt.Sprintf(`%s { hosts => %q %s }`, name, n.URL, options), func(env *plugin.Env) { env.ECS = ecs })
}

// TestPeerDocuments: what a real server makes of each action and its options.
func TestPeerDocuments(t *testing.T) {
	const at = `"@timestamp":"2021-03-04T14:35:33.946Z"`
	type write struct{ options, event, verdict, reason string }
	tests := []struct {
		name   string
		peers  []searchPeer
		setup  [][3]string // method, path, body
		writes []write
		want   []string // id:routing:n of the documents of the index I
	}{
		{"index", searchPeers, nil, []write{
			{`document_id => "%{id}"`, `{"id":"a","n":1,` + at + `}`, ".", ""},
			{`document_id => "%{id}"`, `{"id":"a","n":2,` + at + `}`, ".", ""},
			{`document_id => "%{id}" routing => "%{r}"`, `{"id":"b","n":3,"r":"there"}`, ".", ""},
		}, []string{"a::2", "b:there:3"}},
		{"create", searchPeers, nil, []write{
			{`document_id => "%{id}" action => create`, `{"id":"a","n":1}`, ".", ""},
			{`document_id => "%{id}" action => create`, `{"id":"a","n":2}`, ".", ""}, // it is there already
		}, []string{"a::1"}},
		{"update", searchPeers, nil, []write{
			{`document_id => "a"`, `{"n":1,"keep":true}`, ".", ""},
			{`document_id => "a" action => update`, `{"n":2}`, ".", ""},
			{`document_id => "b" action => update`, `{"n":2}`, "x", "404 document_missing_exception"},
			{`document_id => "c" action => update doc_as_upsert => true`, `{"n":3}`, ".", ""},
			{`document_id => "c" action => update doc_as_upsert => true`, `{"n":4}`, ".", ""},
			{`document_id => "d" action => update upsert => '{"n":%{n}0}'`, `{"n":5}`, ".", ""},
			{`document_id => "d" action => update upsert => '{"n":%{n}0}'`, `{"n":6}`, ".", ""},
			{`document_id => "e" action => update upsert => '{"n":%{n}0}' retry_on_conflict => 5 routing => "x"`, `{"n":7}`, ".", ""},
		}, []string{"a::2", "c::4", "d::6", "e:x:70"}},
		{"scripts", []searchPeer{ofOpenSearch, ofBoth}, [][3]string{
			{"PUT", "/_scripts/add", `{"script":{"lang":"painless","source":"ctx._source.n += params.event.n"}}`},
		}, []write{
			{`document_id => "a"`, `{"n":1}`, ".", ""},
			{`document_id => "a" action => update script => "ctx._source.n += params.event.n"`, `{"n":10}`, ".", ""},
			{`document_id => "a" action => update script => "add" script_type => indexed script_lang => ""`, `{"n":100}`, ".", ""},
			{`document_id => "a" action => update script => "add" script_type => indexed`, `{"n":1000}`, ".", ""},
			{`document_id => "b" action => update script => "ctx._source.n = params.e.n" script_var_name => "e" scripted_upsert => true`, `{"n":5}`, ".", ""},
			{`document_id => "c" action => update script => "ctx._source.n += 1" doc_as_upsert => true`, `{"n":7}`, ".", ""},
			{`document_id => "c" action => update script => "ctx._source.n += 1" doc_as_upsert => true`, `{"n":7}`, ".", ""},
			{`document_id => "d" action => update script => "ctx._source.n += 1" upsert => '{"n":3}'`, `{"n":7}`, ".", ""},
			{`document_id => "d" action => update script => "this is no script"`, `{"n":7}`, "x", "400"},
		}, []string{"a::1111", "b::5", "c::8", "d::3"}},
		{"delete", searchPeers, nil, []write{
			{`document_id => "%{id}"`, `{"id":"a","n":1}`, ".", ""},
			{`document_id => "%{id}"`, `{"id":"b","n":2}`, ".", ""},
			{`document_id => "%{id}" action => delete`, `{"id":"a"}`, ".", ""},
			{`document_id => "%{id}" action => delete`, `{"id":"a"}`, ".", ""}, // it is gone already
			{`document_id => "%{id}" action => "%{do}"`, `{"id":"b","do":"delete"}`, ".", ""},
			{`document_id => "%{id}" action => "%{do}"`, `{"id":"c","n":3,"do":"create"}`, ".", ""},
		}, []string{"c::3"}},
		{"versions", searchPeers, nil, []write{
			{`document_id => "a" version => "%{v}" version_type => external`, `{"n":1,"v":5}`, ".", ""},
			{`document_id => "a" version => "%{v}" version_type => external`, `{"n":2,"v":4}`, "x", "409 version_conflict_engine_exception"},
			{`document_id => "a" version => "%{v}" version_type => external_gte`, `{"n":3,"v":5}`, ".", ""},
			{`document_id => "a" version => "%{v}" version_type => external_gt`, `{"n":4,"v":"7"}`, ".", ""},
			{`document_id => "a" version => "%{v}" version_type => external`, `{"n":5,"v":"x"}`, "x", "400"},
			{`document_id => "a" version => "%{v}" version_type => external action => "%{do}"`, `{"n":5,"v":9,"do":"delete"}`, ".", ""},
		}, nil},
		{"a pipeline of the server", []searchPeer{ofOpenSearch, ofBoth}, [][3]string{
			{"PUT", "/_ingest/pipeline/tens", `{"processors":[{"script":{"source":"ctx.n *= 10"}}]}`},
			{"PUT", "/_ingest/pipeline/never", `{"processors":[{"fail":{"message":"no, thanks"}}]}`},
		}, []write{
			{`document_id => "a" pipeline => "%{p}"`, `{"n":1,"p":"tens"}`, ".", ""},
			{`document_id => "b" pipeline => "%{p}"`, `{"n":1,"p":"never"}`, "x", "no, thanks"},
			{`document_id => "b" pipeline => "%{p}"`, `{"n":1,"p":"unknown"}`, "x", "pipeline with id [unknown] does not exist"},
			{`document_id => "c" pipeline => "%{p}"`, `{"n":1,"p":""}`, ".", ""},
		}, []string{"a::10", "c::1"}},
		{"parents", []searchPeer{ofOpenSearch}, [][3]string{
			{"PUT", "/INDEX", `{"mappings":{"properties":{"j":{"type":"join","relations":{"sensor":"alert"}}}}}`},
		}, []write{
			{`document_id => "p"`, `{"n":1,"j":"sensor"}`, ".", ""},
			{`document_id => "c" parent => "p" join_field => "j"`, `{"n":2,"j":"alert"}`, ".", ""},
		}, []string{"c:p:2", "p::1"}},
		{"a refused document", searchPeers, [][3]string{
			{"PUT", "/INDEX", `{"mappings":{"properties":{"n":{"type":"long"},"when":{"type":"date"},"ip":{"type":"ip"}}}}`},
		}, []write{
			{`document_id => "a"`, `{"n":1}`, ".", ""},
			{`document_id => "b"`, `{"n":"many"}`, "x", "400 mapper_parsing_exception: failed to parse field [n] of type [long]"},
			{`document_id => "b"`, `{"n":{"x":1}}`, "x", "400 mapper_parsing_exception"},
			{`document_id => "b"`, `{"when":"yesterday"}`, "x", "400 mapper_parsing_exception: failed to parse field [when] of type [date]"},
			{`document_id => "b"`, `{"ip":"300.0.0.1"}`, "x", "400 mapper_parsing_exception"},
			{`document_id => "b"`, `{"":1}`, "x", "400"},
		}, []string{"a::1"}},
		{"odd values", searchPeers, nil, []write{
			{`document_id => "a"`, `{"n":1,"t":"\u0000\u001f\ud83d\ude00 \\ \" \u2028","big":9223372036854775807,"f":1.614868533946555E9,"nothing":null,"list":[]}`, ".", ""},
			{`document_id => "b \"\\ ü"`, `{"n":2}`, ".", ""},
			{`document_id => "` + strings.Repeat("i", 513) + `"`, `{"n":3}`, "x", "400"},
		}, []string{"a::1", `b "\ ü::2`}},
	}
	for _, tt := range tests {
		for _, p := range tt.peers {
			t.Run(tt.name+"/"+p.output+" at "+string(p.kind), func(t *testing.T) {
				n := searchnode.Shared(t, p.kind)
				index := strings.ReplaceAll(tt.name, " ", "-") + "-" + p.output
				for _, s := range tt.setup {
					n.Must(t, s[0], strings.ReplaceAll(s[1], "INDEX", index), s[2])
				}
				for _, w := range tt.writes {
					o, env := peerOutput(t, n, p.output, fmt.Sprintf("index => %q %s", index, w.options), plugin.ECSDisabled)
					a := netWrite(t, o, w.event)
					if verdicts(a) != w.verdict || !strings.Contains(a[0].Reason+a[0].Body, w.reason) || w.verdict == "." && a[0].Reason != "" {
						t.Errorf("%s %s: %s, want %s %s\n%+v", w.options, w.event, verdicts(a), w.verdict, w.reason, a[0])
					}
					if got := codes(env.Conditions); got != "" {
						t.Errorf("%s: conditions %s", w.options, got)
					}
				}
				var got []string
				for _, h := range n.Docs(t, index) {
					number, _ := json.Marshal(h.Source["n"])
					got = append(got, h.ID+":"+h.Route+":"+string(number))
				}
				slices.Sort(got)
				if !slices.Equal(got, tt.want) {
					t.Errorf("documents %q, want %q", got, tt.want)
				}
			})
		}
	}
}
