package ruby

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// specClasses are the parts of ruby/spec that are run: a name and the files' folder or
// pattern below the specification.
var specClasses = []struct{ name, files string }{
	{"String", "core/string"}, {"Array", "core/array"}, {"Hash", "core/hash"}, {"Integer", "core/integer"},
	{"Float", "core/float"}, {"Regexp", "core/regexp"}, {"Time", "core/time"}, {"Range", "core/range"},
	{"Symbol", "core/symbol"}, {"MatchData", "core/matchdata"}, {"Comparable", "core/comparable"},
	{"Enumerable", "core/enumerable"}, {"Struct", "core/struct"}, {"Set", "core/set"}, {"Rational", "core/rational"},
	{"NilClass", "core/nil"}, {"Math", "core/math"},
	{"Kernel#format", "core/kernel/{format,sprintf}_spec.rb"}, {"Kernel#Integer, Float, …", "core/kernel/{Integer,Float,String,Array,Hash,Rational}_spec.rb"},
}

// TestRubySpec runs the examples of ruby/spec that CRuby 3.1 passes. It runs where
// SLUICE_RUBY_SPEC is the folder of a copy of github.com/ruby/spec (make ruby-spec);
// SLUICE_SPEC_ONLY chooses files by a part of their name, and their failures are shown.
func TestRubySpec(t *testing.T) {
	root := os.Getenv("SLUICE_RUBY_SPEC")
	if root == "" {
		t.Skip("SLUICE_RUBY_SPEC is not set")
	}
	only := os.Getenv("SLUICE_SPEC_ONLY")
	var table strings.Builder
	var sum specCount
	for _, class := range specClasses {
		var count specCount
		for _, file := range specFiles(t, root, class.files) {
			if only != "" && !strings.Contains(file, only) {
				continue
			}
			c := runSpecFile(t, root, file, only != "")
			count.add(c)
		}
		if count.examples == 0 {
			continue
		}
		sum.add(count)
		fmt.Fprintf(&table, "| %s | %s |\n", class.name, count)
	}
	t.Logf("\n| class | examples | passed | failed | unsupported | of those that CRuby passes |\n|---|---|---|---|---|---|\n%s| all | %s |\n", table.String(), sum)
}

// specCount counts the examples of a class that CRuby passes.
type specCount struct{ examples, passed, failed, unsupported int }

func (c *specCount) add(o specCount) {
	c.examples += o.examples
	c.passed += o.passed
	c.failed += o.failed
	c.unsupported += o.unsupported
}

func (c specCount) String() string {
	return fmt.Sprintf("%d | %d | %d | %d | %.1f %%", c.examples, c.passed, c.failed, c.unsupported, 100*float64(c.passed)/float64(max(c.examples, 1)))
}

// specFiles returns the spec files of a folder or of a pattern with {a,b}.
func specFiles(t *testing.T, root, files string) (list []string) {
	if before, rest, ok := strings.Cut(files, "{"); ok {
		names, after, _ := strings.Cut(rest, "}")
		for n := range strings.SplitSeq(names, ",") {
			list = append(list, before+n+after)
		}
		return list
	}
	err := filepath.WalkDir(filepath.Join(root, files), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_spec.rb") {
			rel, _ := filepath.Rel(root, path)
			list = append(list, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(list)
	return list
}

var (
	requireRelative = regexp.MustCompile(`(?m)^\s*require_relative\s+['"]([^'"]+)['"].*$`)
	evalLiteral     = regexp.MustCompile(`\beval\("(\([^"\\#]*\))"\)`)
	exampleLine     = regexp.MustCompile(`^(\s*)it\b.*\bdo\s*$`)
	defLine         = regexp.MustCompile(`^(\s*)def\b[^;=]*$`)
)

// specText is a spec file with the files that it requires before it.
func specText(root, file string, seen map[string]bool) string {
	if seen[file] || filepath.Base(file) == "spec_helper.rb" {
		return ""
	}
	seen[file] = true
	src, err := os.ReadFile(filepath.Join(root, file))
	if err != nil || !utf8.Valid(src) {
		return ""
	}
	var b strings.Builder
	text := requireRelative.ReplaceAllStringFunc(string(src), func(line string) string {
		name := requireRelative.FindStringSubmatch(line)[1]
		if !strings.HasSuffix(name, ".rb") {
			name += ".rb"
		}
		b.WriteString(specText(root, filepath.Join(filepath.Dir(file), name), seen))
		return ""
	})
	text, _, _ = strings.Cut(text, "\n__END__\n")
	// Some literals stand in eval, for old Rubies' sake.
	text = evalLiteral.ReplaceAllString(text, "$1")
	return b.String() + text + "\n"
}

// specResult is what became of one example.
type specResult struct{ state, reason string }

func parseSpec(out string) (res map[string]specResult, last string) {
	res = map[string]specResult{}
	for line := range strings.SplitSeq(out, "\n") {
		f := strings.Split(line, " ")
		if len(f) < 4 || f[0] != "SPEC" {
			continue
		}
		name, reason := plainResult(f[2]), plainResult(f[3])
		if last = name; f[1] != "B" {
			res[name] = specResult{f[1], reason}
			last = ""
		}
	}
	return res, last
}

func runSpecFile(t *testing.T, root, file string, show bool) (c specCount) {
	helper, err := os.ReadFile(filepath.Join("testdata", "spec.rb"))
	if err != nil {
		t.Fatal(err)
	}
	text := specText(root, file, map[string]bool{})
	want := crubySpec(t, string(helper), text)
	got := ourSpec(t, file, string(helper), text)
	var names []string
	for name, r := range want {
		if r.state == "P" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		c.examples++
		r := got[name]
		switch r.state {
		case "P":
			c.passed++
			continue
		case "U":
			c.unsupported++
		default:
			c.failed++
		}
		if show {
			t.Logf("%s %s\n    %s: %s", file, name, r.state, r.reason)
		}
	}
	for name, r := range got {
		if show && r.state == "X" {
			t.Logf("%s %s\n    X: %s", file, name, r.reason)
		}
	}
	return c
}

// skipLine tells the runner which examples to leave out, by their names in hexadecimal.
func skipLine(skip []string) string {
	var b strings.Builder
	b.WriteString("\nSpecRun.skip = {")
	for _, s := range skip {
		fmt.Fprintf(&b, "%q => true, ", hex.EncodeToString([]byte(s)))
	}
	b.WriteString("}\n")
	return b.String()
}

func crubySpec(t *testing.T, helper, text string) map[string]specResult {
	var skip []string
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		cmd := exec.CommandContext(ctx, "ruby", "-W0", "--disable=gems,did_you_mean,error_highlight", "-")
		cmd.Stdin = strings.NewReader(helper + skipLine(skip) + text)
		cmd.Dir = t.TempDir()
		cmd.WaitDelay = time.Second
		out, _ := cmd.Output()
		cancel()
		res, last := parseSpec(string(out))
		if last == "" || len(skip) > 20 {
			return res
		}
		skip = append(skip, last)
	}
}

// specHost collects what a spec prints.
type specHost struct {
	noHost
	out bytes.Buffer
}

func (h *specHost) Log(level, message string, fields map[string]string) {
	h.out.WriteString(message + "\n")
}

// ourSpec runs a file here. What cannot be compiled is left out, example by example; so
// is an example that stops at a limit.
func ourSpec(t *testing.T, file, helper, text string) map[string]specResult {
	var skip []string
	lines := strings.Split(text, "\n")
	for range 500 {
		head := helper + skipLine(skip)
		offset := strings.Count(head, "\n")
		s, list := Compile(diag.NewSource(file, head+strings.Join(lines, "\n")), Options{Limits: Limits{Steps: 30_000_000, Time: 20 * time.Second}})
		if s == nil {
			d := list[0]
			for _, x := range list {
				if x.Code.Severity == diag.Error {
					d = x
					break
				}
			}
			if !leaveOut(lines, d.At.Position().Line-1-offset, d.Message) {
				return map[string]specResult{"compile": {"X", list.Error()}}
			}
			continue
		}
		host := &specHost{}
		in, err := s.NewInstance(host)
		if err == nil {
			b := event.NewBatch()
			b.Pin()
			ev, _, _ := b.Decode([]byte("{}"))
			err = in.Run(ev, nil)
		}
		res, last := parseSpec(host.out.String())
		if err == nil {
			return res
		}
		if last == "" {
			res["run"] = specResult{"X", err.Error()}
			return res
		}
		t.Logf("%s: %s: %v", file, last, err)
		skip = append(skip, last)
	}
	return nil
}

// leaveOut empties the example or method around a line.
func leaveOut(lines []string, at int, reason string) bool {
	if at < 0 || at >= len(lines) || lines[at] == "" {
		return false
	}
	for _, re := range []*regexp.Regexp{exampleLine, defLine} {
		for i := at; i >= 0; i-- {
			m := re.FindStringSubmatch(lines[i])
			if m == nil {
				continue
			}
			end := -1
			for j := i + 1; j < len(lines); j++ {
				if strings.HasPrefix(lines[j], m[1]+"end") {
					end = j
					break
				}
			}
			if end < at {
				break
			}
			for j := i + 1; j < end; j++ {
				lines[j] = ""
			}
			if lines[i] += fmt.Sprintf("; raise SpecUnsupported, %q", strings.ReplaceAll(reason, "#", "")); re == exampleLine {
				return true
			}
			return true
		}
	}
	lines[at] = "" // what a file of fixtures does on its way
	return true
}
