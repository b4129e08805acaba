package plugin

import (
	"net"
	"os"
	"sync"
)

// Sockets are the sockets that the inputs of one pipeline listen on. A pipeline that
// takes the place of another one gets second handles of the old one's sockets, so that
// no connection is refused in between. A nil *Sockets opens sockets and keeps nothing.
type Sockets struct {
	from *Sockets // of the pipeline that is replaced

	mu   sync.Mutex
	open map[string]filer // by network and address
}

// filer is a socket that gives out a second handle of itself.
type filer interface{ File() (*os.File, error) }

// NewSockets returns the sockets of a pipeline that takes the place of the pipeline with
// the sockets from; nil when it takes no one's place.
func NewSockets(from *Sockets) *Sockets { return &Sockets{from: from, open: map[string]filer{}} }

// Forget lets go of the sockets of the pipeline that has been replaced.
func (s *Sockets) Forget() {
	s.mu.Lock()
	s.from = nil
	s.mu.Unlock()
}

// Listen is net.Listen.
func (s *Sockets) Listen(network, address string) (net.Listener, error) {
	return opened(s, network, address, net.FileListener, net.Listen)
}

// ListenPacket is net.ListenPacket.
func (s *Sockets) ListenPacket(network, address string) (net.PacketConn, error) {
	return opened(s, network, address, net.FilePacketConn, net.ListenPacket)
}

func opened[T any](s *Sockets, network, address string, again func(*os.File) (T, error), anew func(network, address string) (T, error)) (T, error) {
	if s == nil {
		return anew(network, address)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := network + "/" + address
	if f := s.from.handle(key); f != nil {
		defer f.Close()
		if socket, err := again(f); err == nil {
			s.open[key], _ = any(socket).(filer)
			return socket, nil
		}
	}
	socket, err := anew(network, address)
	if err == nil {
		s.open[key], _ = any(socket).(filer)
	}
	return socket, err
}

// handle returns a second handle of a socket that is open; nil when there is none, or
// the system has no such handles.
func (s *Sockets) handle(key string) *os.File {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] == nil {
		return nil
	}
	f, err := s.open[key].File()
	if err != nil {
		return nil
	}
	return f
}
