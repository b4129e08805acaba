package filter

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestGrok(t *testing.T) {
	check(t, []sample{
		{"fields and types", `grok { match => { "message" => "%{IP:ip} %{WORD:verb} %{INT:n:int} %{NUMBER:f:float}" } }`,
			`{"message":"10.0.0.1 GET 5 .5"}`, `{"message":"10.0.0.1 GET 5 .5","ip":"10.0.0.1","verb":"GET","n":5,"f":0.5}`},
		{"nested fields", `grok { match => { "message" => "(?<[user][name]>\w+)" } }`, `{"message":"bob"}`, `{"message":"bob","user":{"name":"bob"}}`},
		{"match as a list of pairs", `grok { match => ["message", "%{WORD:w}"] }`, `{"message":"a"}`, `{"message":"a","w":"a"}`},
		{"a list of texts", `grok { match => { "m" => "%{INT:n}" } }`, `{"m":["1","x","2"]}`, `{"m":["1","x","2"],"n":["1","2"]}`},
		{"empty text with a type", `grok { match => { "m" => "a%{DATA:x:int}b" } }`, `{"m":"ab"}`, `{"m":"ab","x":0}`},
		{"keep empty captures", `grok { match => { "m" => "(?<a>x)?(?<b>y*)z" } keep_empty_captures => true }`, `{"m":"z"}`, `{"m":"z","a":null,"b":""}`},
		{"a failure keeps what was set before", `grok { match => { "m" => "%{WORD:a} %{WORD:[s][x]}" } }`, `{"m":"p q","s":"t"}`, `{"m":"p q","s":"t","a":"p","tags":["_grokparsefailure"]}`},
		{"target with a nested field", `grok { match => { "m" => "%{WORD:[a][b]} %{WORD:c}" } target => "t" }`, `{"m":"p q"}`, `{"m":"p q","t":{"a":{"b":"p"},"c":"q"}}`},
		{"several timeout tags", `grok { match => { "m" => "^(a+)+$" } timeout_millis => 10 tag_on_timeout => ["x", "y"] }`, fmt.Sprintf(`{"m":"%s!"}`, strings.Repeat("a", 60)),
			fmt.Sprintf(`{"m":"%s!","tags":["x","y"]}`, strings.Repeat("a", 60))},
		{"no time limit: the answer", `grok { match => { "m" => "^(a+)+$" } timeout_millis => 0 }`, fmt.Sprintf(`{"m":"%s!"}`, strings.Repeat("a", 60)),
			fmt.Sprintf(`{"m":"%s!","tags":["_grokparsefailure"]}`, strings.Repeat("a", 60))},
		{"escaped text", `grok { match => { "m" => "^%{GREEDYDATA:g}$" } }`, `{"m":"a\"b\u00e9\n"}`, `{"m":"a\"b\u00e9\n","g":"a\"b\u00e9\n"}`},
		{"later texts of one's own win", `grok { match => { "m" => "%{WORD:w}" } pattern_definitions => { "WORD" => "[0-9]+" } }`, `{"m":"a 5"}`, `{"m":"a 5","w":"5"}`},
		{"ecs of its own", `grok { match => { "m" => "%{SYSLOGPROG}" } ecs_compatibility => v8 }`, `{"m":"sshd[5]"}`, `{"m":"sshd[5]","process":{"name":"sshd","pid":5}}`},
	})
}

func TestGrokRefused(t *testing.T) {
	refused(t, map[string]string{
		`grok { match => { "m" => "%{NOSUCH:x}" } }`:                                    "there is no pattern NOSUCH",
		`grok { match => { "m" => ["%{WORD:a}", "x(y"] } }`:                             "end pattern with unmatched parenthesis",
		`grok { match => { "m" => "%{A}" } pattern_definitions => { "A" => "x[" } }`:    "at character 2 of the pattern A",
		`grok { match => { "m" => "%{MINE}" } patterns_dir => ["/no/such/folder"] }`:    "cannot be opened",
		`grok { match => { "m" => "(?<=a+)b" } }`:                                       "invalid pattern in look-behind",
		`grok { match => { "m" => "(?<x>a)\1" } }`:                                      "numbered backref",
		`grok { match => { "m" => "x" } timeout_scope => "line" }`:                      "timeout_scope",
		`grok { match => { "a[" => "x" } }`:                                             "field",
		`grok { match => { "m" => "%{IPORHOSTT:c}" } }`:                                 "did you mean IPORHOST?",
		`grok { match => { "m" => "%{L}" } pattern_definitions => { "L" => "a%{L}" } }`: "uses itself",
		`grok { match => { "m" => "a{1000}{1000}" } singles => true }`:                  "singles",
		`grok { match => { "m" => "(?:(?:(?:ab){100}){100}){100}" } }`:                  "too large",
	})
}

// A folder that is not there is no mistake as long as nothing of it is needed.
func TestGrokAbsentPatterns(t *testing.T) {
	_, list := plugintest.Configure(t, plugin.FilterKind, `grok { match => { "m" => "%{WORD:w}" } patterns_dir => ["/no/such/folder"] }`, plugintest.Env(t))
	if list.Err() != nil || !strings.Contains(list.Text(diag.Plain), "warning SL3206: /no/such/folder") {
		t.Error(list.Text(diag.Plain))
	}
}

func TestGrokPatternFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.pattern": "# mine\nQUEUEID [0-9A-F]{10,11}\n\nTWICE %{QUEUEID}%{QUEUEID}\n",
		"b.other":   "QUEUEID x\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := fmt.Sprintf(`grok { match => { "m" => "%%{QUEUEID:q}" } patterns_dir => [%q] patterns_files_glob => "*.pattern" }`, dir)
	check(t, []sample{{"files", config, `{"m":"BEF25A72965: x"}`, `{"m":"BEF25A72965: x","q":"BEF25A72965"}`}})
	if err := os.WriteFile(filepath.Join(dir, "c.pattern"), []byte("ALONE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, map[string]string{config: "line 1: a pattern is a name, a blank and a regular expression"})
}

func TestGrokUnknownTypeIsAWarning(t *testing.T) {
	check(t, []sample{{"long", `grok { match => { "m" => "%{INT:n:long}" } }`, `{"m":"5"}`, `{"m":"5","n":"5"}`}})
}

func TestRubyNumbersOfTexts(t *testing.T) {
	for text, want := range map[string]string{
		"12ab": "12", "abc": "0", "": "0", " +5": "5", "-7.9": "-7", "1_000": "1000", "1__0": "1", "_1": "0", "12345678901234567890": "12345678901234567890", "0x1F": "0", "-": "0",
	} {
		if got := toI(text).String(); got != want {
			t.Errorf("%q.to_i: got %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]float64{
		"9z": 9, "xyz": 0, ".5": .5, "-.5e1": -5, "1_0.2_5": 10.25, "1.": 1, "1e5": 1e5, "1e": 1, "1e400": math.Inf(1), "-0.0": math.Copysign(0, -1), "+": 0, "1.5.6": 1.5, "\t2": 2,
	} {
		if got := toF(text); got != want || math.Signbit(got) != math.Signbit(want) {
			t.Errorf("%q.to_f: got %v, want %v", text, got, want)
		}
	}
}

func FuzzGrokNumbers(f *testing.F) {
	f.Add("1_0.5e-3x")
	f.Fuzz(func(_ *testing.T, s string) {
		toI(s)
		toF(s)
	})
}

func BenchmarkGrok(b *testing.B) {
	filters, err := configure(`grok { match => { "message" => "%{COMBINEDAPACHELOG}" } }`, testEnv())
	if err != nil {
		b.Fatal(err)
	}
	line := `{"message":"198.51.100.7 - - [04/Mar/2021:14:35:33 +0000] \"GET /index.php?id=1 HTTP/1.1\" 200 5124 \"http://example.org/a\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\""}`
	b.ReportAllocs()
	for b.Loop() {
		batch := event.NewBatch()
		e, _, err := batch.Decode(batch.Copy([]byte(line)))
		if err != nil {
			b.Fatal(err)
		}
		filters[0].Apply(e, nil)
		if e.HasTag("_grokparsefailure") {
			b.Fatal("no match")
		}
		batch.Release()
	}
}
