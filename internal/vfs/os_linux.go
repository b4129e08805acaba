package vfs

import (
	"os"
	"syscall"
)

func (f osFile) Sync() error {
	for {
		// fdatasync leaves out the time stamps, which saves a journal commit of the
		// file system for each write into allocated space.
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			if err != nil {
				return osError(&os.PathError{Op: "fdatasync", Path: f.Name(), Err: err})
			}
			return nil
		}
	}
}

func (f osFile) Allocate(end int64) error {
	size, err := f.Size()
	if err != nil || end <= size {
		return err
	}
	for {
		err := syscall.Fallocate(int(f.Fd()), 0, size, end-size)
		switch err {
		case nil, syscall.EOPNOTSUPP, syscall.ENOSYS:
			return nil
		case syscall.EINTR:
			continue
		}
		return osError(&os.PathError{Op: "fallocate", Path: f.Name(), Err: err})
	}
}

func (osFS) SyncDir(dir string) error {
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

func (osFS) Free(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(s.Bavail) * s.Bsize, nil
}

func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
