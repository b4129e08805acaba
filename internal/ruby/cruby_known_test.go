package ruby

import "regexp"

// differences are those between what stands here and the other Rubies that are known and
// left as they are; the programs they explain are counted by name. A program is explained
// if the texts are the same once what the patterns match is written alike.
var differences = []struct {
	name    string // what differs, and why it stays
	pattern *regexp.Regexp
	alike   string
}{
	{"JRuby words the number of arguments of methods written in Java otherwise, with the method's name; here it is CRuby's text",
		regexp.MustCompile("(?:`[^']+': )?(?:wrong number of arguments \\(given \\d+, expected [^)]*\\)|too many options)"), "wrong number of arguments"},
	{"suggestions after NoMethodError are switched off in CRuby and JRuby for the comparison",
		regexp.MustCompile(`\\nDid you mean\?  \w+`), ""},
	{"CRuby puts the line of its source before the text of a JSON::ParserError; here it is JRuby's text",
		regexp.MustCompile(`(JSON::ParserError, ")\d+: `), "$1"},
	{"the reason of a NoMatchingPatternError has to_s of values in JRuby and here, inspect in CRuby",
		regexp.MustCompile(`NoMatchingPattern(?:Key)?Error, "(?:[^"\\]|\\.)*"`), "NoMatchingPatternError"},
	{"an index out of an array is told as in JRuby",
		regexp.MustCompile(`index -?\d+ (?:outside of array bounds: -?\d+\.\.\.-?\d+|out of array|too small for array; minimum: -\d+)`), "index out of array"},
	{"a missing keyword is told as in JRuby: the first, without a colon",
		regexp.MustCompile(`missing keywords?: :?\w+(?:, :\w+)*`), "missing keyword"},
	{"what is infinite divided has three texts",
		regexp.MustCompile(`FloatDomainError, "(?:-?Infinity|NaN)"`), "FloatDomainError"},
	{"nil in place of an Integer has three texts, and not every method has CRuby's",
		regexp.MustCompile(`no implicit conversion from nil to integer|no implicit conversion of nil into Integer|wrong argument type NilClass \(expected Integer\)`), "nil for an Integer"},
	{"a wrong format is told as in JRuby",
		regexp.MustCompile(`(?:invalid|illegal) format character`), "illegal format character"},
	{"a wrong name of an instance variable is told as in JRuby",
		regexp.MustCompile("is not allow(?:ed|able) as an instance variable name"), "is no instance variable"},
	{"which two elements a sort compares first depends on its algorithm",
		regexp.MustCompile(`comparison of \S+ with \S+ failed`), "comparison failed"},
	{"JRuby writes the last digits of some floats of 16 and more digits otherwise",
		regexp.MustCompile(`(\d\.?\d{13}|\d{2}\.\d{12}|\d{14})\d*(?:\.\d+)?(e[+-]?\d+)?`), "$1$2"},
}

// knownDifferences names the differences that explain why a program leaves something else
// here, or returns nil.
func knownDifferences(here outcome, others ...outcome) []string {
	for _, other := range others {
		a, b := here, other
		var names []string
		for _, d := range differences {
			x, y := d.pattern.ReplaceAllString(a.text, d.alike), d.pattern.ReplaceAllString(b.text, d.alike)
			if (x == y) != (a.text == b.text) || x != a.text && y == b.text || x == a.text && y != b.text || x != a.text && !sameMatches(d.pattern, a.text, b.text) {
				names = append(names, d.name)
			}
			a.text, b.text = x, y
		}
		if a.same(b) && names != nil {
			return names
		}
	}
	return nil
}

func sameMatches(pattern *regexp.Regexp, a, b string) bool {
	x, y := pattern.FindAllString(a, -1), pattern.FindAllString(b, -1)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}
