package filter

import (
	"log/slog"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// common is what nearly every filter here has: the options of all filters, a log and a
// tag for failures that would stop the pipeline of a Logstash.
type common struct {
	plugin.FilterOptions
	log  *slog.Logger
	name string
}

func (c *common) prepare(env *plugin.Env) {
	c.Prepare()
	c.log, c.name = env.Log, env.Name
}

// matched applies the common options.
func (c *common) matched(e *event.Event) {
	if err := c.Matched(e); err != nil {
		c.raised(e, err)
	}
}

// raised tags an event at which Logstash's filter raises an exception that nobody
// rescues, which stops its pipeline: _NAME_error.
func (c *common) raised(e *event.Event, err error) {
	c.log.Warn(c.name+" failed", "error", err)
	e.Tag("_" + c.name + "_error")
}

// truthy is Ruby's idea of true: all but null, missing and false.
func truthy(v event.Value) bool {
	return !v.IsNil() && (v.Kind() != event.Bool || v.Bool())
}
