package pipeline

import (
	"context"
	"time"
)

// patience bounds the time of attempts, one after the other, without making a context
// for each of them.
type patience struct {
	ctx    context.Context
	cancel context.CancelFunc
	timer  *time.Timer
}

// begin returns the context of an attempt that may take d.
func (p *patience) begin(parent context.Context, d time.Duration) context.Context {
	if p.ctx == nil {
		p.ctx, p.cancel = context.WithCancel(parent)
		p.timer = time.AfterFunc(d, p.cancel)
	} else {
		p.timer.Reset(d)
	}
	return p.ctx
}

// end tells whether the attempt has taken too long.
func (p *patience) end() (over bool) {
	if p.timer.Stop() {
		return false
	}
	p.cancel()
	p.ctx = nil
	return true
}
