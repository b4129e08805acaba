package instrument

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// TestRubyIsConfined: code in a pipeline of an Instrument cannot read files, while the
// same code in a pipeline of its own can.
func TestRubyIsConfined(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("42"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(access plugin.Access) string {
		text := `filter { ruby { code => "event.set('got', File.read('` + file + `'))" } }`
		tree, list := lscl.Parse(diag.NewSource("test", text), lscl.Options{})
		env := &plugin.Env{ID: "r", Log: slog.New(slog.DiscardHandler), Access: access, Variables: os.LookupEnv}
		p := plugin.Configure(plugin.FilterKind, tree.Sections[0].Body[0].(*lscl.Plugin), env, &list)
		if list.Err() != nil {
			t.Fatal(list)
		}
		e := event.NewBatch().New()
		p.(plugin.Filter).Apply(e, nil)
		return string(e.AppendJSON(nil))
	}
	if got := read(plugin.Access{}); !strings.Contains(got, `"got":"42"`) {
		t.Errorf("an open pipeline cannot read: %s", got)
	}
	if got := read(inFolder(plugin.Access{}, t.TempDir())); strings.Contains(got, `"got"`) || !strings.Contains(got, "_rubyexception") {
		t.Errorf("an Instrument's pipeline can read: %s", got)
	}
}

// TestPathsAreConfined: what pipelines.yml itself names stays within the Instrument's
// folder, and nothing of a file outside shows in a message.
func TestPathsAreConfined(t *testing.T) {
	outside, folder := filepath.Join(t.TempDir(), "shadow"), t.TempDir()
	if err := os.WriteFile(outside, []byte("root:$6$secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "own.conf"), []byte("input { generator { count => 1 } } output { null { } }"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{"path.config: " + outside, "may not be read"},
		{"path.config: " + filepath.Dir(outside) + "/*", "cannot be read"},
		{"path.config: /transient-data/../../.." + outside, "may not be read"},
		{"path.config: /transient-data/link", "may not be read"},
		{"path.config: /transient-data/own.conf", ""},
		{"path.config: /transient-data/own.conf\n  queue.type: persisted\n  path.queue: /var/lib", "SL3041"},
		{"path.config: /transient-data/own.conf\n  path.dead_letter_queue: /transient-data/../x", "SL3041"},
		{"path.config: /transient-data/own.conf\n  path.dead_letter_queue: /transient-data/x", ""},
		{"path.config: /transient-data/own.conf\n  security.policy: open", "SL3040"},
		{"path.config: /transient-data/own.conf\n  path.spill: /var/lib", "SL3041"},
		{"config.string: 'input { generator { } } output { file { path => \"" + filepath.Dir(outside) + "/x\" } }'", "may not be written"},
		{"config.string: 'input { generator { } } output { null { id => \"${HOME}\" } } filter { mutate { add_tag => [\"${HOME}\"] } }'", "may not be used"},
	} {
		access := inFolder(plugin.Access{}, folder)
		pipelines, list := engine.LoadText(diag.NewSource("pipelines.yml", "- pipeline.id: main\n  "+c.text+"\n"), pipelineSettings(), access)
		list.Add(engine.Check(pipelines, engine.Options{Log: slog.New(slog.DiscardHandler), Access: access, DataDir: folder})...)
		got := list.Text(diag.Plain)
		if c.want == "" && list.Err() != nil || !strings.Contains(got, c.want) || strings.Contains(got, "$6$") {
			t.Errorf("%s: got %s, want %q", c.text, got, c.want)
		}
	}
}
