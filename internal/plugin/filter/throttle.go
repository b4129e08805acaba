package filter

import (
	"strings"
	"sync"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "throttle",
		Doc: "Counts events by a key and by time, and applies the common options to those before or after a count. " +
			"A `drop` filter behind it, on the tag, does the rest.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-throttle.html",
		Examples: []plugin.Example{
			{Title: "At most three a minute from each host", Config: `throttle { key => "%{host}" after_count => 3 period => "60" add_tag => ["throttled"] }`},
		},
		New: func() plugin.Plugin {
			return &throttle{before: -1, after: -1, period: event.ParseTemplate("60"), maxAge: 3600, maxCounters: 100_000}
		},
	})
}

// throttle is the filter throttle.
type throttle struct {
	common
	key           event.Template
	before, after int
	period        event.Template
	maxAge        int
	maxCounters   int

	mu   sync.Mutex
	age  int64 // maxAge, lowered while there are too many counters
	keys map[string]*throttleSlots
}

// throttleSlots is the counters of a key, by the start of their period in seconds.
type throttleSlots struct {
	created, latest int64
	counts          map[int64]int
}

func (t *throttle) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Template("key", &t.key, "What events are told apart by, such as `%{host}-%{message}`.").Must(),
		plugin.Int("before_count", &t.before, -1, 1<<40, "Events below this count are matched. -1 for none."),
		plugin.Int("after_count", &t.after, -1, 1<<40, "Events above this count are matched. -1 for none."),
		plugin.Template("period", &t.period, "For how many seconds events are counted before the count starts anew. It may hold `%{field}`."),
		plugin.Int("max_age", &t.maxAge, 0, 1<<40, "How many seconds a count is kept, for events that come late."),
		plugin.Int("max_counters", &t.maxCounters, -1, 1<<40, "How many counts there may be before older ones are given up earlier. -1 for any number."),
	}, t.Common()...)
}

func (t *throttle) Open(env *plugin.Env) error {
	t.prepare(env)
	t.age = int64(t.maxAge)
	t.keys = map[string]*throttleSlots{}
	return nil
}

func (t *throttle) Apply(e *event.Event, _ func(*event.Event)) {
	at, ok := e.Timestamp()
	if !ok {
		t.raised(e, event.ErrNotTimestamp)
		return
	}
	period := leadingInt(expand(&t.period, e)).Int()
	if period <= 0 {
		period = 60
	}
	count := t.count(expand(&t.key, e), at.Unix(), period)
	if t.before != -1 && count < t.before || t.after != -1 && count > t.after {
		t.matched(e)
	}
}

// count adds one to a counter and returns it.
func (t *throttle) count(key string, now, period int64) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	slots := t.keys[key]
	if slots == nil {
		slots = &throttleSlots{created: now, latest: now, counts: map[int64]int{}}
		t.keys[strings.Clone(key)] = slots
	}
	slots.latest = max(slots.latest, now)
	offset := (now - slots.created) % period
	if offset < 0 {
		offset += period
	}
	slot := now - offset
	slots.counts[slot]++
	count := slots.counts[slot]
	if len(slots.counts) > 1 {
		newest := slot
		for s := range slots.counts {
			newest = max(newest, s)
		}
		for s := range slots.counts {
			if s < newest-t.age {
				delete(slots.counts, s)
			}
		}
	}
	return count
}

// Flush gives up old counts. It emits nothing.
func (t *throttle) Flush(*event.Batch, bool, func(*event.Event)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var latest int64
	for _, slots := range t.keys {
		latest = max(latest, slots.latest)
	}
	total := 0
	for key, slots := range t.keys {
		if slots.latest < latest-t.age {
			delete(t.keys, key)
			continue
		}
		total += len(slots.counts)
	}
	if t.maxCounters == -1 {
		return
	}
	// The age goes down by twentieths to a twentieth, and up again when there is room.
	whole, step := int64(t.maxAge), int64(t.maxAge)*5/100
	switch {
	case total > t.maxCounters && t.age > step:
		t.age -= step
		t.log.Warn("throttle: too many counters; old ones are given up earlier", "counters", total, "max_age", t.age)
	case t.age < whole && total < t.maxCounters*80/100:
		t.age += step
	}
}
