package ruby

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/lscl"
)

// TestCorpus compiles all ruby filters and scripts of real configurations.
func TestCorpus(t *testing.T) {
	dir := dataFolder(t, "logstash-configs")
	index, err := os.ReadFile(filepath.Join(dir, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	total, good := 0, 0
	try := func(name string, src *diag.Source, opts Options) {
		total++
		s, list := Compile(src, opts)
		if s != nil {
			good++
			return
		}
		t.Logf("%s: %.300s", name, list[0].Error())
	}
	seen := map[string]bool{}
	for _, line := range strings.Split(string(index), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 4 {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			continue
		}
		switch f[1] {
		case "ruby-script":
			try(f[0], diag.NewSource(f[0], string(text)), Options{File: true})
		case "lscl", "lscl-fragment":
			src := diag.NewSource(f[0], string(text))
			file, _ := lscl.Parse(src, lscl.Options{})
			for _, sec := range file.Sections {
				walkPlugins(sec.Body, func(p *lscl.Plugin) {
					if p.Name != "ruby" {
						return
					}
					opts := Options{}
					var code *diag.Source
					for _, a := range p.Attributes {
						if v, ok := a.Value.(*lscl.String); ok {
							switch a.Name {
							case "code":
								code = diag.EmbedAt(src, v.Text, v.Content.Start)
							case "init":
								opts.Init = diag.EmbedAt(src, v.Text, v.Content.Start)
							}
						}
					}
					if code != nil {
						key := code.Text
						if opts.Init != nil {
							key += opts.Init.Text
						}
						if !seen[key] {
							seen[key] = true
							try(f[0], code, opts)
						}
					}
				})
			}
		}
	}
	t.Logf("%d of %d compile", good, total)
	if total == 0 || good*100 < total*93 {
		t.Errorf("only %d of %d compile", good, total)
	}
}

func walkPlugins(body []lscl.Statement, f func(*lscl.Plugin)) {
	for _, s := range body {
		switch x := s.(type) {
		case *lscl.Plugin:
			f(x)
		case *lscl.If:
			for _, b := range x.Branches {
				walkPlugins(b.Body, f)
			}
			if x.Else != nil {
				walkPlugins(x.Else.Body, f)
			}
		}
	}
}
