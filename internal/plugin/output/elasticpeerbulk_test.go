package output

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest/searchnode"
)

// numbered makes events {"n":0}, {"n":1} and so on, with a padding.
func numbered(first, count, padding int) []string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf(`{"n":%d,"id":"%[1]d","pad":"%s","@timestamp":"2021-03-04T14:35:33.946Z"}`, first+i, strings.Repeat("x", padding)))
	}
	return all
}

// insist writes events until all have a last answer, as the pipeline does, and returns how
// many were rejected and how often it had to write again.
func insist(t testing.TB, o plugin.Output, texts []string) (rejected, repeats int) {
	t.Helper()
	batch := netEvents(t, texts...)
	defer batch.Release()
	left := batch.Events
	for deadline := time.Now().Add(2 * time.Minute); ; repeats++ {
		answers := make([]plugin.Answer, len(left))
		o.Write(context.Background(), left, answers)
		var again []*event.Event
		for i, a := range answers {
			switch a.Verdict {
			case plugin.Retry:
				again = append(again, left[i])
			case plugin.Reject:
				rejected++
			}
		}
		if len(again) == 0 {
			return rejected, repeats
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d events have not been taken within two minutes: %+v", len(again), answers[0])
		}
		left = again
		time.Sleep(20 * time.Millisecond) // as the pipeline's backoff does
	}
}

// TestPeerMixedBatch: in one batch some documents are refused for good; they have their
// reasons, and all others are there.
func TestPeerMixedBatch(t *testing.T) {
	for _, p := range searchPeers {
		t.Run(p.output+" at "+string(p.kind), func(t *testing.T) {
			n := searchnode.Shared(t, p.kind)
			index := "mixed-" + p.output
			o, env := peerOutput(t, n, p.output, `index => "%{i}" document_id => "%{id}" action => "%{do}"`, plugin.ECSDisabled)
			var texts []string
			want := ""
			for i := range 200 {
				text, verdict := fmt.Sprintf(`{"i":"%s","id":"%d","do":"index","n":%[2]d}`, index, i), "."
				switch i {
				case 30:
					text, verdict = strings.ReplaceAll(text, `"n":30`, `"n":"thirty"`), "x"
				case 31: // a name that no index can have
					text, verdict = strings.ReplaceAll(text, index, "Capital "+index), "x"
				case 32: // a field that is not there leaves the template in the name, which is a valid name
					text, verdict = strings.ReplaceAll(text, `"i":"`+index+`",`, ""), "."
				case 33:
					text, verdict = strings.ReplaceAll(text, index, "_"+index), "x"
				case 34:
					text, verdict = strings.ReplaceAll(text, index, strings.Repeat("l", 300)), "x"
				case 35:
					text, verdict = strings.ReplaceAll(text, index, ""), "x"
				case 36:
					text, verdict = strings.ReplaceAll(text, `"do":"index"`, `"do":"fly"`), "x"
				case 37:
					text, verdict = strings.ReplaceAll(text, `"do":"index"`, `"do":"update"`), "x"
				case 38:
					text, verdict = strings.ReplaceAll(text, `"do":"index"`, `"do":"delete"`), "."
				case 39:
					text, verdict = strings.ReplaceAll(text, `"id":"39"`, `"id":""`), "."
				}
				texts, want = append(texts, text), want+verdict
			}
			a := netWrite(t, o, texts...)
			if verdicts(a) != want {
				t.Errorf("verdicts\n%s, want\n%s", verdicts(a), want)
			}
			for i := 30; i < 40; i++ {
				if a[i].Verdict == plugin.Reject && (a[i].Reason == "" || strings.Contains(a[i].Reason, "\n")) {
					t.Errorf("%d: the reason is %q", i, a[i].Reason)
				}
			}
			if got := n.Count(t, index); got != 191 {
				t.Errorf("%d documents, want 191", got)
			}
			if got := codes(env.Conditions); got != "" {
				t.Errorf("conditions %s", got)
			}
		})
	}
}

// TestPeerTooLarge: requests that the server does not take as a whole are cut, however
// large; a single document that is too large is a dead letter.
func TestPeerTooLarge(t *testing.T) {
	for _, p := range []searchPeer{ofOpenSearch, ofElasticsearch} {
		t.Run(string(p.kind), func(t *testing.T) {
			n := searchnode.Start(t, p.kind, "http.max_content_length=100kb")
			for _, options := range []string{"http_compression => false", "http_compression => true"} {
				index := "large-" + options[len(options)-4:]
				index = strings.ReplaceAll(index, " ", "")
				o, env := peerOutput(t, n, p.output, fmt.Sprintf(`index => %q document_id => "%%{id}" %s`, index, options), plugin.ECSDisabled)
				texts := numbered(0, 2000, 2000) // 4 MB
				texts[77] = numbered(77, 1, 200_000)[0]
				texts[78] = numbered(78, 1, 20_000_000)[0]
				rejected, repeats := insist(t, o, texts)
				t.Logf("%s: %d rejected, %d repeats, conditions %s", options, rejected, repeats, codes(env.Conditions))
				if got := n.Count(t, index); got != 1998 || rejected != 2 {
					t.Errorf("%s: %d documents, %d rejected", options, got, rejected)
				}
				if got := codes(env.Conditions); got != "" {
					t.Errorf("%s: conditions %s", options, got)
				}
			}
		})
	}
}

// TestPeerRejects: a server under pressure answers 429, for single documents or the request;
// all arrive in the end.
func TestPeerRejects(t *testing.T) {
	settings := map[string][]string{
		"a full queue":      {"thread_pool.write.queue_size=1", "thread_pool.write.size=1"},
		"indexing pressure": {"indexing_pressure.memory.limit=50kb"},
	}
	for name, list := range settings {
		for _, p := range []searchPeer{ofOpenSearch, ofElasticsearch} {
			t.Run(name+"/"+string(p.kind), func(t *testing.T) {
				n := searchnode.Start(t, p.kind, list...)
				n.Must(t, "PUT", "/busy", `{"settings":{"number_of_shards":4}}`)
				o, env := peerOutput(t, n, p.output, `index => "busy" document_id => "%{id}"`, plugin.ECSDisabled)
				var writers sync.WaitGroup
				var mu sync.Mutex
				all := 0
				for w := range 8 {
					writers.Go(func() {
						for i := range 5 {
							rejected, repeats := insist(t, o, numbered(w*1000+i*100, 100, 200))
							mu.Lock()
							all += repeats
							mu.Unlock()
							if rejected != 0 {
								t.Errorf("%d rejected", rejected)
							}
						}
					})
				}
				writers.Wait()
				if got := n.Count(t, "busy"); got != 4000 || all == 0 {
					t.Errorf("%d documents of 4000, %d repeats", got, all)
				}
				if got := codes(env.Conditions); got != "" {
					t.Errorf("conditions %s", got)
				}
				t.Logf("%d repeats", all)
			})
		}
	}
}

// TestPeerDies: the server is killed in the middle of the load and comes back.
func TestPeerDies(t *testing.T) {
	for _, p := range []searchPeer{ofOpenSearch, ofElasticsearch} {
		t.Run(string(p.kind), func(t *testing.T) {
			n := searchnode.Start(t, p.kind)
			o, env := peerOutput(t, n, p.output, `index => "i-%{+YYYY.MM.dd}" document_id => "%{id}" resurrect_delay => 0 timeout => 10`, plugin.ECSDisabled)
			written := make(chan int, 1)
			var writers sync.WaitGroup
			for w := range 4 {
				writers.Go(func() {
					for i := range 50 {
						insist(t, o, numbered(w*1000+i*20, 20, 500))
						if w == 0 {
							select {
							case written <- i:
							default:
							}
						}
					}
				})
			}
			for i := range written {
				if i >= 3 {
					break
				}
			}
			n.Kill()
			n.Restart(t)
			writers.Wait()
			if got := n.Count(t, "i-2021.03.04"); got != 4000 {
				t.Errorf("%d documents of 4000", got)
			}
			if got := codes(env.Conditions); got != "" {
				t.Errorf("conditions %s", got)
			}
		})
	}
}
