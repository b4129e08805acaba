package queue

import (
	"bytes"
	"context"
	"fmt"
	"testing"
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
