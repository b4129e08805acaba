package filter

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "metrics",
		Doc: "Counts events and measures numbers in them, and emits an event with the results every few seconds. " +
			"The common options are applied to these events. They hold, for each meter, `[name][count]` and `[name][rate_1m]` (events a second), " +
			"and for each timer also `min`, `max`, `stddev`, `mean` and percentiles such as `p95`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-metrics.html",
		Examples: []plugin.Example{
			{Title: "Events a second, every ten seconds", Config: `metrics { meter => "events" add_tag => "metric" flush_interval => 10 }`},
		},
		New: func() plugin.Plugin {
			return &metrics{flushInterval: 5 * time.Second, clearInterval: -time.Second, rates: []string{"1", "5", "15"},
				percentiles: []string{"1", "5", "10", "90", "95", "99", "100"}}
		},
	})
}

// metrics is the filter metrics.
type metrics struct {
	common
	meters        []string
	timers        []plugin.TableEntry
	ignoreOlder   time.Duration
	flushInterval time.Duration
	clearInterval time.Duration
	rates         []string
	percentiles   []string

	meter  []event.Template
	timer  []timerTemplate
	points []float64
	host   string
	now    func() time.Time
	refs   event.RefCache

	mu                   sync.Mutex
	order                []string
	all                  map[string]*measure
	lastFlush, lastClear time.Time
}

type timerTemplate struct{ name, value event.Template }

// measure is a meter or, with values, a timer.
type measure struct {
	meter
	values *reservoir
}

func (m *metrics) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("meter", &m.meters, "The names of meters, which count events. They may hold `%{field}`."),
		plugin.Hash("timer", &m.timers, "Timers and what they measure, such as `duration => \"%{ms}\"`."),
		plugin.Seconds("ignore_older_than", &m.ignoreOlder, "Events older than this many seconds are not counted. 0 for no limit."),
		plugin.Seconds("flush_interval", &m.flushInterval, "How often, in seconds, results are emitted."),
		plugin.Seconds("clear_interval", &m.clearInterval, "How often, in seconds, counting starts anew. -1 for never."),
		plugin.Strings("rates", &m.rates, "Over how many minutes rates are taken: `1`, `5` and `15`."),
		plugin.Strings("percentiles", &m.percentiles, "The percentiles of timers."),
	}, m.Common()...)
}

func (m *metrics) Open(env *plugin.Env) error {
	m.prepare(env)
	m.host, m.now = env.Host, env.Now
	for _, r := range m.rates {
		if r != "1" && r != "5" && r != "15" {
			return env.Invalid("rates", "it can be 1, 5 and 15", "there is no rate over %s minutes", r)
		}
	}
	for _, p := range m.percentiles {
		f, err := strconv.ParseFloat(p, 64)
		if err != nil || f < 0 || f > 100 {
			return env.Invalid("percentiles", "it is a number from 0 to 100", "%q is no percentile", p)
		}
		m.points = append(m.points, f)
	}
	for _, name := range m.meters {
		m.meter = append(m.meter, event.ParseTemplate(name))
	}
	for _, entry := range plugin.InJavaOrder(m.timers) {
		m.timer = append(m.timer, timerTemplate{event.ParseTemplate(entry.Key), event.ParseTemplate(entry.Value.Flat())})
	}
	m.all = map[string]*measure{}
	return nil
}

// maxMeasures is how many names there may be, so that names from events end somewhere.
const maxMeasures = 10_000

func (m *metrics) Apply(e *event.Event, _ func(*event.Event)) {
	now := m.now()
	if at, ok := e.Timestamp(); m.ignoreOlder > 0 && ok && now.Sub(at) > m.ignoreOlder {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.meter {
		if x := m.named(expand(&m.meter[i], e), now); x != nil {
			x.mark(now)
		}
	}
	for i := range m.timer {
		t := &m.timer[i]
		if x := m.named(expand(&t.name, e), now); x != nil {
			x.mark(now)
			if x.values == nil {
				x.values = newReservoir()
			}
			x.values.add(leadingFloat(expand(&t.value, e)), now)
		}
	}
}

func (m *metrics) named(name string, now time.Time) *measure {
	x := m.all[name]
	if x == nil && len(m.all) < maxMeasures {
		name = strings.Clone(name)
		x = &measure{meter: newMeter(now)}
		m.all[name] = x
		m.order = append(m.order, name)
	}
	return x
}

// Flush emits an event with the results when it is time.
func (m *metrics) Flush(b *event.Batch, _ bool, emit func(*event.Event)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.lastFlush.IsZero() {
		m.lastFlush, m.lastClear = now, now
	}
	if now.Sub(m.lastFlush) < m.flushInterval-flushSlack || len(m.all) == 0 {
		return
	}
	m.lastFlush = now
	n := len(b.Events)
	e := b.New()
	b.Events = b.Events[:n]
	_ = e.Set(messageField, event.StringValue(m.host))
	for _, name := range m.order {
		m.report(e, name, m.all[name], now)
	}
	if m.clearInterval > 0 && now.Sub(m.lastClear) >= m.clearInterval-flushSlack {
		m.lastClear = now
		clear(m.all)
		m.order = nil
	}
	m.matched(e)
	emit(e)
}

// flushSlack is by how much Flush may be called too early, so that an interval of five
// seconds does not become ten.
const flushSlack = 500 * time.Millisecond

var messageField = event.MustRef("message")

func (m *metrics) report(e *event.Event, name string, x *measure, now time.Time) {
	set := func(field string, v event.Value) {
		ref, err := m.refs.Get("[" + name + "][" + field + "]")
		if err == nil {
			err = e.Set(ref, v)
		}
		if err != nil {
			m.log.Warn("metrics: a result has no place", "name", name, "error", err)
		}
	}
	set("count", event.IntValue(x.count))
	x.tick(now)
	for i, minutes := range []string{"1", "5", "15"} {
		for _, wanted := range m.rates {
			if wanted == minutes {
				set("rate_"+minutes+"m", event.FloatValue(x.rates[i]))
			}
		}
	}
	if x.values == nil {
		return
	}
	set("min", event.FloatValue(x.values.min))
	set("max", event.FloatValue(x.values.max))
	set("stddev", event.FloatValue(math.Sqrt(x.values.deviation())))
	set("mean", event.FloatValue(x.values.mean))
	for i, p := range m.points {
		set("p"+m.percentiles[i], event.FloatValue(x.values.percentile(p/100)))
	}
}
