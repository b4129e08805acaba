package filter

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "dns",
		Doc: "Looks up the addresses of names, or the names of addresses. It waits for the answer, so caches matter: " +
			"set `hit_cache_size` and `failed_cache_size`. A field that cannot be looked up ends the work on the event; a missing one does not.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-dns.html",
		Examples: []plugin.Example{
			{Title: "The name of an address", Config: `dns { reverse => ["[source][domain]"] action => "replace" nameserver => ["192.0.2.53"] hit_cache_size => 8000 hit_cache_ttl => 300 failed_cache_size => 1000 }`},
		},
		New: func() plugin.Plugin {
			return &dnsFilter{action: "append", timeout: 500 * time.Millisecond, retries: 2, hitTTL: 60 * time.Second, failTTL: 5 * time.Second, tagOnTimeout: []string{"_dnstimeout"}}
		},
	})
}

var silentNameserver = health.Define("nameserver-silent", health.Warning,
	"The nameserver of a dns filter does not answer in time",
	"Check the addresses of the option nameserver, the network, and the option timeout.")

// dnsFilter is the filter dns.
type dnsFilter struct {
	common
	reverse, resolve  []string
	action            string
	nameserver        plugin.Setting
	timeout           time.Duration
	retries           int
	hitSize, failSize int
	hitTTL, failTTL   time.Duration
	hostsFiles        []string
	tagOnTimeout      []string

	forward, backward []field
	resolver          *resolver
	hits              *lru[string]
	failures          *lru[struct{}]
	env               *plugin.Env
}

func (d *dnsFilter) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Strings("resolve", &d.resolve, "Fields with names, whose addresses are looked up."),
		plugin.Strings("reverse", &d.reverse, "Fields with addresses, whose names are looked up. This comes after `resolve`."),
		plugin.Enum("action", &d.action, []string{"append", "replace"}, "Whether the answer is added to the value, as an array, or replaces it."),
		plugin.Any("nameserver", "list of texts, or hash", &d.nameserver, "The addresses of nameservers, or a hash with `address`, `search` and `ndots`. By default the system's."),
		plugin.Seconds("timeout", &d.timeout, "How long, in seconds, one question may take."),
		plugin.Int("max_retries", &d.retries, 0, 1000, "How often a question that was not answered is asked again."),
		plugin.Int("hit_cache_size", &d.hitSize, 0, 1<<31, "How many answers are remembered."),
		plugin.Seconds("hit_cache_ttl", &d.hitTTL, "For how long, in seconds, answers are remembered."),
		plugin.Int("failed_cache_size", &d.failSize, 0, 1<<31, "How many questions without an answer are remembered."),
		plugin.Seconds("failed_cache_ttl", &d.failTTL, "For how long, in seconds, they are remembered."),
		plugin.Strings("hostsfile", &d.hostsFiles, "Files of the form of `/etc/hosts` to look into first. Without `nameserver` no other question is asked then."),
		plugin.Strings("tag_on_timeout", &d.tagOnTimeout, "The tags of events whose question was not answered in time."),
	}, d.Common()...)
}

func (d *dnsFilter) Open(env *plugin.Env) error {
	d.prepare(env)
	d.env = env
	for _, name := range d.resolve {
		d.forward = append(d.forward, newField(name))
	}
	for _, name := range d.reverse {
		d.backward = append(d.backward, newField(name))
	}
	d.hits, d.failures = newLRU[string](d.hitSize, d.hitTTL), newLRU[struct{}](d.failSize, d.failTTL)
	d.resolver = &resolver{timeout: d.timeout, retries: d.retries, address: env.Access.Address, dialer: env.Access.Dialer, ndots: 1}
	for _, path := range d.hostsFiles {
		if err := d.resolver.readHosts(env.Access.ReadFile(path)); err != nil {
			return env.Invalid("hostsfile", "correct the path", "%v", err)
		}
	}
	_ = d.resolver.readHosts(os.ReadFile(env.Access.Path("/etc/hosts"))) // a system may have none
	switch {
	case env.IsSet("nameserver"):
		return d.openNameservers(env)
	case len(d.hostsFiles) == 0:
		d.resolver.useSystem(env.Access.Path("/etc/resolv.conf"))
	}
	return nil
}

func (d *dnsFilter) openNameservers(env *plugin.Env) error {
	servers := d.nameserver.Texts
	if d.nameserver.Kind == plugin.Table {
		servers = func() []string { return nil }
		for _, entry := range d.nameserver.Table {
			switch entry.Key {
			case "address":
				servers = entry.Value.Texts
			case "search":
				d.resolver.search = entry.Value.Texts()
			case "ndots":
				d.resolver.ndots = int(leadingInt(entry.Value.Flat()).Int())
			default:
				return env.Invalid("nameserver", "it can have address, search and ndots", "nameserver has no key %q", entry.Key)
			}
		}
		if len(d.resolver.search) > 6 || d.resolver.ndots <= 0 {
			return env.Invalid("nameserver", "give at most 6 domains in search, and a positive ndots", "search or ndots is out of range")
		}
	}
	for _, text := range servers() {
		if err := d.resolver.addServer(text); err != nil {
			return env.Invalid("nameserver", "give the address of a nameserver", "%v", err)
		}
	}
	if len(d.resolver.servers) == 0 {
		return env.Invalid("nameserver", "give the address of a nameserver", "nameserver has no address")
	}
	return nil
}

// Destinations are the nameservers, which are asked for the root of all names.
func (d *dnsFilter) Destinations() []plugin.Destination {
	var all []plugin.Destination
	for _, server := range d.resolver.servers {
		all = append(all, plugin.Destination{Option: "nameserver", Network: "udp", Address: server, Ask: func(context.Context) (string, error) {
			if err := d.resolver.answers(server); err != nil {
				return "", plugin.Refused("check the address of the nameserver and the way to it, or give it more time with the option timeout", "the nameserver does not answer: %v", err)
			}
			return "it answers", nil
		}})
	}
	return all
}

func (d *dnsFilter) Apply(e *event.Event, _ func(*event.Event)) {
	for _, step := range []struct {
		fields []field
		ask    func(string) (string, error)
	}{{d.forward, d.resolver.addressOf}, {d.backward, d.nameOf}} {
		for _, f := range step.fields {
			if !d.lookup(e, f, step.ask) {
				return
			}
		}
	}
	d.matched(e)
}

var errNoAddress = errors.New("it is no address")

func (d *dnsFilter) nameOf(text string) (string, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return "", errNoAddress
	}
	return d.resolver.nameOf(addr)
}

// lookup looks one field up, and tells whether the work on the event goes on.
func (d *dnsFilter) lookup(e *event.Event, f field, ask func(string) (string, error)) bool {
	if f.err != nil {
		d.raised(e, f.err)
		return false
	}
	value := e.Get(f.ref)
	if value.IsNil() {
		d.log.Warn("dns: the field is missing", "field", f.ref.String())
		return true
	}
	text := value
	if value.Kind() == event.Array {
		if text = firstOf(value); len(value.Array().Items) > 1 {
			d.log.Warn("dns: the field has several values", "field", f.ref.String())
			return false
		}
	}
	if text.Kind() != event.String {
		d.log.Warn("dns: the field is no text", "field", f.ref.String(), "kind", text.Kind().String())
		return false
	}
	answer, err := d.cached(text.Str(), ask)
	switch {
	case errors.Is(err, errNoAnswer):
		d.env.Conditions.Raise(silentNameserver, d.env.ID, fmt.Sprintf("%v: %s", d.resolver.servers, text.Str()))
		tagAll(e, d.tagOnTimeout)
		return false
	case err != nil:
		d.log.Debug("dns: not found", "value", text.Str(), "error", err)
		return false
	}
	found := event.StringValue(answer)
	result := found
	if value.Kind() == event.Array {
		result = arrayOf([]event.Value{found})
	}
	if d.action == "append" {
		result = arrayOf([]event.Value{text, found})
	}
	if err := e.Set(f.ref, result); err != nil {
		d.raised(e, err)
		return false
	}
	return true
}

var errFailedBefore = errors.New("it was not found a short while ago")

// cached asks, unless the answer is known.
func (d *dnsFilter) cached(text string, ask func(string) (string, error)) (string, error) {
	if _, failed := d.failures.get(text); failed {
		return "", errFailedBefore
	}
	if answer, ok := d.hits.get(text); ok {
		return answer, nil
	}
	answer, err := ask(text)
	switch {
	case errors.Is(err, errNoAddress):
	case err != nil:
		d.failures.put(strings.Clone(text), struct{}{})
	default:
		d.env.Conditions.Clear(silentNameserver, d.env.ID)
		d.hits.put(strings.Clone(text), answer)
	}
	return answer, err
}
