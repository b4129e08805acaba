package timefmt

import (
	"testing"
	"time"
)

func BenchmarkParseTimestamp(b *testing.B) {
	for _, text := range []string{"2021-03-04T14:35:33.946Z", "2021-03-04T14:35:33.946555+0000", "2021-03-04T24:00Z", "yesterday"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseTimestamp(text)
			}
		})
	}
}

func BenchmarkAppendTimestamp(b *testing.B) {
	b.ReportAllocs()
	at := time.Unix(1614868533, 946555000).UTC()
	buf := make([]byte, 0, 64)
	for b.Loop() {
		buf = AppendTimestamp(buf[:0], at)
	}
}

func BenchmarkAppend(b *testing.B) {
	at := time.Unix(1614868533, 946555000).UTC()
	for _, pattern := range []string{"YYYY.MM.dd", "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "xxxx.ww"} {
		b.Run(pattern, func(b *testing.B) {
			l := mustJoda(pattern)
			b.ReportAllocs()
			buf := make([]byte, 0, 64)
			for b.Loop() {
				buf = l.Append(buf[:0], at)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	now := time.Unix(1771372800, 0).UTC()
	for _, c := range []struct{ pattern, text, zone string }{
		{"yyyy-MM-dd HH:mm:ss,SSS", "2021-03-04 14:35:33,946", "UTC"},
		{"yyyy-MM-dd HH:mm:ss,SSS", "2021-03-04 14:35:33,946", "Europe/Berlin"},
		{"dd/MMM/yyyy:HH:mm:ss Z", "04/Mar/2021:14:35:33 +0100", "UTC"},
		{"MMM dd HH:mm:ss", "Mar 14 14:35:33", "Europe/Berlin"},
		{"EEE MMM dd HH:mm:ss yyyy", "Thu Mar 04 14:35:33 2021", "UTC"},
		{"MMM dd HH:mm:ss", "2021-03-04", "UTC"},
	} {
		b.Run(c.text+" "+c.zone, func(b *testing.B) {
			l := mustJoda(c.pattern)
			loc, err := Zone(c.zone)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				l.Parse(c.text, loc, now, nil)
			}
		})
	}
}

func BenchmarkParseISO8601(b *testing.B) {
	for _, text := range []string{"2021-03-04T14:35:33.946Z", "2021-03-04 14:35:33.946"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseISO8601(text, time.UTC)
			}
		})
	}
}
