package filter

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/event"
)

// dissection is a compiled mapping: fields and what stands between them. It does what
// org.logstash.dissect.Dissector does, down to its oddity with a delimiter at the very
// start of a text.
type dissection struct {
	parts []dissectPart
	saved []int // the parts that become fields, in the order in which they are set
}

type dissectPart struct {
	kind   dissectKind
	name   string
	field  field
	before string // the delimiter in front
	repeat bool   // the delimiter in front may stand several times
	after  string // the delimiter behind; none for the last part
	order  int
}

type dissectKind uint8

const (
	skipPart dissectKind = iota
	normalPart
	appendPart
	indirectPart
)

var dissectSuffix = regexp.MustCompile(`^(.*?)(/\d{1,2}|->|/\d{1,2}->|->/\d{1,2})?$`)

func newDissection(mapping string) (*dissection, error) {
	d := &dissection{}
	repeat := false
	rest := mapping
	for {
		open := strings.Index(rest, "%{")
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '}')
		if end < 0 {
			break
		}
		part, again, err := newDissectPart(rest[open+2 : open+end])
		if err != nil {
			return nil, err
		}
		part.before, part.repeat = rest[:open], repeat
		d.add(part)
		repeat = again
		rest = rest[open+end+1:]
	}
	if len(d.parts) == 0 {
		return nil, errNoFields
	}
	if rest != "" {
		d.add(dissectPart{kind: skipPart, name: "auto_added_skip", before: rest, repeat: repeat})
	}
	for i := range d.parts {
		if d.parts[i].kind != skipPart {
			d.saved = append(d.saved, i)
		}
	}
	slices.SortStableFunc(d.saved, func(a, b int) int { return d.parts[a].order - d.parts[b].order })
	return d, nil
}

func (d *dissection) add(p dissectPart) {
	if n := len(d.parts); n > 0 {
		d.parts[n-1].after = p.before
	}
	d.parts = append(d.parts, p)
}

// newDissectPart reads what stands between %{ and }. repeat tells whether the delimiter
// behind it may stand several times.
func newDissectPart(text string) (p dissectPart, repeat bool, err error) {
	p.kind = normalPart
	if text == "" {
		p.kind = skipPart
	} else if i := strings.IndexByte("?+&", text[0]); i >= 0 {
		p.kind = []dissectKind{skipPart, appendPart, indirectPart}[i]
		if strings.HasPrefix(text, "+&") || strings.HasPrefix(text, "&+") {
			return p, false, errors.New("a field cannot be both appended and indirect: " + text)
		}
		text = text[1:]
	}
	suffix := ""
	if m := dissectSuffix.FindStringSubmatch(text); m != nil {
		text, suffix = m[1], m[2]
	}
	if text == "" && (p.kind == appendPart || p.kind == indirectPart) {
		return p, false, errors.New("a field with a prefix needs a name")
	}
	p.name, p.field = text, newField(text)
	switch p.kind {
	case normalPart:
		p.order = 1
	case appendPart:
		p.order = 100
		if n, err := strconv.Atoi(strings.Trim(suffix, "->/")); err == nil {
			p.order += n
		}
	case indirectPart:
		p.order = 1000
	}
	return p, strings.Contains(suffix, "->"), nil
}

// span is the place of a value in the text.
type textSpan struct{ start, length int }

// cut finds the values of a text, and tells whether it fits.
func (d *dissection) cut(text string, spans []textSpan) bool {
	left := 0
	last := len(d.parts) - 1
	for i := range d.parts {
		p := &d.parts[i]
		switch {
		case i > 0 && p.repeat:
			if p.before != "" {
				for strings.HasPrefix(text[left:], p.before) {
					left += len(p.before)
				}
			}
		case left == 0 && d.parts[0].before != "":
			if p.before == "" || !strings.HasPrefix(text, p.before) {
				return false
			}
			left = len(p.before)
		}
		if i == last {
			spans[i] = textSpan{left, len(text) - left}
			return true
		}
		if p.after == "" {
			return false
		}
		pos := strings.Index(text[left:], p.after)
		if pos < 0 {
			return false
		}
		spans[i] = textSpan{left, 0}
		if pos += left; pos > 0 { // at 0 Logstash does not move on
			spans[i].length = pos - left
			left = pos + len(p.after)
		}
	}
	return true
}

// dissect sets the fields of a text that fits.
func (d *dissection) dissect(e *event.Event, text string, refs *event.RefCache) (bool, error) {
	if text == "" {
		return false, nil
	}
	var few [32]textSpan
	spans := few[:]
	if len(d.parts) > len(few) {
		spans = make([]textSpan, len(d.parts))
	}
	if !d.cut(text, spans) {
		return false, nil
	}
	for _, i := range d.saved {
		p := &d.parts[i]
		value := event.StringValue(text[spans[i].start : spans[i].start+spans[i].length])
		if err := d.set(e, p, i, value, text, spans, refs); err != nil {
			return true, err
		}
	}
	return true, nil
}

func (d *dissection) set(e *event.Event, p *dissectPart, i int, value event.Value, text string, spans []textSpan, refs *event.RefCache) error {
	if p.field.err != nil {
		return p.field.err
	}
	switch p.kind {
	case appendPart:
		if old := e.Get(p.field.ref); old.Exists() {
			join := p.before
			if join == "" {
				join = " "
			}
			joined := append(append(old.AppendText(nil), join...), value.Str()...)
			value = textValue(e, joined)
		}
	case indirectPart:
		name := ""
		if other := e.Get(p.field.ref); other.Exists() {
			name = other.String()
		} else {
			for j := range d.parts {
				if j != i && d.parts[j].name == p.name {
					name = text[spans[j].start : spans[j].start+spans[j].length]
					break
				}
			}
		}
		if name == "" {
			return nil
		}
		ref, err := refs.Get(name)
		if err != nil {
			return err
		}
		return setAny(e, ref, value)
	}
	return setAny(e, p.field.ref, value)
}

// setAny sets a field as Logstash's Java filters do: a text is let into @timestamp, too.
func setAny(e *event.Event, ref event.Ref, v event.Value) error {
	if name, ok := ref.Name(); ok && name == "@timestamp" {
		e.Root().Set(name, v)
		return nil
	}
	return e.Set(ref, v)
}
