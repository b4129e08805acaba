package filter

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/grok"
	"sluice/internal/onig"
	"sluice/internal/plugin"
)

var badGrok = diag.Define("SL3203", diag.Error, "a grok expression does not compile",
	"An expression is a regular expression (Ruby's) with named patterns in it: `%{IPORHOST:client} %{WORD:verb}`. `sluice grok explain` shows what an expression is made of.")

var unknownType = diag.Define("SL3204", diag.Warning, "grok's field types int and float are the only ones",
	"`%{NUMBER:n:int}` and `%{NUMBER:n:float}` convert; any other type is ignored, as in Logstash. Use mutate's convert.")

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "grok",
		Doc: "Takes fields out of a text with regular expressions made of named patterns: `%{IPORHOST:client} %{WORD:verb} %{NUMBER:bytes:int}`. " +
			"More than 300 patterns are there, with the field names of ECS or those from before it. " +
			"A text that no expression matches gives the tag of `tag_on_failure`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-grok.html",
		Examples: []plugin.Example{
			{Title: "A web server's log", Config: `grok { match => { "message" => "%{COMBINEDAPACHELOG}" } }`},
			{Title: "Several expressions, the first that matches", Config: `grok { match => { "message" => ["^Accepted %{WORD:method} for %{USER:user}", "^Failed %{WORD:method} for %{USER:user}"] } tag_on_failure => ["_no_login"] }`},
			{Title: "A pattern of one's own", Config: `grok { match => { "message" => "%{QUEUEID:[mail][id]}: %{GREEDYDATA:rest}" } pattern_definitions => { "QUEUEID" => "[0-9A-F]{10,11}" } }`},
		},
		New: func() plugin.Plugin {
			return &grokFilter{breakOnMatch: true, namedOnly: true, glob: "*", timeout: 30_000, scope: "pattern",
				tagOnFailure: []string{"_grokparsefailure"}, tagOnTimeout: []string{"_groktimeout"}}
		},
	})
}

// stepsPerMilli is how many steps of a backtracking engine make up a millisecond of
// timeout_millis. Logstash's engine takes about as many.
const stepsPerMilli = 40_000

// grokFilter is the filter grok. Source of what it does beyond its documentation:
// logstash-filter-grok 4.4, jls-grok 0.11, and their recorded behaviour.
type grokFilter struct {
	common
	match        []plugin.TableEntry
	definitions  []plugin.TableEntry
	dirs         []string
	glob         string
	namedOnly    bool
	keepEmpty    bool
	breakOnMatch bool
	overwrite    []string
	target       event.Ref
	timeout      int
	scope        string
	tagOnFailure []string
	tagOnTimeout []string
	ecs          plugin.ECS

	sources []grokSource
	steps   int64
	perText bool // the budget is for each expression, not for an event
	room    sync.Pool
}

// grokSource is a field and its expressions.
type grokSource struct {
	field
	patterns []grokPattern
}

type grokPattern struct {
	*grok.Pattern
	captures []grokCapture
}

// grokCapture is what a group sets.
type grokCapture struct {
	field
	group     int
	kind      grok.Type
	overwrite bool
}

func (g *grokFilter) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Hash("match", &g.match, "Fields, each with the expression or the list of expressions that its text is matched with."),
		plugin.Hash("pattern_definitions", &g.definitions, "Named patterns of one's own: a name and a regular expression."),
		plugin.Strings("patterns_dir", &g.dirs, "Folders (or files) with named patterns, a name, a blank and a regular expression a line."),
		plugin.String("patterns_files_glob", &g.glob, "Which files of the folders are read."),
		plugin.Bool("named_captures_only", &g.namedOnly, "Only `%{PATTERN:field}` gives a field. When false, `%{PATTERN}` gives one with the pattern's name."),
		plugin.Bool("keep_empty_captures", &g.keepEmpty, "Groups that took nothing give a field too."),
		plugin.Bool("break_on_match", &g.breakOnMatch, "End with the first expression that matches. When false, all are tried."),
		plugin.Strings("overwrite", &g.overwrite, "Fields whose value is replaced. Others that are texts already become a list."),
		plugin.Ref("target", &g.target, "The field that the result is put below."),
		plugin.Int("timeout_millis", &g.timeout, 0, 1<<31-1, "How long an expression may take for a text, in milliseconds of a backtracking engine, which need not really be taken; 0 for no limit but that of the engine."),
		plugin.Enum("timeout_scope", &g.scope, []string{"pattern", "event"}, "Whether the limit is for each expression or for all that are tried with an event."),
		plugin.Strings("tag_on_failure", &g.tagOnFailure, "The tags of events that no expression matches."),
		plugin.Strings("tag_on_timeout", &g.tagOnTimeout, "The tags of events that take too long."),
		plugin.ECSOption(&g.ecs),
		plugin.Removed("singles", "it has no successor; every match gives a text, and several a list"),
		plugin.Removed("drop_if_match", "`if` and the filter `drop`"),
		plugin.Removed("pattern", "match"),
	}, g.Common()...)
}

func (g *grokFilter) Open(env *plugin.Env) error {
	g.prepare(env)
	var list diag.List
	library := grok.Core(g.ecs.Or(env.ECS).Enabled())
	absent, complete := g.readPatterns(env, library, &list)
	needed := false // a pattern that the absent folders may have had
	for _, d := range g.definitions {
		library.Define(d.Key, d.Value.Flat())
	}
	g.steps = int64(g.timeout) * stepsPerMilli
	g.perText = g.scope != "event" || g.steps == 0
	options := grok.Options{AllCaptures: !g.namedOnly, Steps: g.steps}
	for _, entry := range plugin.InJavaOrder(g.match) {
		source := grokSource{field: newField(entry.Key)}
		if source.err != nil {
			list.Add(diag.New(badGrok, entry.KeyAt, "%v", source.err).WithHelp("write a field as name or as [outer][inner]"))
		}
		settings := []plugin.Setting{entry.Value}
		if entry.Value.Kind == plugin.List {
			settings = entry.Value.List
		}
		for _, s := range settings {
			pattern, err := grok.Compile(s.Flat(), library, options)
			if err != nil {
				// A pattern that is missing because its file is needs no mention.
				var mistake *grok.Error
				if complete || !errors.As(err, &mistake) || mistake.Missing == "" {
					list.Add(grokMistake(s, err))
				} else {
					needed = true
				}
				continue
			}
			source.patterns = append(source.patterns, g.pattern(pattern))
			list.Add(unknownTypes(s)...)
		}
		g.sources = append(g.sources, source)
	}
	for _, d := range absent {
		if !needed {
			d.Code = absentPatterns
		}
		list.Add(d)
	}
	g.room.New = func() any { return new([]int) }
	if len(list) > 0 {
		return list
	}
	return nil
}

func (g *grokFilter) pattern(p *grok.Pattern) grokPattern {
	made := grokPattern{Pattern: p}
	for _, c := range p.Captures() {
		name := c.Field
		if !g.target.IsZero() {
			if !strings.HasPrefix(name, "[") {
				name = "[" + name + "]"
			}
			name = g.target.String() + name
			if !strings.HasPrefix(name, "[") {
				name = "[" + g.target.String() + "]" + name[len(g.target.String()):]
			}
		}
		capture := grokCapture{field: newField(name), group: c.Group, kind: c.Type}
		for _, o := range g.overwrite {
			capture.overwrite = capture.overwrite || o == c.Field
		}
		made.captures = append(made.captures, capture)
	}
	return made
}

// grokMistake points at the mistake inside of an expression.
func grokMistake(s plugin.Setting, err error) diag.Diagnostic {
	d := diag.New(badGrok, s.At, "%v", err)
	var mistake *grok.Error
	if !errors.As(err, &mistake) {
		return d
	}
	d.Message, d.Help = mistake.Message, mistake.Fix
	if len(mistake.Path) > 0 {
		d.Message += fmt.Sprintf(" (at character %d of the pattern %s)", mistake.At+1, strings.Join(mistake.Path, " > "))
	}
	if s.String != nil && s.String.Text == mistake.Expr {
		d.At = s.String.TextSource().At(mistake.Offset, mistake.Offset+max(mistake.Length, 1))
	}
	return d
}

// unknownTypes warns of types that convert nothing.
func unknownTypes(s plugin.Setting) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, u := range grok.Types(s.Flat()) {
		if u.Name == "int" || u.Name == "float" {
			continue
		}
		at := s.At
		if s.String != nil && s.String.Text == s.Flat() {
			at = s.String.TextSource().At(u.Offset, u.Offset+len(u.Name))
		}
		list = append(list, diag.New(unknownType, at, "the type %s converts nothing", u.Name).WithHelp("use int or float, or mutate's convert"))
	}
	return list
}

func (g *grokFilter) Apply(e *event.Event, _ func(*event.Event)) {
	matched, err := g.apply(e)
	switch {
	case err != nil:
		g.log.Warn("grok gave up: a text takes too long", "error", err)
		tagAll(e, g.tagOnTimeout)
	case matched:
		g.matched(e)
	default:
		tagAll(e, g.tagOnFailure)
	}
}

// apply tries the fields in order. The error tells that the budget is used up.
func (g *grokFilter) apply(e *event.Event) (matched bool, err error) {
	loc := g.room.Get().(*[]int)
	defer g.room.Put(loc)
	run := grokRun{grokFilter: g, event: e, loc: loc, steps: g.steps}
	for i := range g.sources {
		ok, err := run.source(&g.sources[i])
		if err != nil {
			return false, err
		}
		matched = matched || ok
		if ok && g.breakOnMatch {
			break
		}
	}
	return matched, nil
}

// grokRun is the work on one event.
type grokRun struct {
	*grokFilter
	event *event.Event
	loc   *[]int
	steps int64
}

// source matches a field: its text, or each of a list of them.
func (r *grokRun) source(s *grokSource) (bool, error) {
	v := r.event.Get(s.ref)
	if v.Kind() != event.Array {
		return r.value(s, v)
	}
	matched := false
	for _, item := range v.Array().Items {
		ok, err := r.value(s, item)
		if err != nil {
			return false, err
		}
		matched = matched || ok
	}
	return matched, nil
}

// value matches one value. As in Logstash the last expression that was tried decides,
// and one whose result cannot be put into the event counts as one that fails.
func (r *grokRun) value(s *grokSource, v event.Value) (matched bool, err error) {
	text := v.Str()
	if v.Kind() != event.String && !v.IsNil() {
		text = textValue(r.event, v.AppendRuby(nil)).Str()
	}
	for i := range s.patterns {
		p := &s.patterns[i]
		if r.perText {
			matched, *r.loc, err = p.Match(*r.loc, text)
		} else {
			matched, *r.loc, err = p.MatchWithin(*r.loc, text, &r.steps)
		}
		if errors.Is(err, onig.ErrBudget) {
			return false, fmt.Errorf("%w: %s", err, p.String())
		}
		if !matched {
			continue
		}
		r.event.Root().Grow(len(p.captures))
		for j := range p.captures {
			if err := r.set(&p.captures[j], text); err != nil {
				r.log.Warn("grok cannot set a field", "expression", p.String(), "error", err)
				return false, nil
			}
		}
		if r.breakOnMatch {
			break
		}
	}
	return matched, nil
}

// set puts what a group captured into the event.
func (r *grokRun) set(c *grokCapture, text string) error {
	from, to := (*r.loc)[2*c.group], (*r.loc)[2*c.group+1]
	var v event.Value
	switch {
	case from < 0 || to < from:
		if !r.keepEmpty {
			return nil
		}
		v = event.NullValue
	case c.kind == grok.Int:
		v = toI(text[from:to])
	case c.kind == grok.Float:
		v = event.FloatValue(toF(text[from:to]))
	case from == to && !r.keepEmpty:
		return nil
	default:
		v = event.StringValue(text[from:to])
	}
	if c.err != nil {
		return c.err
	}
	if c.overwrite {
		return r.event.Set(c.ref, v)
	}
	if set, err := r.event.SetMissing(c.ref, v); set {
		return err
	}
	switch old := r.event.Get(c.ref); old.Kind() {
	case event.String:
		return r.event.Set(c.ref, arrayOf([]event.Value{old, v}))
	case event.Array:
		items := old.Array().Items
		return r.event.Set(c.ref, arrayOf(append(items[:len(items):len(items)], v)))
	}
	return nil // any other value stays as it is
}
