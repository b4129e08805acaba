package pipeline

import (
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/health"
)

// blockState raises and clears the condition of an output that does not take events.
// The usual case, not blocked and staying so, costs one atomic load.
type blockState struct {
	is atomic.Bool

	mu         sync.Mutex
	conditions *health.Conditions
	logged     time.Time
}

func (s *blockState) set(p *Pipeline, id, cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conditions = p.opts.Conditions
	s.is.Store(true)
	p.opts.Conditions.Raise(blocked, id, cause)
	if time.Since(s.logged) > 30*time.Second {
		s.logged = time.Now()
		p.opts.Log.Warn("an output does not take events; they are sent again", "pipeline.id", p.opts.ID, "plugin", id, "reason", cause)
	}
}

func (s *blockState) clear(id string) {
	if !s.is.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.is.Store(false)
	s.conditions.Clear(blocked, id)
	s.logged = time.Time{}
}
