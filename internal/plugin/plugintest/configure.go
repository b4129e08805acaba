package plugintest

import (
	"log/slog"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/health"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// Env returns surroundings for a plugin: ECS compatibility disabled, the host testhost,
// a data folder that ends with the test.
func Env(t testing.TB) *plugin.Env {
	return &plugin.Env{
		ID:         "test",
		Pipeline:   "main",
		ECS:        plugin.ECSDisabled,
		DataDir:    t.TempDir(),
		Host:       "testhost",
		BatchSize:  125,
		Workers:    1,
		Log:        slog.New(slog.DiscardHandler),
		Conditions: new(health.Conditions),
	}
}

// Configure makes the plugin of a text such as `line { delimiter => "|" }`, and returns
// all that there is to say about it. The plugin is nil when there are errors.
func Configure(t testing.TB, kind plugin.Kind, config string, env *plugin.Env) (plugin.Plugin, diag.List) {
	t.Helper()
	section := kind.String()
	if kind == plugin.CodecKind {
		section, config = "input", "stdin { codec => "+config+" }"
	}
	file, list := lscl.Parse(diag.NewSource("test.conf", section+" { "+config+" }"), lscl.Options{SupportEscapes: true})
	if err := list.Err(); err != nil {
		t.Fatalf("%s: %v", config, err)
	}
	node := file.Sections[0].Body[0].(*lscl.Plugin)
	if kind == plugin.CodecKind {
		switch v := node.Attributes[0].Value.(type) {
		case *lscl.Plugin:
			node = v
		case *lscl.String:
			node = &lscl.Plugin{At: v.At, Name: v.Text, NameAt: v.At}
		}
	}
	var mistakes diag.List
	p := plugin.Configure(kind, node, env, &mistakes)
	return p, mistakes
}

// New is Configure for a text that is right; the test ends when it is not.
func New(t testing.TB, kind plugin.Kind, config string, env *plugin.Env) plugin.Plugin {
	t.Helper()
	p, list := Configure(t, kind, config, env)
	if err := list.Err(); err != nil {
		t.Fatalf("%s: %v", config, err)
	}
	return p
}

// Codec is New for codecs.
func Codec(t testing.TB, config string, env *plugin.Env) plugin.Codec {
	t.Helper()
	return New(t, plugin.CodecKind, config, env).(plugin.Codec)
}
