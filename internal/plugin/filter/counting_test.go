package filter

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
)

func TestCIDR(t *testing.T) {
	check(t, []sample{
		{"inside", `cidr { address => ["%{a}"] network => ["10.0.0.0/8, fd00::/8"] add_tag => "in" }`, `{"a":"10.1.2.3"}`, `{"a":"10.1.2.3","tags":["in"]}`},
		{"outside", `cidr { address => ["%{a}"] network => ["10.0.0.0/255.0.0.0"] add_tag => "in" }`, `{"a":"11.1.2.3"}`, `{"a":"11.1.2.3"}`},
		{"IPv4 in IPv6", `cidr { address => ["%{a}"] network => ["192.0.2.0/24"] add_tag => "in" }`, `{"a":"::ffff:192.0.2.1"}`, `{"a":"::ffff:192.0.2.1","tags":["in"]}`},
		{"field and network of the event", `cidr { address_field => "a" network => ["%{n}"] add_tag => "in" }`, `{"a":["x","192.0.2.1"],"n":"192.0.2.1"}`, `{"a":["x","192.0.2.1"],"n":"192.0.2.1","tags":["in"]}`},
	})
	refused(t, map[string]string{
		`cidr { network => "10.0.0.0/8" network_path => "x" }`: "network_path",
		`cidr { network_path => "/nowhere" }`:                  "no such file",
	})
}

func TestCIDRFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n")
	if err := os.WriteFile(path, []byte("10.0.0.0/8\nnone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := testEnv()
	env.Conditions = new(health.Conditions)
	filters, err := configure(`cidr { address => "%{a}" network_path => "`+path+`" add_tag => "in" }`, env)
	if err != nil {
		t.Fatal(err)
	}
	tagged, plain := `{"a":"10.0.0.1","tags":["in"]}`, `{"a":"10.0.0.1"}`
	for _, step := range []struct{ file, want, condition string }{
		{"10.0.0.0/8", tagged, ""}, {"", tagged, "network-list-unreadable"}, {"192.0.2.0/24", plain, ""},
	} {
		if err := os.WriteFile(path, []byte(step.file), 0o600); err != nil {
			t.Fatal(err)
		}
		filters[0].(*cidr).next.Store(0)
		if got := through(t, filters, plain); got != normal(t, step.want) {
			t.Errorf("with %q: %s", step.file, got)
		}
		code := ""
		if list := env.Conditions.List(); len(list) > 0 {
			code = list[0].Code
		}
		if code != step.condition {
			t.Errorf("with %q: condition %q, want %q", step.file, code, step.condition)
		}
	}
}

func TestDeDot(t *testing.T) {
	check(t, []sample{
		{"separator", `de_dot { }`, `{"a.b":1,"c":{"d.e":2}}`, `{"a_b":1,"c":{"d.e":2}}`},
		{"nested", `de_dot { nested => true }`, `{"id.orig.h":1,"id.resp":2}`, `{"id":{"orig":{"h":1},"resp":2}}`},
		{"recursive", `de_dot { recursive => true }`, `{"a.b":{"c.d":{"e.f":1}},"g":{"h.i":2}}`, `{"a_b":{"c_d":{"e_f":1}},"g":{"h_i":2}}`},
		{"some fields", `de_dot { fields => ["[c][d.e]", "none.x"] }`, `{"a.b":1,"c":{"d.e":2}}`, `{"a.b":1,"c":{"d_e":2}}`},
		{"failure", `de_dot { nested => true }`, `{"a.b":1,"a":"x"}`, `{"a.b":1,"a":"x","tags":["_de_dot_error"]}`},
	})
	refused(t, map[string]string{`de_dot { separator => "." }`: "dot"})
}

func TestMultiline(t *testing.T) {
	refused(t, map[string]string{`multiline { pattern => "^\s" what => "previous" }`: "codec multiline"})
}

func TestThrottle(t *testing.T) {
	filters, err := configure(`throttle { key => "%{k}" before_count => 2 after_count => 3 period => "60" max_age => 120 add_tag => "t" }`, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	for _, s := range []struct{ key, at string }{
		{"a", "00:00:00"}, {"a", "00:00:10"}, {"a", "00:00:20"}, {"a", "00:00:30"}, {"b", "00:00:30"}, {"a", "00:01:00"}, {"a", "00:00:40"},
	} {
		b := event.NewBatch()
		e, _, err := b.Decode([]byte(`{"k":"` + s.key + `","@timestamp":"2021-03-04T` + s.at + `Z"}`))
		if err != nil {
			t.Fatal(err)
		}
		filters[0].Apply(e, nil)
		got = append(got, e.HasTag("t"))
		b.Release()
	}
	want := []bool{true, false, false, true, true, true, true}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("matched: %v, want %v", got, want)
			break
		}
	}
}

func TestThrottleForgets(t *testing.T) {
	filters, err := configure(`throttle { key => "%{k}" max_age => 100 max_counters => 10 }`, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	f := filters[0].(*throttle)
	for i := range int64(50) {
		f.count(string(rune('a'+i)), 10*i, 60)
	}
	f.Flush(nil, false, nil)
	if len(f.keys) != 11 || f.age != 95 {
		t.Errorf("%d keys, age %d", len(f.keys), f.age)
	}
}

func TestMetrics(t *testing.T) {
	filters, err := configure(`metrics { meter => ["events_%{k}"] timer => { "took" => "%{ms}" } percentiles => [50] rates => [1] flush_interval => 10 clear_interval => 20 add_tag => "metric" }`, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	m := filters[0].(*metrics)
	now := time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)
	m.now = func() time.Time { return now }
	flush := func() string {
		b := event.NewBatch()
		defer b.Release()
		out := ""
		m.Flush(b, false, func(e *event.Event) { out = normal(t, string(e.AppendJSON(nil))) })
		return out
	}
	if got := flush(); got != "" {
		t.Errorf("nothing was measured: %s", got)
	}
	for _, ms := range []string{"1", "2", "6"} {
		through(t, filters, `{"k":"x","ms":`+ms+`}`)
	}
	now = now.Add(5 * time.Second)
	if got := flush(); got != "" {
		t.Errorf("too early: %s", got)
	}
	now = now.Add(5 * time.Second)
	rate := 0.6 - (1-math.Exp(-1.0/12))*0.6
	b := event.NewBatch()
	e := b.New()
	m.Flush(b, false, func(made *event.Event) { e = made })
	for ref, want := range map[string]float64{"[events_x][rate_1m]": rate, "[took][rate_1m]": rate, "[took][min]": 1, "[took][max]": 6, "[took][mean]": 3, "[took][p50]": 2, "[took][stddev]": math.Sqrt(math.Sqrt(7))} {
		if got := e.Get(event.MustRef(ref)).Float(); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", ref, got, want)
		}
	}
	if n := e.Get(event.MustRef("[events_x][count]")).Int(); n != 3 || !e.HasTag("metric") || e.Get(messageField).Str() != "testhost" {
		t.Errorf("count %d in %s", n, e.AppendJSON(nil))
	}
	b.Release()
	now = now.Add(10 * time.Second)
	flush() // it is time to start anew
	now = now.Add(10 * time.Second)
	if got := flush(); got != "" {
		t.Errorf("after clearing: %s", got)
	}
	refused(t, map[string]string{`metrics { meter => "x" rates => [2] }`: "rate"})
}
