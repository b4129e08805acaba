package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	_ "sluice/internal/plugin/codec"
	_ "sluice/internal/plugin/input"
	"sluice/internal/settings"
)

// catcher is an output that keeps events by the name of its option.
type catcher struct{ name string }

var caught = struct {
	sync.Mutex
	by   map[string][]string
	more chan struct{}
}{by: map[string][]string{}, more: make(chan struct{})}

func (c *catcher) Options() []plugin.Option {
	return []plugin.Option{plugin.String("name", &c.name, ".")}
}
func (c *catcher) Open(*plugin.Env) error { return nil }
func (c *catcher) Write(_ context.Context, events []*event.Event, _ []plugin.Answer) {
	caught.Lock()
	defer caught.Unlock()
	for _, e := range events {
		e.Remove(event.MustRef("@timestamp"))
		caught.by[c.name] = append(caught.by[c.name], string(e.AppendJSON(nil))+string(e.Metadata().AppendJSON(nil)))
	}
	close(caught.more)
	caught.more = make(chan struct{})
}

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.OutputKind, Name: "test_catcher", New: func() plugin.Plugin { return new(catcher) }})
}

// awaitCaught waits until a catcher has n events, and returns them sorted.
func awaitCaught(t *testing.T, name string, n int) []string {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		caught.Lock()
		got, more := slices.Clone(caught.by[name]), caught.more
		caught.Unlock()
		if len(got) >= n {
			slices.Sort(got)
			return got
		}
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("%s has %d of %d events: %q", name, len(got), n, got)
		}
	}
}

// connected makes an engine of pipelines that are given as id, text, id, text …
func connected(t *testing.T, data string, texts ...string) *Engine {
	t.Helper()
	var pipelines []Pipeline
	for i := 0; i < len(texts); i += 2 {
		s := settings.New()
		for name, value := range map[string]string{"pipeline.id": texts[i], "pipeline.workers": "1", "pipeline.batch.delay": "1"} {
			if list := s.Set(name, value, diag.Span{}); list.Err() != nil {
				t.Fatal(list)
			}
		}
		pipelines = append(pipelines, Pipeline{ID: texts[i], Settings: s, Sources: []*diag.Source{diag.NewSource(texts[i], texts[i+1])}})
	}
	e, list := New(pipelines, Options{Log: slog.New(slog.DiscardHandler), DataDir: data})
	if list.Err() != nil {
		t.Fatal(list.Text(diag.Plain))
	}
	return e
}

// start runs an engine; end stops it, waits, and checks every account.
func start(t *testing.T, e *Engine) (end func()) {
	t.Helper()
	caught.Lock()
	clear(caught.by)
	caught.Unlock()
	stop, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(stop, context.Background()) }()
	end = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the engine does not end")
		}
		for _, s := range e.Status() {
			if err := errors.Join(s.Ledger.Check(s.Queue.Events), s.Account.Check()); err != nil {
				t.Errorf("pipeline %s: %v", s.ID, err)
			}
		}
	})
	t.Cleanup(end)
	return end
}

const made = `input { test_source { from => 1 count => 4 stay => true } } `

// The three patterns of Logstash's documentation, pipeline-to-pipeline.
func TestPipelinePatterns(t *testing.T) {
	event := func(n int) string { return fmt.Sprintf(`{"@version":"1","n":%d}{"m":"kept"}`, n) }
	tests := []struct {
		name  string
		texts []string
		want  map[string][]string
	}{
		{"distributor", []string{
			"distributor", made + `output { if [n] < 3 { pipeline { send_to => small } } else { pipeline { send_to => ["large"] } } }`,
			"a", `input { pipeline { address => small } } output { test_catcher { name => "a" } }`,
			"b", `input { pipeline { address => large } } output { test_catcher { name => "b" } }`,
		}, map[string][]string{"a": {event(1), event(2)}, "b": {event(3), event(4)}}},
		{"forked path", []string{
			"b", `input { pipeline { address => "two" tags => ["b"] } } output { test_catcher { name => "b" } }`,
			"fork", made + `output { pipeline { send_to => ["one", "two"] } }`,
			"a", `input { pipeline { address => "one" } } filter { mutate { remove_field => ["n"] } } output { test_catcher { name => "a" } }`,
		}, map[string][]string{
			"a": slices.Repeat([]string{`{"@version":"1"}{"m":"kept"}`}, 4),
			"b": {`{"@version":"1","n":1,"tags":["b"]}{"m":"kept"}`, `{"@version":"1","n":2,"tags":["b"]}{"m":"kept"}`, `{"@version":"1","n":3,"tags":["b"]}{"m":"kept"}`, `{"@version":"1","n":4,"tags":["b"]}{"m":"kept"}`},
		}},
		{"collector", []string{
			"first", made + `output { pipeline { send_to => all } }`,
			"second", `input { test_source { from => 5 count => 2 } } output { pipeline { send_to => all } }`,
			"all", `input { pipeline { address => all } } output { test_catcher { name => "a" } }`,
		}, map[string][]string{"a": {event(1), event(2), event(3), event(4), event(5), event(6)}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := connected(t, t.TempDir(), test.texts...)
			end := start(t, e)
			for name, want := range test.want {
				if got := awaitCaught(t, name, len(want)); !slices.Equal(got, want) {
					t.Errorf("%s: got\n%s\nwanted\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
			end()
		})
	}
}

// When all is stopped the receiver ends last, so that nothing is lost on the way.
func TestPipelinesEndInOrder(t *testing.T) {
	e := connected(t, t.TempDir(),
		"last", `input { pipeline { address => "c" } } output { test_catcher { name => "a" } }`,
		"middle", `input { pipeline { address => "b" } } output { pipeline { send_to => "c" } }`,
		"first", `input { test_source { from => 1 count => 500 } } output { pipeline { send_to => "b" } }`)
	end := start(t, e)
	awaitCaught(t, "a", 1)
	end()
	first := e.Status()[2].Ledger.In
	if got := awaitCaught(t, "a", int(first)); int64(len(got)) != first {
		t.Errorf("%d events came in, %d arrived", first, len(got))
	}
}

// Pipelines that send to each other end, too.
func TestPipelineCircleEnds(t *testing.T) {
	e := connected(t, t.TempDir(),
		"a", `input { test_source { from => 1 count => 1 } pipeline { address => "a" } } output { if [n] { pipeline { send_to => "b" } } }`,
		"b", `input { pipeline { address => "b" } } output { test_catcher { name => "b" } if ![n] { pipeline { send_to => "a" } } }`)
	end := start(t, e)
	awaitCaught(t, "b", 1)
	end()
}

// Without a receiver events wait, or are dropped and the condition says so.
func TestPipelineNobodyReceives(t *testing.T) {
	e := connected(t, t.TempDir(),
		"drops", made+`output { pipeline { id => "d" send_to => ["nowhere", "here"] ensure_delivery => false } }`,
		"here", `input { pipeline { address => here } } output { test_catcher { name => "a" } }`)
	end := start(t, e)
	awaitCaught(t, "a", 4)
	end()
	if l := e.Status()[0].Ledger; l.Dropped["no pipeline receives at the address nowhere"] != 4 || l.Out != 0 {
		t.Errorf("the ledger does not say why 4 events were dropped: %+v", l)
	}
	conditions := e.Status()[0].Conditions
	if len(conditions) != 1 || conditions[0].Subject != "d" || !strings.Contains(conditions[0].Cause, "4 events have been dropped") {
		t.Errorf("%+v", conditions)
	}
}

// Events that wait for a receiver come to the one that a reload brings.
func TestPipelineWaitsForReceiver(t *testing.T) {
	e := connected(t, t.TempDir(), "first", made+`output { pipeline { send_to => late } }`)
	end := start(t, e)
	for deadline := time.Now().Add(10 * time.Second); len(e.Status()[0].Conditions) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no condition says that nobody receives")
		}
	}
	other := connected(t, t.TempDir(), "first", made+`output { pipeline { send_to => late } }`,
		"late", `input { pipeline { address => late } } output { test_catcher { name => "a" } }`)
	var wanted []Pipeline
	for _, r := range other.all() {
		wanted = append(wanted, r.config)
	}
	e.Reload(wanted)
	awaitCaught(t, "a", 4)
	end()
}

func TestPipelineAddressTaken(t *testing.T) {
	e := connected(t, t.TempDir(),
		"a", `input { pipeline { address => "x" } } output { test_catcher { } }`,
		"b", `input { pipeline { address => "x" } } output { test_catcher { } }`)
	err := e.Run(t.Context(), t.Context())
	if err == nil || !strings.Contains(err.Error(), "the pipeline a receives at the address x already") {
		t.Error(err)
	}
	_, list := New([]Pipeline{{ID: "c", Settings: settings.New(), Sources: []*diag.Source{diag.NewSource("c",
		`input { pipeline { address => "x" } pipeline { address => "x" } } output { test_catcher { } }`)}}}, Options{Log: slog.New(slog.DiscardHandler)})
	if !strings.Contains(list.Text(diag.Plain), "another input of this pipeline receives at the address x already") {
		t.Error(list.Text(diag.Plain))
	}
}
