package plugintest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/pki"
	"sluice/internal/plugin"
)

// Conform checks every registered plugin of a kind: that it says what it is, that its
// options are documented and their defaults are values they can have, that every
// example works as it stands, and that nothing runs on when a plugin has been closed.
func Conform(t *testing.T, kind plugin.Kind) {
	for _, spec := range plugin.Specs() {
		if spec.Kind != kind {
			continue
		}
		t.Run(spec.Name, func(t *testing.T) {
			documented(t, spec)
			optionsDocumented(t, spec)
			defaultsParse(t, spec)
			examplesWork(t, spec)
		})
	}
}

func documented(t *testing.T, spec *plugin.Spec) {
	if !sentence(spec.Doc) {
		t.Errorf("Doc does not begin with a sentence: %q", spec.Doc)
	}
	if spec.Source == "" {
		t.Error("Source is empty: where does the behaviour come from?")
	}
	if len(spec.Examples) == 0 {
		t.Error("there is no example")
	}
	for _, e := range spec.Examples {
		if e.Title == "" || !strings.HasPrefix(e.Config, spec.Name) {
			t.Errorf("example %q: a title and a text that begins with the plugin's name are needed", e.Title)
		}
	}
}

// sentence tells whether a text begins with a sentence: a capital letter or a literal,
// and a full stop.
func sentence(text string) bool {
	if text == "" || !strings.ContainsAny(text, ".") || !strings.HasSuffix(strings.TrimSpace(text), ".") {
		return false
	}
	c := text[0]
	return 'A' <= c && c <= 'Z' || c == '`' || '0' <= c && c <= '9'
}

func optionsDocumented(t *testing.T, spec *plugin.Spec) {
	seen := map[string]bool{}
	for _, o := range spec.New().Options() {
		if seen[o.Name] {
			t.Errorf("option %s is declared twice", o.Name)
		}
		seen[o.Name] = true
		if o.Gone == "" && !sentence(o.Doc) {
			t.Errorf("option %s: Doc is not a sentence: %q", o.Name, o.Doc)
		}
		if o.Gone == "" && o.Type == "" {
			t.Errorf("option %s has no type", o.Name)
		}
		if o.Required && o.Default != "" {
			t.Errorf("option %s is required and has a default", o.Name)
		}
	}
}

// defaultsParse writes every default into a configuration.
func defaultsParse(t *testing.T, spec *plugin.Spec) {
	for _, o := range spec.New().Options() {
		if o.Default == "" || o.Gone != "" {
			continue
		}
		config := spec.Name + " { " + o.Name + " => " + o.Default + " }"
		_, list := Configure(t, spec.Kind, config, Env(t))
		for _, d := range list {
			if d.Code.ID == "SL2003" || d.Code.ID == "SL2004" && strings.HasPrefix(d.At.Text(), strings.Trim(o.Default, `"`)) {
				t.Errorf("the default of option %s cannot be written: %v", o.Name, d)
			}
		}
	}
}

// examplesWork configures every example, in a folder that is empty but for the
// certificates in /etc/sluice/certs, where an example names some.
func examplesWork(t *testing.T, spec *plugin.Spec) {
	for _, e := range spec.Examples {
		before := goroutines()
		p, list := Configure(t, spec.Kind, e.Config, exampleEnv(t, strings.Contains(e.Config, exampleCerts)))
		if err := list.Err(); err != nil {
			t.Errorf("example %q: %v", e.Title, list.Text(diag.Style(0)))
			continue
		}
		if c, ok := p.(plugin.Closer); ok {
			if err := c.Close(); err != nil {
				t.Errorf("example %q: Close: %v", e.Title, err)
			}
		}
		noneLeft(t, before, "example "+e.Title)
	}
}

const exampleCerts = "/etc/sluice/certs"

// exampleEnv shows the plugin the folders of examples below a temporary one.
func exampleEnv(t *testing.T, withCerts bool) *plugin.Env {
	env := Env(t)
	root := t.TempDir()
	env.Access.Paths = map[string]string{}
	for _, dir := range []string{"/etc", "/var", "/tmp", "/srv", "/data"} {
		real := filepath.Join(root, dir)
		if err := os.MkdirAll(real, 0o755); err != nil {
			t.Fatal(err)
		}
		env.Access.Paths[dir] = real
	}
	if withCerts {
		request := pki.Request{Dir: env.Access.Path(exampleCerts), Servers: []string{"localhost"}, EC: true}
		if _, err := pki.Create(request); err != nil {
			t.Fatal(err)
		}
	}
	return env
}
