package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recordedCase is what a real Logstash has made of some lines; the README beside the
// cases says what the fields mean.
type recordedCase struct {
	Name      string
	Config    string
	Settings  map[string]any
	Codec     string
	Env       map[string]string
	Input     []inputLine
	Expected  []json.RawMessage
	Error     bool
	Ignore    []string
	Clean     []string
	Unordered bool
}

// inputLine is a line of bytes. A byte that is no part of a text in UTF-8 is written in
// the case as a lone surrogate, \udc80 to \udcff, as Python does.
type inputLine string

var loneSurrogate = regexp.MustCompile(`(?i)(\\ud[89ab][0-9a-f]{2})?\\udc([89a-f][0-9a-f])`)

func (l *inputLine) UnmarshalJSON(text []byte) error {
	marked := loneSurrogate.ReplaceAllStringFunc(string(text), func(found string) string {
		if len(found) > 6 { // a whole pair
			return found
		}
		return `\uee` + found[4:]
	})
	var s string
	if err := json.Unmarshal([]byte(marked), &s); err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range s {
		if r >= 0xee80 && r <= 0xeeff {
			b.WriteByte(byte(r))
		} else {
			b.WriteRune(r)
		}
	}
	*l = inputLine(b.String())
	return nil
}

// TestRecordedBehaviour runs all recorded cases with the whole program. Those that differ
// are exactly those of the design page, with their reasons.
func TestRecordedBehaviour(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute of processor time")
	}
	dir := filepath.Join("..", "..", "..", "shared", "data", "logstash-cases")
	if data := os.Getenv("SLUICE_DATA"); data != "" {
		dir = filepath.Join(data, "logstash-cases")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if len(files) == 0 {
		t.Skipf("the recorded cases are not in %s; SLUICE_DATA names their folder", dir)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "design", "0006-recorded-behaviour.md"))
	if err != nil {
		t.Fatal(err)
	}
	differing := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .+ \\|$").FindAllStringSubmatch(string(page), -1) {
		differing[m[1]] = true
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var cases []recordedCase
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var c recordedCase
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			cases = append(cases, c)
		}
		f.Close()
	}
	found := make([]string, len(cases))
	var next sync.Mutex
	at := 0
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for {
				next.Lock()
				i := at
				at++
				next.Unlock()
				if i >= len(cases) {
					return
				}
				found[i] = cases[i].run(t, program)
			}
		})
	}
	running.Wait()
	same := 0
	for i, c := range cases {
		switch {
		case found[i] == "" && differing[c.Name]:
			t.Errorf("%s agrees, but the design page lists it", c.Name)
		case found[i] != "" && !differing[c.Name]:
			t.Errorf("%s: %s", c.Name, found[i])
		case found[i] == "":
			same++
		}
		delete(differing, c.Name)
	}
	for name := range differing {
		t.Errorf("the design page lists %s, which is no case", name)
	}
	for _, figure := range []string{fmt.Sprintf("makes of %s filter sections", thousands(len(cases))), thousands(same) + " give the same"} {
		if !strings.Contains(string(page), figure) {
			t.Errorf("the design page does not say %q", figure)
		}
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// run runs one case, and returns how it differs; "" is not at all.
func (c *recordedCase) run(t *testing.T, program string) string {
	dir, err := os.MkdirTemp("", "sluice-case-")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir)
	clean := ""
	if len(c.Clean) > 0 {
		fields, _ := json.Marshal(c.Clean)
		clean = fmt.Sprintf("filter { mutate { remove_field => %s } }\n", fields)
	}
	codec := c.Codec
	if codec == "" {
		codec = "json_lines"
	}
	args := []string{"run", "--path.data", dir, "-w", "1", "--log.level", "error", "-S", "api.enabled=false"}
	for name, value := range c.Settings {
		args = append(args, "-S", fmt.Sprintf("%s=%v", name, value))
	}
	args = append(args, "-e", fmt.Sprintf("input { stdin { codec => %s } }\n%s%s\noutput { stdout { codec => json_lines } }\n", codec, clean, c.Config))
	cmd := exec.Command(program, args...)
	cmd.Args[0], cmd.Dir = "sluice", dir
	for name, value := range c.Env {
		cmd.Env = append(cmd.Environ(), name+"="+value)
	}
	var input bytes.Buffer
	for _, line := range c.Input {
		input.WriteString(string(line) + "\n")
	}
	cmd.Stdin = &input
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if c.Error {
		if err == nil {
			return "it is accepted, but Logstash refuses it"
		}
		return ""
	}
	var got, want []string
	for line := range strings.Lines(stdout.String()) {
		if strings.TrimSpace(line) != "" {
			got = append(got, comparable(line, c.Ignore))
		}
	}
	for _, e := range c.Expected {
		want = append(want, comparable(string(e), c.Ignore))
	}
	if c.Unordered {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("got  %s\nwant %s\n%s", strings.Join(got, "\n     "), strings.Join(want, "\n     "), stderr.String())
	}
	return ""
}

// comparable writes an event so that equal texts are equal events: keys in order, the
// ignored fields gone, integers told from other numbers.
func comparable(text string, ignore []string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var event any
	if err := d.Decode(&event); err != nil {
		return "not JSON: " + text
	}
	for _, path := range ignore {
		node, _ := event.(map[string]any)
		names := strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			node, _ = node[name].(map[string]any)
		}
		delete(node, names[len(names)-1])
	}
	written, err := json.Marshal(kinds(event))
	if err != nil {
		return err.Error()
	}
	return string(written)
}

// kinds makes equal numbers equal texts, and keeps 1 apart from 1.0.
func kinds(v any) any {
	switch v := v.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			return "integer " + v.String()
		}
		f, err := v.Float64()
		return fmt.Sprint("float ", f, err)
	case []any:
		for i := range v {
			v[i] = kinds(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = kinds(v[k])
		}
	}
	return v
}
