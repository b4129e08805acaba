package pipeline

import (
	"context"
	"strings"
	"sync"
	"time"

	"sluice/internal/plugin"
)

// Probed is what was found out about one place that a plugin connects to or listens on.
type Probed struct {
	Pipeline string
	Kind     plugin.Kind
	Name, ID string // of the plugin
	Target   string // host:port
	Listens  bool   // the plugin listens there
	Found    string // for a person
	Err      error  // diagnostics, when it does not work
	Took     time.Duration
}

// How long a probe may take, and how many run at once.
const (
	probeTime     = 10 * time.Second
	probesAtOnce  = 16
	probeOfListen = "the port is free"
)

// Probe tries out what the pipeline will connect to and listen on: every place once, all
// at the same time as far as that is reasonable. Nothing is sent but what changes
// nothing, and nothing listens any more when it returns. It takes the place of Run.
func (p *Pipeline) Probe(ctx context.Context) []Probed {
	defer p.Close()
	var all []Probed
	var probes []func(*Probed)
	p.eachPlugin(func(kind plugin.Kind, name string, env *plugin.Env, x plugin.Plugin) {
		about := Probed{Pipeline: p.opts.ID, Kind: kind, Name: name, ID: env.ID}
		if l, ok := x.(plugin.Listener); ok {
			listening, start := about, time.Now()
			listening.Listens, listening.Found = true, probeOfListen
			listening.Err = l.Listen()
			listening.Took, listening.Target = time.Since(start), strings.Join(env.Listening(), ", ")
			if listening.Err != nil || listening.Target != "" { // not those that pipelines hand events over with
				all, probes = append(all, listening), append(probes, nil)
			}
		}
		c, ok := x.(plugin.Connector)
		if !ok {
			return
		}
		for _, d := range c.Destinations() {
			about.Target = d.Address
			all = append(all, about)
			probes = append(probes, func(r *Probed) {
				limited, cancel := context.WithTimeout(ctx, probeTime)
				defer cancel()
				start := time.Now()
				r.Found, r.Err = env.Probe(limited, d)
				r.Took = time.Since(start)
			})
		}
	})
	var running sync.WaitGroup
	slots := make(chan struct{}, probesAtOnce)
	for i, probe := range probes {
		if probe == nil {
			continue
		}
		slots <- struct{}{}
		running.Go(func() {
			probe(&all[i])
			<-slots
		})
	}
	running.Wait()
	return all
}

// eachPlugin visits all plugins, in the order of the configuration.
func (p *Pipeline) eachPlugin(visit func(plugin.Kind, string, *plugin.Env, plugin.Plugin)) {
	for _, in := range p.inputs {
		visit(plugin.InputKind, in.name, in.env, in.input)
	}
	for _, f := range p.plugins {
		visit(plugin.FilterKind, f.name, f.env, f.filter)
	}
	for _, o := range p.outputs {
		visit(plugin.OutputKind, o.name, o.env, o.output)
	}
}
