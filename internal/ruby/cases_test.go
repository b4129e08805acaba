package ruby

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
)

// dataFolder returns the folder of third-party test data, or skips the test.
func dataFolder(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		wd, _ := os.Getwd()
		for wd != "/" {
			if _, err := os.Stat(filepath.Join(wd, "go.mod")); err == nil {
				break
			}
			wd = filepath.Dir(wd)
		}
		dir = filepath.Join(wd, "..", "shared", "data")
	}
	dir = filepath.Join(dir, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("test data is not there: %s", dir)
	}
	return dir
}

type recordedCase struct {
	Name      string           `json:"name"`
	Config    string           `json:"config"`
	Input     []string         `json:"input"`
	Expected  []map[string]any `json:"expected"`
	Error     bool             `json:"error"`
	Ignore    []string         `json:"ignore"`
	Clean     []string         `json:"clean"`
	Unordered bool             `json:"unordered"`
}

func readCases(t testing.TB, pattern string) []recordedCase {
	files, _ := filepath.Glob(filepath.Join(dataFolder(t, "logstash-cases"), pattern))
	var out []recordedCase
	for _, f := range files {
		fh, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		s := bufio.NewScanner(fh)
		s.Buffer(nil, 1<<24)
		for s.Scan() {
			var c recordedCase
			d := json.NewDecoder(bytes.NewReader(s.Bytes()))
			d.UseNumber()
			if err := d.Decode(&c); err != nil {
				t.Fatal(err)
			}
			out = append(out, c)
		}
		fh.Close()
	}
	return out
}

// caseFilter is one filter of a case: a ruby filter, or the few options of mutate that
// the guide's configuration has.
type caseFilter struct {
	script      *Script
	inst        *Instance
	remove, tag []string
	withMessage bool
}

func buildFilters(config string) (fs []caseFilter, foreign bool, err error) {
	src := diag.NewSource("case.conf", config)
	f, list := lscl.Parse(src, lscl.Options{})
	if list.Err() != nil {
		return nil, false, list
	}
	for _, sec := range f.Sections {
		for _, st := range sec.Body {
			p, ok := st.(*lscl.Plugin)
			if !ok || p.Name != "ruby" && p.Name != "mutate" {
				return nil, true, nil
			}
			var c caseFilter
			opts := Options{}
			var code *diag.Source
			for _, a := range p.Attributes {
				switch v := a.Value.(type) {
				case *lscl.String:
					content := diag.EmbedAt(src, v.Text, v.Content.Start)
					switch a.Name {
					case "code":
						code = content
					case "init":
						opts.Init = content
					case "remove_field":
						c.remove = append(c.remove, v.Text)
					case "add_tag":
						c.tag = append(c.tag, v.Text)
					case "tag_with_exception_message":
						c.withMessage = v.Text == "true"
					default:
						return nil, true, nil
					}
				case *lscl.Array:
					for _, x := range v.Values {
						s := x.(*lscl.String).Text
						switch a.Name {
						case "remove_field":
							c.remove = append(c.remove, s)
						case "add_tag":
							c.tag = append(c.tag, s)
						default:
							return nil, true, nil
						}
					}
				default:
					return nil, true, nil
				}
			}
			if p.Name == "ruby" {
				if code == nil {
					return nil, true, nil
				}
				s, list := Compile(code, opts)
				if s == nil {
					return nil, false, list
				}
				c.script = s
				if c.inst, err = s.NewInstance(nil); err != nil {
					return nil, false, err
				}
			}
			fs = append(fs, c)
		}
	}
	return fs, false, nil
}

func (f *caseFilter) apply(events []*event.Event) []*event.Event {
	var out []*event.Event
	for _, ev := range events {
		var more []*event.Event
		if f.inst != nil {
			if err := f.inst.Run(ev, func(e *event.Event) { more = append(more, e) }); err != nil {
				if e, ok := IsException(err); ok && f.withMessage {
					ev.Tag("_rubyexception: " + e.Message)
				}
				ev.Tag("_rubyexception")
			}
		}
		for _, r := range f.remove {
			ev.Remove(event.MustRef(r))
		}
		for _, t := range f.tag {
			ev.AddTag(t)
		}
		if !ev.Cancelled() {
			out = append(out, ev)
		}
		out = append(out, more...)
	}
	return out
}

// strict makes numbers compare by kind: 1 is not 1.0.
func strict(v any) any {
	switch x := v.(type) {
	case json.Number:
		s := string(x)
		if strings.ContainsAny(s, ".eE") {
			f, _ := x.Float64()
			return fmt.Sprintf("float %v", f)
		}
		return "int " + s
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = strict(x[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range x {
			out[k] = strict(x[k])
		}
		return out
	}
	return v
}

func drop(m map[string]any, paths []string) {
	for _, p := range paths {
		parts := strings.Split(p, ".")
		cur := m
		for _, k := range parts[:len(parts)-1] {
			next, ok := cur[k].(map[string]any)
			if !ok {
				cur = nil
				break
			}
			cur = next
		}
		delete(cur, parts[len(parts)-1])
	}
}

func runCase(c recordedCase) (problem string, foreign bool) {
	fs, foreign, err := buildFilters(c.Config)
	if foreign {
		return "", true
	}
	if c.Error {
		if err == nil {
			return "accepted, but Logstash refuses it", false
		}
		return "", false
	}
	if err != nil {
		return "refused: " + err.Error(), false
	}
	var got []map[string]any
	for _, line := range c.Input {
		b := event.NewBatch()
		b.Pin()
		ev, _, err := b.Decode([]byte(line))
		if err != nil {
			return err.Error(), false
		}
		for _, name := range c.Clean {
			_ = name // the stdin input's own fields are not there in this test
		}
		events := []*event.Event{ev}
		for i := range fs {
			events = fs[i].apply(events)
		}
		for _, e := range events {
			var m map[string]any
			d := json.NewDecoder(bytes.NewReader(e.AppendJSON(nil)))
			d.UseNumber()
			if err := d.Decode(&m); err != nil {
				return "output is no JSON: " + err.Error(), false
			}
			got = append(got, m)
		}
	}
	if len(got) != len(c.Expected) {
		return fmt.Sprintf("%d events, want %d", len(got), len(c.Expected)), false
	}
	var bad []string
	for i, g := range got {
		w := c.Expected[i]
		drop(g, c.Ignore)
		drop(w, c.Ignore)
		keys := map[string]bool{}
		for k := range g {
			keys[k] = true
		}
		for k := range w {
			keys[k] = true
		}
		for k := range keys {
			a, inG := g[k]
			b, inW := w[k]
			if inG != inW || !reflect.DeepEqual(strict(a), strict(b)) {
				bad = append(bad, fmt.Sprintf("%s: got %v (%v), want %v (%v)", k, a, inG, b, inW))
			}
		}
	}
	sort.Strings(bad)
	return strings.Join(bad, "; "), false
}

// TestRecordedCases runs what real Logstash has been seen to do with ruby filters.
func TestRecordedCases(t *testing.T) {
	for _, pattern := range []string{"ruby-*.jsonl", "guide.jsonl"} {
		passed, total := 0, 0
		for _, c := range readCases(t, pattern) {
			problem, foreign := func() (p string, f bool) {
				defer func() {
					if r := recover(); r != nil {
						p = fmt.Sprintf("panic: %v", r)
					}
				}()
				return runCase(c)
			}()
			if foreign {
				continue
			}
			total++
			if problem == "" {
				passed++
				continue
			}
			t.Logf("%s: %.600s", c.Name, problem)
		}
		t.Logf("%s: %d of %d", pattern, passed, total)
		if total == 0 || passed*100 < total*98 {
			t.Errorf("%s: only %d of %d pass", pattern, passed, total)
		}
	}
}
