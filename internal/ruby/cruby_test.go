package ruby

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// outcome is what a program leaves: the text in the field r, or how it ended, and the
// other fields as JSON.
type outcome struct{ text, rest string }

// addresses are what the texts of objects say about where they lie.
var addresses = regexp.MustCompile(`:0x[0-9a-f]{6,16}`)

func (o outcome) same(p outcome) bool {
	if addresses.ReplaceAllString(o.text, "") != addresses.ReplaceAllString(p.text, "") {
		return false
	}
	if o.rest == p.rest || o.rest == "none" || p.rest == "none" { // NaN, or no UTF-8
		return true
	}
	var x, y any
	return json.Unmarshal([]byte(o.rest), &x) == nil && json.Unmarshal([]byte(p.rest), &y) == nil && reflect.DeepEqual(x, y)
}

// TestLikeCRuby runs generated programs here and with CRuby 3.1, whose language is
// JRuby 9.4's, and with JRuby itself where SLUICE_JRUBY names its jar: what JRuby does
// counts. It runs where SLUICE_CRUBY is set (make ruby-differential); SLUICE_PROGRAMS
// says how many programs, SLUICE_SEED with which seed they begin.
func TestLikeCRuby(t *testing.T) {
	count, first := numberOf("SLUICE_PROGRAMS", 2000), numberOf("SLUICE_SEED", 1)
	var programs []string
	for seed := first; seed < first+count; seed++ {
		programs = append(programs, generated(seed))
	}
	t.Logf("programs from seed %d", first)
	compareRubies(t, programs)
}

// TestRulesLikeCRuby is TestLikeCRuby with programs that use each rule of the grammar
// once at least.
func TestRulesLikeCRuby(t *testing.T) {
	var programs []string
	for _, kind := range slices.Sorted(maps.Keys(readRules().all)) {
		if verbatim[kind] {
			continue
		}
		for _, rule := range readRules().all[kind] {
			rounds := 2
			if !namesKind.MatchString(rule) {
				rounds = 1
			}
			for round := range rounds {
				g := newGrammar(uint64(1_000_000 + len(programs)))
				text := g.expand(kind, rule, 1+round)
				if kind == "inner" {
					text = "[1, 2, 3].each { |x| " + text + " }"
				} else if !isStatement[kind] {
					text = "log << (" + text + ")"
				}
				programs = append(programs, g.program([]string{text}))
			}
		}
	}
	compareRubies(t, programs)
}

func compareRubies(t *testing.T, programs []string) {
	t.Helper()
	if os.Getenv("SLUICE_CRUBY") == "" {
		t.Skip("SLUICE_CRUBY is not set")
	}
	cruby := answersOf(t, programs, "ulimit -v 4000000; exec timeout -s KILL 400 ruby -W0 --disable=did_you_mean testdata/cruby.rb")
	jruby := cruby
	if jar := os.Getenv("SLUICE_JRUBY"); jar != "" {
		jruby = answersOf(t, programs, "exec timeout -s KILL 400 java -Xmx1g -Xss4m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar '"+jar+"' -W0 --disable=did_you_mean testdata/cruby.rb")
	}
	same, asJRuby, limited := 0, 0, 0
	known := map[string]int{}
	for i, code := range programs {
		got, limit := leaves(t, code)
		switch {
		case limit:
			limited++
		case got.same(cruby[i]):
			same++
		case got.same(jruby[i]):
			asJRuby++
		default:
			if names := knownDifferences(got, cruby[i], jruby[i]); names != nil {
				for _, name := range names {
					known[name]++
				}
				continue
			}
			text := ""
			if jruby[i] != cruby[i] {
				text = "\n JRuby " + jruby[i].text + " " + jruby[i].rest
			}
			t.Errorf("\n%s\n here  %s %s\n CRuby %s %s%s", code, got.text, got.rest, cruby[i].text, cruby[i].rest, text)
		}
	}
	t.Logf("of %d programs %d leave the same as with CRuby, %d as with JRuby, %d stopped at a limit", len(programs), same, asJRuby, limited)
	for _, d := range differences {
		if n := known[d.name]; n > 0 {
			t.Logf("known difference: %s: %d", d.name, n)
		}
	}
}

func numberOf(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// answersOf runs the programs with another Ruby.
func answersOf(t *testing.T, programs []string, command string) (list []outcome) {
	t.Helper()
	var input bytes.Buffer
	for _, code := range programs {
		line, err := json.Marshal(code)
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	cmd := exec.Command("sh", "-c", command)
	cmd.Stdin, cmd.Stderr = &input, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v", command, err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		text, rest, _ := strings.Cut(lines.Text(), " ")
		list = append(list, outcome{plainResult(plainResult(text)), plainResult(rest)})
	}
	if len(list) != len(programs) {
		t.Fatalf("%s answered %d of %d programs; next is\n%s", command, len(list), len(programs), programs[len(list)])
	}
	return list
}

// leaves runs a program here.
func leaves(t *testing.T, code string) (o outcome, limited bool) {
	t.Helper()
	got, err := run(t, code, `{}`, Options{})
	var limit *LimitError
	switch e, raised := IsException(err); {
	case errors.As(err, &limit):
		return o, true
	case raised:
		return outcome{"raised " + e.Class, "{}"}, false
	case err != nil:
		return outcome{err.Error(), "{}"}, false
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(got), &fields); err != nil {
		t.Fatal(err)
	}
	text, _ := fields["r"].(string)
	for _, name := range []string{"r", "@timestamp", "@version"} {
		delete(fields, name)
	}
	rest, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return outcome{plainResult(text), string(rest)}, false
}

// plainResult is what a text in hexadecimal stands for, or itself.
func plainResult(s string) string {
	if text, err := hex.DecodeString(s); err == nil {
		return string(text)
	}
	return s
}
