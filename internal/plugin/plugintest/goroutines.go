package plugintest

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

func goroutines() int { return runtime.NumGoroutine() }

// NoneLeft makes the test fail when more goroutines run at its end than now.
func NoneLeft(t testing.TB) {
	before := goroutines()
	t.Cleanup(func() { noneLeft(t, before, "the test") })
}

// noneLeft gives goroutines that are about to end a moment to do so.
func noneLeft(t testing.TB, before int, what string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); goroutines() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			stacks := string(buf[:runtime.Stack(buf, true)])
			t.Errorf("%s: %d goroutines run, %d before:\n%s", what, goroutines(), before, ours(stacks))
			return
		}
	}
}

func ours(stacks string) string {
	var kept []string
	for _, s := range strings.Split(stacks, "\n\n") {
		if strings.Contains(s, "sluice/internal") && !strings.Contains(s, "plugintest.noneLeft") {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "\n\n")
}
