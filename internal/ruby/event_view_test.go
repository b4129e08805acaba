package ruby

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

var viewTexts = []string{
	`[]`, `{}`, `[1,"a\"b",null,true,2.5]`, `[{"a":[{"b":1},{"b":[2,{"c":[]}]}],"d":"x"},{"a":[]}]`, `{"a":{"b":{"c":[1,{"d":{}}]}},"e":[[],[[]]]}`,
	`{"a":1,"b":{"a":1},"a":{"b":2}}`, `[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`, `{"x":[1e400,{"y":[-1e400]}]}`,
}

// sameView compares what a script sees of a part of its event, however deep it looks and
// whatever it hands back, with what JSON.parse gives of the same text.
func sameView(t *testing.T, text string) {
	in, err := json.Marshal(map[string]any{"t": text, "v": json.RawMessage(text)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, `
		want = JSON.parse(event.get("t"), max_nesting: false)
		all = lambda do |x, y|
			return false unless x == y && x.class == y.class
			return x.each_with_index.all? { |e, i| e.equal?(x[i]) || !e.is_a?(Array) && !e.is_a?(Hash) && all.call(e, y[i]) } && (0...x.length).all? { |i| all.call(x[i], y[i]) } if x.is_a?(Array)
			return x.all? { |k, e| all.call(x[k], y[k]) } && x.keys == y.keys if x.is_a?(Hash)
			true
		end
		r = []
		r << all.call(event.get("v"), want)
		r << (event.get("v").inspect == want.inspect)
		event.set("w", event.get("v"))
		part = event.get("v")
		part = part.is_a?(Hash) ? part.values : part
		event.set("p", part)
		first = part.find { |x| x.is_a?(Array) || x.is_a?(Hash) }
		unless first.nil?
			event.set("f", first)
			r << all.call(event.get("f"), first)
			if first.is_a?(Array) then first.push(7) else first["new"] = 7 end
			r << (part.find { |x| x.is_a?(Array) || x.is_a?(Hash) }.equal?(first))
			event.set("f", first)
			r << all.call(event.get("f"), first)
		end
		r << all.call(event.get("w"), want)
		r << all.call(event.get("v"), want)
		r << (event.to_hash["v"] == want)
		event.set("r", r.uniq)`, string(in), Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var fields struct{ R []bool }
	if err := json.Unmarshal([]byte(out), &fields); err != nil || len(fields.R) != 1 || !fields.R[0] {
		t.Errorf("%s: %v, %v", text, fields.R, err)
	}
}

func TestViews(t *testing.T) {
	for _, text := range viewTexts {
		sameView(t, text)
	}
}

func FuzzViews(f *testing.F) {
	for _, text := range viewTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 300 || !utf8.ValidString(text) || !json.Valid([]byte(text)) || text[0] != '[' && text[0] != '{' {
			return
		}
		sameView(t, text)
	})
}
