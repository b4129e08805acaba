package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/codec"
)

// compressed tells whether read mode takes a file for one of gzip: by its name, as in
// Logstash.
func (f *watched) compressed() bool {
	return strings.HasSuffix(f.real, ".gz") || strings.HasSuffix(f.real, ".gzip")
}

// readOnce reads a file to its end and does what is to be done then.
func (w *watch) readOnce(ctx context.Context, f *watched) (more bool, err error) {
	info, err := w.in.env.Access.Files().Stat(f.real)
	if err == nil {
		f.size = info.Size()
		if f.size < f.reader.next() && !f.compressed() {
			if err := w.rewind(ctx, f); err != nil {
				return false, err
			}
		}
		err = w.openFile(f)
	}
	if err != nil {
		f.done = true
		if !errors.Is(err, os.ErrNotExist) {
			w.trouble(f, err)
		}
		return false, nil
	}
	if f.compressed() {
		err = w.readArchive(ctx, f)
	} else {
		more, err = w.readChunks(ctx, f)
	}
	var broken *brokenArchive
	switch {
	case errors.As(err, &broken):
		w.trouble(f, err)
		f.done = true
		w.closeFile(f)
		return false, nil
	case err != nil || ctx.Err() != nil || more:
		return more, err
	}
	b := event.NewBatch()
	f.reader.end(b, true)
	if f.compressed() {
		f.reader.safe = f.size
	}
	if err := w.put(ctx, f, b); err != nil {
		return false, err
	}
	f.done = true
	w.closeFile(f)
	w.complete(f)
	return false, nil
}

// brokenArchive tells that a file is no whole gzip file.
type brokenArchive struct{ err error }

func (b *brokenArchive) Error() string {
	return fmt.Sprintf("the compressed file is damaged: %v; it is left where it is", b.err)
}

// readArchive reads a compressed file. It has one position only, its end: after a
// restart it is read again from the beginning.
func (w *watch) readArchive(ctx context.Context, f *watched) error {
	if w.in.checkArchives {
		z, err := gzip.NewReader(io.NewSectionReader(f.file, 0, f.size))
		if err == nil {
			_, err = io.Copy(io.Discard, z)
		}
		if err != nil {
			return &brokenArchive{err}
		}
	}
	z, err := gzip.NewReader(io.NewSectionReader(f.file, 0, f.size))
	if err != nil {
		return &brokenArchive{err}
	}
	f.reader.path = f.shown
	f.reader.lines = codec.NewSplitter("\n", codec.MaxLine)
	f.reader.trimReturn = true
	for err == nil {
		b := event.NewBatch()
		for bytes := 0; bytes < batchBytes && err == nil; {
			var n int
			buf := b.Buffer(w.in.chunkSize)
			n, err = io.ReadFull(z, buf)
			f.reader.take(buf[:n], b)
			bytes += n
		}
		f.reader.safe = 0
		if putErr := w.put(ctx, f, b); putErr != nil {
			return putErr
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && f.readWhole(z) {
		return nil
	}
	return &brokenArchive{err}
}

// readWhole tells whether a reader is at a proper end: io.ReadFull says unexpected EOF
// both for a short last chunk and for a file that has been cut.
func (f *watched) readWhole(z *gzip.Reader) bool {
	_, err := z.Read(make([]byte, 1))
	return err == io.EOF
}

// complete does with a file that has been read what the configuration says.
func (w *watch) complete(f *watched) {
	log := w.in.env.Log
	if strings.Contains(w.in.completed, "log") {
		if err := appendLine(w.in.env.Access.Files(), w.in.env.Access.Path(w.in.completedLog), f.shown); err != nil {
			log.Error("the path of a file that has been read cannot be logged", "path", f.shown, "error", err)
			return
		}
	}
	if !strings.Contains(w.in.completed, "delete") {
		return
	}
	if err := w.in.env.Access.Files().Remove(f.real); err != nil {
		log.Error("a file that has been read cannot be deleted", "path", f.shown, "error", err)
		return
	}
	w.db.forget(f.id)
	delete(w.byID, f.id)
	f.gone, f.grew = true, time.Time{}
}

func appendLine(files plugin.Files, path, line string) error {
	f, err := files.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}
