package pipeline

import "sluice/internal/event"

// ifStage is a conditional of filters. Several events come out way by way, in the order
// of Logstash's graph (org.logstash.config.ir.imperative.IfStatement and graph.Graph.
// chain): `else if` is a conditional inside of `else`, a conditional's ends are those of
// its first body, those of its second body, and then the conditional itself, when one of
// the two is empty. So what passes by an empty body comes out behind what goes through
// later ones, and a conditional without any filter is not there at all.
type ifStage struct {
	fork[stage]
	way  []int     // of each branch, and of else
	ways [][]stage // what is on each way, in the order in which they come out
}

func newIfStage(f fork[stage]) *ifStage {
	s := &ifStage{fork: f, way: make([]int, len(f.branches)+1)}
	s.lay(0)
	return s
}

// lay lays the ways of the branches from one on.
func (s *ifStage) lay(first int) {
	if s.hollowFrom(first) {
		s.open(nil, first, len(s.way))
		return
	}
	body := s.body(first)
	empty := hollow(body)
	if !empty {
		s.open(body, first, first+1)
	}
	if first == len(s.branches) {
		return
	}
	s.lay(first + 1)
	if empty {
		s.open(nil, first, first+1)
	}
}

// open lays a way for the branches from first to before end.
func (s *ifStage) open(body []stage, first, end int) {
	for i := first; i < end; i++ {
		s.way[i] = len(s.ways)
	}
	s.ways = append(s.ways, body)
}

// hollowFrom tells whether no branch from one on leads to a filter.
func (s *ifStage) hollowFrom(first int) bool {
	for i := first; i <= len(s.branches); i++ {
		if !hollow(s.body(i)) {
			return false
		}
	}
	return true
}

// hollow tells whether there is no filter in a body.
func hollow(body []stage) bool {
	for _, x := range body {
		if s, ok := x.(*ifStage); !ok || len(s.ways) > 1 {
			return false
		}
	}
	return true
}

func (s *ifStage) run(w *worker, events []*event.Event) []*event.Event {
	if len(s.ways) == 1 {
		return events
	}
	if len(events) == 1 {
		i, err := s.choose(events[0])
		if err != nil {
			w.conditionFailed(events[0], err)
			return nil
		}
		return runStages(w, s.ways[s.way[i]], events)
	}
	groups := make([][]*event.Event, len(s.ways))
	for _, e := range events {
		i, err := s.choose(e)
		if err != nil {
			w.conditionFailed(e, err)
			continue
		}
		way := s.way[i]
		groups[way] = append(groups[way], e)
	}
	var out []*event.Event
	for way, group := range groups {
		out = append(out, runStages(w, s.ways[way], group)...)
	}
	return out
}

func (s *ifStage) flush(w *worker, b *event.Batch, final bool) []*event.Event {
	var events []*event.Event
	for _, body := range s.ways {
		events = append(events, flushStages(w, body, b, final)...)
	}
	return events
}
