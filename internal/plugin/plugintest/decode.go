package plugintest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
)

// JSON returns the events as JSON texts. Without keep, @timestamp and an @version of "1"
// are left out, as a decoder adds them to what it has read.
func JSON(events []*event.Event, keep bool) []string {
	var all []string
	for _, e := range events {
		if keep {
			all = append(all, string(e.AppendJSON(nil)))
			continue
		}
		var shown event.ObjectData
		for _, f := range e.Root().Fields() {
			if f.Key != "@timestamp" && (f.Key != "@version" || f.Value.Str() != "1") {
				shown.Set(f.Key, f.Value)
			}
		}
		all = append(all, string(shown.AppendJSON(nil)))
	}
	return all
}

// Decode decodes chunks with a new decoder, each in a batch of its own that is released
// before the next, and returns the events as JSON.
func Decode(c plugin.Codec, chunks ...[]byte) []string {
	event.PoisonReleased(true)
	d := c.NewDecoder()
	var all []string
	for _, chunk := range chunks {
		b := event.NewBatch()
		d.Decode(b.Copy(chunk), b)
		all = append(all, JSON(b.Events, false)...)
		b.Release()
	}
	b := event.NewBatch()
	d.Flush(b)
	all = append(all, JSON(b.Events, false)...)
	b.Release()
	return all
}

// Chunks checks that a stream gives the same events however it is cut into chunks.
func Chunks(t testing.TB, c plugin.Codec, stream []byte) {
	t.Helper()
	want := Decode(c, stream)
	seed := uint64(len(stream))*1e9 + 7
	random := rand.New(rand.NewPCG(seed, 1))
	check := func(chunks [][]byte) bool {
		got := Decode(c, chunks...)
		if slices.Equal(got, want) {
			return true
		}
		t.Errorf("stream %q in chunks %q (seed %d): got %q, want %q", stream, chunks, seed, got, want)
		return false
	}
	if len(stream) <= 64 {
		for i := range stream {
			if !check([][]byte{stream[:i], stream[i:]}) {
				return
			}
		}
		if !check(slices.Collect(slices.Chunk(stream, 1))) {
			return
		}
	}
	for range 20 {
		var chunks [][]byte
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(1+len(stream)/2))
			chunks = append(chunks, rest[:n])
			rest = rest[n:]
		}
		if !check(chunks) {
			return
		}
	}
}

// RoundTrip checks that an event, given as JSON, is the same after it has been encoded
// and decoded.
func RoundTrip(t testing.TB, c plugin.Codec, document string) {
	t.Helper()
	in := event.NewBatch()
	defer in.Release()
	e, _, err := in.Decode([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := c.Encode(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	out := event.NewBatch()
	defer out.Release()
	d := c.NewDecoder()
	d.Decode(out.Copy(encoded), out)
	d.Flush(out)
	got, want := JSON(out.Events, true), JSON(in.Events, true)
	if !slices.Equal(got, want) {
		t.Errorf("encoded as %q: got %q, want %q", encoded, got, want)
	}
}

// Encode encodes an event given as JSON.
func Encode(t testing.TB, c plugin.Codec, document string) string {
	t.Helper()
	b := event.NewBatch()
	defer b.Release()
	e, _, err := b.Decode([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := c.Encode(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// Same compares events as JSON texts.
func Same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// Says checks that a configuration is refused with words that contain want.
func Says(t testing.TB, config string, list diag.List, want string) {
	t.Helper()
	if list.Err() == nil || !strings.Contains(list.Text(diag.Style(0)), want) {
		t.Errorf("%s: got %q, want %q", config, list.Text(diag.Style(0)), want)
	}
}
