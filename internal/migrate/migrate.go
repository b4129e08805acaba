package migrate

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// Level is how much a finding matters.
type Level string

// The levels, the most important first. Missing keeps something from running. Differs is
// done in another way, or not at all. Odd does something that most readers do not expect,
// in Logstash as well. Found is for a person to know.
const (
	Missing Level = "missing"
	Differs Level = "differs"
	Odd     Level = "odd"
	Found   Level = "found"
)

var levels = []Level{Missing, Differs, Odd, Found}

// Finding is one thing to know, with all the places that it is about.
type Finding struct {
	Level   Level
	Code    string // of the diagnostic; "" for what was found on disk
	Message string
	Help    string
	Places  []diag.Position
}

// Section is the findings about one pipeline, or about all of the installation.
type Section struct {
	Title    string // "" for the installation, else pipeline.id
	Plugins  int
	Listens  []string // ports of inputs
	Grok     map[string]int
	Findings []Finding
}

// Report is what there is to know about an installation.
type Report struct {
	Dir      string
	Sections []Section // the installation first
}

// Options say where to look.
type Options struct {
	Dir      string
	Settings *settings.Settings // of logstash.yml in Dir
	Mistakes diag.List          // of reading it
	Access   plugin.Access
}

// Look makes the report.
func Look(opts Options) *Report {
	r := &Report{Dir: opts.Dir}
	whole := Section{}
	whole.add(opts.Mistakes)
	whole.defaults(opts.Settings)
	pipelines, list := load(opts)
	whole.add(list)
	whole.disk(opts, pipelines)
	whole.sort()
	r.Sections = append(r.Sections, whole)
	for _, p := range pipelines {
		r.Sections = append(r.Sections, lookAt(p, opts))
	}
	return r
}

// load finds the pipelines; without pipelines.yml and path.config those of conf.d are one.
func load(opts Options) ([]engine.Pipeline, diag.List) {
	s := opts.Settings
	if _, err := os.Stat(filepath.Join(opts.Dir, "pipelines.yml")); err != nil && !s.IsSet("path.config") && !s.IsSet("config.string") {
		conf := filepath.Join(opts.Dir, "conf.d")
		if _, err := os.Stat(conf); err == nil {
			s = s.Clone()
			s.Set("path.config", conf, diag.Span{})
		}
	}
	return engine.Load(s, opts.Access)
}

func lookAt(p engine.Pipeline, opts Options) Section {
	s := Section{Title: p.ID, Grok: map[string]int{}}
	if len(p.Sources) == 0 {
		s.Findings = []Finding{{Level: Missing, Message: "its configuration cannot be read", Help: "the reason stands above"}}
		return s
	}
	config, list := lscl.ParseAll(p.Sources, lscl.Options{SupportEscapes: p.Settings.Bool("config.support_escapes")})
	if list.Err() == nil {
		list = engine.Check([]engine.Pipeline{p}, engine.Options{Log: slog.New(slog.DiscardHandler), Access: opts.Access, Variables: p.Settings.Variables})
		for _, f := range config.Files {
			list.Add(lscl.Lint(f)...)
		}
		list.Add(engine.Lint(config)...)
	}
	s.add(list.Sort())
	for _, kind := range []lscl.SectionKind{lscl.Input, lscl.Filter, lscl.Output} {
		for _, section := range config.Sections(kind) {
			s.plugins(kind, section.Body, plugin.ECS(p.Settings.String("pipeline.ecs_compatibility")))
		}
	}
	s.sort()
	return s
}

// add takes in diagnostics, those that say the same together.
func (s *Section) add(list diag.List) {
	for _, d := range list {
		level := Differs
		switch {
		case d.Code.Severity == diag.Error:
			level = Missing
		case d.Code.Severity == diag.Hint || strings.HasPrefix(d.Code.ID, "SL14"):
			level = Odd
		}
		message := d.Message
		if level == Odd && d.Code.Severity == diag.Hint {
			message = d.Code.Title // hints are many, and the places say enough
		}
		i := slices.IndexFunc(s.Findings, func(f Finding) bool { return f.Code == d.Code.ID && f.Message == message })
		if i < 0 {
			help := d.Help
			if names, _, long := strings.Cut(help, " plugins are: "); long {
				help = "sluice plugins " + names + " lists those that there are"
			}
			s.Findings = append(s.Findings, Finding{Level: level, Code: d.Code.ID, Message: message, Help: help})
			i = len(s.Findings) - 1
		}
		if d.At.Valid() {
			s.Findings[i].Places = append(s.Findings[i].Places, d.At.Position())
		}
	}
}

func (s *Section) found(message, help string) {
	s.Findings = append(s.Findings, Finding{Level: Found, Message: message, Help: help})
}

func (s *Section) sort() {
	slices.SortStableFunc(s.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(levels, a.Level), slices.Index(levels, b.Level)), cmp.Compare(a.Code, b.Code))
	})
}

// defaults tells where the default of a setting that nobody has set is another one.
func (s *Section) defaults(of *settings.Settings) {
	for _, d := range settings.All() {
		if d.Theirs == "" || of.IsSet(d.Name) {
			continue
		}
		s.Findings = append(s.Findings, Finding{
			Level: Differs, Message: d.Name + " is " + d.Default + " unless it is set; in Logstash it is " + d.Theirs,
			Help: "set " + d.Name + ": " + d.Theirs + " to have it as in Logstash",
		})
	}
}

// Count tells how many findings of a level there are.
func (r *Report) Count(level Level) (n int) {
	for _, s := range r.Sections {
		n += s.count(level)
	}
	return n
}

func (s *Section) count(level Level) (n int) {
	for _, f := range s.Findings {
		if f.Level == level {
			n++
		}
	}
	return n
}

// OK tells whether everything runs.
func (r *Report) OK() bool { return r.Count(Missing) == 0 }
