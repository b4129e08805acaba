package input

import (
	"context"
	"errors"
	"io"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind,
		Name: "stdin",
		Doc: "Reads events from standard input, until its end. The codec `plain` works as `line` and `json` as `json_lines`, as in Logstash. " +
			"Every event gets the name of the machine as `host`, or as `host.hostname` with ECS, and with ECS its text as `event.original`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-stdin.html",
		Examples: []plugin.Example{
			{Title: "Lines of JSON", Config: `stdin { codec => json_lines }`},
		},
		New: func() plugin.Plugin { return &stdin{source: standardIn} },
	})
}

// stdin is the input stdin.
type stdin struct {
	plugin.InputOptions
	ecs    plugin.ECS
	source *source
	codec  plugin.Codec
	host   hostField
	env    *plugin.Env
}

func (s *stdin) Options() []plugin.Option {
	return append(s.Common("line"), plugin.ECSOption(&s.ecs))
}

func (s *stdin) Open(env *plugin.Env) (err error) {
	s.env = env
	s.ecs = s.ecs.Or(env.ECS)
	s.host = newHostField(env.Host, s.ecs, "[host][hostname]")
	s.Codec.Rename("plain", "line")
	s.Codec.Rename("json", "json_lines")
	s.Prepare()
	s.codec, err = s.Codec.Open(env)
	return err
}

// Run reads until the end of the input or of ctx.
func (s *stdin) Run(ctx context.Context, to plugin.Sink) error {
	if err := s.source.acquire(ctx); err != nil {
		return nil
	}
	defer s.source.release()
	d := s.codec.NewDecoder()
	if keeper, ok := d.(plugin.OriginalKeeper); ok && s.ecs.Enabled() {
		keeper.KeepOriginal()
	}
	for {
		data, err := s.source.read(ctx, readSize)
		if err != nil {
			if flushErr := s.end(ctx, d, to); flushErr != nil || ctx.Err() != nil || errors.Is(err, io.EOF) {
				return flushErr
			}
			return err
		}
		b := event.NewBatch()
		d.Decode(b.Copy(data), b)
		if err := s.put(ctx, b, to); err != nil {
			return err
		}
	}
}

// endless is a decoder whose unfinished rest is no event of its own: Logstash's stdin
// does not ask for it at the end.
type endless interface{ EndsOnlyByMore() bool }

// end takes in a last line without its end.
func (s *stdin) end(ctx context.Context, d plugin.Decoder, to plugin.Sink) error {
	b := event.NewBatch()
	d.Flush(b)
	if e, ok := d.(endless); ok && e.EndsOnlyByMore() && len(b.Events) > 0 {
		s.env.Log.Warn("the last event of standard input is left out, as in Logstash: nothing came that ended it; set auto_flush_interval to get it",
			"text", b.Events[len(b.Events)-1].Get(messageField).Str())
		b.Release()
		return nil
	}
	return s.put(context.WithoutCancel(ctx), b, to)
}

func (s *stdin) put(ctx context.Context, b *event.Batch, to plugin.Sink) error {
	if len(b.Events) == 0 {
		b.Release()
		return nil
	}
	s.Decorate(b, 0)
	for _, e := range b.Events {
		s.host.set(e)
	}
	if err := to.Put(ctx, b); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

var messageField = event.MustRef("message")

// hostField puts the name of the machine into events that say nothing about it.
type hostField struct {
	ref   event.Ref
	value event.Value
}

// newHostField returns the field host or, with ECS, the one given.
func newHostField(host string, ecs plugin.ECS, ecsField string) hostField {
	f := hostField{ref: event.MustRef("host"), value: event.StringValue(host)}
	if ecs.Enabled() {
		f.ref = event.MustRef(ecsField)
	}
	return f
}

func (f *hostField) set(e *event.Event) {
	if !e.Has(f.ref) {
		_ = e.Set(f.ref, f.value)
	}
}
