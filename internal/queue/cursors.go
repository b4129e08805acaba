package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Reader returns the reader of a named cursor. A new cursor begins at from and is durable
// on return; one that exists goes on where it was, and from does not count. Only one
// reader of a cursor may be open (ErrCursorInUse).
func (j *Journal) Reader(name string, from Position) (*Reader, error) {
	if name == "" || len(name) > MaxCursorName {
		return nil, fmt.Errorf("cursor name %q: need 1 to %d bytes", name, MaxCursorName)
	}
	j.mu.Lock()
	c, found := j.cursors[name]
	if found && c.inUse {
		j.mu.Unlock()
		return nil, fmt.Errorf("%w: %q", ErrCursorInUse, name)
	}
	if j.closed {
		j.mu.Unlock()
		return nil, ErrClosed
	}
	if found {
		c.inUse = true
		c.next, c.released = c.low, nil
		r := j.newReader(c)
		j.mu.Unlock()
		return r, nil
	}
	j.mu.Unlock()
	low, err := j.locate(from)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	if j.cursors[name] != nil {
		j.mu.Unlock()
		return nil, fmt.Errorf("%w: %q", ErrCursorInUse, name)
	}
	if len(j.segs) > 0 {
		low = max(low, j.segs[0].base) // the oldest may have gone since
	}
	c = &cursor{name: name, inUse: true, low: low, next: low}
	j.cursors[name] = c // from now on its segments stay
	s := cursorState{name: name, id: j.id, low: c.low, at: j.synced}
	j.mu.Unlock()
	c.io.Lock()
	err = c.create(j.opt.FS, j.opt.Dir, s)
	c.io.Unlock()
	if err != nil {
		j.opt.FS.Remove(c.path)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		delete(j.cursors, name)
		return nil, err
	}
	j.metaBytes += int64(2 * c.half)
	return j.newReader(c), nil
}

// Peek returns a reader that is not durable and holds nothing back: for looking around.
// What is removed while it reads, it does not see.
func (j *Journal) Peek(from Position) (*Reader, error) {
	low, err := j.locate(from)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newReader(&cursor{low: low, next: low, passing: true}), nil
}

// newReader makes a reader known, so that it lets go of removed files. mu is held.
func (j *Journal) newReader(c *cursor) *Reader {
	r := &Reader{j: j, c: c}
	j.readers[r] = true
	return r
}

// letGo closes the file if its segment was removed, since an open file takes space. It is
// called after each removal and each read, so whoever is last sees it.
func (r *Reader) letGo() {
	if !r.stale.Load() || !r.mu.TryLock() {
		return
	}
	defer r.mu.Unlock()
	r.stale.Store(false)
	r.closeFile()
}

// Cursors lists the names of all cursors.
func (j *Journal) Cursors() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	names := make([]string, 0, len(j.cursors))
	for n := range j.cursors {
		names = append(names, n)
	}
	return names
}

// DropCursor removes a cursor and its file. Its reader, if open, gives ErrClosed.
func (j *Journal) DropCursor(name string) error {
	j.mu.Lock()
	c := j.cursors[name]
	if c == nil {
		j.mu.Unlock()
		return nil
	}
	delete(j.cursors, name)
	c.gone = true
	j.wakeReaders()
	j.mu.Unlock()
	c.io.Lock()
	defer c.io.Unlock()
	if c.file != nil {
		c.file.Close()
		c.file = nil
	}
	err := j.opt.FS.Remove(filepath.Join(j.opt.Dir, cursorFileName(name)))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = j.opt.FS.SyncDir(j.opt.Dir)
	}
	if err != nil {
		return fmt.Errorf("remove cursor %q: %w", name, err)
	}
	j.mu.Lock()
	j.metaBytes -= int64(2 * c.half)
	j.wakeAppenders()
	j.mu.Unlock()
	j.poke()
	return nil
}
