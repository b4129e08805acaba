package plugin

import (
	"slices"
	"strconv"
	"strings"
)

// Parameters returns the options that the configuration gives the plugin, as Ruby shows a
// hash, without secrets: what came from a variable or the keystore is shown as the
// configuration has it, ${NAME}.
func (env *Env) Parameters(kind Kind) string {
	secrets := map[string]bool{}
	if spec := Lookup(kind, env.Name); spec != nil {
		for _, o := range spec.New().Options() {
			secrets[o.Name] = o.Secret
		}
	}
	var pairs []string
	for name, s := range env.source {
		value := s.asWritten().inspect()
		if secrets[name] {
			value = `"<password>"`
		}
		pairs = append(pairs, strconv.Quote(name)+"=>"+value)
	}
	slices.Sort(pairs)
	return "{" + strings.Join(pairs, ", ") + "}"
}

// asWritten returns the setting without the values of its variables.
func (s Setting) asWritten() Setting {
	switch s.Kind {
	case Text:
		if s.String != nil {
			s.Text = s.String.Text
		}
	case List:
		list := make([]Setting, len(s.List))
		for i, item := range s.List {
			list[i] = item.asWritten()
		}
		s.List = list
	case Table:
		table := make([]TableEntry, len(s.Table))
		for i, e := range s.Table {
			table[i] = TableEntry{e.KeyAt, e.Key, e.Value.asWritten()}
		}
		s.Table = table
	}
	return s
}
