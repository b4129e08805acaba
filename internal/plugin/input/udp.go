package input

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "udp",
		Doc: "Receives events as UDP packets; each goes through the codec by itself. UDP knows no acks and no back pressure: " +
			"what comes faster than the pipeline takes it is lost in the system's receive buffer.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-udp.html, logstash-input-udp 3.5",
		Examples: []plugin.Example{
			{Title: "NetFlow", Config: `udp { port => 2055 codec => netflow }`},
			{Title: "Room for bursts", Config: `udp { port => 5514 receive_buffer_bytes => 16777216 queue_size => 10000 }`},
		},
		New: func() plugin.Plugin { return &udp{} },
	})
}

// udp is the input udp.
type udp struct {
	plugin.InputOptions
	packetServer

	ecs     plugin.ECS
	field   event.Ref
	workers int

	codec plugin.Codec
	batch int
}

func (u *udp) Options() []plugin.Option {
	u.host, u.size, u.queue, u.workers = "0.0.0.0", 65536, 2000, 2
	return slices.Concat([]plugin.Option{
		plugin.String("host", &u.host, "The address to listen on."),
		plugin.Port("port", &u.port, "The port to listen on.").Must(),
		plugin.Int("buffer_size", &u.size, 1, 65536, "The longest packet, in bytes. What is longer is cut off."),
		plugin.Int("receive_buffer_bytes", &u.receive, 0, 1<<31-1, "The size of the system's receive buffer, in bytes. By default, and with 0, the system decides; the system also has a limit (net.core.rmem_max)."),
		plugin.Int("queue_size", &u.queue, 1, 1<<24, "How many packets wait in memory for the workers. When there are as many, the system's receive buffer fills, and then packets are lost."),
		plugin.Int("workers", &u.workers, 1, 1024, "How many threads decode packets. Events of several of them are in no certain order."),
		plugin.Ref("source_ip_fieldname", &u.field, "The field for the sender's address. By default `host`, or `[host][ip]` with ECS."),
		plugin.ECSOption(&u.ecs),
	}, u.Common("plain"))
}

func (u *udp) Open(env *plugin.Env) (err error) {
	u.env = env
	u.ecs = u.ecs.Or(env.ECS)
	if u.field.IsZero() {
		u.field = event.MustRef("host")
		if u.ecs.Enabled() {
			u.field = event.MustRef("[host][ip]")
		}
	}
	inner := *env
	inner.ECS = u.ecs
	u.batch = max(env.BatchSize, 1)
	u.Prepare()
	u.codec, err = u.Codec.Open(&inner)
	return err
}

// Run receives packets until ctx ends. Those that have come until then become events.
func (u *udp) Run(ctx context.Context, to plugin.Sink) error {
	packets := make(chan packet, u.queue)
	var workers sync.WaitGroup
	for range u.workers {
		workers.Go(func() { u.work(ctx, packets, to) })
	}
	err := u.receiveAll(ctx, packets)
	close(packets)
	workers.Wait()
	return err
}

// work decodes packets. Those that wait at the same time go into one batch.
func (u *udp) work(ctx context.Context, packets <-chan packet, to plugin.Sink) {
	d := u.codec.NewDecoder()
	aware, _ := d.(plugin.SenderAware)
	var last netip.Addr // most packets come from where the one before them came from
	var ip event.Value
	putPackets(ctx, packets, u.batch, to, u.env.Log, func(p packet, b *event.Batch) {
		if p.from != last || !ip.Exists() {
			last, ip = p.from, event.StringValue(p.from.String())
			if aware != nil {
				aware.From(ip.Str())
			}
		}
		first := len(b.Events)
		d.Decode(b.Copy(p.data), b)
		d.Flush(b)
		u.Decorate(b, first)
		for _, e := range b.Events[first:] {
			setMissing(e, u.field, ip)
		}
	})
}

// packet is a datagram in a buffer that goes back to packetBuffers.
type packet struct {
	data   []byte
	from   netip.Addr
	buffer *[]byte
}

var packetBuffers = sync.Pool{New: func() any { return new([]byte) }}

func newPacket(data []byte, from netip.Addr) packet {
	kept := packetBuffers.Get().(*[]byte)
	*kept = append((*kept)[:0], data...)
	return packet{*kept, from, kept}
}

func (p packet) release() {
	if cap(p.data) <= 4096 { // most packets are small; large ones would fill the queue's memory
		packetBuffers.Put(p.buffer)
	}
}

// putPackets makes batches of packets until there are no more. After the end of ctx there
// is a second left for what waits. What the queue does not take is lost, as UDP has it,
// and logged.
func putPackets(ctx context.Context, packets <-chan packet, most int, to plugin.Sink, log *slog.Logger, decode func(packet, *event.Batch)) {
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastLineTime, cancel) })
	defer stop()
	lost, logged := 0, time.Time{}
	for p := range packets {
		b := event.NewBatch()
		decode(p, b)
		p.release()
	more:
		for len(b.Events) < most {
			select {
			case p, ok := <-packets:
				if !ok {
					break more
				}
				decode(p, b)
				p.release()
			default:
				break more
			}
		}
		if len(b.Events) == 0 {
			b.Release()
			continue
		}
		n := len(b.Events)
		if err := to.Put(last, b); err != nil {
			lost += n
			if now := time.Now(); now.Sub(logged) > time.Second {
				log.Error("events from datagrams are lost, since the queue does not take them", "events", lost, "error", err)
				lost, logged = 0, now
			}
		}
	}
}

// packetServer receives the datagrams of an input.
type packetServer struct {
	env     *plugin.Env
	host    string
	port    int
	size    int // of the longest packet, in bytes
	receive int // of the system's buffer, in bytes; 0 for its default
	queue   int

	conn net.PacketConn
}

// Listen opens the port, so that one that is taken is an error at start.
func (s *packetServer) Listen() error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.env.ListenPacket(s.host, s.port)
	if err != nil {
		return err
	}
	if buffered, ok := conn.(interface{ SetReadBuffer(int) error }); ok && s.receive > 0 {
		if err := buffered.SetReadBuffer(s.receive); err != nil {
			s.env.Log.Warn("the system refuses the size of the receive buffer", "bytes", s.receive, "error", err)
		} else if got := receiveBuffer(conn); got > 0 && got < s.receive {
			s.env.Log.Warn("the system allows a smaller receive buffer only; raise net.core.rmem_max", "asked", s.receive, "got", got)
		}
	}
	s.conn = conn
	return nil
}

// ListensOn returns the address of the port.
func (s *packetServer) ListensOn() []string {
	return []string{net.JoinHostPort(s.host, strconv.Itoa(s.port))}
}

// Close gives the port back when nothing has run.
func (s *packetServer) Close() error {
	if s.conn != nil {
		s.conn.Close()
	}
	return nil
}

// receiveAll reads packets until ctx ends.
func (s *packetServer) receiveAll(ctx context.Context, to chan<- packet) error {
	if err := s.Listen(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { s.conn.Close() })()
	defer s.conn.Close()
	s.env.Log.Info("listening", "address", s.conn.LocalAddr().String(), "network", "udp")
	buffer := make([]byte, s.size)
	for {
		n, from, err := s.conn.ReadFrom(buffer)
		if ctx.Err() != nil {
			if n > 0 {
				s.offer(to, buffer[:n], from)
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil { // such as an ICMP message about a packet sent from this port
			s.env.Log.Warn("cannot receive a packet", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		if n == 0 {
			continue
		}
		select {
		case to <- newPacket(buffer[:n], addrOf(from)):
		case <-ctx.Done():
			return nil
		}
	}
}

// offer hands a packet on if there is room.
func (s *packetServer) offer(to chan<- packet, data []byte, from net.Addr) {
	select {
	case to <- newPacket(data, addrOf(from)):
	default:
	}
}

func addrOf(a net.Addr) netip.Addr {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort().Addr().Unmap().WithZone("")
	}
	host, _, _ := net.SplitHostPort(a.String())
	ip, _ := netip.ParseAddr(cmp.Or(host, a.String()))
	return ip
}
