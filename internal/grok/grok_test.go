package grok

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/internal/onig"
)

func mustCompile(t testing.TB, expr string, ecs bool) *Pattern {
	t.Helper()
	p, err := Compile(expr, Core(ecs), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fields returns what a match gives, as text.
func fields(t testing.TB, p *Pattern, text string) string {
	t.Helper()
	trace, ok, err := p.trace(text)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return "no match"
	}
	var list []string
	for _, f := range trace.Fields {
		list = append(list, f.Name+"="+f.Value)
	}
	return strings.Join(list, " ")
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct{ expr, text, want string }{
		{`%{IPORHOST:client} %{WORD:verb}`, "10.0.0.1 GET", "client=10.0.0.1 verb=GET"},
		{`%{INT:a:int} %{NUMBER:b:float}`, "1 2.5", "a=1 b=2.5"},
		{`(?<[user][name]>\w+)@%{HOSTNAME:[host][name]}`, "bob@example.org", "[user][name]=bob [host][name]=example.org"},
		{`(?<n:int>\d+)`, "12", "int=12"},
		{`%{VERS:v=[0-9.]+} %{VERS:w}`, "1.2 3", "v=1.2 w=3"},
		{`%{Q:q=a{2}|\}}x`, "aax", "q=aa"},
		{`%{WORD:a-b.c} %{WORD:@x}`, "p q", "a-b.c=p @x=q"},
		{`%{INT junk:x}%`, "5%", ""},
		{`%%{INT:n}`, "%5", "n=5"},
		{`%{}%{ INT}`, "%{}%{ INT}", ""},
		{`%{WORD:w} %{WORD:w}`, "a b", "w=a w=b"},
		{`.%{GREEDYDATA:g}$`, "a\nb\nc", "g=\nb\nc"},
		{`%{YEAR:y}%{INT:rest}`, "2021", "y=20 rest=21"},
		{`%{IPV4:ip}`, "1234.5.6.7.8", "ip=5.6.7.8"},
		{`ip=%{IP:ip}(?:;|$)`, "ip=256.1.1.1", "no match"},
	} {
		if got := fields(t, mustCompile(t, tt.expr, false), tt.text); got != tt.want {
			t.Errorf("%s on %q: got %q, want %q", tt.expr, tt.text, got, tt.want)
		}
	}
}

func TestAllCaptures(t *testing.T) {
	p, err := Compile("%{IP:src}:%{INT}", Core(false), Options{AllCaptures: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := fields(t, p, "10.0.0.1:80"); got != "src=10.0.0.1 IPV4=10.0.0.1 INT=80" {
		t.Error(got)
	}
}

func TestOnlyTheFirstGroupOfANameIsConverted(t *testing.T) {
	p := mustCompile(t, "%{INT:n:int}|x%{INT:n:int}", false)
	if got := fmt.Sprint(p.Captures()); got != "[{n int 1} {n text 2}]" {
		t.Error(got)
	}
}

func TestErrors(t *testing.T) {
	lib := Core(false)
	lib.Define("LOOP", "a%{LOOP2}")
	lib.Define("LOOP2", "%{LOOP}")
	lib.Define("BROKEN", "ab(c")
	lib.Define("OUTER", "x%{BROKEN}y")
	for _, tt := range []struct {
		expr   string
		offset int
		want   string
	}{
		{"a %{NOSUCH:x}", 2, "there is no pattern NOSUCH, at character 3 of the expression; define it with pattern_definitions or in a file of patterns_dir"},
		{"%{IPORHOSTS:x}", 0, "there is no pattern IPORHOSTS, at character 1 of the expression; did you mean IPORHOST?"},
		{"%{greedydata}", 0, "did you mean GREEDYDATA?"},
		{"%{LOOP:x}", 0, "the pattern LOOP uses itself, at character 1 of the pattern LOOP > LOOP2"},
		{"%{INT} (unclosed", 7, "end pattern with unmatched parenthesis, at character 8 of the expression"},
		{"x%{OUTER:o}", 1, "end pattern with unmatched parenthesis, at character"},
		{"%{INT:a} [b", 9, "premature end of char-class, at character 10 of the expression"},
		{`(?P<n>\d+)`, 0, "undefined group option"},
		{"%{TIME)", 6, "unmatched close parenthesis"},
	} {
		_, err := Compile(tt.expr, lib, Options{})
		var mistake *Error
		if !errors.As(err, &mistake) || !strings.Contains(err.Error(), tt.want) || mistake.Offset != tt.offset {
			t.Errorf("%s: got %v (%+v), want %q at %d", tt.expr, err, mistake, tt.want, tt.offset)
		}
	}
}

func TestCoreCompiles(t *testing.T) {
	for _, ecs := range []bool{false, true} {
		lib := Core(ecs)
		if n := len(lib.Names()); n < 290 {
			t.Errorf("only %d patterns", n)
		}
		for _, name := range lib.Names() {
			p, err := Compile("%{"+name+":x}", lib, Options{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if e := p.Explain(); e.Engine == "budget" {
				t.Errorf("%s needs a budget", name)
			}
			if ok, _, err := p.Match(nil, "no such line, 2021-03-04T14:35:33Z 10.0.0.1 [x] \"y\""); err != nil {
				t.Errorf("%s: %v, %v", name, ok, err)
			}
		}
	}
}

// TestCoreIsAsPublished compares the patterns with those of logstash-patterns-core,
// where a copy is at hand.
func TestCoreIsAsPublished(t *testing.T) {
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, "logstash-configs", "logstash-plugins__logstash-patterns-core", "patterns")
	for folder, ecs := range map[string]bool{"legacy": false, "ecs-v1": true} {
		paths, _ := filepath.Glob(filepath.Join(dir, folder, "*"))
		if len(paths) == 0 {
			t.Skipf("there are no patterns in %s; SLUICE_DATA names the folder of the test data", dir)
		}
		slices.Sort(paths)
		published, own := &Library{map[string]string{}}, Core(ecs)
		for _, path := range paths {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := published.Read(f); err != nil {
				t.Fatal(err)
			}
			_ = f.Close()
		}
		for _, name := range published.Names() {
			want, _ := published.Lookup(name)
			if got, _ := own.Lookup(name); got != want {
				t.Errorf("%s %s: got\n%s\nwant\n%s", folder, name, got, want)
			}
		}
		for _, name := range own.Names() {
			if _, ok := published.Lookup(name); !ok {
				t.Logf("%s %s is not among the published ones", folder, name)
			}
		}
	}
}

func TestTrace(t *testing.T) {
	p := mustCompile(t, `%{IP:client} %{WORD:verb} \[%{HTTPDATE:at}\] %{INT:n}`, false)
	for _, tt := range []struct{ text, fitting, failing, rest string }{
		{"10.0.0.1 GET [04/Mar/2021:14:35:33 +0000] 5", p.expr, "", ""},
		{"10.0.0.1 GET [yesterday] 5", `%{IP:client} %{WORD:verb} \[`, `%{HTTPDATE:at}`, "yesterday] 5"},
		{"10.0.0.1 GET [04/Mar/2021:14:35:33 +0000] x", `%{IP:client} %{WORD:verb} \[%{HTTPDATE:at}\] `, `%{INT:n}`, "x"},
		{"nobody", "", `%{IP:client}`, "nobody"},
	} {
		trace, err := p.Trace(tt.text)
		if err != nil || trace.Fitting != tt.fitting || trace.Failing != tt.failing || trace.Rest != tt.rest || trace.Matched != (tt.failing == "") {
			t.Errorf("%s: %+v, %v", tt.text, trace, err)
		}
	}
}

func TestExplain(t *testing.T) {
	for expr, want := range map[string]string{
		`%{INT:n}`: "one pass", `%{COMBINEDAPACHELOG}`: "linear", `(?<q>["']).*\k<q>`: "budget", `^(a+)+$`: "linear",
	} {
		if e := mustCompile(t, expr, false).Explain(); e.Engine != want {
			t.Errorf("%s: %s, want %s", expr, e.Engine, want)
		}
	}
	e := mustCompile(t, `^error %{NUMBER:code:int}`, false).Explain()
	if got := fmt.Sprint(e.Patterns, e.Captures, e.Needed, e.Anchored); got != "[NUMBER BASE10NUM] [{code int 1}]error true" {
		t.Error(got)
	}
}

func TestTimeout(t *testing.T) {
	p, err := Compile("^(a+)+$", Core(false), Options{Steps: 10_000_000})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Match(nil, strings.Repeat("a", 40)+"!"); !errors.Is(err, onig.ErrBudget) {
		t.Errorf("got %v, want ErrBudget", err)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`%{VERS:v=[0-9.]+}`, `%{IP:[a][b]:int} (?<x>y)`, `%{A=%{B}`, `%{WORD`, `(?<a:b:c>\d)`} {
		f.Add(s, "1.2.3.4 x")
	}
	lib := Core(true)
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 200 || len(text) > 200 {
			return
		}
		p, err := Compile(expr, lib, Options{Steps: 1_000_000})
		if err != nil {
			var mistake *Error
			if !errors.As(err, &mistake) || mistake.Offset < 0 || mistake.Offset > len(expr) || err.Error() == "" {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		p.Explain()
		_, _ = p.Trace(text)
	})
}

var lines = map[string]struct{ expr, text string }{
	"combined":         {"%{COMBINEDAPACHELOG}", `198.51.100.7 - - [04/Mar/2021:14:35:33 +0000] "GET /index.php?id=1 HTTP/1.1" 200 5124 "http://example.org/a" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 Safari/537.36"`},
	"combined-fail":    {"%{COMBINEDAPACHELOG}", `198.51.100.7 - - [04/Mar/2021:14:35:33 +0000] "GET /index.php?id=1 HTTP/1.1" 200 5124 "http://example.org/a" Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 Safari/537.36"`},
	"combined-nothing": {"%{COMBINEDAPACHELOG}", `Mar  4 14:35:33 gw01 sshd[4711]: Failed password for invalid user admin from 203.0.113.9 port 51234 ssh2, which has nothing to do with a web server at all`},
	"anchored-fail":    {"^%{COMBINEDAPACHELOG}$", `198.51.100.7 - - [04/Mar/2021:14:35:33 +0000] "GET /index.php?id=1 HTTP/1.1" 200 5124 "http://example.org/a" Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 Safari/537.36"`},
	"syslogbase":       {"%{SYSLOGBASE} %{GREEDYDATA:rest}", `Mar  4 14:35:33 gw01 sshd[4711]: Failed password for invalid user admin from 203.0.113.9 port 51234 ssh2`},
	"sshd":             {`Failed %{WORD:auth} for (?:invalid user )?%{USERNAME:user} from %{IP:src} port %{POSINT:port:int} ssh2`, `Failed password for invalid user admin from 203.0.113.9 port 51234 ssh2`},
	"sshd-fail":        {`Failed %{WORD:auth} for (?:invalid user )?%{USERNAME:user} from %{IP:src} port %{POSINT:port:int} ssh2`, `Accepted publickey for admin from 203.0.113.9 port 51234 ssh2: RSA SHA256:abc`},
}

func BenchmarkMatch(b *testing.B) {
	for name, line := range lines {
		b.Run(name, func(b *testing.B) {
			p, err := Compile(line.expr, Core(false), Options{Steps: 1_200_000_000}) // as the filter's default
			if err != nil {
				b.Fatal(err)
			}
			var loc []int
			b.ReportAllocs()
			b.SetBytes(int64(len(line.text)))
			for b.Loop() {
				_, loc, _ = p.Match(loc, line.text)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	lib := Core(true)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile("%{COMBINEDAPACHELOG}", lib, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
