package casetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/pipeline"
)

var (
	noInput = diag.Define("SL9034", diag.Error, "the case cannot be put in",
		"A case comes in by one input of the configuration, whose codec, type, tags and add_field make its events. The message says which inputs there are.")
	badField = diag.Define("SL9035", diag.Error, "a field cannot be set",
		"The fields of a case are set in its events before the filters see them.")
)

// Suite is case files with the configurations that they test. It is not safe for
// concurrent use.
type Suite struct {
	opts     *Options
	compiled map[string]*compiled
	mistakes map[string]diag.List
}

// NewSuite returns a suite that has compiled nothing yet.
func NewSuite(opts *Options) *Suite {
	return &Suite{opts: opts, compiled: map[string]*compiled{}, mistakes: map[string]diag.List{}}
}

// Close gives back what the configurations hold.
func (s *Suite) Close() {
	for _, c := range s.compiled {
		if c != nil {
			c.close()
		}
	}
}

// Run runs the cases of a file, in their order. Warnings about its configuration are
// given once.
func (s *Suite) Run(f *File) ([]Result, diag.List) {
	cases := f.Cases
	if s.opts.Run != nil {
		cases = slices.DeleteFunc(slices.Clone(cases), func(c *Case) bool { return !s.opts.Run.MatchString(f.Name + ": " + c.Name) })
	}
	if len(cases) == 0 {
		return nil, nil
	}
	set := f.setup
	if !set.known() {
		if mistakes := f.chooseSetup(&set, s.opts); mistakes.Err() != nil {
			return broken(f, cases, mistakes), nil
		}
	}
	key := set.key()
	c, known := s.compiled[key]
	if !known {
		c, s.mistakes[key] = compile(&set, s.opts)
		s.compiled[key] = c
	}
	if c == nil {
		return broken(f, cases, s.mistakes[key]), nil
	}
	var warnings diag.List
	if !known {
		warnings = s.mistakes[key]
	}
	r, mistakes := newRunner(f, c)
	if r == nil {
		return broken(f, cases, mistakes), warnings
	}
	return r.run(cases), warnings
}

func broken(f *File, cases []*Case, mistakes diag.List) []Result {
	var all []Result
	for _, c := range cases {
		all = append(all, Result{File: f.Name, Case: c, Status: Broken, Mistakes: mistakes})
	}
	return all
}

// runner takes the cases of one file through a configuration.
type runner struct {
	file   *File
	c      *compiled
	first  *stage // where events come in
	source *source
	feeder *feeder
	start  time.Time
	depth  int // of pipelines that pass an event on
}

// mostHops is how often pipelines may pass an event on; more is a circle.
const mostHops = 50

func newRunner(f *File, c *compiled) (*runner, diag.List) {
	r := &runner{file: f, c: c, first: c.stages[0]}
	node, mistakes := r.entry()
	if mistakes.Err() != nil {
		return nil, mistakes
	}
	if f.codec != nil {
		given, wrong := optionNode("codec", f.codec)
		if wrong.Err() != nil {
			return nil, wrong
		}
		one := *node
		one.Attributes = append(slices.DeleteFunc(slices.Clone(node.Attributes), func(a *lscl.Attribute) bool { return a.Name == "codec" }), given.Attributes...)
		node = &one
	}
	if r.adds() {
		one := *node
		one.Attributes = append(slices.Clone(node.Attributes), addField(&f.fields))
		node = &one
	}
	r.source, mistakes = r.first.newSource(node, !f.daemon)
	if mistakes.Err() != nil {
		return nil, mistakes
	}
	return r, nil
}

// adds tells whether the fields of the file are added by the input, as
// logstash-filter-verifier does without a daemon.
func (r *runner) adds() bool {
	return r.file.language != golden && !r.file.daemon && len(r.file.fields.fields) > 0
}

// entry finds the input that cases come in by. Without one, events begin with nothing but
// what the case gives them.
func (r *runner) entry() (*lscl.Plugin, diag.List) {
	none := &lscl.Plugin{Name: "case"}
	var ids []string
	var only *lscl.Plugin
	inputs := 0
	for _, st := range r.c.stages {
		for i := range st.inputs {
			in := &st.inputs[i]
			if in.id != "" {
				ids = append(ids, in.id)
			}
			if in.id == r.file.input.value && in.id != "" {
				r.first = st
				return in.node, nil
			}
			if in.node.Name != "pipeline" {
				r.first, only = st, in.node
				inputs++
			}
		}
	}
	switch {
	case r.file.input.value != "":
		d := diag.New(noInput, r.file.input.at, "there is no input with the id %s", r.file.input.value)
		if near := diag.Nearest(r.file.input.value, ids); near != "" {
			return nil, diag.List{d.WithHelp("did you mean %s?", near)}
		}
		return nil, diag.List{d.WithHelp("inputs with an id are: %v", ids)}
	case inputs == 1 && r.file.language == golden:
		return only, nil
	case len(r.c.stages) > 1 && inputs != 1:
		return nil, diag.List{diag.New(noInput, r.file.source.At(0, 0), "there are several pipelines, and the case file does not say by which input its cases come in").
			WithHelp("name the id of the input: input ID in a .case file, input_plugin in one of logstash-filter-verifier")}
	}
	if len(r.c.stages) == 1 {
		r.first = r.c.stages[0]
	}
	return none, nil
}

func (r *runner) run(cases []*Case) []Result {
	results := make([]Result, len(cases))
	if r.file.language != golden {
		r.feeder = newFeeder(r.source)
	}
	for i, c := range cases {
		results[i] = Result{File: r.file.Name, Case: c, severalOutputs: r.outputs() > 1}
		res := &results[i]
		r.start = time.Now()
		if r.file.language == golden {
			r.c.clock.forward = 0
			r.feeder = newFeeder(r.source)
		}
		r.one(c, res)
		if r.file.language == golden || i == len(cases)-1 {
			r.end(c, res)
		}
		for _, refused := range r.c.letters.refused {
			res.Refused = append(res.Refused, fmt.Sprintf("%s: %s", refused.by, refused.reason))
		}
		r.c.letters.refused = nil
		res.Logged = r.c.log.take()
		res.Took = time.Since(r.start)
	}
	r.judge(results)
	return results
}

// outputs tells how many outputs take events out of the pipelines.
func (r *runner) outputs() (n int) {
	for _, st := range r.c.stages {
		for _, to := range st.targets {
			inside := slices.ContainsFunc(to, func(address string) bool { s, _ := r.c.receiver(address); return s != nil })
			if !inside {
				n++
			}
		}
	}
	return n
}

// one puts a case in, and collects what comes out.
func (r *runner) one(c *Case, res *Result) {
	fields := r.fieldsOf(c)
	put := func(b *event.Batch) {
		for _, e := range b.Events {
			if err := setFields(e, &fields); err != nil {
				res.Mistakes.Add(diag.New(badField, c.At, "%v", err))
			}
		}
		r.through(r.first, b, res)
		b.Release()
	}
	for _, line := range c.lines {
		b := event.NewBatch()
		r.feeder.line(line, b)
		put(b)
	}
	for _, text := range c.events {
		b := event.NewBatch()
		if _, _, err := b.Decode(b.Copy([]byte(text))); err != nil {
			res.Mistakes.Add(diag.New(badField, c.At, "%v", err))
		}
		r.source.Decorate(b, 0)
		put(b)
	}
	if len(c.lines) == 0 && len(c.events) == 0 && (r.file.daemon || len(fields.fields) > 0) {
		b := event.NewBatch()
		b.New()
		r.source.Decorate(b, 0)
		put(b)
	}
}

// fieldsOf returns the fields that are set in the events of a case.
func (r *runner) fieldsOf(c *Case) value {
	if r.adds() {
		return c.fields
	}
	fields := r.file.fields.clone()
	for _, f := range c.fields.fields {
		fields.set(f.key, f.value)
	}
	return fields
}

// patience is how much time passes, for the plugins, at the end of a .case: all their
// timeouts are over then.
const patience = 10 * 365 * 24 * time.Hour

// end brings out what the codec and the filters have held back.
func (r *runner) end(c *Case, res *Result) {
	b := event.NewBatch()
	r.feeder.end(b)
	fields := r.fieldsOf(c)
	for _, e := range b.Events {
		_ = setFields(e, &fields) // what is wrong with them was told when the first event was put in
	}
	r.through(r.first, b, res)
	b.Release()
	for _, st := range r.c.stages {
		if r.file.language == golden {
			r.c.clock.forward += patience
			r.flush(st, false, res)
		}
		r.flush(st, true, res)
	}
}

func (r *runner) flush(st *stage, final bool, res *Result) {
	b := event.NewBatch()
	r.collect(st, st.rehearsal.Flush(b, final), res)
	b.Release()
}

// through takes a batch through a pipeline and those behind it.
func (r *runner) through(st *stage, b *event.Batch, res *Result) {
	from := len(res.outcomes)
	r.collect(st, st.rehearsal.Run(b), res)
	if r.file.daemon { // as logstash-filter-verifier orders what one line gives
		slices.SortStableFunc(res.outcomes[from:], func(a, b outcome) int { return cmp.Compare(a.to[0], b.to[0]) })
	}
}

func (r *runner) collect(st *stage, events []pipeline.Rehearsed, res *Result) {
	for _, e := range events {
		var to []string
		elsewhere := false
		for _, o := range e.Outputs {
			if !r.pass(st, o, e.Event, res) {
				to = append(to, st.rehearsal.Outputs()[o].ID)
			} else {
				elsewhere = true
			}
		}
		switch {
		case r.file.daemon:
			for _, id := range to {
				res.outcomes = append(res.outcomes, r.outcome(e.Event, []string{id}))
			}
		case len(to) > 0 || !elsewhere:
			res.outcomes = append(res.outcomes, r.outcome(e.Event, to))
		}
	}
}

// pass hands an event to the pipelines that an output sends to. It returns false for an
// output that sends to none of them.
func (r *runner) pass(st *stage, output int, e *event.Event, res *Result) bool {
	if r.depth++; r.depth > mostHops {
		res.Mistakes.Add(diag.New(noInput, res.Case.At, "pipelines send an event in a circle"))
		return false
	}
	defer func() { r.depth-- }()
	passed := false
	for _, address := range st.targets[output] {
		next, in := r.c.receiver(address)
		if next == nil {
			continue
		}
		passed = true
		b := event.NewBatch()
		if _, err := b.DecodeRecord(e.AppendRecord(nil)); err != nil {
			res.Mistakes.Add(diag.New(badField, res.Case.At, "%v", err))
		}
		if s, mistakes := next.newSource(in.node, false); s != nil {
			s.Decorate(b, 0)
		} else {
			res.Mistakes.Add(mistakes...)
		}
		r.collect(next, next.rehearsal.Run(b), res)
		b.Release()
	}
	return passed
}

// outcome copies an event out of its batch.
func (r *runner) outcome(e *event.Event, to []string) outcome {
	o := outcome{event: parseEvent(e.AppendJSON(nil)), metadata: parseEvent(e.Metadata().AppendJSON(nil)), to: to}
	if t, ok := e.Timestamp(); ok {
		o.clocked = !t.Before(r.start.Truncate(time.Millisecond)) && !t.After(time.Now())
	}
	return o
}
