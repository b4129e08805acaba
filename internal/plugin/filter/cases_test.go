package filter

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// recorded is what a real Logstash did: a filter section, lines of input and the
// events that came out.
type recorded struct {
	Name     string
	Config   string
	Settings map[string]any
	Codec    string
	Input    []string
	Expected []map[string]any
	Error    bool
	Ignore   []string
	Clean    []string
	Unorder  bool `json:"unordered"`
	Env      map[string]string
}

// dataDir returns the folder of the recorded cases, or skips the test.
func dataDir(t testing.TB) string {
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for !exists(filepath.Join(root, "go.mod")) {
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	dir = filepath.Join(dir, "logstash-cases")
	if !exists(dir) {
		t.Skipf("the recorded cases are not in %s; SLUICE_DATA names their folder", dir)
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readCases(t testing.TB, path string) []recorded {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []recorded
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c recorded
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// TestRecordedCases runs the cases whose filters stand side by side, without
// conditionals, and consist of filters of this package.
func TestRecordedCases(t *testing.T) {
	event.PoisonReleased(true)
	defer event.PoisonReleased(false)
	files, err := filepath.Glob(filepath.Join(dataDir(t), "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		family := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		t.Run(family, func(t *testing.T) {
			ran := 0
			for _, c := range readCases(t, path) {
				file, list := lscl.Parse(diag.NewSource(c.Name, c.Config), lscl.Options{SupportEscapes: c.Settings["config.support_escapes"] == true})
				if c.Codec != "" && c.Codec != "json_lines" || len(c.Env) > 0 || list.Err() == nil && !flat(file) {
					continue
				}
				if c.Name == "lscl/bad-duplicate-plugin-ids" {
					continue // what compiles a whole pipeline refuses it
				}
				ran++
				t.Run(c.Name, func(t *testing.T) { c.run(t, file, list) })
			}
			t.Logf("%d cases ran", ran)
		})
	}
}

func flat(file *lscl.File) bool {
	for _, s := range file.Sections {
		for _, statement := range s.Body {
			p, ok := statement.(*lscl.Plugin)
			if !ok || s.Kind != lscl.Filter || p.Name == "ruby" || // what runs Ruby has tests of its own
				plugin.Lookup(plugin.FilterKind, p.Name) == nil {
				return false
			}
		}
	}
	return true
}

func testEnv() *plugin.Env {
	return &plugin.Env{ID: "test", ECS: plugin.ECSDisabled, Host: "testhost", Workers: 1, BatchSize: 125, Log: slog.New(slog.DiscardHandler), Variables: os.LookupEnv}
}

func (c *recorded) run(t *testing.T, file *lscl.File, list diag.List) {
	env := testEnv()
	env.ECS = plugin.ECSV8
	if ecs, ok := c.Settings["pipeline.ecs_compatibility"].(string); ok {
		env.ECS = plugin.ECS(ecs)
	}
	var filters []plugin.Filter
	if list.Err() == nil {
		for _, s := range file.Sections {
			for _, statement := range s.Body {
				own := *env
				own.DataDir = t.TempDir()
				if p := plugin.Configure(plugin.FilterKind, statement.(*lscl.Plugin), &own, &list); p != nil {
					filters = append(filters, p.(plugin.Filter))
				}
			}
		}
	}
	if refused := list.Err() != nil; refused != c.Error {
		t.Fatalf("%s\nrefused: %v, want %v\n%v", c.Config, refused, c.Error, list.Err())
	}
	if c.Error {
		return
	}
	var got []any
	for _, line := range c.Input {
		b := event.NewBatch()
		e, _, err := b.Decode(b.Copy([]byte(line)))
		if err != nil {
			b.Release()
			t.Skipf("input that is no object: %v", err)
		}
		if env.ECS.Enabled() {
			env.KeepOriginal(e, line)
			_ = e.Set(event.MustRef("[host][hostname]"), event.StringValue("testhost"))
		}
		for _, name := range c.Clean {
			e.Remove(event.MustRef(name))
		}
		for _, out := range applyAll(filters, e) {
			d := json.NewDecoder(strings.NewReader(string(out.AppendJSON(nil))))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				t.Fatalf("no JSON: %v", err)
			}
			got = append(got, v)
		}
		b.Release()
	}
	var want []any
	for _, v := range c.Expected {
		want = append(want, v)
	}
	show := func(list []any) []string {
		var out []string
		for _, v := range list {
			for _, path := range c.Ignore {
				remove(v, strings.Split(path, "."))
			}
			out = append(out, canonical(v))
		}
		if c.Unorder {
			slices.Sort(out)
		}
		return out
	}
	g, w := show(got), show(want)
	if !slices.Equal(g, w) {
		t.Errorf("%s\n%s\n got %s\nwant %s", c.Config, strings.Join(c.Input, "\n"), strings.Join(g, "\n     "), strings.Join(w, "\n     "))
	}
}

// applyAll sends an event through filters and returns what comes out, in order.
func applyAll(filters []plugin.Filter, e *event.Event) []*event.Event {
	events := []*event.Event{e}
	for _, f := range filters {
		var next []*event.Event
		for _, e := range events {
			var made []*event.Event
			f.Apply(e, func(n *event.Event) { made = append(made, n) })
			if !e.Cancelled() {
				next = append(next, e)
			}
			next = append(next, made...)
		}
		events = next
	}
	return events
}

// remove takes a field out, and objects that it leaves empty.
func remove(v any, path []string) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	if len(path) == 1 {
		delete(m, path[0])
		return
	}
	remove(m[path[0]], path[1:])
	if inner, ok := m[path[0]].(map[string]any); ok && len(inner) == 0 {
		delete(m, path[0])
	}
}

// canonical returns a value as text, in which 1 and 1.0 differ and 1.0 and 1.00 do not.
func canonical(v any) string {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = fmt.Sprintf("%q: %s", k, canonical(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = canonical(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			i, _ := new(big.Int).SetString(v.String(), 10)
			return i.String()
		}
		f, _ := v.Float64()
		return fmt.Sprintf("float(%v)", f)
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}
