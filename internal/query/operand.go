package query

import (
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// extended are the forms of Extended JSON for values that JSON has no form for.
// Source: MongoDB Extended JSON (v2).
var extended map[string]func(c *compiler, n node) (event.Value, bool)

func init() { // a literal would refer to itself
	extended = map[string]func(c *compiler, n node) (event.Value, bool){
		"$numberInt":     func(c *compiler, n node) (event.Value, bool) { return c.numberText(n, event.Int) },
		"$numberLong":    func(c *compiler, n node) (event.Value, bool) { return c.numberText(n, event.Int) },
		"$numberDouble":  func(c *compiler, n node) (event.Value, bool) { return c.numberText(n, event.Float) },
		"$numberDecimal": func(c *compiler, n node) (event.Value, bool) { return c.numberText(n, event.Decimal) },
		"$date":          (*compiler).dateValue,
		"$oid":           noSuchValue,
		"$binary":        noSuchValue,
		"$uuid":          noSuchValue,
		"$timestamp":     noSuchValue,
		"$minKey":        noSuchValue,
		"$maxKey":        noSuchValue,
		"$undefined":     noSuchValue,
		"$code":          noSuchValue,
		"$symbol":        noSuchValue,
	}
}

// isExtended tells whether an object stands for one value: {"$numberLong": "5"}.
func isExtended(n node) bool {
	return n.isOperators() && (extended[n.fields[0].name] != nil || n.fields[0].name == "$regularExpression")
}

func isRegex(n node) bool {
	return n.isOperators() && (n.fields[0].name == "$regularExpression" || n.fields[0].name == "$regex")
}

func noSuchValue(c *compiler, n node) (event.Value, bool) {
	c.list.Add(diag.New(notSupported, n.at, "events never hold a value of the type %s", n.fields[0].name).
		WithHelp("events hold what JSON has; compare with a text or a number"))
	return event.Value{}, false
}

// value gives the value that a node stands for, on the heap.
func (c *compiler) value(n node) (event.Value, bool) {
	switch n.kind {
	case event.Null:
		return event.NullValue, true
	case event.Bool:
		return event.BoolValue(n.truth), true
	case event.String:
		return event.StringValue(n.text), true
	case event.Array:
		a := &event.ArrayData{}
		for _, item := range n.items {
			v, ok := c.value(item)
			if !ok {
				return v, false
			}
			a.Items = append(a.Items, v)
		}
		return event.ArrayValue(a), true
	case event.Object:
		return c.objectValue(n)
	}
	return settled(event.NumberValue(n.text)), true
}

// settled gives a number in the form that compares fastest.
func settled(v event.Value) event.Value {
	switch v.Kind() {
	case event.Int:
		return event.IntValue(v.Int())
	case event.Float:
		return event.FloatValue(v.Float())
	}
	return v
}

func (c *compiler) objectValue(n node) (event.Value, bool) {
	if n.isOperators() {
		name := n.fields[0].name
		if make := extended[name]; make != nil {
			if len(n.fields) > 1 {
				c.wrong(n, "%s stands for one value and cannot have other names beside it", name)
				return event.Value{}, false
			}
			return make(c, n)
		}
		c.list.Add(diag.New(misplaced, n.fields[0].at, "a value was expected, not the operator %s", name))
		return event.Value{}, false
	}
	o := &event.ObjectData{}
	for _, f := range n.fields {
		v, ok := c.value(f.value)
		if !ok {
			return v, false
		}
		o.Set(f.name, v)
	}
	return event.ObjectValue(o), true
}

func (c *compiler) numberText(n node, kind event.Kind) (event.Value, bool) {
	operand := n.fields[0].value
	text := operand.text
	switch kind {
	case event.Int:
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return event.IntValue(i), true
		}
	case event.Float:
		if f, err := strconv.ParseFloat(text, 64); err == nil || math.IsInf(f, 0) {
			return event.FloatValue(f), true
		}
	default:
		if v, err := event.ParseJSON([]byte(text)); err == nil && classOf(v) == number {
			return event.DecimalValue(text), true
		}
	}
	c.wrong(operand, "%s needs a number in quotes, not %s", n.fields[0].name, operand.kindWords())
	return event.Value{}, false
}

func (c *compiler) dateValue(n node) (event.Value, bool) {
	operand := n.fields[0].value
	switch operand.kind {
	case event.String:
		if t, err := time.Parse(time.RFC3339Nano, operand.text); err == nil {
			return event.TimeValue(t), true
		}
	case event.Int, event.Object:
		if v, ok := c.value(operand); ok && v.Kind() == event.Int {
			return event.TimeValue(time.UnixMilli(v.Int())), true
		}
	}
	c.wrong(operand, "$date needs a time such as \"2021-03-04T14:48:53Z\" or milliseconds, not %s", operand.kindWords())
	return event.Value{}, false
}

// regexOrValue gives the test for what may stand where MongoDB takes a value or a
// regular expression.
func (c *compiler) regexOrValue(n node) (*check, bool) {
	if n.isOperators() && n.fields[0].name == "$regularExpression" {
		body := n.fields[0].value
		var pattern, options node
		for _, f := range body.fields {
			switch f.name {
			case "pattern":
				pattern = f.value
			case "options":
				options = f.value
			}
		}
		if pattern.kind != event.String || options.kind != event.String && options.kind != event.Missing {
			c.wrong(body, `$regularExpression needs {"pattern": "…", "options": "…"}`)
			return nil, false
		}
		return c.expression(pattern, options)
	}
	if isRegex(n) {
		return c.regexOperand(n.fields[0], n)
	}
	v, ok := c.value(n)
	if !ok {
		return nil, false
	}
	return equalTo(v), true
}

func (c *compiler) regex(p *path, f field, whole node) matcher {
	if v, ok := c.regexOperand(f, whole); ok {
		return some(p, v)
	}
	return nil
}

// regexOperand reads {"$regex": "…", "$options": "…"}.
func (c *compiler) regexOperand(f field, whole node) (*check, bool) {
	if isExtended(f.value) {
		return c.regexOrValue(f.value)
	}
	if f.value.kind != event.String {
		c.wrong(f.value, "$regex needs an expression in quotes, not %s", f.value.kindWords())
		return nil, false
	}
	var options node
	for _, o := range whole.fields {
		if o.name == "$options" {
			if options = o.value; options.kind != event.String {
				c.wrong(o.value, "$options needs letters in quotes, not %s", o.value.kindWords())
				return nil, false
			}
		}
	}
	return c.expression(f.value, options)
}

func (c *compiler) expression(pattern, options node) (*check, bool) {
	text, flags := pattern.text, ""
	for _, o := range options.text {
		switch o {
		case 'i', 'm', 's':
			flags += string(o)
		case 'x':
			text = withoutSpace(text)
		case 'u': // texts are UTF-8 in any case
		default:
			c.list.Add(diag.New(badRegex, options.at, "there is no option %q for regular expressions", o).
				WithHelp("the options are i (ignore case), m (^ and $ at line ends), s (. also for line ends), x (ignore white space)"))
			return nil, false
		}
	}
	if flags != "" {
		text = "(?" + flags + ")" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		message := err.Error()
		if e, ok := err.(*syntax.Error); ok {
			message = e.Code.String() + ": " + e.Expr
		}
		d := diag.New(badRegex, pattern.at, "%s", message)
		if strings.Contains(message, "(?") {
			d = d.WithHelp("there is no lookahead or lookbehind; join two conditions with $and and $not instead")
		}
		c.list.Add(d)
		return nil, false
	}
	return &check{test: func(v event.Value) bool { return v.Kind() == event.String && re.MatchString(v.Str()) }, each: true}, true
}

// withoutSpace removes what the option x ignores: white space and comments outside of
// brackets.
func withoutSpace(pattern string) string {
	var out strings.Builder
	brackets, comment := false, false
	for i := 0; i < len(pattern); i++ {
		b := pattern[i]
		switch {
		case comment:
			comment = b != '\n'
			continue
		case b == '\\' && i+1 < len(pattern):
			out.WriteByte(b)
			i++
			b = pattern[i]
		case brackets:
			brackets = b != ']'
		case b == '[':
			brackets = true
		case b == '#':
			comment = true
			continue
		case b == ' ' || b >= '\t' && b <= '\r':
			continue
		}
		out.WriteByte(b)
	}
	return out.String()
}
