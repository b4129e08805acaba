package event

import "testing"

func TestInspectIsRubys(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`plain`, `"plain"`},
		{"\x00\x1f\x7f", `"\u0000\u001F\u007F"`},
		{"a#{b} #c #$d #@e", `"a\#{b} #c \#$d \#@e"`},
		{"tab\there \"q\" \xe9", `"tab\there \"q\" \xE9"`},
		{"\xe2\x82 x", `"\xE2\x82 x"`},
		{"é🐗\u00a0", "\"é🐗\u00a0\""},
		{"\u2028\u0085\U000e0fff\x1b\a", `"\u2028\u0085\u{E0FFF}\e\a"`},
	} {
		if got := string(AppendInspect(nil, c.text)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}
