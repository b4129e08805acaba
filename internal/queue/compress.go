package queue

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/zstd"
)

// A block's body is the number of records (4 bytes), then zstd of, for each record, its
// length (4 bytes) and its payload. Records of a block have consecutive sequence
// numbers and the time of the first. A block holds about blockBytes before compression:
// enough to compress well, and no more than that is lost with one damaged sector.
const blockBytes = 64 << 10

type compressor struct {
	enc *zstd.Encoder
	raw []byte
	out []byte
}

func newCompressor(c Compression) (*compressor, error) {
	level := map[Compression]zstd.EncoderLevel{
		CompressSpeed: zstd.SpeedFastest, CompressBalanced: zstd.SpeedDefault, CompressSize: zstd.SpeedBetterCompression,
	}[c]
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	return &compressor{enc: enc}, nil
}

// compress turns record frames into block frames; valid until the next call. A block
// that does not get smaller stays as it is.
func (c *compressor) compress(frames []byte) []byte {
	c.out = c.out[:0]
	for len(frames) > 0 {
		first := peekFrame(frames)
		c.raw = c.raw[:0]
		at, count := 0, 0
		for at < len(frames) && len(c.raw) < blockBytes {
			f := peekFrame(frames[at:])
			at += frameHeader
			c.raw = binary.LittleEndian.AppendUint32(c.raw, uint32(f.len))
			c.raw = append(c.raw, frames[at:at+f.len]...)
			at += f.len
			count++
		}
		start := len(c.out)
		c.out = appendHeader(c.out, frameBlock, first.seq, first.time, 0, 0)
		c.out = binary.LittleEndian.AppendUint32(c.out, uint32(count))
		c.out = c.enc.EncodeAll(c.raw, c.out)
		if len(c.out)-start >= at {
			c.out = append(c.out[:start], frames[:at]...)
		} else {
			body := c.out[start+frameHeader:]
			binary.LittleEndian.PutUint32(c.out[start+4:], uint32(len(body)))
			binary.LittleEndian.PutUint32(c.out[start+24:], checksum(body))
		}
		frames = frames[at:]
	}
	return c.out
}

var errBlock = errors.New("compressed block does not hold what its header says")

// blockReader walks the records of one block.
type blockReader struct {
	dec  *zstd.Decoder
	raw  []byte // decompressed
	rest []byte
	seq  uint64
	time int64
	left uint32
}

func (r *blockReader) more() bool { return r.left > 0 }

func (r *blockReader) open(f frame) error {
	r.left = 0
	if len(f.body) < 4 {
		return errBlock
	}
	if r.dec == nil {
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxPayload+2*blockBytes))
		if err != nil {
			return err
		}
		r.dec = dec
	}
	raw, err := r.dec.DecodeAll(f.body[4:], r.raw[:0])
	if err != nil {
		return err
	}
	// All lengths are checked here, so that next cannot fail half way.
	count := binary.LittleEndian.Uint32(f.body)
	rest := raw
	for range count {
		if len(rest) < 4 || uint32(len(rest)-4) < binary.LittleEndian.Uint32(rest) {
			return errBlock
		}
		rest = rest[4+binary.LittleEndian.Uint32(rest):]
	}
	r.raw, r.rest, r.seq, r.time, r.left = raw, raw, f.seq, f.time, count
	return nil
}

func (r *blockReader) next() record {
	n := binary.LittleEndian.Uint32(r.rest)
	rec := record{r.seq, r.time, r.rest[4 : 4+n]}
	r.rest = r.rest[4+n:]
	r.seq++
	r.left--
	return rec
}
