package output

import (
	"context"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "null",
		Doc:      "Throws every event away. It is for measuring, and for trying out the rest of a pipeline.",
		Source:   "Logstash 8.19, null output",
		Examples: []plugin.Example{{Title: "Measure a filter", Config: "null { }"}},
		New:      func() plugin.Plugin { return new(null) },
	})
}

type null struct{ common plugin.OutputOptions }

func (o *null) Options() []plugin.Option { return o.common.Common("plain") }

func (o *null) Open(*plugin.Env) error { return nil }

// Write takes everything: the answers are Done already.
func (o *null) Write(context.Context, []*event.Event, []plugin.Answer) {}
