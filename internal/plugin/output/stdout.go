package output

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"sluice/internal/event"
	"sluice/internal/plugin"
)

func init() {
	plugin.Register(plugin.Spec{
		Kind: plugin.OutputKind,
		Name: "stdout",
		Doc: "Prints events on standard output, by default in the form of `rubydebug`. What one batch gives is written at once, " +
			"so that the texts of several pipelines do not mix. The codecs `plain` and `json` print no line ends, as in Logstash: `line` and `json_lines` do.",
		Source: "https://www.elastic.co/guide/en/logstash/8.19/plugins-outputs-stdout.html",
		Examples: []plugin.Example{
			{Title: "Look at events", Config: `stdout { }`},
			{Title: "Events for another program", Config: `stdout { codec => json_lines }`},
		},
		New: func() plugin.Plugin { return &stdout{to: os.Stdout} },
	})
}

// stdout is the output stdout.
type stdout struct {
	plugin.OutputOptions
	codec plugin.Codec
	to    io.Writer
}

// stdoutTurn keeps several outputs from writing at the same time.
var stdoutTurn sync.Mutex

func (s *stdout) Options() []plugin.Option { return s.Common("rubydebug") }

func (s *stdout) Open(env *plugin.Env) (err error) {
	s.codec, err = s.Codec.Open(env)
	return err
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxKeptBuffer is the size of a buffer that is kept for the next batch.
const maxKeptBuffer = 4 << 20

func keepBuffer(p *[]byte, used []byte) {
	if cap(used) <= maxKeptBuffer {
		*p = used[:0]
		buffers.Put(p)
	}
}

// Write prints the events. Those that have not been written when an error comes are
// tried again.
func (s *stdout) Write(_ context.Context, events []*event.Event, answers []plugin.Answer) {
	p := buffers.Get().(*[]byte)
	text := (*p)[:0]
	ends := make([]int, len(events))
	for i, e := range events {
		var err error
		start := len(text)
		if text, err = s.codec.Encode(text, e); err != nil {
			answers[i] = rejectEncoding(err)
			text = text[:start]
		}
		ends[i] = len(text)
	}
	stdoutTurn.Lock()
	n, err := s.to.Write(text)
	stdoutTurn.Unlock()
	if err != nil {
		for i := range events {
			if ends[i] > n && answers[i].Verdict == plugin.Done {
				answers[i] = plugin.Answer{Verdict: plugin.Retry, Reason: "standard output: " + err.Error()}
			}
		}
	}
	keepBuffer(p, text)
}

// rejectEncoding answers for an event that the codec cannot make bytes of.
func rejectEncoding(err error) plugin.Answer {
	return plugin.Answer{Verdict: plugin.Reject, Reason: fmt.Sprintf("the codec cannot write the event: %v", err)}
}
