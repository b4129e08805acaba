package input

import (
	"context"
	"io"
	"os"
)

// standardIn is the process's standard input, for all inputs that read it.
var standardIn = newSource(os.Stdin)

// source reads a file that may block for ever, and can be left while it does: what comes
// later is kept for the next reader, so that a reload loses nothing. The read that
// blocks is left to itself until the file has something to say or ends.
type source struct {
	file  io.Reader
	turn  chan struct{} // has one element; who holds it may read
	ready chan readResult
	busy  bool // a read is under way, or its result lies in ready
	buf   []byte
	left  []byte // part of buf: read, but not asked for yet
}

type readResult struct {
	n   int
	err error
}

// readSize is the most that is read at once: the capacity of a pipe on Linux.
const readSize = 64 << 10

func newSource(file io.Reader) *source {
	s := &source{file: file, turn: make(chan struct{}, 1), ready: make(chan readResult, 1)}
	s.turn <- struct{}{}
	return s
}

// acquire waits until no other input reads.
func (s *source) acquire(ctx context.Context) error {
	select {
	case <-s.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *source) release() { s.turn <- struct{}{} }

// read returns at most limit bytes, valid until the next call. The error is io.EOF at
// the end, or that of ctx.
func (s *source) read(ctx context.Context, limit int) ([]byte, error) {
	if len(s.left) == 0 {
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
	}
	n := min(limit, len(s.left))
	data := s.left[:n]
	s.left = s.left[n:]
	return data, nil
}

func (s *source) fill(ctx context.Context) error {
	for len(s.left) == 0 {
		if !s.busy {
			if s.buf == nil {
				s.buf = make([]byte, readSize)
			}
			s.busy = true
			go func() {
				n, err := s.file.Read(s.buf)
				s.ready <- readResult{n, err}
			}()
		}
		select {
		case r := <-s.ready:
			s.busy = false
			s.left = s.buf[:r.n]
			if r.n == 0 && r.err != nil {
				return r.err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
