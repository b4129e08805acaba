package instrument

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/diag"
	"sluice/internal/settings"
)

// sensor is the other end of an Instrument under test, in the same process.
type sensor struct {
	mu     sync.Mutex
	events []Event
	times  []time.Time
	status Status
	conn   net.Conn
	ended  chan error    // what the Instrument has returned
	served chan struct{} // closed when the sensor's side has ended
	stop   context.CancelFunc
	fail   func(n int) error // asked before each batch, with the number of events before it
}

func start(t *testing.T, kind, folder string, config any, prepare ...func(*sensor)) *sensor {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	s := &sensor{conn: ours, ended: make(chan error, 1), served: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	for _, p := range prepare {
		p(s)
	}
	go func() { s.ended <- serve(ctx, theirs, slog.New(slog.DiscardHandler)) }()
	peer, err := NewPeer(ours, Spec{Name: kind + "_0@test", Kind: kind, Folder: folder, Config: text})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.served)
		_ = peer.Serve(ctx, s.put, func(st Status) {
			s.mu.Lock()
			s.status = st
			s.mu.Unlock()
		})
	}()
	t.Cleanup(func() {
		cancel()
		ours.Close()
	})
	return s
}

func (s *sensor) put(_ context.Context, events []Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(len(s.events)); err != nil {
			return err
		}
	}
	for _, e := range events {
		e.Data = bytes.Clone(e.Data)
		s.events = append(s.events, e)
		s.times = append(s.times, time.Now())
	}
	return nil
}

// until waits for a state of the Instrument. In a synctest bubble this takes no time.
func (s *sensor) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 100_000 {
		s.mu.Lock()
		ok := is()
		s.mu.Unlock()
		if ok {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%s: it never happened; status %+v", what, s.status)
}

func (s *sensor) untilFinished(t *testing.T) {
	t.Helper()
	s.until(t, "finished", func() bool { return s.status.State == "finished" })
}

func (s *sensor) data() (all []string) {
	for _, e := range s.events {
		all = append(all, string(e.Data))
	}
	return all
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	data := []byte(text)
	if strings.HasSuffix(path, ".gz") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(data)
		z.Close()
		data = b.Bytes()
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReplayPlaysEveryForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir+"/a-eve.json.gz", `{"event_type":"dns", "x" : 1.50}`+"\n\n"+`{"event_type":"alert","alert":{"signature":"ET \"X\""}}`)
		write(t, dir+"/conn.12:00:00-13:00:00.log", `{"uid":"C1"}`+"\r\n"+`{"_path":"http","uid":"C2"}`+"\n")
		write(t, dir+"/x509.log.gz", zeekHead+"#fields\tname\n#types\tstring\n  indented\n")
		write(t, dir+"/notes.txt", "not a log\n")
		s := start(t, "replay", t.TempDir(), replayConfig{Files: []string{dir}})
		s.untilFinished(t)
		var got []string
		for _, e := range s.events {
			got = append(got, e.Type+" | "+e.Message+" | "+string(e.Data))
		}
		want := []string{
			`instruments.suricata.event | suricata dns | {"event_type":"dns", "x" : 1.50}`,
			`instruments.suricata.event | suricata alert: ET "X" | {"event_type":"alert","alert":{"signature":"ET \"X\""}}`,
			`instruments.zeek.conn | zeek conn | {"uid":"C1"}`,
			`instruments.zeek.http | zeek http | {"_path":"http","uid":"C2"}`,
			`instruments.zeek.conn | zeek conn | {"name":"  indented"}`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("have\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		e := s.events[0]
		if e.ID == s.events[1].ID || e.Context != s.events[1].Context || e.ID == (UUID{}) || e.Context == (UUID{}) || e.Time.IsZero() {
			t.Errorf("header of an event: %+v", e)
		}
	})
}

func TestReplaySkipsWhatIsNoRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := write(t, t.TempDir()+"/eve.json", `{"event_type":"dns"}`+"\nnonsense\n[1]\n"+`{"event_type":"tls"}`+"\n{\"cut\":\n")
		s := start(t, "replay", t.TempDir(), replayConfig{Files: []string{file}})
		s.untilFinished(t)
		if len(s.events) != 2 {
			t.Errorf("%d events, want 2", len(s.events))
		}
		details := string(s.status.Details)
		if !strings.Contains(details, `"skipped":3`) || !strings.Contains(details, `"played":2`) || !strings.Contains(details, `"percent":100`) {
			t.Errorf("progress %s", details)
		}
		if len(s.status.Conditions) != 1 || s.status.Conditions[0].Code != "replay-records-skipped" {
			t.Errorf("conditions %+v", s.status.Conditions)
		}
	})
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"event_type\":\"x\",\"n\":%d}\n", i)
	}
	return b.String()
}

func TestReplayKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := write(t, t.TempDir()+"/eve.json", lines(3000))
		s := start(t, "replay", t.TempDir(), replayConfig{Files: []string{file}, Rate: 100})
		s.untilFinished(t)
		took := s.times[2999].Sub(s.times[0])
		if took < 29*time.Second || took > 31*time.Second {
			t.Errorf("3000 events at 100 a second took %v", took)
		}
		for i := 100; i < 3000; i++ { // even over every second, not only on the whole
			if d := s.times[i].Sub(s.times[i-100]); d < 900*time.Millisecond || d > 1100*time.Millisecond {
				t.Fatalf("100 events up to %d took %v", i, d)
			}
		}
	})
}

func TestReplayLoops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := write(t, t.TempDir()+"/eve.json", lines(3))
		s := start(t, "replay", t.TempDir(), replayConfig{Files: []string{file}, Loop: true})
		s.until(t, "three loops", func() bool { return len(s.events) >= 9 })
		if d := s.data(); d[0] != d[3] || d[2] != d[8] {
			t.Errorf("played %q", d)
		}
	})
}

// A process that ends anywhere goes on where the sensor has acked; what was under way
// may come twice, nothing is left out, and the order stays.
func TestReplayGoesOn(t *testing.T) {
	const total = 5000
	for stopAt := range 5 {
		synctest.Test(t, func(t *testing.T) {
			file := write(t, t.TempDir()+"/eve.json.gz", lines(total))
			folder := t.TempDir()
			config := replayConfig{Files: []string{file}}
			first := start(t, "replay", folder, config, func(s *sensor) {
				s.fail = func(n int) error {
					if n >= stopAt*replayBatch {
						s.conn.Close() // as if the sensor had been killed
						return errors.New("gone")
					}
					return nil
				}
			})
			if err := <-first.ended; !errors.Is(err, ErrSensorGone) {
				t.Fatalf("ended with %v", err)
			}
			<-first.served
			second := start(t, "replay", folder, config)
			second.untilFinished(t)
			overlap := len(first.events) + len(second.events) - total
			if overlap < 0 || overlap > replayBatch {
				t.Fatalf("stopped at %d: %d events and then %d of %d", stopAt, len(first.events), len(second.events), total)
			}
			all := append(first.data()[:total-len(second.events)], second.data()...)
			for i, d := range all {
				if want := fmt.Sprintf(`{"event_type":"x","n":%d}`, i); d != want {
					t.Fatalf("event %d is %s", i, d)
				}
			}
			// Finished stays finished.
			third := start(t, "replay", folder, config)
			third.untilFinished(t)
			if len(third.events) != 0 {
				t.Errorf("%d events were played again", len(third.events))
			}
		})
	}
}

func TestReplayConfig(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/eve.json", "{}")
	for text, says := range map[string]string{
		"files: eve.json\nrate: 100\nloop: true": "",
		"files: [eve.json, " + dir + "]":         "",
		"rate: 5":                                "no files",
		"files: nothing/*.json":                  "there are no logs at",
		"files: 'a[b'":                           "not valid",
		"files: eve.json\nrate: -1":              "from 0",
	} {
		var list diag.List
		e, _ := settings.ReadEntry(diag.NewSource("s", text), "a Replay", &list)
		c := readReplay(Reading{Entry: e, Dir: dir}, &list).(replayConfig)
		if says == "" && (len(list) > 0 || c.Files[0] != filepath.Join(dir, "eve.json")) || says != "" && (len(list) != 1 || !strings.Contains(list[0].Message, says)) {
			t.Errorf("%q: %v %+v", text, list, c)
		}
	}
}

func BenchmarkReplayRecords(b *testing.B) {
	line := []byte(`{"timestamp":"2022-02-16T14:31:23.329233+0000","flow_id":851096500642044,"event_type":"alert","src_ip":"41.108.52.138","src_port":34048,"alert":{"action":"allowed","signature":"SURICATA IPv4 invalid checksum"}}`)
	r := newRecords("eve.json")
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		if _, dst, _ = r.read(dst[:0], line, false); len(dst) == 0 {
			b.Fatal("no record")
		}
	}
}

func BenchmarkZeekTSV(b *testing.B) {
	z := newZeekTSV()
	for line := range strings.SplitSeq(zeekHead+"#fields\tts\tuid\tid.orig_h\tid.orig_p\tanswers\n#types\ttime\tstring\taddr\tport\tvector[string]", "\n") {
		_ = z.head([]byte(line))
	}
	line := []byte("1521911720.865716\tCqKst53mF3det3eDV9\t10.47.1.100\t41772\tise.wrccdc.cpp.edu,134.71.3.16")
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst, _ = z.record(dst[:0], line)
	}
}
