package casetest

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/lscl"
	"sluice/internal/pipeline"
	"sluice/internal/plugin"
	"sluice/internal/settings"
)

// compiled is the pipelines of one setup, ready to take events.
type compiled struct {
	stages  []*stage
	clock   *clock
	letters *letters
	log     *messages
	clean   func()
}

// stage is one pipeline without its ends.
type stage struct {
	id        string
	env       plugin.Env
	inputs    []stageInput
	rehearsal *pipeline.Rehearsal
	targets   [][]string // by output: the addresses of other pipelines that it sends to
}

// stageInput is an input of the configuration. Of its options only those count that make
// events of bytes and complete them.
type stageInput struct {
	id      string
	node    *lscl.Plugin
	address string // of an input pipeline
}

// clock is what time it is for plugins.
type clock struct {
	start   time.Time // of the run, by the machine's clock
	now     time.Time // what it is to be then; zero for the machine's clock
	forward time.Duration
}

func (c *clock) read() time.Time {
	t := time.Now()
	if !c.now.IsZero() {
		t = c.now.Add(t.Sub(c.start))
	}
	return t.Add(c.forward)
}

// letters keeps what filters and conditions refuse.
type letters struct{ refused []refusal }

type refusal struct {
	by, reason string
}

func (l *letters) Put(_ *event.Event, why pipeline.DeadLetter) error {
	l.refused = append(l.refused, refusal{strings.Clone(why.Plugin), strings.Clone(why.Reason)})
	return nil
}

// compile makes the pipelines of a setup. With an error in the list the result is nil.
func compile(s *setup, opts *Options) (*compiled, diag.List) {
	pipelines, list := s.load(opts)
	if list.Err() != nil {
		return nil, list
	}
	access, clean, err := s.writeFiles(opts.Access)
	if err != nil {
		return nil, append(list, diag.New(noSetup, s.at, "the files of the case cannot be written: %v", err))
	}
	c := &compiled{clock: &clock{start: time.Now(), now: s.now}, letters: &letters{}, log: newMessages(), clean: clean}
	var configs []*lscl.Config
	for _, p := range pipelines {
		config, mistakes := lscl.ParseAll(p.Sources, lscl.Options{SupportEscapes: p.Settings.Bool("config.support_escapes")})
		list.Add(mistakes...)
		configs = append(configs, config)
	}
	list.Add(apply(s.mocks, configs)...)
	if list.Err() == nil {
		for i, p := range pipelines {
			st, mistakes := newStage(p.ID, p.Settings, configs[i], access, s.lookup(opts), c)
			list.Add(mistakes...)
			c.stages = append(c.stages, st)
		}
	}
	if list.Err() != nil {
		c.close()
		return nil, list
	}
	return c, list
}

func newStage(id string, s *settings.Settings, config *lscl.Config, access plugin.Access, variables plugin.Variables, c *compiled) (*stage, diag.List) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	st := &stage{id: id}
	conditions := new(health.Conditions)
	log := slog.New(c.log)
	rehearsal, list := pipeline.Rehearse(config, pipeline.Options{
		ID: id, Workers: 1, BatchSize: 1, ECS: plugin.ECS(s.String("pipeline.ecs_compatibility")), Host: host, Log: log,
		Conditions: conditions, Access: access, Variables: variables, DeadLetters: c.letters, Clock: c.clock.read,
	})
	if rehearsal == nil {
		return nil, list
	}
	st.rehearsal = rehearsal
	st.env = plugin.Env{
		Pipeline: id, ECS: plugin.ECS(s.String("pipeline.ecs_compatibility")), Host: host, BatchSize: 1, Workers: 1, Log: log,
		Conditions: conditions, Access: access, Variables: variables, Clock: c.clock.read,
	}
	for _, section := range config.Sections(lscl.Input) {
		for _, statement := range section.Body {
			node, ok := statement.(*lscl.Plugin)
			if !ok {
				continue
			}
			in := stageInput{id: idOf(node), node: node}
			if node.Name == "pipeline" {
				if at := st.texts(node, "address", &list); len(at) == 1 {
					in.address = at[0]
				}
			}
			st.inputs = append(st.inputs, in)
		}
	}
	for _, o := range rehearsal.Outputs() {
		var to []string
		if o.Node.Name == "pipeline" {
			to = st.texts(o.Node, "send_to", &list)
		}
		st.targets = append(st.targets, to)
	}
	return st, list
}

// texts reads one option of a plugin that is not made.
func (st *stage) texts(node *lscl.Plugin, option string, list *diag.List) []string {
	p := &textOption{name: option}
	env := st.env
	one := *node
	one.Attributes = slices.DeleteFunc(slices.Clone(node.Attributes), func(a *lscl.Attribute) bool { return a.Name != option })
	plugin.ConfigureAs(&plugin.Spec{Name: node.Name, New: func() plugin.Plugin { return p }}, &one, &env, list)
	return p.texts
}

// textOption reads one option that is a text or a list of texts.
type textOption struct {
	name  string
	texts []string
}

func (o *textOption) Options() []plugin.Option {
	return []plugin.Option{plugin.Strings(o.name, &o.texts, "")}
}

func (o *textOption) Open(*plugin.Env) error { return nil }

func (c *compiled) close() {
	for _, st := range c.stages {
		if st != nil {
			st.rehearsal.Close()
		}
	}
	c.clean()
}

// receiver returns the pipeline and the input that receive at an address.
func (c *compiled) receiver(address string) (*stage, *stageInput) {
	for _, st := range c.stages {
		for i := range st.inputs {
			if in := &st.inputs[i]; in.node.Name == "pipeline" && in.address == address {
				return st, in
			}
		}
	}
	return nil, nil
}
