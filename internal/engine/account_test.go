package engine

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sluice/internal/pipeline"
	"sluice/internal/queue"
)

// TestAccountOverRestarts: whatever the filters do, and however the runs of a pipeline end
// short of a kill, its account goes on, adds up at any moment, and has all that came in.
func TestAccountOverRestarts(t *testing.T) {
	const each, runs = 50, 4
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 1))
		queueType := []string{"memory", "persisted"}[seed%2]
		var filters []string
		for _, i := range random.Perm(len(conservationFilters))[:random.IntN(5)] {
			filters = append(filters, conservationFilters[i])
		}
		output := conservationOutputs[random.IntN(len(conservationOutputs))]
		data := t.TempDir()
		var since time.Time
		for run := range runs {
			last := run == runs-1
			isOpen := last || random.IntN(2) == 0
			theGate.mu.Lock()
			theGate.open, theGate.got = isOpen, nil
			theGate.mu.Unlock()
			text := fmt.Sprintf("input { test_source { from => -3 count => %d stay => true } } filter { %s } output { %s }", each, strings.Join(filters, "\n"), output)
			e := newEngine(t, data, text, "queue.type="+queueType, fmt.Sprintf("queue.drain=%v", last))
			stop, cancel := context.WithCancel(context.Background())
			abort, hurry := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- e.Run(stop, abort) }()
			until(t, "everything is in the queue", func() bool {
				s := e.Status()[0]
				if err := s.Account.Check(); err != nil {
					t.Fatalf("seed %d, run %d, in the middle: %v", seed, run, err)
				}
				return s.Ledger.In == each
			})
			cancel()
			if !isOpen && (queueType == "memory" || random.IntN(2) == 0) {
				hurry() // a memory queue would wait for the gate
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			hurry()
			s := e.Status()[0]
			a := s.Account
			if run == 0 {
				since = a.Since
			}
			if err := a.Check(); err != nil {
				t.Errorf("seed %d, run %d, %s queue: %v\n%s", seed, run, queueType, err, text)
			}
			if want := int64(each * (run + 1)); a.In != want || a.Since.UnixMilli() != since.UnixMilli() {
				t.Errorf("seed %d, run %d, %s queue: %d of %d events in the account since %v (%v)", seed, run, queueType, a.In, want, a.Since, since)
			}
			if queueType == "persisted" && a.Lost != 0 && !strings.Contains(text, "aggregate") || last && a.Queued != 0 {
				t.Errorf("seed %d, run %d, %s queue: %+v", seed, run, queueType, a)
			}
			for _, c := range s.Conditions {
				if c.Code == ledgerUnbalanced.Code {
					t.Errorf("seed %d: %+v", seed, c)
				}
			}
		}
	}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: that did not happen", what)
		}
	}
}

// TestUnbalancedAccountShows breaks the count on purpose: an event more than came in.
func TestUnbalancedAccountShows(t *testing.T) {
	for _, queueType := range []string{"memory", "persisted"} {
		theGate.mu.Lock()
		theGate.open, theGate.got = true, nil
		theGate.mu.Unlock()
		e := newEngine(t, t.TempDir(), `input { test_source { count => 5 stay => true } } output { test_gate { } }`, "queue.type="+queueType)
		stop, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- e.Run(stop, context.Background()) }()
		until(t, "delivery", func() bool { return e.Status()[0].Account.Out == 5 })
		shown := func() bool {
			for _, c := range e.Status()[0].Conditions {
				if c.Code == ledgerUnbalanced.Code {
					return true
				}
			}
			return false
		}
		r := e.all()[0]
		if r.watchAccount(); shown() {
			t.Error("the account adds up, and the condition says that it does not")
		}
		r.queue.Count(&pipeline.Tally{Out: 1})
		until(t, "the condition", shown)
		r.queue.Count(&pipeline.Tally{Out: -1})
		until(t, "the end of the condition", func() bool { return !shown() })
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestAccountAfterAnUncleanEnd: what a memory queue held is lost with the process, so its
// account begins anew and says so.
func TestAccountAfterAnUncleanEnd(t *testing.T) {
	data, copied := t.TempDir(), t.TempDir()
	theGate.mu.Lock()
	theGate.open, theGate.got = true, nil
	theGate.mu.Unlock()
	config := `input { test_source { count => 5 stay => true } } output { test_gate { } }`
	run := func(data string, log *slog.Logger, while func()) pipeline.Account {
		e := newEngine(t, data, config)
		e.opts.Log = log
		stop, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- e.Run(stop, context.Background()) }()
		until(t, "delivery", func() bool { return e.Status()[0].Ledger.Out == 5 })
		while()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return e.Status()[0].Account
	}
	quiet := slog.New(slog.DiscardHandler)
	run(data, quiet, func() {})
	a := run(data, quiet, func() { // as a kill would leave it
		text, err := os.ReadFile(filepath.Join(data, "account", "main.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(copied, "account"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, "account", "main.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	if a.In != 10 {
		t.Errorf("after a clean end the account has %d of 10 events", a.In)
	}
	var told strings.Builder
	if a := run(copied, slog.New(slog.NewTextHandler(&told, nil)), func() {}); a.In != 5 || !strings.Contains(told.String(), "begins anew") {
		t.Errorf("after an unclean end the account has %d events; the log says\n%s", a.In, told.String())
	}
	for _, text := range []string{"", "{", `{"version":9,"clean":true}`, `{"version":1,"clean":true}`} {
		path := filepath.Join(copied, "x.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err := readAccount(path); err == nil || !a.Since.IsZero() {
			t.Errorf("%q was taken for an account: %+v", text, a)
		}
	}
}

// TestNoteNeverOverflows: however many reasons there are, the note fits and nothing is
// lost from the account.
func TestNoteNeverOverflows(t *testing.T) {
	acc, err := openAccount(queue.Standing{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var note []byte
	for i := range 200 {
		note = acc.change(1, &pipeline.Tally{Dropped: map[string]int64{fmt.Sprintf("filter %d %s", i, strings.Repeat("x", i)): 1}})(note, uint64(i+1))
		if len(note) > queue.MaxNote {
			t.Fatalf("%d reasons make a note of %d bytes", i+1, len(note))
		}
	}
	again, err := openAccount(queue.Standing{Note: note}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a := again.look(queue.Standing{Note: note}, true)
	if err := a.Check(); err != nil || a.In != 200 {
		t.Errorf("%v: %+v", err, a)
	}
}

// TestAccountOfALossOnDisk: what the journal cannot give back is lost, and counted so;
// what vanishes without a trace of damage is a mistake.
func TestAccountOfALossOnDisk(t *testing.T) {
	for _, intact := range []bool{true, false} {
		acc, _ := openAccount(queue.Standing{}, time.Now())
		note := acc.change(4, &pipeline.Tally{Out: 4})(nil, 10)
		a := acc.look(queue.Standing{Note: note, Appended: 10, Events: 5}, intact)
		if err := a.Check(); (err != nil) != intact || (a.Lost == 1) == intact {
			t.Errorf("intact %v: %v, %+v", intact, err, a)
		}
	}
	// At open: the note knows of ten, of which four were delivered, and three are there.
	acc, _ := openAccount(queue.Standing{}, time.Now())
	note := acc.change(4, &pipeline.Tally{Out: 4})(nil, 10)
	at := queue.Standing{Note: note, Events: 3}
	acc, _ = openAccount(at, time.Now())
	if a := acc.look(at, true); a.In != 10 || a.Lost != 3 || a.Check() != nil {
		t.Errorf("%+v, %v", a, a.Check())
	}
}

func FuzzAccountNote(f *testing.F) {
	acc, _ := openAccount(queue.Standing{}, time.UnixMilli(1_700_000_000_000))
	f.Add(acc.change(3, &pipeline.Tally{Out: 2, Dropped: map[string]int64{"filter a": 1}})(nil, 7))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, note []byte) {
		var a, b journalAccount
		if a.decode(note) != nil {
			return
		}
		if err := b.decode(a.encode(nil, a.in)); err != nil || a.handled != b.handled || !reflect.DeepEqual(a.a, b.a) {
			t.Errorf("%v: %+v became %+v", err, &a, &b)
		}
	})
}
