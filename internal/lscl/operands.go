package lscl

import (
	"slices"

	"sluice/internal/diag"
)

// Logstash does not take the operands of a condition as they are written: it searches
// the syntax tree for parts of certain kinds and takes the first ones (lscl.rb,
// recursive_select). So a list in a comparison stands for the first string or number
// in it. The methods here tell what is taken; the checker reports what Logstash
// cannot make a condition of.

// Operands returns what Logstash compares: a list is replaced by the first string or
// number in it. ok is false when Logstash refuses the comparison.
func (c *Compare) Operands() (left, right Operand, ok bool) {
	l, r := parts(c.Left, isComparable), parts(c.Right, isComparable)
	if len(l) != 1 || len(r) == 0 {
		return nil, nil, false
	}
	return l[0], r[0], true
}

// Operands returns the two sides of in as Logstash takes them. ok is false when it
// refuses them: only a field or a list may be searched by a field, and a list is
// found nowhere.
func (c *In) Operands() (left, right Operand, ok bool) {
	all := slices.Concat(parts(c.Left, notCall), parts(c.Right, notCall))
	if len(all) < 2 {
		return nil, nil, false
	}
	left, right = all[0], all[1]
	_, leftField := left.(*Selector)
	_, rightField := right.(*Selector)
	_, leftList := left.(*Array)
	_, leftRegex := left.(*Regex)
	_, rightRegex := right.(*Regex)
	switch {
	case leftField && rightRegex, rightField && (leftList || leftRegex):
		return left, right, false
	}
	return left, right, true
}

// Operands returns what is matched and the pattern. ok is false when Logstash refuses
// the match, which it does for numbers.
func (c *Match) Operands() (left, pattern Operand, ok bool) {
	l := parts(c.Left, func(o Operand) bool {
		switch o := o.(type) {
		case *Selector, *Regex:
			return true
		case *String:
			return !o.Bareword()
		}
		return false
	})
	if len(l) != 1 {
		return nil, nil, false
	}
	return l[0], c.Pattern, true
}

func isComparable(o Operand) bool {
	switch o := o.(type) {
	case *Selector, *Number:
		return true
	case *String:
		return !o.Bareword()
	}
	return false
}

func notCall(o Operand) bool {
	_, isCall := o.(*Call)
	return !isCall
}

// parts returns the outermost parts of o for which ok holds, in order.
func parts(o Operand, ok func(Operand) bool) []Operand {
	if ok(o) {
		return []Operand{o}
	}
	var found []Operand
	switch o := o.(type) {
	case *Call:
		for _, a := range o.Args {
			found = append(found, parts(a, ok)...)
		}
	case *Array:
		for _, v := range o.Values {
			found = append(found, valueParts(v, ok)...)
		}
	}
	return found
}

func valueParts(v Value, ok func(Operand) bool) []Operand {
	if o, isOperand := v.(Operand); isOperand {
		return parts(o, ok)
	}
	var found []Operand
	switch v := v.(type) {
	case *Hash:
		for _, e := range v.Entries {
			found = append(found, valueParts(e.Key, ok)...)
			found = append(found, valueParts(e.Value, ok)...)
		}
	case *Plugin:
		for _, a := range v.Attributes {
			found = append(found, valueParts(a.Value, ok)...)
		}
	}
	return found
}

// condition reports what Logstash refuses when it compiles a condition
// (EventCondition.java). joined tells that the condition is a side of a boolean
// operator or negated, where a constant is refused.
func (c *checker) condition(x Condition, joined bool) {
	switch x := x.(type) {
	case *Binary:
		c.condition(x.Left, true)
		c.condition(x.Right, true)
	case *Not:
		c.condition(x.X, true)
	case *Group:
		c.condition(x.X, joined)
	case *Test:
		c.test(x, joined)
	case *Compare:
		if _, _, ok := x.Operands(); !ok {
			c.add(diag.New(BadOperand, x.At, "nothing here can be compared with %s", x.Op).
				WithHelp("compare a field with a string, a number or another field: [status] %s 5", x.Op))
		}
	case *In:
		if _, _, ok := x.Operands(); !ok {
			c.add(diag.New(BadOperand, x.At, "this cannot be searched with in").
				WithHelp("write [field] in [\"a\", \"b\"], \"text\" in [field], or [field] in [other]"))
		}
	case *Match:
		if _, _, ok := x.Operands(); !ok {
			c.add(diag.New(BadOperand, x.Left.Span(), "%s cannot be matched with a pattern", shorten(x.Left.Span().Text())).
				WithHelp("match a field: [field] =~ /…/"))
		}
	}
}

func (c *checker) test(x *Test, joined bool) {
	switch o := x.X.(type) {
	case *Selector:
	case *Call:
		fields := parts(o, func(o Operand) bool { _, is := o.(*Selector); return is })
		if len(fields) != 1 {
			c.add(diag.New(BadOperand, o.At, "there is no method %s", quote(o.Name)).
				WithHelp("conditions have no methods; compare or test fields"))
		}
	default:
		if joined {
			c.add(diag.New(BadOperand, o.Span(), "the constant %s cannot be negated or joined with and, or, xor, nand", shorten(o.Span().Text())).
				WithHelp("compare it with something, or leave it out"))
		}
	}
}
