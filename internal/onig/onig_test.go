package onig

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestGSub(t *testing.T) {
	// What Ruby's "text".gsub(/pattern/, 'replacement') gives.
	tests := []struct{ pattern, replacement, text, want string }{
		{"o", "0", "foo boo", "f00 b00"},
		{"", "-", "abc", "-a-b-c-"},
		{"", "-", "日本", "-日-本-"},
		{"x*", "-", "abxc", "-a-b--c-"},
		{"^", "> ", "l1\nl2\n", "> l1\n> l2\n"},
		{"^", "> ", "", "> "},
		{"$", "!", "l1\nl2", "l1!\nl2!"},
		{"$", "!", "l1\n", "l1!\n!"},
		{`\Z`, "!", "l1\n", "l1!\n!"},
		{`\n^`, "", "a\nb\n", "ab\n"},
		{`(?i)ERR(?m:.)`, "E", "err1 Err\n", "E E"},
		{`(?<=\d)(?=(?:\d{3})+$)`, ",", "1234567", "1,234,567"},
		{`\A\s+|\s+\z`, "", "  x y \n", "x y"},
		{`\p{L}+`, "L", "élan 12 日本", "L 12 L"},
		{`\W`, "_", "é x-1", "__x_1"},
		{`[[:alpha:]]+`, "a", "é1ß", "a1a"},
		{`[\\?#-]`, ".", `a\b?c#d-e`, "a.b.c.d.e"},
		{`[a-c&&[^b]]`, "_", "abcd", "_b_d"},
		{`[^\w\s]`, "", "a-b c!", "ab c"},
		{`a{,2}b`, "_", "aaab b", "a_ _"},
		{`a{2}+`, "_", "aaaaa", "_a"},
		{`a{,}`, "_", "a{,}", "_"},
		{`(?<x>a)(b)`, `\k<x>\1`, "ab", "aab"[:2]},
		{`(a)(b)?`, `<\2\1>`, "abac", "<ba><a>c"},
		{`(?<q>['"]).*?\k<q>`, "Q", `a 'b"c' "d"`, "a Q Q"},
		{`b`, `<\&|\` + "`" + `|\'>`, "abc", "a<b|a|c>c"},
		{`b`, `\\1`, "abc", `a\1c`},
		{`b`, `$1\z`, "abc", `a$1\zc`},
		{`(?x) a # first
			b`, "_", "xab", "x_"},
		{`a(?i)b|c`, "_", "aB aC AC c", "_ _ AC c"},
		{`\bé`, "_", "é xé", "_ xé"},
		{`(?>a+)b|a`, "_", "aab a", "_ _"},
		{`a++b`, "_", "aab", "_"},
		{`\h+`, "_", "xAf09y", "x_y"},
		{`(\d+)(?:px|em)\s*`, `\1`, "12px 3em", "123"},
		{`[]a]`, "_", "]ab", "__b"},
		{`(?<y>\d)(?:-\g<y>)`, "_", "1-2", "_"},
		{`(?i)straße`, "_", "STRASSE STRAẞE", "_ _"},
		{`(?i)gross`, "_", "GROß groSS", "_ _"},
		{`a\Kb`, "_", "ab b", "a_ b"},
		{`/\*(?~\*/)\*/`, "_", "/* a */ b */", "_ b */"},
		{`\((?:[^()]|\g<0>)*\)`, "_", "f(a(b)c)d (x", "f_d (x"},
		{`(?<p>\((?:[^()]|\g<p>)*\))`, `<\k<p>>`, "f(a(b)c)d", "f<(a(b)c)>d"},
		{`(?<b>\[(?:\d|\g<b>)(?:,(?:\d|\g<b>))*\])!`, `_`, "x[1,[2,[3]],4]! [1,[2]", "x_ [1,[2]"},
		{`(?~abc)`, "_", "zabc", "___"},
		{`\Ga`, "_", "aab a", "__b a"},
		{`\X`, "_", "e\u0301x", "__"},
		{`\u00e9|\x41`, "_", "éA", "__"},
		{`[^a]`, "_", "aA\n", "a__"},
		{`(?i)[^a]`, "_", "aAb", "aA_"},
		{`\R`, "|", "a\r\nb\nc", "a|b|c"},
		{`(a)?(?(1)b|c)`, "_", "ab c", "_ _"},
		{`\.`, "", "1.2", "12"},
		{`\/`, "|", "a/b", "a|b"},
		{`[\n\r]+`, " ", "a\r\nb", "a b"},
		{`\xEF\xBB\xBF|[\xC3\xA9]`, "", "\ufeffaé", "a"},
	}
	for _, tt := range tests {
		r, err := Compile(tt.pattern)
		if err != nil {
			t.Errorf("/%s/: %v", tt.pattern, err)
			continue
		}
		got, changed, err := r.GSub(nil, tt.text, ParseReplacement(tt.replacement))
		if !changed {
			got = []byte(tt.text)
		}
		if err != nil || string(got) != tt.want {
			t.Errorf("%q.gsub(/%s/, %q) = %q, %v, want %q", tt.text, tt.pattern, tt.replacement, got, err, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, pattern := range []string{"(", ")", "[a", "*a", "a**(", `\p{Nope}`, "(?P<a>b)", `(?<a>b)\1`, `\k<x>`, "[b-a]", "[]", `(?<1>a)`, `a\`, `(?<a>\g<a>b)`, `\2`, `(?<=a+)b`, `(?<=(a|bc))d`} {
		_, err := Compile(pattern)
		var mistake *SyntaxError
		if !errors.As(err, &mistake) {
			t.Errorf("/%s/ is accepted", pattern)
		} else if mistake.Fix() == "" && !strings.Contains(mistake.Message, ";") {
			t.Errorf("/%s/: no advice with %q", pattern, mistake.Message)
		}
	}
}

func TestLargePatternsAreRefusedAtOnce(t *testing.T) {
	calls := "(?<g0>ab)"
	for i := range 40 {
		calls += fmt.Sprintf(`(?<g%d>\g<g%d>\g<g%d>\g<g%d>\g<g%d>)`, i+1, i, i, i, i)
	}
	begin := time.Now()
	for _, pattern := range []string{`(?:(?:(?:ab){1000}){1000}){1000}`, `(?:(?:ab){,9999}){,9999}`, calls, strings.Repeat("(", 300) + strings.Repeat(")", 300)} {
		if _, err := Compile(pattern); err == nil {
			t.Errorf("/%.40s/ is accepted", pattern)
		}
	}
	if _, err := Compile(`(?:(?:(?:){100000}){100000}){100000}`); err != nil {
		t.Error(err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestBytes(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          []int
	}{
		{`.`, "\xe9a", []int{0, 1}},
		{`([\x80-\xff]+)a`, "a\xe9\xff\xc3\xa9a", []int{1, 6, 1, 5}},
		{"\xc3", "é", []int{0, 1}},
		{`\xA9\z`, "é", []int{1, 2}},
		{`(?i)\xe9`, "\xc9", nil},
		{`[[:alpha:]]`, "é", nil},
		{`\bx`, "éx", []int{2, 3}},
		{`\Bx`, "éx ax", []int{5, 6}},
		{`(?i)K`, "k", []int{0, 1}},
	} {
		r, err := CompileFlags(tt.pattern, Bytes)
		if err != nil {
			t.Errorf("/%s/: %v", tt.pattern, err)
			continue
		}
		if got, err := r.Find(tt.text, 0); err != nil || fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("/%s/ on %q: %v, %v, want %v", tt.pattern, tt.text, got, err, tt.want)
		}
	}
	r, err := CompileFlags(`[^a]`, Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := r.GSub(nil, "aéb", ParseReplacement(`<\0>`)); string(got) != "a<\xc3><\xa9><b>" {
		t.Errorf("%q", got)
	}
	if got, err := r.Find("éé", 3); err != nil || fmt.Sprint(got) != "[3 4]" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestFindAt(t *testing.T) {
	r, steps := MustCompile(`b+`), int64(1000)
	var k Searcher
	for at, want := range []string{"[]", "[1 3]", "[2 3]", "[]"} {
		if _, loc, err := k.FindAt(r, nil, "abb", at, &steps); err != nil || fmt.Sprint(loc) != want {
			t.Errorf("at %d: %v, %v, want %s", at, loc, err, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"a.b*c[d]{e}(f)|g-h\\i?+^$# \t\n\v\f\r/é", ""} {
		if loc, err := MustCompile(`\A`+Quote(s)+`\z`).Find(s, 0); err != nil || len(loc) != 2 {
			t.Errorf("%q does not match /%s/", s, Quote(s))
		}
		if loc, err := MustCompile(`(?x)\A`+Quote(s)+`\z`).Find(s, 0); err != nil || len(loc) != 2 {
			t.Errorf("%q does not match /(?x)%s/", s, Quote(s))
		}
	}
}

func TestNames(t *testing.T) {
	r := MustCompile(`(?<[user][name]>a)|(?<b>x)(y)|(?<b>z)`)
	if got := fmt.Sprint(r.Groups(), r.Names(), r.Indexes("b")); got != "3 [[user][name] b] [2 3]" {
		t.Error(got)
	}
}

func TestFindFrom(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		from, want    int
	}{{"^b", "ab", 1, -1}, {"b", "ab", 1, 1}, {`(?<=a)b`, "éab", 3, 3}, {`\bb`, "éb b", 2, 4}, {"$", "ab", 2, 2}} {
		loc, err := MustCompile(tt.pattern).Find(tt.text, tt.from)
		got := -1
		if loc != nil {
			got = loc[0]
		}
		if err != nil || got != tt.want {
			t.Errorf("/%s/ on %q from %d: %d, want %d", tt.pattern, tt.text, tt.from, got, tt.want)
		}
	}
}

func TestBudget(t *testing.T) {
	s := strings.Repeat("a", 40) + "!"
	for _, pattern := range []string{`^(a+)+$`, `^(a|a)*$`, `(a*)*b`, `^(?>x?)(a+)+$`, `^(?>(a+)+$|b)`, `(.*)*;(.*)*;`, `(?=(a+)+$)b`} {
		if ok, err := MustCompile(pattern).Match(s); ok || err != nil {
			t.Errorf("/%s/: %v, %v", pattern, ok, err)
		}
	}
	begin := time.Now()
	for _, pattern := range []string{`^(a+)+$`, `^(a|aa)+$`, `^(?:(?:a|a)*b?)*$`} {
		if _, err := MustCompile(pattern).Limit(10_000_000).Match(s); !errors.Is(err, ErrBudget) {
			t.Errorf("/%s/, limited: got %v, want ErrBudget", pattern, err)
		}
	}
	for _, pattern := range []string{`^a*$`, `(\w+)\s(\w+)$`, `^(?:a+!)*b`} {
		if ok, err := MustCompile(pattern).Limit(100_000).Match(s); ok || err != nil {
			t.Errorf("/%s/, limited: got %v, %v", pattern, ok, err)
		}
	}
	for _, pattern := range []string{`^(a+)+\1$`, `^(x)?(a+)+(?(1)a|b)$`} {
		if _, err := MustCompile(pattern).Limit(1_000_000).Match(s); !errors.Is(err, ErrBudget) {
			t.Errorf("/%s/: got %v, want ErrBudget", pattern, err)
		}
	}
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`(?<a>b+)?\k<a>`, `[a-z&&[^b]]{2,3}+`, `(?i-m:x)|\p{L}`, `[[:alpha:]\d-]`, `a(?=b)(?<!c)`} {
		f.Add(s, "aab c")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 100 || len(s) > 100 {
			return
		}
		r, err := Compile(pattern)
		if err != nil {
			return
		}
		_, _, _ = r.Limit(1_000_000).GSub(nil, s, ParseReplacement(`[\0]`))
	})
}

func BenchmarkGSub(b *testing.B) {
	s := strings.Repeat("some_text with-things/here ", 8)
	for _, pattern := range []string{"/", "[/_-]", `\s+$`, `(?<=h)-`} {
		r, with := MustCompile(pattern), ParseReplacement("_")
		b.Run(pattern, func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst, _, _ = r.GSub(dst[:0], s, with)
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	r := MustCompile(`(?<a>\w+)@(?<b>(?>\w+)(?:\.\w+)*)|(a+)+$`)
	done := make(chan error)
	for i := range 8 {
		go func() {
			text := strings.Repeat("a", 20+i) + "! x@y.z"
			for range 200 {
				if loc, err := r.Find(text, 0); err != nil || text[loc[0]:loc[1]] != "x@y.z" {
					done <- fmt.Errorf("%v, %v", loc, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
