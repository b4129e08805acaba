package output

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/lumberjack"
	"sluice/internal/pki"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "lumberjack",
		Doc: "Sends events with the Lumberjack protocol, version 1, over TLS, such as to the beats input of a Logstash. " +
			"What the codec makes of an event is the field `line` of what is sent. An event counts as delivered when the receiver has acknowledged it.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-outputs-lumberjack.html, logstash-output-lumberjack 3.1",
		Examples: []plugin.Example{
			{Title: "To another Logstash, whole events", Config: `lumberjack { hosts => ["logstash.example.org"] port => 5044 ssl_certificate => "/etc/sluice/certs/ca.crt" codec => json }`},
		},
		New: func() plugin.Plugin { return &lumberjackOutput{} },
	})
}

// lumberjackOutput is the output lumberjack.
type lumberjackOutput struct {
	plugin.OutputOptions
	upstream
	hosts       []string
	port        int
	certificate string
	window      int

	codec plugin.Codec
	trust *pki.Client

	mu     sync.Mutex
	next   int // the host to try
	conn   net.Conn
	client *lumberjack.Client
	text   []byte
}

func (o *lumberjackOutput) Options() []plugin.Option {
	o.window = 1024
	return slices.Concat([]plugin.Option{
		plugin.Strings("hosts", &o.hosts, "The hosts to send to. One is used at a time; when it fails, the next.").Must(),
		plugin.Port("port", &o.port, "The port to connect to.").Must(),
		plugin.Path("ssl_certificate", &o.certificate, "The receiver's certificate, or that of the CA that has issued it, as PEM. The name in it is not compared, as in Logstash.").Must(),
		plugin.Int("flush_size", &o.window, 1, 1<<20, "The most events that are sent before an ack is waited for."),
		plugin.Int("window_size", &o.window, 1, 1<<20, "The most events that are sent before an ack is waited for.").Deprecated("set flush_size"),
		plugin.Ignored("idle_flush_time", "number", "every batch is sent at once."),
	}, o.Common("plain"))
}

func (o *lumberjackOutput) Open(env *plugin.Env) (err error) {
	o.upstream.env = env
	if len(o.hosts) == 0 {
		return env.Invalid("hosts", "name a host", "there is no host to send to")
	}
	path := env.Access.Reading(o.certificate)
	o.upstream.name = strings.Join(o.hosts, ", ") + " port " + strconv.Itoa(o.port)
	client, warnings, err := pki.NewClient(pki.ClientOptions{CAs: []string{path}, Verification: pki.VerifyCertificate})
	if err != nil {
		return env.Invalid("ssl_certificate", "name a file with a certificate as PEM", "%v", err)
	}
	for _, w := range warnings {
		env.Log.Warn(w.Error())
	}
	o.trust = client
	o.codec, err = o.Codec.Open(env)
	return err
}

// Write sends the events in windows, and answers by the acks.
func (o *lumberjackOutput) Write(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var sent []int
	rest := func(from int, err error) {
		reason := o.failed(err)
		for i := from; i < len(events); i++ {
			if answers[i].Verdict == plugin.Done {
				answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: reason}
			}
		}
		o.drop()
	}
	for start := 0; start < len(events); {
		if err := o.connect(ctx); err != nil {
			rest(start, err)
			return
		}
		sent = sent[:0]
		end := start
		for ; end < len(events) && len(sent) < o.window; end++ {
			var err error
			if o.text, err = o.codec.Encode(o.text[:0], events[end]); err != nil {
				answers[end] = rejectEncoding(err)
				continue
			}
			o.client.AddPairs([]lumberjack.Pair{{Key: []byte("line"), Value: o.text}})
			sent = append(sent, end)
		}
		if acked, err := o.exchange(ctx, len(sent)); err != nil {
			if acked < len(sent) {
				start = sent[acked]
			}
			rest(start, err)
			return
		}
		start = end
	}
	o.answered()
}

// exchange sends a window and waits for its ack. It returns how many events have been acked.
func (o *lumberjackOutput) exchange(ctx context.Context, count int) (acked int, err error) {
	if count == 0 {
		return 0, nil
	}
	conn := o.conn
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := o.client.Send(); err != nil {
		return 0, err
	}
	err = o.client.Await(uint32(count), func(seq uint32) { acked = max(acked, int(seq)) })
	return acked, err
}

// connect makes a connection when there is none.
func (o *lumberjackOutput) connect(ctx context.Context) error {
	if o.conn != nil {
		return nil
	}
	address := net.JoinHostPort(o.hosts[o.next%len(o.hosts)], strconv.Itoa(o.port))
	o.next++ // of the next attempt, unless this one succeeds
	conn, err := o.dial(ctx, "tcp", address)
	if err != nil {
		return err
	}
	o.next--
	o.conn, o.client = conn, lumberjack.NewClient(conn, lumberjack.ClientOptions{Version: lumberjack.V1, Compression: 3})
	return nil
}

// dial connects with TLS.
func (o *lumberjackOutput) dial(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := o.env.Access.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	config := o.trust.Config()
	config.ServerName, _, _ = net.SplitHostPort(address)
	conn := tls.Client(raw, config)
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := conn.HandshakeContext(limited); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// drop ends a connection that has failed; the next one goes to the next host.
func (o *lumberjackOutput) drop() {
	if o.conn != nil {
		o.conn.Close()
		o.conn, o.client = nil, nil
		o.next++
	}
}

// Close ends the connection.
func (o *lumberjackOutput) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop()
	return nil
}
