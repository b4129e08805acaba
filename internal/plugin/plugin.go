package plugin

import (
	"context"
	"time"

	"sluice/internal/event"
)

// Plugin is what all plugins have. A value is used for one place in a configuration.
type Plugin interface {
	// Options returns the plugin's options, bound to its fields. The values of the
	// fields at this moment are the defaults.
	Options() []Option

	// Open is called once after the options have been set. It checks what belongs
	// together and compiles what can be compiled; it does not listen, connect or
	// start anything, so that a configuration can be tested. Errors may be
	// diag.Diagnostic, with Env.At for the place of an option.
	Open(env *Env) error
}

// Input brings events in.
type Input interface {
	Plugin

	// Run puts events into the sink until ctx ends or the input is exhausted. It
	// returns when nothing that it has started runs any more.
	Run(ctx context.Context, to Sink) error
}

// Sink takes the events of an input.
type Sink interface {
	// Put takes a batch over, whatever it returns. It returns nil when the batch is
	// durable (or accepted, with a memory queue), and blocks while the queue pushes
	// back. When ctx ends before that, nothing of the batch has been taken and the
	// error is ctx.Err().
	Put(ctx context.Context, b *event.Batch) error
}

// Filter changes events in place. Several workers may call it at the same time.
type Filter interface {
	Plugin

	// Apply changes, cancels or leaves e. Events it makes go to emit; they follow e
	// through the filters behind this one.
	Apply(e *event.Event, emit func(*event.Event))
}

// Flusher is a filter that holds events back, or makes some by the clock.
type Flusher interface {
	// Flush emits what is due. It is called every few seconds, and with final when
	// the pipeline ends. The events it emits are made in the batch.
	Flush(b *event.Batch, final bool, emit func(*event.Event))
}

// Output takes events to their destination. Several workers may call it at the same time.
type Output interface {
	Plugin

	// Write makes one attempt and answers per event: answers has the length of
	// events and is all Done before the call. It neither keeps nor changes events
	// after it returns. It returns early when ctx ends; what has no definite answer
	// then is Retry.
	Write(ctx context.Context, events []*event.Event, answers []Answer)
}

// Verdict says what became of an event at an output.
type Verdict uint8

// Done: delivered. Retry: try again later. Reject: never try again, dead-letter it.
// Drop: it ends here, by a rule that the user chose, and counts as dropped.
const (
	Done Verdict = iota
	Retry
	Reject
	Drop
)

// Answer is what an output says about one event.
type Answer struct {
	Verdict Verdict
	After   time.Duration // for Retry: what the other side asked for; 0 = the usual backoff
	Reason  string        // for Retry and Reject: why, for a person; for Drop: the same few words for all such events, which are counted by it
	Status  int           // HTTP status, where there is one
	Body    string        // an excerpt of the answer, where there is one
}

// Codec turns bytes into events and back.
type Codec interface {
	Plugin

	// NewDecoder returns a decoder for one stream or connection.
	NewDecoder() Decoder

	// Encode appends the event as bytes.
	Encode(dst []byte, e *event.Event) ([]byte, error)
}

// Decoder reads one stream of bytes. It is not safe for concurrent use.
type Decoder interface {
	// Decode adds the events of data to the batch. data must stay as it is for the
	// life of the batch (Batch.Buffer or Batch.Copy). What is malformed becomes an
	// event with a failure tag, as in Logstash. A decoder of streams keeps an
	// unfinished rest for the next call.
	Decode(data []byte, into *event.Batch)

	// Flush adds what an unfinished rest gives, at the end of the stream.
	Flush(into *event.Batch)
}

// OriginalKeeper is a decoder that can keep the text each event was made of as
// event.original, for inputs that do so with ECS. Decoders that always do it need not be
// asked.
type OriginalKeeper interface {
	KeepOriginal()
}

// Holder is a decoder whose events can go on from one call of Decode to the next. An
// input calls Flush when such an event is Due, and keeps a position from which it can
// read again what is held.
type Holder interface {
	// Holding tells whether text is held that is in no event yet.
	Holding() bool
	// Due returns when what is held ends if nothing more comes; the zero time is never.
	Due() time.Time
}

// SenderAware is a decoder of messages to which it matters who sent them, as the templates
// of flow records belong to their exporter. An input that knows calls From before Decode; the
// text is the decoder's to keep.
type SenderAware interface {
	From(sender string)
}

// LineTaker is a decoder that takes whole messages. An input that reads a stream gives it
// one line at a time, with its end.
type LineTaker interface {
	TakesLines() bool
}

// Listener is an input or output that listens. Listen is called before Run and before anything
// of the pipeline starts, so that a taken port is an error at start.
type Listener interface {
	Listen() error
}

// Server is a Listener that tells where it is going to listen: host:port each, as the
// configuration has them. It is called after Open.
type Server interface {
	Listener
	ListensOn() []string
}

// Failure is one place in a script or configuration where events have failed.
type Failure struct {
	Place   string // file:line
	Class   string // of the last exception, or "limit"
	Message string // the last one
	Count   int64
}

// FailureReporter is a plugin that counts where its code fails. Failures is safe for
// concurrent use; its list is sorted by place and has an end however many places fail.
type FailureReporter interface {
	Failures() []Failure
}

// Closer is a plugin that holds something to give back when its pipeline ends.
type Closer interface {
	Close() error
}
