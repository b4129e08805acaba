package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"
)

// both runs a test on the real and on the simulated file system.
func both(t *testing.T, f func(t *testing.T, fsys FS, dir string)) {
	t.Run("os", func(t *testing.T) { f(t, OS, t.TempDir()) })
	t.Run("sim", func(t *testing.T) { f(t, NewSim(1), "/data") })
}

func TestFilesBehaveTheSame(t *testing.T) {
	both(t, func(t *testing.T, fsys FS, dir string) {
		if err := fsys.MkdirAll(dir + "/sub"); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(fsys, dir+"/a", []byte("hello")); err != nil {
			t.Fatal(err)
		}
		f, err := fsys.OpenRW(dir + "/a")
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			name string
			do   func() error
			want string
		}{
			{"overwrite", func() error { _, err := f.WriteAt([]byte("J"), 0); return err }, "Jello"},
			{"beyond the end", func() error { _, err := f.WriteAt([]byte("x"), 7); return err }, "Jello\x00\x00x"},
			{"shrink", func() error { return f.Truncate(3) }, "Jel"},
			{"grow reads zeros", func() error { return f.Truncate(5) }, "Jel\x00\x00"},
			{"sync", f.Sync, "Jel\x00\x00"},
			{"rename keeps the open file", func() error { return fsys.Rename(dir+"/a", dir+"/b") }, "Jel\x00\x00"},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			got := make([]byte, 100)
			n, _ := f.ReadAt(got, 0)
			if string(got[:n]) != step.want {
				t.Errorf("%s: %q, want %q", step.name, got[:n], step.want)
			}
		}
		f.Close()
		list, err := fsys.List(dir)
		if fmt.Sprint(list) != "[{b 5 false} {sub 0 true}]" || err != nil {
			t.Error(list, err)
		}
		if _, err := fsys.Open(dir + "/a"); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		l, err := fsys.Lock(dir + "/lock")
		if err != nil {
			t.Fatal(err)
		}
		var locked *LockedError
		if _, err := fsys.Lock(dir + "/lock"); !errors.As(err, &locked) {
			t.Error("locked twice:", err)
		}
		l.Close()
		if l, err = fsys.Lock(dir + "/lock"); err != nil {
			t.Error("not free after Close:", err)
		} else {
			l.Close()
		}
		if free, err := fsys.Free(dir); err != nil || free <= 0 {
			t.Error(free, err)
		}
	})
}

func TestCrashLosesWhatWasNotSynced(t *testing.T) {
	type result struct{ none, all bool } // does the file with the new content exist
	for _, c := range []struct {
		name string
		do   func(s *Sim, f File)
		want result
	}{
		{"written only", func(s *Sim, f File) {}, result{false, true}},
		{"synced, name not", func(s *Sim, f File) { f.Sync() }, result{false, true}},
		{"name synced, content not", func(s *Sim, f File) { s.SyncDir("/d") }, result{false, true}},
		{"both synced", func(s *Sim, f File) { f.Sync(); s.SyncDir("/d") }, result{true, true}},
		{"failed sync, then a good one", func(s *Sim, f File) {
			f.Sync()
			s.SyncDir("/d")
			f.WriteAt(bytes.Repeat([]byte("z"), 1<<20), 0)
			s.FailCall(s.Calls(), ErrIO)
			f.Sync()
			f.WriteAt([]byte("data"), 0)
			f.WriteAt(make([]byte, 0), 1<<20)
			if f.Sync() != nil {
				panic("second sync failed")
			}
		}, result{false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := func(keep Keep) bool {
				s := NewSim(7)
				s.MkdirAll("/d")
				f, _ := s.Create("/d/f")
				f.WriteAt([]byte("data"), 0)
				c.do(s, f)
				want, _ := ReadFile(s, "/d/f")
				s = s.Crash(keep)
				got, _ := ReadFile(s, "/d/f")
				return len(want) > 0 && bytes.Equal(got, want)
			}
			if got := (result{check(KeepNone), check(KeepAll)}); got != c.want {
				t.Errorf("kept %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestKeepSomeTearsSectors(t *testing.T) {
	torn := map[int]bool{}
	for seed := range uint64(200) {
		s := NewSim(seed)
		f, _ := s.Create("/f")
		f.Truncate(simBlock)
		f.Sync()
		s.SyncDir("/")
		f.WriteAt(bytes.Repeat([]byte("x"), simBlock), 0)
		got, err := ReadFile(s.Crash(KeepSome), "/f")
		if err != nil || len(got) != simBlock {
			t.Fatal(len(got), err)
		}
		n := bytes.Count(got, []byte("x"))
		if n%simSector != 0 {
			t.Fatalf("seed %d: %d bytes survived, not whole sectors", seed, n)
		}
		torn[n/simSector] = true
	}
	if len(torn) < 7 {
		t.Errorf("only %d different outcomes", len(torn))
	}
}

func TestFullDisk(t *testing.T) {
	s := NewSim(1)
	s.SetCapacity(10000)
	f, _ := s.Create("/f")
	if _, err := f.WriteAt(make([]byte, 8000), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Allocate(20000); !errors.Is(err, ErrNoSpace) {
		t.Error(err)
	}
	if _, err := f.WriteAt(make([]byte, 4000), 8000); !errors.Is(err, ErrNoSpace) {
		t.Error(err)
	}
	if free, _ := s.Free("/"); free != 2000 {
		t.Error("free", free)
	}
	s.Remove("/f")
	if s.Used() != 8000 {
		t.Error("an open file's space was freed")
	}
	f.Close()
	if s.Used() != 0 {
		t.Error("space was not freed")
	}
}

func TestSlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSim(1)
		s.SetDelay(func(c Call) time.Duration {
			if c.Op == OpSync {
				return 2 * time.Second
			}
			return 0
		})
		f, _ := s.Create("/f")
		start := time.Now()
		f.Sync()
		if d := time.Since(start); d != 2*time.Second {
			t.Error(d)
		}
	})
}

func TestOneSeedOneResult(t *testing.T) {
	run := func() string {
		s := NewSim(42)
		for i := range 20 {
			f, _ := s.Create(fmt.Sprintf("/f%d", i))
			f.WriteAt(bytes.Repeat([]byte{byte(i)}, 9000), 0)
			if i%3 == 0 {
				f.Sync()
			}
		}
		s = s.Crash(KeepSome)
		out := ""
		list, _ := s.List("/")
		for _, e := range list {
			b, _ := ReadFile(s, "/"+e.Name)
			out += fmt.Sprint(e, bytes.Count(b, []byte{0}))
		}
		return out
	}
	if a, b := run(), run(); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}
