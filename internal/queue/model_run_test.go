package queue

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sluice/internal/vfs"
)

const modelSteps = 80

// runSeed runs one program and reports how to run it again.
func runSeed(seed uint64, flipping bool, adjust func(*Options), wrap func(vfs.FS) vfs.FS) string {
	log := func(string, ...any) {}
	if os.Getenv("SLUICE_SEED") != "" {
		log = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	}
	m := newModel(seed, adjust, wrap, log)
	m.flipping = flipping
	if failure := m.run(modelSteps); failure != "" {
		return fmt.Sprintf("seed %d: %s\nrun again with SLUICE_SEED=%d go test -v -run '%s' ./internal/queue", seed, failure, seed, map[bool]string{false: "TestModel$", true: "TestModelFlips"}[m.flipping])
	}
	return ""
}

func TestModel(t *testing.T) { modelTest(t, 3000, false, nil) }

// TestSeedsThatFailed repeats what long runs have found: an error of the disk while a
// segment or the identity was opened, which passed at once, hid or removed what was
// there; a power cut brought back space that a sealed segment had given up; and the rest
// of a torn slot of a cursor became a whole state of the past under a torn write.
func TestSeedsThatFailed(t *testing.T) {
	for _, seed := range []uint64{1795466507753326190, 1795466106866008780, 1795466307277991260, 1795465906484817106, 1795464303278826390, 165945, 256573} {
		if failure := runSeed(seed, false, func(o *Options) { o.MinFree = -1 }, nil); failure != "" {
			t.Error(failure)
		}
	}
}

// TestModelFlips lets bits flip as well: what is delivered is always what was appended,
// and a flip costs one record at most.
func TestModelFlips(t *testing.T) {
	modelTest(t, 1500, true, func(o *Options) { o.Compression = CompressNone })
}

func modelTest(t *testing.T, seeds uint64, flipping bool, adjust func(*Options)) {
	if s := os.Getenv("SLUICE_SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if failure := runSeed(seed, flipping, adjust, nil); failure != "" {
			t.Fatal(failure)
		}
		return
	}
	first := uint64(1)
	if s := os.Getenv("SLUICE_SEEDS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = n
	}
	var until time.Time
	if s := os.Getenv("SLUICE_TORTURE"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		first, seeds = uint64(time.Now().UnixNano()), 1<<62
		until = time.Now().Add(d)
		t.Logf("torture from seed %d", first)
	}
	done := inParallel(t, func(n uint64) string {
		if n >= seeds || !until.IsZero() && time.Now().After(until) {
			return "end"
		}
		return runSeed(first+n, flipping, adjust, nil)
	})
	t.Logf("%d programs", done)
}

// inParallel calls f with 0, 1, 2 … until it returns "end"; anything else but "" fails
// the test.
func inParallel(t *testing.T, f func(n uint64) string) uint64 {
	var next, failures atomic.Uint64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for failures.Load() < 3 {
				switch failure := f(next.Add(1) - 1); failure {
				case "":
				case "end":
					return
				default:
					failures.Add(1)
					t.Error(failure)
				}
			}
		})
	}
	wg.Wait()
	return next.Load() - uint64(runtime.GOMAXPROCS(0))
}
