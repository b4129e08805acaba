package lumberjack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zlib"
)

// heap is the simplest Memory.
type heap struct{}

func (heap) Buffer(n int) []byte { return make([]byte, n) }

// compressed returns frames as one compressed frame.
func compressed(frames string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(frames))
	w.Close()
	return "2C" + size(b.Len()) + b.String()
}

func size(n int) string { return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) }

func jsonFrame(seq int, text string) string { return "2J" + size(seq) + size(len(text)) + text }

// show reads everything and writes it down.
func show(r *Reader) (string, error) {
	var b strings.Builder
	for {
		item, err := r.Next(heap{})
		if err != nil {
			return b.String(), err
		}
		switch item.Kind {
		case Window:
			fmt.Fprintf(&b, "%cW%d ", item.Version, item.Count)
		case JSON:
			fmt.Fprintf(&b, "%cJ%d%s ", item.Version, item.Seq, item.JSON)
		case Data:
			fmt.Fprintf(&b, "%cD%d", item.Version, item.Seq)
			for _, p := range item.Pairs {
				fmt.Fprintf(&b, "|%s=%s", p.Key, p.Value)
			}
			b.WriteString(" ")
		}
	}
}

func TestReader(t *testing.T) {
	data := "1D" + size(7) + size(2) + size(4) + "line" + size(5) + "hello" + size(4) + "host" + size(0)
	large := `{"a":"` + strings.Repeat("x", 300_000) + `"}`
	small := Limits{Window: 10, Frame: 20, Pairs: 2, Compressed: 100, Decompressed: 300}
	tests := []struct {
		name   string
		in     string
		limits Limits
		want   string // the items, then the error
	}{
		{"nothing", "", Limits{}, "EOF"},
		{"window and events", "2W" + size(2) + jsonFrame(1, "{}") + jsonFrame(2, `{"a":1}`), Limits{}, `2W2 2J1{} 2J2{"a":1} EOF`},
		{"version 1", "1W" + size(1) + data, Limits{}, "1W1 1D7|line=hello|host= EOF"},
		{"compressed", "2W" + size(2) + compressed(jsonFrame(1, "{}")+jsonFrame(2, "[]")) + "2W" + size(0), Limits{}, "2W2 2J1{} 2J2[] 2W0 EOF"},
		{"window in a compressed frame", compressed("1W" + size(1) + data), Limits{}, "1W1 1D7|line=hello|host= EOF"},
		{"two compressed frames", compressed(jsonFrame(1, "{}")) + compressed(jsonFrame(2, "{}")), Limits{}, "2J1{} 2J2{} EOF"},
		{"large event", jsonFrame(1, large), Limits{}, "2J1" + large + " EOF"},
		{"large event, compressed", compressed(jsonFrame(1, large)), Limits{}, "2J1" + large + " EOF"},
		{"garbage behind the compressed data", strings.Replace(compressed(""), size(8), size(12), 1) + "junk" + "2W" + size(1), Limits{}, "2W1 EOF"},

		{"cut in a header", "2", Limits{}, "unexpected EOF"},
		{"cut in a window", "2W\x00\x00", Limits{}, "unexpected EOF"},
		{"cut in an event", jsonFrame(1, "{}")[:11], Limits{}, "unexpected EOF"},
		{"cut in a large event", jsonFrame(1, large)[:100_000], Limits{}, "unexpected EOF"},
		{"cut in a compressed frame", compressed(jsonFrame(1, "{}"))[:15], Limits{}, "unexpected EOF"},
		{"cut frame in a compressed frame", compressed(jsonFrame(1, "{}")[:11]), Limits{}, "unexpected EOF"},

		{"HTTP", "GET / HTTP/1.1\r\n", Limits{}, "lumberjack: a frame begins with version 'G' where 1 or 2 was expected; this is no Lumberjack, or TLS on a port without TLS"},
		{"an ack", "2A" + size(1), Limits{}, "lumberjack: frame type 'A' is none that a client may send"},
		{"compressed twice", compressed(compressed("")), Limits{}, "lumberjack: a compressed frame within a compressed frame"},
		{"window too large", "2W" + size(11), small, "lumberjack: a window of 11 events is above the limit of 10"},
		{"event too large", jsonFrame(1, strings.Repeat(" ", 21)), small, "lumberjack: an event of 21 bytes is above the limit of 20"},
		{"claimed 4 GiB", "2J" + size(1) + "\xff\xff\xff\xff", Limits{}, "lumberjack: an event of 4294967295 bytes is above the limit of 67108864"},
		{"too many pairs", "1D" + size(1) + size(3), small, "lumberjack: an event of 3 pairs; 1 to 2 are allowed"},
		{"no pairs", "1D" + size(1) + size(0), small, "lumberjack: an event of 0 pairs; 1 to 2 are allowed"},
		{"pairs too large together", "1D" + size(1) + size(1) + size(15) + strings.Repeat("k", 15) + size(6), small, "lumberjack: an event of more than 20 bytes is above the limit"},
		{"compressed frame too large", "2C" + size(101), small, "lumberjack: a compressed frame of 101 bytes is above the limit of 100"},
		{"decompressed too large", compressed(strings.Repeat("2W"+size(1), 51)), small, "lumberjack: a compressed frame that becomes more than 300 bytes is above the limit"},
		{"no zlib", "2C" + size(4) + "abcd", Limits{}, "lumberjack: a compressed frame is damaged: zlib: invalid header"},
	}
	for _, tt := range tests {
		for _, chunked := range []bool{false, true} {
			var in io.Reader = strings.NewReader(tt.in)
			if chunked {
				in = iotest.OneByteReader(in)
			}
			got, err := show(NewReader(in, tt.limits))
			got += err.Error()
			if tt.name == "decompressed too large" {
				got = got[strings.Index(got, "lumberjack"):]
			}
			if got != tt.want {
				t.Errorf("%s (chunked %v):\ngot  %.300q\nwant %.300q", tt.name, chunked, got, tt.want)
			}
		}
	}
}

func TestProtocolErrorsAreTyped(t *testing.T) {
	_, err := show(NewReader(strings.NewReader("3W"), Limits{}))
	if _, ok := errors.AsType[*ProtocolError](err); !ok {
		t.Errorf("%T is no ProtocolError", err)
	}
}

// TestClaimsCostNothing sends the largest claims that the limits allow and measures what
// is allocated.
func TestClaimsCostNothing(t *testing.T) {
	for _, claim := range []string{
		"2J" + size(1) + size(64<<20),
		"1D" + size(1) + size(1<<14) + size(64<<20),
		"2C" + size(256<<20),
		"2W" + size(1<<20),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		show(NewReader(strings.NewReader(claim), Limits{}))
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 512<<10 {
			t.Errorf("%.6q made the reader allocate %d bytes", claim, n)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("2W" + size(2) + jsonFrame(1, "{}") + jsonFrame(2, "[]")))
	f.Add([]byte(compressed(jsonFrame(1, "{}")) + "2W" + size(1)))
	f.Add([]byte("1D" + size(7) + size(1) + size(1) + "k" + size(1) + "v"))
	limits := Limits{Window: 1000, Frame: 1 << 16, Pairs: 100, Compressed: 1 << 20, Decompressed: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, err := show(NewReader(bytes.NewReader(data), limits))
		if err == nil || len(whole) > 10*(1<<20)+10*len(data) {
			t.Fatalf("%d bytes of items, error %v", len(whole), err)
		}
		// The same must come out however the network cuts it.
		pieces, err2 := show(NewReader(iotest.HalfReader(bytes.NewReader(data)), limits))
		if whole != pieces || err.Error() != err2.Error() {
			t.Fatalf("at once: %.100q, %v\nin pieces: %.100q, %v", whole, err, pieces, err2)
		}
	})
}
