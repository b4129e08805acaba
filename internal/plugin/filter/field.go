package filter

import (
	"unsafe"

	"sluice/internal/event"
)

// field is a field reference of a configuration that is checked only when an event
// reaches it, as Logstash does where an option is a plain text or the key of a hash.
type field struct {
	ref event.Ref
	err error
}

func newField(text string) field {
	ref, err := event.ParseRef(text)
	return field{ref, err}
}

// textValue returns a string value in the memory of the event's batch.
func textValue(e *event.Event, text []byte) event.Value {
	if len(text) == 0 {
		return event.StringValue("")
	}
	c := e.Batch().Copy(text)
	return event.StringValue(unsafe.String(&c[0], len(c)))
}

// tagAll adds tags that are not there yet.
func tagAll(e *event.Event, tags []string) {
	for _, t := range tags {
		e.Tag(t)
	}
}

// expand returns the text of a template, or an empty text when it has a mistake.
func expand(t *event.Template, e *event.Event) string {
	text, _ := t.Expand(e)
	return text
}

func arrayOf(items []event.Value) event.Value {
	return event.ArrayValue(&event.ArrayData{Items: items})
}
