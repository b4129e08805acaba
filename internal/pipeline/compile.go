package pipeline

import (
	"fmt"
	"log/slog"
	"time"

	"sluice/internal/diag"
	"sluice/internal/health"
	"sluice/internal/lscl"
	"sluice/internal/plugin"
	"sluice/internal/ruby"
)

// Options are what a pipeline is told by its surroundings.
type Options struct {
	ID          string // pipeline.id
	Workers     int
	BatchSize   int
	BatchDelay  time.Duration
	ECS         plugin.ECS
	DataDir     string // where plugins may keep things, a folder for each below it
	Host        string
	Log         *slog.Logger
	Conditions  *health.Conditions
	Access      plugin.Access
	Sockets     *plugin.Sockets
	Addresses   *plugin.Addresses
	Variables   plugin.Variables
	DeadLetters DeadLetters
	Clock       func() time.Time // plugin.Env.Clock
	Ruby        ruby.Limits      // of the code of ruby filters; zero fields for the defaults

	// Spills keeps what an output misses while the others go on; nil makes all outputs
	// wait for each other. With SpillAfter 0 that is so, too, but what waits in a spill
	// from an earlier run is still delivered.
	Spills     Spills
	SpillAfter time.Duration // how long an attempt may take

	Slow          []SlowThreshold // slowlog.threshold.*, the worst level first
	MeasureSizeOf int             // of that many batches the size of one is measured; 0 is none
}

var (
	duplicateID = diag.Define("SL2009", diag.Error, "two plugins have the same id",
		"An id names one plugin in logs, conditions and the monitoring API, so it must be unique in its pipeline.")
	noInput = diag.Define("SL1102", diag.Warning, "the pipeline has no input",
		"Without an input the pipeline ends as soon as it has started, as in Logstash. Often only one file of several was given.")
	noOutput = diag.Define("SL1103", diag.Warning, "the pipeline has no output",
		"Without an output every event is thrown away at the end of the filters, as in Logstash. Often only one file of several was given. "+
			"Where it is meant, the null output says so.")
	conditionalInput = diag.Define("SL1104", diag.Error, "an input section cannot have conditions",
		"Inputs run from the start of the pipeline, before there is an event to look at. Put the condition into the filter section.")
)

// Compile makes a pipeline of a configuration. All mistakes are in the list; with an
// error among them the result is nil. Nothing listens, connects or runs yet.
func Compile(config *lscl.Config, opts Options) (*Pipeline, diag.List) {
	c := newCompiler(opts)
	c.sections(config)
	whole := diag.Span{}
	if len(config.Files) > 0 {
		whole = config.Files[0].Source.At(0, 0)
	}
	if len(c.p.inputs) == 0 && c.list.Err() == nil {
		c.list.Add(diag.New(noInput, whole, "there is no input, so the pipeline ends at once").WithHelp("add a section such as: input { stdin { } }"))
	}
	if len(c.p.outputs) == 0 && c.list.Err() == nil {
		c.list.Add(diag.New(noOutput, whole, "there is no output, so all events are thrown away").WithHelp("add a section such as: output { stdout { } }"))
	}
	if c.list.Err() != nil {
		return nil, c.list
	}
	c.p.graph = newGraph(config, c.idOf)
	return c.p, c.list
}

type compiler struct {
	p       *Pipeline
	list    diag.List
	ids     map[string]diag.Span
	idOf    map[*lscl.Plugin]string
	numbers map[string]int
	shared  *plugin.Shared
	nodes   []*lscl.Plugin // of the outputs

	rehearsal *Rehearsal // nil for a pipeline that runs
}

func newCompiler(opts Options) *compiler {
	return &compiler{p: newPipeline(opts), ids: map[string]diag.Span{}, idOf: map[*lscl.Plugin]string{}, numbers: map[string]int{}, shared: new(plugin.Shared)}
}

// sections compiles all sections in the order in which plugins are numbered.
func (c *compiler) sections(config *lscl.Config) {
	for _, s := range config.Sections(lscl.Input) {
		c.inputs(s.Body)
	}
	for _, s := range config.Sections(lscl.Filter) {
		c.p.filters = append(c.p.filters, walk(c, s.Body, c.filter, func(f fork[stage]) stage { return newIfStage(f) })...)
	}
	for _, s := range config.Sections(lscl.Output) {
		c.p.routes = append(c.p.routes, walk(c, s.Body, c.output, func(f fork[route]) route { return &ifRoute{f} })...)
	}
	nameSpills(c.p.outputs, c.nodes)
}

// env gives a plugin its surroundings and its id.
func (c *compiler) env(kind plugin.Kind, node *lscl.Plugin) *plugin.Env {
	o := &c.p.opts
	prefix := kind.String() + "_" + node.Name
	c.numbers[prefix]++
	id := fmt.Sprintf("%s_%d", prefix, c.numbers[prefix])
	for _, a := range node.Attributes {
		s, ok := a.Value.(*lscl.String)
		if a.Name != "id" || !ok {
			continue
		}
		id = s.Text
		if at, taken := c.ids[id]; taken {
			c.list.Add(diag.New(duplicateID, a.Value.Span(), "the id %s is taken", id).WithRelated(at, "it is used here"))
		}
		c.ids[id] = a.Value.Span()
	}
	c.idOf[node] = id
	env := &plugin.Env{
		ID: id, Pipeline: o.ID, ECS: o.ECS, Host: o.Host, BatchSize: o.BatchSize, Workers: o.Workers,
		Log:        o.Log.With("logger", fmt.Sprintf("logstash.%ss.%s", kind, node.Name), "pipeline.id", o.ID, "plugin", id),
		Conditions: o.Conditions, Access: o.Access, Sockets: o.Sockets, Addresses: o.Addresses, Variables: o.Variables, Shared: c.shared, Codecs: &c.p.codecs, Clock: o.Clock, Ruby: o.Ruby,
	}
	if o.DataDir != "" {
		env.DataDir = o.DataDir + "/plugins/" + kind.String() + "s/" + node.Name
	}
	return env
}

func (c *compiler) inputs(body []lscl.Statement) {
	for _, s := range body {
		node, ok := s.(*lscl.Plugin)
		if !ok {
			c.list.Add(diag.New(conditionalInput, s.Span(), "an input section cannot have conditions"))
			continue
		}
		env := c.env(plugin.InputKind, node)
		if c.rehearsal != nil {
			continue
		}
		if p := plugin.Configure(plugin.InputKind, node, env, &c.list); p != nil {
			c.p.inputs = append(c.p.inputs, &input{id: env.ID, name: node.Name, input: p.(plugin.Input), stats: new(PluginStats), env: env})
		}
	}
}

func (c *compiler) condition(condition lscl.Condition) condition {
	return conditions{&c.list, plugin.Scope{Variables: c.p.opts.Variables, Policy: c.p.opts.Access.Policy}}.compile(condition)
}

// walk compiles the plugins and conditionals of a section.
func walk[T any](c *compiler, body []lscl.Statement, one func(*lscl.Plugin) (T, bool), choice func(fork[T]) T) []T {
	var all []T
	for _, s := range body {
		switch s := s.(type) {
		case *lscl.Plugin:
			if x, ok := one(s); ok {
				all = append(all, x)
			}
		case *lscl.If:
			var f fork[T]
			for _, b := range s.Branches {
				f.branches = append(f.branches, branch[T]{c.condition(b.Condition), walk(c, b.Body, one, choice)})
			}
			if s.Else != nil {
				f.otherwise = walk(c, s.Else.Body, one, choice)
			}
			all = append(all, choice(f))
		}
	}
	return all
}

func (c *compiler) filter(s *lscl.Plugin) (stage, bool) {
	env := c.env(plugin.FilterKind, s)
	p := plugin.Configure(plugin.FilterKind, s, env, &c.list)
	if p == nil {
		return nil, false
	}
	f := &filterStage{index: len(c.p.plugins), id: env.ID, name: s.Name, filter: p.(plugin.Filter), stats: new(PluginStats), env: env, slow: newSlowLog(&c.p.opts, env, s.Name)}
	c.p.plugins = append(c.p.plugins, f)
	return f, true
}

// output makes an output, one without a plugin for a rehearsal.
func (c *compiler) output(node *lscl.Plugin) (route, bool) {
	env := c.env(plugin.OutputKind, node)
	o := &output{index: len(c.p.outputs), id: env.ID, name: node.Name, stats: new(PluginStats), env: env}
	if c.rehearsal != nil {
		c.rehearsal.outputs = append(c.rehearsal.outputs, RehearsedOutput{env.ID, node})
	} else {
		p := plugin.Configure(plugin.OutputKind, node, env, &c.list)
		if p == nil {
			return nil, false
		}
		o.output = p.(plugin.Output)
	}
	c.p.outputs = append(c.p.outputs, o)
	c.nodes = append(c.nodes, node)
	return o, true
}
