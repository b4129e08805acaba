package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
)

// levels are Logstash's names of log levels.
var levels = map[string]slog.Level{
	"trace": slog.LevelDebug - 4, "debug": slog.LevelDebug, "info": slog.LevelInfo,
	"warn": slog.LevelWarn, "error": slog.LevelError, "fatal": slog.LevelError + 4,
}

// newLogger returns a logger that writes lines as Logstash does:
// [2026-11-23T15:04:05,123][INFO ][sluice] message {:key=>value}.
func newLogger(w io.Writer, level, format string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: levels[level]}))
	}
	return slog.New(&logHandler{w: w, mu: new(sync.Mutex), level: levels[level]})
}

type logHandler struct {
	w     io.Writer
	mu    *sync.Mutex
	level slog.Level
	attrs []slog.Attr
}

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	component := "sluice"
	var pairs []string
	add := func(a slog.Attr) bool {
		switch a.Key {
		case "plugin":
			component = a.Value.String()
		default:
			pairs = append(pairs, fmt.Sprintf(":%s=>%s", symbol(a.Key), inspect(a.Value)))
		}
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	var b bytes.Buffer
	fmt.Fprintf(&b, "[%s][%-5s][%s] %s", r.Time.Format("2006-01-02T15:04:05,000"), levelName(r.Level), component, oneLine(r.Message))
	if len(pairs) > 0 {
		fmt.Fprintf(&b, " {%s}", strings.Join(pairs, ", "))
	}
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.w.Write(b.Bytes())
	return err
}

func symbol(key string) string {
	if strings.ContainsAny(key, ".- ") {
		return strconv.Quote(key)
	}
	return key
}

func inspect(v slog.Value) string {
	switch v := v.Resolve(); v.Kind() {
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool:
		return v.String()
	case slog.KindDuration:
		return v.Duration().Round(time.Microsecond).String()
	default:
		return strconv.Quote(v.String())
	}
}

// oneLine makes control characters visible, so that no event can write log lines.
func oneLine(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0 {
		return s
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

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

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(append([]slog.Attr(nil), h.attrs...), attrs...)
	return &c
}

func (h *logHandler) WithGroup(string) slog.Handler { return h }
