package queue

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/vfs"
)

func TestStrangeFilesNeverStopOpen(t *testing.T) {
	const records = 200
	newer := func(b []byte) []byte {
		h, _ := parseSegmentHead(b)
		h.version = formatVersion + 1
		return append(h.encode(), b[segmentHeader:]...)
	}
	for _, c := range []struct {
		name string
		do   func(disk *vfs.Sim, segs []string)
		lost bool // whether records may be missing
		kind ProblemKind
	}{
		{"foreign file", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, modelDir+"/notes.txt", []byte("hi")) }, false, ForeignFile},
		{"foreign folder", func(d *vfs.Sim, s []string) { d.MkdirAll(modelDir + "/lost+found") }, false, ForeignFile},
		{"foreign segment", func(d *vfs.Sim, s []string) {
			other := vfs.NewSim(9)
			vfs.WriteFile(other, "/x", nil)
			vfs.WriteFile(d, modelDir+"/"+segmentName(99, 1), segmentHead{version: 1, id: ID{1}, number: 99, base: 1}.encode())
		}, false, ForeignFile},
		{"copied segment", func(d *vfs.Sim, s []string) {
			b, _ := vfs.ReadFile(d, s[0])
			vfs.WriteFile(d, modelDir+"/"+segmentName(77, 1), b)
		}, false, ForeignFile},
		{"missing identity", func(d *vfs.Sim, s []string) { d.Remove(modelDir + "/identity") }, false, Missing},
		{"empty identity", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, modelDir+"/identity", nil) }, false, HeaderDamaged},
		{"identity of another", func(d *vfs.Sim, s []string) { writeIdentity(d, modelDir, ID{7}) }, false, ForeignFile},
		{"missing cursor", func(d *vfs.Sim, s []string) { d.Remove(modelDir + "/out.cursor") }, false, ""},
		{"empty cursor", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, modelDir+"/out.cursor", nil) }, false, CursorDamaged},
		{"newer cursor", func(d *vfs.Sim, s []string) {
			b := encodeCursor(nil, cursorState{name: "out", low: 50})
			b[8] = cursorVersion + 1
			b = binary.LittleEndian.AppendUint32(b[:len(b)-4], checksum(b[:len(b)-4]))
			vfs.WriteFile(d, modelDir+"/out.cursor", append(b, make([]byte, 2*cursorSlot-len(b))...))
		}, false, NewerVersion},
		{"missing first segment", func(d *vfs.Sim, s []string) { d.Remove(s[0]) }, true, ""},
		{"missing middle segment", func(d *vfs.Sim, s []string) { d.Remove(s[1]) }, true, Missing},
		{"missing last segment", func(d *vfs.Sim, s []string) { d.Remove(s[len(s)-1]) }, true, ""},
		{"empty first segment", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, s[0], nil) }, true, Missing},
		{"empty middle segment", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, s[1], nil) }, true, Missing},
		{"empty last segment", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, s[len(s)-1], nil) }, true, Missing},
		{"empty extra segment", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, modelDir+"/"+segmentName(99, 1<<20), nil) }, false, Missing},
		{"segment is garbage", func(d *vfs.Sim, s []string) { vfs.WriteFile(d, s[1], bytes.Repeat([]byte("garbage"), 999)) }, true, HeaderDamaged},
		{"two segments swapped", func(d *vfs.Sim, s []string) {
			d.Rename(s[0], "/q/x")
			d.Rename(s[1], s[0])
			d.Rename("/q/x", s[1])
		}, false, ""},
		{"newer last segment", func(d *vfs.Sim, s []string) {
			b, _ := vfs.ReadFile(d, s[len(s)-1])
			vfs.WriteFile(d, s[len(s)-1], newer(b))
		}, true, NewerVersion},
		{"newer middle segment", func(d *vfs.Sim, s []string) {
			b, _ := vfs.ReadFile(d, s[1])
			vfs.WriteFile(d, s[1], newer(b))
		}, true, NewerVersion},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := filled(t, records, 200, nil)
			var segs []string
			list, _ := disk.List(modelDir)
			for _, e := range list {
				if strings.HasSuffix(e.Name, segmentSuffix) {
					segs = append(segs, filepath.Join(modelDir, e.Name))
				}
			}
			if len(segs) < 3 {
				t.Fatal("too few segments for this test:", len(segs))
			}
			c.do(disk, segs)
			before := disk.Files(modelDir)
			for round := range 2 {
				j, rep, err := Open(t.Context(), simOptions(disk))
				if err != nil {
					t.Fatal(err)
				}
				if c.kind != "" && round == 0 && !hasKind(rep.Problems, c.kind) {
					t.Errorf("no problem %s in %v", c.kind, rep.Problems)
				}
				first, err := j.TryAppend([][]byte{[]byte("after")})
				if err != nil || !c.lost && first <= records {
					t.Fatal(first, err)
				}
				got := drain(t, j, "out")
				if !c.lost && len(got) != records+round+1 {
					t.Errorf("%d records of %d", len(got), records+round+1)
				}
				if len(got) < records/3 || string(got[len(got)-1]) != "after" {
					t.Errorf("%d records", len(got))
				}
				if err := j.Close(); err != nil {
					t.Error(err)
				}
			}
			after := disk.Files(modelDir)
			for name := range before {
				if _, ok := after[name]; !ok {
					t.Errorf("%s was deleted", name)
				}
			}
		})
	}
}

func hasKind(ps []Problem, kind ProblemKind) bool {
	for _, p := range ps {
		if p.Kind == kind {
			return true
		}
	}
	return false
}

// TestNewerSegmentIsKept goes back to the newer version: nothing of it was passed by.
func TestNewerSegmentIsKept(t *testing.T) {
	disk := filled(t, 200, 200, nil)
	name, _ := lastSegment(disk)
	b, _ := vfs.ReadFile(disk, name)
	h, _ := parseSegmentHead(b)
	rest := append([]byte(nil), b[segmentHeader:]...)
	h.version++
	vfs.WriteFile(disk, name, append(h.encode(), rest...))

	j := open(t, simOptions(disk))
	j.TryAppend([][]byte{[]byte("by the older version")})
	r, _ := j.Reader("out", Earliest)
	var batch Batch
	for r.Lag().Unread > 0 {
		r.Next(t.Context(), &batch, 1000, 0)
		r.Ack(batch.Ranges()...)
	}
	j.maintain()
	j.Close()

	h.version--
	vfs.WriteFile(disk, name, append(h.encode(), rest...))
	j = open(t, simOptions(disk))
	defer j.Close()
	got := drain(t, j, "out")
	if want := 200 - int(h.base) + 1; len(got) != want || !bytes.Equal(got[0], payloads(int(h.base)-1, 1, 200)[0]) {
		t.Errorf("%d records, want the %d of the newer segment", len(got), want)
	}
}

func TestLockedDirectory(t *testing.T) {
	opt := Options{Dir: t.TempDir()}
	j := open(t, opt)
	defer j.Close()
	_, _, err := Open(t.Context(), opt)
	var locked *vfs.LockedError
	if !errors.As(err, &locked) || locked.PID != fmt.Sprint(os.Getpid()) {
		t.Error(err)
	}
}
