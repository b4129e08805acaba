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
	uses, letters := cut(p.expr)
	// The last use that the text gets to, and the last letter behind it.
	reached := 0
	for i := len(uses) - 1; i >= 0 && uses[i] > 0; i-- {
		if begin, ok := p.begin(uses[i], text); ok {
			t, reached = begin, uses[i]
			break
		}
	}
	tries := 0
	for _, at := range letters {
		if at <= reached {
			continue
		}
		begin, ok := p.begin(at, text)
		if tries++; !ok || tries > maxTries {
			break
		}
		t, reached = begin, at
	}
	t.Fitting = p.expr[:reached]
	t.Failing = p.expr[reached:]
	if u, ok := parseUse(p.expr, reached); ok && strings.HasPrefix(t.Failing, "%{") {
		t.Failing = p.expr[reached:u.end]
	}
	if reached == 0 {
		t.Rest = text
	}
	return t, nil
}

// maxTries is how many letters behind a use are tried one by one.
const maxTries = 100

// begin matches the begin of the expression, up to a place that may lie inside of
// something that belongs together.
func (p *Pattern) begin(place int, text string) (Trace, bool) {
	part, err := Compile(p.expr[:place], p.lib, p.options)
	if err != nil {
		return Trace{}, false
	}
	t, ok, err := part.trace(text)
	return t, ok && err == nil
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

// cut returns the places at which an expression can be cut: before its uses, and
// between the letters, as long as no parenthesis is open. An expression with
// alternatives at the top has none.
func cut(expr string) (uses, letters []int) {
	depth := 0
	for i := 0; i < len(expr); {
		whole := depth == 0 && strings.IndexByte("*+?{", expr[i]) < 0 && (expr[i]&0xC0) != 0x80
		if strings.HasPrefix(expr[i:], "%{") {
			if u, ok := parseUse(expr, i); ok {
				if whole {
					uses = append(uses, i)
				}
				i = u.end
				continue
			}
		}
		if whole {
			letters = append(letters, i)
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
				return nil, nil
			}
		}
		i++
	}
	return uses, letters
}
