package query

import (
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// Query is a compiled query. It is immutable and safe for concurrent use, on different
// events.
type Query struct {
	match matcher // nil matches all
}

// matcher answers for a document.
type matcher func(document) bool

// Compile reads a query, JSON text, and compiles it. The list holds every mistake; with
// an error in it there is no query.
func Compile(src *diag.Source) (*Query, diag.List) {
	root, list := read(src)
	if list.Err() != nil {
		return nil, list
	}
	if root.kind != event.Object {
		return nil, append(list, diag.New(notJSON, root.at, "the query is %s, not an object", root.kindWords()).WithHelp("%s", example))
	}
	c := &compiler{}
	all := c.query(root)
	list = append(list, c.list...)
	if list.Err() != nil {
		return nil, list
	}
	return &Query{all}, list
}

// All tells whether every event matches, so that nobody has to look at it.
func (q *Query) All() bool { return q.match == nil }

// Match tells whether an event matches. What the query looks at is opened in the event,
// which is not safe for concurrent use; nothing in it changes.
func (q *Query) Match(e *event.Event) bool {
	return q.match == nil || q.match(document{event: e})
}

var (
	unknownOperator = diag.Define("SL7103", diag.Error, "there is no such query operator",
		"Names that begin with $ are operators of MongoDB's query language. The message names the nearest one, or all of them.")
	notSupported = diag.Define("SL7104", diag.Error, "this query operator is not supported here",
		"$where and $expr run code, $text and the geospatial operators need an index: none of them can filter a stream of events.")
	misplaced = diag.Define("SL7105", diag.Error, "the operator stands in the wrong place",
		"$and, $or and $nor stand at the top of a query; $gt, $in and the like stand below the name of a field: {\"severity\": {\"$gt\": 2}}.")
	wrongOperand = diag.Define("SL7106", diag.Error, "the operator cannot have this operand",
		"The message says what the operator expects.")
	badRegex = diag.Define("SL7107", diag.Error, "the regular expression is not valid",
		"Expressions run in linear time, so that no event can stop the stream: there are no backreferences and no lookaround.")
	noSuchType = diag.Define("SL7108", diag.Error, "there is no such type",
		"Events hold what JSON has: double, int, long, decimal (together: number), string, object, array, bool, null; and date for @timestamp.")
)

// joins are the operators over whole queries.
var joins = []string{"$and", "$or", "$nor"}

// unsupported says why a MongoDB operator is not there.
var unsupported = map[string]string{
	"$where":         "it runs JavaScript; write the condition with $and, $or, $regex and comparisons",
	"$expr":          "it runs aggregation expressions; compare a field with a fixed value instead",
	"$jsonSchema":    "use $exists and $type for each field",
	"$text":          "it needs a text index; use $regex on the field",
	"$sampleRate":    "a subscription does not lose events at random; use a drop filter with a percentage in the pipeline",
	"$rand":          "a subscription does not lose events at random; use a drop filter with a percentage in the pipeline",
	"$near":          geoHelp,
	"$nearSphere":    geoHelp,
	"$geoWithin":     geoHelp,
	"$geoIntersects": geoHelp,
	"$bitsAllClear":  bitsHelp,
	"$bitsAllSet":    bitsHelp,
	"$bitsAnyClear":  bitsHelp,
	"$bitsAnySet":    bitsHelp,
}

const (
	geoHelp  = "it needs a geospatial index; compare the coordinates with $gt and $lt"
	bitsHelp = "use $mod for the lowest bits, or a ruby filter in the pipeline"
)

type compiler struct{ list diag.List }

func (c *compiler) wrong(n node, format string, args ...any) {
	c.list.Add(diag.New(wrongOperand, n.at, format, args...))
}

// query compiles a query object. nil matches all.
func (c *compiler) query(n node) matcher {
	var all []matcher
	for _, f := range n.fields {
		var m matcher
		switch {
		case f.name == "$comment":
			continue // a note for people, by definition without effect
		case f.name == "$and" || f.name == "$or" || f.name == "$nor":
			m = c.join(f)
		case strings.HasPrefix(f.name, "$"):
			c.notAtTop(f)
		default:
			m = c.field(newPath(f.name), f.value)
		}
		if m != nil {
			all = append(all, m)
		}
	}
	return allOf(all)
}

func (c *compiler) notAtTop(f field) {
	if help, known := unsupported[f.name]; known {
		c.list.Add(diag.New(notSupported, f.at, "%s is not supported here", f.name).WithHelp("%s", help))
		return
	}
	if _, known := operators[f.name]; known {
		c.list.Add(diag.New(misplaced, f.at, "%s needs a field to look at", f.name).
			WithHelp(`write {"FIELD": {"%s": …}}`, f.name))
		return
	}
	c.unknown(f, append(joins, "$comment"))
}

func (c *compiler) unknown(f field, candidates []string) {
	d := diag.New(unknownOperator, f.at, "there is no operator %s", f.name)
	if near := diag.Nearest(f.name, append(operatorNames(), joins...)); near != "" {
		d = d.WithHelp("did you mean %s?", near)
	} else {
		d = d.WithHelp("the operators here are %s", strings.Join(candidates, ", "))
	}
	c.list.Add(d)
}

// join compiles $and, $or and $nor.
func (c *compiler) join(f field) matcher {
	if f.value.kind != event.Array || len(f.value.items) == 0 {
		c.wrong(f.value, "%s needs an array of at least one query, not %s", f.name, f.value.kindWords())
		return nil
	}
	parts := make([]matcher, 0, len(f.value.items))
	for _, item := range f.value.items {
		if item.kind != event.Object {
			c.wrong(item, "%s needs queries, found %s", f.name, item.kindWords())
			continue
		}
		m := c.query(item)
		if m == nil {
			m = func(document) bool { return true }
		}
		parts = append(parts, m)
	}
	switch f.name {
	case "$and":
		return allOf(parts)
	case "$or":
		return anyOf(parts)
	}
	return not(anyOf(parts))
}

// allOf joins matchers. Two and three are the most common.
func allOf(parts []matcher) matcher {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0]
	case 2:
		a, b := parts[0], parts[1]
		return func(d document) bool { return a(d) && b(d) }
	case 3:
		a, b, c := parts[0], parts[1], parts[2]
		return func(d document) bool { return a(d) && b(d) && c(d) }
	}
	return func(d document) bool {
		for _, m := range parts {
			if !m(d) {
				return false
			}
		}
		return true
	}
}

func anyOf(parts []matcher) matcher {
	if len(parts) == 1 {
		return parts[0]
	}
	return func(d document) bool {
		for _, m := range parts {
			if m(d) {
				return true
			}
		}
		return false
	}
}

func not(m matcher) matcher {
	return func(d document) bool { return !m(d) }
}

// field compiles the condition on one field: a value to be equal to, or operators.
func (c *compiler) field(p *path, n node) matcher {
	if !n.isOperators() || isExtended(n) {
		if v, ok := c.regexOrValue(n); ok {
			return some(p, v)
		}
		return nil
	}
	var all []matcher
	for _, f := range n.fields {
		if f.name == "$options" {
			if !n.has("$regex") {
				c.list.Add(diag.New(misplaced, f.at, "$options stands without $regex"))
			}
			continue
		}
		if !strings.HasPrefix(f.name, "$") {
			c.list.Add(diag.New(misplaced, f.at, "the field name %q stands among operators", f.name).
				WithHelp(`operators and fields cannot be mixed; a field below this one is written with a dot: "%s.%s"`, p.dotted(), f.name))
			continue
		}
		if m := c.operator(p, f, n); m != nil {
			all = append(all, m)
		}
	}
	return allOf(all)
}

func (p *path) dotted() string {
	names := make([]string, len(p.steps))
	for i, s := range p.steps {
		names[i] = s.name
	}
	return strings.Join(names, ".")
}

// some matches when one of the values at the path passes.
func some(p *path, c *check) matcher {
	return func(d document) bool { return p.any(d, c) }
}
