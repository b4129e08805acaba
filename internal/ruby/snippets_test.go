package ruby

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// BenchmarkSnippets runs the snippets that bench compares with other Rubies.
func BenchmarkSnippets(b *testing.B) {
	files, err := filepath.Glob(filepath.Join("..", "..", "bench", "ruby", "[0-9]*.rb"))
	if err != nil || len(files) == 0 {
		b.Fatal("no snippets", err)
	}
	for _, file := range files {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".rb"), func(b *testing.B) {
			text, err := os.ReadFile(file)
			if err != nil {
				b.Fatal(err)
			}
			_, record, _ := strings.Cut(string(text), "# event: ")
			record, _, _ = strings.Cut(record, "\n")
			script, list := Compile(diag.NewSource(file, string(text)), Options{File: strings.HasPrefix(string(text), "# script.")})
			if script == nil {
				b.Fatal(list)
			}
			in, err := script.NewInstance(nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for done := 0; done < b.N; { // what decoding costs is part of it
				batch := event.NewBatch()
				for range 100 {
					if _, _, err := batch.Decode(batch.Copy([]byte(record))); err != nil {
						b.Fatal(err)
					}
				}
				for _, ev := range batch.Events {
					if err := in.Run(ev, nil); err != nil {
						b.Fatal(err)
					}
				}
				done += 100
				batch.Release()
			}
		})
	}
}
