package pipeline

import (
	"bytes"
	"fmt"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
	"sluice/internal/lscl"
	"sluice/internal/onig"
	"sluice/internal/plugin"
)

// condition is a compiled condition. Its error is what Logstash raises as an exception:
// a comparison of things that have no order. Source: org.logstash.config.ir.compiler.
// EventCondition, and its recorded behaviour.
type condition func(e *event.Event) (bool, error)

var (
	badRegex = diag.Define("SL8001", diag.Error, "a regular expression does not compile",
		"The pattern is not valid for Ruby's regular expressions (Onigmo), which Logstash uses.")
	badCondition = diag.Define("SL1101", diag.Error, "a condition cannot be evaluated",
		"The grammar allows it, but Logstash cannot compile it either: a method call, a list of fields, a comparison of something that is no value.")
)

// conditions compiles conditions: mistakes go to its list. Variables ${NAME} are filled
// into texts, not into regular expressions, as org.logstash.config.ir.
// ExpressionSubstitution does.
type conditions struct {
	list      *diag.List
	variables plugin.Scope
}

func (in conditions) compile(c lscl.Condition) condition {
	switch c := c.(type) {
	case *lscl.Group:
		return in.compile(c.X)
	case *lscl.Not:
		x := in.compile(c.X)
		return func(e *event.Event) (bool, error) {
			ok, err := x(e)
			return !ok, err
		}
	case *lscl.Binary:
		return joined(c.Op, in.compile(c.Left), in.compile(c.Right))
	case *lscl.Compare:
		left, right, ok := c.Operands()
		if !ok {
			return refused // the parser has reported it
		}
		return comparison(c.Op, in.operand(left), in.operand(right))
	case *lscl.Match:
		return in.match(c)
	case *lscl.In:
		member := in.membership(c)
		if !c.Negated {
			return member
		}
		return func(e *event.Event) (bool, error) {
			ok, err := member(e)
			return !ok, err
		}
	case *lscl.Test:
		x := in.operand(c.X)
		return func(e *event.Event) (bool, error) { return truthy(x.value(e)), nil }
	}
	return refused
}

// refused stands for a condition with a mistake, which keeps the pipeline from running.
func refused(*event.Event) (bool, error) { return false, nil }

func joined(op lscl.BoolOp, left, right condition) condition {
	return func(e *event.Event) (bool, error) {
		l, err := left(e)
		if err != nil || l && op == lscl.Or || !l && op == lscl.And {
			return l, err
		}
		if !l && op == lscl.Nand {
			return true, nil
		}
		r, err := right(e)
		switch op {
		case lscl.Xor:
			return l != r, err
		case lscl.Nand:
			return !r, err
		}
		return r, err
	}
}

// operand is one side of a comparison: a field or a constant.
type operand struct {
	ref     event.Ref
	isField bool
	literal event.Value
}

func (o *operand) value(e *event.Event) event.Value {
	if o.isField {
		return e.Get(o.ref)
	}
	return o.literal
}

func (in conditions) operand(n lscl.Operand) *operand {
	switch n := n.(type) {
	case *lscl.Selector:
		ref, err := event.ParseRef(n.Text)
		if err != nil {
			in.list.Add(diag.New(badCondition, n.At, "%v", err).WithHelp("write a field as [name] or [outer][inner]"))
		}
		return &operand{ref: ref, isField: true}
	case *lscl.String:
		return &operand{literal: event.StringValue(in.text(n))}
	case *lscl.Number:
		if n.IsFloat {
			return &operand{literal: event.FloatValue(n.Float)}
		}
		return &operand{literal: event.IntValue(n.Int)}
	case *lscl.Array:
		a := &event.ArrayData{}
		for _, v := range n.Values {
			switch v := v.(type) {
			case *lscl.String:
				a.Items = append(a.Items, event.StringValue(in.text(v)))
			case *lscl.Number:
				a.Items = append(a.Items, in.operand(v).literal)
			default:
				in.list.Add(diag.New(badCondition, v.Span(), "a list in a condition can hold only texts and numbers"))
			}
		}
		return &operand{literal: event.ArrayValue(a)}
	}
	in.list.Add(diag.New(badCondition, n.Span(), "this cannot be compared").
		WithHelp("compare a field, a text in quotes or a number"))
	return &operand{}
}

func (in conditions) text(s *lscl.String) string {
	return plugin.Substitute(s.Text, s.At, in.variables, in.list)
}

// truthy: null, false, "" and "false" are false, all else is true.
func truthy(v event.Value) bool {
	switch v.Kind() {
	case event.Missing, event.Null:
		return false
	case event.Bool:
		return v.Bool()
	case event.String:
		s := v.Str()
		return s != "" && s != "false"
	}
	return true
}

func comparison(op lscl.CompareOp, left, right *operand) condition {
	switch op {
	case lscl.Eq:
		return func(e *event.Event) (bool, error) { return left.value(e).Equal(right.value(e)), nil }
	case lscl.Ne:
		return func(e *event.Event) (bool, error) { return !left.value(e).Equal(right.value(e)), nil }
	}
	return func(e *event.Event) (bool, error) {
		c, comparable, err := compare(left.value(e), right.value(e))
		if err != nil || !comparable {
			return false, err
		}
		switch op {
		case lscl.Lt:
			return c < 0, nil
		case lscl.Gt:
			return c > 0, nil
		case lscl.Le:
			return c <= 0, nil
		}
		return c >= 0, nil
	}
}

// compare orders numbers and texts. Null, booleans and timestamps compare false with
// everything; what is missing, lists, objects, and text against number are errors.
func compare(a, b event.Value) (c int, comparable bool, err error) {
	x, y := a.Kind(), b.Kind()
	switch {
	case isNumber(x) && isNumber(y):
		return compareNumbers(a, b), true, nil
	case x == event.String && y == event.String:
		return strings.Compare(a.Str(), b.Str()), true, nil
	case x == event.Time && y == event.Time:
		return a.Time().Compare(b.Time()), true, nil
	case hasNoOrder(x) && y != event.Missing || hasNoOrder(y) && x != event.Missing:
		return 0, false, nil
	}
	return 0, false, fmt.Errorf("a %s cannot be compared with a %s", x, y)
}

func hasNoOrder(k event.Kind) bool { return k == event.Null || k == event.Bool || k == event.Time }

func isNumber(k event.Kind) bool { return event.Int <= k && k <= event.Decimal }

func compareNumbers(a, b event.Value) int {
	if a.Kind() == event.Int && b.Kind() == event.Int {
		x, y := a.Int(), b.Int()
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	if x, y := a.Big(), b.Big(); x != nil && y != nil {
		return x.Cmp(y)
	}
	x, y := a.Float(), b.Float()
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func (in conditions) match(m *lscl.Match) condition {
	l, r, ok := m.Operands()
	if !ok {
		return refused
	}
	left := in.operand(l)
	pattern, at := "", r.Span()
	switch p := r.(type) {
	case *lscl.Regex:
		pattern, at = p.Pattern, p.Content
	case *lscl.String:
		pattern, at = in.text(p), p.Content
	}
	re, err := onig.Compile(pattern)
	if err != nil {
		in.list.AddError(badRegex, at, err)
		return refused
	}
	return func(e *event.Event) (bool, error) {
		v := left.value(e)
		if v.Kind() != event.String {
			return m.Negated, nil
		}
		ok, err := re.Match(v.Str())
		return ok != m.Negated, err
	}
}

// membership compiles `in`, which means something else for each pair of sides.
func (in conditions) membership(m *lscl.In) condition {
	l, r, ok := m.Operands()
	if !ok {
		return refused
	}
	left, right := in.operand(l), in.operand(r)
	switch {
	case !right.isField && right.literal.Kind() == event.Array:
		if !left.isField {
			return refused // never true, as in Logstash
		}
		return inLiterals(left.ref, right.literal.Array().Items)
	case !right.isField:
		text := right.literal.Str()
		return func(e *event.Event) (bool, error) {
			v := left.value(e)
			return v.Kind() == event.String && strings.Contains(text, v.Str()), nil
		}
	case !left.isField:
		return func(e *event.Event) (bool, error) {
			return literalIn(left.literal, e.Get(right.ref)), nil
		}
	}
	return func(e *event.Event) (bool, error) { return fieldIn(e.Get(left.ref), e.Get(right.ref)) }
}

// inLiterals: the field's text is that of one of the literals.
func inLiterals(ref event.Ref, items []event.Value) condition {
	texts := make([][]byte, len(items))
	for i, item := range items {
		texts[i] = item.AppendText(nil)
	}
	return func(e *event.Event) (bool, error) {
		v := e.Get(ref)
		switch v.Kind() {
		case event.Missing, event.Null, event.Array, event.Object:
			return false, nil
		case event.String:
			s := v.Str()
			for _, t := range texts {
				if string(t) == s {
					return true, nil
				}
			}
			return false, nil
		}
		var buf [64]byte
		text := v.AppendText(buf[:0])
		for _, t := range texts {
			if bytes.Equal(t, text) {
				return true, nil
			}
		}
		return false, nil
	}
}

func literalIn(literal, field event.Value) bool {
	switch field.Kind() {
	case event.Array:
		for _, item := range field.Array().Items {
			if item.Equal(literal) {
				return true
			}
		}
	case event.String:
		return literal.Kind() == event.String && strings.Contains(field.Str(), literal.Str())
	}
	return false
}

func fieldIn(left, right event.Value) (bool, error) {
	switch right.Kind() {
	case event.Missing:
		return false, nil
	case event.Array:
		if !left.Exists() {
			return false, fmt.Errorf("a missing field cannot be looked for in a list")
		}
		return literalIn(left, right), nil
	case event.String:
		return left.Kind() == event.String && strings.Contains(right.Str(), left.Str()), nil
	}
	return left.Exists() && left.Equal(right), nil
}
