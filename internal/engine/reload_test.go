package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// feed is an input that goes on counting where the one before it stopped, and tally an
// output that remembers what it was given.
type feed struct{}

type tally struct{ dead bool }

var feeding struct {
	mu   sync.Mutex
	next int64
	most int64
	got  map[int64]int
}

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.InputKind, Name: "test_feed", New: func() plugin.Plugin { return new(feed) }})
	plugin.Register(plugin.Spec{Kind: plugin.OutputKind, Name: "test_tally", New: func() plugin.Plugin { return new(tally) }})
}

func (*feed) Options() []plugin.Option { return nil }
func (*feed) Open(*plugin.Env) error   { return nil }
func (*feed) Run(ctx context.Context, to plugin.Sink) error {
	for ctx.Err() == nil {
		feeding.mu.Lock()
		first, last := feeding.next, min(feeding.next+7, feeding.most)
		feeding.mu.Unlock()
		if first == last {
			<-ctx.Done()
			break
		}
		b := event.NewBatch()
		for n := first; n < last; n++ {
			_ = b.New().Set(event.MustRef("n"), event.IntValue(n))
		}
		if to.Put(ctx, b) == nil {
			feeding.mu.Lock()
			feeding.next = last
			feeding.mu.Unlock()
		}
	}
	return nil
}

func (t *tally) Options() []plugin.Option {
	return []plugin.Option{plugin.Bool("dead", &t.dead, "."), plugin.Int("number", new(int), 0, 1000, ".")}
}
func (*tally) Open(*plugin.Env) error { return nil }
func (t *tally) Write(_ context.Context, events []*event.Event, answers []plugin.Answer) {
	feeding.mu.Lock()
	defer feeding.mu.Unlock()
	for i, e := range events {
		if t.dead {
			answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: "dead"}
			continue
		}
		feeding.got[e.Get(event.MustRef("n")).Int()]++
	}
}

func configured(t *testing.T, queueType, dir, text string) []Pipeline {
	t.Helper()
	s := settings.New()
	for name, value := range map[string]string{"queue.type": queueType, "pipeline.workers": "3", "pipeline.batch.size": "10", "pipeline.batch.delay": "1"} {
		if list := s.Set(name, value, diag.Span{}); list.Err() != nil {
			t.Fatal(list)
		}
	}
	return []Pipeline{{ID: "main", Settings: s, Sources: []*diag.Source{diag.NewSource("test.conf", text)}}}
}

// Whatever is reloaded while events flow, every event arrives, and with outputs that
// work none arrives twice. A dead output does not hold a reload up.
func TestReloadLosesNothing(t *testing.T) {
	for _, queueType := range []string{"memory", "persisted"} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, dead outputs %v", queueType, dead), func(t *testing.T) {
				testReload(t, queueType, dead, "")
			})
		}
	}
	t.Run("from memory to disk", func(t *testing.T) { testReload(t, "memory", false, "queue.type") })
	t.Run("persisted, another size each time", func(t *testing.T) { testReload(t, "persisted", false, "queue.max_bytes") })
}

// testReload reloads some times while events flow. change is a setting that is another
// number in each configuration; queue.type is memory first and persisted then.
func testReload(t *testing.T, queueType string, dead bool, change string) {
	const most, reloads = 20_000, 6
	feeding.mu.Lock()
	feeding.next, feeding.most, feeding.got = 0, most, map[int64]int{}
	feeding.mu.Unlock()
	dir := t.TempDir()
	config := func(n int) []Pipeline {
		// The last one always works; with dead outputs all others do not.
		pipelines := configured(t, queueType, dir, fmt.Sprintf("input { test_feed { } } output { test_tally { number => %d dead => %v } }", n, dead && n < reloads))
		switch {
		case change == "queue.type" && n > 0:
			pipelines[0].Settings.Set(change, "persisted", diag.Span{})
		case change != "" && change != "queue.type":
			pipelines[0].Settings.Set(change, fmt.Sprint(500_000_000+n), diag.Span{})
		}
		return pipelines
	}
	e, list := New(config(0), Options{Log: slog.New(slog.DiscardHandler), DataDir: dir})
	if list.Err() != nil {
		t.Fatal(list)
	}
	stop, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(stop, context.Background()) }()
	for len(e.Status()) == 0 || e.find("main").state() != "RUNNING" {
		time.Sleep(time.Millisecond)
	}
	for n := 1; n <= reloads; n++ {
		begun := time.Now()
		for e.reloadsCopy("main").Successes < n { // Reload does nothing before Run has started all
			e.Reload(config(n))
		}
		if took := time.Since(begun); took > 8*time.Second {
			t.Errorf("reload %d took %v", n, took)
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		feeding.mu.Lock()
		arrived := len(feeding.got)
		feeding.mu.Unlock()
		if arrived == most {
			break
		}
		if err := e.Status()[0].Account.Check(); err != nil {
			t.Fatalf("while events flow: %v", err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d events have arrived", arrived, most)
		}
		time.Sleep(time.Millisecond)
	}
	end()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	a := e.Status()[0].Account
	if err := a.Check(); err != nil {
		t.Error(err)
	}
	if change != "queue.type" && (a.In != most || a.Out != most || a.Queued != 0 || a.Lost != 0) {
		t.Errorf("the account of all pipelines together: %+v", a)
	}
	for n, times := range feeding.got {
		if times != 1 {
			t.Errorf("event %d arrived %d times", n, times)
		}
	}
}

// What cannot run leaves what runs alone.
func TestReloadOfMistakes(t *testing.T) {
	feeding.mu.Lock()
	feeding.next, feeding.most, feeding.got = 0, 0, map[int64]int{}
	feeding.mu.Unlock()
	dir := t.TempDir()
	good := configured(t, "memory", dir, "input { test_feed { } } output { test_tally { } }")
	e, list := New(good, Options{Log: slog.New(slog.DiscardHandler), DataDir: dir, KeepGoing: true})
	if list.Err() != nil {
		t.Fatal(list)
	}
	stop, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(stop, context.Background()) }()
	for e.find("main").state() != "RUNNING" {
		time.Sleep(time.Millisecond)
	}
	first := e.find("main")
	for i, text := range []string{"input { test_feed { } } output { nosuch { } }", "input {", "filter { nosuch { } }", "input { nosuch { } } output { test_tally { } }"} {
		for e.reloadsCopy("main").Failures <= i {
			e.Reload(configured(t, "memory", dir, text))
		}
		if e.find("main") != first || first.isFinished() {
			t.Fatalf("%q: the old pipeline does not run any more", text)
		}
		if e.reloadsCopy("main").LastError == "" {
			t.Errorf("%q: no reason is kept", text)
		}
	}
	if e.Status()[0].Conditions[0].Code != "reload-failed" {
		t.Error("the condition has not been raised")
	}
	e.Reload(good)
	if len(e.Status()[0].Conditions) != 0 {
		t.Error("the condition is still there")
	}
	if e.find("main") != first {
		t.Error("what has not changed was started anew")
	}
	other := configured(t, "memory", dir, "input {")
	other[0].ID = "other"
	e.Reload(append(other, good...))
	if down := e.down(); len(down) != 1 || down["other"].Failures != 1 || e.find("main") != first {
		t.Errorf("a second pipeline that cannot start: %v", down)
	}
	e.Reload(good)
	if down := e.down(); len(down) != 0 {
		t.Errorf("a pipeline that is not wanted any more is still reported: %v", down)
	}
	e.Reload(nil) // no pipeline is wanted any more
	if len(e.Status()) != 0 {
		t.Error("a pipeline that is not wanted is still there")
	}
	<-first.ended
	end()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
