package queue

import (
	"bytes"
	"context"
	"testing"

	"sluice/internal/vfs"
)

// FuzzSegment opens and reads a directory with any content in a segment and a cursor: it
// never fails, never loops, and gives out nothing but good records.
func FuzzSegment(f *testing.F) {
	disk := filled(f, 5, 40, nil)
	name, _ := lastSegment(disk)
	seg, _ := vfs.ReadFile(disk, name)
	cur, _ := vfs.ReadFile(disk, modelDir+"/out.cursor")
	f.Add(seg, cur[:100])
	disk = filled(f, 50, 400, func(o *Options) { o.Compression = CompressSpeed })
	name2, _ := lastSegment(disk)
	zstd, _ := vfs.ReadFile(disk, name2)
	f.Add(zstd, cur[:100])
	f.Add([]byte{}, []byte{})
	f.Add(bytes.Repeat(markerBytes, 200), bytes.Repeat([]byte(cursorMagic), 20))
	f.Fuzz(func(t *testing.T, seg, cur []byte) {
		disk := vfs.NewSim(1)
		disk.MkdirAll(modelDir)
		disk.SetFault(nil)
		vfs.WriteFile(disk, modelDir+"/"+segmentName(1, 1), seg)
		vfs.WriteFile(disk, modelDir+"/out.cursor", cur)
		j, _, err := Open(context.Background(), simOptions(disk))
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		if _, err := j.TryAppend([][]byte{[]byte("after")}); err != nil {
			t.Fatal(err)
		}
		r, err := j.Reader("check", Latest)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		drain(t, j, "any")
		if _, err := Check(disk, modelDir); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzStamped makes frames with good checksums and any header fields around any body, so
// that the fuzzer comes past the checksums.
func FuzzStamped(f *testing.F) {
	c, err := newCompressor(CompressSpeed)
	if err != nil {
		f.Fatal(err)
	}
	var frames []byte
	for i := range 20 {
		frames = appendFrame(frames, frameRecord, uint64(i+1), 1, payloads(i, 1, 100)[0])
	}
	block := c.compress(frames)[frameHeader:]
	f.Add(byte(frameBlock), uint64(1), uint64(1), block)
	f.Add(byte(frameRecord), uint64(7), uint64(1), []byte("payload"))
	f.Add(byte(frameClosed), uint64(2), uint64(9), []byte{})
	f.Fuzz(func(t *testing.T, kind byte, seq, base uint64, body []byte) {
		if base > 1<<60 || seq > 1<<60 {
			t.Skip("numbers that no queue reaches")
		}
		id := ID{1}
		b := segmentHead{version: formatVersion, id: id, number: 1, base: base, prevEnd: base}.encode()
		fr := appendFrame(nil, frameKind(kind), seq, 1, body)
		fr = appendFrame(fr, frameRecord, seq+1, 1, body)
		stamp(fr, saltOf(id, 1), segmentHeader)
		disk := vfs.NewSim(1)
		disk.MkdirAll(modelDir)
		vfs.WriteFile(disk, modelDir+"/"+segmentName(1, base), append(b, fr...))
		j, _, err := Open(context.Background(), simOptions(disk))
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		if _, err := j.TryAppend([][]byte{[]byte("after")}); err != nil {
			t.Fatal(err)
		}
		got := drain(t, j, "any")
		if len(got) == 0 || string(got[len(got)-1]) != "after" {
			t.Fatal("the record appended after is not the last one")
		}
	})
}
