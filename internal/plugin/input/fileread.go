package input

import (
	"context"
	"errors"
	"io"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/codec"
)

// lineReader makes events of the bytes of one file.
type lineReader struct {
	in      *file
	path    string // as events show it
	lines   *codec.Splitter
	decoder plugin.Decoder
	holder  plugin.Holder // the decoder, where it is one
	read    int64         // up to where bytes have been given to lines
	line    int64         // where the next line begins
	safe    int64         // where reading has to begin again for what is in no event yet
	aligned bool          // a delimiter stands before safe

	trimReturn bool // a \r before the delimiter belongs to it
}

// These say how much of a file goes into one batch: enough that waiting for the disk of
// the queue does not cost much for each event, and little beside the processor's cache.
const (
	batchBytes  = 512 << 10
	batchEvents = 1000
)

// reset makes a new reader for a file, which begins at its position.
func (w *watch) reset(f *watched) {
	d := w.in.codec.NewDecoder()
	f.reader = lineReader{
		in: w.in, path: f.shown, decoder: d, lines: codec.NewSplitter(w.in.delimiter, codec.MaxLine),
		read: f.position, line: f.position, safe: f.position,
	}
	f.reader.holder, _ = d.(plugin.Holder)
}

// next returns where the next bytes are read.
func (r *lineReader) next() int64 { return r.read }

// held returns how many bytes have been read that are in no event yet.
func (r *lineReader) held() int64 { return r.read - r.safe }

// take makes events of the next bytes of the file, which live in the batch.
func (r *lineReader) take(data []byte, b *event.Batch) {
	first := len(b.Events)
	r.read += int64(len(data))
	r.lines.Split(data, b, func(line []byte, part codec.Part) { r.add(line, part, b) })
	r.line = r.read - int64(r.lines.Held())
	if r.holder == nil || !r.holder.Holding() {
		r.safe = r.line
	}
	r.finish(b, first)
}

// add gives one line to the decoder.
func (r *lineReader) add(line []byte, part codec.Part, b *event.Batch) {
	first, start := len(b.Events), r.line
	r.aligned = part != codec.Piece
	r.line += int64(len(line))
	if part != codec.Piece {
		r.line += int64(len(r.in.delimiter))
	}
	if n := len(line); r.trimReturn && n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	r.decoder.Decode(line, b)
	if r.in.lineCodec {
		r.decoder.Flush(b)
	}
	if part != codec.Whole {
		for _, e := range b.Events[first:] {
			e.Tag(codec.TooLongTag)
		}
	}
	switch {
	case r.holder == nil || !r.holder.Holding():
		r.safe = r.line
	case len(b.Events) > first: // what is held begins with this line
		r.safe = start
	}
}

// end makes events of what is held: a last line without its end, and with all an
// unfinished event of the decoder.
func (r *lineReader) end(b *event.Batch, all bool) {
	first := len(b.Events)
	if all {
		r.lines.Flush(b, func(line []byte, part codec.Part) { r.add(line, part, b) })
		r.line, r.aligned = r.read, false
	}
	r.decoder.Flush(b)
	r.safe = r.line
	r.finish(b, first)
}

var (
	plainPath = event.MustRef("path")
	ecsPath   = event.MustRef("[log][file][path]")
)

// finish gives the events the fields of the input.
func (r *lineReader) finish(b *event.Batch, first int) {
	path := event.StringValue(r.path)
	field := plainPath
	if r.in.ecs.Enabled() {
		field = ecsPath
	}
	for _, e := range b.Events[first:] {
		e.Metadata().Set("path", path)
		e.Metadata().Set("host", r.in.host.value)
		r.in.host.set(e)
		if !e.Has(field) {
			_ = e.Set(field, path)
		}
	}
	r.in.Decorate(b, first)
}

// readChunks reads from a file until its end, or as much as is its turn.
func (w *watch) readChunks(ctx context.Context, f *watched) (more bool, err error) {
	f.reader.path = f.shown
	for n := 0; n < w.in.chunkCount; {
		b := event.NewBatch()
		eof := false
		for bytes := 0; bytes < batchBytes && len(b.Events) < batchEvents && n < w.in.chunkCount && !eof; n++ {
			buf := b.Buffer(w.in.chunkSize)
			got, err := f.file.ReadAt(buf, f.reader.next())
			f.reader.take(buf[:got], b)
			bytes += got
			if eof = err != nil; eof && !errors.Is(err, io.EOF) {
				w.trouble(f, err)
			}
		}
		if err := w.put(ctx, f, b); err != nil || ctx.Err() != nil {
			return false, err
		}
		f.grew = time.Now()
		if eof {
			return false, nil
		}
	}
	return true, nil
}

// put gives a batch to the queue, and only then moves the position that is saved.
func (w *watch) put(ctx context.Context, f *watched, b *event.Batch) error {
	if len(b.Events) == 0 {
		b.Release()
	} else if err := w.to.Put(ctx, b); err != nil {
		return err
	}
	if f.position != f.reader.safe {
		f.position = f.reader.safe
		w.db.set(f.id, f.position, f.shown, time.Now())
	}
	return nil
}

// endDue ends an event that has waited long enough for more lines, or whose file has gone.
func (w *watch) endDue(ctx context.Context, f *watched) error {
	if f.reader.holder == nil || !f.reader.holder.Holding() {
		return nil
	}
	due := f.reader.holder.Due()
	if (due.IsZero() || time.Now().Before(due)) && !f.gone {
		return nil
	}
	b := event.NewBatch()
	f.reader.end(b, false)
	return w.put(ctx, f, b)
}
