package filter

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "multiline",
		Doc: "Joined lines to one event, in Logstash up to version 4; it no longer exists. Lines are joined by the codec `multiline` of an input, " +
			"which works with any number of workers.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-codecs-multiline.html",
		New:    func() plugin.Plugin { return new(multiline) },
	})
}

// multiline is the filter that has been replaced by the codec of the same name. Its
// options are known so that the message is about the filter, not about them.
type multiline struct{ common }

func (m *multiline) Options() []plugin.Option {
	options := m.Common()
	for _, name := range []string{"pattern", "what", "negate", "stream_identity", "patterns_dir", "allow_duplicates", "source", "max_age", "periodic_flush"} {
		if name != "periodic_flush" {
			options = append(options, plugin.Ignored(name, "any", "The codec multiline has an option of its own for it."))
		}
	}
	return options
}

func (m *multiline) Open(env *plugin.Env) error {
	return env.Invalid("pattern", `join the lines where they come in: input { file { codec => multiline { pattern => "^\s" what => "previous" } } }`,
		"the filter multiline is no more, since Logstash 5; the codec multiline does its work")
}

func (m *multiline) Apply(*event.Event, func(*event.Event)) {}
