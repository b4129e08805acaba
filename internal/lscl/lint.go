package lscl

import (
	"fmt"
	"strings"

	"sluice/internal/diag"
)

var (
	oneElementList = diag.Define("SL1401", diag.Warning, "a list of one element is no list",
		"In a condition Logstash reads [\"one\"] as the field whose name is \"one\" with its quotes, which no event has. "+
			"So `[x] in [\"one\"]` is never true and `[x] not in [\"one\"]` always. Compare with ==, or give the element twice.")
	listCompared = diag.Define("SL1402", diag.Warning, "a list in a comparison stands for its first element",
		"Comparisons know no lists: of [\"a\", \"b\"] Logstash takes \"a\". Use `in` to ask for one of several values.")
	mixedAndOr = diag.Define("SL1403", diag.Warning, "and and or are mixed without parentheses",
		"Logstash does not give and precedence over or: `a and b and c or d` is `a and ((b and c) or d)`. Parentheses say what is meant.")
)

// Lint points at conditions that Logstash understands in another way than most readers.
// A file that was parsed with mistakes is looked at as far as it was understood.
func Lint(f *File) diag.List {
	l := &linter{}
	for _, s := range f.Sections {
		l.body(s.Body)
	}
	return l.list
}

type linter struct{ list diag.List }

func (l *linter) body(body []Statement) {
	for _, st := range body {
		n, ok := st.(*If)
		if !ok {
			continue
		}
		for _, b := range n.Branches {
			l.condition(b.Condition)
			l.body(b.Body)
		}
		if n.Else != nil {
			l.body(n.Else.Body)
		}
	}
}

func (l *linter) condition(c Condition) {
	switch c := c.(type) {
	case *Binary:
		if mixed(c, c.Op) {
			l.list.Add(diag.New(mixedAndOr, c.At, "and and or are mixed without parentheses").WithHelp("Logstash reads %s", asGrouped(c)))
		}
		l.operands(c)
	case *Not:
		l.condition(c.X)
	case *Group:
		l.condition(c.X)
	case *Test:
		l.operand(c.X, "a test of it is never true")
	case *Compare:
		l.compared(c.Left, c)
		l.compared(c.Right, c)
	case *Match:
		l.operand(c.Left, "it matches nothing")
	case *In:
		result := "never true"
		if c.Negated {
			result = "always true"
		}
		l.operand(c.Left, "")
		if s, ok := c.Right.(*Selector); ok && quotedField(s) {
			d := diag.New(oneElementList, s.At, "%s is no list but a field with quotes in its name, so that the condition is %s", s.Text, result)
			if _, field := c.Left.(*Selector); field {
				left := c.Left.Span().Text()
				l.list.Add(d.WithHelp("write %s %s %s, or %s in %s where the field is a list", left, either(c.Negated, "!=", "=="), s.Path[0], s.Path[0], left))
			} else {
				l.list.Add(d.WithHelp("write [%s] for the field", strings.Trim(s.Path[0], `"'`)))
			}
		}
	}
}

// operands looks at the conditions that a chain of and and or joins.
func (l *linter) operands(c *Binary) {
	for _, side := range []Condition{c.Left, c.Right} {
		if b, ok := side.(*Binary); ok {
			l.operands(b)
		} else {
			l.condition(side)
		}
	}
}

func (l *linter) compared(o Operand, c *Compare) {
	if a, ok := o.(*Array); ok {
		if first := parts(a, isComparable); len(first) > 0 {
			l.list.Add(diag.New(listCompared, a.At, "of this list only %s is compared", first[0].Span().Text()).
				WithHelp("write %s in [ … ] to ask for one of several values", c.Left.Span().Text()))
		}
		return
	}
	l.operand(o, "no event has it")
}

// operand finds fields with quotes in their names.
func (l *linter) operand(o Operand, effect string) {
	if s, ok := o.(*Selector); ok && quotedField(s) {
		if effect != "" {
			effect = "; " + effect
		}
		l.list.Add(diag.New(oneElementList, s.At, "%s is the field with quotes in its name%s", s.Text, effect).
			WithHelp("write [%s] for the field, or %s for the text", strings.Trim(s.Path[0], `"'`), s.Path[0]))
	}
}

func quotedField(s *Selector) bool {
	return len(s.Path) == 1 && len(s.Path[0]) > 1 && (s.Path[0][0] == '"' || s.Path[0][0] == '\'')
}

// mixed tells whether a chain has an operator besides op.
func mixed(c Condition, op BoolOp) bool {
	b, ok := c.(*Binary)
	return ok && (b.Op != op || mixed(b.Left, op) || mixed(b.Right, op))
}

// asGrouped returns a chain with the parentheses that Logstash puts in its mind.
func asGrouped(c Condition) string {
	b, ok := c.(*Binary)
	if !ok {
		return Print(c)
	}
	side := func(c Condition) string {
		if _, ok := c.(*Binary); ok {
			return "(" + asGrouped(c) + ")"
		}
		return asGrouped(c)
	}
	return fmt.Sprintf("%s %s %s", side(b.Left), b.Op, side(b.Right))
}
