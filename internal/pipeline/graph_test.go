package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/lscl"
)

// TestGraph: conditions are vertices with a way for true and one for false; filters follow
// each other, outputs stand side by side.
func TestGraph(t *testing.T) {
	config, list := lscl.ParseAll([]*diag.Source{diag.NewSource("x.conf", `
input { a { } b { } }
filter {
  if [x] { c { } if [y]  ==  1 { d { } } } else if [z] { } else { e { } }
  f { id => "named" }
}
output { if [x] { g { } h { } } i { } }`)}, lscl.Options{})
	if list.Err() != nil {
		t.Fatal(list)
	}
	ids := map[*lscl.Plugin]string{}
	var collect func(body []lscl.Statement)
	collect = func(body []lscl.Statement) {
		for _, s := range body {
			switch s := s.(type) {
			case *lscl.Plugin:
				ids[s] = s.Name
			case *lscl.If:
				for _, b := range s.Branches {
					collect(b.Body)
				}
				if s.Else != nil {
					collect(s.Else.Body)
				}
			}
		}
	}
	for _, s := range config.Files[0].Sections {
		collect(s.Body)
	}
	g := newGraph(config, ids)
	names := map[string]string{QueueID: "queue"}
	for _, v := range g.Vertices {
		switch v.Type {
		case "if":
			names[v.ID] = fmt.Sprintf("(%s)@%d", v.Condition, v.At.Position().Line)
		case "plugin":
			names[v.ID] = v.ID
			if v.Explicit != (v.ID == "f") {
				t.Errorf("%s: explicit %v", v.ID, v.Explicit)
			}
		}
	}
	var edges []string
	for _, e := range g.Edges {
		edge := names[e.From] + " -> " + names[e.To]
		if e.When != nil {
			edge = fmt.Sprintf("%s -%v-> %s", names[e.From], *e.When, names[e.To])
		}
		edges = append(edges, edge)
	}
	const want = `a -> queue
b -> queue
queue -> ([x])@4
([x])@4 -true-> c
c -> ([y] == 1)@4
([y] == 1)@4 -true-> d
([x])@4 -false-> ([z])@4
([z])@4 -false-> e
d -> f
([y] == 1)@4 -false-> f
([z])@4 -true-> f
e -> f
f -> ([x])@7
([x])@7 -true-> g
([x])@7 -true-> h
f -> i`
	if got := strings.Join(edges, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
