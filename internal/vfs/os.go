package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// OS is the real file system. Files are made with mode 0600, directories with 0700.
var OS FS = osFS{}

type osFS struct{}

type osFile struct{ *os.File }

// osError makes a full disk recognisable on every system.
func osError(err error) error {
	if err != nil && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) {
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return err
}

func open(name string, flag int) (File, error) {
	f, err := os.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, osError(err)
	}
	return osFile{f}, nil
}

func (osFS) Open(name string) (File, error)   { return open(name, os.O_RDONLY) }
func (osFS) OpenRW(name string) (File, error) { return open(name, os.O_RDWR) }
func (osFS) Create(name string) (File, error) {
	return open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
}
func (osFS) Rename(oldName, newName string) error { return osError(os.Rename(oldName, newName)) }
func (osFS) Remove(name string) error             { return osError(os.Remove(name)) }
func (osFS) MkdirAll(dir string) error            { return osError(os.MkdirAll(dir, 0o700)) }

func (osFS) List(dir string) ([]Entry, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(list))
	for _, d := range list {
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		e := Entry{Name: d.Name(), Dir: d.IsDir()}
		if !e.Dir {
			e.Size = info.Size()
		}
		entries = append(entries, e)
	}
	sort.Slice(entries, func(i, k int) bool { return entries[i].Name < entries[k].Name })
	return entries, nil
}

func (osFS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, osError(err)
	}
	if err := lockFile(f); err != nil {
		pid := make([]byte, 32)
		n, _ := f.ReadAt(pid, 0)
		f.Close()
		return nil, &LockedError{Name: name, PID: strings.TrimSpace(string(pid[:n]))}
	}
	// The process id is for people only; the lock holds without it, so that a full
	// disk does not keep a queue from opening.
	if f.Truncate(0) == nil {
		f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return f, nil
}

func (f osFile) WriteAt(b []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(b, off)
	return n, osError(err)
}
func (f osFile) Truncate(size int64) error { return osError(f.File.Truncate(size)) }
func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
