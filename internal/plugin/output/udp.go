package output

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "udp",
		Doc: "Sends every event as a UDP packet. UDP loses packets, and nobody learns of it: use it only where that does not matter. " +
			"An event that the system cannot send, such as one longer than a packet (65,507 bytes), goes to the dead letter queue.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-outputs-udp.html, logstash-output-udp 3.2",
		Examples: []plugin.Example{
			{Title: "JSON", Config: `udp { host => "collector.example.org" port => 5514 }`},
			{Title: "A port of the event's, and a second try", Config: `udp { host => "127.0.0.1" port => "%{[net][port]}" retry_count => 1 codec => plain { format => "%{message}" } }`},
		},
		New: func() plugin.Plugin { return &udpOutput{} },
	})
}

// udpOutput is the output udp.
type udpOutput struct {
	plugin.OutputOptions
	host    string
	port    event.Template
	retries int
	backoff int // in milliseconds

	env   *plugin.Env
	codec plugin.Codec

	mu    sync.Mutex
	text  []byte
	conns map[string]net.Conn // by port
}

// maxUDPPorts is how many sockets an output keeps open.
const maxUDPPorts = 256

func (o *udpOutput) Options() []plugin.Option {
	o.backoff = 100
	return append([]plugin.Option{
		plugin.String("host", &o.host, "The host to send to.").Must(),
		plugin.Template("port", &o.port, "The port to send to; may hold `%{field}`.").Must(),
		plugin.Int("retry_count", &o.retries, 0, 1000, "How often an event is tried again that the system could not send."),
		plugin.Int("retry_backoff_ms", &o.backoff, 0, 3_600_000, "Milliseconds from one try to the next."),
	}, o.Common("json")...)
}

func (o *udpOutput) Open(env *plugin.Env) (err error) {
	o.env = env
	o.conns = map[string]net.Conn{}
	if err := o.port.Err(); err != nil {
		return env.Invalid("port", "correct the reference", "%v", err)
	}
	if o.port.Static() {
		if _, err := udpPort(o.port.String()); err != nil {
			return env.Invalid("port", "write a number from 1 to 65535, or %{field}", "%v", err)
		}
	}
	o.codec, err = o.Codec.Open(env)
	return err
}

func udpPort(text string) (string, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return "", fmt.Errorf("%q is no port", text)
	}
	return strconv.Itoa(n), nil
}

// Write sends the events, one packet each.
func (o *udpOutput) Write(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, e := range events {
		answers[i] = o.writeOne(ctx, e)
	}
}

func (o *udpOutput) writeOne(ctx context.Context, e *event.Event) plugin.Answer {
	text, err := o.port.Expand(e)
	if err == nil {
		text, err = udpPort(text)
	}
	if err != nil {
		return plugin.Answer{Verdict: plugin.Reject, Reason: "the port of the event: " + err.Error()}
	}
	if o.text, err = o.codec.Encode(o.text[:0], e); err != nil {
		return rejectEncoding(err)
	}
	for try := 0; ; try++ {
		if ctx.Err() != nil {
			return plugin.Answer{Verdict: plugin.Retry, Reason: "the pipeline ends"}
		}
		err := o.send(ctx, text)
		switch {
		case err == nil:
			return plugin.Answer{}
		case errors.Is(err, syscall.EMSGSIZE):
			return plugin.Answer{Verdict: plugin.Reject, Reason: fmt.Sprintf("%d bytes are too many for a UDP packet", len(o.text))}
		case try >= o.retries:
			return plugin.Answer{Verdict: plugin.Reject, Reason: fmt.Sprintf("the event cannot be sent: %v", err)}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(o.backoff) * time.Millisecond):
		}
	}
}

func (o *udpOutput) send(ctx context.Context, port string) error {
	conn := o.conns[port]
	if conn == nil {
		var err error
		if conn, err = o.env.Access.Dial(ctx, "udp", net.JoinHostPort(o.host, port)); err != nil {
			return err
		}
		if len(o.conns) >= maxUDPPorts {
			o.closeAll()
		}
		o.conns[port] = conn
	}
	_, err := conn.Write(o.text)
	if errors.Is(err, syscall.ECONNREFUSED) { // that is the answer to an earlier packet; this one has not been sent
		_, err = conn.Write(o.text)
	}
	return err
}

func (o *udpOutput) closeAll() {
	for _, conn := range o.conns {
		conn.Close()
	}
	clear(o.conns)
}

// Close closes the sockets.
func (o *udpOutput) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closeAll()
	return nil
}
