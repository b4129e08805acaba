package lumberjack

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// repeat gives a text over and over.
type repeat struct {
	text []byte
	r    bytes.Reader
}

func (r *repeat) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err == io.EOF {
		r.r.Reset(r.text)
		return r.r.Read(p)
	}
	return n, err
}

// arena is a Memory that is used again for every window.
type arena struct{ b []byte }

func (a *arena) Buffer(n int) []byte {
	if len(a.b)+n > cap(a.b) {
		a.b = make([]byte, 0, 1<<20)
	}
	a.b = a.b[:len(a.b)+n]
	return a.b[len(a.b)-n:]
}

func benchmarkReader(b *testing.B, wrap func(string) string) {
	event := `{"message":"` + strings.Repeat("some text of an event ", 36) + `"}`
	var frames strings.Builder
	for i := range 500 {
		frames.WriteString(jsonFrame(i+1, event))
	}
	r := NewReader(&repeat{text: []byte("2W" + size(500) + wrap(frames.String()))}, Limits{})
	a := new(arena)
	b.ReportAllocs()
	b.SetBytes(int64(len(event)))
	for n := 0; n < b.N; {
		item, err := r.Next(a)
		switch {
		case err != nil:
			b.Fatal(err)
		case item.Kind == Window:
			a.b = a.b[:0]
		default:
			n++
		}
	}
}

// The figures are per event of 800 bytes.
func BenchmarkReader(b *testing.B) { benchmarkReader(b, func(s string) string { return s }) }

func BenchmarkReaderCompressed(b *testing.B) { benchmarkReader(b, compressed) }

// discard is a connection that swallows everything.
type discard struct{ net.Conn }

func (discard) Write(p []byte) (int, error)      { return len(p), nil }
func (discard) SetWriteDeadline(time.Time) error { return nil }

func BenchmarkClient(b *testing.B) {
	event := []byte(`{"message":"` + strings.Repeat("some text of an event ", 36) + `"}`)
	c := NewClient(discard{}, ClientOptions{})
	b.ReportAllocs()
	b.SetBytes(int64(len(event)))
	for i := 0; i < b.N; i++ {
		if c.AddJSON(event) == 500 {
			if err := c.Send(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
