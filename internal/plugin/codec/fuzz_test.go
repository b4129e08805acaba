package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"sluice/internal/event"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

// FuzzSplitter compares with cutting the whole stream at once.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte("one\ntwo\n\nthree"), []byte("\n"), uint16(4), uint16(5))
	f.Add([]byte("xabababyab"), []byte("ab"), uint16(1), uint16(3))
	f.Add([]byte("aaaaaaaaaaaa|"), []byte("||"), uint16(3), uint16(1))
	f.Fuzz(func(t *testing.T, stream, delimiter []byte, limit, chunk uint16) {
		if len(delimiter) == 0 || limit == 0 || chunk == 0 {
			return
		}
		var want []string
		rest := stream
		add := func(line []byte) {
			part := Whole
			if len(line) > int(limit) {
				part = Last
			}
			for len(line) > int(limit) {
				want = append(want, fmt.Sprint(string(line[:limit]), Piece))
				line = line[limit:]
			}
			want = append(want, fmt.Sprint(string(line), part))
		}
		for {
			line, after, found := bytes.Cut(rest, delimiter)
			if !found {
				break
			}
			add(line)
			rest = after
		}
		if len(rest) > 0 {
			add(rest)
		}
		s := NewSplitter(string(delimiter), int(limit))
		b := event.NewBatch()
		var got []string
		yield := func(line []byte, part Part) { got = append(got, fmt.Sprint(string(line), part)) }
		for part := range slices.Chunk(stream, int(chunk)) {
			s.Split(part, b, yield)
			if len(s.rest) > int(limit)+len(delimiter) {
				t.Fatalf("the rest has %d bytes", len(s.rest))
			}
		}
		s.Flush(b, yield)
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// FuzzDecode checks that every decoder takes any bytes in any chunks and makes events
// that are valid JSON.
func FuzzDecode(f *testing.F) {
	configs := []string{
		`plain`, `line`, `json`, `json { target => "[a][b]" }`, `json_lines`, `json_lines { decode_size_limit_bytes => 9 }`,
		`line { charset => "CP1252" }`, `line { charset => "Shift_JIS" }`, `plain { charset => "UTF-16" }`, `plain { charset => "GB18030" }`,
		`multiline { pattern => "^[a-z{]" what => next }`, `multiline { pattern => "a+b|\\s$" what => previous max_lines => 2 max_bytes => 20 }`,
		`cef`, `cef { delimiter => "\\n" ecs_compatibility => v8 raw_data_field => "r" }`, `es_bulk`, `csv`, `csv { separator => "ab" quote_char => "'" autodetect_column_names => true }`,
	}
	for _, seed := range []string{"text\nmore", `{"a":1}`, `[{"a":1},{"b":"\ud800"}]`, "{\"a\":\"\xe9\"}\n5\n", "\xff\xfea\x00", "[{}", `{"tags":5,"@metadata":1,"@timestamp":2}`, cefHead + "src=1 rt=5 a[0]=x"} {
		for i := range configs {
			f.Add([]byte(seed), uint8(i), uint8(3))
		}
	}
	codecs := make([]plugin.Codec, len(configs))
	for i, config := range configs {
		codecs[i] = plugintest.Codec(f, config, plugintest.Env(f))
	}
	f.Fuzz(func(t *testing.T, stream []byte, which, chunk uint8) {
		config, c := configs[int(which)%len(configs)], codecs[int(which)%len(configs)]
		events := plugintest.Decode(c, stream)
		for _, e := range events {
			if !json.Valid([]byte(e)) || !utf8.ValidString(e) {
				t.Errorf("%s of %q: not valid: %q", config, stream, e)
			}
		}
		if _, ok := c.NewDecoder().(*jsonDecoder); ok || chunk == 0 || takesMessages(c) {
			return
		}
		if got := plugintest.Decode(c, slices.Collect(slices.Chunk(stream, int(chunk)))...); !slices.Equal(got, events) {
			t.Errorf("%s of %q in chunks of %d: got %q, want %q", config, stream, chunk, got, events)
		}
	})
}

// takesMessages tells whether a codec does not take streams.
func takesMessages(c plugin.Codec) bool {
	switch d := c.NewDecoder().(type) {
	case plainDecoder:
		return true
	case plugin.LineTaker:
		return d.TakesLines()
	}
	return false
}

// FuzzRubydebug checks that every event can be shown.
func FuzzRubydebug(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}],"c":1e300,"d":"\u0000"}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		b := event.NewBatch()
		defer b.Release()
		e, _, err := b.Decode(document)
		if err != nil || len(document) > 10_000 {
			return
		}
		for _, config := range []string{`rubydebug { metadata => true }`, `plain`, `line { format => "%{a}%{[b][c]}" }`} {
			if _, err := plugintest.Codec(t, config, plugintest.Env(t)).Encode(nil, e); err != nil {
				t.Errorf("%s of %q: %v", config, document, err)
			}
		}
	})
}
