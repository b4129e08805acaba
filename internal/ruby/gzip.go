package ruby

import (
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"time"
)

// gzipMember is the first member of a gzip text.
type gzipMember struct {
	head   gzip.Header
	text   string
	footer string // checksum and length; shorter than eight bytes where the text ends early
	after  string
}

func (th *thread) gunzip(s string) *gzipMember {
	in := strings.NewReader(s)
	head, err := gzip.NewReader(in)
	switch {
	case errors.Is(err, gzip.ErrHeader):
		th.raise(cGzipError, "not in gzip format")
	case err != nil:
		th.raise(cGzipError, "unexpected end of file")
	}
	m := &gzipMember{head: head.Header}
	m.text, err = th.expand(flate.NewReader(in), 0)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		th.raise(cGzipError, "unexpected end of file")
	case err != nil:
		th.raiseZlib(err)
	}
	rest := s[len(s)-in.Len():]
	m.footer = rest[:min(8, len(rest))]
	m.after = rest[len(m.footer):]
	if len(m.footer) == 8 {
		sum, size := binary.LittleEndian.Uint32([]byte(m.footer)), binary.LittleEndian.Uint32([]byte(m.footer[4:]))
		th.work(len(m.text))
		if sum != crc32.ChecksumIEEE([]byte(m.text)) {
			th.raise(cGzipCRC, "invalid compressed data -- crc error")
		}
		if size != uint32(len(m.text)) {
			th.raise(cGzipLength, "invalid compressed data -- length error")
		}
	}
	return m
}

// gzipWriter is a Zlib::GzipWriter: it compresses into an object that has write.
type gzipWriter struct {
	to     Value
	d      *deflater
	closed bool
}

// send passes on what has been compressed.
func (w *gzipWriter) send(th *thread) {
	if v := w.d.take(th); strOf(v).s != "" {
		th.send(w.to, "write", v)
	}
}

func init() {
	mZlib.sdef("gunzip", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.strArg(a[0])
		if len(s) < 10 {
			th.raise(cGzipError, "unexpected end of string")
		}
		m := th.gunzip(s)
		switch len(m.footer) {
		case 8:
			return th.strEnc(m.text, encBinary)
		case 0:
			th.raise(cGzipNoFoot, "footer is not found")
		}
		th.raise(cGzipError, "unexpected end of string")
		return vNil
	})
	mZlib.sdef("gzip", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, o := th.options(a)
		level := -1
		if v := o.opt(th, "level"); !v.isUndef() && !v.isNil() {
			level = th.intArg(v)
		}
		return th.deflate(th.strArg(a[0]), level, formatGzip)
	})
	// within gives the file to a block, if there is one, and closes it then.
	within := func(th *thread, v Value, blk *Proc) Value {
		if blk == nil {
			return v
		}
		r := th.yield1(blk, v)
		if !th.send(v, "closed?").truthy() {
			th.send(v, "close")
		}
		return r
	}
	cGzipFile.sdef("wrap", 1, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return within(th, th.send(self, "new", a...), blk)
	})
	gzipReaderMethods()
	gzipWriterMethods()
	cGzipReader.sdef("open", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return within(th, th.send(self, "new", th.openFile(th.strArg(a[0]))), blk)
	})
	cGzipReader.sdef("zcat", 1, 2, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s, all := th.toS(th.send(a[0], "read")), ""
		for s != "" {
			m := th.gunzip(s)
			th.charge(len(all) + len(m.text))
			all, s = all+m.text, m.after
		}
		return th.str(all)
	})
	cGzipWriter.sdef("open", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.denied("writing files")
		return vNil
	})
}

func gzipReaderMethods() {
	c := cGzipReader
	c.def("initialize", 1, 3, func(th *thread, self Value, a []Value, blk *Proc) Value {
		s := th.send(a[0], "read")
		if s.isNil() || len(strOf(s).s) < 10 {
			th.raise(cGzipError, "not in gzip format")
		}
		m := th.gunzip(th.strArg(s))
		self.o.(*Object).data = &stringIO{str: &String{s: m.text}, unused: m.after, original: m.head.Name, noWrite: true}
		if o := self.o.(*Object); !m.head.ModTime.IsZero() {
			o.set("@mtime", Int(m.head.ModTime.Unix()))
		}
		self.o.(*Object).set("@io", a[0])
		return vNil
	})
	readingMethods(c)
	positionMethods(c)
	c.def("unused", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		if s := th.io(self).unused; s != "" {
			return th.strEnc(s, encBinary)
		}
		return vNil
	})
	c.def("orig_name", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return th.str(th.io(self).original) })
	c.def("mtime", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		v, _ := self.o.(*Object).get("@mtime")
		if v.isNil() {
			v = Int(0)
		}
		return th.send(Value{o: cTime}, "at", v)
	})
	c.def("close finish", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		th.io(self).noRead = true
		io, _ := self.o.(*Object).get("@io")
		return io
	})
}

func gzipWriterMethods() {
	c := cGzipWriter
	w := func(th *thread, v Value) *gzipWriter {
		w, ok := v.o.(*Object).data.(*gzipWriter)
		if !ok || w.closed {
			th.raise(cGzipError, "closed gzip stream")
		}
		return w
	}
	c.def("initialize", 1, 4, func(th *thread, self Value, a []Value, blk *Proc) Value {
		a, _ = th.options(a)
		self.o.(*Object).data = &gzipWriter{to: a[0], d: th.newDeflater(th.zlibLevel(a, 1), formatGzip)}
		return vNil
	})
	head := func(th *thread, self Value) *gzip.Header { return &w(th, self).d.w.(*gzip.Writer).Header }
	c.def("mtime=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		head(th, self).ModTime = time.Unix(int64(th.intArg(th.send(a[0], "to_i"))), 0)
		return a[0]
	})
	c.def("orig_name=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		head(th, self).Name = strings.Clone(th.strArg(a[0]))
		return a[0]
	})
	c.def("comment=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		head(th, self).Comment = strings.Clone(th.strArg(a[0]))
		return a[0]
	})
	c.def("write", 0, -1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		n := 0
		for _, v := range a {
			s := th.toS(v)
			w(th, self).d.write(th, s)
			n += len(s)
		}
		w(th, self).send(th)
		return Int(int64(n))
	})
	writingMethods(c)
	c.def("flush", 0, 1, func(th *thread, self Value, a []Value, blk *Proc) Value {
		w(th, self).d.flush(2)
		w(th, self).send(th)
		return self
	})
	c.def("finish close", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		x := w(th, self)
		x.d.flush(4)
		x.send(th)
		x.closed = true
		return x.to
	})
	c.def("closed?", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value {
		return Bool(self.o.(*Object).data.(*gzipWriter).closed)
	})
	c.def("pos tell", 0, 0, func(th *thread, self Value, a []Value, blk *Proc) Value { return Int(int64(w(th, self).d.in)) })
	c.def("sync=", 1, 1, func(th *thread, self Value, a []Value, blk *Proc) Value { return a[0] })
}
