package queue

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sluice/internal/vfs"
)

// simOptions are those of a small journal on a simulated disk, without a background goroutine.
func simOptions(disk *vfs.Sim) Options {
	now := time.Unix(1_700_000_000, 0)
	return Options{
		FS: disk, Dir: modelDir, manual: true, SegmentBytes: 16 << 10, CacheBytes: -1,
		Now: func() time.Time { return now },
	}
}

// drain reads everything that a cursor has left, trying again after errors of the disk.
func drain(t testing.TB, j *Journal, name string) (got [][]byte) {
	t.Helper()
	r, err := j.Reader(name, Earliest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b Batch
	for failures := 0; ; {
		b.reset(1000, 1<<20)
		wait, err := r.read(&b)
		b.finish()
		if err != nil {
			if failures++; failures > 20 {
				t.Fatal(err)
			}
			continue
		}
		if len(b.Records) == 0 && wait != nil {
			return got
		}
		for _, rec := range b.Records {
			got = append(got, append([]byte(nil), rec.Payload...))
		}
	}
}

// workload appends 2,000 numbered payloads in groups of 20 and reads and acks the first
// half of them. It goes on after errors, and tells what was acknowledged.
func workload(disk *vfs.Sim) (appended map[uint32]bool, acked map[uint32]bool) {
	appended, acked = map[uint32]bool{}, map[uint32]bool{}
	var j *Journal
	for range 3 { // a directory that cannot be made or listed is an error
		var err error
		if j, _, err = Open(context.Background(), simOptions(disk)); err == nil {
			break
		}
	}
	if j == nil {
		return
	}
	defer j.Close()
	r, _ := j.Reader("out", Earliest)
	var b Batch
	for i := uint32(0); i < 2000; i += 20 {
		ps := make([][]byte, 20)
		for k := range ps {
			ps[k] = binary.LittleEndian.AppendUint32(make([]byte, 60), i+uint32(k))
		}
		if _, err := j.TryAppend(ps); err == nil {
			for k := range ps {
				appended[i+uint32(k)] = true
			}
		}
		if i%100 == 0 {
			j.maintain()
		}
		if r == nil {
			r, _ = j.Reader("out", Earliest)
			continue
		}
		b.reset(10, 1<<20)
		r.read(&b)
		b.finish()
		r.Ack(b.Ranges()...) // with an error it may be remembered or not
		for _, rec := range b.Records {
			acked[binary.LittleEndian.Uint32(rec.Payload[60:])] = true
		}
	}
	return
}

// TestFailEveryCall fails each call of a run in turn. What was appended without an error
// is there afterwards; what was acked and is there again is a repeat and no loss.
func TestFailEveryCall(t *testing.T) {
	disk := vfs.NewSim(1)
	if appended, _ := workload(disk); len(appended) != 2000 {
		t.Fatal("the run without faults appended", len(appended))
	}
	calls := disk.Calls()
	step := 1
	if testing.Short() {
		step = 17
	}
	t.Logf("%d calls", calls)
	for _, c := range []struct {
		name string
		err  error
		keep []vfs.Keep
	}{
		{"EIO", vfs.ErrIO, []vfs.Keep{vfs.KeepNone}},
		{"ENOSPC", vfs.ErrNoSpace, []vfs.Keep{vfs.KeepNone}},
		{"crash", vfs.ErrPower, []vfs.Keep{vfs.KeepNone, vfs.KeepSome, vfs.KeepAll}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := uint64((calls+step-1)/step) * uint64(len(c.keep))
			inParallel(t, func(i uint64) string {
				if i >= n {
					return "end"
				}
				k, keep := int(i)/len(c.keep)*step, c.keep[int(i)%len(c.keep)]
				disk := vfs.NewSim(uint64(k))
				disk.FailCall(k, c.err)
				appended, acked := workload(disk)
				disk = disk.Crash(keep)
				j, _, err := Open(context.Background(), simOptions(disk))
				if err != nil {
					return fmt.Sprintf("call %d: does not open: %v", k, err)
				}
				defer j.Close()
				there := map[uint32]bool{}
				for _, p := range drain(t, j, "out") {
					there[binary.LittleEndian.Uint32(p[60:])] = true
				}
				for id := range appended {
					if !acked[id] && !there[id] {
						return fmt.Sprintf("call %d, keep %d: %d was appended and is gone", k, keep, id)
					}
				}
				if c.err != vfs.ErrPower && len(appended) < 1900 {
					return fmt.Sprintf("call %d: one fault refused %d appends", k, 2000-len(appended))
				}
				return ""
			})
		})
	}
}

// TestConcurrentAppendsSurviveAPowerCut cuts the power while several appenders share
// commits: what each Append has returned for is there.
func TestConcurrentAppendsSurviveAPowerCut(t *testing.T) {
	for seed := range uint64(300) {
		disk := vfs.NewSim(seed)
		opt := simOptions(disk)
		opt.manual = seed%2 == 0
		j := open(t, opt)
		j.Reader("out", Earliest)
		cut := disk.Calls() + int(seed)
		disk.FailCall(cut, vfs.ErrPower)
		var mu sync.Mutex
		safe := map[string]bool{}
		var wg sync.WaitGroup
		for a := range 6 {
			wg.Go(func() {
				for i := range 40 {
					ps := payloads(a*1000+i*3, 3, 150)
					if _, err := j.Append(t.Context(), ps); err != nil {
						return
					}
					mu.Lock()
					for _, p := range ps {
						safe[string(p)] = true
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		opt.FS = disk.Crash(vfs.Keep(seed % 3))
		j.Close()
		opt.manual = true
		j = open(t, opt)
		for _, p := range drain(t, j, "out") {
			delete(safe, string(p))
		}
		j.Close()
		if len(safe) > 0 {
			t.Fatalf("seed %d: %d acknowledged records are gone", seed, len(safe))
		}
	}
}

// filled returns a disk with a closed journal of n payloads of the given size and a
// cursor "out" that has read nothing.
func filled(t testing.TB, n, size int, adjust func(*Options)) *vfs.Sim {
	t.Helper()
	disk := vfs.NewSim(1)
	opt := simOptions(disk)
	if adjust != nil {
		adjust(&opt)
	}
	j := open(t, opt)
	if _, err := j.Reader("out", Earliest); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := j.TryAppend(payloads(i, 1, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return disk
}

// lastSegment is the newest segment file with records in it.
func lastSegment(disk *vfs.Sim) (name string, size int64) {
	for n, s := range disk.Files(modelDir) {
		if strings.HasSuffix(n, segmentSuffix) && n > name && s > segmentHeader {
			name, size = n, s
		}
	}
	return name, size
}

func TestTornLastRecordAtEveryByte(t *testing.T) {
	const records, size = 20, 300
	whole := filled(t, records, size, nil)
	name, end := lastSegment(whole)
	for _, fill := range []string{"cut", "zeros", "garbage"} {
		t.Run(fill, func(t *testing.T) {
			for cut := end - size - frameHeader; cut < end; cut++ {
				disk := whole.Clone()
				f, err := disk.OpenRW(name)
				if err != nil {
					t.Fatal(err)
				}
				f.Truncate(cut)
				switch fill {
				case "zeros":
					f.Truncate(end + 4096)
				case "garbage":
					f.WriteAt(bytes.Repeat([]byte{0xf5, 'S', 'J'}, 1500), cut)
				}
				f.Close()
				j, rep, err := Open(context.Background(), simOptions(disk))
				if err != nil {
					t.Fatalf("cut at %d: %v", cut, err)
				}
				if fill == "garbage" && rep.Torn == 0 {
					t.Fatalf("cut at %d: not reported: %v", cut, rep.Problems)
				}
				first, err := j.TryAppend([][]byte{[]byte("after")})
				if err != nil || first <= records-1 {
					t.Fatalf("cut at %d: append: %d, %v", cut, first, err)
				}
				got := drain(t, j, "out")
				if len(got) != records || string(got[records-1]) != "after" {
					t.Fatalf("cut at %d: %d records", cut, len(got))
				}
				for i, p := range got[:records-1] {
					if !bytes.Equal(p, payloads(i, 1, size)[0]) {
						t.Fatalf("cut at %d: record %d is wrong", cut, i)
					}
				}
				j.Close()
			}
		})
	}
}

// TestEveryBit flips the bits of a queue of 64 KiB, one at a time, in every file: each
// 61st by default, every one with SLUICE_EVERY_BIT=1, which takes minutes.
func TestEveryBit(t *testing.T) {
	const records, size = 120, 500
	whole := filled(t, records, size, nil)
	want := payloads(0, records, size)
	var total int64
	type place struct {
		name string
		size int64
	}
	var places []place
	for name, n := range whole.Files(modelDir) {
		places = append(places, place{name, n})
		total += n
	}
	step := uint64(61) // no divisor of 8, so that all bits of a byte have their turn
	if os.Getenv("SLUICE_EVERY_BIT") != "" {
		step = 1
	}
	t.Logf("%d bytes in %d files", total, len(places))
	inParallel(t, func(n uint64) string {
		n *= step
		if n >= uint64(total)*8 {
			return "end"
		}
		at, bit := int64(n/8), int64(n%8)
		var p place
		for _, p = range places {
			if at < p.size {
				break
			}
			at -= p.size
		}
		disk := whole.Clone()
		if err := disk.FlipBit(p.name, at*8+bit); err != nil {
			return err.Error()
		}
		what := fmt.Sprintf("bit %d of byte %d of %s", bit, at, p.name)
		j, rep, err := Open(context.Background(), simOptions(disk))
		if err != nil {
			return fmt.Sprintf("%s: does not open: %v", what, err)
		}
		defer j.Close()
		r, err := j.Reader("out", Earliest)
		if err != nil {
			return fmt.Sprintf("%s: %v", what, err)
		}
		got, last := 0, uint64(0)
		err = r.readAll(t.Context(), func(rec Record) error {
			if rec.Seq <= last || rec.Seq > records || !bytes.Equal(rec.Payload, want[rec.Seq-1]) {
				return errors.New("a wrong record")
			}
			got, last = got+1, rec.Seq
			return nil
		})
		if err != nil {
			return fmt.Sprintf("%s: %v", what, err)
		}
		s := j.Stats()
		if got < records-1 {
			return fmt.Sprintf("%s: %d of %d records", what, got, records)
		}
		if got < records && len(s.Problems) == 0 {
			return fmt.Sprintf("%s: not noticed", what)
		}
		if got == records-1 && (s.QuarantineFiles != 1 || s.LostRecords == 0 && rep.Torn == 0) {
			return fmt.Sprintf("%s: lost, quarantine %d files, counted %d", what, s.QuarantineFiles, s.LostRecords)
		}
		return ""
	})
}

// TestUnreadableSectors: what the disk cannot read costs the records in it. It is tried
// again first, and nothing is cut.
func TestUnreadableSectors(t *testing.T) {
	const records, size = 200, 200
	for _, where := range []string{"sealed segment", "newest segment", "its end"} {
		t.Run(where, func(t *testing.T) {
			disk := filled(t, records, size, nil)
			name, end := lastSegment(disk)
			from := int64(4096)
			switch where {
			case "sealed segment":
				name = modelDir + "/" + segmentName(1, 1)
			case "its end":
				from = end - 1000
				disk.Remove(modelDir + "/out.cursor") // or recovery begins behind it
			}
			bad := func(c vfs.Call) error {
				if c.Op == vfs.OpRead && c.Name == name && c.Off < from+4096 && c.Off+int64(c.Size) > from {
					return vfs.ErrIO
				}
				return nil
			}
			disk.SetFault(bad)
			before := disk.Files(modelDir)[name]
			j := open(t, simOptions(disk))
			if first, err := j.TryAppend([][]byte{[]byte("after")}); err != nil || first <= records-8 {
				t.Fatal(first, err)
			}
			got := drain(t, j, "out")
			if len(got) < records-22 || len(got) > records || string(got[len(got)-1]) != "after" {
				t.Errorf("%d records of %d", len(got), records)
			}
			s := j.Stats()
			if len(s.Problems) == 0 || where != "its end" && s.LostRecords == 0 {
				t.Errorf("%+v", s)
			}
			j.Close()
			if after := disk.Files(modelDir)[name]; after != before {
				t.Errorf("%s had %d bytes and has %d", name, before, after)
			}
		})
	}
}

// A segment that cannot be opened at the start, however often it is tried, is there
// again when the disk is well.
func TestSegmentThatCannotBeOpened(t *testing.T) {
	disk := vfs.NewSim(1)
	opt := Options{FS: disk, Dir: modelDir, manual: true}
	j := open(t, opt)
	if _, err := j.Reader("a", Earliest); err != nil {
		t.Fatal(err)
	}
	if _, err := j.TryAppend(payloads(1, 3, 100)); err != nil {
		t.Fatal(err)
	}
	disk = disk.Crash(vfs.KeepNone)
	opt.FS = disk
	disk.SetFault(func(c vfs.Call) error {
		if c.Op == vfs.OpOpen && strings.Contains(c.Name, "0000000001-") {
			return errors.New("input/output error")
		}
		return nil
	})
	j = open(t, opt)
	disk.SetFault(nil)
	if _, err := j.TryAppend(payloads(4, 2, 100)); err != nil {
		t.Fatal(err)
	}
	j.maintain()
	j.Close()
	j = open(t, opt)
	defer j.Close()
	r, err := j.Reader("a", Earliest)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for {
		var b Batch
		b.reset(100, 1<<20)
		if _, err := r.read(&b); err != nil {
			t.Fatal(err)
		}
		if len(b.Records) == 0 {
			break
		}
		got += len(b.Records)
	}
	if got != 5 {
		t.Errorf("%d of 5 records came", got)
	}
}

// TestCursorWhoseSyncFailed keeps what an open has shown: the state of a cursor whose
// sync failed is in memory only, and a later sync does not bring it to the disk.
func TestCursorWhoseSyncFailed(t *testing.T) {
	for seed := range uint64(50) {
		disk := vfs.NewSim(seed)
		j := openSim(t, disk)
		if _, err := j.TryAppend(numbered(10)); err != nil {
			t.Fatal(err)
		}
		ackNext(t, j, 5)
		disk.SetFault(func(c vfs.Call) error {
			if c.Op == vfs.OpSync && strings.HasSuffix(c.Name, cursorSuffix) {
				return vfs.ErrIO
			}
			return nil
		})
		j.Close()
		disk.SetFault(nil)

		j = openSim(t, disk)
		if low := ackNext(t, j, 1); low != 6 {
			t.Fatalf("seed %d: opened at %d, not at 6", seed, low)
		}
		disk = disk.Crash(vfs.KeepSome)
		j = openSim(t, disk)
		if low := ackNext(t, j, 1); low < 6 {
			t.Fatalf("seed %d: what was acked before the open comes again, from %d on", seed, low)
		}
		j.Close()
	}
}

func openSim(t *testing.T, disk *vfs.Sim) *Journal {
	t.Helper()
	j, _, err := Open(context.Background(), simOptions(disk))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func numbered(n int) [][]byte {
	ps := make([][]byte, n)
	for i := range ps {
		ps[i] = binary.LittleEndian.AppendUint32(make([]byte, 60), uint32(i))
	}
	return ps
}

// ackNext acks the next n records of the cursor "out" and tells the number of the first.
func ackNext(t *testing.T, j *Journal, n int) uint64 {
	t.Helper()
	r, err := j.Reader("out", Earliest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b Batch
	b.reset(n, 1<<20)
	if _, err := r.read(&b); err != nil {
		t.Fatal(err)
	}
	b.finish()
	if err := r.Ack(b.Ranges()...); err != nil {
		t.Fatal(err)
	}
	return b.Ranges()[0].First
}

// TestDrainedQueueOnFullDisk: a queue whose disk is full goes on when its reader has taken
// everything, whatever is left of the disk, since it holds nothing any more that it needs.
func TestDrainedQueueOnFullDisk(t *testing.T) {
	for capacity := int64(64 << 10); capacity < 96<<10; capacity += 97 {
		for _, minFree := range []int64{0, 40 << 10} {
			disk := vfs.NewSim(uint64(capacity))
			opt := simOptions(disk)
			opt.MinFree = minFree
			now := time.Unix(1_700_000_000, 0)
			opt.Now = func() time.Time { return now }
			j, _, err := Open(context.Background(), opt)
			if err != nil {
				t.Fatal(err)
			}
			r, err := j.Reader("out", Earliest)
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			disk.SetCapacity(capacity)
			n := 0
			for ; n < 10_000; n++ {
				if _, err := j.TryAppend(numbered(1)); err != nil {
					break
				}
			}
			if reason := j.Full().Reason; reason != FullDisk {
				t.Fatalf("%d bytes, %d kept free: not the disk is full, but %q, after %d records", capacity, minFree, reason, n)
			}
			if got := drain(t, j, "out"); len(got) != n {
				t.Fatalf("read %d of %d", len(got), n)
			}
			ackNext(t, j, n)
			for range 3 {
				now = now.Add(time.Second)
				j.maintain()
			}
			if _, err := j.TryAppend(numbered(1)); err != nil {
				t.Fatalf("%d bytes, %d kept free: %d records were taken and are acknowledged, and there is still no room: %v", capacity, minFree, n, err)
			}
			disk = disk.Crash(vfs.KeepSome)
			opt.FS = disk
			if j, _, err = Open(context.Background(), opt); err != nil {
				t.Fatal(err)
			}
			if got := drain(t, j, "out"); len(got) != 1 {
				t.Fatalf("after a power cut %d records, not 1", len(got))
			}
			j.Close()
		}
	}
}
