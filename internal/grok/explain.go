package grok

import (
	"strings"

	"sluice/internal/onig"
)

// Explanation is what there is to say about an expression.
type Explanation struct {
	Expanded string    // the regular expression
	Patterns []string  // the named patterns it is made of, in order of appearance
	Captures []Capture // the fields that it gives
	Engine   string    // "one pass", "linear" or "budget"
	Why      string    // what that means, in a sentence
	Needed   string    // a text that every match contains; "" if there is none
	Anchored bool      // the expression begins with ^ or \A
}

// Explain tells how an expression is run and what it gives.
func (p *Pattern) Explain() Explanation {
	e := Explanation{Expanded: p.expanded, Patterns: p.uses, Captures: p.captures, Needed: p.re.Needed()}
	switch p.re.Work() {
	case onig.OnePass:
		e.Engine, e.Why = "one pass", "the next character decides everywhere what to do; nothing is tried twice"
	case onig.Linear:
		e.Engine, e.Why = "linear", "where several ways are possible they are tried in turn, and what failed is remembered; the time grows with the length of the text"
	default:
		e.Engine, e.Why = "budget", `back-references (\k<name>) and conditions make what failed worth trying again; a budget of steps ends a match that takes too long`
	}
	e.Anchored = strings.HasPrefix(p.expr, "^") || strings.HasPrefix(p.expr, `\A`)
	return e
}

// Field is a field that a match gives.
type Field struct {
	Name  string
	Type  Type
	Value string
	Start int // byte in the text
}

// Trace is how a match went.
type Trace struct {
	Matched bool
	Start   int // of the match, or of the part that fits, byte in the text
	End     int
	Fields  []Field // of the match, or of the part that fits
	Fitting string  // the longest begin of the expression that the text has; all of it when matched
	Failing string  // the piece of the expression behind it, which the text has not
	Rest    string  // the text from End on
}

// Trace matches text and tells what was found, or how far the text fits: the nearest
// failing place. The error is onig.ErrBudget.
func (p *Pattern) Trace(text string) (Trace, error) {
	t, ok, err := p.trace(text)
	if ok || err != nil {
		t.Matched, t.Fitting = ok, p.expr
		return t, err
	}
	pieces := cut(p.expr)
	for n := len(pieces) - 1; n > 0; n-- {
		begin := p.expr[:pieces[n]]
		part, err := Compile(begin, p.lib, p.options)
		if err != nil {
			continue // cut inside of something that belongs together
		}
		t, ok, err := part.trace(text)
		if err != nil || !ok {
			continue
		}
		end := len(p.expr)
		if n+1 < len(pieces) {
			end = pieces[n+1]
		}
		t.Fitting, t.Failing = begin, p.expr[pieces[n]:end]
		return t, nil
	}
	first := len(p.expr)
	if len(pieces) > 1 {
		first = pieces[1]
	}
	return Trace{Failing: p.expr[:first], Rest: text}, nil
}

func (p *Pattern) trace(text string) (Trace, bool, error) {
	ok, loc, err := p.Match(nil, text)
	if !ok {
		return Trace{}, false, err
	}
	t := Trace{Start: loc[0], End: loc[1], Rest: text[loc[1]:]}
	for _, c := range p.captures {
		if from, to := loc[2*c.Group], loc[2*c.Group+1]; from >= 0 && to > from {
			t.Fields = append(t.Fields, Field{c.Field, c.Type, text[from:to], from})
		}
	}
	return t, true, nil
}

// cut returns where the pieces of an expression begin: uses, and the text between them
// letter by letter, as long as nothing is open. An expression with alternatives at the
// top is one piece.
func cut(expr string) []int {
	var places []int
	depth := 0
	for i := 0; i < len(expr); {
		if depth == 0 && strings.IndexByte("*+?{", expr[i]) < 0 && (expr[i]&0xC0) != 0x80 {
			places = append(places, i)
		}
		if strings.HasPrefix(expr[i:], "%{") {
			if u, ok := parseUse(expr, i); ok {
				i = u.end
				continue
			}
		}
		switch expr[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			depth--
		case '[':
			if end := strings.IndexByte(expr[i+1:], ']'); end > 0 {
				i += end + 1
			}
		case '|':
			if depth == 0 {
				return []int{0}
			}
		}
		i++
	}
	return places
}
