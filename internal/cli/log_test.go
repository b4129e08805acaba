package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestLogLines(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(&out, "info", "plain")
	plugin := log.With("logger", "logstash.outputs.http", "pipeline.id", "main", "plugin", "o1")
	for want, write := range map[string]func(){
		`[INFO ][logstash.agent           ] m`:                                      func() { log.Info("m") },
		`[WARN ][logstash.outputs.http    ][main][o1] m {:a=>"x", :n=>3}`:           func() { plugin.Warn("m", "a", "x", "n", 3) },
		`[INFO ][logstash.agent           ][p] m {"pipeline.id"=>"p"}`:              func() { log.Info("m", "pipeline.id", "p") },
		`[INFO ][logstash.outputs.http    ][main][o1] m`:                            func() { plugin.Info("m", "pipeline.id", "main") },
		`[INFO ][logstash.agent           ] m {:list=>[:a, :b], :counts=>{"r"=>2}}`: func() { log.Info("m", "list", []string{"a", "b"}, "counts", map[string]int64{"r": 2}) },
		`[ERROR][logstash.agent           ] two\nlines\x1b[2J {:e=>"a\nb"}`:         func() { log.Error("two\nlines\x1b[2J", "e", "a\nb") },
		`[FATAL][x                        ] m`:                                      func() { log.Log(context.Background(), fatal, "m", "logger", "x") },
	} {
		out.Reset()
		write()
		got := regexp.MustCompile(`^\[[-0-9T:,]{23}\]`).ReplaceAllString(strings.TrimSuffix(out.String(), "\n"), "")
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	out.Reset()
	log.Debug("m")
	if out.Len() > 0 {
		t.Error("debug lines are written at info")
	}
}

func TestLogLinesAsJSON(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(&out, "info", "json").With("logger", "logstash.inputs.tcp", "pipeline.id", "main", "plugin", "i1")
	log.Info("m \"1\"", "message", "other", "n", 3, "list", []string{"a"}, "text", "x\n")
	var line struct {
		Level, LoggerName, Thread string
		TimeMillis                int64
		LogEvent                  map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	e := line.LogEvent
	if line.Level != "INFO" || line.LoggerName != "logstash.inputs.tcp" || line.Thread != "main" || e["message"] != `m "1"` || e["message_1"] != "other" || e["n"] != 3.0 || e["text"] != "x\n" || e["plugin.id"] != "i1" {
		t.Errorf("got %s", out.String())
	}
}

func TestLogLevelsOfSingleLoggers(t *testing.T) {
	l := newLogLevels("info")
	for _, change := range []struct{ name, level string }{{"logstash.outputs", "DEBUG"}, {"logstash.outputs.http", "error"}} {
		if err := l.SetLevel(change.name, change.level); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]slog.Level{"logstash.outputs.file": slog.LevelDebug, "logstash.outputs": slog.LevelDebug, "logstash.outputs.http": slog.LevelError, "logstash.agent": slog.LevelInfo, "": slog.LevelInfo} {
		if !l.enabled(name, want) || l.enabled(name, want-1) {
			t.Errorf("%s does not log from %v on", name, want)
		}
	}
	if err := l.SetLevel("logstash", "loud"); err == nil {
		t.Error("a level that there is not was accepted")
	}
	_ = l.SetLevel("logstash", "warn")
	if l.enabled("logstash.agent", slog.LevelInfo) || !l.enabled("logstash.outputs.file", slog.LevelDebug) {
		t.Error("the level of all loggers")
	}
	l.ResetLevels()
	if !l.enabled("logstash.outputs.http", slog.LevelInfo) || l.enabled("logstash.outputs.file", slog.LevelDebug) {
		t.Error("reset")
	}
}

func TestLogFilesArePutAside(t *testing.T) {
	dir := t.TempDir()
	f := &logFile{base: filepath.Join(dir, "logstash-plain")}
	if err := f.write([]byte("one\n")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f.size = maxLogFile
		if err := f.write([]byte("next\n")); err != nil {
			t.Fatal(err)
		}
	}
	f.file.Close()
	all, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(all) != 4 {
		t.Errorf("files: %v", all)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "logstash-plain.log")); string(text) != "next\n" {
		t.Errorf("the newest file holds %q", text)
	}
}
