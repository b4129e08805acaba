package input

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/lumberjack"
	"sluice/internal/plugin"
)

// beatsConn is one connection of a sender.
type beatsConn struct {
	*beats
	raw     *idleConn
	conn    net.Conn // raw, or TLS over it
	reader  *lumberjack.Reader
	decoder plugin.Decoder
	origin  []originField // metadata about the sender, for every event

	// of the window that is being read
	version byte
	window  uint32 // events it will have
	left    uint32 // events that are still to come
	last    uint32 // the sequence number of the last event

	mu      sync.Mutex // of what follows, and of writing
	putting bool       // the sink has a batch
	alive   *time.Timer
	cancel  context.CancelFunc
	ack     [6]byte
}

// serve reads windows, hands them on and acks them, until the sender goes away.
func (b *beats) serve(ctx context.Context, conn net.Conn, raw *idleConn, log *slog.Logger, to plugin.Sink) {
	raw.limit = b.inactivity
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &beatsConn{beats: b, raw: raw, conn: conn, cancel: cancel, version: lumberjack.V2}
	c.describe()
	c.reader = lumberjack.NewReader(c.conn, b.limits)
	c.decoder = b.codec.NewDecoder()
	c.alive = time.AfterFunc(time.Hour, c.signOfLife)
	c.alive.Stop()
	defer c.alive.Stop()
	err := c.windows(ctx, to)
	var bad *lumberjack.ProtocolError
	switch {
	case errors.As(err, &bad):
		log.Warn("a client does not keep to the protocol; its connection is closed", "error", err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		log.Debug("a client was silent; its connection is closed")
	default: // that a client goes away is its own affair; what was not acked it sends again
		log.Debug("connection closed", "reason", err)
	}
}

// windows reads until the connection ends.
func (c *beatsConn) windows(ctx context.Context, to plugin.Sink) error {
	for {
		if err := c.await(c.inactivity); err != nil {
			return err
		}
		batch := event.NewBatch()
		err := c.collect(batch)
		if err != nil && !errors.Is(err, errSilence) {
			batch.Release()
			return err
		}
		seq := c.last
		if len(batch.Events) == 0 { // a window of 0, or events that a codec has made nothing of
			batch.Release()
		} else if err := c.put(ctx, batch, to); err != nil {
			return err
		}
		if err := c.sendAck(seq); err != nil {
			return err
		}
	}
}

// await waits until something comes, at most as long as given; 0 is for ever.
func (c *beatsConn) await(limit time.Duration) error {
	if !c.reader.Between() {
		return nil
	}
	c.raw.limit = limit
	err := c.reader.Wait()
	c.raw.limit = c.inactivity
	return err
}

// errSilence ends a batch before its window is complete.
var errSilence = errors.New("the sender is silent")

// collect reads the events of a window into the batch. It returns before the window is
// complete when enough has come together or the sender falls silent: an ack of a part
// is part of the protocol, so memory stays bounded and no event waits for others.
func (c *beatsConn) collect(batch *event.Batch) error {
	size := 0
	for n := 0; ; {
		if n > 0 {
			if err := c.await(c.silence); errors.Is(err, os.ErrDeadlineExceeded) {
				return errSilence
			} else if err != nil {
				return err
			}
		}
		item, err := c.reader.Next(batch)
		if err != nil {
			return err
		}
		c.version = item.Version
		switch item.Kind {
		case lumberjack.Window:
			c.window, c.left = item.Count, item.Count
			if n > 0 { // the sender has given the rest of its window up
				return nil
			}
			if item.Count == 0 {
				c.last = 0
				return nil
			}
			continue
		case lumberjack.JSON:
			size += len(item.JSON)
			c.addJSON(batch, item.JSON)
		case lumberjack.Data:
			for _, p := range item.Pairs {
				size += len(p.Key) + len(p.Value)
			}
			c.addPairs(batch, item.Pairs)
		}
		n++
		c.last = item.Seq
		if c.left == 0 {
			c.left = max(c.window, 1) // old senders announce their window only once
		}
		c.left--
		if c.left == 0 || n >= beatsMaxEvents || size >= beatsMaxBytes {
			return nil
		}
	}
}

// put hands the batch on, with signs of life to the sender while that takes its time.
func (c *beatsConn) put(ctx context.Context, batch *event.Batch, to plugin.Sink) error {
	c.mu.Lock()
	c.putting = true
	c.alive.Reset(c.keepAlive)
	c.mu.Unlock()
	err := to.Put(ctx, batch)
	c.mu.Lock()
	c.putting = false
	c.alive.Stop()
	c.mu.Unlock()
	return err
}

// signOfLife tells the sender that its events are being worked on. When the sender has
// gone away it ends the wait for the queue, for the sender will send them again.
func (c *beatsConn) signOfLife() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.putting {
		return
	}
	if err := c.writeAck(0); err != nil {
		c.cancel()
		return
	}
	c.alive.Reset(c.keepAlive)
}

const beatsWriteTimeout = 30 * time.Second

func (c *beatsConn) sendAck(seq uint32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writeAck(seq)
}

// writeAck writes an ack; mu is held.
func (c *beatsConn) writeAck(seq uint32) error {
	if err := c.raw.SetWriteDeadline(time.Now().Add(beatsWriteTimeout)); err != nil {
		return err
	}
	n, err := c.conn.Write(lumberjack.AppendAck(c.ack[:0], c.version, seq))
	if err == nil && n < len(c.ack) {
		err = io.ErrShortWrite
	}
	return err
}
