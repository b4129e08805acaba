package ruby

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
)

// libraryCase is an expression and what CRuby 3.1 makes of it. A line "=>!" instead of
// "=>" holds what is right here though CRuby gives something else, because JRuby does or
// because a policy does not allow it.
type libraryCase struct {
	code, want string
	own        bool
}

// libraryCases reads testdata/lib: a file for each library, in which an expression is
// followed by a line with its value. Blank lines and comments are left out.
func libraryCases(t *testing.T) map[string][]libraryCase {
	t.Helper()
	files, _ := filepath.Glob("testdata/lib/*.txt")
	if len(files) == 0 {
		t.Fatal("there are no files in testdata/lib")
	}
	all := map[string][]libraryCase{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list []libraryCase
		for line := range strings.SplitSeq(string(text), "\n") {
			want, is := strings.CutPrefix(line, "=> ")
			own, differs := strings.CutPrefix(line, "=>! ")
			switch {
			case is:
				list[len(list)-1].want = want
			case differs:
				list[len(list)-1].want, list[len(list)-1].own = own, true
			case line != "" && !strings.HasPrefix(line, "#"):
				list = append(list, libraryCase{code: line})
			}
		}
		all[file] = list
	}
	return all
}

// libraryPolicy lets expressions see this package's test data and one variable.
var libraryPolicy = Policy{
	ReadFile: os.ReadFile, Glob: filepath.Glob, Stat: os.Stat, Hostname: "sensor1",
	Getenv:  func(name string) (string, bool) { return "here", name == "SLUICE_LIB" },
	Environ: func() []string { return []string{"HIDDEN", "SLUICE_LIB"} },
}

// libraryValue is what an expression inspects as here.
func libraryValue(t *testing.T, code string) string {
	t.Helper()
	src := "event.set('r', begin; (" + code + ").inspect; rescue StandardError, ScriptError, SecurityError => e; \"#{e.class}: #{e.message}\"; end.b.unpack1('H*'))"
	out, err := run(t, src, `{}`, Options{Policy: libraryPolicy})
	if err != nil {
		return "error: " + err.Error()
	}
	v, _, err := event.NewBatch().DecodeValue([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := v.Object().Get("r")
	return oneLine(plainResult(r.Str()))
}

// oneLine keeps a value in its line of the file.
func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "␤") }

func TestLibraries(t *testing.T) {
	for file, list := range libraryCases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			for _, c := range list {
				if got := libraryValue(t, c.code); got != c.want {
					t.Errorf("%s\n here %s\n want %s", c.code, got, c.want)
				}
			}
		})
	}
}

// TestLibrariesLikeCRuby compares the values in testdata/lib with those of the installed
// CRuby. With SLUICE_CRUBY=record it writes them.
func TestLibrariesLikeCRuby(t *testing.T) {
	mode := os.Getenv("SLUICE_CRUBY")
	if mode == "" {
		t.Skip("SLUICE_CRUBY is not set")
	}
	for file, list := range libraryCases(t) {
		var input bytes.Buffer
		for _, c := range list {
			line, _ := json.Marshal(c.code)
			input.Write(append(line, '\n'))
		}
		cmd := exec.Command("sh", "-c", "ulimit -v 4000000; LC_ALL=C.UTF-8 SLUICE_LIB=here exec timeout 300 ruby -W0 --disable=did_you_mean,error_highlight testdata/cruby_lib.rb")
		cmd.Stdin, cmd.Stderr = &input, os.Stderr
		out, err := cmd.Output()
		answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		if err != nil || len(answers) != len(list) {
			t.Errorf("%s: ruby answered %d expressions of %d: %v", file, len(answers), len(list), err)
			continue
		}
		if mode == "record" {
			record(t, file, list, answers)
			continue
		}
		for i, c := range list {
			if got := oneLine(plainResult(answers[i])); got != c.want && !c.own {
				t.Errorf("%s\n CRuby %s\n file  %s", c.code, got, c.want)
			}
		}
	}
}

// record writes the answers behind the expressions of a file.
func record(t *testing.T, file string, list []libraryCase, answers []string) {
	t.Helper()
	var b strings.Builder
	for i, c := range list {
		b.WriteString(c.code + "\n")
		if c.own {
			b.WriteString("=>! " + c.want + "\n")
		} else {
			b.WriteString("=> " + oneLine(plainResult(answers[i])) + "\n")
		}
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestLibraryLimits checks that what a library makes of small data is charged before it
// is there.
func TestLibraryLimits(t *testing.T) {
	limits := Limits{Steps: 1_000_000, Memory: 8 << 20, Time: 2 * time.Minute} // with the race detector it is slow
	for code, want := range map[string]string{
		`s = "a" * 1_000_000; 5.times { s = Zlib.inflate(Zlib.deflate(s)) }`:                                       "memory",
		`s = ("a" * 2_000_000); z = Zlib.gzip(s); Zlib.gunzip(z + z); Zlib.gunzip(z)`:                              "memory",
		`z = Zlib::Deflate.new; 100.times { z << "a" * 100_000 }`:                                                  "memory",
		`30.times { Zlib::Deflate.new }`:                                                                           "memory",
		`z = Zlib::Inflate.new; d = Zlib.deflate(("a".."zzz").to_a.join); 9999.times { |i| z.inflate(d[i].to_s) }`: "steps",
		`io = StringIO.new; io.pos = 1 << 40; io.write("x")`:                                                       "memory",
		`StringIO.new.truncate(1 << 40)`:                                                                           "memory",
		`CSV.parse("," * 1_000_000)`:                                                                               "memory",
		`CSV.parse("a\n" * 1_000_000)`:                                                                             "memory",
		`r = CSV::Row.new([], []); r[1 << 40] = 1`:                                                                 "memory",
		`CSV.generate { |c| loop { c << ["abc"] } }`:                                                               "steps",
		`File.fnmatch("{a,b}" * 60, "x", File::FNM_EXTGLOB)`:                                                       "memory",
		`File.fnmatch("*a" * 60 + "b", "a" * 200)`:                                                                 "steps",
	} {
		_, err := run(t, code, `{}`, Options{Limits: limits, Policy: libraryPolicy})
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Limit != want {
			t.Errorf("%s: got %v, want the %s limit", code, err, want)
		}
	}
}
