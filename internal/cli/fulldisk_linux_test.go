package cli

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk: the disk of the queue fills up to the last byte while the receiver is
// down. Senders have to wait; when the receiver is back everything that was acknowledged
// arrives, and the queue takes events again, though nobody has made room on the disk.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and fills a file system")
	}
	for _, minFree := range []string{"0", "1mb"} {
		t.Run("queue.min_free="+minFree, func(t *testing.T) {
			path, data := build(t), t.TempDir()
			if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=8m"); err != nil {
				t.Skip("a small file system cannot be mounted here:", err)
			}
			t.Cleanup(func() { syscall.Unmount(data, 0) })
			r := newReceiver()
			in, out := unusedPort(t), unusedPort(t) // nobody listens
			p := startProgram(t, path, data, in, out, "-S", "queue.min_free="+minFree)
			insist(t, http.DefaultClient, in, 0, 100)
			impatient := &http.Client{Timeout: 2 * time.Second}
			acked := 100
			for ; post(impatient, in, acked, 100) == nil; acked += 100 {
				if acked > 200_000 {
					t.Fatal("8 MB hold more than 200,000 events")
				}
			}
			r.serve(t, out)
			arrived := func(first, last int) func() bool {
				return func() bool {
					for n := first; n < last; n++ {
						if r.got[n] == 0 {
							return false
						}
					}
					return true
				}
			}
			r.await(t, "what was acknowledged arrives", arrived(0, acked))
			const later = 1_000_000
			insist(t, impatient, in, later, 100)
			r.await(t, "the queue goes on", arrived(later, later+100))
			p.stop(t)
			if log, text := p.logs.String(), "the disk has no room for a queue"; strings.Count(log, text) != 1 {
				t.Errorf("the log does not say once that %s:\n%s", text, log)
			}
		})
	}
}
