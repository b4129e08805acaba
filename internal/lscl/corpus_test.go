package lscl

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// dataDir returns the folder with third-party data, or skips the test.
func dataDir(t testing.TB, sub string) string {
	t.Helper()
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for root != filepath.Dir(root) {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	dir = filepath.Join(dir, sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no data: %v; SLUICE_DATA names the folder", err)
	}
	return dir
}

// corpusFiles calls f for every configuration of the corpus.
func corpusFiles(t testing.TB, f func(path, kind, valid, text string)) {
	dir := dataDir(t, "logstash-configs")
	index, err := os.ReadFile(filepath.Join(dir, "index.tsv"))
	if err != nil {
		t.Skip(err)
	}
	for _, line := range strings.Split(string(index), "\n")[1:] {
		c := strings.Split(line, "\t")
		if len(c) < 4 || !strings.HasPrefix(c[1], "lscl") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, c[0]))
		if err != nil {
			t.Error(err)
			continue
		}
		f(c[0], c[1], c[3], string(text))
	}
}

func TestCorpus(t *testing.T) {
	files, wrong := 0, 0
	corpusFiles(t, func(path, kind, valid, text string) {
		files++
		_, list := Parse(diag.NewSource(path, text), Options{})
		// The column does not know of numbers as keys, on which Logstash fails only when
		// it makes the plugins (recorded: lscl/bad-hash-key-number).
		list = slices.DeleteFunc(list, func(d diag.Diagnostic) bool { return d.Code == NumericKey })
		if ok := list.Err() == nil; ok != (valid == "valid") {
			wrong++
			t.Errorf("%s (%s) is %s for Logstash, but we say:\n%s", path, kind, valid, list.Text(diag.Plain))
		}
	})
	t.Logf("%d files, %d judged differently", files, wrong)
}

// notGrammar are recorded cases that Logstash refuses for reasons outside of the
// language: unknown options and plugins, wrong types, code that does not compile.
var notGrammar = map[string]bool{}

func init() {
	for _, name := range strings.Fields(`boolean-option-given-word cond-bad-regexp duplicate-plugin-ids
		mutate-removed-option quoted-plugin-name repeated-boolean-option repeated-string-option
		required-option-missing-clone required-option-missing-truncate required-option-missing-uuid
		ruby-syntax string-option-two-elem-array translate-no-source unknown-option`) {
		notGrammar["lscl/bad-"+name] = true
	}
}

func TestRecordedCases(t *testing.T) {
	dir := dataDir(t, "logstash-cases")
	for _, file := range []string{"lscl.jsonl", "conditional.jsonl"} {
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Skip(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var c struct {
				Name, Config string
				Error        bool
				Settings     map[string]any
			}
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatal(err)
			}
			escapes, _ := c.Settings["config.support_escapes"].(bool)
			_, list := Parse(diag.NewSource(c.Name, c.Config), Options{SupportEscapes: escapes})
			if want := c.Error && !notGrammar[c.Name]; (list.Err() != nil) != want {
				t.Errorf("%s: refused by Logstash: %v, but we say:\n%s", c.Name, c.Error, list.Text(diag.Plain))
			}
		}
	}
}
