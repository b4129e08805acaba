package codec

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin/plugintest"
)

// suricata returns lines of real Suricata records in chunks as a pipe delivers them.
func suricata(b *testing.B) (chunks [][]byte, lines int) {
	file, err := os.Open(filepath.Join(data(b), "events", "eve-mixed.json.gz"))
	if err != nil {
		b.Skipf("no test data: %v", err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(z, 4<<20))
	if err != nil {
		b.Fatal(err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	return slices.Collect(slices.Chunk(text, 64<<10)), bytes.Count(text, []byte("\n"))
}

func BenchmarkDecode(b *testing.B) {
	chunks, lines := suricata(b)
	for _, config := range []string{`line`, `json_lines`, `json_lines { target => "doc" }`, `line { charset => "CP1252" }`} {
		b.Run(config, func(b *testing.B) {
			c := plugintest.Codec(b, config, plugintest.Env(b))
			b.ReportAllocs()
			for b.Loop() {
				d := c.NewDecoder()
				for _, chunk := range chunks {
					batch := event.NewBatch()
					d.Decode(batch.Copy(chunk), batch)
					batch.Release()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/event")
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	chunks, _ := suricata(b)
	for _, config := range []string{`json_lines`, `rubydebug`, `line`} {
		b.Run(config, func(b *testing.B) {
			batch := event.NewBatch()
			plugintest.Codec(b, `json_lines`, plugintest.Env(b)).NewDecoder().Decode(batch.Copy(chunks[0]), batch)
			c := plugintest.Codec(b, config, plugintest.Env(b))
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				out = out[:0]
				for _, e := range batch.Events {
					out, _ = c.Encode(out, e)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batch.Events)), "ns/event")
		})
	}
}
