package input

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// watch is a run of the input: the files that it knows and where it is in them. All of
// it belongs to one goroutine.
type watch struct {
	in    *file
	db    *sincedb
	to    plugin.Sink
	files []*watched
	byID  map[fileID]*watched
	round int
	began bool // files have been looked for
	again bool // look for files before it is time
	open  int  // files that are open
	bad   map[string]string
}

// watched is a file that is watched.
type watched struct {
	id       fileID
	shown    string // its path, as the configuration leads to it
	real     string
	file     *os.File // nil while it is closed
	position int64    // everything before it is in the queue, and it is what is saved
	restart  bool     // it is to be read from its beginning
	reader   lineReader
	size     int64
	modified time.Time
	grew     time.Time // when something was read last
	done     bool      // read to its end, in read mode, or given up
	gone     bool      // no longer found by its path
}

func newWatch(in *file, db *sincedb, to plugin.Sink) *watch {
	return &watch{in: in, db: db, to: to, byID: map[fileID]*watched{}, bad: map[string]string{}}
}

func (w *watch) run(ctx context.Context) error {
	tick := time.NewTicker(w.in.stat)
	defer tick.Stop()
	for ; ; w.round++ {
		if (w.round%w.in.discover == 0 || w.again) && !(w.began && w.in.exitAfterRead) {
			w.discover()
		}
		if err := w.readAll(ctx); err != nil || ctx.Err() != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := w.db.saveAfter(w.in.sincedbInterval, time.Now()); err != nil {
			w.in.env.Log.Error("the positions in the files cannot be saved", "path", w.db.path, "error", err)
		}
		if w.in.exitAfterRead && !slices.ContainsFunc(w.files, func(f *watched) bool { return !f.done }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// close closes all files and saves the positions.
func (w *watch) close() {
	for _, f := range w.files {
		w.closeFile(f)
	}
	if !w.db.changed {
		return
	}
	if err := w.db.save(time.Now()); err != nil {
		w.in.env.Log.Error("the positions in the files cannot be saved; lines may be read twice after the next start",
			"path", w.db.path, "error", err)
	}
}

// discover looks for files that are new.
func (w *watch) discover() {
	for _, found := range w.in.discoverFiles() {
		info, err := w.in.env.Access.Files().Stat(found.real)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		id := identify(found.real, info)
		known := w.byID[id]
		switch {
		case known == nil:
			w.add(found, id, info)
		case known.shown != found.shown && !w.isAt(known):
			known.shown, known.real, known.gone = found.shown, found.real, false // renamed
			if r := w.db.records[id]; r != nil {
				r.path, w.db.changed = found.shown, true
			}
		}
	}
	w.began, w.again = true, false
}

// isAt tells whether a file is still where it was.
func (w *watch) isAt(f *watched) bool {
	info, err := w.in.env.Access.Files().Stat(f.real)
	return err == nil && identify(f.real, info) == f.id
}

// add watches a file that is seen for the first time.
func (w *watch) add(found found, id fileID, info os.FileInfo) {
	now := time.Now()
	f := &watched{id: id, shown: found.shown, real: found.real, grew: now, modified: info.ModTime()}
	old := w.in.ignoreOlder > 0 && now.Sub(info.ModTime()) > w.in.ignoreOlder
	record := w.db.records[id]
	switch {
	case record != nil && w.fits(f, record, info):
		f.position = record.position
		record.watched = true
		if record.path != found.shown {
			record.path, w.db.changed = found.shown, true
		}
	case w.in.mode == "read":
		if old {
			return // as long as it is old; it is looked at again when it is found again
		}
	case old, !w.began && w.in.start == "end":
		f.position = w.lastLine(f, info.Size())
		w.db.set(id, f.position, f.shown, now)
	}
	w.reset(f)
	w.files = append(w.files, f)
	w.byID[id] = f
	if w.in.mode == "read" && record != nil && f.position == info.Size() && f.position > 0 || f.position > 0 && f.compressed() {
		f.done = true // and a compressed one is read as a whole or not at all
		if w.in.completed == "delete" {
			w.complete(f) // the program ended before it could
		}
	}
}

// fits tells whether a file is the one that a record is about. An inode may have been
// given to another file since: then it is shorter, or no line ends where the record's
// position is.
func (w *watch) fits(f *watched, r *record, info os.FileInfo) bool {
	if info.Size() < r.position {
		return false
	}
	if r.position == 0 || info.Size() == r.position || f.compressed() {
		return true
	}
	file, err := w.in.env.Access.Files().Open(f.real)
	if err != nil {
		return true // it can be looked at when it can be read
	}
	defer file.Close()
	ok, err := w.delimiterAt(file, r.position)
	unchanged := info.ModTime().Before(r.changed.Add(-time.Second)) // the file system's clock is coarse
	return ok || err != nil || r.path == f.shown && unchanged
}

// delimiterAt tells whether a delimiter ends at the position.
func (w *watch) delimiterAt(file io.ReaderAt, position int64) (bool, error) {
	text := make([]byte, len(w.in.delimiter))
	if position < int64(len(text)) {
		return false, nil
	}
	_, err := file.ReadAt(text, position-int64(len(text)))
	return string(text) == w.in.delimiter, err
}

// lastLine returns where the last line begins that has no end yet, so that it is read
// whole when it goes on. A line of more than 64 KiB is begun at the end.
func (w *watch) lastLine(f *watched, size int64) int64 {
	file, err := w.in.env.Access.Files().Open(f.real)
	if err != nil {
		return size
	}
	defer file.Close()
	text := make([]byte, min(size, 64<<10))
	n, _ := file.ReadAt(text, size-int64(len(text)))
	if i := strings.LastIndex(string(text[:n]), w.in.delimiter); i >= 0 {
		return size - int64(len(text)-i-len(w.in.delimiter))
	}
	if n == int(size) {
		return 0
	}
	return size
}

// readAll reads what all files have grown by, each in its turn.
func (w *watch) readAll(ctx context.Context) error {
	w.sort()
	for more := true; more && ctx.Err() == nil; {
		more = false
		for _, f := range w.files {
			if f.done {
				continue
			}
			again, err := w.readFile(ctx, f)
			if err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
			more = more || again
		}
	}
	w.files = slices.DeleteFunc(w.files, w.finished)
	return nil
}

func (w *watch) sort() {
	slices.SortStableFunc(w.files, func(a, b *watched) int {
		c := strings.Compare(a.shown, b.shown)
		if w.in.sortBy == "last_modified" {
			c = cmp.Or(a.modified.Compare(b.modified), c)
		}
		if w.in.sortDirection == "desc" {
			return -c
		}
		return c
	})
}

// linger is how long a file that has gone from its path stays open: who renamed it may
// let its writer go on for a while.
const linger = 5 * time.Second

// finished tells whether a file needs not be watched any more, and lets go of it.
func (w *watch) finished(f *watched) bool {
	if f.gone && (f.file == nil || time.Since(f.grew) > max(linger, 5*w.in.stat)) {
		w.closeFile(f)
		delete(w.byID, f.id)
		if w.bad[f.real] != "" {
			delete(w.bad, f.real)
			w.tell()
		}
		if r := w.db.records[f.id]; r != nil {
			r.watched = false
		}
		return true
	}
	return false
}

// readFile reads what a file has grown by, and tells whether there is more to read at
// once. An error is one of the sink; those of the file are told and the file is left
// alone until it changes.
func (w *watch) readFile(ctx context.Context, f *watched) (more bool, err error) {
	if w.in.mode == "read" {
		return w.readOnce(ctx, f)
	}
	if err := w.look(f); err != nil {
		w.trouble(f, err)
		return false, nil
	}
	if f.restart {
		if err := w.rewind(ctx, f); err != nil {
			return false, err
		}
	}
	if f.size > f.reader.next() {
		if err := w.openFile(f); err != nil {
			w.trouble(f, err)
			return false, nil
		}
		more, err = w.readChunks(ctx, f)
		if err != nil {
			return false, err
		}
	} else if f.file != nil && time.Since(f.grew) > w.in.closeOlder {
		w.closeFile(f)
	}
	return more, w.endDue(ctx, f)
}

// look finds out how large a file is, and whether it is still the one at its path.
func (w *watch) look(f *watched) error {
	info, err := w.in.env.Access.Files().Stat(f.real)
	switch {
	case err == nil && identify(f.real, info) == f.id:
		f.gone = false
	case err == nil || errors.Is(err, os.ErrNotExist):
		if !f.gone {
			f.gone, f.grew = true, time.Now()
			w.again = true // another one may have taken its place
		}
		if f.file == nil {
			f.size = f.reader.next()
			return nil
		}
		if info, err = f.file.Stat(); err != nil {
			return err
		}
	default:
		return err
	}
	changed := !info.ModTime().Equal(f.modified)
	f.size, f.modified = info.Size(), info.ModTime()
	if f.size < f.reader.next() {
		w.in.env.Log.Info("a file has become shorter and is read from its beginning", "path", f.shown)
		f.restart = true
	} else if changed && f.file != nil && f.reader.aligned && f.reader.held() == 0 && f.size > f.position {
		// A file that was emptied and has grown again meanwhile shows no end of a line here.
		if ok, err := w.delimiterAt(f.file, f.position); err == nil && !ok {
			w.in.env.Log.Info("a file has been written anew and is read from its beginning", "path", f.shown)
			f.restart = true
		}
	}
	return nil
}

// rewind begins a file anew. What the decoder still holds of its old content is an event.
func (w *watch) rewind(ctx context.Context, f *watched) error {
	b := event.NewBatch()
	f.reader.end(b, false)
	if err := w.put(ctx, f, b); err != nil {
		return err
	}
	f.position, f.restart = 0, false
	w.db.set(f.id, 0, f.shown, time.Now())
	w.reset(f)
	return nil
}

func (w *watch) openFile(f *watched) error {
	if f.file != nil {
		return nil
	}
	if w.open >= w.in.maxOpen && !w.closeIdle() {
		return fmt.Errorf("%d files are open, and no more may be (max_open_files)", w.open)
	}
	file, err := w.in.env.Access.Files().Open(f.real)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil && identify(f.real, info) != f.id {
		err = errors.New("another file has taken its place") // found as such next time
	}
	if err != nil {
		file.Close()
		return err
	}
	if w.bad[f.real] != "" {
		delete(w.bad, f.real)
		w.tell()
	}
	f.file = file
	w.open++
	return nil
}

// closeIdle closes the file that has not grown for the longest time.
func (w *watch) closeIdle() bool {
	var idle *watched
	for _, f := range w.files {
		if f.file != nil && !f.gone && f.size <= f.reader.next() && (idle == nil || f.grew.Before(idle.grew)) {
			idle = f
		}
	}
	if idle == nil {
		return false
	}
	w.closeFile(idle)
	return true
}

func (w *watch) closeFile(f *watched) {
	if f.file != nil {
		f.file.Close()
		f.file = nil
		w.open--
	}
}

// trouble remembers that a file cannot be read, and tells it once.
func (w *watch) trouble(f *watched, err error) {
	if w.bad[f.real] == err.Error() {
		return
	}
	w.bad[f.real] = err.Error()
	w.in.env.Log.Error("a file cannot be read", "path", f.shown, "error", err)
	w.tell()
}

func (w *watch) tell() {
	for path, reason := range w.bad {
		w.in.env.Conditions.Raise(cannotRead, w.in.env.ID, path+": "+reason)
		return
	}
	w.in.env.Conditions.Clear(cannotRead, w.in.env.ID)
}
