package event

import "testing"

func TestRubyText(t *testing.T) {
	tests := []struct {
		v    Value
		want string
	}{
		{FloatValue(1e15), "1000000000000000.0"},
		{FloatValue(123456789012345680), "123456789012345680.0"},
		{FloatValue(1e30), "1.0e+30"},
		{FloatValue(0.00001), "1.0e-05"},
		{FloatValue(0.0001), "0.0001"},
		{DecimalValue("1.50"), "0.15e1"},
		{DecimalValue("-0.001"), "-0.1e-2"},
		{DecimalValue("120"), "0.12e3"},
		{NullValue, ""},
		{BoolValue(true), "true"},
		{StringValue("a\n"), "a\n"},
	}
	for _, tt := range tests {
		if got := string(tt.v.AppendRuby(nil)); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.v, got, tt.want)
		}
	}
	v, err := ParseJSON([]byte(`{"a":[1,null,"q\"\\#{x}#\n\u0000é"],"b":{"c":1.5}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"a"=>[1, nil, "q\"\\\#{x}#\n\u0000é"], "b"=>{"c"=>1.5}}`
	if got := string(v.AppendInspect(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
