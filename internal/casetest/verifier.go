package casetest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sluice/internal/diag"
)

var (
	badCase = diag.Define("SL9036", diag.Error, "a case file does not have the form that is expected",
		"docs/testing.md shows the forms. Those of logstash-filter-verifier have an object with `testcases`, each with `input` and `expected`.")
	unknownCaseKey = diag.Define("SL9037", diag.Error, "a case file has no such key",
		"Most often this is a typing mistake. The message names the nearest key, or all of them.")
)

// The keys of logstash-filter-verifier's files. input and expected at the top are the
// form before there were several cases in a file.
var (
	fileKeys = []string{"codec", "fields", "ignore", "testcases", "input_plugin", "export_metadata", "export_outputs", "input", "expected"}
	caseKeys = []string{"input", "expected", "fields", "description"}
)

// verifierReader reads a case file of logstash-filter-verifier.
type verifierReader struct {
	f    *File
	list diag.List
}

// readVerifier reads a JSON or YAML text.
func readVerifier(src *diag.Source, lang language) (*File, diag.List) {
	read := readYAMLFile
	if lang == jsonCases {
		read = readJSONFile
	}
	v, list := read(src)
	if list.Err() != nil {
		return nil, list
	}
	r := &verifierReader{f: &File{Name: src.Name, source: src, language: lang}, list: list}
	r.file(&v)
	return r.f, r.list
}

// isVerifier tells whether a JSON or YAML text is one of logstash-filter-verifier's case
// files, so that others may lie beside them.
func isVerifier(body string) bool {
	return strings.Contains(body, "testcases") || strings.Contains(body, "expected") && strings.Contains(body, "input")
}

func (r *verifierReader) wrong(v *value, wanted string) {
	r.list.Add(diag.New(badCase, v.at, "found %s where %s was expected", v.kind, wanted))
}

func (r *verifierReader) known(v *value, what string, keys []string) bool {
	if v.kind != object {
		r.wrong(v, what)
		return false
	}
	for _, f := range v.fields {
		if slices.Contains(keys, f.key) {
			continue
		}
		d := diag.New(unknownCaseKey, f.keyAt, "%s has no key %s", what, f.key)
		if near := diag.Nearest(f.key, keys); near != "" {
			d = d.WithHelp("did you mean %s?", near)
		} else {
			d = d.WithHelp("its keys are: %s", strings.Join(keys, ", "))
		}
		r.list.Add(d)
	}
	return true
}

func (r *verifierReader) file(v *value) {
	if !r.known(v, "a case file", fileKeys) {
		return
	}
	f := r.f
	f.fields = value{kind: object}
	if id := v.get("input_plugin"); id != nil {
		f.daemon, f.input = true, assignment{value: r.text(id), at: id.at}
	}
	if codec := v.get("codec"); codec != nil && !f.daemon {
		f.codec = diag.EmbedAt(f.source, r.text(codec), codec.at.Start+1)
	}
	f.metadata, f.outputs = r.yes(v.get("export_metadata")), r.yes(v.get("export_outputs"))
	if fields := r.object(v.get("fields")); fields != nil {
		f.fields = fields.unfold()
	}
	for _, name := range r.texts(v.get("ignore")) {
		f.ignore = append(f.ignore, pathOf(name))
	}
	cases := v.get("testcases")
	switch {
	case cases != nil && cases.kind == list:
		for i := range cases.items {
			r.oneCase(&cases.items[i], i+1)
		}
	case cases != nil && cases.kind != null:
		r.wrong(cases, "a list of cases")
	case v.get("expected") != nil:
		r.oneCase(&value{kind: object, at: v.at, fields: slices.DeleteFunc(slices.Clone(v.fields), func(f field) bool { return f.key != "input" && f.key != "expected" })}, 1)
	default:
		r.list.Add(diag.New(badCase, v.at, "there are no test cases").WithHelp("add a key testcases with a list of cases, each with input and expected"))
	}
}

func (r *verifierReader) oneCase(v *value, number int) {
	if !r.known(v, "a test case", caseKeys) {
		return
	}
	c := &Case{Name: fmt.Sprintf("case %d", number), At: v.at, fields: value{kind: object}}
	if v.at.Source != nil && v.at.End > v.at.Start+1 {
		c.At.End = c.At.Start + 1
	}
	if d := v.get("description"); d != nil && d.kind != null {
		if title := strings.TrimSpace(r.text(d)); title != "" {
			c.Name += " " + strings.Join(strings.Fields(title), " ")
		}
	}
	c.lines = r.texts(v.get("input"))
	if fields := r.object(v.get("fields")); fields != nil {
		c.fields = fields.unfold()
	}
	if codec := r.f.codec; codec != nil && slices.Contains([]string{"json", "json_lines"}, strings.TrimSpace(codec.Text)) {
		for i := range c.lines {
			c.lines[i] = unfoldJSON(c.lines[i])
		}
	}
	expected := v.get("expected")
	if expected == nil { // no events
		if v.get("input") == nil && v.get("fields") == nil {
			r.list.Add(diag.New(badCase, c.At, "the case has neither input nor expected events"))
			return
		}
		expected = &value{}
	}
	for _, f := range v.fields {
		if f.key == "expected" {
			c.outputAt = f.value.at
			if r.f.language == yamlCases {
				c.outputAt = f.keyAt
			}
		}
	}
	if expected.kind != list && expected.kind != null {
		r.wrong(expected, "a list of events")
		return
	}
	for i := range expected.items {
		e := r.object(&expected.items[i])
		if e != nil {
			c.expected = append(c.expected, expectation{event: e.unfold(), at: e.at})
		}
	}
	r.f.Cases = append(r.f.Cases, c)
}

// unfoldJSON makes one line of a JSON text, and objects of the field references in its
// keys. A text that is no JSON stays as it is: the codec says what is wrong with it.
func unfoldJSON(line string) string {
	if !strings.Contains(line, `"[`) && !strings.Contains(line, "\n") {
		return line
	}
	r := &jsonReader{src: diag.NewSource("", line), text: line, lenient: true}
	r.space()
	v := r.value()
	if r.space(); r.wrong != nil || r.at < len(line) {
		return line
	}
	v = v.unfold()
	return v.String()
}

func (r *verifierReader) text(v *value) string {
	if v.kind == object || v.kind == list {
		r.wrong(v, "a text")
		return ""
	}
	return v.text
}

func (r *verifierReader) texts(v *value) []string {
	switch {
	case v == nil || v.kind == null:
		return nil
	case v.kind == text:
		return []string{v.text}
	case v.kind != list:
		r.wrong(v, "a list of texts")
		return nil
	}
	var all []string
	for i := range v.items {
		all = append(all, r.text(&v.items[i]))
	}
	return all
}

func (r *verifierReader) object(v *value) *value {
	if v == nil || v.kind == null {
		return nil
	}
	if v.kind != object {
		r.wrong(v, "an object")
		return nil
	}
	return v
}

func (r *verifierReader) yes(v *value) bool {
	if v == nil || v.kind == null {
		return false
	}
	if v.kind != boolean {
		r.wrong(v, "true or false")
	}
	return v.text == "true"
}

// chooseSetup finds the configuration of a case file that does not name it: what the
// options say, or the files *.conf beside it, or in the folder above.
func (f *File) chooseSetup(s *setup, opts *Options) (list diag.List) {
	s.at = f.source.At(0, 0)
	if opts.Mocks != "" {
		body, err := os.ReadFile(opts.Mocks)
		if err != nil {
			return diag.List{diag.New(noSetup, diag.Span{}, "%v", err)}
		}
		var mocks []mock
		mocks, list = readMocks(diag.NewSource(opts.Mocks, string(body)))
		s.mocks = append(s.mocks, mocks...)
	}
	switch {
	case opts.Pipelines != "":
		if s.pipelines, s.base = opts.Pipelines, opts.Base; s.base == "" {
			s.base = filepath.Dir(opts.Pipelines)
		}
		return list
	case len(opts.Config) > 0:
		s.config, s.at = opts.Config, diag.Span{}
		return list
	}
	for _, dir := range []string{filepath.Dir(f.Name), filepath.Join(filepath.Dir(f.Name), "..")} {
		pattern := filepath.Join(dir, "*.conf")
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			s.config = []string{pattern}
			return list
		}
	}
	return append(list, diag.New(noSetup, s.at, "it is not known which configuration this case file tests").
		WithHelp("name it with -f FILE, or with --pipeline pipelines.yml; or put files *.conf beside the case file or into the folder above"))
}
