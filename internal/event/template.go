package event

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"sluice/internal/timefmt"
)

// Template is a compiled sprintf text: %{name}, %{[a][b]}, %{+YYYY.MM.dd}, %{{yyyy}},
// %{+%s}. What an event fills in is never read as a template again.
// Source: org.logstash.StringInterpolation.
type Template struct {
	text  string
	parts []part
}

type part struct {
	kind   partKind
	text   string // a literal; for the others what is left standing when there is no value
	ref    Ref
	layout *timefmt.Layout
	err    error // raised when the part is reached, as in Logstash
}

type partKind uint8

const (
	literal partKind = iota
	fieldPart
	datePart
	epochPart
	nowPart
	errorPart
)

// ParseTemplate compiles a text. Every text is a template; a mistake in a reference or
// a date pattern shows in Err and when an event reaches it.
func ParseTemplate(text string) Template {
	t := Template{text: text}
	rest := text
	for {
		open := strings.Index(rest, "%{")
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open+2:], '}')
		if end < 0 {
			break
		}
		end += open + 2
		inner := rest[open+2 : end]
		next := end + 1
		if strings.HasPrefix(inner, "{") && next < len(rest) && rest[next] == '}' {
			next++
		}
		if open > 0 {
			t.parts = append(t.parts, part{text: rest[:open]})
		}
		t.parts = append(t.parts, parsePart(inner, rest[open:next]))
		rest = rest[next:]
	}
	if rest != "" {
		t.parts = append(t.parts, part{text: rest})
	}
	return t
}

func parsePart(inner, whole string) part {
	p := part{text: whole}
	switch {
	case strings.HasPrefix("+%s", inner): // Logstash compares only as far as inner goes
		p.kind = epochPart
	case strings.HasPrefix(inner, "{") && strings.HasSuffix(whole, "}}"):
		if inner == "{TIME_NOW" {
			p.kind = nowPart
			break
		}
		p.kind = datePart
		p.layout, p.err = timefmt.Java(inner[1:])
	case strings.HasPrefix(inner, "+"):
		p.kind = datePart
		p.layout, p.err = timefmt.Joda(inner[1:])
	default:
		p.kind = fieldPart
		p.ref, p.err = ParseRef(inner)
	}
	if p.err != nil {
		p.kind = errorPart
	}
	return p
}

// String returns the text of the template.
func (t Template) String() string { return t.text }

// Static tells whether the template is the same text for every event.
func (t Template) Static() bool {
	return len(t.parts) == 0 || len(t.parts) == 1 && t.parts[0].kind == literal
}

// Err returns the first mistake in the template, or nil.
func (t Template) Err() error {
	for _, p := range t.parts {
		if p.err != nil {
			return fmt.Errorf("%s: %w", p.text, p.err)
		}
	}
	return nil
}

// Refs returns the fields that the template reads.
func (t Template) Refs() []Ref {
	var refs []Ref
	for _, p := range t.parts {
		if p.kind == fieldPart {
			refs = append(refs, p.ref)
		}
	}
	return refs
}

// Append appends the text for an event. A missing or null field stays as it is
// written, %{name}. The error is that of a mistake in the template.
func (t Template) Append(dst []byte, e *Event) ([]byte, error) {
	dst, _, err := t.expand(dst, e)
	return dst, err
}

// AppendResolved is Append, and tells whether every field had a value.
func (t Template) AppendResolved(dst []byte, e *Event) (text []byte, complete bool, err error) {
	return t.expand(dst, e)
}

func (t Template) expand(dst []byte, e *Event) ([]byte, bool, error) {
	complete := true
	for i := range t.parts {
		p := &t.parts[i]
		switch p.kind {
		case literal:
			dst = append(dst, p.text...)
		case fieldPart:
			v := e.Get(p.ref)
			if v.IsNil() {
				dst = append(dst, p.text...)
				complete = false
			} else {
				dst = v.AppendText(dst)
			}
		case datePart:
			if at, ok := e.Timestamp(); ok {
				dst = p.layout.Append(dst, at)
			}
		case epochPart:
			if at, ok := e.Timestamp(); ok {
				dst = strconv.AppendInt(dst, at.Unix(), 10)
			}
		case nowPart:
			dst = timefmt.AppendTimestamp(dst, time.Now())
		case errorPart:
			return dst, false, p.err
		}
	}
	return dst, complete, nil
}

// Expand returns the text for an event, in the memory of the event's batch.
func (t Template) Expand(e *Event) (string, error) {
	if t.Static() {
		return t.text, nil
	}
	var buf [256]byte
	text, err := t.Append(buf[:0], e)
	if err != nil || len(text) == 0 {
		return "", err
	}
	c := e.batch.Copy(text)
	return unsafe.String(&c[0], len(c)), nil
}
