package searchnode

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/plugin/plugintest"
)

// Node is a running server.
type Node struct {
	URL string // http://127.0.0.1:PORT

	kind     Kind
	dir      string // its data
	port     int
	settings []string
	cmd      *exec.Cmd
	stdin    io.Closer // it ends when this is closed, so none is left over, however the tests end
	logs     *bytes.Buffer
	reading  chan struct{}
}

var shared struct {
	sync.Mutex
	nodes map[Kind]*Node
}

// Shared returns the node of a kind that all tests of this process use; each of them should
// use names of its own. It skips the test when there are to be no peers.
func Shared(t testing.TB, kind Kind) *Node {
	t.Helper()
	plugintest.WantPeers(t)
	shared.Lock()
	defer shared.Unlock()
	if n := shared.nodes[kind]; n != nil {
		return n
	}
	dir, err := os.MkdirTemp("", "searchnode")
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{kind: kind, dir: dir}
	n.start(t)
	if shared.nodes == nil {
		shared.nodes = map[Kind]*Node{}
	}
	shared.nodes[kind] = n
	return n
}

// CloseShared ends the nodes of Shared and removes their data; for TestMain.
func CloseShared() {
	shared.Lock()
	defer shared.Unlock()
	for _, n := range shared.nodes {
		n.Kill()
		_ = os.RemoveAll(n.dir)
	}
	shared.nodes = nil
}

// Start starts a node for one test, with settings such as `http.max_content_length=1mb`.
func Start(t testing.TB, kind Kind, settings ...string) *Node {
	t.Helper()
	plugintest.WantPeers(t)
	// A folder of its own and not t.TempDir: a comma in a test's name would be two paths.
	dir, err := os.MkdirTemp("", "searchnode")
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{kind: kind, dir: dir, settings: settings}
	t.Cleanup(func() {
		n.Kill()
		_ = os.RemoveAll(dir)
	})
	n.start(t)
	return n
}

// Restart starts a node again that was killed, at the same address with the same data. It
// returns when the primary shards of all indices have been recovered: before, the node
// answers, but a search or a write may get 503.
func (n *Node) Restart(t testing.TB) {
	t.Helper()
	n.start(t)
	const wait = "/_cluster/health?wait_for_status=yellow&timeout=60s"
	if status, answer := n.Do(t, http.MethodGet, wait, ""); status != http.StatusOK {
		t.Fatalf("the shards have not recovered after a minute: %d %s\n%s", status, answer, n.logs)
	}
}

// Kill ends it at once, as a power cut does.
func (n *Node) Kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	<-n.reading
	_ = n.cmd.Wait()
	n.cmd = nil
}

func (n *Node) start(t testing.TB) {
	t.Helper()
	if n.port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		n.port = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	n.URL = fmt.Sprintf("http://127.0.0.1:%d", n.port)
	n.cmd = exec.Command("java", append([]string{"-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-cp", classPath(t, n.kind), mainFile(t, n.kind), n.dir, fmt.Sprintf("http.port=%d", n.port), "transport.port=0"}, n.settings...)...)
	stdin, err := n.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	n.stdin = stdin
	stdout, err := n.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	n.cmd.Stderr = n.cmd.Stdout
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n.logs, n.reading = new(bytes.Buffer), make(chan struct{})
	started := make(chan bool, 1)
	go func() {
		defer close(n.reading)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if strings.HasSuffix(lines.Text(), "started") && strings.Contains(lines.Text(), "stdout") || lines.Text() == "started" {
				started <- true
				break
			}
			n.logs.WriteString(lines.Text() + "\n")
		}
		_, _ = io.Copy(io.Discard, stdout)
		close(started)
	}()
	select {
	case ok := <-started:
		if !ok {
			<-n.reading
			t.Fatalf("%s does not start:\n%s", n.kind, n.logs)
		}
	case <-time.After(3 * time.Minute):
		n.Kill()
		t.Fatalf("%s has not started within three minutes:\n%s", n.kind, n.logs)
	}
}

// Do sends a request with a body of JSON, and returns the status and the answer.
func (n *Node) Do(t testing.TB, method, path, body string) (int, string) {
	t.Helper()
	q, err := http.NewRequest(method, n.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

// Must is Do for requests that have to succeed.
func (n *Node) Must(t testing.TB, method, path, body string) string {
	t.Helper()
	status, text := n.Do(t, method, path, body)
	if status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return text
}

// Hit is one document.
type Hit struct {
	Index  string `json:"_index"`
	ID     string `json:"_id"`
	Route  string `json:"_routing"`
	Source map[string]any
}

// Docs returns the documents of an index, up to 10,000.
func (n *Node) Docs(t testing.TB, index string) []Hit {
	t.Helper()
	var answer struct {
		Hits struct {
			Hits []struct {
				Hit
				Source map[string]any `json:"_source"`
			}
		}
	}
	n.refresh(t, index)
	text := n.Must(t, "GET", "/"+index+"/_search?size=10000", "")
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	var list []Hit
	for _, h := range answer.Hits.Hits {
		h.Hit.Source = h.Source
		list = append(list, h.Hit)
	}
	return list
}

// Count returns how many documents an index has; 0 if there is no index.
func (n *Node) Count(t testing.TB, index string) int {
	t.Helper()
	n.refresh(t, index)
	var answer struct{ Count int }
	text := n.Must(t, "GET", "/"+index+"/_count?ignore_unavailable=true", "")
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Count
}

func (n *Node) refresh(t testing.TB, index string) {
	t.Helper()
	if status, text := n.Do(t, "POST", "/"+index+"/_refresh?ignore_unavailable=true", ""); status >= 300 {
		t.Logf("refresh: %d %s", status, text)
	}
}
