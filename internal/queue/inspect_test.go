package queue

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"sluice/internal/vfs"
)

func TestInspect(t *testing.T) {
	const records = 200
	disk := filled(t, records, 200, nil)
	name, _ := lastSegment(disk)
	disk.FlipBit(name, (segmentHeader+frameHeader+50)*8) // a payload
	disk.FlipBit(name, 20*8)                             // a copy of the header
	before := disk.Files(modelDir)

	s, err := Stat(disk, modelDir)
	if err != nil || s.Events != records || s.First != 1 || s.End != records+1 || len(s.Cursors) != 1 || s.Cursors[0].Lag.Events != records {
		t.Errorf("stat: %+v, %v", s, err)
	}
	c, err := Check(disk, modelDir)
	if err != nil || c.Lost != 1 || !hasKind(c.Problems, Damaged) || !hasKind(c.Problems, HeaderDamaged) {
		t.Errorf("check: %+v, %v", c, err)
	}
	n := 0
	x, err := Export(t.Context(), disk, modelDir, "out", func(r Record) error {
		if !bytes.Equal(r.Payload, payloads(int(r.Seq)-1, 1, 200)[0]) {
			t.Errorf("record %d is wrong", r.Seq)
		}
		n++
		return nil
	})
	if err != nil || n != records-1 || x.Lost != 1 {
		t.Errorf("export: %d records, %+v, %v", n, x, err)
	}
	if _, err := Export(t.Context(), disk, modelDir, "nobody", nil); err == nil {
		t.Error("export of a cursor that does not exist")
	}
	after := disk.Files(modelDir)
	for f, size := range before {
		if after[f] != size || len(after) != len(before) {
			t.Error("looking has changed", f)
		}
	}

	r, err := Repair(t.Context(), disk, modelDir)
	if err != nil || r.Lost != 1 || r.QuarantineFiles != 1 {
		t.Errorf("repair: %+v, %v", r, err)
	}
	c, err = Check(disk, modelDir)
	if err != nil || hasKind(c.Problems, HeaderDamaged) {
		t.Errorf("check after repair: %+v, %v", c, err)
	}
}

func TestInspectWhileInUse(t *testing.T) {
	dir := t.TempDir()
	j := open(t, Options{Dir: dir})
	defer j.Close()
	j.Append(t.Context(), payloads(0, 100, 100))
	c, err := Check(nil, dir)
	if err != nil || c.Events != 100 || len(c.Problems) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	var locked *vfs.LockedError
	if _, err := Repair(t.Context(), nil, dir); !errors.As(err, &locked) {
		t.Error(err)
	}
	if _, err := Stat(nil, filepath.Join(dir, "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	empty := t.TempDir()
	if _, err := Repair(t.Context(), nil, empty); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if list, _ := os.ReadDir(empty); len(list) != 0 {
		t.Error("looking made", list)
	}
}
