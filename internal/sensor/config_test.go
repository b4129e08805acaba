package sensor

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/pki"
)

const sensorHead = "name: testsensor\ndata: data\ninstruments:\n"

func TestReadSensor(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/logs/eve.json", eveLines(3))
	write(t, dir+"/subscription.yml", "- mongodb_terms: '{\"type\": \"x\"}'\n  logstash_port: 15044\n  unique_id: test\n  get_history: true\n")
	port := freePort(t)
	text := `name: testsensor
data: data
history:
  max_age: 2d
  max_bytes: 10mb
  min_free: 0
stats_interval: 1s
instruments:
  - kind: replay
    files: logs
    rate: 100
    loop: true
  - kind: replay
    number: 7
    files: [logs/*.json]
  - kind: replay
    files: logs/eve.json
  - kind: logforwarder
    subscriptions: subscription.yml
    pipelines:
    - pipeline.id: p
      config.string: |
        input { beats { host => "127.0.0.1" port => 15044 } }
        output { stdout { } }
    access:
      hosts:
        127.0.0.1:15044: 127.0.0.1:` + fmt.Sprint(port) + `
      paths:
        /etc/logstash: etc
`
	c, list := Read(diag.NewSource("sensor.yml", text), dir)
	if len(list) != 0 {
		t.Fatal(list)
	}
	if c.Name != "testsensor" || c.Data != filepath.Join(dir, "data") || c.History != (HistoryConfig{48 * time.Hour, 10 << 20, 0}) {
		t.Errorf("%+v", c)
	}
	var names []string
	for _, i := range c.Instruments {
		names = append(names, i.Name)
	}
	if got := strings.Join(names, " "); got != "replay_0@testsensor replay_7@testsensor replay_1@testsensor logforwarder_0@testsensor" {
		t.Errorf("Instruments %s", got)
	}
	forwarder := c.Instruments[3]
	if len(forwarder.Subscriptions) != 1 {
		t.Fatalf("%+v", forwarder)
	}
	s := forwarder.Subscriptions[0]
	if s.ID != "test" || !s.History || s.Address != fmt.Sprint("127.0.0.1:", port) || s.Protocol != "beats" || s.Query == nil {
		t.Errorf("subscription %+v", s)
	}
	config := string(forwarder.Config)
	for _, part := range []string{`"subscription":"test","pipeline":"p"`, `"stats_interval":1000000000`, filepath.Join(dir, "etc")} {
		if !strings.Contains(config, part) {
			t.Errorf("%s is not in %s", part, config)
		}
	}
	if forwarder.Folder != filepath.Join(dir, "data/instruments/logforwarder_0") {
		t.Error(forwarder.Folder)
	}
}

// Every mistake is told, all at once, at its place in the text in which it stands.
func TestMistakesInASensor(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	busyPort := busy.Addr().(*net.TCPAddr).Port
	pipeline := func(body string) string {
		return sensorHead + "  - kind: logforwarder\n    pipelines: |\n      - pipeline.id: p\n        config.string: |\n" + body
	}
	for _, test := range []struct{ name, text, place, says string }{
		{"unknown key", "nam: x\n" + sensorHead, "1:1", "did you mean name?"},
		{"no name", "data: data\n", "1:1", "has no name"},
		{"bad name", "name: a b\ndata: data\n", "1:7", "letters, digits"},
		{"unknown kind", sensorHead + "  - kind: log forwarder\n", "4:11", "did you mean logforwarder?"},
		{"unknown key of a kind", sensorHead + "  - kind: logforwarder\n    pipeline: x\n    pipelines: []\n", "5:5", "did you mean pipelines?"},
		{"a missing file", sensorHead + "  - kind: logforwarder\n    pipelines: pipelines.yml\n", "5:16", "no such file"},
		{"the same number", sensorHead + "  - {kind: replay, files: ., number: 3}\n  - {kind: replay, files: ., number: 3}\n", "5:38", "two Instruments replay_3"},
		{"wrong time", "stats_interval: 10\n" + sensorHead, "1:17", "with a unit"},
		{"indentation of a file", sensorHead + "  - kind: logforwarder\n    pipelines: []\n    files: |\n      - file_name: ca.crt\n        file_text: |\n      -----BEGIN CERTIFICATE-----\n", "9:7", "indented deeper than file_text"},
		{"an unknown option", pipeline("          input { beats { port => 5044 hots => \"x\" } }\n          output { stdout { } }\n"), "8:40", "did you mean"},
		{"a missing arrow", pipeline("          input { generator { count 5 } }\n"), "8:37", "=>"},
		{"an unclosed brace", pipeline("          input { generator { count => 5 }\n          output { stdout { } }\n"), "8:17", "is not closed"},
		{"an unclosed quote", pipeline("          input { generator { message => \"x } }\n"), "8:42", "quote"},
		{"no such plugin", pipeline("          input { genrator { } }\n          output { stdout { } }\n"), "8:19", "did you mean"},
		{"a port in use", pipeline(fmt.Sprintf("          input { beats { host => \"127.0.0.1\" port => %d } }\n          output { stdout { } }\n", busyPort)), "8:55", "in use"},
		{"mongodb_terms that is no JSON", sensorHead + "  - kind: logforwarder\n    pipelines: []\n    subscriptions:\n      - mongodb_terms: '{type: x}'\n        logstash_port: 5\n        unique_id: t\n", "7:26", "not JSON"},
		{"an unknown operator", sensorHead + "  - kind: logforwarder\n    pipelines: []\n    subscriptions: |\n      - mongodb_terms: '{\"a\": {\"$gtt\": 5}}'\n        logstash_port: 5\n        unique_id: t\n", "7:32", "did you mean $gt?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir+"/eve.json", eveLines(1))
			_, list := Read(diag.NewSource("sensor.yml", test.text), dir)
			if list.Err() == nil {
				t.Fatal("no mistake was found")
			}
			for _, d := range list {
				p := d.At.Position()
				if fmt.Sprintf("%d:%d", p.Line, p.Column) == test.place && p.File == "sensor.yml" && strings.Contains(d.Message+" "+d.Help, test.says) {
					return
				}
			}
			t.Errorf("want at %s …%s…, have\n%s", test.place, test.says, list.Text(diag.Plain))
		})
	}
}

// A subscription whose port no pipeline has, or whose protocol is another, is told.
func TestSubscriptionsFitThePipelines(t *testing.T) {
	port, other := freePort(t), freePort(t)
	text := fmt.Sprintf(sensorHead+`  - kind: logforwarder
    pipelines:
      - pipeline.id: p
        config.string: 'input { if [x] { } http { port => %d host => "127.0.0.1" } } output { stdout { } }'
    subscriptions:
      - {mongodb_terms: '{}', logstash_port: %d, logstash_proto: beats, unique_id: a}
      - {mongodb_terms: '{}', logstash_port: %d, logstash_proto: http, unique_id: b}
`, port, port, other)
	text = strings.Replace(text, "if [x] { } ", "", 1)
	_, list := Read(diag.NewSource("sensor.yml", text), t.TempDir())
	all := list.Text(diag.Plain)
	if len(list) != 2 || !strings.Contains(all, "speaks beats, but on port") || !strings.Contains(all, "no pipeline listens on it") {
		t.Error(all)
	}
}

// A key that does not fit its certificate shows in the pasted text.
func TestCertificatesAreChecked(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for _, dir := range []string{one, two} {
		if _, err := pki.Create(pki.Request{Dir: dir, Servers: []string{"localhost"}, EC: true}); err != nil {
			t.Fatal(err)
		}
	}
	good, err := pki.ClientFilesYAML(one, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(two, pki.ClientKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	ownKey, err := os.ReadFile(filepath.Join(one, pki.ClientKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	indent := func(s []byte) string { return strings.ReplaceAll(strings.TrimSpace(string(s)), "\n", "\n    ") }
	bad := strings.Replace(good, indent(ownKey), indent(key), 1)
	if bad == good {
		t.Fatal("the key was not replaced")
	}
	for name, text := range map[string]string{"files.yml": good, "bad.yml": bad} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, name), text)
		sensorText := sensorHead + "  - kind: logforwarder\n    pipelines:\n      - pipeline.id: p\n        config.string: 'input { generator { } } output { stdout { } }'\n    files: " + name + "\n"
		_, list := Read(diag.NewSource("sensor.yml", sensorText), dir)
		if name == "files.yml" && len(list) != 0 {
			t.Errorf("good files: %v", list)
		}
		if name == "bad.yml" && (list.Err() == nil || list[0].At.Position().File != "bad.yml" || !strings.Contains(list.Text(diag.Plain), "key")) {
			t.Errorf("bad files: %v", list)
		}
	}
}

// What is wrong with a file is told once, where it was pasted, though the pipeline that
// reads it finds it, too; and so is what only the pipeline finds.
func TestMistakesInFilesAreToldOnce(t *testing.T) {
	text := sensorHead + `  - kind: logforwarder
    files: |
      - file_name: ca.crt
        file_text: |
          -----BEGIN CERTIFICATE-----
          MIIDYTCCAkmgAwIBAgIUd...
          -----END CERTIFICATE-----
    pipelines: |
      - pipeline.id: p
        config.string: |
          input { generator { } }
          output {
            http {
              url => "https://localhost"
              http_method => put
              ssl_certificate_authorities => "/transient-data/logstash/files/ca.crt"
            }
            http {
              url => "https://localhost"
              http_method => put
              ssl_certificate_authorities => "/transient-data/logstash/files/missing.crt"
            }
          }
`
	_, list := Read(diag.NewSource("sensor.yml", text), t.TempDir())
	if len(list) != 2 {
		t.Errorf("%d diagnostics, want 2", len(list))
	}
	all := list.Sort().Text(diag.Plain)
	for _, part := range []string{"sensor.yml:9:32: error SL4004", "/transient-data/logstash/files/missing.crt"} {
		if !strings.Contains(all, part) {
			t.Errorf("%q is not in what was told", part)
		}
	}
	if strings.Contains(all, "sluice-check") {
		t.Error("a temporary folder shows")
	}
	if t.Failed() {
		t.Log(all)
	}
}

func FuzzReadSensor(f *testing.F) {
	f.Add(sensorHead + "  - kind: replay\n    files: x\n  - kind: logforwarder\n    number: 5\n    files: []\n")
	f.Add("name: x\ndata: y\nhistory: {max_age: 5d}\ninstruments: [{kind: logforwarder, pipelines: \"- pipeline.id: x\\n  config.string: ''\", subscriptions: [{mongodb_terms: '{}'}]}]")
	f.Add("instruments:\n- kind: logforwarder\n  subscriptions:\n  - a\n# x\n\n  - b: |\n      c\n   \nd: 5")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "port") {
			return // a check would listen
		}
		_, list := Read(diag.NewSource("sensor.yml", text), "/nonexistent")
		for _, d := range list {
			_ = d.Error()
		}
	})
}
