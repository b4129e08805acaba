package filter

import (
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	check(t, []sample{
		{"names", `csv { columns => ["a", "[b][c]"] }`, `{"message":"1,\"x \"\"y\"\"\",3,"}`, `{"message":"1,\"x \"\"y\"\"\",3,","a":"1","b":{"c":"x \"y\""},"column3":"3","column4":null}`},
		{"target and convert", `csv { columns => ["a", "b", "c", "d"] target => "t" convert => { "a" => "integer" "b" => "float" "c" => "boolean" "d" => "date" } }`,
			`{"message":"007,1e3,TRUE,2021-03-04x"}`, `{"message":"007,1e3,TRUE,2021-03-04x","t":{"a":7,"b":1000.0,"c":true,"d":"2021-03-04x"}}`},
		{"illegal quoting", `csv { }`, `{"message":"a,b\"c"}`, `{"message":"a,b\"c","tags":["_csvparsefailure"]}`},
		{"first row only", `csv { separator => "||" }`, `{"message":"a||b\r\nc"}`, `{"message":"a||b\r\nc","column1":"a","column2":"b"}`},
		{"empty columns", `csv { skip_empty_columns => true autogenerate_column_names => false columns => ["a", "b"] }`, `{"message":",2,3"}`, `{"message":",2,3","b":"2"}`},
		{"empty row", `csv { skip_empty_rows => true }`, `{"message":""}`, `{"message":"","tags":["_csvskippedemptyfield"]}`},
		{"header", `csv { columns => ["a", "b"] skip_header => true }`, `{"message":"a,b"}`, ``},
		{"no quotes", `csv { quote_char => "\x00" }`, `{"message":"\"a,b\""}`, `{"message":"\"a,b\"","column1":"\"a","column2":"b\""}`},
	})
	refused(t, map[string]string{`csv { convert => { "a" => "string" } }`: "integer"})
}

func TestCSVDetectsColumns(t *testing.T) {
	filters, err := configure(`csv { autodetect_column_names => true }`, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range [][2]string{{`{"message":"x,y"}`, ""}, {`{"message":"1,2,3"}`, `{"message":"1,2,3","x":"1","y":"2","column3":"3"}`}} {
		if got := through(t, filters, s[0]); got != normal(t, s[1]) {
			t.Errorf("%s: got %s, want %s", s[0], got, s[1])
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a,\"b\"\"c\",d\r\ne", ",")
	f.Fuzz(func(t *testing.T, text, separator string) {
		r := csvReader{separator: separator, quote: '"', rowEnd: csvRowEnd(text)}
		for text != "" {
			cells, rest, err := r.row(text)
			if err != nil {
				return
			}
			if len(rest) >= len(text) {
				t.Fatalf("no progress at %q", text)
			}
			for _, c := range cells {
				if len(c.text) > len(text) || !c.set && c.text != "" {
					t.Fatalf("%q: cell %+v", text, c)
				}
			}
			text = rest
		}
	})
}

func TestURLDecode(t *testing.T) {
	check(t, []sample{
		{"text", `urldecode { field => "a" }`, `{"a":"%7Bx%7D+%zz%4"}`, `{"a":"{x}+%zz%4"}`},
		{"missing", `urldecode { }`, `{"a":1}`, `{"a":1,"message":null}`},
		{"invalid UTF-8", `urldecode { field => "a" }`, `{"a":"x%E9y"}`, `{"a":"x\\xE9y"}`},
		{"charset", `urldecode { field => "a" charset => "ISO-8859-1" } urldecode { field => "b" charset => "CP1252" }`, `{"a":"x%E9","b":"%80"}`, `{"a":"xé","b":"€"}`},
		{"all", `urldecode { all_fields => true }`, `{"a":["%41",1],"b":{"c":"%42"}}`, `{"a":["A",1],"b":{"c":"B"}}`},
		{"failure", `urldecode { field => "[a][b]" add_tag => "t" }`, `{"a":"x"}`, `{"a":"x","tags":["_urldecodefailure","t"]}`},
	})
	refused(t, map[string]string{`urldecode { charset => "nope" }`: "character set"})
}

func TestLeadingNumbers(t *testing.T) {
	for text, want := range map[string]string{"12abc": "12", " -7": "-7", "abc": "0", "": "0", "1_000": "1000", "99999999999999999999": "99999999999999999999"} {
		if got := leadingInt(text).String(); got != want {
			t.Errorf("%q.to_i = %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]float64{"1.5x": 1.5, "x": 0, "1e3": 1000, ".5": 0.5, strings.Repeat("9", 100): 9e63} {
		if got := leadingFloat(text); got != want && len(text) < 64 {
			t.Errorf("%q.to_f = %v, want %v", text, got, want)
		}
	}
}
