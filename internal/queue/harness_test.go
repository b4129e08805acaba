package queue

import (
	"testing"

	"sluice/internal/vfs"
)

// The harness must be able to fail: journals that are broken on purpose are caught.

type noSync struct{ vfs.FS }

type noSyncFile struct{ vfs.File }

func (noSyncFile) Sync() error { return nil }

func wrapFile(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return noSyncFile{f}, nil
}

func (s noSync) OpenRW(name string) (vfs.File, error) { return wrapFile(s.FS.OpenRW(name)) }
func (s noSync) Create(name string) (vfs.File, error) { return wrapFile(s.FS.Create(name)) }

type noSyncDir struct{ vfs.FS }

func (noSyncDir) SyncDir(string) error { return nil }

func TestHarnessCatchesBrokenJournals(t *testing.T) {
	for _, c := range []struct {
		name     string
		flipping bool
		adjust   func(*Options)
		wrap     func(vfs.FS) vfs.FS
	}{
		{"ack before sync", false, nil, func(f vfs.FS) vfs.FS { return noSync{f} }},
		{"rename without directory sync", false, nil, func(f vfs.FS) vfs.FS { return noSyncDir{f} }},
		{"no checksum", true, func(o *Options) { o.skipCRC, o.Compression = true, CompressNone }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(500) {
				if failure := runSeed(seed+1, c.flipping, c.adjust, c.wrap); failure != "" {
					t.Logf("caught after %d programs: %s", seed+1, failure)
					return
				}
			}
			t.Error("500 programs found nothing wrong with a broken journal")
		})
	}
}
