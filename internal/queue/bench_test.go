//go:build unix

package queue

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sluice/internal/vfs"
)

// cpuTime is the user and system time of the process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDiskPlain is what the disk gives: plain writes into allocated space, each with
// fdatasync. Compare BenchmarkAppend with it in the same run.
func BenchmarkDiskPlain(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			f, err := vfs.OS.Create(filepath.Join(b.TempDir(), "plain"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			buf := make([]byte, size)
			b.SetBytes(int64(size))
			cpu, off, end := cpuTime(), int64(0), int64(0)
			for b.Loop() {
				if off+int64(size) > end {
					end += 64 << 20
					if off >= 1<<30 {
						off, end = 0, 64<<20
					}
					f.Allocate(end)
				}
				if _, err := f.WriteAt(buf, off); err != nil {
					b.Fatal(err)
				}
				if err := f.Sync(); err != nil {
					b.Fatal(err)
				}
				off += int64(size)
			}
			b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkAppend is durable appends of 1,000-byte payloads; an op is one payload. A
// cursor acks everything, so that segments come and go as in a running queue.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct {
		appenders, batch int
		compress         Compression
	}{{1, 1, 0}, {1, 125, 0}, {1, 500, 0}, {2, 500, 0}, {4, 500, 0}, {8, 125, 0}, {64, 1, 0}, {4, 500, CompressSpeed}} {
		b.Run(fmt.Sprintf("appenders=%d/batch=%d/zstd=%d", c.appenders, c.batch, c.compress), func(b *testing.B) {
			j := open(b, Options{Dir: b.TempDir(), Compression: c.compress})
			defer j.Close()
			r, err := j.Reader("bench", Earliest)
			if err != nil {
				b.Fatal(err)
			}
			ps := payloads(0, c.batch, 1000)
			b.SetBytes(1000)
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime()
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			for range c.appenders {
				wg.Go(func() {
					for {
						n := min(int64(c.batch), left.Add(-int64(c.batch))+int64(c.batch))
						if n <= 0 {
							return
						}
						first, err := j.Append(context.Background(), ps[:n])
						if err != nil {
							b.Error(err)
							return
						}
						r.Ack(Range{first, first + uint64(n) - 1})
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
			s := j.Stats()
			b.ReportMetric(float64(s.AppendedBytes)/float64(max(s.Syncs, 1))/1024, "KiB/sync")
		})
	}
}

// BenchmarkAgainstDisk compares the journal with what the disk gives, slice by slice in
// turn, so that both have the same neighbours. appenders=1: 1,000-byte payloads, 1,000 a call,
// and appenders=4: 500 a call, against plain writes of 1 MiB with fdatasync; of-disk is the
// journal's bytes a second divided by the disk's. single: one payload of 1,000 bytes and
// its ack at a time, against plain writes of 1 KiB; of-disk is acks by syncs a second. An
// op is one payload.
func BenchmarkAgainstDisk(b *testing.B) {
	for _, c := range []struct {
		name              string
		appenders, batch  int
		plain, sliceBytes int
	}{{"appenders=1", 1, 1000, 1 << 20, 32 << 20}, {"appenders=4", 4, 500, 1 << 20, 32 << 20}, {"single", 1, 1, 1 << 10, 200 << 10}} {
		b.Run(c.name, func(b *testing.B) {
			dir := b.TempDir()
			j := open(b, Options{Dir: filepath.Join(dir, "queue")})
			defer j.Close()
			r, err := j.Reader("bench", Earliest)
			if err != nil {
				b.Fatal(err)
			}
			f, err := vfs.OS.Create(filepath.Join(dir, "plain"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			buf := make([]byte, c.plain)
			ps := payloads(0, c.batch, 1000)
			var ours, disk, cpu time.Duration
			var acks, syncs, ourBytes, diskBytes float64
			b.ResetTimer()
			for done := 0; done < b.N; {
				n := min(c.sliceBytes/1000, b.N-done)
				done += n
				start, before := time.Now(), cpuTime()
				var left atomic.Int64
				left.Store(int64(n))
				var wg sync.WaitGroup
				for range c.appenders {
					wg.Go(func() {
						for {
							k := min(int64(c.batch), left.Add(-int64(c.batch))+int64(c.batch))
							if k <= 0 {
								return
							}
							first, err := j.Append(context.Background(), ps[:k])
							if err != nil {
								b.Error(err)
								return
							}
							r.Ack(Range{first, first + uint64(k) - 1})
						}
					})
				}
				wg.Wait()
				ours += time.Since(start)
				cpu += cpuTime() - before
				ourBytes += float64(n) * 1000
				acks += float64(n)

				b.StopTimer()
				if err := f.Truncate(0); err != nil {
					b.Fatal(err)
				}
				start = time.Now()
				for off := 0; off < n*1000; off += c.plain {
					if off%(16<<20) == 0 {
						f.Allocate(int64(off + 16<<20))
					}
					if _, err := f.WriteAt(buf, int64(off)); err != nil {
						b.Fatal(err)
					}
					if err := f.Sync(); err != nil {
						b.Fatal(err)
					}
					syncs++
					diskBytes += float64(c.plain)
				}
				disk += time.Since(start)
				b.StartTimer()
			}
			b.StopTimer()
			b.ReportMetric(float64(cpu)/float64(b.N), "cpu-ns/op")
			if c.batch == 1 {
				b.ReportMetric(acks/ours.Seconds()/(syncs/disk.Seconds()), "of-disk")
				b.ReportMetric(float64(ours.Microseconds())/acks, "us/ack")
				b.ReportMetric(float64(disk.Microseconds())/syncs, "us/sync")
				return
			}
			b.ReportMetric(ourBytes/ours.Seconds()/1e6, "journal-MB/s")
			b.ReportMetric(diskBytes/disk.Seconds()/1e6, "disk-MB/s")
			b.ReportMetric(ourBytes/ours.Seconds()/(diskBytes/disk.Seconds()), "of-disk")
		})
	}
}

// BenchmarkRead is reading and acking; an op is one payload of 1,000 bytes.
func BenchmarkRead(b *testing.B) {
	for _, from := range []string{"memory", "disk"} {
		b.Run(from, func(b *testing.B) {
			opt := Options{Dir: b.TempDir(), CacheBytes: 16 << 20, Sync: SyncRelaxed}
			if from == "disk" {
				opt.CacheBytes = -1
			}
			j := open(b, opt)
			defer j.Close()
			const n = 10000
			for i := 0; i < n; i += 500 {
				if _, err := j.Append(context.Background(), payloads(i, 500, 1000)); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(1000)
			b.ReportAllocs()
			b.ResetTimer()
			cpu := cpuTime()
			var batch Batch
			for done := 0; done < b.N; {
				r, err := j.Reader("r", Earliest)
				if err != nil {
					b.Fatal(err)
				}
				for got := 0; got < n && done < b.N; {
					if err := r.Next(context.Background(), &batch, 125, 0); err != nil {
						b.Fatal(err)
					}
					got += len(batch.Records)
					done += len(batch.Records)
				}
				r.Close()
			}
			b.ReportMetric(float64(cpuTime()-cpu)/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkOpen opens a journal with a backlog of 1 GB.
func BenchmarkOpen(b *testing.B) {
	if os.Getenv("SLUICE_BIG") == "" {
		b.Skip("set SLUICE_BIG=1: writes 1 GB")
	}
	opt := Options{Dir: b.TempDir(), Sync: SyncRelaxed, CheckpointWrites: 1 << 20}
	j := open(b, opt)
	ps := payloads(0, 1000, 1000)
	for range 1000 {
		if _, err := j.Append(context.Background(), ps); err != nil {
			b.Fatal(err)
		}
	}
	r, err := j.Reader("r", Earliest)
	if err != nil {
		b.Fatal(err)
	}
	r.Close()
	j.Close()
	for b.Loop() {
		j := open(b, opt)
		r, err := j.Reader("r", Earliest)
		if err != nil {
			b.Fatal(err)
		}
		var batch Batch
		if err := r.Next(context.Background(), &batch, 125, 0); err != nil {
			b.Fatal(err)
		}
		j.Close()
	}
}
