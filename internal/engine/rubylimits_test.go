package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/queue"
	"sluice/internal/settings"
)

// rubyAtLimits has a line for each limit that code can exceed, and one for what fails
// otherwise: event n fails in line n of the code.
const rubyAtLimits = `case event.get('n')
when 1 then loop { }
when 2 then s = 'a' * 1000; loop { s << s }
when 3 then ('a' * 3000) =~ /^(?:(a+)+\1)+$x/
when 4 then f = lambda { |n| f.call(n + 1) }; f.call(1)
when 5 then raise ArgumentError, 'no "5"'
when 6 then sum = 0; 200_000.times { |i| sum += i }; event.set('sum', sum)
end`

// TestRubyLimits runs pipelines whose settings are those of a logstash.yml and a
// pipelines.yml. What exceeds a limit lies in the dead letter queue with its reason, and
// the API and the metrics count it by place.
func TestRubyLimits(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	file := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code := filepath.Join(dir, "code.rb")
	file("code.rb", "def filter(event)\n"+rubyAtLimits+"\n[event]\nend\n")
	file("logstash.yml", "pipeline.workers: 1\nruby.limits.steps: 50000\nruby.limits.memory: 1mb\nruby.limits.depth: 100\n")
	config := fmt.Sprintf("input { test_source { from => 1 count => 6 } } filter { ruby { id => \"it\" path => %q } } output { null { } }", code)
	file("pipelines.yml", fmt.Sprintf(`
- pipeline.id: strict
  config.string: |
    %[1]s
- pipeline.id: patient
  ruby.limits.steps: 1000000000
  ruby.limits.time: 1s
  ruby.limits.memory: 16mb
  ruby.limits.depth: 3000
  config.string: |
    %[1]s
`, config))
	general := settings.New()
	text, err := os.ReadFile(filepath.Join(dir, "logstash.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if list := general.ReadFile(diag.NewSource("logstash.yml", string(text))); list.Err() != nil {
		t.Fatal(list)
	}
	if list := general.Set("path.settings", dir, diag.Span{}); list.Err() != nil {
		t.Fatal(list)
	}
	pipelines, list := Load(general, plugin.Access{})
	if list.Err() != nil {
		t.Fatal(list)
	}
	e, list := New(pipelines, Options{Log: slog.New(slog.DiscardHandler), DataDir: data})
	if list.Err() != nil {
		t.Fatal(list)
	}
	if err := e.Run(context.Background(), context.Background()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(NewAPI(e, general, APIOptions{Log: slog.New(slog.DiscardHandler), Levels: noLevels{}, Version: "test", NodeID: "id", NodeName: "name"}))
	defer server.Close()

	// class and message of each line, in both pipelines; "" where nothing fails.
	const stack = "SystemStackError: stack level too deep"
	wanted := map[string][6]string{
		"strict": {
			"limit: the script needs more than 50000 steps", "limit: the script needs more than 1048576 bytes of memory", "limit: the script needs more than 20000000 steps of one regular expression",
			stack, `ArgumentError: no "5"`, "limit: the script needs more than 50000 steps",
		},
		"patient": {
			"limit: the script needs more than 1000000000 ns", "limit: the script needs more than 16777216 bytes of memory", "limit: the script needs more than 20000000 steps of one regular expression",
			stack, `ArgumentError: no "5"`, "",
		},
	}
	var stats struct {
		Pipelines map[string]struct {
			Plugins struct {
				Filters []struct {
					ID       string
					Failures []struct {
						Place, Class, Message string
						Count                 int
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(fetch(t, server.URL+"/_node/stats/pipelines", "application/json")), &stats); err != nil {
		t.Fatal(err)
	}
	metrics := fetch(t, server.URL+"/metrics", "text/plain")
	for id, lines := range wanted {
		letters := map[string]string{} // reasons by place
		err := queue.PeekDeadLetters(context.Background(), nil, filepath.Join(data, "dead_letter_queue", id), func(l queue.DeadLetter) error {
			place, reason, _ := strings.Cut(l.Reason, ": ")
			letters[place] = reason
			if l.PluginID != "it" || l.PluginType != "ruby" || len(l.Event) == 0 {
				t.Errorf("%s: dead letter %+v", id, l)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		failures := map[string]string{} // class and message by place
		for _, f := range stats.Pipelines[id].Plugins.Filters[0].Failures {
			if failures[f.Place] = f.Class + ": " + f.Message; f.Count != 1 {
				t.Errorf("%s: %+v", id, f)
			}
		}
		count := 0
		for i, want := range lines {
			if want == "" {
				continue
			}
			count++
			place := fmt.Sprintf("%s:%d", code, i+3)
			class, message, _ := strings.Cut(want, ": ")
			got := failures[place]
			if !strings.HasPrefix(got, class) || !strings.Contains(got, message) {
				t.Errorf("%s: the API tells of %s: %q, want %q", id, place, got, want)
			}
			if line := fmt.Sprintf(`sluice_plugin_failures_total{pipeline=%q,plugin="it",name="ruby",place=%q,class=%q} 1`, id, place, class); !strings.Contains(metrics, line+"\n") {
				t.Errorf("the metrics lack %s", line)
			}
			if reason, dead := letters[place]; dead != (class == "limit") || dead && !strings.HasPrefix(reason, message) {
				t.Errorf("%s: dead letter of %s: %q, want %q", id, place, reason, want)
			}
		}
		if len(failures) != count {
			t.Errorf("%s: %d places, want %d: %v", id, len(failures), count, failures)
		}
	}
}
