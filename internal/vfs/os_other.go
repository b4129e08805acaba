//go:build !linux

package vfs

import (
	"math"
	"os"
	"runtime"
)

func (f osFile) Sync() error { return osError(f.File.Sync()) }

// Allocate is an optimisation that only Linux has in the standard library.
func (f osFile) Allocate(end int64) error { return nil }

func (osFS) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return osError(err)
}

// Free is unknown here, so a reserve of free space is never the limit.
func (osFS) Free(dir string) (int64, error) { return math.MaxInt64, nil }
