package ruby

import (
	"testing"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// TestValuesAreCarried: what a block only hands on keeps its text; what it looks at is a
// Ruby value; either way the event is the same.
func TestValuesAreCarried(t *testing.T) {
	const in = `{"d":{"f":1.50,"s":"a\/b","o":{ "x" : [1.0] },"n":null,"k[0]":1},"@timestamp":"2021-03-04T14:35:33.946Z","@version":"1"}`
	for _, c := range []struct{ code, want string }{
		{`event.get("d").each { |k, v| event.set("[t][#{k}]", v) unless k.include?("[") }`, `"t":{"f":1.50,"s":"a\/b","o":{ "x" : [1.0] },"n":null}`},
		{`event.get("d").each do |k, v| next if k == "s" || k == "k[0]"; event.set("[t][#{k}]", v); event.set("last", k); end`, `"t":{"f":1.50,"o":{ "x" : [1.0] },"n":null},"last":"n"`},
		{`x = nil; event.get("d").each { |k, v| x = v if k == "f"; event.set("t", v) if k == "f" }; event.set("u", x + 1)`, `"t":1.5,"u":2.5`},
		{`event.get("d").each { |k, v| event.set(k, v.class.to_s) if k == "f" }`, `"f":"Float"`},
		{`e = event; event = Struct.new(:seen).new([]); def event.set(k, v) = seen << (v + 1); e.get("d").each { |k, v| event.set(k, v) if k == "f" }; e.set("seen", event.seen)`, `"seen":[2.5]`},
	} {
		script, list := Compile(diag.NewSource("code", c.code), Options{})
		if list.Err() != nil {
			t.Errorf("%s: %v", c.code, list)
			continue
		}
		instance, err := script.NewInstance(nil)
		if err != nil {
			t.Fatal(err)
		}
		b := event.NewBatch()
		e, _, err := b.Decode([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if err := instance.Run(e, nil); err != nil {
			t.Errorf("%s: %v", c.code, err)
		}
		e.Root().Delete("d")
		e.Root().Delete("@timestamp")
		e.Root().Delete("@version")
		if got := string(e.AppendJSON(nil)); got != "{"+c.want+"}" {
			t.Errorf("%s\ngot  %s\nwant {%s}", c.code, got, c.want)
		}
	}
}
