package filter

import (
	"encoding/json"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// sample is one configuration, one event that goes in, and what comes out: one JSON
// object a line, without @version and @timestamp.
type sample struct {
	name   string
	config string
	in     string
	want   string
}

func check(t *testing.T, samples []sample) {
	t.Helper()
	event.PoisonReleased(true)
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			filters, err := configure(s.config, testEnv())
			if err != nil {
				t.Fatal(err)
			}
			if got := through(t, filters, s.in); got != normal(t, s.want) {
				t.Errorf("%s\n  in %s\n got %s\nwant %s", s.config, s.in, got, normal(t, s.want))
			}
		})
	}
}

// configure makes the filters of a text that holds nothing but filters.
func configure(config string, env *plugin.Env) ([]plugin.Filter, error) {
	file, list := lscl.Parse(diag.NewSource("test", "filter { "+config+" }"), lscl.Options{})
	if err := list.Err(); err != nil {
		return nil, err
	}
	var filters []plugin.Filter
	for _, statement := range file.Sections[0].Body {
		own := *env
		if p := plugin.Configure(plugin.FilterKind, statement.(*lscl.Plugin), &own, &list); p != nil {
			filters = append(filters, p.(plugin.Filter))
		}
	}
	return filters, list.Err()
}

// through sends one event through filters, and returns all that comes out as of sample.
func through(t *testing.T, filters []plugin.Filter, in string) string {
	t.Helper()
	b := event.NewBatch()
	defer b.Release()
	e, _, err := b.Decode(b.Copy([]byte(in)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range applyAll(filters, e) {
		out = append(out, string(e.AppendJSON(nil)))
	}
	return normal(t, strings.Join(out, "\n"))
}

func normal(t *testing.T, lines string) string {
	t.Helper()
	var out []string
	for _, line := range strings.Split(lines, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		var v map[string]any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		delete(v, "@timestamp")
		delete(v, "@version")
		out = append(out, canonical(v))
	}
	return strings.Join(out, "\n")
}

// refused checks that configurations are refused, with a message that holds some words.
func refused(t *testing.T, configs map[string]string) {
	t.Helper()
	for config, words := range configs {
		_, err := configure(config, testEnv())
		if err == nil {
			t.Errorf("%s is accepted", config)
		} else if !strings.Contains(err.Error(), words) {
			t.Errorf("%s: the message has no %q:\n%v", config, words, err)
		}
	}
}

func TestExamples(t *testing.T) {
	for _, s := range plugin.Specs() {
		if s.Kind != plugin.FilterKind {
			continue
		}
		if s.Doc == "" || s.Source == "" || len(s.Examples) == 0 {
			t.Errorf("%s lacks documentation, a source or examples", s.Name)
		}
		for _, example := range s.Examples {
			if _, err := configure(example.Config, testEnv()); err != nil {
				t.Errorf("%s: the example %q: %v", s.Name, example.Title, err)
			}
		}
	}
}
