package filter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

// together sends events, one JSON object a line, through the same filters.
func together(t *testing.T, filters []plugin.Filter, lines string) string {
	t.Helper()
	var out []string
	for line := range strings.SplitSeq(lines, "\n") {
		out = append(out, through(t, filters, line))
	}
	return strings.Join(out, "\n")
}

func aggregates(t *testing.T, config string) []plugin.Filter {
	t.Helper()
	env := testEnv()
	env.Shared = new(plugin.Shared)
	filters, err := configure(config, env)
	if err != nil {
		t.Fatal(err)
	}
	return filters
}

func TestAggregateSharesMaps(t *testing.T) {
	event.PoisonReleased(true)
	filters := aggregates(t, `
		aggregate { task_id => "%{id}" code => "map['sum'] = 0; map['hosts'] = []" map_action => "create" }
		aggregate { task_id => "%{id}" code => "map['sum'] += event.get('n'); map['hosts'] << event.get('host'); return if event.get('n') > 2; map['small'] = true" map_action => "update" add_tag => "seen" }
		aggregate { task_id => "%{id}" code => "event.set('sum', map['sum']); event.set('hosts', map['hosts']); event.set('small', map['small'])" map_action => "update" end_of_task => true remove_field => "host" }`)
	got := together(t, filters, `{"id":"a","n":1,"host":"x"}`+"\n"+`{"n":1}`)
	want := normal(t, `{"id":"a","n":1,"sum":1,"hosts":["x"],"small":true,"tags":["seen"]}`+"\n"+`{"n":1}`)
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if n := len(filters[0].(*aggregate).shared.tasks); n != 0 {
		t.Errorf("%d maps are left", n)
	}
}

func TestAggregateTimesOut(t *testing.T) {
	filters := aggregates(t, `aggregate { task_id => "%{id}" code => "map['n'] ||= 0; map['n'] += 1; map_meta.timeout = 5 if event.get('short')" timeout => 60 inactivity_timeout => 30
		push_map_as_event_on_timeout => true timeout_task_id_field => "task" timeout_tags => ["_timeout"] timeout_code => "event.set('twice', event.get('n') * 2)" }`)
	a := filters[0].(*aggregate)
	now := time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return now }
	flush := func(final bool) string {
		b := event.NewBatch()
		defer b.Release()
		var out []string
		a.Flush(b, final, func(e *event.Event) { out = append(out, string(e.AppendJSON(nil))) })
		return normal(t, strings.Join(out, "\n"))
	}
	together(t, filters, `{"id":"a"}`+"\n"+`{"id":"a"}`+"\n"+`{"id":"b","short":true}`)
	if got := flush(false); got != "" {
		t.Errorf("too early: %s", got)
	}
	now = now.Add(10 * time.Second)
	if got := flush(false); got != normal(t, `{"n":1,"task":"b","tags":["_timeout"],"twice":2}`) {
		t.Errorf("after 10 s: %s", got)
	}
	now = now.Add(21 * time.Second)
	if got := flush(true); got != normal(t, `{"n":2,"task":"a","tags":["_timeout","_aggregatefinalflush"],"twice":4}`) {
		t.Errorf("after 31 s: %s", got)
	}
}

func TestAggregatePushesPrevious(t *testing.T) {
	filters := aggregates(t, `aggregate { task_id => "%{c}" code => "map['c'] ||= event.get('c'); map['t'] ||= []; map['t'] << event.get('t'); event.cancel" push_previous_map_as_event => true }`)
	got := together(t, filters, `{"c":"F","t":1}`+"\n"+`{"c":"F","t":2}`+"\n"+`{"c":"G","t":3}`)
	if got != "\n\n"+normal(t, `{"c":"F","t":[1,2]}`) {
		t.Errorf("got %s", got)
	}
}

func TestAggregateByEventTime(t *testing.T) {
	filters := aggregates(t, `aggregate { task_id => "%{id}" code => "map['n'] ||= 0; map['n'] += 1; event.set('n', map['n'])" timeout => 60 timeout_timestamp_field => "@timestamp" push_map_as_event_on_timeout => true }`)
	got := together(t, filters, `{"id":"a","@timestamp":"2021-03-04T00:00:00Z"}`+"\n"+`{"id":"a","@timestamp":"2021-03-04T00:00:30Z"}`+"\n"+`{"id":"a","@timestamp":"2021-03-04T00:02:00Z"}`)
	want := normal(t, `{"id":"a","n":1}`+"\n"+`{"id":"a","n":2}`+"\n"+`{"id":"a","n":1}`+"\n"+`{"n":2}`)
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestAggregateKeepsMaps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "maps")
	config := `aggregate { task_id => "%{id}" aggregate_maps_path => "` + path + `" code => "map['n'] ||= 0; map['n'] += 1; event.set('n', map['n'])" }`
	first := aggregates(t, config)
	through(t, first, `{"id":"a"}`)
	if err := first[0].(*aggregate).Close(); err != nil {
		t.Fatal(err)
	}
	second := aggregates(t, config)
	if got := through(t, second, `{"id":"a"}`); got != normal(t, `{"id":"a","n":2}`) {
		t.Errorf("got %s", got)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the file is still there")
	}
}

func TestAggregateFailures(t *testing.T) {
	filters := aggregates(t, `aggregate { task_id => "%{id}" code => "map['n'] = 1; raise 'no'" add_tag => "never" }`)
	if got := through(t, filters, `{"id":"a"}`); got != normal(t, `{"id":"a","tags":["_aggregateexception"]}`) {
		t.Errorf("got %s", got)
	}
	refused(t, map[string]string{
		`aggregate { task_id => "fixed" code => "" }`:                                     "task_id",
		`aggregate { task_id => "%{a}" code => "x = [" }`:                                 "x = [",
		`aggregate { task_id => "%{a}" code => "" timeout => 5 inactivity_timeout => 6 }`: "inactivity_timeout",
	})
	env := testEnv()
	env.Shared = new(plugin.Shared)
	if _, err := configure(`aggregate { task_id => "%{a}" code => "" timeout => 5 } aggregate { task_id => "%{a}" code => "" timeout => 6 }`, env); err == nil {
		t.Error("two filters with timeouts are accepted")
	}
}
