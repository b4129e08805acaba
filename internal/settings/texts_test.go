package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
)

func TestPipelines(t *testing.T) {
	src := diag.NewSource("pipelines.yml", "# comment\n- pipeline.id: one\n  queue.type: persisted\n  queue:\n    max_events: 5\n  config.string: |\n    input {\n\n      stdin {}\n    }\n- pipeline.id: two\n  pipeline.workers: 3\n  path.config: /x/*.conf\n")
	general := New()
	if list := general.Set("pipeline.batch.size", "7", diag.Span{}); list != nil {
		t.Fatal(list)
	}
	ps, list := ReadPipelines(src, general)
	if len(list) > 0 || len(ps) != 2 {
		t.Fatalf("%d pipelines, %v", len(ps), list)
	}
	one, two := ps[0], ps[1]
	if one.ID != "one" || one.Settings.String("queue.type") != "persisted" || one.Settings.Int("queue.max_events") != 5 || one.Settings.Int("pipeline.batch.size") != 7 {
		t.Errorf("pipeline one: %+v", one)
	}
	if two.Settings.String("queue.type") != "memory" || two.Settings.Int("pipeline.workers") != 3 || two.Config != nil {
		t.Errorf("pipeline two: %+v", two)
	}
	at := strings.Index(one.Config.Text, "stdin")
	if p := one.Config.At(at, at+5).Position(); p.Line != 9 || p.Column != 7 {
		t.Errorf("stdin is at %+v", p)
	}
}

// TestMistakes: each text has mistakes, and each one is told at its place, all at once.
func TestMistakes(t *testing.T) {
	pipelines := func(s *diag.Source) diag.List { _, l := ReadPipelines(s, New()); return l }
	subscriptions := func(s *diag.Source) diag.List { _, l := ReadSubscriptions(s); return l }
	files := func(s *diag.Source) diag.List { _, l := ReadFiles(s); return l }
	for _, c := range []struct {
		name string
		read func(*diag.Source) diag.List
		text string
		want []string
	}{
		{"unknown setting", pipelines, "- pipeline.id: a\n  queue.typ: memory\n  path.config: x\n", []string{"2:3: error SL3001: there is no setting queue.typ", "help: did you mean queue.type?"}},
		{"two mistakes", pipelines, "- pipeline.id: a\n  pipeline.workers: none\n  queue.type: persistet\n  path.config: x\n", []string{"2:21: error SL3002", `found "none" where a whole number was expected`, "3:15: error SL3002", "did you mean persisted?"}},
		{"general setting", pipelines, "- pipeline.id: a\n  path.data: /x\n  path.config: x\n", []string{"SL3003", "logstash.yml"}},
		{"duplicate id", pipelines, "- pipeline.id: a\n  path.config: x\n- pipeline.id: a\n  path.config: y\n", []string{"there are two pipelines with the id a"}},
		{"no config", pipelines, "- pipeline.id: a\n", []string{"neither config.string nor path.config"}},
		{"no list", pipelines, "pipeline.id: a\n", []string{"SL3011", "where a list was expected"}},
		{"tab", pipelines, "- pipeline.id: a\n\tpath.config: x\n", []string{"SL3010", "tab"}},
		{"wrong indentation", files, "- file_name: a.crt\n  file_text: |\n    -----BEGIN CERTIFICATE-----\n  MIIDUz+CC/jugA=\n    -----END CERTIFICATE-----\n", []string{"4:3: error SL3010: this line belongs to the text of file_text", "at least 4 spaces", "2:3: the text starts here"}},
		{"no indentation", files, "- file_name: a.crt\n  file_text: |\n-----BEGIN CERTIFICATE-----\nMIID\n", []string{"3:1: error SL3010: this line belongs to the text of file_text"}},
		{"path as name", files, "- file_name: ../a\n  file_text: x\n", []string{`"../a" is not the name of a file`}},
		{"no text block", files, "- file_name: a.crt\n  file_text:\n    -----BEGIN CERTIFICATE-----\n    MIID\n    -----END CERTIFICATE-----\n", []string{"2:3: error SL3011: the lines of file_text have become one line", "help: write file_text: |"}},
		{"misspelt key", files, "- file_nam: a\n  file_text: x\n", []string{"1:3: error SL3012", "did you mean file_name?"}},
		{"terms", subscriptions, "- mongodb_terms: '{type: 1}'\n  logstash_port: 15044\n  unique_id: a\n", []string{"1:20: error SL7001: mongodb_terms is not JSON", "SL7001"}},
		{"terms no object", subscriptions, "- mongodb_terms: '[]'\n  logstash_port: 15044\n  unique_id: a\n", []string{"mongodb_terms is an array, not an object"}},
		{"port and proto", subscriptions, "- mongodb_terms: '{}'\n  logstash_port: 150440\n  logstash_proto: beat\n  unique_id: a\n", []string{"2:18: error SL3011", "from 1 to 65535", "3:19: error SL3011", "did you mean beats?"}},
		{"missing keys", subscriptions, "- get_history: maybe\n", []string{"has no logstash_port", "has no mongodb_terms", "has no unique_id", `found "maybe" where true or false`}},
		{"same port", subscriptions, "- {mongodb_terms: '{}', logstash_port: 1, unique_id: a}\n- {mongodb_terms: '{}', logstash_port: 1, unique_id: b}\n", []string{"two subscriptions feed the port 1"}},
	} {
		got := c.read(diag.NewSource("text.yml", c.text)).Sort().Text(diag.Plain)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, got)
			}
		}
	}
}

func TestGuide(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "guide", "config")
	read := func(name string) *diag.Source {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Skipf("the guide's texts are not there: %v", err)
		}
		return diag.NewSource(name, string(text))
	}
	ps, list := ReadPipelines(read("pipelines.yml"), New())
	if len(list) > 0 || len(ps) != 1 || ps[0].Settings.Int("queue.max_events") != 5 || ps[0].Settings.Bytes("queue.max_bytes") != 1<<30 {
		t.Errorf("pipelines.yml: %v %+v", list, ps)
	}
	subs, list := ReadSubscriptions(read("subscription.yml"))
	if len(list) > 0 || len(subs) != 1 || subs[0].Port != 15044 || subs[0].Protocol != "beats" || subs[0].UniqueID != "test" || subs[0].History {
		t.Errorf("subscription.yml: %v %+v", list, subs)
	}
	files, list := ReadFiles(read("files.yml"))
	if len(list) > 0 || len(files) != 3 || files[2].Name != "ca.crt" || !strings.HasPrefix(files[2].Text.Text, "-----BEGIN CERTIFICATE-----\n") {
		t.Errorf("files.yml: %v %+v", list, files)
	}
}

func FuzzTexts(f *testing.F) {
	f.Add("- pipeline.id: a\n  config.string: |\n    input {}\n")
	f.Add("- file_name: a\n  file_text: |\n  x\n")
	f.Add("a: &x [*x]\n")
	f.Add("- file_name: a\nfile_text: |\n one\n\ttwo\nthree\n  - file_name:b\n# c\n    x: 'y\n")
	f.Add("  a: 1\n- b:\n   c: {\n  a: 2\n  a: 3\n")
	f.Fuzz(func(t *testing.T, text string) {
		src := diag.NewSource("f", text)
		_, a := ReadPipelines(src, New())
		_, b := ReadSubscriptions(src)
		_, c := ReadFiles(src)
		for _, l := range []diag.List{a, b, c} {
			_ = l.Text(diag.Plain)
		}
	})
}
