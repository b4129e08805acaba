package query

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"sluice/internal/diag"
	"sluice/internal/event"
)

// node is a JSON value with its place, so that a mistake can be shown where it stands.
type node struct {
	at     diag.Span
	kind   event.Kind
	text   string // of a string, or of a number
	truth  bool
	items  []node  // of an array
	fields []field // of an object, in order
}

type field struct {
	name  string
	at    diag.Span // of the name, with its quotes
	value node
}

// maxDepth is how deep a query may nest, as MongoDB limits documents.
const maxDepth = 100

var (
	notJSON = diag.Define("SL7101", diag.Error, "the query is not a JSON object",
		"A query is MongoDB's query language as JSON text: {} matches every event, {\"type\": \"instruments.suricata.event\"} those of one type. Names and texts need double quotes.")
	twice = diag.Define("SL7102", diag.Error, "a name stands twice in one object",
		"The second one would replace the first without a word. Join conditions on one field in one object, {\"a\": {\"$gt\": 1, \"$lt\": 5}}, or use $and.")
)

type reader struct {
	src  *diag.Source
	json *json.Decoder
	list diag.List
}

// read parses the text. The list holds what is wrong with it as JSON.
func read(src *diag.Source) (node, diag.List) {
	if _, err := event.ParseJSON([]byte(src.Text)); err != nil {
		at, message := src.At(0, 0), err.Error()
		var syntax *event.SyntaxError
		if errors.As(err, &syntax) {
			at, message = src.At(syntax.Offset, syntax.Offset+1), syntax.Message
		}
		return node{}, diag.List{diag.New(notJSON, at, "the query is not JSON: %s", message).WithHelp("%s", example)}
	}
	r := &reader{src: src, json: json.NewDecoder(strings.NewReader(src.Text))}
	r.json.UseNumber()
	n, err := r.value(0)
	if err != nil {
		return node{}, append(r.list, diag.New(notJSON, n.at, "%v", err))
	}
	return n, r.list
}

const example = `a query is a JSON object such as {} or {"type": "instruments.suricata.event"}`

var errDepth = errors.New("the query nests deeper than 100 levels")

// token reads one token and its place.
func (r *reader) token() (json.Token, diag.Span, error) {
	from := int(r.json.InputOffset())
	t, err := r.json.Token()
	if err != nil {
		return nil, r.src.At(from, from), err
	}
	end := int(r.json.InputOffset())
	for from < end && strings.IndexByte(" \t\r\n,:", r.src.Text[from]) >= 0 {
		from++
	}
	return t, r.src.At(from, end), nil
}

func (r *reader) value(depth int) (node, error) {
	t, at, err := r.token()
	if err != nil {
		return node{at: at}, err
	}
	n := node{at: at}
	switch t := t.(type) {
	case nil:
		n.kind = event.Null
	case bool:
		n.kind, n.truth = event.Bool, t
	case string:
		n.kind, n.text = event.String, t
	case json.Number:
		n.kind, n.text = event.NumberValue(t.String()).Kind(), t.String()
	case json.Delim:
		if depth >= maxDepth {
			return n, errDepth
		}
		if t == '[' {
			n.kind = event.Array
			err = r.items(&n, depth)
		} else {
			n.kind = event.Object
			err = r.fields(&n, depth)
		}
	}
	return n, err
}

func (r *reader) items(n *node, depth int) error {
	for r.json.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, end, err := r.token()
	n.at.End = end.End
	return err
}

func (r *reader) fields(n *node, depth int) error {
	seen := map[string]diag.Span{}
	for r.json.More() {
		t, at, err := r.token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return io.ErrUnexpectedEOF
		}
		if first, again := seen[name]; again {
			r.list.Add(diag.New(twice, at, "the name %q stands twice", name).WithRelated(first, "it stands here too"))
		}
		seen[name] = at
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{name, at, value})
	}
	_, end, err := r.token()
	n.at.End = end.End
	return err
}

// isOperators tells whether the object is {"$op": …} rather than a document to compare
// with.
func (n node) isOperators() bool {
	return n.kind == event.Object && len(n.fields) > 0 && strings.HasPrefix(n.fields[0].name, "$")
}

func (n node) has(name string) bool {
	return slices.ContainsFunc(n.fields, func(f field) bool { return f.name == name })
}

// kindWords names what a node is for a person.
func (n node) kindWords() string {
	switch n.kind {
	case event.Array:
		return "an array"
	case event.Object:
		return "an object"
	case event.String:
		return "the text " + n.at.Text()
	case event.Null:
		return "null"
	}
	return n.at.Text()
}
