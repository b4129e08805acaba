package output

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sluice/internal/event"
	"sluice/internal/health"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// write gives events, as JSON, to an output, and returns its answers.
func write(t testing.TB, o plugin.Output, documents ...string) []plugin.Answer {
	t.Helper()
	b := event.NewBatch()
	defer b.Release()
	for _, d := range documents {
		if _, _, err := b.Decode(b.Copy([]byte(d))); err != nil {
			t.Fatal(err)
		}
	}
	answers := make([]plugin.Answer, len(b.Events))
	o.Write(context.Background(), b.Events, answers)
	return answers
}

func allDone(t testing.TB, answers []plugin.Answer) {
	t.Helper()
	for i, a := range answers {
		if a.Verdict != plugin.Done {
			t.Errorf("event %d: %+v", i, a)
		}
	}
}

func newFile(t testing.TB, options string, env *plugin.Env) *fileOutput {
	t.Helper()
	o := plugintest.New(t, plugin.OutputKind, "file { "+options+" }", env).(*fileOutput)
	t.Cleanup(func() { o.Close() })
	return o
}

func read(t testing.TB, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

const line = ` codec => line { format => "%{m}" }`

func TestFilePaths(t *testing.T) {
	for _, c := range []struct {
		name, path, options string
		documents           []string
		want                map[string]string
	}{
		{"fixed", "/out.log", "", []string{`{"m":1}`, `{"m":2}`}, map[string]string{"out.log": "1\n2\n"}},
		{"fields and dates", "/%{a}/x-%{+YYYY-MM-dd}.log", "", []string{`{"m":1,"a":"p","@timestamp":"2021-03-04T00:00:00Z"}`, `{"m":2,"a":"q","@timestamp":"2022-01-01T00:00:00Z"}`, `{"m":3,"a":"p","@timestamp":"2021-03-04T23:00:00Z"}`},
			map[string]string{"p/x-2021-03-04.log": "1\n3\n", "q/x-2022-01-01.log": "2\n"}},
		{"a date with slashes", "/%{+YYYY/MM}.log", "", []string{`{"m":1,"@timestamp":"2021-03-04T00:00:00Z"}`}, map[string]string{"2021/03.log": "1\n"}},
		{"a missing field", "/%{nope}.log", "", []string{`{"m":1}`}, map[string]string{"%{nope}.log": "1\n"}},
		{"out of the folder", "/in/%{a}.log", "", []string{`{"m":1,"a":"../../etc/passwd"}`, `{"m":2,"a":"../in/ok"}`, `{"m":3,"a":"x/../../in/../up"}`, `{"m":4,"a":"../inside"}`},
			map[string]string{"in/_filepath_failures": "1\n3\n4\n", "in/ok.log": "2\n"}},
		{"no path of a file", "/in/%{a}", `filename_failure => "bad"`, []string{`{"m":1,"a":"` + strings.Repeat("n", 300) + `"}`, `{"m":2,"a":"x\u0000y"}`, `{"m":3,"a":""}`},
			map[string]string{"in/bad": "1\n2\n3\n"}},
		{"only the last event", "/one", `write_behavior => "overwrite"`, []string{`{"m":"long text"}`, `{"m":2}`}, map[string]string{"one": "2\n"}},
		{"not to be made", "/none", `create_if_deleted => false`, []string{`{"m":1}`}, map[string]string{"_filepath_failures": "1\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			o := newFile(t, fmt.Sprintf("path => %q %s %s", dir+c.path, c.options, line), plugintest.Env(t))
			allDone(t, write(t, o, c.documents...))
			for name, want := range c.want {
				if got := read(t, dir, name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			var files int
			filepath.WalkDir(dir, func(_ string, d os.DirEntry, _ error) error {
				if !d.IsDir() {
					files++
				}
				return nil
			})
			if files != len(c.want) {
				t.Errorf("%d files, want %d", files, len(c.want))
			}
		})
	}
}

func TestFileWrongPaths(t *testing.T) {
	for _, c := range []struct{ options, want string }{
		{`path => "/%{a}/x"`, "begins with a part that depends on the event"},
		{`path => "/x-%{a}.log"`, "begins with a part that depends on the event"},
		{`path => ""`, "the path is empty"},
		{`path => "/tmp/x" filename_failure => "a/b"`, "is no name of a file"},
		{``, "needs the option path"},
	} {
		_, list := plugintest.Configure(t, plugin.OutputKind, "file { "+c.options+" }", plugintest.Env(t))
		plugintest.Says(t, c.options, list, c.want)
	}
}

func TestFileIsMadeAnewWhenItHasGone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	o := newFile(t, fmt.Sprintf("path => %q", path)+line, plugintest.Env(t))
	allDone(t, write(t, o, `{"m":1}`))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	allDone(t, write(t, o, `{"m":2}`))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	allDone(t, write(t, o, `{"m":3}`))
	if got := read(t, path) + read(t, path+".1"); got != "3\n1\n" {
		t.Errorf("got %q", got)
	}
	if len(o.files) != 1 {
		t.Errorf("%d files are open", len(o.files))
	}
}

func TestFileGzip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.gz")
	o := newFile(t, fmt.Sprintf("gzip => true path => %q", path)+line, plugintest.Env(t))
	allDone(t, write(t, o, `{"m":1}`, `{"m":2}`))
	allDone(t, write(t, o, `{"m":3}`))
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); string(got) != "1\n2\n3\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFileModes(t *testing.T) {
	dir := t.TempDir()
	o := newFile(t, fmt.Sprintf("file_mode => 0602 dir_mode => 0705 path => %q", dir+"/d/f")+line, plugintest.Env(t))
	allDone(t, write(t, o, `{"m":1}`))
	for name, want := range map[string]os.FileMode{"d": 0o705, "d/f": 0o602} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s: got %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

// What cannot be written now is kept, and a condition says so until it can be.
func TestFileRetriesWhatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	env := plugintest.Env(t)
	o := newFile(t, fmt.Sprintf("path => %q", dir+"/pipe")+line, env)
	if err := mkfifo(dir + "/pipe"); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	answers := write(t, o, `{"m":1}`) // nobody reads the pipe
	if answers[0].Verdict != plugin.Retry || !strings.Contains(answers[0].Reason, dir+"/pipe") {
		t.Errorf("%+v", answers[0])
	}
	if s := env.Conditions.Status(); s != health.Error {
		t.Errorf("status is %v", s)
	}
	os.Remove(dir + "/pipe")
	allDone(t, write(t, o, `{"m":1}`))
	if s := env.Conditions.Status(); s != health.OK {
		t.Errorf("status is %v", s)
	}
}

func TestFileDoesNotKeepEveryFileOpen(t *testing.T) {
	dir := t.TempDir()
	o := newFile(t, fmt.Sprintf("path => %q", dir+"/%{m}")+line, plugintest.Env(t))
	var documents []string
	for i := range maxOpenFiles + 50 {
		documents = append(documents, fmt.Sprintf(`{"m":%d}`, i))
	}
	allDone(t, write(t, o, documents...))
	if len(o.files) > maxOpenFiles {
		t.Errorf("%d files are open", len(o.files))
	}
	o.stale, o.cleaned = 0, o.cleaned.Add(-1)
	allDone(t, write(t, o, documents[0]))
	if len(o.files) != 0 {
		t.Errorf("%d files are open after the clean-up", len(o.files))
	}
}

func TestFileAccess(t *testing.T) {
	dir := t.TempDir()
	env := plugintest.Env(t)
	env.Access.Paths = map[string]string{"/transient-data": dir}
	o := newFile(t, `path => "/transient-data/a/%{m}"`+line, env)
	allDone(t, write(t, o, `{"m":1}`))
	if got := read(t, dir, "a", "1"); got != "1\n" {
		t.Errorf("got %q", got)
	}
}

func TestFileFromManyWorkers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	o := newFile(t, fmt.Sprintf("path => %q", path)+line, plugintest.Env(t))
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 50 {
				write(t, o, `{"m":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`, `{"m":"bb"}`)
			}
		})
	}
	workers.Wait()
	got := read(t, path)
	if n := strings.Count(got, strings.Repeat("a", 40)+"\nbb\n"); n != 200 || len(got) != 200*44 {
		t.Errorf("%d whole pairs of lines in %d bytes", n, len(got))
	}
}

// half is a writer that fails in the middle.
type half struct{ n int }

func (h half) Write(p []byte) (int, error) { return h.n, errors.New("broken") }

func TestStdout(t *testing.T) {
	var out strings.Builder
	o := plugintest.New(t, plugin.OutputKind, `stdout { }`, plugintest.Env(t)).(*stdout)
	o.to = &out
	allDone(t, write(t, o, `{"@timestamp":"2021-03-04T14:35:33.946Z","@version":"1"}`))
	if want := "{\n    \"@timestamp\" => 2021-03-04T14:35:33.946Z,\n      \"@version\" => \"1\"\n}\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}
	o = plugintest.New(t, plugin.OutputKind, `stdout { codec => dots }`, plugintest.Env(t)).(*stdout)
	o.to = half{2}
	answers := write(t, o, `{}`, `{}`, `{}`)
	for i, want := range []plugin.Verdict{plugin.Done, plugin.Done, plugin.Retry} {
		if answers[i].Verdict != want {
			t.Errorf("event %d: %+v", i, answers[i])
		}
	}
}

func BenchmarkFile(b *testing.B) {
	o := newFile(b, fmt.Sprintf("path => %q", b.TempDir()+`/%{type}.log`), plugintest.Env(b))
	batch := event.NewBatch()
	for range 125 {
		if _, _, err := batch.Decode([]byte(`{"type":"a","message":"` + strings.Repeat("x", 700) + `"}`)); err != nil {
			b.Fatal(err)
		}
	}
	answers := make([]plugin.Answer, len(batch.Events))
	b.ReportAllocs()
	for b.Loop() {
		o.Write(context.Background(), batch.Events, answers)
		for _, f := range o.files {
			_ = f.file.Truncate(0)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/125, "ns/event")
}
