package engine

import (
	"context"
	"testing"

	"sluice/internal/health"
)

// TestRelaxedQueueShows: Logstash's own settings relax nothing; who asks for a relaxed
// queue gets one, and sees it as long as the pipeline runs.
func TestRelaxedQueueShows(t *testing.T) {
	for _, c := range []struct {
		set     []string
		relaxed bool
	}{
		{nil, false},
		{[]string{"queue.checkpoint.writes=1024", "queue.checkpoint.acks=1024", "queue.checkpoint.interval=1000", "queue.checkpoint.retry=true"}, false},
		{[]string{"queue.checkpoint.writes=0", "queue.checkpoint.interval=0"}, false},
		{[]string{"queue.durability=relaxed"}, true},
		{[]string{"queue.durability=relaxed", "queue.checkpoint.writes=10"}, true},
	} {
		theGate.mu.Lock()
		theGate.open, theGate.got = true, nil
		theGate.mu.Unlock()
		e := newEngine(t, t.TempDir(), `input { test_source { count => 5 stay => true } } output { test_gate { } }`,
			append(c.set, "queue.type=persisted", "queue.drain=true")...)
		stop, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- e.Run(stop, context.Background()) }()
		theGate.await(t, "delivery", func() bool { return len(theGate.got) == 5 })
		shown := false
		for _, x := range e.Status()[0].Conditions {
			shown = shown || x.Code == queueRelaxed.Code && x.Severity == health.Warning
		}
		r := e.all()[0]
		if got := r.queue.(*persistedQueue).journal.Stats().Relaxed; got != c.relaxed || shown != c.relaxed {
			t.Errorf("%v: the journal is relaxed: %v, the condition is there: %v", c.set, got, shown)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
