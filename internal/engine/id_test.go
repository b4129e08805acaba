package engine

import (
	"context"
	"slices"
	"sync"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// idCatcher is an output that notes the ids of events and takes them only when it may.
type idCatcher struct {
	mu    sync.Mutex
	take  bool
	tries int
	ids   map[int64][]string // by the event's number
}

var ids = &idCatcher{}

func (c *idCatcher) Options() []plugin.Option { return nil }
func (c *idCatcher) Open(*plugin.Env) error   { return nil }
func (c *idCatcher) Write(_ context.Context, events []*event.Event, answers []plugin.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	for i, e := range events {
		n := e.Get(event.MustRef("n")).Int()
		if e.Get(event.MustRef("type")).Str() == "copy" {
			n += 1000
		}
		c.ids[n] = append(c.ids[n], e.Get(event.MustRef("[@metadata][_id]")).String())
		if !c.take {
			answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: "not yet"}
		}
	}
}

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.OutputKind, Name: "test_ids", New: func() plugin.Plugin { return ids }})
}

// TestIDsStay: an event has the same id at each attempt, and after a restart, and so has
// what filters make of it; no two events have the same.
func TestIDsStay(t *testing.T) {
	const events = 20
	for _, queueType := range []string{"memory", "persisted"} {
		ids.mu.Lock()
		ids.take, ids.tries, ids.ids = false, 0, map[int64][]string{}
		ids.mu.Unlock()
		data := t.TempDir()
		for _, text := range []string{`test_source { count => 20 stay => true }`, `test_source { count => 0 stay => true }`} {
			e := newEngine(t, data, `input { `+text+` } filter { clone { clones => ["copy"] ecs_compatibility => disabled } } output { test_ids { } }`, "queue.type="+queueType)
			stop, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- e.Run(stop, context.Background()) }()
			until(t, "two attempts", func() bool {
				ids.mu.Lock()
				defer ids.mu.Unlock()
				return ids.tries >= 2
			})
			if queueType == "memory" {
				ids.mu.Lock()
				ids.take = true
				ids.mu.Unlock()
			}
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			ids.mu.Lock()
			ids.take, ids.tries = true, 1
			ids.mu.Unlock()
			if queueType == "memory" {
				break // after a restart there is nothing left
			}
		}
		seen := map[string]bool{}
		for n, list := range ids.ids {
			if len(list) < 2 && n%1000 == 0 || len(slices.Compact(list)) != 1 || list[0] == "" || seen[list[0]] {
				t.Errorf("%s: event %d had the ids %q", queueType, n, list)
			}
			seen[list[0]] = true
		}
		if len(ids.ids) != 2*events {
			t.Errorf("%s: %d of %d events were seen", queueType, len(ids.ids), 2*events)
		}
	}
}
