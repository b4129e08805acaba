package filter

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"unicode"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/secret"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "fingerprint",
		Doc: "Sets a field to a hash of other fields, to recognise events or to hide values. " +
			"Of several sources the last counts, unless they are concatenated; an array gives an array.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-fingerprint.html",
		Examples: []plugin.Example{
			{Title: "A document id that does not change", Config: `fingerprint { source => ["message", "host"] concatenate_sources => true method => "SHA256" target => "[@metadata][id]" }`},
		},
		New: func() plugin.Plugin { return &fingerprint{sources: []string{"message"}, method: "SHA1"} },
	})
}

// fingerprint is the filter fingerprint.
type fingerprint struct {
	common
	sources     []string
	target      string
	key         secret.Text
	base64      bool
	method      string
	concatenate bool
	all         bool
	ecs         plugin.ECS

	from []field
	to   field
	hash hasher
}

func (f *fingerprint) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("source", &f.sources, "The fields to hash."),
		plugin.String("target", &f.target, "The field that gets the hash. By default `fingerprint`, or `[event][hash]` where fields are named by ECS."),
		plugin.Password("key", &f.key, "The key of an HMAC; for `IPV4_NETWORK` the length of the prefix."),
		plugin.Bool("base64encode", &f.base64, "Whether the hash is written in base 64, not in hexadecimal digits."),
		plugin.Enum("method", &f.method, []string{"SHA1", "SHA256", "SHA384", "SHA512", "MD5", "MURMUR3", "MURMUR3_128", "IPV4_NETWORK", "UUID", "PUNCTUATION"},
			"How the hash is made. `UUID` is random, `PUNCTUATION` keeps the punctuation of the sources, `IPV4_NETWORK` cuts an address to its network."),
		plugin.Bool("concatenate_sources", &f.concatenate, "Whether the names and values of all sources make one text, `|a|1|b|2|`, which is hashed."),
		plugin.Bool("concatenate_all_fields", &f.all, "Whether the same is done with all fields of the event."),
		plugin.ECSOption(&f.ecs),
	}, f.Common()...)
}

func (f *fingerprint) Open(env *plugin.Env) error {
	f.prepare(env)
	if f.target == "" {
		f.target = "fingerprint"
		if f.ecs.Or(env.ECS).Enabled() {
			f.target = "[event][hash]"
		}
	}
	f.to = newField(f.target)
	if f.concatenate || f.method == "PUNCTUATION" {
		slices.Sort(f.sources)
	}
	for _, name := range f.sources {
		f.from = append(f.from, newField(name))
	}
	if f.method == "IPV4_NETWORK" && !env.IsSet("key") {
		return env.Invalid("key", `give the length of the prefix, such as key => "24"`, "the method IPV4_NETWORK needs the option key")
	}
	if f.method != "UUID" && f.method != "PUNCTUATION" {
		f.hash = newHasher(f.method, f.key.Reveal(), env.IsSet("key"), f.base64)
	}
	return nil
}

func (f *fingerprint) Apply(e *event.Event, _ func(*event.Event)) {
	if err := f.apply(e); err != nil {
		f.raised(e, err)
		return
	}
	f.matched(e)
}

func (f *fingerprint) apply(e *event.Event) error {
	if f.to.err != nil {
		return f.to.err
	}
	switch {
	case f.method == "UUID":
		var text [36]byte
		newUUID(text[:])
		return e.Set(f.to.ref, textValue(e, text[:]))
	case f.method == "PUNCTUATION":
		return f.punctuation(e)
	case f.all:
		var names []string
		for _, field := range e.Root().Fields() {
			names = append(names, field.Key)
		}
		slices.Sort(names)
		return f.together(e, func(buf []byte) []byte {
			for _, name := range names {
				v, _ := e.Root().Get(name)
				buf = appendSource(buf, name, v)
			}
			return buf
		})
	case f.concatenate:
		return f.together(e, func(buf []byte) []byte {
			for i, from := range f.from {
				buf = appendSource(buf, f.sources[i], e.Get(from.ref))
			}
			return buf
		})
	}
	for _, from := range f.from {
		if from.err != nil {
			return from.err
		}
		v := e.Get(from.ref)
		if !v.Exists() {
			continue
		}
		var result event.Value
		var err error
		if v.Kind() == event.Array {
			var items []event.Value
			for _, item := range v.Array().Items {
				hashed, err := f.hash(e, sortDeep(item))
				if err != nil {
					return err
				}
				items = append(items, hashed)
			}
			result = arrayOf(items)
		} else if result, err = f.hash(e, sortDeep(v)); err != nil {
			return err
		}
		if err := e.Set(f.to.ref, result); err != nil {
			return err
		}
	}
	return nil
}

func appendSource(dst []byte, name string, v event.Value) []byte {
	dst = append(append(append(dst, '|'), name...), '|')
	return sortDeep(v).AppendRuby(dst)
}

// together hashes one text made of several fields.
func (f *fingerprint) together(e *event.Event, text func([]byte) []byte) (err error) {
	for _, from := range f.from {
		if from.err != nil {
			return from.err
		}
	}
	withBuffer(func(buf []byte) []byte {
		buf = append(text(buf), '|')
		var v event.Value
		if v, err = f.hash(e, textValue(e, buf)); err == nil {
			err = e.Set(f.to.ref, v)
		}
		return buf
	})
	return err
}

func (f *fingerprint) punctuation(e *event.Event) error {
	for _, from := range f.from {
		if from.err != nil {
			return from.err
		}
		v := e.Get(from.ref)
		if !v.Exists() {
			continue
		}
		if v.Kind() != event.String {
			return fmt.Errorf("a value of the kind %s has no punctuation", v.Kind())
		}
		var marks []byte
		for _, r := range v.Str() {
			if unicode.IsPunct(r) || unicode.IsSymbol(r) {
				marks = append(marks, string(r)...)
			}
		}
		if err := e.Set(f.to.ref, textValue(e, marks)); err != nil {
			return err
		}
	}
	return nil
}

// sortDeep returns a value whose objects have their fields in order of their names.
func sortDeep(v event.Value) event.Value {
	switch v.Kind() {
	case event.Object:
		fields := slices.Clone(v.Object().Fields())
		slices.SortFunc(fields, func(a, b event.Field) int {
			if a.Key < b.Key {
				return -1
			}
			return 1
		})
		o := &event.ObjectData{}
		for _, f := range fields {
			o.Set(f.Key, sortDeep(f.Value))
		}
		return event.ObjectValue(o)
	case event.Array:
		items := make([]event.Value, len(v.Array().Items))
		for i, item := range v.Array().Items {
			items[i] = sortDeep(item)
		}
		return arrayOf(items)
	}
	return v
}

// network cuts an IPv4 address to its network of some bits.
func network(text string, bits int) (string, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return "", err
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return "", fmt.Errorf("%s is no prefix length for %s", strconv.Itoa(bits), text)
	}
	return p.Addr().String(), nil
}
