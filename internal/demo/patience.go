package demo

import (
	"fmt"
	"time"
)

// How long --once waits. A slow destination is no dead one: while it answers requests, or
// one is on its way, only onceVain counts.
const (
	onceStalled = 30 * time.Second // nothing moves at all
	onceVain    = 5 * time.Minute  // attempts are made, but none brings an event further
)

// exchange is what the receiver's output and its destination have to do with each other.
type exchange struct {
	answered int           // requests
	open     time.Duration // how long the oldest request has waited for its answer; 0 is none
	last     string        // the last answer, or the last failure
}

func (t exchange) String() string {
	switch {
	case t.open > 0:
		return fmt.Sprintf("a request has waited for its answer for %s", t.open.Round(time.Second))
	case t.answered == 0:
		return "the receiver has sent nothing to the destination"
	}
	return fmt.Sprintf("the destination has answered %d requests, the last one with %s", t.answered, t.last)
}

// patience decides when --once has waited in vain.
type patience struct {
	counts   [5]int
	answered int
	further  time.Time // when an event came further
	moved    time.Time // when anything moved
}

func newPatience(now time.Time) *patience { return &patience{further: now, moved: now} }

// over returns why it is of no use to wait longer, or nothing.
func (p *patience) over(now time.Time, l Ledger, t exchange) string {
	counts := [5]int{l.Played, l.Delivered, l.DeadLettered, l.Statistics, l.Repeated}
	if counts != p.counts {
		p.counts, p.further, p.moved = counts, now, now
	}
	if t.answered != p.answered || t.open > 0 {
		p.answered, p.moved = t.answered, now
	}
	waited, what := now.Sub(p.moved), "nothing has moved for %s"
	if waited <= onceStalled {
		if waited, what = now.Sub(p.further), "no event has come further for %s, although it is tried"; waited <= onceVain {
			return ""
		}
	}
	return fmt.Sprintf(what+": of %d records that were played %d have arrived and %d are dead letters; %s",
		waited.Round(time.Second), l.Played, l.Delivered, l.DeadLettered, t)
}
