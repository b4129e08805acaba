package onig

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern string
		flags   Flags
		text    string
		want    string // the match and its groups, | between, - for none; "" when nothing matches
	}{
		{`b`, 0, "abc", "b"},
		{`(a)?(b)(c)?`, 0, "b", "b|-|b|-"},
		{`^second$`, 0, "first\nsecond", "second"},
		{`\Asecond`, 0, "first\nsecond", ""},
		{`end\Z`, 0, "end\n", "end"},
		{`end\z`, 0, "end\n", ""},
		{`first.second`, 0, "first\nsecond", ""},
		{`first.second`, DotAll, "first\nsecond", "first\nsecond"},
		{`(?<y>\d{4})-(?<m>\d\d)`, 0, "on 2020-05!", "2020-05|2020|05"},
		{`(a)(?<n>b)`, 0, "ab", "ab|b"},
		{`\d+(?=USD)`, 0, "price 100USD", "100"},
		{`(?<=USD)\d+`, 0, "USD100", "100"},
		{`(?<!x)a`, 0, "xa ya", "a"},
		{`(?<=\d)(?=(\d{3})+\z)`, 0, "1234567", "|567"},
		{`\A(?=.*\d)(?=.*[a-z]).{8,}\z`, 0, "passw0rd", "passw0rd"},
		{`(?i)abc`, 0, "xABc", "ABc"},
		{`a(?i:bc)`, 0, "aBC", "aBC"},
		{`a(?i)b|c`, 0, "aC", "aC"},
		{`[[:alpha:]]+`, 0, "1é_x", "é"},
		{`\w+`, 0, "é_x", "_x"},
		{`\h+`, 0, "xyzFF", "FF"},
		{`[^\x00-\x7F]`, 0, "ok 👍", "👍"},
		{`[a-z&&[^aeiou]]+`, 0, "aebcd", "bcd"},
		{`[\]]`, 0, "x]y", "]"},
		{`[a\-]+`, 0, "z-a", "-a"},
		{`a{,2}b`, 0, "aaab", "aab"},
		{`a{2}`, 0, "aaa", "aa"},
		{`a{x`, 0, "a{x", "a{x"},
		{`a++a`, 0, "aaa", ""},
		{`(?>a+)a`, 0, "aaa", ""},
		{`a+?`, 0, "aaa", "a"},
		{`"(?:[^"\\]|\\.)*"`, 0, `say "a\"b" c`, `"a\"b"`},
		{`(\w)\1`, 0, "abccd", "cc|c"},
		{`(?<q>['"]).*?\k<q>`, 0, `x 'y"' z`, `'y"'|'`},
		{`\((?:[^()]|\g<0>)*\)`, 0, "f(a(b)c)d", "(a(b)c)"},
		{`foo\Kbar`, 0, "foobar", "bar"},
		{`/\*(?~\*/)\*/`, 0, "/* a */ b */", "/* a */"},
		{`(a)?(?(1)b|c)`, 0, "ab", "ab|a"},
		{`a\Rb`, 0, "a\r\nb", "a\r\nb"},
		{`\p{Lu}\p{^Lu}`, 0, "abCd", "Cd"},
		{`\bé`, 0, "aé é", "é"},
		{`(?:a|b*)*c`, 0, "abbac", "abbac"},
		{`(?mx: a . b )`, 0, "a\nb", "a\nb"},
		{"a b # note\nc", Extended, "abc", "abc"},
		{`[\x80-\xff]+`, Bytes, "a\xff\x80b", "\xff\x80"},
		{`.`, 0, "\xff", "\xff"},
		{`x*`, 0, "aaa", ""},
		{`(?:ab){2,3}`, 0, "ababab!", "ababab"},
		{`é+`, 0, "ééa", "éé"},
		{`^(\S+) (\S+) \[([^\]]+)\]`, 0, "h - [x y]", "h - [x y]|h|-|x y"},
		{`ß`, IgnoreCase, "ẞ", "ẞ"},
		{`[é]`, IgnoreCase, "É", "É"},
	}
	for _, test := range tests {
		re, err := Compile(test.pattern, test.flags)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		loc, err := re.Match(nil, test.text, 0, 1e6)
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
		}
		got := ""
		if loc != nil {
			var parts []string
			for i := 0; i < len(loc); i += 2 {
				if loc[i] < 0 {
					parts = append(parts, "-")
				} else {
					parts = append(parts, test.text[loc[i]:loc[i+1]])
				}
			}
			got = strings.Join(parts, "|")
		}
		if got != test.want {
			t.Errorf("/%s/ on %q: got %q, want %q", test.pattern, test.text, got, test.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, p := range []string{`(`, `)`, `[`, `a)`, `*a`, `(?<n>a)\1`, `\p{Nope}`, `(?<=a+)b`, `\k<x>`, `[z-a]`, `(?z)`, strings.Repeat("(", 10000), strings.Repeat("[", 10000), `(?:(?:(?:){9999}){9999}){9999}`} {
		if _, err := Compile(p, 0); err == nil {
			t.Errorf("%.20q was accepted", p)
		}
	}
}

// A pattern that takes a backtracker exponential time must not do so where states can be remembered.
func TestExponential(t *testing.T) {
	text := strings.Repeat("a", 2000) + "b"
	for _, p := range []string{`^(a+)+$`, `^(a|aa)+$`, `^(a|a?)+$`, `(a*)*c`, `(x+x+)+y`} {
		re, err := Compile(p, 0)
		if err != nil {
			t.Fatal(err)
		}
		if loc, err := re.Match(nil, text, 0, 50e6); err != nil || loc != nil {
			t.Errorf("%s: %v, %v", p, loc, err)
		}
	}
	re, _ := Compile(`^(?=(a+)+$)x`, 0)
	if _, err := re.Match(nil, text, 0, 1e6); !errors.Is(err, ErrBudget) {
		t.Errorf("no budget error: %v", err)
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{`(a)?(b)`, `[[:alpha:]&&[^a]]`, `(?<n>x)\k<n>`, `\g<0>?a`, `(?~ab)`, `(?<=a|bc)d`, `a{2,3}?`} {
		f.Add(s, "abcdxx", byte(0))
	}
	f.Fuzz(func(t *testing.T, pattern, text string, flags byte) {
		if len(text) > 1000 {
			return
		}
		re, err := Compile(pattern, Flags(flags&15))
		if err != nil {
			return
		}
		loc, _ := re.Match(nil, text, 0, 200000)
		for i := 0; i < len(loc); i += 2 {
			if loc[i] >= 0 && loc[i+1] >= 0 && (loc[i+1] > len(text) || i > 0 && loc[i] > loc[i+1]) {
				t.Fatalf("offsets %v in a text of %d bytes", loc, len(text))
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	line := `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326`
	for _, p := range []string{`^(\S+) (\S+) (\S+) \[([^\]]+)\] "(\S+) (\S+) [^"]*" (\d{3}) (\d+|-)`, `\d{4}-\d\d`, `(\w+)=("[^"]*"|\S*)`} {
		re, _ := Compile(p, 0)
		b.Run(fmt.Sprintf("%.12s", p), func(b *testing.B) {
			b.ReportAllocs()
			var loc []int
			for b.Loop() {
				loc, _ = re.Match(loc, line, 0, 1e6)
			}
		})
	}
}
