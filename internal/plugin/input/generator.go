package input

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"sync"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind,
		Name: "generator",
		Doc: "Makes the same events again and again, to test a pipeline or to measure it. Each gets a count from 0 up as `sequence`, or as `event.sequence` with ECS, " +
			"and the name of the machine as `host`, or as `host.name`.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-generator.html",
		Examples: []plugin.Example{
			{Title: "Two lines, three times each", Config: "generator {\n  lines => [\"line 1\", \"line 2\"]\n  count => 3\n}"},
			{Title: "JSON without end", Config: `generator { message => '{"a":1}' codec => json }`},
		},
		New: func() plugin.Plugin {
			return &generator{message: "Hello world!", threads: 1, source: standardIn}
		},
	})
}

// generator is the input generator.
type generator struct {
	plugin.InputOptions
	ecs     plugin.ECS
	message string
	lines   []string
	count   int
	threads int

	source   *source
	codec    plugin.Codec
	host     hostField
	sequence event.Ref
	batch    int
}

func (g *generator) Options() []plugin.Option {
	return append(g.Common("plain"),
		plugin.String("message", &g.message, "The text of the events. With `stdin` a line is read from standard input."),
		plugin.Strings("lines", &g.lines, "Several texts, made in turn, in place of `message`. All of a round have the same sequence number."),
		plugin.Int("count", &g.count, 0, math.MaxInt, "How many rounds are made by each thread. With 0 there is no end."),
		plugin.Int("threads", &g.threads, 1, 1024, "How many threads make events, each `count` rounds."),
		plugin.ECSOption(&g.ecs),
	)
}

func (g *generator) Open(env *plugin.Env) (err error) {
	g.ecs = g.ecs.Or(env.ECS)
	g.host = newHostField(env.Host, g.ecs, "[host][name]")
	g.sequence = event.MustRef("sequence")
	if g.ecs.Enabled() {
		g.sequence = event.MustRef("[event][sequence]")
	}
	g.batch = max(env.BatchSize, 1)
	g.Prepare()
	g.codec, err = g.Codec.Open(env)
	return err
}

// Run makes events until count is reached or ctx ends.
func (g *generator) Run(ctx context.Context, to plugin.Sink) error {
	lines := g.lines
	if len(lines) == 0 {
		lines = []string{g.message}
		if g.message == "stdin" {
			line, err := g.readLine(ctx)
			if err != nil {
				return err
			}
			lines[0] = line
		}
	}
	texts := make([][]byte, len(lines))
	for i, l := range lines {
		texts[i] = []byte(l)
	}
	errs := make([]error, g.threads)
	var threads sync.WaitGroup
	for i := range errs {
		threads.Go(func() { errs[i] = g.generate(ctx, texts, to) })
	}
	threads.Wait()
	return errors.Join(errs...)
}

// readLine reads a line from standard input, with its end, as Logstash does.
func (g *generator) readLine(ctx context.Context) (string, error) {
	if err := g.source.acquire(ctx); err != nil {
		return "", err
	}
	defer g.source.release()
	var line strings.Builder
	for !strings.HasSuffix(line.String(), "\n") {
		c, err := g.source.read(ctx, 1)
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
		line.Write(c)
	}
	return line.String(), nil
}

// generate makes the events of one thread. The texts are never changed and live longer
// than any batch, so that decoders may use them as they are.
func (g *generator) generate(ctx context.Context, texts [][]byte, to plugin.Sink) error {
	d := g.codec.NewDecoder()
	b := event.NewBatch()
	put := func() error {
		full := b
		b = event.NewBatch()
		if err := to.Put(ctx, full); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	}
	for number := 0; (g.count == 0 || number < g.count) && ctx.Err() == nil; number++ {
		for _, t := range texts {
			first := len(b.Events)
			d.Decode(t, b)
			g.finish(b, first, number)
			if len(b.Events) >= g.batch {
				if err := put(); err != nil {
					return err
				}
			}
		}
	}
	first := len(b.Events)
	d.Flush(b)
	g.finish(b, first, -1)
	if len(b.Events) == 0 || ctx.Err() != nil {
		b.Release()
		return nil
	}
	return put()
}

func (g *generator) finish(b *event.Batch, first, number int) {
	g.Decorate(b, first)
	for _, e := range b.Events[first:] {
		g.host.set(e)
		if number >= 0 {
			_ = e.Set(g.sequence, event.IntValue(int64(number)))
		}
	}
}
