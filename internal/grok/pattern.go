package grok

import (
	"errors"
	"strings"

	"sluice/internal/onig"
)

// Type is what a captured text is turned into.
type Type uint8

// The types. Logstash knows no others; unknown ones are text.
const (
	Text  Type = iota
	Int        // Ruby's to_i
	Float      // Ruby's to_f
)

func (t Type) String() string { return [...]string{"text", "int", "float"}[t] }

// Capture says what becomes of a group.
type Capture struct {
	Field string // a field reference
	Type  Type
	Group int // the places of the group in what Match returns are 2*Group and 2*Group+1
}

// Options are options of Compile.
type Options struct {
	AllCaptures bool  // patterns without a field name capture too, into a field with the pattern's name
	Steps       int64 // the budget of a match (see onig.Regexp.Limit); 0 is onig's own
}

// Pattern is a compiled expression. It is safe for concurrent use.
type Pattern struct {
	expr     string
	expanded string
	uses     []string
	re       *onig.Regexp
	captures []Capture
	lib      *Library
	options  Options
}

// Compile compiles an expression. The error is an *Error.
func Compile(expr string, lib *Library, o Options) (*Pattern, error) {
	x := &expander{lib: lib, own: map[string]string{}, all: o.AllCaptures, expr: expr}
	if err := x.expand(expr); err != nil {
		return nil, err
	}
	// A dot matches newlines.
	re, err := onig.CompileFlags(x.out.String(), onig.DotAll)
	if err != nil {
		var syntax *onig.SyntaxError
		if errors.As(err, &syntax) {
			return nil, x.locate(syntax.Offset, syntax.Message, syntax.Fix())
		}
		return nil, x.locate(0, err.Error(), "")
	}
	if o.Steps > 0 {
		re = re.Limit(o.Steps)
	}
	p := &Pattern{expr: expr, expanded: x.out.String(), uses: x.uses, re: re, lib: lib, options: o}
	for _, name := range re.Names() {
		field, kind := fieldOf(name)
		for i, group := range re.Indexes(name) {
			if i > 0 {
				kind = Text // as jls-grok has it: only the first group of a name is converted
			}
			p.captures = append(p.captures, Capture{field, kind, group})
		}
	}
	return p, nil
}

// fieldOf takes the name of a group apart: PATTERN:field:type, or field alone.
func fieldOf(group string) (field string, kind Type) {
	parts := strings.Split(group, ":")
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 1 {
		return parts[0], Text
	}
	if len(parts) > 2 {
		switch parts[2] {
		case "int":
			kind = Int
		case "float":
			kind = Float
		}
	}
	return parts[1], kind
}

// String returns the expression.
func (p *Pattern) String() string { return p.expr }

// Captures returns what becomes of the groups. The caller must not change it.
func (p *Pattern) Captures() []Capture { return p.captures }

// Match finds the expression in text. loc, in the memory of dst, has the places of the
// match and its groups as of onig.Regexp.Find. The error is onig.ErrBudget.
func (p *Pattern) Match(dst []int, text string) (ok bool, loc []int, err error) {
	return p.re.FindInto(dst, text, 0)
}

// MatchWithin is Match with a budget that several matches share.
func (p *Pattern) MatchWithin(dst []int, text string, steps *int64) (ok bool, loc []int, err error) {
	return p.re.FindWithin(dst, text, 0, steps)
}
