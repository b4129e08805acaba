package output

import (
	"sluice/internal/event"
	"sluice/internal/plugin"
)

// appendBody appends the body for one event.
func (h *httpOutput) appendBody(dst []byte, e *event.Event) ([]byte, error) {
	switch h.format {
	case "message":
		return h.message.Append(dst, e)
	case "form":
		return h.appendForm(dst, e), nil
	}
	return h.appendDocument(dst, e), nil
}

// appendDocument appends the event, or what mapping makes of it, as JSON.
func (h *httpOutput) appendDocument(dst []byte, e *event.Event) []byte {
	if h.structure == nil {
		return e.AppendJSON(dst)
	}
	return h.structure.appendJSON(dst, e)
}

func (h *httpOutput) appendForm(dst []byte, e *event.Event) []byte {
	start := len(dst)
	pair := func(name, value string) {
		if len(dst) > start {
			dst = append(dst, '&')
		}
		dst = append(appendFormText(dst, name), '=')
		dst = appendFormText(dst, value)
	}
	if h.structure != nil {
		for _, m := range h.structure.members {
			pair(m.name, m.value.text(e))
		}
		return dst
	}
	for _, f := range e.Root().Fields() {
		value := ""
		if !f.Value.IsNil() {
			value = string(f.Value.AppendRuby(nil))
		}
		pair(f.Key, value)
	}
	return dst
}

// appendFormText escapes as Ruby's CGI.escape does.
func appendFormText(dst []byte, text string) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '*', c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// mapping is the value of the option mapping: hashes and lists of texts with %{field}.
type mapping struct {
	kind    plugin.SettingKind
	leaf    event.Template
	members []mappingMember // of a Table
	items   []*mapping      // of a List
}

type mappingMember struct {
	name  string
	value *mapping
}

func newMapping(s plugin.Setting) (*mapping, error) {
	m := &mapping{kind: s.Kind}
	switch s.Kind {
	case plugin.Table:
		for _, e := range s.Table {
			value, err := newMapping(e.Value)
			if err != nil {
				return nil, err
			}
			m.members = append(m.members, mappingMember{e.Key, value})
		}
	case plugin.List:
		for _, item := range s.List {
			value, err := newMapping(item)
			if err != nil {
				return nil, err
			}
			m.items = append(m.items, value)
		}
	default:
		m.leaf = event.ParseTemplate(s.Flat())
		return m, m.leaf.Err()
	}
	return m, nil
}

func (m *mapping) appendJSON(dst []byte, e *event.Event) []byte {
	switch m.kind {
	case plugin.Table:
		dst = append(dst, '{')
		for i, member := range m.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(event.AppendQuoted(dst, member.name), ':')
			dst = member.value.appendJSON(dst, e)
		}
		return append(dst, '}')
	case plugin.List:
		dst = append(dst, '[')
		for i, item := range m.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendJSON(dst, e)
		}
		return append(dst, ']')
	}
	return event.AppendQuoted(dst, m.text(e))
}

// text is a leaf's text; of anything else its JSON.
func (m *mapping) text(e *event.Event) string {
	if m.kind == plugin.Table || m.kind == plugin.List {
		return string(m.appendJSON(nil, e))
	}
	text, _ := m.leaf.Append(nil, e) // checked by newMapping
	return string(text)
}
