package lumberjack

import (
	"bufio"
	"encoding/binary"
	"io"
)

// Limits are what a peer may ask for. A field that is 0 has its default.
type Limits struct {
	Window       int   // events in a window; default 1,048,576
	Frame        int   // bytes of one event; default 64 MiB
	Pairs        int   // key-value pairs of one event; default 16,384
	Compressed   int64 // bytes of a compressed frame; default 256 MiB
	Decompressed int64 // bytes that a compressed frame may become; default 1 GiB: events go on one by one, so this is no memory
}

func (l Limits) withDefaults() Limits {
	if l.Window == 0 {
		l.Window = 1 << 20
	}
	if l.Frame == 0 {
		l.Frame = 64 << 20
	}
	if l.Pairs == 0 {
		l.Pairs = 1 << 14
	}
	if l.Compressed == 0 {
		l.Compressed = 256 << 20
	}
	if l.Decompressed == 0 {
		l.Decompressed = 1 << 30
	}
	return l
}

// Memory gives room for payloads; *event.Batch is one.
type Memory interface {
	Buffer(n int) []byte // n bytes with any content
}

// Kind is what a Reader has found.
type Kind uint8

// The kinds of items.
const (
	Window Kind = iota // a window begins
	JSON               // an event as JSON text
	Data               // an event as key-value pairs
)

// Pair is a key and its value in a version 1 event.
type Pair struct{ Key, Value []byte }

// Item is one step of a connection.
type Item struct {
	Kind    Kind
	Version byte
	Count   uint32 // of a Window: events that it will have; 0 only wants an ack of 0
	Seq     uint32 // of an event
	JSON    []byte // of a JSON, in the caller's memory
	Pairs   []Pair // of a Data, their bytes in the caller's memory; valid until the next call of Next
}

// Reader takes what a client sends apart. It is not safe for concurrent use. What it
// allocates on its own does not depend on what the peer claims.
type Reader struct {
	limits Limits
	conn   *bufio.Reader
	in     *bufio.Reader // conn, or what the compressed frame becomes
	inflow inflow
	header [8]byte
	pairs  []Pair
}

const bufferSize = 32 << 10

// NewReader returns a reader of a connection.
func NewReader(conn io.Reader, limits Limits) *Reader {
	r := &Reader{limits: limits.withDefaults(), conn: bufio.NewReaderSize(conn, bufferSize)}
	r.in = r.conn
	return r
}

// Between tells whether the next call of Next has to wait for a new frame from the
// network: nothing of it is there yet.
func (r *Reader) Between() bool { return r.in == r.conn && r.conn.Buffered() == 0 }

// Wait waits until a new frame begins. It is meant for Between, and may be called again
// after a timeout of the connection, for then nothing has been read.
func (r *Reader) Wait() error {
	_, err := r.conn.Peek(1)
	return err
}

// Next returns the next item. io.EOF is the end between two frames,
// io.ErrUnexpectedEOF within one. Events lie in mem.
func (r *Reader) Next(mem Memory) (Item, error) {
	for {
		version, code, err := r.begin()
		if err != nil {
			return Item{}, err
		}
		switch code {
		case codeJSON:
			return r.json(version, mem)
		case codeData:
			return r.data(version, mem)
		case codeWindow:
			return r.window(version)
		case codeCompressed:
			if r.in != r.conn {
				return Item{}, protocolError("a compressed frame within a compressed frame")
			}
			if err := r.inflate(); err != nil {
				return Item{}, err
			}
		default:
			return Item{}, protocolError("frame type %q is none that a client may send", code)
		}
	}
}

// begin reads the first two bytes of a frame, and leaves a compressed frame at its end.
func (r *Reader) begin() (version, code byte, err error) {
	if r.in != r.conn {
		if _, err := r.in.Peek(1); err == io.EOF {
			if err := r.deflated(); err != nil {
				return 0, 0, err
			}
		}
	}
	version, err = r.in.ReadByte()
	if err != nil {
		return 0, 0, r.inner(err)
	}
	if version != V1 && version != V2 {
		return 0, 0, protocolError("a frame begins with version %q where 1 or 2 was expected; this is no Lumberjack, or TLS on a port without TLS", version)
	}
	code, err = r.in.ReadByte()
	return version, code, r.within(err)
}

// inner is for errors at the start of a frame: in a compressed frame they are no end.
func (r *Reader) inner(err error) error {
	if err == io.EOF && r.in == r.conn {
		return io.EOF
	}
	return r.within(err)
}

// within is for errors within a frame.
func (r *Reader) within(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *Reader) number() (uint32, error) {
	_, err := io.ReadFull(r.in, r.header[:4])
	return binary.BigEndian.Uint32(r.header[:4]), r.within(err)
}

func (r *Reader) window(version byte) (Item, error) {
	n, err := r.number()
	if err != nil {
		return Item{}, err
	}
	if uint64(n) > uint64(r.limits.Window) {
		return Item{}, protocolError("a window of %d events is above the limit of %d", n, r.limits.Window)
	}
	return Item{Kind: Window, Version: version, Count: n}, nil
}

func (r *Reader) json(version byte, mem Memory) (Item, error) {
	if _, err := io.ReadFull(r.in, r.header[:8]); err != nil {
		return Item{}, r.within(err)
	}
	item := Item{Kind: JSON, Version: version, Seq: binary.BigEndian.Uint32(r.header[:4])}
	n := binary.BigEndian.Uint32(r.header[4:8])
	if uint64(n) > uint64(r.limits.Frame) {
		return Item{}, protocolError("an event of %d bytes is above the limit of %d", n, r.limits.Frame)
	}
	var err error
	item.JSON, err = r.payload(int(n), mem)
	return item, err
}

func (r *Reader) data(version byte, mem Memory) (Item, error) {
	if _, err := io.ReadFull(r.in, r.header[:8]); err != nil {
		return Item{}, r.within(err)
	}
	item := Item{Kind: Data, Version: version, Seq: binary.BigEndian.Uint32(r.header[:4])}
	n := binary.BigEndian.Uint32(r.header[4:8])
	if n == 0 || uint64(n) > uint64(r.limits.Pairs) {
		return Item{}, protocolError("an event of %d pairs; 1 to %d are allowed", n, r.limits.Pairs)
	}
	r.pairs = r.pairs[:0]
	left := r.limits.Frame
	for range n {
		var p Pair
		for _, text := range []*[]byte{&p.Key, &p.Value} {
			size, err := r.number()
			if err != nil {
				return Item{}, err
			}
			if uint64(size) > uint64(left) {
				return Item{}, protocolError("an event of more than %d bytes is above the limit", r.limits.Frame)
			}
			left -= int(size)
			if *text, err = r.payload(int(size), mem); err != nil {
				return Item{}, err
			}
		}
		r.pairs = append(r.pairs, p)
	}
	item.Pairs = r.pairs
	return item, nil
}

// grow is how much is allocated for a payload before its bytes have come.
const grow = 64 << 10

// payload reads n bytes. A large payload is allocated while it comes in, so that a
// claimed size costs nothing.
func (r *Reader) payload(n int, mem Memory) ([]byte, error) {
	if n <= grow {
		b := mem.Buffer(n)
		_, err := io.ReadFull(r.in, b)
		return b, r.within(err)
	}
	b := make([]byte, grow)
	for have := 0; ; {
		if _, err := io.ReadFull(r.in, b[have:]); err != nil {
			return nil, r.within(err)
		}
		if have = len(b); have == n {
			return b, nil
		}
		larger := make([]byte, min(n, 2*have))
		copy(larger, b)
		b = larger
	}
}
