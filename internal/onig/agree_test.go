package onig

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// others returns what Go's regexp and regexp2 find, written so that they mean the same;
// nil where they cannot.
func others(t *testing.T, pattern, s string) (goes, slow []int) {
	t.Helper()
	p, tree, err := parse(pattern, 0)
	if err != nil {
		t.Fatalf("/%s/: %v", pattern, err)
	}
	emptyLoop, lineUp, wide := false, false, false
	tree.walk(func(n *node) {
		emptyLoop = emptyLoop || n.op == opRepeat && n.subs[0].nullable()
		lineUp = lineUp || n.op == opBeginLine || n.op == opEndTextLine
		wide = wide || n.op == opWordEdge || n.op == opNotWordEdge
	})
	if tree.linear() && !emptyLoop && !(lineUp && strings.HasSuffix(s, "\n")) && !(wide && utf8.RuneCountInString(s) < len(s)) {
		re, err := regexp.Compile(text(tree, true))
		if err != nil {
			t.Fatalf("/%s/: %v", pattern, err)
		}
		if goes = re.FindStringSubmatchIndex(s); goes == nil {
			goes = []int{}
		}
	}
	if emptyLoop {
		return goes, nil
	}
	re, err := regexp2.Compile(text(tree, false))
	if err != nil {
		return goes, nil
	}
	re.MatchTimeout = time.Second
	m, err := re.FindStringMatch(s)
	if err != nil {
		return goes, nil
	}
	slow = []int{}
	if m != nil {
		offsets := []int{}
		for i := range s {
			offsets = append(offsets, i)
		}
		offsets = append(offsets, len(s))
		for g := range p.groups + 1 {
			group := m.GroupByNumber(g)
			if group == nil || len(group.Captures) == 0 {
				slow = append(slow, -1, -1)
				continue
			}
			c := group.Captures[len(group.Captures)-1]
			slow = append(slow, offsets[c.RuneIndex], offsets[c.RuneIndex+c.RuneLength])
		}
	}
	return goes, slow
}

func agree(t *testing.T, pattern, s string) {
	t.Helper()
	goes, slow := others(t, pattern, s)
	r, err := Compile(pattern)
	if err != nil {
		t.Fatalf("/%s/: %v", pattern, err)
	}
	got, err := r.Find(s, 0)
	if err != nil {
		t.Fatalf("/%s/ on %q: %v", pattern, s, err)
	}
	if goes != nil && !slices.Equal(got, goes) {
		t.Errorf("/%s/ on %q: %v, Go's regexp %v", pattern, s, got, goes)
	}
	if slow != nil && !slices.Equal(got, slow) {
		t.Errorf("/%s/ on %q: %v, regexp2 %v", pattern, s, got, slow)
	}
	// The memo must change nothing but the time.
	m := new(machine)
	if err := m.load(r, s, 0); err != nil {
		t.Fatal(err)
	}
	m.memoBelow = m.steps + 1
	ok, err := m.search(r, r.entry.next(s, 0, 0), 0)
	if err != nil || ok != (got != nil) || ok && !slices.Equal(m.slots[:2*(r.groups+1)], got) && r.span == nil && !r.plain {
		t.Errorf("/%s/ on %q: with memo %v %v, without %v", pattern, s, ok, m.slots, got)
	}
}

func TestAgree(t *testing.T) {
	patterns := []string{`a+b?`, `^a|b$`, `(a|ab)(c|bcd)`, `\w+\s*`, `[^,]+`, `(?i)k`, `a.c`, `(?m:a.c)`, `(\d+)-(\d+)?`, `\bfoo\b`, `^`, `$`, `\Z`, `x*`, `(?<=a)b+(?!c)`, `(?>a|ab)c`, `(a)\1`}
	texts := []string{"", "a", "abcd", "a\nb", "aab\n", "K k \u212a", "1-2 3-", "foo éfoo foo", "a\nc", "x,y,,z", "abc aa"}
	for _, pattern := range patterns {
		for _, s := range texts {
			agree(t, pattern, s)
		}
	}
}

// generator writes patterns.
type generator struct {
	*rand.Rand
	groups int
}

func (g *generator) one(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) pattern(depth int) string {
	var b strings.Builder
	for i := range 1 + g.IntN(3) {
		if i > 0 && g.IntN(4) == 0 {
			b.WriteByte('|')
		}
		for range 1 + g.IntN(3) {
			b.WriteString(g.atom(depth))
		}
	}
	return b.String()
}

func (g *generator) atom(depth int) string {
	kind := g.IntN(12)
	if depth <= 0 {
		kind = g.IntN(7)
	}
	switch kind {
	case 0, 1, 2:
		return g.one("a", "b", "c", "ab", "é") + g.repeat()
	case 3, 4:
		return g.one("[ab]", "[^a]", ".", `\w`, `[b-é]`, `\h`, `(?m:.)`, `[[:alpha:]]`) + g.repeat()
	case 5:
		return g.one("^", "$", `\b`, `\B`, `\A`, `\z`, `\Z`, `(?<=a)`, `(?<!b)`, `(?=[bc])`, `(?!é)`)
	case 6:
		if g.groups > 0 {
			return fmt.Sprintf(`\%d`, 1+g.IntN(g.groups))
		}
		return "c"
	case 7, 8:
		body := g.pattern(depth - 1)
		g.groups++
		return "(" + body + ")" + g.repeat()
	case 9:
		return "(?:" + g.pattern(depth-1) + ")" + g.repeat()
	case 10:
		return "(?>" + g.pattern(depth-1) + ")"
	}
	return g.one("(?=", "(?!") + g.pattern(depth-1) + ")"
}

func (g *generator) repeat() string {
	return g.one("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,2}", "{2,}", "{1,2}?", "*+", "?+")
}

func TestGenerated(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, seed))
	for range 1000 {
		g := &generator{Rand: random}
		pattern := g.pattern(2)
		if g.groups > 9 {
			continue
		}
		for range 6 {
			var s strings.Builder
			for range random.IntN(9) {
				s.WriteString(g.one("a", "b", "c", "ab", "é", "\n", "a"))
			}
			agree(t, pattern, s.String())
		}
		if t.Failed() {
			return
		}
	}
}

func FuzzAgree(f *testing.F) {
	f.Add(uint64(1), "aab c\né")
	f.Fuzz(func(t *testing.T, seed uint64, s string) {
		if len(s) > 30 || !utf8.ValidString(s) {
			return
		}
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
		if pattern := g.pattern(3); g.groups <= 9 && len(pattern) < 100 {
			agree(t, pattern, s)
		}
	})
}
