package input

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"sluice/internal/pki"
	"sluice/internal/plugin"
)

// tcpServer accepts the connections of an input and ends them when the input stops.
type tcpServer struct {
	env            *plugin.Env
	host           string
	port           int
	maxConnections int
	tls            plugin.ServerTLS
	config         *tls.Config // nil without TLS

	listener net.Listener
	mu       sync.Mutex
	open     map[net.Conn]bool
	stopping bool
}

// Listen opens the port, so that one that is taken is an error at start.
func (s *tcpServer) Listen() error {
	if s.listener != nil {
		return nil
	}
	l, err := s.env.Listen(s.host, s.port)
	if err != nil {
		return err
	}
	s.listener = l
	return nil
}

// ListensOn returns the address of the port.
func (s *tcpServer) ListensOn() []string {
	return []string{net.JoinHostPort(s.host, strconv.Itoa(s.port))}
}

// Close gives the port back when nothing has run.
func (s *tcpServer) Close() error {
	if s.listener != nil {
		s.listener.Close()
	}
	return nil
}

// run accepts connections until ctx ends, and returns when serve has returned for all
// of them. No connection reads anything after the end of ctx, but may still answer.
func (s *tcpServer) run(ctx context.Context, serve func(conn net.Conn, idle *idleConn, log *slog.Logger)) error {
	if err := s.Listen(); err != nil {
		return err
	}
	s.open = map[net.Conn]bool{}
	stop := context.AfterFunc(ctx, func() { s.listener.Close() })
	defer stop()
	defer s.listener.Close()
	s.env.Log.Info("listening", "address", s.listener.Addr().String(), "tls", s.config != nil)
	var running sync.WaitGroup
	full := false
	for {
		conn, err := s.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			break
		}
		if err != nil { // most often there are too many open files; that passes
			s.env.Log.Error("cannot accept a connection", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		if !s.admit(conn) {
			conn.Close()
			if !full {
				s.env.Log.Warn("too many connections: further ones are closed at once", "max_connections", s.maxConnections)
			}
			full = true
			continue
		}
		full = false
		running.Go(func() {
			defer s.dismiss(conn)
			log := s.env.Log.With("client", conn.RemoteAddr().String())
			idle := &idleConn{Conn: conn, server: s}
			if secure, err := s.handshake(idle); errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
				log.Debug("a client went away before the TLS handshake") // as health checks do
			} else if err != nil {
				d := pki.ExplainHandshake(pki.AsServer, err)
				log.Warn("a client was refused: "+d.Message, "code", d.Code.ID, "help", d.Help)
			} else {
				serve(secure, idle, log)
			}
		})
	}
	s.stopReading()
	running.Wait()
	return nil
}

func (s *tcpServer) admit(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= s.maxConnections {
		return false
	}
	s.open[conn] = true
	return true
}

func (s *tcpServer) dismiss(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
}

// handshake returns the connection itself when there is no TLS.
func (s *tcpServer) handshake(conn *idleConn) (net.Conn, error) {
	if s.config == nil {
		return conn, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.tls.HandshakeTimeout())
	defer cancel()
	secure := tls.Server(conn, s.config)
	return secure, secure.HandshakeContext(ctx)
}

// stopReading makes all reads fail from now on.
func (s *tcpServer) stopReading() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	for conn := range s.open {
		conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// idleConn ends a read that gets nothing for a while, and all reads when the input stops.
type idleConn struct {
	net.Conn
	server *tcpServer
	limit  time.Duration // 0 is for ever
}

func (c *idleConn) Read(p []byte) (int, error) {
	var deadline time.Time
	if c.limit > 0 {
		deadline = time.Now().Add(c.limit)
	}
	c.server.mu.Lock()
	if c.server.stopping {
		c.server.mu.Unlock()
		return 0, net.ErrClosed
	}
	err := c.Conn.SetReadDeadline(deadline)
	c.server.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// CloseWrite tells the client that nothing more will come.
func (c *idleConn) CloseWrite() error {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return nil
}
