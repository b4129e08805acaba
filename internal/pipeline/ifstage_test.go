package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// mark notes its name in an event, and splits an event `n` into three.
type mark struct{ name string }

func (m *mark) Options() []plugin.Option {
	return []plugin.Option{plugin.String("name", &m.name, ".")}
}
func (*mark) Open(*plugin.Env) error { return nil }
func (m *mark) Apply(e *event.Event, emit func(*event.Event)) {
	if m.name == "three" {
		for n := int64(1); n < 3; n++ {
			c := e.Clone()
			_ = c.Set(event.MustRef("n"), event.IntValue(n))
			emit(c)
		}
		return
	}
	_ = e.Set(event.MustRef("way"), event.StringValue(wayOf(e)+m.name))
}

// wayOf returns the marks of an event.
func wayOf(e *event.Event) string {
	if v := e.Get(event.MustRef("way")); v.Exists() {
		return v.String()
	}
	return ""
}

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.FilterKind, Name: "test_mark", New: func() plugin.Plugin { return new(mark) }})
}

// The order in which several events out of one leave a conditional. The expectations are
// those of Logstash's graph: the ends of the first body, those of what follows, and last
// what passes by an empty body.
func TestOrderBehindAConditional(t *testing.T) {
	for _, c := range []struct{ filters, want string }{
		{`if [n] == 2 { m { name => "a" } }`, "2a 0 1"},
		{`if [n] == 2 { m { name => "a" } } else { m { name => "b" } }`, "2a 0b 1b"},
		{`if [n] == 2 { m { name => "a" } } else if [n] == 1 { m { name => "b" } } else { m { name => "c" } }`, "2a 1b 0c"},
		{`if [n] == 0 { } else { m { name => "b" } }`, "1b 2b 0"},
		{`if [n] == 0 { } else if [n] == 2 { m { name => "b" } }`, "2b 1 0"},
		{`if [n] == 1 { m { name => "a" } } else if [n] == 0 { } else { m { name => "c" } }`, "1a 2c 0"},
		{`if [n] == 1 { m { name => "a" } } else if [n] == 2 { } else { }`, "1a 0 2"},
		{`if [n] == 2 { } else if [n] == 1 { } else { }`, "0 1 2"},
		{`if [n] == 2 { if [n] == 2 { } } else { m { name => "b" } }`, "0b 1b 2"},
		{`if [n] > 0 { if [n] == 2 { m { name => "a" } } } else { m { name => "b" } }`, "2a 1 0b"},
		{`if [n] > 0 { m { name => "x" } if [n] == 2 { m { name => "a" } } }`, "2xa 1x 0"},
		// A conditional that leads nowhere is not evaluated: this comparison fails.
		{`if [nested] > [n] { }`, "0 1 2"},
		{`if [n] == 2 { m { name => "a" } } if [n] == 0 { m { name => "b" } }`, "0b 2a 1"},
	} {
		filters := strings.ReplaceAll(c.filters, " m {", " test_mark {")
		p, _, _ := compile(t, `input { test_numbers { count => 1 } } filter { test_mark { name => "three" } `+filters+` } output { test_answers { } }`, 1)
		w := newWorker(p)
		w.begin()
		b := event.NewBatch()
		e := b.New()
		_ = e.Set(event.MustRef("n"), event.IntValue(0))
		var got []string
		for _, e := range runStages(w, p.filters, []*event.Event{e}) {
			got = append(got, fmt.Sprintf("%d%s", e.Get(event.MustRef("n")).Int(), wayOf(e)))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.filters, got, c.want)
		}
	}
}
