package lscl

import (
	"math/rand"
	"strings"
	"testing"

	"sluice/internal/diag"
)

// snippets are what a mutation puts into a text: the pieces of the language.
var snippets = []string{"{", "}", "[", "]", "(", ")", "\"", "'", "/", "\\", "#", "# x\n", "\n", " ", ",", "=>", "=", "==", "!=", "<", ">=", "=~", "!~",
	"!", "in", "not in", "not ", "and", "or", "xor", "nand", "if", "else", "else if", "elseif", "if5", "if-", "input", "filter{", "output {", "a", "ab", "a-b",
	"5", "-5", "5.", "05", "1e3", "[a]", "[a][b]", "[a,b]", "\"s\"", "mm{}", "mm { oo => vv }", "fn(", "\r", "\t", "é", "\ufeff", "\xff", "“", "json {"}

// mutate changes a few places of a text.
func mutate(r *rand.Rand, text string) string {
	for range 1 + r.Intn(3) {
		i := r.Intn(len(text) + 1)
		switch r.Intn(5) {
		case 0: // delete a piece
			j := min(len(text), i+1+r.Intn(4))
			text = text[:i] + text[j:]
		case 1: // delete a character of the structure
			if n := strings.IndexAny(text[i:], "{}[]()\"'=,#/\n"); n >= 0 {
				text = text[:i+n] + text[i+n+1:]
			}
		case 2: // copy a piece to another place
			j := min(len(text), i+r.Intn(60))
			k := r.Intn(len(text) + 1)
			text = text[:k] + text[i:j] + text[k:]
		default: // put something in
			text = text[:i] + snippets[r.Intn(len(snippets))] + text[i:]
		}
	}
	return text
}

// beyondGrammar are the mistakes that the grammar lets pass and Logstash finds later.
var beyondGrammar = map[*diag.Code]bool{DuplicateKey: true, SeveralCodecs: true, BadNumber: true, MixedOperators: true,
	NotUTF8: true, BadOperand: true, NumericKey: true, SameKey: true}

// compareWithPEG fails the test when the parser and the grammar disagree.
func compareWithPEG(t *testing.T, text string) {
	t.Helper()
	_, list := Parse(diag.NewSource("x", text), Options{})
	accepts := pegAccepts(text)
	if !accepts && list.Err() == nil {
		t.Fatalf("Logstash refuses, we accept:\n%q", text)
	}
	if !accepts {
		return
	}
	for _, d := range list {
		if !beyondGrammar[d.Code] {
			t.Fatalf("Logstash accepts, we refuse:\n%q\n%s", text, list.Text(diag.Plain))
		}
	}
}

const mutationSeed = 20260801

func TestMutations(t *testing.T) {
	t.Logf("seed %d", mutationSeed)
	r := rand.New(rand.NewSource(mutationSeed))
	texts := seeds
	corpusFiles(t, func(_, _, valid, text string) {
		if len(text) < 1500 {
			texts = append(texts, text)
		}
	})
	rounds := 20000
	if testing.Short() {
		rounds = 2000
	}
	for range rounds {
		text := mutate(r, texts[r.Intn(len(texts))])
		compareWithPEG(t, text)
		checkFormat(t, text)
	}
}

// seeds are texts that hold every construct of the language.
var seeds = []string{
	"",
	"input { stdin { codec => json { charset => \"UTF-8\" } } }\noutput { stdout { } }\n",
	"filter { if [a][b] == 5 and [c] in [\"x\", \"y\"] { mutate { add_tag => [ab, 'c', 5] } } else if ![d] or !([e] not in [f]) { drop { } } else { grok { match => { \"m\" => \"x\" nn => 5.5 } } } }",
	"filter { if [a] =~ /x\\/y/ xor \"s\" !~ \"t\" { mm { oo => -5 # note\n pp => [ [ aa , { kk => vv } ] , {} ] } } }\n",
	"filter { if5 { } if5{aa=>bb}elseif(fn([a],\"b\")>=3){\"p\"{\"o\"=>'v'}} if[a]in[b]{} else{}else5{} }",
}
