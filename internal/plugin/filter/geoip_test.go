package filter

import (
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/health"
	"sluice/internal/plugin"
)

// TestGeoIP uses MaxMind's test databases.
func TestGeoIP(t *testing.T) {
	folder := filepath.Join(filepath.Dir(dataDir(t)), "ecs", "maxmind")
	if !exists(folder) {
		t.Skipf("the test databases are not in %s", folder)
	}
	database := func(config, file string) string {
		return strings.Replace(config, "geoip {", `geoip { database => "`+filepath.Join(folder, file)+`"`, 1)
	}
	check(t, []sample{
		{"city", database(`geoip { source => "a" }`, "GeoLite2-City-Test.mmdb"), `{"a":"81.2.69.142"}`,
			`{"a":"81.2.69.142","geoip":{"ip":"81.2.69.142","city_name":"London","continent_code":"EU","country_name":"United Kingdom","country_code2":"GB","country_code3":"GB",` +
				`"region_name":"England","region_code":"ENG","timezone":"Europe/London","location":{"lat":51.5142,"lon":-0.0931},"latitude":51.5142,"longitude":-0.0931}}`},
		{"city by ECS", database(`geoip { source => "[client][ip]" ecs_compatibility => "v8" }`, "GeoLite2-City-Test.mmdb"), `{"client":{"ip":["2.125.160.216"]}}`,
			`{"client":{"ip":"2.125.160.216","geo":{"city_name":"Boxford","continent_code":"EU","country_name":"United Kingdom","country_iso_code":"GB","postal_code":"OX1",` +
				`"region_name":"West Berkshire","region_iso_code":"GB-WBK","timezone":"Europe/London","location":{"lat":51.75,"lon":-1.25}}}}`},
		{"network", database(`geoip { source => "a" target => "t" fields => ["network", "AUTONOMOUS_SYSTEM_NUMBER"] }`, "GeoLite2-ASN-Test.mmdb"), `{"a":"1.128.0.1"}`,
			`{"a":"1.128.0.1","t":{"asn":1221,"network":"1.128.0.0/11"}}`},
		{"not found", database(`geoip { source => "a" add_tag => "t" }`, "GeoLite2-City-Test.mmdb"), `{"a":"10.0.0.1"}`, `{"a":"10.0.0.1","geoip":{},"tags":["_geoip_lookup_failure"]}`},
		{"no address", database(`geoip { source => "a" }`, "GeoLite2-City-Test.mmdb"), `{"a":"example.com"}`, `{"a":"example.com","geoip":{},"tags":["_geoip_lookup_failure"]}`},
		{"missing", database(`geoip { source => "a" tag_on_failure => ["x"] }`, "GeoLite2-City-Test.mmdb"), `{"b":1}`, `{"b":1,"tags":["x"]}`},
	})
	refused(t, map[string]string{
		database(`geoip { source => "a" fields => ["town"] }`, "GeoLite2-City-Test.mmdb"):                "city_name",
		database(`geoip { source => "client_ip" ecs_compatibility => "v8" }`, "GeoLite2-City-Test.mmdb"): "target",
		database(`geoip { source => "a" }`, "README.md"):                                                 "README.md",
	})
}

func TestGeoIPWithoutDatabase(t *testing.T) {
	env := testEnv()
	env.Conditions = new(health.Conditions)
	env.Access = plugin.Access{Paths: map[string]string{"/usr": "/nowhere", "/var": "/nowhere"}}
	filters, err := configure(`geoip { source => "a" }`, env)
	if err != nil {
		t.Fatal(err)
	}
	if got := through(t, filters, `{"a":"192.0.2.1"}`); got != normal(t, `{"a":"192.0.2.1","tags":["_geoip_lookup_failure"]}`) {
		t.Error(got)
	}
	if list := env.Conditions.List(); len(list) != 1 || list[0].Code != "geoip-database-missing" {
		t.Errorf("conditions: %v", list)
	}
}
