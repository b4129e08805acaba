package output

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind, Name: "pipeline",
		Doc: "Sends events to inputs `pipeline` of other pipelines of the same process. Each gets an event of its own, with all fields, `@metadata` included. " +
			"An event counts as delivered when the queue of every receiver has it.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/pipeline-to-pipeline.html",
		Examples: []plugin.Example{
			{Title: "One receiver", Config: `pipeline { send_to => es }`},
			{Title: "Two, which do not hold up the others when they are missing", Config: `pipeline { send_to => ["es", "archive"] ensure_delivery => false }`},
		},
		New: func() plugin.Plugin { return &pipelineOutput{} },
	})
}

var nobodyReceives = health.Define("pipeline-nobody-receives", health.Warning, "no pipeline receives what is sent to it",
	"Start a pipeline with an input `pipeline { address => … }` of this address, or correct the address. "+
		"With ensure_delivery events wait for it; without, they are dropped.")

// pipelineOutput is the output pipeline.
type pipelineOutput struct {
	plugin.OutputOptions
	to     []string
	ensure bool

	env     *plugin.Env
	once    sync.Once
	sender  *plugin.Sender
	dropped atomic.Int64
	missed  atomic.Bool // the condition is raised
}

func (o *pipelineOutput) Options() []plugin.Option {
	o.ensure = true
	return append([]plugin.Option{
		plugin.Strings("send_to", &o.to, "The addresses of the receivers.").Must(),
		plugin.Bool("ensure_delivery", &o.ensure, "Whether events wait for a receiver that is not there. If not, they are dropped."),
	}, o.Common("plain")...)
}

func (o *pipelineOutput) Open(env *plugin.Env) error {
	o.env = env
	if len(o.to) == 0 {
		return env.Invalid("send_to", "name at least one address", "there is no address to send to")
	}
	_, err := o.Codec.Open(env) // Logstash makes the codec and does not use it
	return err
}

// Listen tells the receivers who sends to them, before anything starts.
func (o *pipelineOutput) Listen() error {
	o.once.Do(func() {
		addresses := o.env.Addresses
		if addresses == nil {
			addresses = plugin.NewAddresses() // at which nobody receives
		}
		o.sender = addresses.Send(o.to, o.env.Pipeline)
	})
	return nil
}

// Close tells them that nothing more comes.
func (o *pipelineOutput) Close() error {
	if o.sender != nil {
		o.sender.Close()
	}
	return nil
}

// Write puts copies of the events into the queue of every receiver. Before that it looks
// whether all are there, so that a missing one makes no second copies for the others.
func (o *pipelineOutput) Write(ctx context.Context, events []*event.Event, answers []plugin.Answer) {
	_ = o.Listen()
	if address := o.sender.Nobody(); address != "" && o.ensure {
		o.retry(answers, o.nobody(address, 0))
		return
	}
	complete := true
	for _, address := range o.to {
		err := o.sender.Put(ctx, address, func() (*event.Batch, error) { return copies(events) })
		switch {
		case err == nil:
		case errors.Is(err, plugin.ErrNobody) && o.ensure:
			o.retry(answers, o.nobody(address, 0))
			return
		case errors.Is(err, plugin.ErrNobody):
			complete = false
			reason := o.nobody(address, len(events))
			for i := range answers {
				answers[i] = plugin.Answer{Verdict: plugin.Drop, Reason: reason}
			}
		default:
			o.retry(answers, fmt.Sprintf("the pipeline at %s does not take events: %v", address, err))
			return
		}
	}
	if complete && o.missed.Swap(false) {
		o.env.Conditions.Clear(nobodyReceives, o.env.ID)
	}
}

func (o *pipelineOutput) retry(answers []plugin.Answer, reason string) {
	for i := range answers {
		answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: reason}
	}
}

// nobody tells of a receiver that is not there, and of events that were dropped for it.
func (o *pipelineOutput) nobody(address string, dropped int) string {
	reason := "no pipeline receives at the address " + address
	total := o.dropped.Add(int64(dropped))
	cause := reason
	if total > 0 {
		cause = fmt.Sprintf("%s; %d events have been dropped", reason, total)
	}
	if !o.missed.Swap(true) {
		o.env.Log.Warn(nobodyReceives.Title, "address", address, "ensure_delivery", o.ensure)
	}
	o.env.Conditions.Raise(nobodyReceives, o.env.ID, cause)
	return reason
}

// copies makes a batch of copies of events.
func copies(events []*event.Event) (*event.Batch, error) {
	b := event.NewBatch()
	p := buffers.Get().(*[]byte)
	text := (*p)[:0]
	defer func() { keepBuffer(p, text) }()
	for _, e := range events {
		text = e.AppendRecord(text[:0])
		if _, err := b.DecodeRecord(b.Copy(text)); err != nil {
			b.Release()
			return nil, err
		}
	}
	return b, nil
}
