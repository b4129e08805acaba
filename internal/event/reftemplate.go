package event

// RefTemplate is a field reference that may hold %{other}, as the option remove_field
// takes it: what an event fills in is read as a reference. It is safe for concurrent use.
type RefTemplate struct {
	template Template
	ref      Ref   // of a template that is the same for every event,
	err      error // and the mistake in it
	refs     *RefCache
}

// ParseRefTemplate compiles a text. A mistake in it shows when an event reaches it, as
// in Logstash.
func ParseRefTemplate(text string) RefTemplate {
	t := RefTemplate{template: ParseTemplate(text)}
	if t.template.Static() {
		t.ref, t.err = ParseRef(text)
	} else {
		t.refs = new(RefCache)
	}
	return t
}

// Ref returns the reference for an event.
func (t *RefTemplate) Ref(e *Event) (Ref, error) {
	if t.refs == nil {
		return t.ref, t.err
	}
	text, err := t.template.Expand(e)
	if err != nil {
		return Ref{}, err
	}
	return t.refs.Get(text)
}
