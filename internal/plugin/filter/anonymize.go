package filter

import (
	"fmt"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/secret"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind:   plugin.FilterKind,
		Name:   "anonymize",
		Doc:    "Replaces the values of fields by keyed hashes. The old name of what `fingerprint` does, which is to be preferred.",
		Source: "https://www.elastic.co/guide/en/logstash/5.6/plugins-filters-anonymize.html",
		Examples: []plugin.Example{
			{Title: "Hide user names", Config: `anonymize { fields => ["user"] algorithm => "SHA256" key => "a secret" }`},
		},
		New: func() plugin.Plugin { return &anonymize{algorithm: "SHA1"} },
	})
}

// anonymize is the filter anonymize.
type anonymize struct {
	common
	fields    []string
	key       secret.Text
	algorithm string

	from []field
	hash hasher
}

func (a *anonymize) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("fields", &a.fields, "The fields to hide.").Must(),
		plugin.Password("key", &a.key, "The key of the hash; for `IPV4_NETWORK` the length of the prefix.").Must(),
		plugin.Enum("algorithm", &a.algorithm, []string{"SHA1", "SHA256", "SHA384", "SHA512", "MD5", "MURMUR3", "IPV4_NETWORK"}, "How the hash is made."),
	}, a.Common()...)
}

func (a *anonymize) Open(env *plugin.Env) error {
	a.prepare(env)
	for _, name := range a.fields {
		a.from = append(a.from, newField(name))
	}
	a.hash = newHasher(a.algorithm, a.key.Reveal(), true, false)
	return nil
}

func (a *anonymize) Apply(e *event.Event, _ func(*event.Event)) {
	for _, f := range a.from {
		if err := a.hide(e, f); err != nil {
			a.raised(e, err)
			return
		}
	}
	a.matched(e)
}

func (a *anonymize) hide(e *event.Event, f field) error {
	if f.err != nil {
		return f.err
	}
	v := e.Get(f.ref)
	switch v.Kind() {
	case event.Missing:
		return nil
	case event.Array:
		return mapItems(e, f.ref, v, func(item event.Value) (event.Value, error) { return a.hash(e, item) })
	case event.Object:
		return fmt.Errorf("an object cannot be hashed")
	}
	hashed, err := a.hash(e, v)
	if err != nil {
		return err
	}
	return e.Set(f.ref, hashed)
}
