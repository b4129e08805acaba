package queue

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"sluice/internal/vfs"
)

// A cursor file holds its state in two slots of equal size, 4 KiB unless acks out of
// order need more. One slot was synced and is not
// touched; the other takes the newest state with a plain write after each Ack, so that
// a killed process repeats only what was in flight, without an fsync an ack. When a
// checkpoint has synced that slot, the two change places. A slot:
//
//	 0  8  magic
//	 8  2  version
//	10  2  length of the name
//	12 16  ID of the journal
//	28  8  generation; the higher one is the newer one
//	36  8  low: everything below is acked
//	44  8  number of a segment that was being written ...
//	52  8  ... an offset in it up to which all is durable ...
//	60  8  ... and the sequence number of the frame there
//	68  4  number of acked ranges above low
//	72  ·  name, then the ranges, first and last, 8 bytes each
//	 …  4  version 2: length of the note, and the note
//	 …  4  CRC32C of all before
//
// A slot without a note is of version 1.
const (
	cursorVersion = 2
	cursorMagic   = "SLUICEC\n"
	cursorSlot    = 4096
	cursorFixed   = 72
	maxRanges     = 1 << 16 // in a file; what is in further ranges comes again after a restart
	cursorSuffix  = ".cursor"

	// MaxCursorName is the longest name of a cursor, in bytes.
	MaxCursorName = 100
)

// cursor is the durable part of a reader. Guarded by Journal.mu, but for io.
type cursor struct {
	name     string
	low      uint64   // all below are acked
	acked    rangeSet // above low
	next     uint64   // the next one to deliver
	released rangeSet // delivered, to be delivered again
	note     []byte   // of AckNote
	inUse    bool
	gone     bool
	passing  bool   // of Peek: has no file and holds nothing back
	newer    bool   // the file is of a newer version and stays as it is
	torn     bool   // a slot of the file was damaged: what is left of it must not mix with a new state
	dirty    bool   // state is newer than the file
	unsynced bool   // the file is newer than its last sync
	overrun  uint64 // records removed before they were acked
	saved    synced // as last written

	io   sync.Mutex // file operations; taken before Journal.mu
	path string
	file vfs.File
	gen  uint64
	slot int // takes the next write
	buf  []byte
	half int // bytes of a slot
}

// synced is a place up to which the journal is durable; recovery starts there.
type synced struct {
	segment uint64
	off     int64
	seq     uint64
}

type cursorState struct {
	version uint16
	name    string
	id      ID
	gen     uint64
	low     uint64
	at      synced
	acked   rangeSet
	note    []byte
}

// encodeCursor makes the content of a slot.
func encodeCursor(b []byte, s cursorState) []byte {
	b = append(b[:0], cursorMagic...)
	version := uint16(formatVersion)
	if len(s.note) > 0 {
		version = cursorVersion
	}
	b = binary.LittleEndian.AppendUint16(b, version)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(s.name)))
	b = append(b, s.id[:]...)
	b = binary.LittleEndian.AppendUint64(b, s.gen)
	b = binary.LittleEndian.AppendUint64(b, s.low)
	b = binary.LittleEndian.AppendUint64(b, s.at.segment)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.at.off))
	b = binary.LittleEndian.AppendUint64(b, s.at.seq)
	n := min(len(s.acked), maxRanges)
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	b = append(b, s.name...)
	for _, r := range s.acked[:n] {
		b = binary.LittleEndian.AppendUint64(b, r.First)
		b = binary.LittleEndian.AppendUint64(b, r.Last)
	}
	if len(s.note) > 0 {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s.note)))
		b = append(b, s.note...)
	}
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

func decodeCursor(b []byte) (s cursorState, ok bool) {
	if len(b) < cursorFixed+4 || string(b[:8]) != cursorMagic {
		return s, false
	}
	names := int(binary.LittleEndian.Uint16(b[10:]))
	ranges := binary.LittleEndian.Uint32(b[68:])
	if names > MaxCursorName || ranges > maxRanges {
		return s, false
	}
	version := binary.LittleEndian.Uint16(b[8:])
	rangesEnd := cursorFixed + names + 16*int(ranges)
	end := rangesEnd
	var note []byte
	if version == cursorVersion {
		if len(b) < end+4 || binary.LittleEndian.Uint32(b[end:]) > MaxNote {
			return s, false
		}
		n := int(binary.LittleEndian.Uint32(b[end:]))
		if end += 4 + n; len(b) < end {
			return s, false
		}
		note = append(note, b[end-n:end]...)
	}
	if len(b) < end+4 || binary.LittleEndian.Uint32(b[end:]) != checksum(b[:end]) {
		return s, false
	}
	s = cursorState{
		version: version,
		name:    string(b[cursorFixed : cursorFixed+names]),
		gen:     binary.LittleEndian.Uint64(b[28:]),
		low:     binary.LittleEndian.Uint64(b[36:]),
		at: synced{
			segment: binary.LittleEndian.Uint64(b[44:]),
			off:     int64(binary.LittleEndian.Uint64(b[52:])),
			seq:     binary.LittleEndian.Uint64(b[60:]),
		},
		note: note,
	}
	copy(s.id[:], b[12:])
	for at := cursorFixed + names; at < rangesEnd; at += 16 {
		r := Range{binary.LittleEndian.Uint64(b[at:]), binary.LittleEndian.Uint64(b[at+8:])}
		if r.First > r.Last {
			return s, false
		}
		s.acked.add(r)
	}
	return s, true
}

// cursorFileName writes every byte but lower-case letters, digits, - and _ as %xx, so
// that any plugin id makes a file name, also where case does not count.
func cursorFileName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + hex.EncodeToString([]byte{c}))
		}
	}
	return b.String() + cursorSuffix
}

// cursorName is the reverse of cursorFileName.
func cursorName(file string) (string, bool) {
	stem := strings.TrimSuffix(file, cursorSuffix)
	var b []byte
	for i := 0; i < len(stem); i++ {
		if stem[i] != '%' {
			b = append(b, stem[i])
			continue
		}
		if i+2 >= len(stem) {
			return "", false
		}
		c, err := hex.DecodeString(stem[i+1 : i+3])
		if err != nil {
			return "", false
		}
		b = append(b, c...)
		i += 2
	}
	return string(b), cursorFileName(string(b)) == file
}

// readCursor returns the newest good slot of a cursor file; damaged tells that a slot
// holds something else than a state or nothing.
func readCursor(b []byte) (s cursorState, slot int, ok, damaged bool) {
	for i := range 2 {
		half := len(b) / 2
		part := b[i*half:][:half]
		c, good := decodeCursor(part)
		if !good {
			damaged = damaged || len(strings.Trim(string(part), "\x00")) > 0
			continue
		}
		if !ok || c.gen > s.gen {
			s, slot, ok = c, i, true
		}
	}
	return s, slot, ok, damaged
}

// create writes the file anew, durable on return, with both slots the same.
func (c *cursor) create(fsys vfs.FS, dir string, s cursorState) error {
	if c.file != nil {
		c.file.Close()
		c.file = nil
	}
	c.gen++
	s.gen = c.gen
	c.path = filepath.Join(dir, cursorFileName(c.name))
	c.buf = encodeCursor(c.buf, s)
	for c.half = cursorSlot; c.half < len(c.buf); {
		c.half *= 2
	}
	both := make([]byte, 2*c.half)
	copy(both, c.buf)
	copy(both[c.half:], c.buf)
	if err := vfs.WriteFile(fsys, c.path, both); err != nil {
		return fmt.Errorf("write cursor %q: %w", c.name, err)
	}
	f, err := fsys.OpenRW(c.path)
	if err != nil {
		return fmt.Errorf("open cursor %q: %w", c.name, err)
	}
	c.file, c.slot = f, 0
	return nil
}

// settle makes the slot durable that the state was read from, before the other one is
// written. It writes the slot again: if its sync has failed, it may be in memory only,
// and a sync alone would not bring it to the disk.
func (c *cursor) settle(f vfs.File, s cursorState) error {
	c.buf = encodeCursor(c.buf, s)
	if _, err := f.WriteAt(c.buf, int64((1-c.slot)*c.half)); err != nil {
		return err
	}
	return f.Sync()
}

// saveCursor writes the newest state; with sync it is durable on return. A file that
// fails once is made anew, since its unsynced slot cannot be trusted any more.
func (j *Journal) saveCursor(c *cursor, sync bool) error {
	c.io.Lock()
	defer c.io.Unlock()
	j.mu.Lock()
	if c.gone || c.newer || c.passing || !c.dirty && !(sync && c.unsynced) {
		j.mu.Unlock()
		return nil
	}
	c.gen++
	s := cursorState{name: c.name, id: j.id, gen: c.gen, low: c.low, at: j.synced, acked: c.acked, note: c.note}
	c.buf = encodeCursor(c.buf, s)
	anew := c.file == nil || len(c.buf) > c.half
	if anew {
		s.acked, s.note = append(rangeSet(nil), c.acked...), append([]byte(nil), c.note...)
	}
	was := c.half
	write := c.dirty
	c.dirty, c.unsynced = false, !sync
	j.mu.Unlock()

	var err error
	switch {
	case anew:
		if err = c.create(j.opt.FS, j.opt.Dir, s); err == nil && was != c.half {
			j.mu.Lock()
			j.metaBytes += int64(2 * (c.half - was))
			j.mu.Unlock()
		}
	default:
		if write {
			_, err = c.file.WriteAt(c.buf, int64(c.slot*c.half))
		}
		if err == nil && sync {
			if err = c.file.Sync(); err == nil {
				c.slot = 1 - c.slot
			}
		}
	}
	if err != nil {
		if c.file != nil {
			c.file.Close()
			c.file = nil
		}
		j.mu.Lock()
		c.dirty = true
		j.stats.CursorErrors++
		j.lastError = err
		j.mu.Unlock()
	}
	return err
}
