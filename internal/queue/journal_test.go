package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/vfs"
)

func open(t testing.TB, opt Options) *Journal {
	t.Helper()
	j, _, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func payloads(from, n, size int) [][]byte {
	ps := make([][]byte, n)
	for i := range ps {
		ps[i] = bytes.Repeat([]byte(fmt.Sprintf("%08d.", from+i)), size/9+1)[:size]
	}
	return ps
}

func TestAppendReadAckReopen(t *testing.T) {
	for _, c := range []Compression{CompressNone, CompressSpeed, CompressBalanced, CompressSize} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			opt := Options{Dir: t.TempDir(), SegmentBytes: 64 << 10, Compression: c, CacheBytes: 10000}
			j := open(t, opt)
			r, err := j.Reader("out", Earliest)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < 1000; i += 10 {
				first, err := j.Append(t.Context(), payloads(i, 10, 1000))
				if err != nil || first != uint64(i+1) {
					t.Fatal(first, err)
				}
			}
			var b Batch
			want := 0
			for want < 500 {
				if err := r.Next(t.Context(), &b, 100, 0); err != nil {
					t.Fatal(err)
				}
				for _, rec := range b.Records {
					if rec.Seq != uint64(want+1) || !bytes.Equal(rec.Payload, payloads(want, 1, 1000)[0]) {
						t.Fatalf("record %d is %d: %.20s", want, rec.Seq, rec.Payload)
					}
					want++
				}
				if err := r.Ack(b.Ranges()...); err != nil {
					t.Fatal(err)
				}
			}
			id := j.ID()
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			j, rep, err := Open(t.Context(), opt)
			if err != nil || len(rep.Problems) > 0 || rep.New {
				t.Fatal(err, rep)
			}
			if j.ID() != id {
				t.Fatal("ID changed")
			}
			r, err = j.Reader("out", Latest)
			if err != nil {
				t.Fatal(err)
			}
			if l := r.Lag(); l.Events != uint64(1000-want) {
				t.Fatal(l, want)
			}
			for want < 1000 {
				if err := r.Next(t.Context(), &b, 100, 0); err != nil {
					t.Fatal(err)
				}
				for _, rec := range b.Records {
					if rec.Seq != uint64(want+1) || !bytes.Equal(rec.Payload, payloads(want, 1, 1000)[0]) {
						t.Fatalf("record %d is %d: %.20s", want, rec.Seq, rec.Payload)
					}
					want++
				}
				r.Ack(b.Ranges()...)
			}
			if first, err := j.Append(t.Context(), payloads(0, 1, 10)); first != 1001 || err != nil {
				t.Fatal(first, err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestConcurrentAppendersAndReaders is for the race detector as well: many appenders,
// two cursors with several goroutines each, a small queue that is full most of the time.
func TestConcurrentAppendersAndReaders(t *testing.T) {
	before := runtime.NumGoroutine()
	const appenders, each, batch = 8, 60, 7
	const total = appenders * each * batch
	opt := Options{Dir: t.TempDir(), MaxBytes: 600 << 10, MaxEvents: 40, CacheBytes: 64 << 10}
	j := open(t, opt)
	var wg sync.WaitGroup
	for a := range appenders {
		wg.Go(func() {
			for i := range each {
				if _, err := j.Append(t.Context(), payloads((a*each+i)*batch, batch, 500)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, name := range []string{"one", "two"} {
		r, err := j.Reader(name, Earliest)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		got := map[string]bool{}
		ctx, done := context.WithCancel(t.Context())
		defer done()
		for w := range 3 {
			wg.Go(func() {
				var b Batch
				for n := 0; ; n++ {
					if err := r.Next(ctx, &b, 50, 20_000); err != nil {
						if ctx.Err() == nil {
							t.Error(err)
						}
						return
					}
					if n%5 == w { // somebody else may try
						r.Release(b.Ranges()...)
						continue
					}
					mu.Lock()
					for _, rec := range b.Records {
						if got[string(rec.Payload)] {
							t.Errorf("record %d comes twice", rec.Seq)
						}
						got[string(rec.Payload)] = true
					}
					all := len(got) == total
					mu.Unlock()
					if err := r.Ack(b.Ranges()...); err != nil {
						t.Error(err)
					}
					if all {
						done()
					}
				}
			})
		}
	}
	wg.Wait()
	if s := j.Stats(); s.Events != 0 && s.Unread != 0 || s.Waits == 0 || s.Appended != total {
		t.Errorf("%+v", s)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	for range 100 { // goroutines that have done their work need a moment to end
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

func TestMaxEventsPushesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opt := simOptions(vfs.NewSim(1))
		opt.manual, opt.MaxEvents, opt.Now = false, 5, nil
		j := open(t, opt)
		defer j.Close()
		r, _ := j.Reader("out", Earliest)
		// As in Logstash: what begins while there is room is written whole.
		if _, err := j.Append(t.Context(), payloads(0, 8, 10)); err != nil {
			t.Fatal(err)
		}
		if f := j.Full(); f.Reason != FullEvents {
			t.Error(f)
		}
		if _, err := j.TryAppend(payloads(8, 1, 10)); err != ErrFull {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if _, err := j.Append(ctx, payloads(8, 1, 10)); err != context.DeadlineExceeded {
			t.Error(err)
		}
		cancel()
		var appended atomic.Bool
		go func() {
			j.Append(context.Background(), payloads(8, 1, 10))
			appended.Store(true)
		}()
		synctest.Wait()
		if appended.Load() {
			t.Fatal("appended to a full queue")
		}
		var b Batch
		r.Next(t.Context(), &b, 4, 0) // read is enough, acked is not needed
		synctest.Wait()
		if !appended.Load() {
			t.Error("does not go on after a read")
		}
		if f := j.Full(); f.Reason != FullEvents {
			t.Error("four and one unread are five:", f)
		}
	})
}

func TestDrainedQueueGivesItsSpaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := vfs.NewSim(1)
		j := open(t, Options{FS: disk, Dir: modelDir, SegmentBytes: 4 << 20})
		defer j.Close()
		r, _ := j.Reader("out", Earliest)
		for i := range 10 {
			j.Append(t.Context(), payloads(i*100, 100, 10_000))
		}
		if disk.Used() < 10_000_000 {
			t.Fatal(disk.Used())
		}
		var b Batch
		for r.Lag().Events > 0 {
			r.Next(t.Context(), &b, 1000, 0)
			r.Ack(b.Ranges()...)
		}
		time.Sleep(3 * time.Second)
		if used := disk.Used(); used > 20_000 {
			t.Errorf("a drained queue uses %d bytes: %v", used, disk.Files(modelDir))
		}
		if first, err := j.Append(t.Context(), payloads(0, 1, 10)); first != 1001 || err != nil {
			t.Error(first, err)
		}
	})
}

func TestFullDiskPushesBackAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := vfs.NewSim(1)
		disk.SetCapacity(3 << 20)
		j := open(t, Options{FS: disk, Dir: modelDir, MinFree: 1 << 20})
		defer j.Close()
		j.Reader("out", Earliest)
		n := 0
		for {
			if _, err := j.TryAppend(payloads(n, 10, 10_000)); err == ErrFull {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			n += 10
		}
		if free, _ := disk.Free(modelDir); free < 1<<20 || j.Full().Reason != FullDisk || n < 100 {
			t.Errorf("%d free, %+v, %d records", free, j.Full(), n)
		}
		start := time.Now()
		go func() {
			time.Sleep(10 * time.Second)
			disk.SetCapacity(0)
		}()
		if _, err := j.Append(t.Context(), payloads(n, 10, 10_000)); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d < 10*time.Second || d > 11*time.Second {
			t.Error("went on after", d)
		}
		if f := j.Full(); f.Reason != "" {
			t.Error(f)
		}
		if got := len(drain(t, j, "x")); got != n+10 {
			t.Errorf("%d records of %d", got, n+10)
		}
	})
}

// TestSlowDiskBoundsMemory: behind a disk that takes two seconds to sync, appenders wait.
func TestSlowDiskBoundsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := vfs.NewSim(1)
		j := open(t, Options{FS: disk, Dir: modelDir, GroupBytes: 10_000})
		defer j.Close()
		disk.SetDelay(func(c vfs.Call) time.Duration {
			if c.Op == vfs.OpSync {
				return 2 * time.Second
			}
			return 0
		})
		var wg sync.WaitGroup
		var largest atomic.Int64
		for i := range 200 {
			wg.Go(func() {
				if _, err := j.Append(t.Context(), payloads(i, 1, 1000)); err != nil {
					t.Error(err)
				}
				j.mu.Lock()
				if j.pending != nil {
					largest.Store(max(largest.Load(), int64(len(j.pending.buf))))
				}
				j.mu.Unlock()
			})
		}
		wg.Wait()
		if n := largest.Load(); n == 0 || n > 40_000 {
			t.Error("gathered", n)
		}
		if s := j.Stats(); s.Commits > 20 {
			t.Error("200 appenders needed", s.Commits, "commits")
		}
	})
}

func TestPositions(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	opt := simOptions(vfs.NewSim(1))
	opt.SegmentBytes, opt.Now = 4096, func() time.Time { return now }
	opt.Retention = Retention{Bytes: 1 << 30}
	j := open(t, opt)
	defer j.Close()
	for i := range 100 { // one a second
		j.TryAppend(payloads(i, 1, 300))
		now = now.Add(time.Second)
	}
	start := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		from Position
		want uint64
	}{
		{Earliest, 1}, {AtSeq(0), 1}, {AtSeq(42), 42}, {AtTime(start.Add(-time.Hour)), 1},
		{AtTime(start), 1}, {AtTime(start.Add(41 * time.Second)), 42}, {AtTime(start.Add(41*time.Second + 1)), 42},
		{AtTime(start.Add(41*time.Second + time.Millisecond)), 43}, {AtTime(start.Add(99 * time.Second)), 100},
		{AtTime(start.Add(time.Hour)), 101}, {Latest, 101}, {AtSeq(5000), 101},
	} {
		r, err := j.Peek(c.from)
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		b.reset(1, 1000)
		r.read(&b)
		b.finish()
		switch {
		case c.want > 100:
			if len(b.Records) != 0 {
				t.Errorf("%+v: %d", c.from, b.Records[0].Seq)
			}
		case len(b.Records) != 1 || b.Records[0].Seq != c.want || !b.Records[0].Time.Equal(start.Add(time.Duration(c.want-1)*time.Second)):
			t.Errorf("%+v: %+v, want %d", c.from, b.Records, c.want)
		}
		r.Close()
	}
}

func TestRetention(t *testing.T) {
	for _, c := range []struct {
		name     string
		keep     Retention
		min, max int
	}{
		{"none", Retention{}, 0, 15},
		{"by age", Retention{Age: 200 * time.Second}, 200, 270},
		{"by size", Retention{Bytes: 100_000}, 70, 100},
		{"whichever is first", Retention{Age: 200 * time.Second, Bytes: 50_000}, 30, 50},
		{"a slow cursor holds all", Retention{Age: time.Second}, 1000, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Unix(1_700_000_000, 0)
			opt := simOptions(vfs.NewSim(1))
			opt.SegmentBytes, opt.Retention, opt.Now = 8192, c.keep, func() time.Time { return now }
			j := open(t, opt)
			defer j.Close()
			r, _ := j.Reader("fast", Earliest)
			if c.min == 1000 {
				j.Reader("slow", Earliest)
			}
			var b Batch
			for i := range 1000 {
				j.TryAppend(payloads(i, 1, 1000))
				r.Next(t.Context(), &b, 10, 0)
				r.Ack(b.Ranges()...)
				now = now.Add(time.Second)
				j.maintain()
			}
			if n := int(j.Stats().Events); n < c.min || n > c.max {
				t.Errorf("%d records kept, want %d to %d", n, c.min, c.max)
			}
		})
	}
}

func TestFailedSyncIsNeverRetried(t *testing.T) {
	disk := vfs.NewSim(1)
	opt := simOptions(disk)
	j := open(t, opt)
	j.TryAppend(payloads(0, 1, 100))
	failed := ""
	disk.SetFault(func(c vfs.Call) error {
		if c.Op == vfs.OpSync && failed == "" {
			failed = c.Name
			return vfs.ErrIO
		}
		if c.Name == failed && (c.Op == vfs.OpWrite || c.Op == vfs.OpSync) {
			t.Errorf("%s of %s after its sync has failed", c.Op, c.Name)
		}
		return nil
	})
	if first, err := j.TryAppend(payloads(1, 1, 100)); first != 2 || err != nil {
		t.Fatal(first, err)
	}
	s := j.Stats()
	if s.SyncErrors != 1 || s.Segments != 2 || s.LastError == "" {
		t.Errorf("%+v", s)
	}
	disk = disk.Crash(vfs.KeepNone)
	opt.FS = disk
	j = open(t, opt)
	defer j.Close()
	if got := drain(t, j, "out"); len(got) != 2 {
		t.Errorf("%d records", len(got))
	}
}

// TestOpenReadsLittle: opening reads the headers and the end, whatever the backlog.
func TestOpenReadsLittle(t *testing.T) {
	disk := filled(t, 4000, 1000, func(o *Options) { o.SegmentBytes = 1 << 20 })
	var read int
	disk.SetFault(func(c vfs.Call) error {
		if c.Op == vfs.OpRead {
			read += c.Size
		}
		return nil
	})
	opt := simOptions(disk)
	j := open(t, opt)
	defer j.Close()
	if read > 600_000 || j.Stats().Events != 4000 {
		t.Errorf("read %d bytes of %d to open", read, disk.Used())
	}
}

func TestErrors(t *testing.T) {
	opt := simOptions(vfs.NewSim(1))
	opt.MaxBytes = 300_000
	j := open(t, opt)
	if _, err := j.TryAppend([][]byte{make([]byte, 300_000)}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	r, _ := j.Reader("out", Earliest)
	if _, err := j.Reader("out", Earliest); !errors.Is(err, ErrCursorInUse) {
		t.Error(err)
	}
	for _, name := range []string{"", strings.Repeat("x", MaxCursorName+1)} {
		if _, err := j.Reader(name, Earliest); err == nil {
			t.Errorf("cursor name %q", name)
		}
	}
	j.DropCursor("out")
	if err := r.Next(t.Context(), new(Batch), 1, 1); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	j.Close()
	if _, err := j.TryAppend(payloads(0, 1, 1)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := j.Reader("out", Earliest); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestAskingDoesNotForgetWhoWaits: Full and Stats look with a small need while an
// appender with a large one waits.
func TestAskingDoesNotForgetWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := open(t, Options{FS: vfs.NewSim(1), Dir: modelDir, MaxBytes: 500_000})
		defer j.Close()
		r, _ := j.Reader("out", Earliest)
		for i := range 4 {
			if _, err := j.Append(t.Context(), payloads(i, 1, 100_000)); err != nil {
				t.Fatal(err)
			}
		}
		var appended atomic.Bool
		go func() {
			j.Append(context.Background(), payloads(4, 1, 100_000))
			appended.Store(true)
		}()
		synctest.Wait()
		since := j.Full().Since
		time.Sleep(time.Minute)
		if s := j.Stats(); appended.Load() || s.Full.Reason != FullBytes || j.Full().Since != since || since.IsZero() {
			t.Fatalf("%v %+v", appended.Load(), s.Full)
		}
		var b Batch
		for r.Lag().Events > 0 {
			r.Next(t.Context(), &b, 1, 0)
			r.Ack(b.Ranges()...)
		}
		synctest.Wait()
		if !appended.Load() || j.Full().Reason != "" {
			t.Errorf("appended %v, %+v", appended.Load(), j.Full())
		}
	})
}
