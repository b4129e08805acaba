package ruby

import (
	"embed"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed testdata/grammar/*.txt
var grammarFiles embed.FS

// grammar writes expressions and statements. A rule is a text with $kind in it, which
// stands for an expression of that kind.
type grammar struct {
	seed  uint64
	rng   *rand.Rand
	names int // how many uses of rules have made names of their own
	rules
}

// rules are texts by kind; leafs are those without a kind in them, which expressions end
// with.
type rules struct{ all, leafs map[string][]string }

var (
	namesKind = regexp.MustCompile(`\$[a-z]{2}`)
	readRules = sync.OnceValue(func() rules {
		r := rules{map[string][]string{}, map[string][]string{}}
		files, _ := grammarFiles.ReadDir("testdata/grammar")
		for _, f := range files {
			text, _ := grammarFiles.ReadFile("testdata/grammar/" + f.Name())
			r.add(string(text))
		}
		return r
	})
)

func newGrammar(seed uint64) *grammar {
	return &grammar{seed: seed, rng: rand.New(rand.NewPCG(seed, 31)), rules: readRules()}
}

// add takes the rules of a file: the name of a kind in a line of its own, then its rules,
// indented, one a line. ⏎ in a rule is a line break; § becomes a name of its own for each
// use of the rule.
func (r rules) add(text string) {
	kind := ""
	for line := range strings.Lines(text) {
		rule := strings.Trim(line, "\n")
		switch {
		case rule == "" || rule[0] == '#':
		case rule[0] != '\t':
			kind = rule
		default:
			rule = rule[1:]
			r.all[kind] = append(r.all[kind], rule)
			if !namesKind.MatchString(rule) {
				r.leafs[kind] = append(r.leafs[kind], rule)
			}
		}
	}
}

// write returns an expression of a kind, nested at most this deep.
func (g *grammar) write(kind string, depth int) string {
	list := g.all[kind]
	if leafs := g.leafs[kind]; len(leafs) > 0 && (depth <= 0 || g.rng.IntN(4) == 0) {
		list = leafs
	}
	if list == nil {
		panic("no rule for $" + kind)
	}
	return g.expand(kind, list[g.rng.IntN(len(list))], depth)
}

// expand replaces the kinds in a rule.
func (g *grammar) expand(kind, rule string, depth int) string {
	// What has operators or blocks is put in parentheses, so that a method called on it
	// is called on all of it.
	operators := !verbatim[kind] && (strings.Contains(rule, "$") && strings.Contains(rule, " ") && rule[0] != '(' || strings.ContainsAny(rule[:1], "-~!"))
	if strings.Contains(rule, "§") {
		g.names++
		rule = strings.ReplaceAll(rule, "§", strconv.FormatUint(g.seed, 10)+"_"+strconv.Itoa(g.names))
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(rule, "$")
		b.WriteString(before)
		if !found {
			break
		}
		end := 0
		for end < len(rest) && rest[end] >= 'a' && rest[end] <= 'z' {
			end++
		}
		if end < 2 { // $~, %1$s
			b.WriteByte('$')
		} else {
			b.WriteString(g.write(rest[:end], depth-1))
		}
		rule = rest[end:]
	}
	text := strings.ReplaceAll(b.String(), "⏎", "\n")
	if !operators {
		return text
	}
	return "(" + text + ")"
}

// verbatim are the kinds that are parts of an expression, which stand without parentheses.
var verbatim = func() map[string]bool {
	kinds := map[string]bool{}
	for kind := range strings.FieldsSeq("word args params exc pat fmt flags numtext half date stamp directive jtext packa packb packs unpack struct enumerable enumerableb") {
		kinds[kind] = true
	}
	return kinds
}()

// generated returns a program that leaves what it found in the field r: every other one
// is made of expressions, the others of statements.
func generated(seed uint64) string {
	g := newGrammar(seed)
	if seed%2 == 0 {
		return g.statements()
	}
	return g.expressions()
}

// answer is the end of every program: hexadecimal, as a result may be no UTF-8.
const answer = ".inspect.unpack1('H*'))"

func (g *grammar) expressions() string {
	var b strings.Builder
	names := []string{"a", "b", "c"}[:1+g.rng.IntN(3)]
	for _, n := range names {
		b.WriteString(n + " = begin; " + g.write("any", 3) + "; rescue => e; [e.class, e.message]; end\n")
	}
	b.WriteString("event.set('r', [" + strings.Join(names, ", ") + "]" + answer)
	return b.String()
}

func (g *grammar) statements() string {
	var list []string
	for range 1 + g.rng.IntN(4) {
		list = append(list, g.write("stmt", 3))
	}
	return g.program(list)
}

// program is a program of statements, each of which may fail.
func (g *grammar) program(list []string) string {
	var b strings.Builder
	b.WriteString("log = []; x = " + g.write("lit", 0) + "; y = nil\n")
	b.WriteString("v = " + g.write("lit", 0) + "; w = " + g.write("ints", 0) + "; s = " + g.write("str", 0) + ".dup\n")
	for _, text := range list {
		b.WriteString("begin\n" + text + "\nrescue StandardError, NotImplementedError => e\nlog << [e.class, e.message]\nend\n")
	}
	b.WriteString("event.set('r', [log, v, w, x, y, s]" + answer)
	return b.String()
}

// isStatement are the kinds that leave nothing.
var isStatement = map[string]bool{"stmt": true, "inner": true, "guarded": true, "caught": true}
