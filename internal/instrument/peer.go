package instrument

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
)

// Peer is the sensor's end of the connection to the process of an Instrument.
type Peer struct{ frames *frames }

// NewPeer tells the process at the other end what it is to be.
func NewPeer(conn io.ReadWriter, spec Spec) (*Peer, error) {
	p := &Peer{newFrames(conn)}
	return p, p.frames.writeJSON(frameSpec, spec)
}

// Serve takes what the process sends until the connection ends, which is the error. put
// makes events durable; batches come in order, one at a time, and events are valid until
// it returns. An error of put that is not of ctx refuses the batch. status hears of every
// change. When Serve returns, neither is running.
func (p *Peer) Serve(ctx context.Context, put func(context.Context, []Event) error, status func(Status)) error {
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan []byte, Window+1)
	var worker sync.WaitGroup
	worker.Go(func() { p.putAll(ctx, batches, put) })
	defer worker.Wait()
	defer close(batches)
	defer cancel()
	for {
		kind, payload, err := p.frames.read()
		if err != nil {
			return err
		}
		switch kind {
		case frameBatch:
			select {
			case batches <- slices.Clone(payload):
			default:
				return fmt.Errorf("the Instrument has more than %d batches under way", Window)
			}
		case frameStatus:
			var s Status
			if err := json.Unmarshal(payload, &s); err != nil {
				return fmt.Errorf("the Instrument has sent what is no status: %w", err)
			}
			status(s)
		default:
			return fmt.Errorf("the Instrument has sent a frame of an unknown kind %q", kind)
		}
	}
}

func (p *Peer) putAll(ctx context.Context, batches <-chan []byte, put func(context.Context, []Event) error) {
	var events []Event
	for payload := range batches {
		number, read, err := readBatch(payload, events)
		if err == nil {
			err = put(ctx, read)
			events = read
		}
		if ctx.Err() != nil {
			continue // the process is gone, or will send the batch again to the next sensor
		}
		answer := binary.BigEndian.AppendUint64(nil, number)
		if err != nil {
			_ = p.frames.write(frameRefuse, append(answer, err.Error()...)) // a broken connection shows in read
			continue
		}
		_ = p.frames.write(frameAck, answer)
	}
}
