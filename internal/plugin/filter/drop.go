package filter

import (
	"math/rand/v2"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:   plugin.FilterKind,
		Name:   "drop",
		Doc:    "Drops events. It stands in a condition, most of the time.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-drop.html",
		Examples: []plugin.Example{
			{Title: "Keep one event of ten", Config: `drop { percentage => 90 }`},
		},
		New: func() plugin.Plugin { return &drop{percentage: 100} },
	})
}

// drop is the filter drop.
type drop struct {
	common
	percentage float64
}

func (d *drop) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Float("percentage", &d.percentage, "How many events of a hundred are dropped, by chance."),
	}, d.Common()...)
}

func (d *drop) Open(env *plugin.Env) error {
	d.prepare(env)
	return nil
}

func (d *drop) Apply(e *event.Event, _ func(*event.Event)) {
	if d.percentage == 100 || rand.Float64() < d.percentage/100 {
		e.Cancel()
	}
}
