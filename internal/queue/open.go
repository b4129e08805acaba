package queue

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Report is what Open found.
type Report struct {
	ID       ID
	New      bool // nothing was there
	Segments int
	Events   uint64 // records in all segments
	Torn     int64  // bytes cut from the end of the newest segment
	Took     time.Duration
	Problems []Problem // dealt with; conditions for people
}

// Open opens the journal in a directory, whatever lies there: damage is cut or skipped,
// copied to the folder quarantine and reported; files that are not understood are left
// alone and reported. Time and memory do not depend on the backlog. An error means that
// another process holds the directory (a *vfs.LockedError), or that it cannot be made or
// listed. ctx bounds opening only.
func Open(ctx context.Context, opt Options) (*Journal, *Report, error) {
	start := time.Now()
	opt = opt.withDefaults()
	if r := opt.Retention.Bytes; r > 0 {
		opt.SegmentBytes = min(opt.SegmentBytes, max(r/4, minSegmentBytes))
	}
	if opt.Dir == "" {
		return nil, nil, errors.New("queue needs a directory")
	}
	if err := opt.FS.MkdirAll(opt.Dir); err != nil {
		return nil, nil, fmt.Errorf("make queue directory: %w", err)
	}
	lock, err := opt.FS.Lock(filepath.Join(opt.Dir, lockName))
	if err != nil {
		return nil, nil, fmt.Errorf("open queue: %w", err)
	}
	j := &Journal{
		opt: opt, lock: lock,
		cursors: map[string]*cursor{}, damage: map[damageKey]bool{}, readers: map[*Reader]bool{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	j.cache.limit = opt.CacheBytes
	j.lastCheckpoint = j.millis()
	d, err := readDir(opt.FS, opt.Dir)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		lock.Close()
		return nil, nil, fmt.Errorf("open queue: %w", err)
	}
	j.adopt(d)
	if !opt.manual {
		j.keeper.Add(1)
		go j.run()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j, &Report{
		ID: j.id, New: d.new, Segments: len(j.segs), Events: j.endBefore,
		Torn: int64(j.stats.TornBytes), Took: time.Since(start),
		Problems: append([]Problem(nil), j.problems...),
	}, nil
}
