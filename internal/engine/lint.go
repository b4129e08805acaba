package engine

import (
	"regexp"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

var (
	absentMetadata = diag.Define("SL1404", diag.Warning, "a field of @metadata that nothing sets",
		"`[@metadata][beat]` and its like are set by the inputs beats and elastic_agent. They never leave a program: an event that comes by http, tcp or from a file "+
			"does not have them, and `%{[@metadata][beat]}` stays in the text as it is written.")
	hashOrder = diag.Define("SL1405", diag.Warning, "the result depends on the order of a hash",
		"Logstash goes through the pairs of a hash in the order of Java's HashMap, not as they are written, and so does Sluice. Where one pair works on what another one "+
			"makes, put them into filters of their own, one behind the other.")
	mutateOrder = diag.Define("SL1406", diag.Hint, "the operations of a mutate filter run in an order of their own",
		"A mutate filter runs its operations in a fixed order, however they are written: coerce, rename, update, replace, convert, gsub, uppercase, capitalize, lowercase, "+
			"strip, split, join, merge, copy, then add_field, remove_field, add_tag, remove_tag. For another order write several filters.")
	someIDs = diag.Define("SL1407", diag.Hint, "a plugin without an id beside plugins with one",
		"Without an `id` a plugin is named after its kind and its number, which changes when another one is put before it: so do its names in logs and metrics.")
)

// Lint points at what plugins of a pipeline do in another way than most readers expect.
// It looks at the texts only; that a pipeline runs is told by Check.
func Lint(config *lscl.Config) diag.List {
	l := &linter{}
	for _, kind := range []lscl.SectionKind{lscl.Input, lscl.Filter, lscl.Output} {
		for _, s := range config.Sections(kind) {
			l.body(kind, s.Body)
		}
	}
	l.metadata()
	l.ids()
	return l.list
}

type placedPlugin struct {
	kind lscl.SectionKind
	*lscl.Plugin
}

type linter struct {
	list    diag.List
	plugins []placedPlugin
}

func (l *linter) body(kind lscl.SectionKind, body []lscl.Statement) {
	for _, st := range body {
		switch n := st.(type) {
		case *lscl.Plugin:
			l.plugins = append(l.plugins, placedPlugin{kind, n})
			l.hashes(n)
			if kind == lscl.Filter && n.Name == "mutate" {
				l.mutate(n)
			}
		case *lscl.If:
			for _, b := range n.Branches {
				l.body(kind, b.Body)
			}
			if n.Else != nil {
				l.body(kind, n.Else.Body)
			}
		}
	}
}

// beatsField is a field that the beats input makes of what a Beat sends along.
var beatsField = regexp.MustCompile(`%\{\[@metadata\]\[(beat|version|type|pipeline|raw_index)\]\}`)

// metadata finds fields of Beats in outputs of pipelines to which no Beat can send.
func (l *linter) metadata() {
	inputs := 0
	var filters strings.Builder // what may set a field
	for _, p := range l.plugins {
		switch p.kind {
		case lscl.Input:
			inputs++
			if slices.Contains([]string{"beats", "elastic_agent", "lumberjack", "pipeline"}, p.Name) {
				return
			}
			filters.WriteString(p.At.Text())
		case lscl.Filter:
			filters.WriteString(p.At.Text())
		}
	}
	if inputs == 0 { // a part of a pipeline
		return
	}
	for _, p := range l.plugins {
		if p.kind != lscl.Output {
			continue
		}
		eachText(p.Plugin, func(s *lscl.String) {
			text := s.Content.Text()
			for _, found := range beatsField.FindAllStringIndex(text, -1) {
				use := text[found[0]:found[1]]
				field := strings.TrimSuffix(strings.TrimPrefix(use, "%{"), "}")
				if strings.Contains(filters.String(), field) {
					continue
				}
				at := s.Content.Source.At(s.Content.Start+found[0], s.Content.Start+found[1])
				l.list.Add(diag.New(absentMetadata, at, "no input of this pipeline sets %s, so that %s stays in the text", field, use).
					WithHelp("write a fixed text, or set the field in a filter"))
			}
		})
	}
}

// eachText calls f for all texts in the options of a plugin.
func eachText(p *lscl.Plugin, f func(*lscl.String)) {
	var value func(lscl.Value)
	value = func(v lscl.Value) {
		switch v := v.(type) {
		case *lscl.String:
			f(v)
		case *lscl.Array:
			for _, x := range v.Values {
				value(x)
			}
		case *lscl.Hash:
			for _, e := range v.Entries {
				value(e.Value)
			}
		case *lscl.Plugin:
			eachText(v, f)
		}
	}
	for _, a := range p.Attributes {
		value(a.Value)
	}
}

// hashes finds pairs that work on what another pair of the same hash makes.
func (l *linter) hashes(p *lscl.Plugin) {
	for _, a := range p.Attributes {
		h, ok := a.Value.(*lscl.Hash)
		if !ok || !slices.Contains([]string{"rename", "copy", "replace", "update", "add_field"}, a.Name) {
			continue
		}
		moves := a.Name == "rename" || a.Name == "copy"
		for _, e := range h.Entries {
			if other := dependsOn(e, h.Entries, moves); other != nil {
				l.list.Add(diag.New(hashOrder, e.At, "the result depends on the order in which Logstash goes through %s: %s", a.Name, walked(h)).
					WithHelp("put what comes later into a filter of its own").
					WithRelated(other.At, "this works on the same field"))
				break
			}
		}
	}
}

// dependsOn returns a pair whose field e writes (moves), or reads in its text.
func dependsOn(e *lscl.Entry, all []*lscl.Entry, moves bool) *lscl.Entry {
	text, ok := e.Value.(*lscl.String)
	if !ok {
		return nil
	}
	for _, other := range all {
		field := fieldName(keyOf(other))
		if other == e || field == "" {
			continue
		}
		if moves && fieldName(text.Text) == field || strings.Contains(text.Text, "%{"+field+"}") || strings.Contains(text.Text, "%{"+keyOf(other)+"}") {
			return other
		}
	}
	return nil
}

func keyOf(e *lscl.Entry) string {
	if s, ok := e.Key.(*lscl.String); ok {
		return s.Text
	}
	return ""
}

// fieldName returns a field reference with brackets.
func fieldName(s string) string {
	if s == "" || strings.HasPrefix(s, "[") {
		return s
	}
	return "[" + s + "]"
}

// walked returns the keys of a hash in the order of Java's HashMap.
func walked(h *lscl.Hash) string {
	var entries []plugin.TableEntry
	for _, e := range h.Entries {
		entries = append(entries, plugin.TableEntry{Key: keyOf(e)})
	}
	var keys []string
	for _, e := range plugin.InJavaOrder(entries) {
		keys = append(keys, e.Key)
	}
	return strings.Join(keys, ", ")
}

// mutateSteps are the operations of a mutate filter in the order in which they run.
var mutateSteps = []string{"coerce", "rename", "update", "replace", "convert", "gsub", "uppercase", "capitalize", "lowercase", "strip", "split", "join", "merge", "copy",
	"add_field", "remove_field"}

// mutate finds operations on the same field that are written in another order.
func (l *linter) mutate(p *lscl.Plugin) {
	for i, late := range p.Attributes {
		step := slices.Index(mutateSteps, late.Name)
		for _, early := range p.Attributes[:i] {
			if step < 0 || slices.Index(mutateSteps, early.Name) <= step {
				continue
			}
			if field := common(touched(early), touched(late)); field != "" {
				l.list.Add(diag.New(mutateOrder, late.NameAt, "%s runs before %s, though it is written behind it, and both work on %s", late.Name, early.Name, field).
					WithHelp("write %s into a mutate filter of its own behind this one", late.Name).
					WithRelated(early.NameAt, "%s is written here", early.Name))
				break
			}
		}
	}
}

// touched returns the fields that an operation works on.
func touched(a *lscl.Attribute) []string {
	var fields []string
	add := func(v lscl.Value) {
		if s, ok := v.(*lscl.String); ok && s.Text != "" {
			fields = append(fields, fieldName(s.Text))
		}
	}
	switch v := a.Value.(type) {
	case *lscl.String:
		add(v)
	case *lscl.Array:
		for i, x := range v.Values {
			if a.Name != "gsub" || i%3 == 0 { // field, pattern, replacement
				add(x)
			}
		}
	case *lscl.Hash:
		for _, e := range v.Entries {
			add(e.Key)
			if a.Name == "rename" || a.Name == "copy" {
				add(e.Value)
			}
		}
	}
	return fields
}

func common(x, y []string) string {
	for _, f := range x {
		if slices.Contains(y, f) {
			return f
		}
	}
	return ""
}

// ids finds plugins without an id in a pipeline that gives ids.
func (l *linter) ids() {
	given := 0
	var without []placedPlugin
	for _, p := range l.plugins {
		if slices.ContainsFunc(p.Attributes, func(a *lscl.Attribute) bool { return a.Name == "id" }) {
			given++
		} else {
			without = append(without, p)
		}
	}
	if given < len(without) { // ids are the exception
		return
	}
	for _, p := range without {
		l.list.Add(diag.New(someIDs, p.NameAt, "the %s %s has no id, though %d of %d plugins have one", p.kind, p.Name, given, len(l.plugins)).
			WithHelp(`write id => "…"`))
	}
}
