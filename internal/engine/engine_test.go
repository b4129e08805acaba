package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// gate is an output that takes events only while it is open.
type gate struct {
	mu   sync.Mutex
	open bool
	got  []int64
	more chan struct{} // closed when something was taken or refused
}

var theGate = &gate{more: make(chan struct{})}

func (g *gate) Options() []plugin.Option { return nil }
func (g *gate) Open(*plugin.Env) error   { return nil }
func (g *gate) Write(_ context.Context, events []*event.Event, answers []plugin.Answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, e := range events {
		if n := e.Get(event.MustRef("n")).Int(); !g.open || n < 0 {
			answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: "the gate is closed"}
			if n < 0 {
				answers[i] = plugin.Answer{Verdict: plugin.Reject, Reason: "negative", Status: 400, Body: "no"}
			}
		} else {
			g.got = append(g.got, n)
		}
	}
	close(g.more)
	g.more = make(chan struct{})
}

func (g *gate) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		g.mu.Lock()
		done, more := ok(), g.more
		g.mu.Unlock()
		if done {
			return
		}
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("%s did not happen", what)
		}
	}
}

// source is an input that brings the numbers it is told.
type source struct {
	from, count int
	stay        bool
}

func (s *source) Options() []plugin.Option {
	return []plugin.Option{
		plugin.Int("from", &s.from, -1000, 1000, "."), plugin.Int("count", &s.count, 0, 1000, "."), plugin.Bool("stay", &s.stay, "."),
	}
}
func (s *source) Open(*plugin.Env) error { return nil }
func (s *source) Run(ctx context.Context, to plugin.Sink) error {
	for i := range s.count {
		b := event.NewBatch()
		e := b.New()
		_ = e.Set(event.MustRef("n"), event.IntValue(int64(s.from+i)))
		_ = e.Set(event.MustRef("[@metadata][m]"), event.StringValue("kept"))
		if err := to.Put(ctx, b); err != nil {
			return nil
		}
	}
	if s.stay {
		<-ctx.Done()
	}
	return nil
}

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.OutputKind, Name: "test_gate", New: func() plugin.Plugin { return theGate }})
	plugin.Register(plugin.Spec{Kind: plugin.InputKind, Name: "test_source", New: func() plugin.Plugin { return new(source) }})
}

func newEngine(t *testing.T, data, text string, set ...string) *Engine {
	t.Helper()
	s := settings.New()
	for _, kv := range append(set, "config.string="+text, "pipeline.workers=1", "pipeline.batch.delay=1") {
		name, value, _ := strings.Cut(kv, "=")
		if list := s.Set(name, value, diag.Span{}); list.Err() != nil {
			t.Fatal(list)
		}
	}
	pipelines, list := Load(s, plugin.Access{})
	if list.Err() != nil {
		t.Fatal(list)
	}
	e, list := New(pipelines, Options{Log: slog.New(slog.DiscardHandler), DataDir: data})
	if list.Err() != nil {
		t.Fatal(list)
	}
	return e
}

func TestPersistedEventsSurviveARestart(t *testing.T) {
	event.PoisonReleased(true)
	defer event.PoisonReleased(false)
	data := t.TempDir()
	theGate.open, theGate.got = false, nil
	stop, cancel := context.WithCancel(context.Background())
	first := newEngine(t, data, `input { test_source { from => 0 count => 300 stay => true } } output { test_gate { } }`, "queue.type=persisted")
	done := make(chan error, 1)
	go func() { done <- first.Run(stop, context.Background()) }()
	refused := false
	theGate.await(t, "a refused batch", func() bool { r := refused; refused = true; return r })
	deadline := time.Now().Add(10 * time.Second)
	for first.Status()[0].Ledger.In < 300 && time.Now().Before(deadline) {
		theGate.await(t, "another attempt", func() bool { r := refused; refused = !refused; return r })
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if s := first.Status()[0]; s.Ledger.Out != 0 || s.Ledger.In != 300 {
		t.Fatalf("ledger %+v", s.Ledger)
	}

	theGate.open = true
	second := newEngine(t, data, `input { test_source { from => 300 count => 5 } } filter { } output { test_gate { } }`, "queue.type=persisted")
	if err := second.Run(context.Background(), context.Background()); err != nil {
		t.Fatal(err)
	}
	for i, n := range theGate.got {
		if n != int64(i) {
			t.Fatalf("event %d is number %d", i, n)
		}
	}
	if len(theGate.got) != 305 {
		t.Errorf("%d events were delivered, 305 came in", len(theGate.got))
	}
}

func TestDeadLettersAreKept(t *testing.T) {
	data := t.TempDir()
	theGate.open, theGate.got = true, nil
	e := newEngine(t, data, `input { test_source { from => -2 count => 4 } } output { test_gate { } }`)
	if err := e.Run(context.Background(), context.Background()); err != nil {
		t.Fatal(err)
	}
	if l := e.Status()[0].Ledger; l.DeadLettered != 2 || l.Out != 2 {
		t.Errorf("ledger %+v", l)
	}
	if files, _ := filepath.Glob(filepath.Join(data, "dead_letter_queue", "main", "*")); len(files) == 0 {
		t.Error("there is no dead letter queue")
	}
}

func TestNothingIsMadeOnDiskWithoutNeed(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	theGate.open = true
	e := newEngine(t, data, `input { test_source { count => 4 } } output { test_gate { } }`)
	if err := e.Run(context.Background(), context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s was made: %v", data, err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.conf": "input { }", "b.conf": "output { }", "c.txt": "filter { }", ".hidden": "x", "d.conf~": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		dir: "a.conf b.conf c.txt", dir + "/*.conf": "a.conf b.conf", dir + "/{c.txt,a.conf}": "a.conf c.txt", dir + "/a.conf": "a.conf",
	} {
		srcs, list := readConfigs(path, diag.Span{}, plugin.Access{})
		var names []string
		for _, s := range srcs {
			names = append(names, filepath.Base(s.Name))
		}
		if got := strings.Join(names, " "); got != want || len(list) > 0 {
			t.Errorf("%s: got %s, %v", path, got, list)
		}
	}
	if _, list := readConfigs(dir+"/a.cnf", diag.Span{}, plugin.Access{}); !strings.Contains(list.Text(diag.Plain), "did you mean "+dir+"/a.conf?") {
		t.Errorf("a missing file: %v", list)
	}
	if _, list := Load(settings.New(), plugin.Access{}); !strings.Contains(fmt.Sprint(list), "No configuration file was specified") {
		t.Errorf("nothing to run: %v", list)
	}
}
