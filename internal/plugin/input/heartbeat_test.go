package input

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"sluice/internal/plugin"
)

func TestHeartbeat(t *testing.T) {
	tests := []struct {
		options string
		ecs     plugin.ECS
		want    string // N stands for a number
	}{
		{``, plugin.ECSDisabled, `{"@version":"1","message":"ok","host":"testhost"}`},
		{`sequence => none`, plugin.ECSV8, `{"@version":"1","message":"ok","host":"testhost"}`},
		{`sequence => sequence tags => ["alive"]`, plugin.ECSDisabled, `{"@version":"1","host":"testhost","clock":2,"message":"ok","tags":["alive"]}`},
		{`sequence => sequence`, plugin.ECSV1, `{"@version":"1","host":"testhost","event":{"sequence":2},"message":"ok"}`},
		{`sequence => epoch message => "m"`, plugin.ECSDisabled, `{"@version":"1","host":"testhost","clock":N,"message":"m"}`},
		{`message => sequence`, plugin.ECSDisabled, `{"@version":"1","host":"testhost","clock":2}`},
		{`message => epoch`, plugin.ECSDisabled, `{"@version":"1","host":"testhost","clock":N}`},
		{`message => epoch`, plugin.ECSV8, `{"@version":"1","message":"epoch","host":"testhost"}`},
	}
	number := regexp.MustCompile(`"clock":\d{10}`)
	for _, test := range tests {
		p := netInput(t, `heartbeat { count => 2 `+test.options+` }`, func(env *plugin.Env) { env.ECS = test.ecs }).(*heartbeat)
		var pauses []time.Duration
		p.tick = func(d time.Duration) <-chan time.Time {
			pauses = append(pauses, d)
			c := make(chan time.Time, 1)
			c <- time.Time{}
			return c
		}
		sink := newNetSink()
		if err := p.Run(t.Context(), sink); err != nil {
			t.Fatal(err)
		}
		events := sink.take()
		if len(events) != 2 || len(pauses) != 1 || pauses[0] > time.Minute || pauses[0] < 50*time.Second {
			t.Errorf("%s: %d events with the pauses %v", test.options, len(events), pauses)
			continue
		}
		got := number.ReplaceAllString(strings.TrimSuffix(withoutTime(events[1]), "{}"), `"clock":N`)
		if got != test.want {
			t.Errorf("%s: got\n%s\nwanted\n%s", test.options, got, test.want)
		}
	}
}

func TestHeartbeatStops(t *testing.T) {
	p := netInput(t, `heartbeat { threads => 2 }`, nil)
	sink := newNetSink()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx, sink) }()
	sink.wait(t, 2)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
