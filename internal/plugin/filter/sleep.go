package filter

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:   plugin.FilterKind,
		Name:   "sleep",
		Doc:    "Waits, so that events pass more slowly. For tests and for playing old events at their old rate.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-sleep.html",
		Examples: []plugin.Example{
			{Title: "A second for every ten events", Config: `sleep { time => "1" every => 10 }`},
			{Title: "As fast as the events came, twice", Config: `sleep { time => 2 replay => true }`},
		},
		New: func() plugin.Plugin { return &sleep{every: "1"} },
	})
}

// sleep is the filter sleep.
type sleep struct {
	common
	time   string
	every  string
	replay bool

	template event.Template
	mu       sync.Mutex
	count    float64
	last     time.Time
	wait     func(time.Duration) // time.Sleep, but in tests
}

func (s *sleep) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("time", &s.time, "Seconds to wait; may hold `%{field}`. With `replay` how many times faster than the events came."),
		plugin.String("every", &s.every, "How many events pass between two waits."),
		plugin.Bool("replay", &s.replay, "Whether to wait as long as there is between the timestamps of two events."),
	}, s.Common()...)
}

func (s *sleep) Open(env *plugin.Env) error {
	s.prepare(env)
	if s.time == "" {
		if !s.replay {
			return env.Invalid("time", "give the seconds to wait", "sleep needs the option time")
		}
		s.time = "1"
	}
	s.template = event.ParseTemplate(s.time)
	s.wait = time.Sleep
	return nil
}

func (s *sleep) Apply(e *event.Event, _ func(*event.Event)) {
	seconds := leadingFloat(expand(&s.template, e))
	if d := s.due(e, seconds); d > 0 {
		s.wait(d)
	}
	s.matched(e)
}

// due returns how long to wait at this event.
func (s *sleep) due(e *event.Event, seconds float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replay {
		now, ok := e.Timestamp()
		if !ok {
			return 0
		}
		before := s.last
		s.last = now
		if before.IsZero() || seconds == 0 {
			return 0
		}
		return time.Duration(float64(now.Sub(before)) / seconds)
	}
	if s.count++; s.count < leadingFloat(s.every) {
		return 0
	}
	s.count = 0
	return time.Duration(seconds * float64(time.Second))
}

// leadingFloat is Ruby's String#to_f: the number at the start, 0 when there is none.
func leadingFloat(s string) float64 {
	s = strings.TrimLeft(s, "\t\n\v\f\r ")
	for end := min(len(s), 64); end > 0; end-- {
		if c := s[end-1]; c < '0' || c > '9' {
			continue
		}
		if f, err := strconv.ParseFloat(s[:end], 64); err == nil && !strings.ContainsAny(s[:end], "xXpP_") {
			return f
		}
	}
	return 0
}
