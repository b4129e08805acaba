package filter

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"sluice/internal/event"
)

func TestUserAgent(t *testing.T) {
	firefox := `Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:86.0) Gecko/20100101 Firefox/86.0`
	check(t, []sample{
		{"ecs", `useragent { source => "u" ecs_compatibility => "v8" add_field => { "major" => "%{[@metadata][filter][user_agent][version][major]}" } }`, `{"u":["` + firefox + `"]}`,
			`{"u":["` + firefox + `"],"major":"86","user_agent":{"name":"Firefox","version":"86.0","device":{"name":"Other"},"os":{"name":"Ubuntu","full":"Ubuntu"}}}`},
		{"old names", `useragent { source => "u" target => "t" prefix => "x_" }`, `{"u":"` + firefox + `"}`,
			`{"u":"` + firefox + `","t":{"x_name":"Firefox","x_version":"86.0","x_major":"86","x_minor":"0","x_device":"Other","x_os":"Ubuntu","x_os_name":"Ubuntu","x_os_full":"Ubuntu"}}`},
		{"in place", `useragent { source => "u" target => "u" ecs_compatibility => "v8" }`, `{"u":"-"}`, `{"u":{"name":"Other","device":{"name":"Other"},"os":{"name":"Other","full":"Other"}}}`},
		{"nothing", `useragent { source => "u" add_tag => "t" }`, `{"u":""}`, `{"u":""}`},
	})
	refused(t, map[string]string{
		`useragent { }`: "source",
		`useragent { source => "u" regexes => "/nowhere" }`: "no such file",
	})
}

func TestUserAgentOwnRules(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.yaml")
	text := `user_agent_parsers:
  - regex: '(tool)/(\d+)\.(\d+)\.(\d+)'
    family_replacement: 'My $1'
os_parsers:
  - regex: 'on (sys)-(\d+)-(x)'
    os_v2_replacement: '$3'
device_parsers:
  - regex: 'BOX ([a-z]+)'
    regex_flag: 'i'
    device_replacement: 'Box $1$2'
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	filters, err := configure(`useragent { source => "u" target => "t" regexes => "`+path+`" ecs_compatibility => "v8" remove_field => "u" }`, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	want := normal(t, `{"t":{"name":"My tool","version":"1.2.3.44","device":{"name":"Box Blue"},"os":{"name":"sys","version":"7.x","full":"sys 7.x"}}}`)
	if got := through(t, filters, `{"u":"tool/1.2.3.44 on sys-7-x box Blue"}`); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLRU(t *testing.T) {
	c := newLRU[int](2, 0)
	c.put("a", 1)
	c.put("b", 2)
	c.get("a")
	c.put("c", 3)
	if _, ok := c.get("b"); ok {
		t.Error("b should have been forgotten")
	}
	if v, ok := c.get("a"); !ok || v != 1 {
		t.Error("a should be there")
	}
	old := newLRU[int](2, time.Nanosecond)
	old.put("a", 1)
	for begin := time.Now(); time.Since(begin) < time.Microsecond; {
	}
	if _, ok := old.get("a"); ok {
		t.Error("a should be too old")
	}
}

func BenchmarkUserAgentRules(b *testing.B) {
	rules, err := builtinUARules()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		rules.parse(`Mozilla/5.0 (Linux; Android 11; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.181 Mobile Safari/537.36`)
	}
}

func BenchmarkUserAgentCached(b *testing.B) {
	filters, err := configure(`useragent { source => "u" target => "t" ecs_compatibility => "v8" }`, testEnv())
	if err != nil {
		b.Fatal(err)
	}
	src := []byte(`{"u":"Mozilla/5.0 (Linux; Android 11; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.181 Mobile Safari/537.36"}`)
	batch := event.NewBatch()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%100 == 99 {
			batch.Release()
			batch = event.NewBatch()
		}
		e, _, _ := batch.Decode(src)
		filters[0].Apply(e, nil)
	}
}
