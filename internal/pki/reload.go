package pki

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/diag"
)

// checkEvery is the least time between two looks at the files, so that a storm of
// connections costs no more than one.
const checkEvery = time.Second

// reloader holds what was read from files and reads it again when they change. When the
// new files are no good it keeps the old ones, reports that, and tries again: a file may
// be half-copied, or the key still on its way.
type reloader[T any] struct {
	paths  []string
	load   func() (T, error)
	now    func() time.Time
	report func(diag.List) // may be nil

	current atomic.Pointer[T]
	next    atomic.Int64 // when to look again, in nanoseconds since 1970
	mu      sync.Mutex   // held while looking
	stamps  []os.FileInfo
	failing string // what was reported last
}

// newReloader reads the files for the first time.
func newReloader[T any](paths []string, now func() time.Time, report func(diag.List), load func() (T, error)) (*reloader[T], error) {
	r := &reloader[T]{paths: paths, load: load, now: now, report: report}
	r.stamps = r.look() // before reading, so that a change in between is seen next time
	value, err := load()
	if err != nil {
		return nil, err
	}
	r.current.Store(&value)
	r.next.Store(now().Add(checkEvery).UnixNano())
	return r, nil
}

// get returns what the files hold. It never waits for the disk because of somebody
// else's look, and it never fails.
func (r *reloader[T]) get() *T {
	if now := r.now().UnixNano(); now >= r.next.Load() || r.next.Load()-now > int64(2*checkEvery) { // or the clock was set back
		if r.mu.TryLock() {
			r.refresh()
			r.next.Store(r.now().Add(checkEvery).UnixNano())
			r.mu.Unlock()
		}
	}
	return r.current.Load()
}

func (r *reloader[T]) refresh() {
	stamps := r.look()
	if same(stamps, r.stamps) && r.failing == "" {
		return
	}
	value, err := r.load()
	if err != nil {
		var problems diag.List
		problems.AddError(CodeUnreadable, diag.Span{}, err)
		if text := problems.Error(); text != r.failing {
			r.failing = text
			r.tell(problems)
		}
		return
	}
	r.stamps, r.failing = stamps, ""
	r.current.Store(&value)
	r.tell(nil)
}

func (r *reloader[T]) tell(problems diag.List) {
	if r.report != nil {
		r.report(problems)
	}
}

func (r *reloader[T]) look() []os.FileInfo {
	stamps := make([]os.FileInfo, len(r.paths))
	for i, path := range r.paths {
		if info, err := os.Stat(path); err == nil {
			stamps[i] = info
		}
	}
	return stamps
}

func same(a, b []os.FileInfo) bool {
	for i := range a {
		switch {
		case a[i] == nil || b[i] == nil:
			if a[i] != b[i] {
				return false
			}
		case !os.SameFile(a[i], b[i]) || a[i].Size() != b[i].Size() || !a[i].ModTime().Equal(b[i].ModTime()):
			return false
		}
	}
	return true
}
