package input

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
	"sluice/internal/queue"
	"sluice/internal/timefmt"
	"sluice/internal/vfs"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.InputKind,
		Name: "dead_letter_queue",
		Doc: "Reads the dead letter queue of a pipeline: the events that an output or a filter of it has rejected for good. Each event is as it was when it was rejected. " +
			"`[@metadata][dead_letter_queue]` tells why: `plugin_id`, `plugin_type`, `reason`, `entry_time` (when), and, where there are any, the HTTP `status`, `answer` of the receiver and number of `attempts`. " +
			"The pipeline may run in the same process; the queue may also be one that nobody uses.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-inputs-dead_letter_queue.html",
		Examples: []plugin.Example{
			{Title: "Everything that the pipeline main could not deliver", Config: "dead_letter_queue {\n  path => \"/var/lib/sluice/dead_letter_queue\"\n  pipeline_id => \"main\"\n}"},
			{Title: "Take entries out of the queue once this pipeline has them", Config: "dead_letter_queue {\n  path => \"/var/lib/sluice/dead_letter_queue\"\n  clean_consumed => true\n}"},
		},
		New: func() plugin.Plugin { return &deadLetterQueue{pipeline: "main", commit: true, look: time.Second} },
	})
}

// lettersElsewhere is raised while the queue cannot be opened.
var lettersElsewhere = health.Define("dead-letter-queue-input-cannot-open", health.Warning,
	"A dead letter queue cannot be read",
	"Another process uses it, or this user may not. Read it in the process whose pipeline fills it, or stop that one.")

// deadLetterQueue is the input dead_letter_queue. Its position is a durable cursor in the
// queue itself.
type deadLetterQueue struct {
	plugin.InputOptions
	path     string
	pipeline string
	start    plugin.Setting
	commit   bool
	clean    bool
	sincedb  string

	env  *plugin.Env
	dir  string
	from queue.Position
	look time.Duration // how often a queue is looked for that is not there
}

func (d *deadLetterQueue) Options() []plugin.Option {
	return append(d.Common("plain"),
		plugin.Path("path", &d.path, "The folder that holds a folder for the dead letters of each pipeline: `path.dead_letter_queue`, by default `dead_letter_queue` in `path.data`.").Must(),
		plugin.String("pipeline_id", &d.pipeline, "The pipeline whose dead letters are read. A pipeline should not read its own: what is rejected again would come again without end."),
		plugin.Any("start_timestamp", "ISO 8601 time", &d.start, "Skips what was rejected before this time, such as `2017-04-04T23:40:37`. It matters to the first reading only; later the position that was kept counts."),
		plugin.Bool("commit_offsets", &d.commit, "Whether the position is kept, so that a restart goes on where it was. With `false` every start begins anew."),
		plugin.Bool("clean_consumed", &d.clean, "Whether entries are removed from the queue once this pipeline has them. Needs `commit_offsets`."),
		plugin.Path("sincedb_path", &d.sincedb, "Tells several readers of one queue apart: the position is kept in the queue itself, one for each pipeline that reads and each value of this option. No file is made here."),
	)
}

func (d *deadLetterQueue) Open(env *plugin.Env) error {
	d.env = env
	if d.clean && !d.commit {
		return env.Invalid("clean_consumed", "set commit_offsets => true, or leave clean_consumed out", "clean_consumed needs commit_offsets, which is false")
	}
	d.dir = filepath.Join(env.Access.Writing(d.path), d.pipeline) // it keeps its position there
	if env.IsSet("start_timestamp") {
		t, err := timefmt.ParseISO8601(d.start.Flat(), time.Local)
		if err != nil {
			return env.Invalid("start_timestamp", "write a time such as 2017-04-04T23:40:37 or 2017-04-04T23:40:37Z", "%v", err)
		}
		d.from = queue.AtTime(t)
	}
	d.Prepare()
	return nil
}

// Run reads what is there and then what is rejected from now on, until ctx ends.
func (d *deadLetterQueue) Run(ctx context.Context, to plugin.Sink) error {
	letters := d.await(ctx)
	if letters == nil {
		return nil
	}
	r, err := d.reader(letters)
	if err != nil {
		return errors.Join(err, letters.Close())
	}
	err = d.pump(ctx, letters, r, to)
	return errors.Join(err, r.Close(), letters.Close())
}

// await opens the queue once there is one; it is made with the first dead letter. It
// returns nil when ctx ends before.
func (d *deadLetterQueue) await(ctx context.Context) *queue.DeadLetters {
	defer d.env.Conditions.Clear(lettersElsewhere, d.env.ID)
	for {
		if _, err := os.Stat(d.dir); err == nil {
			letters, _, err := queue.OpenDeadLetters(ctx, queue.DeadLetterOptions{Dir: d.dir})
			if err == nil {
				return letters
			}
			var locked *vfs.LockedError
			if !errors.As(err, &locked) {
				d.env.Log.Warn("the dead letter queue cannot be opened; it is tried again", "path", d.dir, "error", err)
			}
			d.env.Conditions.Raise(lettersElsewhere, d.env.ID, err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(d.look):
		}
	}
}

func (d *deadLetterQueue) reader(letters *queue.DeadLetters) (*queue.Reader, error) {
	if !d.commit {
		return letters.Peek(d.from)
	}
	sum := sha256.Sum256([]byte(d.env.Pipeline + "\x00" + d.sincedb))
	r, err := letters.Reader("input-"+hex.EncodeToString(sum[:8]), d.from)
	if errors.Is(err, queue.ErrCursorInUse) {
		return nil, fmt.Errorf("the pipeline %s reads the dead letters in %s twice; give one of the inputs a sincedb_path of its own: %w", d.env.Pipeline, d.dir, err)
	}
	return r, err
}

func (d *deadLetterQueue) pump(ctx context.Context, letters *queue.DeadLetters, r *queue.Reader, to plugin.Sink) error {
	for {
		// A batch of its own each time: the events live in its memory.
		read := new(queue.Batch)
		if err := r.Next(ctx, read, max(d.env.BatchSize, 1), 0); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		b := event.NewBatch()
		for _, rec := range read.Records {
			d.add(b, rec)
		}
		d.Decorate(b, 0)
		if err := to.Put(ctx, b); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if !d.commit {
			continue
		}
		err := r.Ack(read.Ranges()...)
		if err == nil && d.clean {
			err = letters.Drop(read.Ranges()...)
		}
		if err != nil {
			return err
		}
	}
}

var (
	letterMessage  = event.MustRef("message")
	letterPlugin   = event.MustRef("[@metadata][dead_letter_queue][plugin_id]")
	letterType     = event.MustRef("[@metadata][dead_letter_queue][plugin_type]")
	letterReason   = event.MustRef("[@metadata][dead_letter_queue][reason]")
	letterTime     = event.MustRef("[@metadata][dead_letter_queue][entry_time]")
	letterStatus   = event.MustRef("[@metadata][dead_letter_queue][status]")
	letterAnswer   = event.MustRef("[@metadata][dead_letter_queue][answer]")
	letterAttempts = event.MustRef("[@metadata][dead_letter_queue][attempts]")
)

// add makes the event of an entry. What cannot be read becomes an event all the same.
func (d *deadLetterQueue) add(b *event.Batch, rec queue.Record) {
	entry, err := queue.DecodeDeadLetter(rec.Payload)
	var e *event.Event
	if err == nil {
		e, err = b.DecodeRecord(entry.Event)
	}
	if err != nil {
		d.env.Log.Error("a dead letter cannot be read as an event; it is passed on as it is", "path", d.dir, "sequence", rec.Seq, "error", err)
		e = b.New()
		_ = e.Set(letterMessage, event.StringValue(string(rec.Payload)))
		e.Tag("_deadletterfailure")
	}
	if entry.Time.IsZero() {
		entry.Time = rec.Time
	}
	_ = e.Set(letterPlugin, event.StringValue(entry.PluginID))
	_ = e.Set(letterType, event.StringValue(entry.PluginType))
	_ = e.Set(letterReason, event.StringValue(entry.Reason))
	_ = e.Set(letterTime, event.TimeValue(entry.Time))
	if entry.Status != 0 {
		_ = e.Set(letterStatus, event.IntValue(int64(entry.Status)))
	}
	if len(entry.Answer) > 0 {
		_ = e.Set(letterAnswer, event.StringValue(string(entry.Answer)))
	}
	if entry.Attempts > 0 {
		_ = e.Set(letterAttempts, event.IntValue(int64(entry.Attempts)))
	}
}
