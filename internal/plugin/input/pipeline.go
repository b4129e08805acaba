package input

import (
	"context"
	"slices"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind, Name: "pipeline",
		Doc: "Receives events from outputs `pipeline` of other pipelines of the same process. Events come with all their fields, `@metadata` included. " +
			"A full queue holds up those who send. When all pipelines are stopped, this input ends after those who send to it.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/pipeline-to-pipeline.html",
		Examples: []plugin.Example{
			{Title: "Events for Elasticsearch", Config: `pipeline { address => "es" }`},
		},
		New: func() plugin.Plugin { return &pipelineInput{} },
	})
}

// pipelineInput is the input pipeline.
type pipelineInput struct {
	plugin.InputOptions
	address string

	env      *plugin.Env
	from     *plugin.Addresses
	receiver *plugin.Receiver
}

func (p *pipelineInput) Options() []plugin.Option {
	return slices.Concat([]plugin.Option{
		plugin.String("address", &p.address, "The name that outputs send to. No other pipeline may have it.").Must(),
	}, p.Common("plain"))
}

func (p *pipelineInput) Open(env *plugin.Env) error {
	p.env = env
	if p.from = env.Addresses; p.from == nil {
		p.from = plugin.NewAddresses() // which nobody else knows
	}
	if env.Shared.Get("pipeline address "+p.address, func() any { return p }) != p {
		return env.Invalid("address", "give each its own address, or remove one", "another input of this pipeline receives at the address %s already", p.address)
	}
	p.Prepare()
	_, err := p.Codec.Open(env) // Logstash makes the codec and does not use it
	return err
}

// Listen claims the address.
func (p *pipelineInput) Listen() (err error) {
	if p.receiver != nil {
		return nil
	}
	if p.receiver, err = p.from.Receive(p.address, p.env.Pipeline); err != nil {
		return p.env.Invalid("address", "give each its own address", "%v", err)
	}
	return nil
}

// Close gives the address up.
func (p *pipelineInput) Close() error {
	if p.receiver != nil {
		p.receiver.Close()
	}
	return nil
}

// Run takes what is sent to the address.
func (p *pipelineInput) Run(ctx context.Context, to plugin.Sink) error {
	if err := p.Listen(); err != nil {
		return err
	}
	p.receiver.Run(ctx, decorating{p, to})
	return nil
}

// decorating is a sink that gives events what the input's options say.
type decorating struct {
	*pipelineInput
	plugin.Sink
}

func (d decorating) Put(ctx context.Context, b *event.Batch) error {
	d.Decorate(b, 0)
	return d.Sink.Put(ctx, b)
}
