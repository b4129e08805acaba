package queue

import (
	"context"
	"path/filepath"
	"sync"

	"sluice/internal/vfs"
)

// The users of dead letter queues in this process. A pipeline puts entries in while the
// input of another reads them, and the lock of a directory knows processes only.
var (
	sharesMu sync.Mutex
	shares   = map[string]*deadLetterShare{}
)

// deadLetterShare is a queue that several in this process have open. Guarded by sharesMu.
type deadLetterShare struct {
	key   string
	queue *DeadLetters
	users int
}

// leave closes the queue when the last user leaves. Nobody opens it in the meantime.
func (s *deadLetterShare) leave() error {
	sharesMu.Lock()
	defer sharesMu.Unlock()
	if s.users--; s.users != 0 {
		return nil
	}
	delete(shares, s.key)
	return s.queue.j.Close()
}

// OpenDeadLetters opens the dead letter queue in a directory, as Open does. What this
// process has open already is shared: the options of the first apply until
// SetLimits changes them, the report is empty, and the queue closes when each has called Close once.
func OpenDeadLetters(ctx context.Context, opt DeadLetterOptions) (*DeadLetters, *Report, error) {
	key, err := filepath.Abs(opt.Dir)
	if opt.Dir == "" || err != nil || opt.FS != nil && opt.FS != vfs.OS {
		return openDeadLetters(ctx, opt) // a simulated disk has crashes that keep nothing open
	}
	sharesMu.Lock()
	defer sharesMu.Unlock()
	if s := shares[key]; s != nil {
		s.users++
		return s.queue, &Report{ID: s.queue.j.ID()}, nil
	}
	d, report, err := openDeadLetters(ctx, opt)
	if err == nil {
		d.share = &deadLetterShare{key: key, queue: d, users: 1}
		shares[key] = d.share
	}
	return d, report, err
}
