package instrument

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
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
	if got := read(inFolder(plugin.Access{}, t.TempDir())); strings.Contains(got, "42") || !strings.Contains(got, "_rubyexception") {
		t.Errorf("an Instrument's pipeline can read: %s", got)
	}
}
