package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/lscl"
	"sluice/internal/pki"
	"sluice/internal/plugin"
)

// limited configures one plugin under a policy; $DIR stands for the folder.
func limited(t *testing.T, dir, kind, config, policy string) (plugin.Plugin, *plugin.Env, diag.List) {
	t.Helper()
	in := func(text string) string { return strings.ReplaceAll(text, "$DIR", dir) }
	limits, list := plugin.ReadPolicy(diag.NewSource("policy.yml", in(policy)))
	if list.Err() != nil {
		t.Fatal(list)
	}
	tree, list := lscl.Parse(diag.NewSource("test.conf", kind+" { "+in(config)+" }"), lscl.Options{})
	if list.Err() != nil {
		t.Fatal(list)
	}
	env := &plugin.Env{
		ID: "x", Log: slog.New(slog.DiscardHandler), Conditions: new(health.Conditions), Host: "here", BatchSize: 1, Workers: 1,
		DataDir: filepath.Join(dir, "own"), Access: plugin.Access{Policy: limits}, Shared: new(plugin.Shared),
		Variables: func(name string) (string, bool) {
			return "value of " + name, strings.HasPrefix(name, "A_") || name == "HOME"
		},
	}
	kinds := map[string]plugin.Kind{"input": plugin.InputKind, "filter": plugin.FilterKind, "output": plugin.OutputKind}
	p := plugin.Configure(kinds[kind], tree.Sections[0].Body[0].(*lscl.Plugin), env, &list)
	if c, ok := p.(plugin.Closer); ok {
		t.Cleanup(func() { c.Close() })
	}
	return p, env, list
}

// policyFolder has what the configurations of the tests name, below in/ and out/, and
// links that lead from in/ to out/.
func policyFolder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pki.Create(pki.Request{Dir: filepath.Join(dir, "out", "certs"), Servers: []string{"localhost"}, EC: true}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"in/d.yml": "a: b\n", "in/patterns/p": "WORDX \\w+\n", "in/template.json": "{}", "in/nets": "10.0.0.0/8\n", "in/flow.yml": "1: [2, octets]\n",
		"in/script.rb": "def filter(event)\n  [event]\nend\n", "in/hosts": "10.1.1.1 a\n",
	} {
		for _, side := range []string{"in/", "out/"} {
			path := filepath.Join(dir, strings.Replace(name, "in/", side, 1))
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for from, to := range map[string]string{"in/link.yml": "../out/d.yml", "in/away": "../out", "in/inside.yml": "d.yml"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPolicyAtStart: whatever a configuration names is looked up in the policy, and what is
// not there is told at its place, with what to add.
func TestPolicyAtStart(t *testing.T) {
	dir := policyFolder(t)
	const reads = "read: [$DIR/in]"
	for _, c := range []struct{ kind, config, policy, want string }{
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/d.yml" }`, reads, ""},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/inside.yml" }`, reads, ""},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/d.yml" }`, "read: [$DIR/in/d.yml]", ""},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/d.yml" }`, "read: [$DIR/in/d.y]", "read: [\"$DIR/in/d.yml\"]"},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/d.yml" }`, "write: [$DIR/in]", ""},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/out/d.yml" }`, reads, `1:69: $DIR/out/d.yml may not be read: the security policy policy.yml does not list it`},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/../out/d.yml" }`, reads, "may not be read"},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/link.yml" }`, reads, "may not be read"},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in/away/d.yml" }`, reads, "may not be read"},
		{"filter", `translate { source => "a" target => "b" dictionary_path => "$DIR/in2/d.yml" }`, reads, "may not be read"},
		{"filter", `geoip { source => "a" database => "$DIR/out/x.mmdb" target => "b" }`, reads, "may not be read"},
		{"filter", `grok { patterns_dir => ["$DIR/in/patterns"] match => { "a" => "%{WORDX}" } }`, reads, ""},
		{"filter", `grok { patterns_dir => ["$DIR/in/patterns", "$DIR/out/patterns"] match => { "a" => "%{WORDX}" } }`, reads, "$DIR/out/patterns may not be read"},
		{"filter", `cidr { address => "a" network_path => "$DIR/out/nets" }`, reads, "may not be read"},
		{"filter", `useragent { source => "a" regexes => "$DIR/out/x" }`, reads, "may not be read"},
		{"filter", `dns { resolve => ["a"] hostsfile => ["$DIR/out/hosts"] }`, reads, "may not be read"},
		{"filter", `dns { resolve => ["a"] nameserver => ["192.0.2.1"] }`, reads, `connect: ["192.0.2.1:53"]`},
		{"filter", `dns { resolve => ["a"] nameserver => ["192.0.2.1"] }`, "connect: [192.0.2.0/24:53]", ""},
		{"filter", `ruby { path => "$DIR/out/script.rb" }`, reads, "may not be read"},
		{"filter", `ruby { path => "$DIR/in/script.rb" }`, reads, ""},
		{"filter", `aggregate { task_id => "%{a}" code => "map['a'] = 1" aggregate_maps_path => "$DIR/in/maps" }`, reads, `write: ["$DIR/in/maps"]`},
		{"filter", `mutate { add_field => { "a" => "${A_B}" } }`, reads, `1:41: the variable A_B may not be used: the security policy policy.yml does not list it`},
		{"filter", `mutate { add_field => { "a" => "${A_B}" } }`, "variables: [A_*]", ""},
		{"filter", `mutate { add_field => { "a" => "${HOME:none}" } }`, "variables: [A_*]", ""},
		{"input", `udp { port => 2055 host => "127.0.0.1" codec => netflow { netflow_definitions => "$DIR/out/flow.yml" } }`, "listen: [127.0.0.1:2055]", "may not be read"},
		{"input", `udp { port => 2055 host => "127.0.0.1" codec => netflow { cache_save_path => "$DIR/out" } }`, "listen: [127.0.0.1:2055]", "may not be written"},
		{"input", `udp { port => 2055 host => "127.0.0.1" codec => netflow { netflow_definitions => "$DIR/in/flow.yml" } }`, "listen: [127.0.0.1:2055]\n" + reads, ""},
		{"input", `file { path => "$DIR/out/*.log" }`, reads, "$DIR/out may not be read"},
		{"input", `file { path => "$DIR/in/**/*.log" }`, reads, ""},
		{"input", `file { path => "$DIR/in/x.log" mode => "read" }`, reads, `write: ["$DIR/in/x.log"]`},
		{"input", `file { path => "$DIR/in/x.log" sincedb_path => "$DIR/out/db" }`, reads, "$DIR/out/db may not be written"},
		{"input", `file { path => "$DIR/in/x.log" sincedb_path => "/dev/null" }`, reads, ""},
		{"input", `dead_letter_queue { path => "$DIR/out" }`, reads, "may not be written"},
		{"input", `http { port => 8080 }`, "listen: [127.0.0.1:8080]", `0.0.0.0:8080 may not be listened on`},
		{"input", `http { port => 8080 }`, `listen: [":8000-8999"]`, ""},
		{"input", `beats { port => 5044 }`, reads, "may not be listened on"},
		{"input", `syslog { port => 5514 }`, reads, "may not be listened on"},
		{"input", `tcp { port => 5514 host => "siem.example" mode => "client" }`, `listen: ["*"]`, "may not be connected to"},
		{"input", `http { port => 8080 ssl_enabled => true ssl_certificate => "$DIR/out/certs/logstash_server.crt" ssl_key => "$DIR/out/certs/logstash_server.key" }`, `listen: ["*"]`, "logstash_server.key may not be read"},
		{"output", `http { url => "https://siem.example/" http_method => "post" ssl_certificate_authorities => ["$DIR/out/certs/ca.crt"] }`, `connect: [siem.example]`, "ca.crt may not be read"},
		{"output", `http { url => "https://siem.example/" http_method => "post" }`, `connect: ["siem.example:443"]`, ""},
		{"output", `http { url => "https://siem.example/%{x}" http_method => "post" }`, `connect: ["siem.example:80"]`, `1:24: siem.example:443 may not be connected to`},
		{"output", `http { url => "https://a.siem.example:444/" http_method => "post" }`, `connect: ["*.siem.example"]`, ""},
		{"output", `http { url => "https://siem.example/" http_method => "post" }`, `connect: ["*.siem.example"]`, "may not be connected to"},
		{"output", `http { url => "http://192.0.2.7/" http_method => "post" }`, `connect: ["siem.example"]`, "may not be connected to"},
		{"output", `http { url => "http://siem.example/" http_method => "post" proxy => "http://proxy.example:3128" }`, `connect: ["siem.example"]`, "proxy.example:3128 may not be connected to"},
		{"output", `elasticsearch { hosts => ["es1", "es2:9201"] }`, `connect: ["es1:9200"]`, "es2:9201 may not be connected to"},
		{"output", `elasticsearch { hosts => ["es1"] template => "$DIR/out/template.json" }`, `connect: ["es1:9200"]`, "may not be read"},
		{"output", `udp { host => "192.0.2.1" port => "%{port}" }`, `connect: ["10.0.0.0/8"]`, "may not be connected to"},
		{"output", `lumberjack { hosts => ["a", "b"] port => 5044 ssl_certificate => "$DIR/out/certs/ca.crt" }`, "connect: [a]\nread: [$DIR/out]", "b:5044 may not be connected to"},
		{"output", `file { path => "$DIR/w/x.log" }`, `write: [$DIR/w]`, ""},
		{"output", `file { path => "$DIR/r/x.log" }`, `write: [$DIR/w]`, "may not be written"},
		{"output", `file { path => "$DIR/w/%{host}/x.log" }`, `write: [$DIR/w]`, ""},
		{"output", `file { path => "$DIR/%{host}/x.log" }`, `write: [$DIR/w]`, "may not be written"},
		{"output", `csv { path => "$DIR/r/x.log" fields => ["a"] }`, `write: [$DIR/w]`, "may not be written"},
	} {
		_, _, list := limited(t, dir, c.kind, c.config, c.policy)
		var denials []string
		for _, d := range list {
			if d.Code.ID == "SL2014" {
				denials = append(denials, fmt.Sprintf("%d:%d: ", d.At.Position().Line, d.At.Position().Column)+d.Message+" | "+d.Help)
			}
		}
		got := strings.Join(denials, "\n")
		want := strings.ReplaceAll(c.want, "$DIR", dir)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s\n  under %s\n  got  %q\n  want %q", c.config, c.policy, got, want)
		}
		if list.Err() == nil && want != "" {
			t.Errorf("%s is not refused", c.config)
		}
		if list.Err() != nil && want == "" && !strings.Contains(c.config, "hostsfile") {
			t.Errorf("%s is refused: %s", c.config, list.Text(diag.Plain))
		}
	}
}

// TestPolicyOfEventPaths: a path that an event makes stays within the policy, links that
// appear later included.
func TestPolicyOfEventPaths(t *testing.T) {
	dir := policyFolder(t)
	p, _, list := limited(t, dir, "output", `file { path => "$DIR/w/%{where}/x.log" codec => line { format => "%{where}" } }`, "write: [$DIR/w]\nread: [$DIR]")
	if list.Err() != nil {
		t.Fatal(list)
	}
	if err := errors.Join(os.MkdirAll(dir+"/w", 0o755), os.Symlink("../out", dir+"/w/away"), os.Symlink(dir+"/out/new", dir+"/w/dangling"), os.MkdirAll(dir+"/w/here", 0o755), os.Symlink("here", dir+"/w/link")); err != nil {
		t.Fatal(err)
	}
	write := func(where string) plugin.Answer {
		e := event.NewBatch().New()
		e.Set(event.MustRef("where"), event.StringValue(where))
		answers := make([]plugin.Answer, 1)
		p.(plugin.Output).Write(context.Background(), []*event.Event{e}, answers)
		return answers[0]
	}
	for _, where := range []string{"good", "link", "away", "../out", "dangling", "deep/er", "away/../away"} {
		if a := write(where); a.Verdict != plugin.Done {
			t.Errorf("%s: %+v", where, a)
		}
	}
	failed, _ := os.ReadFile(dir + "/w/_filepath_failures")
	if got := string(failed); got != "away\n../out\ndangling\naway/../away\n" {
		t.Errorf("the failure file has %q", got)
	}
	for _, path := range []string{"w/good/x.log", "w/here/x.log", "w/deep/er/x.log"} {
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{"out/x.log", "out/new"} {
		if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
			t.Errorf("%s has been written", path)
		}
	}
	// A folder that becomes a link while its file is open.
	if err := errors.Join(os.RemoveAll(dir+"/w/good"), os.Symlink("../out", dir+"/w/good")); err != nil {
		t.Fatal(err)
	}
	write("good")
	if _, err := os.Stat(dir + "/out/x.log"); err == nil {
		t.Error("an exchanged folder leads out")
	}
}

// TestPolicyOfEventHosts: an event that leads to another host is a dead letter, and holds
// nobody up.
func TestPolicyOfEventHosts(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	p, _, list := limited(t, t.TempDir(), "output", `http { url => "http://%{where}:`+port+`/" http_method => "post" }`, "connect: [localhost]")
	if list.Err() != nil {
		t.Fatal(list)
	}
	for where, want := range map[string]plugin.Verdict{"localhost": plugin.Done, "127.0.0.1": plugin.Reject} {
		e := event.NewBatch().New()
		e.Set(event.MustRef("where"), event.StringValue(where))
		answers := make([]plugin.Answer, 1)
		p.(plugin.Output).Write(context.Background(), []*event.Event{e}, answers)
		if answers[0].Verdict != want {
			t.Errorf("%s: %+v", where, answers[0])
		}
	}
}

// TestPolicyOfNames: a name is allowed by its name, or by the address that it turns out
// to have.
func TestPolicyOfNames(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, c := range []struct {
		connect string
		host    string
		ok      bool
	}{
		{"localhost:" + port, "localhost", true}, {"localhost:" + port, "127.0.0.1", false}, {"localhost:1", "localhost", false},
		{"127.0.0.0/8:" + port, "127.0.0.1", true}, {"127.0.0.0/8:" + port, "localhost", true}, {"10.0.0.0/8", "localhost", false},
		{"LOCALHOST.", "localhost", true}, {"10.0.0.0/8", "127.0.0.1", false}, {"*", "127.0.0.1", true},
	} {
		policy, list := plugin.ReadPolicy(diag.NewSource("p", `connect: ["`+c.connect+`"]`))
		if list.Err() != nil {
			t.Fatal(list)
		}
		conn, err := plugin.Access{Policy: policy}.Dial(context.Background(), "tcp4", net.JoinHostPort(c.host, port))
		if (err == nil) != c.ok {
			t.Errorf("%s with %s: %v", c.host, c.connect, err)
		}
		if _, denied := errors.AsType[*plugin.Denied](err); err != nil && !denied {
			t.Errorf("%s with %s: %v is no denial", c.host, c.connect, err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func TestPolicyOfRuby(t *testing.T) {
	dir := policyFolder(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello")) }))
	defer s.Close()
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, c := range []struct{ code, policy, want string }{
		{`File.read('$DIR/in/d.yml')`, "read: [$DIR/in]", "SecurityError"},
		{`File.read('$DIR/in/d.yml')`, "read: [$DIR/in]\nruby: {files: true}", `"a: b\n"`},
		{`File.read('$DIR/in/link.yml')`, "read: [$DIR/in]\nruby: {files: true}", "SecurityError"},
		{`File.read('$DIR/in/../out/d.yml')`, "read: [$DIR/in]\nruby: {files: true}", "SecurityError"},
		{`Dir.glob('$DIR/*/nets').size`, "read: [$DIR/in]\nruby: {files: true}", `1`},
		{`ENV['A_B']`, "read: [/]", "SecurityError"},
		{`ENV['A_B']`, "variables: [A_B]", "value of A_B"},
		{`ENV['A_C'].inspect`, "variables: [A_B]", `"nil"`},
		{`Net::HTTP.get(URI('http://127.0.0.1:` + port + `/'))`, "connect: ['127.0.0.1']", "SecurityError"},
		{`Net::HTTP.get(URI('http://127.0.0.1:` + port + `/'))`, "connect: ['127.0.0.1']\nruby: {network: true}", "hello"},
		{`Net::HTTP.get(URI('http://127.0.0.1:` + port + `/'))`, "connect: ['192.0.2.1']\nruby: {network: true}", "SecurityError"},
	} {
		p, _, list := limited(t, dir, "filter", `ruby { code => "require 'net/http'
begin; event.set('got', `+c.code+`); rescue SecurityError => e; event.set('got', 'SecurityError'); end" }`, c.policy)
		if list.Err() != nil {
			t.Fatalf("%s: %s", c.code, list.Text(diag.Plain))
		}
		e := event.NewBatch().New()
		p.(plugin.Filter).Apply(e, nil)
		if got := string(e.AppendJSON(nil)); !strings.Contains(got, c.want) {
			t.Errorf("%s under %q: %s, want %s", c.code, c.policy, got, c.want)
		}
	}
}

func TestPolicyFile(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"reed: [/tmp]", "1:1: error SL3"},
		{"read: ['/var/*']", "is no path"},
		{"connect: ['host:99999']", "no port"},
		{"listen: ['a b']", "no name, no address"},
		{"ruby: {commands: true}", "commands"},
		{"connect: ['[::1]:80', '2001:db8::/32', 'a.b:1-2', '*']\nvariables: ['A*']\nruby: {network: true}", ""},
	} {
		_, list := plugin.ReadPolicy(diag.NewSource("policy.yml", c.text))
		if got := list.Text(diag.Plain); c.want == "" && list.Err() != nil || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %q", c.text, got, c.want)
		}
	}
}
