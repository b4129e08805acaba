package plugin

import (
	"slices"
	"strconv"
	"strings"
)

// Parameters returns the options that the configuration gives the plugin, as Ruby shows a
// hash, without secrets.
func (env *Env) Parameters(kind Kind) string {
	secrets := map[string]bool{}
	if spec := Lookup(kind, env.Name); spec != nil {
		for _, o := range spec.New().Options() {
			secrets[o.Name] = o.Secret
		}
	}
	var pairs []string
	for name, s := range env.source {
		value := s.inspect()
		if secrets[name] {
			value = `"<password>"`
		}
		pairs = append(pairs, strconv.Quote(name)+"=>"+value)
	}
	slices.Sort(pairs)
	return "{" + strings.Join(pairs, ", ") + "}"
}
