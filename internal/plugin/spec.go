package plugin

import (
	"cmp"
	"slices"
	"sort"
)

// Kind is one of the four kinds of plugins.
type Kind uint8

// The kinds.
const (
	InputKind Kind = iota
	FilterKind
	OutputKind
	CodecKind
)

func (k Kind) String() string { return [...]string{"input", "filter", "output", "codec"}[k] }

// Spec declares a plugin, once. All that is said about it elsewhere comes from here.
type Spec struct {
	Kind     Kind
	Name     string
	Doc      string // Markdown; the first sentence is the summary
	Source   string // where the behaviour comes from: a page of Logstash's reference, an RFC
	Examples []Example
	New      func() Plugin // a new value with its defaults set

	// EncodeOnly and DecodeOnly are set for codecs that work in one direction. Inputs
	// refuse the first, outputs the second.
	EncodeOnly, DecodeOnly bool
}

// Example is a piece of configuration that a test runs through Configure.
type Example struct {
	Title  string
	Config string // the plugin with its options, as it stands in a section
}

type name struct {
	kind Kind
	name string
}

var registry = map[name]*Spec{}

// Register adds a plugin to the registry; it is meant for init functions and panics
// when the name is taken.
func Register(s Spec) {
	n := name{s.Kind, s.Name}
	if registry[n] != nil {
		panic("plugin: " + s.Kind.String() + " " + s.Name + " is registered twice")
	}
	registry[n] = &s
}

var replaced = map[name]string{}

// Replaced says what to use in place of a plugin that Logstash had once, as an advice
// in a sentence. It is meant for init functions.
func Replaced(kind Kind, plugin, instead string) { replaced[name{kind, plugin}] = instead }

// Lookup returns a plugin's declaration, or nil.
func Lookup(kind Kind, plugin string) *Spec { return registry[name{kind, plugin}] }

// Names returns the names of all plugins of a kind, sorted.
func Names(kind Kind) []string {
	var names []string
	for n := range registry {
		if n.kind == kind {
			names = append(names, n.name)
		}
	}
	sort.Strings(names)
	return names
}

// Specs returns all declarations, sorted by kind and name.
func Specs() []*Spec {
	var specs []*Spec
	for _, s := range registry {
		specs = append(specs, s)
	}
	slices.SortFunc(specs, func(a, b *Spec) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return specs
}
