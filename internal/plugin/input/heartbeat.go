package input

import (
	"context"
	"slices"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "heartbeat",
		Doc: "Makes an event every so many seconds, so that one sees at the other end whether everything on the way works. " +
			"The first one is made at once.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-heartbeat.html, logstash-input-heartbeat 3.1",
		Examples: []plugin.Example{
			{Title: "Every 10 seconds, with the time as a number", Config: `heartbeat { interval => 10 sequence => "epoch" }`},
			{Title: "A text", Config: `heartbeat { message => "still here" }`},
		},
		New: func() plugin.Plugin { return &heartbeat{} },
	})
}

// heartbeat is the input heartbeat.
type heartbeat struct {
	plugin.InputOptions
	ecs      plugin.ECS
	message  string
	interval time.Duration
	count    int
	sequence string
	threads  int

	selector string // epoch, sequence, or none
	text     bool   // the message is a text for the events
	field    event.Ref
	host     string
	tick     func(time.Duration) <-chan time.Time
}

func (h *heartbeat) Options() []plugin.Option {
	h.message, h.interval, h.count, h.threads = "ok", time.Minute, -1, 1
	h.tick = time.After
	return slices.Concat([]plugin.Option{
		plugin.String("message", &h.message, "The text of the events. `epoch` and `sequence` do without ECS what the option `sequence` does, and are no texts."),
		plugin.Seconds("interval", &h.interval, "Seconds from one event to the next."),
		plugin.Int("count", &h.count, -1, 1<<62, "How many events are made by each thread. With -1 and 0 there is no end."),
		plugin.Enum("sequence", &h.sequence, []string{"none", "epoch", "sequence"}, "A number in every event, as `clock` or with ECS as `event.sequence`: the seconds since 1970, or a count from 1 up."),
		plugin.Int("threads", &h.threads, 1, 1024, "How many threads make events."),
		plugin.ECSOption(&h.ecs),
	}, h.Common("plain"))
}

func (h *heartbeat) Open(env *plugin.Env) error {
	h.ecs = h.ecs.Or(env.ECS)
	h.host = env.Host
	h.field = event.MustRef("clock")
	h.selector = h.sequence
	old := h.message == "epoch" || h.message == "sequence"
	switch {
	case h.ecs.Enabled():
		h.field = event.MustRef("[event][sequence]")
	case h.sequence == "":
		h.selector = h.message
	}
	if old && h.sequence == "" {
		env.Log.Warn("message names a kind of sequence; set the option sequence for that", "message", h.message, "has_an_effect", !h.ecs.Enabled())
	}
	h.text = !old
	if h.selector != "epoch" && h.selector != "sequence" {
		h.selector, h.text = "none", true
	}
	h.Prepare()
	_, err := h.Codec.Open(env) // Logstash makes the codec and does not use it
	return err
}

// Run makes events until there have been enough, or ctx ends.
func (h *heartbeat) Run(ctx context.Context, to plugin.Sink) error {
	errs := make(chan error, h.threads)
	for range h.threads {
		go func() { errs <- h.beat(ctx, to) }()
	}
	var first error
	for range h.threads {
		if err := <-errs; first == nil {
			first = err
		}
	}
	return first
}

func (h *heartbeat) beat(ctx context.Context, to plugin.Sink) error {
	for n := 1; ctx.Err() == nil; n++ {
		start := time.Now()
		b := event.NewBatch()
		h.fill(b.New(), n, start)
		h.Decorate(b, 0)
		if err := to.Put(ctx, b); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if n == h.count {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-h.tick(h.interval - time.Since(start)):
		}
	}
	return nil
}

func (h *heartbeat) fill(e *event.Event, n int, now time.Time) {
	setText := func() { _ = e.Set(messageField, event.StringValue(h.message)) }
	if h.selector == "none" {
		setText()
	}
	_ = e.Set(heartbeatHost, event.StringValue(h.host))
	switch h.selector {
	case "none":
		return
	case "epoch":
		_ = e.Set(h.field, event.IntValue(now.Unix()))
	case "sequence":
		_ = e.Set(h.field, event.IntValue(int64(n)))
	}
	if h.text {
		setText()
	}
}

// heartbeatHost is the field host also with ECS, as in Logstash.
var heartbeatHost = event.MustRef("host")
