package filter

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
)

func TestTranslate(t *testing.T) {
	check(t, []sample{
		{"exact", `translate { source => "a" target => "t" dictionary => { "1" => "one" } }`, `{"a":1}`, `{"a":1,"t":"one"}`},
		{"in place", `translate { source => "a" target => "a" dictionary => { "x" => 5 } add_tag => "t" }`, `{"a":["y"]}`, `{"a":["y"],"tags":["t"]}`},
		{"regex", `translate { source => "a" target => "t" regex => true dictionary => ["^4\d\d$", "client", "^5", "server"] }`, `{"a":503}`, `{"a":503,"t":"server"}`},
		{"parts", `translate { source => "a" target => "t" exact => false dictionary => { "a.c" => "DOT" "(" => 1 } }`, `{"a":"abc a.c ("}`, `{"a":"abc a.c (","t":"abc DOT 1"}`},
		{"fallback", `translate { source => "a" target => "t" fallback => "no %{a}" dictionary => { } }`, `{"a":"x"}`, `{"a":"x","t":"no x"}`},
		{"objects of an array", `translate { iterate_on => "l" source => "c" target => "n" dictionary => { "1" => "one" } }`, `{"l":[{"c":1},{"c":2},"x"]}`, `{"l":[{"c":1,"n":"one"},{"c":2},"x"]}`},
		{"values of an array", `translate { iterate_on => "l" source => "l" target => "n" dictionary => { "1" => "one" } }`, `{"l":[1,2]}`, `{"l":[1,2],"n":["one",null]}`},
		{"target is there", `translate { source => "a" target => "t" dictionary => { "x" => "y" } }`, `{"a":"x","t":null}`, `{"a":"x","t":null}`},
	})
	refused(t, map[string]string{
		`translate { dictionary => { "a" => "b" } }`:                                    "source",
		`translate { source => "a" field => "a" dictionary => { "a" => "b" } }`:         "field",
		`translate { source => "a" dictionary_path => "/nowhere/x.yml" }`:               "there is no file",
		`translate { source => "a" dictionary_path => "x.txt" }`:                        ".yml",
		`translate { source => "a" target => "a" override => false dictionary => { } }`: "override",
		`translate { source => "a" regex => true dictionary => { "(" => "x" } }`:        "parenthesis",
	})
}

func TestTranslateFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"d.yml":  "# codes\n\"1\": one\nyes: never\n\"y\": yes\nn: 0x1F\nf: 1.5\nl: [a, 'no', ~]\no: {k: v}\ntext: |\n  two\n  lines\nbase: &b shared\nalias: *b\n\"quoted\": \"no\"\ntime: 12:30:00\n",
		"d.json": `{"1":"one","y":true,"n":31,"f":1.5,"l":["a","no",null],"o":{"k":"v"},"text":"two\nlines\n","alias":"shared","quoted":"no","time":"12:30:00"}`,
		"d.csv":  "1,one\ny,\"a, b\"\n\nn\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ file, key, want string }{}
	for _, file := range []string{"d.yml", "d.json"} {
		for key, want := range map[string]string{"1": `"one"`, "y": `true`, "n": `31`, "f": `1.5`, "l": `["a","no",null]`, "o": `{"k":"v"}`,
			"text": `"two\nlines\n"`, "alias": `"shared"`, "quoted": `"no"`, "time": `"12:30:00"`} {
			tests = append(tests, struct{ file, key, want string }{file, key, want})
		}
	}
	tests = append(tests, struct{ file, key, want string }{"d.csv", "y", `"a, b"`}, struct{ file, key, want string }{"d.csv", "n", `null`})
	for _, tt := range tests {
		filters, err := configure(`translate { source => "a" target => "t" dictionary_path => "`+filepath.Join(dir, tt.file)+`" }`, testEnv())
		if err != nil {
			t.Fatal(err)
		}
		want := normal(t, `{"a":"`+tt.key+`","t":`+tt.want+`}`)
		if got := through(t, filters, `{"a":"`+tt.key+`"}`); got != want {
			t.Errorf("%s: %s: got %s, want %s", tt.file, tt.key, got, want)
		}
	}
}

func TestTranslateRefreshes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.yml")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	write("a: old\nb: kept\n", now)
	env := testEnv()
	env.Conditions = new(health.Conditions)
	filters, err := configure(`translate { source => "a" target => "t" dictionary_path => "`+path+`" refresh_interval => 60 }`, env)
	if err != nil {
		t.Fatal(err)
	}
	look := func(key string) string {
		filters[0].(*translate).file.next.Store(0) // the interval is over
		b := event.NewBatch()
		defer b.Release()
		e := b.New()
		_ = e.Set(event.MustRef("a"), event.StringValue(key))
		filters[0].Apply(e, nil)
		return e.Get(event.MustRef("t")).String()
	}
	if got := look("a"); got != "old" {
		t.Errorf("got %q", got)
	}
	write("a: new\n", now.Add(time.Second))
	if got := look("a") + " " + look("b"); got != "new kept" {
		t.Errorf("after the change: %q", got)
	}
	write("a: [\n", now.Add(2*time.Second))
	if got := look("a"); got != "new" {
		t.Errorf("with a broken file: %q", got)
	}
	if list := env.Conditions.List(); len(list) != 1 || list[0].Code != "dictionary-unreadable" {
		t.Errorf("conditions: %v", list)
	}
	write("a: newer\n", now.Add(3*time.Second))
	if got := look("a"); got != "newer" || len(env.Conditions.List()) != 0 {
		t.Errorf("with the file mended: %q, %v", got, env.Conditions.List())
	}
}
