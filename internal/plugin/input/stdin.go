package input

import (
	"context"
	"errors"
	"io"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/codec"
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

// Unreloadable: what has been read of standard input is gone with the reader's buffer.
func (s *stdin) Unreloadable() string { return "standard input can be read only once" }

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
	holder, _ := d.(plugin.Holder)
	taker, _ := d.(plugin.LineTaker)
	whole := taker != nil && taker.TakesLines()
	lines := codec.NewSplitter("\n", codec.MaxLine) // for a decoder of whole lines
	for {
		data, err := s.read(ctx, holder)
		b := event.NewBatch()
		switch {
		case err == nil && !whole:
			d.Decode(b.Copy(data), b)
		case err == nil:
			lines.Split(b.Copy(data), b, func(line []byte, _ codec.Part) { decodeLine(d, line, b) })
		case ctx.Err() != nil:
			b.Release()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLineTime)
			defer cancel()
			return s.end(last, d, to)
		case errors.Is(err, context.DeadlineExceeded):
			d.Flush(b)
		default:
			lines.Flush(b, func(line []byte, _ codec.Part) { decodeLine(d, line, b) })
			if putErr := s.put(ctx, b, to); putErr != nil {
				return putErr
			}
			if endErr := s.end(ctx, d, to); endErr != nil || errors.Is(err, io.EOF) {
				return endErr
			}
			return err
		}
		if err := s.put(ctx, b, to); err != nil {
			return err
		}
	}
}

// lastLineTime is how long the pipeline may take for a last line without its end when
// the input is stopped.
const lastLineTime = time.Second

// decodeLine gives a whole line to a decoder, with its end, so that an empty one is seen.
func decodeLine(d plugin.Decoder, line []byte, b *event.Batch) {
	whole := b.Buffer(len(line) + 1)
	whole[copy(whole, line)] = '\n'
	d.Decode(whole, b)
}

// read reads, but not for longer than until what the decoder holds is due.
func (s *stdin) read(ctx context.Context, holder plugin.Holder) ([]byte, error) {
	if holder != nil && !holder.Due().IsZero() {
		due, cancel := context.WithDeadline(ctx, holder.Due())
		defer cancel()
		ctx = due
	}
	return s.source.read(ctx, readSize)
}

// end takes in a last line without its end. An event that only more lines would have
// ended is left out, as in Logstash.
func (s *stdin) end(ctx context.Context, d plugin.Decoder, to plugin.Sink) error {
	b := event.NewBatch()
	holder, ok := d.(plugin.Holder)
	lost := ok && holder.Holding() && holder.Due().IsZero()
	d.Flush(b)
	if lost && len(b.Events) > 0 {
		s.env.Log.Warn("the last event of standard input is left out, as in Logstash: nothing came that ended it; set auto_flush_interval to get it",
			"text", b.Events[len(b.Events)-1].Get(messageField).Str())
		b.Release()
		return nil
	}
	return s.put(ctx, b, to)
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
