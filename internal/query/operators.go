package query

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// operators are what may stand below a field, and how they compile. In an operator's
// object, whole is all of its fields.
var operators map[string]func(c *compiler, p *path, f field, whole node) matcher

func init() { // a literal would refer to itself
	operators = map[string]func(c *compiler, p *path, f field, whole node) matcher{
		"$eq":        func(c *compiler, p *path, f field, _ node) matcher { return c.equal(p, f) },
		"$ne":        func(c *compiler, p *path, f field, _ node) matcher { return negated(c.equal(p, f)) },
		"$gt":        ordered(func(order int) bool { return order > 0 }, false),
		"$gte":       ordered(func(order int) bool { return order >= 0 }, true),
		"$lt":        ordered(func(order int) bool { return order < 0 }, false),
		"$lte":       ordered(func(order int) bool { return order <= 0 }, true),
		"$in":        func(c *compiler, p *path, f field, _ node) matcher { return c.in(p, f) },
		"$nin":       func(c *compiler, p *path, f field, _ node) matcher { return negated(c.in(p, f)) },
		"$not":       func(c *compiler, p *path, f field, _ node) matcher { return c.negate(p, f) },
		"$exists":    func(c *compiler, p *path, f field, _ node) matcher { return c.exists(p, f) },
		"$type":      func(c *compiler, p *path, f field, _ node) matcher { return c.types(p, f) },
		"$regex":     func(c *compiler, p *path, f field, whole node) matcher { return c.regex(p, f, whole) },
		"$elemMatch": func(c *compiler, p *path, f field, _ node) matcher { return c.elemMatch(p, f) },
		"$all":       func(c *compiler, p *path, f field, _ node) matcher { return c.all(p, f) },
		"$size":      func(c *compiler, p *path, f field, _ node) matcher { return c.size(p, f) },
		"$mod":       func(c *compiler, p *path, f field, _ node) matcher { return c.mod(p, f) },
		"$comment":   func(*compiler, *path, field, node) matcher { return nil },
	}
}

func operatorNames() []string {
	names := make([]string, 0, len(operators))
	for name := range operators {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *compiler) operator(p *path, f field, whole node) matcher {
	if compile := operators[f.name]; compile != nil {
		return compile(c, p, f, whole)
	}
	if help, known := unsupported[f.name]; known {
		c.list.Add(diag.New(notSupported, f.at, "%s is not supported here", f.name).WithHelp("%s", help))
		return nil
	}
	if slices.Contains(joins, f.name) {
		c.list.Add(diag.New(misplaced, f.at, "%s cannot stand below a field", f.name).
			WithHelp(`write {"%s": [{"%s": …}, …]}`, f.name, p.dotted()))
		return nil
	}
	c.unknown(f, operatorNames())
	return nil
}

func negated(m matcher) matcher {
	if m == nil {
		return nil
	}
	return not(m)
}

func (c *compiler) equal(p *path, f field) matcher {
	v, ok := c.value(f.value)
	if !ok {
		return nil
	}
	return some(p, equalTo(v))
}

// equalTo tests for one value. null is also what is missing.
func equalTo(want event.Value) *check {
	switch {
	case want.Kind() == event.Null:
		return &check{test: func(v event.Value) bool { return v.IsNil() }, each: true}
	case want.Kind() == event.String:
		text := want.Str()
		return &check{test: func(v event.Value) bool { return v.Kind() == event.String && v.Str() == text }, each: true}
	case want.Kind() == event.Int:
		i := want.Int()
		return &check{test: func(v event.Value) bool {
			if v.Kind() == event.Int {
				return v.Int() == i
			}
			order, ok := compare(v, want)
			return ok && order == 0
		}, each: true}
	}
	return &check{test: func(v event.Value) bool {
		order, ok := compare(v, want)
		return ok && order == 0
	}, each: true}
}

// ordered compiles $gt, $gte, $lt and $lte. orEqual matters for null, which is equal to
// null and has no other order.
func ordered(holds func(order int) bool, orEqual bool) func(*compiler, *path, field, node) matcher {
	return func(c *compiler, p *path, f field, _ node) matcher {
		want, ok := c.value(f.value)
		if !ok {
			return nil
		}
		if want.Kind() == event.Null {
			return some(p, &check{test: func(v event.Value) bool { return orEqual && v.IsNil() }, each: true})
		}
		return some(p, &check{test: func(v event.Value) bool {
			if v.Kind() == event.Int && want.Kind() == event.Int {
				return holds(cmp.Compare(v.Int(), want.Int()))
			}
			order, ok := compare(v, want)
			return ok && holds(order)
		}, each: true})
	}
}

func (c *compiler) in(p *path, f field) matcher {
	if f.value.kind != event.Array {
		c.wrong(f.value, "%s needs an array of values, not %s", f.name, f.value.kindWords())
		return nil
	}
	texts := map[string]bool{}
	var others []*check
	for _, item := range f.value.items {
		if item.isOperators() && !isExtended(item) {
			c.wrong(item, "%s needs values, found an operator", f.name)
			continue
		}
		if item.kind == event.String {
			texts[item.text] = true
			continue
		}
		if v, ok := c.regexOrValue(item); ok {
			others = append(others, v)
		}
	}
	return some(p, &check{test: func(v event.Value) bool {
		if v.Kind() == event.String && texts[v.Str()] {
			return true
		}
		for _, o := range others {
			if o.test(v) {
				return true
			}
		}
		return false
	}, each: true})
}

func (c *compiler) negate(p *path, f field) matcher {
	switch {
	case isRegex(f.value):
		if v, ok := c.regexOrValue(f.value); ok {
			return not(some(p, v))
		}
		return nil
	case f.value.isOperators():
		return negated(c.field(p, f.value))
	}
	c.wrong(f.value, "$not needs operators, not %s", f.value.kindWords())
	c.list[len(c.list)-1].Help = `for "is not this value" use {"$ne": …}`
	return nil
}

func (c *compiler) exists(p *path, f field) matcher {
	m := some(p, &check{test: func(v event.Value) bool { return v.Exists() }})
	switch v := f.value; {
	case v.kind == event.Bool && v.truth:
		return m
	case v.kind == event.Bool:
		return not(m)
	case v.kind == event.Int: // as MongoDB: 0 is false
		if n, _ := c.value(v); n.Int() == 0 {
			return not(m)
		}
		return m
	}
	c.wrong(f.value, "$exists needs true or false, not %s", f.value.kindWords())
	return nil
}

// typeTests are MongoDB's types that an event can hold, by alias and by number. A whole
// number is an int when it fits 32 bits, as when MongoDB reads JSON.
var typeTests = map[string]func(event.Value) bool{
	"double":  func(v event.Value) bool { return v.Kind() == event.Float || v.Kind() == event.BigInt },
	"string":  func(v event.Value) bool { return v.Kind() == event.String },
	"object":  func(v event.Value) bool { return v.Kind() == event.Object },
	"array":   func(v event.Value) bool { return v.Kind() == event.Array },
	"bool":    func(v event.Value) bool { return v.Kind() == event.Bool },
	"date":    func(v event.Value) bool { return v.Kind() == event.Time },
	"null":    func(v event.Value) bool { return v.Kind() == event.Null },
	"int":     func(v event.Value) bool { return v.Kind() == event.Int && int64(int32(v.Int())) == v.Int() },
	"long":    func(v event.Value) bool { return v.Kind() == event.Int && int64(int32(v.Int())) != v.Int() },
	"decimal": func(v event.Value) bool { return v.Kind() == event.Decimal },
	"number":  func(v event.Value) bool { return classOf(v) == number },
}

var typeNumbers = map[string]string{"1": "double", "2": "string", "3": "object", "4": "array", "8": "bool", "9": "date", "10": "null", "16": "int", "18": "long", "19": "decimal"}

func (c *compiler) types(p *path, f field) matcher {
	wanted := f.value.items
	if f.value.kind != event.Array {
		wanted = []node{f.value}
	}
	var tests []func(event.Value) bool
	for _, n := range wanted {
		name := n.text
		if n.kind == event.Int {
			name = typeNumbers[n.text]
		}
		test := typeTests[name]
		if test == nil {
			d := diag.New(noSuchType, n.at, "events have no type %s", n.at.Text())
			names := make([]string, 0, len(typeTests))
			for name := range typeTests {
				names = append(names, name)
			}
			slices.Sort(names)
			if near := diag.Nearest(n.text, names); near != "" && n.kind == event.String {
				d = d.WithHelp("did you mean %q?", near)
			} else {
				d = d.WithHelp("the types are %s", strings.Join(names, ", "))
			}
			c.list.Add(d)
			continue
		}
		tests = append(tests, test)
	}
	return some(p, &check{test: func(v event.Value) bool {
		for _, test := range tests {
			if test(v) {
				return true
			}
		}
		return false
	}, each: true})
}

// elemMatch compiles a query on objects in an array, or operators on its items.
func (c *compiler) elemMatch(p *path, f field) matcher {
	n := f.value
	if n.kind != event.Object {
		c.wrong(n, "$elemMatch needs a query, not %s", n.kindWords())
		return nil
	}
	if n.isOperators() && !slices.Contains(joins, n.fields[0].name) {
		// The items themselves: each is put where the empty path finds it.
		m := c.field(&path{}, n)
		if m == nil {
			return nil
		}
		return some(p, &check{test: func(v event.Value) bool { return anyItem(v, m, false) }})
	}
	m := c.query(n)
	if m == nil {
		m = func(document) bool { return true }
	}
	return some(p, &check{test: func(v event.Value) bool { return anyItem(v, m, true) }})
}

func anyItem(v event.Value, m matcher, objects bool) bool {
	if v.Kind() != event.Array {
		return false
	}
	for _, item := range v.Array().Items {
		if (!objects || item.Kind() == event.Object) && m(document{value: item}) {
			return true
		}
	}
	return false
}

func (c *compiler) all(p *path, f field) matcher {
	if f.value.kind != event.Array {
		c.wrong(f.value, "$all needs an array of values, not %s", f.value.kindWords())
		return nil
	}
	var parts []matcher
	for _, item := range f.value.items {
		if item.isOperators() && item.fields[0].name == "$elemMatch" {
			if m := c.elemMatch(p, item.fields[0]); m != nil {
				parts = append(parts, m)
			}
			continue
		}
		if v, ok := c.regexOrValue(item); ok {
			parts = append(parts, some(p, v))
		}
	}
	if len(parts) == 0 { // as MongoDB: $all of nothing matches nothing
		return func(document) bool { return false }
	}
	return allOf(parts)
}

func (c *compiler) size(p *path, f field) matcher {
	n, ok := c.whole(f.value)
	if !ok || n < 0 {
		c.wrong(f.value, "$size needs a whole number from 0, not %s", f.value.kindWords())
		return nil
	}
	return some(p, &check{test: func(v event.Value) bool {
		return v.Kind() == event.Array && int64(len(v.Array().Items)) == n
	}})
}

func (c *compiler) mod(p *path, f field) matcher {
	n := f.value
	if n.kind != event.Array || len(n.items) != 2 {
		c.wrong(n, "$mod needs [divisor, remainder], not %s", n.kindWords())
		return nil
	}
	divisor, ok1 := c.whole(n.items[0])
	remainder, ok2 := c.whole(n.items[1])
	switch {
	case !ok1 || !ok2:
		c.wrong(n, "$mod needs two numbers")
		return nil
	case divisor == 0:
		c.wrong(n.items[0], "$mod cannot divide by 0")
		return nil
	}
	return some(p, &check{test: func(v event.Value) bool {
		i, ok := truncated(v)
		// The smallest integer divided by -1 overflows; its remainder is 0.
		return ok && (divisor == -1 && remainder == 0 || divisor != -1 && i%divisor == remainder)
	}, each: true})
}

// whole reads a number operand, cutting off a fraction as MongoDB does.
func (c *compiler) whole(n node) (int64, bool) {
	if classes[n.kind] != number {
		return 0, false
	}
	v, ok := c.value(n)
	if !ok {
		return 0, false
	}
	return truncated(v)
}

func truncated(v event.Value) (int64, bool) {
	if v.Kind() == event.Int {
		return v.Int(), true
	}
	if classOf(v) != number {
		return 0, false
	}
	f := math.Trunc(v.Float())
	if !(f >= math.MinInt64 && f < math.MaxInt64) {
		return 0, false
	}
	return int64(f), true
}
