// Package internal has no code of its own; the test in it keeps the house in order.
package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors are the floors of the house, from the ground up (design/0000-architecture.md). A package imports only from
// floors below its own, and from the neighbours that are listed for it.
var floors = [][]string{
	{"diag", "health", "onig", "secret", "timefmt", "vfs"},
	{"event", "pki"},
	{"ecs", "grok", "lscl", "query", "ruby", "settings"},
	{"lumberjack", "plugin", "queue"},
	{"plugin/codec"},
	{"plugin/filter", "plugin/input", "plugin/output", "plugin/plugintest", "plugin/plugintest/searchnode"},
	{"pipeline"},
	{"engine"},
	{"instrument", "netif", "link", "sensor", "fleet"},
	{"casetest", "demo", "migrate"},
	{"cli"},
}

// neighbours may be imported on the same floor.
var neighbours = map[string][]string{
	"event": {}, "sensor": {"instrument", "link"}, "fleet": {"link"}, "instrument": {"netif"},
	"plugin/plugintest/searchnode": {"plugin/plugintest"},
}

func TestImportsGoDownwards(t *testing.T) {
	floorOf := map[string]int{}
	for i, f := range floors {
		for _, p := range f {
			floorOf[p] = i
		}
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || filepath.Dir(path) == "." {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		if strings.Contains(from, "testdata") {
			return nil
		}
		floor, known := floorOf[from]
		if !known {
			t.Errorf("%s is on no floor; give it a place in this test and in the design", from)
			return nil
		}
		seen[from] = true
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		for _, imp := range file.Imports {
			to, ours := strings.CutPrefix(mustUnquote(imp.Path.Value), "sluice/internal/")
			if !ours {
				continue
			}
			if target, ok := floorOf[to]; ok && target >= floor && !slices.Contains(neighbours[from], to) {
				t.Errorf("%s imports %s, which is not below it", path, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, banned := range []string{"util", "utils", "common", "helper", "helpers", "base", "misc", "types", "manager"} {
		for p := range seen {
			if filepath.Base(p) == banned {
				t.Errorf("the package %s has a name that says nothing", p)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, floor := range floors {
		for _, p := range floor {
			if _, err := os.Stat(p); os.IsNotExist(err) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(p, "doc.go"))
			if err != nil {
				t.Errorf("%s has no doc.go", p)
				continue
			}
			comment, _, _ := strings.Cut(string(text), "\npackage ")
			if lines := strings.Count(comment, "\n") + 1; lines > 15 {
				t.Errorf("%s/doc.go has a comment of %d lines; 15 are enough", p, lines)
			}
		}
	}
}

func mustUnquote(s string) string {
	u, err := strconv.Unquote(s)
	if err != nil {
		panic(err)
	}
	return u
}
