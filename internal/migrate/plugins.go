package migrate

import (
	"fmt"
	"slices"

	"sluice/internal/diag"
	"sluice/internal/grok"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
)

// plugins counts the plugins of a section, and collects ports and grok expressions.
func (s *Section) plugins(kind lscl.SectionKind, body []lscl.Statement, ecs plugin.ECS) {
	for _, statement := range body {
		switch n := statement.(type) {
		case *lscl.If:
			for _, b := range n.Branches {
				s.plugins(kind, b.Body, ecs)
			}
			if n.Else != nil {
				s.plugins(kind, n.Else.Body, ecs)
			}
		case *lscl.Plugin:
			s.Plugins++
			for _, a := range n.Attributes {
				switch {
				case kind == lscl.Input && a.Name == "port":
					if port, ok := portOf(a.Value); ok && !slices.Contains(s.Listens, n.Name+" "+port) {
						s.Listens = append(s.Listens, n.Name+" "+port)
					}
				case kind == lscl.Filter && n.Name == "grok" && a.Name == "match":
					s.grok(a.Value, ecs, false)
				}
			}
		}
	}
}

func portOf(v lscl.Value) (string, bool) {
	switch v := v.(type) {
	case *lscl.Number:
		return v.Text, true
	case *lscl.String:
		return v.Text, true
	}
	return "", false
}

// grok tells which engine runs the expressions of an option match. Those with patterns of
// one's own are not looked at: whether they compile has been told already.
func (s *Section) grok(v lscl.Value, ecs plugin.ECS, expression bool) {
	switch v := v.(type) {
	case *lscl.Hash:
		for _, e := range v.Entries {
			s.grok(e.Value, ecs, true)
		}
	case *lscl.Array:
		for i, item := range v.Values {
			s.grok(item, ecs, expression || i%2 == 1)
		}
	case *lscl.String:
		if !expression {
			return
		}
		p, err := grok.Compile(v.Text, grok.Core(ecs.Enabled()), grok.Options{})
		if err != nil {
			return
		}
		e := p.Explain()
		if s.Grok[e.Engine]++; e.Engine == "budget" {
			s.Findings = append(s.Findings, Finding{
				Level: Odd, Message: "a grok expression needs the engine with a budget of steps",
				Help: e.Why, Places: []diag.Position{v.At.Position()},
			})
		}
	}
}

// engines returns how many expressions each engine runs, in words.
func (s *Section) engines() string {
	text := ""
	for _, name := range []string{"one pass", "linear", "budget"} {
		if n := s.Grok[name]; n > 0 {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%d %s", n, name)
		}
	}
	return text
}
