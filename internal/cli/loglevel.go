package cli

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// levels are Logstash's names of log levels.
var levels = map[string]slog.Level{
	"trace": slog.LevelDebug - 4, "debug": slog.LevelDebug, "info": slog.LevelInfo,
	"warn": slog.LevelWarn, "error": slog.LevelError, "fatal": slog.LevelError + 4,
}

// fatal is the level of what ends the program.
const fatal = slog.LevelError + 4

func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelDebug:
		return "TRACE"
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARN"
	case l == slog.LevelError:
		return "ERROR"
	}
	return "FATAL"
}

// logLevels are the levels of all loggers; they can be changed while the program runs.
// A logger has the level of the longest name that it begins with: logstash.outputs sets
// that of logstash.outputs.http, too.
type logLevels struct {
	start map[string]slog.Level                 // at the start, by name
	now   atomic.Pointer[map[string]slog.Level] // by name; "" for all

	mu    sync.Mutex
	names map[string]bool
}

func newLogLevels(level string) *logLevels {
	l := &logLevels{start: map[string]slog.Level{"": levels[level]}, names: map[string]bool{"logstash.agent": true, "logstash.runner": true}}
	l.ResetLevels()
	return l
}

func (l *logLevels) seen(name string) {
	l.mu.Lock()
	l.names[name] = true
	l.mu.Unlock()
}

func (l *logLevels) enabled(name string, level slog.Level) bool {
	set := *l.now.Load()
	if len(set) == 1 { // nothing has been changed for single loggers
		return level >= set[""]
	}
	return level >= levelOf(set, name)
}

func levelOf(set map[string]slog.Level, name string) slog.Level {
	for {
		if level, ok := set[name]; ok {
			return level
		}
		name = name[:max(strings.LastIndexByte(name, '.'), 0)]
	}
}

// Levels returns the level of every logger by name.
func (l *logLevels) Levels() map[string]string {
	set := *l.now.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]string{}
	for name := range l.names {
		all[name] = levelName(levelOf(set, name))
	}
	for name := range set {
		if name != "" {
			all[name] = levelName(set[name])
		}
	}
	return all
}

// SetLevel changes the level of a logger and of those below it; that of all with the
// name logstash or "".
func (l *logLevels) SetLevel(name, level string) error {
	to, ok := levels[strings.ToLower(level)]
	if !ok {
		return fmt.Errorf("invalid level [%s] for logger [%s]; levels are %s", level, name, strings.Join(slices.Sorted(maps.Keys(levels)), ", "))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	set := maps.Clone(*l.now.Load())
	if name == "logstash" {
		name = ""
	}
	set[name] = to
	l.now.Store(&set)
	return nil
}

// ResetLevels gives every logger the level that it had at the start.
func (l *logLevels) ResetLevels() {
	set := maps.Clone(l.start)
	l.now.Store(&set)
}

// keep gives a logger a level of its own from the start.
func (l *logLevels) keep(name string, level slog.Level) {
	l.start[name] = level
	l.ResetLevels()
}
