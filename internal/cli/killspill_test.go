package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestKilledWhileSpilling kills the program with SIGKILL again and again while one of its
// two outputs is down, and comes back, and is down again. What was acknowledged must
// arrive at both; what repeats are the batches that were in flight at a kill, one for each
// worker, at the output with the spill also one for each attempt that empties it, and the
// requests of senders that had no answer.
func TestKilledWhileSpilling(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and kills it again and again")
	}
	const kills, workers, batch = 6, 2, 125
	const senderCount, request = 2, 20
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	path, data := build(t), t.TempDir()
	live, dead := newReceiver(), newReceiver()
	var down atomic.Bool
	down.Store(true)
	dead.poisoned = func(int) bool { return false }
	refusing := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		dead.ServeHTTP(w, q)
	})}
	port := unusedPort(t)
	refusing.Addr = fmt.Sprintf("127.0.0.1:%d", port)
	go refusing.ListenAndServe()
	t.Cleanup(func() { refusing.Close() })
	in, out := unusedPort(t), live.serve(t, 0)
	config := fmt.Sprintf(`input { http { host => "127.0.0.1" port => %d } }
filter { mutate { remove_field => ["http", "url", "user_agent", "host", "event"] } }
output {
  http { url => "http://127.0.0.1:%d/" http_method => "post" format => "json_batch" request_timeout => 5 automatic_retries => 0 }
  http { url => "http://127.0.0.1:%d/" http_method => "post" format => "json_batch" request_timeout => 5 automatic_retries => 0 }
}`, in, port, out)
	file := filepath.Join(data, "pipeline.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func() *runningProgram {
		p := &runningProgram{port: in}
		p.cmd = exec.Command(path, "run", "-f", file, "--path.data", data, "--api.enabled", "false",
			"-S", "queue.type=persisted", "-S", "pipeline.batch.delay=5", "-w", fmt.Sprint(workers), "-b", fmt.Sprint(batch))
		p.cmd.Stderr = &p.logs
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.cmd.Process.Kill() })
		return p
	}

	var acked, next atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	var senders sync.WaitGroup
	for range senderCount {
		senders.Go(func() {
			client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				first := next.Add(request) - request
				insist(t, client, in, int(first), request)
				acked.Add(request)
			}
		})
	}
	for i := range kills {
		down.Store(i%2 == 0)
		live.mu.Lock()
		live.first = time.Time{}
		live.mu.Unlock()
		p := start()
		target := acked.Load() + 500 + random.Int64N(2000)
		live.await(t, "the live output goes on", func() bool { return acked.Load() >= target && !live.first.IsZero() })
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
	}
	down.Store(false)
	p := start()
	stop()
	senders.Wait()
	sent := int(acked.Load())
	live.await(t, "everything arrives at the live output", func() bool { return len(live.got) >= sent })
	dead.await(t, "everything arrives at the output that was down", func() bool { return len(dead.got) >= sent })
	p.stop(t)
	for name, r := range map[string]*receiver{"live": live, "dead": dead} {
		lost, repeated := r.account(sent)
		most := kills * (workers*batch + senderCount*request)
		if r == dead {
			most += kills * workers * batch
		}
		if repeated > most {
			t.Errorf("%s: %d events came again after %d kills, more than the %d in flight", name, repeated, kills, most)
		}
		if lost > 0 {
			t.Errorf("%s: %d of %d acknowledged events are lost", name, lost, sent)
		}
		t.Logf("%s: %d kills, %d events acknowledged, %d lost, %d repeated", name, kills, sent, lost, repeated)
	}
}
