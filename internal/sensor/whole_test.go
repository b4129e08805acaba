package sensor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/health"
	"sluice/internal/instrument"
	"sluice/internal/pki"
)

// siem is the receiver of the guide: HTTPS that wants a client certificate.
type siem struct {
	t      *testing.T
	dir    string // with all certificates
	port   int
	server *http.Server

	mu     sync.Mutex
	bodies []string
	names  []string // of clients
}

const siemName = "elastic.my-upstream-siem.net"

func newSIEM(t *testing.T) *siem {
	t.Helper()
	s := &siem{t: t, dir: t.TempDir(), port: freePort(t)}
	if _, err := pki.Create(pki.Request{Dir: s.dir, Servers: []string{siemName}, EC: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func (s *siem) start() {
	s.t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(s.dir, pki.ServerFile), filepath.Join(s.dir, pki.ServerPKCS8KeyFile))
	if err != nil {
		s.t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(s.dir, pki.CAFile))
	if err != nil {
		s.t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(ca)
	l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", s.port))
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	go s.server.Serve(tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients,
	}))
}

func (s *siem) stop() {
	if s.server != nil {
		s.server.Close()
		s.server = nil
	}
}

func (s *siem) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPut {
		http.Error(w, "PUT, please", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, string(body))
	s.names = append(s.names, r.TLS.PeerCertificates[0].Subject.CommonName)
}

func (s *siem) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.bodies...)
}

// guideText reads a configuration of the guide, which is used byte for byte.
func guideText(t *testing.T, name string) string {
	data := os.Getenv("SLUICE_DATA")
	if data == "" {
		data = "../../../shared/data"
	}
	text, err := os.ReadFile(filepath.Join(data, "../guide/config", name))
	if err != nil {
		t.Skip("the guide's configurations are not there; SLUICE_DATA names the folder beside them")
	}
	return string(text)
}

// forwarder describes a Log Forwarder with the guide's files, elsewhere on this machine.
func (s *siem) forwarder(subscription, pipelines string, port int) string {
	files, err := pki.ClientFilesYAML(s.dir, "")
	if err != nil {
		s.t.Fatal(err)
	}
	block := func(text string) string { return "|\n" + indentBy(text, "      ") }
	return "  - kind: logforwarder\n    subscriptions: " + block(subscription) + "    pipelines: " + block(pipelines) + "    files: " + block(files) +
		fmt.Sprintf("    access:\n      hosts:\n        127.0.0.1:15044: 127.0.0.1:%d\n        %s:8899: 127.0.0.1:%d\n", port, siemName, s.port)
}

func indentBy(text, blanks string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(blanks)
		}
		b.WriteString(line)
	}
	return b.String()
}

// oneWorker is the guide's pipeline with one worker, for tests of the order.
func oneWorker(pipelines string) string {
	return strings.Replace(pipelines, "queue.type: persisted", "queue.type: persisted\n  pipeline.workers: 1", 1)
}

// numbers gives the data.n of replayed events, in the order in which they have come.
func numbers(t *testing.T, bodies []string) (all []int) {
	for _, body := range bodies {
		h := decodeEvent(t, body)
		if h.Type != "instruments.suricata.event" {
			continue
		}
		var data struct{ N int }
		if err := json.Unmarshal(h.Data, &data); err != nil {
			t.Fatal(err)
		}
		all = append(all, data.N)
	}
	return all
}

// complete checks that 0 to count-1 have all come, and tells how many came again.
func complete(t *testing.T, got []int, count int) (repeated int) {
	t.Helper()
	seen := make([]int, count)
	for _, n := range got {
		seen[n]++
	}
	for n, times := range seen {
		if times == 0 {
			t.Fatalf("event %d of %d was lost", n, count)
		}
		repeated += times - 1
	}
	return repeated
}

// The guide, end to end: replayed events and the Log Forwarder's own statistics go
// through the guide's subscription, pipeline and files to a receiver with mutual TLS.
func TestGuide(t *testing.T) {
	subscription, pipelines := guideText(t, "subscription.yml"), guideText(t, "pipelines.yml")
	siem := newSIEM(t)
	siem.start()
	dir := t.TempDir()
	write(t, dir+"/eve.json", eveLines(200))
	text := "name: testsensor\ndata: data\nstats_interval: 300ms\ninstruments:\n  - kind: replay\n    files: eve.json\n" +
		siem.forwarder(subscription, pipelines, freePort(t))
	r := run(t, dir, text)
	r.until("everything delivered and statistics", 20*time.Second, func(s Status) bool {
		stats := 0
		for _, b := range siem.received() {
			if strings.Contains(b, "pipeline_stats") {
				stats++
			}
		}
		return len(siem.received()) >= 203 && stats >= 3 && s.instrument("replay_0@testsensor").State == "finished"
	})
	bodies := siem.received()
	if repeated := complete(t, numbers(t, bodies), 200); repeated != 0 {
		t.Errorf("%d events came twice", repeated)
	}
	if siem.names[0] != pki.DefaultClient {
		t.Errorf("the client is %q", siem.names[0])
	}
	for _, body := range bodies {
		h := decodeEvent(t, body)
		if h.Type != "instruments.logforwarder.pipeline_stats" {
			continue
		}
		var data struct{ Processed, Errors *int }
		if err := json.Unmarshal(h.Data, &data); err != nil || data.Processed == nil || data.Errors == nil {
			t.Fatalf("%v: %s", err, body)
		}
		want := fmt.Sprintf("pipeline test processed=%d, errors=%d", *data.Processed, *data.Errors)
		if h.Message != want || h.Instrument != "logforwarder_0@testsensor" || *data.Errors != 0 {
			t.Errorf("statistics %s", body)
		}
	}
	s := r.status()
	if s.Status != health.OK {
		t.Errorf("conditions %+v", s.Conditions)
	}
	if _, list := Read(diag.NewSource("sensor.yml", text), dir); list.Err() != nil {
		t.Errorf("the file of a sensor that runs is in order no more, for it has its own ports: %v", list)
	}
	info, err := os.Stat(filepath.Join(dir, "data/instruments/logforwarder_0/logstash/files/logstash_client.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key in the Instrument's folder: %v %v", info, err)
	}
}

// The receiver is down: within five seconds the Log Forwarder shows the warning and the
// subscription the back pressure. It comes back: everything arrives, in order with one
// worker, and nothing is lost.
func TestReceiverIsDown(t *testing.T) {
	const count = 2000
	subscription, pipelines := guideText(t, "subscription.yml"), oneWorker(guideText(t, "pipelines.yml"))
	siem := newSIEM(t)
	siem.start()
	dir := t.TempDir()
	write(t, dir+"/eve.json", eveLines(count))
	r := run(t, dir, "name: testsensor\ndata: data\ninstruments:\n  - {kind: replay, files: eve.json, rate: 1000}\n"+
		siem.forwarder(subscription, pipelines, freePort(t)))
	r.until("some delivered", 20*time.Second, func(Status) bool { return len(siem.received()) > 100 })
	siem.stop()
	_, took := r.until("the warning and the back pressure", 5*time.Second, func(s Status) bool {
		f := s.instrument("logforwarder_0@testsensor")
		return f.Status == health.Warning && s.condition("subscription-waits") && s.Subscriptions[0].WaitsSince != nil && len(f.Conditions) >= 2
	})
	t.Logf("both showed after %v", took.Round(10*time.Millisecond))
	siem.start()
	s, _ := r.until("everything delivered", 60*time.Second, func(s Status) bool {
		return s.Subscriptions[0].Waiting == 0 && distinct(numbers(t, siem.received())) == count
	})
	got := numbers(t, siem.received())
	repeated := complete(t, got, count)
	for i, last := 0, -1; i < len(got); i++ {
		if got[i] > last+1 {
			t.Fatalf("event %d came after %d", got[i], last)
		}
		last = max(last, got[i])
	}
	t.Logf("%d events came twice", repeated)
	if s.instrument("logforwarder_0@testsensor").Restarts != 0 {
		t.Error("the Log Forwarder was restarted")
	}
	r.until("all well again", 10*time.Second, func(s Status) bool { return s.Status == health.OK })
}

// kill -9 of the Log Forwarder while it sends: it is started again, nothing is lost, and
// what comes twice is at most what was under way.
func TestLogForwarderIsKilled(t *testing.T) {
	const count = 20_000
	subscription, pipelines := guideText(t, "subscription.yml"), guideText(t, "pipelines.yml")
	siem := newSIEM(t)
	siem.start()
	dir := t.TempDir()
	write(t, dir+"/eve.json", eveLines(count))
	r := run(t, dir, "name: testsensor\ndata: data\ninstruments:\n  - {kind: replay, files: eve.json}\n"+
		siem.forwarder(subscription, pipelines, freePort(t)))
	const kills = 3
	for kill := range kills {
		s, _ := r.until("some more delivered", 30*time.Second, func(s Status) bool {
			return len(siem.received()) > (kill+1)*1500 && s.instrument("logforwarder_0@testsensor").PID != 0
		})
		if err := syscall.Kill(s.instrument("logforwarder_0@testsensor").PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		r.until("a new process", 10*time.Second, func(s Status) bool { return s.instrument("logforwarder_0@testsensor").Restarts > kill })
	}
	r.until("everything delivered", 90*time.Second, func(s Status) bool {
		return s.Subscriptions[0].Waiting == 0 && distinct(numbers(t, siem.received())) == count && forwarderQueue(t, s) == 0
	})
	repeated := complete(t, numbers(t, siem.received()), count)
	t.Logf("%d events came twice after %d kills", repeated, kills)
	// Under way: the windows of the subscription, and the batches of the workers.
	if most := kills * (windowsUnderWay*windowEvents + 2*125); repeated > most {
		t.Errorf("%d events came twice, at most %d were under way", repeated, most)
	}
}

func forwarderQueue(t *testing.T, s Status) int64 {
	var d instrument.ForwarderDetails
	text := s.instrument("logforwarder_0@testsensor").Details
	if len(text) == 0 {
		return -1
	}
	if err := json.Unmarshal(text, &d); err != nil || len(d.Pipelines) == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	return d.Pipelines[0].Queued
}

// An Instrument that cannot work says why, and is started again.
func TestInstrumentThatFails(t *testing.T) {
	siem := newSIEM(t)
	port := freePort(t)
	dir := t.TempDir()
	text := "name: testsensor\ndata: data\ninstruments:\n" + siem.forwarder("[]\n", "- pipeline.id: p\n  config.string: 'input { beats { host => \"127.0.0.1\" port => 15044 } } output { stdout { } }'\n", port)
	r := run(t, dir, text)
	r.until("it runs", 10*time.Second, func(s Status) bool { return s.instrument("logforwarder_0@testsensor").State == "running" })
	s := r.status()
	_ = syscall.Kill(s.instrument("logforwarder_0@testsensor").PID, syscall.SIGKILL)
	// Its port is taken before it is back.
	var l net.Listener
	eventually(t, "the port", 5*time.Second, func() bool {
		var err error
		l, err = net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		return err == nil
	})
	s, _ = r.until("the reason", 15*time.Second, func(s Status) bool {
		for _, c := range s.instrument("logforwarder_0@testsensor").Conditions {
			if strings.Contains(c.Cause, "port "+strconv.Itoa(port)+" is in use") {
				return true
			}
		}
		return false
	})
	if s.Status != health.Error {
		t.Errorf("status %v", s.Status)
	}
	l.Close()
	r.until("it is well again", 30*time.Second, func(s Status) bool { return s.Status == health.OK })
}

// A receiver that refuses the client, as one without a certificate: the warning says why
// within five seconds, and no event arrives.
func TestClientWithoutCertificateIsRefused(t *testing.T) {
	siem := newSIEM(t)
	siem.start()
	var pipelines strings.Builder
	for line := range strings.Lines(guideText(t, "pipelines.yml")) {
		if !strings.Contains(line, "client_") {
			pipelines.WriteString(line)
		}
	}
	dir := t.TempDir()
	write(t, dir+"/eve.json", eveLines(10))
	r := run(t, dir, "name: testsensor\ndata: data\ninstruments:\n  - {kind: replay, files: eve.json}\n"+
		siem.forwarder(guideText(t, "subscription.yml"), pipelines.String(), freePort(t)))
	s, _ := r.until("the warning", 8*time.Second, func(s Status) bool { return s.condition("output-blocked") || s.condition("upstream-unreachable") })
	text, _ := json.Marshal(s.instrument("logforwarder_0@testsensor").Conditions)
	if !strings.Contains(string(text), "certificate") {
		t.Errorf("the conditions do not speak of the certificate: %s", text)
	}
	if n := len(siem.received()); n != 0 {
		t.Errorf("%d events have arrived", n)
	}
}

// TestSensorProcess is a sensor in a process of its own, for tests that kill or measure
// it.
func TestSensorProcess(t *testing.T) {
	file := os.Getenv("SLUICE_TEST_SENSOR")
	if file == "" {
		t.Skip("other tests start it")
	}
	config, list, err := ReadFile(file)
	if err != nil || Blocking(list).Err() != nil {
		t.Fatal(err, list)
	}
	s, err := Open(context.Background(), config, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal(s.Run(context.Background()))
}

func startSensor(t *testing.T, file string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSensorProcess$")
	cmd.Env = append(os.Environ(), "SLUICE_TEST_SENSOR="+file)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// resident returns the memory of a process, in MiB.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib >> 10
		}
	}
	t.Fatalf("no VmRSS in %s", text)
	return 0
}

// While the receiver is down events pile up on disk, not in memory.
func TestMemoryStaysFlat(t *testing.T) {
	subscription, pipelines := guideText(t, "subscription.yml"), guideText(t, "pipelines.yml")
	siem := newSIEM(t)
	siem.start()
	dir := t.TempDir()
	write(t, dir+"/eve.json", strings.ReplaceAll(eveLines(10_000), `"n"`, `"payload":"`+strings.Repeat("x", 600)+`","n"`))
	file := write(t, dir+"/sensor.yml", "name: testsensor\ndata: data\ninstruments:\n  - {kind: replay, files: eve.json, loop: true}\n"+
		siem.forwarder(subscription, pipelines, freePort(t)))
	cmd := startSensor(t, file)
	client := NewClient(dir + "/data")
	var s Status
	ask := func() bool {
		var err error
		s, err = client.Status(t.Context())
		return err == nil
	}
	eventually(t, "some delivered", 30*time.Second, func() bool { return ask() && len(siem.received()) > 500 })
	siem.stop()
	eventually(t, "back pressure", 10*time.Second, func() bool { return ask() && s.condition("subscription-waits") })
	sensor, forwarder, waiting := resident(t, cmd.Process.Pid), resident(t, s.instrument("logforwarder_0@testsensor").PID), s.Subscriptions[0].Waiting
	eventually(t, "150,000 events more", 60*time.Second, func() bool { return ask() && s.Subscriptions[0].Waiting > waiting+150_000 })
	sensorAfter, forwarderAfter := resident(t, cmd.Process.Pid), resident(t, s.instrument("logforwarder_0@testsensor").PID)
	t.Logf("sensor %d MiB, then %d MiB; Log Forwarder %d MiB, then %d MiB", sensor, sensorAfter, forwarder, forwarderAfter)
	if sensorAfter > sensor+40 || forwarderAfter > forwarder+20 {
		t.Errorf("memory grows: sensor %d MiB, then %d MiB; Log Forwarder %d MiB, then %d MiB", sensor, sensorAfter, forwarder, forwarderAfter)
	}
}

// The same subscription by http, into an http input.
func TestGuideByHTTP(t *testing.T) {
	siem := newSIEM(t)
	siem.start()
	subscription := strings.Replace(guideText(t, "subscription.yml"), "logstash_proto: beats", "logstash_proto: http", 1)
	pipelines := strings.Replace(strings.Replace(oneWorker(guideText(t, "pipelines.yml")), "beats {", "http {", 1), "codec => plain\n", "\n", 1)
	dir := t.TempDir()
	write(t, dir+"/eve.json", eveLines(1000))
	r := run(t, dir, "name: testsensor\ndata: data\ninstruments:\n  - kind: replay\n    files: eve.json\n"+
		siem.forwarder(subscription, pipelines, freePort(t)))
	r.until("everything delivered", 30*time.Second, func(Status) bool { return distinct(numbers(t, siem.received())) == 1000 })
	complete(t, numbers(t, siem.received()), 1000)
}

// kill -9 of the sensor: its Instruments end with it; started again, it goes on, and
// nothing is lost between the log and the receiver.
func TestSensorIsKilled(t *testing.T) {
	const count = 20_000
	siem := newSIEM(t)
	siem.start()
	dir := t.TempDir()
	write(t, dir+"/eve.json", eveLines(count))
	file := write(t, dir+"/sensor.yml", "name: testsensor\ndata: data\ninstruments:\n  - {kind: replay, files: eve.json, rate: 5000}\n"+
		siem.forwarder(guideText(t, "subscription.yml"), guideText(t, "pipelines.yml"), freePort(t)))
	client := NewClient(dir + "/data")
	const kills = 3
	for kill := range kills {
		cmd := startSensor(t, file)
		eventually(t, "some more delivered", 30*time.Second, func() bool { return len(siem.received()) > (kill+1)*1500 })
		status, err := client.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for _, i := range status.Instruments {
			if i.PID == 0 {
				continue
			}
			eventually(t, i.Name+" ends with its sensor", 5*time.Second, func() bool {
				return errors.Is(syscall.Kill(i.PID, 0), syscall.ESRCH) || zombie(i.PID)
			})
		}
	}
	startSensor(t, file)
	var s Status
	defer func() {
		if t.Failed() {
			text, _ := json.MarshalIndent(s, "", "  ")
			t.Logf("%d of %d have come; status %s", distinct(numbers(t, siem.received())), count, text)
		}
	}()
	eventually(t, "everything delivered", 60*time.Second, func() bool {
		var err error
		s, err = client.Status(t.Context())
		return err == nil && s.instrument("replay_0@testsensor").State == "finished" && s.Subscriptions[0].Waiting == 0 && distinct(numbers(t, siem.received())) == count
	})
	repeated := complete(t, numbers(t, siem.received()), count)
	t.Logf("%d events came twice after %d kills", repeated, kills)
}

func distinct(numbers []int) int {
	seen := map[int]bool{}
	for _, n := range numbers {
		seen[n] = true
	}
	return len(seen)
}

// zombie tells whether a process has ended and only waits to be looked at by its new
// parent.
func zombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(text), ") Z ")
}
