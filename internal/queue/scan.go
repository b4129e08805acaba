package queue

import (
	"bytes"
	"fmt"
	"io"

	"sluice/internal/vfs"
)

// scanner reads frames of one segment file in order, and finds the next good one after
// damage. Its memory is one window, which grows to the largest frame.
type scanner struct {
	f     vfs.File
	salt  uint32
	pos   int64 // of the next frame
	limit int64 // bytes of the file that may be read

	win    []byte
	winOff int64

	tolerant bool // unreadable sectors read as zeros instead of failing
	skipCRC  bool
	reread   int64 // position at which the window was read a second time
}

const (
	windowBytes = 256 << 10
	sectorBytes = 4096
)

type scanned uint8

const (
	scanFrame  scanned = iota // frame is good
	scanDamage                // bytes [from, to) are not
	scanEnd                   // nothing more but zeros
)

func newScanner(f vfs.File, salt uint32, from, limit int64) *scanner {
	return &scanner{f: f, salt: salt, pos: from, limit: limit, reread: -1}
}

// fill makes [off, off+n) available, cut at the limit, and returns it.
func (s *scanner) fill(off int64, n int) ([]byte, error) {
	n = int(min(int64(n), s.limit-off))
	if off >= s.winOff && off+int64(n) <= s.winOff+int64(len(s.win)) {
		return s.win[off-s.winOff:][:n], nil
	}
	want := int(min(int64(max(n, windowBytes)), s.limit-off))
	if cap(s.win) < want {
		s.win = make([]byte, want)
	}
	s.win, s.winOff = s.win[:want], off
	got, err := readFull(s.f, s.win, off)
	if err != nil && s.tolerant {
		got, err = want, s.readSectors()
	}
	if err != nil {
		s.win = s.win[:0]
		return nil, err
	}
	if got < want { // shorter than it was: what is not there reads as zeros
		clear(s.win[got:])
	}
	return s.win[:n], nil
}

func readFull(f vfs.File, b []byte, off int64) (n int, err error) {
	for n < len(b) {
		m, err := f.ReadAt(b[n:], off+int64(n))
		n += m
		if err == io.EOF || err == nil && m == 0 {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// readSectors fills the window piece by piece; what the disk cannot read becomes zeros,
// which no checksum accepts.
func (s *scanner) readSectors() error {
	for at := 0; at < len(s.win); {
		next := at + sectorBytes - int((s.winOff+int64(at))%sectorBytes)
		b := s.win[at:min(next, len(s.win))]
		if n, err := readFull(s.f, b, s.winOff+int64(at)); err != nil {
			clear(b)
		} else {
			clear(b[n:])
		}
		at = next
	}
	return nil
}

// next returns the next good frame, a damaged area, or the end. After scanFrame and
// scanDamage pos is behind it. The frame's body is valid until the next call.
func (s *scanner) next() (f frame, from, to int64, what scanned, err error) {
	for {
		f, ok, known, err := s.try()
		if err != nil {
			return f, 0, 0, scanEnd, err
		}
		if ok {
			from = s.pos
			s.pos += frameHeader + int64(f.len)
			return f, from, s.pos, scanFrame, nil
		}
		if s.pos >= s.limit {
			return f, s.pos, s.pos, scanEnd, nil
		}
		if s.reread != s.pos {
			// The bits may have flipped on the way and not on the disk.
			s.reread, s.win = s.pos, s.win[:0]
			continue
		}
		from = s.pos
		if known > 0 { // the header is good, so the next frame's place is known
			s.pos = min(s.pos+known, s.limit)
			return f, from, s.pos, scanDamage, nil
		}
		to, next, err := s.resync()
		if err != nil {
			return f, 0, 0, scanEnd, err
		}
		s.pos = next
		if to == from {
			return f, from, from, scanEnd, nil
		}
		return f, from, to, scanDamage, nil
	}
}

// try decodes the frame at pos. If only its body is bad, known is the frame's length.
func (s *scanner) try() (f frame, ok bool, known int64, err error) {
	if s.limit-s.pos < frameHeader {
		return f, false, 0, nil
	}
	h, err := s.fill(s.pos, frameHeader)
	if err != nil {
		return f, false, 0, err
	}
	if f, ok = parseHeader(h, s.salt, s.pos); !ok && !(s.skipCRC && bytes.Equal(h[:4], markerBytes)) {
		return f, false, 0, nil
	}
	if s.skipCRC {
		f = peekFrame(h)
	}
	whole := frameHeader + int64(f.len)
	if whole > s.limit-s.pos {
		return f, false, whole, nil
	}
	b, err := s.fill(s.pos, int(whole))
	if err != nil {
		return f, false, 0, err
	}
	f.body = b[frameHeader:]
	if !s.skipCRC && checksum(f.body) != f.crc {
		return f, false, whole, nil
	}
	return f, true, 0, nil
}

// resync looks for the next frame header after pos. Damage ends there, or at the last
// byte that is not zero; next is where to go on.
func (s *scanner) resync() (to, next int64, err error) {
	to = s.pos
	for off := s.pos; off < s.limit; {
		b, err := s.fill(off, windowBytes)
		if err != nil {
			return 0, 0, err
		}
		for at := 0; ; {
			i := bytes.Index(b[at:], markerBytes)
			if i < 0 || len(b)-at-i < frameHeader {
				break
			}
			at += i
			if off+int64(at) > s.pos {
				if _, ok := parseHeader(b[at:], s.salt, off+int64(at)); ok {
					return off + int64(at), off + int64(at), nil
				}
			}
			at++
		}
		if z := bytes.TrimRight(b, "\x00"); len(z) > 0 {
			to = off + int64(len(z))
		}
		if off+int64(len(b)) >= s.limit {
			break
		}
		off += int64(len(b)) - frameHeader // a header may lie across windows
	}
	return to, s.limit, nil
}

// recordScanner turns frames into records, opening compressed blocks.
type recordScanner struct {
	scanner
	block     blockReader
	blockAt   int64 // offset of the block
	closedEnd int64 // behind the frame that says that the journal was closed; 0 = none
}

// record is one payload as read; payload is valid until the next call of next.
type record struct {
	seq     uint64
	time    int64
	payload []byte
}

func (s *recordScanner) next() (r record, from, to int64, what scanned, err error) {
	for {
		if s.block.more() {
			return s.block.next(), s.blockAt, s.pos, scanFrame, nil
		}
		f, from, to, what, err := s.scanner.next()
		if err != nil || what != scanFrame {
			return record{}, from, to, what, err
		}
		switch f.kind {
		case frameRecord:
			return record{f.seq, f.time, f.body}, from, to, scanFrame, nil
		case frameBlock:
			if err := s.block.open(f); err != nil {
				return record{}, from, to, scanDamage, nil
			}
			s.blockAt = from
		case frameClosed:
			s.closedEnd = to
		}
	}
}

// scanError says where reading failed.
func scanError(seg *segment, pos int64, err error) error {
	return fmt.Errorf("read %s at byte %d: %w", seg.path, pos, err)
}
