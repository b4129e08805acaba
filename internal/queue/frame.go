package queue

import (
	"encoding/binary"
	"hash/crc32"
)

// A frame is the unit on disk: a header of 32 bytes and a body. All numbers are
// little endian.
//
//	 0  4  marker
//	 4  4  length of the body
//	 8  8  sequence number (of a block: of its first record)
//	16  6  time of Append, milliseconds since 1970
//	22  1  kind
//	23  1  zero
//	24  4  CRC32C of the body
//	28  4  CRC32C of the 28 bytes before, begun with the segment's salt, xor the offset in the file
//
// The header has its own checksum so that the length can be trusted before the body is
// read, and so that a search for the next frame after damage costs no more than one
// pass. Salt and offset make a frame valid in one place only: neither old blocks of a
// reused disk area nor a payload that holds a copy of a segment can be taken for one.
const frameHeader = 32

type frameKind byte

const (
	frameRecord frameKind = 1 // the body is one payload
	frameBlock  frameKind = 2 // the body is compressed records, see compress.go
	frameClosed frameKind = 3 // no body; the journal was closed here in good order
)

// The marker's outer bytes never occur in UTF-8 text, so JSON payloads hold none.
const marker = uint32(0xF5) | 'S'<<8 | 'J'<<16 | 0xFA<<24

var markerBytes = []byte{0xF5, 'S', 'J', 0xFA}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// frame is a decoded header; body points into the buffer that it was read from.
type frame struct {
	seq  uint64
	time int64 // milliseconds since 1970
	kind frameKind
	len  int // of the body
	crc  uint32
	body []byte
}

// appendFrame puts a frame at the end of b. The header's checksum stays empty until
// stamp, since the place in the file is not known yet.
func appendFrame(b []byte, kind frameKind, seq uint64, millis int64, body []byte) []byte {
	b = appendHeader(b, kind, seq, millis, len(body), checksum(body))
	return append(b, body...)
}

func appendHeader(b []byte, kind frameKind, seq uint64, millis int64, length int, crc uint32) []byte {
	var h [frameHeader]byte
	binary.LittleEndian.PutUint32(h[0:], marker)
	binary.LittleEndian.PutUint32(h[4:], uint32(length))
	binary.LittleEndian.PutUint64(h[8:], seq)
	binary.LittleEndian.PutUint64(h[16:], uint64(millis)&(1<<48-1)|uint64(kind)<<48)
	binary.LittleEndian.PutUint32(h[24:], crc)
	return append(b, h[:]...)
}

// headerCRC is the checksum of a frame header that lies at offset.
func headerCRC(h []byte, salt uint32, offset int64) uint32 {
	return crc32.Update(salt, castagnoli, h[:28]) ^ uint32(offset)
}

// stamp fills in the header checksums of the frames in b, which will lie at offset.
func stamp(b []byte, salt uint32, offset int64) {
	for at := 0; at < len(b); {
		h := b[at : at+frameHeader]
		binary.LittleEndian.PutUint32(h[28:], headerCRC(h, salt, offset+int64(at)))
		at += frameHeader + int(binary.LittleEndian.Uint32(h[4:]))
	}
}

// parseHeader decodes the frame header at the start of b, which lies at offset; ok is
// false if it is none.
func parseHeader(b []byte, salt uint32, offset int64) (f frame, ok bool) {
	h := b[:frameHeader]
	if binary.LittleEndian.Uint32(h) != marker || binary.LittleEndian.Uint32(h[28:]) != headerCRC(h, salt, offset) {
		return f, false
	}
	f = peekFrame(b)
	return f, f.len <= MaxPayload && f.kind >= frameRecord && f.kind <= frameClosed && h[23] == 0
}

// peekFrame decodes a header that is known to be good.
func peekFrame(h []byte) frame {
	t := binary.LittleEndian.Uint64(h[16:])
	return frame{
		len:  int(binary.LittleEndian.Uint32(h[4:])),
		seq:  binary.LittleEndian.Uint64(h[8:]),
		time: int64(t & (1<<48 - 1)),
		kind: frameKind(t >> 48),
		crc:  binary.LittleEndian.Uint32(h[24:]),
	}
}
