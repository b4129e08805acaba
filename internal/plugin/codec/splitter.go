package codec

import (
	"bytes"

	"sluice/internal/event"
)

// Splitter cuts a stream into the lines between delimiters. What comes after the last
// delimiter is kept for the next call. A line longer than the limit is passed on in
// pieces of that length, so that a stream without a delimiter cannot fill the memory
// and nothing is lost. How the stream is cut into calls makes no difference.
type Splitter struct {
	delimiter []byte
	limit     int
	rest      []byte
	cut       bool // the beginning of the rest's line has been passed on
}

// MaxLine is the longest line in bytes that is one event, for codecs and inputs where
// Logstash has no limit.
const MaxLine = 64 << 20

// TooLongTag marks the pieces of a line that was longer than the limit.
const TooLongTag = "_line_too_long"

// Part says how much of a line a text is.
type Part uint8

// Whole is a line. Piece is a part of a line that is too long, with more to come, and
// Last is the end of such a line. A delimiter stands behind all but a Piece.
const (
	Whole Part = iota
	Piece
	Last
)

// NewSplitter returns a splitter for lines of at most limit bytes.
func NewSplitter(delimiter string, limit int) *Splitter {
	return &Splitter{delimiter: []byte(delimiter), limit: limit}
}

// Held returns how many bytes of an unfinished line are kept.
func (s *Splitter) Held() int { return len(s.rest) }

// smallRest is the size of a rest whose memory is kept when it has been used.
const smallRest = 1 << 20

// Split calls yield for every line that data completes, without its delimiter. The line
// is part of data or in the memory of the batch.
func (s *Splitter) Split(data []byte, into *event.Batch, yield func(line []byte, part Part)) {
	if len(s.rest) > 0 {
		end := s.firstEnd(data)
		if end < 0 {
			s.keep(data, into, yield)
			return
		}
		line := into.Buffer(len(s.rest) + end)
		copy(line[copy(line, s.rest):], data)
		s.pieces(line[:len(line)-len(s.delimiter)], yield)
		s.drop()
		data = data[end:]
	}
	if len(s.delimiter) == 1 {
		for c := s.delimiter[0]; ; {
			i := bytes.IndexByte(data, c)
			if i < 0 {
				break
			}
			s.pieces(data[:i:i], yield)
			data = data[i+1:]
		}
	} else {
		for {
			i := bytes.Index(data, s.delimiter)
			if i < 0 {
				break
			}
			s.pieces(data[:i:i], yield)
			data = data[i+len(s.delimiter):]
		}
	}
	if len(data) > 0 {
		s.keep(data, into, yield)
	}
}

// firstEnd returns where in data the line ends that the rest begins, its delimiter
// included, or -1.
func (s *Splitter) firstEnd(data []byte) int {
	d := len(s.delimiter)
	if d > 1 { // the delimiter may lie across the border
		tail := s.rest[max(0, len(s.rest)-d+1):]
		border := append(append(make([]byte, 0, 2*d), tail...), data[:min(d-1, len(data))]...)
		if i := bytes.Index(border, s.delimiter); i >= 0 {
			return i + d - len(tail)
		}
	}
	if i := bytes.Index(data, s.delimiter); i >= 0 {
		return i + d
	}
	return -1
}

// pieces passes on a line, or what has not been passed on of it.
func (s *Splitter) pieces(line []byte, yield func([]byte, Part)) {
	part := Whole
	if s.cut || len(line) > s.limit {
		part = Last
	}
	s.cut = false
	for len(line) > s.limit {
		yield(line[:s.limit:s.limit], Piece)
		line = line[s.limit:]
	}
	yield(line, part)
}

// keep adds data to the rest. The rest is too long for sure only when what is beyond
// the limit cannot be the beginning of a delimiter.
func (s *Splitter) keep(data []byte, into *event.Batch, yield func([]byte, Part)) {
	for len(s.rest)+len(data) > s.limit+len(s.delimiter)-1 {
		n := max(0, s.limit-len(s.rest))
		s.rest = append(s.rest, data[:n]...)
		data = data[n:]
		yield(into.Copy(s.rest[:s.limit]), Piece)
		over := copy(s.rest, s.rest[s.limit:])
		s.rest = s.rest[:over]
		s.cut = true
	}
	s.rest = append(s.rest, data...)
}

// Flush calls yield for the rest, if there is one.
func (s *Splitter) Flush(into *event.Batch, yield func(line []byte, part Part)) {
	if len(s.rest) > 0 {
		s.pieces(into.Copy(s.rest), yield)
		s.drop()
	}
}

func (s *Splitter) drop() {
	s.rest = s.rest[:0]
	if cap(s.rest) > smallRest {
		s.rest = nil
	}
}
