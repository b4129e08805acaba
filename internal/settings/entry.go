package settings

import (
	"fmt"
	"strings"
	"time"

	"sluice/internal/diag"
)

// Entry is a YAML mapping that is read key by key. What is wrong with a key goes to the
// list that ReadEntry was given, with its place, so that one run finds every mistake.
type Entry struct{ e entry }

// ReadEntry reads a text that is one mapping. what names it in messages: "a sensor".
// It tells whether there is something to read.
func ReadEntry(src *diag.Source, what string, list *diag.List) (Entry, bool) {
	n, mistakes := readYAML(src)
	list.Add(mistakes...)
	switch {
	case n.kind == null && mistakes.Err() != nil:
		return Entry{}, false
	case n.kind != mapping:
		list.Add(diag.New(wrongShape, n.at, "found %s where %s was expected", n.kind, what).WithHelp("write one setting a line: name: value"))
		return Entry{}, false
	}
	return Entry{entry{node: n, what: what, list: list}}, true
}

// At returns the place of the entry's first key.
func (e Entry) At() diag.Span { return e.e.at }

// Called gives the entry the name that messages use.
func (e Entry) Called(what string) Entry {
	e.e.what = what
	return e
}

// Known reports every key that is not one of these.
func (e Entry) Known(keys ...string) { newEntry(e.e.node, e.e.what, e.e.list, keys...) }

// Has tells whether the key is there, with a value.
func (e Entry) Has(key string) bool {
	n, ok := e.e.field(key, false)
	return ok && n.kind != null
}

// Wrong reports a value that has the right form and still cannot be used.
func (e Entry) Wrong(key, help, format string, args ...any) {
	at := e.e.at
	if n, ok := e.e.field(key, false); ok {
		at = n.at
	}
	e.e.list.Add(diag.Diagnostic{Code: wrongShape, At: at, Message: fmt.Sprintf(format, args...), Help: help})
}

// Text returns the text of a key and its place; "" when it is missing.
func (e Entry) Text(key string, required bool) (string, diag.Span) {
	text, n := e.e.text(key, required)
	return text, n.at
}

// Texts returns a list of texts; one text is a list of one.
func (e Entry) Texts(key string, required bool) []string {
	n, ok := e.e.field(key, required)
	if !ok || n.kind == null {
		return nil
	}
	if n.kind == list {
		for _, item := range n.list {
			if item.kind != scalar {
				e.e.list.Add(diag.New(wrongShape, item.at, "found %s where one of %s was expected", item.kind, key))
				return nil
			}
		}
	} else if n.kind != scalar {
		e.e.list.Add(diag.New(wrongShape, n.at, "found %s where a text or a list of texts was expected", n.kind))
		return nil
	}
	return n.texts()
}

// Bool returns a truth value.
func (e Entry) Bool(key string, otherwise bool) bool { return e.e.boolean(key, otherwise) }

// Int returns a whole number from least to most.
func (e Entry) Int(key string, least, most, otherwise int) int {
	if !e.Has(key) {
		return otherwise
	}
	return e.e.number(key, least, most, false)
}

// Duration returns a length of time of at least least: "500ms", "10s", "7d".
func (e Entry) Duration(key string, least, otherwise time.Duration) time.Duration {
	if !e.Has(key) {
		return otherwise
	}
	text, at := e.Text(key, false)
	d, err := parseDuration(text)
	if err != nil || strings.IndexFunc(text, func(r rune) bool { return r >= 'a' }) < 0 && text != "0" {
		e.e.list.Add(diag.New(wrongShape, at, "found %q where a length of time was expected", text).WithHelp("write it with a unit: 10s, 5m, 12h, 7d"))
		return otherwise
	}
	if d < least {
		e.e.list.Add(diag.New(wrongShape, at, "%s is less than %v", text, least))
	}
	return d
}

// Bytes returns a size, "500mb".
func (e Entry) Bytes(key string, otherwise int64) int64 {
	if !e.Has(key) {
		return otherwise
	}
	text, at := e.Text(key, false)
	n, err := ParseBytes(text)
	if err != nil || n < 0 {
		e.e.list.Add(diag.New(wrongShape, at, "found %q where a size was expected", text).WithHelp("write it with a unit: 500mb, 10gb"))
		return otherwise
	}
	return n
}

// Entry returns the mapping of a key.
func (e Entry) Entry(key, what string) (Entry, bool) {
	n, ok := e.e.field(key, false)
	if !ok || n.kind == null {
		return Entry{}, false
	}
	if n.kind != mapping {
		e.e.list.Add(diag.New(wrongShape, n.at, "found %s where %s was expected", n.kind, what))
		return Entry{}, false
	}
	return Entry{entry{node: n, what: what, list: e.e.list}}, true
}

// Entries returns the mappings of a list.
func (e Entry) Entries(key, what string) []Entry {
	n, ok := e.e.field(key, false)
	if !ok || n.kind == null {
		return nil
	}
	if n.kind != list {
		e.e.list.Add(diag.New(wrongShape, n.at, "found %s where a list was expected", n.kind).WithHelp("start every one with \"- \""))
		return nil
	}
	var all []Entry
	for _, item := range n.list {
		if item.kind != mapping {
			e.e.list.Add(diag.New(wrongShape, item.at, "found %s where %s was expected", item.kind, what))
			continue
		}
		all = append(all, Entry{entry{node: item, what: what, list: e.e.list}})
	}
	return all
}

// Pairs returns a mapping of texts to texts.
func (e Entry) Pairs(key string) map[string]string {
	m, ok := e.Entry(key, "from: to lines")
	if !ok {
		return nil
	}
	pairs := map[string]string{}
	for _, f := range m.e.fields {
		if f.value.kind != scalar {
			e.e.list.Add(diag.New(wrongShape, f.value.at, "found %s where a text was expected", f.value.kind))
			continue
		}
		pairs[f.key] = f.value.text
	}
	return pairs
}

// Embedded returns a text that holds a text in a language of its own, with its places in
// the file: a text block, or YAML that stands right there. nil when the key is missing.
func (e Entry) Embedded(key string) *diag.Source {
	n, ok := e.e.field(key, false)
	switch {
	case !ok || n.kind == null:
		return nil
	case n.kind == scalar:
		return n.source
	}
	return embeddedYAML(n)
}

// embeddedYAML cuts a list or mapping out of the text it stands in.
func embeddedYAML(n node) *diag.Source {
	src := n.at.Source
	start := n.at.Start
	lineStart := strings.LastIndexByte(src.Text[:start], '\n') + 1
	if c := src.Text[start]; c == '[' || c == '{' {
		end := start + len(flow(src.Text[start:]))
		return diag.EmbedAt(src, src.Text[start:end], start)
	}
	indent := start - lineStart
	var text strings.Builder
	var starts []int
	for at := lineStart; at < len(src.Text); {
		end := at + len(firstLine(src.Text[at:])) + 1
		line := src.Text[at:min(end, len(src.Text))]
		body := strings.TrimLeft(line, " ")
		depth := len(line) - len(body)
		blank := strings.TrimSpace(body) == "" || body[0] == '#'
		inside := depth > indent || depth == indent && (n.kind == mapping || strings.HasPrefix(body, "-"))
		if at > lineStart && !blank && !inside {
			break
		}
		cut := min(indent, depth)
		starts = append(starts, at+cut)
		text.WriteString(line[cut:])
		at = end
	}
	return diag.Embed(src, text.String(), starts)
}

// flow returns the part of text that is one [ ] or { }, of which the YAML reader has
// found that it is closed.
func flow(text string) string {
	depth := 0
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			} else if c == '\\' && quote == '"' {
				i++
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return text[:i+1]
			}
		}
	}
	return text
}
