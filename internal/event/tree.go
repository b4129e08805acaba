package event

import "unsafe"

// Tree is what stands in objects and arrays that are still text, read through all levels
// in one pass, for those who will look into most of it. The values in it are the same as
// those that Batch.Object and Batch.Array give level by level. The zero Tree is empty and
// ready; it is not safe for concurrent use.
type Tree struct {
	nodes  []treeNode
	fields []Field
	kids   []Node // of each field that is an object or array

	open     []Field // of the levels that are being read
	openKids []Node
}

// Node is an object or array in a Tree. The zero Node is none.
type Node int32

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
	t.open, t.openKids = t.open[:0], t.openKids[:0]
	node, _, ok := t.read(&p, 0, 0)
	if !ok {
		return 0
	}
	return node
}

// Fields returns the fields of an object, or the items of an array as fields without a
// name, and next to them what each of them is in the tree. Both are valid until Reset,
// and must not be changed.
func (t *Tree) Fields(n Node) ([]Field, []Node) {
	d := t.nodes[n-1]
	return t.fields[d.from:d.to:d.to], t.kids[d.from:d.to:d.to]
}

// keptTree is how many fields keep their memory over Reset.
const keptTree = 4 << 10

// Reset makes the tree empty.
func (t *Tree) Reset() {
	if cap(t.fields) > keptTree {
		*t = Tree{}
		return
	}
	t.nodes, t.fields, t.kids = t.nodes[:0], t.fields[:0], t.kids[:0]
}

// read reads the container at i.
func (t *Tree) read(p *parser, i, depth int) (n Node, end int, ok bool) {
	if depth >= maxTreeDepth {
		return 0, i, false
	}
	src, base := p.src, len(t.open)
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
		v, kid, end, ok := t.value(p, i, depth)
		if !ok {
			return 0, end, false
		}
		old := -1
		if object {
			bit := nameBit(key)
			if seen&bit != 0 {
				old = position(t.open[base:], nil, key)
			}
			seen |= bit
		}
		if old >= 0 {
			t.open[base+old].Value, t.openKids[base+old] = v, kid
		} else {
			t.open, t.openKids = append(t.open, Field{key, v}), append(t.openKids, kid)
			if object && len(t.open)-base > maxTreeFields {
				return 0, i, false
			}
		}
		if i = p.space(end); i < len(src) && src[i] == ',' {
			i = p.space(i + 1)
		}
	}
	from := int32(len(t.fields))
	t.fields, t.kids = append(t.fields, t.open[base:]...), append(t.kids, t.openKids[base:]...)
	t.open, t.openKids = t.open[:base], t.openKids[:base]
	t.nodes = append(t.nodes, treeNode{from, int32(len(t.fields))})
	return Node(len(t.nodes)), i + 1, i < len(src)
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

// value reads the value at i.
func (t *Tree) value(p *parser, i, depth int) (v Value, kid Node, end int, ok bool) {
	if i >= len(p.src) || p.src[i] != '{' && p.src[i] != '[' {
		v, end, err := p.value(i, 0)
		return v, 0, end, err == nil
	}
	kind := Object
	if p.src[i] == '[' {
		kind = Array
	}
	if kid, end, ok = t.read(p, i, depth+1); !ok {
		return v, 0, end, false
	}
	v = lazyContainer(kind, p.src[i:end:end])
	if p.exact {
		v.flag |= exact
	}
	return v, kid, end, true
}

// Len is how many fields and items have been read.
func (t *Tree) Len() int { return len(t.fields) }
