package plugin

import (
	"fmt"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/lscl"
)

var (
	unknownPlugin = diag.Define("SL2001", diag.Error, "there is no plugin of this name",
		"The name is not one of the plugins that this version has. `sluice plugins` lists them. "+
			"A plugin of Logstash that is missing has to be replaced by another one, or left with Logstash.")
	unknownOption = diag.Define("SL2002", diag.Error, "the plugin has no such option",
		"The plugin's reference page lists its options. Most often this is a typing mistake, or an option of another plugin.")
	missingOption = diag.Define("SL2005", diag.Error, "a required option is missing",
		"The plugin cannot work without this option.")
	goneOption = diag.Define("SL2006", diag.Error, "the option has been removed",
		"Logstash has removed this option. The message says what to use in its place.")
	oldOption = diag.Define("SL2007", diag.Warning, "the option is discouraged",
		"It still works. The message says what to use in its place.")
	cannotOpen = diag.Define("SL2008", diag.Error, "the plugin cannot be used like this",
		"The options are right one by one, but the plugin cannot work with them: a file is missing, a pattern is wrong, two options contradict each other.")
)

// Configure makes the plugin that a configuration describes. Every mistake is added to
// list; the result is nil when there was an error. Env is completed with the plugin's
// name, id and places.
func Configure(kind Kind, node *lscl.Plugin, env *Env, list *diag.List) Plugin {
	spec := Lookup(kind, node.Name)
	if spec == nil {
		list.Add(unknown(kind, node))
		return nil
	}
	return ConfigureAs(spec, node, env, list)
}

// ConfigureAs is Configure for a plugin that need not be registered, whatever its name is
// in the configuration.
func ConfigureAs(spec *Spec, node *lscl.Plugin, env *Env, list *diag.List) Plugin {
	p := spec.New()
	before := len(*list)
	set(spec, p, node, env, list)
	if failed((*list)[before:]) {
		return nil
	}
	openLimited(p, env, list) // which may give warnings only
	if failed((*list)[before:]) {
		return nil
	}
	return p
}

func failed(list diag.List) bool {
	return slices.ContainsFunc(list, func(d diag.Diagnostic) bool { return d.Code.Severity == diag.Error })
}

func unknown(kind Kind, node *lscl.Plugin) diag.Diagnostic {
	if instead := replaced[name{kind, node.Name}]; instead != "" {
		return diag.New(unknownPlugin, node.NameAt, "the %s plugin %s is no more", kind, node.Name).WithHelp("%s", instead)
	}
	d := diag.New(unknownPlugin, node.NameAt, "there is no %s plugin %s", kind, node.Name)
	for _, other := range []Kind{InputKind, FilterKind, OutputKind, CodecKind} {
		if other != kind && Lookup(other, node.Name) != nil {
			return d.WithHelp("%s is the name of %s %s plugin; it does not belong here", node.Name, article(other), other)
		}
	}
	names := Names(kind)
	if near := diag.Nearest(node.Name, names); near != "" {
		return d.WithHelp("did you mean %s?", near)
	}
	return d.WithHelp("%s plugins are: %s", kind, strings.Join(names, ", "))
}

func article(k Kind) string {
	if k == InputKind || k == OutputKind {
		return "an"
	}
	return "a"
}

// set reads the options of a plugin.
func set(spec *Spec, p Plugin, node *lscl.Plugin, env *Env, list *diag.List) {
	options := p.Options()
	env.Name, env.at = node.Name, node.NameAt
	env.places = make(map[string]diag.Span, len(node.Attributes))
	env.source = make(map[string]Setting, len(node.Attributes))
	told := map[string]bool{} // options with a value that has been found wrong
	for _, a := range node.Options() {
		before := len(*list)
		env.source[a.Name] = newSetting(a.Value, env.variables(), list)
		env.places[a.Name] = a.Value.Span()
		told[a.Name] = failed((*list)[before:])
	}
	r := &reader{list: list, lookup: env.Variables, env: env}
	done := map[string]bool{}
	for _, a := range node.Attributes {
		i := slices.IndexFunc(options, func(o Option) bool { return o.Name == a.Name })
		switch {
		case i < 0:
			list.Add(unknownOptionAt(spec, options, a))
		case done[a.Name] || a.Value == nil:
		case options[i].Gone != "":
			list.Add(diag.New(goneOption, a.NameAt, "the option %s of %s %s has been removed", a.Name, spec.Kind, spec.Name).
				WithHelp("%s", options[i].Gone))
		default:
			if options[i].Old != "" {
				list.Add(diag.New(oldOption, a.NameAt, "the option %s of %s %s is discouraged", a.Name, spec.Kind, spec.Name).
					WithHelp("%s", options[i].Old))
			}
			if !told[a.Name] {
				options[i].set(env.source[a.Name], r)
			}
		}
		done[a.Name] = true
	}
	for _, o := range options {
		if o.Required && !done[o.Name] && !misspelt(o.Name, options, node) {
			list.Add(diag.New(missingOption, node.NameAt, "%s %s needs the option %s", spec.Kind, spec.Name, o.Name).
				WithHelp("%s => … %s", o.Name, o.Doc))
		}
	}
}

// misspelt tells whether an option is there, but with a mistake in its name that has been
// told already.
func misspelt(option string, options []Option, node *lscl.Plugin) bool {
	names := optionNames(options)
	return slices.ContainsFunc(node.Attributes, func(a *lscl.Attribute) bool {
		return !slices.Contains(names, a.Name) && diag.Nearest(a.Name, names) == option
	})
}

func optionNames(options []Option) []string {
	var names []string
	for _, o := range options {
		if o.Gone == "" {
			names = append(names, o.Name)
		}
	}
	return names
}

func unknownOptionAt(spec *Spec, options []Option, a *lscl.Attribute) diag.Diagnostic {
	d := diag.New(unknownOption, a.NameAt, "%s %s has no option %s", spec.Kind, spec.Name, a.Name)
	names := optionNames(options)
	if near := diag.Nearest(a.Name, names); near != "" {
		return d.WithHelp("did you mean %s?", near)
	}
	slices.Sort(names)
	return d.WithHelp("its options are: %s", strings.Join(names, ", "))
}

// CodecOption is an option that holds a codec: its name, or the codec with options.
func CodecOption(name string, p *CodecChoice, doc string) Option {
	return Option{Name: name, Type: "codec", Doc: doc, Default: p.Name, set: func(s Setting, c *reader) {
		switch s.Kind {
		case Text:
			p.Name, p.node = s.Text, &lscl.Plugin{At: s.At, Name: s.Text, NameAt: s.At}
		case Nested:
			p.Name, p.node = s.Plugin.Name, s.Plugin
		default:
			c.wrong(s, "a codec")
		}
	}}
}

// CodecChoice is the codec that a configuration chose, or the default.
type CodecChoice struct {
	Name string

	node    *lscl.Plugin
	written *lscl.Plugin // what Rename has replaced
	use     direction
}

// direction is what a codec is wanted for.
type direction uint8

const (
	anyDirection direction = iota
	decoding
	encoding
)

// Chosen tells whether the configuration names a codec.
func (c CodecChoice) Chosen() bool { return c.node != nil }

// Rename replaces one codec by another, as inputs of streams do with plain and line, and
// with json and json_lines. As in Logstash the new one gets the charset of the old one
// and none of its other options (LogStash::Inputs::Base#fix_streaming_codecs).
func (c *CodecChoice) Rename(from, to string) {
	if c.Name != from {
		return
	}
	c.Name = to
	if c.node == nil {
		return
	}
	c.written = c.node
	node := *c.node
	node.Name = to
	node.Attributes = nil
	for _, a := range c.written.Attributes {
		if a.Name == "charset" {
			node.Attributes = append(node.Attributes, a)
		}
	}
	c.node = &node
}

// Open makes the codec.
func (c CodecChoice) Open(env *Env) (Codec, error) {
	node := c.node
	if node == nil {
		node = &lscl.Plugin{Name: c.Name, At: env.at, NameAt: env.at}
	}
	inner := *env
	inner.ID = fmt.Sprintf("%s-%s", env.ID, c.Name)
	var list diag.List
	if c.written != nil { // its mistakes are mistakes, though it is not the one that works
		Configure(CodecKind, c.written, &inner, &list)
		c.warnLost(env)
	}
	c.checkDirection(node, &list)
	if err := list.Err(); err != nil {
		return nil, err
	}
	p := Configure(CodecKind, node, &inner, &list)
	if err := list.Err(); err != nil {
		return nil, err
	}
	return env.Codecs.counted(inner.ID, node.Name, p.(Codec)), nil
}

func (c CodecChoice) warnLost(env *Env) {
	for _, a := range c.written.Attributes {
		if a.Name != "charset" && env.Log != nil {
			env.Log.Warn("an option of the codec has no effect, as in Logstash: this input reads a stream, so that another codec works in its place",
				"codec", c.written.Name, "in_its_place", c.Name, "option", a.Name)
		}
	}
}

func (c CodecChoice) checkDirection(node *lscl.Plugin, list *diag.List) {
	spec := Lookup(CodecKind, node.Name)
	switch {
	case spec == nil:
	case c.use == decoding && spec.EncodeOnly:
		list.Add(diag.New(cannotOpen, node.NameAt, "the codec %s cannot be used in an input", node.Name).
			WithHelp("it makes bytes of events, but no events of bytes"))
	case c.use == encoding && spec.DecodeOnly:
		list.Add(diag.New(cannotOpen, node.NameAt, "the codec %s cannot be used in an output", node.Name).
			WithHelp("it makes events of bytes, but no bytes of events"))
	}
}
