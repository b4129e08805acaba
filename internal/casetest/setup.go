package casetest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

var (
	noSetup = diag.Define("SL9031", diag.Error, "it is not known which configuration is tested",
		"A .case file names it in a line `config FILE`, or holds it in a section. For the case files of logstash-filter-verifier it is given on the command line, with -f or --pipeline; "+
			"without that it is the files *.conf beside the case file, or in the folder above.")
	unknownMock = diag.Define("SL9032", diag.Warning, "a mock stands for no plugin",
		"A mock replaces the plugin with its id. No plugin of the configuration has this one.")
	badMock = diag.Define("SL9033", diag.Error, "a mock is not one plugin",
		"A mock is the text of one plugin with its options, which stands in place of another one, or nothing, which leaves it out.")
)

// setup says which configuration is tested, and how. Two equal setups share a compiled
// configuration.
type setup struct {
	config    []string       // files, folders, patterns of one pipeline
	inline    []*diag.Source // texts of the same pipeline
	pipelines string         // a pipelines.yml
	base      string         // where relative paths in pipelines.yml start
	settings  []assignment
	variables []assignment
	mocks     []mock
	files     []extraFile
	now       time.Time // zero: what the clock says
	at        diag.Span // for messages about all of it
}

// assignment is a name with a value.
type assignment struct {
	name, value string
	at          diag.Span
}

// mock is what stands in place of a plugin.
type mock struct {
	id string
	at diag.Span
	by *lscl.Plugin // nil to leave the plugin out
}

// extraFile is a file that exists for the tested configuration only.
type extraFile struct{ name, text string }

// known tells whether it is known which configuration is tested.
func (s *setup) known() bool { return len(s.config) > 0 || len(s.inline) > 0 || s.pipelines != "" }

// key is the same for setups that make the same pipelines.
func (s *setup) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %q %v", s.config, s.pipelines, s.base, s.now)
	for _, src := range s.inline {
		fmt.Fprintf(&b, " %q", src.Text)
	}
	for _, list := range [][]assignment{s.settings, s.variables} {
		for _, a := range list {
			fmt.Fprintf(&b, " %q=%q", a.name, a.value)
		}
		b.WriteByte(';')
	}
	for _, m := range s.mocks {
		fmt.Fprintf(&b, " %q", m.id)
		if m.by != nil {
			fmt.Fprintf(&b, "=%q", m.by.At.Text())
		}
	}
	for _, f := range s.files {
		fmt.Fprintf(&b, " %q:%q", f.name, f.text)
	}
	return b.String()
}

// load reads the texts of the pipelines.
func (s *setup) load(opts *Options) ([]engine.Pipeline, diag.List) {
	files := plugin.Access{} // what is tested is read as it is; its plugins see other places
	general, list := s.general(opts)
	if list.Err() != nil {
		return nil, list
	}
	if s.pipelines != "" {
		body, err := os.ReadFile(s.pipelines)
		if err != nil {
			return nil, diag.List{diag.New(noSetup, s.at, "%v", err)}
		}
		pipelines, mistakes := engine.LoadTextIn(s.base, diag.NewSource(s.pipelines, string(body)), general, files)
		return pipelines, append(list, mistakes...)
	}
	one := engine.Pipeline{ID: general.String("pipeline.id"), Settings: general, Sources: slices.Clone(s.inline)}
	for _, path := range s.config {
		of := general.Clone()
		list.Add(of.Set("path.config", path, s.at)...)
		found, mistakes := engine.Load(of, files)
		list.Add(mistakes...)
		if len(found) == 1 {
			one.Sources = append(one.Sources, found[0].Sources...)
		}
	}
	if len(one.Sources) == 0 && list.Err() == nil {
		list.Add(diag.New(noSetup, s.at, "there is no configuration to test").
			WithHelp("name it with -f, or put the files *.conf beside the case files or into the folder above"))
	}
	return []engine.Pipeline{one}, list
}

// general returns the settings that all pipelines begin with.
func (s *setup) general(opts *Options) (*settings.Settings, diag.List) {
	general := opts.Settings.Clone()
	general.Variables = s.lookup(opts)
	var list diag.List
	for _, a := range s.settings {
		list.Add(general.Set(a.name, a.value, a.at)...)
	}
	return general, list
}

// lookup returns what ${NAME} stands for.
func (s *setup) lookup(opts *Options) plugin.Variables {
	return func(name string) (string, bool) {
		for _, a := range s.variables {
			if a.name == name {
				return a.value, true
			}
		}
		if opts.Settings.Variables == nil {
			return "", false
		}
		return opts.Settings.Variables(name)
	}
}

// writeFiles makes the files that only the tested configuration sees, in a folder that
// is removed by the function returned.
func (s *setup) writeFiles(access plugin.Access) (plugin.Access, func(), error) {
	if len(s.files) == 0 {
		return access, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "sluice-test-")
	if err != nil {
		return access, nil, err
	}
	paths := map[string]string{}
	for from, to := range access.Paths {
		paths[from] = to
	}
	access.Paths = paths
	for _, f := range s.files {
		folder := filepath.Dir(f.name)
		real, known := paths[folder] // a folder of patterns, say
		if !known || folder == "." {
			real, err = os.MkdirTemp(dir, "")
		}
		if name := filepath.Join(real, filepath.Base(f.name)); err == nil {
			paths[f.name] = name
			err = os.WriteFile(name, []byte(f.text), 0o600)
		}
		if err != nil {
			_ = os.RemoveAll(dir)
			return access, nil, err
		}
		if folder != "." && folder != "/" {
			paths[folder] = real
		}
	}
	return access, func() { _ = os.RemoveAll(dir) }, nil
}

// readMocks reads a file of mocks in the form of logstash-filter-verifier's daemon: a list
// of entries with an id and, unless the plugin is only left out, a mock.
func readMocks(src *diag.Source) (mocks []mock, mistakes diag.List) {
	tree, mistakes := settings.ReadTree(src)
	if mistakes.Err() != nil {
		return nil, mistakes
	}
	if tree.Kind != settings.ListTree && tree.Kind != settings.NullTree {
		mistakes.Add(diag.New(badMock, tree.At, "the file is no list of mocks").WithHelp("write - id: the id of the plugin, and below it mock: | with the plugin that replaces it"))
	}
	for _, item := range tree.Items {
		m := mock{at: item.At}
		var by *diag.Source
		for _, f := range item.Fields {
			switch f.Key {
			case "id":
				m.id, m.at = f.Value.Text, f.Value.At
			case "mock":
				by = f.Value.Source
			}
		}
		if m.id == "" {
			mistakes.Add(diag.New(badMock, item.At, "a mock has no id").WithHelp("write - id: the id of the plugin, and below it mock: | with the plugin that replaces it"))
			continue
		}
		if by != nil && strings.TrimSpace(by.Text) != "" {
			var wrong diag.List
			m.by, wrong = readMock(by, item.At)
			mistakes.Add(wrong...)
		}
		mocks = append(mocks, m)
	}
	return mocks, mistakes
}

// readMock reads the text of one plugin.
func readMock(src *diag.Source, at diag.Span) (*lscl.Plugin, diag.List) {
	before := "filter {"
	inner := diag.EmbedAt(src, before+src.Text+"\n}", -len(before))
	f, list := lscl.Parse(inner, lscl.Options{})
	if list.Err() != nil {
		return nil, list
	}
	if len(f.Sections) == 1 && len(f.Sections[0].Body) == 1 {
		if p, ok := f.Sections[0].Body[0].(*lscl.Plugin); ok {
			return p, nil
		}
	}
	return nil, diag.List{diag.New(badMock, at, "a mock has to be one plugin").WithHelp("write a plugin with its options, such as mutate { add_field => { … } }")}
}

// apply replaces plugins by their mocks. A mock gets the id of what it replaces.
func apply(mocks []mock, configs []*lscl.Config) (list diag.List) {
	used := map[string]bool{}
	for _, c := range configs {
		for _, f := range c.Files {
			for _, s := range f.Sections {
				s.Body = mocked(s.Body, mocks, used)
			}
		}
	}
	for _, m := range mocks {
		if !used[m.id] {
			list.Add(diag.New(unknownMock, m.at, "no plugin of the configuration has the id %s", m.id))
		}
	}
	return list
}

func mocked(body []lscl.Statement, mocks []mock, used map[string]bool) []lscl.Statement {
	var out []lscl.Statement
	for _, st := range body {
		switch n := st.(type) {
		case *lscl.If:
			for _, b := range n.Branches {
				b.Body = mocked(b.Body, mocks, used)
			}
			if n.Else != nil {
				n.Else.Body = mocked(n.Else.Body, mocks, used)
			}
		case *lscl.Plugin:
			id := idOf(n)
			i := slices.IndexFunc(mocks, func(m mock) bool { return m.id == id && id != "" })
			if i < 0 {
				break
			}
			used[id] = true
			if mocks[i].by == nil {
				continue
			}
			by := *mocks[i].by
			if idOf(&by) == "" {
				given := slices.IndexFunc(n.Attributes, func(a *lscl.Attribute) bool { return a.Name == "id" })
				by.Attributes = append(slices.Clone(by.Attributes), n.Attributes[given])
			}
			st = &by
		}
		out = append(out, st)
	}
	return out
}

// idOf returns the id that a plugin has been given, and "".
func idOf(p *lscl.Plugin) string {
	for _, a := range p.Attributes {
		if s, ok := a.Value.(*lscl.String); ok && a.Name == "id" {
			return s.Text
		}
	}
	return ""
}
