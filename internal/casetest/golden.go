package casetest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/timefmt"
)

// The directives at the head of a .case file, and what follows each.
var directives = []struct{ name, takes string }{
	{"config", "FILE"}, {"pipelines", "FILE"}, {"input", "ID"}, {"codec", "CODEC"}, {"field", "NAME VALUE"},
	{"ignore", "FIELD…"}, {"metadata", ""}, {"set", "SETTING=VALUE"}, {"env", "NAME=VALUE"}, {"now", "TIME"},
}

// goldenReader reads a .case file: directives, and below them sections that begin with a
// line -- NAME --, as in the txtar format.
type goldenReader struct {
	f    *File
	dir  string
	list diag.List
}

// section is what stands below a line -- NAME --.
type section struct {
	name string
	at   diag.Span    // of the name
	body *diag.Source // with its places in the file
	from int          // where the body begins
}

// readGolden reads a .case file.
func readGolden(src *diag.Source) (*File, diag.List) {
	r := &goldenReader{f: &File{Name: src.Name, source: src, language: golden, fields: value{kind: object}}, dir: filepath.Dir(src.Name)}
	r.f.setup.at = src.At(0, 0)
	head, sections := split(src)
	r.head(head)
	seen := map[string]diag.Span{}
	for _, s := range sections {
		if first, twice := seen[s.name]; twice {
			r.list.Add(diag.New(badCase, s.at, "there are two sections %s", s.name).WithHelp("give each case a name of its own: input NAME, output NAME").WithRelated(first, "the other one is here"))
			continue
		}
		seen[s.name] = s.at
		r.section(s)
	}
	if len(r.f.Cases) == 0 && r.list.Err() == nil {
		r.list.Add(diag.New(badCase, src.At(0, 0), "there is no case in it").WithHelp("add a section -- input -- with lines, and -- output -- with the events that are expected"))
	}
	return r.f, r.list
}

// split finds the sections of a text.
func split(src *diag.Source) (head string, sections []section) {
	add := func(end int) {
		if n := len(sections); n > 0 {
			s := &sections[n-1]
			s.body = diag.EmbedAt(src, src.Text[s.from:end], s.from)
		} else {
			head = src.Text[:end]
		}
	}
	offset := 0
	for line := range strings.SplitAfterSeq(src.Text, "\n") {
		if name, ok := marker(line); ok {
			add(offset)
			start := offset + strings.Index(line, name)
			sections = append(sections, section{name: name, at: src.At(start, start+len(name)), from: offset + len(line)})
		}
		offset += len(line)
	}
	add(len(src.Text))
	return head, sections
}

// marker reads -- NAME --.
func marker(line string) (string, bool) {
	line = strings.TrimRight(line, " \t\r\n")
	if !strings.HasPrefix(line, "-- ") || !strings.HasSuffix(line, " --") || len(line) < len("-- x --") {
		return "", false
	}
	name := strings.TrimSpace(line[3 : len(line)-3])
	return name, name != ""
}

func (r *goldenReader) head(text string) {
	offset := 0
	for line := range strings.SplitAfterSeq(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if trimmed != "" && trimmed[0] != '#' {
			start := offset + strings.Index(line, trimmed)
			r.directive(trimmed, start)
		}
		offset += len(line)
	}
}

func (r *goldenReader) directive(line string, start int) {
	name, rest, _ := strings.Cut(line, " ")
	value := strings.TrimSpace(rest)
	nameAt := r.f.source.At(start, start+len(name))
	at := r.f.source.At(start+len(line)-len(value), start+len(line))
	i := slices.IndexFunc(directives, func(d struct{ name, takes string }) bool { return d.name == name })
	if i < 0 {
		r.unknown(name, nameAt)
		return
	}
	if takes := directives[i].takes; (value == "") != (takes == "") {
		r.list.Add(diag.New(badCase, nameAt, "a line %s is wrong", name).WithHelp("write %s", strings.TrimSpace(name+" "+takes)))
		return
	}
	f := r.f
	switch name {
	case "config":
		f.setup.config = append(f.setup.config, r.path(value))
	case "pipelines":
		f.setup.pipelines = r.path(value)
		f.setup.base = filepath.Dir(f.setup.pipelines)
	case "input":
		f.input = assignment{value: value, at: at}
	case "codec":
		f.codec = diag.EmbedAt(f.source, value, at.Start)
	case "field":
		r.field(value, at)
	case "ignore":
		for _, ref := range strings.Fields(value) {
			f.ignore = append(f.ignore, pathOf(ref))
		}
	case "metadata":
		f.metadata = true
	case "set":
		r.assign(&f.setup.settings, value, at)
	case "env":
		r.assign(&f.setup.variables, value, at)
	case "now":
		t, ok := timefmt.ParseTimestamp(value)
		if !ok {
			r.list.Add(diag.New(badCase, at, "%q is no time", value).WithHelp("write it as 2026-03-01T12:00:00Z"))
		}
		f.setup.now = t
	}
}

func (r *goldenReader) unknown(name string, at diag.Span) {
	var names []string
	for _, d := range directives {
		names = append(names, d.name)
	}
	d := diag.New(unknownCaseKey, at, "there is no line that begins with %s", name)
	if near := diag.Nearest(name, names); near != "" {
		r.list.Add(d.WithHelp("did you mean %s?", near))
		return
	}
	r.list.Add(d.WithHelp("lines above the first section begin with # (a comment), %s", strings.Join(names, ", ")))
}

// path returns a path of the case file as seen from the folder of the program.
func (r *goldenReader) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.dir, path)
}

func (r *goldenReader) assign(to *[]assignment, text string, at diag.Span) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		r.list.Add(diag.New(badCase, at, "found %q where NAME=VALUE was expected", text))
		return
	}
	*to = append(*to, assignment{strings.TrimSpace(name), strings.TrimSpace(value), at})
}

// field reads NAME VALUE. A value that is JSON is that, any other is a text.
func (r *goldenReader) field(line string, at diag.Span) {
	name, rest, _ := strings.Cut(line, " ")
	if _, err := event.ParseRef(name); err != nil {
		r.list.Add(diag.New(badCase, at, "%v", err).WithHelp("write a field as name or as [outer][inner]"))
		return
	}
	v, mistakes := readJSONFile(diag.NewSource("", strings.TrimSpace(rest)))
	if mistakes.Err() != nil {
		v = textValue(strings.TrimSpace(rest))
	}
	v.forgetPlaces()
	r.f.fields.set(name, v)
}

func (r *goldenReader) section(s section) {
	kind, name, _ := strings.Cut(s.name, " ")
	name = strings.TrimSpace(name)
	switch {
	case kind == "input" || kind == "events":
		c := &Case{Name: name, At: s.at, fields: value{kind: object}, insertAt: s.from + len(s.body.Text), insertName: strings.TrimSpace("output " + name)}
		if name == "" {
			c.Name = "case"
		}
		if kind == "events" {
			c.events = r.events(s.body)
		} else if body := strings.TrimSuffix(s.body.Text, "\n"); body != "" {
			for line := range strings.SplitSeq(body, "\n") {
				c.lines = append(c.lines, strings.TrimSuffix(line, "\r"))
			}
		}
		r.f.Cases = append(r.f.Cases, c)
	case kind == "output":
		r.output(s, name)
	case kind == "mock" && name != "":
		m := mock{id: name, at: s.at}
		if strings.TrimSpace(s.body.Text) != "" {
			var wrong diag.List
			m.by, wrong = readMock(s.body, s.at)
			r.list.Add(wrong...)
		}
		r.f.setup.mocks = append(r.f.setup.mocks, m)
	case strings.HasSuffix(s.name, ".conf"):
		r.f.setup.inline = append(r.f.setup.inline, s.body)
	default:
		r.f.setup.files = append(r.f.setup.files, extraFile{s.name, s.body.Text})
	}
}

// events reads JSON objects, one behind the other.
func (r *goldenReader) events(src *diag.Source) (all []string) {
	for at := 0; ; {
		if at += len(src.Text[at:]) - len(strings.TrimLeft(src.Text[at:], " \t\r\n")); at >= len(src.Text) {
			return all
		}
		v, rest, wrong := readJSON(src, at)
		if wrong != nil {
			r.list.Add(*wrong)
			return all
		}
		if v.kind != object {
			r.list.Add(diag.New(badCase, v.at, "found %s where an event was expected", v.kind).WithHelp("write every event as a JSON object, { … }"))
		}
		all = append(all, v.at.Text())
		at = rest
	}
}

// output reads what is expected of the case above: events as JSON objects, each with a
// line to OUTPUT, … above it where it matters which outputs it goes to. # begins a comment.
func (r *goldenReader) output(s section, name string) {
	i := slices.IndexFunc(r.f.Cases, func(c *Case) bool { return c.insertName == strings.TrimSpace("output "+name) })
	if i < 0 {
		r.list.Add(diag.New(badCase, s.at, "there is no input for this output").WithHelp("a section -- input %s -- has to stand above it", name))
		return
	}
	c := r.f.Cases[i]
	c.outputAt = s.body.At(0, len(s.body.Text))
	var comments []string
	var to []string
	var toAt diag.Span
	defer func() { c.comments = comments }()
	for at := 0; at < len(s.body.Text); {
		line, _, _ := strings.Cut(s.body.Text[at:], "\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
		case trimmed[0] == '#':
			comments = append(comments, line)
		case strings.HasPrefix(trimmed, "to "):
			to, toAt = outputsOf(trimmed[3:]), s.body.At(at, at+len(line))
		case trimmed[0] == '{':
			v, rest, wrong := readJSON(s.body, at)
			if wrong != nil {
				r.list.Add(*wrong)
				return
			}
			c.expected = append(c.expected, expectation{event: v, to: to, at: v.at, comments: comments})
			to, toAt, comments = nil, diag.Span{}, nil
			at = rest
			continue
		default:
			r.list.Add(diag.New(badCase, s.body.At(at, at+len(line)), "this is no event").
				WithHelp("write events as JSON objects, { … }; above one may stand a line such as: to OUTPUT, OUTPUT"))
			return
		}
		at += len(line) + 1
	}
	if toAt.Valid() {
		r.list.Add(diag.New(badCase, toAt, "there is no event below this line"))
	}
}

// outputsOf reads a list of ids; an empty one for nothing.
func outputsOf(line string) []string {
	to := []string{}
	for id := range strings.SplitSeq(line, ",") {
		if id = strings.TrimSpace(id); id != "" && id != nothing {
			to = append(to, id)
		}
	}
	return to
}

// goldenText writes what came out in the form that output reads. With outputs it tells
// which ones each event goes to.
func goldenText(o *outcome, withOutputs bool) string {
	e := o.event.sorted()
	text := string(e.pretty(nil, "", true)) + "\n"
	if withOutputs {
		text = fmt.Sprintf("to %s\n%s", outputsText(o.to), text)
	}
	return text
}
