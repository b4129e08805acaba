package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/lscl"
)

// Graph is a pipeline as plugins, conditions and the queue, with the ways that events
// take between them, as Logstash's monitoring API shows it.
// Source: LogStash::Config::LIRSerializer.
type Graph struct {
	Vertices []Vertex
	Edges    []Edge
}

// Vertex is a plugin, a condition or the queue.
type Vertex struct {
	ID        string
	Type      string // "plugin", "if" or "queue"
	Explicit  bool   // the configuration gives the id
	Plugin    string // of a plugin: its name
	Kind      string // of a plugin: "input", "filter" or "output"
	Condition string // of an if: its text
	At        diag.Span
}

// Edge is a way from one vertex to another. When is nil but for those behind a condition,
// which are for events for which it is true, or not.
type Edge struct {
	From, To string
	When     *bool
}

// QueueID is the id of the queue's vertex.
const QueueID = "__QUEUE__"

// Graph returns the pipeline as a graph.
func (p *Pipeline) Graph() Graph { return p.graph }

// end is a loose end: where events come from that go to what follows.
type end struct {
	from string
	when *bool
}

type grapher struct {
	Graph
	idOf map[*lscl.Plugin]string
}

func newGraph(config *lscl.Config, idOf map[*lscl.Plugin]string) Graph {
	g := &grapher{idOf: idOf}
	var inputs []end
	for _, s := range config.Sections(lscl.Input) {
		for _, statement := range s.Body {
			inputs = append(inputs, g.statement(statement, "input", nil)...)
		}
	}
	g.Vertices = append(g.Vertices, Vertex{ID: QueueID, Type: "queue"})
	g.link(inputs, QueueID)
	ends := []end{{from: QueueID}}
	for _, s := range config.Sections(lscl.Filter) {
		ends = g.sequence(s.Body, "filter", ends)
	}
	for _, s := range config.Sections(lscl.Output) {
		g.parallel(s.Body, ends)
	}
	return g.Graph
}

func (g *grapher) link(from []end, to string) {
	for _, e := range from {
		g.Edges = append(g.Edges, Edge{e.from, to, e.when})
	}
}

// sequence adds statements of which each follows the one before.
func (g *grapher) sequence(body []lscl.Statement, kind string, ends []end) []end {
	for _, s := range body {
		ends = g.statement(s, kind, ends)
	}
	return ends
}

// parallel adds outputs, which all get the same events.
func (g *grapher) parallel(body []lscl.Statement, ends []end) {
	for _, s := range body {
		g.statement(s, "output", ends)
	}
}

// statement adds a plugin or a condition with all of its branches, and returns its loose
// ends.
func (g *grapher) statement(s lscl.Statement, kind string, ends []end) []end {
	switch s := s.(type) {
	case *lscl.Plugin:
		id := g.idOf[s]
		explicit := slices.ContainsFunc(s.Attributes, func(a *lscl.Attribute) bool { return a.Name == "id" })
		g.Vertices = append(g.Vertices, Vertex{ID: id, Type: "plugin", Explicit: explicit, Plugin: s.Name, Kind: kind, At: s.NameAt})
		g.link(ends, id)
		return []end{{from: id}}
	case *lscl.If:
		var out []end
		yes, no := true, false
		for _, b := range s.Branches {
			id := g.condition(b)
			g.link(ends, id)
			if branch := g.body(b.Body, kind, []end{{id, &yes}}); kind == "filter" {
				out = append(out, branch...)
			}
			ends = []end{{id, &no}}
		}
		if s.Else != nil {
			ends = g.body(s.Else.Body, kind, ends)
		}
		return append(out, ends...)
	}
	return ends
}

func (g *grapher) body(body []lscl.Statement, kind string, ends []end) []end {
	if kind == "output" {
		g.parallel(body, ends)
		return nil
	}
	return g.sequence(body, kind, ends)
}

func (g *grapher) condition(b *lscl.Branch) string {
	at := b.At
	text := ""
	if b.Condition != nil {
		at = b.Condition.Span()
		text = strings.Join(strings.Fields(at.Text()), " ")
	}
	place := at.Position()
	sum := sha256.Sum256(fmt.Appendf(nil, "%s:%d:%d %s", place.File, place.Line, place.Column, text))
	id := hex.EncodeToString(sum[:])
	g.Vertices = append(g.Vertices, Vertex{ID: id, Type: "if", Condition: text, At: at})
	return id
}
