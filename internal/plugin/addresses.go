package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"sluice/internal/event"
)

// Addresses are where the pipelines of a process hand events to each other: inputs
// receive at an address, outputs send to it. It is safe for concurrent use.
type Addresses struct {
	mu        sync.Mutex
	receivers map[string][]*Receiver // by address; the last one gets what is sent
	senders   map[*Sender]bool
	changed   chan struct{} // closed when a sender has ended or a receiver has begun
	process   context.Context
}

// Receiver is an input's end of an address.
type Receiver struct {
	of       *Addresses
	address  string
	pipeline string

	ready chan struct{} // closed when there is a sink
	gone  context.Context
	leave context.CancelFunc
	sink  Sink
	puts  sync.WaitGroup
}

// Sender is an output's end of its addresses.
type Sender struct {
	of        *Addresses
	pipeline  string
	addresses []string
}

// ErrNobody tells that nobody receives at an address.
var ErrNobody = errors.New("no pipeline receives at this address")

var errReceiverGone = errors.New("the receiver has gone")

// NewAddresses returns addresses that nobody uses yet.
func NewAddresses() *Addresses {
	return &Addresses{receivers: map[string][]*Receiver{}, senders: map[*Sender]bool{}, changed: make(chan struct{}), process: context.Background()}
}

// Until says that all pipelines end when ctx does. Receivers then wait for those who send
// to them.
func (a *Addresses) Until(ctx context.Context) {
	a.mu.Lock()
	a.process = ctx
	a.mu.Unlock()
}

// Receive claims an address for an input of a pipeline. What is sent to it waits until
// Run. A pipeline that takes the place of one with the same id takes over its addresses;
// that another pipeline has the address is an error.
func (a *Addresses) Receive(address, pipeline string) (*Receiver, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, other := range a.receivers[address] {
		if other.pipeline != pipeline {
			return nil, fmt.Errorf("the pipeline %s receives at the address %s already", other.pipeline, address)
		}
	}
	r := &Receiver{of: a, address: address, pipeline: pipeline, ready: make(chan struct{})}
	r.gone, r.leave = context.WithCancel(context.Background())
	a.receivers[address] = append(a.receivers[address], r)
	return r, nil
}

// Run gives the sink what is sent, until ctx ends; when all pipelines end, until those
// who send have ended. It returns when no Put is under way any more.
func (r *Receiver) Run(ctx context.Context, to Sink) {
	r.sink = to
	close(r.ready)
	<-ctx.Done()
	for {
		r.of.mu.Lock()
		wait := r.of.process.Err() != nil && r.current() && r.of.expected(r)
		changed := r.of.changed
		r.of.mu.Unlock()
		if !wait {
			break
		}
		<-changed
	}
	r.Close()
}

// Close gives the address up and waits for what is under way. It may be called again.
func (r *Receiver) Close() {
	a := r.of
	a.mu.Lock()
	a.receivers[r.address] = slices.DeleteFunc(a.receivers[r.address], func(x *Receiver) bool { return x == r })
	if len(a.receivers[r.address]) == 0 {
		delete(a.receivers, r.address)
	}
	a.mu.Unlock()
	r.leave()
	r.puts.Wait()
}

// current tells whether what is sent comes here. a.mu is held.
func (r *Receiver) current() bool {
	all := r.of.receivers[r.address]
	return len(all) > 0 && all[len(all)-1] == r
}

// expected tells whether there is a pipeline that sends here and does not in turn wait
// for this one. a.mu is held.
func (a *Addresses) expected(r *Receiver) bool {
	reached := a.reach(r.pipeline)
	for s := range a.senders {
		if slices.Contains(s.addresses, r.address) && !reached[s.pipeline] {
			return true
		}
	}
	return false
}

// reach returns the pipelines that events of a pipeline can get to, itself included.
func (a *Addresses) reach(pipeline string) map[string]bool {
	reached := map[string]bool{pipeline: true}
	for grown := true; grown; {
		grown = false
		for s := range a.senders {
			if !reached[s.pipeline] {
				continue
			}
			for _, address := range s.addresses {
				for _, r := range a.receivers[address] {
					grown = grown || !reached[r.pipeline]
					reached[r.pipeline] = true
				}
			}
		}
	}
	return reached
}

// Send says that an output of a pipeline sends to addresses, until Sender.Close.
func (a *Addresses) Send(addresses []string, pipeline string) *Sender {
	s := &Sender{of: a, pipeline: pipeline, addresses: addresses}
	a.mu.Lock()
	a.senders[s] = true
	a.mu.Unlock()
	return s
}

// Close says that nothing more is sent.
func (s *Sender) Close() {
	a := s.of
	a.mu.Lock()
	delete(a.senders, s)
	close(a.changed)
	a.changed = make(chan struct{})
	a.mu.Unlock()
}

// Nobody returns the first address that nobody receives at; "" if there is none.
func (s *Sender) Nobody() string {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	for _, address := range s.addresses {
		if len(s.of.receivers[address]) == 0 {
			return address
		}
	}
	return ""
}

// Put hands a batch over to who receives at the address, as Sink.Put. The batch is made
// by make, again for another attempt when the receiver goes away in the middle of one.
// The error is ErrNobody or that of ctx.
func (s *Sender) Put(ctx context.Context, address string, make func() (*event.Batch, error)) error {
	for {
		s.of.mu.Lock()
		all := s.of.receivers[address]
		if len(all) == 0 {
			s.of.mu.Unlock()
			return ErrNobody
		}
		r := all[len(all)-1]
		r.puts.Add(1)
		s.of.mu.Unlock()
		err := r.put(ctx, make)
		r.puts.Done()
		if !errors.Is(err, errReceiverGone) {
			return err
		}
	}
}

func (r *Receiver) put(ctx context.Context, make func() (*event.Batch, error)) error {
	select {
	case <-r.ready:
	case <-r.gone.Done():
		return errReceiverGone
	case <-ctx.Done():
		return ctx.Err()
	}
	b, err := make()
	if err != nil {
		return err
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.gone, cancel)()
	err = r.sink.Put(both, b)
	if err != nil && r.gone.Err() != nil && ctx.Err() == nil {
		return errReceiverGone
	}
	return err
}
