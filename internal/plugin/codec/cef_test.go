package codec

import (
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

const cefHead = `CEF:0|security|threatmanager|1.0|100|trojan successfully stopped|10|`

const cefHeadFields = `"cefVersion":"0","deviceVendor":"security","deviceProduct":"threatmanager","deviceVersion":"1.0","deviceEventClassId":"100","name":"trojan successfully stopped","severity":"10"`

func TestCEFDecode(t *testing.T) {
	for _, c := range []struct{ name, config, input, want string }{
		{"header", `cef`, cefHead + "\r\n", `{` + cefHeadFields + `}`},
		{"names", `cef`, cefHead + `src=10.0.0.192 dst=12.121.122.82 spt=1232 cs1Label=x y=z`, `{` + cefHeadFields +
			`,"sourceAddress":"10.0.0.192","destinationAddress":"12.121.122.82","sourcePort":"1232","deviceCustomString1Label":"x","y":"z"}`},
		{"blanks and escapes", `cef`, cefHead + `msg=a  b \= c\nd \\ \x moo=this has  spaces `, `{` + cefHeadFields + `,"message":"a  b = c\nd \\ \\x","moo":"this has  spaces"}`},
		{"escapes in the header", `cef`, `CEF:0|a\|b|c\\|1.0|100|n\ame|5|`, `{"cefVersion":"0","deviceVendor":"a|b","deviceProduct":"c\\","deviceVersion":"1.0","deviceEventClassId":"100","name":"n\\ame","severity":"5"}`},
		{"syslog header", `cef`, `<34>Oct 11 host ` + cefHead, `{"syslog":"<34>Oct 11 host",` + cefHeadFields + `}`},
		{"quotes", `cef`, `"` + cefHead + `"`, `{` + cefHeadFields + `}`},
		{"odd keys", `cef`, cefHead + `a.b=1 ad.list[0]=2 x[1]=3 not.a.=key=4`, `{` + cefHeadFields + `,"a.b":"1","ad.list":{"0":"2"},"x":{"1":"3 not.a.=key=4"}}`},
		{"raw", `cef { raw_data_field => "[raw][text]" }`, cefHead, `{"raw":{"text":"` + cefHead + `"},` + cefHeadFields + `}`},
		{"legacy name", `cef`, cefHead + `destinationLatitude=1`, `{` + cefHeadFields + `,"destinationLatitude":"1"}`},
		{"no cef", `cef`, "hello", `{"message":"hello","tags":["_cefparsefailure"]}`},
		{"keyless value", `cef`, cefHead + `oops src=1`, `{"message":"` + cefHead + `oops src=1","tags":["_cefparsefailure"]}`},
		{"two lines", `cef`, cefHead + "\n" + cefHead, `{"message":"` + cefHead + `\n` + cefHead + `","tags":["_cefparsefailure"]}`},
		{"no UTF-8", `cef`, "CEF:\xFF", `{"message":"CEF:\\xFF","tags":["_cefparsefailure"]}`},
	} {
		codec := plugintest.Codec(t, c.config, plugintest.Env(t))
		plugintest.Same(t, c.name, plugintest.Decode(codec, []byte(c.input)), []string{c.want})
	}
	stream := plugintest.Codec(t, `cef { delimiter => "\\r\\n" }`, plugintest.Env(t))
	plugintest.Chunks(t, stream, []byte(cefHead+"a=1\r\n"+cefHead+"b=2\r\nx"))
}

func TestCEFDecodeECS(t *testing.T) {
	env := plugintest.Env(t)
	env.ECS = plugin.ECSV8
	c := plugintest.Codec(t, `cef { device => "host" default_timezone => "Europe/Vienna" }`, env)
	b := event.NewBatch()
	defer b.Release()
	c.NewDecoder().Decode([]byte(cefHead+`src=10.0.0.1 dvc=10.0.0.2 dvchost=h rt=1614868533946 start=Mar 04 2021 15:35:33.946 end=Mar 04 2021 14:35:33 UTC cn1=5 sntdom=x`), b)
	want := `{"@timestamp":"2021-03-04T14:35:33.946Z","@version":"1","cef":{"version":"0","name":"trojan successfully stopped","device_custom_number_1":{"value":"5"}},` +
		`"observer":{"vendor":"security","product":"threatmanager","version":"1.0"},"event":{"code":"100","severity":"10","start":"2021-03-04T14:35:33.946Z","end":"2021-03-04T14:35:33.000Z"},` +
		`"source":{"ip":"10.0.0.1","registered_domain":"x"},"host":{"ip":"10.0.0.2","name":"h"}}`
	plugintest.Same(t, "ECS", plugintest.JSON(b.Events, true), []string{want})
}

func TestCEFTimes(t *testing.T) {
	c := plugintest.Codec(t, `cef { default_timezone => "UTC" locale => "de" }`, plugintest.Env(t)).(*cef)
	english := plugintest.Codec(t, `cef { default_timezone => "UTC" }`, plugintest.Env(t)).(*cef)
	for _, x := range []struct {
		c               *cef
		text, zone, now string
		want            string
	}{
		{english, "1614868533946", "", "2021-03-05", "2021-03-04T14:35:33.946Z"},
		{english, "1614868533946.5", "", "2021-03-05", "2021-03-04T14:35:33.9465Z"},
		{english, "Mar 04 2021 14:35:33", "", "2021-03-05", "2021-03-04T14:35:33Z"},
		{english, "Mar 04 2021 14:35:33.123456789", "-05:00", "2021-03-05", "2021-03-04T19:35:33.123456789Z"},
		{english, "Mar 04 2021 14:35:33.123 EST", "-01:00", "2021-03-05", "2021-03-04T19:35:33.123Z"},
		{english, "Mar 04 14:35:33", "", "2021-03-05", "2021-03-04T14:35:33Z"},
		{english, "Dec 31 23:00:00", "", "2021-01-01", "2020-12-31T23:00:00Z"},
		{english, "Jan 01 01:00:00", "", "2021-12-31", "2022-01-01T01:00:00Z"},
		{c, "Mai 04 2021 14:35:33", "", "2021-03-05", "2021-05-04T14:35:33Z"},
		{english, "Mar 4 2021 14:35:33", "", "2021-03-05", ""},
		{english, "Mar 04 2021 14:35:33 Nowhere", "", "2021-03-05", ""},
		{english, "yesterday", "", "2021-03-05", ""},
	} {
		now, err := time.Parse(time.DateOnly, x.now)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at, err := x.c.time(x.text, x.zone, now); err == nil {
			got = at.Format(time.RFC3339Nano)
		}
		if got != x.want {
			t.Errorf("%s: got %s, want %s", x.text, got, x.want)
		}
	}
}

func TestCEFEncode(t *testing.T) {
	const document = `{"@timestamp":"2021-03-04T14:35:33Z","sourceAddress":"1.2.3.4","message":"a=b\\\r\nc","o":{"k":[1]},"sev":"3.0","app":"x|y","n":1.5}`
	for config, want := range map[string]string{
		`cef`: "CEF:0|Elasticsearch|Logstash|1.0|Logstash|Logstash|6|",
		`cef { vendor => "" product => "%{app}" severity => "%{sev}" fields => ["sourceAddress", "message", "nope", "o", "n", "@timestamp"] delimiter => "\\n" }`: `CEF:0|Elasticsearch|x\|y|1.0|Logstash|Logstash|3|` +
			`sourceAddress=1.2.3.4 message=a\=b\\\nc o={"k":[1]} n=1.5 timestamp=2021-03-04T14:35:33.000Z` + "\n",
		`cef { severity => "11" fields => ["sourceAddress", "message"] reverse_mapping => true }`: `CEF:0|Elasticsearch|Logstash|1.0|Logstash|Logstash|6|src=1.2.3.4 msg=a\=b\\\nc`,
	} {
		if got := plugintest.Encode(t, plugintest.Codec(t, config, plugintest.Env(t)), document); got != want {
			t.Errorf("%s:\n got %q\nwant %q", config, got, want)
		}
	}
}

func TestCEFWrongOptions(t *testing.T) {
	for config, want := range map[string]string{
		`cef { default_timezone => "Mars/Olympus" }`: "Europe/Vienna",
		`cef { locale => "xx-XX" }`:                  "there is no locale",
		`cef { sev => "1" }`:                         "use severity",
		`cef { fields => ["[a"] }`:                   "Invalid FieldReference",
	} {
		_, list := plugintest.Configure(t, plugin.CodecKind, config, plugintest.Env(t))
		plugintest.Says(t, config, list, want)
	}
}

// Text that looks like keys again and again must not take more than linear time.
func TestCEFIsLinear(t *testing.T) {
	c := plugintest.Codec(t, `cef`, plugintest.Env(t))
	for _, part := range []string{"a.b ", "a[0] ", "a ", "\\", ".", " = "} {
		b := event.NewBatch()
		start := time.Now()
		c.NewDecoder().Decode([]byte(cefHead+"k="+strings.Repeat(part, 1<<20/len(part))), b)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("a megabyte of %q takes %v", part, d)
		}
		b.Release()
	}
}
