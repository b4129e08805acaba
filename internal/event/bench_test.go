package event

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

// suricata returns real Suricata records of about 800 bytes, in the sensor's form.
func suricata(b *testing.B) [][]byte {
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "events", "eve-mixed.json.gz"))
	if err != nil {
		b.Skipf("no test data: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	var events [][]byte
	s := bufio.NewScanner(z)
	s.Buffer(nil, 1<<20)
	total := 0
	for s.Scan() && len(events) < 1000 {
		if n := len(s.Bytes()); 400 < n && n < 1400 {
			events = append(events, append([]byte(nil), s.Bytes()...))
			total += n
		}
	}
	b.ReportMetric(float64(total)/float64(len(events)), "bytes/event")
	return events
}

func benchmark(b *testing.B, touch func(e *Event)) {
	events := suricata(b)
	var out []byte
	b.ReportAllocs()
	b.ResetTimer()
	batch := NewBatch()
	for i := 0; i < b.N; i++ {
		src := batch.Copy(events[i%len(events)])
		e, _, err := batch.Decode(src)
		if err != nil {
			b.Fatal(err)
		}
		touch(e)
		out = e.AppendJSON(out[:0])
		if len(batch.Events) == 125 {
			batch.Release()
			batch = NewBatch()
		}
	}
}

func BenchmarkUntouched(b *testing.B) { benchmark(b, func(*Event) {}) }

func BenchmarkAddField(b *testing.B) {
	ref, v := MustRef("sensor"), StringValue("testsensor")
	benchmark(b, func(e *Event) { _ = e.Set(ref, v) })
}

func BenchmarkReadNested(b *testing.B) {
	ref, n := MustRef("[flow][pkts_toserver]"), int64(0)
	benchmark(b, func(e *Event) { n += e.Get(ref).Int() })
}

func BenchmarkRecord(b *testing.B) {
	events := suricata(b)
	var rec []byte
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		in, out := NewBatch(), NewBatch()
		for j := range 125 {
			e, _, err := in.Decode(in.Copy(events[(i+j)%len(events)]))
			if err != nil {
				b.Fatal(err)
			}
			rec = e.AppendRecord(rec[:0])
			if _, err := out.DecodeRecord(out.Copy(rec)); err != nil {
				b.Fatal(err)
			}
		}
		in.Release()
		out.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/125, "ns/event")
}
