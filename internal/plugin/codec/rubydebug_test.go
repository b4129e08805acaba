package codec

import (
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"sluice/internal/event"
	"sluice/internal/plugin/plugintest"
)

func TestRubydebug(t *testing.T) {
	want := strings.Join([]string{
		`{`,
		`    "@timestamp" => 2021-03-04T14:35:33.946555Z,`,
		`      "@version" => "1",`,
		`             "s" => "line1\nline2\t\"q\" \\ back \#{x} é",`,
		`           "big" => 123456789012345678901234567890,`,
		`            "fl" => 1.0e+30,`,
		`          "tiny" => 1.0e-05,`,
		`         "large" => 12345678901234568.0,`,
		`             "n" => nil,`,
		`             "l" => [`,
		`        [ 0] {`,
		`             "a" => true,`,
		`            "bb" => {}`,
		`        },`,
		`        [ 1] [`,
		`            [0] 1,`,
		`            [1] []`,
		`        ],`,
		`        [ 2] 0,`, `        [ 3] 0,`, `        [ 4] 0,`, `        [ 5] 0,`,
		`        [ 6] 0,`, `        [ 7] 0,`, `        [ 8] 0,`, `        [ 9] 0,`,
		`        [10] "z"`,
		`    ],`,
		`     "@metadata" => {`,
		`        "m" => 1`,
		`    }`,
		`}`, ``}, "\n")
	document := `{"@timestamp":"2021-03-04T14:35:33.946555Z","@version":"1","s":"line1\nline2\t\"q\" \\ back #{x} é","big":123456789012345678901234567890,` +
		`"fl":1.0E30,"tiny":0.00001,"large":12345678901234568.0,"n":null,"l":[{"a":true,"bb":{}},[1,[]],0,0,0,0,0,0,0,0,"z"],"@metadata":{"m":1}}`
	if got := plugintest.Encode(t, plugintest.Codec(t, `rubydebug { metadata => true }`, plugintest.Env(t)), document); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDecimalsArePlain(t *testing.T) {
	for number, want := range map[string]string{
		"1.50": "1.5", "-0.0": "-0.0", "1e3": "1000.0", "12.5e-3": "0.0125", "1.25E+1": "12.5", "1e999999999": "1e999999999",
	} {
		if got := string(appendDecimal(nil, number)); got != want {
			t.Errorf("%s: got %s, want %s", number, got, want)
		}
	}
}

// TestRubydebugRecorded compares with what Logstash printed, line by line: the order of
// fields is an accident there, and with it where the commas are.
func TestRubydebugRecorded(t *testing.T) {
	dir := filepath.Join(data(t), "logstash-cases", "rubydebug")
	in, err := os.ReadFile(filepath.Join(dir, "in.jsonl"))
	if err != nil {
		t.Skipf("no test data: %v", err)
	}
	out, err := os.ReadFile(filepath.Join(dir, "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	codec := plugintest.Codec(t, `rubydebug`, plugintest.Env(t))
	b := event.NewBatch()
	defer b.Release()
	codec2 := plugintest.Codec(t, `json_lines`, plugintest.Env(t))
	codec2.NewDecoder().Decode(in, b)
	wanted := regexp.MustCompile(`(?m)^\}\n`).Split(string(out), -1)
	for i, e := range b.Events {
		got, err := codec.Encode(nil, e)
		if err != nil {
			t.Fatal(err)
		}
		if g, w := sortedLines(string(got)), sortedLines(wanted[i]+"}\n"); g != w {
			t.Errorf("event %d: got\n%s\nwant\n%s", i, g, w)
		}
	}
}

func sortedLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, ",\n", "\n"), "\n")
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// data returns the folder of third-party test data.
func data(t testing.TB) string {
	if dir := os.Getenv("SLUICE_DATA"); dir != "" {
		return dir
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; root != filepath.Dir(root); root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
	}
	return filepath.Join(root, "..", "shared", "data")
}
