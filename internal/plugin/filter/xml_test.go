package filter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestXML(t *testing.T) {
	xml := func(text string) string { quoted, _ := json.Marshal(text); return `{"m":` + string(quoted) + `}` }
	plain := func(text, rest string) string { return strings.TrimSuffix(xml(text), "}") + "," + rest + "}" }
	doc := `<a k="v"><b>1</b><b x="2">two</b><e/><c>text<d/>more</c></a>`
	check(t, []sample{
		{"arrays", `xml { source => "m" target => "t" }`, xml(doc), plain(doc, `"t":{"k":"v","b":["1",{"x":"2","content":"two"}],"e":[null],"c":[{"content":["text","more"]}]}`)},
		{"no arrays", `xml { source => "m" target => "t" force_array => false force_content => true }`, xml(`<a><b>1</b><c/></a>`), plain(`<a><b>1</b><c/></a>`, `"t":{"b":{"content":"1"}}`)},
		{"keep empty", `xml { source => "m" target => "t" suppress_empty => false }`, xml(`<a><c/></a>`), plain(`<a><c/></a>`, `"t":{"c":[{}]}`)},
		{"xpath", `xml { source => "m" store_xml => false xpath => { "//b[@x='2']/text()" => "two" "/a/b[1]" => "one" "count(//b)" => "n" "/a/@k" => "k" "//nope" => "nope" } }`,
			xml(doc), plain(doc, `"two":["two"],"one":["<b>1</b>"],"n":["2.0"],"k":["v"]`)},
		{"namespaces", `xml { source => "m" store_xml => false force_array => false xpath => { "//n:b/text()" => "x" "//xmlns:c/text()" => "y" } }`,
			xml(`<a xmlns="u" xmlns:n="v"><n:b>1</n:b><c>2</c></a>`), plain(`<a xmlns="u" xmlns:n="v"><n:b>1</n:b><c>2</c></a>`, `"x":"1","y":"2"`)},
		{"without namespaces", `xml { source => "m" store_xml => false remove_namespaces => true xpath => { "//b/text()" => "x" } }`,
			xml(`<a xmlns:n="v"><n:b>1</n:b></a>`), plain(`<a xmlns:n="v"><n:b>1</n:b></a>`, `"x":["1"]`)},
		{"broken", `xml { source => "m" target => "t" }`, xml(`<a><b></a>`), plain(`<a><b></a>`, `"tags":["_xmlparsefailure"]`)},
		{"no text", `xml { source => "m" target => "t" }`, `{"m":5}`, `{"m":5,"tags":["_xmlparsefailure"]}`},
		{"blank", `xml { source => "m" target => "t" }`, `{"m":" "}`, `{"m":" "}`},
	})
	refused(t, map[string]string{
		`xml { source => "m" }`: "target",
		`xml { source => "m" store_xml => false xpath => { "//a[" => "x" } }`: "ends too early",
	})
}

func TestXPath(t *testing.T) {
	doc, err := parseXML(`<r><i n="1">a</i><i n="2">b<j>c</j></i><!--x--><i n="3"/><k>4</k></r>`)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		`/r/i[2]/j`:                       "<j>c</j>",
		`//i[@n>1]/@n`:                    "2 3",
		`//i[last()]/@n`:                  "3",
		`/r/*[self::k or @n='1']/text()`:  "a 4",
		`//j/../@n`:                       "2",
		`//j/ancestor::r/k/text()`:        "4",
		`//i[position() mod 2 = 1]/@n`:    "1 3",
		`//i[contains(., 'c')]/@n`:        "2",
		`//i[not(node())]/@n`:             "3",
		`//comment()`:                     "<!--x-->",
		`string(//i[2])`:                  "bc",
		`concat('<', name(/r/*[1]), '>')`: "<i>",
		`sum(//@n) + number(/r/k) * -1`:   "2",
		`count(//i | //k)`:                "4",
		`//i[1]/following-sibling::i/@n`:  "2 3",
		`//k/preceding-sibling::i[1]/@n`:  "3",
		`substring('12345', 2, 3)`:        "234",
		`translate('bar','abc','AB')`:     "BAr",
		`normalize-space('  a  b ')`:      "a b",
		`(//i)[2]/@n`:                     "2",
		`//i[@n = //k]`:                   "",
		`.//j | /r/k`:                     "<j>c</j> <k>4</k>",
		`starts-with(//k, '4') and 1 < 2`: "true",
	}
	for text, want := range tests {
		x, err := newXPath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		v := x.eval(doc, nil)
		got := fmt.Sprint(v)
		if nodes, ok := v.([]*xmlNode); ok {
			var parts []string
			for _, n := range nodes {
				parts = append(parts, n.String())
			}
			got = strings.Join(parts, " ")
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "//", "/a[", "a b", "f(x)", "'x", "$v", "following::a", "count()"} {
		if _, err := newXPath(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func FuzzXML(f *testing.F) {
	f.Add(`<a k="v"><b>1</b><![CDATA[x]]></a>`, "//b[@x='2' or position()=last()]/text()")
	f.Fuzz(func(t *testing.T, text, path string) {
		doc, err := parseXML(text)
		if err == nil {
			_ = (&xmlSimple{forceArray: true, suppressEmpty: true}).collapse(doc.elements()[0])
			_ = doc.String()
		}
		if len(path) > 60 || len(text) > 500 {
			return
		}
		if x, err := newXPath(path); err == nil {
			_ = x.eval(doc, nil)
		}
	})
}
