package filter

import (
	"math"
	"strconv"
	"strings"
)

// xpathFunctions are the functions of XPath 1.0 but id, lang, key and the like, with
// the least and the greatest number of their arguments.
var xpathFunctions = map[string]struct {
	least, most int
	call        func(c xpathContext, args []xpathValue) xpathValue
}{
	"last":     {0, 0, func(c xpathContext, _ []xpathValue) xpathValue { return float64(c.size) }},
	"position": {0, 0, func(c xpathContext, _ []xpathValue) xpathValue { return float64(c.position) }},
	"true":     {0, 0, func(xpathContext, []xpathValue) xpathValue { return true }},
	"false":    {0, 0, func(xpathContext, []xpathValue) xpathValue { return false }},
	"count":    {1, 1, func(_ xpathContext, a []xpathValue) xpathValue { return float64(len(xpathNodes(a[0]))) }},
	"not":      {1, 1, func(_ xpathContext, a []xpathValue) xpathValue { return !xpathBool(a[0]) }},
	"boolean":  {1, 1, func(_ xpathContext, a []xpathValue) xpathValue { return xpathBool(a[0]) }},
	"number":   {0, 1, func(c xpathContext, a []xpathValue) xpathValue { return xpathNumber(orSelf(c, a)) }},
	"string":   {0, 1, func(c xpathContext, a []xpathValue) xpathValue { return xpathString(orSelf(c, a)) }},
	"floor":    {1, 1, func(_ xpathContext, a []xpathValue) xpathValue { return math.Floor(xpathNumber(a[0])) }},
	"ceiling":  {1, 1, func(_ xpathContext, a []xpathValue) xpathValue { return math.Ceil(xpathNumber(a[0])) }},
	"round":    {1, 1, func(_ xpathContext, a []xpathValue) xpathValue { return math.Floor(xpathNumber(a[0]) + 0.5) }},
	"sum": {1, 1, func(_ xpathContext, a []xpathValue) xpathValue {
		total := 0.0
		for _, n := range xpathNodes(a[0]) {
			total += xpathNumber(n.value())
		}
		return total
	}},
	"name": {0, 1, func(c xpathContext, a []xpathValue) xpathValue { return firstName(c, a, (*xmlNode).fullName) }},
	"local-name": {0, 1, func(c xpathContext, a []xpathValue) xpathValue {
		return firstName(c, a, func(n *xmlNode) string { return n.name })
	}},
	"namespace-uri": {0, 1, func(c xpathContext, a []xpathValue) xpathValue {
		return firstName(c, a, func(n *xmlNode) string { return n.space })
	}},
	"normalize-space": {0, 1, func(c xpathContext, a []xpathValue) xpathValue {
		return strings.Join(strings.Fields(xpathString(orSelf(c, a))), " ")
	}},
	"string-length": {0, 1, func(c xpathContext, a []xpathValue) xpathValue {
		return float64(len([]rune(xpathString(orSelf(c, a)))))
	}},
	"concat": {2, 100, func(_ xpathContext, a []xpathValue) xpathValue {
		var b strings.Builder
		for _, v := range a {
			b.WriteString(xpathString(v))
		}
		return b.String()
	}},
	"contains": {2, 2, func(_ xpathContext, a []xpathValue) xpathValue {
		return strings.Contains(xpathString(a[0]), xpathString(a[1]))
	}},
	"starts-with": {2, 2, func(_ xpathContext, a []xpathValue) xpathValue {
		return strings.HasPrefix(xpathString(a[0]), xpathString(a[1]))
	}},
	"substring-before": {2, 2, func(_ xpathContext, a []xpathValue) xpathValue {
		before, _, found := strings.Cut(xpathString(a[0]), xpathString(a[1]))
		if !found {
			return ""
		}
		return before
	}},
	"substring-after": {2, 2, func(_ xpathContext, a []xpathValue) xpathValue {
		_, after, _ := strings.Cut(xpathString(a[0]), xpathString(a[1]))
		return after
	}},
	"substring": {2, 3, func(_ xpathContext, a []xpathValue) xpathValue {
		from, to := math.Floor(xpathNumber(a[1])+0.5), math.Inf(1)
		if len(a) == 3 {
			to = from + math.Floor(xpathNumber(a[2])+0.5)
		}
		var b strings.Builder
		for i, r := range []rune(xpathString(a[0])) {
			if p := float64(i + 1); p >= from && p < to {
				b.WriteRune(r)
			}
		}
		return b.String()
	}},
	"translate": {3, 3, func(_ xpathContext, a []xpathValue) xpathValue {
		from, to := []rune(xpathString(a[1])), []rune(xpathString(a[2]))
		return strings.Map(func(r rune) rune {
			for i, f := range from {
				if f != r {
					continue
				}
				if i < len(to) {
					return to[i]
				}
				return -1
			}
			return r
		}, xpathString(a[0]))
	}},
}

// call reads a call of a function.
func (p *xpathParser) call() xpathExpr {
	name := p.token
	f, ok := xpathFunctions[name]
	if !ok {
		p.fail("there is no function %s", name)
	}
	p.scan()
	p.expect("(")
	var args []xpathExpr
	for p.token != ")" {
		if len(args) > 0 {
			p.expect(",")
		}
		args = append(args, p.or())
	}
	p.expect(")")
	if len(args) < f.least || len(args) > f.most {
		p.fail("the function %s does not take %d arguments", name, len(args))
	}
	return func(c xpathContext) xpathValue {
		values := make([]xpathValue, len(args))
		for i, arg := range args {
			values[i] = arg(c)
		}
		return f.call(c, values)
	}
}

func orSelf(c xpathContext, args []xpathValue) xpathValue {
	if len(args) == 0 {
		return []*xmlNode{c.node}
	}
	return args[0]
}

func firstName(c xpathContext, args []xpathValue, name func(*xmlNode) string) xpathValue {
	if nodes := xpathNodes(orSelf(c, args)); len(nodes) > 0 {
		return name(nodes[0])
	}
	return ""
}

func xpathNodes(v xpathValue) []*xmlNode {
	nodes, _ := v.([]*xmlNode)
	return nodes
}

func xpathBool(v xpathValue) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return len(xpathNodes(v)) > 0
}

func xpathString(v xpathValue) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case float64:
		switch {
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	if nodes := xpathNodes(v); len(nodes) > 0 {
		return nodes[0].value()
	}
	return ""
}

func xpathNumber(v xpathValue) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(xpathString(v)), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func xpathArithmetic(op string, a, b float64) float64 {
	switch op {
	case "*":
		return a * b
	case "div":
		return a / b
	}
	return math.Mod(a, b)
}

// xpathCompare compares as XPath does: a set of nodes if any of them compares so.
func xpathCompare(op string, a, b xpathValue) bool {
	if nodes, ok := a.([]*xmlNode); ok {
		if flag, isBool := b.(bool); isBool {
			return xpathCompare(op, len(nodes) > 0, flag)
		}
		for _, n := range nodes {
			if xpathCompare(op, n.value(), b) {
				return true
			}
		}
		return false
	}
	if nodes, ok := b.([]*xmlNode); ok {
		if flag, isBool := a.(bool); isBool {
			return xpathCompare(op, flag, len(nodes) > 0)
		}
		for _, n := range nodes {
			if xpathCompare(op, a, n.value()) {
				return true
			}
		}
		return false
	}
	if op == "=" || op == "!=" {
		_, boolA := a.(bool)
		_, boolB := b.(bool)
		_, numA := a.(float64)
		_, numB := b.(float64)
		var equal bool
		switch {
		case boolA || boolB:
			equal = xpathBool(a) == xpathBool(b)
		case numA || numB:
			equal = xpathNumber(a) == xpathNumber(b)
		default:
			equal = xpathString(a) == xpathString(b)
		}
		return equal == (op == "=")
	}
	x, y := xpathNumber(a), xpathNumber(b)
	switch op {
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	}
	return x >= y
}
