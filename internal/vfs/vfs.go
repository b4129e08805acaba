package vfs

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
)

// FS is a file system. Errors satisfy errors.Is with fs.ErrNotExist, fs.ErrExist,
// fs.ErrPermission and, for a full disk, ErrNoSpace. All methods may be called
// concurrently.
type FS interface {
	// Open opens an existing file for reading.
	Open(name string) (File, error)
	// OpenRW opens an existing file for reading and writing.
	OpenRW(name string) (File, error)
	// Create makes an empty file for reading and writing, emptying one that exists.
	// The name is durable after SyncDir of its directory.
	Create(name string) (File, error)
	// Rename replaces newName in one step; durable after SyncDir.
	Rename(oldName, newName string) error
	// Remove removes a file; durable after SyncDir.
	Remove(name string) error
	// MkdirAll makes a directory and its parents; durable by itself.
	MkdirAll(dir string) error
	// List returns the entries of a directory, sorted by name.
	List(dir string) ([]Entry, error)
	// SyncDir makes creations, renames and removals in dir durable.
	SyncDir(dir string) error
	// Free returns the bytes that are left to an unprivileged user.
	Free(dir string) (int64, error)
	// Lock takes an advisory lock on the file, which is made if missing and holds the
	// owner's process id. If it is taken, the error is a *LockedError.
	Lock(name string) (io.Closer, error)
}

// File is an open file. ReadAt and WriteAt may be called concurrently.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Truncate sets the size in bytes.
	Truncate(size int64) error
	// Allocate reserves space up to end (bytes from the start) and grows the file to
	// it; the new bytes read as zeros. It does nothing where the file system cannot.
	Allocate(end int64) error
	// Sync makes the content and the size durable (fdatasync). After an error the
	// content written since the last good Sync must be taken as lost, even if a later
	// Sync succeeds.
	Sync() error
	// Size is the present size in bytes.
	Size() (int64, error)
}

// Entry is one name in a directory.
type Entry struct {
	Name string
	Size int64 // bytes; 0 for a directory
	Dir  bool
}

// ErrNoSpace is what a full disk or quota gives; test with errors.Is.
var ErrNoSpace = errors.New("no space left on device")

// LockedError says who holds a lock.
type LockedError struct {
	Name string
	PID  string // process id as the owner wrote it; "" if unknown
}

func (e *LockedError) Error() string {
	if e.PID == "" {
		return e.Name + " is locked by another process; stop it, or use another directory"
	}
	return e.Name + " is locked by process " + e.PID + "; stop it, or use another directory"
}

// ReadFile returns the whole file.
func ReadFile(fsys FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	n, err := f.ReadAt(b, 0)
	if err == io.EOF {
		err = nil
	}
	return b[:n], err
}

// WriteFile replaces a file so that after a crash it holds either the old or the new
// content: temporary file, Sync, Rename, SyncDir.
func WriteFile(fsys FS, name string, content []byte) error {
	tmp := name + ".tmp"
	f, err := fsys.Create(tmp)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(content, 0); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = fsys.Rename(tmp, name)
	}
	if err != nil {
		fsys.Remove(tmp)
		return err
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// Exists tells whether the name can be opened.
func Exists(fsys FS, name string) bool {
	f, err := fsys.Open(name)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	f.Close()
	return true
}
