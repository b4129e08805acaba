package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// The plugins of these tests: an input that brings numbered events, a filter that makes
// a copy, and an output that answers what the test says.

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.InputKind, Name: "test_numbers", New: func() plugin.Plugin { return &numbers{count: 10} }})
	plugin.Register(plugin.Spec{Kind: plugin.FilterKind, Name: "test_double", New: func() plugin.Plugin { return new(double) }})
	plugin.Register(plugin.Spec{Kind: plugin.FilterKind, Name: "test_drop", New: func() plugin.Plugin { return new(drop) }})
	plugin.Register(plugin.Spec{Kind: plugin.FilterKind, Name: "test_late", New: func() plugin.Plugin { return new(late) }})
	plugin.Register(plugin.Spec{Kind: plugin.OutputKind, Name: "test_answers", New: func() plugin.Plugin { return new(answering) }})
}

type numbers struct{ count, batch int }

func (n *numbers) Options() []plugin.Option {
	n.batch = 3
	return []plugin.Option{plugin.Int("count", &n.count, 0, 1<<30, "."), plugin.Int("batch", &n.batch, 1, 1<<20, ".")}
}
func (n *numbers) Open(*plugin.Env) error { return nil }
func (n *numbers) Run(ctx context.Context, to plugin.Sink) error {
	for i := 0; i < n.count; {
		b := event.NewBatch()
		for ; i < n.count && len(b.Events) < n.batch; i++ {
			_ = b.New().Set(event.MustRef("n"), event.IntValue(int64(i)))
		}
		if err := to.Put(ctx, b); err != nil {
			return nil
		}
	}
	return nil
}

type double struct{}

func (*double) Options() []plugin.Option { return nil }
func (*double) Open(*plugin.Env) error   { return nil }
func (*double) Apply(e *event.Event, emit func(*event.Event)) {
	c := e.Clone()
	_ = c.Set(event.MustRef("copy"), event.BoolValue(true))
	emit(c)
}

type drop struct{}

func (*drop) Options() []plugin.Option { return []plugin.Option{plugin.String("id", new(string), ".")} }
func (*drop) Open(*plugin.Env) error   { return nil }
func (*drop) Apply(e *event.Event, _ func(*event.Event)) {
	e.Cancel()
}

// late holds everything back until the end.
type late struct {
	mu   sync.Mutex
	held int
}

func (*late) Options() []plugin.Option { return nil }
func (*late) Open(*plugin.Env) error   { return nil }
func (l *late) Apply(e *event.Event, _ func(*event.Event)) {
	l.mu.Lock()
	l.held++
	l.mu.Unlock()
	e.Cancel()
}
func (l *late) Flush(b *event.Batch, final bool, emit func(*event.Event)) {
	if !final {
		return
	}
	for range l.held {
		e := b.New()
		b.Events = b.Events[:0]
		_ = e.Set(event.MustRef("n"), event.IntValue(-1))
		emit(e)
	}
}

type answering struct{ name string }

// script says what the outputs of a test answer.
var script struct {
	mu     sync.Mutex
	answer func(name string, n int64, attempt int) plugin.Answer
	tries  map[string]int
	got    map[string][]string
}

func (a *answering) Options() []plugin.Option {
	return []plugin.Option{plugin.String("name", &a.name, "."), plugin.String("id", new(string), ".")}
}
func (*answering) Open(*plugin.Env) error { return nil }
func (a *answering) Write(_ context.Context, events []*event.Event, answers []plugin.Answer) {
	script.mu.Lock()
	defer script.mu.Unlock()
	for i, e := range events {
		n := e.Get(event.MustRef("n")).Int()
		key := fmt.Sprint(a.name, n, e.Get(event.MustRef("copy")).Bool())
		script.tries[key]++
		if script.answer != nil {
			answers[i] = script.answer(a.name, n, script.tries[key])
		}
		if answers[i].Verdict == plugin.Done {
			script.got[a.name] = append(script.got[a.name], e.Get(event.MustRef("n")).String())
		}
	}
}

type memoryLetters struct {
	mu   sync.Mutex
	kept []DeadLetter
	fail int
}

func (l *memoryLetters) Put(_ *event.Event, why DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail > 0 {
		l.fail--
		return errors.New("the disk is full")
	}
	l.kept = append(l.kept, why)
	return nil
}

func compile(t *testing.T, text string, workers int) (*Pipeline, *memoryLetters, *health.Conditions) {
	t.Helper()
	script.answer, script.tries, script.got = nil, map[string]int{}, map[string][]string{}
	config, list := lscl.ParseAll([]*diag.Source{diag.NewSource("test.conf", text)}, lscl.Options{})
	if list.Err() != nil {
		t.Fatal(list)
	}
	letters, conditions := new(memoryLetters), new(health.Conditions)
	p, list := Compile(config, Options{
		ID: "test", Workers: workers, BatchSize: 4, BatchDelay: time.Millisecond,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Conditions: conditions, DeadLetters: letters,
	})
	if list.Err() != nil {
		t.Fatal(list)
	}
	return p, letters, conditions
}

func run(t *testing.T, p *Pipeline) Ledger {
	t.Helper()
	q := NewMemoryQueue(8, NewBook(Account{}))
	p.Run(context.Background(), context.Background(), q, false)
	l := p.Ledger()
	if err := l.Check(q.State().Events); err != nil {
		t.Error(err)
	}
	return l
}

func TestEveryEventMeetsItsEnd(t *testing.T) {
	p, _, _ := compile(t, `input { test_numbers { } }
		filter { if [n] == 3 { test_drop { id => "no3" } } else if [n] > 7 { test_double { } } }
		output { if [n] != 5 { test_answers { name => "a" } } }`, 1)
	l := run(t, p)
	if l.In != 10 || l.Made != 2 || l.Out != 10 || l.Dropped["filter no3"] != 1 || l.Dropped["no output wanted it"] != 1 {
		t.Errorf("ledger %+v", l)
	}
	if got := strings.Join(script.got["a"], " "); got != "0 1 2 4 6 7 8 8 9 9" {
		t.Errorf("delivered %s", got)
	}
}

// As in Logstash a part of a pipeline can be run, though it does little.
func TestPartsOfAPipelineRun(t *testing.T) {
	p, _, _ := compile(t, `output { test_answers { name => "a" } }`, 1)
	if l := run(t, p); l.In != 0 || l.Out != 0 {
		t.Errorf("without an input: ledger %+v", l)
	}
	p, _, _ = compile(t, `input { test_numbers { } }`, 1)
	if l := run(t, p); l.In != 10 || l.Out != 0 || l.Dropped["no output wanted it"] != 10 {
		t.Errorf("without an output: ledger %+v", l)
	}
}

func TestHeldBackEventsComeOutAtTheEnd(t *testing.T) {
	p, _, _ := compile(t, `input { test_numbers { } } filter { test_late { } test_double { } } output { test_answers { name => "a" } }`, 2)
	l := run(t, p)
	if l.Made != 20 || l.Out != 20 || len(script.got["a"]) != 20 {
		t.Errorf("ledger %+v, delivered %v", l, script.got["a"])
	}
}

func TestRetryRejectAndTwoOutputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, letters, conditions := compile(t, `input { test_numbers { } } output { test_answers { name => "a" id => "out_a" } test_answers { name => "b" } }`, 1)
		letters.fail = 2
		sawCondition := false
		script.answer = func(name string, n int64, attempt int) plugin.Answer {
			switch {
			case name == "a" && n == 4 && attempt < 4:
				if attempt > 1 && conditions.Status() == health.Warning {
					sawCondition = true
				}
				return plugin.Answer{Verdict: plugin.Retry, Reason: "busy"}
			case name == "b" && n == 6:
				return plugin.Answer{Verdict: plugin.Reject, Reason: "too big", Status: 413}
			}
			return plugin.Answer{}
		}
		l := run(t, p)
		if l.Out != 9 || l.DeadLettered != 1 {
			t.Errorf("ledger %+v", l)
		}
		if len(letters.kept) != 1 || letters.kept[0].Status != 413 || letters.kept[0].Reason != "too big" || letters.kept[0].Attempts != 1 {
			t.Errorf("dead letters %+v", letters.kept)
		}
		if len(script.got["a"]) != 10 || len(script.got["b"]) != 9 {
			t.Errorf("delivered %v", script.got)
		}
		if !sawCondition || len(conditions.List()) != 0 {
			t.Errorf("the condition was seen: %v, and is there still: %v", sawCondition, conditions.List())
		}
	})
}

func TestFailedConditionIsADeadLetter(t *testing.T) {
	p, letters, _ := compile(t, `input { test_numbers { } } filter { if [n] > "x" { test_drop { } } } output { test_answers { name => "a" } }`, 1)
	l := run(t, p)
	if l.DeadLettered != 10 || len(letters.kept) != 10 || letters.kept[0].Plugin != "condition" {
		t.Errorf("ledger %+v, letters %+v", l, letters.kept)
	}
}

func TestStopDeliversWhatIsInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, _ := compile(t, `input { test_numbers { count => 100000 } } output { test_answers { name => "a" } }`, 1)
		script.answer = func(_ string, n int64, _ int) plugin.Answer {
			time.Sleep(time.Millisecond)
			return plugin.Answer{}
		}
		stop, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		q := NewMemoryQueue(8, NewBook(Account{}))
		p.Run(stop, context.Background(), q, false)
		l := p.Ledger()
		if err := l.Check(0); err != nil || l.In == 0 || l.In == 100000 || l.Out != l.In {
			t.Errorf("ledger %+v: %v", l, err)
		}
	})
}

func TestAbortGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, _ := compile(t, `input { test_numbers { } } output { test_answers { name => "a" } }`, 1)
		script.answer = func(string, int64, int) plugin.Answer {
			return plugin.Answer{Verdict: plugin.Retry, Reason: "dead"}
		}
		abort, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		q := NewMemoryQueue(4, NewBook(Account{}))
		p.Run(abort, abort, q, false)
		l := p.Ledger()
		if l.Out != 0 || l.Lost == 0 {
			t.Errorf("ledger %+v", l)
		}
		if err := l.Check(q.State().Events); err != nil {
			t.Error(err)
		}
	})
}

func TestCompileMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`input { test_numbers { count => -1 } } output { test_answers { nam => "x" } }`:               "-1 is out of range|did you mean name?",
		`input { test_number { } } output { test_answers { } }`:                                       "did you mean test_numbers?",
		`output { test_answers { } }`:                                                                 "warning SL1102: there is no input",
		`input { test_numbers { } }`:                                                                  "warning SL1103: there is no output",
		`input { if [a] { test_numbers { } } } output { test_answers { } }`:                           "cannot have conditions",
		`input { test_numbers { } } output { test_answers { id => "x" } test_answers { id => "x" } }`: "the id x is taken",
		`input { test_numbers { } } filter { if [a] =~ /(/ { } } output { test_answers { } }`:         "SL8001",
		`input { test_numbers { } } filter { test_answers { } } output { test_answers { } }`:          "is the name of an output plugin",
	} {
		config, list := lscl.ParseAll([]*diag.Source{diag.NewSource("test.conf", text)}, lscl.Options{})
		_, more := Compile(config, Options{ID: "t", Workers: 1, BatchSize: 1, Log: slog.New(slog.DiscardHandler)})
		got := append(list, more...).Text(diag.Plain)
		for _, w := range strings.Split(want, "|") {
			if !strings.Contains(got, w) {
				t.Errorf("%s: no %q in\n%s", text, w, got)
			}
		}
	}
}
