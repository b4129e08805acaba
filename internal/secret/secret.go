package secret

import "log/slog"

// Text is a text that shows itself to nobody who does not ask with Reveal.
type Text struct{ value string }

const stars = "<password>"

// New returns a secret.
func New(value string) Text { return Text{value} }

// Reveal returns the value.
func (t Text) Reveal() string { return t.value }

// IsSet tells whether there is a value.
func (t Text) IsSet() bool { return t.value != "" }

// String returns stars.
func (t Text) String() string { return stars }

// GoString returns stars.
func (t Text) GoString() string { return stars }

// MarshalText returns stars.
func (t Text) MarshalText() ([]byte, error) { return []byte(stars), nil }

// LogValue returns stars.
func (t Text) LogValue() slog.Value { return slog.StringValue(stars) }
