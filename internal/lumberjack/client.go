package lumberjack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/klauspost/compress/zlib"
)

// ClientOptions say how a client sends. A field that is 0 has its default.
type ClientOptions struct {
	Version     byte          // V1 or V2; default V2
	Compression int           // 0 none, 1 fastest to 9 smallest
	Timeout     time.Duration // of a write, and without any sign of life while waiting for an ack; default 30 s
}

// Client sends windows of events over a connection and reads their acks. Several windows
// may be under way. One goroutine may send while another waits for acks.
type Client struct {
	conn    net.Conn
	options ClientOptions

	// of the sending side
	events  []byte // frames of the window that is being put together
	count   uint32
	out     bytes.Buffer
	deflate *zlib.Writer

	// of the receiving side
	ack [6]byte
}

// NewClient returns a client on a connection, which stays the caller's to close.
func NewClient(conn net.Conn, o ClientOptions) *Client {
	if o.Version == 0 {
		o.Version = V2
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	return &Client{conn: conn, options: o}
}

// AddJSON adds an event to the window that Send will send, and returns its sequence
// number. The text is copied. The version has to be V2.
func (c *Client) AddJSON(text []byte) (seq uint32) {
	c.count++
	c.events = appendJSON(c.events, c.count, text)
	return c.count
}

// AddPairs adds a version 1 event.
func (c *Client) AddPairs(pairs []Pair) (seq uint32) {
	c.count++
	c.events = appendData(c.events, c.count, pairs)
	return c.count
}

// Pending returns the number of events added since the last Send, and their bytes.
func (c *Client) Pending() (events, size int) { return int(c.count), len(c.events) }

// Send sends the events that were added as one window. Their sequence numbers count
// from 1. Without events it does nothing.
func (c *Client) Send() error {
	if c.count == 0 {
		return nil
	}
	c.out.Reset()
	c.out.Write(appendWindow(c.out.AvailableBuffer(), c.options.Version, c.count))
	if c.options.Compression > 0 {
		if err := c.compress(); err != nil {
			return err
		}
	} else {
		c.out.Write(c.events)
	}
	c.events, c.count = c.events[:0], 0
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.options.Timeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(c.out.Bytes())
	return err
}

// compress puts the events into one compressed frame.
func (c *Client) compress() error {
	at := c.out.Len()
	c.out.Write([]byte{c.options.Version, codeCompressed, 0, 0, 0, 0})
	if c.deflate == nil {
		w, err := zlib.NewWriterLevel(&c.out, c.options.Compression)
		if err != nil {
			return fmt.Errorf("compression level %d: %w", c.options.Compression, err)
		}
		c.deflate = w
	} else {
		c.deflate.Reset(&c.out)
	}
	if _, err := c.deflate.Write(c.events); err != nil {
		return err
	}
	if err := c.deflate.Close(); err != nil {
		return err
	}
	frame := c.out.Bytes()[at:]
	binary.BigEndian.PutUint32(frame[2:], uint32(len(frame)-6))
	return nil
}

// ErrAck is an answer of the server that is no ack.
var ErrAck = errors.New("the server's answer is no Lumberjack ack")

// ReadAck waits for one ack frame and returns its sequence number: 0 is a sign of life,
// less than what was sent a part of a window. It waits as long as the timeout.
func (c *Client) ReadAck() (uint32, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.options.Timeout)); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(c.conn, c.ack[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("no ack within %v: %w", c.options.Timeout, err)
		}
		return 0, err
	}
	if c.ack[0] != V1 && c.ack[0] != V2 || c.ack[1] != codeAck {
		return 0, fmt.Errorf("%w: it begins with %q", ErrAck, c.ack[:2])
	}
	return binary.BigEndian.Uint32(c.ack[2:]), nil
}

// Await waits until a window of count events has been acked, through signs of life and
// acks of parts. acked, which may be nil, hears of each ack.
func (c *Client) Await(count uint32, acked func(seq uint32)) error {
	for {
		seq, err := c.ReadAck()
		if err != nil {
			return err
		}
		if seq > count {
			return fmt.Errorf("%w: event %d of a window of %d", ErrAck, seq, count)
		}
		if acked != nil {
			acked(seq)
		}
		if seq == count {
			return nil
		}
	}
}
