package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/queue"
)

// command runs the program's command line in this process.
func command(words ...string) (stdout string, err error) {
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(words)
	err = root.ExecuteContext(context.Background())
	return out.String(), err
}

// record is an event as queues keep it.
func record(message string) []byte {
	b := event.NewBatch()
	defer b.Release()
	e := b.New()
	_ = e.Set(event.MustRef("message"), event.StringValue(message))
	_ = e.Set(event.MustRef("[@metadata][m]"), event.IntValue(7))
	e.SetTimestamp(time.Unix(1700000000, 0))
	return e.AppendRecord(nil)
}

// exported is how such an event is printed.
func exported(message, end string) string {
	return `{"@timestamp":"2023-11-14T22:13:20.000Z","@version":"1","message":"` + message + `"` + end + "\n"
}

// fillQueue makes the queue of the pipeline main with events, of which the first is done.
func fillQueue(t *testing.T, data string, messages ...string) {
	t.Helper()
	j, _, err := queue.Open(context.Background(), queue.Options{Dir: filepath.Join(data, "queue", "main")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := j.Reader("pipeline", queue.Earliest)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if _, err := j.TryAppend([][]byte{record(m)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(messages) > 0 {
		if err := r.Ack(queue.Range{First: 1, Last: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
}

func fillLetters(t *testing.T, data string, messages ...string) {
	t.Helper()
	d, _, err := queue.OpenDeadLetters(context.Background(), queue.DeadLetterOptions{Dir: filepath.Join(data, "dead_letter_queue", "main")})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if _, err := d.Put(queue.DeadLetter{
			Time: time.Unix(1700000000, 0), Reason: "mapping \x1b[31mfailed", PluginType: "elasticsearch", PluginID: "siem", Status: 400,
			Answer: []byte(`{"error":"no"}`), Attempts: 1, Event: record(m),
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// says runs a command whose output, or error, has all parts.
func says(t *testing.T, words string, fails bool, parts ...string) string {
	t.Helper()
	out, err := command(strings.Fields(words)...)
	if (err != nil) != fails {
		t.Errorf("%s: error %v\n%s", words, err, out)
	}
	text := out
	if err != nil {
		text += err.Error()
	}
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %q is not in\n%s", words, p, text)
		}
	}
	return out
}

func TestQueueCommands(t *testing.T) {
	data := t.TempDir()
	dir := filepath.Join(data, "queue", "main")
	says(t, "queue stat main --path.data "+data, true, "has none at all", "--path.data")
	fillQueue(t, data, "one", "two", "three")
	says(t, "queue stat main --path.data "+data, false, "3 events in 1 segment", "numbers    1 to 3", `2 events, about`, `by "pipeline"`)
	says(t, "queue stat mian --path.data "+data, true, "did you mean main?")
	says(t, "queue stat "+data, true, "holds no queue")
	says(t, "queue check "+dir, false, "3 events")
	says(t, "queue check", true, "Which queue?", "Write: sluice queue check DIR|PIPELINE")
	says(t, "queue check a b", true, `"b" is one word too many`)
	if out := says(t, "queue export "+dir, false); out != exported("two", "}")+exported("three", "}") {
		t.Errorf("export: %s", out)
	}
	if out := says(t, "queue export --all --metadata "+dir, false); !strings.HasPrefix(out, exported("one", `,"@metadata":{"m":7}}`)) || strings.Count(out, "\n") != 3 {
		t.Errorf("export of all: %s", out)
	}

	j, _, err := queue.Open(context.Background(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	says(t, "queue export "+dir, false, "three") // while it is in use
	says(t, "queue repair "+dir, true, "is in use", "stop the pipeline first")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	// One bit of the event "two" flips.
	segments, _ := filepath.Glob(filepath.Join(dir, "*.segment"))
	b, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	b[bytes.Index(b, []byte("two"))] ^= 1
	if err := os.WriteFile(segments[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, "queue check "+dir, true, "1 event damaged", "damaged,")
	if out := says(t, "queue export "+dir, true, "1 event damaged"); !strings.Contains(out, exported("three", "}")) {
		t.Errorf("export of a damaged queue: %s", out)
	}
	says(t, "queue repair "+dir, false, "quarantine", "1 event damaged")
}

func TestDLQCommands(t *testing.T) {
	data := t.TempDir()
	at := " --path.data " + data
	says(t, "dlq list main"+at, true, "there is no dead letter queue of a pipeline main")
	fillLetters(t, data, "a", "b", "c", "d")
	out := says(t, "dlq list main"+at, false, "2  2023-11-14T22:13:20Z  elasticsearch siem  status 400  1 attempt  mapping \\x1b[31mfailed\n")
	if strings.Count(out, "\n") != 4 || strings.Contains(out, "\x1b") {
		t.Errorf("list: %q", out)
	}
	if out := says(t, "queue export "+filepath.Join(data, "dead_letter_queue", "main"), false); strings.Count(out, "\n") != 4 || !strings.HasPrefix(out, exported("a", "}")) {
		t.Errorf("export of dead letters: %s", out)
	}
	says(t, "dlq show main 2"+at, false, "status    400", `answer    {"error":"no"}`, "\"message\": \"b\"", "\"m\": 7")
	says(t, "dlq show main 9"+at, true, "there is no entry 9")
	says(t, "dlq show main x"+at, true, "17", "20-25")
	says(t, "dlq drop main"+at, true, "--all")
	says(t, "dlq drop main 1 2-3"+at, false, "Dropped 3 dead letters")
	if out := says(t, "dlq list main"+at, false, "4  "); strings.Count(out, "\n") != 1 {
		t.Errorf("after drop: %q", out)
	}

	says(t, "dlq replay main --all"+at, true, "no persisted queue", "queue.type: persisted", "input { dead_letter_queue")
	fillQueue(t, data)
	j, _, err := queue.Open(context.Background(), queue.Options{Dir: filepath.Join(data, "queue", "main")})
	if err != nil {
		t.Fatal(err)
	}
	says(t, "dlq replay main --all"+at, true, "the pipeline is running", "input { dead_letter_queue")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	says(t, "dlq replay main --all"+at, false, "Put 1 event into the queue of main")
	says(t, "dlq list main"+at, false, "There are no dead letters.")
	if out := says(t, "queue export main"+at, false); out != exported("d", "}") {
		t.Errorf("the queue after replay: %q", out)
	}
}
