package casetest

import (
	"strings"

	"sluice/internal/event"
)

// yamlEditor rewrites the expectations of a case in YAML, line by line: a field that is
// as expected stays as it is written, and so do comments.
type yamlEditor struct {
	lines  []string // of the file, with their ends
	starts []int    // where each begins
}

func newYAMLEditor(body string) *yamlEditor {
	y := &yamlEditor{}
	offset := 0
	for line := range strings.SplitAfterSeq(body, "\n") {
		y.lines, y.starts = append(y.lines, line), append(y.starts, offset)
		offset += len(line)
	}
	return y
}

func (y *yamlEditor) lineOf(offset int) int {
	n := 0
	for n+1 < len(y.starts) && y.starts[n+1] <= offset {
		n++
	}
	return n
}

func (y *yamlEditor) startOf(line int) int {
	if line < len(y.starts) {
		return y.starts[line]
	}
	return y.starts[len(y.starts)-1] + len(y.lines[len(y.lines)-1])
}

// indent returns the column of the first letter of a line, and -1 for an empty line or
// one that is only a comment.
func indent(line string) int {
	trimmed := strings.TrimLeft(line, " ")
	if rest := strings.TrimSpace(trimmed); rest == "" || rest[0] == '#' {
		return -1
	}
	return len(line) - len(trimmed)
}

// blockEnd returns the line behind a block that begins below a key in a column.
func (y *yamlEditor) blockEnd(first, column int) int {
	end := first
	for n := first; n < len(y.lines); n++ {
		switch in := indent(y.lines[n]); {
		case in < 0:
			continue
		case in > column || in == column && strings.HasPrefix(strings.TrimLeft(y.lines[n], " "), "- "):
			end = n + 1
		default:
			return end
		}
	}
	return end
}

func (f *File) rewriteYAML(res *Result) edit {
	y := newYAMLEditor(f.source.Text)
	c := res.Case
	key := y.lineOf(c.outputAt.Start)
	column := c.outputAt.Start - y.starts[key]
	end := y.blockEnd(key+1, column)
	head := strings.TrimRight(y.lines[key], "\r\n")
	if colon := column + strings.IndexByte(head[column:], ':') + 1; indent(head[colon:]) >= 0 { // a value in the line
		head = head[:colon]
	}
	at := edit{from: y.starts[key], to: y.startOf(end)}
	if len(res.outcomes) == 0 {
		at.text = head + " []\n"
		return at
	}
	dash := column + 2
	var begins []int // the line where each expected event begins
	for _, e := range c.expected {
		n := y.lineOf(e.at.Start)
		begins = append(begins, n)
		if in := indent(y.lines[n]); n > key && in >= column {
			dash = in
		}
	}
	begins = append(begins, end)
	block := len(c.expected) > 0 && begins[0] > key
	var b strings.Builder
	b.WriteString(head + "\n")
	if block {
		for _, line := range y.lines[key+1 : begins[0]] { // comments above the first event
			b.WriteString(line)
		}
	}
	for i := range res.outcomes {
		if block && i < len(c.expected) && begins[i+1] > begins[i] {
			chunk := y.lines[begins[i]:begins[i+1]]
			if f.unchanged(res, i) {
				b.WriteString(strings.Join(chunk, ""))
				continue
			}
			if text, ok := y.patch(&c.expected[i], &res.outcomes[i].event, begins[i], begins[i+1]); ok {
				b.WriteString(text)
				continue
			}
		}
		var like *value
		if i < len(c.expected) {
			like = &c.expected[i].event
		}
		e := res.outcomes[i].event.ordered(like)
		b.WriteString(yamlItem(&e, strings.Repeat(" ", dash)))
	}
	at.text = b.String()
	if !strings.HasSuffix(at.text, "\n") {
		at.text += "\n"
	}
	return at
}

// patch changes only the fields of an event that differ. It returns false for an event
// whose keys do not stand one in a line.
func (y *yamlEditor) patch(want *expectation, got *value, first, end int) (string, bool) {
	fields := want.event.fields
	if len(fields) == 0 || len(got.fields) == 0 {
		return "", false
	}
	var begins []int
	for i, f := range fields {
		if !f.keyAt.Valid() {
			return "", false // a key that was a field reference
		}
		n := y.lineOf(f.keyAt.Start)
		if n < first || n >= end || i > 0 && n <= begins[i-1] || i == 0 && n != first {
			return "", false
		}
		begins = append(begins, n)
	}
	begins = append(begins, end)
	column := fields[0].keyAt.Start - y.starts[first]
	lead := y.lines[first][:column] // "- " and what is before it
	pad := strings.Repeat(" ", column)
	var out []string
	last := 0 // behind the last line of out that is no comment
	for i, f := range fields {
		chunk := y.lines[begins[i]:begins[i+1]]
		body := len(chunk)
		for body > 1 && indent(chunk[body-1]) < 0 {
			body--
		}
		switch now := got.get(f.key); {
		case now == nil:
		case equal(&f.value, now, false):
			out = append(out, chunk[:body]...)
		default:
			v := now.ordered(&f.value)
			out = append(out, yamlField(f.key, &v, pad))
		}
		last = len(out)
		out = append(out, chunk[body:]...)
	}
	var added []string
	rest := got.sorted()
	for i := range rest.fields {
		if want.event.get(rest.fields[i].key) == nil {
			added = append(added, yamlField(rest.fields[i].key, &rest.fields[i].value, pad))
		}
	}
	if last > 0 && !strings.HasSuffix(out[last-1], "\n") {
		out[last-1] += "\n"
	}
	out = append(out[:last:last], append(added, out[last:]...)...)
	if len(out) == 0 {
		return "", false
	}
	text := strings.Join(out, "")
	return lead + text[min(column, len(text)):], true
}

// yamlItem writes an event as an element of a list.
func yamlItem(v *value, pad string) string {
	if len(v.fields) == 0 {
		return pad + "- {}\n"
	}
	var b strings.Builder
	for i := range v.fields {
		b.WriteString(yamlField(v.fields[i].key, &v.fields[i].value, pad+"  "))
	}
	return pad + "- " + b.String()[len(pad)+2:]
}

// yamlField writes a key with its value.
func yamlField(key string, v *value, pad string) string {
	name := pad + yamlText(key) + ":"
	switch {
	case v.kind == object && len(v.fields) > 0:
		var b strings.Builder
		for i := range v.fields {
			b.WriteString(yamlField(v.fields[i].key, &v.fields[i].value, pad+"  "))
		}
		return name + "\n" + b.String()
	case v.kind == list && len(v.items) > 0 && !v.short():
		var b strings.Builder
		for i := range v.items {
			item := &v.items[i]
			if item.kind == object {
				b.WriteString(yamlItem(item, pad+"  "))
			} else {
				b.WriteString(pad + "  - " + item.String() + "\n")
			}
		}
		return name + "\n" + b.String()
	case v.kind == text:
		return name + " " + yamlText(v.text) + "\n"
	}
	return name + " " + v.String() + "\n"
}

// yamlText writes a text, without quotes where no reader of YAML can take it for
// something else.
func yamlText(s string) string {
	plain := s != ""
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		plain = plain && (letter || i > 0 && ('0' <= c && c <= '9' || strings.IndexByte("./-", c) >= 0))
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		plain = false
	}
	if plain {
		return s
	}
	return string(event.AppendQuoted(nil, s))
}
