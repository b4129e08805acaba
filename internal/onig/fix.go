package onig

import "strings"

// fixes says what to do about a mistake, by the begin of its message. The messages are
// Onigmo's, which people look for; the advice is ours.
var fixes = []struct{ message, fix string }{
	{"end pattern with unmatched parenthesis", `close it with ), or write \( for the character`},
	{"unmatched close parenthesis", `open it with ( before, or write \) for the character`},
	{"premature end of char-class", `close it with ], or write \[ for the character`},
	{"empty char-class", `write \] for the character`},
	{"target of repeat operator is not specified", `put in front what repeats, or write \*, \+ or \? for the character`},
	{"undefined group option", `groups are (?:…), (?<name>…), (?=…), (?!…), (?<=…), (?<!…), (?>…), (?i:…); (?P<name>…) is not Ruby's`},
	{"invalid character property name", `properties are those of Unicode: \p{L}, \p{Lu}, \p{Han}, \p{Alnum}`},
	{"numbered backref/call is not allowed", `with named groups write \k<name>`},
	{"invalid backref number/name", `count the groups of the pattern, from 1`},
	{"undefined name", `name a group with (?<name>…)`},
	{"too big number in a repetition", `100000 is the most`},
	{"empty range in char class", `write the smaller character first, or \- for the sign`},
	{"end pattern at escape", `write \\ for a backslash`},
	{"too short escape sequence", `write \\ for a backslash`},
	{"invalid hex escape", `write \x41 or \u0041`},
	{"invalid Unicode", `write \u0041 or \u{1F600}`},
	{"end pattern in group", `close the group with )`},
	{"group name is empty", `write (?<name>…)`},
	{"invalid group name", `a name does not begin with a digit or a dash`},
	{"groups are nested too deep", `use fewer parentheses`},
	{"classes are nested too deep", `use fewer brackets`},
	{"never ending recursion", `put something in front of the call that takes a character`},
}

// Fix returns what to do about the mistake, or "" where the message says it.
func (e *SyntaxError) Fix() string {
	for _, f := range fixes {
		if strings.HasPrefix(e.Message, f.message) {
			return f.fix
		}
	}
	return ""
}
