package filter

import (
	"fmt"
	"testing"
	"time"

	"sluice/internal/event"
)

// at is the timestamp of an event that went through a date filter.
func at(t *testing.T, config, in string) (time.Time, *event.Event) {
	t.Helper()
	filters, err := configure(config, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch()
	t.Cleanup(b.Release)
	e, _, err := b.Decode(b.Copy([]byte(in)))
	if err != nil {
		t.Fatal(err)
	}
	filters[0].Apply(e, nil)
	got, _ := e.Timestamp()
	return got, e
}

func TestDate(t *testing.T) {
	const before = `"@timestamp":"2019-07-08T09:10:11.121Z"`
	for _, tt := range []struct{ config, in, want string }{
		{`date { match => ["t", "ISO8601"] }`, `{"t":"2021-03-04T14:35:33.9469Z"}`, "2021-03-04T14:35:33.946Z"},
		{`date { match => ["t", "dd/MMM/yyyy:HH:mm:ss Z"] }`, `{"t":"04/Mar/2021:14:35:33 +0200"}`, "2021-03-04T12:35:33Z"},
		{`date { match => ["t", "UNIX"] }`, `{"t":1614868533.9469}`, "2021-03-04T14:35:33.946Z"},
		{`date { match => ["t", "UNIX"] }`, `{"t":"1614868533"}`, "2021-03-04T14:35:33Z"},
		{`date { match => ["t", "UNIX_MS"] }`, `{"t":1614868533946}`, "2021-03-04T14:35:33.946Z"},
		{`date { match => ["t", "yyyy", "UNIX"] }`, `{"t":1614868533}`, "2021-03-04T14:35:33Z"},
		{`date { match => ["t", "yyyy-MM-dd HH:mm"] timezone => "%{[z]}" }`, `{"t":"2021-03-04 14:35","z":"+02:00"}`, "2021-03-04T12:35:00Z"},
		{`date { match => ["t", "yyyy-MM-dd HH:mm"] timezone => "%{[z]}" }`, `{"t":"2021-03-04 14:35","z":"nowhere",` + before + `}`, "2019-07-08T09:10:11.121Z"},
		{`date { match => ["t", "ISO8601"] }`, `{"t":null,` + before + `}`, "2019-07-08T09:10:11.121Z"},
		{`date { match => ["@timestamp", "ISO8601"] }`, `{` + before + `}`, "2019-07-08T09:10:11.121Z"},
		{`date { match => ["t", "TAI64N"] }`, `{"t":"@40",` + before + `}`, "2019-07-08T09:10:11.121Z"},
	} {
		got, _ := at(t, tt.config, tt.in)
		if s := got.Format(time.RFC3339Nano); s != tt.want {
			t.Errorf("%s on %s: got %s, want %s", tt.config, tt.in, s, tt.want)
		}
	}
}

func TestDateFields(t *testing.T) {
	check(t, []sample{
		{"target", `date { match => ["t", "UNIX"] target => "[a][b]" add_tag => ["ok"] }`, `{"t":0}`, `{"t":0,"a":{"b":"1970-01-01T00:00:00.000Z"},"tags":["ok"]}`},
		{"failure", `date { match => ["t", "UNIX"] tag_on_failure => ["x","y"] add_tag => ["ok"] }`, `{"t":"z"}`, `{"t":"z","tags":["x","y"]}`},
		{"missing", `date { match => ["t", "UNIX"] add_tag => ["ok"] }`, `{"u":1}`, `{"u":1}`},
		{"target under a text", `date { match => ["t", "UNIX"] target => "[t][x]" }`, `{"t":"5"}`, `{"t":"5","tags":["_dateparsefailure"]}`},
		{"a list", `date { match => ["t", "UNIX"] }`, `{"t":[1]}`, `{"t":[1],"tags":["_dateparsefailure"]}`},
		{"several match options", `date { match => ["t", "yyyy"] match => ["UNIX"] target => "d" }`, `{"t":1}`, `{"t":1,"d":"1970-01-01T00:00:01.000Z"}`},
	})
}

func TestDateRefused(t *testing.T) {
	refused(t, map[string]string{
		`date { }`:                           "match",
		`date { match => ["t"] }`:            "at least one format",
		`date { match => ["t", "yyyy-QQ"] }`: "Q",
		`date { match => ["t", "ISO8601"] timezone => "Nowhere/At" }`:   "there is no time zone",
		`date { match => ["t", "yyyy-QQ"] timezone => "Nowhere/Else" }`: "yyyy-QQ",
		`date { match => ["t[", "ISO8601"] }`:                           "field",
	})
}

func TestZonesOfEventsAreBounded(t *testing.T) {
	var c zoneCache
	for i := range 2000 {
		c.get(fmt.Sprint("zone", i))
	}
	if len(c.zones) > 501 {
		t.Errorf("%d zones are kept", len(c.zones))
	}
	if z := c.get("+01:00"); z == nil || z != c.get("+01:00") {
		t.Error("a zone is not found")
	}
}

func BenchmarkDate(b *testing.B) {
	for name, line := range map[string][2]string{
		"http": {`date { match => ["t", "dd/MMM/yyyy:HH:mm:ss Z"] }`, `{"t":"04/Mar/2021:14:35:33 +0000"}`},
		"iso":  {`date { match => ["t", "ISO8601"] }`, `{"t":"2021-03-04T14:35:33.946Z"}`},
		"fail": {`date { match => ["t", "MMM dd HH:mm:ss", "UNIX"] }`, `{"t":"2021-03-04T14:35:33.946Z"}`},
	} {
		b.Run(name, func(b *testing.B) {
			filters, err := configure(line[0], testEnv())
			if err != nil {
				b.Fatal(err)
			}
			batch := event.NewBatch()
			defer batch.Release()
			e, _, err := batch.Decode(batch.Copy([]byte(line[1])))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				filters[0].Apply(e, nil)
			}
		})
	}
}
