package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Attributes of log lines that have a place of their own.
const (
	loggerKey   = "logger"      // who speaks, as Logstash names its loggers: logstash.outputs.http
	pipelineKey = "pipeline.id" // in square brackets behind the logger
	pluginKey   = "plugin"      // the same, for the plugin's id
)

// logHandler writes log lines as Logstash does, so that what reads Logstash's logs reads
// these: [2026-11-23T15:04:05,123][INFO ][logstash.agent           ] message {:key=>"value"}.
type logHandler struct {
	out    *logWriter
	json   bool
	levels *logLevels
	attrs  []slog.Attr
	logger string
}

// newLogger returns a logger that writes to one place.
func newLogger(w io.Writer, level, format string) *slog.Logger {
	return slog.New(newLogHandler(&logWriter{screen: w}, newLogLevels(level), format))
}

func newLogHandler(out *logWriter, levels *logLevels, format string) *logHandler {
	return &logHandler{out: out, json: format == "json", levels: levels, logger: "logstash.agent"}
}

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return h.levels.enabled(h.logger, level)
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append([]slog.Attr(nil), h.attrs...)
	for _, a := range attrs {
		if a.Key == loggerKey {
			c.logger = a.Value.String()
			h.levels.seen(c.logger)
			continue
		}
		c.attrs = append(c.attrs, a)
	}
	return &c
}

func (h *logHandler) WithGroup(string) slog.Handler { return h }

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	line := logLine{logger: h.logger, time: r.Time, level: r.Level, message: r.Message}
	for _, a := range h.attrs {
		line.context(a)
	}
	r.Attrs(func(a slog.Attr) bool {
		line.own(a)
		return true
	})
	text := line.plain()
	if h.json {
		text = line.json()
	}
	return h.out.write(line.logger, line.pipeline, text)
}

// logLine is one line before it is written.
type logLine struct {
	logger, pipeline, plugin string
	time                     time.Time
	level                    slog.Level
	message                  string
	attrs                    []slog.Attr
}

// context takes an attribute that the logger adds to all its lines.
func (l *logLine) context(a slog.Attr) {
	switch a.Key {
	case pipelineKey:
		l.pipeline = a.Value.String()
	case pluginKey:
		l.plugin = a.Value.String()
	default:
		l.attrs = append(l.attrs, a)
	}
}

// own takes an attribute of this one line: the pipeline stands in both places.
func (l *logLine) own(a slog.Attr) {
	switch {
	case a.Key == loggerKey:
		l.logger = a.Value.String()
		return
	case a.Key == pipelineKey && l.pipeline == "":
		l.pipeline = a.Value.String()
	case a.Key == pipelineKey && l.pipeline == a.Value.String():
		return
	}
	l.attrs = append(l.attrs, a)
}

func (l *logLine) plain() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "[%s][%-5s][%-25s]", l.time.Format("2006-01-02T15:04:05,000"), levelName(l.level), l.logger)
	for _, name := range []string{l.pipeline, l.plugin} {
		if name != "" {
			fmt.Fprintf(&b, "[%s]", oneLine(name))
		}
	}
	b.WriteString(" " + oneLine(l.message))
	for i, a := range l.attrs {
		b.WriteString(map[bool]string{true: " {", false: ", "}[i == 0])
		b.WriteString(symbol(a.Key) + "=>" + inspect(a.Value))
	}
	if len(l.attrs) > 0 {
		b.WriteByte('}')
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// json writes a line as Logstash's JSON layout does. A field message of the line's own
// is renamed, so that names never stand twice.
func (l *logLine) json() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"level":%q,"loggerName":%s,"timeMillis":%d,"thread":%s,"logEvent":{"message":%s`,
		strings.TrimSpace(levelName(l.level)), quoteJSON(l.logger), l.time.UnixMilli(), quoteJSON(cmp.Or(l.pipeline, "main")), quoteJSON(l.message))
	used := map[string]int{"message": 1}
	for _, a := range l.attrs {
		key := a.Key
		if n := used[key]; n > 0 {
			key = fmt.Sprintf("%s_%d", key, n)
		}
		used[a.Key]++
		fmt.Fprintf(&b, ",%s:%s", quoteJSON(key), valueJSON(a.Value))
	}
	if l.plugin != "" {
		fmt.Fprintf(&b, `,"plugin.id":%s`, quoteJSON(l.plugin))
	}
	b.WriteString("}}\n")
	return b.Bytes()
}

func quoteJSON(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return text
}

func valueJSON(v slog.Value) []byte {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindInt64, slog.KindUint64, slog.KindBool:
		return []byte(v.String())
	case slog.KindAny:
		switch x := v.Any().(type) {
		case []string, map[string]int64:
			if text, err := json.Marshal(x); err == nil {
				return text
			}
		}
	}
	return quoteJSON(v.String())
}

// symbol prints a key as Ruby prints a key of a hash: a symbol, or a text with a dot.
func symbol(key string) string {
	if strings.ContainsAny(key, ".- ") {
		return strconv.Quote(key)
	}
	return ":" + key
}

func inspect(v slog.Value) string {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool:
		return v.String()
	case slog.KindDuration:
		return v.Duration().Round(time.Microsecond).String()
	case slog.KindAny:
		if names, ok := v.Any().([]string); ok { // Ruby's list of symbols
			symbols := make([]string, len(names))
			for i, n := range names {
				symbols[i] = ":" + oneLine(n)
			}
			return "[" + strings.Join(symbols, ", ") + "]"
		}
		if counts, ok := v.Any().(map[string]int64); ok {
			pairs := []string{}
			for _, name := range slices.Sorted(maps.Keys(counts)) {
				pairs = append(pairs, fmt.Sprintf("%q=>%d", name, counts[name]))
			}
			return "{" + strings.Join(pairs, ", ") + "}"
		}
	}
	return strconv.Quote(v.String())
}

// oneLine makes control characters visible, so that no event can write log lines.
func oneLine(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0 {
		return s
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
