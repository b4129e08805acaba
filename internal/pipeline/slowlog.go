package pipeline

import (
	"context"
	"log/slog"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// SlowThreshold is from when on a slow event is logged with a level.
type SlowThreshold struct {
	Level slog.Level
	Over  time.Duration
}

// slowLog logs the events that keep a filter busy for long. Source: Logstash's slowlog,
// org.logstash.log.SlowLoggerExt.
type slowLog struct {
	log        *slog.Logger
	thresholds []SlowThreshold // the worst level first
	params     string
}

// newSlowLog returns the slow log of a filter; nil without thresholds.
func newSlowLog(o *Options, env *plugin.Env, name string) *slowLog {
	if len(o.Slow) == 0 {
		return nil
	}
	return &slowLog{
		log:        o.Log.With("logger", "slowlog.logstash.filters."+name, "pipeline.id", o.ID, "plugin", env.ID),
		thresholds: o.Slow, params: env.Parameters(plugin.FilterKind),
	}
}

// apply gives an event to a filter, and logs it when that takes long.
func (l *slowLog) apply(f plugin.Filter, e *event.Event, emit func(*event.Event)) {
	start := time.Now()
	f.Apply(e, emit)
	took := time.Since(start)
	for _, t := range l.thresholds {
		if took > t.Over {
			l.log.Log(context.Background(), t.Level, "event processing time",
				"plugin_params", l.params, "took_in_nanos", took.Nanoseconds(), "took_in_millis", took.Milliseconds(), "event", string(e.AppendJSON(nil)))
			return
		}
	}
}
