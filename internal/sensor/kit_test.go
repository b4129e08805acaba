package sensor

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/instrument"
	"sluice/internal/lumberjack"
	"sluice/internal/plugin/plugintest"
)

// TestMain makes the test binary what a sensor starts for an Instrument.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "instrument" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
		if err := instrument.Main(ctx, log); err != nil {
			log.Error(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// testLog gives what is logged to the test, which shows it when it fails.
func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// write writes a file and returns its path.
func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// running is a sensor that runs in this process, its Instruments in theirs.
type running struct {
	t      *testing.T
	sensor *Sensor
	client *Client
	cancel context.CancelFunc
	done   chan error
	once   sync.Once
}

// run starts the sensor that the text of its YAML file, in dir, describes.
func run(t *testing.T, dir, text string) *running {
	t.Helper()
	config, list := Read(diag.NewSource("sensor.yml", text), dir)
	if list.Err() != nil {
		t.Fatal(list)
	}
	plugintest.NoneLeft(t)
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Open(ctx, config, Options{Log: testLog(t)})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	r := &running{t: t, sensor: s, client: NewClient(config.Data), cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- s.Run(ctx) }()
	t.Cleanup(r.stop)
	return r
}

func (r *running) stop() {
	r.once.Do(func() {
		r.cancel()
		if err := <-r.done; err != nil {
			r.t.Errorf("the sensor has stopped with %v", err)
		}
	})
}

// status asks the sensor by its API.
func (r *running) status() Status {
	r.t.Helper()
	s, err := r.client.Status(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// until asks until what is wanted is so, at most as long as limit, and returns the status
// and the time it took.
func (r *running) until(what string, limit time.Duration, is func(Status) bool) (Status, time.Duration) {
	r.t.Helper()
	start := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s := r.status()
		if is(s) {
			return s, time.Since(start)
		}
		if time.Since(start) > limit {
			text, _ := json.MarshalIndent(s, "", "  ")
			r.t.Fatalf("%s: not within %v:\n%s", what, limit, text)
		}
		<-tick.C
	}
}

func (s Status) instrument(name string) InstrumentStatus {
	for _, i := range s.Instruments {
		if i.Name == name {
			return i
		}
	}
	return InstrumentStatus{}
}

func (s Status) condition(code string) bool {
	for _, c := range s.Conditions {
		if c.Code == code {
			return true
		}
	}
	return false
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// beatsServer is a pipeline's beats input as far as a subscription sees it.
type beatsServer struct {
	t  *testing.T
	l  net.Listener
	wg sync.WaitGroup

	mu     sync.Mutex
	events []string
	conns  map[net.Conn]bool
	stuck  bool // it takes events and acknowledges none
}

func listenBeats(t *testing.T, address string) *beatsServer {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &beatsServer{t: t, l: l, conns: map[net.Conn]bool{}}
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = true
			s.mu.Unlock()
			s.wg.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(s.close)
	return s
}

// close ends the server as a killed process does: without an answer.
func (s *beatsServer) close() {
	s.l.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *beatsServer) serve(conn net.Conn) {
	defer conn.Close()
	r := lumberjack.NewReader(conn, lumberjack.Limits{})
	b := event.NewBatch()
	count := uint32(0)
	var window []string
	for {
		item, err := r.Next(b)
		if err != nil {
			return
		}
		if item.Kind == lumberjack.Window {
			count, window = item.Count, nil
			continue
		}
		window = append(window, string(item.JSON))
		if item.Seq == count {
			s.mu.Lock()
			stuck := s.stuck
			if !stuck {
				s.events = append(s.events, window...)
			}
			s.mu.Unlock()
			if stuck {
				_, _ = conn.Write(lumberjack.AppendAck(nil, lumberjack.V2, 0))
				continue
			}
			if _, err := conn.Write(lumberjack.AppendAck(nil, lumberjack.V2, count)); err != nil {
				return
			}
		}
	}
}

func (s *beatsServer) set(stuck bool) {
	s.mu.Lock()
	s.stuck = stuck
	s.mu.Unlock()
}

func (s *beatsServer) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.events...)
}

// header is what tests look at in an event.
type header struct {
	Instrument string          `json:"source_instrument"`
	Type       string          `json:"type"`
	Message    string          `json:"message"`
	Number     uint64          `json:"sensor_event_id"`
	Data       json.RawMessage `json:"data"`
}

func decodeEvent(t *testing.T, text string) header {
	t.Helper()
	var h header
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return h
}

// eveLines is a log of n records.
func eveLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"event_type\":\"%s\",\"n\":%d}\n", []string{"dns", "tls", "alert"}[i%3], i)
	}
	return b.String()
}
