package engine

import (
	"context"
	"sync"

	"sluice/internal/pipeline"
)

// Probe tries out what the pipelines will connect to and listen on, in the order of the
// configuration. The engine cannot be run any more.
func (e *Engine) Probe(ctx context.Context) []pipeline.Probed {
	running := e.all()
	found := make([][]pipeline.Probed, len(running))
	var all sync.WaitGroup
	for i, r := range running {
		all.Go(func() { found[i] = r.pipeline.Probe(ctx) })
	}
	all.Wait()
	var list []pipeline.Probed
	for _, f := range found {
		list = append(list, f...)
	}
	return list
}
