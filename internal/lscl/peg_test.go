package lscl

import (
	"slices"
	"strings"
)

// A recogniser for Logstash's grammar in the form in which Logstash has it: a parsing
// expression grammar, ordered choice and greedy repetition without going back. It is
// slow and says only yes or no, and is what the parser is compared with. One thing is
// added: words of the language are no plugin names. The grammar takes else { } for a
// plugin named else, and Logstash refuses it later because there is none.

const failed = -1

// rule returns the offset behind what it recognises at i, or failed.
type rule func(g *peg, i int) int

type peg struct {
	text string
	memo map[string]map[int]int
}

func pegAccepts(text string) bool {
	g := &peg{text, map[string]map[int]int{}}
	return seq(star(seq(ref("cs"), ref("section"))), ref("cs"))(g, 0) == len(text)
}

func lit(s string) rule {
	return func(g *peg, i int) int {
		if strings.HasPrefix(g.text[i:], s) {
			return i + len(s)
		}
		return failed
	}
}

// chars recognises one or more bytes for which ok holds; it serves sets that hold
// all or no bytes above 127.
func chars(ok func(c byte) bool) rule {
	return func(g *peg, i int) int {
		end := i
		for end < len(g.text) && ok(g.text[end]) {
			end++
		}
		if end == i {
			return failed
		}
		return end
	}
}

func char(ok func(c byte) bool) rule {
	return func(g *peg, i int) int {
		if i < len(g.text) && ok(g.text[i]) {
			return i + 1
		}
		return failed
	}
}

func seq(rules ...rule) rule {
	return func(g *peg, i int) int {
		for _, r := range rules {
			if i = r(g, i); i == failed {
				return failed
			}
		}
		return i
	}
}

func choice(rules ...rule) rule {
	return func(g *peg, i int) int {
		for _, r := range rules {
			if end := r(g, i); end != failed {
				return end
			}
		}
		return failed
	}
}

func star(r rule) rule {
	return func(g *peg, i int) int {
		for {
			end := r(g, i)
			if end == failed || end == i {
				return i
			}
			i = end
		}
	}
}

func not(r rule) rule {
	return func(g *peg, i int) int {
		if r(g, i) == failed {
			return i
		}
		return failed
	}
}

func opt(r rule) rule { return choice(r, lit("")) }

func delimited(q string) rule {
	return func(g *peg, i int) int {
		if !strings.HasPrefix(g.text[i:], q) {
			return failed
		}
		for i++; i < len(g.text); i++ {
			if strings.HasPrefix(g.text[i:], `\`+q) {
				i++
			} else if g.text[i] == q[0] {
				return i + 1
			}
		}
		return failed
	}
}

func reserved(g *peg, i int) int {
	switch end := chars(isName)(g, i); {
	case end == failed:
	case slices.Contains([]string{"if", "else", "elseif", "elsif", "elif"}, strings.ToLower(g.text[i:end])),
		slices.Contains(sectionNames, g.text[i:end]):
		return end
	}
	return failed
}

func ref(name string) rule {
	return func(g *peg, i int) int {
		m := g.memo[name]
		if m == nil {
			m = map[int]int{}
			g.memo[name] = m
		}
		if end, ok := m[i]; ok {
			return end
		}
		end := pegRules[name](g, i)
		m[i] = end
		return end
	}
}

var pegRules map[string]rule

func init() {
	cs := ref("cs")
	digits := chars(isDigit)
	body := seq(lit("{"), cs, star(seq(ref("statement"), cs)), lit("}"))
	rvalue := ref("rvalue")
	pegRules = map[string]rule{
		"cs":        star(choice(ref("comment"), chars(isSpace))),
		"comment":   seq(lit("#"), opt(chars(func(c byte) bool { return c != '\r' && c != '\n' })), opt(lit("\r")), lit("\n")),
		"section":   seq(choice(lit("input"), lit("filter"), lit("output")), cs, body),
		"statement": choice(ref("branch"), seq(not(ref("reserved")), ref("plugin"))),
		"reserved":  reserved,
		"plugin": seq(ref("name"), cs, lit("{"), cs,
			opt(seq(ref("attribute"), star(seq(chars(isSpace), cs, ref("attribute"))))), cs, lit("}")),
		"name":      choice(chars(isName), ref("string")),
		"attribute": seq(ref("name"), cs, lit("=>"), cs, ref("value")),
		"value":     choice(ref("plugin"), ref("bareword"), ref("string"), ref("number"), ref("array"), ref("hash")),
		"bareword":  seq(char(isWordStart), chars(isWord)),
		"string":    choice(delimited(`"`), delimited(`'`)),
		"number":    seq(opt(lit("-")), digits, opt(seq(lit("."), opt(digits)))),
		"array":     seq(lit("["), cs, opt(seq(ref("value"), star(seq(cs, lit(","), cs, ref("value"))))), cs, lit("]")),
		"hash":      seq(lit("{"), cs, opt(seq(ref("entry"), star(seq(cs, ref("entry"))))), cs, lit("}")),
		"entry":     seq(choice(ref("number"), ref("bareword"), ref("string")), cs, lit("=>"), cs, ref("value")),
		"branch":    seq(ref("if"), star(seq(cs, ref("elseif"))), opt(seq(cs, ref("else")))),
		"if":        seq(lit("if"), cs, ref("condition"), cs, body),
		"elseif":    seq(lit("else"), cs, ref("if")),
		"else":      seq(lit("else"), cs, body),
		"condition": seq(ref("expression"), star(seq(cs, choice(lit("and"), lit("or"), lit("xor"), lit("nand")), cs, ref("expression")))),
		"expression": choice(
			ref("parens"),
			seq(lit("!"), cs, ref("parens")),
			seq(lit("!"), cs, ref("selector")),
			seq(rvalue, cs, lit("in"), cs, rvalue),
			seq(rvalue, cs, lit("not "), cs, lit("in"), cs, rvalue),
			seq(rvalue, cs, choice(lit("=="), lit("!="), lit("<="), lit(">="), lit("<"), lit(">")), cs, rvalue),
			seq(rvalue, cs, choice(lit("=~"), lit("!~")), cs, choice(ref("string"), ref("regexp"))),
			rvalue),
		"parens":   seq(lit("("), cs, ref("condition"), cs, lit(")")),
		"rvalue":   choice(ref("string"), ref("number"), ref("selector"), ref("array"), ref("call"), ref("regexp")),
		"regexp":   delimited(`/`),
		"call":     seq(ref("bareword"), cs, lit("("), cs, opt(seq(rvalue, star(seq(cs, lit(","), cs, rvalue)))), cs, lit(")")),
		"element":  seq(lit("["), chars(func(c byte) bool { return c != '[' && c != ']' && c != ',' }), lit("]")),
		"selector": seq(ref("element"), star(ref("element"))),
	}
}
