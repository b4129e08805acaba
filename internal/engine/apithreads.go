package engine

import (
	"fmt"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hotSamples and hotInterval are how often, and how far apart, all goroutines are
// looked at to find the busy ones: half a second in all.
const (
	hotSamples  = 20
	hotInterval = 25 * time.Millisecond
)

// thread is a goroutine and how often it was found busy.
type thread struct {
	id     int64
	name   string
	state  string
	traces []string
	busy   int // how often it was found at work
	block  int // how often for a lock
	wait   int // how often for anything else
}

// hotThreads answers with the busiest goroutines.
func (a *API) hotThreads(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(q.Get(name)); err == nil && n > 0 {
			return n
		}
		return otherwise
	}
	most, depth := number("threads", 10), number("stacktrace_size", 50)
	order := map[string]func(*thread) int{
		"": (*thread).byCPU, "cpu": (*thread).byCPU, "wait": (*thread).byWait, "block": (*thread).byBlock,
	}[q.Get("ordered_by")]
	if order == nil {
		a.fail(w, r, http.StatusBadRequest, "ordered_by can be cpu, wait or block")
		return
	}
	all := busyThreads(r)
	slices.SortStableFunc(all, func(x, y *thread) int { return order(y) - order(x) })
	if byCPU := q.Get("ordered_by") == "" || q.Get("ordered_by") == "cpu"; byCPU && !q.Has("ignore_idle_threads") || wants(r, "ignore_idle_threads") {
		all = slices.DeleteFunc(all, func(t *thread) bool { return t.busy == 0 })
	}
	all = all[:min(len(all), most)]
	if wants(r, "human") {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		line := strings.Repeat("=", 80)
		fmt.Fprintf(w, "%s\nHot threads at %s, busiestThreads=%d:\n%s\n", line, since(time.Now()), most, line)
		for _, t := range all {
			fmt.Fprintf(w, "%.2f %% of cpu usage, state: %s, thread name: '%s', thread id: %d\n", t.percent(), t.state, t.name, t.id)
			for _, frame := range t.traces[:min(len(t.traces), depth)] {
				fmt.Fprintf(w, "\t%s\n", frame)
			}
			fmt.Fprintln(w, strings.Repeat("-", 80))
		}
		return
	}
	list := []object{}
	for _, t := range all {
		list = append(list, object{"name": t.name, "thread_id": t.id, "percent_of_cpu_time": t.percent(), "state": t.state, "traces": t.traces[:min(len(t.traces), depth)]})
	}
	a.answer(w, r, object{"hot_threads": object{"time": since(time.Now()), "busiest_threads": most, "threads": list}})
}

func (t *thread) byCPU() int   { return t.busy }
func (t *thread) byWait() int  { return t.wait }
func (t *thread) byBlock() int { return t.block }

func (t *thread) percent() float64 { return significant(100 * float64(t.busy) / hotSamples) }

// busyThreads looks at all goroutines some times, and returns them, the busiest first.
func busyThreads(r *http.Request) []*thread {
	byID := map[int64]*thread{}
	for i := range hotSamples {
		if i > 0 {
			select {
			case <-r.Context().Done():
				return nil
			case <-time.After(hotInterval):
			}
		}
		for _, t := range goroutines() {
			if strings.Contains(t.name, "hotThreads") || len(t.traces) > 0 && strings.Contains(strings.Join(t.traces, " "), "engine.goroutines") {
				continue // this one
			}
			if old := byID[t.id]; old != nil {
				t.busy, t.block, t.wait = t.busy+old.busy, t.block+old.block, t.wait+old.wait
				if old.busy > 0 && t.busy == old.busy { // keep what it was busy with
					old.block, old.wait = t.block, t.wait
					continue
				}
			}
			byID[t.id] = t
		}
	}
	all := make([]*thread, 0, len(byID))
	for _, t := range byID {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *thread) int {
		if a.busy != b.busy {
			return b.busy - a.busy
		}
		return int(a.id - b.id)
	})
	return all
}

var goroutineHead = regexp.MustCompile(`^goroutine (\d+) \[([^\],]+)`)

// goroutines returns all goroutines of this moment, with what they do.
func goroutines() []*thread {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var all []*thread
	for block := range strings.SplitSeq(string(buf), "\n\n") {
		lines := strings.Split(block, "\n")
		m := goroutineHead.FindStringSubmatch(lines[0])
		if m == nil {
			continue
		}
		t := &thread{state: m[2]}
		t.id, _ = strconv.ParseInt(m[1], 10, 64)
		for i := 1; i+1 < len(lines); i += 2 {
			function, created := strings.CutPrefix(lines[i], "created by ")
			if created {
				function, _, _ = strings.Cut(function, " in goroutine")
			} else if j := strings.LastIndexByte(function, '('); j > 0 {
				function = function[:j]
			}
			place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +")
			t.traces = append(t.traces, function+" ("+place[strings.LastIndexByte(place, '/')+1:]+")")
			t.name = function
		}
		// The goroutine that waits for signals does so in a system call for ever.
		waits := len(t.traces) > 0 && strings.HasPrefix(t.traces[0], "os/signal.")
		if t.state == "running" || t.state == "runnable" || t.state == "syscall" && !waits {
			t.busy = 1
		} else if strings.HasPrefix(t.state, "semacquire") || strings.HasPrefix(t.state, "sync.") {
			t.block = 1
		} else {
			t.wait = 1
		}
		all = append(all, t)
	}
	return all
}
