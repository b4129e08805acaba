package filter

import (
	"strings"
	"sync"

	"github.com/ua-parser/uap-go/uaparser"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "useragent",
		Doc: "Tells from a user agent's text the browser, the operating system and the device, by the expressions of uap-core. " +
			"What is not known is called `Other`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-useragent.html",
		Examples: []plugin.Example{
			{Title: "Of a web server's log", Config: `useragent { source => "[user_agent][original]" target => "[user_agent]" }`},
		},
		New: func() plugin.Plugin { return &useragent{cacheSize: 100_000} },
	})
}

// useragent is the filter useragent.
type useragent struct {
	common
	source, target string
	regexes        string
	prefix         string
	cacheSize      int
	ecs            plugin.ECS

	from  field
	to    uaFields
	rules func() (*uaRules, error)
	cache *lru[*uaClient]
}

// uaFields is where the results go. A zero reference is not set.
type uaFields struct {
	name, device, version, systemFull, system, oldSystem, systemVersion event.Ref
	parts, systemParts                                                  [3]event.Ref
}

func (u *useragent) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.String("source", &u.source, "The field with the text. Of an array the first item counts.").Must(),
		plugin.String("target", &u.target, "The field that gets the results. By default `[user_agent]` where fields are named by ECS, otherwise the event."),
		plugin.Path("regexes", &u.regexes, "A file of expressions, of the form of uap-core's `regexes.yaml`, in place of the built-in ones."),
		plugin.String("prefix", &u.prefix, "A text put in front of the names of fields. It has no effect where fields are named by ECS."),
		plugin.Int("lru_cache_size", &u.cacheSize, 0, 1<<31, "How many texts are remembered with their results."),
		plugin.ECSOption(&u.ecs),
	}, u.Common()...)
}

// builtinUARules is read when the first event needs it.
var builtinUARules = sync.OnceValues(func() (*uaRules, error) { return newUARules(uaparser.DefinitionYaml) })

func (u *useragent) Open(env *plugin.Env) error {
	u.prepare(env)
	u.from = newField(u.source)
	u.cache = newLRU[*uaClient](u.cacheSize, 0)
	u.rules = builtinUARules
	if u.regexes != "" {
		text, err := env.Access.ReadFile(u.regexes)
		if err != nil {
			return env.Invalid("regexes", "create the file or correct the path", "%v", err)
		}
		rules, err := newUARules(text)
		if err != nil {
			return env.Invalid("regexes", "the form is that of uap-core's regexes.yaml", "%s: %v", u.regexes, err)
		}
		u.rules = func() (*uaRules, error) { return rules, nil }
	}
	to, err := u.fields(u.ecs.Or(env.ECS).Enabled())
	if err != nil {
		return env.Invalid("target", "write a field as name or as [outer][inner]", "%v", err)
	}
	u.to = to
	return nil
}

func (u *useragent) fields(ecs bool) (f uaFields, err error) {
	target := u.target
	switch {
	case target == "" && ecs:
		target = "[user_agent]"
	case target != "":
		target = bracket(target)
	}
	ref := func(text string) event.Ref {
		r, e := event.ParseRef(text)
		if e != nil && err == nil {
			err = e
		}
		return r
	}
	if ecs {
		f.name, f.device, f.version = ref(target+"[name]"), ref(target+"[device][name]"), ref(target+"[version]")
		f.systemFull, f.system, f.systemVersion = ref(target+"[os][full]"), ref(target+"[os][name]"), ref(target+"[os][version]")
		for i, name := range []string{"major", "minor", "patch"} {
			f.parts[i] = ref("[@metadata][filter][user_agent][version][" + name + "]")
			f.systemParts[i] = ref("[@metadata][filter][user_agent][os][version][" + name + "]")
		}
		return f, err
	}
	old := func(name string) event.Ref { return ref(target + "[" + u.prefix + name + "]") }
	f.name, f.device, f.version = old("name"), old("device"), old("version")
	f.systemFull, f.system, f.oldSystem, f.systemVersion = old("os_full"), old("os_name"), old("os"), old("os_version")
	for i, name := range []string{"major", "minor", "patch"} {
		f.parts[i], f.systemParts[i] = old(name), old("os_"+name)
	}
	return f, err
}

func (u *useragent) Apply(e *event.Event, _ func(*event.Event)) {
	if u.from.err != nil {
		u.raised(e, u.from.err)
		return
	}
	v := e.Get(u.from.ref)
	if v.Kind() == event.Array {
		v = firstOf(v)
	}
	text := v.Str()
	if text == "" {
		return
	}
	c, ok := u.cache.get(text)
	if !ok {
		rules, err := u.rules()
		if err != nil {
			u.raised(e, err)
			return
		}
		text = strings.Clone(text)
		c = rules.parse(text)
		u.cache.put(text, c)
	}
	if u.target == u.source {
		e.Remove(u.from.ref)
	}
	if err := u.set(e, c); err != nil {
		u.raised(e, err)
		return
	}
	u.matched(e)
}

func (u *useragent) set(e *event.Event, c *uaClient) (err error) {
	set := func(ref event.Ref, v optional) {
		if v.set && err == nil && !ref.IsZero() {
			err = e.Set(ref, event.StringValue(v.text))
		}
	}
	set(u.to.name, optional{c.name, true})
	set(u.to.device, optional{c.device, true})
	for i, ref := range u.to.parts {
		set(ref, c.version[i])
		set(u.to.systemParts[i], c.systemVersion[i])
	}
	set(u.to.version, c.full)
	set(u.to.systemVersion, c.systemFull)
	set(u.to.system, optional{c.system, true})
	set(u.to.oldSystem, optional{c.system, true})
	full := c.system
	if c.systemFull.set {
		full = e.Batch().CopyString(c.system + " " + c.systemFull.text)
	}
	set(u.to.systemFull, optional{full, true})
	return err
}
