package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"

	"sluice/internal/plugin"
)

// openFile is a file that is kept open for the next batch.
type openFile struct {
	file *os.File
	info fs.FileInfo
	seen time.Time // when it was written last
	use  uint64    // grows with every use
}

// maxOpenFiles is how many files an output keeps open, so that the paths of hostile
// events cannot use up the file descriptors.
const maxOpenFiles = 256

// write writes what a batch has for one file and answers for its events. It returns the
// reason when they have to wait.
func (o *fileOutput) write(t *target, answers []plugin.Answer) string {
	f, err := o.open(t.path)
	if isNoPath(err) && t.path != o.failure {
		o.env.Log.Warn("an event's path is no path of a file; the event is written to the failure file",
			"path", t.path, "error", err, "failure_file", o.failure)
		f, err = o.open(o.failure)
	}
	written := 0
	if err == nil {
		written, err = o.append(f, t)
	}
	if err == nil {
		return ""
	}
	if f != nil {
		o.forget(f)
	}
	reason := fmt.Sprintf("the file %s cannot be written: %v", t.path, err)
	for n, i := range t.events {
		if t.ends[n] > written {
			answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: reason}
		}
	}
	return reason
}

// isNoPath tells whether a file of this path can never be.
func isNoPath(err error) bool {
	if _, denied := errors.AsType[*plugin.Denied](err); denied {
		return true
	}
	for _, never := range []syscall.Errno{syscall.EISDIR, syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.EINVAL} {
		if errors.Is(err, never) {
			return true
		}
	}
	return errors.Is(err, errNotThere)
}

// errNotThere stands for a file that is not to be made.
var errNotThere = errors.New("the file is not there, and create_if_deleted is false")

// append writes the text of a target and returns how much of it stays in the file. What
// was written only in part is taken back.
func (o *fileOutput) append(f *openFile, t *target) (written int, err error) {
	text := t.text
	if o.behavior == "overwrite" {
		text = text[t.last:]
		if f.info.Mode().IsRegular() {
			if err := f.file.Truncate(0); err != nil {
				return 0, err
			}
		}
	}
	if o.gzip {
		p := buffers.Get().(*[]byte)
		packed := compress((*p)[:0], text)
		text = packed
		defer func() { keepBuffer(p, packed) }()
	}
	n, err := f.file.Write(text)
	if err == nil && o.fsync {
		if err = f.file.Sync(); errors.Is(err, syscall.EINVAL) {
			err = nil // a pipe or a device has nothing to sync
		}
	}
	if err == nil {
		return len(t.text), nil
	}
	if f.info.Mode().IsRegular() {
		if now, statErr := f.file.Stat(); statErr == nil && now.Size() >= int64(n) && f.file.Truncate(now.Size()-int64(n)) == nil {
			n = 0
		}
	}
	if o.gzip || o.behavior == "overwrite" {
		n = 0
	}
	return n, err
}

var compressors = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// sliceWriter is a slice that can be written to.
type sliceWriter struct{ b []byte }

func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

func compress(dst, text []byte) []byte {
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	w := sliceWriter{dst}
	z.Reset(&w)
	_, _ = z.Write(text) // a slice takes everything
	_ = z.Close()
	return w.b
}

// open returns the file of a path, opened anew when another file, or none, is there now.
func (o *fileOutput) open(path string) (*openFile, error) {
	o.uses++
	real := o.env.Access.Path(path)
	files := o.env.Access.Files()
	info, err := files.Stat(real)
	if f := o.files[path]; f != nil {
		if err == nil && os.SameFile(info, f.info) {
			f.seen, f.use = time.Now(), o.uses
			return f, nil
		}
		o.forget(f)
	}
	exists := err == nil
	if !exists && !o.createIfDeleted && path != o.failure {
		return nil, errNotThere
	}
	if !exists {
		if err := o.makeFolder(files, filepath.Dir(real)); err != nil {
			return nil, err
		}
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if exists && info.Mode()&fs.ModeNamedPipe != 0 {
		flags = os.O_WRONLY | syscall.O_NONBLOCK // without a reader an error, not a wait for ever
	}
	mode := fs.FileMode(0o666)
	if o.fileMode >= 0 {
		mode = fs.FileMode(o.fileMode)
	}
	file, err := files.OpenFile(real, flags, mode)
	if err != nil {
		return nil, err
	}
	if !exists && o.fileMode >= 0 { // exactly this mode, as in Logstash: the umask does not count
		if err := file.Chmod(mode); err != nil {
			o.env.Log.Warn("the access mode of a file cannot be set", "path", path, "error", err)
		}
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, err
	}
	if len(o.files) >= maxOpenFiles {
		o.closeOldest()
	}
	f := &openFile{file: file, info: info, seen: time.Now(), use: o.uses}
	o.files[path] = f
	return f, nil
}

func (o *fileOutput) makeFolder(files plugin.Files, dir string) error {
	if _, err := files.Stat(dir); err == nil {
		return nil
	}
	mode := fs.FileMode(0o777)
	if o.dirMode >= 0 {
		mode = fs.FileMode(o.dirMode)
	}
	if err := files.MkdirAll(dir, mode); err != nil {
		return err
	}
	if o.dirMode >= 0 {
		return files.Chmod(dir, mode)
	}
	return nil
}

// forget closes a file and no longer keeps it.
func (o *fileOutput) forget(f *openFile) {
	for path, other := range o.files {
		if other == f {
			delete(o.files, path)
		}
	}
	if err := f.file.Close(); err != nil {
		o.env.Log.Warn("a file cannot be closed", "path", f.file.Name(), "error", err)
	}
}

func (o *fileOutput) closeOldest() {
	var oldest *openFile
	for _, f := range o.files {
		if oldest == nil || f.use < oldest.use {
			oldest = f
		}
	}
	o.forget(oldest)
}

// closeStale closes files that have not been written for the interval.
func (o *fileOutput) closeStale() {
	now := time.Now()
	if now.Sub(o.cleaned) < o.stale {
		return
	}
	o.cleaned = now
	for _, f := range o.files {
		if now.Sub(f.seen) >= o.stale {
			o.forget(f)
		}
	}
}

// Close closes all files.
func (o *fileOutput) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range o.files {
		o.forget(f)
	}
	return nil
}
