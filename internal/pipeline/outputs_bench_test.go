package pipeline

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.OutputKind, Name: "test_healthy", New: func() plugin.Plugin { return new(healthy) }})
}

// healthy takes everything.
type healthy struct{}

func (*healthy) Options() []plugin.Option                               { return nil }
func (*healthy) Open(*plugin.Env) error                                 { return nil }
func (*healthy) Write(context.Context, []*event.Event, []plugin.Answer) {}

// emptySpills are spills in which nothing waits.
type emptySpills struct{ Spill }

func (emptySpills) Open(outputs []SpillOf) []Spill {
	list := make([]Spill, len(outputs))
	for i := range list {
		list[i] = emptySpills{}
	}
	return list
}
func (emptySpills) Active() bool { return false }

// twoHealthy returns a function that takes a batch of 125 events to two healthy outputs.
func twoHealthy(tb testing.TB, after time.Duration) func() {
	config, list := lscl.ParseAll([]*diag.Source{diag.NewSource("test.conf", `input { test_numbers { } } output { test_healthy { } test_healthy { } }`)}, lscl.Options{})
	if list.Err() != nil {
		tb.Fatal(list)
	}
	p, list := Compile(config, Options{
		ID: "test", Workers: 1, BatchSize: 125, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Conditions: new(health.Conditions), DeadLetters: new(memoryLetters), Spills: emptySpills{}, SpillAfter: after,
	})
	if list.Err() != nil {
		tb.Fatal(list)
	}
	p.ctx, p.retry = tb.Context(), tb.Context()
	p.openSpills()
	w := newWorker(p)
	b := event.NewBatch()
	for i := range 125 {
		_ = b.New().Set(event.MustRef("n"), event.IntValue(int64(i)))
	}
	return func() {
		if !w.process(b) {
			tb.Fatal("not delivered")
		}
	}
}

// What a batch to two healthy outputs costs with output.on_block wait and spill. The two
// should differ by nothing but a timer for each output and batch.
func BenchmarkTwoHealthyOutputs(b *testing.B) {
	for _, c := range []struct {
		name  string
		after time.Duration
	}{{"wait", 0}, {"spill", 5 * time.Second}} {
		b.Run(c.name, func(b *testing.B) {
			process := twoHealthy(b, c.after)
			process()
			b.ReportAllocs()
			for b.Loop() {
				process()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/125, "ns/event")
		})
	}
}

// Two healthy outputs cost no allocation for each event, whether what they miss would be
// spilled or not.
func TestHealthyOutputsAllocateNothingPerEvent(t *testing.T) {
	for _, after := range []time.Duration{0, 5 * time.Second} {
		process := twoHealthy(t, after)
		if n := testing.AllocsPerRun(100, process); n > 2 {
			t.Errorf("spill after %s: %.0f allocations for a batch of 125 events", after, n)
		}
	}
}
