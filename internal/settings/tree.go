package settings

import "sluice/internal/diag"

// Tree is a YAML text of any form, for those whose data has no fixed keys.
type Tree struct {
	Kind   TreeKind
	Scalar ScalarKind   // of a Scalar
	Text   string       // of a Scalar
	Source *diag.Source // of a Scalar: its text, with its places in the file
	At     diag.Span    // of its first token
	Items  []Tree       // of a List
	Fields []TreeField
}

// TreeField is one key with its value.
type TreeField struct {
	Key   string
	KeyAt diag.Span
	Value Tree
}

// TreeKind is the form of a Tree.
type TreeKind uint8

// The forms.
const (
	NullTree TreeKind = iota
	ScalarTree
	ListTree
	MapTree
)

// ScalarKind is what a scalar is.
type ScalarKind uint8

// The kinds of scalars.
const (
	TextScalar ScalarKind = iota
	NumberScalar
	BoolScalar
)

// ReadTree reads a YAML text. What is wrong with it is in the list.
func ReadTree(src *diag.Source) (Tree, diag.List) {
	n, list := readYAML(src)
	return n.tree(), list
}

func (n node) tree() Tree {
	t := Tree{Kind: TreeKind(n.kind), Scalar: n.plain, Text: n.text, Source: n.source, At: n.at}
	for _, item := range n.list {
		t.Items = append(t.Items, item.tree())
	}
	for _, f := range n.fields {
		t.Fields = append(t.Fields, TreeField{f.key, f.keyAt, f.value.tree()})
	}
	return t
}
