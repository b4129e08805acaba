package pipeline

import (
	"sync/atomic"
	"time"

	"sluice/internal/event"
)

// Tap looks at the events of one plugin: those that an input or a filter gives out, and
// those that an output is given. It never slows a pipeline down: what comes faster than
// its rate, or than its reader reads, it does not show but counts.
type Tap struct {
	Events  chan []byte  // each event as JSON
	Skipped atomic.Int64 // events that were not shown

	every  time.Duration
	next   atomic.Int64 // Unix nanoseconds
	redact []event.Ref
}

// tapBuffer is how many events wait for a slow reader.
const tapBuffer = 64

// NewTap returns a tap that shows at most perSecond events a second, without the fields
// of redact.
func NewTap(perSecond int, redact []event.Ref) *Tap {
	return &Tap{Events: make(chan []byte, tapBuffer), every: time.Second / time.Duration(max(perSecond, 1)), redact: redact}
}

// Tap puts a tap on a plugin, by its id; the function that it returns takes it away
// again. It reports false when there is no such plugin, or it has a tap already.
func (p *Pipeline) Tap(id string, t *Tap) (remove func(), ok bool) {
	for _, info := range p.Plugins() {
		if info.ID == id && info.Stats.tap.CompareAndSwap(nil, t) {
			return func() { info.Stats.tap.CompareAndSwap(t, nil) }, true
		}
	}
	return nil, false
}

func (t *Tap) show(events []*event.Event) {
	for i, e := range events {
		now := time.Now().UnixNano()
		next := t.next.Load()
		if now < next || !t.next.CompareAndSwap(next, now+int64(t.every)) {
			t.Skipped.Add(int64(len(events) - i))
			return
		}
		select {
		case t.Events <- t.encode(e):
		default:
			t.Skipped.Add(1)
		}
	}
}

var metadata = event.MustRef("[@metadata]")

// encode gives the event with its metadata, which is why the tap is there so often.
func (t *Tap) encode(e *event.Event) []byte {
	if len(t.redact) > 0 {
		e = e.Clone()
		for _, ref := range t.redact {
			if e.Has(ref) {
				_ = e.Set(ref, event.StringValue("<redacted>"))
			}
		}
	}
	text := e.AppendJSON(nil)
	if m := e.Get(metadata); m.Kind() == event.Object && len(m.Object().Fields()) > 0 {
		if text = text[:len(text)-1]; len(text) > 1 {
			text = append(text, ',')
		}
		text = append(m.AppendJSON(append(text, `"@metadata":`...)), '}')
	}
	return text
}
