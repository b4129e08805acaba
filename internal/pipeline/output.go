package pipeline

import (
	"fmt"
	"sync/atomic"
	"time"

	"sluice/internal/plugin"
)

// output is one output plugin.
type output struct {
	index  int
	id     string
	name   string
	output plugin.Output
	stats  *PluginStats
	env    *plugin.Env
	state  blockState

	spillName string // see nameSpills
	spill     Spill  // nil when it has none
	spills    bool   // what it does not take goes into the spill
	shown     atomic.Pointer[Spill]
	slowest   atomic.Int64 // nanoseconds of successful attempts; see limit
	notBefore atomic.Int64 // when the spill may be tried again, in Unix nanoseconds
}

func (o *output) deadLetter(a *plugin.Answer, attempts int) DeadLetter {
	return DeadLetter{
		Plugin: o.id, Type: o.name, Reason: a.Reason, Status: a.Status, Answer: a.Body,
		Attempts: attempts, Time: time.Now(),
	}
}

func (o *output) block(p *Pipeline, a plugin.Answer, events int) {
	o.state.set(p, o.id, fmt.Sprintf("%s; %d events wait for another attempt", a.Reason, events))
}

func (o *output) unblock() { o.state.clear(o.id) }

// limit is how long an attempt may take before the other outputs go on: what is
// configured, or twice as long as attempts have taken that were successful. Breaking an
// attempt off may make duplicates, so one that is only slow is waited for.
func (o *output) limit(configured time.Duration) time.Duration {
	return max(configured, 2*time.Duration(o.slowest.Load()))
}

// learn notes the time of a successful attempt. A slow one is forgotten when many quick
// ones have followed.
func (o *output) learn(took, configured time.Duration) {
	slowest := time.Duration(o.slowest.Load())
	switch {
	case took > slowest && took > configured/2:
		o.slowest.Store(int64(took))
	case slowest > 0:
		o.slowest.Store(int64(slowest - slowest/16))
	}
}

// postpone keeps the spill from being tried again for some time.
func (o *output) postpone(d time.Duration) {
	until := time.Now().Add(d).UnixNano()
	for old := o.notBefore.Load(); old < until && !o.notBefore.CompareAndSwap(old, until); old = o.notBefore.Load() {
	}
}
