package input

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sluice/internal/plugin"
	_ "sluice/internal/plugin/codec"
	"sluice/internal/plugin/plugintest"
)

// data returns the path of third-party test data.
func data(t testing.TB, path ...string) string {
	t.Helper()
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		root, _ := os.Getwd()
		for ; root != "/"; root = filepath.Dir(root) {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	dir = filepath.Join(append([]string{dir}, path...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no test data: %v", err)
	}
	return dir
}

type recorded struct {
	Name     string
	Config   string
	Settings map[string]string
	Codec    string
	Input    []string
	Expected []map[string]any
	Error    bool
}

// TestRecordedCases runs what real Logstash was seen to make of bytes. In the file a byte
// that is no UTF-8 is written as half a surrogate pair, U+DC00 + byte.
func TestRecordedCases(t *testing.T) {
	text, err := os.ReadFile(data(t, "logstash-cases", "codec.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var c recorded
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.Name, func(t *testing.T) {
			if c.Config != "filter { }" {
				t.Skip("the case is about a filter")
			}
			env := plugintest.Env(t)
			env.ECS = plugin.ECS(c.Settings["pipeline.ecs_compatibility"])
			p, list := plugintest.Configure(t, plugin.InputKind, "stdin { codec => "+strings.ReplaceAll(c.Codec, `\`, `\\`)+" }", env)
			if c.Error {
				if list.Err() == nil {
					t.Error("accepted, but Logstash refuses it")
				}
				return
			}
			if err := list.Err(); err != nil {
				t.Fatal(err)
			}
			raw := rawInput(t, line)
			got := parsed(t, runStdin(t, p, bytes.NewReader(raw)))
			var want []any
			for _, e := range c.Expected {
				delete(e, "@timestamp")
				delete(e, "@version")
				want = append(want, e)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("input %q\n got %v\nwant %v", raw, got, want)
			}
		})
	}
}

// rawInput returns the input lines of a case as the bytes they stand for.
func rawInput(t *testing.T, line string) []byte {
	var in struct{ Input []json.RawMessage }
	if err := json.Unmarshal([]byte(line), &in); err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, item := range in.Input {
		s := string(item[1 : len(item)-1])
		for len(s) > 0 {
			if strings.HasPrefix(s, `\udc`) {
				var one [1]byte
				n := hexByte(s[4:6])
				one[0] = n
				out = append(out, one[0])
				s = s[6:]
				continue
			}
			end := strings.Index(s, `\udc`)
			if high := strings.Index(s, `\ud83`); end < 0 || high >= 0 && high+6 == end { // a whole pair
				end = len(s)
			}
			var part string
			if err := json.Unmarshal([]byte(`"`+s[:end]+`"`), &part); err != nil {
				t.Fatalf("%q: %v", s[:end], err)
			}
			out = append(out, part...)
			s = s[end:]
		}
		out = append(out, '\n')
	}
	return out
}

func hexByte(s string) byte {
	var n byte
	for i := range 2 {
		c := s[i]
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		n = n<<4 | c
	}
	return n
}

// runStdin runs an input stdin that reads r, and returns the events.
func runStdin(t *testing.T, p plugin.Plugin, r io.Reader) []string {
	p.(*stdin).source = newSource(r)
	var sink plugintest.Sink
	if err := p.(*stdin).Run(context.Background(), &sink); err != nil {
		t.Error(err)
	}
	return sink.Events()
}

func parsed(t *testing.T, events []string) []any {
	var all []any
	for _, e := range events {
		var v map[string]any
		if err := json.Unmarshal([]byte(e), &v); err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		delete(v, "@timestamp")
		delete(v, "@version")
		delete(v, "host")
		all = append(all, v)
	}
	return all
}

func TestStdinFields(t *testing.T) {
	for _, c := range []struct {
		ecs           plugin.ECS
		config, input string
		want          []string
	}{
		{plugin.ECSDisabled, `stdin { }`, "a\nb", []string{`{"message":"a","host":"testhost"}`, `{"message":"b","host":"testhost"}`}},
		{plugin.ECSDisabled, `stdin { codec => json }`, `{"host":"h"}` + "\n", []string{`{"host":"h"}`}},
		{plugin.ECSV8, `stdin { codec => json }`, `[{"a":1},{"a":2}]` + "\n", []string{
			`{"a":1,"event":{"original":"[{\"a\":1},{\"a\":2}]"},"host":{"hostname":"testhost"}}`,
			`{"a":2,"event":{"original":"[{\"a\":1},{\"a\":2}]"},"host":{"hostname":"testhost"}}`}},
		{plugin.ECSV8, `stdin { ecs_compatibility => disabled codec => json_lines }`, `{"a":1}` + "\n", []string{`{"a":1,"host":"testhost"}`}},
		{plugin.ECSV8, `stdin { codec => plain }`, "x\n", []string{`{"message":"x","event":{"original":"x"},"host":{"hostname":"testhost"}}`}},
		{plugin.ECSDisabled, `stdin { codec => csv { columns => ["a", "b"] } }`, "1,2\n3,4", []string{`{"a":"1","b":"2","host":"testhost"}`, `{"a":"3","b":"4","host":"testhost"}`}},
		{plugin.ECSDisabled, `stdin { codec => cef }`, "x\ny\n", []string{`{"message":"x","tags":["_cefparsefailure"],"host":"testhost"}`, `{"message":"y","tags":["_cefparsefailure"],"host":"testhost"}`}},
		{plugin.ECSDisabled, `stdin { codec => json { target => "t" } type => "T" tags => ["g"] add_field => { "f" => "%{a}" } }`, `{"a":1}` + "\n",
			[]string{`{"a":1,"type":"T","f":"1","tags":["g"],"host":"testhost"}`}},
	} {
		env := plugintest.Env(t)
		env.ECS = c.ecs
		p := plugintest.New(t, plugin.InputKind, c.config, env)
		if got := runStdin(t, p, strings.NewReader(c.input)); !slices.Equal(got, c.want) {
			t.Errorf("%s with %q: got %q, want %q", c.config, c.input, got, c.want)
		}
	}
}

func TestStdinRefusesCodecThatOnlyEncodes(t *testing.T) {
	_, list := plugintest.Configure(t, plugin.InputKind, "stdin { codec => rubydebug }", plugintest.Env(t))
	if err := list.Err(); err == nil || !strings.Contains(err.Error(), "rubydebug cannot be used in an input") {
		t.Errorf("got %v", err)
	}
}

// What comes after an input has been stopped is there for the next one.
func TestStdinLosesNothingWhenItIsStopped(t *testing.T) {
	r, w := io.Pipe()
	src := newSource(r)
	start := func(ctx context.Context, sink *plugintest.Sink) chan error {
		p := plugintest.New(t, plugin.InputKind, "stdin { }", plugintest.Env(t)).(*stdin)
		p.source = src
		done := make(chan error)
		go func() { done <- p.Run(ctx, sink) }()
		return done
	}
	ctx, stop := context.WithCancel(context.Background())
	var first, second plugintest.Sink
	done := start(ctx, &first)
	io.WriteString(w, "one\n")
	first.Wait(t, 1)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	done = start(context.Background(), &second)
	io.WriteString(w, "two\n")
	second.Wait(t, 1)
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := second.Events(); len(first.Events()) != 1 || !slices.Equal(got, []string{`{"message":"two","host":"testhost"}`}) {
		t.Errorf("first %q, second %q", first.Events(), got)
	}
}

func TestStdinEndsMultilineEventsInTime(t *testing.T) {
	r, w := io.Pipe()
	p := plugintest.New(t, plugin.InputKind, `stdin { codec => multiline { pattern => "^ " what => previous auto_flush_interval => 0.01 } }`, plugintest.Env(t)).(*stdin)
	p.source = newSource(r)
	var sink plugintest.Sink
	done := make(chan error)
	go func() { done <- p.Run(context.Background(), &sink) }()
	io.WriteString(w, "a\n b\n")
	sink.Wait(t, 1)
	io.WriteString(w, "c\n d")
	w.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	plugintest.Same(t, "stdin", sink.Events(), []string{
		`{"message":"a\n b","tags":["multiline"],"host":"testhost"}`, `{"message":"c\n d","tags":["multiline"],"host":"testhost"}`})
}
