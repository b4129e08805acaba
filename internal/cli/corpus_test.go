package cli

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/engine"
	"sluice/internal/settings"
)

// Why a configuration of the corpus is refused. A file has the first of its reasons.
const (
	accepted        = "accepted"
	lacksVariable   = "an environment variable is not set"
	lacksFile       = "a file is not on this machine"
	lacksPlugin     = "a plugin is not there"
	lacksGem        = "Ruby code needs a gem"
	refusedAtStart  = "Logstash refuses it when it starts"
	refusedBySchema = "Logstash has removed the option, too"
	somethingElse   = "something else"
)

var reasons = []string{accepted, lacksVariable, lacksFile, lacksPlugin, lacksGem, refusedAtStart, refusedBySchema, somethingElse}

// reasonOf tells why a mistake is one.
func reasonOf(d diag.Diagnostic) string {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(d.Message, p) })
	}
	switch id := d.Code.ID; {
	case id == "SL2010":
		return lacksVariable
	case has("no such file or directory", "No such file or directory", "there is no file "):
		return lacksFile
	case id == "SL2001":
		return lacksPlugin
	case id == "SL6002", id == "SL6003" && has("Addressable", "LogStash::Codecs"):
		return lacksGem
	case has("the target can only be told from a source", "is not absolute", "there is no time zone", "there is no pattern "):
		// geoip with ECS, input file, date and grok raise at these in register, which
		// Logstash's -t does not reach.
		return refusedAtStart
	case id == "SL2002" && slices.Contains(removedOptions, d.At.Text()):
		return refusedBySchema
	}
	return somethingElse
}

// removedOptions are options that people still write and Logstash 8 no longer knows:
// output elasticsearch of Logstash 1.x and 2.x, filter kv of version 3.
var removedOptions = []string{"protocol", "host", "index_type", "cluster", "embedded", "idle_flush_time", "trim", "trimkey"}

// TestCorpus checks every configuration that somebody runs and that Logstash's grammar
// accepts, as `run -t` does, with no variables and no files; `make corpus` prints the table.
func TestCorpus(t *testing.T) {
	dir := corpusDir(t)
	logstash := map[string]string{} // what a real Logstash said, for a sample of the files
	for _, c := range readTable(t, filepath.Join(dir, "accepted.tsv")) {
		logstash[c[0]] = c[1]
	}
	count := map[string]map[string]int{"": {}, "yes": {}, "no": {}} // by Logstash's answer and reason
	plugins, files := map[string]int{}, 0
	for _, c := range readTable(t, filepath.Join(dir, "index.tsv")) {
		if c[1] != "lscl" || c[2] != "real" || c[3] != "valid" {
			continue
		}
		files++
		reason := accepted
		lacking := map[string]bool{}
		for _, d := range checkFile(t, dir, c[0]) {
			if d.Code.Severity != diag.Error {
				continue
			}
			r := reasonOf(d)
			if r == lacksPlugin {
				name := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(d.Message, "there is no "), "the "), " is no more")
				lacking[name] = true
			}
			if r == somethingElse && !slices.Contains(knownOthers, c[0]) {
				t.Errorf("%s:%d: %s: %s (Logstash: %s)", c[0], d.At.Position().Line, d.Code.ID, d.Message, cmp.Or(logstash[c[0]], "not asked"))
			}
			if slices.Index(reasons, r) > slices.Index(reasons, reason) {
				reason = r
			}
		}
		if reason == accepted && logstash[c[0]] == "no" {
			t.Logf("Logstash refuses %s", c[0])
		}
		for name := range lacking {
			plugins[name]++
		}
		count[""][reason]++
		if answer := logstash[c[0]]; answer != "" {
			count[answer][reason]++
		}
	}
	t.Logf("%d files\n%s", files, corpusTable(count, plugins))
	total := func(answer string) (n int) {
		for _, k := range count[answer] {
			n += k
		}
		return n
	}
	yes := count["yes"]
	good := yes[accepted] + yes[lacksVariable] + yes[lacksFile] + yes[lacksPlugin]
	t.Logf("of %d files that Logstash accepts, %d are accepted, or lack a variable, a file or a plugin", total("yes"), good)
	if 100*good < 97*total("yes") {
		t.Errorf("that is less than 97 %%")
	}
}

// knownOthers are files with mistakes of their own that Logstash refuses as well.
var knownOthers = []string{
	"Andres-Herbozo__port-track/logstash/pipeline/logstash.conf",   // template is a hash
	"istresearch__scrapy-cluster/elk/scrapy-cluster-logstash.conf", // hosts is no URL
}

func checkFile(t *testing.T, dir, file string) diag.List {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	p := engine.Pipeline{ID: "main", Settings: settings.New(), Sources: []*diag.Source{diag.NewSource(file, string(text))}}
	return engine.Check([]engine.Pipeline{p}, engine.Options{
		Log: slog.New(slog.DiscardHandler), DataDir: t.TempDir(), Variables: func(string) (string, bool) { return "", false },
	})
}

// corpusTable prints the counts as in docs/compatibility.md.
func corpusTable(count map[string]map[string]int, plugins map[string]int) string {
	var b strings.Builder
	b.WriteString("| | files | of them accepted by a real Logstash | refused by it |\n|---|---|---|---|\n")
	for _, r := range reasons {
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", r, count[""][r], count["yes"][r], count["no"][r])
	}
	names := slices.SortedFunc(maps.Keys(plugins), func(x, y string) int {
		return cmp.Or(plugins[y]-plugins[x], strings.Compare(x, y))
	})
	b.WriteString("\n| missing | files |\n|---|---|\n")
	for _, n := range names {
		fmt.Fprintf(&b, "| %s | %d |\n", n, plugins[n])
	}
	return b.String()
}

// corpusDir returns the folder with real-world configurations, or skips the test.
func corpusDir(t *testing.T) string {
	t.Helper()
	data := cmp.Or(os.Getenv("SLUICE_DATA"), filepath.Join("..", "..", "..", "shared", "data"))
	dir := filepath.Join(data, "logstash-configs")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no data: %v; SLUICE_DATA names the folder", err)
	}
	return dir
}

// readTable reads a file of columns without its first line.
func readTable(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if i > 0 {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}
