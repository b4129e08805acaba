package filter

import (
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"sluice/internal/event"
)

// geoField is a field of geoip's results and its names: the old one, and by ECS ("" for
// none). Source: org.logstash.filters.geoip.Field.
type geoField struct{ name, ecs, old string }

var geoFields = []geoField{
	{"autonomous_system_number", "as.number", "asn"},
	{"autonomous_system_organization", "as.organization.name", "as_org"},
	{"city_name", "geo.city_name", "city_name"},
	{"country_name", "geo.country_name", "country_name"},
	{"continent_code", "geo.continent_code", "continent_code"},
	{"continent_name", "geo.continent_name", "continent_name"},
	{"country_code2", "geo.country_iso_code", "country_code2"},
	{"country_code3", "", "country_code3"},
	{"domain", "domain", "domain"},
	{"ip", "ip", "ip"},
	{"isp", "mmdb.isp", "isp"},
	{"postal_code", "geo.postal_code", "postal_code"},
	{"dma_code", "mmdb.dma_code", "dma_code"},
	{"region_name", "geo.region_name", "region_name"},
	{"region_code", "geo.region_code", "region_code"},
	{"region_iso_code", "geo.region_iso_code", "region_iso_code"},
	{"timezone", "geo.timezone", "timezone"},
	{"location", "geo.location", "location"},
	{"latitude", "geo.location.lat", "latitude"},
	{"longitude", "geo.location.lon", "longitude"},
	{"organization", "mmdb.organization", "organization"},
	{"network", "ip_traits.network", "network"},
	{"hosting_provider", "ip_traits.hosting_provider", "hosting_provider"},
	{"tor_exit_node", "ip_traits.tor_exit_node", "tor_exit_node"},
	{"anonymous_vpn", "ip_traits.anonymous_vpn", "anonymous_vpn"},
	{"anonymous", "ip_traits.anonymous", "anonymous"},
	{"public_proxy", "ip_traits.public_proxy", "public_proxy"},
	{"residential_proxy", "ip_traits.residential_proxy", "residential_proxy"},
}

// geoReader reads what a database holds for an address; nil when that is nothing.
type geoReader func(maxminddb.Result) (map[string]event.Value, error)

// geoKind is a kind of database. Source: org.logstash.filters.geoip.Database.
type geoKind struct {
	name   string // part of the type that the database gives itself
	fields []string
	read   geoReader
}

var geoKinds = []geoKind{
	{"City", []string{"ip", "city_name", "continent_code", "country_name", "country_code2", "country_code3", "postal_code", "dma_code",
		"region_name", "region_iso_code", "timezone", "location", "latitude", "longitude"}, readGeoPlace(true)},
	{"Country", []string{"ip", "country_code2", "country_name", "continent_name"}, readGeoPlace(false)},
	{"GeoIP2-Domain", []string{"domain"}, readGeoTraits},
	{"GeoLite2-ASN", []string{"ip", "autonomous_system_number", "autonomous_system_organization"}, readGeoTraits},
	{"GeoIP2-ISP", []string{"ip", "autonomous_system_number", "autonomous_system_organization", "isp", "organization"}, readGeoTraits},
	{"Enterprise", []string{"ip", "country_code2", "country_name", "continent_name", "region_iso_code", "region_name", "city_name", "location"}, readGeoPlace(false)},
	{"GeoIP2-Anonymous-IP", []string{"hosting_provider", "tor_exit_node", "anonymous_vpn", "anonymous", "public_proxy", "residential_proxy"}, readGeoTraits},
}

func geoKindOf(databaseType string) *geoKind {
	for i := range geoKinds {
		if strings.Contains(databaseType, geoKinds[i].name) {
			return &geoKinds[i]
		}
	}
	return nil
}

type geoNamed struct {
	Code    string            `maxminddb:"code"`
	ISOCode string            `maxminddb:"iso_code"`
	Names   map[string]string `maxminddb:"names"`
}

// geoPlace is a record of a City, Country or Enterprise database.
type geoPlace struct {
	City         geoNamed   `maxminddb:"city"`
	Continent    geoNamed   `maxminddb:"continent"`
	Country      geoNamed   `maxminddb:"country"`
	Subdivisions []geoNamed `maxminddb:"subdivisions"`
	Location     struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
		MetroCode int64    `maxminddb:"metro_code"`
		TimeZone  string   `maxminddb:"time_zone"`
	} `maxminddb:"location"`
	Postal struct {
		Code string `maxminddb:"code"`
	} `maxminddb:"postal"`
	Traits geoTraits `maxminddb:"traits"`
}

// geoTraits is a record of the other databases.
type geoTraits struct {
	ASN              int64  `maxminddb:"autonomous_system_number"`
	ASOrganization   string `maxminddb:"autonomous_system_organization"`
	ISP              string `maxminddb:"isp"`
	Organization     string `maxminddb:"organization"`
	Domain           string `maxminddb:"domain"`
	Anonymous        bool   `maxminddb:"is_anonymous"`
	AnonymousVPN     bool   `maxminddb:"is_anonymous_vpn"`
	HostingProvider  bool   `maxminddb:"is_hosting_provider"`
	PublicProxy      bool   `maxminddb:"is_public_proxy"`
	ResidentialProxy bool   `maxminddb:"is_residential_proxy"`
	TorExitNode      bool   `maxminddb:"is_tor_exit_node"`
}

type geoResult map[string]event.Value

func (r geoResult) text(name, text string) {
	if text != "" {
		r[name] = event.StringValue(text)
	}
}

// readGeoPlace returns the reader of places. A place without coordinates is none in a
// City database.
func readGeoPlace(needsLocation bool) geoReader {
	return func(result maxminddb.Result) (map[string]event.Value, error) {
		var p geoPlace
		if err := result.Decode(&p); err != nil {
			return nil, err
		}
		at := p.Location
		if needsLocation && at.Latitude == nil && at.Longitude == nil {
			return nil, nil
		}
		r := geoResult{}
		r.text("city_name", p.City.Names["en"])
		r.text("continent_code", p.Continent.Code)
		r.text("continent_name", p.Continent.Names["en"])
		r.text("country_name", p.Country.Names["en"])
		r.text("country_code2", p.Country.ISOCode)
		r.text("country_code3", p.Country.ISOCode)
		r.text("postal_code", p.Postal.Code)
		r.text("timezone", at.TimeZone)
		if at.MetroCode != 0 {
			r["dma_code"] = event.IntValue(at.MetroCode)
		}
		if n := len(p.Subdivisions); n > 0 {
			region := p.Subdivisions[n-1]
			r.text("region_name", region.Names["en"])
			r.text("region_code", region.ISOCode)
			if p.Country.ISOCode != "" && region.ISOCode != "" {
				r.text("region_iso_code", p.Country.ISOCode+"-"+region.ISOCode)
			}
		}
		if at.Latitude != nil {
			r["latitude"] = event.FloatValue(*at.Latitude)
		}
		if at.Longitude != nil {
			r["longitude"] = event.FloatValue(*at.Longitude)
		}
		if at.Latitude != nil && at.Longitude != nil {
			o := &event.ObjectData{}
			o.Set("lat", r["latitude"])
			o.Set("lon", r["longitude"])
			r["location"] = event.ObjectValue(o)
		}
		p.Traits.add(r, result)
		return r, nil
	}
}

func readGeoTraits(result maxminddb.Result) (map[string]event.Value, error) {
	var t geoTraits
	if err := result.Decode(&t); err != nil {
		return nil, err
	}
	r := geoResult{}
	t.add(r, result)
	return r, nil
}

func (t *geoTraits) add(r geoResult, result maxminddb.Result) {
	if t.ASN != 0 {
		r["autonomous_system_number"] = event.IntValue(t.ASN)
	}
	r.text("autonomous_system_organization", t.ASOrganization)
	r.text("isp", t.ISP)
	r.text("organization", t.Organization)
	r.text("domain", t.Domain)
	r.text("network", result.Prefix().String())
	for name, is := range map[string]bool{"anonymous": t.Anonymous, "anonymous_vpn": t.AnonymousVPN, "hosting_provider": t.HostingProvider,
		"public_proxy": t.PublicProxy, "residential_proxy": t.ResidentialProxy, "tor_exit_node": t.TorExitNode} {
		r[name] = event.BoolValue(is)
	}
}
