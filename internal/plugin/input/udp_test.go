package input

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// sendTo sends packets to an input.
func sendTo(t testing.TB, to net.PacketConn, packets ...string) {
	t.Helper()
	conn, err := net.Dial("udp", to.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, p := range packets {
		if _, err := conn.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUDP(t *testing.T) {
	tests := []struct {
		name, options string
		ecs           plugin.ECS
		send, want    []string
	}{
		{"a packet is an event, with its line end", "", plugin.ECSDisabled, []string{"a\n", "", "b"}, []string{
			`{"@version":"1","message":"a\n","host":"127.0.0.1"}{}`,
			`{"@version":"1","message":"b","host":"127.0.0.1"}{}`,
		}},
		{"ECS", "", plugin.ECSV1, []string{"a"}, []string{`{"@version":"1","message":"a","event":{"original":"a"},"host":{"ip":"127.0.0.1"}}{}`}},
		{"a field of one's own", `source_ip_fieldname => "[from][ip]" codec => line tags => ["u"]`, plugin.ECSDisabled, []string{"a\nb"}, []string{
			`{"@version":"1","message":"a","tags":["u"],"from":{"ip":"127.0.0.1"}}{}`,
			`{"@version":"1","message":"b","tags":["u"],"from":{"ip":"127.0.0.1"}}{}`,
		}},
		{"what is there stays", "codec => json", plugin.ECSDisabled, []string{`{"host":"h"}`}, []string{`{"host":"h","@version":"1"}{}`}},
		{"long packets are cut", "buffer_size => 3 receive_buffer_bytes => 100000", plugin.ECSDisabled, []string{"abcdef", "xy"}, []string{
			`{"@version":"1","message":"abc","host":"127.0.0.1"}{}`,
			`{"@version":"1","message":"xy","host":"127.0.0.1"}{}`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := netInput(t, `udp { host => "127.0.0.1" port => 0 workers => 1 `+test.options+` }`, func(env *plugin.Env) { env.ECS = test.ecs })
			sink := newNetSink()
			netRun(t, p, sink)
			sendTo(t, p.(*udp).conn, test.send...)
			sink.wait(t, len(test.want))
			got := sink.take()
			for i := range got {
				got[i] = withoutTime(got[i])
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwanted\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// What waits for the queue when the input is stopped is given up, and the input ends.
func TestUDPStops(t *testing.T) {
	p := netInput(t, `udp { host => "127.0.0.1" port => 0 queue_size => 1 }`, nil)
	sink := newNetSink()
	sink.gate, sink.arrived = make(chan error), make(chan bool, 10)
	stop := netRun(t, p, sink)
	sendTo(t, p.(*udp).conn, "a")
	<-sink.arrived
	stop()
	if n := <-sink.got; n != -1 {
		t.Errorf("%d events were taken", n)
	}
}

// What the queue refuses is lost, as a sender of UDP does not send again, but not in silence.
func TestUDPTellsWhatIsLost(t *testing.T) {
	var logged bytes.Buffer
	p := netInput(t, `udp { host => "127.0.0.1" port => 0 workers => 1 }`, func(env *plugin.Env) { env.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	sink := newNetSink()
	sink.gate = make(chan error)
	stop := netRun(t, p, sink)
	sendTo(t, p.(*udp).conn, "a")
	sink.gate <- errors.New("the disk is broken")
	sendTo(t, p.(*udp).conn, "b")
	sink.gate <- nil
	sink.wait(t, 1)
	stop()
	if text := logged.String(); !strings.Contains(text, "are lost") || !strings.Contains(text, "events=1") || !strings.Contains(text, "the disk is broken") {
		t.Errorf("log: %q", text)
	}
}

func TestUDPPortInUse(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	p := netInput(t, `udp { host => "127.0.0.1" port => `+port+` }`, nil)
	if err := p.(plugin.Listener).Listen(); err == nil || !strings.Contains(err.Error(), "port "+port+" is in use") {
		t.Error(err)
	}
}

// releaseSink throws events away.
type releaseSink struct{}

func (releaseSink) Put(_ context.Context, b *event.Batch) error {
	b.Release()
	return nil
}

func BenchmarkUDPDecode(b *testing.B) {
	p := netInput(b, `udp { port => 0 }`, nil).(*udp)
	event.PoisonReleased(false)
	defer event.PoisonReleased(true)
	packets := make(chan packet, 1000)
	text := []byte(strings.Repeat("x", 200))
	go func() {
		defer close(packets)
		for range b.N {
			packets <- newPacket(text, addrOf(&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
		}
	}()
	b.ReportAllocs()
	b.ResetTimer()
	p.work(b.Context(), packets, releaseSink{})
}
