package casetest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
)

// messages keeps the warnings and errors that plugins log, for the case that they are
// about.
type messages struct {
	kept  *[]string
	attrs []slog.Attr
}

// mostMessages is how many messages of a case are kept.
const mostMessages = 5

func newMessages() *messages { return &messages{kept: new([]string)} }

// take returns what has been kept, and forgets it.
func (m *messages) take() []string {
	all := *m.kept
	*m.kept = nil
	return all
}

func (m *messages) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (m *messages) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	add := func(a slog.Attr) bool {
		switch a.Key {
		case "logger", "pipeline.id":
		default:
			text += fmt.Sprintf("; %s: %v", a.Key, a.Value)
		}
		return true
	}
	for _, a := range m.attrs {
		add(a)
	}
	r.Attrs(add)
	if len(*m.kept) < mostMessages && !slices.Contains(*m.kept, text) {
		*m.kept = append(*m.kept, text)
	}
	return nil
}

func (m *messages) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &messages{m.kept, append(slices.Clone(m.attrs), attrs...)}
}

func (m *messages) WithGroup(string) slog.Handler { return m }
