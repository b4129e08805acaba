package settings

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"sluice/internal/diag"
	"sluice/internal/secret"
)

var (
	badYAML = diag.Define("SL3010", diag.Error, "the text is not valid YAML",
		"Indentation decides in YAML what belongs to what; tabs are not allowed in it. "+
			"The lines of a text block, as after `file_text: |`, must all be indented deeper than its name.")
	wrongShape = diag.Define("SL3011", diag.Error, "the text does not have the form that is expected here",
		"pipelines.yml, subscriptions and files are lists: each entry starts with `- ` and has `name: value` lines below each other.")
	unknownKey = diag.Define("SL3012", diag.Error, "there is no such key",
		"Most often this is a typing mistake. The message names the nearest key, or all of them.")
	duplicateKey = diag.Define("SL3013", diag.Error, "a key or a name stands twice",
		"Keys of one entry, ids of pipelines, names of files and subscriptions must be unique.")
	missingKey = diag.Define("SL3014", diag.Error, "a key is missing",
		"The entry cannot be used without it.")
)

// node is a YAML value with its place.
type node struct {
	kind   nodeKind
	text   string // of a scalar
	plain  ScalarKind
	at     diag.Span
	source *diag.Source // of a scalar: its text as a source of its own, with places in the file
	list   []node
	fields []field
}

type field struct {
	key   string
	keyAt diag.Span
	value node
}

type nodeKind uint8

const (
	null nodeKind = iota
	scalar
	list
	mapping
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "a text", "a list", "key: value pairs"}[k]
}

// maxYAML limits a text, and maxNodes what anchors can make of it.
const (
	maxYAML  = 8 << 20
	maxNodes = 100_000
)

type yamlReader struct {
	src     *diag.Source
	lines   []string
	starts  []int
	list    diag.List
	anchors map[string]ast.Node
	nodes   int
}

// readYAML reads a text. Mistakes that YAML itself knows are in the list.
func readYAML(src *diag.Source) (node, diag.List) {
	r := &yamlReader{src: src, anchors: map[string]ast.Node{}}
	r.split()
	if len(src.Text) > maxYAML {
		return node{}, diag.List{diag.New(badYAML, src.At(0, 0), "the text is larger than %d MiB", maxYAML>>20)}
	}
	file, err := parser.ParseBytes([]byte(src.Text), 0)
	if err != nil {
		return r.again(err)
	}
	return r.document(file), r.list
}

// again reads a text that is no YAML once more, as it was most likely meant, so that the
// other mistakes in it show as well.
func (r *yamlReader) again(err error) (node, diag.List) {
	if mended, mistakes := mend(r.src, r.lines, r.starts); mended != nil {
		r.src, r.list = mended, mistakes
		r.split()
	}
	file, again := parser.ParseBytes([]byte(r.src.Text), 0, parser.AllowDuplicateMapKey())
	if again != nil {
		d := r.syntaxError(again)
		if line := d.At.Position().Line; !slices.ContainsFunc(r.list, func(o diag.Diagnostic) bool { return o.At.Position().Line == line }) {
			r.list.Add(d)
		}
		return node{}, r.list
	}
	n := r.document(file)
	if r.list.Err() == nil {
		r.list.Add(r.syntaxError(err))
	}
	return n, r.list
}

func (r *yamlReader) document(file *ast.File) node {
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return node{}
	}
	return r.read(file.Docs[0].Body)
}

// split finds the lines of the text.
func (r *yamlReader) split() {
	r.lines, r.starts = strings.SplitAfter(r.src.Text, "\n"), nil
	for offset, i := 0, 0; i < len(r.lines); i++ {
		r.starts = append(r.starts, offset)
		offset += len(r.lines[i])
	}
}

// at returns the place of a token.
func (r *yamlReader) at(t *token.Token) diag.Span {
	if t == nil || t.Position == nil || t.Position.Line < 1 || t.Position.Line > len(r.lines) {
		return r.src.At(0, 0)
	}
	line := r.lines[t.Position.Line-1]
	column := 0
	for n := 1; n < t.Position.Column && column < len(line); n++ {
		column++
		for column < len(line) && line[column]&0xC0 == 0x80 {
			column++
		}
	}
	start := r.starts[t.Position.Line-1] + column
	end := start + len(strings.TrimRight(firstLine(t.Value), " \r"))
	return r.src.At(start, min(end, r.starts[t.Position.Line-1]+len(strings.TrimRight(line, "\r\n"))))
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// syntaxError says what the parser has found, in the words of these texts.
func (r *yamlReader) syntaxError(err error) diag.Diagnostic {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		return diag.New(badYAML, r.src.At(0, 0), "%v", err)
	}
	t := e.GetToken()
	at := r.at(t)
	message := e.GetMessage()
	switch {
	case strings.Contains(message, "'\\t'"):
		return diag.New(badYAML, at, "there is a tab where YAML allows only spaces").WithHelp("replace tabs by spaces")
	case strings.HasPrefix(message, "could not find end character of double"):
		return diag.New(badYAML, at, "the quote \" is not closed").WithHelp("close it with \"")
	case strings.HasPrefix(message, "could not find end character of single"):
		return diag.New(badYAML, at, "the quote ' is not closed").WithHelp("close it with '")
	case strings.HasPrefix(message, "mapping value is not allowed"):
		return diag.New(badYAML, at, "there is a second \": \" in this line").WithHelp("put a text with a colon in quotes; every name: value needs a line of its own")
	case strings.HasPrefix(message, "value is not allowed"), strings.HasPrefix(message, "unexpected key name"), strings.HasPrefix(message, "non-map value"):
		return diag.New(badYAML, at, "this does not fit to what stands above it").
			WithHelp("write name: value, and all lines of one entry in the same column; a text of several lines is indented, after name: |")
	}
	return diag.New(badYAML, at, "%s", message)
}

func spaces(n int) string {
	if n == 1 {
		return "1 space"
	}
	return strconv.Itoa(n) + " spaces"
}

func (r *yamlReader) read(n ast.Node) node {
	if r.nodes++; r.nodes > maxNodes {
		if r.nodes == maxNodes+1 {
			r.list.Add(diag.New(badYAML, r.at(n.GetToken()), "the text has more than %d values", maxNodes))
		}
		return node{}
	}
	at := r.at(n.GetToken())
	switch n := n.(type) {
	case *ast.MappingNode:
		out := node{kind: mapping, at: at}
		for _, v := range n.Values {
			r.readField(&out, v)
		}
		if len(out.fields) > 0 {
			out.at = out.fields[0].keyAt
		}
		return out
	case *ast.MappingValueNode:
		out := node{kind: mapping, at: at}
		r.readField(&out, n)
		return out
	case *ast.SequenceNode:
		out := node{kind: list, at: at}
		for _, v := range n.Values {
			out.list = append(out.list, r.read(v))
		}
		return out
	case *ast.LiteralNode:
		return r.block(n, at)
	case *ast.StringNode:
		return r.text(n, at)
	case *ast.NullNode:
		return node{at: at}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		text := n.GetToken().Value
		plain := NumberScalar
		if _, ok := n.(*ast.BoolNode); ok {
			plain = BoolScalar
		}
		return node{kind: scalar, text: text, plain: plain, at: at, source: diag.EmbedAt(r.src, text, at.Start)}
	case *ast.AnchorNode:
		r.anchors[n.Name.GetToken().Value] = n.Value
		return r.read(n.Value)
	case *ast.AliasNode:
		if target := r.anchors[n.Value.GetToken().Value]; target != nil {
			return r.read(target)
		}
		r.list.Add(diag.New(badYAML, at, "there is no anchor %s", n.Value.GetToken().Value))
		return node{}
	case *ast.TagNode:
		return r.read(n.Value)
	}
	r.list.Add(diag.New(badYAML, at, "this form of YAML cannot be used here"))
	return node{at: at}
}

func (r *yamlReader) readField(out *node, v *ast.MappingValueNode) {
	key := r.read(v.Key.(ast.Node))
	for _, f := range out.fields {
		if f.key == key.text {
			r.list.Add(diag.New(duplicateKey, key.at, "the key %s stands twice", key.text).WithRelated(f.keyAt, "it stands here too"))
		}
	}
	out.fields = append(out.fields, field{key.text, key.at, r.read(v.Value)})
}

// block reads a text block, whose lines are unindented text of the file.
func (r *yamlReader) block(n *ast.LiteralNode, at diag.Span) node {
	text := n.Value.Value
	first := n.Start.Position.Line // lines count from 1, so this is the line after it
	var starts []int
	indent := math.MaxInt
	for i := first; i < len(r.lines); i++ {
		if t := strings.TrimRight(r.lines[i], " \r\n"); t != "" {
			indent = len(t) - len(strings.TrimLeft(t, " "))
			break
		}
	}
	for i := range strings.Count(text, "\n") + 1 {
		if first+i >= len(r.lines) {
			break
		}
		line := strings.TrimRight(r.lines[first+i], "\r\n")
		starts = append(starts, r.starts[first+i]+min(indent, len(line)))
	}
	return node{kind: scalar, text: text, at: at, source: diag.Embed(r.src, text, starts)}
}

func (r *yamlReader) text(n *ast.StringNode, at diag.Span) node {
	offset := at.Start
	if t := n.GetToken().Type; t == token.SingleQuoteType || t == token.DoubleQuoteType {
		offset++
		at.End = min(at.End+2, len(r.src.Text))
	}
	return node{kind: scalar, text: n.Value, at: at, source: diag.EmbedAt(r.src, n.Value, offset)}
}

// entry reads the fields of one entry of a list by name, and tells what is unknown,
// missing or of the wrong kind.
type entry struct {
	node
	what  string
	list  *diag.List
	known []string
}

func newEntry(n node, what string, list *diag.List, known ...string) (entry, bool) {
	if n.kind != mapping {
		list.Add(diag.New(wrongShape, n.at, "found %s where %s was expected", n.kind, what).
			WithHelp("an entry looks like this:\n- %s: …", strings.Join(known, ": …\n  ")))
		return entry{}, false
	}
	for _, f := range n.fields {
		found := false
		for _, k := range known {
			found = found || k == f.key
		}
		if !found {
			d := diag.New(unknownKey, f.keyAt, "%s has no key %s", what, f.key)
			if near := diag.Nearest(f.key, known); near != "" {
				d = d.WithHelp("did you mean %s?", near)
			} else {
				d = d.WithHelp("its keys are: %s", strings.Join(known, ", "))
			}
			list.Add(d)
		}
	}
	return entry{n, what, list, known}, true
}

func (e entry) field(key string, required bool) (node, bool) {
	for _, f := range e.fields {
		if f.key == key {
			return f.value, true
		}
	}
	if required && !e.misspelt(key) {
		e.list.Add(diag.New(missingKey, e.at, "%s has no %s", e.what, key).WithHelp("add a line %s: …", key))
	}
	return node{}, false
}

// misspelt tells whether a key is there, but with a mistake that has been told already.
func (e entry) misspelt(key string) bool {
	return slices.ContainsFunc(e.fields, func(f field) bool {
		return !slices.Contains(e.known, f.key) && diag.Nearest(f.key, e.known) == key
	})
}

// keyAt returns the place of a key that is there.
func (e entry) keyAt(key string) diag.Span {
	return e.fields[slices.IndexFunc(e.fields, func(f field) bool { return f.key == key })].keyAt
}

func (e entry) text(key string, required bool) (string, node) {
	n, ok := e.field(key, required)
	if ok && n.kind != scalar {
		e.list.Add(diag.New(wrongShape, n.at, "found %s where the text of %s was expected", n.kind, key))
	}
	return n.text, n
}

func (e entry) boolean(key string, otherwise bool) bool {
	n, ok := e.field(key, false)
	if !ok {
		return otherwise
	}
	if b, err := strconv.ParseBool(n.text); err == nil && n.kind == scalar {
		return b
	}
	e.list.Add(diag.New(wrongShape, n.at, "found %q where true or false was expected", n.text))
	return otherwise
}

func (e entry) number(key string, least, most int, required bool) int {
	n, ok := e.field(key, required)
	if !ok {
		return 0
	}
	i, err := strconv.Atoi(n.text)
	if err != nil || i < least || i > most {
		e.list.Add(diag.New(wrongShape, n.at, "found %q where a number from %d to %d was expected", n.text, least, most))
		return 0
	}
	return i
}

// entries reads a text that is a list.
func entries(src *diag.Source, what string) ([]node, diag.List) {
	n, mistakes := readYAML(src)
	switch {
	case n.kind == null:
		return nil, mistakes
	case n.kind != list:
		mistakes.Add(diag.New(wrongShape, n.at, "found %s where a list was expected", n.kind).
			WithHelp("start every %s with \"- \"", what))
	}
	return n.list, mistakes
}

// flatten gives nested settings their dotted names: queue: {type: persisted} is queue.type.
func flatten(prefix string, n node, set func(name string, keyAt diag.Span, v node)) {
	for _, f := range n.fields {
		name := prefix + f.key
		if f.value.kind == mapping {
			flatten(name+".", f.value, set)
			continue
		}
		set(name, f.keyAt, f.value)
	}
}

func (n node) texts() []string {
	if n.kind != list {
		return []string{n.text}
	}
	var all []string
	for _, item := range n.list {
		all = append(all, item.text)
	}
	return all
}

// ReadFile sets what a text such as logstash.yml gives.
func (s *Settings) ReadFile(src *diag.Source) diag.List {
	n, mistakes := readYAML(src)
	if n.kind != mapping && n.kind != null && mistakes.Err() == nil {
		mistakes.Add(diag.New(wrongShape, n.at, "found %s where settings were expected", n.kind).WithHelp("write one setting a line: name: value"))
	}
	flatten("", n, func(name string, keyAt diag.Span, v node) {
		mistakes.Add(s.setNode(name, keyAt, v)...)
	})
	return mistakes
}

func (s *Settings) setNode(name string, keyAt diag.Span, v node) (mistakes diag.List) {
	at := v.at
	if d := byName[name]; d == nil || d.Refuse != "" || !at.Valid() {
		at = keyAt
	}
	if v.kind == null {
		return nil
	}
	expand := func(text string) string {
		if name == "config.string" { // it keeps its places; variables in it are filled in by its own language
			return text
		}
		text, missing := secret.Expand(text, s.Variables)
		for _, variable := range missing {
			mistakes.Add(diag.New(noVariable, at, "%s: the variable %s has no value", name, variable).
				WithHelp("set the environment variable, add it with `sluice keystore add %s`, or give a default: ${%s:default}", variable, variable))
		}
		return text
	}
	val := value{at: at}
	if v.kind == list {
		for _, text := range v.texts() {
			val.list = append(val.list, expand(text))
		}
		val.text = strings.Join(val.list, ",")
	} else {
		val.text = expand(v.text)
	}
	if mistakes.Err() != nil {
		return mistakes
	}
	return s.set(name, val)
}
