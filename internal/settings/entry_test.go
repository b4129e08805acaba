package settings

import (
	"fmt"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// A list of pipelines that stands right in another text, and the same as a text block,
// are read alike, and a mistake in them is shown at its place in the whole text.
func TestEmbeddedYAML(t *testing.T) {
	for name, text := range map[string]string{
		"list below":     "name: x\nsubscriptions:\n  - mongodb_terms: '{}'\n    # a note\n# another\n    logstash_port: 15044\n    unique_id: test\n    get_historie: true\nmore: 1\n",
		"list alongside": "name: x\nsubscriptions:\n- mongodb_terms: '{}'\n\n\n  logstash_port: 15044\n  unique_id: test\n  get_historie: true\nmore: 1\n",
		"text block":     "name: x\nsubscriptions: |\n\n\n      - mongodb_terms: '{}'\n        logstash_port: 15044\n        unique_id: test\n        get_historie: true\nmore: 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			var list diag.List
			e, ok := ReadEntry(diag.NewSource("sensor.yml", text), "a sensor", &list)
			if !ok || list.Err() != nil {
				t.Fatal(list)
			}
			subs, mistakes := ReadSubscriptions(e.Embedded("subscriptions"))
			if len(subs) != 1 || subs[0].UniqueID != "test" || subs[0].Port != 15044 {
				t.Errorf("read %+v", subs)
			}
			if len(mistakes) != 1 {
				t.Fatalf("want one mistake, have %v", mistakes)
			}
			at := mistakes[0].At.Outer()
			if at.Text() != "get_historie" {
				t.Errorf("the mistake is shown at %q", at.Text())
			}
			if got := fmt.Sprint(mistakes[0].At.Position().Line); got != "8" {
				t.Errorf("line %s, want 8", got)
			}
		})
	}
}

func TestEmbeddedFlow(t *testing.T) {
	var list diag.List
	e, _ := ReadEntry(diag.NewSource("s", "files: [{file_name: \"a]\", file_text: 'b'}]\nempty: []\n"), "a sensor", &list)
	files, mistakes := ReadFiles(e.Embedded("files"))
	if len(mistakes) != 0 || len(files) != 1 || files[0].Name != "a]" {
		t.Errorf("%+v %v", files, mistakes)
	}
	if files, mistakes = ReadFiles(e.Embedded("empty")); len(mistakes) != 0 || len(files) != 0 {
		t.Errorf("%+v %v", files, mistakes)
	}
	if e.Embedded("none") != nil {
		t.Error("a text that is not there")
	}
}

func TestEntryMistakes(t *testing.T) {
	text := "stats_interval: 10\nrate: many\nmax: 5x\nloops: maybe\nfiles:\n  a: b\nhosts:\n  - x\nreplays: 5\n"
	var list diag.List
	e, _ := ReadEntry(diag.NewSource("s", text), "a sensor", &list)
	e.Known("stats_interval", "rate", "max", "loop", "files", "hosts", "replay")
	e.Duration("stats_interval", 0, 0)
	e.Int("rate", 0, 10, 0)
	e.Bytes("max", 0)
	e.Bool("loops", false)
	e.Texts("files", true)
	e.Pairs("hosts")
	e.Entries("replays", "a replay")
	want := []string{"loop?", "replay?", "10s", "0 to 10", "10gb", "true or false", "list of texts", "from: to", "list was expected"}
	if len(list) != len(want) {
		t.Errorf("%d mistakes, want %d:\n%v", len(list), len(want), list)
	}
	for i, d := range list {
		if i < len(want) && !strings.Contains(d.Message+d.Help, want[i]) {
			t.Errorf("mistake %d: %s (%s), want …%s…", i, d.Message, d.Help, want[i])
		}
	}
}
