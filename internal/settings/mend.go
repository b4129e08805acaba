package settings

import (
	"regexp"
	"slices"
	"strings"

	"sluice/internal/diag"
)

// mender goes through the lines of a text that is no YAML. It tells each line that is
// indented as it cannot be meant, and moves it to where it belongs, so that one run finds
// these mistakes and all others in the text, too.
type mender struct {
	src    *diag.Source
	lines  []string
	starts []int // where each line starts in src
	out    []string
	moved  []int // by how many columns each line is further to the right now
	list   diag.List

	levels  []level
	waiting int // column of the last key when its value has to follow in further lines, or -1
	block   *textBlock
}

// level is a list or a mapping that the lines so far have opened.
type level struct {
	column  int
	written int // the column in the text as it is written
	isList  bool
	line    int // its first
	keys    []string
}

// textBlock is the text after `key: |`.
type textBlock struct {
	key      string
	line     int
	column   int // of the key, as it is written
	indent   int // of the text, as it is written; -1 before its first line
	move     int // of the key, and so of the text
	moveBad  int // of lines that are not indented enough
	reported bool
}

// mend returns the text as it was most likely meant, with its places in src, and what
// was wrong. Without a finding it returns nil.
func mend(src *diag.Source, lines []string, starts []int) (*diag.Source, diag.List) {
	m := &mender{src: src, lines: lines, starts: starts, out: slices.Clone(lines), moved: make([]int, len(lines)), waiting: -1}
	for i := range lines {
		if !m.read(i) {
			break
		}
	}
	if len(m.list) == 0 {
		return nil, nil
	}
	places := make([]int, len(lines))
	for i := range places {
		places[i] = max(starts[i]-m.moved[i], 0)
	}
	return diag.Embed(src, strings.Join(m.out, ""), places), m.list
}

var (
	keyLine      = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.]*):(?:[ \t]+(.*))?$`)
	keyNoSpace   = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.]*):([^ /].*)$`)
	startsAnchor = regexp.MustCompile(`^[&!][^ ]*$`)
)

// split cuts a line into its white space and the rest.
func (m *mender) split(i int) (lead, body string) {
	text := strings.TrimRight(m.lines[i], " \t\r\n")
	body = strings.TrimLeft(text, " \t")
	return text[:len(text)-len(body)], body
}

// place is the place of a part of a line.
func (m *mender) place(i, column, length int) diag.Span {
	return m.src.At(m.starts[i]+column, m.starts[i]+column+length)
}

// outer is a column as the user sees it, when the text stands in another one and is
// indented there.
func (m *mender) outer(i, column int) int {
	return m.place(i, 0, 0).Position().Column - 1 + column
}

// move puts a line that is indented by lead at another column.
func (m *mender) move(i int, lead string, column int) {
	m.out[i] = strings.Repeat(" ", column) + m.lines[i][len(lead):]
	m.moved[i] = column - len(lead)
}

// read looks at one line. It returns false when what follows cannot be judged line by
// line, as with a value that goes on over several lines.
func (m *mender) read(i int) bool {
	lead, body := m.split(i)
	if body == "" || m.inBlock(i, lead, body) {
		return true
	}
	m.block = nil
	if body[0] == '#' {
		return true
	}
	column := len(lead)
	if tab := strings.IndexByte(lead, '\t'); tab >= 0 {
		m.list.Add(diag.New(badYAML, m.place(i, tab, 1), "there is a tab where YAML allows only spaces").WithHelp("replace tabs by spaces"))
		column = len(strings.ReplaceAll(lead, "\t", "  "))
		if near := m.nearest(column, strings.HasPrefix(body, "- ")); near >= 0 {
			column = near
		}
		m.move(i, lead, column)
	}
	if rest, ok := strings.CutPrefix(body, "- "); ok {
		column, ok = m.entry(i, lead, column)
		if !ok {
			return false
		}
		body = strings.TrimLeft(rest, " ")
		column += strings.Index("- "+rest, body)
		m.levels = append(m.levels, level{column: column, written: column - m.moved[i], line: i})
		return m.field(i, body, column)
	}
	if !keyLine.MatchString(body) && !keyNoSpace.MatchString(body) {
		return true
	}
	return m.field(i, body, m.key(i, lead, body, column))
}

// entry looks at the column of a "- " and returns where it has to be.
func (m *mender) entry(i int, lead string, column int) (int, bool) {
	if m.waiting >= 0 && column >= m.waiting || len(m.levels) == 0 {
		m.waiting = -1
		m.levels = append(m.levels, level{column: column, isList: true, line: i})
		return column, true
	}
	wanted := m.nearest(column, true)
	if wanted < 0 { // the first entry has no "- "
		first := m.levels[0]
		m.list.Add(diag.New(badYAML, m.place(first.line, first.column, len(first.keys[0])), "the first entry of the list does not begin with \"- \"").
			WithHelp("write - %s: …", first.keys[0]).WithRelated(m.place(i, len(lead), 1), "the next one does"))
		if first.column < column+2 {
			return 0, false
		}
		m.out[first.line] = m.out[first.line][:first.column-2] + "- " + m.out[first.line][first.column:]
		m.levels = []level{{column: column, isList: true, line: first.line}}
		return column, true
	}
	if wanted != column {
		m.list.Add(diag.New(badYAML, m.place(i, column, 1), "this entry is indented by %s, but the list's other entries by %d", spaces(m.outer(i, column)), m.outer(i, wanted)).
			WithHelp("indent it with %s", spaces(m.outer(i, wanted))))
		m.move(i, lead, wanted)
	}
	for l := m.top(); !l.isList || l.column != wanted; l = m.top() {
		m.levels = m.levels[:len(m.levels)-1]
	}
	m.waiting = -1
	return wanted, true
}

// key looks at the column of a key that begins its line and returns where it has to be.
func (m *mender) key(i int, lead, body string, column int) int {
	name, _, _ := strings.Cut(body, ":")
	if m.waiting >= 0 && column > m.waiting || len(m.levels) == 0 {
		m.levels = append(m.levels, level{column: column, written: column, line: i})
		return column
	}
	wanted := m.nearest(column, false)
	if wanted < 0 {
		return column
	}
	if l := m.top(); !l.isList && l.written == column { // the entry has been moved as a whole
		wanted = l.column
		m.move(i, lead, wanted)
	} else if wanted != column {
		l := m.levels[slices.IndexFunc(m.levels, func(l level) bool { return !l.isList && l.column == wanted })]
		d := diag.New(badYAML, m.place(i, column, len(name)), "%s is indented by %s, but what it belongs to by %d", name, spaces(m.outer(i, column)), m.outer(i, wanted))
		if len(l.keys) > 0 {
			d.Message = strings.Replace(d.Message, "what it belongs to", l.keys[0]+" above it", 1)
		}
		m.list.Add(d.WithHelp("indent it with %s", spaces(m.outer(i, wanted))))
		m.move(i, lead, wanted)
	}
	for l := m.top(); l.isList || l.column != wanted; l = m.top() {
		m.levels = m.levels[:len(m.levels)-1]
	}
	l := m.top()
	if n := len(m.levels); slices.Contains(l.keys, name) && n > 1 && m.levels[n-2].isList && wanted >= 2 {
		m.list.Add(diag.New(badYAML, m.place(i, column, len(name)), "%s stands twice in this entry", name).
			WithHelp("a new entry begins with \"- \": - %s: …", name).
			WithRelated(m.place(l.line, l.column, len(l.keys[0])), "the entry begins here"))
		m.out[i] = m.out[i][:wanted-2] + "- " + m.out[i][wanted:]
		l.keys, l.line = nil, i
	}
	return wanted
}

// field reads the key and the value that stand at a column.
func (m *mender) field(i int, body string, column int) bool {
	m.waiting = -1
	name, value, isKey := strings.Cut(body, ":")
	if keyNoSpace.MatchString(body) {
		at := strings.Index(m.lines[i], body)
		m.list.Add(diag.New(badYAML, m.place(i, at, len(name)+1), "there is no space after %s:", name).WithHelp("write %s: %s", name, value))
		cut := strings.Index(m.out[i], body) + len(name) + 1
		m.out[i] = m.out[i][:cut] + " " + m.out[i][cut:]
		m.moved[i]++
	} else if !keyLine.MatchString(body) {
		return !isKey && !unclosed(body) // an entry that is a plain text
	}
	l := m.top()
	l.keys = append(l.keys, name)
	value = strings.TrimSpace(value)
	switch {
	case value == "" || value[0] == '#' || startsAnchor.MatchString(value):
		m.waiting = column
	case value[0] == '|' || value[0] == '>':
		written := column - m.moved[i]
		m.block = &textBlock{key: name, line: i, column: written, indent: -1, move: max(m.moved[i], 0)}
	default:
		return !unclosed(value)
	}
	return true
}

// inBlock tells whether a line belongs to a text block, and mends it.
func (m *mender) inBlock(i int, lead, body string) bool {
	b := m.block
	if b == nil {
		return false
	}
	indent := len(lead)
	tab := strings.IndexByte(lead, '\t')
	if tab > b.column && (b.indent < 0 || tab >= b.indent) {
		tab = -1 // it is a part of the text
	}
	if tab < 0 && indent > b.column && (b.indent < 0 || indent >= b.indent) {
		if b.indent < 0 {
			b.indent = indent
		}
		if b.move > 0 {
			m.move(i, lead, indent+b.move)
		}
		return true
	}
	if indent <= b.column && tab < 0 && m.endsBlock(i, body) {
		return false
	}
	if tab < 0 && indent > b.column && keyLine.MatchString(body) && !strings.HasPrefix(b.key, "config") {
		return false
	}
	if b.indent < 0 {
		b.indent = b.column + 2
	}
	if !b.reported {
		b.reported = true
		b.moveBad = b.indent - indent
		start := m.place(b.line, b.column, len(strings.TrimRight(m.lines[b.line], " \r\n"))-b.column)
		d := diag.New(badYAML, m.place(i, indent, len(body)), "this line belongs to the text of %s, but it is not indented deeper than %s", b.key, b.key)
		if indent > b.column {
			d.Message = "this line of the text of " + b.key + " is indented less than the text's first line"
		}
		d.Help = "indent every line of the text with at least " + spaces(m.outer(b.line, b.indent))
		if tab >= 0 {
			d = diag.New(badYAML, m.place(i, tab, 1), "there is a tab where YAML allows only spaces").
				WithHelp("indent every line of the text with at least %s", spaces(m.outer(b.line, b.indent)))
		}
		m.list.Add(d.WithRelated(start, "the text starts here"))
	}
	m.move(i, lead, max(indent+b.moveBad, b.indent)+b.move)
	return true
}

// endsBlock tells whether a line that is not indented deeper than the key of a text block
// goes on with YAML. A comment does when the next line does.
func (m *mender) endsBlock(i int, body string) bool {
	for body == "" || body[0] == '#' {
		if i++; i == len(m.lines) {
			return true
		}
		var lead string
		if lead, body = m.split(i); body != "" && len(lead) > m.block.column {
			return false
		}
	}
	return strings.HasPrefix(body, "- ") || keyLine.MatchString(body) || keyNoSpace.MatchString(body)
}

// nearest returns the column of the open list or mapping that is nearest to column, the
// inner one of two; -1 when there is none.
func (m *mender) nearest(column int, isList bool) int {
	best, distance := -1, 0
	for _, l := range m.levels {
		if d := max(l.column-column, column-l.column); l.isList == isList && (best < 0 || d <= distance) {
			best, distance = l.column, d
		}
	}
	return best
}

func (m *mender) top() *level { return &m.levels[len(m.levels)-1] }

// unclosed tells whether a value goes on in the next line.
func unclosed(value string) bool {
	switch value[0] {
	case '"', '\'':
		return strings.IndexByte(value[1:], value[0]) < 0
	case '[', '{':
		return strings.Count(value, "[")+strings.Count(value, "{") > strings.Count(value, "]")+strings.Count(value, "}")
	}
	return false
}
