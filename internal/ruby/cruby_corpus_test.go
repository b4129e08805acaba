package ruby

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"sluice/internal/diag"
	"sluice/internal/lscl"
)

// corpusJob is a ruby filter of a public configuration, with an event to run it on.
type corpusJob struct {
	Code  string         `json:"code"`
	Init  string         `json:"init,omitempty"`
	Event map[string]any `json:"event"`
	file  string
}

var (
	// readsField finds the fields that code reads.
	readsField = regexp.MustCompile(`event\.get\(\s*["']([^"'#]+)["']\s*\)`)
	// outside finds code that depends on more than its event.
	outside = regexp.MustCompile("Time\\.now|DateTime\\.now|Date\\.today|Socket|Resolv|File\\.|Dir\\.|ENV|Random|rand|java|LogStash::|Net::|IO\\.|`|@timestamp|new_event_block|metric|gethostname|hash\\b.*\\.hash|object_id|Process|strptime|localtime")
)

// sampleValues are what the fields of the events are filled with, one after the other:
// texts of the kinds that sensors and syslog have, numbers, lists and objects.
var sampleValues = []any{
	"10.0.0.17", "2021-03-04T14:35:33.946Z", float64(48213), "ET POLICY curl user-agent, outbound", []any{"10.0.0.1", "fe80::1"}, "0x1f", 1614868533.25,
	map[string]any{"name": "eth0", "bytes": float64(12)}, "key=value;other=\"a b\"", true, "-", "443", "<34>Oct 11 22:14:15 host su: failed", "www.example.co.uk", []any{map[string]any{"a": "b"}}, "",
}

// parentOf returns the object that a field of an event lies in, which is made where it is
// missing, and the field's name in it.
func parentOf(event map[string]any, field string) (at map[string]any, name string) {
	names := []string{field}
	if strings.HasPrefix(field, "[") {
		names = strings.Split(strings.Trim(field, "[]"), "][")
	}
	at = event
	for _, name := range names[:len(names)-1] {
		inner, ok := at[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			at[name] = inner
		}
		at = inner
	}
	return at, names[len(names)-1]
}

// sampleEvent has all fields that a code reads; kind chooses their values.
func sampleEvent(code string, kind int) map[string]any {
	event := map[string]any{"message": "Mar  4 14:35:33 sensor sshd[812]: Failed password for root from 192.0.2.9 port 4182 ssh2", "tags": []any{"a"}}
	for i, m := range readsField.FindAllStringSubmatch(code, -1) {
		at, last := parentOf(event, m[1])
		if _, there := at[last]; !there {
			value := sampleValues[(i*5+kind*7)%len(sampleValues)]
			if kind < 2 { // texts, or numbers, throughout
				value = []any{sampleValues[i%2*3], float64(i*1000 + 7)}[kind]
			}
			at[last] = value
		}
	}
	return event
}

// TestCorpusLikeCRuby runs the ruby filters of public configurations here and with
// CRuby 3.1, each on several events that have the fields it reads. It runs where
// SLUICE_CRUBY is set (make ruby-differential).
func TestCorpusLikeCRuby(t *testing.T) {
	if os.Getenv("SLUICE_CRUBY") == "" {
		t.Skip("SLUICE_CRUBY is not set")
	}
	jobs := corpusJobs(t)
	var input bytes.Buffer
	for _, j := range jobs {
		line, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	cmd := exec.Command("sh", "-c", "ulimit -v 2000000; exec timeout -s KILL 300 ruby -W0 --disable=did_you_mean "+filepath.Join("testdata", "corpus.rb"))
	cmd.Stdin, cmd.Stderr = &input, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ruby: %v", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<26)
	same, raised, limited, answered := 0, 0, 0, 0
	for _, j := range jobs {
		if !lines.Scan() {
			break
		}
		answered++
		text, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		want, got := string(text), runHere(t, j)
		if got == "limit" || want == "raised NoMemoryError" {
			limited++
			continue
		}
		binary := want == "binary" && (!utf8.ValidString(got) || strings.ContainsRune(got, utf8.RuneError))
		if binary || want == got || sameEvent(want, got) {
			same++
			if strings.HasPrefix(got, "raised") {
				raised++
			}
			continue
		}
		given, _ := json.Marshal(j.Event)
		t.Errorf("%s:\n%s\n event %s\n here  %s\n CRuby %s", j.file, j.Code, given, got, want)
	}
	if answered != len(jobs) {
		t.Fatalf("ruby answered %d of %d: %v; next is %s", answered, len(jobs), lines.Err(), jobs[answered].Code)
	}
	t.Logf("%d runs of filters: %d leave the same, %d of them raise the same exception; %d stopped at a limit", len(jobs), same, raised, limited)
}

func runHere(t *testing.T, j corpusJob) string {
	t.Helper()
	opts := Options{}
	if j.Init != "" {
		opts.Init = diag.NewSource("init", j.Init)
	}
	given, err := json.Marshal(j.Event)
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(t, j.Code, string(given), opts)
	if len(got) > 1<<20 {
		got = "long"
	}
	var list diag.List
	var limit *LimitError
	switch e, raised := IsException(err); {
	case errors.As(err, &limit):
		return "limit"
	case raised:
		return "raised " + e.Class
	case errors.As(err, &list):
		return "refused " + list[0].Message
	case err != nil:
		return err.Error()
	}
	return got
}

// sameEvent compares two events without what Logstash adds.
func sameEvent(a, b string) bool {
	var x, y map[string]any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	for _, m := range []map[string]any{x, y} {
		delete(m, "@metadata")
		delete(m, "@timestamp")
		delete(m, "@version")
		delete(m, "cancelled")
	}
	return reflect.DeepEqual(x, y)
}

// corpusJobs reads the inline filters that depend on their event alone.
func corpusJobs(t *testing.T) (jobs []corpusJob) {
	dir := dataFolder(t, "logstash-configs")
	index, err := os.ReadFile(filepath.Join(dir, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.SplitSeq(string(index), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 4 || f[1] != "lscl" && f[1] != "lscl-fragment" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			continue
		}
		file, _ := lscl.Parse(diag.NewSource(f[0], string(text)), lscl.Options{})
		for _, sec := range file.Sections {
			walkPlugins(sec.Body, func(p *lscl.Plugin) {
				j := corpusJob{file: f[0]}
				for _, a := range p.Attributes {
					if v, ok := a.Value.(*lscl.String); ok && p.Name == "ruby" {
						switch a.Name {
						case "code":
							j.Code = v.Text
						case "init":
							j.Init = v.Text
						}
					}
				}
				if j.Code == "" || seen[j.Init+j.Code] || outside.MatchString(j.Init+j.Code) {
					return
				}
				seen[j.Init+j.Code] = true
				if s, _ := Compile(diag.NewSource("code", j.Code), Options{}); s == nil && j.Init == "" {
					return // refused, which TestCorpus counts
				}
				code := named(j.Code)
				fits, rng := fieldUses(code), rand.New(rand.NewPCG(uint64(len(jobs)), 7))
				for kind := range 5 {
					j.Event = sampleEvent(code, kind)
					if kind > 0 {
						j.Event = fittingEvent(code, fits, rng)
					}
					// The last three are the first of twenty that the code takes here, so
					// that most runs get past its beginning; the others are as they come.
					for range 20 {
						if kind < 2 || !strings.HasPrefix(runHere(t, j), "raised") {
							break
						}
						j.Event = fittingEvent(code, fits, rng)
					}
					jobs = append(jobs, j)
				}
			})
		}
	}
	return jobs
}
