package input

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
	"sluice/internal/queue"
)

func putLetter(t *testing.T, d *queue.DeadLetters, at time.Time, message string) {
	t.Helper()
	b := event.NewBatch()
	defer b.Release()
	e := b.New()
	_ = e.Set(event.MustRef("message"), event.StringValue(message))
	if _, err := d.Put(queue.DeadLetter{
		Time: at, Reason: "mapping", PluginType: "elasticsearch", PluginID: "siem", Status: 400, Attempts: 2,
		Answer: []byte("no"), Event: e.AppendRecord(nil),
	}); err != nil {
		t.Fatal(err)
	}
}

func openLetters(t *testing.T, root string) *queue.DeadLetters {
	t.Helper()
	d, _, err := queue.OpenDeadLetters(context.Background(), queue.DeadLetterOptions{Dir: filepath.Join(root, "main")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// metadataSink adds the metadata to what a Sink keeps.
type metadataSink struct {
	plugintest.Sink
	meta []string
}

func (s *metadataSink) Put(ctx context.Context, b *event.Batch) error {
	for _, e := range b.Events {
		s.meta = append(s.meta, string(e.Metadata().AppendJSON(nil)))
	}
	return s.Sink.Put(ctx, b)
}

// readLetters runs the input until it has n events, and returns their messages.
func readLetters(t *testing.T, root, options string, n int, during func()) (messages, meta []string) {
	t.Helper()
	p := plugintest.New(t, plugin.InputKind, `dead_letter_queue { path => "`+root+`" `+options+` }`, plugintest.Env(t)).(*deadLetterQueue)
	p.look = time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	var sink metadataSink
	done := make(chan error)
	go func() { done <- p.Run(ctx, &sink) }()
	if during != nil {
		during()
	}
	got := sink.Wait(t, n)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, text := range got {
		var e struct{ Message string }
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, e.Message)
	}
	return messages, sink.meta
}

func TestDeadLetterQueueIsReadWhileItIsWritten(t *testing.T) {
	root := t.TempDir()
	var letters *queue.DeadLetters
	got, meta := readLetters(t, root, "", 2, func() { // there is no queue at first
		letters = openLetters(t, root)
		putLetter(t, letters, time.UnixMilli(1700000000123), "a")
		putLetter(t, letters, time.UnixMilli(1700000000123), "b")
	})
	plugintest.Same(t, "first reading", got, []string{"a", "b"})
	want := `{"dead_letter_queue":{"plugin_id":"siem","plugin_type":"elasticsearch","reason":"mapping","entry_time":"2023-11-14T22:13:20.123Z","status":400,"answer":"no","attempts":2}}`
	plugintest.Same(t, "metadata", meta[:1], []string{want})

	putLetter(t, letters, time.Now(), "c")
	got, _ = readLetters(t, root, "", 1, nil)
	plugintest.Same(t, "second reading, from where the first was", got, []string{"c"})
	got, _ = readLetters(t, root, "commit_offsets => false", 3, nil)
	plugintest.Same(t, "reading without a position", got, []string{"a", "b", "c"})
	if letters.Len() != 3 {
		t.Errorf("%d entries are left; reading must not remove any", letters.Len())
	}
	got, _ = readLetters(t, root, `clean_consumed => true sincedb_path => "other"`, 3, nil)
	plugintest.Same(t, "another reader", got, []string{"a", "b", "c"})
	if letters.Len() != 0 {
		t.Errorf("%d entries are left after clean_consumed", letters.Len())
	}
}

func TestDeadLetterQueueStartTimestamp(t *testing.T) {
	root := t.TempDir()
	letters := openLetters(t, root)
	putLetter(t, letters, time.Time{}, "old")
	list, _, err := letters.List(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	after := list[0].Time.Add(2 * time.Millisecond)
	for !time.Now().After(after) { // entries have milliseconds
	}
	putLetter(t, letters, time.Time{}, "new")
	got, _ := readLetters(t, root, `start_timestamp => "`+after.UTC().Format("2006-01-02T15:04:05.000Z")+`"`, 1, nil)
	plugintest.Same(t, "from a time on", got, []string{"new"})
}

func TestDeadLetterQueueMistakes(t *testing.T) {
	for config, want := range map[string]string{
		`dead_letter_queue { }`: "path",
		`dead_letter_queue { path => "/a" clean_consumed => true commit_offsets => false }`: "commit_offsets",
		`dead_letter_queue { path => "/a" start_timestamp => "yesterday" }`:                 "2017-04-04T23:40:37",
	} {
		_, list := plugintest.Configure(t, plugin.InputKind, config, plugintest.Env(t))
		if text := list.Err(); text == nil || !strings.Contains(text.Error()+list[0].Help, want) {
			t.Errorf("%s: %v", config, text)
		}
	}
}
