package cli

import (
	"context"
	"slices"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// debugConfiguration logs the configuration for config.debug, at the level debug and
// without secrets.
func (p *program) debugConfiguration(pipelines []engine.Pipeline) {
	if !p.log.Enabled(context.Background(), levels["debug"]) {
		return
	}
	for _, c := range pipelines {
		if !c.Settings.Bool("config.debug") {
			continue
		}
		for _, src := range c.Sources {
			file, list := lscl.Parse(src, lscl.Options{SupportEscapes: c.Settings.Bool("config.support_escapes")})
			if list.Err() != nil {
				continue // the pipeline has been reported already
			}
			p.log.Debug("Compiled pipeline code", pipelineKey, c.ID, "file", src.Name, "code", withoutSecrets(file, src.Text))
		}
	}
}

// withoutSecrets returns a configuration with stars in place of secrets.
func withoutSecrets(file *lscl.File, text string) string {
	type hole struct{ start, end int }
	var holes []hole
	for _, section := range file.Sections {
		kind, ok := kindNamed(section.Kind.String())
		if !ok {
			continue
		}
		plugins(section.Body, func(node *lscl.Plugin) {
			spec := plugin.Lookup(kind, node.Name)
			for _, a := range node.Attributes {
				known := spec != nil && slices.ContainsFunc(spec.New().Options(), func(o plugin.Option) bool { return o.Name == a.Name && !o.Secret })
				if !known && a.Value != nil {
					at := a.Value.Span()
					holes = append(holes, hole{at.Start, at.End})
				}
			}
		})
	}
	slices.SortFunc(holes, func(a, b hole) int { return a.start - b.start })
	var b strings.Builder
	from := 0
	for _, h := range holes {
		if h.start >= from {
			b.WriteString(text[from:h.start] + `"<password>"`)
			from = h.end
		}
	}
	b.WriteString(text[from:])
	return b.String()
}

// plugins calls do for all plugins of a section.
func plugins(body []lscl.Statement, do func(*lscl.Plugin)) {
	for _, s := range body {
		switch s := s.(type) {
		case *lscl.Plugin:
			do(s)
		case *lscl.If:
			for _, b := range s.Branches {
				plugins(b.Body, do)
			}
			if s.Else != nil {
				plugins(s.Else.Body, do)
			}
		}
	}
}
