package filter

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "translate",
		Doc: "Looks the value of a field up in a dictionary, which stands in the configuration or in a YAML, JSON or CSV file, " +
			"and sets another field to what it finds there.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-translate.html",
		Examples: []plugin.Example{
			{Title: "Names of codes", Config: `translate { source => "[http][status]" target => "[http][status_text]" dictionary => { "200" => "OK" "404" => "Not Found" } fallback => "other" }`},
		},
		New: func() plugin.Plugin {
			return &translate{exact: true, interval: 300 * time.Second, behaviour: "merge", maxYAML: 134_217_728}
		},
	})
}

// translate is the filter translate.
type translate struct {
	common
	source, oldSource event.Ref
	target, oldTarget event.Ref
	inline            plugin.Setting
	path              string
	override          bool
	exact, regex      bool
	fallback          event.Template
	iterateOn         string
	interval          time.Duration
	behaviour         string
	maxYAML           int
	ecs               plugin.ECS

	fixed       *dictionary
	file        *dictionaryFile
	hasFallback bool
	inPlace     bool
	each        event.Ref
	refs        event.RefCache
}

func (t *translate) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Ref("source", &t.source, "The field to look up. Of an array the first item counts."),
		plugin.Ref("field", &t.oldSource, "The old name of `source`.").Deprecated("use source"),
		plugin.Ref("target", &t.target, "The field that gets what was found. By default `translation`, or the source where fields are named by ECS."),
		plugin.Ref("destination", &t.oldTarget, "The old name of `target`.").Deprecated("use target"),
		plugin.Any("dictionary", "hash", &t.inline, "The dictionary: texts and what they stand for."),
		plugin.Path("dictionary_path", &t.path, "A file with the dictionary, whose name ends in `.yml`, `.yaml`, `.json` or `.csv`."),
		plugin.Bool("override", &t.override, "Whether a target that is there already is replaced. By default only when source and target are the same."),
		plugin.Bool("exact", &t.exact, "Whether the whole text is looked up. Otherwise the keys are replaced wherever they stand in the text."),
		plugin.Bool("regex", &t.regex, "Whether the keys are regular expressions. The first that matches counts."),
		plugin.Template("fallback", &t.fallback, "The value where nothing was found. It may hold `%{field}`."),
		plugin.String("iterate_on", &t.iterateOn, "An array to go through. If it is the source, its items are looked up; otherwise source and target are fields of its items."),
		plugin.Seconds("refresh_interval", &t.interval, "How often, in seconds, the file is looked at. With 0 or less never again."),
		plugin.Enum("refresh_behaviour", &t.behaviour, []string{"merge", "replace"}, "Whether a file that has changed adds to the dictionary or replaces it."),
		plugin.Int("yaml_dictionary_code_point_limit", &t.maxYAML, 1, 1<<40, "How large, in bytes, a YAML file may be."),
		plugin.Ignored("yaml_load_strategy", "one of one_shot, streaming", "YAML files are read in one way here, which needs little memory."),
		plugin.ECSOption(&t.ecs),
	}, t.Common()...)
}

func (t *translate) Open(env *plugin.Env) error {
	t.prepare(env)
	switch {
	case env.IsSet("source") && env.IsSet("field"):
		return env.Invalid("field", "remove field", "the source is given twice, as source and as field")
	case env.IsSet("target") && env.IsSet("destination"):
		return env.Invalid("destination", "remove destination", "the target is given twice, as target and as destination")
	case env.IsSet("field"):
		t.source = t.oldSource
	case !env.IsSet("source"):
		return env.Invalid("source", "give the field to look up with source", "translate needs the option source")
	}
	switch {
	case env.IsSet("destination"):
		t.target = t.oldTarget
	case env.IsSet("target"):
	case t.ecs.Or(env.ECS).Enabled():
		t.target = t.source
	default:
		t.target = event.MustRef("translation")
	}
	if t.inPlace = t.source.String() == t.target.String(); t.inPlace {
		if env.IsSet("override") && !t.override {
			return env.Invalid("override", "remove override", "source and target are the same, so there is always something to replace")
		}
		t.override = true
	}
	t.hasFallback = env.IsSet("fallback")
	if t.iterateOn != "" {
		ref, err := event.ParseRef(t.iterateOn)
		if err != nil {
			return env.Invalid("iterate_on", "write a field as name or as [outer][inner]", "%v", err)
		}
		t.each = ref
	}
	return t.openDictionary(env)
}

func (t *translate) openDictionary(env *plugin.Env) error {
	if !env.IsSet("dictionary_path") {
		t.fixed = newDictionary()
		if env.IsSet("dictionary") {
			d, err := inlineDictionary(t.inline)
			if err != nil {
				return env.Invalid("dictionary", `write { "text" => "what it stands for" }`, "%v", err)
			}
			t.fixed = d
		}
		if err := t.fixed.compile(t.exact, t.regex); err != nil {
			return env.Invalid("dictionary", "correct the regular expression", "%v", err)
		}
		return nil
	}
	if len(t.inline.Table)+len(t.inline.List) > 0 {
		return env.Invalid("dictionary_path", "remove one of them", "there is both a dictionary and a dictionary_path")
	}
	path := env.Access.Path(t.path)
	if !isYAML(path) && !strings.HasSuffix(path, ".json") && !strings.HasSuffix(path, ".csv") {
		return env.Invalid("dictionary_path", "its name has to end in .yml, .yaml, .json or .csv", "the form of %s is not known", t.path)
	}
	if env.IsSet("yaml_dictionary_code_point_limit") && !isYAML(path) {
		return env.Invalid("yaml_dictionary_code_point_limit", "remove it", "%s is no YAML file", t.path)
	}
	t.file = &dictionaryFile{path: path, interval: t.interval, replace: t.behaviour == "replace", exact: t.exact, regex: t.regex, maxYAML: t.maxYAML, env: env}
	if err := t.file.load(); err != nil {
		if os.IsNotExist(err) {
			return env.Invalid("dictionary_path", "create the file or correct the path", "there is no file %s", t.path)
		}
		return env.Invalid("dictionary_path", "correct the file", "%s: %v", t.path, err)
	}
	return nil
}

func (t *translate) Apply(e *event.Event, _ func(*event.Event)) {
	d := t.fixed
	if t.file != nil {
		d = t.file.get()
	}
	matched, err := t.apply(e, d)
	if err != nil {
		t.log.Error("translate failed", "source", t.source.String(), "error", err)
		return
	}
	if matched {
		t.matched(e)
	}
}

func (t *translate) apply(e *event.Event, d *dictionary) (matched bool, err error) {
	if t.iterateOn != "" && t.iterateOn != t.source.String() {
		return t.items(e, d)
	}
	if !t.override && e.Has(t.target) || !e.Has(t.source) {
		return false, nil
	}
	if t.iterateOn != "" {
		matched, err = t.array(e, d)
	} else {
		matched, err = t.single(e, d, e.Get(t.source), t.target)
	}
	return matched || t.inPlace, err
}

// lookupText is Ruby's to_s of a value.
func lookupText(v event.Value) string {
	if v.Kind() == event.String {
		return v.Str()
	}
	return string(v.AppendRuby(nil))
}

// single looks one value up and sets the target.
func (t *translate) single(e *event.Event, d *dictionary, v event.Value, target event.Ref) (bool, error) {
	if v.Kind() == event.Array {
		v = firstOf(v)
	}
	found, ok, err := d.lookup(e, lookupText(v))
	switch {
	case err != nil:
		return false, err
	case ok:
		return true, e.Set(target, found.Clone())
	case t.hasFallback:
		return true, setText(e, target, &t.fallback)
	}
	return false, nil
}

// array looks the items of the source up, and sets the target to an array.
func (t *translate) array(e *event.Event, d *dictionary) (bool, error) {
	source := rubyArray(e.Get(t.source))
	results := make([]event.Value, len(source))
	for i, item := range source {
		found, ok, err := d.lookup(e, lookupText(item))
		switch {
		case err != nil:
			return false, err
		case ok:
			results[i] = found.Clone()
		case t.hasFallback:
			text, err := t.fallback.Expand(e)
			if err != nil {
				return false, err
			}
			results[i] = event.StringValue(text)
		default:
			results[i] = event.NullValue
		}
	}
	return slices.ContainsFunc(results, truthy), e.Set(t.target, arrayOf(results))
}

// rubyArray is Ruby's Array(value): an object gives pairs.
func rubyArray(v event.Value) []event.Value {
	if v.Kind() != event.Object {
		return asItems(v)
	}
	var pairs []event.Value
	for _, f := range v.Object().Fields() {
		pairs = append(pairs, arrayOf([]event.Value{event.StringValue(f.Key), f.Value}))
	}
	return pairs
}

// items goes through the objects of an array.
func (t *translate) items(e *event.Event, d *dictionary) (matched bool, err error) {
	list := rubyArray(e.Get(t.each))
	for i := range list {
		item := bracket(t.iterateOn) + "[" + strconv.Itoa(i) + "]"
		from, err := t.refs.Get(item + bracket(t.source.String()))
		if err != nil {
			return matched, err
		}
		v := e.Get(from)
		if v.IsNil() {
			continue
		}
		to, err := t.refs.Get(item + bracket(t.target.String()))
		if err != nil {
			return matched, err
		}
		if v.Kind() == event.Array { // here an array is looked up as its text
			v = textValue(e, v.AppendRuby(nil))
		}
		ok, err := t.single(e, d, v, to)
		if err != nil {
			return matched, err
		}
		matched = matched || ok
	}
	return matched, nil
}

func bracket(name string) string {
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		return name
	}
	return "[" + name + "]"
}
