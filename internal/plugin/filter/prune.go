package filter

import (
	"strings"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "prune",
		Doc: "Removes fields at the top of an event by their names or values, which regular expressions describe. " +
			"A whitelist of names removes `@timestamp` and `@version` too, unless it names them.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-prune.html",
		Examples: []plugin.Example{
			{Title: "Keep a few fields", Config: `prune { whitelist_names => ["^@timestamp$", "^message$", "^src_"] }`},
		},
		New: func() plugin.Plugin { return &prune{blacklistNames: []string{`%\{[^}]+\}`}} },
	})
}

// prune is the filter prune.
type prune struct {
	common
	interpolate                     bool
	whitelistNames, blacklistNames  []string
	whitelistValues, blacklistValue []plugin.TableEntry

	keepNames, dropNames   []*patternTemplate
	keepValues, dropValues []valuePattern
}

type valuePattern struct {
	name    event.Template
	pattern *patternTemplate
}

func (p *prune) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Bool("interpolate", &p.interpolate, "Whether `%{field}` in names and expressions is filled in, for every event."),
		plugin.Strings("whitelist_names", &p.whitelistNames, "Expressions for the names of the fields to keep; all others are removed."),
		plugin.Strings("blacklist_names", &p.blacklistNames, "Expressions for the names of the fields to remove."),
		plugin.Hash("whitelist_values", &p.whitelistValues, "Fields and expressions for the values they may have; with another one they are removed. Of an array the items are."),
		plugin.Hash("blacklist_values", &p.blacklistValue, "Fields and expressions for the values with which they are removed. Of an array the items are."),
	}, p.Common()...)
}

func (p *prune) Open(env *plugin.Env) (err error) {
	p.prepare(env)
	names := func(option string, patterns []string) (list []*patternTemplate) {
		for _, pattern := range patterns {
			list = append(list, p.pattern(env, option, pattern, &err))
		}
		return list
	}
	values := func(option string, table []plugin.TableEntry) (list []valuePattern) {
		for _, entry := range plugin.InJavaOrder(table) {
			list = append(list, valuePattern{event.ParseTemplate(entry.Key), p.pattern(env, option, entry.Value.Flat(), &err)})
		}
		return list
	}
	p.keepNames = names("whitelist_names", p.whitelistNames)
	p.dropNames = names("blacklist_names", p.blacklistNames)
	p.keepValues = values("whitelist_values", p.whitelistValues)
	p.dropValues = values("blacklist_values", p.blacklistValue)
	return err
}

func (p *prune) pattern(env *plugin.Env, option, text string, failed *error) *patternTemplate {
	t := &patternTemplate{template: event.ParseTemplate(text)}
	if p.interpolate && strings.Contains(text, "%{") {
		return t
	}
	re, err := compilePattern(env, option, text)
	if err != nil && *failed == nil {
		*failed = err
	}
	t.fixed = re
	return t
}

func (p *prune) Apply(e *event.Event, _ func(*event.Event)) {
	if err := p.apply(e); err != nil {
		p.raised(e, err)
		return
	}
	p.matched(e)
}

func (p *prune) apply(e *event.Event) error {
	var gone []string
	for _, f := range e.Root().Fields() {
		if len(p.keepNames) > 0 {
			keep, err := anyMatch(e, p.keepNames, f.Key)
			if err != nil {
				return err
			}
			if !keep {
				gone = append(gone, f.Key)
				continue
			}
		}
		drop, err := anyMatch(e, p.dropNames, f.Key)
		if err != nil {
			return err
		}
		if drop {
			gone = append(gone, f.Key)
		}
	}
	// All is decided before anything is removed.
	changed := map[string]event.Value{}
	for _, list := range []struct {
		patterns []valuePattern
		keep     bool
	}{{p.keepValues, true}, {p.dropValues, false}} {
		for i := range list.patterns {
			if err := p.values(e, &list.patterns[i], list.keep, &gone, changed); err != nil {
				return err
			}
		}
	}
	for name, v := range changed {
		e.Root().Set(name, v)
	}
	for _, name := range gone {
		e.Root().Delete(name)
	}
	return nil
}

func anyMatch(e *event.Event, patterns []*patternTemplate, text string) (bool, error) {
	for _, p := range patterns {
		re, err := p.of(e)
		if err != nil {
			return false, err
		}
		if ok, err := re.Match(text); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// values decides about one field by its value.
func (p *prune) values(e *event.Event, list *valuePattern, keep bool, gone *[]string, changed map[string]event.Value) error {
	name := list.name.String()
	if p.interpolate {
		name = strings.Clone(expand(&list.name, e))
	}
	v, _ := e.Root().Get(name)
	if !truthy(v) {
		return nil
	}
	re, err := list.pattern.of(e)
	if err != nil {
		return err
	}
	if v.Kind() != event.Array {
		ok, err := re.Match(matchText(v))
		if ok != keep {
			*gone = append(*gone, name)
		}
		return err
	}
	items := v.Array().Items
	kept := make([]event.Value, 0, len(items))
	for _, item := range items {
		ok, err := re.Match(matchText(item))
		if err != nil {
			return err
		}
		if ok == keep {
			kept = append(kept, item)
		}
	}
	switch {
	case len(kept) == len(items):
	case len(kept) == 0:
		*gone = append(*gone, name)
	default:
		changed[name] = arrayOf(kept)
	}
	return nil
}

// matchText is the text of a value that a regular expression is tried on.
func matchText(v event.Value) string {
	if v.Kind() == event.String {
		return v.Str()
	}
	return string(v.AppendRuby(nil))
}
