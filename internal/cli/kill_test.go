package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/pipeline"
	"sluice/internal/queue"
)

// TestKilledUnderLoad kills the program with SIGKILL again and again while four senders
// push events in. What was acknowledged to a sender must arrive, or be a dead letter if the
// receiver refuses it, as it does for every thousandth. SLUICE_KILLS says how often; 5
// times by default.
func TestKilledUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and kills it again and again")
	}
	kills := 5
	if text := os.Getenv("SLUICE_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("SLUICE_KILLS: %v", err)
		}
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	path, data := build(t), t.TempDir()
	r := newReceiver()
	r.poisoned = func(n int) bool { return n%1000 == 999 }
	in, out := unusedPort(t), r.serve(t, 0)

	var acked atomic.Int64
	var next atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	var senders sync.WaitGroup
	for range 4 {
		senders.Go(func() {
			client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				first := next.Add(20) - 20
				insist(t, client, in, int(first), 20) // sends again what was not acknowledged
				acked.Add(20)
			}
		})
	}
	var slowest time.Duration
	for range kills {
		r.mu.Lock()
		r.first = time.Time{}
		r.mu.Unlock()
		start := time.Now()
		p := startProgram(t, path, data, in, out)
		// Kill it after some acknowledgements, at any place in its work.
		target := acked.Load() + 20 + 20*random.Int64N(200)
		r.await(t, "senders are acknowledged", func() bool { return acked.Load() >= target && !r.first.IsZero() })
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
		r.mu.Lock()
		slowest = max(slowest, r.first.Sub(start))
		r.mu.Unlock()
		if strings.Contains(p.logs.String(), "level=ERROR") || strings.Contains(p.logs.String(), "[ERROR]") {
			t.Errorf("errors in the log:\n%s", p.logs.String())
		}
	}
	api := unusedPort(t)
	p := startProgram(t, path, data, in, out, "--api.enabled=true", "--api.http.port", strconv.Itoa(api))
	stop()
	senders.Wait()
	sent := int(acked.Load())
	r.await(t, "everything arrives", func() bool { return len(r.got) >= sent-sent/1000 })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		left, err := queue.Stat(nil, filepath.Join(data, "queue", "main"))
		if err == nil && len(left.Cursors) == 1 && left.Cursors[0].Lag.Events == 0 || time.Now().After(deadline) {
			break // what is still being searched out has become a dead letter
		}
	}
	account := accountOf(t, api)
	p.stop(t)
	letters := 0
	if sent >= 1000 {
		letters = r.takeLetters(t, filepath.Join(data, "dead_letter_queue", "main"))
	}

	lost, repeated := r.account(sent)
	if lost > 0 {
		t.Errorf("%d of %d acknowledged events are lost", lost, sent)
	}
	r.checkAccount(t, account, sent, kills, letters)
	t.Logf("the account: %+v", account)
	t.Logf("%d kills, %d events acknowledged, %d lost, %d repeated, %d dead letters for %d refused events, start to first event at most %v", kills, sent, lost, repeated, letters, sent/1000, slowest.Round(time.Millisecond))
}

// accountOf reads the account of the pipeline from the monitoring API.
func accountOf(t *testing.T, port int) pipeline.Account {
	t.Helper()
	a, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/_node/stats/pipelines/main", port))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var stats struct {
		Pipelines struct {
			Main struct {
				Ledger struct{ Account pipeline.Account }
			}
		}
	}
	if err := json.NewDecoder(a.Body).Decode(&stats); err != nil {
		t.Fatal(err)
	}
	return stats.Pipelines.Main.Ledger.Account
}

// checkAccount compares the account of all processes with what sender and receiver have
// counted. Each kill may leave, of each of four senders, one request that is in the queue
// and was not acknowledged; it is sent again, and is two in the account. Each kill may
// also leave a batch that has arrived and is not in the account yet; it arrives again.
func (r *receiver) checkAccount(t *testing.T, a pipeline.Account, sent, kills, letters int) {
	t.Helper()
	if err := a.Check(); err != nil || a.Queued != 0 || a.Lost != 0 || len(a.Dropped) != 0 || a.Made != 0 {
		t.Errorf("the account after %d kills: %+v, %v", kills, a, err)
	}
	if most := sent + 4*20*(kills+1); a.In < int64(sent) || a.In > int64(most) {
		t.Errorf("%d events came in by the account; the senders say at least %d and at most %d", a.In, sent, most)
	}
	arrived := 0
	r.mu.Lock()
	for _, times := range r.got {
		arrived += times
	}
	r.mu.Unlock()
	arrived -= letters
	if least := a.Out; int64(arrived) < least {
		t.Errorf("%d events were delivered by the account, and only %d arrived", a.Out, arrived)
	}
	if a.DeadLettered > int64(letters) {
		t.Errorf("%d dead letters by the account, %d on disk", a.DeadLettered, letters)
	}
}

// takeLetters counts dead letters as events that have come. None may be there that was
// not refused.
func (r *receiver) takeLetters(t *testing.T, dir string) (letters int) {
	t.Helper()
	n := event.MustRef("n")
	err := queue.PeekDeadLetters(context.Background(), nil, dir, func(l queue.DeadLetter) error {
		b := event.NewBatch()
		defer b.Release()
		e, err := b.DecodeRecord(l.Event)
		if err != nil {
			return err
		}
		number := int(e.Get(n).Int())
		if !r.poisoned(number) || l.Status != 400 {
			t.Errorf("event %d is a dead letter with status %d: %s", number, l.Status, l.Reason)
		}
		letters++
		r.mu.Lock()
		r.got[number]++
		r.mu.Unlock()
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return letters
}

// account counts which of the first events never came, and which came more than once.
func (r *receiver) account(sent int) (lost, repeated int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range sent {
		switch got := r.got[n]; {
		case got == 0:
			lost++
		case got > 1:
			repeated++
		}
	}
	return lost, repeated
}

// TestKillCountingSeesLoss shows that the counting can fail: with a memory queue, which
// promises nothing, a kill loses what had been acknowledged.
func TestKillCountingSeesLoss(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	for queueType, want := range map[string]int{"memory": 20, "persisted": 0} {
		path, data := build(t), t.TempDir()
		r := newReceiver()
		in, out := unusedPort(t), unusedPort(t) // nobody takes anything yet
		p := startProgram(t, path, data, in, out, "-S", "queue.type="+queueType)
		insist(t, http.DefaultClient, in, 0, 20)
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		r.serve(t, out)
		p = startProgram(t, path, data, in, out, "-S", "queue.type="+queueType)
		insist(t, http.DefaultClient, in, 20, 20)
		r.await(t, "the events of after the kill", func() bool { return len(r.got) >= 40-want })
		p.stop(t)
		if lost, _ := r.account(40); lost != want {
			t.Errorf("%s queue: %d events lost, expected %d", queueType, lost, want)
		}
	}
}

// TestStartWithBacklog: the first event leaves at most 300 ms after the start, with 1 GB
// waiting in the queue. It needs the disk and a quiet machine, so it runs when
// SLUICE_BIG=1 only.
func TestStartWithBacklog(t *testing.T) {
	if os.Getenv("SLUICE_BIG") != "1" {
		t.Skip("writes 1 GB; runs with SLUICE_BIG=1")
	}
	path, data := build(t), t.TempDir()
	j, _, err := queue.Open(context.Background(), queue.Options{Dir: filepath.Join(data, "queue", "main")})
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch()
	e := b.New()
	_ = e.Set(event.MustRef("n"), event.IntValue(1))
	_ = e.Set(event.MustRef("text"), event.StringValue(strings.Repeat("x", 900)))
	payloads := make([][]byte, 1000)
	for i := range payloads {
		payloads[i] = e.AppendRecord(nil)
	}
	for written := 0; written < 1<<30; written += len(payloads) * len(payloads[0]) {
		if _, err := j.TryAppend(payloads); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	r := newReceiver()
	in, out := unusedPort(t), r.serve(t, 0)
	start := time.Now()
	p := startProgram(t, path, data, in, out, "-S", "queue.max_bytes=4gb")
	r.await(t, "the first event", func() bool { return !r.first.IsZero() })
	took := r.first.Sub(start)
	t.Logf("start to first event: %v", took.Round(time.Millisecond))
	if took > 300*time.Millisecond {
		t.Errorf("the first event took %v, more than 300 ms", took)
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}
