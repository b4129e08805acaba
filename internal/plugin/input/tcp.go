package input

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/pki"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "tcp",
		Doc: "Reads events from TCP connections, with or without TLS: it listens, or with `mode => client` connects to a server and reads what that sends. " +
			"By default every line is an event; the codec `plain` works as `line` and `json` as `json_lines`, as in Logstash. " +
			"A full queue stops the reading, so that senders wait.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-tcp.html, logstash-input-tcp 7.0",
		Examples: []plugin.Example{
			{Title: "Lines of JSON", Config: `tcp { port => 5000 codec => json_lines }`},
			{Title: "Behind a proxy that tells who the client is", Config: `tcp { port => 5000 proxy_protocol => true dns_reverse_lookup_enabled => false }`},
			{Title: "Reading from a server", Config: `tcp { mode => "client" host => "feed.example.org" port => 4000 }`},
		},
		New: func() plugin.Plugin { return &tcp{} },
	})
}

var cannotConnect = health.Define("tcp-input-cannot-connect", health.Warning,
	"the server to read from does not answer",
	"Check that the server runs, its host and port, and the way to it. The input tries again every few seconds.")

// tcpReconnect is the pause between two attempts of mode client.
const tcpReconnect = 5 * time.Second

// tcp is the input tcp.
type tcp struct {
	plugin.InputOptions
	tcpServer

	mode      string
	proxy     bool
	lookup    bool
	keepAlive bool
	ecs       plugin.ECS
	secure    plugin.PeerTLS

	codec     plugin.Codec
	client    *plugin.ClientTLS // of mode client
	reconnect time.Duration
	refs      tcpRefs
}

// tcpRefs are the fields that tell where an event comes from.
type tcpRefs struct{ host, ip, port, proxyIP, proxyPort, subject event.Ref }

var (
	tcpPlainRefs = tcpRefs{
		host: event.MustRef("host"), ip: event.MustRef("[@metadata][ip_address]"), port: event.MustRef("port"),
		proxyIP: event.MustRef("proxy_host"), proxyPort: event.MustRef("proxy_port"), subject: event.MustRef("sslsubject"),
	}
	tcpECSRefs = tcpRefs{
		host:      event.MustRef("[@metadata][input][tcp][source][name]"),
		ip:        event.MustRef("[@metadata][input][tcp][source][ip]"),
		port:      event.MustRef("[@metadata][input][tcp][source][port]"),
		proxyIP:   event.MustRef("[@metadata][input][tcp][proxy][ip]"),
		proxyPort: event.MustRef("[@metadata][input][tcp][proxy][port]"),
		subject:   event.MustRef("[@metadata][input][tcp][tls][client][subject]"),
	}
)

func (t *tcp) Options() []plugin.Option {
	t.host, t.mode, t.lookup, t.maxConnections = "0.0.0.0", "server", true, 1<<20
	t.reconnect = tcpReconnect
	t.secure.Demand = true
	return slices.Concat([]plugin.Option{
		plugin.String("host", &t.host, "The address to listen on, or with `mode => client` the host to connect to."),
		plugin.Port("port", &t.port, "The port to listen on, or to connect to.").Must(),
		plugin.Enum("mode", &t.mode, []string{"server", "client"}, "Whether the input listens, or connects to a server."),
		plugin.Bool("proxy_protocol", &t.proxy, "Whether every connection begins with a line of the PROXY protocol, version 1, that tells the client's address."),
		plugin.Bool("dns_reverse_lookup_enabled", &t.lookup, "Whether the name of the client's address is looked up, once for each connection."),
		plugin.Bool("tcp_keep_alive", &t.keepAlive, "Whether silent connections are tested, so that dead ones end."),
		plugin.ECSOption(&t.ecs),
		plugin.Removed("data_timeout", "Remove it: connections may be silent."),
		plugin.Removed("format", "Set a codec: codec => json_lines."),
		plugin.Removed("message_format", "Set a codec."),
	}, t.secure.Options(), t.Common("line"))
}

func (t *tcp) Open(env *plugin.Env) error {
	t.env = env
	t.ecs = t.ecs.Or(env.ECS)
	t.refs = tcpPlainRefs
	if t.ecs.Enabled() {
		t.refs = tcpECSRefs
	}
	t.Codec.Rename("plain", "line")
	t.Codec.Rename("json", "json_lines")
	inner := *env
	inner.ECS = t.ecs
	var err error
	if t.codec, err = t.Codec.Open(&inner); err != nil {
		return err
	}
	if t.mode == "client" {
		t.client, err = t.secure.OpenClient(env)
	} else {
		t.config, err = t.secure.OpenServer(env)
	}
	t.Prepare()
	return err
}

// Listen opens the port of mode server.
func (t *tcp) Listen() error {
	if t.mode == "client" {
		return nil
	}
	return t.tcpServer.Listen()
}

// ListensOn returns the address of mode server.
func (t *tcp) ListensOn() []string {
	if t.mode == "client" {
		return nil
	}
	return t.tcpServer.ListensOn()
}

// Run reads connections until ctx ends.
func (t *tcp) Run(ctx context.Context, to plugin.Sink) error {
	if t.mode == "client" {
		t.runClient(ctx, to)
		return nil
	}
	return t.run(ctx, func(conn net.Conn, idle *idleConn, log *slog.Logger) { t.serve(ctx, conn, idle, log, to) })
}

// Destinations is the server of mode client.
func (t *tcp) Destinations() []plugin.Destination {
	if t.mode != "client" {
		return nil
	}
	d := plugin.Destination{Option: "host", Network: "tcp", Address: net.JoinHostPort(t.host, strconv.Itoa(t.port))}
	if t.client.Enabled {
		d.Dial = t.client.Dial
	}
	return []plugin.Destination{d}
}

// runClient reads one connection after the other.
func (t *tcp) runClient(ctx context.Context, to plugin.Sink) {
	t.open = map[net.Conn]bool{}
	defer context.AfterFunc(ctx, t.stopReading)()
	address := net.JoinHostPort(t.host, strconv.Itoa(t.port))
	dial := t.env.Access.Dial
	if t.client.Enabled {
		dial = t.client.Dial
	}
	for ctx.Err() == nil {
		conn, err := dial(ctx, "tcp", address)
		if err != nil && ctx.Err() == nil {
			d := pki.ExplainHandshake(pki.AsClient, err)
			t.env.Log.Warn("cannot connect", "address", address, "cause", d.Message, "help", d.Help)
			t.env.Conditions.Raise(cannotConnect, t.env.ID, address+": "+d.Message)
		}
		if err == nil {
			t.env.Conditions.Clear(cannotConnect, t.env.ID)
			t.admit(conn)
			t.serve(ctx, conn, &idleConn{Conn: conn, server: &t.tcpServer}, t.env.Log.With("server", address), to)
			t.dismiss(conn)
		}
		select {
		case <-ctx.Done():
		case <-time.After(t.reconnect):
		}
	}
}

// tcpOrigin is what the events of a connection tell about it.
type tcpOrigin struct{ host, ip, port, proxyIP, proxyPort, subject event.Value }

// serve reads a connection to its end.
func (t *tcp) serve(ctx context.Context, conn net.Conn, idle *idleConn, log *slog.Logger, to plugin.Sink) {
	setKeepAlive(idle.Conn, t.keepAlive)
	var o tcpOrigin
	var reader net.Conn = idle
	if secure, ok := conn.(*tls.Conn); ok {
		if peers := secure.ConnectionState().PeerCertificates; len(peers) > 0 {
			o.subject = event.StringValue(peers[0].Subject.String())
		}
		if idle.Conn != conn { // TLS lies over idle
			reader = conn
		}
	}
	stream := newLineStream(reader, idle, t.codec.NewDecoder(), false)
	stream.finish = func(b *event.Batch, first int) {
		for _, e := range b.Events[first:] {
			t.tell(e, &o)
		}
		t.Decorate(b, first)
	}
	if t.proxy {
		stream.begin = func(data []byte) ([]byte, bool, error) {
			line, rest, done, err := readProxyLine(data)
			if done {
				o.proxyIP, o.proxyPort = textOrNone(line.proxy), textOrNone(line.proxyPort)
				o.host, o.ip, o.port = textOrNone(line.client), textOrNone(line.client), textOrNone(line.clientPort)
			}
			return rest, done, err
		}
	} else {
		ip, port := addressOf(conn.RemoteAddr())
		o.ip, o.port = event.StringValue(ip), event.IntValue(int64(port))
		o.host = o.ip
		if t.lookup {
			o.host = event.StringValue(nameOf(ctx, ip))
		}
	}
	if err := stream.run(ctx, to); err != nil {
		if errors.Is(err, errNoProxyLine) {
			log.Warn("a client was refused", "error", err)
			return
		}
		log.Debug("connection closed", "reason", err)
	}
}

// tell sets the fields that say where an event comes from, those that it has not.
func (t *tcp) tell(e *event.Event, o *tcpOrigin) {
	setMissing(e, t.refs.proxyIP, o.proxyIP)
	setMissing(e, t.refs.proxyPort, o.proxyPort)
	setMissing(e, t.refs.host, o.host)
	setMissing(e, t.refs.ip, o.ip)
	setMissing(e, t.refs.port, o.port)
	setMissing(e, t.refs.subject, o.subject)
}

// setMissing sets a field that is not there or null.
func setMissing(e *event.Event, r event.Ref, v event.Value) {
	if v.Exists() && e.Get(r).IsNil() {
		_ = e.Set(r, v) // a field below one that is no object stays out
	}
}

func textOrNone(text string) event.Value {
	if text == "" {
		return event.Value{}
	}
	return event.StringValue(text)
}

func setKeepAlive(conn net.Conn, on bool) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.SetKeepAlive(on)
	}
}

// addressOf takes an address of TCP or UDP apart.
func addressOf(a net.Addr) (ip string, port int) {
	host, digits, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String(), 0
	}
	port, _ = strconv.Atoi(digits)
	return host, port
}

// lookupTime is how long the name of an address may take; then the address stands in.
const lookupTime = 2 * time.Second

// nameOf returns the name of an address, or the address itself.
func nameOf(ctx context.Context, ip string) string {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	names, err := net.DefaultResolver.LookupAddr(ctx, ip)
	if err != nil || len(names) == 0 {
		return ip
	}
	return strings.TrimSuffix(names[0], ".")
}
