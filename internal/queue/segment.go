package queue

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"sluice/internal/vfs"
)

// ID is the identity of a journal: made with the directory and kept in it.
type ID [16]byte

// String is the ID as a UUID.
func (id ID) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// formatVersion of segments, cursors and the identity file.
const formatVersion = 1

// A segment file starts with its header, twice, so that one flipped bit costs nothing.
//
//	 0  8  magic
//	 8  2  version
//	10  2  flags: 1 = records may not have been synced before they were read
//	12 16  ID of the journal
//	28  8  number of the segment, counting up by one
//	36  8  base: the sequence number that its first record has at least
//	44  8  end of the segment before: one more than its last sequence number; 0 = unknown
//	52  8  time of creation, milliseconds since 1970
//	60  4  CRC32C of the 60 bytes before
const (
	segmentMagic  = "SLUICEJ\n"
	segmentCopy   = 256 // offset of the second copy
	segmentHeader = 512 // offset of the first frame
	headerLen     = 64
	flagRelaxed   = 1
	segmentSuffix = ".segment"
)

type segmentHead struct {
	version uint16
	flags   uint16
	id      ID
	number  uint64
	base    uint64
	prevEnd uint64
	created int64
	damaged bool // one of the two copies is
}

func (h segmentHead) encode() []byte {
	b := make([]byte, segmentHeader)
	copy(b, segmentMagic)
	binary.LittleEndian.PutUint16(b[8:], h.version)
	binary.LittleEndian.PutUint16(b[10:], h.flags)
	copy(b[12:], h.id[:])
	binary.LittleEndian.PutUint64(b[28:], h.number)
	binary.LittleEndian.PutUint64(b[36:], h.base)
	binary.LittleEndian.PutUint64(b[44:], h.prevEnd)
	binary.LittleEndian.PutUint64(b[52:], uint64(h.created))
	binary.LittleEndian.PutUint32(b[60:], checksum(b[:60]))
	copy(b[segmentCopy:], b[:headerLen])
	return b
}

// parseSegmentHead returns the first good copy.
func parseSegmentHead(b []byte) (h segmentHead, ok bool) {
	damaged := false
	for at := segmentCopy; at >= 0; at -= segmentCopy {
		c := b[min(at, len(b)):min(at+headerLen, len(b))]
		if len(c) < headerLen || string(c[:8]) != segmentMagic || binary.LittleEndian.Uint32(c[60:]) != checksum(c[:60]) {
			damaged = true
			continue
		}
		h = segmentHead{
			version: binary.LittleEndian.Uint16(c[8:]),
			flags:   binary.LittleEndian.Uint16(c[10:]),
			number:  binary.LittleEndian.Uint64(c[28:]),
			base:    binary.LittleEndian.Uint64(c[36:]),
			prevEnd: binary.LittleEndian.Uint64(c[44:]),
			created: int64(binary.LittleEndian.Uint64(c[52:])),
		}
		copy(h.id[:], c[12:])
		ok = true
	}
	h.damaged = damaged
	return h, ok
}

// segmentName holds number and base too: a segment whose header is gone can be read.
func segmentName(number, base uint64) string {
	return fmt.Sprintf("%010d-%016x%s", number, base, segmentSuffix)
}

func parseSegmentName(name string) (number, base uint64, ok bool) {
	stem, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		return 0, 0, false
	}
	n, b, ok := strings.Cut(stem, "-")
	if !ok || len(b) != 16 {
		return 0, 0, false
	}
	number, err1 := strconv.ParseUint(n, 10, 64)
	base, err2 := strconv.ParseUint(b, 16, 64)
	return number, base, err1 == nil && err2 == nil && segmentName(number, base) == name
}

func saltOf(id ID, number uint64) uint32 {
	b := binary.LittleEndian.AppendUint64(id[:len(id):len(id)], number)
	return crc32.Checksum(b, castagnoli)
}

// segment is what the journal knows of a segment file without reading its records.
// Guarded by Journal.mu once it is in Journal.segs.
type segment struct {
	number  uint64
	base    uint64 // records have sequence numbers in [base, end)
	end     uint64
	before  uint64 // records in all segments before this one, for counting
	size    int64  // bytes of the file, as allocated
	off     int64  // bytes up to the end of the last good record
	created int64  // milliseconds since 1970
	salt    uint32
	path    string
	marks   []mark
}

// mark is a known frame start, so that a reader need not scan from the beginning.
type mark struct {
	seq uint64
	off int64
}

const markEvery = 1 << 20 // bytes between marks: 16 bytes of memory for 1 MiB of backlog

func (s *segment) addMark(seq uint64, off int64) {
	n := len(s.marks)
	if n == 0 || seq > s.marks[n-1].seq && off >= s.marks[n-1].off+markEvery {
		s.marks = append(s.marks, mark{seq, off})
	}
}

// start returns where to begin reading for seq.
func (s *segment) start(seq uint64) mark {
	i := sort.Search(len(s.marks), func(i int) bool { return s.marks[i].seq > seq })
	if i == 0 {
		return mark{s.base, segmentHeader}
	}
	return s.marks[i-1]
}

// createSegment makes a segment file that holds a header and nothing else, durable
// under its name.
func createSegment(fsys vfs.FS, dir string, h segmentHead) (*segment, vfs.File, error) {
	path := filepath.Join(dir, segmentName(h.number, h.base))
	if err := vfs.WriteFile(fsys, path, h.encode()); err != nil {
		return nil, nil, fmt.Errorf("make segment: %w", err)
	}
	f, err := fsys.OpenRW(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open new segment: %w", err)
	}
	return &segment{
		number: h.number, base: h.base, end: h.base, created: h.created,
		size: segmentHeader, off: segmentHeader, salt: saltOf(h.id, h.number), path: path,
	}, f, nil
}
