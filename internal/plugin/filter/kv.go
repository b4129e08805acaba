package filter

import (
	"errors"
	"slices"
	"strings"

	"sluice/internal/event"
	"sluice/internal/onig"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "kv",
		Doc: "Reads pairs such as `a=1 b=\"two words\"`. Values may stand in quotes, parentheses, square or angle brackets. " +
			"A key that comes several times gets an array. A key such as `[a][b]` is a field reference.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-kv.html",
		Examples: []plugin.Example{
			{Title: "A firewall's log", Config: `kv { target => "fw" whitespace => "strict" }`},
			{Title: "A query string", Config: `kv { source => "[url][query]" field_split => "&" target => "[url][params]" }`},
		},
		New: func() plugin.Plugin {
			return &kv{fieldSplit: " ", valueSplit: "=", source: event.MustRef("message"), allowDuplicates: true, brackets: true,
				whitespace: "lenient", timeout: 30000, tagOnTimeout: "_kv_filter_timeout", tagOnFailure: []string{"_kv_filter_error"}}
		},
	})
}

// kv is the filter kv.
type kv struct {
	common
	trimValue, trimKey            string
	removeValue, removeKey        string
	transformValue, transformKey  string
	fieldSplit, fieldSplitPattern string
	valueSplit, valueSplitPattern string
	prefix                        event.Template
	source, target                event.Ref
	includeKeys, excludeKeys      []string
	defaultKeys                   []plugin.TableEntry
	allowDuplicates, allowEmpty   bool
	brackets, recursive           bool
	whitespace                    string
	timeout                       int
	tagOnTimeout                  string
	tagOnFailure                  []string
	ecs                           plugin.ECS

	scan                     pairScanner
	trimValues, trimKeys     *onig.Regexp
	removeValues, removeKeys *onig.Regexp
	include, exclude         []event.Template
	refs                     event.RefCache
}

func (k *kv) Options() []plugin.Option {
	cases := []string{"lowercase", "uppercase", "capitalize"}
	ecs := plugin.ECSOption(&k.ecs)
	ecs.Doc = "Accepted for Logstash's sake, where it decides about a warning: keys are used as they are in every mode."
	return append([]plugin.Option{
		plugin.Ref("source", &k.source, "The field to read; a text or an array of texts."),
		plugin.Ref("target", &k.target, "The field that gets the pairs. By default they become fields of the event."),
		plugin.String("field_split", &k.fieldSplit, "The characters that stand between pairs, as in a class `[ ]` of a regular expression."),
		plugin.String("field_split_pattern", &k.fieldSplitPattern, "A regular expression for what stands between pairs, in place of `field_split`."),
		plugin.String("value_split", &k.valueSplit, "The characters that stand between a key and its value, as in a class."),
		plugin.String("value_split_pattern", &k.valueSplitPattern, "A regular expression for what stands between a key and its value."),
		plugin.Enum("whitespace", &k.whitespace, []string{"strict", "lenient"}, "Whether spaces may stand around what is between a key and its value."),
		plugin.Template("prefix", &k.prefix, "A text put in front of every key. It may hold `%{field}`."),
		plugin.String("trim_key", &k.trimKey, "Characters to take away at both ends of keys."),
		plugin.String("trim_value", &k.trimValue, "Characters to take away at both ends of values."),
		plugin.String("remove_char_key", &k.removeKey, "Characters to take away anywhere in keys."),
		plugin.String("remove_char_value", &k.removeValue, "Characters to take away anywhere in values."),
		plugin.Enum("transform_key", &k.transformKey, cases, "Changes the letters of keys."),
		plugin.Enum("transform_value", &k.transformValue, cases, "Changes the letters of values."),
		plugin.Strings("include_keys", &k.includeKeys, "The only keys to take, after trimming and without the prefix."),
		plugin.Strings("exclude_keys", &k.excludeKeys, "The keys to leave out."),
		plugin.Hash("default_keys", &k.defaultKeys, "Keys and their values where the text does not have them."),
		plugin.Bool("allow_duplicate_values", &k.allowDuplicates, "Whether a key may have the same value twice. Without, a value that is part of one that is there is left out, too."),
		plugin.Bool("allow_empty_values", &k.allowEmpty, "Whether keys without a value are taken, with an empty text."),
		plugin.Bool("include_brackets", &k.brackets, "Whether brackets enclose a value as quotes do."),
		plugin.Bool("recursive", &k.recursive, "Whether pairs within a value make an object."),
		plugin.Int("timeout_millis", &k.timeout, 0, 1<<31, "How long, in milliseconds, a regular expression may work on a text; 0 is without a limit of its own."),
		plugin.String("tag_on_timeout", &k.tagOnTimeout, "The tag of events whose text took too long."),
		plugin.Strings("tag_on_failure", &k.tagOnFailure, "The tags of events that could not be worked on."),
		ecs,
	}, k.Common()...)
}

func (k *kv) Open(env *plugin.Env) error {
	k.prepare(env)
	for option, text := range map[string]string{"value_split": k.valueSplit, "field_split_pattern": k.fieldSplitPattern, "value_split_pattern": k.valueSplitPattern} {
		if text == "" && (option == "value_split" || env.IsSet(option)) {
			return env.Invalid(option, "give at least one character", "%s is empty", option)
		}
	}
	for _, c := range []struct {
		option, chars, pattern string
		to                     **onig.Regexp
	}{
		{"trim_key", k.trimKey, "^[X]+|[X]+$", &k.trimKeys},
		{"trim_value", k.trimValue, "^[X]+|[X]+$", &k.trimValues},
		{"remove_char_key", k.removeKey, "[X]", &k.removeKeys},
		{"remove_char_value", k.removeValue, "[X]", &k.removeValues},
	} {
		if !env.IsSet(c.option) {
			continue
		}
		re, err := compilePattern(env, c.option, strings.ReplaceAll(c.pattern, "X", c.chars))
		if err != nil {
			return err
		}
		*c.to = re
	}
	for _, name := range k.includeKeys {
		k.include = append(k.include, event.ParseTemplate(name))
	}
	for _, name := range k.excludeKeys {
		k.exclude = append(k.exclude, event.ParseTemplate(name))
	}
	return k.scan.open(k, env)
}

func (k *kv) Apply(e *event.Event, _ func(*event.Event)) {
	err := k.apply(e)
	switch {
	case errors.Is(err, onig.ErrBudget):
		k.log.Warn("kv took too long")
		e.Tag(k.tagOnTimeout)
	case err != nil:
		k.log.Warn("kv failed", "error", err)
		tagAll(e, k.tagOnFailure)
	}
}

func (k *kv) apply(e *event.Event) error {
	p := &event.ObjectData{}
	switch v := e.Get(k.source); v.Kind() {
	case event.Missing, event.Null:
	case event.String:
		if err := k.read(e, v.Str(), p, 0); err != nil {
			return err
		}
	case event.Array:
		for _, item := range v.Array().Items {
			if item.Kind() != event.String {
				continue
			}
			if err := k.read(e, item.Str(), p, 0); err != nil {
				return err
			}
		}
	default:
		k.log.Warn("kv: the field is neither a text nor an array", "kind", v.Kind().String())
	}
	for _, entry := range k.defaultKeys {
		if _, ok := p.Get(entry.Key); !ok {
			p.Set(entry.Key, settingValue(entry.Value))
		}
	}
	if p.Len() == 0 {
		return nil
	}
	if !k.target.IsZero() {
		if err := e.Set(k.target, event.ObjectValue(p)); err != nil {
			return err
		}
		return k.Matched(e)
	}
	for _, f := range p.Fields() {
		ref, err := k.refs.Get(f.Key)
		if err != nil {
			return err
		}
		if err := e.Set(ref, f.Value); err != nil {
			return err
		}
	}
	return k.Matched(e)
}

// maxRecursion is how deep values of values are read.
const maxRecursion = 50

// read adds the pairs of a text.
func (k *kv) read(e *event.Event, text string, p *event.ObjectData, depth int) error {
	include, exclude := expandAll(k.include, e), expandAll(k.exclude, e)
	prefix := ""
	if k.prefix.String() != "" {
		prefix = expand(&k.prefix, e)
	}
	var failed error
	err := k.scan.each(text, func(key, value string) bool {
		failed = k.add(e, p, key, value, prefix, include, exclude, depth)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

func expandAll(templates []event.Template, e *event.Event) []string {
	if len(templates) == 0 {
		return nil
	}
	texts := make([]string, len(templates))
	for i := range templates {
		texts[i] = expand(&templates[i], e)
	}
	return texts
}

func (k *kv) add(e *event.Event, p *event.ObjectData, key, value, prefix string, include, exclude []string, depth int) (err error) {
	if value == "" && !k.allowEmpty {
		return nil
	}
	if key, err = without(without2{k.trimKeys, k.removeKeys}, key); err != nil {
		return err
	}
	key = transform(key, k.transformKey)
	if len(include) > 0 && !slices.Contains(include, key) || slices.Contains(exclude, key) {
		return nil
	}
	if prefix != "" {
		key = e.Batch().CopyString(prefix + key)
	}
	if value, err = without(without2{k.trimValues, k.removeValues}, value); err != nil {
		return err
	}
	value = transform(value, k.transformValue)
	have, twice := p.Get(key)
	if twice && !k.allowDuplicates && contains(have, value) {
		return nil
	}
	v := event.StringValue(value)
	if k.recursive && depth < maxRecursion {
		inner := &event.ObjectData{}
		if err := k.read(e, value, inner, depth+1); err != nil {
			return err
		}
		if inner.Len() > 0 {
			v = event.ObjectValue(inner)
		}
	}
	switch {
	case !twice:
		p.Set(key, v)
	case have.Kind() == event.Array:
		a := have.Array()
		a.Items = append(a.Items, v)
	default:
		p.Set(key, arrayOf([]event.Value{have, v}))
	}
	return nil
}

// contains is Ruby's include? of a text, an array or an object.
func contains(v event.Value, text string) bool {
	switch v.Kind() {
	case event.Array:
		return slices.ContainsFunc(v.Array().Items, func(item event.Value) bool { return item.Kind() == event.String && item.Str() == text })
	case event.Object:
		_, ok := v.Object().Get(text)
		return ok
	}
	return strings.Contains(v.Str(), text)
}

type without2 [2]*onig.Regexp

// without returns the text without what two expressions match.
func without(expressions without2, text string) (string, error) {
	for _, re := range expressions {
		if re == nil {
			continue
		}
		result, changed, err := re.GSub(nil, text, onig.Replacement{})
		if err != nil {
			return "", err
		}
		if changed {
			text = string(result)
		}
	}
	return text, nil
}

func transform(text, how string) string {
	switch how {
	case "lowercase":
		return downcase(text)
	case "uppercase":
		return upcase(text)
	case "capitalize":
		return capitalize(text)
	}
	return text
}
