package event

import "testing"

func TestDecodeExact(t *testing.T) {
	b := NewBatch()
	defer b.Release()
	v, _, err := b.DecodeExact([]byte(`{"a":1.50,"n":-0.0,"i":7,"o":{"l":[2.50,1234567890123456789012345.5]}}`))
	if err != nil {
		t.Fatal(err)
	}
	e := b.New()
	if err := e.Set(MustRef("v"), v); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{"[v][a]": "1.50", "[v][n]": "0.0", "[v][i]": "7", "[v][o][l][0]": "2.50", "[v][o][l][1]": "1234567890123456789012345.5"} {
		if got := e.Get(MustRef(ref)).String(); got != want {
			t.Errorf("%s: got %s, want %s", ref, got, want)
		}
	}
	if kind := e.Get(MustRef("[v][o][l][0]")).Kind(); kind != Decimal {
		t.Errorf("got a %s, want a decimal", kind)
	}
}
