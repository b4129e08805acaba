package codec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestMultiline(t *testing.T) {
	for _, c := range []struct {
		config, lines string
		want          []string
	}{
		{`multiline { pattern => "^\\s" what => previous }`, "a\n b\n\nc", []string{`{"message":"a\n b","tags":["multiline"]}`, `{"message":""}`, `{"message":"c"}`}},
		{`multiline { pattern => "\\\\$" what => next multiline_tag => "" }`, "a\\\nb\nc", []string{`{"message":"a\\\nb"}`, `{"message":"c"}`}},
		{`multiline { pattern => "x" what => next max_lines => 2 }`, "x1\nx2\nx3\ny", []string{
			`{"message":"x1\nx2\nx3","tags":["multiline","multiline_codec_max_lines_reached"]}`, `{"message":"y"}`}},
		{`multiline { pattern => "^ " what => previous max_bytes => "0.00390625 KiB" }`, "ab\n cd\n e", []string{
			`{"message":"ab\n cd","tags":["multiline","multiline_codec_max_bytes_reached"]}`, `{"message":" e"}`}},
		{`multiline { pattern => "^ " what => previous ecs_compatibility => v8 }`, "a\n b", []string{`{"message":"a\n b","event":{"original":"a\n b"},"tags":["multiline"]}`}},
	} {
		codec := plugintest.Codec(t, c.config, plugintest.Env(t))
		plugintest.Same(t, c.config, plugintest.Decode(codec, []byte(c.lines)), c.want)
		var chunks [][]byte
		for line := range strings.Lines(c.lines) {
			chunks = append(chunks, []byte(line))
		}
		plugintest.Same(t, c.config+" line by line", plugintest.Decode(codec, chunks...), c.want)
	}
}

func TestMultilinePatterns(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "own"), []byte("# mine\nSTART %{WORDS:w}:\r\nWORDS [a-z]+\nLOOP %{LOOP}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	codec := plugintest.Codec(t, `multiline { pattern => "^%{START}" negate => true what => previous patterns_dir => "`+dir+`" }`, plugintest.Env(t))
	plugintest.Same(t, "own patterns", plugintest.Decode(codec, []byte("abc: 1\nDEF: 2\nghi: 3")),
		[]string{`{"message":"abc: 1\nDEF: 2","tags":["multiline"]}`, `{"message":"ghi: 3"}`})
	for config, want := range map[string]string{
		`multiline { pattern => "%{NOPE}" what => next }`:                                   "NOPE",
		`multiline { pattern => "(" what => next }`:                                         "correct the expression",
		`multiline { pattern => "%{LOOP}" what => next patterns_dir => "` + dir + `" }`:     "LOOP",
		`multiline { pattern => "x" what => next patterns_dir => "` + dir + `/not-there" }`: "no such file",
		`multiline { pattern => "x" what => after }`:                                        "it can be previous, next",
		`multiline { pattern => "x" }`:                                                      "needs the option what",
		`multiline { pattern => "x" what => next max_bytes => 0 }`:                          "an event of 0 bytes",
	} {
		_, list := plugintest.Configure(t, plugin.CodecKind, config, plugintest.Env(t))
		plugintest.Says(t, config, list, want)
	}
}

func TestMultilineIsDueAfterTheInterval(t *testing.T) {
	c := plugintest.Codec(t, `multiline { pattern => "^ " what => previous auto_flush_interval => 2 }`, plugintest.Env(t))
	synctest.Test(t, func(t *testing.T) {
		d := c.NewDecoder()
		h := d.(plugin.Holder)
		b := event.NewBatch()
		defer b.Release()
		if h.Holding() || !h.Due().IsZero() {
			t.Error("an empty decoder holds something")
		}
		d.Decode([]byte("a\n"), b)
		time.Sleep(time.Second)
		d.Decode([]byte(" b\n"), b)
		if want := time.Now().Add(2 * time.Second); !h.Holding() || !h.Due().Equal(want) {
			t.Errorf("due at %v, want %v", h.Due(), want)
		}
		d.Flush(b)
		if got := plugintest.JSON(b.Events, false); h.Holding() || !slices.Equal(got, []string{`{"message":"a\n b","tags":["multiline"]}`}) {
			t.Errorf("got %q", got)
		}
	})
}
