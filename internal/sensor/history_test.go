package sensor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/health"
	"sluice/internal/instrument"
	"sluice/internal/queue"
	"sluice/internal/vfs"
)

func testHistory(t *testing.T, dir string) *history {
	t.Helper()
	h, err := openHistory(t.Context(), vfs.OS, &Config{Name: "testsensor", Data: dir}, testLog(t), new(health.Conditions))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The event of the guide comes out byte for byte.
func TestEventHasTheGuidesForm(t *testing.T) {
	at := time.UnixMicro(1614868533946555)
	var context, id instrument.UUID
	copy(context[:], "\xe4\x1d\x4f\xbf\x48\x2f\x4f\x74\xa4\xe2\x60\x71\x7b\x03\xf6\x23")
	copy(id[:], "\xcc\x2b\x3b\xb1\xbd\x8f\x4b\x9c\xa8\x9e\x0e\x06\xec\xb9\xca\xb3")
	got := string(appendEvent(nil, "testsensor", "logforwarder_0@testsensor", 871, &instrument.Event{
		Type: "instruments.logforwarder.pipeline_stats", Message: "pipeline test processed=6, errors=0",
		Context: context, ID: id, Time: at, Data: []byte(`{"processed":6,"errors":0}`),
	}))
	want := `{"source_instrument":"logforwarder_0@testsensor","type":"instruments.logforwarder.pipeline_stats","message":"pipeline test processed=6, errors=0","context_uuid":"e41d4fbf-482f-4f74-a4e2-60717b03f623","sensor_event_id":871,"source_sensor":"testsensor","timestamp":1614868533.946555,"uuid":"cc2b3bb1-bd8f-4b9c-a89e-0e06ecb9cab3","data":{"processed":6,"errors":0}}`
	if got != want {
		t.Errorf("have %s\nwant %s", got, want)
	}
	if got := string(appendSeconds(nil, 1614868533000007)); got != "1614868533.000007" {
		t.Error(got)
	}
}

func TestHistoryRefusesWhatIsNoObject(t *testing.T) {
	h := testHistory(t, t.TempDir())
	defer h.Close()
	for _, data := range []string{"", "5", "[1]", `{"a":1} `, `{"a":1}{}`, `{"a":`} {
		if err := h.Put(t.Context(), "x", []instrument.Event{{Type: "t", Data: []byte(data)}}); err == nil {
			t.Errorf("%q was taken", data)
		}
	}
	if first, end := h.journal.Bounds(); first != end {
		t.Errorf("events %d to %d are there", first, end)
	}
}

// all reads the numbers in the history, as they stand in the events, and checks them
// against those of the journal.
func all(t *testing.T, j *queue.Journal) []uint64 {
	t.Helper()
	return allEvents(t, j, func(header) {})
}

func allEvents(t *testing.T, j *queue.Journal, each func(header)) []uint64 {
	t.Helper()
	r, err := j.Reader("test", queue.Earliest)
	if err != nil {
		t.Fatal(err)
	}
	defer j.DropCursor("test")
	defer r.Close()
	var numbers []uint64
	var b queue.Batch
	for r.Lag().Unread > 0 {
		if err := r.Next(t.Context(), &b, 0, 0); err != nil {
			t.Fatal(err)
		}
		for _, rec := range b.Records {
			var h header
			if err := json.Unmarshal(rec.Payload, &h); err != nil {
				t.Fatalf("%v: %s", err, rec.Payload)
			}
			if h.Number != rec.Seq {
				t.Fatalf("event %d says that it is %d", rec.Seq, h.Number)
			}
			each(h)
			numbers = append(numbers, h.Number)
		}
	}
	return numbers
}

// Events of many Instruments at once are numbered without a gap, each Instrument's in its
// order, over any number of restarts.
func TestNumbersCountOn(t *testing.T) {
	dir := t.TempDir()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	total := uint64(0)
	for range 5 {
		h := testHistory(t, dir)
		var writers sync.WaitGroup
		for w := range 4 {
			batches := 1 + random.IntN(20)
			size := 1 + random.IntN(30)
			total += uint64(batches * size)
			writers.Go(func() {
				for b := range batches {
					events := make([]instrument.Event, size)
					for i := range events {
						events[i] = instrument.Event{Type: "t", Data: fmt.Appendf(nil, `{"n":%d}`, b*size+i)}
					}
					if err := h.Put(context.Background(), fmt.Sprint("writer ", w), events); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		numbers := all(t, h.journal)
		if uint64(len(numbers)) != total || numbers[0] != 1 || numbers[len(numbers)-1] != total {
			t.Fatalf("%d events, want %d, numbered %d to %d", len(numbers), total, numbers[0], numbers[len(numbers)-1])
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A process that is killed at any moment loses no event that was acknowledged, and the
// numbers go on from the last one that is there.
func TestNumbersCountOnAfterKill(t *testing.T) {
	if dir := os.Getenv("SLUICE_TEST_PUT_FOREVER"); dir != "" {
		h := testHistory(t, dir)
		for i := 0; ; i++ {
			if err := h.Put(context.Background(), "x", []instrument.Event{{Type: "t", Data: []byte(`{}`)}, {Type: "t", Data: []byte(`{}`)}}); err != nil {
				t.Fatal(err)
			}
			_, end := h.journal.Bounds()
			fmt.Println("acknowledged", end-1)
		}
	}
	dir := t.TempDir()
	last := uint64(0)
	for round := range 4 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestNumbersCountOnAfterKill$", "-test.v")
		cmd.Env = append(os.Environ(), "SLUICE_TEST_PUT_FOREVER="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acked := uint64(0)
		for acked < last+uint64(50*(round+1)) {
			var word string
			var n uint64
			if _, err := fmt.Fscan(out, &word); err != nil {
				t.Fatal(err)
			}
			if word == "acknowledged" {
				if _, err := fmt.Fscan(out, &n); err != nil {
					t.Fatal(err)
				}
				if n != max(acked, last)+2 && acked != 0 {
					t.Fatalf("%d follows %d", n, acked)
				}
				acked = n
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		h := testHistory(t, dir)
		numbers := all(t, h.journal)
		last = numbers[len(numbers)-1]
		// A write that the kill has torn skips its numbers.
		if last < acked || numbers[0] != 1 || last-uint64(len(numbers)) > uint64(2*(round+1)) {
			t.Fatalf("acknowledged up to %d; %d events, %d to %d", acked, len(numbers), numbers[0], last)
		}
		h.Close()
	}
}

// The power is cut at any call, again and again, while several Instruments put events,
// and the disk keeps what it likes of what was not synced. What was acknowledged is
// there, and no number is used twice. Where the last write was torn, the journal skips
// numbers that it may have given out.
func TestNumbersCountOnAfterPowerCuts(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 7))
		disk := vfs.NewSim(seed)
		acked := map[string]bool{}
		highest := uint64(0) // that anybody was told of
		for round := range 4 {
			h, err := openHistory(context.Background(), disk, &Config{Name: "s", Data: "/data"}, slog.New(slog.DiscardHandler), new(health.Conditions))
			if err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
			found := map[string]bool{}
			numbers := allEvents(t, h.journal, func(header header) { found[header.Type] = true })
			for id := range acked {
				if !found[id] {
					t.Fatalf("seed %d, round %d: event %s was acknowledged and is gone", seed, round, id)
				}
			}
			for i := 1; i < len(numbers); i++ {
				if numbers[i] <= numbers[i-1] {
					t.Fatalf("seed %d, round %d: number %d after %d", seed, round, numbers[i], numbers[i-1])
				}
			}
			if _, next := h.journal.Bounds(); next <= highest {
				t.Fatalf("seed %d, round %d: the next number is %d, but %d was given out", seed, round, next, highest)
			}
			disk.FailCall(disk.Calls()+random.IntN(60), vfs.ErrPower)
			var mu sync.Mutex
			var writers sync.WaitGroup
			for w := range 3 {
				writers.Go(func() {
					for i := range 20 {
						ids := []string{fmt.Sprint(round, w, i, "a"), fmt.Sprint(round, w, i, "b")}
						events := []instrument.Event{{Type: ids[0], Data: []byte(`{}`)}, {Type: ids[1], Data: []byte(`{}`)}}
						if h.Put(context.Background(), "x", events) != nil {
							return
						}
						_, end := h.journal.Bounds()
						mu.Lock()
						acked[ids[0]], acked[ids[1]] = true, true
						highest = max(highest, end-1)
						mu.Unlock()
					}
				})
			}
			writers.Wait()
			disk = disk.Crash(vfs.Keep(random.IntN(3)))
			h.Close()
		}
	}
}

func TestTypesAreCountedInBounds(t *testing.T) {
	h := testHistory(t, t.TempDir())
	defer h.Close()
	events := make([]instrument.Event, 5000)
	for i := range events {
		events[i] = instrument.Event{Type: fmt.Sprint("type", i), Data: []byte(`{}`)}
	}
	if err := h.Put(t.Context(), "x", events); err != nil {
		t.Fatal(err)
	}
	if n := h.Counts(); len(n) != maxCounts+1 || n[countKey{"x", "other"}] != 4000 {
		t.Errorf("%d types, %d others", len(n), n[countKey{"x", "other"}])
	}
}

func TestPutThatNobodyWaitsForIsNotWritten(t *testing.T) {
	h := testHistory(t, t.TempDir())
	defer h.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Put(ctx, "x", []instrument.Event{{Type: "t", Data: []byte(`{}`)}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if first, end := h.journal.Bounds(); first != end {
		t.Error("it was written")
	}
}

func TestRetentionKeepsWhatASubscriptionHasNotHad(t *testing.T) {
	dir := t.TempDir()
	c := &Config{Name: "s", Data: dir, History: HistoryConfig{MaxBytes: 2 << 20}}
	h, err := openHistory(t.Context(), vfs.OS, c, testLog(t), new(health.Conditions))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	fill := func() {
		data := []byte(`{"x":"` + strings.Repeat("y", 100_000) + `"}`)
		for range 60 {
			if err := h.Put(t.Context(), "x", []instrument.Event{{Type: "t", Data: data}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := h.journal.Reader("subscription", queue.Earliest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fill()
	if first, _ := h.journal.Bounds(); first != 1 {
		t.Fatalf("events before %d are gone though a subscription waits for them", first)
	}
	if err := r.Ack(queue.Range{First: 1, Last: 60}); err != nil {
		t.Fatal(err)
	}
	fill()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if first, _ := h.journal.Bounds(); first > 1 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the history has not shrunk")
		}
	}
}

// After a restart the newest events can be looked at, and people who follow see what
// comes, and are told when they missed something.
func TestRecent(t *testing.T) {
	dir := t.TempDir()
	h := testHistory(t, dir)
	for range 3 {
		events := make([]instrument.Event, 500)
		for i := range events {
			events[i] = instrument.Event{Type: "t", Data: []byte(`{}`)}
		}
		if err := h.Put(t.Context(), "x", events); err != nil {
			t.Fatal(err)
		}
	}
	h.Close()
	h = testHistory(t, dir)
	defer h.Close()
	last := h.recent.last(5)
	if len(last) != 5 || last[4].number != 1500 || decodeEvent(t, string(last[0].payload)).Number != 1496 {
		t.Errorf("%d events, the last is %d", len(last), last[len(last)-1].number)
	}
	if n := len(h.recent.last(1 << 20)); n != recentEvents {
		t.Errorf("%d events are in memory, want %d", n, recentEvents)
	}
	got, err := h.recent.after(t.Context(), 1498)
	if err != nil || len(got) != 2 {
		t.Errorf("%d events, %v", len(got), err)
	}
	if names := h.journal.Cursors(); len(names) != 0 {
		t.Errorf("cursors %q are left", names)
	}
	if _, err := os.Stat(filepath.Join(dir, "history")); err != nil {
		t.Error(err)
	}
}

func BenchmarkPut(b *testing.B) {
	h, err := openHistory(b.Context(), vfs.OS, &Config{Name: "testsensor", Data: b.TempDir()}, nil, new(health.Conditions))
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	data := []byte(`{"timestamp":"2022-02-16T14:31:23.329233+0000","flow_id":851096500642044,"event_type":"alert","src_ip":"41.108.52.138","src_port":34048,"alert":{"action":"allowed","signature":"SURICATA IPv4 invalid checksum"},"pad":"` + strings.Repeat("x", 500) + `"}`)
	events := make([]instrument.Event, 1000)
	for i := range events {
		events[i] = instrument.Event{Type: "instruments.suricata.event", Message: "suricata alert", Data: data, Time: time.Now()}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Put(b.Context(), "replay_0@testsensor", events); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}
