package event

import "unsafe"

// Tree is what stands in objects and arrays that are still text, read through all levels
// in one pass, for those who will look into most of it. The values in it are the same as
// those that Batch.Object and Batch.Array give level by level. The zero Tree is empty and
// ready; it is not safe for concurrent use.
type Tree struct {
	nodes  []treeNode
	fields []Field
	open   []Field // of the levels that are being read
}

// Node is an object or array in a Tree. The zero Node is none.
type Node uint32

type treeNode struct{ from, to int32 }

// MaxTree is how long a text may be, in bytes, that a Tree reads.
const MaxTree = 16 << 10

// maxTreeDepth and maxTreeFields bound one text: what nests deeper, or has more fields in
// one object, is read level by level.
const maxTreeDepth, maxTreeFields = 32, 256

// Read adds an object or array that is still text; its strings belong to b. It returns
// no Node when the value is something else, too long, too deep or too wide.
func (t *Tree) Read(b *Batch, v Value) Node {
	if !v.IsText() || v.n > MaxTree {
		return 0
	}
	p := parser{src: v.lazyText(), mem: &b.mem, exact: v.flag&exact != 0}
	t.open = t.open[:0]
	node, _, ok := t.read(&p, 0, 0)
	if !ok {
		return 0
	}
	return node
}

// Fields returns the fields of an object, or the items of an array as fields without a
// name. They are valid until Reset, and must not be changed.
func (t *Tree) Fields(n Node) []Field {
	d := t.nodes[n-1]
	return t.fields[d.from:d.to:d.to]
}

// Node returns where an object or array, which must be out of the tree's own Fields,
// stands in the tree. What it returns for other values means nothing.
func (t *Tree) Node(v Value) Node {
	if !v.IsText() {
		return 0
	}
	return Node(v.aux)
}

// keptTree is how many fields keep their memory over Reset.
const keptTree = 4 << 10

// Reset makes the tree empty.
func (t *Tree) Reset() {
	if cap(t.fields) > keptTree {
		*t = Tree{}
		return
	}
	t.nodes, t.fields = t.nodes[:0], t.fields[:0]
}

// read reads the container at i. Its fields go straight to their place until one of them
// is a container, which comes before it.
func (t *Tree) read(p *parser, i, depth int) (n Node, end int, ok bool) {
	if depth >= maxTreeDepth {
		return 0, i, false
	}
	src, base, from, leaf := p.src, len(t.open), len(t.fields), true
	object, closing := src[i] == '{', src[i]+2
	seen := uint64(0)
	i = p.space(i + 1)
	for i < len(src) && src[i] != closing {
		key := ""
		if object {
			if key, i, ok = p.name(i); !ok {
				return 0, i, false
			}
		}
		var v Value
		if i < len(src) && (src[i] == '{' || src[i] == '[') {
			if leaf {
				t.open = append(t.open, t.fields[from:]...)
				t.fields, leaf = t.fields[:from], false
			}
			if v, i, ok = t.nested(p, i, depth); !ok {
				return 0, i, false
			}
		} else {
			var err error
			if v, i, err = p.value(i, 0); err != nil {
				return 0, i, false
			}
		}
		level := &t.fields
		first := from
		if !leaf {
			level, first = &t.open, base
		}
		if bit := nameBit(key); object && seen&bit != 0 {
			if old := position((*level)[first:], nil, key); old >= 0 {
				(*level)[first+old].Value = v
				level = nil
			}
		} else {
			seen |= bit
		}
		if level != nil {
			*level = append(*level, Field{key, v})
			if object && len(*level)-first > maxTreeFields {
				return 0, i, false
			}
		}
		if i = p.space(i); i < len(src) && src[i] == ',' {
			i = p.space(i + 1)
		}
	}
	if !leaf {
		from = len(t.fields)
		t.fields = append(t.fields, t.open[base:]...)
		t.open = t.open[:base]
	}
	t.nodes = append(t.nodes, treeNode{int32(from), int32(len(t.fields))})
	return Node(len(t.nodes)), i + 1, i < len(src)
}

// nested reads a container that is a field or item.
func (t *Tree) nested(p *parser, i, depth int) (v Value, end int, ok bool) {
	kind := Object
	if p.src[i] == '[' {
		kind = Array
	}
	n, end, ok := t.read(p, i, depth+1)
	if !ok {
		return v, end, false
	}
	v = lazyContainer(kind, p.src[i:end:end])
	v.aux = uint32(n)
	if p.exact {
		v.flag |= exact
	}
	return v, end, true
}

// name reads a field's name at i, and returns where its value begins.
func (p *parser) name(i int) (key string, at int, ok bool) {
	if p.src[i] != '"' {
		return "", i, false
	}
	end, escapes, err := p.stringEnd(i + 1)
	if err != nil {
		return "", i, false
	}
	raw := p.src[i+1 : end]
	key = unsafe.String(unsafe.SliceData(raw), len(raw))
	if escapes {
		key = p.unescape(key)
	}
	if i = p.space(end + 1); i >= len(p.src) || p.src[i] != ':' {
		return "", i, false
	}
	return key, p.space(i + 1), true
}

// Len is how many fields and items have been read.
func (t *Tree) Len() int { return len(t.fields) }
