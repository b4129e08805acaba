package input

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/codec"
)

// lineStream reads a connection and gives what comes to a decoder.
type lineStream struct {
	conn    io.Reader
	idle    *idleConn
	decoder plugin.Decoder
	lines   *codec.Splitter                           // for a decoder of whole lines
	finish  func(b *event.Batch, first int)           // completes the events of a batch
	begin   func(data []byte) ([]byte, bool, error)   // takes what does not belong to the events; nil for nothing
	put     func(context.Context, *event.Batch) error // hands a batch on
}

// newLineStream returns a stream with a decoder of its own. whole makes it give the
// decoder one line at a time, whatever decoder it is.
func newLineStream(conn net.Conn, idle *idleConn, decoder plugin.Decoder, whole bool) *lineStream {
	s := &lineStream{conn: conn, idle: idle, decoder: decoder}
	if taker, ok := decoder.(plugin.LineTaker); whole || ok && taker.TakesLines() {
		s.lines = codec.NewSplitter("\n", codec.MaxLine)
	}
	return s
}

// run reads to the end of the connection, or of ctx. What is left then still becomes
// events. That the other side goes away is no error.
func (s *lineStream) run(ctx context.Context, to plugin.Sink) error {
	s.put = func(ctx context.Context, b *event.Batch) error {
		if len(b.Events) == 0 {
			b.Release()
			return nil
		}
		s.finish(b, 0)
		return to.Put(ctx, b)
	}
	holder, _ := s.decoder.(plugin.Holder)
	buffer := make([]byte, readSize)
	var head []byte
	for {
		due := holder != nil && !holder.Due().IsZero()
		s.idle.limit = 0
		if due {
			s.idle.limit = max(time.Until(holder.Due()), time.Millisecond)
		}
		n, err := s.conn.Read(buffer)
		data := buffer[:n]
		if s.begin != nil && n > 0 {
			head = append(head, data...)
			rest, done, err := s.begin(head)
			if err != nil {
				return err
			}
			if data = nil; done {
				data, s.begin = rest, nil
			}
		}
		if len(data) > 0 {
			b := event.NewBatch()
			s.decode(b.Copy(data), b)
			if err := s.put(ctx, b); err != nil {
				return s.unlessEnded(ctx, err)
			}
		}
		if err == nil {
			continue
		}
		b := event.NewBatch()
		if due && ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded) {
			s.decoder.Flush(b)
			if err := s.put(ctx, b); err != nil {
				return s.unlessEnded(ctx, err)
			}
			continue
		}
		s.flush(b)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLineTime)
		if ctx.Err() == nil {
			cancel()
			last, cancel = context.WithCancel(ctx)
		}
		defer cancel()
		if putErr := s.put(last, b); putErr != nil {
			return s.unlessEnded(ctx, putErr)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			return nil
		}
		return s.unlessEnded(ctx, err)
	}
}

func (s *lineStream) unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *lineStream) decode(data []byte, b *event.Batch) {
	if s.lines == nil {
		s.decoder.Decode(data, b)
		return
	}
	s.lines.Split(data, b, func(line []byte, _ codec.Part) { decodeLine(s.decoder, line, b) })
}

func (s *lineStream) flush(b *event.Batch) {
	if s.lines != nil {
		s.lines.Flush(b, func(line []byte, _ codec.Part) { decodeLine(s.decoder, line, b) })
	}
	s.decoder.Flush(b)
}
