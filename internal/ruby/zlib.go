package ruby

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"hash/adler32"
	"hash/crc32"
	"io"
	"strings"
)

var (
	mZlib          = defModule("Zlib")
	cZlibError     = defClass("Zlib::Error", cStandardError)
	cZlibData      = defClass("Zlib::DataError", cZlibError)
	cZlibBuf       = defClass("Zlib::BufError", cZlibError)
	cZlibNeedDict  = defClass("Zlib::NeedDict", cZlibError)
	cZlibStreamErr = defClass("Zlib::StreamError", cZlibError)
	_              = defClass("Zlib::MemError", cZlibError)
	_              = defClass("Zlib::StreamEnd", cZlibError)
	cZStream       = defClass("Zlib::ZStream", cObject)
	cInflate       = defClass("Zlib::Inflate", cZStream)
	cDeflate       = defClass("Zlib::Deflate", cZStream)
	cGzipFile      = defClass("Zlib::GzipFile", cObject)
	cGzipError     = defClass("Zlib::GzipFile::Error", cZlibError)
	cGzipNoFoot    = defClass("Zlib::GzipFile::NoFooter", cGzipError)
	cGzipCRC       = defClass("Zlib::GzipFile::CRCError", cGzipError)
	cGzipLength    = defClass("Zlib::GzipFile::LengthError", cGzipError)
	cGzipReader    = defClass("Zlib::GzipReader", cGzipFile)
	cGzipWriter    = defClass("Zlib::GzipWriter", cGzipFile)
)

// maxWBits is zlib's window size in bits. Negative it means raw data, with 16 added
// gzip, with 32 added either that or zlib's own format.
const maxWBits = 15

type zlibFormat uint8

const (
	formatZlib zlibFormat = iota
	formatRaw
	formatGzip
	formatAny
)

func (th *thread) zlibFormat(a []Value, i int) zlibFormat {
	if len(a) <= i || a[i].isNil() {
		return formatZlib
	}
	switch w := th.intArg(a[i]); {
	case w < 0:
		return formatRaw
	case w > 2*maxWBits+2:
		return formatAny
	case w > maxWBits:
		return formatGzip
	}
	return formatZlib
}

// openCompressed begins to read compressed data.
func openCompressed(in *strings.Reader, f zlibFormat) (io.Reader, error) {
	if f == formatAny {
		magic := make([]byte, 2)
		_, _ = in.ReadAt(magic, 0)
		if f = formatZlib; magic[0] == 0x1f && magic[1] == 0x8b {
			f = formatGzip
		}
	}
	switch f {
	case formatRaw:
		return flate.NewReader(in), nil
	case formatGzip:
		r, err := gzip.NewReader(in)
		if err == nil {
			r.Multistream(false)
		}
		return r, err
	}
	return zlib.NewReader(in)
}

// expand reads what compressed data stand for. A small text can inflate to any size, so
// every part is charged before it is kept.
func (th *thread) expand(r io.Reader, skip int) (string, error) {
	var b bytes.Buffer
	part := make([]byte, 32<<10)
	for {
		n, err := r.Read(part)
		th.work(n)
		text := part[min(skip, n):n]
		skip -= min(skip, n)
		th.charge(2 * len(text))
		b.Write(text)
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return b.String(), err
		}
	}
}

func (th *thread) raiseZlib(err error) {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		th.raise(cZlibBuf, "buffer error")
	case errors.Is(err, zlib.ErrDictionary):
		th.raise(cZlibNeedDict, "need dictionary")
	case errors.Is(err, zlib.ErrChecksum) || errors.Is(err, gzip.ErrChecksum):
		th.raise(cZlibData, "incorrect data check")
	case errors.As(err, &corrupt):
		th.raise(cZlibData, "invalid compressed data")
	}
	th.raise(cZlibData, "incorrect header check")
}

// inflater is a Zlib::Inflate. Data that come in parts are inflated again from the
// beginning, which is work that counts.
type inflater struct {
	format zlibFormat
	in     strings.Builder
	out    int // bytes given out
	used   int // bytes of in that have been needed
	end    bool
}

func (z *inflater) next(th *thread, add string) (string, error) {
	th.charge(2 * len(add))
	z.in.WriteString(add)
	if z.end || z.in.Len() == 0 {
		return "", nil
	}
	in := strings.NewReader(z.in.String())
	th.work(in.Len())
	r, err := openCompressed(in, z.format)
	text := ""
	if err == nil {
		text, err = th.expand(r, z.out)
	}
	z.out += len(text)
	z.used = z.in.Len() - in.Len()
	z.end = err == nil
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return text, err
}

// deflater is a Zlib::Deflate.
type deflater struct {
	out   bytes.Buffer
	w     compressor
	in    int
	total int
	end   bool
}

type compressor interface {
	io.WriteCloser
	Flush() error
}

func (th *thread) newDeflater(level int, f zlibFormat) *deflater {
	if level < -1 || level > 9 {
		th.raise(cZlibStreamErr, "stream error")
	}
	// A compressor's window and tables.
	th.charge(1 << 20)
	d := &deflater{}
	switch f {
	case formatRaw:
		d.w, _ = flate.NewWriter(&d.out, level)
	case formatGzip:
		d.w, _ = gzip.NewWriterLevel(&d.out, level)
	default:
		d.w, _ = zlib.NewWriterLevel(&d.out, level)
	}
	return d
}

func (d *deflater) write(th *thread, s string) {
	if d.end {
		th.raise(cZlibStreamErr, "stream error")
	}
	th.charge(2 * len(s))
	th.work(16 * len(s))
	d.in += len(s)
	_, _ = io.WriteString(d.w, s)
}

// flush is what zlib's flush modes do: 1 to 3 end a block, 4 ends the stream.
func (d *deflater) flush(mode int) {
	switch {
	case mode == 4 && !d.end:
		_ = d.w.Close()
		d.end = true
	case mode > 0 && !d.end:
		_ = d.w.Flush()
	}
}

// take returns what has been compressed.
func (d *deflater) take(th *thread) Value {
	s := d.out.String()
	d.total += len(s)
	d.out.Reset()
	return th.strEnc(s, encBinary)
}

func (th *thread) deflate(s string, level int, f zlibFormat) Value {
	d := th.newDeflater(level, f)
	d.write(th, s)
	d.flush(4)
	return d.take(th)
}

// zlibLevel is an optional argument with a level.
func (th *thread) zlibLevel(a []Value, i int) int {
	if len(a) > i && !a[i].isNil() {
		return th.intArg(a[i])
	}
	return zlib.DefaultCompression
}

func init() {
	for name, n := range map[string]int{"MAX_WBITS": maxWBits, "NO_COMPRESSION": 0, "BEST_SPEED": 1, "BEST_COMPRESSION": 9, "DEFAULT_COMPRESSION": -1,
		"NO_FLUSH": 0, "SYNC_FLUSH": 2, "FULL_FLUSH": 3, "FINISH": 4, "DEFAULT_STRATEGY": 0, "FILTERED": 1, "HUFFMAN_ONLY": 2, "RLE": 3, "FIXED": 4,
		"DEF_MEM_LEVEL": 8, "MAX_MEM_LEVEL": 9, "BINARY": 0, "ASCII": 1, "TEXT": 1, "UNKNOWN": 2, "OS_UNIX": 3, "OS_CODE": 3} {
		mZlib.setConst(name, Int(int64(n)))
	}
	mZlib.setConst("ZLIB_VERSION", Value{o: &String{s: "1.2.13", frozen: true}})
	inflate := func(th *thread, self Value, a []Value, blk *Proc) Value {
		in := strings.NewReader(th.strArg(a[0]))
		r, err := openCompressed(in, formatZlib)
		text := ""
		if err == nil {
			text, err = th.expand(r, 0)
		}
		if err != nil {
			th.raiseZlib(err)
		}
		return th.strEnc(text, encBinary)
	}
	mZlib.sdef("inflate", 1, 1, inflate)
	cInflate.sdef("inflate", 1, 1, inflate)
	deflate := func(th *thread, self Value, a []Value, blk *Proc) Value {
		return th.deflate(th.strArg(a[0]), th.zlibLevel(a, 1), formatZlib)
	}
	mZlib.sdef("deflate", 1, 2, deflate)
	cDeflate.sdef("deflate", 1, 2, deflate)
	mZlib.sdef("zlib_version", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return mZlib.consts["ZLIB_VERSION"] })
	mZlib.sdef("crc32", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if len(a) == 0 {
			return Int(0)
		}
		before := uint32(0)
		if len(a) > 1 {
			before = uint32(th.intArg(a[1]))
		}
		s := th.strArg(a[0])
		th.work(len(s))
		return Int(int64(crc32.Update(before, crc32.IEEETable, []byte(s))))
	})
	mZlib.sdef("adler32", 0, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		before := uint32(1)
		if len(a) > 1 {
			before = uint32(th.intArg(a[1]))
		}
		if len(a) == 0 {
			return Int(1)
		}
		s := th.strArg(a[0])
		th.work(len(s))
		return Int(int64(adler32From(before, s)))
	})
	inflateMethods()
	deflateMethods()
}

// adler32From goes on with a checksum.
func adler32From(before uint32, s string) uint32 {
	if before == 1 {
		return adler32.Checksum([]byte(s))
	}
	const mod = 65521
	lo, hi := before&0xffff, before>>16
	for i := range len(s) {
		lo = (lo + uint32(s[i])) % mod
		hi = (hi + lo) % mod
	}
	return hi<<16 | lo
}
