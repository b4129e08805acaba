package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/internal/health"
	"sluice/internal/pki"
	"sluice/internal/sensor"
)

// These tests are the rows of the guide's table, with the real program: a sensor, its
// Log Forwarder, a receiver, mutual TLS between them. With the guide's own texts at hand
// they run these, byte for byte; without, the demo's.

var built struct {
	once sync.Once
	path string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.path != "" {
		os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}

func program(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("whole programs are not run with -short")
	}
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "sluice-test-")
		if err != nil {
			built.err = err
			return
		}
		built.path = filepath.Join(dir, "sluice")
		out, err := exec.Command("go", "build", "-o", built.path, "sluice/cmd/sluice").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// guideTexts returns the folder of the guide's own texts, or "".
func guideTexts() string {
	dir := filepath.Join("..", "..", "..", "shared", "guide", "config")
	if data := os.Getenv("SLUICE_DATA"); data != "" {
		dir = filepath.Join(data, "..", "guide", "config")
	}
	if _, err := os.Stat(filepath.Join(dir, "receiver.conf")); err != nil {
		return ""
	}
	return dir
}

// prepared makes everything for a demo that plays n records at a rate, once.
func prepared(t *testing.T, n, rate int) *demo {
	t.Helper()
	d := &demo{opts: Options{Program: program(t), Once: true, Records: n, Rate: rate, Texts: guideTexts(), EC: true}, dir: t.TempDir()}
	if d.opts.Texts == "" {
		t.Log("the guide's texts are not there; the demo's own are run")
	}
	d.dir = filepath.Join(d.dir, "demo")
	if err := d.prepare(&Screen{Out: io.Discard, Quiet: true}); err != nil {
		t.Fatal(err)
	}
	s, err := startStandIn(d.path("elasticsearch"), "")
	if err != nil {
		t.Fatal(err)
	}
	d.standIn = s
	t.Cleanup(func() {
		_ = s.close()
		if t.Failed() {
			for _, name := range []string{"sensor.log", "receiver.log"} {
				if text, err := os.ReadFile(d.path(name)); err == nil {
					t.Logf("%s:\n%s", name, text[max(len(text)-4000, 0):])
				}
			}
		}
	})
	return d
}

// withOneWorker gives the Log Forwarder's pipeline one worker, which keeps events in order.
func (d *demo) withOneWorker(t *testing.T) {
	t.Helper()
	file := d.path("sensor", "pipelines.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("  queue.type: persisted\n"), []byte("  queue.type: persisted\n  pipeline.workers: 1\n"), 1)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (d *demo) startReceiver(t *testing.T) {
	t.Helper()
	p, err := startProcess("receiver", d.opts.Program, append(d.receiverArgs(), "-w", "1"), d.path("receiver.log"), nil)
	if err != nil {
		t.Fatal(err)
	}
	d.receiver = p
	t.Cleanup(p.stop)
	if err := p.awaitPort(t.Context(), fmt.Sprintf("127.0.0.1:%d", d.ports.receiver)); err != nil {
		t.Fatal(err)
	}
}

func (d *demo) startSensor(t *testing.T) {
	t.Helper()
	p, err := startProcess("sensor", d.opts.Program, []string{"sensor", "run", d.path("sensor", "sensor.yml")}, d.path("sensor.log"), nil)
	if err != nil {
		t.Fatal(err)
	}
	d.sensor = p
	t.Cleanup(p.stop)
}

// eventually waits until ok, asking every few milliseconds.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s did not happen within %s", what, within)
		case <-tick.C:
		}
	}
}

func (d *demo) status(t *testing.T) (s sensor.Status, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	s, err := sensor.NewClient(d.path("sensor", "data")).Status(ctx)
	return s, err == nil
}

func (d *demo) instrument(t *testing.T, kind string) (i sensor.InstrumentStatus) {
	t.Helper()
	s, _ := d.status(t)
	for _, i := range s.Instruments {
		if i.Kind == kind {
			return i
		}
	}
	return i
}

// awaitAll waits until every played record has arrived.
func (d *demo) awaitAll(t *testing.T, n int) {
	t.Helper()
	eventually(t, 60*time.Second, fmt.Sprintf("delivery of %d records", n), func() bool {
		got, _, _ := d.standIn.arrived()
		return got >= n
	})
}

// documents returns what has arrived, in order.
func (d *demo) documents(t *testing.T) (docs []map[string]any) {
	t.Helper()
	files, _ := filepath.Glob(d.path("elasticsearch", "*.ndjson"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var doc map[string]any
			if err := json.Unmarshal(line, &doc); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			docs = append(docs, doc)
		}
	}
	return docs
}

func header(doc map[string]any) map[string]any {
	h, _ := doc["_sensorfleet_event"].(map[string]any)
	return h
}

// TestDelivery: events go from the sensor to the receiver over mutual TLS, unharmed, in
// order, and statistics flow.
func TestDelivery(t *testing.T) {
	d := prepared(t, 400, 0)
	d.withOneWorker(t)
	d.startReceiver(t)
	d.startSensor(t)
	d.awaitAll(t, 600)
	eventually(t, 20*time.Second, "statistics", func() bool { _, others, _ := d.standIn.arrived(); return others > 0 })

	want := map[string]map[string]any{}
	text, err := os.ReadFile(d.path("logs", "eve.json"))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for line := range bytes.Lines(text) {
		var r map[string]any
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprint(r["flow_id"], r["event_type"])
		want[id] = r
		order = append(order, id)
	}
	next, last := 0, 0.0
	for _, doc := range d.documents(t) {
		h := header(doc)
		if id := h["sensor_event_id"].(float64); id <= last {
			t.Fatalf("event %v came after %v", id, last)
		} else {
			last = id
		}
		if tags := fmt.Sprint(doc["tags"]); tags != "[sensorfleet_event]" {
			t.Fatalf("tags %s", tags)
		}
		switch h["type"] {
		case "instruments.suricata.event":
			r := want[order[next]]
			next++
			for name, v := range r {
				if fmt.Sprint(doc[name]) != fmt.Sprint(v) {
					t.Fatalf("record %d: %s is %v, was %v", next, name, doc[name], v)
				}
			}
			if h["source_instrument"] != "replay_0@testsensor" || h["source_sensor"] != "testsensor" {
				t.Fatalf("header %v", h)
			}
		case "instruments.logforwarder.pipeline_stats":
			if !strings.HasPrefix(h["message"].(string), "pipeline test processed=") || h["source_instrument"] != "logforwarder_0@testsensor" {
				t.Fatalf("statistics %v", h)
			}
			if _, ok := doc["processed"].(float64); !ok {
				t.Fatalf("statistics without processed: %v", doc)
			}
		}
	}
	if next != 400 {
		t.Errorf("%d of 400 Suricata records arrived", next)
	}
	if i := d.instrument(t, "logforwarder"); i.Name != "logforwarder_0@testsensor" || i.Status != health.OK {
		t.Errorf("the Log Forwarder is %s: %+v", i.Status, i.Conditions)
	}
}

// TestClientWithoutCertificateIsRefused by the receiver.
func TestClientWithoutCertificateIsRefused(t *testing.T) {
	d := prepared(t, 4, 0)
	d.startReceiver(t)
	put := func(config *tls.Config) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 10 * time.Second}
		defer client.CloseIdleConnections()
		req, err := http.NewRequest(http.MethodPut, fmt.Sprintf("https://127.0.0.1:%d/", d.ports.receiver), strings.NewReader(`{"a":1}`))
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("answered %s", resp.Status)
		}
		return nil
	}
	roots, _, err := pki.LoadCAs([]string{d.path("certs", pki.CAFile)})
	if err != nil {
		t.Fatal(err)
	}
	if err := put(&tls.Config{RootCAs: roots, ServerName: upstream}); err == nil {
		t.Error("a client without certificate was served")
	}
	pair, err := pki.LoadPair(d.path("certs", pki.ClientFile), d.path("certs", pki.ClientKeyFile), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := put(&tls.Config{RootCAs: roots, ServerName: upstream, Certificates: []tls.Certificate{pair}}); err != nil {
		t.Errorf("a client with a certificate was refused: %v", err)
	}
}

// TestReceiverDown: within five seconds the Log Forwarder shows a warning and the
// subscription its back pressure, memory stays flat; when the receiver comes back,
// everything arrives, in order.
func TestReceiverDown(t *testing.T) {
	d := prepared(t, 2000, 0)
	d.withOneWorker(t)
	d.startSensor(t)
	eventually(t, 10*time.Second, "the start of the Log Forwarder", func() bool { return d.instrument(t, "logforwarder").PID != 0 })
	start := time.Now()
	eventually(t, 10*time.Second, "a warning of the Log Forwarder", func() bool { return d.instrument(t, "logforwarder").Status == health.Warning })
	eventually(t, 10*time.Second, "the back pressure of the subscription", func() bool {
		s, _ := d.status(t)
		return len(s.Subscriptions) == 1 && s.Subscriptions[0].WaitsSince != nil
	})
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s to see that the receiver is down", took)
	}
	before := resident(t, d.instrument(t, "logforwarder").PID)
	eventually(t, 20*time.Second, "all records in the sensor", func() bool {
		l := d.look(t.Context(), Ledger{})
		return l.finished && l.Played == 3000
	})
	if after := resident(t, d.instrument(t, "logforwarder").PID); after > before+16<<10 {
		t.Errorf("the Log Forwarder grew from %d to %d kB while records piled up", before, after)
	}
	d.startReceiver(t)
	d.awaitAll(t, 3000)
	last := 0.0
	for _, doc := range d.documents(t) {
		if id := header(doc)["sensor_event_id"].(float64); id <= last {
			t.Fatalf("event %v came after %v", id, last)
		} else {
			last = id
		}
	}
	eventually(t, 10*time.Second, "the end of the warning", func() bool { return d.instrument(t, "logforwarder").Status == health.OK })
}

// resident returns the memory of a process in kB.
func resident(t *testing.T, pid int) (kb int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			_, _ = fmt.Sscan(rest, &kb)
		}
	}
	return kb
}

// TestKilledLogForwarder: kill -9 while it sends loses nothing, and repeats at most what
// was in flight: a batch of the pipeline and a window of the subscription.
func TestKilledLogForwarder(t *testing.T) {
	d := prepared(t, 4000, 0)
	d.startReceiver(t)
	d.startSensor(t)
	kills := 0
	for at := 500; kills < 3; at += 1500 {
		eventually(t, 60*time.Second, fmt.Sprintf("delivery of %d records", at), func() bool { got, _, _ := d.standIn.arrived(); return got >= at })
		pid := d.instrument(t, "logforwarder").PID
		if pid == 0 {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		kills++
	}
	d.awaitAll(t, 6000)
	if _, _, repeats := d.standIn.arrived(); repeats > kills*(125+2048) {
		t.Errorf("%d records were repeated after %d kills", repeats, kills)
	}
	if i := d.instrument(t, "logforwarder"); i.Restarts != kills {
		t.Errorf("%d restarts after %d kills", i.Restarts, kills)
	}
}

// TestOnce runs the command as a user would.
func TestOnce(t *testing.T) {
	args := []string{"demo", "--once", "--records", "200", "--dir", filepath.Join(t.TempDir(), "kept")}
	if dir := guideTexts(); dir != "" {
		args = append(args, "--config", dir)
	}
	out, err := exec.Command(program(t), args...).Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var l Ledger
	if err != nil || json.Unmarshal([]byte(lines[len(lines)-1]), &l) != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if l.Played != 300 || l.Delivered != 300 || l.DeadLettered != 0 || l.Queued != 0 {
		t.Errorf("ledger %+v", l)
	}
	if _, err := os.Stat(filepath.Join(args[5], "sensor", "files.yml")); err != nil {
		t.Errorf("--dir did not keep the texts: %v", err)
	}
}

// TestLastWords: an error is shown though warnings follow it.
func TestLastWords(t *testing.T) {
	warning := "pipelines.yml:21:9: warning SL2007: old\n   21 |  cacert => 1\n  help: new\n"
	failure := "sensor.yml:9:3: error SL7203: no logs\n    9 |   folder: x\n  help: look\n"
	if got := lastWords(warning + failure + strings.Repeat(warning, 9)); got+"\n" != failure {
		t.Errorf("%s", got)
	}
	if got := lastWords("a\nb\n"); got != "a\nb" {
		t.Errorf("%q", got)
	}
}

type compressed struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (c compressed) Write(p []byte) (int, error) { return c.z.Write(p) }

// TestElasticsearch: with --elasticsearch the documents go there, with the credentials of
// the URL, and the receiver's configuration stays as it is.
func TestElasticsearch(t *testing.T) {
	other, err := startStandIn(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	var credentials sync.Map
	inner := other.server.Handler
	other.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		credentials.Store(user+":"+password, true)
		// A real server compresses its answers where it may; the transport of a client that
		// has not asked for it undoes that.
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			w = compressed{w, z}
		}
		inner.ServeHTTP(w, r)
	})
	out, err := exec.Command(program(t), "demo", "--once", "--ec", "--records", "100", "--elasticsearch", "http://elastic:changeme@"+other.addr).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if played, _, _ := other.arrived(); played != 150 {
		t.Errorf("%d of 150 records arrived", played)
	}
	if _, ok := credentials.Load("elastic:changeme"); !ok {
		t.Error("the credentials of the URL were not used")
	}
}
