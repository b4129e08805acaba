package codec

import (
	"testing"

	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestConform(t *testing.T) { plugintest.Conform(t, plugin.CodecKind) }

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		config, input string
		want          []string
	}{
		{`plain`, "a\nb", []string{`{"message":"a\nb"}`}},
		{`plain`, "caf\xE9", []string{`{"message":"caf\\xE9"}`}},
		{`plain { charset => "Shift_JIS" }`, "\x93\xFA", []string{`{"message":"日"}`}},
		{`plain { charset => "UTF-16LE" }`, "a\x00\xE9\x00", []string{`{"message":"aé"}`}},
		{`line`, "a\r\n\nb", []string{`{"message":"a\r"}`, `{"message":""}`, `{"message":"b"}`}},
		{`line { delimiter => "--" }`, "a--b-c--\n", []string{`{"message":"a"}`, `{"message":"b-c"}`}},
		{`json`, `{"a":1}{"b":2}`, []string{`{"a":1}`}},
		{`json`, ` [ {"a":1} , {"a":2} ] x`, []string{`{"a":1}`, `{"a":2}`}},
		{`json`, " \n", nil},
		{`json`, `[{"a":1},5]`, []string{`{"message":"[{\"a\":1},5]","tags":["_jsonparsefailure"]}`}},
		{`json`, `[{"a":1}`, []string{`{"message":"[{\"a\":1}","tags":["_jsonparsefailure"]}`}},
		{`json`, "{\"a\":\"\xE9\"}", []string{`{"message":"{\\\"a\\\":\\\"\\xE9\\\"}","tags":["_jsonparsefailure"]}`}},
		{`json { target => "[d][x]" }`, `[{"a":1},{"a":{"b":2}}]`, []string{`{"d":{"x":{"a":1}}}`, `{"d":{"x":{"a":{"b":2}}}}`}},
		{`json_lines`, "{\"a\":1}\r\n\n5\n{\"a\":2}", []string{`{"a":1}`, `{"message":"5","tags":["_jsonparsefailure"]}`, `{"a":2}`}},
		{`json_lines { decode_size_limit_bytes => 8 }`, "{\"a\":1}\n{\"a\":123456789}\n{\"a\":2}\n", []string{`{"a":1}`,
			`{"message":"{\"a\":123","tags":["_jsonparsefailure","_line_too_long"]}`,
			`{"message":"456789}","tags":["_jsonparsefailure","_line_too_long"]}`, `{"a":2}`}},
	} {
		codec := plugintest.Codec(t, c.config, plugintest.Env(t))
		plugintest.Same(t, c.config+" of "+c.input, plugintest.Decode(codec, []byte(c.input)), c.want)
	}
}

func TestStreamsInAnyChunks(t *testing.T) {
	for _, c := range []struct{ config, stream string }{
		{`line`, "one\ntwo\r\n\nthree\xE9\nfour"},
		{`line { delimiter => "abab" }`, "xabaababyababababab-aba"},
		{`line { delimiter => "\r\n" }`, "one\r\n\rtwo\n\r\r\nthree\r"},
		{`json_lines`, "{\"a\":1}\n[{\"b\":2},{\"c\":3}]\n\nbroken\n{\"d\":{\"e\":[1]}}"},
		{`json_lines { decode_size_limit_bytes => 5 delimiter => "\r\n" }`, "{}\r\n12345\r\n123456\r\n1234567890\r\r\r\n12345\r"},
	} {
		plugintest.Chunks(t, plugintest.Codec(t, c.config, plugintest.Env(t)), []byte(c.stream))
	}
}

func TestRoundTrip(t *testing.T) {
	const document = `{"@timestamp":"2021-03-04T14:35:33.946Z","@version":"1","a":{"b":[1,2.50,null,"x\n"]},"ü":1e2}`
	for _, config := range []string{`json`, `json_lines`, `json_lines { delimiter => "|" }`} {
		plugintest.RoundTrip(t, plugintest.Codec(t, config, plugintest.Env(t)), document)
	}
}

func TestEncode(t *testing.T) {
	for _, c := range []struct{ config, document, want string }{
		{`plain`, `{"@timestamp":"2021-03-04T14:35:33.946Z","host":"h","message":"m"}`, `2021-03-04T14:35:33.946Z h m`},
		{`plain`, `{"@timestamp":"2021-03-04T14:35:33.946Z","host":{"name":"h","ip":["a","b"]}}`, `2021-03-04T14:35:33.946Z {name=h, ip=[a, b]} %{message}`},
		{`plain { format => "%{a}-%{[b][c]}-%{d}" }`, `{"a":1,"b":{"c":"x"}}`, `1-x-%{d}`},
		{`line { format => "%{a}" delimiter => ";" }`, `{"a":1.5}`, `1.5;`},
		{`dots`, `{"a":1}`, `.`},
		{`json`, `{"@timestamp":"2021-03-04T14:35:33Z","@version":"1"}`, `{"@timestamp":"2021-03-04T14:35:33.000Z","@version":"1"}`},
	} {
		got := plugintest.Encode(t, plugintest.Codec(t, c.config, plugintest.Env(t)), c.document)
		if got != c.want {
			t.Errorf("%s of %s: got %q, want %q", c.config, c.document, got, c.want)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`line { charset => "UTF8" }`, `there is no character set "UTF8"; did you mean UTF-8?`},
		{`line { charset => "UTF-7" }`, `the character set UTF-7 is one of Ruby's that cannot be read here`},
		{`line { delimiter => "" }`, `the delimiter is empty`},
		{`json_lines { decode_size_limit_bytes => 0 }`, `a line of 0 bytes`},
		{`json { target => "[a" }`, `Invalid FieldReference`},
	} {
		_, list := plugintest.Configure(t, plugin.CodecKind, c.config, plugintest.Env(t))
		plugintest.Says(t, c.config, list, c.want)
	}
}
