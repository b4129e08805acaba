package input

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// tail is an input file that runs.
type tail struct {
	t    *testing.T
	dir  string
	sink *plugintest.Sink
	stop func()
	env  *plugin.Env
}

const often = ` stat_interval => "10 ms" discover_interval => 1 `

// startFile runs an input over files in dir until stop or the end of the test.
func startFile(t *testing.T, env *plugin.Env, dir, options string) *tail {
	t.Helper()
	p := plugintest.New(t, plugin.InputKind, "file { "+strings.ReplaceAll(options, "DIR", dir)+often+"}", env).(*file)
	ctx, cancel := context.WithCancel(context.Background())
	x := &tail{t: t, dir: dir, sink: new(plugintest.Sink), env: env}
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx, x.sink) }()
	stopped := false
	x.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(x.stop)
	return x
}

func (x *tail) path(name string) string { return filepath.Join(x.dir, name) }

// add appends text to a file.
func (x *tail) add(name, text string) {
	x.t.Helper()
	addTo(x.t, x.path(name), text)
}

func addTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// messages waits for n events and returns their messages.
func (x *tail) messages(n int) []string {
	x.t.Helper()
	var all []string
	for _, e := range x.sink.Wait(x.t, n) {
		v, err := event.ParseJSON([]byte(e))
		if err != nil {
			x.t.Fatal(err)
		}
		m, _ := v.Object().Get("message")
		all = append(all, m.Str())
	}
	return all
}

func (x *tail) want(messages ...string) {
	x.t.Helper()
	if got := x.messages(len(messages)); !slices.Equal(got, messages) {
		x.t.Errorf("got %q, want %q", got, messages)
	}
}

func TestFileStartPosition(t *testing.T) {
	for start, want := range map[string][]string{
		"beginning": {"old", "half new", "more", "later"},
		"end":       {"half new", "more", "later"},
	} {
		t.Run(start, func(t *testing.T) {
			x := &tail{t: t, dir: t.TempDir(), sink: new(plugintest.Sink)}
			x.add("a.log", "old\nhalf")
			p := plugintest.New(t, plugin.InputKind, `file { path => "`+x.dir+`/*" start_position => "`+start+`" }`, plugintest.Env(t)).(*file)
			db, err := openSincedb(plugin.Files{}, p.sincedbPath, p.cleanAfter, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			w := newWatch(p, db, x.sink)
			defer w.close()
			w.discover()
			x.add("a.log", " new\nmore\n")
			x.add("b.log", "later\n") // a file that appears later is read from its beginning
			w.discover()
			if err := w.readAll(context.Background()); err != nil {
				t.Fatal(err)
			}
			x.want(want...)
		})
	}
}

func TestFileFields(t *testing.T) {
	for _, c := range []struct {
		ecs    plugin.ECS
		codec  string
		line   string
		fields string
	}{
		{plugin.ECSDisabled, `plain`, "x", `{"message":"x","host":"testhost","path":"DIR/a"}`},
		{plugin.ECSDisabled, `line`, "x", `{"message":"x","host":"testhost","path":"DIR/a"}`},
		{plugin.ECSDisabled, `json`, `{"path":"p","host":"h"}`, `{"path":"p","host":"h"}`},
		{plugin.ECSDisabled, `json_lines`, `{"a":1}`, `{"a":1,"host":"testhost","path":"DIR/a"}`},
		{plugin.ECSV8, `plain`, "x", `{"message":"x","event":{"original":"x"},"host":{"name":"testhost"},"log":{"file":{"path":"DIR/a"}}}`},
	} {
		dir := t.TempDir()
		env := plugintest.Env(t)
		env.ECS = c.ecs
		addTo(t, dir+"/a", c.line+"\n")
		x := startFile(t, env, dir, `path => "DIR/a" start_position => "beginning" codec => `+c.codec)
		plugintest.Same(t, c.codec, x.sink.Wait(t, 1), []string{strings.ReplaceAll(c.fields, "DIR", dir)})
	}
}

func TestFileRotation(t *testing.T) {
	for _, pattern := range []string{"DIR/a.log", "DIR/a.log*"} {
		t.Run(pattern[4:], func(t *testing.T) {
			dir := t.TempDir()
			addTo(t, dir+"/a.log", "1\n")
			x := startFile(t, plugintest.Env(t), dir, `start_position => "beginning" path => "`+pattern+`"`)
			x.want("1")
			x.add("a.log", "2\n")
			if err := os.Rename(x.path("a.log"), x.path("a.log.1")); err != nil {
				t.Fatal(err)
			}
			x.want("1", "2")
			x.add("a.log.1", "3\n") // the writer has not noticed yet
			x.want("1", "2", "3")
			x.add("a.log", "4\n")
			x.want("1", "2", "3", "4")
			if err := os.Rename(x.path("a.log"), x.path("a.log.2")); err != nil {
				t.Fatal(err)
			}
			x.add("a.log", "5\n")
			x.want("1", "2", "3", "4", "5")
		})
	}
}

func TestFileTruncation(t *testing.T) {
	dir := t.TempDir()
	addTo(t, dir+"/a", "first line\n")
	x := startFile(t, plugintest.Env(t), dir, `path => "DIR/a" start_position => "beginning"`)
	x.want("first line")
	if err := os.Truncate(x.path("a"), 0); err != nil {
		t.Fatal(err)
	}
	x.add("a", "short\n")
	x.want("first line", "short")
	// In one go emptied and grown beyond the old position.
	if err := os.WriteFile(x.path("a"), []byte("a much longer line than before\nand one more\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	x.want("first line", "short", "a much longer line than before", "and one more")
}

func TestFileGoesOnAfterRestart(t *testing.T) {
	dir, env := t.TempDir(), plugintest.Env(t)
	const options = `path => "DIR/a.log*" start_position => "beginning" sincedb_write_interval => 3600`
	addTo(t, dir+"/a.log", "1\n2\nunfinished")
	x := startFile(t, env, dir, options)
	x.want("1", "2")
	x.stop()
	addTo(t, dir+"/a.log", " 3\n")
	x = startFile(t, env, dir, options)
	x.want("unfinished 3")
	x.stop()
	// Renamed while nobody watched: what had been read is not read again.
	addTo(t, dir+"/a.log", "4\n")
	if err := os.Rename(dir+"/a.log", dir+"/a.log.1"); err != nil {
		t.Fatal(err)
	}
	addTo(t, dir+"/a.log", "5\n")
	x = startFile(t, env, dir, options)
	got := x.messages(2)
	slices.Sort(got)
	if !slices.Equal(got, []string{"4", "5"}) {
		t.Errorf("got %q", got)
	}
	x.stop()
	// Another file with the inode of the old one: its record does not fit.
	if err := os.WriteFile(dir+"/a.log", []byte("something else that is longer\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	x = startFile(t, env, dir, options)
	x.want("something else that is longer")
}

func TestSincedbIsLogstashs(t *testing.T) {
	dir := t.TempDir()
	addTo(t, dir+"/a b.log", "1\n2\n3\n")
	info, err := os.Stat(dir + "/a b.log")
	if err != nil {
		t.Fatal(err)
	}
	id := identify(dir+"/a b.log", info)
	key := fmt.Sprintf("%s %d %d", id.inode, id.major, id.minor)
	now := strconv.FormatInt(time.Now().Unix(), 10)
	for name, text := range map[string]string{
		"new form": "12345 0 5 77 " + now + ".5 /other\n" + key + " 2 " + now + ".123456 " + dir + "/a b.log\n",
		"old form": key + " 2\n",
		"damaged":  "\x00\x00\n" + key + " 2 " + now + " " + dir + "/a b.log\n999 1",
	} {
		t.Run(name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "sub", "db")
			if err := os.MkdirAll(filepath.Dir(db), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(db, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			x := startFile(t, plugintest.Env(t), dir, `path => "DIR/*" start_position => "beginning" sincedb_path => "`+db+`"`)
			x.want("2", "3")
			x.stop()
			saved, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(saved), key+" 6 1") || !strings.Contains(string(saved), " "+dir+"/a b.log\n") {
				t.Errorf("saved %q, want %s at 6", saved, key)
			}
			if name == "new form" && !strings.Contains(string(saved), "12345 0 5 77 ") {
				t.Errorf("the record of the other file is gone: %q", saved)
			}
		})
	}
}

// A position is saved only when the queue has taken the events before it.
func TestFileSavesNoPositionBeforeTheQueueHasTaken(t *testing.T) {
	dir, env := t.TempDir(), plugintest.Env(t)
	addTo(t, dir+"/a", "1\n2\n")
	p := plugintest.New(t, plugin.InputKind, `file { path => "`+dir+`/a" start_position => "beginning" }`, env).(*file)
	full := errors.New("the disk is full")
	sink := &plugintest.Sink{Refuse: func() error { return full }}
	if err := p.Run(context.Background(), sink); !errors.Is(err, full) {
		t.Errorf("Run: %v", err)
	}
	x := startFile(t, env, dir, `path => "DIR/a" start_position => "beginning"`)
	x.want("1", "2")
}

func TestFileReadMode(t *testing.T) {
	dir, done := t.TempDir(), filepath.Join(t.TempDir(), "done")
	addTo(t, dir+"/a", "1\n2\nlast")
	addTo(t, dir+"/c.gz", packed(t, "3\r\n4\n")+packed(t, "5"))
	const options = `path => "DIR/*" mode => "read" exit_after_read => true file_sort_by => "path" `
	env := plugintest.Env(t)
	p := plugintest.New(t, plugin.InputKind, "file { "+strings.ReplaceAll(options, "DIR", dir)+`file_completed_action => "log" file_completed_log_path => "`+done+`" }`, env).(*file)
	first, second := &tail{t: t, sink: new(plugintest.Sink)}, new(plugintest.Sink)
	if err := p.Run(context.Background(), first.sink); err != nil {
		t.Fatal(err)
	}
	first.want("1", "2", "last", "3", "4", "5")
	if err := p.Run(context.Background(), second); err != nil || len(second.Events()) > 0 {
		t.Errorf("read again: %q, %v", second.Events(), err)
	}
	if log, _ := os.ReadFile(done); string(log) != dir+"/a\n"+dir+"/c.gz\n" {
		t.Errorf("logged %q", log)
	}
	p = plugintest.New(t, plugin.InputKind, "file { "+strings.ReplaceAll(options, "DIR", dir)+"}", plugintest.Env(t)).(*file)
	x := &tail{t: t, sink: new(plugintest.Sink)}
	if err := p.Run(context.Background(), x.sink); err != nil {
		t.Fatal(err)
	}
	x.want("1", "2", "last", "3", "4", "5")
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

func packed(t *testing.T, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFileDamagedArchives(t *testing.T) {
	whole := packed(t, strings.Repeat("line\n", 1000))
	for _, c := range []struct {
		name, text string
		check      bool
		events     bool
	}{
		{"no gzip at all", "plain text\n", false, false},
		{"cut", whole[:len(whole)-4], false, true},
		{"cut, checked", whole[:len(whole)-4], true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, env := t.TempDir(), plugintest.Env(t)
			addTo(t, dir+"/a.gz", c.text)
			p := plugintest.New(t, plugin.InputKind, fmt.Sprintf(`file { path => "%s/*" mode => "read" exit_after_read => true check_archive_validity => %v }`, dir, c.check), env).(*file)
			var sink plugintest.Sink
			if err := p.Run(context.Background(), &sink); err != nil {
				t.Fatal(err)
			}
			if got := len(sink.Events()) > 0; got != c.events {
				t.Errorf("events: %v", got)
			}
			if _, err := os.Stat(dir + "/a.gz"); err != nil {
				t.Error("the file has been deleted")
			}
			if list := env.Conditions.List(); len(list) != 1 || !strings.Contains(list[0].Cause, "damaged") {
				t.Errorf("conditions %+v", list)
			}
		})
	}
}

func TestFileLimits(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for i := range 12 {
		addTo(t, fmt.Sprintf("%s/%02d", dir, i), fmt.Sprintf("%d-1\n", i))
		want = append(want, fmt.Sprintf("%d-1", i))
	}
	x := startFile(t, plugintest.Env(t), dir, `path => "DIR/*" start_position => "beginning" max_open_files => 2 file_sort_by => "path" file_chunk_size => 3 file_chunk_count => 2`)
	x.messages(12)
	for i := range 12 {
		x.add(fmt.Sprintf("%02d", i), fmt.Sprintf("%d-2\n", i))
		want = append(want, fmt.Sprintf("%d-2", i))
	}
	got := x.messages(24)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestFileIgnoresOldFiles(t *testing.T) {
	dir := t.TempDir()
	addTo(t, dir+"/old", "1\n")
	addTo(t, dir+"/new", "2\n")
	if err := os.Chtimes(dir+"/old", time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	x := startFile(t, plugintest.Env(t), dir, `path => "DIR/*" start_position => "beginning" ignore_older => "10 min"`)
	x.want("2")
	x.add("old", "3\n")
	x.want("2", "3")
}

func TestFilePatterns(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.log", "b.log", "b.txt", ".hidden.log", "sub/c.log", "sub/deep/d.log", "sub/.git/e.log", "x{y}.log"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		addTo(t, filepath.Join(dir, name), "")
	}
	for _, c := range []struct {
		options string
		want    string
	}{
		{`path => "DIR/*.log"`, "a.log b.log x{y}.log"},
		{`path => "DIR/*" exclude => ["*.txt", "x*"]`, "a.log b.log sub"},
		{`path => "DIR/**/*.log"`, "a.log b.log sub/c.log sub/deep/d.log x{y}.log"},
		{`path => "DIR/**/deep/*.log"`, "sub/deep/d.log"},
		{`path => "DIR/{a,b}.{log,txt}"`, "a.log a.txt b.log b.txt"},
		{`path => "DIR/[!a].*"`, "b.log b.txt"},
		{`path => "DIR/.h*"`, ".hidden.log"},
		{`path => ["DIR/a.log", "DIR/?.log"]`, "a.log b.log"},
		{`path => "DIR/s*/*.log"`, "sub/c.log"},
	} {
		for _, root := range []string{dir, "/elsewhere"} { // the second is shown where it is not
			env := plugintest.Env(t)
			env.Access.Paths = map[string]string{"/elsewhere": dir}
			p := plugintest.New(t, plugin.InputKind, "file { "+strings.ReplaceAll(c.options, "DIR", root)+" }", env).(*file)
			var got []string
			for _, f := range p.discoverFiles() {
				got = append(got, strings.TrimPrefix(f.shown, root+"/"))
				if real := filepath.Join(dir, strings.TrimPrefix(f.shown, root)); f.real != real {
					t.Errorf("%s is at %s, want %s", f.shown, f.real, real)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: got %q, want %q", c.options, got, c.want)
			}
		}
	}
}

func TestFileWrongOptions(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`file { path => "relative.log" }`, "is not absolute"},
		{`file { path => "/a/[" }`, "syntax error in pattern"},
		{`file { path => "/a" exclude => "[" }`, "syntax error in pattern"},
		{`file { path => "/a" exit_after_read => true }`, "has no end"},
		{`file { path => "/a" mode => "read" file_completed_action => "log" }`, "no file to add the paths to"},
		{`file { path => "/a" stat_interval => "1 fortnight" }`, "is no unit of time"},
		{`file { path => "/a" sincedb_path => "/" }`, "is a folder"},
		{`file { path => "/a" codec => rubydebug }`, "cannot be used in an input"},
		{`file { path => "/a" start_position => "start" }`, "it can be beginning, end"},
	} {
		_, list := plugintest.Configure(t, plugin.InputKind, c.config, plugintest.Env(t))
		plugintest.Says(t, c.config, list, c.want)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"15": 15 * time.Second, "0.5": 500 * time.Millisecond, "250 ms": 250 * time.Millisecond, "1 hour": time.Hour, "2w": 14 * 24 * time.Hour, "2.5 days": 60 * time.Hour, "900 usec": 900 * time.Microsecond,
	} {
		if got, err := parseDuration(text, time.Second); got != want || err != nil {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

// FuzzSincedb checks that a damaged file of positions is read without harm, and that what
// is read is written so that it is read again.
func FuzzSincedb(f *testing.F) {
	f.Add("2977152 1 4 94 1519319662.852678 /path/to/a file\n2977152 1 4 94\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		now := time.Unix(1519319700, 0)
		db, err := openSincedb(plugin.Files{}, path, 24*time.Hour, now)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.save(now); err != nil {
			t.Fatal(err)
		}
		again, err := openSincedb(plugin.Files{}, path, 24*time.Hour, now)
		if err != nil {
			t.Fatal(err)
		}
		for id, r := range db.records {
			if a := again.records[id]; a == nil || a.position != r.position || a.path != r.path {
				t.Errorf("%v: wrote %+v, read %+v", id, r, a)
			}
		}
	})
}

func BenchmarkFileRead(b *testing.B) {
	dir := b.TempDir()
	line := strings.Repeat("x", 799) + "\n"
	const lines = 100_000
	if err := os.WriteFile(dir+"/a", []byte(strings.Repeat(line, lines)), 0o644); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p := plugintest.New(b, plugin.InputKind, `file { path => "`+dir+`/*" mode => "read" exit_after_read => true sincedb_path => "/dev/null" file_completed_action => "log" file_completed_log_path => "/dev/null" }`, plugintest.Env(b)).(*file)
		var sink drop
		if err := p.Run(context.Background(), &sink); err != nil || sink.events != lines {
			b.Fatal(err, sink.events)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/lines, "ns/event")
}

// Lines of an event that is not complete yet are read again after a restart.
func TestFileKeepsUnfinishedMultilineEvents(t *testing.T) {
	dir, env := t.TempDir(), plugintest.Env(t)
	const options = `path => "DIR/a" start_position => "beginning" codec => multiline { pattern => "^ " what => "previous" }`
	addTo(t, dir+"/a", "a\n b\n c\nd\n e\n")
	x := startFile(t, env, dir, options)
	x.want("a\n b\n c")
	x.stop()
	addTo(t, dir+"/a", " f\ng\n")
	x = startFile(t, env, dir, options)
	x.want("d\n e\n f")
	x.add("a", " h\n")
	if err := os.Remove(dir + "/a"); err != nil {
		t.Fatal(err)
	}
	x.want("d\n e\n f", "g\n h") // nothing can follow in a file that has gone
}
