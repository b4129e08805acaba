package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// receiver is a destination that takes JSON arrays of events, and does what a SIEM in
// trouble does.
type receiver struct {
	server *http.Server

	mu       sync.Mutex
	got      map[int]int // number of an event: how often it was taken
	changed  chan struct{}
	faults   []fault          // in turn; the next one when a batch has got through after the last
	healthy  int              // events that were taken when the last fault was
	largest  int              // events in a request; more are answered with 413
	poisoned func(n int) bool // whether a request with this event is answered with 400
	notUntil time.Time        // a request before this does not obey Retry-After
	early    int
	first    time.Time // of the first event since it was reset
}

// fault does something other than taking the events of a request.
type fault struct {
	name string
	do   func(r *receiver, w http.ResponseWriter, q *http.Request)
}

func newReceiver() *receiver {
	return &receiver{got: map[int]int{}, changed: make(chan struct{}), poisoned: func(int) bool { return false }}
}

// serve listens on a port, 0 for any, and returns it.
func (r *receiver) serve(t *testing.T, port int) int {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	r.server = &http.Server{Handler: r}
	go r.server.Serve(l)
	t.Cleanup(func() { r.server.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	if time.Now().Before(r.notUntil) {
		r.early++
	}
	if len(r.faults) > 0 && len(r.got) >= r.healthy+25 {
		f := r.faults[0]
		r.faults, r.healthy = r.faults[1:], len(r.got)
		r.mu.Unlock()
		f.do(r, w, q)
		return
	}
	r.mu.Unlock()
	body, err := io.ReadAll(q.Body)
	var events []struct{ N int }
	if err == nil {
		err = json.Unmarshal(body, &events)
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError) // cut off by a kill
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if r.poisoned(e.N) {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, "I do not like one of these")
			return
		}
	}
	if r.largest > 0 && len(events) > r.largest {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if r.first.IsZero() {
		r.first = time.Now()
	}
	for _, e := range events {
		r.got[e.N]++
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// await waits until ok, which is asked whenever events have come.
func (r *receiver) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	timeout := time.After(2 * time.Minute)
	for {
		r.mu.Lock()
		done, changed := ok(), r.changed
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%s: not within two minutes", what)
		}
	}
}

func answer(status int) fault {
	return fault{fmt.Sprint(status), func(_ *receiver, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }}
}

// reset breaks the connection the hard way.
func reset(w http.ResponseWriter, before string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	io.WriteString(conn, before)
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

// runningProgram is the program while it runs.
type runningProgram struct {
	cmd  *exec.Cmd
	logs bytes.Buffer
	port int // of its http input
}

// startProgram runs one pipeline with a persisted queue between an http input and the
// receiver.
func startProgram(t *testing.T, path, data string, inPort, outPort int, more ...string) *runningProgram {
	t.Helper()
	config := fmt.Sprintf(`input { http { host => "127.0.0.1" port => %d } }
filter { mutate { remove_field => ["http", "url", "user_agent", "host", "event"] } }
output { http { url => "http://127.0.0.1:%d/" http_method => "post" format => "json_batch" request_timeout => 2 automatic_retries => 0 } }`, inPort, outPort)
	file := filepath.Join(data, "pipeline.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &runningProgram{port: inPort}
	p.cmd = exec.Command(path, append([]string{
		"run", "-f", file, "--path.data", data, "--api.enabled", "false", "-S", "queue.type=persisted", "-S", "pipeline.batch.delay=5",
	}, more...)...)
	p.cmd.Stderr = &p.logs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// stop ends it in good order.
func (p *runningProgram) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v\n%s", err, p.logs.String())
	}
}

func unusedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// post sends the events numbered from first on, and tells whether they were acknowledged.
func post(client *http.Client, port, first, count int) error {
	var body strings.Builder
	for i := range count {
		sep := ","
		if i == 0 {
			sep = "["
		}
		fmt.Fprintf(&body, `%s{"n":%d,"text":"an event of some length, so that there is something to write"}`, sep, first+i)
	}
	body.WriteString("]")
	a, err := client.Post(fmt.Sprintf("http://127.0.0.1:%d/", port), "application/json", strings.NewReader(body.String()))
	if err != nil {
		return err
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, a.Body)
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", a.StatusCode)
	}
	return nil
}

// insist posts until it is acknowledged, as senders do.
func insist(t *testing.T, client *http.Client, port, first, count int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		err := post(client, port, first, count)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("events %d… are not taken: %v", first, err)
			return
		}
	}
}

// TestReceiverInTrouble: a receiver refuses, breaks connections, answers with errors and
// hangs. Everything arrives, but for one event that it never takes: that alone is a
// dead letter.
func TestReceiverInTrouble(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and waits for retries")
	}
	const events, poison = 400, 177
	path, data := build(t), t.TempDir()
	r := newReceiver()
	r.poisoned, r.largest = func(n int) bool { return n == poison }, 20 // of batches of 25
	hung := make(chan struct{})
	defer close(hung)
	r.faults = []fault{
		answer(500),
		{"reset in the middle of the request", func(_ *receiver, w http.ResponseWriter, q *http.Request) {
			io.ReadFull(q.Body, make([]byte, 100))
			reset(w, "")
		}},
		{"reset in the middle of the answer", func(_ *receiver, w http.ResponseWriter, q *http.Request) {
			io.Copy(io.Discard, q.Body)
			reset(w, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
		}},
		{"429 with Retry-After", func(r *receiver, w http.ResponseWriter, _ *http.Request) {
			r.mu.Lock()
			r.notUntil = time.Now().Add(1900 * time.Millisecond)
			r.mu.Unlock()
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
		}},
		{"accepts and hangs", func(_ *receiver, _ http.ResponseWriter, q *http.Request) {
			select {
			case <-q.Context().Done():
			case <-hung:
			}
		}},
		answer(503),
	}
	in, out := unusedPort(t), unusedPort(t) // nobody listens at first: the receiver refuses
	p := startProgram(t, path, data, in, out, "-S", "pipeline.workers=1", "-S", "pipeline.batch.size=25")
	for n := 0; n < events; n += 10 {
		insist(t, http.DefaultClient, in, n, 10)
	}
	r.serve(t, out)
	r.await(t, "everything arrives", func() bool { return len(r.got) >= events-1 && len(r.faults) == 0 })
	r.mu.Lock()
	for n := range events {
		if (r.got[n] == 0) != (n == poison) {
			t.Errorf("event %d came %d times", n, r.got[n])
		}
	}
	if r.early > 0 {
		t.Errorf("%d requests came before the time that Retry-After named", r.early)
	}
	r.mu.Unlock()

	var letters string
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		list, err := exec.Command(path, "dlq", "list", "main", "--path.data", data).Output()
		if letters = string(list); err == nil && strings.Count(letters, "\n") > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no dead letter: %v %s\n%s", err, letters, p.logs.String())
		}
	}
	p.stop(t)
	if strings.Count(letters, "\n") != 1 || !strings.Contains(letters, "status 400") {
		t.Errorf("dead letters:\n%s", letters)
	}
	shown, err := exec.Command(path, "dlq", "show", "main", "1", "--path.data", data).CombinedOutput()
	if err != nil || !strings.Contains(string(shown), fmt.Sprintf(`"n": %d`, poison)) || !strings.Contains(string(shown), "I do not like one of these") {
		t.Errorf("the dead letter: %v\n%s", err, shown)
	}
	left, err := exec.Command(path, "queue", "export", "main", "--path.data", data).CombinedOutput()
	if err != nil || len(left) > 0 {
		t.Errorf("left in the queue: %v %s", err, left)
	}
	if want := fmt.Sprintf(":in=>%d, :made=>0, :out=>%d, :dead_lettered=>1, :dropped=>{}, :queued=>0, :waiting=>0, :lost=>0", events, events-1); !strings.Contains(p.logs.String(), want) {
		t.Errorf("the ledger does not say %s:\n%s", want, p.logs.String())
	}
}
