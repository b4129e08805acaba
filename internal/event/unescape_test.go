package event

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// unescapeSlowly reads one character after the other.
func unescapeSlowly(text string) string {
	var s string
	_ = json.Unmarshal([]byte(`"`+text+`"`), &s)
	return s
}

func TestUnescape(t *testing.T) {
	for _, escape := range []string{`\"`, `\\`, `\/`, `\n`, `\u00e9`, `\ud83d\ude00`, `\ud83d`, `\ud83dx`, `\ud83d\u0041`, `\\\\\"`} {
		for before := range 10 {
			for behind := range 10 {
				text := strings.Repeat("a", before) + escape + strings.Repeat("b", behind)
				if got, want := string(appendUnescaped([]byte("x"), text)), "x"+unescapeSlowly(text); got != want {
					t.Errorf("%s: %q, want %q", text, got, want)
				}
			}
		}
	}
	for _, text := range []string{`\`, `abcdefg\`, `abcdefgh\`, `\u12`, `abc\u123`} { // not checked before
		if got := string(appendUnescaped(nil, text)); got != text {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	f.Add(`a\nbcdefghijk\u00e9\\`)
	f.Fuzz(func(t *testing.T, text string) {
		got := string(appendUnescaped(nil, text))
		if json.Valid([]byte(`"`+text+`"`)) && utf8.ValidString(text) && got != unescapeSlowly(text) {
			t.Errorf("%q: %q, want %q", text, got, unescapeSlowly(text))
		}
	})
}

func BenchmarkUnescape(b *testing.B) {
	for name, text := range map[string]string{
		"json": `{\"id\":\"a81\",\"kind\":\"order\",\"total\":129.5,\"items\":[{\"sku\":\"X1\",\"n\":2},{\"sku\":\"Y2\",\"n\":1}],\"customer\":{\"name\":\"Anna\",\"country\":\"SE\",\"vip\":false},\"trace\":null}`,
		"rare": `GET /index.php?id=1 HTTP/1.1 \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 Safari/537.36\"`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			dst := make([]byte, 0, 1000)
			for b.Loop() {
				dst = appendUnescaped(dst[:0], text)
			}
		})
	}
}
