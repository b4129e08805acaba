package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// flow is an input that brings the numbers up to a limit, which a test raises, and goes
// on where it stopped when it is started again.
type flow struct{ name string }

type flowing struct {
	mu         sync.Mutex
	next, most int
	changed    chan struct{}
}

var streams sync.Map // by name: *flowing

func init() {
	plugin.Register(plugin.Spec{Kind: plugin.InputKind, Name: "test_stream", New: func() plugin.Plugin { return new(flow) }})
}

func (s *flow) Options() []plugin.Option {
	return []plugin.Option{plugin.String("name", &s.name, ".")}
}
func (*flow) Open(*plugin.Env) error { return nil }
func (s *flow) Run(ctx context.Context, to plugin.Sink) error {
	x, _ := streams.Load(s.name)
	f := x.(*flowing)
	for {
		f.mu.Lock()
		first, last, changed := f.next, min(f.next+7, f.most), f.changed
		f.mu.Unlock()
		if first == last {
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
				continue
			}
		}
		b := event.NewBatch()
		for n := first; n < last; n++ {
			_ = b.New().Set(event.MustRef("n"), event.IntValue(int64(n)))
		}
		if err := to.Put(ctx, b); err != nil {
			return err
		}
		f.mu.Lock()
		f.next = last
		f.mu.Unlock()
	}
}

// upTo lets the input go on.
func (f *flowing) upTo(n int) {
	f.mu.Lock()
	f.most = n
	close(f.changed)
	f.changed = make(chan struct{})
	f.mu.Unlock()
}

// siem is a destination that works, or does not.
type siem struct {
	server *httptest.Server

	mu       sync.Mutex
	trouble  string // "", "500", "reset", "hang"
	got      []int
	requests int
	changed  chan struct{}
	over     chan struct{} // the trouble has changed
	gate     chan struct{} // if not nil, requests but the first, for events below gated, wait until it is closed
	gated    int
}

func newSIEM(t *testing.T) *siem {
	s := &siem{changed: make(chan struct{}), over: make(chan struct{})}
	s.server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.set("500")
		s.server.Close()
	})
	return s
}

func (s *siem) set(trouble string) {
	s.mu.Lock()
	s.trouble = trouble
	close(s.over)
	s.over = make(chan struct{})
	s.mu.Unlock()
}

func (s *siem) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var events []struct{ N int }
	err := json.NewDecoder(r.Body).Decode(&events)
	s.mu.Lock()
	if gate := s.gate; gate != nil && len(events) > 0 && events[0].N < s.gated && len(s.got) > 0 {
		s.mu.Unlock()
		<-gate
		s.mu.Lock()
	}
	trouble, over := s.trouble, s.over
	s.requests++
	if trouble == "" && err == nil {
		for _, e := range events {
			s.got = append(s.got, e.N)
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	switch trouble {
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	case "reset":
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			c.Close()
		}
	case "hang":
		select {
		case <-over:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// await waits until ok, which is asked after each request.
func (s *siem) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	timeout := time.After(60 * time.Second)
	for {
		s.mu.Lock()
		done, changed := ok(), s.changed
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%s: not within a minute; %d events have come", what, len(s.got))
		}
	}
}

func (s *siem) has(t *testing.T, n int) {
	t.Helper()
	s.await(t, fmt.Sprintf("%d events", n), func() bool { return len(s.got) >= n })
}

// check tells how many events came more than once; none may be missing or out of order.
func (s *siem) check(t *testing.T, name string, n int) (repeated int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	next := 0
	for i, x := range s.got {
		switch {
		case x == next:
			next++
		case x < next:
			repeated++
		default:
			t.Fatalf("%s: event %d came at place %d, before %d", name, x, i, next)
		}
	}
	if next != n {
		t.Errorf("%s: %d events have come, want %d", name, next, n)
	}
	return repeated
}

// two is a pipeline with two outputs.
type two struct {
	*flowing
	name       string
	live, dead *siem
	dir        string
	set        []string
	filter     string
	outputs    string // instead of the usual ones

	e     *Engine
	end   context.CancelFunc
	ended chan error
}

func newTwo(t *testing.T, set ...string) *two {
	x := &two{name: t.Name(), live: newSIEM(t), dead: newSIEM(t), dir: t.TempDir(), set: set, flowing: &flowing{changed: make(chan struct{})}}
	streams.Store(x.name, x.flowing)
	return x
}

func (x *two) config(t *testing.T) []Pipeline {
	t.Helper()
	s := settings.New()
	for _, kv := range append([]string{"pipeline.workers=1", "pipeline.batch.size=50", "pipeline.batch.delay=1", "output.spill.after=1s"}, x.set...) {
		name, value, _ := strings.Cut(kv, "=")
		if list := s.Set(name, value, diag.Span{}); list.Err() != nil {
			t.Fatal(list)
		}
	}
	outputs := x.outputs
	if outputs == "" {
		outputs = fmt.Sprintf(`http { id => "dead" url => %q http_method => post format => json_batch automatic_retries => 0 }
			http { id => "live" url => %q http_method => post format => json_batch }`, x.dead.server.URL, x.live.server.URL)
	}
	text := fmt.Sprintf("input { test_stream { name => %q } } filter { %s } output { %s }", x.name, x.filter, outputs)
	return []Pipeline{{ID: "main", Settings: s, Sources: []*diag.Source{diag.NewSource("test.conf", text)}}}
}

func (x *two) start(t *testing.T) {
	t.Helper()
	e, list := New(x.config(t), Options{Log: slog.New(slog.DiscardHandler), DataDir: x.dir})
	if list.Err() != nil {
		t.Fatal(list)
	}
	stop, end := context.WithCancel(context.Background())
	x.e, x.end, x.ended = e, end, make(chan error, 1)
	go func() { x.ended <- e.Run(stop, context.Background()) }()
	t.Cleanup(end)
}

func (x *two) stop(t *testing.T) PipelineStatus {
	t.Helper()
	for x.e.Status()[0].Queue.Events > 0 { // what has arrived is acked
		time.Sleep(time.Millisecond)
	}
	x.end()
	select {
	case err := <-x.ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the pipeline does not end")
	}
	return x.e.Status()[0]
}

// condition waits until a condition is there, or is not, and returns its cause.
func (x *two) condition(t *testing.T, code string, there bool) (cause string) {
	t.Helper()
	return x.conditionWhere(t, code, func(c *health.Condition) bool { return (c != nil) == there })
}

// conditionSays waits until a condition is there whose cause holds a text.
func (x *two) conditionSays(t *testing.T, code, text string) {
	t.Helper()
	x.conditionWhere(t, code, func(c *health.Condition) bool { return c != nil && strings.Contains(c.Cause, text) })
}

func (x *two) conditionWhere(t *testing.T, code string, ok func(*health.Condition) bool) (cause string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		var found *health.Condition
		for _, c := range x.e.Status()[0].Conditions {
			if c.Code == code {
				found, cause = &c, c.Cause
			}
		}
		if ok(found) {
			return cause
		}
	}
	t.Fatalf("condition %s does not become what it should be; all: %v", code, x.e.Status()[0].Conditions)
	return ""
}

// addsUp checks the accounts over all runs: n events came in, and waiting of them are in
// the spill of the dead output.
func (x *two) addsUp(t *testing.T, s PipelineStatus, n, waiting int64) {
	t.Helper()
	a := s.Account
	if err := a.Check(); err != nil {
		t.Error(err)
	}
	spilled, out := int64(0), a.Out
	for _, u := range x.e.all()[0].spills.uses {
		a := u.account
		if err := a.Check(); err != nil {
			t.Errorf("spill of %s: %v", u.output, err)
		}
		spilled, out = spilled+a.In, out+a.Out
	}
	if a.In != n || a.Spilled != spilled || out != n+a.Made-waiting || s.Ledger.Waiting != waiting {
		t.Errorf("%d events, of which %d wait; %d were spilled, %d delivered; ledger %+v, account %+v", n, waiting, spilled, out, s.Ledger, a)
	}
}

// A dead output does not hold up the other one, and gets everything in order when it is
// back.
func TestDeadOutputHoldsUpNobody(t *testing.T) {
	for _, queue := range []string{"memory", "persisted"} {
		for _, trouble := range []string{"500", "reset", "hang"} {
			t.Run(queue+" "+trouble, func(t *testing.T) {
				t.Parallel()
				x := newTwo(t, "queue.type="+queue)
				x.dead.set(trouble)
				x.upTo(3000)
				x.start(t)
				x.live.has(t, 3000)
				x.condition(t, "output-blocked", true)
				x.conditionSays(t, "output-spilling", "3000 events")
				x.dead.set("")
				x.dead.has(t, 3000)
				x.condition(t, "output-spilling", false)
				x.condition(t, "output-blocked", false)
				x.upTo(3100) // written directly again
				x.dead.has(t, 3100)
				x.live.has(t, 3100)
				s := x.stop(t)
				x.addsUp(t, s, 3100, 0)
				if l := s.Ledger; l.In != 3100 || l.Check(s.Queue.Events) != nil {
					t.Errorf("ledger %+v", l)
				}
				x.live.check(t, "live", 3100)
				if n := x.dead.check(t, "dead", 3100); n != 0 {
					t.Errorf("%d events came more than once", n)
				}
			})
		}
	}
}

// What waits survives restarts, and is delivered once.
func TestRestartWhileSpilling(t *testing.T) {
	for _, queue := range []string{"memory", "persisted"} {
		t.Run(queue, func(t *testing.T) {
			t.Parallel()
			x := newTwo(t, "queue.type="+queue)
			x.dead.set("hang")
			for i := range 3 {
				x.upTo(1000 * (i + 1))
				x.start(t)
				x.live.has(t, 1000*(i+1))
				s := x.stop(t)
				x.addsUp(t, s, int64(1000*(i+1)), int64(1000*(i+1)))
			}
			x.dead.set("")
			x.start(t)
			x.dead.has(t, 3000)
			x.condition(t, "output-spilling", false)
			x.addsUp(t, x.stop(t), 3000, 0)
			x.live.check(t, "live", 3000)
			if n := x.dead.check(t, "dead", 3000); n != 0 {
				t.Errorf("%d events came more than once", n)
			}
		})
	}
}

// What comes while a spill is being emptied waits behind it, though the output takes
// events again.
func TestOrderWhileSpillEmpties(t *testing.T) {
	x := newTwo(t)
	gate := make(chan struct{})
	x.dead.gate, x.dead.gated = gate, 1000
	x.dead.set("500")
	x.upTo(1000)
	x.start(t)
	x.live.has(t, 1000)
	x.dead.set("")
	x.dead.has(t, 1) // the first attempt succeeds, the next one waits at the gate
	x.condition(t, "output-blocked", false)
	x.upTo(1200)
	x.live.has(t, 1200)
	x.condition(t, "output-spilling", true)
	close(gate)
	x.dead.has(t, 1200)
	x.condition(t, "output-spilling", false)
	x.addsUp(t, x.stop(t), 1200, 0)
	x.live.check(t, "live", 1200)
	if n := x.dead.check(t, "dead", 1200); n != 0 {
		t.Errorf("%d events came more than once", n)
	}
}

// The pipeline that takes the place of another one takes its spills over.
func TestReloadWhileSpilling(t *testing.T) {
	for _, queue := range []string{"memory", "persisted"} {
		t.Run(queue, func(t *testing.T) {
			t.Parallel()
			x := newTwo(t, "queue.type="+queue, "output.spill.max_bytes=900mb")
			x.dead.set("hang")
			x.upTo(20_000)
			x.start(t)
			x.live.has(t, 500)
			for i := range 4 {
				x.filter = fmt.Sprintf(`mutate { add_field => { "round" => %d } }`, i)
				x.set[1] = fmt.Sprintf("output.spill.max_bytes=%dmb", 100+i)
				for x.e.reloadsCopy("main").Successes <= i {
					x.e.Reload(x.config(t))
				}
				x.live.has(t, 1000*(i+1))
			}
			x.live.has(t, 20_000)
			x.dead.set("")
			x.dead.has(t, 20_000)
			x.condition(t, "output-spilling", false)
			x.addsUp(t, x.stop(t), 20_000, 0)
			if queue == "memory" {
				x.live.mu.Lock() // the new pipeline does not wait for what the old one is in the middle of
				x.dead.mu.Lock()
				slices.Sort(x.live.got)
				slices.Sort(x.dead.got)
				x.dead.mu.Unlock()
				x.live.mu.Unlock()
			}
			x.live.check(t, "live", 20_000)
			x.dead.check(t, "dead", 20_000)
		})
	}
}

// A full spill makes the others wait; nothing is lost.
func TestFullSpillPushesBack(t *testing.T) {
	for _, limit := range []string{"output.spill.max_events=200", "output.spill.max_bytes=200kb"} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			x := newTwo(t, limit)
			x.dead.set("500")
			x.upTo(20_000)
			x.start(t)
			x.condition(t, "output-spill-full", true)
			x.live.mu.Lock()
			before := len(x.live.got)
			x.live.mu.Unlock()
			if before == 20_000 {
				t.Fatal("the spill has no limit")
			}
			x.dead.set("")
			x.dead.has(t, 20_000)
			x.live.has(t, 20_000)
			x.condition(t, "output-spill-full", false)
			x.addsUp(t, x.stop(t), 20_000, 0)
			x.live.check(t, "live", 20_000)
			x.dead.check(t, "dead", 20_000)
		})
	}
}

// With wait, outputs are coupled as in Logstash, and nothing is written to disk.
func TestWaitCouplesOutputs(t *testing.T) {
	t.Parallel()
	x := newTwo(t, "output.on_block=wait")
	x.dead.set("500")
	x.upTo(2000)
	x.start(t)
	x.dead.await(t, "two attempts", func() bool { return x.dead.requests >= 2 })
	x.live.mu.Lock()
	got := len(x.live.got)
	x.live.mu.Unlock()
	if got > 0 {
		t.Errorf("%d events came past the dead output", got)
	}
	x.dead.set("")
	x.live.has(t, 2000)
	x.addsUp(t, x.stop(t), 2000, 0)
	if _, err := os.Stat(filepath.Join(x.dir, "spill")); err == nil {
		t.Error("there is a folder for spills")
	}
	x.dead.check(t, "dead", 2000)
}

// What waits is delivered after a change to wait, before anything newer.
func TestSpillIsEmptiedAfterAChangeToWait(t *testing.T) {
	t.Parallel()
	x := newTwo(t)
	x.dead.set("500")
	x.upTo(1000)
	x.start(t)
	x.live.has(t, 1000)
	x.stop(t)
	x.set = append(x.set, "output.on_block=wait")
	x.upTo(1500)
	x.dead.set("")
	x.start(t)
	x.live.has(t, 1500)
	x.dead.has(t, 1500)
	x.addsUp(t, x.stop(t), 1500, 0)
	x.live.check(t, "live", 1500)
	x.dead.check(t, "dead", 1500)
}

// Events of an output that is gone wait until somebody says who gets them.
func TestSpillOfAnOutputThatIsGone(t *testing.T) {
	t.Parallel()
	x := newTwo(t)
	x.outputs = fmt.Sprintf(`http { url => %q http_method => post format => json_batch automatic_retries => 0 } test_feedback { }`, x.dead.server.URL)
	x.outputs = strings.Replace(x.outputs, "test_feedback { }", fmt.Sprintf(`http { id => "live" url => %q http_method => post format => json_batch }`, x.live.server.URL), 1)
	x.dead.set("500")
	x.upTo(500)
	x.start(t)
	x.live.has(t, 500)
	x.stop(t)
	x.dead.set("")

	x.outputs = fmt.Sprintf(`http { id => "live" url => %q http_method => post format => json_batch } null { }`, x.live.server.URL)
	x.start(t)
	cause := x.condition(t, "output-spill-left", true)
	if !strings.Contains(cause, "500 events") || !strings.Contains(cause, `id => "output_http"`) {
		t.Errorf("the cause is %q", cause)
	}
	x.stop(t)

	x.outputs = fmt.Sprintf(`http { id => "live" url => %q http_method => post format => json_batch }
		http { id => "output_http" url => %q http_method => post format => json_batch }`, x.live.server.URL, x.dead.server.URL)
	x.start(t)
	x.dead.has(t, 500)
	x.condition(t, "output-spill-left", false)
	x.stop(t)
	x.dead.check(t, "dead", 500)
}

// Nothing that was started for spills runs on after the end.
func TestSpillsLeaveNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	x := newTwo(t)
	x.dead.set("hang")
	x.upTo(500)
	x.start(t)
	x.live.has(t, 500)
	x.stop(t)
	x.dead.set("500")
	x.live.server.CloseClientConnections()
	x.dead.server.CloseClientConnections()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		buf := make([]byte, 1<<20)
		text := string(buf[:runtime.Stack(buf, true)])
		n := strings.Count(text, "engine.(*") + strings.Count(text, "pipeline.(*")
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, now\n%s", before, text)
		}
	}
}
