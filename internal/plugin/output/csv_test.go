package output

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sluice/internal/diag"
	"sluice/internal/plugin"
	"sluice/internal/plugin/plugintest"
)

func TestCSV(t *testing.T) {
	const e = `{"a":"x,y","b":{"c":1,"d":"q\"q"},"n":1.50,"f":"=1+1","l":[1,"z"],"e":"","nl":"1\n2"}`
	tests := []struct{ options, want string }{
		{`fields => ["a", "[b][c]", "n", "missing", "e"]`, "\"x,y\",1,1.5,,\"\"\n"},
		{`fields => ["b", "f", "nl"]`, "\"{\"\"c\"\":1,\"\"d\"\":\"\"q\\\"\"q\"\"}\",'=1+1,\"1\n2\"\n"},
		{`fields => ["f"] spreadsheet_safe => false`, "=1+1\n"},
		{`fields => ["a", "n"] csv_options => { "col_sep" => ";" "row_sep" => "\r\n" "quote_char" => "'" "force_quotes" => true "headers" => true }`, "'x,y';'1.5'\r\n"},
		{`fields => ["e", "missing"] csv_options => { "quote_empty" => false "write_nil_value" => "NULL" }`, ",NULL\n"},
		{`fields => ["e"] csv_options => { "write_empty_value" => "-" }`, "-\n"},
	}
	for _, test := range tests {
		dir := t.TempDir()
		o, _ := netOutput(t, `csv { path => "`+dir+`/%{a}.csv" `+test.options+` }`, nil)
		if v := verdicts(netWrite(t, o, e, e)); v != ".." {
			t.Error(v)
		}
		got, err := os.ReadFile(filepath.Join(dir, "x,y.csv"))
		if err != nil || string(got) != test.want+test.want {
			t.Errorf("%s: got\n%s\nwanted twice\n%s(%v)", test.options, got, test.want, err)
		}
	}
}

func TestCSVOptions(t *testing.T) {
	for config, want := range map[string]string{
		`csv { path => "/tmp/x" }`:                                                            "needs the option fields",
		`csv { path => "/tmp/x" fields => ["[a"] }`:                                           "[outer][inner]",
		`csv { path => "/tmp/x" fields => ["a"] csv_options => { "colsep" => ";" } }`:         "no option colsep",
		`csv { path => "/tmp/x" fields => ["a"] csv_options => { "force_quotes" => "yes" } }`: "write true or false",
	} {
		if p, list := plugintest.Configure(t, plugin.OutputKind, config, plugintest.Env(t)); p != nil || !strings.Contains(list.Text(diag.Plain), want) {
			t.Errorf("%s: wanted %q, got %s", config, want, list.Text(diag.Plain))
		}
	}
}
