package filter

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.FilterKind,
		Name: "geoip",
		Doc: "Looks an address up in a database of the MaxMind form (`.mmdb`): the place, the network's owner, or what it is used for. " +
			"No database comes with Sluice: give one with `database`, or put it where the system keeps it " +
			"(`/usr/share/GeoIP`, `/var/lib/GeoIP`). Without one, events get the tag `_geoip_lookup_failure`, and a condition says so. " +
			"Host names are not resolved.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-filters-geoip.html",
		Examples: []plugin.Example{
			{Title: "Where a client is", Config: `geoip { source => "[client][ip]" target => "[client]" }`},
		},
		New: func() plugin.Plugin {
			return &geoip{kind: "City", cacheSize: 1000, tagOnFailure: []string{"_geoip_lookup_failure"}}
		},
	})
}

var missingGeoDatabase = health.Define("geoip-database-missing", health.Warning,
	"A geoip filter has no database",
	"Give the path of a .mmdb file with the option database, for example of GeoLite2 City, which MaxMind gives away.")

// geoip is the filter geoip.
type geoip struct {
	common
	database     string
	kind         string
	source       string
	fieldNames   []string
	target       string
	cacheSize    int
	tagOnFailure []string
	ecs          plugin.ECS

	from   field
	to     event.Ref
	reader *maxminddb.Reader
	read   geoReader
	wanted []geoOutput
	cache  *lru[[]geoValue]
}

// geoOutput is a field of the result and where it goes.
type geoOutput struct {
	name string
	ref  event.Ref
}

// geoValue is a value for the output of an index.
type geoValue struct {
	output int
	value  event.Value
}

func (g *geoip) Options() []plugin.Option {
	return append([]plugin.Option{
		plugin.Path("database", &g.database, "The database, a file of the MaxMind form."),
		plugin.Enum("default_database_type", &g.kind, []string{"City", "ASN"}, "Which of the GeoLite2 databases to look for where none is given."),
		plugin.String("source", &g.source, "The field with the address. Of an array the first item counts.").Must(),
		plugin.Strings("fields", &g.fieldNames, "The fields to set, such as `city_name` and `location`. By default those that the database has."),
		plugin.String("target", &g.target, "The field that gets the results. By default `geoip`; where fields are named by ECS, what the source `[…][ip]` stands in."),
		plugin.Int("cache_size", &g.cacheSize, 0, 1<<31, "How many addresses are remembered with their results."),
		plugin.Strings("tag_on_failure", &g.tagOnFailure, "The tags of events whose address was not found."),
		plugin.ECSOption(&g.ecs),
	}, g.Common()...)
}

func (g *geoip) Open(env *plugin.Env) error {
	g.prepare(env)
	ecs := g.ecs.Or(env.ECS).Enabled()
	if g.target == "" {
		g.target = "geoip"
		if ecs {
			target, ok := strings.CutSuffix(g.source, "[ip]")
			if !ok || target == "" {
				return env.Invalid("source", `give the target, such as target => "[client]"`,
					"the target can only be told from a source such as [client][ip], not from %s", g.source)
			}
			g.target = target
		}
	}
	g.from = newField(g.source)
	to, err := event.ParseRef(g.target)
	if err != nil {
		return env.Invalid("target", "write a field as name or as [outer][inner]", "%v", err)
	}
	g.to = to
	g.cache = newLRU[[]geoValue](g.cacheSize, 0)
	path := g.path(env)
	if path == "" {
		env.Log.Warn("geoip has no database; give one with the option database", "kind", g.kind)
		env.Conditions.Raise(missingGeoDatabase, env.ID, "there is no GeoLite2-"+g.kind+".mmdb on this machine")
		return g.want(nil, ecs, env)
	}
	if g.reader, err = maxminddb.Open(path); err != nil {
		return env.Invalid("database", "give a file of the MaxMind form (.mmdb)", "%s: %v", path, err)
	}
	kind := geoKindOf(g.reader.Metadata.DatabaseType)
	if kind == nil {
		defer g.Close()
		return env.Invalid("database", "City, Country, ASN, ISP, Domain, Anonymous-IP and Enterprise are", "databases of the type %s are not supported", g.reader.Metadata.DatabaseType)
	}
	g.read = kind.read
	return g.want(kind, ecs, env)
}

// path returns the path of the database, or nothing.
func (g *geoip) path(env *plugin.Env) string {
	if g.database != "" {
		return env.Access.Reading(g.database)
	}
	for _, folder := range []string{"/usr/share/GeoIP", "/var/lib/GeoIP", "/usr/local/share/GeoIP"} {
		path := env.Access.Path(folder + "/GeoLite2-" + g.kind + ".mmdb")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// want notes the fields to set, in the order of geoFields.
func (g *geoip) want(kind *geoKind, ecs bool, env *plugin.Env) error {
	var names []string
	for _, name := range g.fieldNames {
		name = strings.ToLower(name)
		if !slices.ContainsFunc(geoFields, func(f geoField) bool { return f.name == name }) {
			var known []string
			for _, f := range geoFields {
				known = append(known, f.name)
			}
			return env.Invalid("fields", "the fields are "+strings.Join(known, ", "), "there is no field %q", name)
		}
		names = append(names, name)
	}
	if len(names) == 0 && kind != nil {
		names = kind.fields
		if kind.name == "City" && !ecs {
			names = append(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "region_iso_code" }), "region_code")
		}
	}
	for _, f := range geoFields {
		if !slices.Contains(names, f.name) {
			continue
		}
		path := f.old
		if ecs {
			path = f.ecs
		}
		if path == "" {
			continue
		}
		ref, err := event.ParseRef("[" + g.target + "][" + strings.ReplaceAll(path, ".", "][") + "]")
		if err != nil {
			return err
		}
		g.wanted = append(g.wanted, geoOutput{f.name, ref})
	}
	return nil
}

// Close gives the database back.
func (g *geoip) Close() error {
	if g.reader == nil {
		return nil
	}
	return g.reader.Close()
}

func (g *geoip) Apply(e *event.Event, _ func(*event.Event)) {
	found, err := g.apply(e)
	switch {
	case err != nil:
		g.raised(e, err)
	case found:
		g.matched(e)
	default:
		tagAll(e, g.tagOnFailure)
	}
}

func (g *geoip) apply(e *event.Event) (bool, error) {
	if g.from.err != nil {
		return false, g.from.err
	}
	v := e.Get(g.from.ref)
	if v.Kind() == event.Array {
		v = firstOf(v)
	}
	text := strings.TrimSpace(v.Str())
	if text == "" || g.reader == nil {
		return false, nil
	}
	values, ok := g.cache.get(text)
	if !ok {
		var err error
		if values, err = g.lookup(text); err != nil {
			return false, err
		}
		g.cache.put(strings.Clone(text), values)
	}
	if e.Get(g.to).IsNil() {
		if err := e.Set(g.to, event.ObjectValue(&event.ObjectData{})); err != nil {
			return false, err
		}
	}
	for _, v := range values {
		if err := e.Set(g.wanted[v.output].ref, v.value.Clone()); err != nil {
			return false, err
		}
	}
	return len(values) > 0, nil
}

// lookup returns the values for an address, none when it is not in the database. They
// live in memory of their own.
func (g *geoip) lookup(text string) ([]geoValue, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return nil, nil
	}
	addr = addr.Unmap().WithZone("")
	result := g.reader.Lookup(addr)
	if err := result.Err(); err != nil || !result.Found() {
		return nil, err
	}
	found, err := g.read(result)
	if err != nil || found == nil {
		return nil, err
	}
	found["ip"] = event.StringValue(javaAddress(addr))
	var values []geoValue
	for i, out := range g.wanted {
		if v, ok := found[out.name]; ok {
			values = append(values, geoValue{i, v})
		}
	}
	return values, nil
}

// javaAddress is Java's getHostAddress: IPv6 without shortening.
func javaAddress(addr netip.Addr) string {
	if addr.Is4() {
		return addr.String()
	}
	b := addr.As16()
	parts := make([]string, 8)
	for i := range parts {
		parts[i] = fmt.Sprintf("%x", uint16(b[2*i])<<8|uint16(b[2*i+1]))
	}
	return strings.Join(parts, ":")
}
