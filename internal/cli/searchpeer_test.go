package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sluice/internal/plugin/plugintest"
	"sluice/internal/plugin/plugintest/searchnode"
)

// TestPeerKilledUnderLoad kills the program, and then the server, while events go into a real
// OpenSearch. With ids of their own there are exactly as many documents as events came in:
// none is lost, none is there twice. With dedupe a request that a sender had to repeat, for
// the kill took its answer, is two requests with two ids.
func TestPeerKilledUnderLoad(t *testing.T) {
	plugintest.WantPeers(t)
	for name, options := range searchIDs {
		t.Run(name, func(t *testing.T) {
			n := searchnode.Start(t, searchnode.OpenSearch)
			n.Must(t, "PUT", "/events", `{"settings":{"number_of_replicas":0},"mappings":{"properties":{"n":{"type":"long"}}}}`)
			path, data := build(t), t.TempDir()
			in := unusedPort(t)
			var acked, next, taken, repeated atomic.Int64
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			var senders sync.WaitGroup
			p := startSearching(t, path, data, in, n.URL, options)
			for range 3 {
				senders.Go(func() {
					client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
					defer client.CloseIdleConnections()
					for ctx.Err() == nil {
						if acked.Load() > taken.Load()+2000 { // the server is slower than the senders
							time.Sleep(5 * time.Millisecond)
							continue
						}
						first := next.Add(20) - 20
						for err := post(client, in, int(first), 20); err != nil; err = post(client, in, int(first), 20) {
							if !errors.Is(err, syscall.ECONNREFUSED) {
								repeated.Add(20)
							}
							time.Sleep(5 * time.Millisecond)
						}
						acked.Add(20)
					}
				})
			}
			advance := func(count int) { // waits until the server has taken some more
				target := n.Count(t, "events") + count
				for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
					got := n.Count(t, "events")
					taken.Store(int64(got))
					if got >= target {
						break
					}
					if time.Now().After(deadline) {
						t.Fatalf("no %d further documents within a minute\n%s", count, p.logs.String())
					}
				}
			}
			for range 5 {
				advance(200)
				if err := p.cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = p.cmd.Wait()
				p = startSearching(t, path, data, in, n.URL, options)
			}
			advance(200)
			n.Kill()
			time.Sleep(time.Second) // events pile up meanwhile
			n.Restart(t)
			advance(200)
			stop()
			senders.Wait()
			sent := int(acked.Load())
			for deadline := time.Now().Add(time.Minute); n.Count(t, "events") < sent && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			}
			p.stop(t)
			got := n.Count(t, "events")
			buckets := n.Must(t, "GET", "/events/_search?size=0&filter_path=aggregations.n.buckets.doc_count", `{"aggs":{"n":{"histogram":{"field":"n","interval":1,"min_doc_count":1}}}}`)
			distinct := strings.Count(buckets, "doc_count")
			t.Logf("%d events acknowledged, %d sent again by their senders, %d documents, %d different", sent, repeated.Load(), got, distinct)
			most := sent
			if !strings.Contains(options, "document_id") {
				most += int(repeated.Load())
			}
			if got < sent || got > most || (got-sent)%20 != 0 {
				t.Errorf("%d documents for %d acknowledged events, and %d that were sent again", got, sent, repeated.Load())
			}
			if distinct != sent {
				t.Errorf("%d different events of %d", distinct, sent)
			}
		})
	}
}

// searchIDs are the ways in which documents get ids of their own.
var searchIDs = map[string]string{
	"a field":            `document_id => "%{n}"`,
	"dedupe":             `dedupe => true`,
	"dedupe with create": `action => create`,
}

// startSearching runs one pipeline with a persisted queue between an http input and a server.
func startSearching(t *testing.T, path, data string, in int, url, options string) *runningProgram {
	t.Helper()
	config := fmt.Sprintf(`input { http { host => "127.0.0.1" port => %d } }
filter { mutate { remove_field => ["http", "url", "user_agent", "host", "event"] } }
output { elasticsearch { hosts => %q index => "events" %s } }`, in, url, options)
	return startPipeline(t, path, data, config)
}

// startPipeline runs a pipeline with a persisted queue.
func startPipeline(t *testing.T, path, data, config string) *runningProgram {
	t.Helper()
	file := filepath.Join(data, "pipeline.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &runningProgram{}
	p.cmd = exec.Command(path, "run", "-f", file, "--path.data", data, "--api.enabled", "false", "-S", "queue.type=persisted", "-S", "pipeline.batch.delay=5")
	p.cmd.Stderr = &p.logs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}
