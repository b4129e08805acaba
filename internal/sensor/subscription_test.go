package sensor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/instrument"
	"sluice/internal/plugin/plugintest"
	"sluice/internal/query"
)

// feed is a subscription under test with the history that it reads.
type feed struct {
	t          *testing.T
	history    *history
	conditions *health.Conditions
	sub        *subscription
	n          int
}

func newFeed(t *testing.T, s instrument.Subscription, terms string) *feed {
	t.Helper()
	plugintest.NoneLeft(t)
	f := &feed{t: t, history: testHistory(t, t.TempDir()), conditions: new(health.Conditions)}
	t.Cleanup(func() { f.history.Close() })
	q, list := query.Compile(diag.NewSource("mongodb_terms", terms))
	if list.Err() != nil {
		t.Fatal(list)
	}
	s.ID, s.Query = "test", q
	f.sub = newSubscription("logforwarder_0@test", s, f.history.journal, f.conditions, testLog(t))
	return f
}

// put puts n events with their number in data, of three types in turn.
func (f *feed) put(n int) {
	f.t.Helper()
	events := make([]instrument.Event, n)
	for i := range events {
		events[i] = instrument.Event{Type: fmt.Sprint("type", f.n%3), Data: fmt.Appendf(nil, `{"n":%d}`, f.n)}
		f.n++
	}
	if err := f.history.Put(f.t.Context(), "replay_0@test", events); err != nil {
		f.t.Fatal(err)
	}
}

func (f *feed) start() {
	f.t.Helper()
	if err := f.sub.prepare(); err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.sub.run(ctx)
	}()
	f.t.Cleanup(func() { cancel(); <-done })
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, limit time.Duration, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// inOrder checks that events with data n = from, from+step, … have come in order, and
// that none but the repeated ones of the last windows have come twice.
func inOrder(t *testing.T, events []string, from, step, count int) {
	t.Helper()
	next, repeated := from, 0
	for _, e := range events {
		var n int
		if _, err := fmt.Sscanf(string(decodeEvent(t, e).Data), `{"n":%d}`, &n); err != nil {
			t.Fatal(err)
		}
		if n < next {
			repeated++
			continue
		}
		if n != next {
			t.Fatalf("after %d came %d", next-step, n)
		}
		next += step
	}
	if got := (next - from) / step; got != count {
		t.Fatalf("%d events have come, want %d", got, count)
	}
	if repeated > windowsUnderWay*windowEvents {
		t.Errorf("%d events have come twice", repeated)
	}
}

func TestSubscriptionDelivers(t *testing.T) {
	server := listenBeats(t, "127.0.0.1:0")
	for _, test := range []struct {
		name, terms       string
		history           bool
		from, step, count int
	}{
		{"all from now", "{}", false, 3000, 1, 3000},
		{"all with history", "{}", true, 0, 1, 6000},
		{"some", `{"type":"type1","data.n":{"$gte":4000}}`, false, 4000, 3, 667},
		{"none of the first window", `{"data.n":{"$gt":5990}}`, false, 5991, 1, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFeed(t, instrument.Subscription{History: test.history, Address: server.l.Addr().String(), Protocol: "beats"}, test.terms)
			before := len(server.received())
			f.put(3000)
			f.start()
			f.put(3000)
			eventually(t, "all delivered", 10*time.Second, func() bool { return len(server.received())-before >= test.count })
			inOrder(t, server.received()[before:], test.from, test.step, test.count)
			eventually(t, "all acked", 5*time.Second, func() bool {
				return f.history.journal.Stats().Cursors[0].Lag.Events == 0 && f.sub.statusNow().Delivered == uint64(test.count)
			})
			if s := f.sub.statusNow(); s.Delivered != uint64(test.count) || s.Errors != 0 || !s.Connected {
				t.Errorf("status %+v", s)
			}
		})
	}
}

// What arrives is the event as it is in the history, byte for byte.
func TestSubscriptionSendsTheEventItself(t *testing.T) {
	server := listenBeats(t, "127.0.0.1:0")
	f := newFeed(t, instrument.Subscription{History: true, Address: server.l.Addr().String(), Protocol: "beats"}, "{}")
	f.put(1)
	f.start()
	eventually(t, "delivered", 5*time.Second, func() bool { return len(server.received()) == 1 })
	if got, want := server.received()[0], string(f.history.recent.last(1)[0].payload); got != want {
		t.Errorf("have %s\nwant %s", got, want)
	}
}

// A pipeline that dies, again and again, loses nothing; what was under way comes again.
func TestSubscriptionOutlivesItsPipeline(t *testing.T) {
	server := listenBeats(t, "127.0.0.1:0")
	address := server.l.Addr().String()
	f := newFeed(t, instrument.Subscription{Address: address, Protocol: "beats"}, "{}")
	f.start()
	var events []string
	for round := range 4 {
		f.put(5000)
		want := len(events) + 1 + round*500
		eventually(t, "some delivered", 10*time.Second, func() bool { return len(events)+len(server.received()) >= want })
		server.close()
		events = append(events, server.received()...)
		server = listenBeats(t, address)
	}
	eventually(t, "all delivered", 20*time.Second, func() bool { return f.history.journal.Stats().Cursors[0].Lag.Events == 0 })
	inOrder(t, append(events, server.received()...), 0, 1, 20000)
}

// Back pressure shows within five seconds, and is gone when the pipeline goes on.
func TestSubscriptionShowsBackPressure(t *testing.T) {
	server := listenBeats(t, "127.0.0.1:0")
	server.set(true)
	f := newFeed(t, instrument.Subscription{Address: server.l.Addr().String(), Protocol: "beats"}, "{}")
	f.start()
	f.put(10)
	start := time.Now()
	eventually(t, "the condition", 5*time.Second, func() bool { return f.conditions.Status() == health.Warning })
	t.Logf("back pressure showed after %v", time.Since(start).Round(10*time.Millisecond))
	if c := f.conditions.List()[0]; c.Code != "subscription-waits" || !strings.Contains(c.Cause, "waits since") {
		t.Errorf("condition %+v", c)
	}
	if s := f.sub.statusNow(); s.WaitsSince == nil || s.Cause == "" {
		t.Errorf("status %+v", s)
	}
	server.set(false)
	server.mu.Lock()
	for c := range server.conns {
		c.Close()
	}
	server.mu.Unlock()
	eventually(t, "the end of the condition", 5*time.Second, func() bool { return f.conditions.Status() == health.OK })
	if n := len(server.received()); n != 10 {
		t.Errorf("%d events", n)
	}
}

// Without a pipeline the condition shows even when there is nothing to send.
func TestSubscriptionShowsAMissingPipeline(t *testing.T) {
	address := fmt.Sprint("127.0.0.1:", freePort(t))
	f := newFeed(t, instrument.Subscription{Address: address, Protocol: "beats"}, "{}")
	f.start()
	eventually(t, "the condition", 5*time.Second, func() bool { return f.conditions.Status() == health.Warning })
	if c := f.conditions.List()[0]; !strings.Contains(c.Cause, "nothing takes connections at "+address) {
		t.Errorf("condition %+v", c)
	}
	listenBeats(t, address)
	eventually(t, "the end of the condition", 8*time.Second, func() bool { return f.conditions.Status() == health.OK })
}

// httpServer is a pipeline's http input.
func httpServer(t *testing.T, answer func() int) (address string, received func() []string) {
	var mu sync.Mutex
	var events []string
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		code := answer()
		w.WriteHeader(code)
		if code != 200 || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
			return
		}
		v, err := event.ParseJSON(body)
		if err != nil {
			t.Errorf("%v: %s", err, body)
		}
		mu.Lock()
		defer mu.Unlock()
		if v.Kind() == event.Object {
			events = append(events, string(body))
			return
		}
		for _, item := range v.Array().Items {
			events = append(events, string(item.AppendJSON(nil)))
		}
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), events...)
	}
}

func TestSubscriptionByHTTP(t *testing.T) {
	var mu sync.Mutex
	requests := 0
	address, received := httpServer(t, func() int {
		mu.Lock()
		defer mu.Unlock()
		if requests++; requests%3 == 1 {
			return 429 // the queue pushes back, as Logstash's input says it
		}
		return 200
	})
	f := newFeed(t, instrument.Subscription{Address: address, Protocol: "http"}, `{"type":{"$ne":"type1"}}`)
	f.start()
	f.put(1)
	f.put(1499)
	eventually(t, "all delivered", 20*time.Second, func() bool { return len(received()) == 1000 })
	last := -1
	for _, e := range received() {
		var n int
		fmt.Sscanf(string(decodeEvent(t, e).Data), `{"n":%d}`, &n)
		if n <= last {
			t.Fatalf("%d came after %d", n, last)
		}
		last = n
	}
	if s := f.sub.statusNow(); s.Errors == 0 || s.Filtered < 500 {
		t.Errorf("status %+v", s)
	}
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := backoff{first: time.Second, most: 5 * time.Second}
		var waits []time.Duration
		for range 5 {
			before := time.Now()
			if !b.wait(t.Context()) {
				t.Fatal("ended")
			}
			waits = append(waits, time.Since(before))
		}
		if fmt.Sprint(waits) != "[1s 2s 4s 5s 5s]" {
			t.Errorf("waited %v", waits)
		}
		b.reset()
		before := time.Now()
		b.wait(t.Context())
		if time.Since(before) != time.Second {
			t.Errorf("after a reset it waited %v", time.Since(before))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if b.wait(ctx) {
			t.Error("it went on after the end")
		}
	})
}

// A process that dies at once is started with growing pauses; one that lived long is
// started again quickly.
func TestProcessIsRestartedWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProcess(InstrumentConfig{Name: "replay_0@s", Kind: instrument.Lookup("replay")}, "", slog.New(slog.DiscardHandler))
		var starts []time.Duration
		begin := time.Now()
		p.once = func(ctx context.Context) error {
			starts = append(starts, time.Since(begin))
			if len(starts) == 5 {
				time.Sleep(2 * time.Minute)
			}
			return errors.New("it died")
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { p.run(ctx); close(done) }()
		time.Sleep(128700 * time.Millisecond)
		if s := p.statusNow(); s.Restarts != 6 || s.State != "restarting" || s.Status != health.Error || s.Conditions[0].Cause != "it died" {
			t.Errorf("status %+v", s)
		}
		cancel()
		<-done
		want := "[0s 500ms 1.5s 3.5s 7.5s 2m8s]"
		if fmt.Sprint(starts) != want {
			t.Errorf("started at %v, want %v", starts, want)
		}
		if s := p.statusNow(); s.State != "stopped" {
			t.Errorf("state %s", s.State)
		}
	})
}
