package instrument

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// Kind is a kind of Instrument, declared once in its file.
type Kind struct {
	Name  string // as in a sensor's YAML and in the Instrument's name: "replay"
	Title string // for people: "Replay"
	Doc   string // one sentence
	Keys  []string

	// Read reads the Instrument's part of a sensor's YAML, checks all that can be
	// checked before it runs, and returns what its process needs to know, which travels
	// as JSON. Mistakes go to the list; then the config does not count.
	Read func(in Reading, list *diag.List) (config any)

	// Run is the Instrument, in a process of its own. It returns when ctx ends, or an
	// error when it cannot go on; then the sensor starts it again after a while.
	Run func(ctx context.Context, h *Host) error
}

// Reading is what a kind reads its configuration from.
type Reading struct {
	Entry         settings.Entry
	Dir           string        // of the sensor's YAML; relative paths count from here
	Folder        string        // the Instrument's own; need not be there yet
	Access        plugin.Access // of the key access, for kinds that have it
	StatsInterval time.Duration
	Running       bool // the sensor runs already, so its own ports are in use

	// Text returns one of the texts that a person pastes: it stands in the YAML, or in
	// a file that the YAML names. nil when it is not given or cannot be read.
	Text func(key string) *diag.Source

	// Subscribe asks for an event subscription of the Instrument.
	Subscribe func(Subscription)
}

// Spec is what a process is told about the Instrument that it is.
type Spec struct {
	Name   string          `json:"name"` // replay_0@testsensor
	Kind   string          `json:"kind"`
	Folder string          `json:"folder"`
	Config json.RawMessage `json:"config"`
}

var kinds = map[string]*Kind{}

// Register adds a kind; it is meant for init functions and panics when the name is taken.
func Register(k *Kind) {
	if kinds[k.Name] != nil {
		panic("instrument: kind " + k.Name + " is registered twice")
	}
	kinds[k.Name] = k
}

// Lookup returns a kind, or nil.
func Lookup(name string) *Kind { return kinds[name] }

// Kinds returns all kinds, sorted by name.
func Kinds() []*Kind {
	all := make([]*Kind, 0, len(kinds))
	for _, k := range kinds {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b *Kind) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}
