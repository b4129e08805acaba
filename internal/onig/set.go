package onig

import (
	"slices"
	"strings"
	"unicode"
)

// set is a set of characters: pairs of first and last, sorted, not touching.
type set []rune

func (s set) normal() set {
	if len(s) <= 2 {
		return s
	}
	pairs := make([][2]rune, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		pairs = append(pairs, [2]rune{s[i], s[i+1]})
	}
	slices.SortFunc(pairs, func(a, b [2]rune) int { return int(a[0]) - int(b[0]) })
	out := set{pairs[0][0], pairs[0][1]}
	for _, p := range pairs[1:] {
		if last := &out[len(out)-1]; p[0] <= *last+1 {
			*last = max(*last, p[1])
		} else {
			out = append(out, p[0], p[1])
		}
	}
	return out
}

// not returns the complement of a normal set.
func (s set) not() set {
	var out set
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

// and returns what is in both of two normal sets.
func (s set) and(t set) set {
	var out set
	for i, j := 0, 0; i < len(s) && j < len(t); {
		lo, hi := max(s[i], t[j]), min(s[i+1], t[j+1])
		if lo <= hi {
			out = append(out, lo, hi)
		}
		if s[i+1] < t[j+1] {
			i += 2
		} else {
			j += 2
		}
	}
	return out
}

// folded adds the other cases of every letter.
func (s set) folded() set {
	out := slices.Clone(s)
	for i := 0; i < len(s); i += 2 {
		for r := s[i]; r <= s[i+1]; r++ {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				out = append(out, f, f)
			}
			if r > 0x1E943 { // nothing beyond has cases
				break
			}
		}
	}
	return out.normal()
}

func tables(ts ...*unicode.RangeTable) set {
	var out set
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			out = append(out, lo, hi)
			return
		}
		for r := lo; r <= hi; r += stride {
			out = append(out, r, r)
		}
	}
	for _, t := range ts {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return out.normal()
}

var (
	digits    = set{'0', '9'}
	hexDigits = set{'0', '9', 'A', 'F', 'a', 'f'}
	words     = set{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}
	spaces    = set{'\t', '\r', ' ', ' '}
	anyRune   = set{0, unicode.MaxRune}
	newlines  = set{'\n', '\n'}
)

// posix returns the characters of [[:name:]], which knows Unicode.
func posix(name string) (set, bool) {
	switch name {
	case "alpha":
		return tables(unicode.L, unicode.Nl, unicode.Other_Alphabetic), true
	case "digit":
		return tables(unicode.Nd), true
	case "alnum":
		return tables(unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.Nd), true
	case "upper":
		return tables(unicode.Lu, unicode.Other_Uppercase), true
	case "lower":
		return tables(unicode.Ll, unicode.Other_Lowercase), true
	case "space":
		return tables(unicode.White_Space), true
	case "blank":
		return append(set{'\t', '\t'}, tables(unicode.Zs)...).normal(), true
	case "cntrl":
		return tables(unicode.Cc), true
	case "punct":
		return append(set{'$', '$', '+', '+', '<', '>', '^', '^', '`', '`', '|', '|', '~', '~'}, tables(unicode.P)...).normal(), true
	case "graph":
		return append(tables(unicode.White_Space), append(tables(unicode.Cc, unicode.Cs), unassigned()...)...).normal().not(), true
	case "print":
		graph, _ := posix("graph")
		return append(graph, tables(unicode.Zs)...).normal(), true
	case "xdigit":
		return hexDigits, true
	case "word":
		return tables(unicode.L, unicode.M, unicode.Nd, unicode.Pc), true
	case "ascii":
		return set{0, 0x7f}, true
	}
	return nil, false
}

func assigned() set {
	return tables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
}

func unassigned() set { return assigned().not() }

// property returns the characters of \p{name}. Case, blanks, - and _ do not count.
func property(name string) (set, bool) {
	name = plainName(name)
	switch name {
	case "any":
		return anyRune, true
	case "assigned":
		return assigned(), true
	case "cn":
		return unassigned(), true
	}
	if s, ok := posix(name); ok {
		return s, true
	}
	for _, known := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts, unicode.Properties} {
		for n, t := range known {
			if plainName(n) == name {
				return tables(t), true
			}
		}
	}
	if short, ok := longCategories[name]; ok {
		return tables(unicode.Categories[short]), true
	}
	return nil, false
}

func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

var longCategories = map[string]string{
	"letter": "L", "lowercaseletter": "Ll", "uppercaseletter": "Lu", "titlecaseletter": "Lt",
	"modifierletter": "Lm", "otherletter": "Lo", "mark": "M", "nonspacingmark": "Mn",
	"spacingmark": "Mc", "enclosingmark": "Me", "number": "N", "decimalnumber": "Nd",
	"letternumber": "Nl", "othernumber": "No", "punctuation": "P", "symbol": "S",
	"mathsymbol": "Sm", "currencysymbol": "Sc", "modifiersymbol": "Sk", "othersymbol": "So",
	"separator": "Z", "spaceseparator": "Zs", "lineseparator": "Zl", "paragraphseparator": "Zp",
	"other": "C", "control": "Cc", "format": "Cf", "surrogate": "Cs", "privateuse": "Co",
	"connectorpunctuation": "Pc", "dashpunctuation": "Pd", "openpunctuation": "Ps",
	"closepunctuation": "Pe", "initialpunctuation": "Pi", "finalpunctuation": "Pf", "otherpunctuation": "Po",
}
