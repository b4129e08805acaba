package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/queue"

	_ "sluice/internal/plugin/filter"
	_ "sluice/internal/plugin/output"
)

// Filters that make events, take some out, hold them back or lead them elsewhere.
var conservationFilters = []string{
	`clone { clones => ["a", "b"] }`,
	`mutate { add_field => { "list" => "a,b,c" } } mutate { split => { "list" => "," } } split { field => "list" }`,
	`if [n] > 70 { drop { } }`,
	`drop { percentage => 30 }`,
	`aggregate { task_id => "%{n}" code => "map['c'] ||= 0; map['c'] += 1" push_previous_map_as_event => true }`,
	`throttle { key => "all" after_count => 60 period => "3600" max_age => 7200 add_tag => ["throttled"] } if "throttled" in [tags] { drop { } }`,
	`ruby { code => "event.cancel if event.get('n').to_i % 7 == 3" }`,
	`ruby { code => "new_event_block.call(event.clone) if event.get('n').to_i % 5 == 0" }`,
	`ruby { code => "raise 'no' if event.get('n') == 12" }`,
	`if [n] < 40 { mutate { add_tag => ["low"] } } else { mutate { remove_field => ["n"] } }`,
}

// moody is an output that takes nothing in its first attempts, and then what a gate takes.
type moody struct{ attempts atomic.Int64 }

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.OutputKind, Name: "test_moody", New: func() plugin.Plugin { return new(moody) }})
}

func (*moody) Options() []plugin.Option { return nil }
func (*moody) Open(*plugin.Env) error   { return nil }
func (m *moody) Write(_ context.Context, events []*event.Event, answers []plugin.Answer) {
	blocked := m.attempts.Add(1) <= 2
	for i, e := range events {
		switch {
		case blocked && i%3 > 0:
			answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: "in no mood"}
		case e.Get(event.MustRef("n")).Int() < 0:
			answers[i] = plugin.Answer{Verdict: plugin.Reject, Reason: "negative", Status: 400}
		case e.Get(event.MustRef("n")).Int() == 33:
			answers[i] = plugin.Answer{Verdict: plugin.Drop, Reason: "output test_moody"}
		}
	}
}

// Outputs that take, refuse (numbers below 0), are for some events only, or are blocked.
var conservationOutputs = []string{
	`test_gate { }`,
	`test_gate { } null { }`,
	`if "low" in [tags] { test_gate { } } else { null { } }`,
	`if [n] < 50 { test_gate { } test_gate { } }`,
	`if [n] < 30 { pipeline { send_to => "nowhere" ensure_delivery => false } } test_gate { }`,
	`test_moody { } null { }`,
	`if "low" in [tags] { test_moody { } } test_gate { }`,
	`test_moody { } if [n] < 30 { test_moody { } }`,
}

// TestConservation: whatever the filters do, every event that came in or was made is
// delivered, dead-lettered, or dropped by a counted reason.
func TestConservation(t *testing.T) {
	const in = 105
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		var filters []string
		for _, i := range random.Perm(len(conservationFilters))[:random.IntN(6)] {
			filters = append(filters, conservationFilters[i])
		}
		text := fmt.Sprintf("input { test_source { from => -5 count => %d } } filter { %s } output { %s }", in,
			strings.Join(filters, "\n"), conservationOutputs[random.IntN(len(conservationOutputs))])
		queueType := []string{"memory", "persisted"}[random.IntN(2)]
		data := t.TempDir()
		theGate.mu.Lock()
		theGate.open, theGate.got = true, nil
		theGate.mu.Unlock()
		e := newEngine(t, data, text, "queue.type="+queueType, "queue.drain=true")
		if err := e.Run(context.Background(), context.Background()); err != nil {
			t.Fatal(err)
		}
		s := e.Status()[0]
		l, dropped := s.Ledger, int64(0)
		for _, n := range l.Dropped {
			dropped += n
		}
		letters := uint64(0)
		dir := filepath.Join(data, "dead_letter_queue", "main")
		if l.DeadLettered > 0 {
			if err := queue.PeekDeadLetters(context.Background(), nil, dir, func(queue.DeadLetter) error { letters++; return nil }); err != nil {
				t.Error(err)
			}
		}
		// An event that two outputs refuse is one in the ledger, and two dead letters.
		two := strings.Count(text, "test_gate { }")+strings.Count(text, "test_moody { }") > 1
		if l.In != in || l.In+l.Made != l.Out+l.DeadLettered+dropped+s.Queue.Events+l.Waiting || l.Waiting != 0 || l.Lost != 0 ||
			letters < uint64(l.DeadLettered) || !two && letters != uint64(l.DeadLettered) {
			t.Errorf("seed %d, %s queue: %+v, %d queued, %d dead letters on disk\n%s", seed, queueType, l, s.Queue.Events, letters, text)
		}
	}
}
