package timefmt

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// testCase is a line of the recorded Logstash cases.
type testCase struct {
	Name     string           `json:"name"`
	Config   string           `json:"config"`
	Input    []string         `json:"input"`
	Expected []map[string]any `json:"expected"`
	Error    bool             `json:"error"`
}

// readCases reads a file of recorded cases, or skips the test if there is none.
func readCases(t *testing.T, name string) []testCase {
	t.Helper()
	dir := os.Getenv("SLUICE_DATA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if root == filepath.Dir(root) {
				t.Fatal("no go.mod above the working directory")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(dir, "logstash-cases", name))
	if err != nil {
		t.Skipf("the recorded Logstash cases are not here (set SLUICE_DATA): %v", err)
	}
	defer file.Close()
	var cases []testCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c testCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

func (c *testCase) each(t *testing.T, check func(input, expected map[string]any)) {
	t.Helper()
	if len(c.Input) != len(c.Expected) {
		t.Fatalf("%s: %d inputs, %d events", c.Name, len(c.Input), len(c.Expected))
	}
	for i, line := range c.Input {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		check(event, c.Expected[i])
	}
}

func TestLogstashTimestampCases(t *testing.T) {
	useLocal(t, time.UTC)
	checked := 0
	for _, c := range readCases(t, "timestamp.jsonl") {
		c.each(t, func(input, expected map[string]any) {
			text, ok := input["@timestamp"].(string)
			if !ok {
				return
			}
			checked++
			_, refused := expected["_@timestamp"]
			got, ok := ParseTimestamp(text)
			if ok == refused {
				t.Errorf("%s: %q accepted: %v, Logstash: %v", c.Name, text, ok, !refused)
			}
			if want := expected["@timestamp"]; ok && string(AppendTimestamp(nil, got)) != want {
				t.Errorf("%s: %q becomes %s, in Logstash %s", c.Name, text, AppendTimestamp(nil, got), want)
			}
		})
	}
	if checked < 20 {
		t.Errorf("only %d timestamps checked", checked)
	}
}

var (
	dateFilter = regexp.MustCompile(`^filter \{ date \{ match => \[ ?"t", ?((?:"[^"]*",? ?)+)\] *(?:timezone => "([^%"]*)")? *(?:locale => "([^"]*)")? *(?:target => "out")? *\} \}$`)
	quoted     = regexp.MustCompile(`"([^"]*)"`)
)

// TestLogstashDateCases runs the cases that are about one date filter.
func TestLogstashDateCases(t *testing.T) {
	checked := 0
	for _, c := range readCases(t, "date.jsonl") {
		m := dateFilter.FindStringSubmatch(c.Config)
		if m == nil {
			continue
		}
		loc, err := time.UTC, error(nil)
		if m[2] != "" {
			loc, err = Zone(m[2])
		}
		if (err != nil) != c.Error {
			t.Errorf("%s: zone %q: %v, refused in Logstash: %v", c.Name, m[2], err, c.Error)
		}
		if c.Error || err != nil {
			continue
		}
		locale, _ := LookupLocale(m[3])
		c.each(t, func(input, expected map[string]any) {
			checked++
			want := expected["@timestamp"]
			if out, ok := expected["out"]; ok {
				want = out
			}
			failed := false
			if tags, ok := expected["tags"].([]any); ok {
				failed = slices.Contains(tags, any("_dateparsefailure"))
			}
			var last error
			for _, format := range quoted.FindAllStringSubmatch(m[1], -1) {
				got, err := dateFormat(t, format[1], input["t"], loc, locale)
				if last = err; err != nil {
					continue
				}
				if text := string(AppendTimestamp(nil, got)); failed || text != want {
					t.Errorf("%s: %v with %s becomes %s, in Logstash %v (failed: %v)", c.Name, input["t"], format[1], text, want, failed)
				}
				return
			}
			if !failed {
				t.Errorf("%s: %v: %v, in Logstash %v", c.Name, input["t"], last, want)
			}
		})
	}
	if checked < 90 {
		t.Errorf("only %d times checked", checked)
	}
}

func dateFormat(t *testing.T, format string, value any, loc *time.Location, locale *Locale) (time.Time, error) {
	t.Helper()
	text, isText := value.(string)
	number, isNumber := value.(float64)
	switch {
	case format == "UNIX" && isText:
		return ParseUnix(text)
	case format == "UNIX" && isNumber:
		return ParseUnixFloat(number)
	case format == "UNIX_MS" && isText:
		return ParseUnixMillis(text)
	case format == "UNIX_MS" && isNumber:
		return ParseUnixMillisFloat(number), nil
	case !isText:
		return time.Time{}, fmt.Errorf("%v is no text", value)
	case format == "ISO8601":
		return ParseISO8601(text, loc)
	case format == "TAI64N":
		return ParseTAI64N(text)
	}
	l, err := Joda(format)
	if err != nil {
		t.Fatal(err)
	}
	return l.Parse(text, loc, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), locale)
}

var (
	sprintfOnly = regexp.MustCompile(`^filter \{ mutate \{ add_field => \{ "o" => "([^"]*)" \} \} \}$`)
	dateRef     = regexp.MustCompile(`%\{\{([^}]*)\}\}|%\{\+([^}%][^}]*)\}`)
)

// TestLogstashSprintfCases expands the time patterns of the sprintf cases.
func TestLogstashSprintfCases(t *testing.T) {
	checked := 0
	for _, c := range readCases(t, "sprintf.jsonl") {
		m := sprintfOnly.FindStringSubmatch(c.Config)
		if m == nil || !dateRef.MatchString(m[1]) || strings.Contains(dateRef.ReplaceAllString(m[1], ""), "%") {
			continue
		}
		c.each(t, func(input, expected map[string]any) {
			checked++
			at, ok := ParseTimestamp(input["@timestamp"].(string))
			if !ok {
				t.Fatalf("%s: %v", c.Name, input)
			}
			got := dateRef.ReplaceAllStringFunc(m[1], func(ref string) string {
				compile, pattern := Joda, strings.TrimSuffix(strings.TrimPrefix(ref, "%{+"), "}")
				if strings.HasPrefix(ref, "%{{") {
					compile, pattern = Java, ref[3:len(ref)-2]
				}
				l, err := compile(pattern)
				if err != nil {
					t.Fatal(err)
				}
				return string(l.Append(nil, at))
			})
			if got != expected["o"] {
				t.Errorf("%s: %s at %v:\n got %s\nwant %v", c.Name, m[1], input["@timestamp"], got, expected["o"])
			}
		})
	}
	if checked < 13 {
		t.Errorf("only %d texts checked", checked)
	}
}
