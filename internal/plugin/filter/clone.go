package filter

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "clone",
		Doc: "Makes copies of an event. Each copy gets its name as `type`, or as a tag where fields are named by ECS; " +
			"the common options work on the copies only. The event itself stays as it is.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-clone.html",
		Examples: []plugin.Example{
			{Title: "A second event for an archive", Config: `clone { clones => ["archive"] }`},
		},
		New: func() plugin.Plugin { return new(clone) },
	})
}

// clone is the filter clone.
type clone struct {
	common
	clones []string
	ecs    plugin.ECS
}

func (c *clone) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("clones", &c.clones, "The names of the copies. Every name gives one.").Must(),
		plugin.ECSOption(&c.ecs),
	}, c.Common()...)
}

func (c *clone) Open(env *plugin.Env) error {
	c.prepare(env)
	c.ecs = c.ecs.Or(env.ECS)
	return nil
}

var (
	typeField = event.MustRef("type")
	tagsField = event.MustRef("tags")
)

func (c *clone) Apply(e *event.Event, emit func(*event.Event)) {
	for _, name := range c.clones {
		made := e.Clone()
		if c.ecs.Enabled() {
			items := append(append([]event.Value(nil), asItems(made.Get(tagsField))...), event.StringValue(name))
			_ = made.Set(tagsField, arrayOf(items))
		} else {
			_ = made.Set(typeField, event.StringValue(name))
		}
		c.matched(made)
		emit(made)
	}
}
