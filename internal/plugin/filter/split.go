package filter

import (
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "split",
		Doc: "Makes several events of one: one for every item of an array, or for every piece of a text. " +
			"A text without the terminator stays one event. Null and empty pieces give no event. " +
			"A field that is neither text nor array gives the tag `_split_type_failure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-split.html",
		Examples: []plugin.Example{
			{Title: "One event for each record", Config: `split { field => "[records]" target => "record" remove_field => ["records"] }`},
		},
		New: func() plugin.Plugin { return &split{terminator: "\n", field: "message"} },
	})
}

// split is the filter split.
type split struct {
	common
	terminator string
	field      string
	target     string

	from, to field
}

func (s *split) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("field", &s.field, "The field to split."),
		plugin.String("target", &s.target, "The field that gets the piece. By default the field that is split."),
		plugin.String("terminator", &s.terminator, "What stands between the pieces of a text; one or several characters. The default is a newline."),
	}, s.Common()...)
}

func (s *split) Open(env *plugin.Env) error {
	s.prepare(env)
	s.from = newField(s.field)
	s.to = s.from
	if env.IsSet("target") {
		s.to = newField(s.target)
	}
	return nil
}

func (s *split) Apply(e *event.Event, emit func(*event.Event)) {
	if s.from.err != nil || s.to.err != nil {
		s.raised(e, &event.RefError{Text: s.field})
		return
	}
	var pieces []event.Value
	switch v := e.Open(s.from.ref); v.Kind() {
	case event.Array:
		if pieces = v.Array().Items; s.target == "" {
			e.Remove(s.from.ref)
		}
	case event.String:
		if pieces = s.cut(v.Str()); len(pieces) == 1 {
			return
		}
	default:
		s.log.Warn("split: the field is neither a text nor an array", "field", s.field, "kind", v.Kind().String())
		e.Tag("_split_type_failure")
		return
	}
	for _, piece := range pieces {
		if piece.IsNil() || piece.Kind() == event.String && piece.Str() == "" {
			continue
		}
		made := e.Clone()
		if err := made.Set(s.to.ref, piece.Clone()); err != nil {
			s.raised(made, err)
		} else {
			s.matched(made)
		}
		emit(made)
	}
	e.Cancel()
}

// cut is Ruby's text.split(terminator, -1), of which an empty text has no pieces.
func (s *split) cut(text string) []event.Value {
	if text == "" {
		return nil
	}
	var items []event.Value
	for piece := range strings.SplitSeq(text, s.terminator) {
		items = append(items, event.StringValue(piece))
	}
	return items
}
