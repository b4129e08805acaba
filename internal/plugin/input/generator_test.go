package input

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestGenerator(t *testing.T) {
	for _, c := range []struct {
		ecs    plugin.ECS
		config string
		want   []string
	}{
		{plugin.ECSDisabled, `generator { count => 2 }`,
			[]string{`{"message":"Hello world!","host":"testhost","sequence":0}`, `{"message":"Hello world!","host":"testhost","sequence":1}`}},
		{plugin.ECSV8, `generator { lines => ["a", "b"] count => 1 }`, []string{
			`{"message":"a","event":{"original":"a","sequence":0},"host":{"name":"testhost"}}`,
			`{"message":"b","event":{"original":"b","sequence":0},"host":{"name":"testhost"}}`}},
		{plugin.ECSDisabled, `generator { message => '{"a":1}' codec => json count => 1 }`, []string{`{"a":1,"host":"testhost","sequence":0}`}},
		{plugin.ECSDisabled, `generator { message => 'x' codec => line count => 2 }`, []string{`{"message":"xx","host":"testhost"}`}},
		{plugin.ECSDisabled, `generator { message => "stdin" count => 1 }`, []string{`{"message":"first\n","host":"testhost","sequence":0}`}},
	} {
		env := plugintest.Env(t)
		env.ECS = c.ecs
		p := plugintest.New(t, plugin.InputKind, c.config, env).(*generator)
		p.source = newSource(strings.NewReader("first\nsecond\n"))
		var sink plugintest.Sink
		if err := p.Run(context.Background(), &sink); err != nil {
			t.Error(err)
		}
		plugintest.Same(t, c.config, sink.Events(), c.want)
	}
}

func TestGeneratorThreadsMakeCountEventsEach(t *testing.T) {
	p := plugintest.New(t, plugin.InputKind, `generator { threads => 3 count => 500 }`, plugintest.Env(t)).(*generator)
	var sink plugintest.Sink
	if err := p.Run(context.Background(), &sink); err != nil {
		t.Fatal(err)
	}
	got := sink.Events()
	slices.Sort(got)
	for i := range 500 {
		want := fmt.Sprintf(`{"message":"Hello world!","host":"testhost","sequence":%d}`, i)
		at, found := slices.BinarySearch(got, want)
		if !found || got[at+2] != want {
			t.Fatalf("sequence %d has not come three times", i)
		}
	}
	if len(got) != 1500 {
		t.Errorf("%d events", len(got))
	}
}

func TestGeneratorStops(t *testing.T) {
	plugintest.NoneLeft(t)
	p := plugintest.New(t, plugin.InputKind, `generator { threads => 2 }`, plugintest.Env(t)).(*generator)
	ctx, stop := context.WithCancel(context.Background())
	var sink plugintest.Sink
	done := make(chan error)
	go func() { done <- p.Run(ctx, &sink) }()
	sink.Wait(t, 1000)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// drop is a sink that releases what it gets.
type drop struct{ events int }

func (d *drop) Put(_ context.Context, b *event.Batch) error {
	d.events += len(b.Events)
	b.Release()
	return nil
}

func BenchmarkGenerator(b *testing.B) {
	for _, config := range []string{`generator { count => %d }`, `generator { count => %d message => '{"a":1,"b":"text","c":{"d":[1,2,3]}}' codec => json }`} {
		b.Run(config[18:], func(b *testing.B) {
			p := plugintest.New(b, plugin.InputKind, fmt.Sprintf(config, b.N), plugintest.Env(b)).(*generator)
			b.ReportAllocs()
			b.ResetTimer()
			if err := p.Run(context.Background(), new(drop)); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
