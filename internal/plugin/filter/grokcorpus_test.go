package filter

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// TestGrokOfRealConfigurations compiles the grok and date filters that people run. Only
// pattern files that are not at hand, and a few mistakes of theirs, are in the way.
func TestGrokOfRealConfigurations(t *testing.T) {
	root := filepath.Join(dataDir(t), "..", "logstash-configs")
	if !exists(root) {
		t.Skipf("there is no %s; SLUICE_DATA names the folder of the test data", root)
	}
	compiled, missing, wrong, budget := 0, 0, 0, 0
	visit := func(path string, p *lscl.Plugin) {
		if p.Name != "grok" && p.Name != "date" {
			return
		}
		env, list := testEnv(), diag.List(nil)
		env.Variables = func(string) (string, bool) { return "x", true }
		made := plugin.Configure(plugin.FilterKind, p, env, &list)
		switch text := ""; {
		case made != nil:
			compiled++
			if g, ok := made.(*grokFilter); ok {
				budget += g.budgeted()
			}
		default:
			if list.Err() != nil {
				text = list.Err().Error()
			}
			if strings.Contains(text, "there is no pattern ") || strings.Contains(text, "cannot be opened") {
				missing++
				return
			}
			wrong++
			t.Logf("%s: %s", path, text)
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || len(text) > 1<<20 {
			return err
		}
		if file, list := lscl.Parse(diag.NewSource(path, string(text)), lscl.Options{}); list.Err() == nil {
			for _, s := range file.Sections {
				plugins(s.Body, func(p *lscl.Plugin) { visit(path, p) })
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d compile, %d lack patterns, %d are wrong", compiled, missing, wrong)
	if compiled < 1000 || wrong > 8 || budget > 0 {
		t.Errorf("%d compile, %d are wrong, %d expressions need a budget", compiled, wrong, budget)
	}
}

func (g *grokFilter) budgeted() int {
	n := 0
	for _, s := range g.sources {
		for _, p := range s.patterns {
			if p.Explain().Engine == "budget" {
				n++
			}
		}
	}
	return n
}

func plugins(body []lscl.Statement, visit func(*lscl.Plugin)) {
	for _, s := range body {
		switch s := s.(type) {
		case *lscl.Plugin:
			visit(s)
		case *lscl.If:
			for _, b := range s.Branches {
				plugins(b.Body, visit)
			}
			if s.Else != nil {
				plugins(s.Else.Body, visit)
			}
		}
	}
}
