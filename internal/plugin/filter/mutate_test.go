package filter

import (
	"testing"

	"sluice/internal/event"
)

func TestMutate(t *testing.T) {
	check(t, []sample{
		{"fixed order", `mutate { strip => "a" uppercase => "a" gsub => ["a", "x", " y "] }`, `{"a":"xbx"}`, `{"a":"Y B Y"}`},
		{"java order", `mutate { rename => { "c" => "d" "b" => "c" "a" => "b" } }`, `{"a":1}`, `{"d":1}`},
		{"failure keeps what was done", `mutate { rename => { "a" => "b" } convert => { "c" => "integer" } lowercase => "d" }`,
			`{"a":1,"c":"x","d":"D"}`, `{"b":1,"c":"x","d":"D","tags":["_mutate_error"]}`},
		{"integer", `mutate { convert => { "a" => "integer" "b" => "integer_eu" } }`, `{"a":["0x1A","010","1_000","3.99",true,null],"b":"1.234,9"}`, `{"a":[26,8,1000,3,1,null],"b":1234}`},
		{"string", `mutate { convert => { "a" => "string" } }`, `{"a":[1e30,{"k":null},[1]]}`, `{"a":["1.0e+30","{\"k\"=>nil}","[1]"]}`},
		{"boolean by line", `mutate { convert => { "a" => "boolean" } }`, `{"a":"x\nyes"}`, `{"a":true}`},
		{"gsub", `mutate { gsub => ["a", "(?<=\d)(?=(?:\d{3})+$)", ",", "b", "(.)-(.)", "\2\1"] }`, `{"a":"1234567","b":["x-y",1]}`, `{"a":"1,234,567","b":["yx",1]}`},
		{"gsub with fields", `mutate { gsub => ["a", "%{p}", "%{r}"] }`, `{"a":"abc","p":"b","r":"[\\0]"}`, `{"a":"a[b]c","p":"b","r":"[\\0]"}`},
		{"case", `mutate { uppercase => "a" capitalize => "b" lowercase => "c" }`, `{"a":"straße","b":"ǆX","c":["ÀB",1]}`, `{"a":"STRASSE","b":"ǅx","c":["àb",1]}`},
		{"split and join", `mutate { split => { "a" => "," } join => { "b" => "-" } }`, `{"a":"x,,y,,","b":["p",["q",null]]}`, `{"a":["x","","y"],"b":"p-q-"}`},
		{"merge", `mutate { merge => { "a" => ["b", "c"] "o" => "p" } }`, `{"a":1,"b":2,"c":3,"o":{"x":1},"p":{"y":2}}`, `{"a":[1,3],"b":2,"c":3,"o":{"x":1,"y":2},"p":{"y":2}}`},
		{"copy is deep", `mutate { copy => { "a" => "b" } } mutate { replace => { "[b][k]" => "new" } }`, `{"a":{"k":"old"}}`, `{"a":{"k":"old"},"b":{"k":"new"}}`},
		{"common options last", `mutate { replace => { "a" => "x" } add_field => { "b" => "%{a}" } add_tag => "t" }`, `{"a":1}`, `{"a":"x","b":"x","tags":["t"]}`},
	})
	refused(t, map[string]string{
		`mutate { convert => { "a" => "int" } }`: "integer",
		`mutate { gsub => ["a", "b"] }`:          "three",
		`mutate { gsub => ["a", "(", "b"] }`:     "parenthesis",
		`mutate { remove => "a" }`:               "remove_field",
		`mutate { upercase => "a" }`:             "uppercase",
	})
}

func BenchmarkMutate(b *testing.B) {
	for _, config := range []string{
		`mutate { rename => { "[a][b]" => "c" } }`,
		`mutate { convert => { "n" => "integer" } }`,
		`mutate { gsub => ["path", "/", "_"] }`,
		`mutate { lowercase => "path" add_field => { "x" => "%{path}" } }`,
	} {
		b.Run(config, func(b *testing.B) {
			filters, err := configure(config, testEnv())
			if err != nil {
				b.Fatal(err)
			}
			src := []byte(`{"@timestamp":"2021-03-04T14:35:33.946Z","a":{"b":1},"n":"12","path":"/usr/local/lib"}`)
			batch := event.NewBatch()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%100 == 99 {
					batch.Release()
					batch = event.NewBatch()
				}
				e, _, _ := batch.Decode(src)
				filters[0].Apply(e, nil)
			}
		})
	}
}
