package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A disk that refuses to hold a queue is a condition that says so, for as long as it does.
func TestQueueWhoseDiskFails(t *testing.T) {
	t.Parallel()
	x := newTwo(t, "queue.type=persisted", "queue.page_capacity=4kb")
	x.outputs = fmt.Sprintf(`http { id => "live" url => %q http_method => post format => json_batch }`, x.live.server.URL)
	x.upTo(100)
	x.start(t)
	x.live.has(t, 100)
	dir := filepath.Join(x.dir, "queue", "main")
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	x.upTo(2000)
	if cause := x.condition(t, "queue-failed", true); !strings.Contains(cause, dir) {
		t.Error("the cause does not name the place:", cause)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	x.condition(t, "queue-failed", false)
	x.live.has(t, 2000)
	x.stop(t)
	x.live.check(t, "live", 2000)
}

func TestQueueWithoutRoomOnDisk(t *testing.T) {
	t.Parallel()
	x := newTwo(t, "queue.type=persisted", "queue.min_free=1000000tb")
	x.upTo(10)
	x.start(t)
	if cause := x.condition(t, "queue-disk-full", true); !strings.Contains(cause, "queue.min_free") || !strings.Contains(cause, "0 events are waiting") {
		t.Error(cause)
	}
	x.condition(t, "queue-full", false)
}
