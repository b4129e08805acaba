package codec

import (
	"bytes"

	"sluice/internal/event"
)

// splitter cuts a stream into the texts between delimiters. What comes after the last
// delimiter is kept for the next call. A text longer than the limit is passed on in
// pieces of that length, so that a stream without a delimiter cannot fill the memory
// and nothing is lost. How the stream is cut into calls makes no difference.
type splitter struct {
	delimiter []byte
	limit     int
	rest      []byte
	cut       bool // the beginning of the rest's text has been passed on
}

// smallRest is the size of a rest whose memory is kept when it has been used.
const smallRest = 1 << 20

// split calls yield for every text that data completes. The text is part of data or in
// the memory of the batch. A piece of a text that is too long comes with long.
func (s *splitter) split(data []byte, into *event.Batch, yield func(line []byte, long bool)) {
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

// firstEnd returns where in data the text ends that the rest begins, its delimiter
// included, or -1.
func (s *splitter) firstEnd(data []byte) int {
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

// pieces passes on a text, or what has not been passed on of it.
func (s *splitter) pieces(line []byte, yield func([]byte, bool)) {
	long := s.cut || len(line) > s.limit
	s.cut = false
	for len(line) > s.limit {
		yield(line[:s.limit:s.limit], true)
		line = line[s.limit:]
	}
	yield(line, long)
}

// keep adds data to the rest. The rest is too long for sure only when what is beyond
// the limit cannot be the beginning of a delimiter.
func (s *splitter) keep(data []byte, into *event.Batch, yield func([]byte, bool)) {
	for len(s.rest)+len(data) > s.limit+len(s.delimiter)-1 {
		n := max(0, s.limit-len(s.rest))
		s.rest = append(s.rest, data[:n]...)
		data = data[n:]
		yield(into.Copy(s.rest[:s.limit]), true)
		over := copy(s.rest, s.rest[s.limit:])
		s.rest = s.rest[:over]
		s.cut = true
	}
	s.rest = append(s.rest, data...)
}

// flush calls yield for the rest, if there is one.
func (s *splitter) flush(into *event.Batch, yield func(line []byte, long bool)) {
	if len(s.rest) > 0 {
		s.pieces(into.Copy(s.rest), yield)
		s.drop()
	}
}

func (s *splitter) drop() {
	s.rest = s.rest[:0]
	if cap(s.rest) > smallRest {
		s.rest = nil
	}
}
