package instrument

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
)

// logFile reads a log line by line, unpacking it if it is packed by gzip.
type logFile struct {
	file *os.File
	r    *bufio.Reader
	buf  []byte
}

// maxLine is the longest line that is read.
const maxLine = 16 << 20

var errLongLine = errors.New("the line is longer than 16 MiB")

// openLogFile opens a log. at hears how many bytes of the file have been read.
func openLogFile(name string, at func(int64)) (*logFile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	l := &logFile{file: f, r: bufio.NewReaderSize(&countedReader{f, 0, at}, 256<<10)}
	if magic, _ := l.r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(l.r)
		if err != nil {
			f.Close()
			return nil, err
		}
		l.r = bufio.NewReaderSize(z, 256<<10)
	}
	return l, nil
}

// Line returns the next line without its end, valid until the next call.
func (l *logFile) Line() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if err == nil {
		return line[:len(line)-1], nil
	}
	l.buf = append(l.buf[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.r.ReadSlice('\n')
		if l.buf = append(l.buf, line...); len(l.buf) > maxLine {
			return nil, errLongLine
		}
	}
	if err == io.EOF && len(l.buf) > 0 {
		return l.buf, nil // a last line without an end
	}
	if err != nil {
		return nil, err
	}
	return l.buf[:len(l.buf)-1], nil
}

func (l *logFile) Close() error { return l.file.Close() }

type countedReader struct {
	r  io.Reader
	n  int64
	at func(int64)
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.at(c.n)
	return n, err
}
