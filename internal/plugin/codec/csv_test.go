package codec

import (
	"strings"
	"testing"

	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestCSVDecode(t *testing.T) {
	for _, c := range []struct {
		config, input string
		want          []string
	}{
		{`csv`, "a,\"b,\"\"c\"\"\",,\"\"\r\n", []string{`{"column1":"a","column2":"b,\"c\"","column3":null,"column4":""}`}},
		{`csv { columns => ["x", "y"] }`, "1,2,3\n4\n", []string{`{"x":"1","y":"2","column3":"3"}`, `{"x":"4"}`}},
		{`csv { columns => ["x"] autogenerate_column_names => false skip_empty_columns => true }`, ",2\n", []string{`{}`}},
		{`csv { columns => ["i", "f", "b", "d", "t", "z"] convert => { "i" => "integer" "f" => "float" "b" => "boolean" "t" => "date_time" "z" => "integer" } }`,
			"0x1F,1_0.5,TRUE,d,2021-03-04T14:35:33Z,1.5", []string{`{"i":31,"f":10.5,"b":true,"d":"d","t":"2021-03-04T14:35:33.000Z","z":"1.5"}`}},
		{`csv { autodetect_column_names => true separator => ";" }`, "a;b\n1;2\n3;4\n", []string{`{"a":"1","b":"2"}`, `{"a":"3","b":"4"}`}},
		{`csv { quote_char => "\x00" separator => "||" }`, `"a||b|`, []string{`{"column1":"\"a","column2":"b|"}`}},
		{`csv { target => "[t]" ecs_compatibility => v8 }`, "a,\"b\nc\"\n", []string{`{"t":{"column1":"a","column2":"b\nc"},"event":{"original":"a,\"b\nc\""}}`}},
		{`csv`, "a, \"b\"\nok\n\"x\"y\n\"open\n", []string{`{"message":"a, \"b\"","tags":["_csvparsefailure"]}`, `{"column1":"ok"}`,
			`{"message":"\"x\"y","tags":["_csvparsefailure"]}`, `{"message":"\"open","tags":["_csvparsefailure"]}`}},
	} {
		codec := plugintest.Codec(t, c.config, plugintest.Env(t))
		plugintest.Same(t, c.config, plugintest.Decode(codec, []byte(c.input)), c.want)
	}
}

func TestCSVEncode(t *testing.T) {
	const document = `{"a":"x,y","b":null,"c":"","d":1.5,"e":["q\"",{"k":1}],"@timestamp":"2021-03-04T14:35:33Z"}`
	for config, want := range map[string]string{
		`csv { columns => ["a", "b", "c", "[e][1][k]", "nope", "@timestamp"] }`:  "\"x,y\",,\"\",1,,2021-03-04T14:35:33.000Z\n",
		`csv { columns => ["d", "e"] separator => ";" include_headers => true }`: "d;e\n1.5;\"[\"\"q\\\"\"\"\", {\"\"k\"\"=>1}]\"\n",
		`csv`: "\"x,y\",,\"\",1.5,\"[\"\"q\\\"\"\"\", {\"\"k\"\"=>1}]\",2021-03-04T14:35:33.000Z,1\n",
	} {
		codec := plugintest.Codec(t, config, plugintest.Env(t))
		if got := plugintest.Encode(t, codec, document); got != want {
			t.Errorf("%s: got %q, want %q", config, got, want)
		}
		if again := plugintest.Encode(t, codec, `{}`); strings.Contains(config, "include_headers") && strings.HasPrefix(again, "d;") {
			t.Errorf("the heading comes again: %q", again)
		}
	}
}

func TestCSVWrongOptions(t *testing.T) {
	for config, want := range map[string]string{
		`csv { convert => { "a" => "string" } }`: `there is no type "string"`,
		`csv { separator => "" }`:                `the separator is empty`,
		`csv { quote_char => "ab" }`:             `is not one character`,
	} {
		_, list := plugintest.Configure(t, plugin.CodecKind, config, plugintest.Env(t))
		plugintest.Says(t, config, list, want)
	}
}
