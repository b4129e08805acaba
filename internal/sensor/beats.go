package sensor

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"sluice/internal/lumberjack"
	"sluice/internal/queue"
)

// windowsUnderWay is how many windows the sender is ahead of the acknowledgements: one
// travels while the other is made durable.
const windowsUnderWay = 2

// ackTimeout is how long a pipeline may give no sign of life while events are under way.
const ackTimeout = 30 * time.Second

// idleConnection is after what time without an event a new connection is made for the
// next one: inputs close idle ones (client_inactivity_timeout), which would look like a
// failure.
const idleConnection = 30 * time.Second

var errIdle = errors.New("the connection has been idle")

// sendBeats sends windows over the Lumberjack protocol. An event goes as it stands in
// the history: its fields are at the top of the frame's JSON, as in the guide, without
// the @timestamp and @metadata that a Beat adds. Logstash's input stamps such an event
// with the time at which it comes, and the event's own time is its field timestamp.
func (s *subscription) sendBeats(ctx context.Context, r *queue.Reader) error {
	conn, err := dial(ctx, s.Address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	unhook := context.AfterFunc(ctx, func() { conn.Close() })
	defer conn.Close()
	defer unhook()
	s.nowConnected()
	client := lumberjack.NewClient(conn, lumberjack.ClientOptions{Timeout: ackTimeout})
	windows := make(chan window, windowsUnderWay-1)
	var acks sync.WaitGroup
	acks.Go(func() {
		for w := range windows {
			err := client.Await(uint32(w.count), nil)
			if err == nil {
				err = r.Ack(w.ranges...)
			}
			if err != nil {
				cancel(err)
				for range windows { // the sender must not wait for room
				}
				return
			}
			s.acked(w.count)
		}
	})
	err = s.sendWindows(ctx, r, client, windows)
	if err != nil {
		cancel(err)
	}
	close(windows)
	acks.Wait()
	return context.Cause(ctx)
}

func (s *subscription) sendWindows(ctx context.Context, r *queue.Reader, client *lumberjack.Client, windows chan<- window) error {
	var b queue.Batch
	var w window
	for last := time.Now(); ; last = time.Now() {
		if err := s.next(ctx, r, &b, &w, windowEvents); err != nil {
			return err
		}
		if w.count == 0 {
			if err := r.Ack(w.ranges...); err != nil {
				return err
			}
			continue
		}
		if time.Since(last) > idleConnection {
			return errIdle
		}
		for _, e := range w.events {
			client.AddJSON(e)
		}
		s.sent()
		if err := client.Send(); err != nil {
			return err
		}
		windows <- window{ranges: w.ranges, count: w.count} // waits while enough is under way
	}
}

// dialTimeout is short, for the port is on this machine.
const dialTimeout = 5 * time.Second

func dial(ctx context.Context, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, reason(address, err)
	}
	// Where nobody listens, the kernel may choose the port itself for this end, and TCP
	// connects the two: the pipeline could never listen again.
	if conn.LocalAddr().String() == conn.RemoteAddr().String() {
		conn.Close()
		return nil, errors.New("nothing takes connections at " + address)
	}
	return conn, nil
}

// reason says why a port cannot be reached, in a person's words.
func reason(address string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return errors.New("nothing takes connections at " + address + " (" + op.Err.Error() + ")")
	}
	return err
}
