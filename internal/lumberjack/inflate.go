package lumberjack

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/zlib"
)

// inflow is a compressed frame on its way in: the connection, cut at the end of the
// frame, decompressed, cut at the limit, buffered. It is kept from frame to frame.
type inflow struct {
	frame    io.LimitedReader // the compressed bytes
	source   *bufio.Reader    // of frame
	zlib     io.ReadCloser
	left     int64 // bytes that may still come out
	limit    int64
	out      *bufio.Reader
	finished bool
}

// inflate begins a compressed frame.
func (r *Reader) inflate() error {
	n, err := r.number()
	if err != nil {
		return err
	}
	if int64(n) > r.limits.Compressed {
		return protocolError("a compressed frame of %d bytes is above the limit of %d", n, r.limits.Compressed)
	}
	f := &r.inflow
	f.frame = io.LimitedReader{R: r.conn, N: int64(n)}
	f.left, f.limit, f.finished = r.limits.Decompressed, r.limits.Decompressed, false
	if f.source == nil {
		f.source = bufio.NewReaderSize(&f.frame, bufferSize)
		f.out = bufio.NewReaderSize(f, bufferSize)
	} else {
		f.source.Reset(&f.frame)
		f.out.Reset(f)
	}
	if f.zlib == nil {
		f.zlib, err = zlib.NewReader(f.source)
	} else {
		err = f.zlib.(zlib.Resetter).Reset(f.source, nil)
	}
	if err != nil {
		return badCompression(err)
	}
	r.in = f.out
	return nil
}

// deflated ends a compressed frame. What stands in the frame behind the end of the
// compressed data is no part of it, but has to be read.
func (r *Reader) deflated() error {
	r.in = r.conn
	_, err := io.Copy(io.Discard, r.inflow.source)
	if err == nil && r.inflow.frame.N > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Read gives what the frame becomes, up to the limit.
func (f *inflow) Read(p []byte) (int, error) {
	if f.finished {
		return 0, io.EOF
	}
	n, err := f.zlib.Read(p)
	if f.left -= int64(n); f.left < 0 {
		return 0, protocolError("a compressed frame that becomes more than %d bytes is above the limit", f.limit)
	}
	switch {
	case err == io.EOF:
		f.finished = true
	case err != nil:
		err = badCompression(err)
	}
	return n, err
}

// badCompression keeps errors of the connection as they are, and says what is wrong with
// the data otherwise.
func badCompression(err error) error {
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		return io.ErrUnexpectedEOF
	case zlib.ErrHeader, zlib.ErrChecksum, zlib.ErrDictionary:
		return protocolError("a compressed frame is damaged: %v", err)
	}
	if _, ok := err.(interface{ Timeout() bool }); ok {
		return err
	}
	return protocolError("a compressed frame is damaged: %v", err)
}
