package output

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/pki"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "tcp",
		Doc: "Writes events to a TCP connection, with or without TLS, or with `mode => server` to everyone who connects. " +
			"TCP knows no acks: an event counts as delivered when the system has taken it, and what is on the way when a connection breaks is lost. " +
			"The codec `json` writes no line ends, as in Logstash: `json_lines` does. " +
			"With mode `server` a client that takes nothing for 30 seconds is closed, and events for which there is no client are gone.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-outputs-tcp.html, logstash-output-tcp 7.0",
		Examples: []plugin.Example{
			{Title: "Lines of JSON", Config: `tcp { host => "collector.example.org" port => 5000 codec => json_lines }`},
			{Title: "For those who connect", Config: `tcp { mode => "server" host => "127.0.0.1" port => 5000 codec => line { format => "%{message}" } }`},
		},
		New: func() plugin.Plugin { return &tcpOutput{} },
	})
}

// tcpWriteTime is how long the other side may take nothing.
const tcpWriteTime = 30 * time.Second

// tcpOutput is the output tcp.
type tcpOutput struct {
	plugin.OutputOptions
	upstream

	host      string
	port      int
	mode      string
	reconnect time.Duration
	secure    plugin.PeerTLS

	codec     plugin.Codec
	client    *plugin.ClientTLS // of mode client
	config    *tls.Config       // of mode server; nil without TLS
	listener  net.Listener
	accepting sync.WaitGroup

	turn  sync.Mutex // of writing
	mu    sync.Mutex // of what follows
	conns map[net.Conn]bool
}

func (o *tcpOutput) Options() []plugin.Option {
	o.mode, o.reconnect = "client", 10*time.Second
	return slices.Concat([]plugin.Option{
		plugin.String("host", &o.host, "The host to connect to, or with `mode => server` the address to listen on.").Must(),
		plugin.Port("port", &o.port, "The port to connect to, or to listen on.").Must(),
		plugin.Enum("mode", &o.mode, []string{"server", "client"}, "Whether the output connects to a server, or listens and writes to everyone who connects."),
		plugin.Seconds("reconnect_interval", &o.reconnect, "Seconds from a failed attempt to connect to the next one."),
		plugin.Removed("message_format", "Set a codec: codec => line { format => … }."),
	}, o.secure.Options(), o.Common("json"))
}

func (o *tcpOutput) Open(env *plugin.Env) (err error) {
	address := net.JoinHostPort(o.host, strconv.Itoa(o.port))
	o.upstream.env, o.upstream.name = env, address
	o.conns = map[net.Conn]bool{}
	if o.codec, err = o.Codec.Open(env); err != nil {
		return err
	}
	if o.mode == "client" {
		o.client, err = o.secure.OpenClient(env)
		o.upstream.plain = err == nil && !o.client.Enabled
	} else {
		o.config, err = o.secure.OpenServer(env)
	}
	return err
}

// Listen opens the port of mode server and accepts who comes, until Close.
func (o *tcpOutput) Listen() (err error) {
	if o.mode == "client" || o.listener != nil {
		return nil
	}
	if o.listener, err = o.env.Listen(o.host, o.port); err != nil {
		return err
	}
	o.env.Log.Info("listening", "address", o.listener.Addr().String(), "tls", o.config != nil)
	o.accepting.Go(o.accept)
	return nil
}

// ListensOn returns the address of mode server.
func (o *tcpOutput) ListensOn() []string {
	if o.mode == "client" {
		return nil
	}
	return []string{o.upstream.name}
}

func (o *tcpOutput) accept() {
	for {
		conn, err := o.listener.Accept()
		if err != nil {
			return
		}
		o.accepting.Go(func() {
			if o.config != nil {
				secure := tls.Server(conn, o.config)
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				if err := secure.Handshake(); err != nil {
					d := pki.ExplainHandshake(pki.AsServer, err)
					o.env.Log.Warn("a client was refused: "+d.Message, "client", conn.RemoteAddr().String(), "help", d.Help)
					conn.Close()
					return
				}
				conn.SetDeadline(time.Time{})
				conn = secure
			}
			if o.admit(conn) {
				o.discard(conn)
			}
		})
	}
}

// admit takes a connection in, unless the output has been closed.
func (o *tcpOutput) admit(conn net.Conn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conns == nil {
		conn.Close()
		return false
	}
	o.conns[conn] = true
	return true
}

// discard reads what the other side sends, to see when it goes away.
func (o *tcpOutput) discard(conn net.Conn) {
	buffer := make([]byte, 4096)
	for {
		if _, err := conn.Read(buffer); err != nil {
			o.dismiss(conn)
			return
		}
	}
}

func (o *tcpOutput) dismiss(conn net.Conn) {
	conn.Close()
	o.mu.Lock()
	delete(o.conns, conn)
	o.mu.Unlock()
}

// Close closes all connections and gives the port back.
func (o *tcpOutput) Close() error {
	if o.listener != nil {
		o.listener.Close()
	}
	o.mu.Lock()
	for conn := range o.conns {
		conn.Close()
	}
	o.conns = nil
	o.mu.Unlock()
	o.accepting.Wait()
	return nil
}

// Write writes the events of a batch at once.
func (o *tcpOutput) Write(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	p := buffers.Get().(*[]byte)
	text, ends := encodeAll(o.codec, (*p)[:0], events, answers)
	defer func() { keepBuffer(p, text) }()
	if len(text) == 0 {
		return
	}
	o.turn.Lock()
	defer o.turn.Unlock()
	if o.mode == "server" {
		o.broadcast(ctx, text)
		return
	}
	conn, err := o.connection(ctx)
	if err != nil {
		retryFrom(0, ends, answers, plugin.Answer{Verdict: plugin.Retry, After: o.reconnect, Reason: o.failed(err)})
		return
	}
	n, err := o.send(ctx, conn, text)
	if err != nil {
		o.dismiss(conn)
		retryFrom(n, ends, answers, plugin.Answer{Verdict: plugin.Retry, Reason: o.failed(err)})
		return
	}
	o.answered()
}

// encodeAll makes one text of events. An event that the codec refuses is answered for.
// ends has the place behind each event.
func encodeAll(codec plugin.Codec, text []byte, events []*event.Event, answers []plugin.Answer) ([]byte, []int) {
	ends := make([]int, len(events))
	for i, e := range events {
		start := len(text)
		var err error
		if text, err = codec.Encode(text, e); err != nil {
			answers[i] = rejectEncoding(err)
			text = text[:start]
		}
		ends[i] = len(text)
	}
	return text, ends
}

// retryFrom gives the answer for all events that end behind the first n bytes.
func retryFrom(n int, ends []int, answers []plugin.Answer, a plugin.Answer) {
	for i := range answers {
		if ends[i] > n && answers[i].Verdict == plugin.Done {
			answers[i] = a
		}
	}
}

// connection returns the connection of mode client, which it makes when there is none.
func (o *tcpOutput) connection(ctx context.Context) (net.Conn, error) {
	o.mu.Lock()
	for conn := range o.conns {
		o.mu.Unlock()
		return conn, nil
	}
	o.mu.Unlock()
	dial := o.env.Access.Dial
	if o.client.Enabled {
		dial = o.client.Dial
	}
	conn, err := dial(ctx, "tcp", o.upstream.name)
	if err != nil {
		return nil, err
	}
	if !o.admit(conn) {
		return nil, net.ErrClosed
	}
	o.accepting.Go(func() { o.discard(conn) })
	return conn, nil
}

// send writes the text, for as long as the other side takes something now and then.
func (o *tcpOutput) send(ctx context.Context, conn net.Conn, text []byte) (n int, err error) {
	const piece = 256 << 10
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	for n < len(text) {
		conn.SetWriteDeadline(time.Now().Add(tcpWriteTime))
		m, err := conn.Write(text[n:min(n+piece, len(text))])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// broadcast writes the text to every client.
func (o *tcpOutput) broadcast(ctx context.Context, text []byte) {
	o.mu.Lock()
	var sending sync.WaitGroup
	for conn := range o.conns {
		sending.Go(func() {
			if _, err := o.send(ctx, conn, text); err != nil {
				o.env.Log.Warn("a client does not take events; its connection is closed", "client", conn.RemoteAddr().String(), "error", err)
				o.dismiss(conn)
			}
		})
	}
	o.mu.Unlock()
	sending.Wait()
}
